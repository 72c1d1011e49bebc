"""Grades the submissions of a sheet: repair, run what changed, merge into the gradebook; one bad one stops no other."""

import contextlib
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field

from seglab.errors import InputError
from seglab.grading import jobs
from seglab.grading import settings as grading_settings
from seglab.grading.batch import Batch
from seglab.grading.judging.cell_code import text_of
from seglab.grading.pool import LocalExecutor
from seglab.grading.processes import workspace
from seglab.grading.records import audit, review
from seglab.grading.records.lock import only_one
from seglab.grading.sandbox import ladder
from seglab.grading.sheet_changes import Memory
from seglab.grading.submissions import Sheet

GRACE_SECONDS = 300  # for imports, and for judges that are started again, on top of a notebook's own limit


@dataclass
class Summary:
    """What a grading did.

    Attributes:
        sheet: Name of the sheet.
        students: One `dict` per submission, in order: `student`, `score`, `max_score`, `late_penalty`,
            `needs_manual_grade`, `queue`, `changed`, `before` (score and maximum before this grading, `None` for a
            first one), and `cached`, whether nothing had to be run.
        rungs: `dict` from each rung of the sandbox to `"ok"` or why it does not hold; empty where nothing had to run.
        missing: What hidden tests need and do not have, one line each.
        ran: Number of jobs that were run.
        seconds: How long it all took.
        audit_head: Hash of the last line of the audit log.
        errors: One line per submission that could not be read or merged.
        queue: What a person must look at, `dict`s as `review.read_queue` returns them.
        sheet_changes: What has changed in the sheet since its last grading, one line each.
    """

    sheet: str
    students: list = field(default_factory=list)
    rungs: dict = field(default_factory=dict)
    missing: list = field(default_factory=list)
    ran: int = 0
    seconds: float = 0.0
    audit_head: str = ""
    errors: list = field(default_factory=list)
    queue: list = field(default_factory=list)
    sheet_changes: list = field(default_factory=list)

    def to_dict(self):
        """Return the same as `dict`, ready for JSON."""
        return asdict(self)


def grade(
    course,
    sheet,
    *,
    students=None,
    workers=1,
    executor=None,
    allow_weak=False,
    settings=None,
    seed=0,
    time_limit=None,
    force=False,
    progress=None,
    started=None,
):
    """Grade the submissions of a sheet.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        students: Names of the students, all who handed something in if `None`.
        workers: Number of processes that grade at a time, where `executor` is `None`.
        executor: A `concurrent.futures.Executor` whose workers see the course's folder under the same path, such as
            `cluster.ClusterExecutor`. Jobs are passed as paths. Where it has a `probe_ladder`, that one is asked.
        allow_weak: Run hidden tests although the sandbox lacks rungs.
        settings: `dict` of limits that differ from the defaults of `seglab.grading.settings` and the course's.
        seed: Integer, part of every job.
        time_limit: Seconds after which a job is given up, whatever the worker does; derived from the limit of a
            notebook if `None`.
        force: Run all jobs again, also those with a valid result.
        progress: Called with `(done, total, text)` whenever a notebook is done; `None` for silence.
        started: Called with `(rungs, missing)` before the first job is run, if one must be run; `None` for nobody.

    Returns:
        A `Summary`.

    Raises:
        InputError: If the sheet or a student is unknown, another grading of the course runs, the sandbox is too weak,
            or nbgrader rejects the sheet.
    """
    begun = time.monotonic()
    prepared = Sheet(course, sheet)
    names = prepared.students(students)
    settings = complete_settings(course, settings, allow_weak)
    memory = Memory(course, prepared)
    summary = Summary(sheet, sheet_changes=memory.lines)
    folder = course.root / ".seglab"
    with only_one(folder), audit.Log(folder / "audit.jsonl") as log:
        shown = {name: value for name, value in settings.items() if name != "secret"}
        facts = {"sheet": sheet, "students": len(names), "settings": shown, "seed": seed}
        log.add("started", **facts, versions=jobs.environment())
        if memory.changed:
            log.add("sheet_changed", sheet=sheet, old=memory.old, new=memory.new, changes=memory.lines)
        memory.save()

        def before_first():
            summary.rungs = getattr(executor, "probe_ladder", probe_ladder)(settings)
            summary.missing = ladder.enough(summary.rungs)
            log.add("probed", rungs=summary.rungs, missing=summary.missing)
            if started is not None:
                started(summary.rungs, summary.missing)
            _refuse_weak(summary.missing, prepared, settings)

        limit = time_limit if time_limit is not None else settings["notebook_seconds"] + GRACE_SECONDS
        options = {"seed": seed, "force": force, "limit": limit, "log": log, "progress": progress}
        batch = Batch(course, prepared, settings, before_first=before_first, **options)
        own = LocalExecutor(workers) if executor is None else None
        try:
            batch.grade(names, executor or own)
            if not students:
                jobs.prune(folder / "jobs" / sheet, batch.jobs)
        finally:
            if own is not None:
                own.shutdown(cancel_futures=True)
                workspace.sweep()  # what workers that were killed have left
            summary.students, summary.errors, summary.ran = batch.students, batch.errors, batch.ran
            looked_at = {entry["student"] for entry in (*batch.students, *batch.queue)}
            summary.queue = batch.queue
            review.update_queue(course, sheet, batch.queue, looked_at)
            summary.seconds = round(time.monotonic() - begun, 3)
            log.add("ended", sheet=sheet, ran=batch.ran, merged=len(batch.students), seconds=summary.seconds)
            summary.audit_head = log.head
    return summary


