"""The audit log of grading: one JSON line per event, each carrying the hash of the line before it."""

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from seglab.errors import InputError

START = "0" * 64
"""What the first line names as the hash of the line before it."""


class Log:
    """An audit log that lines are added to, never changed; a context manager.

    A line that a crash cut short stays as it is; the next one tells that it follows such a line.

    Args:
        path: The file; it and its folder are made where they are missing.

    Attributes:
        head: SHA-256 of the last line, as hexadecimal text. Whoever notes it down can later tell whether lines
            were taken off the end.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "audit.jsonl"
        >>> with Log(path) as log:
        ...     log.add("graded", student="ann", score=3.0)
        >>> check(path)
        []
    """

    def __init__(self, path):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.head, self._torn = self._read_end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def add(self, event, **facts):
        """Append one line.

        Args:
            event: Word that says what happened, such as `"graded"`.
            **facts: What JSON can hold; keys come in the order given.
        """
        entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
        if self._torn:
            entry["after_torn_line"] = True
        line = json.dumps({**entry, "previous": self.head}, ensure_ascii=False, allow_nan=False).encode()
        left, size = b"\n" * self._torn + line + b"\n", os.fstat(self._file).st_size
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:  # a disk that gets full takes a part: give it back
            os.ftruncate(self._file, size)
            raise
        self.head, self._torn = hashlib.sha256(line).hexdigest(), False

    def close(self):
        """Bring the lines to the disk and close the file."""
        if self._file is not None:
            os.fsync(self._file)
            os.close(self._file)
            self._file = None

    def _read_end(self):
        """Return `(hash of the last line, whether it lacks its end)`."""
        size = os.fstat(self._file).st_size
        end, step = b"", 1 << 16
        while len(end) < size and end.rstrip(b"\n").count(b"\n") < 1:
            step = min(2 * step, size)
            end = os.pread(self._file, step, size - step)
        last = end.removesuffix(b"\n").rpartition(b"\n")[2]
        return (hashlib.sha256(last).hexdigest() if last else START), bool(end) and not end.endswith(b"\n")


def check(path):
    """Look for lines that were changed, taken out, put in or cut short.

    Args:
        path: The file of the log.

    Returns:
        List of `str`, one per finding, each with the number of the line; empty for a log as it was written. Lines
        taken off the end leave no trace: compare `Log.head` with a hash noted down earlier.

    Raises:
        InputError: If the file cannot be read.
    """
    findings, previous = [], START
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from None
    last = lines.pop()
    if last:
        findings.append(f"line {len(lines) + 1}: was cut short")
    torn = None
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            named = entry["previous"]
        except (ValueError, TypeError, KeyError):
            torn, named = number, None
        else:
            if torn is not None and entry.get("after_torn_line") is not True:
                findings.append(f"line {torn}: is no line of the log")
            torn = None
            if named != previous:
                findings.append(f"line {number}: does not follow the line before it")
        previous = hashlib.sha256(line).hexdigest()
    if torn is not None:
        findings.append(f"line {torn}: is no line of the log")
    return findings
