"""Loss landscape: cross-entropy, focal loss and Dice over the probability of the foreground, and their pull on it."""

import ipywidgets
import numpy as np

from seglab.widgets.computed import ComputedDemo

FALSE_ALARM = 0.05  # probability that every background pixel gets
_STYLES = {"CE": ("#0072B2", "-"), "focal": ("#D55E00", "--"), "Dice": ("#009E73", "-.")}


class LossLandscape(ComputedDemo):
    """What three losses say of a picture whose foreground pixels all have the probability p.

    Left the loss, right the gradient with respect to the logits of the foreground, which is what moves the network. The
    background is nearly right: its pixels all have the probability 0.05. Cross-entropy and focal loss are means over
    all pixels; what the background adds to them is left out. A share of 1 is a single foreground pixel.

    Args:
        **values: `gamma` and `alpha` of the focal loss, in [0, 5] and [0, 1], and the `share` of foreground pixels, in
            [0.01, 1].

    Example:
        >>> LossLandscape(gamma=0, alpha=1).describe()[:52]
        'The foreground is 100 % of the pixels. At p = 0.1 it'
    """

    title = "Loss landscape"
    figsize = (8.6, 3.3)
    strip = (
        {"gamma": 2.0, "share": 1.0},
        {"gamma": 5.0, "share": 1.0},
        {"gamma": 2.0, "share": 0.05},
    )

    def make_controls(self):
        """Return the three sliders."""
        slider = ipywidgets.FloatSlider
        return {
            "gamma": slider(2.0, min=0.0, max=5.0, step=0.1, description="focal γ", readout_format=".1f"),
            "alpha": slider(1.0, min=0.0, max=1.0, step=0.05, description="focal α", readout_format=".2f"),
            "share": slider(1.0, min=0.01, max=1.0, step=0.01, description="share of foreground", readout_format=".2f"),
        }

    def draw(self, figure, *, gamma, alpha, share):
        """Draw the losses and the size of their gradients over p."""
        p = np.linspace(0.002, 0.998, 500)
        left, right = figure.subplots(1, 2)
        options = {"gamma": gamma, "alpha": alpha, "share": share}
        for ax, curves in ((left, losses(p, **options)), (right, gradients(p, **options))):
            for name, values in curves.items():
                color, style = _STYLES[name]
                ax.plot(p, np.abs(values), style, color=color, linewidth=2, label=name)
            ax.set(xlim=(0, 1), xlabel="probability p of the foreground")
            ax.grid(alpha=0.3)
        left.set_ylim(0, max(1.05, 4 * share))
        right.set_ylim(0, None)
        left.set_title("Loss", loc="left")
        right.set_title("Size of its gradient by the logits", loc="left")
        left.legend(loc="upper right")

    def describe(self):
        """Return the losses and gradients at p = 0.1 in words."""
        values = self.values
        loss, pull = losses(0.1, **values), gradients(0.1, **values)
        said = ", ".join(f"{name} {loss[name]:.3f} (gradient {abs(pull[name]):.3f})" for name in loss)
        return f"The foreground is {values['share']:.0%} of the pixels. At p = 0.1 it costs: {said}.".replace("%", " %")


def losses(p, *, gamma, alpha, share):
    """Compute what the foreground costs under three losses.

    Args:
        p: Probability of every foreground pixel, number or array in (0, 1).
        gamma: Exponent of the focal loss.
        alpha: Factor of the focal loss for the foreground.
        share: Share of foreground pixels in the picture, in (0, 1].

    Returns:
        Dict of `"CE"`, `"focal"` and `"Dice"` to numbers or arrays like `p`.

    Example:
        >>> {name: round(float(value), 4) for name, value in losses(0.9, gamma=2, alpha=0.25, share=1).items()}
        {'CE': 0.1054, 'focal': 0.0003, 'Dice': 0.0526}
    """
    entropy = -np.log(p)
    size = share * p + share + (1 - share) * FALSE_ALARM
    return {
        "CE": share * entropy,
        "focal": share * alpha * (1 - p) ** gamma * entropy,
        "Dice": 1 - 2 * share * p / size,
    }


def gradients(p, *, gamma, alpha, share):
    """Compute the derivatives of `losses` by the logit z that all foreground pixels share, p = 1 / (1 + exp(-z)).

    Args:
        p: Probability of every foreground pixel, number or array in (0, 1).
        gamma: Exponent of the focal loss.
        alpha: Factor of the focal loss for the foreground.
        share: Share of foreground pixels in the picture, in (0, 1].

    Returns:
        Dict of `"CE"`, `"focal"` and `"Dice"` to numbers or arrays like `p`, none above 0.

    Example:
        >>> {name: round(float(value), 3) for name, value in gradients(0.01, gamma=2, alpha=1, share=1).items()}
        {'CE': -0.99, 'focal': -1.061, 'Dice': -0.019}
    """
    size = share * p + share + (1 - share) * FALSE_ALARM
    return {
        "CE": -share * (1 - p),
        "focal": share * alpha * (1 - p) ** gamma * (gamma * p * np.log(p) - (1 - p)),
        # d(2 s p / size) / dp = 2 s (size - s p) / size**2, times dp / dz = p (1 - p)
        "Dice": -2 * share * (size - share * p) / size**2 * p * (1 - p),
    }
