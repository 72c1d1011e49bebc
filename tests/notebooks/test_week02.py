"""Week 2: the points of the sheet, its proof, the numbers that the lessons tell, and their quizzes."""

import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from seglab import metrics
from seglab.authoring.answers import answers_of
from seglab.grading.proofs import prove

ROOT = Path(__file__).parents[2]
SHEET = "ex02_metrics"
POINTS = {  # of the syllabus, by question
    "q1": {"q1-confusion-test-counts": 1, "q1-confusion-test-ignore": 1},
    "q2": {"q2-means-test-exclude": 1, "q2-means-test-truth": 1, "q2-means-test-one-and-zero": 1},
    "q3": {"q3-dice-test-pairs-and-mean": 1},
    "q4": {"q4-two-means-test-absent": 1},
    "q5": {"q5-metric-test-stream": 1, "q5-metric-test-compile": 1},
    "q6": {"q6-boundary-test-strip": 1, "q6-boundary-test-iou": 1},
    "q7": {"q7-rectangles-test-any": 1},
}
TESTS = {name: points for tests in POINTS.values() for name, points in tests.items()}
QUIZZES = {  # by lesson and cell: what replaces "None", and one plausible wrong answer
    "week02a_metrics": {"quiz-twice-too-large": ("0.5", "2 / 3"), "quiz-dice": ("2 / 3", "8 / 9")},
    "week02b_boundaries": {"quiz-strip": ("64", "80"), "quiz-threshold": ('"recall"', '"precision"')},
}


def test_the_points_are_those_of_the_syllabus():
    cells = json.loads((ROOT / "solutions" / SHEET / f"{SHEET}.ipynb").read_text(encoding="utf-8"))["cells"]
    found = {cell["id"]: cell["metadata"].get("nbgrader", {}).get("points") for cell in cells}
    assert {name: points for name, points in found.items() if points is not None} == TESTS
    assert sum(TESTS.values()) == 12
    assert [len(tests) for tests in POINTS.values()] == [2, 3, 1, 1, 2, 2, 1]


def test_wrong_answers_tell_every_test_from_its_neighbors():
    """Of two tests of one question, each is failed alone by some mistake, or is not failed where the other is."""
    answers = answers_of(SHEET, ROOT)
    lost = [set(answer.loses) for answer in answers]
    assert len(answers) >= 8 and set().union(*lost) == set(TESTS)
    for question, tests in POINTS.items():
        patterns = {frozenset(names) for names in lost if any(name.startswith(question) for name in names)}
        assert len(patterns) >= len(tests), question


@pytest.mark.slow
def test_the_sheet_is_proven_in_both_modes():
    lines = prove(SHEET, ROOT)
    assert not [line for line in lines if line.startswith("note")]


@pytest.mark.parametrize("lesson", QUIZZES)
def test_the_quizzes_know_right_from_wrong(lesson, tmp_path):
    """One kernel: the set-up cell, then each quiz with the right and with the wrong answer."""
    cells = {cell.id: cell for cell in nbformat.read(ROOT / "course" / f"{lesson}.ipynb", as_version=4).cells}
    quizzes = [name for name in cells if name.startswith("quiz") and cells[name].cell_type == "code"]
    assert quizzes == list(QUIZZES[lesson])
    chosen = [cells["setup"]]
    for name, answers in QUIZZES[lesson].items():
        for answer in answers:
            source = cells[name].source.replace("= None", f"= {answer}", 1)
            chosen.append(nbformat.v4.new_code_cell(source, metadata={"tags": ["raises-exception"]}))
    notebook = nbformat.v4.new_notebook(cells=chosen)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    panels = [cell.outputs[0].data["text/plain"].split("\n")[0] for cell in notebook.cells[1:]]
    verdicts = [panel.rsplit(": ", 1)[1] for panel in panels]
    assert verdicts == ["passed", "not yet right"] * len(quizzes)


def test_the_numbers_of_lesson_a():
    """What the text of the lesson says, from the definitions."""
    blue, red = np.zeros((2, 14, 14), int)
    blue[2:10, 2:10] = red[4:12, 4:12] = 1
    counts = metrics.confusion_matrix(blue, red, 2)
    assert counts[1, 1] == 36 and counts.sum() - counts[0, 0] == 92
    assert metrics.iou_per_class(counts)[1].round(4) == 0.3913
    assert metrics.dice_per_class(counts)[1] == 0.5625

    nothing = metrics.confusion_matrix(np.repeat([0, 1], [9900, 100]), np.zeros(10_000, int), 2)
    assert (metrics.pixel_accuracy(nothing), metrics.mean_iou(nothing)) == (0.99, 0.495)

    y_true, y_pred = np.array([0, 0, 0, 0, 1, 1, 1, 255]), np.array([0, 0, 0, 1, 1, 1, 2, 2])
    tiny = metrics.confusion_matrix(y_true, y_pred, 4, ignore_class=255)
    rules = {"exclude": 0.4167, "truth": 0.6250, "one": 0.5625, "zero": 0.3125}
    assert {rule: round(metrics.mean_iou(tiny, absent=rule), 4) for rule in rules} == rules
    assert 21 * 20 + 20 == 440 and 440 % 256 == 184 == 21 * 8 + 16


def test_the_numbers_of_lesson_b():
    for side, iou, dice in ((12, 0.8462, 0.9167), (256, 0.9922, 0.9961), (4, 0.6, 0.75)):
        y_true, y_pred = np.zeros((2, side + 8, side + 8), np.uint8)
        y_true[4:-4, 4:-4] = y_pred[4:-4, 5:-3] = 1
        counts = metrics.confusion_matrix(y_true, y_pred, 2)
        assert metrics.iou_per_class(counts)[1].round(4) == iou
        assert metrics.dice_per_class(counts)[1].round(4) == dice
        assert np.isclose(metrics.boundary_iou(y_true, y_pred, 2, distance=1)[1], 1 / 3)
