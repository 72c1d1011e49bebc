"""Any nbgrader course: its own configuration decides, and nbgrader reads it the same way."""

import json
import os
from pathlib import Path

import pytest

from seglab.errors import InputError
from seglab.grading.course import DEFAULTS, Course
from seglab.grading.repair.clearing import Clearing

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_configuration_of_the_user(monkeypatch, tmp_path_factory):
    empty = str(tmp_path_factory.mktemp("no-config"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", empty)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", empty)


def put(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def as_nbgrader_reads(folder, monkeypatch):
    """The same course through nbgrader's own application."""
    from nbgrader.apps import NbGrader

    monkeypatch.chdir(folder)
    NbGrader.clear_instance()
    app = NbGrader()
    app.initialize([])
    NbGrader.clear_instance()
    return app.coursedir


def test_a_course_without_configuration_has_the_default_folders(tmp_path, monkeypatch):
    put(tmp_path / "source" / "ps1" / "a.ipynb", "{}")
    course = Course(tmp_path)
    assert course.config_file_name is None and course.clearing == Clearing()
    assert course.sheets() == ["ps1"]
    theirs = as_nbgrader_reads(tmp_path, monkeypatch)
    for name, default in DEFAULTS.items():
        value = getattr(theirs, name)
        assert (tuple(value) if isinstance(value, list) else value) == default == getattr(course, name)
    assert course.db_url == theirs.db_url


def test_the_defaults_of_marks_and_stubs_are_nbgraders():
    from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions

    solutions, tests, schemes, ours = ClearSolutions(), ClearHiddenTests(), ClearMarkScheme(), Clearing()
    assert (ours.begin_solution, ours.end_solution) == (
        solutions.begin_solution_delimeter,
        solutions.end_solution_delimeter,
    )
    assert (ours.begin_hidden_tests, ours.end_hidden_tests) == (tests.begin_test_delimeter, tests.end_test_delimeter)
    assert ours.begin_mark_scheme == schemes.begin_mark_scheme_delimeter
    assert ours.end_mark_scheme == schemes.end_mark_scheme_delimeter
    assert (ours.code_stub, ours.text_stub) == (solutions.code_stub["python"], solutions.text_stub)


def test_this_course_with_and_without_nbgraders_file_name(tmp_path, monkeypatch):
    for folder, name in ((ROOT, "nbgrader_config"), (tmp_path, "grader_config")):
        put(tmp_path / "grader_config.py", (ROOT / "grader_config.py").read_text(encoding="utf-8"))
        course = Course(folder)
        assert course.config_file_name == name
        assert (course.course_id, course.source_directory, course.release_directory) == ("seglab", "solutions", "labs")
    assert Course(ROOT).sheets() == sorted(path.parent.name for path in ROOT.glob("solutions/*/*.ipynb"))


CONFIG = """
c = get_config()
c.CourseDirectory.course_id = " deep "
c.CourseDirectory.source_directory = "teachers"
c.CourseDirectory.directory_structure = "{assignment_id}/{nbgrader_step}/{student_id}"
c.CourseDirectory.db_url = "postgresql://nobody@localhost/grades"
c.ClearSolutions.begin_solution_delimeter = "ANSWER FROM HERE"
c.ClearSolutions.code_stub = {"python": "pass", "R": "stop()"}
c.ClearHiddenTests.begin_test_delimeter = "SECRET FROM HERE"
c.Execute.timeout = 7
load_subconfig("more.py")
"""


def test_a_configuration_of_its_own_is_read_as_nbgrader_reads_it(tmp_path, monkeypatch):
    put(tmp_path / "nbgrader_config.py", CONFIG)
    put(tmp_path / "more.py", "c.CourseDirectory.submitted_directory = 'in [2026]'\n")
    put(tmp_path / "nbgrader_config.json", json.dumps({"CourseDirectory": {"feedback_directory": "back"}}))
    put(tmp_path / "ps 1" / "teachers" / "two.ipynb", "{}")
    put(tmp_path / "ps 1" / "teachers" / "one.ipynb", "{}")
    put(tmp_path / "ps 1" / "teachers" / ".hidden.ipynb", "{}")
    put(tmp_path / "empty" / "teachers" / "data.csv")
    for student in ("zoë", "ann+", "bob"):
        put(tmp_path / "ps 1" / "in [2026]" / student / "one.ipynb", "{}")
    put(tmp_path / "ps 1" / "in [2026]" / "note.txt")
    course = Course(tmp_path)
    assert course.sheets() == ["ps 1"]
    assert course.notebooks("ps 1") == ["one", "two"] and course.notebooks("nothing") == []
    assert course.submissions("ps 1") == ["ann+", "bob", "zoë"] and course.submissions("empty") == []
    assert course.clearing.begin_solution == "ANSWER FROM HERE" and course.clearing.end_solution == "END SOLUTION"
    assert course.clearing.code_stub == "pass" and course.clearing.begin_hidden_tests == "SECRET FROM HERE"
    assert course.config.Execute.timeout == 7
    theirs = as_nbgrader_reads(tmp_path, monkeypatch)
    for name in (*DEFAULTS, "db_url"):
        value = getattr(theirs, name)
        assert getattr(course, name) == (tuple(value) if isinstance(value, list) else value), name
    for step, student in (("source", "."), ("release", "."), ("submitted", "bob"), ("feedback", "bob")):
        path = theirs.format_path(getattr(theirs, f"{step}_directory"), student, "ps 1")
        assert course.folder(step, "ps 1", student) == Path(os.path.normpath(path))


def test_old_spellings_and_a_root_elsewhere(tmp_path, monkeypatch):
    put(
        tmp_path / "nbgrader_config.py",
        "c.NbGrader.course_directory = 'inner'\nc.NbGrader.source_directory = 'old'\nc.Exchange.course_id = 'x1'\n",
    )
    put(tmp_path / "inner" / "old" / "ps1" / "a.ipynb", "{}")
    course = Course(tmp_path)
    assert course.root == tmp_path / "inner" and course.sheets() == ["ps1"] and course.course_id == "x1"
    assert course.db_url == f"sqlite:///{tmp_path / 'inner' / 'gradebook.db'}"
    theirs = as_nbgrader_reads(tmp_path, monkeypatch)
    assert (theirs.root, theirs.source_directory, theirs.course_id) == (str(course.root), "old", "x1")


def test_an_absolute_folder_outside_of_the_course(tmp_path):
    other = tmp_path / "other[1]"
    put(other / "ps1" / "a.ipynb", "{}")
    put(tmp_path / "course" / "nbgrader_config.py", f"c.CourseDirectory.source_directory = {str(other)!r}\n")
    course = Course(tmp_path / "course")
    assert course.sheets() == ["ps1"] and course.folder("source", "ps1") == other / "ps1"


def test_the_users_configuration_stands_below_the_courses(tmp_path, monkeypatch):
    put(
        tmp_path / "user" / "nbgrader_config.py",
        "c.CourseDirectory.course_id = 'mine'\nc.CourseDirectory.root = '/elsewhere'\n"
        "c.CourseDirectory.release_directory = 'out'\n",
    )
    put(tmp_path / "course" / "nbgrader_config.py", "c.CourseDirectory.course_id = 'this'\n")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "user"))
    course = Course(tmp_path / "course")
    assert (course.course_id, course.release_directory, course.root) == ("this", "out", tmp_path / "course")


