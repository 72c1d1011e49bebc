"""What the parts of `seglab.postprocess` take, checked in one place."""

from seglab.errors import InputError


def check_mask(mask):
    """Refuse what is not a bool array `(H, W)` with pixels."""
    if mask.dtype != bool:
        raise TypeError(f"mask must be of bool type, got {mask.dtype}. Pass labels == 1 for class 1.")
    _check_axes("mask", mask)


def check_labels(name, labels):
    """Refuse what is not a bool or integer array `(H, W)` with pixels."""
    if labels.dtype.kind not in "biu":
        raise TypeError(f"{name} must be of bool or integer type, got {labels.dtype}. Pass logits.argmax(axis=-1).")
    _check_axes(name, labels)


def connectivity(neighbors):
    """Steps along axes that one move may take, which is how scikit-image counts neighbors: 2 for 8, 1 for 4."""
    if neighbors not in (4, 8):
        raise InputError(f"neighbors must be 4 or 8, got {neighbors!r}. 8 counts the diagonal ones.")
    return 2 if neighbors == 8 else 1


def _check_axes(name, array):
    if array.ndim != 2 or 0 in array.shape:
        raise InputError(f"{name} must have two axes (H, W) and be not empty, got {array.shape}.")
