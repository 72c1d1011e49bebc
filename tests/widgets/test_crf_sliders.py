"""The demo of the dense CRF: the library's numbers, what each slider does, every error."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from seglab.crf import dense_crf
from seglab.errors import InputError
from seglab.widgets import CRFSliders
from seglab.widgets.crf_sliders import coarse_probs


def two_halves():
    """A picture of two colors, its labels, and probabilities that put the border four columns too far to the left."""
    labels = np.zeros((16, 24), int)
    labels[:, 12:] = 1
    image = np.where(labels[..., None], (0.8, 0.3, 0.2), (0.2, 0.4, 0.7))
    shifted = np.roll(labels, -4, axis=1)
    shifted[:, -4:] = 1
    return image, labels, np.where(np.eye(2)[shifted] == 1, 0.6, 0.4)


def test_it_is_the_crf_of_the_library():
    image, labels, probs = two_halves()
    demo = CRFSliders(image, labels, probs, theta_alpha=9, theta_beta=12, weight=4, iterations=3)
    settings = {"theta_alpha": 9, "theta_beta": 12, "smoothness_weight": 1, "theta_gamma": 1}
    wanted = dense_crf(probs, image, iterations=3, appearance_weight=4, exact=True, **settings)
    np.testing.assert_allclose(demo.refine(**demo.values), wanted, atol=1e-3)


@pytest.mark.parametrize(("theta_alpha", "theta_beta"), [(5, 15), (15, 20), (80, 80)])
def test_the_fast_sums_give_the_labels_of_the_exact_ones(theta_alpha, theta_beta):
    demo = CRFSliders(theta_alpha=theta_alpha, theta_beta=theta_beta)
    settings = {"theta_alpha": theta_alpha, "theta_beta": theta_beta, "smoothness_weight": 1, "theta_gamma": 1}
    exact = dense_crf(demo._probs, demo._image, exact=True, **settings)
    assert (demo.refine(**demo.values).argmax(axis=-1) == exact.argmax(axis=-1)).mean() > 0.99


def test_the_border_moves_to_where_the_colors_change():
    image, labels, probs = two_halves()
    demo = CRFSliders(image, labels, probs)
    before, after = (each.argmax(axis=-1) for each in (probs, demo.refine(**demo.values)))
    assert (before == labels).mean() < 0.9
    np.testing.assert_array_equal(after, labels)
    assert demo.scores(after) == (1.0, 1.0)
    assert "mean IoU 0.71 -> 1.00" in demo.describe()  # 8 / 12 and 12 / 16


def test_without_steps_nothing_changes():
    demo = CRFSliders(iterations=0)
    np.testing.assert_allclose(demo.refine(**demo.values), demo._probs, atol=1e-6)
    assert demo.describe().startswith("No step of mean field")


def test_the_strip_helps_and_hurts():
    demo = CRFSliders()
    before = demo.scores(demo._probs.argmax(axis=-1))[0]
    few, right, many = (
        demo.scores(demo.refine(**{**demo.values, **values}).argmax(axis=-1))[0] for values in demo.strip
    )
    assert before + 0.05 < few < right - 0.03
    assert many < before - 0.3


def test_a_slider_draws_a_new_picture_with_its_scores():
    demo = CRFSliders()
    before, said = bytes(demo._picture.value), demo._words.value
    demo.controls["theta_beta"].value = 60
    assert bytes(demo._picture.value) != before and demo._words.value != said
    figure = Figure()
    demo.draw(figure, **demo.values)
    iou, edge = demo.scores(demo.refine(**demo.values).argmax(axis=-1))
    assert figure.axes[3].get_title(loc="left") == f"After: IoU {iou:.2f}, boundary {edge:.2f}"
    assert f"-> {iou:.2f}, boundary" in demo.describe()


def test_coarse_probabilities_by_hand():
    labels = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1]])
    probs = coarse_probs(labels, 2, stride=2)
    np.testing.assert_allclose(probs.sum(axis=-1), 1, atol=1e-6)
    assert probs[0, 0, 0] == pytest.approx(1 / 1.02)  # all of its cell, and the least for the other class
    assert probs[3, 0, 0] == pytest.approx(0.25)  # one pixel of four, at the border nothing is mixed in
    assert probs[3, 3, 0] == pytest.approx(0.02 / 1.02)


IMAGE, LABELS, PROBS = two_halves()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": IMAGE}, "image and labels go together"),
        ({"probs": PROBS}, "probs with both"),
        ({"image": np.zeros((72, 64, 3)), "labels": np.zeros((72, 64), int)}, "at most 4096 pixels, got 4608"),
        ({"image": IMAGE, "labels": LABELS[:8], "probs": PROBS}, r"of one size, got \(16, 24\), \(8, 24\)"),
        ({"image": IMAGE[:9], "labels": LABELS[:9]}, "divisible by 8, got 9 x 24"),
        ({"theta_beta": 3}, r"theta_beta must lie in \[4, 80\], got 3"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        CRFSliders(**arguments)
