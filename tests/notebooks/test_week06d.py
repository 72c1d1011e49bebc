"""Week 6d: its arithmetic by hand, its claims on small trainings, and its tables on rows that are made up."""

import contextlib
import io
import itertools
import json
import re
import statistics
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import seglab
from seglab import measured
from seglab.authoring import notebooks
from seglab.optimizers import orthogonalize

ROOT = Path(__file__).parents[2]
CELLS = {cell["id"]: cell["source"] for cell in notebooks.read(ROOT / "course" / "week06d_soon.ipynb")["cells"]}
ROADS = ["recorded", "curves", "curves-shown", "milestones"]
ABLATION = ["ablation", "ablation-figure", "ablation-shown", "verdict"]
SMALLER = ("SMALL = 48", "SMALL = 32")


def run(cell, names, *changes):
    """Run a cell without a window, some of its text replaced; return what it printed."""
    source = CELLS[cell].replace("%matplotlib inline", "")
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(source, names)
    return printed.getvalue()


def row(method, curve, test=(0.5, 0.45, 0.55), data="pets", seeds=3):
    """A row as `benchmarks/time_to_iou.py` packs it, with the same curve for every seed."""
    median, lowest, highest = test
    scores = {"median": median, "lowest": lowest, "highest": highest, "val": max(value for _, value in curve)}
    facts = {"seconds": curve[-1][0], "epochs": 40, "parameters": 1000, "curves": [curve] * seeds}
    return {"data": data, "method": method, "metric": "IoU", "seeds": seeds} | scores | facts


CURVES = {"lecture": [[30, 0.0], [100, 0.55]], "keras-docs": [[40, 0.4], [600, 0.0]], "good": [[5, 0.4], [20, 0.7]]}
MADE_UP = [
    *(row(name, curve) for name, curve in CURVES.items()),
    row("no-muon", CURVES["good"], (0.3, 0.2, 0.44)),
    row("no-dice", CURVES["good"], (0.49, 0.4, 0.5)),
    row("no-stem", CURVES["good"], (0.6, 0.56, 0.7)),
    row("no-cycle", CURVES["good"], (0.3, 0.3, 0.3), seeds=1),
]
NUCLEI = [row(name, curve, data="nuclei") for name, curve in CURVES.items()]


@pytest.fixture(autouse=True)
def no_windows(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))


@pytest.fixture
def tables(monkeypatch, tmp_path):
    """Function from recorded rows to the names of the table cells and what they printed."""

    def tables(rows):
        text = json.dumps({"conditions": {"date": "today"}, "rows": rows})
        (tmp_path / "time_to_iou.json").write_text(text)
        monkeypatch.setattr(measured, "FOLDER", tmp_path)
        names = {"np": np, "plt": plt}
        return names, {cell: run(cell, names) for cell in [*ROADS, *ABLATION]}

    return tables


@pytest.fixture(scope="module")
def counted():
    """The cells that count, and what they printed."""
    names = {"np": np, "plt": plt, "seglab": seglab, "statistics": statistics}
    names |= {"measured": measured.measured, "conditions": measured.conditions}
    cells = ("steps", "multiplications", "costs", "elsewhere", "small-data", "small-network")
    return names, {cell: run(cell, names, *([SMALLER] if cell == "small-data" else [])) for cell in cells}


def test_the_tables_of_made_up_rows(tables):
    _, printed = tables(MADE_UP + NUCLEI)
    assert printed["recorded"].count("(0.450 to 0.550, seeds: 3)") == 6
    lecture, keras_docs, ours = printed["milestones"].splitlines()[1:4]
    assert lecture.split()[3:] == ["100", "s", *"----", "0.55,", "100", "s,", "0.55"]
    assert keras_docs.split()[3:] == [*"-----", "0.40,", "40", "s,", "0.00"]
    assert ours.split()[4:11] == ["20", "s", "20", "s", "20", "s", "-"]
    assert printed["verdict"].splitlines()[-1] == "2 of 4 differences are larger than what another seed changes"


@pytest.mark.parametrize(
    "rows",
    [MADE_UP[:1], MADE_UP[:3], MADE_UP[3:4] + MADE_UP[:1], NUCLEI],
    ids=["one", "no ablation", "no good", "nuclei"],
)
def test_missing_rows_stop_nothing(tables, rows):
    _, printed = tables(rows)
    assert printed["ablation-shown"] == "not recorded yet\n"


@pytest.mark.skipif("time_to_iou" not in measured.names(), reason="not recorded yet")
def test_every_recorded_row_has_a_name():
    names = {"np": np, "plt": plt}
    printed = {cell: run(cell, names) for cell in [*ROADS, *ABLATION]}
    known = {*names["ROADS"], *names["TITLES"]}
    rows = measured.measured("time_to_iou")
    assert {one["method"] for one in rows} <= known
    assert all(f"{one['median']:.3f}" in printed["recorded"] + printed["ablation"] for one in rows)


