"""Asking a program for its answers to some images: form, time and repetition, the same for student and judge."""

import time
from dataclasses import dataclass, field

import numpy as np

from seglab.capstone.tracks import check_answer
from seglab.errors import InputError

FIRST_SECONDS = 20  # for the first image, before which a program may still be warming up
SECONDS = 3.0  # for any other image
LATE = 3  # images that may not take longer: the last of them ends the interview
REPEATED = 2  # images that are asked twice
MAY_DIFFER = 0.005  # share of the pixels of a repeated answer: sums of floats depend on how threads share them


@dataclass
class Interview:
    """What a program answered.

    Attributes:
        answers: One per image, as far as it came.
        seconds: What each image took but the first.
        problem: Why the answers cannot be scored, `None` where they can.
        unsteady: How answers to the same image differed, `None` where they did not.
    """

    answers: list = field(default_factory=list)
    seconds: list = field(default_factory=list)
    problem: str | None = None
    unsteady: str | None = None

    @property
    def milliseconds(self):
        """Median per image, the first left out; `nan` where there is none."""
        return 1000 * float(np.median(self.seconds)) if self.seconds else float("nan")


def interview(name, ask, images):
    """Ask for the answer to each of some images, and for some of them once more.

    Args:
        name: Name of the track.
        ask: Function of an image that returns the answer.
        images: float32 array `(N, H, W, 3)`.

    Returns:
        An `Interview`; it ends early at the first problem.

    Example:
        >>> images = np.zeros((3, 64, 80, 3), np.float32)
        >>> interview("satellite", lambda image: np.ones((64, 80), int), images).problem
        >>> interview("satellite", lambda image: np.ones((64, 80)), images).problem
        'image 1: the labels must be integers, got float64: take argmax, or astype("int32").'
    """
    found, late = Interview(), 0
    for number, image in enumerate(images, 1):
        begun = time.perf_counter()
        try:
            answer = ask(image.copy())  # whoever writes on the image writes on a copy
            seconds = time.perf_counter() - begun
            check_answer(name, answer)
        except InputError as error:
            found.problem = f"image {number}: {error}"
        except (Exception, SystemExit) as error:  # whatever a student's program raises
            kind, text = getattr(error, "kind", None) or type(error).__name__, " ".join(str(error).split())
            found.problem = f"image {number}: predict raised {kind}: {text[:300]}"
        if found.problem:
            return found
        found.answers.append(answer)
        found.seconds += [seconds] if number > 1 else []
        late += number > 1 and seconds > SECONDS
        if number == 1 and seconds > FIRST_SECONDS:
            found.problem = f"the first image took {seconds:.0f} s, {FIRST_SECONDS} s are allowed."
        elif late == LATE:
            found.problem = f"{LATE} images took longer than {SECONDS:g} s each; one took {seconds:.1f} s."
        if found.problem:
            return found
    _repeat(found, name, ask, images)
    return found


def _repeat(found, name, ask, images):
    for number, (image, answer) in enumerate(zip(images[:REPEATED], found.answers, strict=False), 1):
        try:
            again = ask(image.copy())
            check_answer(name, again)
        except (Exception, SystemExit) as error:  # it did answer before
            found.unsteady = f"image {number}: asked once more, it raised {type(error).__name__}."
            return
        share = _difference(answer, again)
        if share > MAY_DIFFER:
            found.unsteady = f"image {number}: asked once more, {share:.1%} of the answer differ. Seed what is random."
            return


def _difference(one, other):
    """Share of pixels that differ; all of them where scores do."""
    if type(one) is np.ndarray:
        return float((one != other).mean())
    if one[1].shape != other[1].shape or not np.allclose(one[1], other[1], atol=0.01):
        return 1.0
    return float((one[0] != other[0]).mean())
