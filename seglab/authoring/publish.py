"""The students' tree: lessons, released sheets, the library without grading and authoring, a README and a wheel.

`pyproject.toml` holds the address of the repository that takes it, the version gives its tag; badges and set-up cells
point there. The notebooks are copied as they stand, so that students, tests and graders have the same bytes.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path, PurePosixPath
from string import Template

from seglab import about
from seglab.authoring import front_page, leaks, release, rules
from seglab.authoring.cells import Notebook
from seglab.errors import InputError

RECORD = ".published.json"
"""In the tree: the files that `publish` wrote, so that it can take them away again, and nothing else."""

TEACHERS = ("authoring", "grading")
COMMANDS = ("__init__.py", "machine.py", "networks.py")
"""Packages that students do not get, and what they get of `seglab.cli`; `seglab` works without the rest."""

LIBRARY = frozenset({".css", ".html", ".jpg", ".js", ".json", ".md", ".png", ".py", ".svg", ".txt"})
LICENSES = ("LICENSE", "LICENSE-text")
EXTRA = "course"
README = Path(__file__).with_name("students_readme.md")
EPOCH = "1577836800"  # every file of the wheel is as old as this, so that the same files give the same wheel


def publish(folder, course_dir="."):
    """Write the students' tree; the same course gives the same bytes, and nothing is written if anything is wrong.

    Args:
        folder: A folder that is new or empty but for its `.git`, or that `publish` wrote before. Files in it that
            `publish` did not write stay.
        course_dir: The course.

    Returns:
        Sorted list of the tree's files, paths relative to `folder`.

    Raises:
        InputError: If the folder is another's, a notebook points elsewhere or has outputs, or the tree would show a
            solution or a hidden test.

    Example:
        >>> publish("")
        Traceback (most recent call last):
        seglab.errors.InputError: DIR names no folder. Write `make publish DIR=FOLDER`.
    """
    if not str(folder):
        raise InputError("DIR names no folder. Write `make publish DIR=FOLDER`.")
    folder, course_dir = Path(folder).resolve(), Path(course_dir).resolve()
    before = _written_before(folder)
    with tempfile.TemporaryDirectory(prefix="seglab-publish-") as scratch:
        tree = Path(scratch, "tree")
        _collect(course_dir, tree)
        _check(course_dir, tree)
        _build_wheel(tree)
        files = sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file())
        sums = {name: hashlib.sha256((tree / name).read_bytes()).hexdigest() for name in files}
        record = {"files": sums, "tag": about.tag()}
        (tree / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        _replace(tree, [*files, RECORD], folder, before)
    return files


def _written_before(folder):
    """Return the files that `publish` wrote into a folder, and refuse a folder of somebody else."""
    if not folder.exists() or (folder.is_dir() and all(path.name == ".git" for path in folder.iterdir())):
        return []
    try:
        names = json.loads((folder / RECORD).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{folder}: holds files that publish did not write. Name a new or an empty folder.") from None
    return [name for name in names if ".." not in PurePosixPath(name).parts and not PurePosixPath(name).is_absolute()]


def _collect(course_dir, tree):
    """Copy and write all but the wheel."""
    sources = [*sorted((course_dir / "course").glob("*.ipynb")), *(course_dir / name for name in LICENSES)]
    for sheet in release.sheets(course_dir):
        released = course_dir / "labs" / sheet
        if not (released / f"{sheet}.ipynb").is_file():
            raise InputError(f"labs/{sheet}: not released yet. Run `make labs`.")
        sources += sorted(path for path in released.rglob("*") if path.is_file() and not _is_hidden(path, course_dir))
    package = course_dir / "seglab"
    for path in sorted(package.rglob("*")):
        part, *below = path.relative_to(package).parts
        left_out = part in TEACHERS or (part == "cli" and below and below[0] not in COMMANDS)
        if path.is_file() and path.suffix in LIBRARY and not left_out and not _is_hidden(path, course_dir):
            sources.append(path)
    for source in sources:
        target = tree / source.relative_to(course_dir)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(source, target)
        except FileNotFoundError:
            raise InputError(f"{source}: missing.") from None
    project = tomllib.loads((course_dir / "pyproject.toml").read_text(encoding="utf-8"))
    (tree / "pyproject.toml").write_text(_pyproject(project), encoding="utf-8")
    address = about.source_url()
    names = {"address": address, "tag": about.tag(), "wheel": about.wheel(), "table": front_page.table(course_dir)}
    names |= {"repository": address.rsplit("/", 1)[1], "python": project["project"]["requires-python"]}
    (tree / "README.md").write_text(Template(README.read_text(encoding="utf-8")).substitute(names), encoding="utf-8")


def _is_hidden(path, course_dir):
    return any(part.startswith((".", "__pycache__")) for part in path.relative_to(course_dir).parts)


def _pyproject(project):
    """Return the project file of the tree: the package, and what a student needs beside it."""
    facts = {key: value for key, value in project["project"].items() if not isinstance(value, dict)}
    extras = project["project"]["optional-dependencies"]
    tables = {
        "build-system": project["build-system"],
        "project": facts,
        "project.optional-dependencies": {EXTRA: extras[EXTRA]},
        "project.scripts": project["project"]["scripts"],
        "project.urls": {"Source": about.source_url()},
    }
    return "\n".join(
        f"[{table}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in content.items())
        for table, content in tables.items()
    )


def _check(course_dir, tree):
    """Refuse a tree that gives something away, or whose notebooks are not in order."""
    found = leaks.find(tree, course_dir)
    for path in sorted(tree.rglob("*.ipynb")):
        notebook = Notebook.open(course_dir / path.relative_to(tree))
        for rule in (rules.own_badge, rules.setup_cell, rules.no_outputs):
            name = path.relative_to(tree).as_posix()
            found += [
                f"{name}:{cell}: {message}. Run `make labs`, which mends both." for cell, message in rule(notebook)
            ]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise InputError(f"nothing is published: {found[0]}{more}")


def _build_wheel(tree):
    """Build the file that Colab installs: a wheel needs neither a network nor a compiler."""
    done = subprocess.run(
        [sys.executable, "-m", "flit_core.wheel", "--outdir", str(tree), str(tree)],
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not (tree / about.wheel()).is_file():
        raise InputError(f"the wheel cannot be built: {(done.stderr.strip() or 'no file').splitlines()[-1]}.")
    (tree / about.wheel()).chmod(0o644)


def _replace(tree, files, folder, before):
    """Bring the files to their folder, and take away those of before that are not among them."""
    try:
        for name in files:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.is_file() or target.read_bytes() != (tree / name).read_bytes():
                shutil.copyfile(tree / name, target)
        for name in set(before) - set(files):
            path = folder / name
            path.unlink(missing_ok=True)
            while path.parent != folder and not any(path.parent.iterdir()):
                path = path.parent
                path.rmdir()
    except OSError as error:
        raise InputError(f"{error.filename or folder}: cannot be written: {error.strerror}.") from None