def test_what_the_text_says_of_the_roads():
    names = {"np": np, "plt": plt}
    run("recorded", names)
    roads = {(row["data"], row["method"]): row for row in names["roads"]}
    for data in ("pets", "nuclei"):
        short, lecture = roads[data, "short"], roads[data, "lecture"]
        assert short["lowest"] >= lecture["highest"] and round(short["parameters"], -3) == 104_000
        assert all(curve[-1][1] > max(value for _, value in lecture["curves"][0]) for curve in short["curves"])
        assert 9 < short["seconds"] < 11


def test_seconds_to_a_level_is_the_median_of_the_seeds(tables):
    names, _ = tables(MADE_UP)
    one = {"curves": [[[1, 0.2], [3, 0.6]], [[2, 0.5]], [[1, 0.4], [9, 0.7]]]}
    assert names["seconds_to"](one, 0.5) == 3
    assert names["seconds_to"](one, 0.6) is None


def test_a_difference_counts_if_no_seed_disagrees(tables):
    names, printed = tables(MADE_UP)
    found = {one["method"]: names["verdict"](one, MADE_UP[2]) for one in MADE_UP[3:]}
    assert found["no-muon"] == "worse, all seeds agree" and found["no-stem"] == "better, all seeds agree"
    assert found["no-dice"] == "within the spread of the seeds" and found["no-cycle"].startswith("one seed")
    np.testing.assert_allclose(names["changes"](MADE_UP[3], MADE_UP[2]), [-0.2, -0.3, -0.06])
    assert "-0.200  Adam in place of Muon          worse" in printed["verdict"]


def test_epochs_to_a_level_are_the_median_of_the_seeds(tables):
    names, printed = tables(MADE_UP)
    one = {
        "epochs": 40,
        "curves": [[[1, 0.2], [3, 0.6]], [[2, 0.5], [4, 0.6]], [[1, 0.5], [9, 0.4]]],
    }  # every 20 epochs
    assert names["epochs_to"](one, 0.5) == 20 and names["epochs_to"](one, 0.6) is None
    assert printed["ablation"].splitlines()[1].split()[-1] == "40"


def test_what_the_text_says_of_the_ingredients():
    names = {"np": np, "plt": plt}
    for cell in ("recorded", "ablation", "ablation-figure", "verdict"):
        run(cell, names)
    good, without = names["good"], {one["method"]: one for one in names["without"]}
    found = {method: names["verdict"](one, good) for method, one in without.items()}
    worse = {method for method, text in found.items() if text == "worse, all seeds agree"}
    large = {"no-augmentation", "no-muon", "no-stem", "no-residual-network"}
    assert worse == large | {"no-border-class", "no-flips"}
    assert all((names["changes"](without[method], good)[0] < -0.04) == (method in large) for method in worse)
    assert {text for method, text in found.items() if method not in worse} == {"within the spread of the seeds"}
    epochs = {method: names["epochs_to"](one, 0.7) for method, one in without.items()}
    later = {method for method, count in epochs.items() if count and count >= 2 * names["epochs_to"](good, 0.7)}
    assert later == {"no-quick-statistics", "no-average", "no-muon"}


def test_work_is_counted_where_it_is_done(counted):
    import keras
    from keras import layers

    image = keras.Input((8, 4, 3))
    x = layers.MaxPooling2D(2)(layers.Conv2D(2, 3, padding="same")(image))
    model = keras.Model(image, layers.Conv2DTranspose(5, 2, strides=2)(x))
    multiplications, numbers = counted[0]["work_by_level"](model)
    # The transposed convolution starts from the map of 4 x 2 and gives one of 8 x 4.
    assert multiplications == {1: 8 * 4 * 3 * 3 * 3 * 2 + 4 * 2 * 2 * 2 * 2 * 5}
    assert numbers == {1: 8 * 4 * (3 + 2 + 5), 2: 4 * 2 * 2}


def test_what_the_text_says_of_steps_and_levels(counted):
    names, printed = counted
    steps = [line.split()[-4::-3][0] for line in printed["steps"].splitlines()]
    assert steps == ["3640", "360", "760"]
    multiplications, numbers = names["work"]["the lecture's, 256 x 256"]
    middle = [multiplications[factor] for factor in (2, 4, 8, 16, 32)]
    assert max(middle) < 1.01 * min(middle)
    kept = [numbers[factor] for factor in (1, 2, 4, 8, 16)]
    assert all(1.8 < fine / coarse < 3 for fine, coarse in itertools.pairwise(kept))
    ours = [sum(part.values()) for part in names["work"]["ours, 128 x 128"]]
    assert ours[0] < sum(multiplications.values()) / 9 and ours[1] < sum(numbers.values()) / 6
    weights = [names["networks"][name].count_params() for name in ("the lecture's, 256 x 256", "ours, 128 x 128")]
    assert 5 < weights[0] / weights[1] < 5.2


