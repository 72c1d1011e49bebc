"""Answers to the quizzes of the lesson."""

IMPORTS = """
import keras
from keras import layers
from seglab.roi import roi_align

def mask_head(num_classes, filters=256):
    parts = [keras.Input((14, 14, filters))]
    parts += [layers.Conv2D(filters, 3, padding="same") for _ in range(4)]
    parts += [layers.Conv2DTranspose(filters, 2, strides=2), layers.Conv2D(num_classes, 1)]
    return keras.Sequential(parts)
"""
QUIZZES = {
    "quiz-align": ("value = None", "value = 9", "value = 12", "value = 6"),
    "quiz-head": ("count = None", "count = 2_627_860", "count = 660_820", "count = 2_627_840"),
    "quiz-loss": (
        "in_object = None\nin_background = None",
        "in_object = [2]\nin_background = []",
        "in_object = [0, 1, 2]\nin_background = []",
        "in_object = [2]\nin_background = [0]",
    ),
}
