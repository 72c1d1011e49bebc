"""Which of the files that a student handed in count: the notebooks of the sheet and the artifacts beside them."""

import json
import mmap
import re
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path, PurePosixPath

from seglab.grading.collecting.archives import unpack
from seglab.grading.collecting.extraction import MB
from seglab.grading.collecting.filenames import is_junk, printable
from seglab.grading.collecting.lms import same_notebook

ARTIFACTS = (".csv", ".json", ".npz", ".png", ".safetensors")
PROGRAM = "predict.py"
"""The one program that counts: it runs in the students' sandbox alone."""
STAMP = re.compile(rb'"seglab"\s*:\s*\{[^{}]{0,2000}?"sheet"\s*:\s*"([\w.-]{1,100})"')
READ_MANIFEST = MB
UNPACKED = ".zip.unpacked"


@dataclass
class Selection:
    """What counts of a submission.

    Args:
        notebooks: `dict` from a notebook's name to `(path, method)`; the method is `"name"`, `"stamp"` or `"only"`.
        artifacts: `dict` from the name beside the notebook to the `Path`.
        left_out: List of `(name, reason)` of files that do not count.
        refused: List of `(name, reason)` of files in archives that were refused.
        notes: List of sentences that a person should read.
    """

    notebooks: dict = field(default_factory=dict)
    artifacts: dict = field(default_factory=dict)
    left_out: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def sha256(path):
    """Return the SHA-256 of a file.

    Args:
        path: The file.

    Returns:
        64 hexadecimal digits.
    """
    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()


def select(folder, scratch, sheet, notebooks, budget):
    """Find the notebooks and artifacts in a submission, in its archives too.

    A notebook is found by its name, marks of a copy left aside; else by the stamp of the release in its
    metadata; else as the only one. Of several the latest counts.

    Args:
        folder: `Path` with the files as they arrived.
        scratch: `Path` that archives are unpacked to; what is selected may lie there.
        sheet: Name of the sheet.
        notebooks: Names of its notebooks, without `.ipynb`.
        budget: The student's `Budget`.

    Returns:
        A `Selection`.
    """
    found = Selection()
    files = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() == ".zip":
            found.refused += unpack(path, scratch / f"{name}.unpacked", budget)
        else:
            files[path] = PurePosixPath(name)
    for path in sorted(each for each in scratch.rglob("*") if each.is_file()):
        parts = path.relative_to(scratch).parts
        files[path] = PurePosixPath(*(part for part in parts if not part.lower().endswith(UNPACKED)))
    _find_notebooks(files, sheet, notebooks, found)
    _check_manifests(files, found)
    _find_artifacts(files, found)
    return found


def _find_notebooks(files, sheet, notebooks, found):
    candidates = [path for path, name in files.items() if name.suffix.lower() == ".ipynb"]
    stamps = {path: _stamp(path) for path in candidates}
    for wanted in notebooks:
        method = "name"
        fitting = [path for path in candidates if same_notebook(files[path], wanted)]
        if not fitting and len(notebooks) == 1:
            method, fitting = "stamp", [path for path in candidates if stamps[path] == sheet]
            if not fitting and len(candidates) == 1 and stamps[candidates[0]] is None:
                method, fitting = "only", candidates
        if not fitting:
            seen = ", ".join(printable(str(files[path])) for path in candidates[:5])
            found.notes.append(f"no {wanted}.ipynb" + (f", only {seen}" if seen else ""))
            continue
        chosen = max(
            fitting, key=lambda path: (path.stat().st_mtime, files[path].name == f"{wanted}.ipynb", str(files[path]))
        )
        if len({sha256(path) for path in fitting}) > 1:
            others = ", ".join(printable(str(files[path])) for path in fitting if path != chosen)
            found.notes.append(f"{len(fitting)} notebooks fit {wanted}: {files[chosen]} is the latest, not {others}")
        if stamps[chosen] not in (None, sheet):
            found.notes.append(f"{files[chosen]} is a notebook of {stamps[chosen]}")
        found.notebooks[wanted] = (chosen, method)


def _find_artifacts(files, found):
    chosen = {path for path, _ in found.notebooks.values()}
    base = next((files[path].parent for path in chosen), PurePosixPath())
    for path, name in files.items():
        if path in chosen or is_junk(str(name)) or name.name == "manifest.json":
            continue
        beside = str(name.relative_to(base)) if name.is_relative_to(base) else str(name)
        if name.suffix.lower() not in ARTIFACTS and beside != PROGRAM:
            found.left_out.append((printable(str(name)), "not a kind of file that counts"))
        elif beside in found.artifacts:
            found.left_out.append((printable(str(name)), "a second file of that name"))
        else:
            found.artifacts[beside] = path
    inner = {str(parent) for name in found.artifacts for parent in PurePosixPath(name).parents}
    for name in inner & set(found.artifacts):
        found.left_out.append((printable(name), "a file and a folder of one name"))
        del found.artifacts[name]


def _stamp(path):
    """Return the sheet that a notebook's metadata names, `None` where they name none.

    It is looked for in the bytes: a hostile notebook costs no memory, a damaged one keeps its stamp, and in
    the text of a cell every quotation mark has a backslash.
    """
    with open(path, "rb") as file:
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                found = STAMP.search(content)
                return found[1].decode() if found else None
        except ValueError:  # an empty file
            return None


def _check_manifests(files, found):
    """Note where files are not those that `submit` packed."""
    places = {name: path for path, name in files.items()}
    for path, name in files.items():
        if name.name != "manifest.json":
            continue
        manifest = _json(path, READ_MANIFEST)
        listed = manifest.get("files") if isinstance(manifest, dict) else None
        for each, facts in listed.items() if isinstance(listed, dict) else ():
            packed = places.get(name.parent / str(each))
            if packed is None or not isinstance(facts, dict) or facts.get("sha256") != sha256(packed):
                found.notes.append(f"{printable(str(each))} is missing or not the file that submit() packed")


def _json(path, most):
    """Return what a JSON file holds, `None` where it is too large or no JSON."""
    try:
        if path.stat().st_size > most:
            return None
        return json.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
