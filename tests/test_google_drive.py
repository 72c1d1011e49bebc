"""Drive by one option: where files lie afterwards, and what is said where there is no Drive."""

import os
import sys
import types
from pathlib import Path

import pytest

import seglab
from seglab import checkpoints, google_drive, inspection, student


@pytest.fixture(autouse=True)
def plain(monkeypatch, tmp_path):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(student, "gpu_name", lambda: None)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def mounted(monkeypatch, tmp_path):
    """A stand-in for Colab; the list of what it was asked to mount."""
    asked = []

    def mount(place):
        asked.append(place)
        Path(place, "MyDrive").mkdir(parents=True, exist_ok=True)

    package = types.ModuleType("google.colab")
    package.drive = types.SimpleNamespace(mount=mount)
    package.files = types.SimpleNamespace(download=lambda path: None)
    for name, module in (("", package), (".drive", package.drive), (".files", package.files)):
        monkeypatch.setitem(sys.modules, f"google.colab{name}", module)
    monkeypatch.setattr(google_drive, "MOUNT", tmp_path / "drive")
    return asked


def test_what_a_notebook_writes_lies_on_drive_afterwards(mounted, tmp_path, capsys, monkeypatch):
    seglab.setup(seed=0, drive=True)
    folder = tmp_path / "drive" / "MyDrive" / "seglab"
    assert Path.cwd() == folder and mounted == [str(tmp_path / "drive")]
    assert capsys.readouterr().out.splitlines()[-1] == "Files go to Drive, into MyDrive/seglab."
    assert checkpoints.open_run("runs/mine", {"model": "u-net"}).resolve() == folder / "runs" / "mine"
    assert (folder / "runs" / "mine" / "run.json").is_file()

    monkeypatch.setattr(inspection, "rehearse", lambda *_: {"state": "done", "failed": {}, "seconds": 1.0})
    Path("lab1.ipynb").write_text('{"cells": [], "metadata": {}}')
    archive = seglab.submit("lab1.ipynb", drive=True)
    assert archive == folder / "lab1-submission.zip" and archive.is_file()
    assert "It lies on Drive: MyDrive/seglab/lab1-submission.zip" in capsys.readouterr().out
    assert len(mounted) == 1, "nothing to copy"
    seglab.setup(seed=0, drive=True)  # the cell is run again, or after a restart in the same folder
    assert Path.cwd() == folder


def test_without_the_option_drive_is_left_alone(mounted, tmp_path):
    seglab.setup(seed=0)
    assert Path.cwd() == tmp_path and mounted == []


def test_a_drive_that_refuses_is_said_in_one_line(mounted, tmp_path, capsys, monkeypatch):
    def refuse(place):
        raise ValueError("mount failed")

    monkeypatch.setattr(sys.modules["google.colab"].drive, "mount", refuse)
    seglab.setup(seed=0, drive=True)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("No Drive (ValueError: mount failed)") and Path.cwd() == tmp_path


def test_off_colab_and_under_grading_nothing_happens(tmp_path, capsys, monkeypatch, recwarn):
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    seglab.setup(seed=0, drive=True)
    assert capsys.readouterr().out.splitlines()[-1] == "Drive is for Colab only: files stay in this folder."
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setattr(student, "_silence_warnings", lambda: None)
    monkeypatch.setitem(sys.modules, "google.colab", object())
    seglab.setup(seed=0, drive=True)
    assert capsys.readouterr() == ("", "") and os.getcwd() == str(tmp_path)
