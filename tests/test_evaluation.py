"""The evaluation: numbers worked by hand on fake models, and one batch in memory at a time."""

import itertools
import json
import math
import time
import tracemalloc

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.evaluation import Evaluation, commonest_class, evaluate, evaluate_constant, predict
from seglab.metrics import boundary_counts, confusion_matrix, mean_iou


class Model:
    """Returns the channels of the image as logits, or their first one; remembers the batches it got."""

    def __init__(self, size=(4, 4), logits=3):
        self.input_shape, self.output_shape = (None, *size, 3), (None, *size, logits)
        self.batches = []

    def predict_on_batch(self, images):
        self.batches.append(len(images))
        return images[..., : self.output_shape[-1]]

    trainable_variables = (np.zeros((2, 3)), np.zeros(1))  # 7 weights


class Data:
    """A stream of (images, labels), as `SegmentationData.data` gives it."""

    split, classes, num_classes = "test", ("background", "disc", "triangle"), 3

    def __init__(self, images, labels, *, batch=2, ignore_class=None, size=(4, 4)):
        self.images, self.labels, self.batch, self.ignore_class, self.size = images, labels, batch, ignore_class, size

    def __len__(self):
        return len(self.labels)

    @property
    def data(self):
        for start in range(0, len(self), self.batch):
            yield self.images[start : start + self.batch], self.labels[start : start + self.batch]


def one_hot(labels, channels=3):
    return np.eye(channels, dtype=np.float32)[labels]


@pytest.fixture
def data():
    """Five images of random labels, predictions that differ, and label 255 at some pixels."""
    rng = np.random.default_rng(0)
    predicted = rng.integers(0, 3, (5, 4, 4))
    labels = np.where(rng.random((5, 4, 4)) < 0.6, predicted, rng.integers(0, 3, (5, 4, 4)))
    labels[rng.random((5, 4, 4)) < 0.1] = 255
    return Data(one_hot(predicted), labels.astype(np.int32), ignore_class=255)


# predict


def test_predict_takes_the_highest_logit():
    labels = np.array([[[0, 2, 1, 1], [2, 2, 0, 0], [1, 0, 0, 1], [2, 1, 0, 2]]])
    predicted = predict(Model(), one_hot(labels))
    assert predicted.dtype == np.uint8
    np.testing.assert_array_equal(predicted, labels)


def test_predict_with_one_logit_cuts_at_zero():
    images = np.zeros((1, 4, 4, 3), np.float32)
    images[0, 0, :, 0] = [-1, 0, 0.001, 5]
    np.testing.assert_array_equal(predict(Model(logits=1), images)[0, 0], [0, 0, 1, 1])


def test_predict_keeps_the_shape_of_batches():
    model = Model()
    labels = np.random.default_rng(0).integers(0, 3, (5, 4, 4))
    np.testing.assert_array_equal(predict(model, one_hot(labels), batch=2), labels)
    assert model.batches == [2, 2, 2]  # the last image comes with a filler: a new shape would trace the network again
    assert predict(model, one_hot(labels)[:0]).shape == (0, 4, 4)


class LeftHanded(Model):
    """One logit: the first channel, and 3 more in the first column."""

    def predict_on_batch(self, images):
        return super().predict_on_batch(images) + np.array([3, 0, 0, 0])[:, None]


def test_flips_add_the_mirror_image_mirrored_back():
    images = np.zeros((1, 4, 4, 3), np.float32)
    images[..., 0] = [-1, -1, 1, -1]
    assert predict(LeftHanded(logits=1), images)[0, 0].tolist() == [1, 0, 1, 0]  # 2, -1, 1, -1
    assert predict(LeftHanded(logits=1), images, flips=True)[0, 0].tolist() == [1, 0, 1, 1]  # 1, -2, 2, 1
    data = Data(images, np.array([[1, 0, 1, 1]] * 4)[None], batch=1)
    data.classes, data.num_classes = ("background", "disc"), 2
    found = [evaluate(LeftHanded(logits=1), data, flips=flips).confusion for flips in (False, True)]
    assert [int(np.trace(counts)) for counts in found] == [12, 16]


