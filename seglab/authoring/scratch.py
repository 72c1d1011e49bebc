"""A course in a folder of its own, where nbgrader works without leaving anything in the real one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import seglab
from seglab.errors import InputError


def copy_course(course_dir, sheet, folder):
    """Copy one sheet and the configuration of a course into an empty folder.

    Args:
        course_dir: The course, the folder that holds `grader_config.py` and `solutions/`.
        sheet: Name of the sheet.
        folder: Where the copy goes; made if it is missing.

    Returns:
        `Path` of the copy.

    Raises:
        InputError: If the course, the sheet or its notebook is missing, or the folder is not empty.
    """
    course_dir, folder = Path(course_dir).resolve(), Path(folder).resolve()
    config = course_dir / "grader_config.py"
    if not config.is_file():
        raise InputError(f"{course_dir}: no course: it has no grader_config.py.")
    source = course_dir / "solutions" / sheet
    if not (source / f"{sheet}.ipynb").is_file():
        known = sorted(path.parent.name for path in (course_dir / "solutions").glob("*/*.ipynb"))
        raise InputError(
            f"sheet: no solutions/{sheet}/{sheet}.ipynb in the course. Sheets: {', '.join(known) or 'none'}."
        )
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder}: must be an empty folder, or not exist yet.")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(config, folder)
    shutil.copytree(source, folder / "solutions" / sheet, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return folder


def run_nbgrader(course_dir, *arguments, config="grader_config"):
    """Run an nbgrader command in a course.

    Args:
        course_dir: The course's folder.
        *arguments: The command and its options, such as `"autograde", "lab1_fcn_unet"`.
        config: Name of the configuration file in that folder, without its ending; `None` for a course without one.

    Returns:
        `(succeeded, log)`: whether nbgrader was content, and what it wrote.

    Raises:
        InputError: If nbgrader is not installed.
    """
    options = [f"--NbGrader.config_file_name={config}"] if config else []
    command = [sys.executable, "-m", "nbgrader", *arguments, *options]
    done = subprocess.run(
        command, cwd=course_dir, env=_environment(), capture_output=True, text=True, errors="replace", check=False
    )
    log = done.stdout + done.stderr
    if "No module named nbgrader" in log:
        raise InputError('nbgrader is not installed: pip install "seglab[grading]".')
    return done.returncode == 0, log


def _environment():
    """Return the environment for nbgrader: it finds `alembic`, the kernel finds `seglab`, TensorFlow keeps quiet."""
    environment = dict(os.environ)
    programs = str(Path(sys.executable).parent)
    package = str(Path(seglab.__file__).resolve().parent.parent)
    for name, first in (("PATH", programs), ("PYTHONPATH", package)):
        environment[name] = os.pathsep.join(filter(None, [first, environment.get(name)]))
    # nbgrader takes any line on stderr for a failed test.
    return environment | {"TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "Agg"}
