"""Each rule finds the fault planted for it, names the cell, and says what to do."""

import pytest

from seglab.authoring import bibliography, notebooks, rules, sheet_rules
from seglab.authoring.cells import Notebook
from seglab.authoring.lint import RULES, find_notebooks, lint_notebooks
from seglab.errors import InputError

LESSON = "course/week01_double.ipynb"
SHEET = "solutions/ex01_double/ex01_double.ipynb"


def swap(name, cell_id, old, new):
    """Return a fault: text of one cell replaced."""
    return lambda course: course.replace(name, cell_id, old, new)


def change(name, edit):
    """Return a fault: `edit(notebook, cells by id)`."""
    return lambda course: course.edit(name, edit)


def source(cell_id, text):
    def edit(notebook, cells):
        cells[cell_id]["source"] = text

    return edit


def add(kind, name, text, role=None, points=None, after=2):
    def edit(notebook, cells):
        new = {"cell_type": kind, "id": name, "source": text}
        new["metadata"] = notebooks.graded_metadata(name, role, points) if role else {}
        if kind == "code":
            new |= {"execution_count": None, "outputs": []}
        notebook["cells"].insert(after, new)

    return edit


def set_metadata(cell_id, key, value):
    def edit(notebook, cells):
        cells[cell_id]["metadata"][key] = value

    return edit


def set_nbgrader(cell_id, key, value):
    def edit(notebook, cells):
        cells[cell_id]["metadata"]["nbgrader"][key] = value

    return edit


def rename(old, new, everywhere=False):
    def edit(notebook, cells):
        cells[old]["id"] = new
        if everywhere:
            cells[old]["metadata"]["id"] = cells[old]["metadata"]["nbgrader"]["grade_id"] = new

    return edit


def drop(*names):
    def edit(notebook, cells):
        notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in names]

    return edit


def indent_by_two(course):
    path = course.path(LESSON)
    path.write_text(path.read_text().replace('\n "', '\n  "'))


def store_output(notebook, cells):
    cells["show-one"]["outputs"] = [{"name": "stdout", "output_type": "stream", "text": ["6\n"]}]


def leave_the_course(course):
    course.path("grader_config.py").unlink()


LONG = "\n".join(f"x{number} = {number}" for number in range(26))
WEAK = "assert not (np.abs(np.ones(3) - 1) > 1e-6).any()"
IN_HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"

