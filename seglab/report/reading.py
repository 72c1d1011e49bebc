"""Stored results: read from disk and checked before anything is written about them."""

import json
from pathlib import Path

import numpy as np

from seglab.errors import InputError
from seglab.visualization.gallery import check_gallery
from seglab.visualization.overlay import class_names

GALLERY_PARTS = ("images", "labels", "predictions")


def read_results(path):
    """Read `results.json` and the `gallery.npz` beside it.

    Args:
        path: Path of `results.json`.

    Returns:
        `(results, gallery)`: the dict, and a dict of the arrays `images`, `labels`, `predictions`, which is empty if
        there is no `gallery.npz`.

    Raises:
        InputError: If a file is missing, unreadable or not what `write_report` takes.
    """
    path = Path(path)
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}). `seglab demo` writes it.") from error
    except ValueError as error:
        raise InputError(f"{path}: not a JSON file ({error}). `seglab demo` writes it again.") from error
    beside = path.with_name("gallery.npz")
    gallery = {}
    if beside.exists():
        try:
            with np.load(beside) as stored:
                gallery = {name: stored[name] for name in GALLERY_PARTS}
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise InputError(f"{beside}: not a gallery ({error}). Delete it for a report without pictures.") from error
    check_results(results, where=str(path))
    check_pictures(results, gallery)
    return results, gallery


def check_results(results, *, where="results"):
    """Check that results hold what every report needs: class names, models, and lists of one length.

    Args:
        results: Dict as in `results.json`.
        where: What to call it in a message.

    Raises:
        InputError: If a part is missing or does not fit.

    Example:
        >>> check_results({"data": {"classes": ["a", "b"]}, "models": [{"name": "U-Net", "iou": [1.0, None]}]})
    """
    if not isinstance(results, dict) or not isinstance(results.get("data"), dict):
        raise InputError(f"{where}: must hold the entry 'data', a dict. `seglab demo` writes such a file.")
    classes = results["data"].get("classes")
    if not isinstance(classes, list | tuple) or not classes:
        raise InputError(f"{where}: data.classes must be a list of class names, got {classes!r}")
    models = results.get("models")
    if not isinstance(models, list) or not all(isinstance(model, dict) and "name" in model for model in models):
        raise InputError(f"{where}: 'models' must be a list of dicts with a name, got {type(models).__name__}")
    if not models:
        raise InputError(f"{where}: 'models' is empty. Measure at least one model.")
    names = [model["name"] for model in models]
    if len(set(names)) < len(names):
        raise InputError(f"{where}: models must have names of their own, got {', '.join(map(str, names))}")
    size = len(class_names(classes))
    base = results.get("baseline")
    if base and "class" not in base:
        raise InputError(f"{where}: baseline must name its 'class'")
    for row in [*models, *([base] if base else [])]:
        name = row.get("name", "baseline")
        for key in ("iou", "dice", "boundary_iou", "confusion"):
            if row.get(key) is not None and len(row[key]) != size:
                raise InputError(
                    f"{where}: {key} of {name} must have {size} entries, one per class, got {len(row[key])}"
                )


def check_pictures(results, gallery):
    """Check that a gallery fits the results it stands beside.

    Args:
        results: Dict as in `results.json`.
        gallery: Dict of the arrays `images`, `labels`, `predictions`; `None` or empty for no pictures.

    Raises:
        InputError: If an array is missing or the shapes do not fit together.

    Example:
        >>> check_pictures({"models": []}, {})
    """
    if not gallery:
        return
    missing = [name for name in GALLERY_PARTS if name not in gallery]
    if missing:
        raise InputError(f"gallery must hold images, labels and predictions, {' and '.join(missing)} missing")
    names = [model["name"] for model in results["models"]]
    check_gallery(gallery["images"], gallery["labels"], gallery["predictions"], names)