def complete_settings(course, settings=None, allow_weak=False):
    """Return the settings of a grading's jobs.

    Args:
        course: The `Course`.
        settings: `dict` of limits that differ from the defaults and the course's, `None` for none.
        allow_weak: Run hidden tests although the sandbox lacks rungs.

    Returns:
        `dict`, complete.
    """
    return grading_settings.complete({**_of_course(course), **(settings or {}), "allow_weak_sandbox": allow_weak})


def probe_ladder(settings=None):
    """Try the rungs of the sandbox on this machine.

    Args:
        settings: `dict` of limits, `None` for the defaults.

    Returns:
        `dict` from rung to `"ok"` or why it does not hold.
    """
    from seglab.grading.judging import worker

    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    with workspace.Workspace() as place:  # swept by a later grading if this one is killed
        for name in ("master.ipynb", "submission.ipynb"):
            (place.judge / name).write_text(json.dumps(empty))
        (place.judge / "job.json").write_text(json.dumps({"settings": settings or {}}))
        result = worker.run_job(place.judge)
    return result["rungs"] or {"start": result["error"] or "the sandbox did not start"}


def _of_course(course):
    """Return the limits and marks that follow from the course's own configuration, and what to hide."""
    steps = ("source", "submitted", "autograded", "feedback")
    hide = [str(course.root / getattr(course, f"{step}_directory")) for step in steps]
    found = {"hide": [*hide, str(course.root / ".seglab")], "secret": _secret_of(course.root / ".seglab")}
    found["hidden_begin"] = course.clearing.begin_hidden_tests
    found["hidden_end"] = course.clearing.end_hidden_tests
    timeout = course.config.get("Execute", {}).get("timeout")
    if isinstance(timeout, int) and timeout > 0:
        found["cell_seconds"] = timeout
    return found


def _secret_of(folder):
    """Return the course's secret, made at its first grading: who knows sheet and seed cannot tell the hidden images."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "secret"
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w") as file:
            file.write(secrets.token_hex(16))
    return path.read_text(encoding="utf-8")


def _refuse_weak(missing, sheet, settings):
    """Refuse to run hidden tests where the sandbox is too weak."""
    cells = [text_of(cell) for master in sheet.masters.values() for cell in master["cells"]]
    if missing and not settings["allow_weak_sandbox"] and any(settings["hidden_begin"] in text for text in cells):
        raise InputError(
            f"the sandbox is too weak here for hidden tests: {'; '.join(missing)}. "
            "Grade elsewhere, or accept the risk with --allow-weak-sandbox."
        )
