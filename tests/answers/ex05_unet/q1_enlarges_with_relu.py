"""A ReLU behind the enlargement."""

import keras

CELL = "q1-blocks"
LOSES = {"q1-blocks-test-decoder": 1}


def double_conv(x, filters):
    for _ in range(2):
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return x


def encoder_block(x, filters):
    skip = double_conv(x, filters)
    return skip, keras.layers.MaxPooling2D(2)(skip)


def decoder_block(x, skip, filters):
    x = keras.layers.Conv2DTranspose(filters, 2, strides=2, activation="relu")(x)
    return double_conv(keras.layers.Concatenate()([skip, x]), filters)