# rule, the fault, the cell it is found in, part of the message
FAULTS = [
    ("title", swap(LESSON, "title", "# Week", "Week"), "title", "first cell must be Markdown"),
    ("title", change(LESSON, rename("title", "head")), "title", "first cell must be Markdown"),
    ("own_badge", swap(LESSON, "title", "week01_double", "week02_other"), "title", "badge must open this file"),
    ("own_badge", leave_the_course, "title", "no course"),
    ("question_of_the_week", swap(LESSON, "title", "number?**", "number.**"), "title", "no question of the week"),
    ("outcomes", swap(LESSON, "title", "- test it\n", ""), "title", "3 to 5 bullets"),
    ("outcomes", swap(LESSON, "title", "you can\n", "we do\n"), "title", "found 0"),
    ("time_needed", swap(LESSON, "title", "T4", "GPU"), "title", "names CPU and T4"),
    ("setup_cell", swap(LESSON, "setup", "seed=0", "seed=1"), "setup", "SETUP_CELL"),
    ("setup_cell", change(SHEET, drop("setup")), "setup", "SETUP_CELL"),
    ("code_length", change(LESSON, source("show-one", LONG)), "show-one", "26 lines of code"),
    (
        "code_length",
        swap(SHEET, "q1-double-test-negative", "assert double(-3) == -6", LONG),
        "q1-double-test-negative",
        "26 hidden lines",
    ),
    ("markdown_length", change(LESSON, source("say-one", "word " * 121)), "say-one", "121 words"),
    ("cell_count", change(LESSON, drop("say-one")), "title", "29 cells"),
    ("no_outputs", change(LESSON, store_output), "show-one", "has outputs"),
    ("no_outputs", change(LESSON, lambda _, cells: cells["show-one"].update(execution_count=3)), "show-one", "count"),
    ("python", change(LESSON, source("show-one", "x = = 1")), "show-one", "not valid Python"),
    (
        "format_version",
        change(LESSON, lambda notebook, _: notebook.update(nbformat_minor=4)),
        "title",
        "is of format 4.4",
    ),
    ("format_version", change(LESSON, lambda _, cells: cells["show-one"].pop("outputs")), "title", "no valid notebook"),
    ("readable_ids", change(LESSON, rename("show-one", "a1b2c3d4")), "a1b2c3d4", "id must be words"),
    ("readable_ids", change(LESSON, rename("show-one", "Show_One")), "Show_One", "id must be words"),
    ("readable_ids", change(LESSON, rename("show-one", "show-two")), "show-two", "stands twice"),
    ("minimal_metadata", change(LESSON, set_metadata("show-one", "executionInfo", {})), "show-one", "executionInfo"),
    ("minimal_metadata", change(LESSON, lambda n, _: n["metadata"].pop("accelerator")), "title", "accelerator"),
    (
        "minimal_metadata",
        change(LESSON, lambda n, _: n["metadata"].update(colab={"private_outputs": True})),
        "title",
        "colab",
    ),
    ("one_form", indent_by_two, "title", "sorted"),
    ("alt_text", change(LESSON, source("say-one", "![](figure.png)")), "say-one", "alt text"),
    ("alt_text", change(LESSON, source("say-one", '<img src="figure.png">')), "say-one", "alt text"),
    (
        "arguments_not_globals",
        change(LESSON, source("show-one", "limit = 2\ndef above(x):\n    return x > limit")),
        "show-one",
        "variable limit",
    ),
    ("no_weak_assert", change(LESSON, source("show-one", WEAK)), "show-one", "NaN"),
    ("no_weak_assert", change(LESSON, source("show-one", "assert not np.any(np.ones(2) > 3)")), "show-one", "NaN"),
    (
        "no_weak_assert",
        swap(SHEET, "q1-double-test-negative", "assert double(-3) == -6", WEAK),
        "q1-double-test-negative",
        "NaN",
    ),
    ("prediction", swap(LESSON, "predict", "**Predict:**", "Guess:"), "title", "Predict"),
    ("break_it", swap(LESSON, "break-it", "## Break it", "## Mend it"), "title", "Break it"),
    ("summary", swap(LESSON, "sources", "## Summary", "Summary"), "title", "Summary"),
    ("sources", swap(LESSON, "sources", "## Sources", "## Thanks"), "title", "Sources"),
    ("sources", swap(LESSON, "sources", "## Sources", "## Sources of noise"), "title", "Sources"),
    (
        "sources_by_key",
        swap(LESSON, "sources", "Ann Author", "A. Author"),
        "sources",
        "write (notebooks.tidy does): - [",
    ),
    ("sources_by_key", swap(LESSON, "sources", "[Author2000] ", ""), "sources", "starts with a key"),
    ("sources_by_key", swap(LESSON, "say-one", "Now one.", "As [Author2001] says."), "say-one", "cites Author2001"),
    ("sources_by_key", change(SHEET, add("markdown", "sources", "## Sources\n\n- [Author2000]")), "sources", "write"),
    ("sources_by_key", lambda course: course.path(bibliography.PATH).unlink(), "sources", "cites Author2000"),
    ("one_id", change(SHEET, rename("q1-double", "q1-twice")), "q1-twice", "must agree"),
    ("one_id", change(SHEET, lambda _, cells: cells["q1-double"]["metadata"].pop("id")), "q1-double", "None"),
    ("question_headings", swap(SHEET, "q2-heading", "Question 2", "Question 3"), "title", "found [1, 3]"),
    ("question_headings", swap(SHEET, "q1-heading", " (3 points)", ""), "q1-heading", "the heading must read"),
    ("question_headings", change(SHEET, rename("q1-double", "double", True)), "double", "belongs to no question"),
    ("question_headings", change(SHEET, rename("q1-heading", "q2-twice")), "q2-twice", 'starts with "q1-"'),
    (
        "test_ids",
        change(SHEET, rename("q1-double-test-negative", "q1-negative", True)),
        "q1-negative",
        "id of a test",
    ),
    ("points_agree", change(SHEET, set_nbgrader("q1-double-test-negative", "points", 2)), "q1-heading", "add up to 4"),
    ("manual_is_said", swap(SHEET, "q2-heading", ", manual", ""), "q2-heading", "manual"),
    ("manual_is_said", swap(SHEET, "q1-heading", "points)", "points, manual)"), "q1-heading", "manual"),
    ("training_skipped", change(SHEET, add("code", "fit", "train(1, 2)")), "fit", "trains under grading"),
    (
        "training_skipped",
        change(SHEET, add("code", "fit", "for x in range(2):\n    model.fit(x)")),
        "fit",
        "trains under grading",
    ),
    (
        "answer_regions",
        swap(
            SHEET,
            "q1-double",
            "    ### BEGIN SOLUTION\n    twice = 2 * x\n    return twice\n    ### END SOLUTION",
            "    pass",
        ),
        "q1-double",
        "regions of 1 to 15",
    ),
    (
        "answer_regions",
        swap(SHEET, "q1-double", "    twice = 2 * x\n", "    twice = 2 * x\n" * 15),
        "q1-double",
        "regions of 1 to 15",
    ),
    (
        "answer_regions",
        change(SHEET, source("q1-double", "### BEGIN SOLUTION\ndouble = abs\n### END SOLUTION")),
        "q1-double",
        "top level",
    ),
    ("secrets_in_place", swap(SHEET, "q1-double", "    ### END SOLUTION", ""), "q1-double", "1 BEGIN SOLUTION but 0"),
    ("secrets_in_place", change(SHEET, add("code", "look", IN_HIDDEN.format("x = 1"))), "look", "students would see"),
    (
        "tests_report",
        swap(SHEET, "q1-double-test-positive", '    assert double(1) == 2, "double(1) must be 2"\n', ""),
        "q1-double-test-positive",
        "not valid Python",
    ),
    (
        "tests_report",
        swap(SHEET, "q1-double-test-negative", "# Negative numbers\n", ""),
        "q1-double-test-negative",
        "nothing remains",
    ),
    (
        "tests_report",
        swap(SHEET, "q1-double-test-positive", 'with seglab.check("q1"):', "if True:"),
        "q1-double-test-positive",
        "visible asserts",
    ),
    (
        "tests_report",
        swap(SHEET, "q1-double-test-positive", '"q1"', '"q2"'),
        "q1-double-test-positive",
        "its own question",
    ),
    (
        "hidden_tests",
        change(SHEET, source("q1-double-test-negative", 'with seglab.check("q1"):\n    assert double(-3) == -6')),
        "q1-double-test-negative",
        "visible values alone",
    ),
    (
        "hidden_tests",
        swap(SHEET, "q1-double-test-negative", "assert double(-3) == -6\n", ""),
        "q1-double-test-negative",
        "visible values alone",
    ),
    (
        "hidden_tests",
        change(SHEET, drop("q1-double-test-positive", "q1-double-test-negative")),
        "q1-heading",
        "no hidden tests",
    ),
    (
        "independent_questions",
        change(SHEET, add("code", "q2-use", "double(3)", after=7)),
        "q2-use",
        "uses double from the answer to question 1",
    ),
]


