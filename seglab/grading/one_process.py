"""Runs whole notebooks in one ordinary process each, scored by nbgrader's rule: nbgrader without a kernel to start.

For notebooks that the course's authors wrote: nothing here protects against a student's code. Each run is forked from a
process that has imported what the sheet imports and has run no TensorFlow op.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import seglab
from seglab.errors import InputError
from seglab.grading.judging.cell_code import text_of
from seglab.grading.repair.roles import nbgrader_metadata, role
from seglab.grading.sandbox import linux

ENTRY = (
    "import sys; sys.path.append(sys.argv[1]); from seglab.grading.one_process import serve; serve(sys.argv[2].split())"
)
MAX_TEXT = 4000  # characters of an exception or of stderr


@dataclass
class Outcome:
    """How a notebook did.

    Attributes:
        points: `dict` from the `grade_id` of each test to its points.
        failures: `dict` from the `grade_id` of each test that did not give all its points to `(kind, text)`: the
            name of the exception and what it says.
        errors: List of `(cell, kind, text)` of every cell that raised, tests too.
        seconds: What its cells took.
        end: Why it did not come to its end, `None` where it did.
        notes: What happened outside of tests, one line each.
    """

    points: dict
    failures: dict = field(default_factory=dict)
    errors: list = field(default_factory=list)
    seconds: float = 0.0
    end: str | None = None
    notes: list = field(default_factory=list)


class OneProcess:
    """A process that forks one more for every notebook, a context manager.

    Args:
        imports: Names of modules, `package:name` where the name may be one.
        environment: `dict` of environment variables on top of this process's own.
    """

    def __init__(self, imports=(), environment=None):
        self.imports, self.environment, self.process = tuple(imports), environment or {}, None

    def __enter__(self):
        package = str(Path(seglab.__file__).resolve().parent.parent)
        paths = filter(None, [package, os.environ.get("PYTHONPATH")])
        fixed = {
            "MPLBACKEND": "Agg",
            "NBGRADER_EXECUTION": "autograde",
            "PYTHONPATH": os.pathsep.join(paths),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", ENTRY, package, " ".join(self.imports)],
            env={**os.environ, **fixed, **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def run(self, notebook, folder, *, seconds=900):
        """Run a notebook from top to bottom, as nbgrader does: a cell that raises does not stop the next.

        Args:
            notebook: The notebook as `dict`, with its tests.
            folder: Where it runs; the files that it reads lie there.
            seconds: After which it is stopped.

        Returns:
            `Outcome`.

        Raises:
            InputError: If the process cannot be started.
        """
        with tempfile.TemporaryDirectory(prefix="seglab-run-") as scratch:
            path, events = Path(scratch, "notebook.ipynb"), Path(scratch, "events.jsonl")
            path.write_text(json.dumps(notebook), encoding="utf-8")
            events.touch()
            request = {"notebook": str(path), "folder": str(folder), "events": str(events), "seconds": seconds}
            try:
                self.process.stdin.write(json.dumps(request) + "\n")
                self.process.stdin.flush()
                end = json.loads(self.process.stdout.readline())
            except (OSError, ValueError):
                raise InputError("the process that runs notebooks did not start or has ended.") from None
            return _score(notebook, [json.loads(line) for line in events.read_text().splitlines()], end)


def _score(notebook, events, end):
    """Put an `Outcome` together from what each cell did."""
    import nbformat
    from nbgrader.utils import determine_grade

    done = {event["cell"]: event for event in events if "seconds" in event}
    outcome = Outcome({}, end=end, seconds=sum(event["seconds"] for event in done.values()))
    if end is not None and events:
        outcome.end = f"{end} in {_label(notebook['cells'][events[-1]['cell']])}"
    for index, cell in enumerate(notebook["cells"]):
        event = done.get(index, {"failed": ["NotReached", outcome.end or ""], "stderr": "", "shown": None})
        if role(cell) == "test":
            name = str(nbgrader_metadata(cell).get("grade_id", ""))
            graded = nbformat.v4.new_code_cell(metadata=cell["metadata"], outputs=list(_outputs(event)))
            try:
                points, most = determine_grade(graded)
            except ValueError as error:  # nbgrader gives up on the whole notebook
                points, most, event = 0.0, 1.0, {**event, "failed": ["ValueError", str(error)]}
            outcome.points[name] = float(points)
            if points < most:
                less = "it printed to stderr" if event["stderr"] else "it gives less than all points"
                outcome.failures[name] = tuple(event["failed"] or ("Partial", f"{less}: {event['stderr']}"))
        if index in done and event["failed"]:
            outcome.errors.append((_label(cell), *event["failed"]))
    return outcome


def _outputs(event):
    """Yield what a kernel would have reported, in nbformat's words."""
    from nbformat.v4 import new_output

    if event["stderr"]:
        yield new_output("stream", name="stderr", text=event["stderr"])
    if event["shown"] is not None:
        yield new_output("execute_result", data={"text/plain": event["shown"]}, execution_count=1)
    if event["failed"]:
        kind, text = event["failed"]
        yield new_output("error", ename=kind, evalue=text, traceback=[])


