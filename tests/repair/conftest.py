"""The sheets that are damaged and repaired: the lab as it is released, and small ones of any nbgrader course."""

import importlib.util
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
LAB = "lab1_fcn_unet"


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
def lab(small, tmp_path_factory):
    """The lab: its source, its release by the real nbgrader, a solved one and the answers."""
    from seglab.authoring.release import release

    folder = tmp_path_factory.mktemp("repair-course")
    shutil.copy(ROOT / "grader_config.py", folder)
    shutil.copytree(ROOT / "solutions" / LAB, folder / "solutions" / LAB)
    source = json.loads((ROOT / "solutions" / LAB / f"{LAB}.ipynb").read_text(encoding="utf-8"))
    released = json.loads(release(LAB, folder).read_text(encoding="utf-8"))
    return _sheet(small, source, released)


@pytest.fixture(scope="session")
def sheet(request, small):
    """The sheet that a test names: `"lab"`, `"functions"` or `"variables"`."""
    if request.param == "lab":
        return request.getfixturevalue("lab")
    source = getattr(small, request.param)()
    return _sheet(small, source, small.released(source))


def _sheet(small, source, released):
    for notebook in (source, released):
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
    solved, answers = small.solved(source, released)
    return SimpleNamespace(source=source, release=released, solved=solved, answers=answers)
