"""Run every lesson and every released sheet in the environment whose Python runs this file, one after the other.

    .venv-colab/bin/python tests/notebooks/prove_environment.py colab [--resume] [NAME ...]

Each notebook runs from top to bottom in a fresh kernel and an empty folder, on the FAST profile, without real images. A
lesson must raise nothing. A released sheet must raise what its unanswered questions raise, NotImplementedError, and
nothing else. After each notebook the versions, seconds and errors go to benchmarks/results/environments.json, under the
name of the environment. `--resume` leaves out what has passed there with the same Python and packages; NAME, such as
week05a or ex05, picks notebooks.
"""

import argparse
import json
import os
import platform
import re
import resource
import shutil
import sys
import tempfile
import time
from datetime import date
from importlib import metadata
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "environments.json"
PACKAGES = ("tensorflow", "keras", "numpy", "ipython", "ipywidgets", "anywidget", "matplotlib", "tensorflow-datasets")
# What would make a run another one than a student's: real images, another profile, the silence of grading.
UNSET = ("SEGLAB_DATA_DIR", "SEGLAB_DATA", "SEGLAB_PROFILE", "NBGRADER_EXECUTION", "MPLBACKEND")
_LOG = re.compile(
    r"WARNING: All log messages before absl::InitializeLog|[IW]0000 |To enable the following instructions:"
)
LONGEST = 900  # seconds for one cell of a busy machine


def notebooks_of(root):
    """All lessons and released sheets, as paths in the order of the course."""
    return [*sorted((root / "course").glob("*.ipynb")), *sorted((root / "labs").glob("*/*.ipynb"))]


def run(path):
    """Run one notebook.

    Args:
        path: Notebook under `course/` or `labs/`; what lies beside a sheet is copied with it.

    Returns:
        Dict: `seconds`, `cpu_seconds`, `errors` (lines "CELL: NAME: message", those that must not be), `unanswered`
        (number of NotImplementedErrors), `stderr` (ids of the cells that wrote to it).
    """
    released = path.parent.name != "course"
    notebook = nbformat.read(path, as_version=4)
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    # The kernel is that of this Python, wherever it was started from.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    begun, used = time.monotonic(), _cpu_seconds()
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        if released:
            shutil.copytree(path.parent, folder, dirs_exist_ok=True)
        options = {"timeout": LONGEST, "kernel_name": "python3", "allow_errors": True}
        client = NotebookClient(notebook, resources={"metadata": {"path": folder}}, **options)
        try:
            client.execute(env=environment)
        except Exception as error:  # a kernel that died, a cell that took too long
            failed.append(f"notebook: {type(error).__name__}: {(str(error).splitlines() or [''])[0]}")
    outputs = [(cell, output) for cell in notebook.cells for output in cell.get("outputs", ())]
    raised = [(cell, output) for cell, output in outputs if output["output_type"] == "error"]
    if any(output["ename"] == "KeyboardInterrupt" for _, output in raised):
        raise KeyboardInterrupt  # the notebook's runner takes it for an error of the cell and goes on
    unanswered = sum(output["ename"] == "NotImplementedError" for _, output in raised)
    for cell, output in raised:
        if not (released and output["ename"] == "NotImplementedError"):
            failed.append(f"{cell['id']}: {output['ename']}: {(output['evalue'].splitlines() or [''])[0]}")
    if released and not unanswered and not failed:
        failed.append("notebook: nothing is unanswered: is this a released sheet?")
    return {
        "seconds": round(time.monotonic() - begun, 1),
        "cpu_seconds": round(_cpu_seconds() - used, 1),
        "errors": failed,
        "unanswered": unanswered,
        "stderr": [cell["id"] for cell in notebook.cells if complaints(cell)],
    }


def complaints(cell):
    """What a cell wrote to stderr, as a list of lines, but for the log of TensorFlow 2.21.

    That version's C++ code tells of the CPU's instructions and the like, whatever TF_CPP_MIN_LOG_LEVEL says.
    """
    texts = [output["text"] for output in cell.get("outputs", ()) if output.get("name") == "stderr"]
    return [line for line in "".join(texts).splitlines() if line and not _LOG.match(line)]


def _cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def versions():
    """Python and the packages that make up the environment."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}}


def _read_results():
    return json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}


def _record(environment, rows):
    """Write the results of one environment; those of the others stay."""
    found = {**_read_results(), environment: {"versions": versions(), "cores": os.cpu_count(), "notebooks": rows}}
    written = RESULTS.with_suffix(".part")
    written.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    written.replace(RESULTS)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("environment", help="the name under which results are kept: colab or newest")
    parser.add_argument("names", nargs="*", help="beginnings of notebooks' names; all of them if none is given")
    parser.add_argument("--resume", action="store_true", help="leave out what passed with the same versions")
    options = parser.parse_intermixed_args()

    known = _read_results().get(options.environment, {})
    notebooks = {str(path.relative_to(ROOT)): path for path in notebooks_of(ROOT)}
    rows = known["notebooks"] if known.get("versions") == versions() else {}
    rows = {name: row for name, row in rows.items() if name in notebooks}
    bad = 0
    for name, path in notebooks.items():
        if options.names and not path.stem.startswith(tuple(options.names)):
            continue
        if not (options.resume and name in rows and not rows[name]["errors"]):
            rows[name] = {"date": date.today().isoformat(), **run(path)}
            _record(options.environment, rows)
        row = rows[name]
        bad += bool(row["errors"])
        print(f"{name:45} {row['seconds']:6.1f} s {row['cpu_seconds']:6.1f} CPU-s", *row["errors"], sep="\n    ")
    total = {key: sum(row[key] for row in rows.values()) for key in ("seconds", "cpu_seconds")}
    print(f"{options.environment}: {len(rows)} notebooks, {total['seconds']:.0f} s, {bad} with an error", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
