"""Week 10b: what the lesson says holds for whatever is recorded, and for its own functions; nothing is trained here."""

import contextlib
import io
import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from seglab import measured
from seglab.authoring import notebooks
from seglab.models import NETWORKS, VARIANTS

ROOT = Path(__file__).parents[2]
CELLS = {cell["id"]: cell["source"] for cell in notebooks.read(ROOT / "course" / "week10b_comparison.ipynb")["cells"]}
TABLES = ["recorded", "figure", "figure-shown", "winners", "seeds-table"]


def run(cell, names):
    """Run a cell without a window, with five of the twelve networks; return what it printed."""
    source = CELLS[cell].replace("%matplotlib inline", "").replace("in NETWORKS.items()", "in VARIANTS.items()")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(source, names)
    return printed.getvalue()


def only_functions(cell):
    """The functions of a cell, without what it does with them."""
    parts = CELLS[cell].split("\n\n\n")
    return "\n\n\n".join(part for part in parts if part.startswith(("def ", "import ", "from ")))


@pytest.fixture(scope="module")
def lesson():
    """The names that cells without training define, and what they printed."""
    names = {"printed": {}, "np": np, "plt": plt, "sys": sys, "VARIANTS": VARIANTS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plt, "show", lambda: plt.close("all"))
        for cell in [*TABLES, "apart", "costs", "quality", "quality-figure", "ratio", "front", "draw", "shifts"]:
            names["printed"][cell] = run(cell, names)
        for cell in ("first-calls", "busy", "asynchronous", "scores", "vary", "card-code"):
            exec(only_functions(cell), names)
    return names


def row(method="solo", data="cells", **changes):
    """A recorded row; without `median` not measured."""
    base = {"data": data, "network": method, "method": method, "metric": "AP", "seeds": 0, "median": None}
    base |= {"lowest": None, "highest": None, "scores": {}, "oracle": None, "steps": 9}
    base |= dict.fromkeys(("ms", "parameters", "memory_mb", "cpu_seconds"))
    return base | changes


def seen(method, median, low, high, seeds=3, **changes):
    cost = {"ms": 50.0, "parameters": 1000, "memory_mb": 900, "cpu_seconds": 10}
    return row(method, median=median, lowest=low, highest=high, seeds=seeds, scores={"AP": median}, **cost, **changes)


def test_every_recorded_row_is_in_the_table(lesson):
    text = lesson["printed"]["recorded"]
    rows = measured.measured("instances")
    assert sum(line.startswith(("cells ", "nuclei ", "streets ")) for line in text.splitlines()) == len(rows)
    assert text.count("not measured") == sum(not one["seeds"] for one in rows)
    for one in rows:
        assert not one["seeds"] or f"{one['median']:.3f}" in text


