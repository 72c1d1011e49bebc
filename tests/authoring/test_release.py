"""The real nbgrader makes the students' version; what would give something away is refused."""

import hashlib
import json
import shutil

import nbformat
import pytest

from seglab import about
from seglab.authoring import release as release_module
from seglab.authoring.cells import Notebook
from seglab.authoring.lint import lint_notebooks
from seglab.authoring.release import last_error, release, sheets
from seglab.authoring.sheet_rules import stubs
from seglab.errors import InputError

NAME = "ex01_double"
SHEET = f"solutions/{NAME}/{NAME}.ipynb"
LAB = f"labs/{NAME}/{NAME}.ipynb"


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def lab_cells(course):
    return {cell["id"]: cell for cell in course.read(LAB)["cells"]}


def generate_instead(monkeypatch, released, change):
    """Let nbgrader make what it made before, spoiled by `change(path)`."""

    def spoiled(folder, *arguments):
        shutil.copytree(released.path(f"labs/{NAME}"), folder / "labs" / NAME)
        change(folder / LAB)
        return True, ""

    monkeypatch.setattr(release_module, "run_nbgrader", spoiled)


def test_release_passes_the_lint_and_nbformat(released):
    assert lint_notebooks([released.path(LAB)]) == []
    nbformat.validate(nbformat.read(released.path(LAB), as_version=4))


def test_stub_names_its_question_and_raises(released):
    source = lab_cells(released)["q1-double"]["source"]
    assert source.splitlines()[0] == "# seglab: q1-double (keep this line)"
    assert '    raise NotImplementedError("Question 1: Twice")' in source
    names = {}
    exec(source, names)
    with pytest.raises(NotImplementedError, match="Question 1: Twice"):
        names["double"](1)


def test_nothing_secret_is_left(released):
    text = released.path(LAB).read_text()
    for secret in ("twice = 2", "HIDDEN", "SOLUTION", "default_rng", "-6", "reference report"):
        assert secret not in text
    assert "assert double(1) == 2" in text.replace('\\"', '"')


def test_manual_answer_asks_for_text(released):
    assert lab_cells(released)["q2-report"]["source"].endswith("YOUR ANSWER HERE")


def test_every_cell_can_be_found_again_after_colab(released):
    for name, cell in lab_cells(released).items():
        assert cell["metadata"]["id"] == name
        assert cell["metadata"].get("nbgrader", {}).get("grade_id", name) == name


def test_badge_opens_the_released_file(released):
    title = lab_cells(released)["title"]["source"]
    assert f"/blob/{about.tag()}/{LAB})" in title and "solutions" not in title


def test_stamp_says_which_release_of_which_sheet(released):
    stamp = released.read(LAB)["metadata"]["seglab"]
    assert stamp["sheet"] == NAME and len(stamp["release"]) == 12 and stamp["version"]


def test_files_beside_the_notebook_are_released(released):
    assert released.path(f"labs/{NAME}/table.csv").read_text() == "class,color\n"


def test_nothing_else_stays_behind(released):
    assert sorted(path.name for path in released.folder.iterdir()) == [
        "course",
        "docs",
        "grader_config.py",
        "labs",
        "solutions",
    ]
    assert [path.name for path in released.path("labs").iterdir()] == [NAME]


def test_same_source_gives_the_same_bytes_and_removes_what_is_stale(released, monkeypatch, tmp_path):
    before = digests(released.path(f"labs/{NAME}"))
    released.path(f"labs/{NAME}/stale.txt").write_text("from an older release")
    monkeypatch.chdir(tmp_path)
    assert release(NAME, course_dir=released.folder) == released.path(LAB)
    assert digests(released.path(f"labs/{NAME}")) == before


def test_sheets_are_listed(course):
    course.path("solutions/notes").mkdir()
    assert sheets(course.folder) == [NAME]


def test_solution_repeated_in_the_text_is_refused(course, released, monkeypatch):
    told, hint = "Say what you saw.", "    twice = 2 * x\n    return twice"
    course.replace(SHEET, "q2-heading", told, hint)
    generate_instead(
        monkeypatch, released, lambda path: path.write_text(path.read_text().replace(told, json.dumps(hint)[1:-1]))
    )
    with pytest.raises(InputError, match="q2-heading of the release shows a solution of cell q1-double"):
        release(NAME, course_dir=course.folder)
    assert not course.path("labs").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("twice = 2 * x", "shows a solution"),
        ("assert double(-3) == -6", "shows a hidden test"),
        ("### BEGIN HIDDEN TESTS", "shows a hidden test"),
    ],
)
def test_what_nbgrader_leaves_is_refused_and_the_old_release_stays(released, monkeypatch, text, message):
    before = digests(released.path(f"labs/{NAME}"))

    def change(path):
        path.write_text(path.read_text().replace("# Negative numbers", text))

    generate_instead(monkeypatch, released, change)
    with pytest.raises(InputError, match=message):
        release(NAME, course_dir=released.folder)
    assert digests(released.path(f"labs/{NAME}")) == before


def test_stub_that_does_not_raise_is_refused(released, monkeypatch):
    def change(path):
        path.write_text(path.read_text().replace("raise NotImpl", "pass  # NotImpl"))

    generate_instead(monkeypatch, released, change)
    with pytest.raises(InputError, match=r"q1-double of the release does not raise NotImplementedError\(\"Question 1"):
        release(NAME, course_dir=released.folder)


def test_lint_of_a_release_finds_marks_and_missing_stubs(released, tmp_path):
    text = released.path(LAB).read_text()
    for old, new, cell_id in (
        ("raise NotImpl", "return NotImpl", "q1-double"),
        ("# Negative", "# BEGIN SOLUTION", "q1-double-test-negative"),
    ):
        path = tmp_path / "spoiled.ipynb"
        path.write_text(text.replace(old, new))
        assert [found for found, _ in stubs(Notebook.open(path))] == [cell_id]


def test_what_nbgrader_rejects_is_one_line_that_says_why(course):
    course.edit(SHEET, lambda _, cells: cells["q1-double"]["metadata"]["nbgrader"].update(grade_id="q2-report"))
    with pytest.raises(InputError, match=r"nbgrader cannot release it: .*q2-report") as caught:
        release(NAME, course_dir=course.folder)
    assert "\n" not in str(caught.value)


def test_unknown_sheet_and_folder(course, tmp_path):
    with pytest.raises(InputError, match=f"no solutions/ex99/ex99.ipynb in the course. Sheets: {NAME}"):
        release("ex99", course_dir=course.folder)
    with pytest.raises(InputError, match=r"no course: it has no grader_config\.py"):
        release(NAME, course_dir=course.path("solutions"))


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("[GenerateApp | ERROR] No notebooks\n[GenerateApp | INFO] done", "No notebooks"),
        (
            "\x1b[31m[A | ERROR] x\x1b[m\nnbgrader.v3.ValidationError: Duplicate\n",
            "nbgrader.v3.ValidationError: Duplicate",
        ),
        ("", "no message"),
    ],
)
def test_last_error(log, message):
    assert last_error(log) == message
