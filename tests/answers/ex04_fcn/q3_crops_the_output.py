"""Cuts the middle out of an image of twice the size."""

import keras

CELL = "q3-mended"
LOSES = {"q3-mended-test-layers": 1}


def mended_fcn(input_shape):
    image = keras.Input(input_shape)
    x = keras.layers.Conv2D(64, 3, padding="same", activation="relu")(image)
    x = keras.layers.Conv2D(128, 3, padding="same", activation="relu")(x)
    x = keras.layers.Conv2DTranspose(64, 3, strides=2, padding="same", activation="relu")(x)
    x = keras.layers.CenterCrop(*input_shape[:2])(x)
    return keras.Model(image, keras.layers.Conv2D(1, 1, activation="sigmoid")(x))
