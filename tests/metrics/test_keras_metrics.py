import keras
import numpy as np
import pytest

from seglab.errors import InputError
from seglab.metrics import confusion_matrix, mean_dice, mean_iou, pixel_accuracy
from seglab.metrics.keras_metrics import DatasetMeanDice, DatasetMeanIoU, DatasetPixelAccuracy

PAIRS = [(DatasetMeanIoU, mean_iou), (DatasetMeanDice, mean_dice), (DatasetPixelAccuracy, pixel_accuracy)]


def logits_of(labels, num_classes, rng):
    """Logits whose argmax is `labels`."""
    logits = rng.normal(size=(*labels.shape, num_classes)).astype(np.float32)
    np.put_along_axis(logits, labels[..., None], 9, axis=-1)
    return logits


@pytest.mark.parametrize(("metric", "reference"), PAIRS)
@pytest.mark.parametrize("num_classes", [2, 5, 21, 150])
def test_equals_numpy_over_batches(metric, reference, num_classes):
    rng = np.random.default_rng(num_classes)
    metric = metric(num_classes, ignore_class=255)
    total = 0
    for size in (4, 4, 3):
        y_true, y_pred = rng.integers(0, max(2, num_classes - 1), (2, size, 17, 9))  # the last class mostly absent
        y_true[rng.random(y_true.shape) < 0.2] = 255
        metric.update_state(y_true.astype(np.uint8), logits_of(y_pred, num_classes, rng))
        total = total + confusion_matrix(y_true, y_pred, num_classes, ignore_class=255)
        np.testing.assert_array_equal(metric.confusion_matrix(), total)
        assert float(metric.result()) == pytest.approx(reference(total), abs=1e-6)
    metric.reset_state()
    assert np.isnan(float(metric.result()))
    metric.update_state(np.ones((1, 2, 2), int), logits_of(np.ones((1, 2, 2), int), num_classes, rng))
    assert float(metric.result()) == 1


@pytest.mark.parametrize(("metric", "reference"), PAIRS)
@pytest.mark.parametrize("labels_axis", [False, True])
def test_one_logit_is_two_classes(metric, reference, labels_axis):
    rng = np.random.default_rng(0)
    y_true = rng.integers(0, 2, (2, 5, 7))
    y_true[0, 0] = 255
    logits = rng.normal(size=(2, 5, 7, 1)).astype(np.float32)
    metric = metric(1, ignore_class=255)
    metric.update_state(y_true[..., None] if labels_axis else y_true, logits)
    expected = confusion_matrix(y_true, (logits[..., 0] > 0).astype(int), 2, ignore_class=255)
    assert float(metric.result()) == pytest.approx(reference(expected), abs=1e-6)


def test_threshold_is_0_not_one_half():
    metric = DatasetMeanIoU(1)
    metric.update_state(np.array([[[1, 0]]]), np.array([[[[0.25], [-0.25]]]]))
    assert float(metric.result()) == 1


@pytest.mark.parametrize("ignore", [0, 1, 255, -1])
def test_ignore_class_in_and_outside_the_table(ignore):
    rng = np.random.default_rng(3)
    y_true, y_pred = rng.integers(0, 3, (2, 2, 6, 5))
    y_true[:, 2:4] = ignore
    metric = DatasetMeanIoU(3, ignore_class=ignore)
    metric.update_state(y_true, logits_of(y_pred, 3, rng))
    expected = confusion_matrix(y_true, y_pred, 3, ignore_class=ignore)
    np.testing.assert_array_equal(metric.confusion_matrix(), expected)
    assert float(metric.result()) == pytest.approx(mean_iou(expected), abs=1e-6)


def test_of_equal_logits_the_first_wins_as_in_numpy():
    logits = np.array([[[[0.0, 0, 0], [-1, 2, 2], [-0.0, 0, -1]]]], np.float32)
    metric = DatasetMeanIoU(3)
    metric.update_state(np.zeros((1, 1, 3), int), logits)
    assert metric.confusion_matrix()[0].tolist() == np.bincount(logits.argmax(-1).ravel(), minlength=3).tolist()


@pytest.mark.parametrize("bad", [3, 254, -1])
def test_a_label_outside_makes_the_result_nan(bad):
    y_true = np.array([[[0, 1, 2, 255]]])
    logits = logits_of(np.array([[[0, 1, 2, 0]]]), 3, np.random.default_rng(0))
    metric = DatasetMeanIoU(3, ignore_class=255)
    metric.update_state(y_true, logits)
    assert float(metric.result()) == 1
    metric.update_state(np.where(y_true == 1, bad, y_true), logits)
    assert np.isnan(float(metric.result()))
    metric.update_state(y_true, logits)
    assert np.isnan(float(metric.result()))
    metric.reset_state()
    metric.update_state(y_true, logits)
    assert float(metric.result()) == 1


