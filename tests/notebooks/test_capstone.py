"""The capstone's notebook: what it says agrees with what is judged, and what it trains earns all points."""

import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from seglab.authoring import notebooks
from seglab.authoring.lint import lint_notebooks
from seglab.capstone import TRACKS, contract, interview
from seglab.grading import capstone
from seglab.grading.autograde import autograde_submissions

ROOT = Path(__file__).parents[2]
SOLUTION = ROOT / "solutions" / "capstone" / "capstone.ipynb"
RELEASE = ROOT / "labs" / "capstone" / "capstone.ipynb"


@pytest.fixture(scope="module")
def cells():
    return {cell["id"]: cell for cell in notebooks.read(SOLUTION)["cells"]}


def test_it_keeps_the_rules():
    assert lint_notebooks([SOLUTION, RELEASE]) == []


def test_a_person_gives_twenty_points(cells):
    known = [cell["metadata"].get("nbgrader", {}) for cell in cells.values()]
    assert sum(each.get("points", 0) for each in known if each.get("solution")) == 20


def test_the_limits_in_the_text_are_those_of_the_interview(cells):
    text = cells["q1-question"]["source"]
    for part in (
        f"{interview.FIRST_SECONDS} s for loading and the first image",
        f"{interview.SECONDS:g} s for each further one",
        f"at most {contract.MOST_MB} MB each",
    ):
        assert part in text
    assert interview.LATE == 3 and "third late image" in text


def test_the_shift_in_the_text_is_the_judges(cells):
    text = cells["beat-why"]["source"]
    (low, high), (under, over) = capstone.GAIN, capstone.OFFSET
    assert round(1 - low, 9) == round(high - 1, 9) and under == -over
    assert f"by up to {high - 1:.0%}".replace("%", " %") in text and f"plus or minus {over}" in text
    assert "a standard deviation of {} to {}".format(*capstone.NOISE) in text
    assert capstone.CANDIDATES == 3 and "the fullest of three" in text
    code = cells["shift-see"]["source"]
    assert f"gain={high - 1:.2f}, offset={over}, noise={capstone.NOISE}" in code


def test_the_release_gives_neither_the_judge_nor_an_answer_away():
    text = RELEASE.read_text(encoding="utf-8")
    for secret in ("examine", "seglab.grading", "hidden_images", "cut_objects", "BEGIN ", "overlooks"):
        assert secret not in text, secret
    assert all(name in text for name in TRACKS)


@pytest.mark.slow
@pytest.mark.parametrize("track", TRACKS)
def test_what_the_notebook_trains_earns_all_points(track, tmp_path):
    """The real thing: FAST training on this machine, and nbgrader over what it wrote."""
    notebook = nbformat.read(SOLUTION, as_version=4)
    for cell in notebook.cells:
        cell.source = re.sub(r'^TRACK = "cells"', f'TRACK = "{track}"', cell.source)
    folder = tmp_path / "run"
    folder.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "NBGRADER_EXECUTION"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))
    client = NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment)
    assert {path.name for path in folder.iterdir()} == {"predict.py", "weights.safetensors", "failure_gallery.png"}
    shutil.copy(SOLUTION, folder)
    (result,) = autograde_submissions(ROOT, "capstone", {"author": folder}, tmp_path / "graded")
    assert result["error"] is None and result["score"] == 10, result
