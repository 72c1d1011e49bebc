"""The curves of the loss landscape are those of `seglab.losses`."""

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.widgets import LossLandscape
from seglab.widgets.loss_landscape import FALSE_ALARM, gradients, losses

OPTIONS = [
    {"gamma": 2.0, "alpha": 0.25, "share": 1.0},
    {"gamma": 0.5, "alpha": 1.0, "share": 0.25},
    {"gamma": 0.0, "alpha": 0.5, "share": 0.05},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_losses_are_those_of_the_library(options):
    from seglab.losses import cross_entropy, dice_loss, focal_loss

    pixels, found = 20, round(20 * options["share"])
    labels = np.zeros((1, 1, pixels), int)
    labels[..., :found] = 1
    for p in (0.01, 0.3, 0.97):
        probs = np.where(labels == 1, p, FALSE_ALARM)
        logits = np.log(probs / (1 - probs))[..., None]
        # The mean over all pixels, less what the background adds.
        others = (1 - options["share"]) * -np.log(1 - FALSE_ALARM)
        focal_others = others * (1 - options["alpha"]) * FALSE_ALARM ** options["gamma"]
        ours = losses(p, **options)
        assert float(cross_entropy(labels, logits)) - others == pytest.approx(ours["CE"], abs=1e-5)
        focal = float(focal_loss(labels, logits, gamma=options["gamma"], alpha=options["alpha"]))
        assert focal - focal_others == pytest.approx(ours["focal"], abs=1e-5)
        assert float(dice_loss(labels, logits)) == pytest.approx(ours["Dice"], abs=1e-5)


@pytest.mark.parametrize("options", OPTIONS)
def test_gradients_are_slopes_over_the_logit(options):
    logits, step = np.linspace(-5, 5, 41), 1e-5
    above, below = (losses(1 / (1 + np.exp(-(logits + move))), **options) for move in (step, -step))
    slopes = gradients(1 / (1 + np.exp(-logits)), **options)
    for name in slopes:
        np.testing.assert_allclose(slopes[name], (above[name] - below[name]) / (2 * step), atol=1e-8)


def test_dice_lets_go_of_a_pixel_that_is_surely_wrong():
    pull = gradients(1e-4, gamma=2, alpha=1, share=1)
    assert abs(pull["Dice"]) < 1e-3 < 0.9 < abs(pull["CE"])


def test_numbers_in_words():
    demo = LossLandscape(gamma=2, alpha=0.25)
    assert "CE 2.303 (gradient 0.900), focal 0.466 (gradient 0.276), Dice 0.818 (gradient 0.149)" in demo.describe()
    demo.controls["share"].value = 0.05
    assert demo.describe().startswith("The foreground is 5 % of the pixels.")


def test_strip_shows_the_claims():
    figure = LossLandscape().static()
    assert [part.get_suptitle() for part in figure.subfigs] == [
        "focal γ = 2.0, share of foreground = 1.0",
        "focal γ = 5.0, share of foreground = 1.0",
        "focal γ = 2.0, share of foreground = 0.05",
    ]
    left, right = figure.subfigs[0].axes
    ce = {line.get_label(): line for line in left.lines}["CE"]
    np.testing.assert_allclose(ce.get_ydata(), -np.log(ce.get_xdata()))
    assert max(right.lines[0].get_ydata()) < 1


def test_values_out_of_range():
    with pytest.raises(InputError, match=r"gamma must lie in \[0.0, 5.0\], got 9"):
        LossLandscape(gamma=9)
