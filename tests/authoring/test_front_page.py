"""The README's table says what the notebooks say, its minutes are the record's, and the record keeps the bars."""

import json
import re
import runpy
from pathlib import Path

import pytest
import yaml

from seglab import __version__, about
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
    took = {"week01a_tasks": {"cpu_seconds": 90.4, "seconds": 50}, "week06a_losses": {"cpu_seconds": 2, "seconds": 9}}
    record = {"date": "2026-01-02", "cores": 2, "load": 1.5, "lessons": took}
    (tmp_path / front_page.RECORD).parent.mkdir(parents=True)
    (tmp_path / front_page.RECORD).write_text(json.dumps(record))
    (tmp_path / "README.md").write_text(README)
    return tmp_path


def rows(course):
    lines = front_page.table(course, badge=lambda path: f"({path.rpartition('/')[2]})").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")][2:]


def test_rows_are_the_weeks_in_order(course):
    sheet = "[Sheet 1: Labels](labs/ex01_labels/ex01_labels.ipynb), 3.5 points<br>(ex01_labels.ipynb)"
    first = "[Which pixel?](course/week01a_tasks.ipynb)<br>(week01a_tasks.ipynb)"
    assert rows(course)[0] == ["1a", first, "Street layers, IoU playground", "1.5", sheet]
    assert [(row[0], row[3], row[4].partition("]")[0]) for row in rows(course)[1:]] == [
        ("1b", "not measured", ""),
        ("6a", "0.1", ""),
        ("", "", "[Lab 1"),
        ("", "", "[Sheet 7: Context"),
    ]


def test_the_line_below_says_where_the_minutes_come_from(course):
    line = front_page.table(course).splitlines()[-1]
    assert "2026-01-02, 2 cores" in line and "2 for 2 lessons." in line  # 92.4 seconds are 2 minutes
    (course / front_page.RECORD).unlink()
    assert front_page.table(course).splitlines()[-1] == "The minutes are not measured yet."


def test_a_stale_table_is_one_finding_and_writing_mends_it(course):
    assert front_page.findings(course) == ["README.md: a table is stale. Run `make readme`."]
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
    assert capsys.readouterr().out == "README.md: a table is stale. Run `make readme`.\n"


def test_the_readme_is_the_one_of_the_course():
    assert front_page.findings(ROOT) == []


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == __version__ and citation["repository-code"] == about.source_url()


def test_every_demo_of_a_lesson_has_a_title():
    assert {"IoUPlayground": "IoU playground", "CRFSliders": "Dense CRF"}.items() <= front_page._demo_titles().items()


def test_lessons_keep_to_their_time():
    record = json.loads((ROOT / front_page.RECORD).read_text("utf-8"))
    took = [lesson["cpu_seconds"] for lesson in record["lessons"].values()]
    assert record["cores"] == 2 and all(took)
    assert sum(took) < 25 * 60 and max(took) < 4 * 60


def test_titles_promise_no_less_than_was_measured():
    lessons = json.loads((ROOT / front_page.RECORD).read_text("utf-8"))["lessons"]
    late = {}
    for path in sorted((ROOT / "course").glob("*.ipynb")):
        title = notebooks.read(path)["cells"][0]["source"]
        promised = int(re.search(r"runs in (\d+) s on a CPU", title).group(1))
        took = lessons.get(path.stem, {"cpu_seconds": 0})["cpu_seconds"]
        if took / 2 > promised:  # it took longer, however well the work was spread over two cores
            late[path.stem] = promised, took
    assert not late


JUNIT = """<testsuites><testsuite failures="{failures}" errors="0">
<testcase classname="course.{name}.ipynb" time="1.5" /><testcase classname="course.{name}.ipynb" time="2">
<properties><property name="cpu_seconds" value="{cpu}" /></properties></testcase></testsuite></testsuites>"""


def test_the_last_run_of_a_lesson_is_recorded(tmp_path, capsys):
    lessons = runpy.run_path(str(ROOT / "benchmarks" / "lessons.py"))
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "c.ipynb").touch()
    (tmp_path / front_page.RECORD).parent.mkdir(parents=True)
    lessons["main"].__globals__["ROOT"] = tmp_path
    lessons["main"].__globals__["front_page"] = type("Page", (), {"RECORD": front_page.RECORD, "write": print})
    paths = []
    for name, cpu in (("a", 2.25), ("b", 7), ("a", 3)):
        paths.append(tmp_path / f"{len(paths)}.xml")
        paths[-1].write_text(JUNIT.format(failures=0, name=name, cpu=cpu))
    assert lessons["main"](*paths) == 0
    record = json.loads((tmp_path / front_page.RECORD).read_text())
    assert record["lessons"] == {"a": {"cpu_seconds": 3.0, "seconds": 3.5}, "b": {"cpu_seconds": 7.0, "seconds": 3.5}}
    assert "all: 10 CPU s" in (printed := capsys.readouterr().out) and "c was not run" in printed
    paths[1].write_text(JUNIT.format(failures=0, name="b", cpu=241))
    assert lessons["main"](*paths) == 1
    paths[1].write_text(JUNIT.format(failures=1, name="b", cpu=7))
    with pytest.raises(SystemExit, match="a lesson failed"):
        lessons["main"](*paths)
