"""What `make demo` wrote on this machine: the comparison that the course teaches from must come out."""

import json
from pathlib import Path

import pytest

RESULTS = Path(__file__).parents[1] / "build" / "demo" / "results.json"


@pytest.fixture(scope="module")
def scores():
    if not RESULTS.exists():
        pytest.skip("build/demo/results.json is not there: run `make demo` first")
    results = json.loads(RESULTS.read_text())
    return {row["name"]: row["mean_iou"] for row in [{"name": "baseline", **results["baseline"]}, *results["models"]]}


def test_finer_is_better(scores):
    assert scores["baseline"] < scores["FCN-32s"] < scores["FCN-16s"] < scores["FCN-8s"] < scores["U-Net"]


def test_skips_and_u_net_pay(scores):
    assert scores["U-Net"] >= scores["FCN-8s"] + 0.1
    assert scores["U-Net"] > scores["U-Net without skips"]
