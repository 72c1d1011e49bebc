"""Proofs of a release: a good sheet holds, and every planted fault is refused with its cell and the reason."""

import shutil
import sys
from pathlib import Path

import pytest

from seglab.authoring import notebooks
from seglab.errors import InputError
from seglab.grading import proofs
from seglab.grading.modes import reduced

sys.path.insert(0, str(Path(__file__).parent))
import any_course

ROOT = Path(__file__).parents[2]
SHEET = "ex01_scale"
ANSWER = '''\
def scale(x, factor):
    """Return `factor` times `x`."""
    ### BEGIN SOLUTION
    scaled = factor * np.asarray(x)
    return scaled
    ### END SOLUTION'''
VALUES = """\
assert scale([1], 2).tolist() == [2], "twice 1 is 2"
### BEGIN HIDDEN TESTS
x = np.random.default_rng().random(5)
np.testing.assert_allclose(scale(x, 3.0), 3 * x)
### END HIDDEN TESTS"""
SHAPE = """\
### BEGIN HIDDEN TESTS
assert scale(np.ones((2, 3)), 2).shape == (2, 3)
### END HIDDEN TESTS"""
SAVED = """\
import os
if not os.path.exists("numbers.npz"):
    raise NotImplementedError("Question 2: numbers.npz is missing")
numbers = np.load("numbers.npz", allow_pickle=False)["numbers"]
### BEGIN HIDDEN TESTS
assert len(numbers) == 3
### END HIDDEN TESTS"""
ONLY_ONES = '"""Forgets the factor."""\n\nCELL = "q1-scale"\nLOSES = {"q1-test-values": 2}\n\n\ndef scale(x, factor):\n'
SAME = ONLY_ONES + "    return np.asarray(x)\n"
REFERENCE = """\
import io

import numpy as np


def saved(count):
    file = io.BytesIO()
    np.savez(file, numbers=np.zeros(count))
    return {"numbers.npz": file.getvalue()}


def hand_in(source):
    assert source.is_file()
    return saved(3)
"""
TOO_FEW = '''\
"""Saves two numbers."""

LOSES = {"q2-test-saved": 1}


def hand_in(source, reference):
    return reference.saved(2)
'''


def cell(kind, name, source, role=None, points=None):
    metadata = notebooks.graded_metadata(name, role, points) if role else {}
    return {"cell_type": kind, "id": name, "metadata": metadata, "source": source}


class Course:
    """A course with one sheet, whose release nbgrader does not need to make again for every fault."""

    def __init__(self, folder):
        self.folder = folder
        self.cells = {
            "title": cell("markdown", "title", "# Scale"),
            "setup": cell("code", "setup", "import numpy as np"),
            "lecture": cell("code", "lecture", "shown = np.arange(10)\nprint(shown)"),
            "q1-heading": cell("markdown", "q1-heading", "### Question 1 - Scale (3 points)"),
            "q1-scale": cell("code", "q1-scale", ANSWER, "answer"),
            "q1-test-values": cell("code", "q1-test-values", VALUES, "test", 2),
            "q1-test-shape": cell("code", "q1-test-shape", SHAPE, "test", 1),
            "q2-test-saved": cell("code", "q2-test-saved", SAVED, "test", 1),
            "q3-why": cell("markdown", "q3-why", "Because.", "manual", 5),
        }
        shutil.copy(ROOT / "grader_config.py", folder)
        (folder / "solutions" / SHEET).mkdir(parents=True)
        self.answers = folder / "tests" / "answers" / SHEET
        self.answers.mkdir(parents=True)
        self.answer("forgets", ONLY_ONES + "    return 1.0 * np.asarray(x)\n")
        self.answer("_reference", REFERENCE)
        self.answer("too_few", TOO_FEW)

    def answer(self, name, text):
        (self.answers / f"{name}.py").write_text(text)

    def replace(self, name, old, new):
        assert old in self.cells[name]["source"]
        self.cells[name]["source"] = self.cells[name]["source"].replace(old, new)

    def write(self):
        notebook = notebooks.clean({"cells": list(self.cells.values())})
        notebooks.write(notebook, self.folder / "solutions" / SHEET / f"{SHEET}.ipynb")

    def prove(self):
        """Prove the sheet with a release that is made here."""
        self.write()
        made = self.folder / "made"
        made.mkdir()
        released = []
        for each in self.cells.values():
            source = each["source"].split("### BEGIN HIDDEN TESTS")[0]
            if "### BEGIN SOLUTION" in source:
                source = source.split("### BEGIN SOLUTION")[0] + 'raise NotImplementedError("Question 1: Scale")'
            released.append({**each, "source": source})
        stamped = notebooks.clean({"cells": released})
        stamped["metadata"]["seglab"] = {"sheet": SHEET}
        notebooks.write(stamped, made / f"{SHEET}.ipynb")
        return proofs._prove(SHEET, proofs.Course(self.folder), made, None)


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path)