@pytest.mark.parametrize("name", [LESSON, SHEET])
def test_clean_notebook_gives_no_finding(course, name):
    assert lint_notebooks([course.path(name)]) == []


@pytest.mark.parametrize(
    ("rule", "plant", "cell_id", "message"), FAULTS, ids=[f"{fault[0]}-{fault[2]}" for fault in FAULTS]
)
def test_planted_fault_is_found(course, rule, plant, cell_id, message):
    plant(course)
    check = next(each for listed in RULES.values() for each in listed if each.__name__ == rule)
    found = [finding for path in find_notebooks([course.folder]) for finding in check(Notebook.open(path))]
    assert any(where == cell_id and message in text for where, text in found), found


def test_every_rule_has_a_planted_fault():
    everything = {rule.__name__ for listed in RULES.values() for rule in listed}
    # What only a release can break is tested with the release.
    assert everything - {fault[0] for fault in FAULTS} == {"stubs"}


def test_every_rule_of_the_modules_is_listed():
    listed = {rule for rules_of_kind in RULES.values() for rule in rules_of_kind}
    for module in (rules, sheet_rules):
        functions = [
            value for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
        ]
        public = {function for function in functions if not function.__name__.startswith("_")}
        assert public <= listed


def test_allowed_forms_are_not_faults(course):
    training = "if not seglab.under_grading():\n    train(1, 2)"
    course.edit(SHEET, add("code", "fit", training))
    course.edit(SHEET, add("code", "later", "def fit_it(model):\n    model.fit(1)"))
    course.edit(LESSON, source("show-one", "LIMIT = 2\ndef above(x):\n    limit = LIMIT\n    return x > limit"))
    course.edit(LESSON, source("show-two", "limit = 3\n%matplotlib inline\nassert limit > 2"))
    course.replace(LESSON, "say-two", "Now two.", "[Author2000] and `[Author2001]`.")
    course.replace(LESSON, "sources", "2000.", f"2000: many{' words' * 130}\n- GitHub: a/b, issue 7;\n  c/d, issue 8.")
    course.edit(SHEET, add("markdown", "sources", "## Sources\n\n- Lecture: Oltean, *Image segmentation*."))
    course.edit(LESSON, source("say-one", '![A curve that falls](figure.png) <img src="f.png" alt="A map">'))
    assert lint_notebooks([course.folder]) == []


