"""Week 6a: what the lesson says in numbers."""

import json
from pathlib import Path

import numpy as np
import pytest

from seglab.authoring import notebooks
from seglab.balancing import median_frequency_weights
from seglab.metrics import boundary_iou, confusion_matrix, dice_per_class
from seglab.widgets.loss_landscape import gradients

ROOT = Path(__file__).parents[2]
Y, P = np.array([1, 1, 0, 0]), np.array([0.9, 0.8, 0.3, 0.1])


def logit(p):
    return np.log(p / (1 - p))


def text_of(lesson, cell):
    return next(
        one["source"] for one in notebooks.read(ROOT / "course" / f"{lesson}.ipynb")["cells"] if one["id"] == cell
    )


def test_four_pixels_by_hand():
    entropy = -np.mean(Y * np.log(P) + (1 - Y) * np.log(1 - P))
    dice = 2 * (P * Y).sum() / (P.sum() + Y.sum())
    squared = 2 * (P * Y).sum() / ((P**2).sum() + Y.sum())
    numbers = [round(float(value), 5) for value in (entropy, dice, 1 - dice, entropy + 1 - dice, squared)]
    assert numbers == [0.19763, 0.82927, 0.17073, 0.36837, 0.95775]


def test_the_wrong_focal_loss_is_590_times_too_hard():
    wrong = 0.25 * (1 - 0.1) ** 2 * -np.log(0.1)
    right = 0.75 * (1 - 0.9) ** 2 * -np.log(0.9)
    assert round(wrong / right) == 590
    assert [round(0.25 * (1 - p) ** 2 * -np.log(p), 5) for p in (0.5, 0.1)] == [0.04332, 0.46627]


def test_median_frequencies():
    maps = np.zeros((2, 10, 10), int)
    maps[0].flat[:10], maps[1].flat[:20] = 1, 2
    assert median_frequency_weights(maps, 3).round(4).tolist() == [0.2353, 2, 1]


def test_balanced_weights_move_the_threshold_to_the_share():
    share, ratio = 0.07, 0.93 / 0.07
    assert ratio * share / (ratio * share + 1 - share) == pytest.approx(0.5)


def test_dice_pulls_in_the_middle_and_lets_go_of_what_is_surely_wrong():
    lost, middle = (gradients(p, gamma=2, alpha=1, share=0.07) for p in (0.001, 0.5))
    assert abs(lost["Dice"]) < abs(lost["CE"]) / 50
    assert abs(middle["Dice"]) > 4 * abs(middle["CE"])


def test_dice_hardly_sees_boundaries():
    truth = np.zeros((20, 20), int)
    truth[4:16, 4:16] = 1
    moved, hole = np.roll(truth, 1, axis=1), truth.copy()
    hole[7:11, 7:12] = hole[11, 8:10] = 0
    dice = [round(float(dice_per_class(confusion_matrix(truth, found, 2))[1]), 3) for found in (moved, hole)]
    assert dice == [0.917, 0.917]
    assert round(float(boundary_iou(truth, moved, 2, distance=1)[1]), 3) == 0.333


def test_smooth_depends_on_the_number_of_pixels():
    probs = np.full(64, 0.01)
    assert round(1 - 1 / (probs.sum() + 1), 2) == 0.39


@pytest.mark.slow  # imports Keras
def test_keras_gives_the_full_loss_to_a_right_answer():
    keras = pytest.importorskip("keras")
    empty = np.zeros((1, 8, 8, 1), "float32")
    assert float(keras.losses.Dice()(empty, empty)) == 1
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Conv2D(2, 1)])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises((TypeError, ValueError)):
        model.fit(np.zeros((2, 4, 4, 3)), np.zeros((2, 4, 4), int), class_weight={0: 1.0, 1: 10.0}, verbose=0)


def test_the_table_is_what_was_recorded():
    results = json.loads((ROOT / "benchmarks" / "results" / "losses_vessels.json").read_text(encoding="utf-8"))
    lines = text_of("week06a_losses", "real").splitlines()
    table = {
        name: numbers for name, *numbers in ([part.strip() for part in line.strip("|").split("|")] for line in lines)
    }
    seeds = [rows for name, rows in results.items() if name.startswith("chase_db1")]
    for name in seeds[0]:
        means = [np.mean([rows[name][key] for rows in seeds]) for key in ("recall", "precision", "dice", "best_dice")]
        assert table[name] == [f"{mean:.2f}" for mean in means], name


def test_what_the_text_says_of_the_losses_holds_in_every_recorded_run():
    results = json.loads((ROOT / "benchmarks" / "results" / "losses_vessels.json").read_text(encoding="utf-8"))
    for name, rows in results.items():
        by_recall = sorted(rows, key=lambda loss: rows[loss]["recall"])
        assert by_recall[-1] == "weighted CE" and set(by_recall[:2]) == {"CE", "focal"}, name
        assert min(rows, key=lambda loss: rows[loss]["precision"]) == "weighted CE", name
        spreads = [
            max(values) - min(values)
            for values in ([row[key] for row in rows.values()] for key in ("dice", "best_dice"))
        ]
        assert spreads[1] < spreads[0], name
