"""Applies ReLU to the scores too: none is negative."""

import keras

CELL = "q1-dense"
LOSES = {"q1-dense-test-same-size": 1, "q1-dense-test-windows": 1}


def conv_kernel(kernel, map_shape):
    return kernel.reshape(*map_shape, -1)


def convolutional_head(weights, map_shape):
    x = maps = keras.Input((None, None, map_shape[2]))
    arrays, size = [], map_shape
    for kernel, bias in weights:
        activation = "relu"
        x = keras.layers.Conv2D(len(bias), size[:2], activation=activation)(x)
        arrays += [kernel.reshape(*size, -1), bias]
        size = (1, 1, len(bias))
    model = keras.Model(maps, x)
    model.set_weights(arrays)
    return model
