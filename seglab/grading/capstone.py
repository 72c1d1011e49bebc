"""The judge's side of the capstone: images that nobody has seen, and what a student's program makes of them.

The hidden images come from the public generators with the judge's own seed, and a mild shift that no public split has:
every image is brighter or darker, all are noisier, and half of them are the fullest of a few candidates.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seglab.capstone.contract import WEIGHTS, count_parameters
from seglab.capstone.interview import interview
from seglab.capstone.tracks import score_answers, track_of
from seglab.grading import hidden

COUNT = {"cells": 24, "satellite": 24, "street": 16}
CANDIDATES = 3  # of which the fullest is taken, for every other image
GAIN, OFFSET, NOISE = (0.85, 1.15), (-0.04, 0.04), (0.01, 0.03)
_done = {}  # by files: each test asks for the examination, the program answers once


def hidden_images(name, seed):
    """Draw the images that a track is judged on.

    Args:
        name: Name of the track.
        seed: Non-negative integer of any size; no student's process may know it.

    Returns:
        `(images, truth)` as `seglab.capstone.samples` gives them.
    """
    track, rng = track_of(name), np.random.default_rng([seed, 1])
    images, truth = [], []
    for number in range(COUNT[name]):
        few = range(CANDIDATES * number, CANDIDATES * number + (CANDIDATES if number % 2 else 1))
        drawn = [track.draw(index, size=track.size, seed=seed, split="test") for index in few]
        image, answer = max(drawn, key=lambda pair: track.amount(pair[1]))
        image = image / 255 * rng.uniform(*GAIN) + rng.uniform(*OFFSET)
        image += rng.normal(0, rng.uniform(*NOISE), image.shape)
        images.append(np.rint(image.clip(0, 1) * 255) / 255)
        truth.append(answer)
    return np.array(images, np.float32), np.array(truth, np.int32)


@dataclass(frozen=True)
class Examination:
    """What came out.

    Attributes:
        track: Name of the track.
        score: float in [0, 1]; 0 where there is a problem.
        problem: Why nothing could be scored, `None` where it could.
        unsteady: How answers to the same image differed, `None` where they did not.
    """

    track: str
    score: float
    problem: str | None
    unsteady: str | None


def examine(ask):
    """Have a program answer the hidden images, once as long as its files stay, and put its score on record.

    Args:
        ask: Function that returns the name of the program's track when called without an image, else its answer.

    Returns:
        An `Examination`.

    Raises:
        NotImplementedError: If nothing was handed in.
        InputError: If there is no such track.
    """
    name, files = ask(), _files()
    if files in _done:
        return _done[files]
    track, seed = track_of(name), hidden.seed()
    # A test that is stopped for its time leaves this behind for the tests after it.
    _done[files] = Examination(name, 0.0, "it was stopped before it came to an end", None)
    found = interview(name, ask, hidden_images(name, seed)[0])
    # The truth is drawn when all answers are there: in one process, a program could look for it.
    score = 0.0 if found.problem else score_answers(name, hidden_images(name, seed)[1], found.answers)
    facts = {} if found.problem else {"score": round(score, 4), "milliseconds": round(found.milliseconds, 2)}
    weights = count_parameters()
    facts |= {} if weights is None else {"parameters": weights}
    hidden.report(track=f"{name}: {track.metric}", **facts)
    _done[files] = Examination(name, score, found.problem, found.unsteady)
    return _done[files]


def _files():
    """What tells one program from the next in this folder."""
    found = [path for path in sorted(Path().glob("*")) if path.name == "predict.py" or path.suffix in WEIGHTS]
    return tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in found)
