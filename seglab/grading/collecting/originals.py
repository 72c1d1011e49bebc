"""The store of what students handed in: every attempt byte for byte, and the latest one in `submitted/`."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from seglab.errors import InputError
from seglab.grading.collecting.filenames import words
from seglab.grading.collecting.selection import sha256

STAGING, QUARANTINE, CURRENT, RECORD = ".staging", ".quarantine", "current.json", "record.json"


class Originals:
    """The originals of one sheet: `originals/SHEET/STUDENT/ATTEMPT/files`, each attempt with its `record.json`.

    Whatever changes is prepared in a folder of its own and renamed into place, so that a crash leaves every
    student with the old state or the new one.

    Args:
        root: The course's folder.
        sheet: Name of the sheet.

    Attributes:
        folder: `Path` of `originals/SHEET`.
    """

    def __init__(self, root, sheet):
        self._root = Path(root)
        self.folder = self._root / "originals" / sheet

    @contextlib.contextmanager
    def locked(self):
        """Hold the store against a second process, and clear what a crash left.

        Raises:
            InputError: If another process holds it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / ".lock", "a") as lock:
            try:
                import fcntl

                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except ImportError:  # no such locks on Windows
                pass
            except OSError:
                raise InputError(f"{self.folder}: another collection of this sheet is running.") from None
            shutil.rmtree(self.folder / STAGING, ignore_errors=True)
            try:
                yield self
            finally:
                shutil.rmtree(self.folder / STAGING, ignore_errors=True)

    def stage(self):
        """Return a new, empty `Path` on the store's own disk; it lives as long as the lock."""
        (self.folder / STAGING).mkdir(exist_ok=True)
        return Path(tempfile.mkdtemp(dir=self.folder / STAGING))

    def attempts(self, owner):
        """Return the records of a student's attempts, the latest last.

        Args:
            owner: A student's id, or a name under `.quarantine`.

        Returns:
            List of `dict`.
        """
        records = [json.loads(path.read_text("utf-8")) for path in (self.folder / owner).glob(f"*/{RECORD}")]
        return sorted(records, key=lambda record: (record["order"], record["attempt"]))

    def files(self, owner, attempt):
        """Return the `Path` with the files of an attempt, as they arrived."""
        return self.folder / owner / attempt / "files"

    def keep(self, owner, staged, record, *, again):
        """Keep an attempt, unless it is kept already.

        Args:
            owner: As for `attempts`.
            staged: A staged folder, with the attempt's `files`; it is gone afterwards.
            record: `dict` with `order`, a list that sorts a student's attempts, the time first, and whatever
                else is to be remembered.
            again: Whether the same files at a later time, after others, are a new attempt.

        Returns:
            `(attempt, is_new)`: its name, and whether it was not there before.
        """
        files = hashes(staged / "files")
        content = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
        kept = self.attempts(owner)
        same = [each for each in kept if each["content"] == content]
        if same and (not again or same[-1] is kept[-1] or any(record["order"] <= each["order"] for each in same)):
            shutil.rmtree(staged)
            return same[-1]["attempt"], False
        attempt = f"{record['order'][0] or 'untimed'}-{content[:12]}".replace(":", "")
        attempt += f"-{len(same) + 1}" if same else ""
        record = {**record, "attempt": attempt, "content": content, "files": files}
        write_json(staged / RECORD, record)
        (self.folder / owner).mkdir(parents=True, exist_ok=True)
        os.rename(staged, self.folder / owner / attempt)
        return attempt, True

    def current(self, owner):
        """Return what was last put in `submitted/`: `{"now": ..., "before": ...}`, each with `attempt` and `files`."""
        try:
            return json.loads((self.folder / owner / CURRENT).read_text("utf-8"))
        except FileNotFoundError:
            return {"now": None, "before": None}

    def publish(self, owner, attempt, staged, target):
        """Put a staged folder in the place of a student's submission.

        Args:
            owner: The student's id.
            attempt: Name of the attempt it shows.
            staged: The staged folder; gone afterwards.
            target: `Path` of the submission.

        Returns:
            Whether the submission changed.
        """
        now, files = self.current(owner)["now"], hashes(staged)
        there = hashes(target) if target.is_dir() else None
        if there == files and now == {"attempt": attempt, "files": files}:
            return False
        # Written first, with both states: whichever of them a crash leaves in place is known to be ours.
        state = {"now": {"attempt": attempt, "files": files}, "before": {"attempt": None, "files": there}}
        write_json(self.folder / owner / CURRENT, state)
        if there != files:
            target.parent.mkdir(parents=True, exist_ok=True)
            old = self.stage()
            if target.exists():
                os.rename(target, old / "submission")
            os.rename(staged, target)
            shutil.rmtree(old)
        return there != files

    def is_ours(self, owner, target):
        """Return whether a submission is one that `publish` made and nobody changed."""
        there, current = hashes(target), self.current(owner)
        return any(state and state["files"] == there for state in current.values())

    def quarantine_name(self, sender):
        """Return where the files of an unknown sender go: an owner's name under `.quarantine`."""
        digest = hashlib.sha256(str(sender).encode()).hexdigest()[:8]
        return f"{QUARANTINE}/{'-'.join([*words(str(sender))[:6], digest])}"

    def release(self, sender):
        """Remove a sender's files from the quarantine: they have found their student."""
        shutil.rmtree(self.folder / self.quarantine_name(sender), ignore_errors=True)

    def quarantined(self):
        """Return the records of the quarantine, with the folder of each in the course."""
        found = []
        for path in sorted((self.folder / QUARANTINE).glob(f"*/*/{RECORD}")):
            folder = (path.parent / "files").relative_to(self._root).as_posix()
            found.append({"folder": folder, **json.loads(path.read_text("utf-8"))})
        return found


def hashes(folder):
    """Return the SHA-256 of every file in a folder.

    Args:
        folder: `Path`.

    Returns:
        `dict` from relative path to 64 hexadecimal digits, sorted; links are left out.
    """
    files = [path for path in Path(folder).rglob("*") if path.is_file() and not path.is_symlink()]
    return {path.relative_to(folder).as_posix(): sha256(path) for path in sorted(files)}


def write_json(path, content):
    """Write a JSON file whole or not at all; one that says the same stays untouched.

    Args:
        path: `Path` of the file.
        content: What JSON can hold.
    """
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if path.is_file() and path.read_text("utf-8") == text:
        return
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, "utf-8")
    os.replace(partial, path)


def stamp_time(time):
    """Return a time as the store sorts by it, in UTC; `""` for an unknown one.

    Args:
        time: An aware `datetime`, or `None`.

    Returns:
        `str`.

    Example:
        >>> stamp_time(datetime(2026, 1, 31, 23, 59, tzinfo=UTC))
        '2026-01-31T23:59:00Z'
    """
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else ""


def read_time(text):
    """Return the time that `stamp_time` wrote, `None` for an unknown one.

    Args:
        text: What `stamp_time` returned.

    Returns:
        An aware `datetime`, or `None`.

    Example:
        >>> read_time("2026-01-31T23:59:00Z").minute
        59
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) if text else None
