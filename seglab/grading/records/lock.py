"""The lock of a course: its gradebook, its queue and its audit log have one writer."""

import contextlib
import fcntl

from seglab.errors import InputError


@contextlib.contextmanager
def only_one(folder):
    """Hold the lock of a course.

    Args:
        folder: `Path` of the course's `.seglab`; it is made where it is missing.

    Raises:
        InputError: If another process holds it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(folder / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(f"{folder.parent}: another `seglab grade` is at work there; wait until it ends.") from None
        yield
