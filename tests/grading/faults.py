"""Faults on purpose: `seglab grade` is killed, interrupted, locked out and given full disks at random points.

    python tests/grading/faults.py [--points 30] [--students 40] [--seed 0]

Three points at a time: the same class is graded in a course of its own, suffers three faults when the seed says so, and
is graded again. Then everything must be as if nothing had happened. Counts go to benchmarks/results/faults.json.
"""

import argparse
import collections
import contextlib
import hashlib
import json
import os
import platform
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import any_course

import seglab
from seglab.grading.course import Course
from seglab.grading.records import audit, review
from seglab.grading.sandbox import cgroups, linux

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "faults.json"
CONFIG = (
    any_course.CONFIG
    + """
c.CourseDirectory.db_url = "sqlite:///{folder}/books/gradebook.db?timeout=3"
c.LatePolicy.due = {{"ps1": "2026-01-10 12:00 UTC"}}
"""
)
GRADE = "import sys; from seglab.cli import main; sys.exit(main())"
SECONDS = 600  # until a grading counts as hung
DAEMON = """def double(x):
    import os, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(900)
        os._exit(0)
    return 2 * x"""
LIAR = """class Liar:
    __hash__ = None
    def __eq__(self, other):
        return True

def double(x):
    return Liar()"""


def _twice(book):
    book["cells"].append(dict(next(cell for cell in book["cells"] if cell["id"] == "q2"), source="1 / 0"))


def _no_test(book):
    book["cells"] = [cell for cell in book["cells"] if cell["id"] != "q1-positive"]


RIGHT = any_course.RIGHT
ANSWERS = (  # what the students of a class hand in, in turn: answers, options, the points that tests give
    (RIGHT, {}, 8),
    ({**RIGHT, "q1": "def double(x):\n    return abs(2 * x)"}, {}, 7),
    ({**RIGHT, "q1": DAEMON}, {}, 8),
    ({**RIGHT, "q2": "def squares(n):\n    return [0] * n"}, {"timestamp": "2026-01-10 14:00:00 UTC"}, 6.5),
    ({**RIGHT, "q1": "def double(x):\n    import os\n    os._exit(0)"}, {}, 5),
    ({**RIGHT, "q1": LIAR}, {}, 5),
    (RIGHT, {"change": _no_test}, 8),
    ({}, {}, 0),
    (RIGHT, {"timestamp": "2026-01-10 13:00:00 UTC", "names": ("basics",)}, 6),
    (RIGHT, {"damage": b'{"cells": [{"cell_type"'}, 2),
)


def write_class(folder, count):
    """Write a course and what its students hand in; return the points that tests give, by student."""
    any_course.make(folder, config=CONFIG.format(folder=folder))
    for name in ("books", ".seglab"):
        (folder / name).mkdir(mode=0o700)
    points = {}
    for number in range(count):
        answers, options, points[f"s{number:02}"] = ANSWERS[number % len(ANSWERS)]
        if "q1" in answers:
            answers = {**answers, "q1": f"# {number}\n{answers['q1']}"}  # equal notebooks would share a job
        damage = options.get("damage")
        rest = {name: value for name, value in options.items() if name != "damage"}
        place = any_course.hand_in(folder, f"s{number:02}", answers, **rest)
        if damage is not None:
            (place / "basics.ipynb").write_bytes(damage + str(number).encode())
    return points