def test_a_good_sheet_is_proven_and_then_released(course):
    course.write()
    (course.folder / "solutions" / SHEET / "table.csv").write_text("1,2\n")
    seen = []
    path, lines = proofs.prove_and_release(SHEET, course.folder, lambda *news: seen.append(news))
    assert lines == [
        "the solution gets all 4 points, in one process and through the judge",
        "the release gets none, fails only with NotImplementedError, and shows neither a solution nor a hidden test",
        "2 wrong answers lose exactly their points, in one process and through the judge",
        f"note: no wrong answer in tests/answers/{SHEET} fails q1-test-shape",
    ]
    assert [news[:2] for news in seen] == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert path == course.folder / "labs" / SHEET / f"{SHEET}.ipynb"
    before = path.read_bytes()
    course.replace("q1-scale", "factor * np", "1 * np")
    course.write()
    with pytest.raises(InputError, match="the solution: cell q1-test-values gives 0 of 2 points in one process"):
        proofs.prove_and_release(SHEET, course.folder)
    assert path.read_bytes() == before and (path.parent / "table.csv").exists()


# What is wrong: the cell, old text and new text, and what the message says.
FAULTS = {
    "the solution fails a hidden test": (
        ("q1-scale", "factor * np", "2 * np"),
        "the solution: cell q1-test-values gives 0 of 2 points in one process: AssertionError: .*Not equal",
    ),
    "a cell of the lecture raises": (
        ("lecture", "print(shown)", "print(show)"),
        "the solution: cell lecture raises NameError in one process: name 'show'",
    ),
    "the solution ends its process": (
        ("q1-scale", "return scaled", "import os; os._exit(1)"),
        r"the solution: does not come to its end in one process: the process ended \(1\) in cell q1-test-values",
    ),
    "a test needs the student's own object": (
        ("q1-test-shape", "assert scale", "import inspect\nassert inspect.getsource(scale)\nassert scale"),
        "the solution: cell q1-test-shape gives 0 of 1 points through the judge: .*@probe",
    ),
    "a test prints a warning": (
        ("q1-test-shape", "### END", "import sys\nprint('careful', file=sys.stderr)\n### END"),
        "cell q1-test-shape gives 0 of 1 points in one process: Partial: it printed to stderr: careful",
    ),
    "points for nothing": (
        ("q1-test-shape", "assert scale(np.ones((2, 3)), 2).shape == (2, 3)", "assert True"),
        "the release: cell q1-test-shape must fail with NotImplementedError in one process, but it passes",
    ),
    "the release fails for another reason": (
        ("q2-test-saved", 'raise NotImplementedError("Question 2: numbers.npz is missing")', "pass"),
        "the release: cell q2-test-saved must fail with NotImplementedError in one process, but FileNotFoundError",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_sheet_is_refused(course, fault):
    change, message = FAULTS[fault]
    course.replace(*change)
    with pytest.raises(InputError, match=message):
        course.prove()


# What the file of a wrong answer holds, and what the message says.
WRONG = {
    "it is right": (
        ONLY_ONES + "    return factor * np.asarray(x)\n",
        "loses 0 points of q1-test-values in one process",
    ),
    "it loses more": (
        ONLY_ONES + "    return np.ravel(x)\n",
        r"wrong\.py: loses 1 points of q1-test-shape in one process, LOSES says 0 \(AssertionError",
    ),
    "it loses less": (
        ONLY_ONES.replace('": 2}', '": 2, "q1-test-shape": 1}') + "    return np.asarray(x)\n",
        "loses 0 points of q1-test-shape in one process, LOSES says 1",
    ),
    "it fools one process, not the judge": (
        ONLY_ONES.replace("values", "shape").replace(": 2", ": 1")
        + "    np.testing.assert_allclose = lambda *arrays: None\n    return np.full(np.shape(x) or 1, 2)[:1]\n",
        "loses 2 points of q1-test-values through the judge, LOSES says 0",
    ),
    "no such test": (SAME.replace("q1-test-values", "q1-test"), "LOSES names 'q1-test', which is no test"),
    "too many points": (SAME.replace(": 2", ": 3"), "takes 3 points from q1-test-values, which gives 2"),
    "no Python": (SAME.replace("return", "return =", 1), r"wrong\.py: no Python: invalid syntax, line 8"),
    "no such cell": (SAME.replace('"q1-scale"', '"q1"'), "CELL is 'q1', which is no cell"),
    "no files": (TOO_FEW.replace("reference.saved(2)", "[1, 2]"), "hand_in must return a dict"),
    "an error": (TOO_FEW.replace("saved(2)", "save(2)"), "hand_in raises AttributeError"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_answer_with_other_points_is_refused(course, fault):
    text, message = WRONG[fault]
    course.answer("wrong", text)
    with pytest.raises(InputError, match=message):
        course.prove()


def test_what_no_test_can_feel_is_left_out_for_wrong_answers(course):
    master = {"cells": list(course.cells.values())}
    short, _ = reduced(master, [])
    assert [each["id"] for each in short["cells"]] == [name for name in course.cells if name != "lecture"]
    uses = {**course.cells["q1-scale"], "source": "def scale(x, factor):\n    return shown[x]"}
    short, (wrong,) = reduced(master, [{"cells": list({**course.cells, "q1-scale": uses}.values())}])
    assert len(short["cells"]) == len(wrong["cells"]) == len(course.cells)


def test_a_sheet_of_any_course_is_proven_and_released_where_the_course_has_it(tmp_path):
    course = any_course.make(tmp_path / "vision")
    before = {path for path in course.rglob("*") if "__pycache__" not in path.parts}
    path, lines = proofs.prove_and_release("ps1", course)
    assert path == course / "release" / "ps1" / "basics.ipynb"
    assert lines[:2] == [
        "the solution gets all 8 points, in one process and through the judge",
        "the release gets none, and shows neither a solution nor a hidden test",
    ]
    assert sorted(each.name for each in path.parent.iterdir()) == ["basics.ipynb", "files.ipynb", "numbers.txt"]
    after = {each for each in course.rglob("*") if "__pycache__" not in each.parts}
    assert {each.relative_to(course).parts[0] for each in after - before} == {"release"}
    assert "return 2 * x" not in path.read_text() and "default_rng" not in path.read_text()


def test_marks_of_another_course_are_looked_for(tmp_path):
    marks = 'c.ClearSolutions.begin_solution_delimeter = "SECRET"\nc.ClearSolutions.end_solution_delimeter = "PUBLIC"\n'
    course = any_course.make(tmp_path, config=any_course.CONFIG + marks)
    path = course / "source" / "ps1" / "basics.ipynb"
    text = path.read_text().replace("BEGIN SOLUTION", "SECRET").replace("END SOLUTION", "PUBLIC")
    text = text.replace("return 2 * x", "y = 2 * x\\n    return y").replace("# Problem set 1", "y = 2 * x\\nreturn y")
    path.write_text(text)
    with pytest.raises(InputError, match=r"source/ps1/basics\.ipynb: cell title of the release shows a solution of"):
        proofs.prove("ps1", course)
    with pytest.raises(InputError, match=r"the course has no 'ps2'\. Sheets: ps1"):
        proofs.prove("ps2", course)


@pytest.mark.slow
def test_lab_1_is_proven():
    lines = proofs.prove("lab1_fcn_unet", ROOT)
    assert len(lines) == 3 and lines[2].startswith("27 wrong answers lose exactly")
