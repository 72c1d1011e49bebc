"""Puts the filters first, where PyTorch has them."""

import keras

CELL = "q1-dense"
LOSES = {"q1-dense-test-kernel": 1}


def conv_kernel(kernel, map_shape):
    return kernel.T.reshape(-1, *map_shape)


def convolutional_head(weights, map_shape):
    x = maps = keras.Input((None, None, map_shape[2]))
    arrays, size = [], map_shape
    for number, (kernel, bias) in enumerate(weights, start=1):
        activation = None if number == len(weights) else "relu"
        x = keras.layers.Conv2D(len(bias), size[:2], activation=activation)(x)
        arrays += [kernel.reshape(*size, -1), bias]
        size = (1, 1, len(bias))
    model = keras.Model(maps, x)
    model.set_weights(arrays)
    return model