def test_predict_changes_nothing():
    images = one_hot(np.zeros((3, 4, 4), int))
    before = images.copy()
    predict(Model(), images, batch=2)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize(
    ("images", "batch", "message"),
    [
        (np.zeros((1, 4, 4, 3), np.uint8), 1, r"images must be floats in \[0, 1\], got uint8.*255"),
        (np.zeros((4, 4, 3)), 1, r"images must have shape \(N, H, W, 3\), got \(4, 4, 3\)"),
        (np.zeros((1, 4, 5, 3)), 1, r"input shape \(4, 4, 3\), got \(4, 5, 3\)"),
        (np.zeros((1, 4, 4, 1)), 1, r"input shape \(4, 4, 3\), got \(4, 4, 1\)"),
        (np.zeros((1, 4, 4, 3)), 0, "batch must be an integer of at least 1, got 0"),
    ],
)
def test_predict_names_what_is_wrong(images, batch, message):
    with pytest.raises(InputError, match=message):
        predict(Model(), images, batch=batch)


# evaluate


def test_scores_by_hand():
    truth = np.array([[[0, 0, 1, 1]], [[0, 0, 0, 1]]])
    predicted = np.array([[[0, 1, 1, 1]], [[0, 0, 0, 0]]])
    data = Data(one_hot(predicted), truth, size=(1, 4))
    scores = evaluate(Model((1, 4)), data)
    np.testing.assert_array_equal(scores.confusion, [[4, 1, 0], [1, 2, 0], [0, 0, 0]])
    np.testing.assert_array_equal(scores.iou, [4 / 6, 2 / 4, np.nan])
    np.testing.assert_array_equal(scores.dice, [8 / 10, 4 / 6, np.nan])
    assert scores.mean_iou == pytest.approx((4 / 6 + 2 / 4) / 2)
    assert scores.mean_dice == pytest.approx((8 / 10 + 4 / 6) / 2)
    assert scores.pixel_accuracy == 6 / 8
    assert scores.mean_pixel_accuracy == pytest.approx((4 / 5 + 2 / 3) / 2)
    # First image: classes 1/2 and 2/3. Second: 3/4 and 0.
    assert scores.image_mean_iou == pytest.approx([7 / 12, 3 / 8])
    assert scores.parameters == 7


def test_counts_are_those_of_single_images(data):
    scores = evaluate(Model(), data)
    counts, shared, either, single = np.zeros((3, 3)), 0, 0, []
    for image, truth in zip(data.images, data.labels, strict=True):
        matrix = confusion_matrix(truth, image.argmax(-1), 3, ignore_class=255)
        boundary = boundary_counts(truth, image.argmax(-1), 3, ignore_class=255)
        counts, shared, either = counts + matrix, shared + boundary[0], either + boundary[1]
        single.append(mean_iou(matrix))
    np.testing.assert_array_equal(scores.confusion, counts)
    np.testing.assert_array_equal(scores.boundary_intersection, shared)
    np.testing.assert_array_equal(scores.boundary_union, either)
    assert scores.image_mean_iou == single
    assert scores.confusion.sum() == (data.labels != 255).sum()


@pytest.mark.parametrize("batch", [1, 3, 5, 8])
def test_the_batch_size_changes_no_count(data, batch):
    whole = evaluate(Model(), data)
    other = evaluate(Model(), Data(data.images, data.labels, batch=batch, ignore_class=255))
    np.testing.assert_array_equal(whole.confusion, other.confusion)
    np.testing.assert_array_equal(whole.boundary_union, other.boundary_union)
    assert whole.image_mean_iou == other.image_mean_iou


def test_one_logit_is_two_classes():
    images = np.zeros((1, 4, 4, 3), np.float32)
    images[0, :2, :, 0] = 1
    data = Data(images, np.tri(4, dtype=int)[None])
    data.classes, data.num_classes = ("background", "cell"), 2
    np.testing.assert_array_equal(evaluate(Model(logits=1), data).confusion, [[1, 5], [7, 3]])


def test_milliseconds_leave_out_tracing_loading_and_counting(data):
    class Slow(Model):
        def predict_on_batch(self, images):
            time.sleep(0.02 if self.batches else 0.3)
            return super().predict_on_batch(images)

    class SlowToLoad(Data):
        @property
        def data(self):
            for batch in super().data:
                time.sleep(0.05)
                yield batch

    model = Slow()
    scores = evaluate(model, SlowToLoad(data.images, data.labels, ignore_class=255))
    assert 10 <= scores.ms_per_image < 20  # 20 ms per batch of 2
    assert model.batches == [2, 2, 2, 2]  # the first batch goes through twice


