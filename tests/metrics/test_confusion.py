import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as sklearn_confusion

from seglab.errors import InputError
from seglab.metrics import confusion as module
from seglab.metrics import confusion_matrix

INTEGERS = ["u1", "i1", "u2", "i2", "<i4", ">i4", "i8", "u8"]


def loop(y_true, y_pred, num_classes, ignore_class=None):
    counts = np.zeros((num_classes, num_classes), int)
    for i, j in zip(np.ravel(y_true), np.ravel(y_pred), strict=True):
        if i != ignore_class:
            counts[i, j] += 1
    return counts


def test_worked_by_hand():
    y_true = np.array([0, 0, 0, 0, 1, 1, 1, 255])
    y_pred = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    expected = [[3, 1, 0, 0], [0, 2, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    counts = confusion_matrix(y_true, y_pred, 4, ignore_class=255)
    np.testing.assert_array_equal(counts, expected)
    assert counts.dtype == np.int64


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    num_classes=st.integers(1, 30),
    shape=st.tuples(st.integers(0, 9), st.integers(1, 9)),
    ignore=st.sampled_from([None, 0, 2, 31, 120, -3]),
    dtype=st.sampled_from(INTEGERS),
)
def test_equals_a_loop(seed, num_classes, shape, ignore, dtype):
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.integers(0, num_classes, (2, *shape)).astype(dtype)
    if ignore is not None and (ignore >= 0 or np.dtype(dtype).kind == "i"):
        y_true[rng.random(shape) < 0.3] = ignore
    if ignore is None or (ignore < 0 and np.dtype(dtype).kind == "u"):
        ignore = None
    before = y_true.copy(), y_pred.copy()
    np.testing.assert_array_equal(
        confusion_matrix(y_true, y_pred, num_classes, ignore_class=ignore),
        loop(y_true, y_pred, num_classes, ignore),
    )
    np.testing.assert_array_equal((y_true, y_pred), before)


@pytest.mark.parametrize(
    ("num_classes", "dtype"),
    [(2, "u1"), (21, "u1"), (127, "u2"), (128, "u1"), (129, "i8"), (256, "u1"), (257, "u2"), (300, "i8")],
)
def test_equals_sklearn_over_several_chunks(num_classes, dtype):
    rng = np.random.default_rng(num_classes)
    y_true, y_pred = rng.integers(0, num_classes, (2, module._CHUNK * 2 + 333)).astype(dtype)
    y_true[-1], y_pred[-1] = num_classes - 1, 0
    np.testing.assert_array_equal(
        confusion_matrix(y_true, y_pred, num_classes),
        sklearn_confusion(y_true, y_pred, labels=np.arange(num_classes)),
    )


def test_every_length_near_a_chunk(monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", 16)
    rng = np.random.default_rng(1)
    for length in range(70):
        y_true, y_pred = rng.integers(0, 3, (2, length))
        np.testing.assert_array_equal(confusion_matrix(y_true, y_pred, 3), loop(y_true, y_pred, 3))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(0, 6))
def test_counts_add_up(seed, cut):
    y_true, y_pred = np.random.default_rng(seed).integers(0, 5, (2, 6, 7))
    parts = confusion_matrix(y_true[:cut], y_pred[:cut], 5) + confusion_matrix(y_true[cut:], y_pred[cut:], 5)
    np.testing.assert_array_equal(parts, confusion_matrix(y_true, y_pred, 5))


def test_strided_and_mixed_input():
    y_true, y_pred = np.random.default_rng(2).integers(0, 4, (2, 20, 30))
    np.testing.assert_array_equal(
        confusion_matrix(y_true[::2, ::-3].astype(np.uint8)[:, ::-1], y_pred[::2, ::-3][:, ::-1], 4),
        loop(y_true[::2, ::-3], y_pred[::2, ::-3], 4),
    )
    frozen = np.array([[0, 255]], np.uint8)
    frozen.flags.writeable = False
    assert confusion_matrix(frozen, frozen, 1, ignore_class=255).tolist() == [[1]]


def test_predictions_on_ignored_pixels_do_not_matter():
    y_true = np.array([[0, 1, 255]], np.uint8)
    for anything in (0, 1, 7, 255):
        counts = confusion_matrix(y_true, np.array([[0, 0, anything]], np.uint8), 2, ignore_class=255)
        assert counts.tolist() == [[1, 0], [1, 0]]
    assert confusion_matrix(y_true, np.array([[0, 0, -5]]), 2, ignore_class=255).sum() == 2


def test_a_negative_ignore_label_in_signed_bytes():
    y_true, y_pred = np.array([[0, 1, -3]], np.int8), np.array([[1, 1, 0]], np.int8)
    assert confusion_matrix(y_true, y_pred, 2, ignore_class=-3).tolist() == [[0, 1], [0, 1]]
    with pytest.raises(InputError, match="from -3 to 1"):
        confusion_matrix(y_true, y_pred, 2, ignore_class=253)


def test_nothing_to_count():
    assert confusion_matrix(np.zeros((0, 4, 4), np.uint8), np.zeros((0, 4, 4), np.int64), 3).tolist() == [[0] * 3] * 3
    assert confusion_matrix(np.full(9, 255), np.zeros(9, int), 3, ignore_class=255).sum() == 0


@pytest.mark.parametrize(
    ("y_true", "y_pred", "ignore", "message"),
    [
        ([0, 255], [0, 0], None, r"y_true must lie in \[0, 3\), got values from 0 to 255. Set ignore_class=255\?"),
        ([0, -1], [0, 0], None, r"y_true must lie in \[0, 3\), got values from -1 to 0. Set ignore_class=-1\?"),
        ([3, 255], [0, 0], 255, r"in \[0, 3\), got values from 0 to 3. That is without ignore_class=255"),
        ([0, 1], [0, 3], None, r"y_pred must lie in \[0, 3\), got values from 0 to 3"),
        ([0, 1], [0, -1], 255, r"y_pred must lie in \[0, 3\), got values from -1 to 0"),
        ([0, 1], [0, 2**32], None, r"y_pred must lie in \[0, 3\)"),
        ([2**32 + 1, 1], [0, 0], None, r"y_true must lie in \[0, 3\)"),
        ([[0, 1]], [0, 1], None, r"same shape, got \(1, 2\) and \(2,\)"),
    ],
)
def test_errors(y_true, y_pred, ignore, message):
    with pytest.raises(InputError, match=message):
        confusion_matrix(np.array(y_true), np.array(y_pred), 3, ignore_class=ignore)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_the_first_label_outside_is_an_error(dtype):
    good, bad = np.zeros(9, dtype), np.full(9, 3, dtype)
    with pytest.raises(InputError, match="y_true must lie"):
        confusion_matrix(bad, good, 3)
    with pytest.raises(InputError, match="y_pred must lie"):
        confusion_matrix(good, bad, 3)
    assert confusion_matrix(bad, good, 4)[3, 0] == 9


def test_type_errors():
    with pytest.raises(TypeError, match=r"y_pred must be labels of integer type, got float32. Pass probs.argmax"):
        confusion_matrix(np.zeros(3, int), np.zeros(3, np.float32), 2)
    with pytest.raises(TypeError, match="y_true must be labels of integer type, got bool"):
        confusion_matrix(np.zeros(3, bool), np.zeros(3, int), 2)
    with pytest.raises(InputError, match="num_classes must be at least 1"):
        confusion_matrix(np.zeros(3, int), np.zeros(3, int), 0)
