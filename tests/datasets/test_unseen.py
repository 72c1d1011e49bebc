"""The unseen images belong to their secret seed; a foreign prediction file is read with care."""

import json
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seglab.datasets import unseen
from seglab.errors import InputError

ROOT = Path(__file__).parents[2]
LAB = "lab1_fcn_unet"
SOLUTION = ROOT / "solutions" / LAB / f"{LAB}.ipynb"
REMEDY = f"run `python -m seglab.datasets.unseen {SOLUTION.relative_to(ROOT)}` to draw the picture again"


@pytest.fixture(scope="module")
def seed():
    return unseen.seed_of(SOLUTION)


def test_the_picture_is_what_the_generator_draws_for_the_secret_seed(seed, tmp_path):
    images, labels = unseen.draw(LAB, seed)
    shipped = unseen.unseen_images(LAB)
    assert shipped.shape == images.shape == (24, 64, 64, 3) and shipped.dtype == np.float32
    assert 0 <= shipped.min() < 0.2 and 0.8 < shipped.max() <= 1
    assert np.abs(shipped - images).mean() < 0.03, REMEDY  # JPEG takes some of the noise
    again = Image.open(unseen.write_picture(LAB, seed, tmp_path / "again.jpg"))
    with Image.open(Path(unseen.__file__).with_name("unseen_lab1.jpg")) as picture:
        difference = np.abs(np.asarray(picture, int) - np.asarray(again, int))
    assert difference.mean() < 0.5, REMEDY  # another version of the JPEG library may round otherwise
    assert set(np.unique(labels)) == {0, 1, 2, 3}, "every class must occur"


def test_another_seed_draws_other_images(seed):
    images, labels = unseen.draw(LAB, seed + 1)
    assert np.abs(unseen.unseen_images(LAB) - images).mean() > 0.1
    assert (labels != unseen.draw(LAB, seed)[1]).mean() > 0.1


def test_the_picture_is_small():
    assert Path(unseen.__file__).with_name("unseen_lab1.jpg").stat().st_size <= 80_000


def test_the_seed_is_long_and_stands_in_the_solution_only(seed):
    assert seed.bit_length() > 120
    command = ["git", "-C", str(ROOT), "grep", "-lie", f"{seed:x}", "-e", str(seed)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode > 1:
        pytest.skip("no git history here")
    assert set(found.stdout.split()) <= {str(SOLUTION.relative_to(ROOT))}


def test_an_unknown_lab_is_refused():
    with pytest.raises(InputError, match=r"lab must be one of .*lab1_fcn_unet.*got 'lab9'"):
        unseen.unseen_images("lab9")


@pytest.mark.parametrize("sources", [[], ["UNSEEN_SEED = 0x1f", "UNSEEN_SEED = 0x2f"]], ids=["none", "two"])
def test_a_notebook_must_name_one_seed(tmp_path, sources):
    path = tmp_path / "sheet.ipynb"
    path.write_text(json.dumps({"cells": [{"source": [source]} for source in sources]}))
    with pytest.raises(InputError, match="must name one UNSEEN_SEED"):
        unseen.seed_of(path)


def test_the_module_is_the_command_that_draws_the_picture(tmp_path, monkeypatch, seed):
    drawn = []
    monkeypatch.setattr(unseen, "write_picture", lambda lab, number: drawn.append((lab, number)))
    unseen.main([str(SOLUTION)])
    assert drawn == [(LAB, seed)]


LABELS = np.arange(24 * 64 * 64, dtype=np.uint8).reshape(24, 64, 64) % 4


@pytest.mark.parametrize("labels", [LABELS, np.asfortranarray(LABELS)], ids=["C", "Fortran"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_predictions_come_back_as_they_were(tmp_path, save, labels):
    save(tmp_path / "good.npz", labels=labels)
    read = unseen.read_predictions(tmp_path / "good.npz")
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, LABELS)


def test_no_file_means_not_done_yet(tmp_path):
    with pytest.raises(NotImplementedError, match=r"^mine\.npz is missing"):
        unseen.read_predictions(tmp_path / "mine.npz")


def test_predictions_of_another_kind_are_refused_by_name(tmp_path):
    objects = np.empty(24, object)
    objects[:] = list(LABELS)
    cases = {
        "shape": ({"labels": LABELS[:, :32]}, r"uint8 of shape \(24, 64, 64\).*got uint8 \(24, 32, 64\)"),
        "dtype": ({"labels": LABELS.astype("int64")}, r"got int64 \(24, 64, 64\)"),
        "probs": ({"labels": np.eye(4)[LABELS]}, r"got float64 \(24, 64, 64, 4\)"),
        "range": ({"labels": LABELS + 1}, r"must lie in \[0, 4\), got 4"),
        "name": ({"predictions": LABELS}, "array `labels`"),
        "pickle": ({"labels": objects}, r"got object \(24,\)"),
    }
    for name, (arrays, message) in cases.items():
        np.savez(tmp_path / f"{name}.npz", **arrays)
        with pytest.raises(InputError, match=rf"^{name}\.npz.*{message}") as caught:
            unseen.read_predictions(tmp_path / f"{name}.npz")
        assert "\n" not in str(caught.value)


def test_damaged_files_are_refused_in_one_line(tmp_path):
    np.savez_compressed(tmp_path / "good.npz", labels=LABELS)
    whole = (tmp_path / "good.npz").read_bytes()
    contents = {
        "empty.npz": b"",
        "text.npz": b"labels",
        "cut.npz": whole[: len(whole) // 2],
        "changed.npz": whole[:80] + b"\x00" * 40 + whole[120:],
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=rf"^{name}") as caught:
            unseen.read_predictions(tmp_path / name)
        assert "\n" not in str(caught.value)
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(InputError, match=r"^folder\.npz"):
        unseen.read_predictions(tmp_path / "folder.npz")


def test_a_file_that_swells_is_not_unpacked(tmp_path):
    header = np.lib.format.header_data_from_array_1_0(LABELS)
    with (
        zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("labels.npy", "w", force_zip64=True) as member,
    ):
        np.lib.format.write_array_header_1_0(member, header)
        for _ in range(64):
            member.write(bytes(1 << 20))
    with pytest.raises(InputError, match=r"^bomb\.npz is damaged: 98305 label bytes, not 98304"):
        unseen.read_predictions(tmp_path / "bomb.npz")
