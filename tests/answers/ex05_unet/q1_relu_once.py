"""The second convolution has no ReLU."""

import keras

CELL = "q1-blocks"
LOSES = {"q1-blocks-test-convolutions": 1}


def double_conv(x, filters):
    x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return keras.layers.Conv2D(filters, 3, padding="same")(x)


def encoder_block(x, filters):
    skip = double_conv(x, filters)
    return skip, keras.layers.MaxPooling2D(2)(skip)


def decoder_block(x, skip, filters):
    x = keras.layers.Conv2DTranspose(filters, 2, strides=2)(x)
    return double_conv(keras.layers.Concatenate()([skip, x]), filters)
