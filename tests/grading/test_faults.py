"""Whatever happens to a grading, the same command again makes up for it; `make prove-faults` tries it 30 times."""

import contextlib
import sqlite3
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import faults

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="grading needs Linux")
STUDENTS = 10
POINTS = """SELECT assignment.student_id, SUM(COALESCE(grade.auto_score, 0))
FROM submitted_assignment AS assignment
JOIN submitted_notebook AS notebook ON notebook.assignment_id = assignment.id
JOIN grade ON grade.notebook_id = notebook.id GROUP BY assignment.student_id"""


def test_killed_locked_and_full_gradings_lose_nothing_and_grade_nothing_twice():
    with faults.class_folder(STUDENTS) as (course, scratch, points):
        # In the order of a class of 40: its first results, then its first grades.
        plan = ("worker", "judge", "locked 1 s", "runner"), (1, 3, 6, 20)
        hit, had, ran = faults.suffer(*plan, course, scratch, workers=1)
        with contextlib.closing(sqlite3.connect(course / "books" / "gradebook.db")) as book:
            assert dict(book.execute(POINTS)) == points
    assert len(hit) >= 3
    assert had + ran == 11  # eight notebooks and a stub that can be read, two files.ipynb
