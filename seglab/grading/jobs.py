"""Jobs of the grader: one folder each, named by the hash of all that the result depends on."""

import atexit
import contextlib
import hashlib
import json
import math
import os
import platform
import shutil
import time
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import seglab
from seglab.grading import settings as grading_settings
from seglab.grading.judging.essentials import essentials, without_points
from seglab.grading.plain_files import digest, open_plain
from seglab.grading.repair.roles import nbgrader_metadata, role

RESERVED = frozenset(
    ("job.json", "master.ipynb", "submission.ipynb", "started", "result.json", "result.json.part", "result.jsonl")
)
"""Names in a job's folder that no artifact may have."""
UNRELATED = ("hide",)
"""Settings that a result does not depend on."""
MAX_RESULT = 64 << 20
PACKAGES = (
    *("jax", "keras", "matplotlib", "numpy", "opencv-python", "opencv-python-headless", "pandas", "pillow"),
    *("safetensors", "scikit-image", "scikit-learn", "scipy", "seglab", "tensorflow", "torch"),
)
_PARTIAL = ".partial-"  # in the name of a folder that is being made, or that a crash left
_warm = {}  # the zygote of this process, by what it was made for


@dataclass(frozen=True)
class Job:
    """A job in its folder.

    Attributes:
        folder: Path of the folder; its name is the key.
        key: SHA-256 of all that the result depends on, as hexadecimal text.
        points: `dict` from the `grade_id` of each test to what it can give.
        versions: `dict` of versions of packages.
    """

    folder: Path
    key: str
    points: dict
    versions: dict

    def result(self, *, kept=False):
        """Return the result, `None` where there is no valid one.

        Args:
            kept: Whether to write it back where tests give other points today: feedback and analysis read the file.

        Returns:
            `dict` as in `result.json`, with the points that tests give today. A result with an error, for another
            key, with a test too many or too few or with impossible points is not valid.
        """
        path = self.folder / "result.json"
        read = _read_result(path)
        result = self._scored(read)
        if result is None or result["error"] is not None or not self._fits(result):
            return None
        if kept and result != read:
            unfinished = path.with_suffix(".json.part")
            unfinished.write_text(json.dumps(result, indent=1, sort_keys=True), encoding="utf-8")
            os.replace(unfinished, path)
        return result

    def failed_result(self, reason):
        """Return what is known of a job that could not be brought to its end.

        Args:
            reason: Why, one line.

        Returns:
            `dict` as in `result.json`, with `error`; tests that have a verdict keep it.
        """
        from seglab.grading.judging.results import Result

        result = self._scored(_read_result(self.folder / "result.json"))
        if result is not None and result["error"] is not None and self._fits(result):
            return result
        job = json.loads((self.folder / "job.json").read_bytes())
        known = Result({**job, "settings": grading_settings.complete(job["settings"])}, self.versions)
        known.start(json.loads((self.folder / "master.ipynb").read_bytes()))
        with contextlib.suppress(OSError):
            known.read(self.folder / "result.jsonl")
        known.error = reason
        return self._scored(known.write(self.folder, 0.0))

    def _scored(self, result):
        """Return a result with today's points, `None` where it does not tell them."""
        from seglab.grading.judging.results import points_now

        if result is None or not isinstance(result["cells"], dict):
            return None
        cells = {}
        for name, cell in result["cells"].items():
            if name not in self.points or not isinstance(cell, dict) or not {"points", "error"} <= cell.keys():
                return None
            points = points_now(cell, self.points[name])
            if type(points) not in (int, float):
                return None
            cells[name] = {**cell, "points": points, "max": self.points[name]}
        sums = {"score": sum(cell["points"] for cell in cells.values()), "max_score": sum(self.points.values())}
        return {**result, **sums, "cells": cells}

    def _fits(self, result):
        cells = result["cells"]
        if result["key"] != self.key or not isinstance(cells, dict) or set(cells) != set(self.points):
            return False
        for name, most in self.points.items():
            points = cells[name].get("points") if isinstance(cells[name], dict) else None
            if type(points) not in (int, float) or not math.isfinite(points) or not 0 <= points <= most:
                return False
        return True


