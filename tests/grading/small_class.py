"""A class after its grading: who is in time, late, in doubt, not graded, hostile, absent."""

import json
import shutil
import zipfile
from datetime import UTC, datetime

import any_course
import graded
import nbgrader.api
import pytest

from seglab.grading.collecting.collect import collect
from seglab.grading.course import Course
from seglab.grading.records.templates import open_gradebook

CONFIG = any_course.CONFIG.replace(
    'c.AssignLatePenalties.plugin_class = "late_policy.OnePointPerHour"',
    'c.AssignLatePenalties.plugin_class = "seglab.grading.late_policy.LatePolicy"\n'
    'c.LatePolicy.due = {"ps1": "2026-01-10 13:00 Europe/Berlin"}\n'  # 12:00 UTC
    "c.LatePolicy.grace_minutes = 10\n"
    "c.LatePolicy.percent_per_day = 20\n",
)
DOUBT = "q5: found by similarity only"
WORKED_OUT = {**any_course.RIGHT, "q1": "def double(number):\n    return sum([number, number])"}


def archive(path, members):
    """Write a zip of `name: (content, hour of 10 January 2026 in UTC)`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, (content, hour) in members.items():
            time = datetime(2026, 1, 10 + hour // 24, hour % 24)
            file.writestr(zipfile.ZipInfo(name, time.timetuple()[:6]), content)
    return path


def notebooks(folder, student, answers):
    """Return `dict` from name to content of what a student would hand in."""
    made = any_course.hand_in(folder, student, answers)
    content = {path.name: path.read_bytes() for path in sorted(made.iterdir())}
    shutil.rmtree(made.parent)
    return content


def settle_by_hand(course):
    """Give the points that only a person can give, to `ann` and `bob`."""
    with open_gradebook(course) as book:
        for student in ("ann", "bob"):
            for question, points in (("q3", 4.0), ("q4", 2.0), ("q6", 1.0)):
                row = book.find_grade(question, "basics", "ps1", student)
                row.manual_score, row.needs_manual_grade = points, False
        book.db.commit()


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course for the tests of a module."""
    original = tmp_path_factory.getbasetemp() / "small-class"
    if not original.exists():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(nbgrader.api, "get_alembic_version", lambda: "of no matter here")
            write(original)
    return Course(shutil.copytree(original, tmp_path_factory.mktemp("class") / "course"))


def write(folder):
    """Write the course: `ann` and `bob` are finished, `cyd` waits, `dee` is not graded, `eve` handed in nothing."""
    any_course.make(folder, config=CONFIG)
    members = {}
    for student, answers, hour in (
        ("ann", {}, 8),
        ("bob", WORKED_OUT, 13),  # an hour late
        ("cyd", any_course.RIGHT, 9),
        ("dee", {}, 10),
    ):
        for name, content in notebooks(folder, student, answers).items():
            members[f"{student}/{name}"] = (content, hour)
    manifest = json.dumps({"versions": {"numpy": "1.26.4", "python": "3.11.0"}})
    members["bob/manifest.json"] = (manifest.encode(), 13)
    second = {f"ann/{name}": (content, 11) for name, content in notebooks(folder, "ann", WORKED_OUT).items()}
    second["cyd/essay.pdf"] = (b"words", 10)
    course = Course(folder)
    for number, each in enumerate((members, second)):
        report = collect(course, "ps1", archive(folder / f"{number}.zip", each), timezone=UTC)
        assert report["counts"]["refused"] == 0, report
    with open_gradebook(course) as book:
        book.add_student("ann", first_name="=HYPERLINK(1)", last_name="Öz, Ann", email="ann@uni.edu")
        book.add_student("eve", first_name="Eve", last_name="Noll", email="eve@uni.edu")
    good = {"basics": graded.FULL, "files": graded.MEAN}
    verdicts = {
        "ann": {**good, "basics": {**graded.FULL, "q1-negative": (0.0, 1, graded.HIDDEN)}},
        "bob": {**good, "basics": graded.HALF},
        "cyd": {**good, "files": {"q5-mean": (0.0, 2, graded.HIDDEN)}},
    }
    graded.merge(folder, verdicts, {("cyd", "files"): [DOUBT]})
    settle_by_hand(course)
