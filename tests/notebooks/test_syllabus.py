"""Every sheet gives the points of the syllabus, and its wrong answers tell each test from its neighbors."""

import collections
import itertools
from pathlib import Path

import pytest

from seglab.authoring import notebooks
from seglab.authoring.answers import answers_of
from seglab.authoring.release import sheets
from seglab.grading.proofs import prove

ROOT = Path(__file__).parents[2]
POINTS = {  # of the syllabus, by question
    "ex01_labels": (2, 2, 1, 1, 2),
    "ex02_metrics": (2, 3, 1, 1, 2, 2, 1),
    "ex03_upsampling": (3, 2, 2, 2, 1, 2),
    "ex04_fcn": (3, 3, 2, 1, 1, 5),
    "ex05_unet": (3, 2, 2, 2, 2, 2, 1),
    "ex06_losses": (2, 2, 2, 1, 1, 3, 1),
    "ex07_context": (2, 2, 1, 2, 2, 2, 1),
    "ex08_mask_rcnn": (2, 2, 2, 3, 2, 1),
    "ex09_yolact_solo": (2, 2, 1, 2, 3),
    "ex10_panoptic": (3, 3, 1, 1, 2),
    "capstone": (2, 8),  # besides 20 that a person gives, and outside of the others' sum
}
SHEETS = [name for name in sheets(ROOT) if name in POINTS]


def points_of(sheet):
    """Points of every test cell; what a person reads is left out."""
    cells = notebooks.read(ROOT / "solutions" / sheet / f"{sheet}.ipynb")["cells"]
    known = {cell["id"]: cell["metadata"].get("nbgrader", {}) for cell in cells}
    return {name: each["points"] for name, each in known.items() if "points" in each and not each.get("solution")}


def test_every_sheet_has_its_points():
    assert {name for name in sheets(ROOT) if not name.startswith("lab")} == set(POINTS)


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_points_are_those_of_the_syllabus(sheet):
    by_question = collections.Counter()
    for name, points in points_of(sheet).items():
        by_question[name.split("-")[0]] += points
    assert tuple(by_question[f"q{number + 1}"] for number in range(len(by_question))) == POINTS[sheet]


@pytest.mark.parametrize("sheet", SHEETS)
def test_wrong_answers_tell_every_test_from_its_neighbors(sheet):
    """Of the tests of one question, every two are told apart by a mistake that fails just one of them."""
    answers = answers_of(sheet, ROOT)
    lost = [set(answer.loses) for answer in answers]
    assert len(answers) >= 8
    assert set().union(*lost) == set(points_of(sheet))
    for one, other in itertools.combinations(points_of(sheet), 2):
        same_question = one.split("-")[0] == other.split("-")[0]
        assert not same_question or any((one in names) != (other in names) for names in lost), (one, other)


@pytest.mark.slow
@pytest.mark.parametrize("sheet", SHEETS)
def test_the_sheet_is_proven_in_both_modes(sheet):
    lines = prove(sheet, ROOT)
    assert any(f"all {sum(POINTS[sheet])} points" in line for line in lines)
    assert not [line for line in lines if line.startswith("note")]