def _label(cell):
    return f"cell {nbgrader_metadata(cell).get('grade_id') or cell.get('id', '?')}"


def serve(imports):
    """Import, and run one notebook per line of standard input in a fork; the whole life of the process.

    Args:
        imports: Names of modules; those that cannot be imported are left to the notebooks.
    """
    from seglab import student_shell

    linux.die_with_parent()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what imports print is no answer
    for name in imports:
        package, _, part = name.partition(":")
        with contextlib.suppress(Exception):
            if not (part and hasattr(importlib.import_module(package), part)):
                importlib.import_module(name.replace(":", "."))
    shell = student_shell.make_shell()
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.setsid()
                linux.die_with_parent()
                answers.close()
                _run(shell, request)
                code = 0
            finally:
                os._exit(code)
        print(json.dumps(_wait(child, request["seconds"])), file=answers, flush=True)


def _wait(child, seconds):
    """Wait for a process, end it and what it started; return why it did not come to its end."""
    handle = os.pidfd_open(child)
    ended = select.select([handle], [], [], seconds)[0]
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(handle)
    if not ended:
        return f"stopped after {seconds} s"
    return None if status == 0 else f"the process ended ({os.waitstatus_to_exitcode(status)})"


def _run(shell, request):
    """Run the code cells of a notebook, and write down what each one did as soon as it is known."""
    import random
    import warnings

    os.chdir(request["folder"])
    sys.path.insert(0, "")
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    # A notebook's own backend shows figures; the one that draws nowhere warns that it cannot.
    warnings.filterwarnings("ignore", message=".*non-interactive, and thus cannot be shown")
    shell.showtraceback = shell.showsyntaxerror = lambda *_, **__: None  # a kernel reports errors, it prints none
    notebook = json.loads(Path(request["notebook"]).read_bytes())
    with open(request["events"], "w") as events, tempfile.TemporaryFile() as said:
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.dup2(said.fileno(), 2)
        for index, cell in enumerate(notebook["cells"]):
            if cell["cell_type"] == "code":
                print(json.dumps({"cell": index}), file=events, flush=True)
                print(json.dumps({"cell": index, **_run_cell(shell, text_of(cell), said)}), file=events, flush=True)


def _run_cell(shell, source, said):
    """Run one cell and return what a kernel would report of it."""
    said.seek(0)
    said.truncate()
    shown = []
    shell.displayhook.fill_exec_result = shown.append  # called for a value that the notebook shows: not after `;`
    begun = time.perf_counter()
    result = shell.run_cell(source, store_history=True)  # the display looks there for a `;`
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the notebook closed or replaced it
            stream.flush()
    said.seek(0)
    error = result.error_before_exec or result.error_in_exec
    return {
        "seconds": time.perf_counter() - begun,
        "stderr": said.read(MAX_TEXT).decode("utf-8", "replace"),
        "shown": shell.display_formatter.format(shown[-1])[0].get("text/plain") if shown else None,
        "failed": None if error is None else [type(error).__name__, str(error)[:MAX_TEXT]],
    }