def test_the_lesson_renders_with_nothing_and_with_everything_measured(lesson, monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    full = [
        one | {key: value for key, value in seen(one["method"], 0.5, 0.4, 0.6).items() if key not in ("data", "oracle")}
        for one in measured.measured("instances")
    ]
    for one in full:
        if one["data"] == "streets":
            one |= {"metric": "PQ", "scores": {"PQ": 0.5, "PQ things": 0.4, "PQ stuff": 0.6}}
    empty = [row(one["method"], one["data"], oracle=one["oracle"]) for one in measured.measured("instances")]
    for rows, word in ((empty, "not measured"), (full, "ahead")):
        monkeypatch.setattr(measured, "measured", lambda name, rows=rows: rows)
        names = {"np": np, "plt": plt}
        printed = {cell: run(cell, names) for cell in TABLES}
        assert word in printed["winners"]
    assert "all seeds agree" not in printed["seeds-table"]  # all alike: the spread is larger


def test_a_difference_counts_if_no_seed_disagrees(lesson):
    high, near, far = seen("solo", 0.8, 0.7, 0.9), seen("yolact", 0.6, 0.5, 0.7), seen("boundary", 0.4, 0.3, 0.6)
    assert lesson["verdict"](near, high).endswith("within the spread of the seeds")
    assert lesson["verdict"](far, high) == "0.400 between solo and boundary: all seeds agree"
    assert "one seed" in lesson["verdict"](high, seen("yolact", 0.6, 0.6, 0.6, seeds=1))


def test_what_the_text_says_of_ceilings(lesson):
    oracle = {(one["data"], one["method"]): one["oracle"] for one in measured.measured("instances")}
    assert oracle["cells", "components"] < 0.2 < 0.7 < oracle["nuclei", "components"]
    assert oracle["cells", "distance transform"] < 0.5
    assert min(oracle["cells", rule] for rule in ("predicted distance", "boundary")) > 0.75
    assert not any(value for (_, method), value in oracle.items() if method in lesson["NAMES"])
    simple = next(one for one in lesson["by_data"]["cells"] if one["method"] == "components")
    assert simple["median"] > simple["oracle"]  # gaps between unsure pixels help


def test_two_squares_that_touch_are_one_piece(lesson):
    instances = np.zeros((9, 20), int)
    instances[1:5, 1:5], instances[1:5, 5:9], instances[1:5, 12:16] = 1, 2, 3
    assert lesson["apart_and_found"](instances) == ([False, False, True], [False, False, True])
    assert lesson["found"][lesson["apart"]].mean() == 1 and lesson["found"][~lesson["apart"]].mean() < 0.6


def test_activations_are_counted_by_layer(lesson):
    import keras

    image = keras.Input((4, 6, 3))
    any_size = keras.Input((None, None, 3))
    inner = keras.Model(any_size, keras.layers.MaxPooling2D(2)(any_size))
    deep, fine = inner(image), keras.layers.Conv2D(2, 1)(image)
    model = keras.Model(image, [keras.layers.UpSampling2D(2)(deep), fine])
    assert lesson["activations"](model, (4, 6)) == 2 * 3 * 3 + 4 * 6 * 3 + 4 * 6 * 2
    pooled = NETWORKS["SegNet"]((64, 64, 3), 4)  # its pooling has two outputs
    costs = lesson["costs"]
    assert lesson["activations"](pooled) < 1.5 * costs["U-Net"]["activations"]
    assert costs["FCN-32s"]["weights"] > costs["U-Net"]["weights"]
    assert costs["FCN-32s"]["activations"] < costs["U-Net"]["activations"] / 2


def test_the_front_and_the_ratio(lesson):
    points = {"A": (1, 0.5), "B": (2, 0.5), "C": (2, 0.7), "D": (3, 0.6), "twin": (2, 0.7)}
    assert lesson["front"](points) == ["A", "C", "twin"]
    first = lesson["printed"]["ratio"].splitlines()[0]
    assert first.startswith("always background") and "always background" in lesson["front"](lesson["points"])
    assert 1 < len(lesson["front"](lesson["points"])) < len(lesson["points"])


FAMILY = ("FCN-32s", "FCN-16s", "FCN-8s", "U-Net")  # the finer the last map, the further to the right


@pytest.fixture(scope="module")
def families(lesson):
    """By data set, the rows of `FAMILY` without and with the CRF."""
    found = {}
    for name, group in lesson["quality"].items():
        rows = {row["method"]: row for row in group}
        found[name] = [rows[one] for one in FAMILY], [lesson["refined"][name, one] for one in FAMILY]
    return found


@pytest.mark.parametrize("data", ["pets", "nuclei"])
def test_what_the_text_says_of_fine_maps_and_the_crf(families, data):
    plain, refined = families[data]
    for key in ("mIoU", "boundary IoU"):
        scores = [row["scores"][key] for row in plain]
        assert scores == sorted(scores)
    gains = [crf["median"] - row["median"] for row, crf in zip(plain, refined, strict=True)]
    assert gains[0] > 0.02 and gains[-1] < 0 and max(gains) <= 0.105


def test_what_the_text_says_of_nuclei(families):
    plain, refined = families["nuclei"]
    assert [round(row["median"], 2) for row in plain] == [0.56, 0.67, 0.81, 0.9]
    assert refined[1]["median"] - plain[1]["median"] > 0.095


def test_what_the_text_says_of_streets(lesson):
    rows = lesson["quality"]["camvid"]
    names = [row["method"] for row in rows]  # best first
    assert names.index("FCN-8s") < names.index("U-Net")
    assert all(lesson["refined"]["camvid", row["method"]]["median"] < row["median"] for row in rows)
    results = ROOT / "benchmarks" / "results" / "models"
    plain, refined = json.loads((results / "camvid-fcn-8s-0.json").read_text())["scores"].values()
    thin = ("IoU Pole", "IoU SignSymbol", "IoU Pedestrian", "IoU Bicyclist", "IoU Fence")
    assert refined["IoU Sky"] > plain["IoU Sky"] and all(refined[key] < 0.5 * plain[key] for key in thin)
    u_net = json.loads((results / "camvid-u-net-0.json").read_text())
    values = {key: value for key, value in u_net["scores"]["U-Net"].items() if key.startswith("IoU ")}
    assert u_net["steps"] == 836 and len(values) == 11 and {key for key in values if not values[key]} == set(thin)


def test_the_wrong_clock_sees_no_work(lesson):
    import time

    for seconds in (0.01, 0.02):
        wrong, right = lesson["wrong_and_right"](lambda seconds=seconds: time.sleep(seconds), 5)
        assert wrong < seconds / 4 and right >= seconds


def test_timed_tells_waiting_from_work(lesson):
    import time

    wall, cpu = np.median(lesson["timed"](lambda: time.sleep(0.02), 3), axis=0)
    assert wall >= 20 and cpu < 10


def test_shifts_change_images_and_keep_labels(lesson):
    shifts, images = lesson["shifts"], lesson["test"][0]
    assert {data[0].shape for data in shifts.values()} == {images.shape} and len(shifts) == 8
    for name in ("half as bright", "1.5 times as bright", "noise", "blur", "inverted"):
        assert np.array_equal(shifts[name][1], lesson["test"][1]) and not np.array_equal(shifts[name][0], images)
    tiles = lesson["tiled"](np.arange(4)[:, None, None] + np.zeros((4, 1, 2), int))
    assert tiles.tolist() == [[[0, 0, 1, 1], [2, 2, 3, 3]]]
    changed = lesson["varied"](images[:2], np.random.default_rng(0))
    assert changed.shape == images[:2].shape and changed.min() >= 0 and changed.max() <= 1


def test_iou_and_limits_by_hand(lesson):
    labels, probs = np.array([[1, 1, 0, 0]]), np.array([[0.9, 0.4, 0.6, 0.1]])
    assert lesson["cell_iou"](labels, probs) == pytest.approx(1 / 3)
    assert lesson["cell_iou"](labels, probs, threshold=0.3) == pytest.approx(2 / 3)
    scores = {"as trained": [0.9, 0.9], "dark": [0.5, 0.7], "noise": [0.87, 0.87]}
    assert lesson["limits_of"](scores, "as trained") == ["dark: IoU falls by 0.30; do not use"]


def test_the_card_holds_all_parts(lesson):
    headings = ("Intended use", "Not for", "Data", "License of the data", "Training", "How measured", "Cost")
    facts = {"name": "Net", **{heading: f"about {heading}" for heading in headings}}
    text = lesson["card"](facts, {"kind": {"dark": [0.5, 0.7]}}, ["dark images"])
    assert text.startswith("### Net\n") and all(f"**{heading}.** about {heading}" in text for heading in headings)
    assert "| dark | 0.600 | 0.500 | 0.700 |" in text and text.endswith("- dark images")
