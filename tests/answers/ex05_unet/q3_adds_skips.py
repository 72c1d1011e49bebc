"""Adds the skips."""

import keras

CELL = "q3-repair"
LOSES = {"q3-repair-test-shapes": 1, "q3-repair-test-wiring": 1}


def repaired_unet(input_shape, filters):
    from keras.layers import Add, Conv2D, Conv2DTranspose, MaxPooling2D

    image = keras.Input(input_shape)
    conv_1 = Conv2D(filters[0], 3, activation="relu", padding="same")(image)
    pool_1 = MaxPooling2D(2)(conv_1)
    conv_2 = Conv2D(filters[1], 3, activation="relu", padding="same")(pool_1)
    pool_2 = MaxPooling2D(2)(conv_2)
    up_2 = Conv2DTranspose(filters[1], 3, strides=2, padding="same")(pool_2)
    merged_2 = Add()([conv_2, up_2])
    up_1 = Conv2DTranspose(filters[0], 3, strides=2, padding="same")(merged_2)
    merged_1 = Add()([conv_1, up_1])
    return keras.Model(image, Conv2D(1, 1)(merged_1))