def make(
    root,
    *,
    sheet,
    notebook,
    student,
    master,
    submission,
    artifacts,
    settings,
    imports,
    seed,
    versions,
    files=None,
    written=True,
):
    """Make the folder of a job, unless it is there from an earlier run.

    The key leaves out what no result depends on: texts, outputs, and the points of tests.

    Args:
        root: Folder that holds the jobs.
        sheet: Name of the sheet.
        notebook: Name of the notebook.
        student: Whose submission is the first to need this job. Equal submissions share a job.
        master: The source notebook, a `dict`.
        submission: The repaired notebook, a `dict`.
        artifacts: `dict` from name, a relative path with `/`, to path of the student's files.
        settings: `dict` of limits, as `seglab.grading.settings` knows them.
        imports: Names of the modules that the sheet imports.
        seed: Integer.
        versions: `dict` of versions of packages.
        files: `dict` from name to path of the sheet's own files, which come before the student's; `None` for none.
        written: Whether to make the folder, or only say which one it would be.

    Returns:
        A `Job`.

    Raises:
        OSError: If a file cannot be read, or is not a plain file.
    """
    files = files or {}
    artifacts = {name: path for name, path in artifacts.items() if name not in files}
    master, submission = essentials(master), without_points(essentials(submission, answers_only=True))
    notebooks = {"master.ipynb": _canonical(without_points(master)), "submission.ipynb": _canonical(submission)}
    facts = {
        **{name: hashlib.sha256(content).hexdigest() for name, content in notebooks.items()},
        "artifacts": {name: digest(path) for name, path in sorted(artifacts.items())},
        "files": {name: digest(path) for name, path in sorted(files.items())},
        "environment": versions,
        "seed": seed,
        "settings": {name: value for name, value in settings.items() if name not in UNRELATED},
    }
    key = hashlib.sha256(_canonical(facts)).hexdigest()
    folder = Path(root) / key
    points = {
        str(nbgrader_metadata(cell).get("grade_id", "")): float(nbgrader_metadata(cell).get("points", 0))
        for cell in master["cells"]
        if role(cell) == "test"
    }
    job = Job(folder, key, points, versions)
    if not written or (folder / "job.json").is_file():
        return job
    partial = folder.with_name(f"{key}{_PARTIAL}{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    for name, path in {**artifacts, **files}.items():
        (partial / name).parent.mkdir(parents=True, exist_ok=True)
        with open_plain(path) as source, open(partial / name, "xb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    named = {"sheet": sheet, "notebook": notebook, "student": student}
    named |= {"master": "master.ipynb", "submission": "submission.ipynb"}
    named |= {"artifacts": sorted(artifacts), "files": sorted(files)}
    rest = {"settings": settings, "imports": list(imports), "seed": seed, "key": key}
    content_of = {**notebooks, "master.ipynb": _canonical(master), "job.json": _canonical({**named, **rest})}
    for name, content in content_of.items():
        (partial / name).write_bytes(content)
    shutil.rmtree(folder, ignore_errors=True)  # a folder without a job is what a crash left
    os.replace(partial, folder)
    return job


def grade(folder):
    """Grade the job of a folder, in processes that stay warm for the next one; what an executor's workers run.

    Args:
        folder: Path of the job's folder, as text.

    Returns:
        Path of the result, as text.
    """
    from seglab.grading.judging import worker

    folder = Path(folder)
    (folder / "started").touch()
    job = worker.read_job(folder)
    try:
        worker.grade_job(folder, _warm_zygote(tuple(job["imports"]), job["settings"]), more=True)
    except BaseException:
        cool_down()
        raise
    return str(folder / "result.json")


def prune(root, keep, *, days=30):
    """Remove the folders of jobs that no submission needs any more; they hold copies of what was handed in.

    Args:
        root: Folder that holds the jobs of a sheet.
        keep: Keys of the jobs that stay.
        days: How old a folder must be.
    """
    oldest = time.time() - days * 86400
    for folder in Path(root).glob("*"):
        if _PARTIAL in folder.name or (folder.name not in keep and folder.stat().st_mtime < oldest):
            shutil.rmtree(folder, ignore_errors=True)


def cool_down():
    """End the process that this worker keeps warm."""
    while _warm:
        _warm.popitem()[1].__exit__()


def _warm_zygote(imports, settings):
    from seglab.grading.processes.zygote import Zygote

    made_for = (imports, settings["gpu"], tuple(settings["skip"]))
    zygote = _warm.get(made_for)
    if zygote is None or zygote.process.poll() is not None:
        cool_down()
        atexit.register(cool_down)  # else the folder of the job that waits would stay; twice does no harm
        zygote = _warm[made_for] = Zygote(imports, settings).__enter__()
    return zygote


def environment():
    """Return what grades can depend on beside the notebooks: versions, and the code of this package.

    Returns:
        `dict` of text.
    """
    versions = {"python": platform.python_version(), "machine": platform.machine()}
    for name in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return {**versions, "seglab code": _own_code()}


@cache
def _own_code():
    folder, sums = Path(seglab.__file__).resolve().parent, hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        sums.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes())
    return sums.hexdigest()[:16]


def _canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def _read_result(path):
    """Return what a result file holds, `None` where it is none."""
    keys = ("key", "score", "max_score", "cells", "log", "limits_hit", "rungs", "versions", "seconds", "error")
    try:
        with open_plain(path) as file:
            result = json.loads(file.read(MAX_RESULT))
    except (OSError, ValueError, RecursionError):
        return None
    return result if isinstance(result, dict) and all(key in result for key in keys) else None
