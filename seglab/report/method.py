"""How the numbers were measured: the run's own facts, and each metric in one line."""

from seglab.report.numbers import MISSING, count
from seglab.visualization.overlay import class_names

METRICS = (
    ("IoU of a class", "pixels that are of the class in truth and prediction, over pixels that are so in either"),
    (
        "Dataset mIoU",
        "the confusion matrices of all test images are added, then IoU is averaged over the classes that occur",
    ),
    ("Image mIoU", "the same within one image, over the classes that its truth or its prediction holds"),
    ("Dice", "twice the shared pixels over the pixels of both, by class over all test images, then averaged"),
    ("Pixel accuracy", "share of all counted pixels whose class is right"),
    ("Mean pixel accuracy", "share of each true class that is found, averaged over the true classes"),
    (
        "Boundary IoU",
        "IoU of the bands along the outlines, as wide as 2% of the image diagonal and at least one pixel (Cheng et "
        "al., Boundary IoU, CVPR 2021), over all test images",
    ),
    ("Parameters", "weights that training changes: no fixed bilinear kernels, no batch statistics"),
    ("Training time", "wall-clock time of all epochs, with validation"),
    ("ms per image", "wall-clock time of prediction in batches, divided by the images of a batch"),
)


def facts(results):
    """List what a reader needs to repeat the run.

    Args:
        results: Dict as in `results.json`; missing parts are passed over or read "n/a".

    Returns:
        List of `(term, text)`.

    Example:
        >>> facts({"data": {"classes": ["sky", "road"]}, "models": [], "seed": 3})[1]
        ('Classes', '2: sky, road')
    """
    data = results["data"]
    names = class_names(data["classes"])
    size, counts = data.get("size"), data.get("count") or {}
    ignore = data.get("ignore_class")
    listed = [
        ("Data", str(data.get("spec", MISSING))),
        ("Classes", f"{len(names)}: {', '.join(names)}"),
        ("Images", ", ".join(f"{count(n)} {split}" for split, n in counts.items()) or MISSING),
        ("Size", f"{size[0]} × {size[1]} pixels (height × width)" if size else MISSING),
        ("Not counted", "every pixel counts" if ignore is None else f"pixels labeled {ignore}"),
    ]
    base = results.get("baseline")
    if base:
        listed.append(("Baseline", f"{base['class']}, the commonest class in training, for every pixel"))
    listed += [("Note", str(note)) for note in data.get("notes") or ()]
    listed += [
        ("Recipe", _written(results.get("recipe"))),
        ("Seed", str(results.get("seed", MISSING))),
        ("Device", str(results.get("device") or MISSING)),
        ("Versions", _written({"seglab": results.get("seglab"), **(results.get("versions") or {})})),
    ]
    return listed


def _written(settings):
    """Write settings as a list of `name value`."""
    parts = []
    for name, value in (settings or {}).items():
        words = str(name).replace("_", " ")
        if isinstance(value, bool):
            parts.append(f"{words} {'yes' if value else 'no'}")
        elif isinstance(value, dict):
            parts.append(f"{words} ({_written(value)})")
        elif isinstance(value, float):
            parts.append(f"{words} {value:g}")
        else:
            parts.append(f"{words} {MISSING if value is None else value}")
    return ", ".join(parts) or MISSING
