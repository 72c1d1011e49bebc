"""A sheet as nbgrader records it before students get it: solutions cleared, hidden tests in place, checksums set."""

import contextlib
import hashlib
import json
import os
import sys
from pathlib import Path

from seglab.errors import InputError
from seglab.grading.records import cell_changes, database


class NotGraded(InputError):
    """A sheet of which no submission is graded yet."""


class Template:
    """One notebook of a sheet, made by the course's own steps of `nbgrader generate_assignment`.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        name: Name of the notebook.

    Attributes:
        notebook: The notebook as nbformat's `NotebookNode`; answers hold their stubs, tests are complete.

    Raises:
        InputError: If nbgrader rejects the notebook.
    """

    def __init__(self, course, sheet, name):
        import nbformat
        from nbgrader.converters import GenerateAssignment
        from traitlets.utils.importstring import import_item

        self.course, self.sheet, self.name = course, sheet, name
        path = course.folder("source", sheet) / f"{name}.ipynb"
        steps = GenerateAssignment(config=course.config).preprocessors
        steps = [import_item(step) if isinstance(step, str) else step for step in steps]
        names = [step.__name__ for step in steps]
        steps = steps[: names.index("SaveCells")] if "SaveCells" in names else steps
        try:
            with inside(course):
                notebook = nbformat.read(path, as_version=4)
                for step in steps:
                    notebook, _ = step(config=course.config)(notebook, self._resources(path.parent))
                self._register_step = _save_cells(course.config)
                self._check(notebook)
        except Exception as error:  # whatever a course's own step raises
            raise InputError(f"{path}: nbgrader rejects it: {type(error).__name__}: {error}") from error
        self.notebook = notebook

    @property
    def digest(self):
        """SHA-256 of the cells, as hexadecimal text: what an autograded notebook takes from the sheet."""
        cells = [(cell.cell_type, cell.source, dict(cell.metadata.get("nbgrader", {}))) for cell in self.notebook.cells]
        return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()

    def register(self, gradebook):
        """Write the notebook's cells into the gradebook, if they differ from what is there.

        Grades and comments of cells that are gone are kept in the sheet's history (`cell_changes`).

        Args:
            gradebook: nbgrader's `Gradebook`.
        """
        from nbgrader.api import MissingEntry

        try:
            notebook = gradebook.find_notebook(self.name, self.sheet)
        except MissingEntry:
            notebook = None
        if notebook is not None and _recorded(notebook) == self._record():
            return
        if notebook is not None and notebook.submissions:
            path = cell_changes.history_path(self.course, self.sheet)
            cell_changes.match_cells(gradebook, notebook, self._wanted(), path)
        gradebook.db.commit()  # nbgrader's step opens the gradebook a second time
        self._register_step(self.notebook, self._resources("."))

    @property
    def cell_names(self):
        """`grade_id`s of the cells that the gradebook knows."""
        return list(self._record()[0])

    def _wanted(self):
        """The cells that the gradebook must have, in the form of `cell_changes.match_cells`."""
        wanted = {"grade": {}, "solution": {}, "task": {}, "source": {}}
        for name, (points, *kinds, cell_type, locked, source, checksum) in self._record()[0].items():
            facts = {"max_score": points, "cell_type": cell_type}
            for kind, holds in zip(cell_changes.KINDS, kinds, strict=True):
                if holds:
                    wanted[kind][name] = {} if kind == "solution" else facts
            wanted["source"][name] = {"cell_type": cell_type, "locked": locked, "source": source, "checksum": checksum}
        return wanted

    def _resources(self, folder):
        names = {"student": ".", "assignment": self.sheet, "notebook": self.name, "db_url": self.course.db_url}
        return {"nbgrader": names, "unique_key": self.name, "metadata": {"path": str(folder)}}

    def _check(self, notebook):
        from nbgrader.nbgraderformat import MetadataValidator
        from nbgrader.utils import compute_checksum, is_grade, is_locked, is_solution

        MetadataValidator().validate_nb(notebook)
        for cell in notebook.cells:  # a course may have left the step out that does it
            if is_grade(cell) or is_solution(cell) or is_locked(cell):
                cell.metadata.nbgrader.setdefault("checksum", compute_checksum(cell))

    def _record(self):
        """What the gradebook must know of the notebook's cells."""
        from nbgrader.utils import is_grade, is_locked, is_solution, is_task

        cells = {}
        for cell in self.notebook.cells:
            roles = (is_grade(cell), is_solution(cell), is_task(cell), is_locked(cell))
            if any(roles):
                known = cell.metadata.nbgrader
                points = float(known["points"]) if roles[0] or roles[2] else None
                kinds = tuple(bool(role) for role in roles[:3])
                text = (cell.cell_type, bool(roles[3]), cell.source, known.get("checksum"))
                cells[known["grade_id"]] = (points, *kinds, *text)
        return cells, dict(self.notebook.metadata.get("kernelspec", {}))


