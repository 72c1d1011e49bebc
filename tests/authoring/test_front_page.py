"""The README's table says what the notebooks say, its minutes are the record's, and the record keeps the bars."""

import json
import runpy
from pathlib import Path

import pytest

from seglab.authoring import front_page, notebooks
from seglab.cli import main
from seglab.errors import InputError

ROOT = Path(__file__).parents[2]
README = f"# Course\n\n{front_page.BEGIN}\n{front_page.END}\n\nText\n"


def notebook(title, *cells):
    first = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": f"# {title}\n\nText"}
    return {"cells": [first, *cells]}


def code(source, points=None):
    metadata = {} if points is None else {"nbgrader": {"points": points}}
    return {"cell_type": "code", "id": "a", "metadata": metadata, "source": source}


@pytest.fixture
def course(tmp_path):
    """Weeks 1 (two lessons and a sheet), 6 and 7 (a sheet without a lesson), and the lab between them."""
    demos = code("import numpy as np\nfrom seglab.widgets import StreetLayers, IoUPlayground\nStreetLayers()")
    written = {
        "course/week01a_tasks.ipynb": notebook("Week 1a - Which pixel?", demos, demos),
        "course/week01b_labels.ipynb": notebook("Week 1b - What is it?"),
        "course/week06a_losses.ipynb": notebook("Week 6a - A loss"),
        "labs/ex01_labels/ex01_labels.ipynb": notebook("Sheet 1: Labels", code("", 2), code("", 1.5), code("")),
        "labs/ex07_context/ex07_context.ipynb": notebook("Sheet 7: Context", code("", 1)),
        "labs/lab1_fcn_unet/lab1_fcn_unet.ipynb": notebook("Lab 1", code("", 20)),
    }
    for name, content in written.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        notebooks.write(content, tmp_path / name)
    record = {"date": "2026-01-02", "cores": 2, "seconds": 60, "lessons": {"week01a_tasks": 90.4, "week06a_losses": 2}}
    (tmp_path / front_page.RECORD).parent.mkdir(parents=True)
    (tmp_path / front_page.RECORD).write_text(json.dumps(record))
    (tmp_path / "README.md").write_text(README)
    return tmp_path


def rows(course):
    lines = front_page.table(course, badge=lambda path: f"({path.rpartition('/')[2]})").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")][2:]


def test_rows_are_the_weeks_in_order(course):
    sheet = "[Sheet 1: Labels](labs/ex01_labels/ex01_labels.ipynb), 3.5 points (ex01_labels.ipynb)"
    first = "[Which pixel?](course/week01a_tasks.ipynb) (week01a_tasks.ipynb)"
    assert rows(course)[0] == ["1a", first, "Street layers, IoU playground", "1.5", sheet]
    assert [(row[0], row[3], row[4].partition("]")[0]) for row in rows(course)[1:]] == [
        ("1b", "not yet measured", ""),
        ("6a", "0.1", ""),
        ("", "", "[Lab 1"),
        ("", "", "[Sheet 7: Context"),
    ]


def test_the_line_below_says_where_the_minutes_come_from(course):
    line = front_page.table(course).splitlines()[-1]
    assert "2026-01-02" in line and "2 CPU cores" in line and "1.5 lessons side by side" in line and "1 minute" in line
    (course / front_page.RECORD).unlink()
    assert front_page.table(course).splitlines()[-1] == "The minutes are not yet measured."


def test_a_stale_table_is_one_finding_and_writing_mends_it(course):
    assert front_page.findings(course) == ["README.md: its table is stale. Run `make readme`."]
    assert front_page.write(course) and not front_page.write(course)
    assert front_page.findings(course) == []
    text = (course / "README.md").read_text()
    assert text.startswith("# Course\n") and text.endswith("\n\nText\n") and "[Which pixel?]" in text
    (course / "README.md").unlink()
    assert front_page.findings(course) == []  # a course without the page


def test_a_missing_mark_is_told(course):
    (course / "README.md").write_text("# Course\n")
    with pytest.raises(InputError, match="one of them is missing"):
        front_page.write(course)
    assert "one of them is missing" in front_page.findings(course)[0]


def test_lint_of_the_whole_course_looks_at_the_table(course, monkeypatch, capsys):
    monkeypatch.setattr("seglab.authoring.lint.lint_notebooks", lambda paths: [])
    monkeypatch.chdir(course)
    assert main(["lint", "course"]) == 0
    assert main(["lint"]) == 1
    assert capsys.readouterr().out == "README.md: its table is stale. Run `make readme`.\n"


def test_the_readme_is_the_one_of_the_course():
    assert front_page.findings(ROOT) == []


def test_every_demo_of_a_lesson_has_a_title():
    assert {"IoUPlayground": "IoU playground", "CRFSliders": "Dense CRF"}.items() <= front_page._demo_titles().items()


def test_lessons_keep_to_their_time():
    record = json.loads((ROOT / front_page.RECORD).read_text("utf-8"))
    assert record["cores"] == 2
    assert record["seconds"] < 25 * 60
    assert max(record["lessons"].values()) < 4 * 60


JUNIT = """<testsuites><testsuite time="70.5" failures="{failures}" errors="0">
<testcase classname="course.a" time="1.5" /><testcase classname="course.a" time="2" />
<testcase classname="course.b" time="60" /></testsuite></testsuites>"""


def test_seconds_are_read_of_a_whole_run_that_passed(tmp_path):
    lessons = runpy.run_path(str(ROOT / "benchmarks" / "lessons.py"))
    (tmp_path / "course").mkdir()
    lessons["read"].__globals__["ROOT"] = tmp_path
    path = tmp_path / "lessons.xml"
    path.write_text(JUNIT.format(failures=0))
    with pytest.raises(SystemExit, match="a, b ran or exist, not both"):
        lessons["read"](path)
    for name in "ab":
        (tmp_path / "course" / f"{name}.ipynb").touch()
    assert lessons["read"](path) == (70.5, {"a": 3.5, "b": 60.0})
    path.write_text(JUNIT.format(failures=1))
    with pytest.raises(SystemExit, match="a lesson failed"):
        lessons["read"](path)
