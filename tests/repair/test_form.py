"""What a master says: roles, what students see of it, and by which names answers are known."""

import re

import pytest

from seglab.authoring.student_form import marker
from seglab.grading.repair import Form, role
from seglab.grading.repair.clearing import Clearing
from seglab.grading.repair.markers import marked, without_markers
from seglab.grading.repair.roles import graded_cells


@pytest.mark.parametrize(
    "kind, flags, expected",
    [
        ("code", {"solution": True}, "solution"),
        ("code", {"solution": True, "grade": True, "points": 2}, "manual"),
        ("code", {"grade": True, "points": 2, "locked": True}, "test"),
        ("code", {"locked": True}, "setup"),
        ("markdown", {"solution": True, "grade": True}, "manual"),
        ("markdown", {"solution": True}, "manual"),
        ("markdown", {"grade": True}, "manual"),
        ("markdown", {"task": True, "locked": True, "points": 3}, "task"),
        ("markdown", {"locked": True}, "text"),
        ("raw", {}, "text"),
    ],
)
def test_roles(small, kind, flags, expected):
    assert role(small.cell("x", kind, "a", **flags)) == expected


def test_cells_that_nobody_marked(small):
    assert role(small.cell("x")) == "setup" and role(small.cell("x", "markdown")) == "text"
    assert role({"cell_type": "code", "metadata": {"seglab": {"role": "helper"}}}) == "helper"
    assert role({"cell_type": "code", "metadata": None}) == "setup"


def test_graded_cells_are_in_order_with_their_points(lab):
    cells = graded_cells(lab.release)
    assert len(cells) == len(lab.release["cells"])
    assert sum(cell.points for cell in cells) == 20
    assert [cell.grade_id for cell in cells if cell.role == "manual"] == [
        "q5-gallery",
        "q6-what-and-why",
        "q6-how-sure",
    ]


@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_the_marker_that_the_release_writes_is_the_one_that_is_read(kind):
    line = marker("q2-iou", kind)
    assert marked(line) == "q2-iou" and marked(f"  {line}  ") == "q2-iou"
    assert without_markers(f"{line}\nx = 1") == "x = 1"


def test_what_students_see_is_what_nbgrader_releases(lab):
    """The real release differs by markers, by the question in the stub and by the badge only."""
    form = Form(lab.source)
    for cell, released in zip(form.cells, lab.release["cells"], strict=True):
        theirs = without_markers(released["source"])
        if cell.is_slot:
            theirs = re.sub(r"NotImplementedError\(.*\)", "NotImplementedError()", theirs)
        if cell.position:
            assert cell.visible.rstrip() == theirs.rstrip(), cell.name


def test_both_masters_know_the_same_names(lab):
    forms = [Form(lab.source), Form(lab.release), Form(lab.source, release=lab.release)]
    assert forms[0].owner == forms[1].owner == forms[2].owner
    assert forms[0].owner["fcn8s_fusion"] == "q1-fusion" and forms[0].owner["conv_block"] == "q2-unet"


def test_variables_that_tests_wait_for_are_known_from_the_visible_part(small):
    form = Form(small.variables())
    assert form.owner == {}
    assert form.weak == {"p1": {"ordered", "first"}, "p2": {"count"}, "p3": frozenset()}


def test_no_form_holds_a_solution(small):
    form = Form(small.variables())
    assert "sorted(data)" not in str([cell.cell for cell in form.cells])
    assert "search is fast" not in str([cell.cell for cell in form.cells])


def test_whole_cell_answers_of_a_release_are_kept_only_where_they_are_stubs(small):
    stub = small.answer("# YOUR CODE HERE\nraise NotImplementedError()", "a")
    full = small.answer("secret = 42", "b")
    form = Form(small.book(stub, full))
    assert form.slots["a"].visible == stub["source"]
    assert form.slots["b"].visible == Clearing().code_stub


def test_a_released_answer_with_nbgraders_checksum_is_what_students_got(small):
    from nbformat.v4 import new_code_cell, new_notebook
    from nbgrader.preprocessors import ComputeChecksums

    given = new_code_cell("price = ...  # fill in", metadata=small.answer("", "a")["metadata"])
    notebook, _ = ComputeChecksums().preprocess(new_notebook(cells=[given]), {})
    form = Form(dict(notebook))
    assert form.slots["a"].visible == "price = ...  # fill in"
    notebook.cells[0].source = "price = 42"
    assert Form(dict(notebook)).slots["a"].visible == Clearing().code_stub


def test_marks_of_another_course(small):
    clearing = Clearing(
        begin_solution="[[", end_solution="]]", code_stub="...", begin_hidden_tests="((", end_hidden_tests="))"
    )
    cells = [
        small.answer("def f():\n    # [[\n    return 1\n    # ]]", "a"),
        small.test("assert f()\n# ((\nassert f() == 1\n# ))", "b"),
    ]
    form = Form(small.book(*cells), clearing=clearing)
    assert form.slots["a"].visible == "def f():\n    ..."
    assert form.by_id["b"].visible == "assert f()" and "f() == 1" in form.by_id["b"].cell["source"]


def test_ids_are_legal_and_unique_whatever_the_grade_ids(small):
    cells = [small.answer("pass", "Frage 1 (ü)"), small.answer("pass", "Frage 1 (ö)"), small.answer("pass", "x" * 99)]
    form = Form(small.book(*cells))
    ids = [cell.cell["id"] for cell in form.cells]
    assert len(set(ids)) == 3 and all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in ids)
    assert list(form.slots) == ["Frage 1 (ü)", "Frage 1 (ö)", "x" * 99]
