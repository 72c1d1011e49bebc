"""Grading on a Dask cluster: a real scheduler and two workers on loopback, one of which is killed in mid-run."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from seglab import cli
from seglab.errors import InputError
from seglab.grading import cluster, jobs, runner
from seglab.grading.course import Course
from seglab.grading.sandbox import linux

sys.path.insert(0, str(Path(__file__).parent))
import any_course
from graded import quick_gradebooks  # noqa: F401 - a fixture

pytest.importorskip("distributed", reason="grading on a cluster needs seglab[cluster]")

SLOW = "import time\ntime.sleep(4)\ndef double(x):\n    return 2 * x  # "
STRONG = dict.fromkeys(("rlimits", "caps", "no_new_privs", "not_dumpable", "root", "ns:net", "ns:pid", "uid"), "ok")
ENDLESS = "import time\ntime.sleep(60)\ndef double(x):\n    return 2 * x"
HALF = {**any_course.RIGHT, "q1": "def double(x):\n    return abs(2 * x)", "q2": "def squares(n):\n    return [0] * n"}


class Cluster:
    """A scheduler and two workers, each a process of its own."""

    def __init__(self, folder):
        self.folder, self.processes, self.logs = folder, {}, []
        path = folder / "scheduler.json"
        common = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(path)]
        self.start("scheduler", "scheduler", *common, "--port", "0")
        for name in ("one", "two"):
            rest = ["--no-nanny", "--nthreads", "1", "--name", name, "--local-directory", str(folder)]
            self.start(name, "worker", *common, *rest, *(["--resources", "GPU=1"] if name == "two" else []))
        wait_for(path.exists)
        self.address = json.loads(path.read_text())["address"]

    def start(self, name, kind, *arguments):
        command = [sys.executable, "-m", "dask", kind, *arguments]
        log = (self.folder / f"{name}.log").open("wb")
        package = str(Path(cluster.__file__).parents[2])
        environment = {**os.environ, "PYTHONPATH": package}
        quiet = {"stdout": log, "stderr": log, "preexec_fn": linux.die_with_parent}  # whatever happens to the tests
        self.processes[name] = subprocess.Popen(command, env=environment, cwd="/", **quiet)
        self.logs.append(log)

    def stop(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        for log in self.logs:
            log.close()


def wait_for(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def started(course):
    return list((course / ".seglab" / "jobs" / "ps1").glob("*/started"))


def descendants(pid):
    """All processes below one, as `(pid, time of its start)`, which no other process has."""
    parents, starts = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            facts = path.read_text().rpartition(")")[2].split()
            parents[int(path.parent.name)], starts[int(path.parent.name)] = int(facts[1]), facts[19]
    found, new = set(), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return {(each, starts[each]) for each in found}


def alive(processes):
    found = []
    for pid, start in processes:
        with contextlib.suppress(OSError):
            facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            if facts[19] == start and facts[0] != "Z":
                found.append(pid)
    return found


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def course(tmp_path_factory, quick_gradebooks):  # noqa: F811
    folder = any_course.make(tmp_path_factory.mktemp("course"))
    for student, answers in {
        "ann": {**any_course.RIGHT, "q1": SLOW + "ann"},
        "bob": {**any_course.RIGHT, "q1": SLOW + "bob"},
        "cyd": any_course.RIGHT,
        "dan": HALF,
        "eve": {},
    }.items():
        any_course.hand_in(folder, student, answers)
    return folder


def grade(machines, course, *, probe=True, **options):
    with cluster.ClusterExecutor(machines.address, course) as executor:
        if not probe:  # spares the time
            executor.probe_ladder = lambda settings: STRONG
        return runner.grade(Course(course), "ps1", executor=executor, **options)


def test_worker_that_differs_is_named(machines, course, monkeypatch):
    known = jobs.environment()
    monkeypatch.setattr(cluster, "_versions", lambda: {**known, "numpy": "0.9"})
    with pytest.raises(InputError, match=r"worker (one|two) at tcp://\S+ has numpy \S+, here it is 0.9: grades could"):
        grade(machines, course)


def test_worker_must_see_the_folder(tmp_path):
    found = cluster.look(str(tmp_path / "gone" / "file"))
    with pytest.raises(InputError, match=r"^worker a cannot use the course's folder: \S+file: No such file"):
        cluster._compare("worker a", found, found["versions"])
    with pytest.raises(InputError, match=r"^worker a cannot run this seglab: ImportError: no seglab. Install it there"):
        cluster._compare("worker a", ImportError("no seglab"), {})


def test_killed_worker_costs_a_try_and_no_grade(machines, course):
    killed, summaries, rungs = machines.processes["one"], [], []

    def run():
        summaries.append(grade(machines, course, started=lambda *found: rungs.append(found)))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    wait_for(lambda: len(started(course)) == 2)  # ann's and bob's: one on each worker
    wait_for(lambda: len(descendants(killed.pid)) >= 3)  # the pool's process, its zygote, a judge
    orphans = descendants(killed.pid)
    killed.kill()
    thread.join(120)
    (summary,) = summaries
    scores = {row["student"]: row["score"] for row in summary.students}
    assert scores == {"ann": 8.0, "bob": 8.0, "cyd": 8.0, "dan": 5.5, "eve": 0.0}
    assert summary.errors == []
    assert rungs[0][0]["no_new_privs"] == "ok"
    number = len(list((course / ".seglab" / "jobs" / "ps1").iterdir()))
    assert summary.ran == number + 1
    lines = map(json.loads, (course / ".seglab" / "audit.jsonl").read_text().splitlines())
    graded = [(line["student"], line["notebook"]) for line in lines if line["event"] == "graded"]
    assert len(graded) == len(set(graded)) == 10
    grades = any_course.read_gradebook(course)
    assert {student: row["totals"][0] for student, row in grades.items()} == scores
    wait_for(lambda: not alive(orphans))
    assert not descendants(machines.processes["two"].pid)  # nothing stays behind the grading
    again = grade(machines, course)
    assert (again.ran, any_course.read_gradebook(course)) == (0, grades)


def test_job_over_its_limit_is_stopped_on_the_worker(machines, course):
    any_course.hand_in(course, "fay", {**any_course.RIGHT, "q1": ENDLESS}, names=("basics",))
    seen = set()
    with cluster.ClusterExecutor(machines.address, course, gpu=True) as executor:

        def check():
            seen.update(descendants(machines.processes["two"].pid))

        executor.check, executor.probe_ladder = check, lambda settings: STRONG
        summary = runner.grade(Course(course), "ps1", students=["fay"], executor=executor, time_limit=2)
        assert len(seen) >= 2  # the process of its pool, and what that one started
        wait_for(lambda: not alive(seen), seconds=20)  # before the runner leaves, which would end all of them
    assert summary.students[0]["score"] == 0
    assert "it took longer than 2 s" in summary.queue[0]["reasons"][0]


def test_lost_scheduler_is_told_in_one_line_and_ends_what_runs(machines, course):
    any_course.hand_in(course, "gus", {**any_course.RIGHT, "q1": SLOW + "gus"}, names=("basics",))
    before, errors = set(started(course)), []

    def run():
        try:
            grade(machines, course, probe=False, students=["gus"])
        except InputError as error:
            errors.append(str(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    wait_for(lambda: set(started(course)) - before)
    two = machines.processes["two"].pid
    wait_for(lambda: len(descendants(two)) >= 2)
    orphans = descendants(two)
    machines.processes["scheduler"].kill()
    thread.join(60)
    assert errors == [
        f"--scheduler {machines.address}: the scheduler is gone. What was graded is in the gradebook; the same command "
        "goes on from there."
    ]
    wait_for(lambda: not alive(orphans))


def test_without_a_scheduler_or_a_worker_there_is_one_line(machines, course, monkeypatch, capsys):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    assert cli.main(["grade", "ps1", "--course", str(course), "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err.startswith("seglab: error: --scheduler tcp://127.0.0.1:9: no Dask scheduler answers")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="needs the package `distributed`: pip install"):
        cluster.ClusterExecutor("tcp://127.0.0.1:9", course)
