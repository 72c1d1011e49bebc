"""The comment bank: what is said stands with the answer, costs once, and is counted."""

import json
import sys
from pathlib import Path

import pytest

from seglab import cli
from seglab.errors import InputError
from seglab.grading.course import Course
from seglab.grading.records import audit, comments, review, waiting
from seglab.grading.records.templates import open_gradebook

sys.path.insert(0, str(Path(__file__).parent))
import any_course
import graded
from graded import quick_gradebooks  # noqa: F401 - a fixture

BANK = """
[q3.units]
text = "Say the **unit**."
points_off = 0.5
[q3.why]
text = "Why?"
points_off = 5
[q1.style]
text = "Shorter names."
[q1.late]
text = "No."
points_off = 1
[q5-mean.file]
text = "The path is an argument."
points_off = 0.25
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory, quick_gradebooks):  # noqa: F811
    folder = any_course.make(tmp_path_factory.mktemp("course"))
    any_course.hand_in(folder, "ann", any_course.RIGHT)
    any_course.hand_in(folder, "bob", any_course.RIGHT)
    verdicts = {"basics": graded.FULL, "files": {"q5-mean": (1.0, 2, graded.HIDDEN)}}
    doubt = {("ann", "files"): ["q5: found by similarity only"]}
    graded.merge(folder, {"ann": verdicts, "bob": verdicts}, doubt)
    comments.bank_path(Course(folder), "ps1").parent.mkdir()
    comments.bank_path(Course(folder), "ps1").write_text(BANK)
    return folder


def give(folder, *arguments, **options):
    facts = comments.give_comment(Course(folder), "ps1", *arguments, **options)
    return facts["points"], facts["changed"]


def read(folder, student, notebook, answer, question=None):
    with open_gradebook(Course(folder)) as book:
        said = book.find_comment(answer, notebook, "ps1", student).manual_comment
        grade = book.find_grade(question or answer, notebook, "ps1", student)
        return said, grade.manual_score, grade.needs_manual_grade


def test_comments_add_up_and_cost_once(folder):
    assert give(folder, "ann", "q3", "units") == (4.5, True)
    assert give(folder, "ann", "q3", "units") == (4.5, False)
    assert read(folder, "ann", "basics", "q3") == ("Say the **unit**.", 4.5, False)
    assert give(folder, "ann", "q3", "why") == (0.0, True)  # never less than nothing
    assert read(folder, "ann", "basics", "q3")[:2] == ("Say the **unit**.\n\nWhy?", 0.0)
    assert give(folder, "ann", "basics/q3", "why", points=3) == (3.0, True)
    assert give(folder, "ann", "q3", "units", points=3) == (3.0, False)


def test_comment_on_a_test_stands_with_the_answer_and_settles_the_doubt(folder):
    course = Course(folder)
    assert [entry["student"] for entry in review.read_queue(course, "ps1")] == ["ann"]
    assert give(folder, "ann", "q5-mean", "file") == (0.75, True)
    assert read(folder, "ann", "files", "q5", "q5-mean") == ("The path is an argument.", 0.75, False)
    assert "files" not in {each.notebook for each in waiting.list_waiting(course, "ps1")}
    assert review.read_queue(course, "ps1") == []


def test_answer_without_points_takes_comments_only(folder):
    assert give(folder, "bob", "q1", "style") == (None, True)
    for options in ({}, {"points": 1}):
        with pytest.raises(InputError, match="q1 gives no points of its own: name one of its tests"):
            give(folder, "bob", "q1", "late", **options)


def test_command_gives_a_comment_counts_it_and_logs_it(folder, capsys):
    assert cli.main(["review", "ps1", "--course", str(folder), "--comment", "bob", "q3", "units"]) == 0
    assert capsys.readouterr().out == "bob basics/q3, 4.5 of 5 points: Say the **unit**.\n"
    assert cli.main(["review", "ps1", "--course", str(folder), "--bank"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "q3",
        "    units            0.5 off, given 2 times: Say the **unit**.",
        "    why              5 off, given 1 times: Why?",
    ]
    assert cli.main(["review", "ps1", "--course", str(folder), "--bank", "--json"]) == 0
    assert {row["key"]: row["used"] for row in json.loads(capsys.readouterr().out)} == {
        **{"units": 2, "why": 1, "style": 1},
        **{"late": 0, "file": 1},
    }
    events = [json.loads(line) for line in (folder / ".seglab" / "audit.jsonl").read_text().splitlines()]
    assert events[-1]["event"] == "commented" and (events[-1]["student"], events[-1]["points"]) == ("bob", 4.5)
    assert audit.check(folder / ".seglab" / "audit.jsonl") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ann", "q9", "units"), "has no 'q9'"),
        (("ann", "q3", "nope"), "has no 'nope' for q3. Comments: units, why"),
        (("zoe", "q3", "units"), "no submission of 'zoe' is graded"),
    ],
)
def test_what_is_unknown_is_named(folder, arguments, message):
    with pytest.raises(InputError, match=message):
        give(folder, *arguments)
    with pytest.raises(InputError, match="q3 gives 0 to 5, got 6"):
        give(folder, "ann", "q3", "units", points=6)
    assert cli.main(["review", "ps1", "--course", str(folder), "--points", "1"]) == 2
    assert cli.main(["review", "--course", str(folder), "--bank"]) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[q3", "is no TOML file"),
        ("[q9.a]\ntext = 'x'", "'q9' is no question of ps1"),
        ("q3 = 1", "q3 must hold comments"),
        ("[q3.a]\nwords = 'x'", "q3.a must hold text"),
        ("[q3.a]\ntext = ''", "text must be one paragraph"),
        ("[q3.a]\ntext = 'x'\npoints_off = -1", "points_off must be a number"),
    ],
)
def test_bank_that_is_wrong_says_where(tmp_path, text, message):
    course = Course(any_course.make(tmp_path))
    assert comments.read_bank(course, "ps1") == {}
    comments.bank_path(course, "ps1").parent.mkdir(parents=True)
    comments.bank_path(course, "ps1").write_text(text)
    with pytest.raises(InputError, match=message):
        comments.read_bank(course, "ps1")


def test_example_is_a_bank(tmp_path):
    course = Course(any_course.make(tmp_path))
    comments.bank_path(course, "ps1").parent.mkdir(parents=True)
    comments.bank_path(course, "ps1").write_text(comments.EXAMPLE)
    assert comments.read_bank(course, "ps1") == {"q3": {"units": comments.Saved("Say the unit.", 0.5)}}