def test_the_time_on_another_machine_by_hand(counted):
    names, printed = counted
    lecture, ours = (sum(names["work"][name][0].values()) for name in list(names["work"])[:2])
    assert (lecture, ours) == (1_075_314_688, 117_211_136)
    assert names["rate"] == pytest.approx(5879 * 40 * 6 * 1_075_314_688 / 3240)
    assert names["seconds"] == pytest.approx(3240 * ours / lecture)
    assert "5.9 minutes" in printed["elsewhere"] and "0.47 million million" in printed["elsewhere"]


def test_what_the_lesson_says_of_a_gpu_was_measured_there(counted):
    printed = counted[1]["elsewhere"]
    assert "H100" in printed and ": 3.4 times as many" in printed and ": 1.3 times as many" in printed
    assert "multiplies 9.2 times as much" in printed
    steps = [float(text) for text in re.findall(r"takes (\d\.\d) ms", printed)]
    assert len(steps) == 2 and all(3 <= step < 4.5 for step in steps)
    assert 1000 * 16 / (5879 * 40 / counted[0]["seconds"]) == pytest.approx(24, abs=0.5)


def test_late_statistics_find_nothing_with_weights_that_know(counted):
    names = counted[0]
    run("lag-train", names)
    late, soon = names["lagging"][0.99], names["lagging"][0.9]
    np.testing.assert_allclose(late["loss"], soon["loss"], rtol=1e-4)
    assert late["loss"][-1] < 0.7 * late["loss"][0]
    assert late["iou"][-1] < 0.25 and soon["iou"][-1] > late["iou"][-1] + 0.15
    assert late["by_batch"] > late["iou"][-1] + 0.2
    run("lag-figure", names)
    assert "63.6%  0.9%" in run("lag-arithmetic", names)


def test_the_polynomial_is_what_orthogonalize_does_to_each_singular_value():
    names = {"np": np}
    run("polynomial", names)
    start = np.array([0.003, 0.01, 0.03, 0.1, 0.3, 1.0], np.float32)
    value = start / np.linalg.norm(start)  # the matrix is divided by its length first
    for _ in range(5):
        value = names["A"] * value + names["B"] * value**3 + names["C"] * value**5
    np.testing.assert_allclose(np.diag(orthogonalize(np.diag(start))), value, rtol=1e-3)
    assert names["value"].min() > 0.68 and names["value"].max() < 1.21


def test_muon_uses_all_directions_and_wins_the_race(counted):
    names = counted[0]
    run("gradient", names)
    assert names["before"][0] > 5 * np.median(names["before"])
    assert names["after"].min() > 0.6 and names["after"].max() < 1.25
    run("gradient-figure", names)
    count = names["directions_for"]
    assert count(np.array([3.0, 1.0]), 0.9) == 1 and count(np.array([1.0, 1.0]), 0.9) == 2
    assert count(names["before"], 0.9) < len(names["before"]) / 2 < count(names["after"], 0.9)
    one_rate = ("(0.001, 0.004, 0.016)", "(0.016,)"), ("(0.005, 0.02, 0.08)", "(0.02,)")
    run("race", names, *one_rate, ("rounds=12", "rounds=8"))
    adam, muon = (names["raced"][name][2] for name in ("Adam", "Muon"))
    assert muon[0.02][-1] < adam[0.016][-1]


def test_three_logits_become_one():
    names = {"np": np}
    exec("\n".join(CELLS["small-data"].split("\n\n\n")[1:3]).split("\n\nprint")[0], names)
    assert run("border", names).splitlines() == [
        "largest of three: background",
        "all that is no background: 60%, logit +0.41: pet",
    ]
    logits = np.log([[[0.4, 0.35, 0.25], [0.6, 0.2, 0.2], [0.1, 0.9, 0.0001]]])
    assert names["foreground_iou"](logits, np.array([[2, 1, 0]])) == pytest.approx(1 / 3)


def test_flips_are_turned_back():
    class Ramp:
        """A network that believes what is further to the right."""

        def predict(self, images, batch_size, verbose):
            return images + np.arange(images.shape[2])[:, None]

    names = {"np": np}
    exec(CELLS["flips"].split("\n\n\n")[0], names)
    images = np.zeros((1, 1, 3, 1)) + np.array([5.0, 0, 0])[:, None]
    assert names["logits_of"](Ramp(), images).ravel().tolist() == [5, 1, 2]
    assert names["logits_of"](Ramp(), images, flips=True).ravel().tolist() == [6, 1, 1]
