"""Leaves out the middle map: an FCN of two strides."""

import keras

CELL = "q2-fusion"
LOSES = {"q2-fusion-test-sums": 1, "q2-fusion-test-weights": 1}


def fcn8s_fusion(size, filters, num_classes):
    def enlarge(scores, s):
        return keras.layers.Conv2DTranspose(num_classes, 2 * s, strides=s, padding="same", use_bias=False)(scores)

    maps = [keras.Input((size[0] // s, size[1] // s, n)) for s, n in zip((8, 16, 32), filters, strict=True)]
    scores_8, _, scores_32 = (keras.layers.Conv2D(num_classes, 1)(features) for features in maps)
    scores = enlarge(scores_32, 2)
    scores = keras.layers.Add()([enlarge(scores, 2), scores_8])
    return keras.Model(maps, enlarge(scores, 8))
