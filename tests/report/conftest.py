"""Made-up results of five models, drawn and counted here without the code under test."""

import numpy as np
import pytest

MODELS = {"FCN-32s": 16, "FCN-16s": 8, "FCN-8s": 4, "U-Net without skips": 3, "U-Net": 1}  # name -> coarseness
PARAMETERS = (62452, 62712, 62844, 110164, 122260)


def scene(rng, size, classes, background):
    """Image and labels of random ellipses and boxes over a background or over bands of several classes."""
    height, width = size
    rows, cols = np.indices(size)
    first = 1 if background else min(2, classes - 1)
    labels = np.zeros(size, np.uint8) if background else (rows * first // height).astype(np.uint8)
    for _ in range(rng.integers(2, 5)):
        klass = rng.integers(first, classes)
        row, col = rng.integers(0, height), rng.integers(0, width)
        radius = rng.integers(height // 10, height // 4)
        near = np.hypot(rows - row, cols - col) if klass % 2 else np.maximum(abs(rows - row), abs(cols - col))
        labels[near < radius] = klass
    tints = rng.uniform(0.25, 0.9, (64, 3)) if not background else np.linspace(0.2, 0.9, 64 * 3).reshape(3, 64).T[::-1]
    image = tints[labels * 63 // max(1, classes - 1)] + rng.normal(0, 0.05, (*size, 3))
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8), labels


def guess(rng, labels, coarseness, classes):
    """Labels as a network of this coarseness might see them: blocky, shifted, and confused now and then."""
    step = coarseness
    coarse = labels[step // 2 :: step, step // 2 :: step]
    if coarseness > 2:
        lost = rng.random(coarse.shape) < 0.02 * coarseness
        coarse = np.where(lost, rng.integers(0, classes, coarse.shape), coarse)
    height, width = labels.shape
    seen = np.repeat(np.repeat(coarse, step, axis=0), step, axis=1)
    seen = np.pad(seen, ((0, max(0, height - seen.shape[0])), (0, max(0, width - seen.shape[1]))), mode="edge")
    seen = seen[:height, :width].astype(np.uint8)
    if coarseness >= 8 and classes > 2:
        seen[seen == classes - 1] = 0
    flipped = rng.random(labels.shape) < 0.015
    return np.where(flipped, np.roll(seen, 1, axis=1), np.roll(seen, rng.integers(0, 2), axis=0)).astype(np.uint8)


def count(labels, found, classes, ignore):
    """Confusion matrix by the plainest loop that is fast enough."""
    confusion = np.zeros((classes, classes), int)
    kept = labels != (-1 if ignore is None else ignore)
    np.add.at(confusion, (labels[kept], found[kept]), 1)
    return confusion


def scores(confusion, per_image):
    """All entries of an evaluation that follow from a confusion matrix; boundary scores are made up from IoU."""
    right, truth, found = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)

    def shares(top, bottom):
        return [float(a / b) if b else None for a, b in zip(top, bottom, strict=True)]

    def mean(values):
        return float(np.mean([v for v in values if v is not None]))

    iou = shares(right, truth + found - right)
    dice = shares(2 * right, truth + found)
    edge = [None if v is None else v**2.2 for v in iou]
    return {
        "mean_iou": mean(iou),
        "iou": iou,
        "mean_dice": mean(dice),
        "dice": dice,
        "pixel_accuracy": float(right.sum() / confusion.sum()),
        "mean_pixel_accuracy": mean(shares(right, truth)),
        "mean_boundary_iou": mean(edge),
        "boundary_iou": edge,
        "confusion": confusion.tolist(),
        "image_mean_iou": per_image,
    }


def measure(stack, found, classes, ignore):
    """Scores of label maps `(N, H, W)` found for the truth `stack`."""
    per_image = []
    total = np.zeros((classes, classes), int)
    for truth, seen in zip(stack, found, strict=True):
        confusion = count(truth, seen, classes, ignore)
        union = confusion.sum(axis=0) + confusion.sum(axis=1) - np.diag(confusion)
        per_image.append(float((np.diag(confusion)[union > 0] / union[union > 0]).mean()) if union.any() else None)
        total += confusion
    return scores(total, per_image)


def make_results(names, *, size=(64, 64), images=24, ignore=None, shown=8, models=tuple(MODELS), absent=()):
    """Results and gallery as the comparison of five models writes them."""
    rng = np.random.default_rng(7)
    classes = len(names)
    background = names[0] == "background"
    drawn = [scene(rng, size, classes - len(absent), background) for _ in range(images)]
    stack = np.stack([labels for _, labels in drawn])
    if ignore is not None:
        for labels in stack:
            row = rng.integers(0, size[0] - 8)
            labels[row : row + 5, : size[1] // 2] = ignore
    rows, predictions = [], []
    for name in models:
        coarseness = MODELS[name]
        clean = np.where(stack == ignore, 0, stack).astype(np.uint8) if ignore is not None else stack
        found = np.stack([guess(rng, labels, coarseness, classes - len(absent)) for labels in clean])
        measured = measure(stack, found, classes, ignore)
        epochs = np.arange(1, 11)
        rise = 1 - np.exp(-epochs / (2 + coarseness / 6))
        history = {
            "loss": (1.3 * np.exp(-epochs / (3 + coarseness / 3)) + 0.05 + 0.01 * coarseness).tolist(),
            "val_mean_iou": (measured["mean_iou"] * rise + rng.normal(0, 0.008, 10)).tolist(),
        }
        place = list(MODELS).index(name)
        cost = {
            "parameters": PARAMETERS[place],
            "ms_per_image": 0.6 + 0.31 * place,
            "seconds_to_train": 11.0 + 6.4 * place,
        }
        rows.append({"name": name, "history": history, **cost, **measured})
        predictions.append(found)
    commonest = int(np.bincount(stack[stack != (999 if ignore is None else ignore)]).argmax())
    base = measure(stack, np.full_like(stack, commonest), classes, ignore)
    results = {
        "title": f"FCN and U-Net on made-up scenes of {classes} classes",
        "seglab": "0.1.0",
        "versions": {"tensorflow": "2.20.0", "keras": "3.13.2", "numpy": "2.1.3"},
        "device": "CPU, 2 cores",
        "data": {
            "spec": "made-up",
            "classes": list(names),
            "ignore_class": ignore,
            "size": list(size),
            "count": {"train": 320, "val": 96, "test": images},
            "notes": ["Drawn by the test suite."],
        },
        "recipe": {"epochs": 10, "batch": 16, "learning_rate": 0.002, "loss": "ce", "base_filters": 8, "augment": True},
        "seed": 0,
        "baseline": {"class": names[commonest], "parameters": 0, "ms_per_image": 0.0, **base},
        "models": rows,
    }
    gallery = {
        "images": np.stack([image for image, _ in drawn])[:shown],
        "labels": stack[:shown],
        "predictions": np.stack(predictions)[:, :shown],
    }
    return results, gallery


SHAPES = ("background", "circle", "square", "triangle")
STREET = (
    "sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist",
)  # fmt: skip


@pytest.fixture(scope="session")
def make():
    """The maker of results and gallery, for cases of a test's own."""
    return make_results


@pytest.fixture(scope="session")
def shapes():
    """Five models, four classes, 64 x 64."""
    return make_results(SHAPES)


@pytest.fixture(scope="session")
def street():
    """Five models, eleven classes without background, one of them absent, pixels to ignore, not square."""
    return make_results(STREET, size=(72, 96), ignore=255, absent=("bicyclist",))


@pytest.fixture(scope="session")
def cells():
    """Five models, background and one class."""
    return make_results(("background", "cell"), size=(48, 64))