def _recorded(notebook):
    """What the gradebook knows of a notebook's cells, in the form of `Template._record`."""
    points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
    lists = (notebook.grade_cells, notebook.solution_cells, notebook.task_cells)
    sets = [{cell.name for cell in cells} for cells in lists]
    cells = {}
    for cell in notebook.source_cells:
        kinds = (cell.name in names for names in sets)
        cells[cell.name] = (points.get(cell.name), *kinds, cell.cell_type, cell.locked, cell.source, cell.checksum)
    return cells, json.loads(notebook.kernelspec or "{}")


def _save_cells(config):
    from nbgrader.preprocessors import SaveCells

    return SaveCells(config=config)


@contextlib.contextmanager
def inside(course):
    """Stand in the course's folder, which nbgrader's configuration takes for granted: files, modules of its own."""
    path = list(sys.path)
    sys.path.insert(0, str(course.root))
    try:
        with contextlib.chdir(course.root):
            yield
    finally:
        sys.path[:] = path


def open_gradebook(course):
    """Open nbgrader's gradebook of a course, and create it where it is missing.

    Args:
        course: The `Course`.

    Returns:
        nbgrader's `Gradebook`, a context manager.

    Raises:
        Unusable: If there is no driver, no server, or another program keeps the file to itself.
    """
    from nbgrader.api import Gradebook

    path, programs = os.environ.get("PATH"), str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join(filter(None, [programs, path]))  # nbgrader calls `alembic` by its name
    try:
        with database.told_in_one_line(course):
            gradebook = Gradebook(database.address(course), course.course_id)
            try:
                _complete(gradebook)
            except BaseException:
                gradebook.close()
                raise
            return gradebook
    finally:
        if path is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = path


def _complete(gradebook):
    """Note nbgrader's version where a crash came between the tables and that: `nbgrader db upgrade` needs it."""
    from nbgrader import api

    gradebook.db.execute(api.text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)"))
    if not gradebook.db.execute(api.text("SELECT * FROM alembic_version")).first():
        row = {"version": api.get_alembic_version()}
        gradebook.db.execute(api.text("INSERT INTO alembic_version (version_num) VALUES (:version)"), row)
    gradebook.db.commit()


@contextlib.contextmanager
def open_graded(course, sheet):
    """Open the gradebook of a course in which a sheet has been graded.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.

    Yields:
        `(gradebook, assignment)`: nbgrader's `Gradebook`, and what it holds of the sheet.

    Raises:
        InputError: If the course has no such sheet; `NotGraded` if nobody's submission of it is graded.
    """
    from nbgrader.api import MissingEntry
    from sqlalchemy.engine import make_url

    if not course.notebooks(sheet):
        raise InputError(f"sheet: the course has no {sheet!r}. Sheets: {', '.join(course.sheets()) or 'none'}.")
    ungraded = NotGraded(f"sheet: no submission of {sheet} is graded yet: run `seglab grade {sheet}` first.")
    url = make_url(course.db_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise ungraded  # to open it would make an empty one
    with open_gradebook(course) as gradebook:
        try:
            assignment = gradebook.find_assignment(sheet)
        except MissingEntry:
            raise ungraded from None
        if not assignment.submissions:
            raise ungraded
        yield gradebook, assignment


def load_sheet(course, sheet, gradebook):
    """Make a sheet known to the gradebook, as `nbgrader generate_assignment` does.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        gradebook: nbgrader's `Gradebook`.

    Returns:
        `dict` from notebook name to `Template`.

    Raises:
        InputError: If nbgrader rejects a notebook, or one is gone of which there are submissions.
    """
    templates = {name: Template(course, sheet, name) for name in course.notebooks(sheet)}
    assignment = gradebook.update_or_create_assignment(sheet)
    submissions = list(assignment.submissions)
    if submissions:
        _rename(assignment, templates)
    gone = sorted({notebook.name for notebook in assignment.notebooks} - set(templates))
    if gone and submissions:
        raise InputError(
            f"sheet: {sheet} has lost the notebook {gone[0]!r}, of which the gradebook has submissions. Put "
            f"{course.folder('source', sheet) / gone[0]}.ipynb back; to drop its questions, take their cells out of it."
        )
    for name in gone:
        gradebook.remove_notebook(name, sheet)
    for template in templates.values():
        template.register(gradebook)
    gradebook.db.expire_all()
    if submissions:
        for name in templates:
            cell_changes.add_submissions(gradebook, gradebook.find_notebook(name, sheet), submissions)
    return templates


def _rename(assignment, templates):
    """Follow a notebook that has a new name: a new one that holds most of the cells of one that is gone."""
    known = {notebook.name: notebook for notebook in assignment.notebooks}
    new = {name: set(template.cell_names) for name, template in templates.items() if name not in known}
    for name, notebook in known.items():
        cells = {cell.name for cell in notebook.source_cells}
        if name in templates or not cells or not new:
            continue
        likeliest = max(sorted(new), key=lambda each: len(new[each] & cells))
        if 2 * len(new[likeliest] & cells) > len(cells):
            notebook.name = likeliest
            del new[likeliest]
