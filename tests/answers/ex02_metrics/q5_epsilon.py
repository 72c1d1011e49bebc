"""Adds a small number above and below: nothing at all scores 1."""

import keras
from keras import ops

CELL = "q5-metric"
LOSES = {"q5-metric-test-stream": 1}


class SegIoU(keras.metrics.Metric):
    def __init__(self, threshold=0.5, ignore_class=255, name="seg_iou"):
        super().__init__(name=name)
        self.threshold, self.ignore_class = threshold, ignore_class
        self.intersection = self.add_variable((), "zeros", name="intersection")
        self.union = self.add_variable((), "zeros", name="union")

    def update_state(self, y_true, y_pred, sample_weight=None):
        labels, probs = ops.reshape(y_true, (-1,)), ops.reshape(y_pred, (-1,))
        counted = ops.not_equal(labels, self.ignore_class)
        true = ops.logical_and(counted, ops.equal(labels, 1))
        found = ops.logical_and(counted, probs > self.threshold)
        self.intersection.assign_add(ops.sum(ops.cast(ops.logical_and(true, found), "float32")))
        self.union.assign_add(ops.sum(ops.cast(ops.logical_or(true, found), "float32")))

    def result(self):
        return (self.intersection + 1e-6) / (self.union + 1e-6)
