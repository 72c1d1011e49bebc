"""Feedback pages: what they tell, what they never hold, who can read them, and that they are written once."""

import itertools
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from seglab import cli
from seglab.errors import InputError
from seglab.grading.course import Course
from seglab.grading.feedback import cells, writing
from seglab.grading.feedback import page as feedback_page
from seglab.grading.records import review
from seglab.grading.records.templates import open_gradebook

sys.path.insert(0, str(Path(__file__).parent))
import graded
from graded import quick_gradebooks  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]
HIDDEN = ("HIDDEN TESTS", "default_rng", "double(-3)", "int(value)", "== -6", "saw -3", "argument -3")
VOID = ("meta", "img", "br", "hr", "link", "input")


class Page(HTMLParser):
    """The elements of a page in order: `(tag, attributes, names of those around)`, and its text."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.around, self.text = [], [], ""
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        assert not self.around, self.around
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), tuple(self.around)))
        self.text += " " if tag in ("td", "th", "p", "h2", "li", "dd") else ""
        if tag not in VOID:
            self.around.append(tag)

    def handle_endtag(self, tag):
        assert self.around.pop() == tag

    def handle_data(self, data):
        self.text += data if "style" not in self.around else ""

    def all(self, tag):
        return [attributes for name, attributes, _ in self.elements if name == tag]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, quick_gradebooks):  # noqa: F811
    folder = graded.course_for_feedback(tmp_path_factory.mktemp("course"))
    written = writing.write_feedback(Course(folder), "ps1")
    assert [each for each in written if each["error"] or not each["changed"]] == []
    return folder


@pytest.fixture(scope="module")
def pages(folder):
    paths = sorted((folder / "feedback").rglob("*.html"))
    assert len(paths) == 6
    return {f"{path.parent.parent.name}/{path.stem}": Page(path) for path in paths}


def test_points_messages_and_penalty_stand_at_the_top(pages):
    text = pages["bob/basics"].text.partition("The notebook Problem set 1")[0]
    assert "0 of 14 points" in text and "1.5 for the answers, 1.5 taken off for being late." in text
    assert "The whole sheet, all notebooks: 0 of 16 points." in text
    assert "q1 0 of 3" in text and "✗ failed 0 of 2 double(1) must be 2" in text
    assert "✗ failed 0 of 1 a hidden test failed" in text and "◐ passed in part 1.5 of 3" in text
    assert "Not final: 3 of the lines below wait for a person." in text


def test_how_the_notebook_was_read_is_told(pages):
    assert "How this notebook was read" in pages["hal/basics"].text
    assert "handed in as < img src=x onerror=alert(1)>.ipynb" in pages["hal/basics"].text


def test_no_hidden_test_is_on_any_page(pages):
    for name, page in pages.items():
        assert [part for part in HIDDEN if part in page.source.partition("</style>")[2]] == [], name
        assert ("Hidden tests are not shown." in page.text) == name.endswith("basics")
    told = "✗ failed 0 of 1 a hidden test failed (AssertionError) q2"  # no more: the student's process could write it
    assert told in pages["ned/basics"].text


def test_nothing_of_a_student_is_alive(pages):
    for name, page in pages.items():
        assert {tag for tag, *_ in page.elements} & {
            "script",
            "iframe",
            "svg",
            "object",
            "form",
            "link",
            "base",
        } == set()
        for tag, attributes, _ in page.elements:
            assert not [key for key in attributes if key.startswith("on") or key == "style"], (name, tag)
            assert tag != "img" or re.match("data:image/png;base64,iVBOR", attributes["src"]), name
            assert tag != "a" or re.match("#|https?://|mailto:|$", attributes.get("href", "")), (name, attributes)
        assert "url(" not in page.source and "@import" not in page.source
        policy = page.all("meta")[2]
        assert policy["content"] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert "alert" in pages["hal/basics"].text and "alert" in pages["ned/basics"].text  # it is there, as text


def test_pictures_are_inside_or_left_out(pages):
    text, pictures = pages["hal/basics"].text, [each["alt"] for each in pages["hal/basics"].all("img")]
    assert pictures == ["plot", "inside"]
    for left_out in ("far", "svg", "out", "file"):
        assert f"[picture not shown: {left_out}]" in text
    drawn = "Picture 1 that cell q4 has drawn, without a description"
    assert [each["alt"] for each in pages["ned/basics"].all("img")] == [drawn]
    assert "(an output of type text/html is not shown here)" in pages["ned/basics"].text


def test_screen_readers_find_their_way(pages):
    for name, page in pages.items():
        assert page.all("html") == [{"lang": "en"}]
        levels = [int(tag[1]) for tag, *_ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1 and levels.count(1) == 1, name
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), (name, levels)
        assert all(each.get("scope") in ("col", "row", "rowgroup") for each in page.all("th"))
        assert all(each["alt"].strip() for each in page.all("img"))
        ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        anchors = [each["href"][1:] for each in page.all("a") if each.get("href", "").startswith("#")]
        assert anchors[0] == "main" and set(anchors) <= set(ids)
        assert len(page.all("main")) == len(page.all("caption")) == len(page.all("nav")) == 1
        assert all(each.get("aria-label") for each in page.all("section") if "graded" in each["class"])
    assert all(re.search("[a-z]", verdict) and len(sign) == 1 for verdict, sign in feedback_page.SIGNS.items())


def test_colors_can_be_told_from_their_ground(pages):
    colors = dict(re.findall(r"--(\w+): (#\w{6})", pages["bob/files"].source))

    def light(color):
        parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for ink in ("ink", "soft", "link", "string"):
        for ground in ("page", "tint"):
            assert (light(colors[ground]) + 0.05) / (light(colors[ink]) + 0.05) >= 4.5, (ink, ground)
    assert (light(colors["page"]) + 0.05) / (light(colors["line"]) + 0.05) >= 3
    assert set(re.findall(r"[^-]\bcolor: ([^;]+);", pages["bob/files"].source)) <= {f"var(--{each})" for each in colors}


def test_folder_holds_what_nbgrader_releases_and_nothing_else(folder):
    names = sorted(path.name for path in (folder / "feedback" / "hal" / "ps1").iterdir())
    assert names == ["basics.html", "files.html", "submission_secret.txt", "timestamp.txt"]
    (folder / "feedback" / "hal" / "ps1" / "page.html").write_text(graded.EVIL)
    writing.write_feedback(Course(folder), "ps1", students=["hal"])
    assert not (folder / "feedback" / "hal" / "ps1" / "page.html").exists()
    assert (folder / "feedback" / "hal" / "ps1" / "basics.html").stat().st_mode & 0o777 == 0o644


def test_only_what_changed_is_written_again(folder):
    course = Course(folder)
    before = {path: path.stat().st_mtime_ns for path in (folder / "feedback").rglob("*")}
    assert [each for each in writing.write_feedback(course, "ps1") if each["changed"]] == []
    assert {path: path.stat().st_mtime_ns for path in (folder / "feedback").rglob("*")} == before
    with open_gradebook(course) as book:
        book.find_comment("q3", "basics", "ps1", "bob").manual_comment = f"Which **two**? {graded.EVIL}"
        book.find_grade("q3", "basics", "ps1", "bob").manual_score = 4
        book.find_grade("q3", "basics", "ps1", "bob").extra_credit = 0.5
        book.find_grade("q3", "basics", "ps1", "bob").needs_manual_grade = False
        book.db.commit()
    changed = [each["notebook"] for each in writing.write_feedback(course, "ps1") if each["changed"]]
    assert changed == ["basics", "files"]  # the sum over the sheet is on both
    page = Page(folder / "feedback" / "bob" / "ps1" / "basics.html")
    assert "✎ graded by a person 4.5 of 5, 0.5 of them extra" in page.text and "Which two?" in page.text
    assert page.all("script") == [] and "Comment: Which two?" in page.text


def test_notebook_that_cannot_be_read_stops_nobody_and_leaves_a_plain_page(folder, capsys):
    path = folder / "autograded" / "ned" / "ps1" / "files.ipynb"
    good = path.read_bytes()
    path.chmod(0o644)
    for broken in (b"[" * 100_000, json.dumps({"cells": [{"cell_type": "markdown", "source": 3}]}).encode(), b"\xff"):
        path.write_bytes(broken)
        assert cli.main(["feedback", "ps1", "--course", str(folder), "--student", "ned", "--student", "bob"]) == 1
        assert "LOOK  ned files: " in capsys.readouterr().out
        page = Page(folder / "feedback" / "ned" / "ps1" / "files.html")
        assert "2 of 2 points" in page.text and "It could not be made into a page." in page.text
    reasons = [entry["reasons"] for entry in review.read_queue(Course(folder), "ps1") if entry["student"] == "ned"]
    assert len(reasons) == 1 and reasons[0][0].startswith("feedback: no page of it can be made: ")
    assert cli.main(["review", "ps1", "--course", str(folder), "--student", "ned"]) == 0
    assert "no page of it can be made" in capsys.readouterr().out
    path.write_bytes(good)
    assert cli.main(["feedback", "ps1", "--course", str(folder), "--student", "ned"]) == 0
    assert "2 pages in" in capsys.readouterr().out
    assert [entry for entry in review.read_queue(Course(folder), "ps1") if entry["student"] == "ned"] == []


def test_pages_in_another_folder_and_students_who_are_not_there(folder, tmp_path, capsys):
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "mine.txt").write_text("stays")
    out = ["--out", str(tmp_path), "--json", "--student", "bob"]
    assert cli.main(["feedback", "ps1", "--course", str(folder), *out]) == 0
    assert {Path(each["path"]).parent for each in json.loads(capsys.readouterr().out)} == {tmp_path / "bob"}
    assert sorted(path.name for path in (tmp_path / "bob").iterdir()) == [
        "basics.html",
        "files.html",
        "mine.txt",
        "timestamp.txt",
    ]
    with pytest.raises(InputError, match="no submission of 'zoe' is graded"):
        writing.write_feedback(Course(folder), "ps1", students=["zoe"])


def test_nbgraders_own_feedback_shows_no_hidden_test_in_this_course(folder):
    from nbgrader.converters import GenerateFeedback
    from nbgrader.coursedir import CourseDirectory

    config = Course(folder).config
    config.GenerateFeedback = Course(ROOT).config.GenerateFeedback
    names = {"assignment_id": "ps1", "student_id": "bob", "feedback_directory": "theirs"}
    converter = GenerateFeedback(coursedir=CourseDirectory(root=str(folder), **names), config=config)
    converter.start()
    page = (folder / "theirs" / "bob" / "ps1" / "basics.html").read_text()
    assert "double(1) must be 2" in page and "a hidden test failed" in page
    assert [part for part in HIDDEN if part in page] == []


def test_folder_that_cannot_be_written_stops_nobody(folder, tmp_path):
    (tmp_path / "bob").write_text("in the way")
    pages = writing.write_feedback(Course(folder), "ps1", out=tmp_path)
    assert [(each["student"], each["notebook"]) for each in pages if each["error"]] == [("bob", "")]
    assert len(list(tmp_path.rglob("*.html"))) == 4
    assert "feedback: " in review.read_queue(Course(folder), "ps1")[0]["reasons"][0]
    writing.write_feedback(Course(folder), "ps1")
    assert review.read_queue(Course(folder), "ps1") == []


def test_endless_notebook_takes_no_endless_time(folder):
    source = {"cell_type": "markdown", "metadata": {}, "source": "[" * 5_000}
    picture = {**source, "source": "![x](data:image/png;base64," + "A" * 400_000 + ")"}
    notebook = {"cells": [picture, *[source] * 100]}
    parts = cells.read_parts(notebook, Course(folder).clearing, lambda address: None)[1]
    assert [cells.TOO_LONG in part.text for part in parts] == [False] * 60 + [True] * 41
