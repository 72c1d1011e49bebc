"""The three tracks of the capstone: which images, what an answer must look like, and what it is worth.

An answer is what `predict(image)` of a student's `predict.py` returns. It comes from a stranger's program: it is
checked before anything is computed from it, and the message says what is wrong and what to do.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seglab.datasets.satellite import BUILT, SATELLITE, draw_satellite
from seglab.datasets.streets import STREETS, THINGS, draw_street
from seglab.datasets.synthetic import draw_cells
from seglab.errors import InputError
from seglab.labels import IGNORE
from seglab.metrics import mask_ap, panoptic_counts, panoptic_quality

MOST_OBJECTS = 500  # of one image


@dataclass(frozen=True)
class Track:
    """One way through the capstone.

    Attributes:
        name: `"cells"`, `"satellite"` or `"street"`.
        size: `(height, width)` of every image. They differ, so that a transposed map shows.
        metric: Name of the score, which lies in [0, 1].
        form: What `predict` returns, in words.
        marks: Three scores: better than a rule, good, excellent.
        draw: Function of `index`, `size`, `seed` and `split` that returns a uint8 image and its truth.
        check: Function of an answer that raises an `InputError` where it has not the form.
        score: Function of the truth of all images and of all answers that returns the score.
        amount: Function of a truth that says how much there is to find.
    """

    name: str
    size: tuple
    metric: str
    form: str
    marks: tuple
    draw: Callable
    check: Callable
    score: Callable
    amount: Callable


def track_of(name):
    """Find a track.

    Args:
        name: Its name.

    Returns:
        The `Track`.

    Raises:
        InputError: If there is none of that name.

    Example:
        >>> track_of("satellite").metric
        'IoU of built'
    """
    if not isinstance(name, str) or name not in TRACKS:
        raise InputError(f"TRACK must be one of {', '.join(map(repr, TRACKS))}, got {str(name)[:40]!r}.")
    return TRACKS[name]


def samples(name, count, *, split="test", seed=0):
    """Draw images of a track and their truth; these are public, unlike those of the graders.

    Args:
        name: Name of the track.
        count: Number of images `N`.
        split: `"train"`, `"val"` or `"test"`.
        seed: Non-negative integer.

    Returns:
        `(images, truth)`: float32 `(N, H, W, 3)` in [0, 1] and int32 `(N, H, W)`: the number of the cell, the class, or
        the panoptic id of every pixel.

    Raises:
        InputError: If there is no such track.

    Example:
        >>> images, truth = samples("cells", 2)
        >>> images.shape, truth.shape, truth.dtype
        ((2, 64, 80, 3), (2, 64, 80), dtype('int32'))
    """
    track = track_of(name)
    drawn = [track.draw(index, size=track.size, seed=seed, split=split) for index in range(count)]
    images = np.array([image for image, _ in drawn], np.float32).reshape(count, *track.size, 3) / np.float32(255)
    return images, np.array([truth for _, truth in drawn], np.int32).reshape(count, *track.size)


def check_answer(name, answer):
    """Refuse an answer that has not the form of its track.

    Args:
        name: Name of the track.
        answer: What `predict` returned.

    Raises:
        InputError: If there is no such track, or the answer has another type, shape, dtype or range.

    Example:
        >>> check_answer("satellite", np.zeros((64, 80)))
        Traceback (most recent call last):
        seglab.errors.InputError: the labels must be integers, got float64: take argmax, or astype("int32").
    """
    track_of(name).check(answer)


def score_answers(name, truth, answers):
    """Score the answers to several images, which have passed `check_answer`.

    Args:
        name: Name of the track.
        truth: int array `(N, H, W)`, as `samples` gives it.
        answers: List of `N` answers.

    Returns:
        The score, a float in [0, 1].

    Example:
        >>> _, truth = samples("street", 3)
        >>> score_answers("street", truth, list(truth))
        1.0
    """
    return float(track_of(name).score(truth, answers))


def _check_map(what, array, size):
    """Refuse what is no integer array of the image's size."""
    if type(array) is not np.ndarray:  # no subclass, no tensor: what it does when it is read is not known
        kind = type(array).__name__
        raise InputError(f"the {what} must be a NumPy array, got {kind}: np.asarray, or .numpy() of a tensor, helps.")
    if array.shape != size:
        hint = " rows come first" if array.shape == size[::-1] else " one number per pixel"
        raise InputError(f"the {what} must have the image's shape {size}, got {array.shape}:{hint}.")
    if array.dtype.kind not in "iu":
        raise InputError(f'the {what} must be integers, got {array.dtype}: take argmax, or astype("int32").')


