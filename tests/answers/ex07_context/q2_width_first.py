"""Swaps height and width of the input."""

import keras

CELL = "q2-aspp"
LOSES = {"q2-aspp-test-shape": 1, "q2-aspp-test-values": 1}


def aspp(input_shape, filters, rates):
    input_shape = (input_shape[1], input_shape[0], input_shape[2])
    options = {"padding": "same", "activation": "relu", "use_bias": False}
    features = keras.Input(input_shape)
    branches = [keras.layers.Conv2D(filters, 1, **options)(features)]
    for rate in rates:
        branches.append(keras.layers.Conv2D(filters, 3, dilation_rate=rate, **options)(features))
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True)(features)
    mean = keras.layers.Conv2D(filters, 1, **options)(mean)
    branches.append(keras.layers.UpSampling2D(input_shape[:2])(mean))
    x = keras.layers.Concatenate()(branches)
    return keras.Model(features, keras.layers.Conv2D(filters, 1, **options)(x))
