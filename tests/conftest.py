"""Fixtures and rules that the whole suite shares."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def data_dir():
    """Folder with the real data sets; tests that need it are skipped, by name, where it is not set."""
    root = os.environ.get("SEGLAB_DATA_DIR")
    if not root:
        pytest.skip("SEGLAB_DATA_DIR is not set: no real images")
    return Path(root)


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    """What students of this course get."""
    from seglab.authoring.publish import publish

    folder = tmp_path_factory.mktemp("students") / "tree"
    publish(folder, Path(__file__).parents[1])
    return folder


@pytest.fixture
def tiny_pets(tmp_path, monkeypatch):
    """Eight pets, brighter than their background, and four for the test; 32x32 pixels."""
    root = tmp_path / "data" / "pets"
    for name in ("images", "trimaps"):
        (root / name).mkdir(parents=True)
    rng = np.random.default_rng(5)
    for index in range(12):
        trimap = np.full((32, 32), 2, np.uint8)
        row, col = rng.integers(2, 12, 2)
        trimap[row : row + 18, col : col + 18], trimap[row + 1 : row + 17, col + 1 : col + 17] = 3, 1
        image = np.where(trimap == 2, 60, 190) + rng.integers(-20, 20, (32, 32))
        Image.fromarray(trimap).save(root / "trimaps" / f"{index}.png")
        Image.fromarray(np.stack([image] * 3, -1).astype(np.uint8)).save(root / "images" / f"{index}.png")
    for split, numbers in (("train", range(8)), ("test", range(8, 12))):
        (root / f"{split}.txt").write_text("\n".join(map(str, numbers)) + "\n")
    monkeypatch.setenv("SEGLAB_DATA_DIR", str(tmp_path / "data"))