def test_more_than_1e8_pixels():
    # Float32 counts would stop at 2^24: after the first batches, single pixels would no longer count.
    rng = np.random.default_rng(0)
    y_true = np.zeros((4, 1024, 1024), np.uint8)
    y_true[:, :, 900:] = 1
    logits = np.where(rng.random((*y_true.shape, 1)) < 0.95, -1, 1).astype(np.float32)
    once = confusion_matrix(y_true, (logits[..., 0] > 0).astype(np.uint8), 2)
    metric = DatasetMeanIoU(1)
    for _ in range(25):
        metric.update_state(y_true, logits)
    for _ in range(3):
        metric.update_state(y_true[:1, :1, -7:], np.ones((1, 1, 7, 1), np.float32))
    exact = 25 * once + [[0, 0], [0, 21]]
    assert exact.sum() > 1e8
    np.testing.assert_array_equal(metric.confusion_matrix(), exact)
    assert float(metric.result()) == pytest.approx(mean_iou(exact), abs=1e-6)


@pytest.mark.parametrize(("metric", "reference"), PAIRS)
def test_counts_of_1e14_pixels(metric, reference):
    # The state that some 10^8 batches would leave, put in by hand.
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 10**12, (21, 21)) * np.where(np.eye(21, dtype=bool), 1, rng.random((21, 21)) < 0.1)
    metric = metric(21)
    cells = np.concatenate([counts, np.zeros((1, 21), np.int64)])
    low, high = metric.variables
    low.assign((cells % 2**20).astype(np.int32))
    high.assign((cells // 2**20).astype(np.int32))
    np.testing.assert_array_equal(metric.confusion_matrix(), counts)
    assert float(metric.result()) == pytest.approx(reference(counts), abs=1e-6)
    metric.update_state(np.full((1, 1, 1), 3), np.eye(21, dtype=np.float32)[[[[5]]]])
    counts[3, 5] += 1
    np.testing.assert_array_equal(metric.confusion_matrix(), counts)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_in_fit_and_evaluate(jit_compile):
    rng = np.random.default_rng(2)
    images = rng.random((7, 8, 6, 3)).astype(np.float32)
    labels = rng.integers(0, 3, (7, 8, 6)).astype(np.int32)
    labels[:, :2] = 255
    inputs = keras.Input((8, 6, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(3, 1)(inputs))
    model.compile(
        optimizer="sgd",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255),
        metrics=[metric(3, ignore_class=255) for metric, _ in PAIRS],
        jit_compile=jit_compile,
    )
    history = model.fit(images, labels, batch_size=3, validation_data=(images, labels), verbose=0).history
    confusion = confusion_matrix(labels, model.predict(images, verbose=0).argmax(-1), 3, ignore_class=255)
    for name, reference in (("mean_iou", mean_iou), ("mean_dice", mean_dice), ("pixel_accuracy", pixel_accuracy)):
        assert history[f"val_{name}"] == pytest.approx([reference(confusion)], abs=1e-6)
        assert 0 <= history[name][0] <= 1


@pytest.mark.parametrize(("metric", "reference"), PAIRS)
def test_configuration_round_trip(metric, reference):
    original = metric(4, ignore_class=9, name="mine")
    for copy in (
        metric.from_config(original.get_config()),
        keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(original)),
    ):
        assert type(copy) is metric
        assert (copy.num_classes, copy.ignore_class, copy.name) == (4, 9, "mine")


def test_mixed_precision_keeps_float32_results():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        metric = DatasetMeanIoU(2)
        metric.update_state(np.zeros((1, 3, 1), int), np.array([[[[1, 0]], [[1, 0]], [[0, 1]]]], np.float16))
        assert float(metric.result()) == pytest.approx(1 / 3, abs=1e-6)
    finally:
        keras.config.set_dtype_policy(before)


def test_errors():
    labels = np.zeros((1, 2, 2), int)
    with pytest.raises(InputError, match="num_classes must be at least 1, got 0"):
        DatasetMeanIoU(0)
    with pytest.raises(InputError, match=r"y_pred must be logits with 3 channels last, got shape \(1, 2, 2, 4\)"):
        DatasetMeanIoU(3).update_state(labels, np.zeros((1, 2, 2, 4)))
    with pytest.raises(InputError, match="y_pred must be logits with 3 channels"):
        DatasetMeanIoU(3).update_state(labels, np.zeros((1, 2, 2, 1)))
    with pytest.raises(InputError, match="A batch may hold 16777216 pixels, got 16777217"):
        DatasetMeanIoU(1).update_state(np.zeros((1, 1, 2**24 + 1), np.uint8), np.zeros((1, 1, 1, 1)))
    with pytest.raises(InputError, match="sample_weight must be None"):
        DatasetMeanDice(2).update_state(labels, np.zeros((1, 2, 2, 2)), sample_weight=np.ones(1))
