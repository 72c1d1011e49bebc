"""The judge: runs the master's set-up and test cells, with stand-ins for what the student defines."""

import contextlib
import io
import random
import signal
import sys

import numpy as np

from seglab.grading.judging import cell_code
from seglab.grading.judging.cell_code import Code, text_of
from seglab.grading.judging.merging import merge
from seglab.grading.judging.setup_cells import needed_cells
from seglab.grading.judging.submission_run import Run
from seglab.grading.judging.verdict import CellTimeout
from seglab.grading.repair.roles import nbgrader_metadata, role


class Judge:
    """Grades submissions of one notebook.

    Args:
        master: The source notebook, with hidden tests, a `dict`.
        settings: The job's settings, complete.
        seed: Seed of the judge's own random numbers; no student's process may know it.

    Attributes:
        names: The global names that the cells share.
    """

    def __init__(self, master, settings, seed=0):
        self.settings, self.seed = settings, seed
        self.cells = [cell for cell in master["cells"] if isinstance(cell, dict)]
        self.names = {"__name__": "__main__", "display": lambda *_, **__: None, "get_ipython": _NoShell}
        self.done = set()  # indices of set-up cells that have run, or need not
        code_cells = [index for index, cell in enumerate(self.cells) if cell.get("cell_type") == "code"]
        self.trees = {index: cell_code.parse_loosely(text_of(self.cells[index])) for index in code_cells}
        own = [index for index in code_cells if role(self.cells[index]) in ("test", "setup")]
        marks = settings["hidden_begin"], settings["hidden_end"]
        self.codes = {index: Code(text_of(self.cells[index]), f"<{self.label(index)}>", *marks) for index in own}
        self.done |= self._cells_to_leave_out()
        answers = [self.trees[index] for index in code_cells if self.is_answer(index)]
        self.imports = list(dict.fromkeys(line for tree in answers for line in cell_code.import_lines(tree)))

    @property
    def has_hidden_tests(self):
        """Whether students do not get all of the tests."""
        return any(code.hidden_lines for code in self.codes.values())

    def warm(self):
        """Run what is the same for all submissions: the set-up cells before the first answer or test."""
        self._seed()
        for index, cell in enumerate(self.cells):
            if role(cell) == "test" or self.is_answer(index):
                break
            if role(cell) == "setup" and index not in self.done:
                _, error = self.run_cell(index, self.settings["cell_seconds"])
                if error is not None:  # it may need a file of the submission: all from here on runs for each one
                    break
                self.done.add(index)
        every_import = dict.fromkeys(line for tree in self.trees.values() for line in cell_code.import_lines(tree))
        for names, lines in ((self.names, self.imports), ({}, every_import)):
            for line in lines:  # paid once, not in every fork
                with contextlib.suppress(Exception):
                    exec(line, names)
        for code in self.codes.values():
            with contextlib.suppress(SyntaxError):
                code.compile()

    def grade(self, submission, start, tell, skip=()):
        """Grade one submission, cell by cell.

        Args:
            submission: The repaired notebook, a `dict`.
            start: Called without arguments; returns a new `StudentProcess`.
            tell: Called with a `dict` for every event, as soon as it is known.
            skip: `grade_id`s of test cells that are not run: they were before.
        """
        run = Run(self, start, tell)
        try:
            run.begin()
            for index, source, kind in merge(self.cells, submission):
                if kind == "test":
                    run.test(index, skip=self.grade_id(index) in skip)
                else:
                    run.cell(index, source, kind)
        finally:
            run.end()

    def points(self, index):
        """Return what a test cell can give."""
        points = nbgrader_metadata(self.cells[index]).get("points", 0)
        return float(points) if isinstance(points, int | float) else 0.0

    def run_cell(self, index, seconds):
        """Run a set-up or test cell; return `(value, exception)`."""
        value, error, printed = None, None, io.StringIO()
        signal.signal(signal.SIGALRM, _alarm)
        signal.setitimer(signal.ITIMER_REAL, max(0.01, seconds), 1)  # again, where something swallowed the first
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                value = self.codes[index].run(self.names)
        except BaseException as raised:
            error = raised
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            if "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close("all")
        return value, error

    def is_answer(self, index):
        """Return whether the student writes a cell of the master that is code."""
        cell = self.cells[index]
        return role(cell) in ("solution", "manual") and cell.get("cell_type") == "code"

    def grade_id(self, index):
        """Return nbgrader's name of a cell of the master."""
        return str(nbgrader_metadata(self.cells[index]).get("grade_id", ""))

    def label(self, index):
        """Return how messages name a cell of the master."""
        cell = self.cells[index]
        name = nbgrader_metadata(cell).get("grade_id") or cell.get("id")
        return f"cell {name or index + 1}"

    def _cells_to_leave_out(self):
        tests = [index for index in self.codes if role(self.cells[index]) == "test"]
        setup = [index for index in self.codes if role(self.cells[index]) == "setup"]
        locked = [index for index in setup if nbgrader_metadata(self.cells[index]).get("locked")]
        return set(setup) - needed_cells(self.trees, tests, setup, locked)

    def _seed(self):
        random.seed(self.seed)
        np.random.seed(self.seed % 2**32)


class _NoShell:
    """What `get_ipython()` gives in the judge: commands of a notebook do nothing."""

    def __getattr__(self, name):
        return lambda *_, **__: None


def _alarm(*_):
    raise CellTimeout("the cell took too long")
