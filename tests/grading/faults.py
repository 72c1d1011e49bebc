"""Faults on purpose: `seglab grade` is killed, interrupted, locked out and given full disks, on a small class."""

import collections
import contextlib
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import any_course
from surroundings import children, read_process, surroundings

import seglab
from seglab.grading.records import audit

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

    def __init__(self, course, scratch, workers=2):
        self.course = course
        command = [sys.executable, "-P", "-c", GRADE, "grade", "ps1", "--course", str(course), "--json"]
        self.out, self.err = (tempfile.TemporaryFile("w+") for _ in range(2))  # noqa: SIM115 - closed in `end`
        self.process = subprocess.Popen(
            [*command, "--workers", str(workers), "--allow-weak-sandbox"],
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
        workers = [pid for pid in children(self.process.pid) if b"grading.pool" in read_process(pid, "cmdline")]
        zygotes = [pid for worker in workers for pid in children(worker) if b"zygote" in read_process(pid, "cmdline")]
        if kind in ("worker", "zygote"):
            return {"worker": workers, "zygote": zygotes}[kind]
        below = [pid for zygote in zygotes for child in children(zygote) for pid in children(child)]
        spaces = {pid: read_process(pid, "status").partition(b"NSpid:")[2].partition(b"\n")[0] for pid in below}
        inside = {pid for pid in below if len(spaces[pid].split()) > 1}  # a student's process has numbers of its own
        return [pid for pid in below if (pid in inside) == (kind == "student")]


KILLED = ("worker", "judge", "zygote", "student", "runner")
PASSING = ("worker", "judge", "zygote", "student", "locked 1 s")  # a grading goes on after them
ENDING = ("runner", "SIGINT", "full .seglab", "full books", "locked 8 s")


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
    deadline = time.monotonic() + 2  # where all is run already, there is no judge any more
    while grading.process.poll() is None and time.monotonic() < deadline:
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


def rerun(course, scratch, workers=2):
    """Grade undisturbed; return the summary."""
    code, out, err = Grading(course, scratch, workers).end()
    assert code == 0 and "Traceback" not in err, (code, err[-3000:])
    return json.loads(out)


def _has_result(folder):
    with contextlib.suppress(OSError, ValueError):
        return json.loads((folder / "result.json").read_bytes())["error"] is None
    return False


def suffer(faults, points, course, scratch, workers=2):
    """Grade a class with some faults, one after the other, and once more, undisturbed.

    Args:
        faults: Names; the last one may end the grading.
        points: When they come: numbers of results and of grades, ascending.
        course: The course's folder.
        scratch: Folder for temporary files.
        workers: Number of processes that grade.

    Returns:
        `(hit, had, ran)`: the faults that came in time, how many jobs had a result after them, and how many the
        second grading ran.
    """
    with surroundings(course, scratch):
        grading, hit = Grading(course, scratch, workers), []
        for fault, point in zip(faults, points, strict=True):
            hit += [fault] * run_until(fault, grading, point)
        code, _, err = grading.end()
        assert code in (0, 1, 2, 130, -signal.SIGKILL) and "Traceback" not in err, (code, err[-1500:])
        had = sum(map(_has_result, course.glob(".seglab/jobs/ps1/*")))
        ran = rerun(course, scratch, workers)["ran"]
    made = len(list(course.glob(".seglab/jobs/ps1/*/job.json")))
    assert ran == made - had, (made, had, ran)
    check_records(course)
    return hit, had, ran
