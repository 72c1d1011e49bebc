"""Google Drive under Colab: it keeps what Colab's own disk loses at the end of a session."""

import os
import sys
from pathlib import Path

MOUNT = Path("/content/drive")
FOLDER = Path("MyDrive/seglab")


def in_colab():
    """Return whether this is Colab.

    Example:
        >>> in_colab()
        False
    """
    return "google.colab" in sys.modules


def mount():
    """Bring Drive into the file system; Colab asks the student for permission.

    Returns:
        `Path` of the course's folder there, which is made if it is missing.

    Raises:
        Exception: Whatever Colab raises where the student, the browser or Drive refuses.
    """
    from google.colab import drive

    drive.mount(str(MOUNT))
    folder = MOUNT / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def work_there():
    """Make the course's folder on Drive the working directory, and say so in one line.

    Whatever a notebook writes by a relative path lies there from then on: runs with their checkpoints, predictions,
    figures, the archive to hand in. Off Colab, and where Drive refuses, everything stays where it is.
    """
    if not in_colab():
        print("Drive is for Colab only: files stay in this folder.")
        return
    try:
        os.chdir(mount())
    except Exception as error:  # refused by the student, by the browser, by Drive
        print(f"No Drive ({type(error).__name__}: {error}): files stay on this machine, which Colab clears in the end.")
        return
    print(f"Files go to Drive, into {FOLDER.as_posix()}.")


def holds(path):
    """Return whether a file lies on Drive.

    Args:
        path: `Path` of the file.

    Example:
        >>> holds(Path("lab1-submission.zip"))
        False
    """
    return Path(path).resolve().is_relative_to(MOUNT.resolve())
