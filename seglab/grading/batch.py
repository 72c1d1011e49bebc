"""A batch of submissions: repaired, run where their result is missing, merged as they get ready."""

import contextlib
import time
from concurrent.futures import CancelledError, wait

from seglab.errors import InputError
from seglab.grading import jobs
from seglab.grading.judging.cell_code import imported_modules, text_of
from seglab.grading.pool import WorkerLost
from seglab.grading.records.database import Unusable

POLL_SECONDS = 0.2
READ_AHEAD = 64  # submissions that are repaired while jobs wait to be run
TRIES = 2  # a worker that is lost costs its job one try


class Batch:
    """One grading of a sheet.

    Args:
        course: The `Course`.
        sheet: The `Sheet`.
        settings: The settings of its jobs, complete.
        seed: Integer, part of every job.
        force: Run all jobs again, also those with a valid result.
        limit: Seconds after which a job that was started is given up.
        log: The open `audit.Log`.
        before_first: Called without arguments before the first job is run, if one must be run.
        progress: Called with `(done, total, text)` whenever a submission is done; `None` for silence.
        written: Whether jobs get their folders; without them they can only be looked at (`prepare`).

    Attributes:
        students: One `dict` per submission that was merged.
        errors: One line per submission that could not be read or merged.
        queue: What a person must look at.
        ran: Number of times that a job was run.
    """

    def __init__(self, course, sheet, settings, *, seed, force, limit, log, before_first, progress=None, written=True):
        self.course, self.sheet, self.settings, self.seed = course, sheet, settings, seed
        self.force, self.limit, self.log, self.before_first = force, limit, log, before_first
        self.progress, self.written = progress or (lambda *_: None), written
        self.students, self.errors, self.queue, self.ran = [], [], [], 0
        sources = [text_of(cell) for master in sheet.masters.values() for cell in master["cells"]]
        self.imports = imported_modules(sources)
        self.versions = jobs.environment()
        self.largest = int(settings["artifact_mb"]) << 20
        self.files = sheet.own_files(self.largest)
        self.jobs, self.tries = {}, {}  # by key
        self.ready = set()  # keys of jobs with a result on the disk; in memory, those of a large class would pile up
        self.pending, self.since = {}, {}  # by future
        self.waiting = []  # submissions that are not merged yet
        self.done, self.total = 0, 0
        self.executor = self.merger = None

    def grade(self, names, executor):
        """Grade submissions.

        Args:
            names: The students.
            executor: A `concurrent.futures.Executor`. It may have more than that: `slots`, its number of jobs at a
                time; `stop(future)`, which ends a job that runs; `lost`, what its futures raise when a worker dies;
                `check()`, which raises `InputError` when it is gone.

        Raises:
            InputError: If nbgrader rejects the sheet, or the executor is gone.
        """
        self.total = len(names)
        self.executor = executor
        left = list(reversed(names))
        with contextlib.ExitStack() as stack:
            while left or self.waiting:
                ahead = max(READ_AHEAD, 2 * getattr(executor, "slots", 0))
                for _ in range(ahead):
                    if left and len(self.pending) < ahead:
                        self._read(left.pop())
                if self.merger is None:  # nbgrader's imports take a while, in which the workers are at work already
                    self.merger = stack.enter_context(_merger(self.course, self.sheet))
                self._merge_what_is_ready()
                self._wait()
            if self.merger is not None:
                self._log_others(set(names))
        self.students.sort(key=lambda row: names.index(row["student"]))

    def _read(self, student):
        """Repair a submission and start its jobs."""
        try:
            submission = self.prepare(student)
        except Exception as error:  # a folder that cannot be read: the others go on
            self._fail(student, error)
            return
        for answers in submission.notebooks.values():
            if answers.job is not None:
                answers.cached = self._has_result(answers.job)
        self.waiting.append(submission)

    def prepare(self, student):
        """Repair a submission and make its jobs.

        Args:
            student: Name of the student.

        Returns:
            The `Submission`; a notebook with something to run has its `job`.
        """
        submission = self.sheet.read(student)
        files, notes, doubts = self.sheet.artifacts(submission, self.largest)
        for answers in submission.notebooks.values():
            if answers.repaired is not None:
                answers.notes += notes
                answers.doubts += doubts
            if answers.repaired is not None and answers.repaired.notebook is not None:
                answers.job = self._make_job(submission, answers, files)
        return submission

    def _make_job(self, submission, answers, artifacts):
        return jobs.make(
            self.course.root / ".seglab" / "jobs" / self.sheet.name,
            sheet=self.sheet.name,
            notebook=answers.name,
            student=submission.student,
            master=self.sheet.masters[answers.name],
            submission=answers.repaired.notebook,
            artifacts=artifacts,
            files=self.files,
            settings=self.settings,
            imports=self.imports,
            seed=self.seed,
            versions=self.versions,
            written=self.written,
        )

    def _has_result(self, job):
        """Return whether a job has a valid result; start it where it has none."""
        if job.key not in self.jobs:
            self.jobs[job.key] = job
            if not self.force and job.result(kept=True) is not None:
                self.ready.add(job.key)
            else:
                if not self.ran:
                    self.before_first()
                self._submit(job)
        return job.key in self.ready

    def _submit(self, job):
        for name in ("started", "result.json", "result.jsonl"):
            (job.folder / name).unlink(missing_ok=True)
        self.tries[job.key] = self.tries.get(job.key, 0) + 1
        self.ran += 1
        self.pending[self.executor.submit(jobs.grade, str(job.folder))] = job

    def _wait(self):
        """Wait until a job ends, and give up those that take too long."""
        if not self.pending:
            return
        getattr(self.executor, "check", lambda: None)()
        ended, _ = wait(self.pending, POLL_SECONDS, return_when="FIRST_COMPLETED")
        for future in ended:
            self._take(self.pending.pop(future), future)
        now = time.monotonic()
        for future, job in list(self.pending.items()):
            if (job.folder / "started").exists() and now - self.since.setdefault(future, now) > self.limit:
                del self.pending[future]
                stop = getattr(self.executor, "stop", lambda each: each.cancel())
                stop(future)
                job.failed_result(f"it took longer than {self.limit:g} s and was given up")
                self.ready.add(job.key)

    def _take(self, job, future):
        """Take over the result of a job that ended, or start it once more."""
        reason = "its worker left no valid result"
        try:
            future.result()
        except (WorkerLost, CancelledError, *getattr(self.executor, "lost", ())) as error:
            reason = str(error) or "it was cancelled"
            if self.tries[job.key] < TRIES:
                self._submit(job)
                return
        except InputError:  # a worker that must not grade: no job of its counts
            raise
        except Exception as error:  # whatever a worker of any executor raises: it costs this job only
            reason = f"{type(error).__name__}: {error}"
        if job.result(kept=True) is None:
            job.failed_result(reason)
        self.ready.add(job.key)

    def _merge_what_is_ready(self):
        left = []
        for submission in self.waiting:
            answers = submission.notebooks.values()
            if any(each.job is not None and each.job.key not in self.ready for each in answers):
                left.append(submission)
            else:
                self._merge(submission)
        self.waiting = left

    def _merge(self, submission):
        cached = all(each.cached for each in submission.notebooks.values() if each.job is not None)
        for answers in submission.notebooks.values():
            if answers.job is not None:
                answers.result = answers.job.result() or answers.job.failed_result("its result is gone")
        try:
            outcome = self.merger.merge(submission, force=self.force)
        except Unusable:  # the others would fare no better
            raise
        except Exception as error:  # what a course's plugin or the database raises: the others go on
            self.merger.gradebook.db.rollback()
            self._fail(submission.student, error)
            return
        self.students.append({**outcome.to_dict(), "cached": cached})
        self.queue += outcome.queue
        self._log_score(submission.student, outcome.before, (outcome.score, outcome.max_score))
        for answers in submission.notebooks.values():
            self._log(submission.student, answers)
        self._advance(submission.student)

    def _log_score(self, student, old, new):
        """Leave a trace of a score that is another one than before."""
        if old is not None and tuple(old) != tuple(new):
            self.log.add("score_changed", sheet=self.sheet.name, student=student, old=list(old), new=list(new))

    def _log_others(self, names):
        """Leave a trace of the scores of those who were not graded now, but whose sheet has changed."""
        new = self.merger.scores()
        for student, old in self.merger.before.items():
            if student not in names and student in new:
                self._log_score(student, old, new[student])

    def _log(self, student, answers):
        result, repaired = answers.result or {}, answers.repaired
        facts = {"sheet": self.sheet.name, "notebook": answers.name, "student": student}
        facts["original"] = repaired.sha256 if repaired is not None else None
        facts |= {"key": answers.job.key if answers.job is not None else None, "cached": answers.cached}
        kept = ("score", "max_score", "seconds", "limits_hit", "rungs", "error")
        facts |= {name: result.get(name) for name in kept}
        reported = {cell: each["reported"] for cell, each in result.get("cells", {}).items() if "reported" in each}
        self.log.add("graded", **facts, doubts=answers.doubts, **({"reported": reported} if reported else {}))

    def _fail(self, student, error):
        line = f"{student}: {type(error).__name__}: {' '.join(str(error).split())}"[:500]
        self.errors.append(line)
        self.queue.append(
            {"student": student, "sheet": self.sheet.name, "notebook": "", "reasons": [line], "sha256": ""}
        )
        self.log.add("failed", sheet=self.sheet.name, student=student, error=line)
        self._advance(student)

    def _advance(self, student):
        self.done += 1
        self.progress(self.done, self.total, student)


def _merger(course, sheet):
    from seglab.grading.records.gradebook import Merger

    return Merger(course, sheet)