class Grading:
    """`seglab grade` in a process, and all that comes from it: its orphans become this process's own children."""

    def __init__(self, course, scratch, *options):
        self.course = course
        command = [sys.executable, "-P", "-c", GRADE, "grade", "ps1", "--course", str(course), "--json"]
        self.out, self.err = (tempfile.TemporaryFile("w+") for _ in range(2))  # noqa: SIM115 - closed in `end`
        self.process = subprocess.Popen(
            [*command, "--workers", "2", "--allow-weak-sandbox", *options],
            env={**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(Path(seglab.__file__).parents[1])},
            stdout=self.out,
            stderr=self.err,
            start_new_session=True,
        )

    def progress(self):
        """Jobs with a result, and lines of the audit log about submissions."""
        results = len(list(self.course.glob(".seglab/jobs/ps1/*/result.json")))
        with contextlib.suppress(OSError):
            results += (self.course / ".seglab" / "audit.jsonl").read_bytes().count(b'"event": "graded"')
        return results

    def end(self):
        """Wait, and return `(exit code, what it printed, what it complained of)`."""
        self.process.wait(SECONDS)
        texts = []
        for file in (self.out, self.err):
            file.seek(0)
            texts.append(file.read())
            file.close()
        return self.process.returncode, *texts

    def processes(self, kind):
        """Return the numbers of the processes of one kind: `worker`, `zygote`, `judge`, `student` or `runner`."""
        if kind == "runner":
            return [self.process.pid]
        workers = [pid for pid in children(self.process.pid) if b"grading.pool" in _read(pid, "cmdline")]
        zygotes = [pid for worker in workers for pid in children(worker) if b"zygote" in _read(pid, "cmdline")]
        if kind in ("worker", "zygote"):
            return {"worker": workers, "zygote": zygotes}[kind]
        below = [pid for zygote in zygotes for child in children(zygote) for pid in children(child)]
        inside = {pid for pid in below if len(_read(pid, "status").partition(b"NSpid:")[2].split(b"\n")[0].split()) > 1}
        return [pid for pid in below if (pid in inside) == (kind == "student")]


def _read(pid, name):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_bytes()
    return b""


def children(pid):
    """Numbers of the processes that a process has started."""
    return [int(child) for task in Path(f"/proc/{pid}/task").glob("*") for child in _task(task)]


def _task(path):
    with contextlib.suppress(OSError):
        return (path / "children").read_text().split()
    return []


def descendants(pid):
    found = children(pid)
    for each in found:
        found += children(each)
    return found


@contextlib.contextmanager
def surroundings(course, scratch):
    """Afterwards nothing must be left on the machine; yields nothing.

    Raises:
        AssertionError: If a process, a mount, a control group or a file is left.
    """
    linux.prctl(linux.SET_SUBREAPER, 1)
    before, groups = set(descendants(os.getpid())), set(cgroups.leftovers(""))
    mounts = Path("/proc/self/mounts").read_text()
    try:
        yield
        left = {"processes": {}, "control groups": set()}
        deadline = time.monotonic() + 15
        while any(left.values()) or deadline:
            with contextlib.suppress(ChildProcessError):
                while any(left["processes"]) and os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            left["processes"] = {pid: _read(pid, "status")[:60] for pid in set(descendants(os.getpid())) - before}
            new = set(cgroups.leftovers("")) - groups
            left["control groups"] = {path for path in new if not Path(f"/proc/{_owner(path)}").exists()}
            if not any(left.values()) or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        left["mounts"] = set(Path("/proc/self/mounts").read_text().splitlines()) - set(mounts.splitlines())
        left["temporary files"] = [path.name for path in scratch.iterdir() if "matplotlib" not in path.name]
        left["partial files"] = [str(path) for path in course.rglob("*partial*")]
        assert not any(left.values()), {kind: found for kind, found in left.items() if found}
    finally:
        linux.prctl(linux.SET_SUBREAPER, 0)


def _owner(path):
    return Path(path).name.removeprefix(cgroups.PREFIX).partition("-")[0]


KILLED = ("worker", "judge", "zygote", "student", "runner")
PASSING = ("worker", "judge", "zygote", "student", "full books", "locked 1 s", "locked 8 s")
ENDING = ("runner", "SIGINT", "full .seglab")


