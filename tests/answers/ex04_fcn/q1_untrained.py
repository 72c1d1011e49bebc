"""Builds the right layers and leaves their random weights."""

import keras

CELL = "q1-dense"
LOSES = {"q1-dense-test-same-size": 1, "q1-dense-test-windows": 1}


def conv_kernel(kernel, map_shape):
    return kernel.reshape(*map_shape, -1)


def convolutional_head(weights, map_shape):
    x = maps = keras.Input((None, None, map_shape[2]))
    arrays, size = [], map_shape
    for number, (kernel, bias) in enumerate(weights, start=1):
        activation = None if number == len(weights) else "relu"
        x = keras.layers.Conv2D(len(bias), size[:2], activation=activation)(x)
        arrays += [kernel.reshape(*size, -1), bias]
        size = (1, 1, len(bias))
    model = keras.Model(maps, x)
    return model
