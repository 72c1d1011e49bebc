"""Files that must be plain ones: what students hand in may be links, pipes and devices."""

import hashlib
import os
import stat


def open_plain(path):
    """Open a file that must be a plain one: no link, no pipe, no device.

    Args:
        path: Path of the file.

    Returns:
        A binary file object.

    Raises:
        OSError: If it is anything else.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is not a plain file")
    return os.fdopen(descriptor, "rb")


def digest(path):
    """Return the SHA-256 of a plain file, as hexadecimal text."""
    with open_plain(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