def inflict(fault, grading):
    """Do it to a running grading; return whether it was still there to suffer."""
    if fault in KILLED:
        return _kill(fault, grading)
    if fault == "SIGINT":
        os.kill(grading.process.pid, signal.SIGINT)
    elif fault.startswith("locked"):
        book = sqlite3.connect(grading.course / "books" / "gradebook.db", timeout=10, isolation_level=None)
        with contextlib.closing(book):
            book.execute("BEGIN EXCLUSIVE")
            time.sleep(int(fault.split()[1]))
            book.execute("ROLLBACK")
    elif os.path.ismount(grading.course / fault.removeprefix("full ")):
        filler = grading.course / fault.removeprefix("full ") / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while file.write(b"\0" * 4096) == 4096:
                pass
        with contextlib.suppress(subprocess.TimeoutExpired):
            grading.process.wait(4)
        filler.unlink()
    else:  # nobody may mount here: files that cannot grow do nearly the same
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(grading.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    return True


def _kill(kind, grading):
    while grading.process.poll() is None:
        pids = grading.processes(kind)
        if pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(random.choice(pids), signal.SIGKILL)
                return True
        time.sleep(0.002)
    return False


def run_until(fault, grading, point):
    """Inflict a fault as soon as `point` results and grades are there; return whether it came in time."""
    while grading.process.poll() is None:
        if grading.progress() >= point:
            return inflict(fault, grading)
        time.sleep(0.005)
    return False


def state(course):
    """All that must be as if nothing had happened: the gradebook, the autograded folder, the queue."""
    folder = course / "autograded"
    files = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    grades = {f"gradebook of {name}": facts for name, facts in any_course.read_gradebook(course / "books").items()}
    return {**grades, **files, "queue": review.read_queue(Course(course), "ps1")}


def check_records(course):
    """Assert that the audit log holds and that nothing was graded or recorded twice."""
    path = course / ".seglab" / "audit.jsonl"
    assert audit.check(path) == []
    merged = collections.Counter()
    for line in path.read_bytes().split(b"\n"):
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if entry["event"] == "graded" and entry["key"] and not entry["cached"] and entry["error"] is None:
                merged[entry["student"], entry["notebook"], entry["key"]] += 1
    assert max(merged.values(), default=1) == 1, merged.most_common(3)
    keys = {"submitted_assignment": "assignment_id, student_id", "submitted_notebook": "assignment_id, notebook_id"}
    keys |= dict.fromkeys(("grade", "comment"), "notebook_id, cell_id")
    with contextlib.closing(sqlite3.connect(course / "books" / "gradebook.db")) as book:
        for table, columns in keys.items():
            twice = f"SELECT {columns} FROM {table} GROUP BY {columns} HAVING COUNT(*) > 1"
            assert book.execute(twice).fetchall() == [], table
        assert len(book.execute("SELECT version_num FROM alembic_version").fetchall()) == 1
        assert book.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@contextlib.contextmanager
def small_disks(course):
    """Put `.seglab` and the gradebook on disks of their own that can be filled, where this user may mount."""
    places = [course / ".seglab", course / "books"] if os.getuid() == 0 else []
    mounted = []
    try:
        for place in places:
            done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(place)], check=False)
            mounted += [place] if done.returncode == 0 else []
        yield
    finally:
        for place in mounted:
            subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextlib.contextmanager
def class_folder(count):
    """Yield `(course, scratch, points)`: a class of students, and a folder for temporary files."""
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        os.chmod(place, 0o711)  # students' processes have a user of their own
        course, scratch = Path(place, "course"), Path(place, "tmp")
        course.mkdir()
        scratch.mkdir(mode=0o711)
        points = write_class(course, count)
        with small_disks(course):
            (course / ".seglab" / "secret").write_text("equal for all, or no two runs were equal")
            yield course, scratch, points


def rerun(course, scratch):
    """Grade undisturbed; return the summary."""
    code, out, err = Grading(course, scratch).end()
    assert code == 0 and "Traceback" not in err, (code, err[-3000:])
    return json.loads(out)


def _has_result(folder):
    with contextlib.suppress(OSError, ValueError):
        return json.loads((folder / "result.json").read_bytes())["error"] is None
    return False


