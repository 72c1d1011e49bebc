"""Week 10a: what the lesson on panoptic segmentation says in numbers, computed by its own cells, without training."""

import contextlib
import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from seglab.authoring import notebooks
from seglab.widgets import PanopticMerge

ROOT = Path(__file__).parents[2]
CELLS = {cell["id"]: cell["source"] for cell in notebooks.read(ROOT / "course" / "week10a_panoptic.ipynb")["cells"]}
RUN = ["layers", "claims", "toy-pyramid", "sum-levels", "without-other", "spoil", "merge-steps", "settings", "orders"]
RUN += ["example", "pq-by-hand", "wrong-ways", "false-alarms", "void", "small-objects", "street-sizes"]
RUN += ["ceiling-measured", "overflow", "repair"]


@pytest.fixture(scope="module")
def lesson():
    """The names that the cells define, and what each cell printed."""
    names = {"printed": {}, "np": np, "plt": plt}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plt, "show", lambda: plt.close("all"))
        for cell in RUN:
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec(CELLS[cell].replace("%matplotlib inline", ""), names)
            names["printed"][cell] = printed.getvalue()
    return names


def test_what_comes_down_and_what_stays(lesson):
    assert "the coarse 5 reaches [16, 4, 1]" in lesson["printed"]["toy-pyramid"]
    assert "the fine 1 reaches [1, 0, 0]" in lesson["printed"]["toy-pyramid"]


def test_the_sum_beats_each_level(lesson):
    shares = dict(lesson["right"])
    assert shares.pop("sum") > max(shares.values()) + 0.02


def test_other_saves_the_stuff(lesson):
    first, second = lesson["printed"]["without-other"].splitlines()
    assert "stuff 1.000" in first and float(second.split()[4].rstrip(",")) < 0.9


def test_what_the_demo_is_said_to_show(lesson):
    scene = lesson["SCENE"]
    demo = PanopticMerge(lesson["data"][scene][0], lesson["one"], lesson["mixed"][scene], lesson["STREETS"])
    start = demo.judged()
    demo.threshold = 0
    assert demo.judged() == start and start["fp"] == 0  # all duplicates may ask, and none comes in
    demo.overlap = 1
    rests = demo.judged()
    demo.threshold, demo.overlap, demo.least_stuff = 0.5, 0.5, 0
    grass = demo.judged()
    assert grass["pq"] < rests["pq"] < start["pq"] and grass["fp"] == 1 < rests["fp"]


def test_what_settings_cost(lesson):
    curves = {name: dict(zip(lesson["RANGES"][name], scores, strict=True)) for name, scores in lesson["curves"].items()}
    assert curves["threshold"][1]["PQ things"] < curves["threshold"][0.5]["PQ things"] - 0.2
    assert abs(curves["threshold"][0]["PQ"] - curves["threshold"][0.5]["PQ"]) < 0.05
    assert curves["overlap"][1]["PQ things"] < curves["overlap"][0.5]["PQ things"] - 0.05
    assert curves["overlap"][0]["PQ things"] < curves["overlap"][0.5]["PQ things"] - 0.02
    assert curves["least_stuff"][1]["PQ stuff"] < curves["least_stuff"][30]["PQ stuff"] - 0.02
    assert curves["least_stuff"][2000]["PQ stuff"] < 0.5


def test_small_first_helps_persons(lesson):
    persons = [float(line.split("persons")[1].split(",")[0]) for line in lesson["printed"]["orders"].splitlines()]
    assert persons[1] > persons[0] and persons[1] > persons[2] + 0.03


def test_panoptic_quality_right_and_wrong(lesson):
    values = [line.split()[-1] for line in lesson["printed"]["wrong-ways"].splitlines()]
    assert values == ["0.5463", "0.4074", "0.6111", "0.7194"]
    assert "PQ 0.5463   SQ 0.6111   RQ 0.6667" in lesson["printed"]["pq-by-hand"]
    first, *_, last = lesson["printed"]["false-alarms"].splitlines()[1:]
    assert float(last.split()[1]) < 0.45 and float(first.split()[2]) - float(last.split()[2]) < 0.005


def test_void_and_crowds(lesson):
    values = [line.split("PQ")[-1].strip() for line in lesson["printed"]["void"].splitlines()]
    assert values == ["0.55", "1.00", "0.00", "0.40", "1.00", "0.55"]


def test_small_objects(lesson):
    lines = lesson["printed"]["small-objects"].splitlines()
    assert lines[0].endswith("from side 4 on") and lines[1].endswith("from side 7 on")
    assert lesson["lost"]["car"] < 0.1 and lesson["lost"]["person"] > 0.9


def test_rules_on_true_maps(lesson):
    for scores in lesson["ceilings"].values():
        assert scores["PQ stuff"] == 1 and scores["PQ things"] < 0.8 and 0.8 < scores["PQ"] < 0.919


def test_overflow_makes_pq_better(lesson):
    lines = lesson["printed"]["overflow"].splitlines()
    assert "category 0" in lines[0] and "category 23" in lines[1]
    assert lines[2].split()[2:] == ["0.833", "over", "6", "classes"] and "1.000 over 5" in lines[3]
    assert "found: 23 * 2939 does not fit into uint16" in lesson["printed"]["repair"]
