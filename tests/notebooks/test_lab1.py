"""Lab 1 through nbgrader and the judge: reference, untouched release and every wrong answer get their points."""

import itertools
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from nbgrader.api import Gradebook
from PIL import Image

from seglab.authoring import notebooks
from seglab.authoring.answers import answers_of, reference_files
from seglab.authoring.lint import lint_notebooks
from seglab.authoring.release import release
from seglab.datasets import unseen
from seglab.grading.autograde import autograde_submissions
from seglab.grading.course import Course
from seglab.grading.runner import grade

ROOT = Path(__file__).parents[2]
LAB = "lab1_fcn_unet"
SOLUTION = ROOT / "solutions" / LAB / f"{LAB}.ipynb"
ANSWERS = answers_of(LAB, ROOT)
POINTS = {
    "q1-fusion-test-shape": 1,
    "q1-fusion-test-sum": 1,
    "q2-unet-test-shape": 1,
    "q2-unet-test-wiring": 1,
    "q3-run-test-unet": 2,
    "q3-run-test-margin": 2,
    "q4-constant-test-accuracy": 1,
    "q4-constant-test-mean-iou": 1,
}
PREAMBLE = ("title", "setup", "settings")
BY_HAND = {"q5-gallery": 4, "q6-what-and-why": 4, "q6-how-sure": 2}


def side_by_side(answers):
    """Put one wrong answer per question into each submission: questions are independent, and runs are slow."""
    by_question = [list(group) for _, group in itertools.groupby(answers, key=lambda answer: answer.path.name[:2])]
    return [tuple(filter(None, row)) for row in itertools.zip_longest(*by_question)]


WRONG = {f"wrong{number}": row for number, row in enumerate(side_by_side(ANSWERS))}


def hand_in(folder, wrong=()):
    """Write a submission: a notebook, and the two prediction files.

    A wrong one keeps only the cells that its points depend on: nobody needs the lecture to be run nine times.
    """
    notebook = notebooks.read(SOLUTION)
    if wrong:
        needed = [cell for cell in notebook["cells"] if cell["id"] in PREAMBLE or "nbgrader" in cell["metadata"]]
        notebook["cells"] = needed
    files = reference_files(ROOT / "tests" / "answers" / LAB, SOLUTION)
    for answer in wrong:
        if answer.cell is None:
            files = answer.files(SOLUTION)
        else:
            answer.put_into(notebook)
    folder.mkdir(parents=True)
    notebooks.write(notebook, folder / f"{LAB}.ipynb")
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course of its own, so that nothing is written into the repository."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "grader_config.py", folder)
    shutil.copytree(SOLUTION.parent, folder / "solutions" / LAB)
    return folder


@pytest.fixture(scope="module")
def released(course):
    return release(LAB, course)


@pytest.fixture(scope="module")
def graded(course, released, tmp_path_factory):
    """Results by student, and the folder with the autograded notebooks."""
    root = tmp_path_factory.mktemp("handed-in")
    hand_in(root / "reference")
    (root / "untouched").mkdir()
    shutil.copy(released, root / "untouched")
    for student, wrong in WRONG.items():
        hand_in(root / student, wrong)
    work = root / "graded"
    students = {name: root / name for name in ("reference", "untouched", *WRONG)}
    results = autograde_submissions(course, LAB, students, work)
    return {result["student"]: result for result in results}, work / "autograded"


def errors_in(folder, student):
    notebook = json.loads((folder / student / LAB / f"{LAB}.ipynb").read_text(encoding="utf-8"))
    outputs = [(cell["id"], output) for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return [(cell, output["ename"]) for cell, output in outputs if output["output_type"] == "error"]


def earned(result):
    return {name: points for name, (points, _) in result["questions"].items() if name in POINTS}


def test_the_sheet_keeps_the_rules(released):
    assert lint_notebooks([SOLUTION]) == []
    assert lint_notebooks([released]) == []


def test_the_points_are_those_of_the_syllabus(graded):
    results, _ = graded
    reference = results["reference"]
    assert {name: most for name, (_, most) in reference["questions"].items()} == POINTS | BY_HAND
    assert reference["max_score"] == 10 and reference["manual_max"] == 10


def test_the_reference_gets_all_points_without_a_single_error(graded):
    results, folder = graded
    assert results["reference"]["error"] is None
    assert earned(results["reference"]) == POINTS
    assert errors_in(folder, "reference") == []


def test_the_untouched_release_gets_nothing_and_says_what_is_missing(graded):
    results, folder = graded
    assert earned(results["untouched"]) == dict.fromkeys(POINTS, 0)
    errors = errors_in(folder, "untouched")
    assert {kind for _, kind in errors} == {"NotImplementedError"}
    assert {cell for cell, _ in errors} >= set(POINTS)


@pytest.mark.parametrize("student", WRONG)
def test_every_wrong_answer_loses_exactly_its_points(graded, student):
    results, _ = graded
    lost = {}
    for answer in WRONG[student]:
        lost |= answer.loses
    assert earned(results[student]) == {name: most - lost.get(name, 0) for name, most in POINTS.items()}


@pytest.mark.parametrize(
    "students", [["reference", "untouched", "wrong0"], pytest.param(list(WRONG)[1:], marks=pytest.mark.slow)]
)
def test_the_judge_gives_what_nbgrader_gives(graded, course, students):
    results, autograded = graded
    for student in students:
        shutil.copytree(autograded.parents[1] / student, course / "submitted" / student / LAB)
    summary = grade(Course(course), LAB, students=students, allow_weak=True)
    assert summary.errors == summary.queue == []
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "seglab") as gradebook:
        for student in students:
            (notebook,) = gradebook.find_submission(LAB, student).notebooks
            points = {
                each.name: (None if each.needs_manual_grade else each.score, each.max_score) for each in notebook.grades
            }
            assert points == results[student]["questions"], student