def suffer(faults, points, count, undisturbed):
    """Grade a class with some faults, one after the other, and once more; return a row per fault.

    Args:
        faults: Names; the last one may end the grading.
        points: When they come: fractions of what an undisturbed run makes, ascending.
        count: Number of students.
        undisturbed: `{"state": ..., "progress": ...}` of a run without faults.

    Returns:
        List of `dict`: `fault`, `at`, `hit` (whether it came in time) and `problem`, a text or `None`.
    """
    rows = [{"fault": fault, "at": round(at, 3), "hit": False} for fault, at in zip(faults, points, strict=True)]
    problem, seen = None, {}
    with class_folder(count) as (course, scratch, _):
        try:
            with surroundings(course, scratch):
                grading = Grading(course, scratch)
                for row in rows:
                    row["hit"] = run_until(row["fault"], grading, row["at"] * undisturbed["progress"])
                seen["code"], _, err = grading.end()
                assert "Traceback" not in err, err[-1500:]
                seen["had"] = sum(map(_has_result, course.glob(".seglab/jobs/ps1/*")))
                seen["rerun"] = rerun(course, scratch)["ran"]
                jobs = len(list(course.glob(".seglab/jobs/ps1/*/job.json")))
                assert seen["rerun"] == jobs - seen["had"], seen
            found, expected = state(course), undisturbed["state"]
            differing = {name for name in {*found, *expected} if found.get(name) != expected.get(name)}
            differs = {name: (found.get(name), expected.get(name)) for name in differing}
            assert not differs, f"{len(differs)} differ: {str(differs)[:2000]}"
            check_records(course)
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            problem = f"{type(error).__name__}: {error}"[-3000:]
    return [{**row, **seen, "problem": problem} for row in rows]


def undisturbed_run(count):
    """Grade a class, check the points against those worked by hand, and return what faults must not change."""
    with class_folder(count) as (course, scratch, points):
        with surroundings(course, scratch):
            rerun(course, scratch)
        check_records(course)
        seen = {"state": state(course), "progress": Grading.progress(argparse.Namespace(course=course))}
    grades = {name: seen["state"][f"gradebook of {name}"]["grades"].values() for name in points}
    found = {name: sum(auto or 0 for auto, *_ in each) for name, each in grades.items()}
    assert found == points, sorted(set(found.items()) ^ set(points.items()))
    return seen


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=30)
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    random.seed(options.seed)
    undisturbed = undisturbed_run(options.students)
    passing, ending = [], []
    rows = []
    while len(rows) < options.points:
        passing = passing if len(passing) > 1 else [*passing, *rng.sample(PASSING, len(PASSING))]
        ending = ending or rng.sample(ENDING, len(ENDING))
        faults = [passing.pop(0), passing.pop(0), ending.pop(0)]
        begun = time.monotonic()
        rows += suffer(faults, sorted(rng.random() for _ in faults), options.students, undisturbed)
        for row in rows[-len(faults) :]:
            print(json.dumps(row), flush=True)
        print(f"{time.monotonic() - begun:.0f} s", flush=True)
        record(rows, options.students)
    bad = sum(row["problem"] is not None for row in rows)
    print(f"{len(rows)} points, {sum(row['hit'] for row in rows)} hit, {bad} with a problem")
    return 1 if bad else 0


def record(rows, students):
    """Write what was found so far to the results."""
    versions = {name: metadata.version(name) for name in ("nbgrader", "numpy", "sqlalchemy", "seglab")}
    hit = [row["fault"] for row in rows if row["hit"]]
    found = {
        "date": date.today().isoformat(),
        "versions": {"python": platform.python_version(), "kernel": platform.release(), **versions},
        "submissions": students,
        "points": len(rows),
        "hit": len(hit),
        "hit by fault": dict(sorted(collections.Counter(hit).items())),
        "points with a problem": sum(row["problem"] is not None for row in rows),
        "rows": rows,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
