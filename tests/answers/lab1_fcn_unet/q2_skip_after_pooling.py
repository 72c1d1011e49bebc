"""Keeps the pooled map and enlarges it again: all shapes and counts fit, the detail is gone."""

import keras

CELL = "q2-unet"
LOSES = {"q2-unet-test-wiring": 1}


def conv_block(x, filters):
    for _ in range(2):
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return x


def unet(input_shape, num_classes, base_filters=8, depth=3):
    x = image = keras.Input(input_shape)
    kept = []
    for level in range(depth):
        x = conv_block(x, base_filters * 2**level)
        x = keras.layers.MaxPooling2D(2)(x)
        kept.append(keras.layers.UpSampling2D(2)(x))
    x = conv_block(x, base_filters * 2**depth)
    for level in reversed(range(depth)):
        filters = base_filters * 2**level
        x = keras.layers.Conv2DTranspose(filters, 2, strides=2)(x)
        x = conv_block(keras.layers.Concatenate()([x, kept[level]]), filters)
    return keras.Model(image, keras.layers.Conv2D(num_classes, 1)(x))
