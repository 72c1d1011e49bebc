"""The runner: what runs again and what does not, what happens to what fails, and the trail it leaves."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future
from pathlib import Path

import pytest

from seglab.errors import InputError
from seglab.grading import batch, jobs, runner
from seglab.grading.course import Course
from seglab.grading.pool import WorkerLost
from seglab.grading.records import audit, review
from seglab.grading.records.gradebook import Outcome
from seglab.grading.records.lock import only_one

sys.path.insert(0, str(Path(__file__).parent))
import any_course

STRONG = dict.fromkeys(("rlimits", "caps", "no_new_privs", "not_dumpable", "root", "ns:net", "ns:pid", "uid"), "ok")


class Merger:
    """Stands in for the gradebook."""

    def __init__(self, *_):
        self.gradebook = self

    db = property(lambda self: self)
    before = property(lambda self: {})

    def scores(self):
        return {}

    def rollback(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def merge(self, submission, *, force=False):
        if submission.student == "unlucky":
            raise RuntimeError("the plugin failed")
        score, queue = 0, []
        for name, answers in submission.notebooks.items():
            score += sum(cell["points"] for cell in (answers.result or {"cells": {}})["cells"].values())
            reasons = [*answers.doubts, *filter(None, [(answers.result or {}).get("error")])]
            if reasons:
                queue.append({"student": submission.student, "sheet": "ps1", "notebook": name, "reasons": reasons})
        return Outcome(submission.student, score=score, queue=queue)


class Inline(Executor):
    """Runs what it gets at once; `behave` stands in for the worker."""

    def __init__(self, behave):
        self.behave, self.ran, self.stopped = behave, [], []

    def submit(self, function, *args):
        assert pickle.loads(pickle.dumps((function, args))) == (jobs.grade, args)
        future, folder = Future(), Path(args[0])
        job = json.loads((folder / "job.json").read_text())
        self.ran.append((job["student"], job["notebook"]))
        (folder / "started").touch()
        try:
            self.behave(job, folder)
        except NotImplementedError:  # hangs
            future.set_running_or_notify_cancel()
            return future
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(str(folder / "result.json"))
        return future

    def stop(self, future):
        self.stopped.append(future)


def result_of(job, folder, **changes):
    master = json.loads((folder / "master.ipynb").read_text())
    cells = {
        cell["id"]: {"points": float(cell["metadata"]["nbgrader"]["points"]), "error": None}
        for cell in master["cells"]
        if cell["cell_type"] == "code"
        and cell["metadata"].get("nbgrader", {}).get("grade")
        and not cell["metadata"]["nbgrader"]["solution"]
    }
    result = {"key": job["key"], "score": 0, "max_score": 0, "cells": cells, "log": [], "limits_hit": []}
    return result | {"rungs": STRONG, "versions": {}, "seconds": 0.1, "error": None} | changes


def well(job, folder):
    (folder / "result.json").write_text(json.dumps(result_of(job, folder)))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_merger", Merger)
    monkeypatch.setattr(runner, "probe_ladder", lambda settings=None: STRONG)
    any_course.make(tmp_path)
    any_course.hand_in(tmp_path, "ann", any_course.RIGHT)
    any_course.hand_in(tmp_path, "bob", {**any_course.RIGHT, "q1": "def double(x):\n    return x + x"})
    return tmp_path


def grade(folder, behave=well, **options):
    executor = Inline(behave)
    summary = runner.grade(Course(folder), "ps1", executor=executor, **options)
    return summary, executor


def test_equal_notebooks_share_a_job_and_only_what_changed_runs_again(folder):
    summary, executor = grade(folder)
    assert sorted(executor.ran) == [("ann", "basics"), ("ann", "files"), ("bob", "basics")]
    assert [(row["student"], row["score"], row["cached"]) for row in summary.students] == [
        ("ann", 8, False),
        ("bob", 8, False),
    ]
    summary, executor = grade(folder)
    assert executor.ran == []
    assert [row["cached"] for row in summary.students] == [True, True]
    any_course.hand_in(folder, "bob", {**any_course.RIGHT, "q1": "def double(x):\n    return x * 2"})
    assert grade(folder)[1].ran == [("bob", "basics")]
    assert len(grade(folder, force=True)[1].ran) == 3


@pytest.mark.parametrize("what", ["test", "file", "setting", "seed", "environment", "artifact"])
def test_whatever_a_result_depends_on_has_it_run_again(folder, what, monkeypatch):
    grade(folder)
    options, path = {}, folder / "source" / "ps1" / "basics.ipynb"
    if what == "test":
        path.write_text(path.read_text().replace("double(1) == 2", "double(1) == 2.0"))
    elif what == "file":
        (folder / "source" / "ps1" / "numbers.txt").write_text("1\n2\n4\n")
    elif what == "setting":
        options["settings"] = {"call_seconds": 5}
    elif what == "seed":
        options["seed"] = 1
    elif what == "environment":
        monkeypatch.setattr(jobs, "environment", lambda: {"numpy": "9"})
    else:
        (folder / "submitted" / "ann" / "ps1" / "weights.npz").write_bytes(b"1")
    ran = {("ann", "basics")} <= set(grade(folder, **options)[1].ran)
    assert ran


def test_the_place_of_the_course_is_no_reason_to_run_again(folder, tmp_path_factory):
    grade(folder)
    moved = tmp_path_factory.mktemp("elsewhere") / "course"
    folder.rename(moved)
    assert grade(moved)[1].ran == []


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "another"},
        {"cells": {}},
        {"cells": {"q5-mean": {"points": 3.0, "error": None}}},
        {"cells": {"q5-mean": {"points": -1.0, "error": None}}},
        {"cells": {"q5-mean": {"points": float("nan"), "error": None}}},
        {"cells": {"q5-mean": {"points": True, "error": None}}},
        {"cells": {"q5-mean": {"points": 2.0, "error": None}, "extra": {"points": 1.0, "error": None}}},
        {"cells": ["q5-mean"]},
    ],
)
def test_impossible_results_are_no_results(folder, changes):
    def forge(job, place):
        if job["notebook"] == "files":
            (place / "result.json").write_text(json.dumps(result_of(job, place, **changes)))
        else:
            well(job, place)

    summary, _ = grade(folder, forge)
    assert [row["score"] for row in summary.students] == [6, 6]
    assert summary.queue[0]["reasons"] == ["its worker left no valid result"]
    assert ("ann", "files") in grade(folder)[1].ran  # tried again next time


def test_worker_that_dies_costs_one_try_and_then_its_job(folder):
    def die(job, place):
        if job["notebook"] == "files":
            verdict = {"cell": "q5-mean", "points": 2.0, "max": 2.0, "kind": None, "error": None, "detail": ""}
            (place / "result.jsonl").write_text(json.dumps({**verdict, "seconds": 1}) + '\n{"beg')
            raise WorkerLost("the worker's process ended (SIGKILL)")
        well(job, place)

    summary, executor = grade(folder, die)
    assert executor.ran.count(("ann", "files")) == 2
    assert summary.queue[0]["reasons"] == ["the worker's process ended (SIGKILL)"]
    assert [row["score"] for row in summary.students] == [8, 8]  # what was earned is not lost


def test_error_of_a_worker_costs_its_job_only(folder):
    def fail(job, place):
        if job["student"] == "bob":
            raise ValueError("no such thing")
        well(job, place)

    summary, _ = grade(folder, fail)
    assert [(entry["student"], entry["reasons"]) for entry in summary.queue] == [("bob", ["ValueError: no such thing"])]
    assert {row["student"]: row["score"] for row in summary.students} == {"ann": 8, "bob": 2}


def test_job_that_never_ends_is_given_up(folder):
    def hang(job, place):
        if job["student"] == "bob":
            raise NotImplementedError
        well(job, place)

    summary, executor = grade(folder, hang, time_limit=0.3)
    assert len(executor.stopped) == 1
    assert summary.queue[0]["reasons"] == ["it took longer than 0.3 s and was given up"]
    assert {row["student"]: row["score"] for row in summary.students} == {"ann": 8, "bob": 2}


def test_submission_that_cannot_be_merged_stops_nobody_and_is_queued(folder):
    any_course.hand_in(folder, "unlucky", any_course.RIGHT)
    summary, _ = grade(folder)
    assert [row["student"] for row in summary.students] == ["ann", "bob"]
    assert summary.errors == ["unlucky: RuntimeError: the plugin failed"]
    assert [entry["student"] for entry in review.read_queue(Course(folder), "ps1")] == ["unlucky"]


def test_queue_forgets_what_is_settled_and_keeps_the_others(folder):
    for student in ("ann", "bob"):
        (folder / "submitted" / student / "ps1" / "files.ipynb").write_bytes(b"\x89PNG")
    grade(folder)
    course = Course(folder)
    assert [entry["student"] for entry in review.read_queue(course, "ps1")] == ["ann", "bob"]
    any_course.hand_in(folder, "ann", any_course.RIGHT)
    grade(folder, students=["ann"])
    assert [entry["student"] for entry in review.read_queue(course, "ps1")] == ["bob"]
    assert "unreadable" in review.read_queue(course, "ps1")[0]["reasons"][0]


def test_audit_log_tells_what_was_done_and_holds(folder):
    summary, _ = grade(folder)
    path = folder / ".seglab" / "audit.jsonl"
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    assert [entry["event"] for entry in entries] == ["started", "probed", *["graded"] * 4, "ended"]
    graded = entries[2]
    assert (graded["student"], graded["notebook"], graded["cached"]) == ("ann", "basics", False)
    assert len(graded["original"]) == len(graded["key"]) == 64
    assert entries[1]["rungs"] == STRONG
    assert "seglab code" in entries[0]["versions"]
    assert audit.check(path) == []
    assert summary.audit_head == audit.Log(path).head
    text = path.read_text()
    path.write_text(text.replace('"student": "ann"', '"student": "amy"', 1))
    assert audit.check(path)


def test_progress_counts_submissions(folder):
    seen = []
    grade(folder, progress=lambda *step: seen.append(step))
    assert seen == [(1, 2, "ann"), (2, 2, "bob")]


def test_hidden_tests_are_refused_where_the_sandbox_is_weak(folder, monkeypatch):
    weak = {**STRONG, "ns:net": "OSError: refused"}
    monkeypatch.setattr(runner, "probe_ladder", lambda settings=None: weak)
    told = []
    executor = Inline(well)
    with pytest.raises(InputError, match=r"too weak here for hidden tests: no network.*--allow-weak-sandbox"):
        runner.grade(Course(folder), "ps1", executor=executor, started=lambda *facts: told.append(facts))
    assert executor.ran == []
    assert told[0][0] == weak
    assert told[0][1][0].startswith("no network")
    summary, executor = grade(folder, allow_weak=True)
    assert len(executor.ran) == 3
    assert summary.missing == told[0][1]
    monkeypatch.setattr(runner, "probe_ladder", lambda settings=None: STRONG)
    assert len(grade(folder)[1].ran) == 3  # a result from a weak sandbox is not taken over


def test_only_one_grading_at_a_time(folder):
    with only_one(folder / ".seglab"), pytest.raises(InputError, match="another `seglab grade`"):
        grade(folder)


@pytest.mark.parametrize(
    ("sheet", "students", "message"),
    [("ps9", None, "the course has no 'ps9'. Sheets: ps1"), ("ps1", ["zoe"], "'zoe' has not handed in ps1")],
)
def test_unknown_names_are_input_errors(folder, sheet, students, message):
    with pytest.raises(InputError, match=message):
        runner.grade(Course(folder), sheet, students=students, executor=Inline(well))


def test_nobody_has_handed_in(tmp_path):
    any_course.make(tmp_path)
    with pytest.raises(InputError, match="nobody has handed in ps1"):
        runner.grade(Course(tmp_path), "ps1", executor=Inline(well))


SCRIPT = """
import sys
from seglab.grading import batch, runner
from seglab.grading.course import Course
sys.path.insert(0, {here!r})
import test_runner
batch._merger = test_runner.Merger
runner.grade(Course({folder!r}), "ps1", workers=1)
"""


def test_real_jobs_survive_a_kill_of_the_runner(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_merger", Merger)
    any_course.make(tmp_path)
    for number in range(4):
        slow = f"import time\ntime.sleep(0.7)\ndef double(x):\n    return {number} * x + (2 - {number}) * x"
        any_course.hand_in(tmp_path, f"s{number}", {**any_course.RIGHT, "q1": slow}, names=("basics",))
    here = str(Path(__file__).parent)
    script = SCRIPT.format(here=here, folder=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    done = tmp_path / ".seglab" / "jobs" / "ps1"
    deadline = time.monotonic() + 120
    while len(list(done.glob("*/result.json"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    before = descendants(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    while any(Path(f"/proc/{pid}").exists() for pid in before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert before and not [pid for pid in before if Path(f"/proc/{pid}").exists()]
    finished = len(list(done.glob("*/result.json")))
    summary = runner.grade(Course(tmp_path), "ps1", workers=2)
    assert 2 <= finished < 4
    assert summary.ran == 4 - finished
    assert [row["score"] for row in summary.students] == [6, 6, 6, 6]
    assert audit.check(tmp_path / ".seglab" / "audit.jsonl") == []


def descendants(pid):
    """All processes below one, by their parents."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found, pending = [], [pid]
    while pending:
        children = parents.get(pending.pop(), [])
        found += children
        pending += children
    return found


