"""Grading on a machine that shares nothing with this one: jobs travel in an archive, results come back in another.

`pack` writes the jobs that have no valid result, `work` runs them wherever the archive was carried, and `Results` is
the executor with which `runner.grade` takes over what came back. Gradebook, submissions and audit log stay at home.
"""

import concurrent.futures
import contextlib
import json
import os
import shutil
import tempfile
import time
import zipfile
from pathlib import Path

from seglab.errors import InputError
from seglab.grading import jobs, runner
from seglab.grading.batch import Batch
from seglab.grading.pool import LocalExecutor, WorkerLost
from seglab.grading.sandbox import ladder
from seglab.grading.submissions import Sheet

MANIFEST, FORMAT = "seglab.json", 1
POLL_SECONDS = 0.2
TRIES = 2  # of a job whose process dies


def pack(course, sheet, path, *, students=None, allow_weak=False, settings=None, seed=0, force=False, progress=None):
    """Write the jobs of a sheet that have no valid result to an archive; it holds hidden tests.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        path: Path of the archive; one that is there is replaced.
        students: Names of the students, all who handed something in if `None`.
        allow_weak: Run hidden tests although the sandbox there lacks rungs.
        settings: `dict` of limits, `None` for the course's.
        seed: Integer, part of every job.
        force: Whether to pack the jobs that have a valid result, too.
        progress: Called with `(done, total, text)`; `None` for silence.

    Returns:
        `(jobs, errors)`: number of jobs in the archive, one line per submission that cannot be read.

    Raises:
        InputError: If the sheet or a student is unknown.
    """
    prepared = Sheet(course, sheet)
    names = prepared.students(students)
    options = {"allow_weak": allow_weak, "settings": settings or {}, "seed": seed}
    complete = runner.complete_settings(course, settings, allow_weak)
    nothing = {"limit": 0, "log": None, "before_first": None}
    batch = Batch(course, prepared, complete, seed=seed, force=force, **nothing)
    packed, errors = {}, []
    with _written(path) as archive:
        for number, student in enumerate(names, 1):
            try:
                found = [answers.job for answers in batch.prepare(student).notebooks.values() if answers.job]
            except Exception as error:  # a folder that cannot be read: the others travel
                errors.append(f"{student}: {type(error).__name__}: {' '.join(str(error).split())}"[:500])
                continue
            for job in found:
                if job.key not in packed and (force or job.result() is None):
                    packed[job.key] = job
                    _add_job(archive, job.folder)
            if progress is not None:
                progress(number, len(names), student)
        facts = {"format": FORMAT, "sheet": sheet, "options": options, "versions": batch.versions}
        archive.writestr(MANIFEST, json.dumps({**facts, "limit": complete["notebook_seconds"]}, indent=1))
    return len(packed), errors


def work(path, out, *, workers=1, other_versions=False, progress=None, started=None):
    """Run the jobs of an archive on this machine; what was interrupted goes on where it stopped.

    Args:
        path: Path of the archive that `pack` wrote.
        out: Path of the archive of results. Results that it holds already are kept, and their jobs not run.
        workers: Number of processes that grade at a time.
        other_versions: Run although versions here are not those that the jobs were packed with.
        progress: Called with `(done, total, text)`; `None` for silence.
        started: Called with `(rungs, missing)` before the first job; `None` for nobody.

    Returns:
        `(ran, lost)`: number of jobs that were run, and one line for each that has no result.

    Raises:
        InputError: If a file is no such archive, versions differ, or the sandbox is too weak for hidden tests.
    """
    parts = Path(f"{out}.parts")  # whole results only: a machine that is lost in the middle leaves those behind
    with contextlib.ExitStack() as stack:
        archive = stack.enter_context(_open(path))
        manifest = _manifest(archive, path)
        _compare(manifest["versions"], jobs.environment(), other_versions)
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seglab-work-")))
        archive.extractall(place)
        rungs = runner.probe_ladder({**manifest["options"]["settings"], "allow_weak_sandbox": True})
        missing = ladder.enough(rungs)
        if started is not None:
            started(rungs, missing)
        if missing and not manifest["options"]["allow_weak"]:
            raise InputError(
                f"the sandbox is too weak here for hidden tests: {'; '.join(missing)}. Work elsewhere, or accept the "
                "risk: seglab pack SHEET --allow-weak-sandbox."
            )
        _take_up(parts, out, manifest)
        left = sorted(each for each in place.iterdir() if each.is_dir() and not (parts / each.name).exists())
        for folder in left:
            _hide(folder / "job.json", place)
        executor = LocalExecutor(workers)
        stack.callback(executor.shutdown, cancel_futures=True)
        lost = _run(executor, left, parts, manifest["limit"] + runner.GRACE_SECONDS, progress)
        with _written(out) as target:
            target.writestr(MANIFEST, json.dumps({**manifest, "rungs": rungs}, indent=1))
            for file in sorted(parts.iterdir()):
                if file.name != MANIFEST:
                    target.write(file, f"{file.name}/result.json")
        shutil.rmtree(parts)
        return len(left), lost


