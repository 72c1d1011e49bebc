"""Week 2: the numbers that the lessons tell."""

import numpy as np

from seglab import metrics


def test_the_numbers_of_lesson_a():
    """What the text of the lesson says, from the definitions."""
    blue, red = np.zeros((2, 14, 14), int)
    blue[2:10, 2:10] = red[4:12, 4:12] = 1
    counts = metrics.confusion_matrix(blue, red, 2)
    assert counts[1, 1] == 36 and counts.sum() - counts[0, 0] == 92
    assert metrics.iou_per_class(counts)[1].round(4) == 0.3913
    assert metrics.dice_per_class(counts)[1] == 0.5625

    nothing = metrics.confusion_matrix(np.repeat([0, 1], [9900, 100]), np.zeros(10_000, int), 2)
    assert (metrics.pixel_accuracy(nothing), metrics.mean_iou(nothing)) == (0.99, 0.495)

    y_true, y_pred = np.array([0, 0, 0, 0, 1, 1, 1, 255]), np.array([0, 0, 0, 1, 1, 1, 2, 2])
    tiny = metrics.confusion_matrix(y_true, y_pred, 4, ignore_class=255)
    rules = {"exclude": 0.4167, "truth": 0.6250, "one": 0.5625, "zero": 0.3125}
    assert {rule: round(metrics.mean_iou(tiny, absent=rule), 4) for rule in rules} == rules
    assert 21 * 20 + 20 == 440 and 440 % 256 == 184 == 21 * 8 + 16


def test_the_numbers_of_lesson_b():
    for side, iou, dice in ((12, 0.8462, 0.9167), (256, 0.9922, 0.9961), (4, 0.6, 0.75)):
        y_true, y_pred = np.zeros((2, side + 8, side + 8), np.uint8)
        y_true[4:-4, 4:-4] = y_pred[4:-4, 5:-3] = 1
        counts = metrics.confusion_matrix(y_true, y_pred, 2)
        assert metrics.iou_per_class(counts)[1].round(4) == iou
        assert metrics.dice_per_class(counts)[1].round(4) == dice
        assert np.isclose(metrics.boundary_iou(y_true, y_pred, 2, distance=1)[1], 1 / 3)