def test_tidy_mends_what_needs_no_author(course):
    course.edit(LESSON, store_output)
    course.edit(LESSON, set_metadata("show-one", "executionInfo", {"user": "x"}))
    course.replace(LESSON, "title", "week01_double", "elsewhere")
    course.replace(LESSON, "setup", "seed=0", "seed=1")
    course.edit(SHEET, lambda _, cells: cells["q1-double"]["metadata"].pop("id"))
    course.edit(LESSON, source("sources", "## Summary\n\nSeen.\n\n## Sources\n\n- [Author2000]: page 7."))
    indent_by_two(course)
    assert lint_notebooks([course.folder])
    for name in (LESSON, SHEET):
        notebooks.tidy(course.path(name))
    assert lint_notebooks([course.folder]) == []
    assert course.read(LESSON)["cells"][-1]["source"].endswith(
        "- [Author2000] Ann Author, *Twice: A Study*, CVPR 2000: page 7."
    )


@pytest.mark.parametrize("work", [notebooks.tidy, lambda path: lint_notebooks([path])], ids=["tidy", "lint"])
def test_wrong_bibliography_is_an_input_error_and_changes_nothing(course, work):
    path = course.path(bibliography.PATH)
    path.write_text(path.read_text().replace("venue", "journal"))
    before = course.path(LESSON).read_bytes()
    with pytest.raises(InputError, match="Author2000: venue is missing"):
        work(course.path(LESSON))
    assert course.path(LESSON).read_bytes() == before


def test_folders_are_searched_without_checkpoints(course):
    hidden = course.path("course/.ipynb_checkpoints")
    hidden.mkdir()
    (hidden / "week01_double-checkpoint.ipynb").write_text("{}")
    assert find_notebooks([course.folder]) == [course.path(LESSON), course.path(SHEET)]


@pytest.mark.parametrize(
    ("text", "message"), [("not json", "cannot be read"), ("[]", "no list of cells"), ("{}", "cells")]
)
def test_broken_file_is_an_input_error_that_names_it(tmp_path, text, message):
    path = tmp_path / "broken.ipynb"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        lint_notebooks([path])
    assert str(path) in str(caught.value)


def test_missing_path_is_an_input_error():
    with pytest.raises(InputError, match=r"nowhere\.ipynb: no such notebook or folder"):
        lint_notebooks(["nowhere.ipynb"])