def _check_cells(answer):
    if type(answer) not in (tuple, list) or len(answer) != 2:
        got = f"{len(answer)} things" if type(answer) in (tuple, list) else type(answer).__name__
        raise InputError(f"predict must return the pair (instances, scores), got {got}.")
    instances, scores = answer
    _check_map("instances", instances, TRACKS["cells"].size)
    if type(scores) is not np.ndarray or scores.ndim != 1 or scores.dtype.kind != "f":
        raise InputError("the scores must be a NumPy array (n,) of floats, one for each cell.")
    if len(scores) > MOST_OBJECTS:
        raise InputError(f"an image may have up to {MOST_OBJECTS} cells, got {len(scores)}.")
    if instances.min() < 0:
        raise InputError(f"the instances must be at least 0, got {instances.min()}: 0 is no cell, cells count from 1.")
    present = np.unique(instances)
    present = present[present > 0]
    if not np.array_equal(present, np.arange(1, len(scores) + 1)):
        raise InputError(
            f"the cells must be numbered 1 to {len(scores)}, one for each score, and each have a pixel; got "
            f"{len(present)} numbers up to {present.max(initial=0)}."
        )
    if not np.isfinite(scores).all() or (len(scores) and not 0 <= scores.min() <= scores.max() <= 1):
        raise InputError("the scores must be finite and lie in [0, 1].")


def _check_satellite(answer):
    _check_map("labels", answer, TRACKS["satellite"].size)
    if answer.min() < 0 or answer.max() >= len(SATELLITE):
        raise InputError(
            f"the labels must lie in [0, {len(SATELLITE)}), got values from {answer.min()} to {answer.max()}: "
            f"{', '.join(f'{number} {name}' for number, name in enumerate(SATELLITE))}."
        )


def _check_street(answer):
    _check_map("panoptic ids", answer, TRACKS["street"].size)
    ids = np.unique(answer)
    categories, numbers = ids // 1000, ids % 1000
    unknown = ids[(ids < 0) | ((categories >= len(STREETS)) & (ids != IGNORE * 1000))]
    if unknown.size:
        raise InputError(
            f"the panoptic ids must be category * 1000 + instance with a category below {len(STREETS)}, or "
            f"{IGNORE * 1000} for void, got {unknown[0]}."
        )
    thing = np.isin(categories, THINGS)
    if (thing & (numbers == 0)).any():
        wrong = ids[thing & (numbers == 0)][0]
        raise InputError(f"the instances of a thing count from 1, got id {wrong} with instance 0.")
    if (~thing & (numbers > 0)).any():
        wrong = ids[~thing & (numbers > 0)][0]
        raise InputError(f"stuff has instance 0, got id {wrong}: {STREETS[wrong // 1000]} is not counted.")
    if len(ids) > MOST_OBJECTS:
        raise InputError(f"an image may have up to {MOST_OBJECTS} segments, got {len(ids)}.")


def _ap(truth, answers):
    objects = [{"masks": _masks(instances), "classes": np.zeros(instances.max(), int)} for instances in truth]
    found = [
        {"masks": _masks(instances), "classes": np.zeros(len(scores), int), "scores": scores}
        for instances, scores in answers
    ]
    return mask_ap(objects, found, num_classes=1).ap


def _masks(instances):
    """One mask for each number from 1, bool (n, H, W)."""
    return instances == np.arange(1, instances.max() + 1)[:, None, None]


def _iou_of_built(truth, answers):
    found, wanted = np.stack(answers) == BUILT, truth == BUILT
    return np.count_nonzero(found & wanted) / np.count_nonzero(found | wanted)


def _pq(truth, answers):
    pairs = zip(truth, answers, strict=True)
    return panoptic_quality(sum(panoptic_counts(*pair, len(STREETS)) for pair in pairs)).pq


TRACKS = {
    "cells": Track(
        "cells",
        (64, 80),
        "mask AP",
        "a pair: instances, integers (64, 80), 0 = no cell, cells 1 to n; scores, floats (n,) in [0, 1], cell 1 first",
        (0.25, 0.48, 0.6),
        draw_cells,
        _check_cells,
        _ap,
        lambda instances: instances.max(),
    ),
    "satellite": Track(
        "satellite",
        (64, 80),
        "IoU of built",
        "labels, integers (64, 80): 0 land, 1 built, 2 water",
        (0.42, 0.6, 0.7),
        draw_satellite,
        _check_satellite,
        _iou_of_built,
        lambda labels: np.count_nonzero(labels == BUILT),
    ),
    "street": Track(
        "street",
        (64, 96),
        "PQ",
        "panoptic ids, integers (64, 96): category * 1000 + instance, as in seglab.labels; stuff has instance 0",
        (0.58, 0.66, 0.72),
        draw_street,
        _check_street,
        _pq,
        lambda panoptic: len(np.unique(panoptic[np.isin(panoptic // 1000, THINGS)])),
    ),
}
