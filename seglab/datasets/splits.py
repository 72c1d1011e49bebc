"""Splits by seed: what a data set does not list is cut from its training images."""

import numpy as np

CUT = 0.15
"""Part of the training images that a missing validation or test split gets."""


def cut_missing(listed, seed):
    """Cut validation and test from the training images where they are missing.

    Args:
        listed: Dict from split to list of names, with at least `"train"`; it stays as it is.
        seed: Non-negative integer.

    Returns:
        Dict of `"train"`, `"val"` and `"test"`: listed names in their order, cut ones sorted.

    Example:
        >>> splits = cut_missing({"train": list("abcdefgh"), "test": ["x"]}, seed=0)
        >>> len(splits["train"]), len(splits["val"]), splits["test"]
        (7, 1, ['x'])
    """
    splits, total = dict(listed), len(listed["train"])
    for number, split in enumerate(("val", "test")):
        if split not in splits:
            cut = choose(splits["train"], min(max(1, round(CUT * total)), len(splits["train"])), seed, number)
            splits[split] = sorted(cut)
            splits["train"] = [name for name in splits["train"] if name not in set(cut)]
    return splits


def choose(names, count, seed, number):
    """Choose names by seed and keep their order; a larger count only adds names.

    Args:
        names: List of names.
        count: How many to choose, at most `len(names)`.
        seed: Non-negative integer.
        number: Which of the choices made with this seed it is, so that they differ.

    Returns:
        List of `count` names.

    Example:
        >>> few, more = (choose("abcdefgh", count, 0, 0) for count in (2, 5))
        >>> set(few) < set(more)
        True
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    return [names[index] for index in sorted(rng.permutation(len(names))[:count])]
