"""Every notebook keeps the rules; lessons run from top to bottom and write nothing to stderr."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from seglab.authoring.lint import find_notebooks, lint_notebooks
from seglab.authoring.release import release, sheets
from seglab.authoring.scratch import copy_course
from tests.notebooks.prove_environment import complaints

ROOT = Path(__file__).parents[2]
LESSONS = find_notebooks([ROOT / "course"])
NOTEBOOKS = find_notebooks([ROOT / folder for folder in ("course", "solutions", "labs") if (ROOT / folder).is_dir()])


def lesson(path):
    """A lesson to run here; what trains is left to `pytest --nbval-lax course`, which runs every lesson."""
    trains = re.search(r"\b(fit|train)\(", path.read_text(encoding="utf-8"))
    return pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if trains else [])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem + "-" + path.relative_to(ROOT).parts[0])
def test_notebook_keeps_the_rules(path):
    assert lint_notebooks([path]) == []


@pytest.mark.parametrize("path", [lesson(path) for path in LESSONS])
def test_lesson_runs_from_top_to_bottom(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for cell in notebook.cells:
        assert complaints(cell) == [], cell.id
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sheet", sheets(ROOT))
def test_released_sheet_is_what_its_source_gives(sheet, tmp_path):
    course = copy_course(ROOT, sheet, tmp_path / "course")
    made = release(sheet, course_dir=course).parent
    kept = ROOT / "labs" / sheet
    assert kept.is_dir(), "run `make labs`"
    assert {path.name for path in made.iterdir()} == {path.name for path in kept.iterdir()}, "run `make labs`"
    for path in made.iterdir():
        assert path.read_bytes() == (kept / path.name).read_bytes(), f"run `make labs`: {path.name} is stale"