def test_memory_does_not_grow_with_the_number_of_images():
    class Endless(Data):
        """Draws each batch when it is asked for."""

        def __init__(self, count):
            super().__init__(None, range(count), batch=4, size=(64, 64))

        @property
        def data(self):
            for start in range(0, len(self), self.batch):
                labels = np.random.default_rng(start).integers(0, 3, (self.batch, 64, 64))
                yield one_hot(labels), labels

    peaks = []
    for count in (40, 40, 400):
        data = Endless(count)
        tracemalloc.start()
        evaluate(Model((64, 64)), data)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    images = 400 * 64 * 64 * 3 * 4
    assert peaks[2] - peaks[1] < images / 100


def test_dict_is_strict_json():
    counts = np.array([[4, 0], [0, 0]])
    scores = Evaluation(counts, np.array([2, 0]), np.array([2, 0]), [1.0, math.nan], 0.5, 3)
    values = json.loads(json.dumps(scores.to_dict(), allow_nan=False))
    assert list(values) == [
        "parameters", "ms_per_image", "mean_iou", "iou", "mean_dice", "dice", "pixel_accuracy", "mean_pixel_accuracy",
        "mean_boundary_iou", "boundary_iou", "confusion", "image_mean_iou",
    ]  # fmt: skip
    assert values["iou"] == [1.0, None] and values["boundary_iou"] == [1.0, None]
    assert values["image_mean_iou"] == [1.0, None] and values["confusion"] == [[4, 0], [0, 0]]
    assert values["parameters"] == 3 and values["mean_boundary_iou"] == 1.0


def test_nothing_counted_is_nan_without_a_warning(recwarn):
    labels = np.full((1, 4, 4), 255)
    scores = evaluate(Model(), Data(one_hot(np.zeros((1, 4, 4), int)), labels, ignore_class=255))
    values = scores.to_dict()
    assert values["mean_iou"] is values["mean_boundary_iou"] is values["pixel_accuracy"] is None
    assert values["image_mean_iou"] == [None]
    assert not list(recwarn)


def test_evaluate_names_what_does_not_fit(data):
    with pytest.raises(InputError, match=r"data\.size must be the input size \(8, 4\) .*got \(4, 4\)"):
        evaluate(Model((8, 4)), data)
    with pytest.raises(InputError, match=r"data has 3 classes \(background, disc, triangle\).*returns 4 logits"):
        evaluate(Model(logits=4), data)
    with pytest.raises(InputError, match="data must hold at least one image"):
        evaluate(Model(), Data(data.images[:0], data.labels[:0]))


# The constant answer


def test_constant_answer_by_hand():
    truth = np.array([[[0, 1, 1, 2]], [[1, 1, 255, 0]]])
    data = Data(np.zeros((2, 1, 4, 3)), truth, ignore_class=255)
    assert commonest_class(data) == 1
    scores = evaluate_constant(data, 1)
    np.testing.assert_array_equal(scores.confusion, [[0, 2, 0], [0, 4, 0], [0, 1, 0]])
    np.testing.assert_allclose(scores.iou, [0, 4 / 7, 0])
    assert scores.pixel_accuracy == 4 / 7
    assert scores.image_mean_iou == pytest.approx([2 / 4 / 3, 2 / 3 / 2])
    assert (scores.parameters, scores.ms_per_image) == (0, 0.0)
    for klass in (-1, 3):
        with pytest.raises(InputError, match=rf"klass must lie in \[0, 3\), got {klass}"):
            evaluate_constant(data, klass)


def test_commonest_class_leaves_out_ignored_pixels_and_takes_the_lower_of_two():
    labels = np.array([[[2, 2, 1, 1]], [[0, 0, 0, 0]]])
    data = Data(np.zeros((2, 1, 4, 3)), labels)
    assert commonest_class(data) == 0
    data.ignore_class = 0
    assert commonest_class(data) == 1


@pytest.mark.parametrize(("klass", "other"), list(itertools.permutations(range(3), 2)))
def test_the_commonest_class_is_the_most_accurate_constant(data, klass, other):
    counts = {label: evaluate_constant(data, label).pixel_accuracy for label in (klass, other)}
    assert counts[klass] <= evaluate_constant(data, commonest_class(data)).pixel_accuracy
