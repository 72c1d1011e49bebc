"""Tests that draw random numbers, many times over: a right answer must never fail, a wrong one never pass.

    python tests/grading/prove_chance.py [SHEET ...] [--times 60]

`seglab release` runs every test once, so a wrong answer that a draw lets through one time in fifty passes for proven,
and one student in fifty gets a point for it. Here each test that calls `default_rng()` runs again and again in the
process that holds the answer, for a minute at most. It runs the authors' code only, and outside of the sandbox.
"""

import argparse
import copy
import dataclasses
import sys
import tempfile
from pathlib import Path

from seglab.grading.course import Course
from seglab.grading.judging.cell_code import text_of
from seglab.grading.modes import Ordinary
from seglab.grading.proofs import proofs_of
from seglab.grading.releasing import make_release
from seglab.grading.repair.roles import nbgrader_metadata, role
from seglab.grading.submissions import Sheet

ROOT = Path(__file__).parents[2]
AGAIN = """
import time
passed, runs, end = 0, 0, time.monotonic() + 60
while runs < {times} and time.monotonic() < end:
    runs += 1
    try:
        exec({test!r}, globals())
        passed += 1
    except Exception:
        pass
assert passed == (0 if {wrong} else runs), f"passes {{passed}} of {{runs}} times"
"""


def again(source, *, wrong, times):
    """Code that runs a test many times and raises an error unless it says the same each time."""
    return AGAIN.format(test=source, wrong=wrong, times=times)


def repeated(proof, times):
    """The case of a proof, with its random tests many times over and all others left out."""
    master = copy.deepcopy(proof.case.master)
    for cell in master["cells"]:
        if role(cell) == "test":
            wrong = nbgrader_metadata(cell).get("grade_id") in proof.loses
            drawn = "default_rng()" in text_of(cell) and (wrong or proof.kind == "solution")
            cell["source"] = again(text_of(cell), wrong=wrong, times=times) if drawn else "pass"
    return dataclasses.replace(proof.case, master=master)


def failures(sheet, times):
    """Yield a line for each test of a sheet that says different things at different times."""
    course = Course(ROOT)
    prepared = Sheet(course, sheet)
    with tempfile.TemporaryDirectory() as scratch:
        proofs, _ = proofs_of(prepared, course, make_release(course, sheet, scratch))
    with Ordinary(prepared, course) as mode:
        for proof in proofs:
            if proof.kind in ("solution", "wrong answer"):
                for test, (kind, text) in mode.run(repeated(proof, times)).failures.items():
                    if kind != "Partial":  # TensorFlow warns of what is traced again and again
                        yield f"{proof.case.title}: {test} {text}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sheets", nargs="*", help="names of sheets (default: all)")
    parser.add_argument("--times", type=int, default=60)
    options = parser.parse_args()
    found = False
    for sheet in options.sheets or sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir()):
        print(sheet, flush=True)
        for line in failures(sheet, options.times):
            found = True
            print(f"    {line}", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
