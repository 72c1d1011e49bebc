import numpy as np
import pytest

from seglab import visualization
from seglab.errors import InputError
from seglab.visualization.errors import COLORS, FN, FP, IGNORED, STRIPE_COLORS, TN, TP, WRONG, error_map, paint_errors


@pytest.fixture
def pair():
    rng = np.random.default_rng(3)
    y_true, y_pred = rng.integers(0, 4, (2, 17, 23))
    y_true[rng.random(y_true.shape) < 0.1] = 255
    return y_true, y_pred


def slow_confusion(y_true, y_pred, classes):
    confusion = np.zeros((classes, classes), int)
    for truth, found in zip(y_true.ravel(), y_pred.ravel(), strict=True):
        if truth != 255:
            confusion[truth, found] += 1
    return confusion


def test_counts_of_one_class_equal_the_confusion(pair):
    confusion = slow_confusion(*pair, 4)
    for klass in range(4):
        counts = np.bincount(error_map(*pair, klass=klass, ignore_class=255).ravel(), minlength=6)
        right = confusion[klass, klass]
        assert counts[TP] == right
        assert counts[FP] == confusion[:, klass].sum() - right
        assert counts[FN] == confusion[klass].sum() - right
        assert counts[TN] == confusion.sum() - confusion[:, klass].sum() - confusion[klass].sum() + right
        assert counts[WRONG] == 0
        assert counts[IGNORED] == (pair[0] == 255).sum()


def test_counts_of_objects_against_background_equal_the_confusion(pair):
    confusion = slow_confusion(*pair, 4)
    counts = np.bincount(error_map(*pair, ignore_class=255).ravel(), minlength=6)
    objects = confusion[1:, 1:]
    assert counts[TN] == confusion[0, 0]
    assert counts[TP] == np.trace(objects)
    assert counts[WRONG] == objects.sum() - np.trace(objects)
    assert counts[FP] == confusion[0, 1:].sum()
    assert counts[FN] == confusion[1:, 0].sum()


def test_without_background_a_pixel_is_right_or_of_a_wrong_class(pair):
    kinds = error_map(*pair, background=None, ignore_class=255)
    assert set(np.unique(kinds)) == {TP, WRONG, IGNORED}
    assert (kinds == WRONG).sum() == ((pair[0] != pair[1]) & (pair[0] != 255)).sum()


def test_background_zero_of_an_ignored_zero_is_ignored():
    assert error_map(np.array([[0, 1]]), np.array([[1, 1]]), ignore_class=0).tolist() == [[IGNORED, TP]]


def test_shapes_that_differ_are_refused():
    with pytest.raises(InputError, match=r"got \(2, 3\) and \(3, 2\)"):
        error_map(np.zeros((2, 3), int), np.zeros((3, 2), int))
    with pytest.raises(InputError, match="must both have shape"):
        error_map(np.zeros((1, 2, 3), int), np.zeros((1, 2, 3), int))


def test_kinds_differ_by_lightness_or_stripes_without_color():
    lightness = COLORS @ [0.2126, 0.7152, 0.0722]
    plain = [kind for kind in (TN, TP, FN) if kind not in STRIPE_COLORS]
    assert len(plain) == 3
    assert min(np.diff(np.sort(lightness[plain]))) > 40
    assert {FP, WRONG, IGNORED} == set(STRIPE_COLORS)
    for kind, stripe in STRIPE_COLORS.items():
        assert abs(lightness[kind] - np.dot(stripe, [0.2126, 0.7152, 0.0722])) > 40
    assert lightness[FP] - lightness[WRONG] > 40


def test_paint_keeps_plain_kinds_flat_and_stripes_the_others():
    picture = paint_errors(np.array([[TP, FP]], np.uint8), scale=12)
    assert picture.shape == (12, 24, 3)
    assert (picture[:, :12] == COLORS[TP]).all()
    assert {tuple(color) for color in picture[:, 12:].reshape(-1, 3).tolist()} == {
        tuple(COLORS[FP].tolist()),
        STRIPE_COLORS[FP],
    }


def test_show_errors_keeps_label_coordinates_and_counts_in_the_legend(pair):
    artist = visualization.show_errors(*pair, ignore_class=255, title="Mostly wrong")
    assert artist.get_extent() == [-0.5, 22.5, 16.5, -0.5]
    texts = [text.get_text() for text in artist.axes.get_legend().get_texts()]
    assert f"ignored: {(pair[0] == 255).sum()}" in texts
    assert sum(int(text.split(": ")[1].replace(",", "")) for text in texts) == 17 * 23
