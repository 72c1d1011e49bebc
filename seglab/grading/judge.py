"""The judge: runs the master's set-up and test cells; names that answers define are stand-ins for the student's objects."""

import contextlib
import io
import random
import signal
import time

import numpy as np

from seglab.grading.cell_code import Code, defined_names, import_lines, names_in_functions, parse_loosely, text_of, used_names
from seglab.grading.remote import Killed, StudentError
from seglab.grading.merging import merge
from seglab.grading.repair.roles import nbgrader_metadata, role
from seglab.grading.results import refusal
from seglab.grading.verdict import CellTimeout, Verdict, award, failed

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
        self.done = set()  # indices of set-up cells that have run
        self.trees = {
            index: parse_loosely(text_of(cell)) for index, cell in enumerate(self.cells) if cell.get("cell_type") == "code"
        }
        self.codes = {
            index: Code(text_of(cell), f"<{self._label(index)}>", settings["hidden_begin"], settings["hidden_end"])
            for index, cell in enumerate(self.cells)
            if role(cell) in ("test", "setup")
        }
        self.imports = list(
            dict.fromkeys(
                line for index in self.trees if self._is_students(index) for line in import_lines(self.trees[index])
            )
        )

    @property
    def has_hidden_tests(self):
        """Whether students do not get all of the tests."""
        return any(code.hidden_lines for code in self.codes.values())

    def warm(self):
        """Run what is the same for all submissions: the set-up cells before the first answer or test."""
        self._seed()
        for index, cell in enumerate(self.cells):
            if role(cell) == "test" or self._is_students(index):
                break
            if role(cell) == "setup":
                _, error = self._run(index, self.settings["cell_seconds"])
                if error is not None:  # it may need a file of the submission: all from here on runs for each one
                    break
                self.done.add(index)
        for line in dict.fromkeys(line for tree in self.trees.values() for line in import_lines(tree)):
            with contextlib.suppress(Exception):  # paid once, not in every fork; names are bound where cells say so
                exec(line, {})

    def grade(self, submission, start, tell, skip=()):
        """Grade one submission, cell by cell.

        Args:
            submission: The repaired notebook, a `dict`.
            start: Called without arguments; returns a new `StudentProcess`.
            tell: Called with a `dict` for every event, as soon as it is known.
            skip: `grade_id`s of test cells that are not run: they were before.
        """
        run = _Run(self, start, tell)
        for line in self.imports:
            with contextlib.suppress(Exception):
                exec(line, self.names)
        try:
            run.begin()
            for index, source, kind in merge(self.cells, submission):
                if kind == "test" and self._grade_id(index) in skip:
                    run.tainted = run.tainted or bool(self.codes[index].hidden_lines)
                elif kind == "test":
                    run.test(index)
                else:
                    run.cell(index, source, kind)
        finally:
            run.end()

    def points(self, index):
        """Return what a test cell can give."""
        points = nbgrader_metadata(self.cells[index]).get("points", 0)
        return float(points) if isinstance(points, int | float) else 0.0

    def _run(self, index, seconds):
        """Run a set-up or test cell; return `(value, exception)`."""
        value, error, printed = None, None, io.StringIO()
        signal.signal(signal.SIGALRM, _alarm)
        signal.setitimer(signal.ITIMER_REAL, max(0.01, seconds))
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                value = self.codes[index].run(self.names)
        except BaseException as raised:
            error = raised
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return value, error

    def _seed(self):
        random.seed(self.seed)
        np.random.seed(self.seed % 2**32)

    def _is_students(self, index):
        """Return whether the student writes a cell of the master that is code."""
        cell = self.cells[index]
        return role(cell) in ("solution", "manual") and cell.get("cell_type") == "code"

    def _grade_id(self, index):
        return str(nbgrader_metadata(self.cells[index]).get("grade_id", ""))

    def _label(self, index):
        cell = self.cells[index]
        name = nbgrader_metadata(cell).get("grade_id") or cell.get("id")
        return f"cell {name or index + 1}"


