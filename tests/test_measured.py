"""Measured numbers travel with the package, and are those of the benchmark's own files."""

import json
import runpy
from pathlib import Path

import pytest

from seglab import measured
from seglab.errors import InputError

ROOT = Path(__file__).parents[1]
COST = {"steps": 7, "ms": 80.0, "parameters": 1000, "memory_mb": 900, "cpu_seconds": 400}


@pytest.fixture(scope="module")
def benchmark():
    return runpy.run_path(str(ROOT / "benchmarks" / "instances.py"))


def test_the_packed_rows_are_those_of_the_results_folder(benchmark):
    rows = json.loads(json.dumps(benchmark["summary"]()))
    assert measured.measured("instances") == rows, "run `python benchmarks/instances.py --table`"


def test_the_median_of_three_seeds_and_rows_of_what_is_missing(benchmark, tmp_path):
    for seed, ap in enumerate((0.7, 0.4, 0.6)):
        result = {**COST, "ms": 80.0 + seed, "scores": {"solo": {"AP": ap, "AP50": ap + 0.2}}}
        (tmp_path / f"cells-solo-{seed}.json").write_text(json.dumps(result))
    (tmp_path / "cells-oracle.json").write_text(json.dumps({"boundary": {"AP": 0.8}}))
    rows = {(row["data"], row["method"]): row for row in benchmark["summary"](tmp_path)}
    solo = rows["cells", "solo"]
    assert (solo["median"], solo["lowest"], solo["highest"], solo["seeds"]) == (0.6, 0.4, 0.7, 3)
    assert (solo["scores"], solo["ms"], solo["steps"], solo["oracle"]) == ({"AP": 0.6, "AP50": 0.8}, 81.0, 7, None)
    missing = rows["cells", "boundary"]
    assert (missing["seeds"], missing["median"], missing["ms"], missing["scores"]) == (0, None, None, {})
    assert missing["oracle"] == 0.8
    assert len(rows) == 3 + 4 + 3 + 4 + 1 + 4  # learned networks, and the four rules, of cells, nuclei, streets


def test_the_date_stays_while_the_numbers_do(benchmark, tmp_path):
    path, old = tmp_path / "instances.json", {"conditions": {"date": "2000-01-01"}, "rows": [{"median": 0.5}]}
    path.write_text(json.dumps(old))
    benchmark["pack"]([{"median": 0.5}], path)
    assert json.loads(path.read_text()) == old
    benchmark["pack"]([{"median": 0.6}], path)
    new = json.loads(path.read_text())
    assert new["rows"] == [{"median": 0.6}] and new["conditions"]["date"] > "2000-01-01"
    assert set(new["conditions"]["versions"]) == {"keras", "tensorflow", "numpy"}


@pytest.mark.parametrize("name", measured.names())
def test_every_file_says_when_and_how_and_what(name):
    assert {"program", "date", "machine", "versions"} <= set(measured.conditions(name))
    for row in measured.measured(name):
        assert {"data", "method", "metric", "seeds", "median", "lowest", "highest", "scores", "oracle"} <= set(row)
        if row["seeds"]:
            assert row["lowest"] <= row["median"] <= row["highest"] and row["scores"][row["metric"]] == row["median"]
        else:
            assert row["median"] is None


def test_an_unknown_benchmark_is_refused():
    with pytest.raises(InputError, match=r"name must be one of gpu_rate, instances, models, .*, got '\.\./solo'"):
        measured.measured("../solo")