def test_a_configuration_may_import_what_lies_beside_it(tmp_path):
    import sys

    put(tmp_path / "names_of_a_test_course.py", "NAME = 'beside'\n")
    put(
        tmp_path / "nbgrader_config.py",
        "import names_of_a_test_course\nc.CourseDirectory.course_id = names_of_a_test_course.NAME\n",
    )
    path, folder = list(sys.path), os.getcwd()
    assert Course(tmp_path).course_id == "beside"
    assert sys.path == path and os.getcwd() == folder
    sys.modules.pop("names_of_a_test_course")


def test_errors_name_the_file_and_the_reason(tmp_path):
    with pytest.raises(InputError, match="no such course folder"):
        Course(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"has no my_config\.py"):
        Course(tmp_path, config_file_name="my_config")
    put(tmp_path / "nbgrader_config.py", "c.CourseDirectory.course_id = 1 / 0\n")
    with pytest.raises(InputError, match=r"nbgrader_config\.py: cannot be run: ZeroDivisionError"):
        Course(tmp_path)


@pytest.mark.parametrize(
    "step, sheet, student",
    [
        ("source", "..", "."),
        ("submitted", "ps1", ".."),
        ("submitted", "ps1", "a/b"),
        ("source", "", "."),
        ("x", "a", "."),
    ],
)
def test_no_name_leads_out_of_the_course(tmp_path, step, sheet, student):
    with pytest.raises(InputError):
        Course(tmp_path).folder(step, sheet, student)
