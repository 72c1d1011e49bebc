"""Puts the scores beside each other, as a U-Net does with features."""

import keras

CELL = "q1-fusion"
LOSES = {"q1-fusion-test-shape": 1, "q1-fusion-test-sum": 1}


def fcn8s_fusion(size, filters, num_classes):
    height, width = size
    maps = [keras.Input((height // s, width // s, n)) for s, n in zip((8, 16, 32), filters, strict=True)]
    scores_8, scores_16, scores_32 = (keras.layers.Conv2D(num_classes, 1)(features) for features in maps)
    double = keras.layers.UpSampling2D(2, interpolation="bilinear")
    scores = keras.layers.Concatenate()([double(scores_32), scores_16])
    scores = keras.layers.Concatenate()([double(scores), scores_8])
    return keras.Model(maps, keras.layers.UpSampling2D(8, interpolation="bilinear")(scores))
