"""Writing the files of strangers: how much of it, and each one whole or not at all."""

import errno
import os
from dataclasses import dataclass
from datetime import datetime

from seglab.grading.collecting.filenames import Refused

MB = 2**20
CHUNK = 2**18
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Limits:
    """What an archive may hold, together with the archives in it.

    Args:
        members: Number of files.
        file_bytes: Bytes of one file.
        total_bytes: Bytes of all files.
        ratio: Bytes of a large file for each compressed byte.
        depth: Archives in archives: 1 allows none.
    """

    members: int = 2_000
    file_bytes: int = 100 * MB
    total_bytes: int = 300 * MB
    ratio: int = 200
    depth: int = 3


STUDENT = Limits()
BATCH = Limits(members=20_000, total_bytes=50_000 * MB)


@dataclass(frozen=True)
class Member:
    """One file of a source: its safe path, its size in bytes, when it was written (`None`: unknown), where it is."""

    path: str
    size: int
    time: datetime | None
    inside: object


class Budget:
    """Counts the files and bytes of one student over every archive that came with them.

    Args:
        limits: The `Limits` that hold.
    """

    def __init__(self, limits=STUDENT):
        self.limits = limits
        self._files, self._bytes = limits.members, limits.total_bytes

    def admit(self, size):
        """Count one more file.

        Raises:
            Refused: If the file is too large, or there are too many.
        """
        if size > self.limits.file_bytes:
            raise Refused(f"{size:,} bytes: one file may have {self.limits.file_bytes:,}")
        if size > self._bytes:
            raise Refused(f"all files together may have {self.limits.total_bytes:,} bytes")
        if not self._files:
            raise Refused(f"more than {self.limits.members:,} files")
        self._files -= 1
        self._bytes -= size


def write(stream, target, member):
    """Write a stream to a new file, of exactly the size that was announced, or leave none.

    Args:
        stream: The bytes, something to `read` from.
        target: `Path` of the file; its folders are made.
        member: The `Member` that announced them.

    Raises:
        Refused: If the stream is longer or shorter, or the file cannot be made.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "xb") as file:
            left = member.size
            while chunk := stream.read(min(CHUNK, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise Refused("larger than announced")
                file.write(chunk)
            if left:
                raise Refused("shorter than announced")
    except FileExistsError:
        raise Refused("a file and a folder, or two files, of one name") from None
    except BaseException as error:
        if target.is_file():
            target.unlink()
        if isinstance(error, OSError) and error.errno not in FULL:
            raise Refused(f"cannot be stored: {error.strerror}") from None
        raise
    if member.time:
        os.utime(target, (member.time.timestamp(),) * 2)
