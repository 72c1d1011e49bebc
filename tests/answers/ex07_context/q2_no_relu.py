"""Leaves out the activations."""

import keras

CELL = "q2-aspp"
LOSES = {"q2-aspp-test-values": 1}


def aspp(input_shape, filters, rates):
    options = {"padding": "same", "use_bias": False}
    features = keras.Input(input_shape)
    branches = [keras.layers.Conv2D(filters, 1, **options)(features)]
    for rate in rates:
        branches.append(keras.layers.Conv2D(filters, 3, dilation_rate=rate, **options)(features))
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True)(features)
    mean = keras.layers.Conv2D(filters, 1, **options)(mean)
    branches.append(keras.layers.UpSampling2D(input_shape[:2])(mean))
    x = keras.layers.Concatenate()(branches)
    return keras.Model(features, keras.layers.Conv2D(filters, 1, **options)(x))
