"""Who stands where: models in order of dataset mIoU, and the phrases that name them."""

import math

from seglab.report.numbers import gap, listed, number, score

SMALL = 0.02  # dataset mIoU; runs of one model with two seeds differ by about as much


def ranked(results):
    """Sort the models by dataset mIoU, best first; models without one are left out.

    Args:
        results: Dict as in `results.json`.

    Returns:
        List of model dicts; the first of equals is the first in the results.

    Example:
        >>> models = [{"name": "a", "mean_iou": 0.2}, {"name": "b", "mean_iou": 0.3}, {"name": "c"}]
        >>> [model["name"] for model in ranked({"models": models})]
        ['b', 'a']
    """
    measured = [model for model in results["models"] if math.isfinite(number(model.get("mean_iou")))]
    return sorted(measured, key=lambda model: -model["mean_iou"])


def level(models):
    """Return the models that no single run can tell from the best one.

    Args:
        models: Model dicts, best first.

    Returns:
        List that starts with the best model.

    Example:
        >>> len(level([{"mean_iou": 0.8}, {"mean_iou": 0.79}, {"mean_iou": 0.7}]))
        2
    """
    return [model for model in models if gap(models[0]["mean_iou"], model["mean_iou"]) < SMALL]


def always(base):
    """Name the baseline in a sentence.

    Args:
        base: The entry `baseline` of the results.

    Returns:
        A string.

    Example:
        >>> always({"class": "sky"})
        'predicting sky everywhere'
    """
    return f"predicting {base['class']} everywhere"


def with_score(models, key="mean_iou"):
    """List models with a score each.

    Args:
        models: Model dicts.
        key: Which score.

    Returns:
        A string.

    Example:
        >>> with_score([{"name": "FCN", "mean_iou": 0.5}, {"name": "U-Net", "mean_iou": 0.8}])
        'FCN 0.500 and U-Net 0.800'
    """
    return listed(f"{model['name']} {score(model[key])}" for model in models)


def signed(value, digits=2):
    """Write a difference with its sign, a true minus.

    Args:
        value: Float.
        digits: Decimals.

    Returns:
        A string.

    Example:
        >>> signed(0.5), signed(-0.034)
        ('+0.50', '−0.03')
    """
    return f"{value:+.{digits}f}".replace("-", "−")
