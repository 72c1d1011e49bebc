"""Folders for the time of one job: removed whatever is left in them, and also after a worker was killed."""

import contextlib
import fcntl
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from seglab.grading.sandbox import cgroups

PREFIX = "seglab-grade-"
LOCK = "lock"
SECONDS_TO_LOCK = 60


class Workspace:
    """A folder for one job, locked while its process lives.

    Attributes:
        judge: Folder in which the judge runs, with copies of the files that were handed in.
        sheet: Folder for the sheet's own files, while a judge runs its set-up cells.
        students: Folder for the students' processes, which others than its owner can pass through.
    """

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = (self.folder / LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.judge, self.sheet, self.students = (self.folder / name for name in ("judge", "sheet", "students"))
        self.judge.mkdir(mode=0o700)
        self.sheet.mkdir(mode=0o700)
        self.students.mkdir()
        for path in (self.folder, self.students):
            path.chmod(0o711)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        _remove_workspace(self.folder)
        self._lock.close()


def remove(folder):
    """Remove a folder, however deep it is nested and whatever its permissions are.

    Args:
        folder: `Path`.
    """
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(folder)
        return
    for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf", "--one-file-system"]):
        subprocess.run([*command, str(folder)], check=False, capture_output=True)


def sweep():
    """Remove the folders and control groups of workers that were killed."""
    cgroups.sweep()
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            with (folder / LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove_workspace(folder)
        except FileNotFoundError:  # killed at the first or the last step, unless it is being made right now
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > SECONDS_TO_LOCK:
                    folder.rmdir()
        except OSError:
            continue


def _remove_workspace(folder):
    """Remove the lock last: without one nobody would find what a worker leaves that is killed right here."""
    for path in folder.iterdir():
        if path.name != LOCK:
            remove(path)
    remove(folder)
