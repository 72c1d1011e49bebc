"""Grades one job: a folder with a job, a master and a submission becomes a folder with a result."""

import contextlib
import hashlib
import json
import shutil
import time
from pathlib import Path

from seglab.errors import InputError
from seglab.grading import settings as grading_settings
from seglab.grading.judging.essentials import without_points
from seglab.grading.judging.hosts import JudgeHost
from seglab.grading.judging.results import Result
from seglab.grading.processes import seats
from seglab.grading.processes.student_start import request, spec_of_process
from seglab.grading.processes.zygote import Zygote

RESTARTS = 2  # judges that are killed and followed by another one that goes on behind the test
KEPT_HOSTS = 4


def run_job(job_dir):
    """Grade one job in processes of its own.

    Args:
        job_dir: Folder with `job.json` and the files that it names.

    Returns:
        `dict`, the result, which is also written to `result.json` in the folder.

    Raises:
        InputError: If the job itself is malformed.
    """
    job = read_job(job_dir)
    with Zygote(job["imports"], job["settings"]) as zygote:
        return grade_job(job_dir, zygote)


def read_job(job_dir):
    """Read and check the job of a folder.

    Args:
        job_dir: Folder with `job.json` and the files that it names.

    Returns:
        `dict` with the keys of `job.json`, `settings` complete.

    Raises:
        InputError: If a key or a file is missing, or a file is not a plain file of the folder.
    """
    path = Path(job_dir) / "job.json"
    try:
        job = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no job: {error}") from None
    defaults = {
        "sheet": "",
        "notebook": "",
        "student": "",
        "artifacts": [],
        "files": [],
        "settings": {},
        "imports": [],
        "seed": 0,
    }
    job = {**defaults, "master": "master.ipynb", "submission": "submission.ipynb", "key": "", **job}
    job["settings"] = grading_settings.complete(job["settings"])
    for name in (job["master"], job["submission"], *job["artifacts"], *job["files"]):
        if not isinstance(name, str) or not name or any(part[:1] in ("", ".") for part in name.split("/")):
            raise InputError(f"{path}: {name!r} must be the relative path of a file in the same folder.")
        file = Path(job_dir).resolve() / name
        if file.resolve() != file or not file.is_file():
            raise InputError(f"{path}: {name} is not a plain file in the same folder.")
    return job


def grade_job(job_dir, zygote, *, more=False):
    """Grade one job with a zygote that runs already.

    Args:
        job_dir: Folder with `job.json` and the files that it names.
        zygote: A running `Zygote`; it keeps the judges of the last sheets.
        more: Whether a like job is to be expected next: a process for it is started meanwhile.

    Returns:
        `dict`, the result, which is also written to `result.json` in the folder. `error` is `None` unless the whole
        notebook could not be graded.

    Raises:
        InputError: If the job itself is malformed.
    """
    job_dir, begun = Path(job_dir).resolve(), time.monotonic()
    job = read_job(job_dir)
    stream = job_dir / "result.jsonl"
    stream.write_bytes(b"")
    result = Result(job, zygote.ready["versions"])
    try:
        result.start(json.loads((job_dir / job["master"]).read_bytes()))
        with seats.take(zygote, seats.wanted(job, job_dir)) as seat:
            message = _message_to_judge(job, job_dir, seat)
            _grade_with_restarts(job, job_dir, zygote, message, stream, result, seat, more)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        result.error = f"{type(error).__name__}: {error}"
    return result.write(job_dir, time.monotonic() - begun)


def _grade_with_restarts(job, job_dir, zygote, message, stream, result, seat, more):
    """Run judges until one comes to the end; a judge that is killed costs the test it was in, no other."""

    def meanwhile():
        if more and zygote.seat is None:
            with contextlib.suppress(OSError):
                zygote.seat = seats.Seat(zygote, seat.wanted)

    for attempt in range(RESTARTS + 1):
        spec = {**message["spec"], "name": f"{message['spec']['name']}-{attempt}"}
        line = request(zygote.control, spec_of_process(spec)) if attempt else seat.take_line()
        try:
            host = _host(zygote, job, job_dir, message["sheet"])
        except BaseException:
            line.close()
            raise
        with stream.open("ab") as file:
            message = {**message, "spec": spec, "skip": sorted(result.finished)}
            limit = host.grade(message, file.fileno(), line, meanwhile)
        result.read(stream)
        if result.ended or result.error or not result.blame(limit):
            return


def _host(zygote, job, job_dir, folder):
    """Return the host of a master, a new one where none is warm."""
    master, files = job_dir / job["master"], [job_dir / name for name in job["files"]]
    content = master.read_bytes()
    # Other points must not bring other hidden images: results stay when points change.
    bare = without_points(json.loads(content))
    facts = [job["settings"], job["seed"], job["files"], bare]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    key = hashlib.sha256(digest.digest() + content).hexdigest()
    host = zygote.hosts.pop(key, None)
    if host is None or not host.usable:
        for name in job["files"]:
            _copy(job_dir / name, Path(folder) / name)
        # Nobody who does not know the master can tell this seed.
        host = JudgeHost(zygote, master, job["settings"], int.from_bytes(digest.digest()[:8], "little"), folder)
    zygote.hosts[key] = host  # the last one used is the last one dropped
    while len(zygote.hosts) > KEPT_HOSTS:
        zygote.hosts.pop(next(iter(zygote.hosts))).close()
    return host


def _message_to_judge(job, job_dir, seat):
    settings, workspace = job["settings"], seat.workspace
    for name_of_file in dict.fromkeys((*job["artifacts"], *job["files"])):
        if (job_dir / name_of_file).stat().st_size > settings["artifact_mb"] << 20:
            raise ValueError(f"{name_of_file} is larger than {settings['artifact_mb']} MB")
        _copy(job_dir / name_of_file, workspace.judge / name_of_file)
    files = {file: str(job_dir / file) for file in (*job["artifacts"], *job["files"])}
    paths = {
        "folder": str(workspace.judge),
        "sheet": str(workspace.sheet),
        "submission": str(job_dir / job["submission"]),
    }
    return {"spec": seat.spec, "files": files, **paths}


def _copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
