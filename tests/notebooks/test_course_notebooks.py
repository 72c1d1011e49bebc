"""Every notebook keeps the rules; lessons run from top to bottom and write nothing to stderr."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from seglab.authoring.lint import find_notebooks, lint_notebooks
from seglab.authoring.release import release, sheets
from seglab.authoring.scratch import copy_course

ROOT = Path(__file__).parents[2]
LESSONS = find_notebooks([ROOT / "course"])
NOTEBOOKS = find_notebooks([ROOT / folder for folder in ("course", "solutions", "labs") if (ROOT / folder).is_dir()])

RIGHT_ANSWERS = {
    "week00_setup": {
        "quiz-wrap": ("wrapped = None", "wrapped = 254"),
        "quiz-shape": ("mask_shape = None", "mask_shape = (96, 128, 3)"),
        "quiz-shrink": (
            '    raise NotImplementedError("one line of slicing is enough")',
            "    return labels[::step, ::step]",
        ),
    }
}
WRONG_ANSWERS = {
    "week00_setup": {
        "quiz-wrap": ("wrapped = None", "wrapped = -2"),
        "quiz-shape": ("mask_shape = None", "mask_shape = (96, 128)"),
        "quiz-shrink": (
            '    raise NotImplementedError("one line of slicing is enough")',
            "    return labels[::step, ::step] / 1.0",
        ),
    }
}


def run(path, folder, answers=None):
    """Run a notebook in a fresh kernel; return its code cells by id."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.id in (answers or {}):
            old, new = answers[cell.id]
            assert old in cell.source
            cell.source = cell.source.replace(old, new)
            cell.metadata["tags"] = ["raises-exception"]  # if the answer is wrong
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(folder)}}).execute()
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}


def panel(cell):
    return next(output.data["text/plain"] for output in cell.outputs if output.output_type == "display_data")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem + "-" + path.relative_to(ROOT).parts[0])
def test_notebook_keeps_the_rules(path):
    assert lint_notebooks([path]) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson_runs_from_top_to_bottom(path, tmp_path):
    for cell_id, cell in run(path, tmp_path).items():
        assert not [output for output in cell.outputs if output.get("name") == "stderr"], cell_id
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", sorted(RIGHT_ANSWERS))
def test_right_answers_turn_the_panels_green(name, tmp_path):
    cells = run(ROOT / "course" / f"{name}.ipynb", tmp_path, RIGHT_ANSWERS[name])
    assert all(panel(cells[cell_id]).endswith(": passed") for cell_id in RIGHT_ANSWERS[name])


@pytest.mark.parametrize("name", sorted(WRONG_ANSWERS))
def test_wrong_answers_are_told_what_is_wrong(name, tmp_path):
    cells = run(ROOT / "course" / f"{name}.ipynb", tmp_path, WRONG_ANSWERS[name])
    assert all("not yet right\n" in panel(cells[cell_id]) for cell_id in WRONG_ANSWERS[name])


@pytest.mark.parametrize("sheet", sheets(ROOT))
def test_released_sheet_is_what_its_source_gives(sheet, tmp_path):
    course = copy_course(ROOT, sheet, tmp_path / "course")
    made = release(sheet, course_dir=course).parent
    kept = ROOT / "labs" / sheet
    assert kept.is_dir(), "run `make labs`"
    assert {path.name for path in made.iterdir()} == {path.name for path in kept.iterdir()}, "run `make labs`"
    for path in made.iterdir():
        assert path.read_bytes() == (kept / path.name).read_bytes(), f"run `make labs`: {path.name} is stale"
