"""The benchmark of IoU against seconds: what is compared, how it is scored, and what stands in the table."""

import dataclasses
import json
import runpy
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from seglab import measured
from seglab.errors import InputError
from seglab.recipes import PROFILES

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def benchmark():
    names = runpy.run_path(str(ROOT / "benchmarks" / "time_to_iou.py"))
    yield names["main"].__globals__
    sys.path.remove(str(ROOT / "benchmarks"))


class Fixed:
    """Its logits are the first channels of the image."""

    def __init__(self, logits):
        self.logits = logits

    def predict(self, images, **options):
        return images[..., : self.logits]


def write(folder, name, plan_name, seed, test, curve):
    folder.mkdir(exist_ok=True)
    facts = {"curve": curve, "val": max(point[2] for point in curve), "test": test, "parameters": 7}
    (folder / f"{name}-{plan_name}-{seed}.json").write_text(json.dumps(facts))


def test_the_public_networks_have_their_published_weights(benchmark):
    plans = benchmark["PLANS"]
    assert plans["lecture"].build(256, 1).count_params() == 6_667_639
    assert plans["keras-docs"].build(160, 3).count_params() == 2_058_979
    momenta = {
        layer.momentum
        for layer in plans["keras-docs"].build(160, 3).layers
        if isinstance(layer, keras.layers.BatchNormalization)
    }
    assert momenta == {0.99}


def test_each_row_of_the_ablation_changes_one_thing(benchmark):
    plans = benchmark["PLANS"]
    good = plans["good"]
    assert good.recipe == PROFILES["good"] and good.epochs == PROFILES["good"].epochs
    for name in benchmark["ABLATION"]:
        changes = [
            field.name
            for field in dataclasses.fields(good)
            if getattr(plans[name], field.name) != getattr(good, field.name)
        ]
        assert set(changes) in ({"build"}, {"build", "epochs"}, {"recipe"}, {"border"}, {"flips"}), name


def test_slow_statistics_are_the_only_difference(benchmark):
    ours, slow = (benchmark["PLANS"][name].build(64, 2) for name in ("good", "no-quick-statistics"))
    for one, other in zip(ours.layers, slow.layers, strict=True):
        assert type(one) is type(other)
        if isinstance(one, keras.layers.BatchNormalization):
            assert (one.momentum, other.momentum) == (0.9, 0.99)


def test_logits_of_all_classes_but_the_background_count_together(benchmark):
    images = np.log(np.array([0.4, 0.3, 0.3]))[None, None, None]  # the background is likeliest, and has less than half
    found = benchmark["foreground_logits"](Fixed(3), images, flips=False)
    np.testing.assert_allclose(found, [[[np.log(0.6 / 0.4)]]], rtol=1e-6)
    one = benchmark["foreground_logits"](Fixed(1), np.array([[[[-2.0], [0.5]]]]), flips=False)
    assert one.tolist() == [[[-2.0, 0.5]]]


def test_iou_is_taken_at_the_size_of_the_truth(benchmark):
    images = np.array([[[[1.0], [-1.0]], [[1.0], [-1.0]]]])  # the left half
    truth = np.zeros((1, 4, 4), bool)
    truth[0, :, :3] = True
    score = benchmark["foreground_iou"]
    assert score(Fixed(1), images, truth, flips=False) == pytest.approx(8 / 12)
    assert score(Fixed(1), images, truth, flips=True) == pytest.approx(8 / 12)  # mirrored back


def test_the_clock_stands_still_during_validation(benchmark):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    values = iter([0.2, 0.9, 0.5])

    def score():
        time.sleep(0.2)
        return next(values)

    curve = benchmark["Curve"](time.perf_counter(), score, 2, None)
    curve.set_model(model)
    curve.set_params({"epochs": 5})
    weights = []
    for epoch in range(5):
        model.set_weights([np.full((1, 1), float(epoch)), np.zeros(1)])
        curve.on_epoch_end(epoch)
        weights.append(float(curve.best[0][0, 0]) if curve.best else None)
    assert [epoch for _, epoch, _ in curve.points] == [2, 4, 5]
    assert weights == [None, 1.0, 1.0, 3.0, 3.0]  # of the best epoch
    assert curve.points[-1][0] < 0.2  # three validations of 0.2 s each are left out


def test_what_is_asked_for(benchmark):
    asked = benchmark["asked"]
    assert asked(["pets", "lecture", "good"], 1) == [("pets", "lecture", 1), ("pets", "good", 1)]
    everything = asked([], None)
    assert len(everything) == len(set(everything)) == 3 * (len(benchmark["PLANS"]) + 5)  # no ablation on nuclei
    with pytest.raises(InputError, match=r"'dogs' is no data set or recipe\. Known are pets, nuclei, lecture,"):
        asked(["dogs"], None)


def test_the_table_has_medians_and_the_time_to_the_lectures_best(benchmark, tmp_path, capsys):
    write(tmp_path, "pets", "lecture", 0, 0.55, [[10, 1, 0.0], [400, 40, 0.56], [410, 41, 0.5]])
    for seed, (test, seconds) in enumerate([(0.61, 9), (0.65, 10), (0.6, 12)]):
        write(tmp_path, "pets", "short", seed, test, [[5, 1, 0.4], [seconds, 3, 0.57], [20, 4, 0.63]])
    rows = {row["method"]: row for row in benchmark["summary"](tmp_path)}
    assert (rows["short"]["median"], rows["short"]["lowest"], rows["short"]["highest"]) == (0.61, 0.6, 0.65)
    assert (
        rows["short"]["seeds"] == 3
        and rows["short"]["seconds"] == 20
        and rows["lecture"]["curves"][0][1] == [400, 0.56]
    )
    benchmark["table"](tmp_path)
    printed = capsys.readouterr().out
    assert "the lecture's recipe is at its best, 0.560, after T = 400 s" in printed
    assert "short passes 0.560 after T / 40.0" in printed and "0.750" not in printed


def tiny_network(size, num_classes):
    return keras.Sequential([keras.Input((size, size, 3)), keras.layers.Conv2D(num_classes, 1)])


def test_a_tiny_run(benchmark, tiny_pets):
    plan = dataclasses.replace(benchmark["PLANS"]["good"], build=tiny_network, size=32, batch=4, epochs=2)
    found = benchmark["run"]("pets", plan, 0)
    assert found["images"] == {"train": 7, "val": 1, "test": 4} and found["parameters"] == 4 * 3
    assert [epoch for _, epoch, _ in found["curve"]] == [1, 2] and found["curve"][0][0] <= found["curve"][1][0]
    assert 0 <= found["test"] <= 1


def test_trying_the_program_leaves_the_results_alone(benchmark):
    with pytest.raises(InputError, match="--epochs only tries the program, so --results must name another folder"):
        benchmark["main"](["--epochs", "1"])


def test_the_packed_rows_are_those_of_the_results_folder(benchmark):
    recorded = benchmark["summary"]()
    if not recorded:
        pytest.skip("nothing is recorded yet")
    assert measured.measured("time_to_iou") == json.loads(json.dumps(recorded))


def test_the_readme_says_what_is_recorded():
    rows = {row["method"]: row for row in measured.measured("time_to_iou") if row["data"] == "pets"}
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    good, long = rows["good"], rows["long"]
    assert f"IoU of {good['median']:.2f} after its {good['epochs']} epochs, two minutes at 128 x 128" in text
    assert f"`--epochs {long['epochs']}` takes seven and reaches {long['median']:.2f}" in text
    assert (round(good["seconds"] / 60), round(long["seconds"] / 60)) == (2, 7)
