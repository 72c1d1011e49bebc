"""The grading of one submission: which cell runs where, and what every test cell gives."""

import contextlib
import time

from seglab.grading import hidden
from seglab.grading.judging import cell_code
from seglab.grading.judging.cell_code import defined_names
from seglab.grading.judging.results import plain_outputs, refusal
from seglab.grading.judging.verdict import CellTimeout, Verdict, award, failed, number_of
from seglab.grading.processes.remote import Killed, StudentError, text_of
from seglab.grading.repair.roles import role


class Run:
    """The grading of one submission.

    Args:
        judge: The `Judge`.
        start: Called without arguments; returns a new `StudentProcess`.
        tell: Called with a `dict` for every event.

    Attributes:
        owned: Names that the student's cells bound last.
        in_functions: Names that functions of the master's own cells may look up later.
        tainted: Whether the student's code may have seen hidden inputs.
    """

    def __init__(self, judge, start, tell):
        self.judge, self.start, self.tell, self.settings = judge, start, tell, judge.settings
        self.student, self.replay = None, []
        self.owned, self.in_functions, self.tainted = set(), set(), False

    def begin(self):
        """Start the student's process.

        Raises:
            RuntimeError: If its sandbox does not start, or is too weak for hidden tests.
        """
        self.student = self.start()
        self.tell({"rungs": self.student.rungs})
        reason = refusal(self.student.rungs, self.settings, self.judge.has_hidden_tests)
        if reason:
            raise RuntimeError(reason)

    def end(self):
        """Stop the student's process."""
        if self.student is not None:
            self.student.stop()
            self._tell_end()

    def cell(self, index, source, kind):
        """Run a cell that is no test: in the student's process, and if it is the master's own, here too."""
        judge = self.judge
        label = f"{kind} {judge.label(index)}" if index is not None else "helper cell"
        by_person = index is not None and role(judge.cells[index]) == "manual"
        self._run_at_student(source, label, shown_as=judge.grade_id(index) if by_person else None)
        if kind == "setup":
            tree = judge.trees[index]
            self.tainted |= bool(judge.codes[index].hidden_lines)
            self.owned -= defined_names(tree)
            if index not in judge.done:
                _, error = self._bind_and_run(index)
                if error is not None:
                    self.tell({"log": f"{label} in the judge: {type(error).__name__}: {text_of(error)}"[:500]})
            self.owned |= {name for name, _ in judge.codes[index].probes}
            self.in_functions |= cell_code.names_in_functions(tree)
        elif index is not None:
            self.owned |= defined_names(judge.trees[index])

    def test(self, index, *, skip=False):
        """Run a test cell and tell its verdict.

        Args:
            index: Its index in the master.
            skip: It has a verdict already, or stopped the last judge: do not run it again.
        """
        judge, begun, code = self.judge, time.monotonic(), self.judge.codes[index]
        most, name = judge.points(index), judge.grade_id(index)
        if skip:
            self.tainted |= bool(code.hidden_lines)
        else:
            self.tell({"begin": name})
            verdict, reported = self._judge(index, code, most), hidden.take_report()
            if verdict is not None:
                cell = {"points": verdict.points, "max": most, "kind": verdict.kind, "error": verdict.error}
                cell |= {"detail": verdict.detail, "given": verdict.given}
                cell["seconds"] = round(time.monotonic() - begun, 4)
                self.tell({"cell": name, **cell, **({"reported": reported} if reported else {})})
        self.owned -= defined_names(judge.trees[index])
        self.in_functions |= cell_code.names_in_functions(judge.trees[index])

    def _judge(self, index, code, most):
        """Return the verdict on a test, `None` where nobody can tell what the answer is worth: a person looks then.

        That is so where the notebook's time was over, where no process came up again behind one that died, and where
        something outside of the grading killed it, as a machine does that runs out of memory.
        """
        self._revive()
        if not self.student.alive:
            self.tell({"log": f"{self.judge.label(index)}: not run, there is no process with the answers any more"})
            return None
        printed = len(self.student.output)
        value, error = self._bind_and_run(index)
        if error is None:
            self.tainted |= bool(code.hidden_lines)
            return Verdict(award(value, most), given=number_of(value))
        if isinstance(error, CellTimeout):
            self.student.stop()
            self.tell({"limit": "time"})
        elif isinstance(error, Killed) and error.limit:
            self.tell({"limit": error.limit})
        self.tainted |= _reached_hidden(code, error)
        if not self.student.alive and (self._seconds_left() <= 0 or self.student.end.get("killed")):
            why = "something else killed the process" if self.student.end.get("killed") else "no time was left"
            self.tell({"log": f"{self.judge.label(index)}: not run to its end, {why}"})
            return None
        verdict = failed(code, error, tainted=self.tainted, show_hidden=self.settings["show_hidden_messages"])
        said = bytes(self.student.output[printed:]).decode("utf-8", "replace")[-1000:]
        verdict.detail += f"\nprinted:\n{said}" if said else ""
        return verdict

    def _bind_and_run(self, index):
        """Run a cell of the master here; return `(value, exception)`."""
        code = self.judge.codes[index]
        try:
            code.compile()
            self.tainted |= bool(code.probes and code.hidden_lines)  # a probe's text goes to the student's process
            self._bind(code)
        except Exception as error:  # no Python, a probe that the student's process refuses, a process that died
            return None, error
        try:
            return self.judge.run_cell(index, self._seconds_left())
        finally:
            self.student.forget_functions()

    def _bind(self, code):
        """Fetch what a cell uses of the student's: plain data by value, the rest as stand-ins."""
        names = self.judge.names
        used = cell_code.used_names(code.tree) | self.in_functions
        for _, source in code.probes:
            self.student.ask("define", source=source)
        wanted = (used & self.owned) | {name for name, _ in code.probes}
        for name in sorted(wanted):
            names.pop(name, None)  # a name that the student does not define is missing
            with contextlib.suppress(StudentError):
                names[name] = self.student.ask("name", name=name)

    def _run_at_student(self, source, label, shown_as=None):
        self._revive()
        printed = len(self.student.output)
        keep = {"keep": True} if shown_as else {}
        try:
            error = self.student.ask("run", source=source, seconds=self._seconds_left(), **keep)
            if shown_as:
                said = bytes(self.student.output[printed:]).decode("utf-8", "replace")
                self.tell({"shown": shown_as, "outputs": plain_outputs(said, self.student.ask("shown"))})
        except Killed as killed:
            self.tell({"log": f"{label}: {killed}"})
            if killed.limit:
                self.tell({"limit": killed.limit})
            return
        except StudentError as raised:
            error = f"{raised.kind}: {text_of(raised)}"
        self.replay.append(source)
        if error:
            self.tell({"log": f"{label}: {error}"[:500]})

    def _revive(self):
        """Start the student's process again if it died, and run again what had run, as long as there is time."""
        if self.student.alive or self._seconds_left() <= 0:
            return
        self._tell_end()
        self.student = self.start()
        with contextlib.suppress(Killed):
            for source in self.replay:
                with contextlib.suppress(StudentError):
                    self.student.ask("run", source=source, seconds=self._seconds_left())

    def _tell_end(self):
        end = self.student.end
        self.tell({"process": {**end, "answering": round(self.student.seconds, 4)}})

    def _seconds_left(self):
        return min(self.settings["cell_seconds"], self.settings["deadline"] - time.monotonic())


def _reached_hidden(code, error):
    """Return whether a cell that failed had come to a hidden line, or past one."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == code.label:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    if not code.hidden_lines or not lines:
        return bool(code.hidden_lines)
    # A hidden line below the one that failed may have run before, in a loop around both.
    ends = [node.end_lineno for node in code.tree.body if any(node.lineno <= line <= node.end_lineno for line in lines)]
    return not code.line_for_line or max(*lines, *ends) >= min(code.hidden_lines)
