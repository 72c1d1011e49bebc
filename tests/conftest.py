"""Fixtures and rules that the whole suite shares."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest


@pytest.fixture(scope="session")
def data_dir():
    """Folder with the real data sets; tests that need it are skipped, by name, where it is not set."""
    root = os.environ.get("SEGLAB_DATA_DIR")
    if not root:
        pytest.skip("SEGLAB_DATA_DIR is not set: no real images")
    return Path(root)