def test_the_wrong_answers_cover_every_test():
    assert len(ANSWERS) >= 10
    lost = {name for answer in ANSWERS for name in answer.loses}
    assert lost == set(POINTS)


def test_the_release_holds_no_secret(released):
    text = released.read_text(encoding="utf-8").lower()
    for secret in (f"{unseen.seed_of(SOLUTION):x}", "UNSEEN_SEED", "BEGIN HIDDEN", "BEGIN SOLUTION", "unseen.draw"):
        assert secret.lower() not in text


@pytest.mark.slow
def test_the_solution_runs_from_top_to_bottom_and_its_files_get_all_points(course, tmp_path):
    """The real thing: FAST training on this machine, and nbgrader over what it wrote."""
    folder = execute(tmp_path / "run", SOLUTION)
    assert (folder / "failure_gallery.png").is_file() and (folder / "unet.weights.h5").is_file()
    (result,) = autograde_submissions(course, LAB, {"author": folder}, tmp_path / "graded")
    assert result["error"] is None and result["score"] == 10


@pytest.mark.slow
def test_the_full_profile_trains_on_own_photos_too(tmp_path, monkeypatch):
    """FULL's path on tiny data: a few photos with trimaps, one epoch, few filters."""
    rng = np.random.default_rng(0)
    for kind, ending in (("images", "jpg"), ("trimaps", "png")):
        (tmp_path / "pets" / kind).mkdir(parents=True)
        for number in range(24):
            trimap = rng.integers(1, 4, (5, 6), np.uint8).repeat(10, 0).repeat(10, 1)
            picture = trimap if kind == "trimaps" else rng.integers(0, 256, (*trimap.shape, 3), np.uint8)
            Image.fromarray(picture).save(tmp_path / "pets" / kind / f"cat_{number}.{ending}")
    notebook = notebooks.read(SOLUTION)
    settings = next(cell for cell in notebook["cells"] if cell["id"] == "settings")
    settings["source"] += (
        "\nimport dataclasses\n"
        "RECIPE = dataclasses.replace(RECIPE, epochs=1, base_filters=4)\n"
        'SHAPES_COUNT = {"train": 16, "val": 8, "test": 8}\n'
        'OWN_OPTIONS = {"size": 64}\n'
    )
    small = tmp_path / f"{LAB}.ipynb"
    notebooks.write(notebook, small)
    monkeypatch.setenv("SEGLAB_PROFILE", "full")
    monkeypatch.setenv("SEGLAB_DATA", f"folder:{tmp_path / 'pets'}")
    # One epoch is not enough for the points of question 3.
    folder = execute(tmp_path / "run", small, expected_failures={"q3-run-test-unet", "q3-run-test-margin"})
    outputs = {cell["id"]: cell.get("outputs", []) for cell in notebooks.read(folder / "executed.ipynb")["cells"]}
    assert "".join(outputs["settings"][0]["text"]).startswith("FULL: Recipe(")
    printed = "".join("".join(output.get("text", "")) for output in outputs["own-train"])
    assert "FCN-8s   mIoU " in printed and "U-Net    mIoU " in printed
    assert any("image/png" in output.get("data", {}) for output in outputs["own-train"])
    assert unseen.read_predictions(folder / "predictions_unet.npz").shape == (24, 64, 64)


def execute(folder, source, *, expected_failures=frozenset()):
    """Run a notebook as a student does, in a folder of its own, and return the folder."""
    import nbformat
    from nbclient import NotebookClient

    folder.mkdir()
    shutil.copy(source, folder / f"{LAB}.ipynb")
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell["id"] in expected_failures:
            cell.metadata["tags"] = ["raises-exception"]
    environment = {
        name: value for name, value in os.environ.items() if name not in ("NBGRADER_EXECUTION", "MPLBACKEND")
    }
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))
    client = NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment)
    nbformat.write(notebook, folder / "executed.ipynb")
    return folder
