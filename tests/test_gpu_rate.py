"""The benchmark of images per second: it runs on any machine, and what is recorded are networks that it knows."""

import json
import runpy
import sys
from pathlib import Path

import keras
import pytest

from seglab import measured
from seglab.errors import InputError

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
    assert 0 < row["lowest"] <= row["median"] <= row["highest"]
    assert f"{row['median']:.0f}" in capsys.readouterr().out


def test_a_machine_without_a_gpu_does_not_replace_the_record(benchmark, monkeypatch):
    monkeypatch.setitem(benchmark["main"].__globals__, "machine", lambda: "CPU, 2 cores, Keras on tensorflow")
    with pytest.raises(InputError, match="there is no GPU here"):
        benchmark["main"](["--record", str(ROOT / "seglab" / "measured" / "gpu_rate.json")])


def test_what_is_recorded_is_known_and_comes_from_a_gpu(benchmark):
    rows = measured.measured("gpu_rate")
    assert {"lecture", "ours"} <= {row["method"] for row in rows} <= set(benchmark["NETWORKS"])
    assert {row["precision"] for row in rows} <= set(benchmark["POLICIES"])
    assert measured.conditions("gpu_rate")["machine"].startswith("NVIDIA")
