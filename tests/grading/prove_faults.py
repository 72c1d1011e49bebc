"""The long run of faults on purpose: whatever happens to `seglab grade`, the same command again makes up for it.

    python tests/grading/prove_faults.py [--faults 30] [--students 40] [--seed 0]

Each round grades the same class in a course of its own, which suffers up to three faults when the seed says so, and
grades it again. Then gradebook, autograded notebooks and queue must be those of a class that suffered nothing. Counts
go to benchmarks/results/faults.json.
"""

import argparse
import collections
import hashlib
import json
import platform
import random
import subprocess
import sys
import time
from datetime import date
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import any_course
from faults import ENDING, PASSING, Grading, check_records, class_folder, rerun, suffer, surroundings

from seglab.grading.course import Course
from seglab.grading.records import review

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "faults.json"


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


def undisturbed_run(count):
    """Grade a class, check the points against those worked by hand; return the `state` and how far `progress` goes."""
    with class_folder(count) as (course, scratch, points):
        with surroundings(course, scratch):
            rerun(course, scratch)
        check_records(course)
        seen, most = state(course), Grading.progress(argparse.Namespace(course=course))
    grades = {name: seen[f"gradebook of {name}"]["grades"].values() for name in points}
    found = {name: sum(auto or 0 for auto, *_ in each) for name, each in grades.items()}
    assert found == points, sorted(set(found.items()) ^ set(points.items()))
    return seen, most


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=30)
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    random.seed(options.seed)
    undisturbed, most = undisturbed_run(options.students)
    passing, ending, rows = [], [], []
    while sum(len(row["hit"]) for row in rows) < options.faults:
        passing = passing if len(passing) > 1 else [*passing, *rng.sample(PASSING, len(PASSING))]
        ending = ending or rng.sample(ENDING, len(ENDING))
        last = rng.random() * most
        points = [*sorted(rng.random() * last for _ in range(2)), last]
        faults, begun = [passing.pop(0), passing.pop(0), ending.pop(0)], time.monotonic()
        row = {"faults": faults, "at": [round(point) for point in points], "hit": [], "problem": None}
        with class_folder(options.students) as (course, scratch, _):
            try:
                row["hit"], row["had"], row["ran"] = suffer(faults, points, course, scratch)
                found = state(course)
                differing = {name for name in {*found, *undisturbed} if found.get(name) != undisturbed.get(name)}
                assert not differing, {name: (found.get(name), undisturbed.get(name)) for name in differing}
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                row["problem"] = f"{type(error).__name__}: {error}"[-3000:]
        rows.append(row)
        print(json.dumps(row), f"{time.monotonic() - begun:.0f} s", flush=True)
        record(rows, options.students)
    bad = sum(row["problem"] is not None for row in rows)
    print(f"{sum(len(row['hit']) for row in rows)} faults in {len(rows)} gradings, {bad} with a problem")
    return 1 if bad else 0


def record(rows, students):
    """Write what was found so far to the results."""
    versions = {name: metadata.version(name) for name in ("nbgrader", "numpy", "sqlalchemy", "seglab")}
    hit = [fault for row in rows for fault in row["hit"]]
    found = {
        "date": date.today().isoformat(),
        "versions": {"python": platform.python_version(), "kernel": platform.release(), **versions},
        "submissions": students,
        "gradings": len(rows),
        "faults": len(hit),
        "by fault": dict(sorted(collections.Counter(hit).items())),
        "gradings with a problem": sum(row["problem"] is not None for row in rows),
        "rows": rows,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
