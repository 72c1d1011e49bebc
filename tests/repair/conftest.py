"""The sheets that are damaged and repaired: all of this course as released, and small ones of any nbgrader course."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
LAB = "lab1_fcn_unet"
SHEETS = (*sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir()), "functions", "variables")


def beside(name):
    """Load a module that lies beside this file: the folders of the tests are no packages."""
    spec = importlib.util.spec_from_file_location(f"repair_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def small():
    """The module `sheets.py`."""
    return beside("sheets")


@pytest.fixture(scope="session")
def damage():
    """The module `damage.py`."""
    return beside("damage")


@pytest.fixture(scope="session")
def lab(small):
    """The lab: its source, its release, a solved one and the answers."""
    return _of_course(small, LAB)


@pytest.fixture(scope="session", params=SHEETS)
def sheet(request, small):
    """Every sheet in turn: those in `solutions/`, `functions` and `variables`."""
    if (ROOT / "solutions" / request.param).is_dir():
        return _of_course(small, request.param)
    source = getattr(small, request.param)()
    return _sheet(small, source, small.released(source))


def _of_course(small, name):
    """A sheet of this course; that `labs/` holds its release is tested elsewhere."""
    paths = [ROOT / folder / name / f"{name}.ipynb" for folder in ("solutions", "labs")]
    return _sheet(small, *(json.loads(path.read_text(encoding="utf-8")) for path in paths))


def _sheet(small, source, released):
    for notebook in (source, released):
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
    solved, answers = small.solved(source, released)
    return SimpleNamespace(source=source, release=released, solved=solved, answers=answers)
