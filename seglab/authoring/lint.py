"""Check notebooks against the course's rules, one small function per rule.

`lint_notebooks(paths)` returns findings of the form `path:cell-id: message`; a clean notebook gives none.
What a notebook must look like:

Every notebook
    - Cell 1 (Markdown, id `title`): `# Title`; the badge `badges.badge(path)` of this very file; a line that asks the
      question of the week and ends with `?`; a line that ends with `you can`, followed by 3 to 5 bullets (`- ...`);
      a line `**Time:** ...` that names `CPU` and `T4`.
    - Cell 2 (code, id `setup`): exactly `notebooks.SETUP_CELL`.
    - At most 60 cells; code cells at most 25 lines that are not blank (each hidden part apart: at most 25 more),
      Markdown at most 120 words. Functions use arguments, not variables of the notebook (CONSTANTS are allowed).
    - Ids in words: `iou-by-hand`, not `a1b2c3d4`. No outputs, no execution counts. Images have alt text.
    - nbformat 4.5, the metadata of `notebooks.METADATA`, and the text of `notebooks.dumps`: write with
      `notebooks.write(notebook, path)`, or mend a file with `notebooks.tidy(path)`.
    - Never `assert not (difference > eps).any()`: NaN and empty arrays pass it.
    - Papers are cited by key, `[He2017]`, and stand in `docs/bibliography.toml`. Under a heading `## Sources` stands a
      list of lines like `- [He2017]` or `- [He2017]: its layer.`, which `notebooks.tidy(path)` completes, and of lines
      that start with `GitHub:`, `Documentation:` or `Lecture:`.

A lesson (no cell carries nbgrader metadata) also needs 30 cells or more, a Markdown cell with a line that starts with
`**Predict`, headings (`##` or deeper) that contain `Break it`, and `What you saw` or `Summary`, and one that reads
`Sources`.

A sheet (`solutions/NAME/NAME.ipynb`) also needs questions. For question 2:
    - A heading cell, one per question: `### Question 2 - IoU of one class (3 points)`, or `(10 points, manual)` where a
      person gives the points; its id starts with `q2-`, and so do the ids of all cells of the question. The points of
      the graded cells add up to those in the heading.
    - Every cell with nbgrader metadata: `id == metadata.id == metadata.nbgrader.grade_id`; the metadata comes from
      `notebooks.graded_metadata(id, role, points)` with role `answer`, `test`, `manual` or `locked`.
    - Answer cell, code, id like `q2-iou`: signature and docstring given, and at least one region of 1 to 15 lines
      between `### BEGIN SOLUTION` and `### END SOLUTION`. The release puts
      `raise NotImplementedError("Question 2: IoU of one class")` in its place, so a region must be inside the body of a
      function or method, and nothing at the top level of the cell may call it.
    - Test cell, code, id like `q2-iou-test-empty`, one property each. Its visible asserts stand in one
      `with seglab.check("q2"):` block at the top level. A test cell with points holds a hidden part, and every question
      that is not manual has one: a whole block between `### BEGIN HIDDEN TESTS` and `### END HIDDEN TESTS`. What
      remains visible must be Python (a comment at least), so a hidden part inside the `with` follows a visible assert.
    - Manual cell, Markdown or code, id like `q5-report`: what it holds is replaced by `YOUR ANSWER HERE`
      (Markdown) as a whole, or between the solution marks.
    - A later question never depends on an earlier answer: `q3-` cells use no name that a `q2-` answer cell defines.
    - Cells that train (`train(...)` or `.fit(...)` at the top level) stand under a condition on
      `seglab.under_grading()`.
"""

from pathlib import Path

from seglab.authoring import rules, sheet_rules
from seglab.authoring.cells import Notebook
from seglab.errors import InputError

RULES = {
    "lesson": (*rules.EVERYWHERE, *rules.WRITTEN, *rules.LESSON),
    "sheet": (*rules.EVERYWHERE, *rules.WRITTEN, *sheet_rules.SHEET),
    "release": (*rules.EVERYWHERE, *sheet_rules.RELEASE),
}


def lint_notebooks(paths):
    """Check notebooks against every rule for their kind: lesson, sheet, or released sheet.

    Args:
        paths: Notebook files, and folders that are searched for them.

    Returns:
        List of findings, `path:cell-id: message`, in the order of the paths.

    Raises:
        InputError: If a path does not exist, a file is no notebook, or the course's bibliography is wrong.

    Example:
        >>> lint_notebooks([])
        []
    """
    findings = []
    for path in find_notebooks(paths):
        notebook = Notebook.open(path)
        for rule in RULES[notebook.kind]:
            findings += [f"{path}:{cell_id}: {message}" for cell_id, message in rule(notebook)]
    return findings


def find_notebooks(paths):
    """Return the notebook files that paths stand for.

    Args:
        paths: Notebook files, and folders that are searched for them.

    Returns:
        List of `Path`, sorted within each folder.

    Raises:
        InputError: If a path does not exist.

    Example:
        >>> find_notebooks(["nowhere"])
        Traceback (most recent call last):
        seglab.errors.InputError: nowhere: no such notebook or folder.
    """
    found = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(path.rglob("*.ipynb"))
            found += [file for file in inside if ".ipynb_checkpoints" not in file.parts]
        elif path.is_file():
            found.append(path)
        else:
            raise InputError(f"{path}: no such notebook or folder.")
    return found
