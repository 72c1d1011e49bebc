"""Week 1: what the lessons say in numbers, their quizzes, and the points and proof of the sheet."""

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from seglab.authoring import notebooks
from seglab.authoring.answers import answers_of
from seglab.datasets import synthetic
from seglab.datasets.streets import CAR, STREETS, THINGS, streets
from seglab.grading.proofs import prove
from seglab.labels import decode_panoptic, ids_to_rgb, rgb_to_ids
from seglab.transforms import resize_image, resize_labels

ROOT = Path(__file__).parents[2]
SHEET = "ex01_labels"
POINTS = {  # of the syllabus, by question
    "q1": {"q1-colors-test-paint": 1, "q1-colors-test-read": 1},
    "q2": {"q2-split-test-labels": 1, "q2-split-test-instances": 1},
    "q3": {"q3-count-test-both": 1},
    "q4": {"q4-border-test-both": 1},
    "q5": {"q5-resize-test-labels": 1, "q5-resize-test-image": 1},
}
TESTS = {name: points for tests in POINTS.values() for name, points in tests.items()}
IMPORTS = """
import numpy as np
import seglab
from seglab.datasets.streets import STREETS
from seglab.labels import rgb_to_ids
"""
# By lesson and cell: what stands in place of None, once right and once wrong.
QUIZZES = {
    "week01a_tasks": {
        "quiz-id": ('"person"', '"car"'),
        "quiz-count": ("2", "4"),
        "quiz-task": ('"semantic"', '"panoptic"'),
    },
    "week01b_labels": {
        "quiz-color": ("522", "12"),
        "quiz-average": ("{2, 3}", "{1, 2, 3, 4}"),
        "quiz-border": ("1400", "1500"),
    },
}
CASES = [(lesson, cell) for lesson, cells in QUIZZES.items() for cell in cells]


def cells_of(path):
    return {cell["id"]: cell for cell in notebooks.read(path)["cells"]}


@pytest.mark.parametrize("lesson", QUIZZES)
def test_every_quiz_is_tried(lesson):
    cells = cells_of(ROOT / "course" / f"{lesson}.ipynb")
    quizzes = [name for name in cells if 'seglab.check("Quiz' in cells[name]["source"]]
    assert quizzes == list(QUIZZES[lesson])


@pytest.mark.parametrize(("lesson", "cell"), CASES)
def test_a_quiz_knows_right_from_wrong(lesson, cell):
    source = cells_of(ROOT / "course" / f"{lesson}.ipynb")[cell]["source"]
    right, wrong = QUIZZES[lesson][cell]
    assert source.count("= None\n") == 1
    exec(IMPORTS + source, {})  # open, it stops nothing
    exec(IMPORTS + source.replace("= None\n", f"= {right}\n"), {})
    with pytest.raises(AssertionError):
        exec(IMPORTS + source.replace("= None\n", f"= {wrong}\n"), {})


def test_the_street_of_lesson_a_has_what_its_text_says():
    """Three cars that touch, several persons; one car behind a person; two objects with the number 1."""
    panoptic = streets(1, size=(180, 300), seed=36)[1][0]
    assert panoptic.size == 54_000
    objects = [one for one in np.unique(panoptic).tolist() if one // 1000 in THINGS]
    assert [one for one in objects if one // 1000 == CAR] == [4001, 4002, 4003]
    assert len(objects) > 5
    assert [one for one in objects if one % 1000 == 1] == [4001, 5001]
    assert ndimage.label(panoptic == 4001)[1] > 1
    assert ndimage.binary_dilation(panoptic == 4001)[panoptic == 4003].any()


def test_perfect_masks_do_not_count():
    """Cells merge in every picture of lesson 1a; cars are counted right in some, wrong in most."""
    cell_maps = synthetic.cells(40, size=96, seed=2)[1]
    assert all(ndimage.label(one > 0)[1] < one.max() for one in cell_maps)
    right = 0
    for street in streets(40, seed=3)[1]:
        mask = street // 1000 == CAR
        right += ndimage.label(mask)[1] == len(np.unique(street[mask]))
    assert 5 <= right <= 20


def test_the_real_pictures_come_without_a_download(monkeypatch):
    def refuse(*_):
        raise AssertionError("a download")

    monkeypatch.setattr("socket.socket.connect", refuse)
    from skimage import data

    shapes = {name: getattr(data, name)().shape[:2] for name in ("coins", "cell", "immunohistochemistry", "retina")}
    assert shapes["coins"] == (303, 384)
    assert shapes["retina"] == (1411, 1411)


def test_the_ids_of_lesson_b():
    """Averaging makes objects nobody drew: the numbers that the text promises, and the sky and the car to be found."""
    panoptic = streets(1, size=(144, 240), seed=18)[1][0]
    averaged = resize_image(panoptic[..., None].astype(np.float32), (72, 120))[..., 0].astype(np.int32)
    assert 10 <= len(np.unique(panoptic)) <= 14
    assert len(np.unique(averaged)) > 100
    assert len(np.unique(resize_labels(panoptic, (72, 120)))) == len(np.unique(panoptic))
    ids, areas = np.unique(averaged[38:68, 60:110], return_counts=True)
    categories, numbers = decode_panoptic(ids)
    assert ((categories == STREETS.index("sky")) & (numbers > 0)).any()
    assert ((categories == CAR) & (areas == 1)).any()
    assert ids_to_rgb(np.array([[4002]])).tolist() == [[[162, 15, 0]]]
    assert 4001 % 256 == 4257 % 256
    assert rgb_to_ids(np.array([[[10, 2, 0]]])).tolist() == [[522]]


def test_the_shifts_of_lesson_b():
    """Away from the edge, an averaged block of eight has its middle 3.5 to the right of the slice."""
    ramp = np.tile(np.arange(64, dtype=np.float32), (8, 1))
    averaged = resize_image(ramp[..., None], (1, 8))[0, 1:5, 0]
    np.testing.assert_allclose(averaged - ramp[0, ::8][1:5], 3.5, atol=1e-4)
    np.testing.assert_allclose(resize_labels(ramp, (1, 8))[0, 1:5] - averaged, 0.5, atol=1e-4)


def test_the_points_are_those_of_the_syllabus():
    cells = cells_of(ROOT / "solutions" / SHEET / f"{SHEET}.ipynb")
    found = {name: cell["metadata"].get("nbgrader", {}).get("points") for name, cell in cells.items()}
    assert {name: points for name, points in found.items() if points is not None} == TESTS
    assert sum(TESTS.values()) == 8
    assert [len(tests) for tests in POINTS.values()] == [2, 2, 1, 1, 2]


def test_wrong_answers_tell_every_test_from_its_neighbors():
    """Of two tests of one question, each is failed alone by some mistake."""
    lost = [set(answer.loses) for answer in answers_of(SHEET, ROOT)]
    assert len(lost) >= 8
    assert all({name} in lost for name in TESTS)


@pytest.mark.slow
def test_the_sheet_is_proven_in_both_modes():
    assert not [line for line in prove(SHEET, ROOT) if line.startswith("note")]
