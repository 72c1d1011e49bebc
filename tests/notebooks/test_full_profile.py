"""FULL's road through the lesson that reads the pets by name: both ways to get them, on a handful of small pictures."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

sys.path.insert(0, str(Path(__file__).parents[1] / "datasets"))
import pet_site

from seglab.datasets import pets

ROOT = Path(__file__).parents[2]
# FULL trains for 40 epochs of 128x128 pixels; what is tested here is the road, not the result.
SHORTER = {"settings": "\nSIZE, EPOCHS = 64, 1\n", "better-fit": "LESS = 40 if FULL else 5"}


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory):
    """Folder with the set as TensorFlow Datasets keeps it and as the plain loader does; nothing else is asked for."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        pet_site.prepare_by_package(pet_site.package_or_skip(), patch, folder)
        with pet_site.small_pets(patch, folder):
            pets.prepare()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("way", ["package", "plain files"])
def test_the_pets_lesson(way, data_folder, tmp_path):
    notebook = nbformat.read(ROOT / "course" / "week06c_pets.ipynb", as_version=4)
    cells = {cell["id"]: cell for cell in notebook.cells}
    assert SHORTER["better-fit"] in cells["better-fit"]["source"]
    cells["settings"]["source"] += SHORTER["settings"]
    cells["better-fit"]["source"] = cells["better-fit"]["source"].replace(SHORTER["better-fit"], "LESS = 1")
    environment = {**os.environ, "SEGLAB_PROFILE": "full", "TFDS_DATA_DIR": str(data_folder)}
    environment.pop("SEGLAB_DATA_DIR", None)
    paths = [str(ROOT)]
    if way == "plain files":  # a package that is found, and imported with nothing in it
        (tmp_path / "broken" / "tensorflow_datasets").mkdir(parents=True)
        (tmp_path / "broken" / "tensorflow_datasets" / "__init__.py").touch()
        paths.insert(0, str(tmp_path / "broken"))
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute(env=environment)
    printed = {
        name: "".join("".join(output.get("text", "")) for output in cell.get("outputs", ()))
        for name, cell in cells.items()
    }
    assert "data: tfds:oxford_iiit_pet at 128x128" in printed["settings"]
    assert ("read from its own site's files" in "".join(printed.values())) == (way == "plain files")
    assert "6 test images; classes background, foreground, border" in printed["write-folder"]
    assert "better          IoU of the pet" in printed["better-fit"]
