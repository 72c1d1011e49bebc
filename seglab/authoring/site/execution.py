"""Lessons that were run once: kept until their code, a file of the library that they load, or a version changes."""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from seglab.about import installed_version
from seglab.errors import InputError

VERSIONS = ("ipywidgets", "keras", "matplotlib", "numpy", "tensorflow")
TIMEOUT = 900  # seconds for one cell, on a machine that does other things too
ROOT = Path(__file__).parents[2]

_FIRST = "from seglab.authoring.site import figure_words; figure_words.attach(); del figure_words"
_LAST = "import sys as _s; print(*sorted(m.__file__ for n, m in _s.modules.items() if n.split('.')[0] == 'seglab'))"


def executed(path, folder, rerun=True, report=print):
    """Return a lesson with the outputs of its cells; runs it where no run of it in its present state is kept.

    Args:
        path: The notebook, without outputs.
        folder: Where runs are kept, one notebook of the same name each; made if it is missing.
        rerun: Whether a run that shows an older state is replaced; without a run of all cells it always is.
        report: Called with a line before the notebook is run.

    Returns:
        The notebook as `nbformat` reads it: outputs, and the state of its widgets in its metadata.

    Raises:
        InputError: If a cell fails; names the cell and its error.
    """
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    kept = Path(folder, Path(path).name)
    run = nbformat.read(kept, as_version=4) if kept.is_file() else None
    ids = {cell.id for cell in notebook.cells if cell.cell_type == "code"}
    usable = run is not None and ids <= {cell.id for cell in run.cells}
    if not usable or (rerun and not is_current(run.metadata.seglab_run, notebook)):
        report(f"running {path}")
        run, files = _run(notebook, Path(path).name)
        run.metadata["seglab_run"] = {"code": code_digest(notebook), "files": files, "versions": _versions()}
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(".partial")
        nbformat.write(run, partial)
        os.replace(partial, kept)
        notebook = nbformat.read(path, as_version=4)
    outputs = {cell.id: cell.outputs for cell in run.cells if cell.cell_type == "code"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = outputs[cell.id]
    notebook.metadata["widgets"] = run.metadata.get("widgets", {})
    return notebook


def is_current(run, notebook):
    """Tell whether a kept run still shows what a lesson does.

    Args:
        run: What `executed` noted with the run: digests of the code and of the files it loaded, and versions.
        notebook: The lesson as it is now, as `nbformat` reads it.

    Returns:
        `bool`.
    """
    if run.get("code") != code_digest(notebook) or run.get("versions") != _versions():
        return False
    return all((ROOT / name).is_file() and digest(ROOT / name) == value for name, value in run["files"].items())


def code_digest(notebook):
    """Return a short name for the code of a notebook; text and the shared set-up cell change no output.

    Args:
        notebook: The notebook, as `nbformat` reads it.

    Returns:
        `str` of 16 hexadecimal digits.
    """
    code = [(cell.id, cell.source) for cell in notebook.cells if cell.cell_type == "code" and cell.id != "setup"]
    return hashlib.sha256(repr(code).encode()).hexdigest()[:16]


def digest(path):
    """Return a short name for the content of a file.

    Args:
        path: The file.

    Returns:
        `str` of 16 hexadecimal digits.
    """
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]


def _run(notebook, name):
    """Run a notebook in a folder of its own; return it and the digests of the files of the library that it loaded."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from nbformat.v4 import new_code_cell

    written = notebook.cells
    notebook.cells = [new_code_cell(_FIRST), *written, new_code_cell(_LAST)]
    with tempfile.TemporaryDirectory(prefix="seglab-site-") as folder:
        client = NotebookClient(
            notebook, timeout=TIMEOUT, resources={"metadata": {"path": folder}}, extra_arguments=["--log-level=ERROR"]
        )
        try:
            client.execute()
        except CellExecutionError as error:
            failed = next(
                cell for cell in written if any(out.output_type == "error" for out in cell.get("outputs", []))
            )
            raise InputError(f"{name}:{failed.id}: {error.ename}: {error.evalue}") from error
    loaded = [Path(line) for line in notebook.cells[-1].outputs[0].text.split()]
    notebook.cells = written
    return notebook, _files(loaded)


def _files(modules):
    """Digests of modules, and of the data, scripts and styles beside them."""
    own = {path for path in modules if path.is_relative_to(ROOT) and "authoring" not in path.parts}
    beside = {path for folder in {path.parent for path in own} for path in folder.iterdir() if path.is_file()}
    files = own | {path for path in beside if path.suffix not in (".py", ".pyc")}
    return {path.relative_to(ROOT).as_posix(): digest(path) for path in sorted(files)}


def _versions():
    return {"python": sys.version.split()[0], **{name: installed_version(name) for name in VERSIONS}}