def _take_up(parts, out, manifest):
    """Begin the folder of results with those that an earlier call has got, of the same jobs."""
    parts.mkdir(mode=0o700, exist_ok=True)
    note = parts / MANIFEST
    if note.exists() and json.loads(note.read_bytes()) != manifest:
        raise InputError(f"{parts} holds results of other jobs. Remove it, or name another file.")
    if Path(out).exists():
        with _open(out) as archive:
            known = _manifest(archive, out)
            if {**known, "rungs": None} != {**manifest, "rungs": None}:
                shutil.rmtree(parts)
                raise InputError(f"{out} holds results of other jobs. Name another file.")
            for name in archive.namelist():
                if name != MANIFEST:
                    (parts / name.partition("/")[0]).write_bytes(archive.read(name))
    note.write_text(json.dumps(manifest), encoding="utf-8")


def _run(executor, folders, parts, limit, progress):
    """Run jobs and keep each result as it comes; return one line for each that has none."""
    pending = {executor.submit(jobs.grade, str(folder)): (folder, 1) for folder in folders}
    since, lost = {}, []
    while pending:
        ended, _ = concurrent.futures.wait(pending, POLL_SECONDS, return_when="FIRST_COMPLETED")
        for future in ended:
            folder, tries = pending.pop(future)
            reason = "no valid result"
            try:
                future.result()
            except WorkerLost as error:
                reason = str(error)
                if tries < TRIES:
                    pending[executor.submit(jobs.grade, str(folder))] = (folder, tries + 1)
                    continue
            except Exception as error:  # whatever it is, it costs this job only
                reason = f"{type(error).__name__}: {error}"
            if (folder / "result.json").is_file():
                half = shutil.copy(folder / "result.json", parts.with_name(f"{parts.name}.half"))
                os.replace(half, parts / folder.name)
            else:
                lost.append(f"{folder.name[:16]}: {reason}")
            if progress is not None:
                progress(len(folders) - len(pending), len(folders), folder.name[:16])
        for future, (folder, _) in pending.items():
            begun = since.setdefault(future, time.monotonic()) if (folder / "started").exists() else time.monotonic()
            if time.monotonic() - begun > limit:
                executor.stop(future)
    return lost


class Results(concurrent.futures.Executor):
    """The executor that runs nothing: it takes results out of an archive that `work` wrote.

    Args:
        path: Path of the archive.
        sheet: Name of the sheet that is graded.

    Attributes:
        options: What `pack` was asked for, as `runner.grade` takes it: `allow_weak`, `settings`, `seed`.

    Raises:
        InputError: If the file is no such archive, or one of another sheet.
    """

    def __init__(self, path, sheet):
        self._archive, self._path = _open(path), path
        try:
            self._manifest = _manifest(self._archive, path)
            if self._manifest["sheet"] != sheet or "rungs" not in self._manifest:
                held = f"results of {self._manifest['sheet']}" if "rungs" in self._manifest else "jobs, not results"
                raise InputError(f"{path} holds {held}; results of {sheet} are what `seglab work` writes.")
        except BaseException:
            self._archive.close()
            raise
        self.options = self._manifest["options"]

    def probe_ladder(self, _settings=None):
        """Return the rungs of the sandbox that held where the jobs were run."""
        return self._manifest["rungs"]

    def submit(self, _function, folder, /):
        """Put the result of a job where its worker would have left it.

        Args:
            _function: Without meaning here.
            folder: Path of the job's folder, as text.

        Returns:
            A `concurrent.futures.Future` that is done.
        """
        future = concurrent.futures.Future()
        try:
            info = self._archive.getinfo(f"{Path(folder).name}/result.json")
            if info.file_size > jobs.MAX_RESULT:
                raise ValueError("it is too large")
            Path(folder, "result.json").write_bytes(self._archive.read(info))
            future.set_result(folder)
        except KeyError:
            future.set_exception(
                LookupError(f"{Path(self._path).name} has no result for it: pack, work and grade again")
            )
        except (ValueError, OSError, zipfile.BadZipFile) as error:
            future.set_exception(error)
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        """Close the archive."""
        self._archive.close()


def _add_job(archive, folder):
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and name not in ("started", "result.json", "result.json.part", "result.jsonl"):
            archive.write(file, f"{folder.name}/{name}")


def _open(path):
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or "it is no zip archive, or only a part of one"
        raise InputError(f"{path}: {reason}. Give what `seglab pack` or `seglab work` wrote.") from None


def _manifest(archive, path):
    try:
        manifest = json.loads(archive.read(MANIFEST))
        if manifest["format"] == FORMAT and {"sheet", "options", "versions", "limit"} <= manifest.keys():
            return manifest
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile):
        pass
    raise InputError(f"{path}: no archive of this version's `seglab pack` or `seglab work`.")


@contextlib.contextmanager
def _written(path):
    """A new archive for its owner's eyes, which takes its place when it is whole."""
    partial = Path(f"{path}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            partial.chmod(0o600)
            yield archive
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _hide(path, place):
    """Keep the other jobs from a student's process, as far as the sandbox can; no result depends on it."""
    job = json.loads(path.read_bytes())
    job["settings"]["hide"] = [str(place)]
    path.write_text(json.dumps(job), encoding="utf-8")


def _compare(packed, here, other_versions):
    differing = [
        f"{name} is {here.get(name) or 'missing'} here, {packed.get(name) or 'missing'} at home"
        for name in sorted({*packed, *here})
        if packed.get(name) != here.get(name)
    ]
    if differing and not other_versions:
        raise InputError(
            f"grades could differ: {'; '.join(differing)}. Install what is at home, or accept it with "
            "--other-versions; every result says what it was made with."
        )