def test_files_in_folders_reach_tests_and_answers(tmp_path):
    course = any_course.make(tmp_path / "course")
    source = course / "source" / "ps1"
    (source / "data").mkdir()
    (source / "numbers.txt").rename(source / "data" / "numbers.txt")
    notebook = source / "files.ipynb"
    test = 'assert abs(mean_of(\\"data/numbers.txt\\") - 2.0) < mean_of(\\"out/small.txt\\")'
    notebook.write_text(notebook.read_text().replace('assert abs(mean_of(\\"numbers.txt\\") - 2.0) < 1e-6', test))
    folder = any_course.hand_in(course, "ann", {**any_course.RIGHT, "q4": "print('drawn by ann')"})
    (folder / "out").mkdir()
    (folder / "out" / "small.txt").write_text("0.001")
    (folder / "data").mkdir()
    (folder / "data" / "numbers.txt").write_text("9")  # the sheet's own file counts
    (folder / ".cache").mkdir()
    (folder / ".cache" / "state").write_text("x")
    summary = runner.grade(Course(course), "ps1", allow_weak=True)
    assert summary.queue == [] and summary.students[0]["score"] == 8  # what tests can give
    jobs_of_ann = [json.loads(path.read_text()) for path in course.glob(".seglab/jobs/ps1/*/job.json")]
    assert all(job["files"] == ["data/numbers.txt"] and job["artifacts"] == ["out/small.txt"] for job in jobs_of_ann)
    read = [path.read_text() for path in (course / "autograded" / "ann" / "ps1").glob("*.ipynb")]
    assert sum("drawn by ann\\n" in text for text in read) == 1  # in the outputs, for whoever grades it


def test_folders_of_old_jobs_that_nobody_needs_are_removed(tmp_path):
    for name, age in (("needed", 99), ("old", 99), ("young", 1)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "submission.ipynb").write_text("{}")
        os.utime(tmp_path / name, (time.time() - age * 86400,) * 2)
    jobs.prune(tmp_path, {"needed": None})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["needed", "young"]
