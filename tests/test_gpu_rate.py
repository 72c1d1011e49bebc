"""The benchmark of images per second: it runs on any machine, and what is recorded are networks that it knows."""

import json
import runpy
import sys
from pathlib import Path

import keras
import pytest

from seglab import measured

ROOT = Path(__file__).parents[1]


@pytest.fixture
def benchmark():
    yield runpy.run_path(str(ROOT / "benchmarks" / "gpu_rate.py"))
    sys.path.remove(str(ROOT / "benchmarks"))
    keras.mixed_precision.set_global_policy("float32")


def test_a_short_run_is_recorded(benchmark, tmp_path, capsys):
    path = tmp_path / "rate.json"
    words = ["--only", "ours", "--policies", "float32", "--steps", "2", "--rounds", "3", "--record", str(path)]
    benchmark["main"](words)
    (row,) = json.loads(path.read_text())["rows"]
    assert (row["method"], row["precision"], row["size"], row["batch"]) == ("ours", "float32", 128, 16)
    assert 0 < row["lowest"] <= row["median"] <= row["highest"] and row["ms"] * row["median"] == pytest.approx(
        1000, 1e-3
    )
    assert f"{row['median']:.0f}" in capsys.readouterr().out


def test_what_is_recorded_is_known_and_comes_from_a_gpu(benchmark):
    rows = measured.measured("gpu_rate")
    assert {row["method"] for row in rows} == {"lecture", "ours"} <= set(benchmark["NETWORKS"])
    assert {row["precision"] for row in rows} <= set(benchmark["POLICIES"])
    assert measured.conditions("gpu_rate")["machine"].startswith("NVIDIA")