class _Run:
    """The grading of one submission."""

    def __init__(self, judge, start, tell):
        self.judge, self.start, self.tell, self.settings = judge, start, tell, judge.settings
        self.student, self.replay, self.respawns = None, [], 0
        self.owned = set()  # names that the student's cells bound last
        self.in_functions = set()  # names that functions of the master's own cells may look up later
        self.tainted = False

    def begin(self):
        self.student = self.start()
        self.tell({"rungs": self.student.rungs})
        reason = refusal(self.student.rungs, self.settings, self.judge.has_hidden_tests)
        if reason:
            raise RuntimeError(reason)

    def end(self):
        if self.student is not None:
            self.student.stop()
            self._tell_end()

    def cell(self, index, source, kind):
        """Run a cell that is no test: in the student's process, and if it is the master's own, here too."""
        judge = self.judge
        label = f"{kind} {judge._label(index)}" if index is not None else "helper cell"
        self._run_at_student(source, label)
        if kind == "setup":
            tree = judge.trees[index]
            self.owned -= defined_names(tree)
            if index not in judge.done:
                self.bind(judge.codes[index])
                _, error = judge._run(index, self._seconds_left())
                if error is not None:
                    self.tell({"log": f"{label} in the judge: {type(error).__name__}: {error}"[:500]})
            self.owned |= {name for name, _ in judge.codes[index].probes}
            self.in_functions |= names_in_functions(tree)
        elif index is not None:
            self.owned |= defined_names(judge.trees[index])

    def test(self, index):
        """Run a test cell and tell its verdict."""
        judge, begun = self.judge, time.monotonic()
        code, most = judge.codes[index], judge.points(index)
        name = judge._grade_id(index)
        self.tell({"begin": name})
        self._revive()
        printed = len(self.student.output)
        value, error = None, None
        try:
            tree = code.tree
            self.bind(code)
            value, error = judge._run(index, self._seconds_left())
        except BaseException as raised:  # a syntax error of the author's, a process that died
            error = raised
        if isinstance(error, CellTimeout):
            self.student.stop()
            self.tell({"limit": "time"})
        elif isinstance(error, Killed) and error.limit:
            self.tell({"limit": error.limit})
        self.tainted = self.tainted or (bool(code.hidden_lines) and error is None) or _reached_hidden(code, error)
        if error is None:
            verdict = Verdict(award(value, most))
        else:
            options = {"tainted": self.tainted, "show_hidden": self.settings["show_hidden_messages"]}
            verdict = failed(code, error, **options)
            said = bytes(self.student.output[printed:]).decode("utf-8", "replace")[-1000:]
            verdict.detail += f"\nprinted:\n{said}" if said else ""
        with contextlib.suppress(SyntaxError):
            tree = judge.trees[index]
            self.owned -= defined_names(tree)
            self.in_functions |= names_in_functions(tree)
        seconds = round(time.monotonic() - begun, 4)
        cell = {"points": verdict.points, "max": most, "kind": verdict.kind, "error": verdict.error}
        self.tell({"cell": name, **cell, "detail": verdict.detail, "seconds": seconds})

    def bind(self, code):
        """Fetch what a cell uses of the student's: plain data by value, the rest as stand-ins."""
        names = self.judge.names
        used = used_names(code.tree) | self.in_functions
        for name, source in code.probes:
            self.student.ask("define", source=source)
        wanted = (used & self.owned) | {name for name, _ in code.probes}
        for name in sorted(wanted):
            names.pop(name, None)  # a name that the student does not define is missing
            with contextlib.suppress(StudentError):
                names[name] = self.student.ask("name", name=name)

    def _run_at_student(self, source, label):
        self._revive()
        try:
            error = self.student.ask("run", source=source, seconds=self._seconds_left())
        except Killed as killed:
            self.tell({"log": f"{label}: {killed}"})
            if killed.limit:
                self.tell({"limit": killed.limit})
            return
        except StudentError as raised:
            error = f"{raised.kind}: {raised}"
        self.replay.append(source)
        if error:
            self.tell({"log": f"{label}: {error}"[:500]})

    def _revive(self):
        """Start the student's process again if it died, and run again what had run."""
        if self.student.alive or self.respawns >= self.settings["respawns"]:
            return
        self.respawns += 1
        self._tell_end()
        self.student = self.start()
        with contextlib.suppress(Killed):
            for source in self.replay:
                with contextlib.suppress(StudentError):
                    self.student.ask("run", source=source, seconds=self._seconds_left())

    def _tell_end(self):
        end = self.student.end
        self.tell({"process": {"answering": round(self.student.seconds, 4), **end}, "output": self.student.text()[-2000:]})

    def _seconds_left(self):
        return min(self.settings["cell_seconds"], self.settings["deadline"] - time.monotonic())


class _NoShell:
    """What `get_ipython()` gives in the judge: commands of a notebook do nothing."""

    def __getattr__(self, name):
        return lambda *_, **__: None


def _reached_hidden(code, error):
    """Return whether a cell that failed had come to a hidden line."""
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == code.label and code.is_hidden(trace.tb_lineno):
            return True
        trace = trace.tb_next
    # A visible line behind a hidden region.
    return error is not None and any(line < _last_line(code, error) for line in code.hidden_lines)


def _last_line(code, error):
    last, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == code.label:
            last = max(last, trace.tb_lineno)
        trace = trace.tb_next
    return last


def _alarm(*_):
    raise CellTimeout("the cell took too long")
