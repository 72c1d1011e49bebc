"""Week 6c: the drawn pets, the numbers that the text states, and the recorded runs."""

import dataclasses
import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from seglab.authoring import notebooks
from seglab.datasets import load

ROOT = Path(__file__).parents[2]
CELLS = {cell["id"]: cell["source"] for cell in notebooks.read(ROOT / "course" / "week06c_pets.ipynb")["cells"]}
SIZE = 64


@pytest.fixture(scope="module")
def lesson():
    """The functions that draw pets, as the lesson defines them."""
    names = {}
    imports = "from pathlib import Path\nimport numpy as np\nfrom PIL import Image\nfrom scipy import ndimage\n"
    source = imports + "from seglab.datasets.drawing import smooth_noise\n" + CELLS["draw-outline"]
    exec(source + "\n" + CELLS["draw-photo"] + "\n" + CELLS["write-folder"].split("\n\n\n")[0], names)
    return names


@pytest.fixture(scope="module")
def recorded():
    """The numbers that the lesson shows."""
    names = {}
    exec(CELLS["recorded"], names)
    return names


@pytest.fixture(scope="module")
def benchmark():
    return runpy.run_path(str(ROOT / "benchmarks" / "pets.py"))


def result_of(name):
    return json.loads((ROOT / "benchmarks" / "results" / "pets" / f"{name}-{SIZE}.json").read_text())


def test_a_drawn_pet_is_a_photo_with_a_trimap(lesson):
    for seed in range(20):
        image, trimap = lesson["draw_pet"](np.random.default_rng(seed), SIZE)
        assert (image.shape, image.dtype, trimap.dtype) == ((SIZE, SIZE, 3), np.uint8, np.uint8)
        assert set(np.unique(trimap)) == {1, 2, 3}
        # The border lies between the pet and the background: neither has a neighbor of the other kind.
        assert not (ndimage.binary_dilation(trimap == 1) & (trimap == 2)).any()


def test_drawn_pets_load_as_the_real_set_does(lesson, tmp_path):
    lesson["write_pets"](tmp_path, SIZE, {"train": 4, "val": 2, "test": 3})
    for split, count in {"train": 4, "val": 2, "test": 3}.items():
        data = load(f"folder:{tmp_path}", split=split, size=SIZE, border="own")
        assert (len(data), data.classes) == (count, ("background", "foreground", "border"))


def test_two_touching_pets_are_one_component():
    source = CELLS["instance"].split("\n\n")[0]
    names = {"np": np, "ndimage": ndimage}
    exec("from seglab.datasets.drawing import smooth_noise\n" + CELLS["draw-outline"] + "\n" + source, names)
    assert names["count"] == 1
    assert sorted(np.unique(names["pets"])) == [0, 1, 2]
    assert ndimage.label(names["pets"] == 1)[1] == 1


def test_four_lines_of_code_on_one_row():
    mask = np.array([1, 2, 3])
    lines = [mask > 0, mask / 255 > 0.5, mask != 2, mask == 1]
    assert [line.tolist() for line in lines] == [[1, 1, 1], [0, 0, 0], [1, 0, 1], [1, 0, 0]]


def test_keras_mean_iou_of_a_perfect_prediction():
    import keras

    names = {"np": np, "keras": keras}
    exec(CELLS["keras-toy"], names)
    assert [float(names[name].result()) for name in ("naive", "all_zero", "repaired")] == [0.25, 0.25, 1.0]


def test_the_table_holds_what_was_recorded(recorded, benchmark):
    assert len(recorded["RECORDED"]) >= 3
    for name, row in zip(benchmark["plan"](), recorded["RECORDED"], strict=False):
        result = result_of(name)
        scores = [result["test"]["ignore"]["iou"], *(result["test"]["foreground"][key] for key in ("iou", "accuracy"))]
        assert row == (result["title"], result["steps"], *scores)
        assert result["steps"] == result["images"]["train"] // result["batch"] * result["epochs"]
        assert len(result["val_mean_iou"]) == result["epochs"]


def test_the_other_recorded_numbers(recorded):
    if "OTHER_SEED" in recorded:
        assert recorded["OTHER_SEED"] == result_of("dice-seed1")["test"]["ignore"]["iou"]
    assert recorded["KERAS_SAYS"] == result_of("lecture-64-40")["keras_mean_iou"]
    constant = result_of("constant")["test"]["foreground"]
    assert recorded["CONSTANT"] == (constant["accuracy"], constant["mean_iou"])


def test_the_second_run_of_the_recipe_begins_as_the_first(recorded):
    first, second = (result_of(name)["val_mean_iou"] for name in ("lecture-32-25", "lecture-32-30"))
    assert second[:25] == first
    names = {"np": np}
    exec(CELLS["recorded-lottery"].split("fig, ax")[0], names)
    np.testing.assert_allclose(names["CURVE"], second, atol=6e-4)


def test_every_step_of_the_road_changes_what_its_title_says(benchmark):
    plan = benchmark["plan"]()
    before = plan["lecture-64-40"]
    for name, title, change in benchmark["CHANGES"]:
        changed = {
            field.name
            for field in dataclasses.fields(before)
            if getattr(before, field.name) != getattr(plan[name], field.name)
        }
        assert changed == {"title", *change}, title
        before = plan[name]
    assert [(plan[name].batch, plan[name].epochs) for name in benchmark["LECTURE"]] == [(32, 25), (32, 30), (64, 40)]


def test_one_prediction_by_three_rules(benchmark):
    truth, y_pred = np.array([[[1, 1, 1, 2, 0, 0]]]), np.array([[[1, 1, 1, 1, 0, 0]]])
    scores = benchmark["scores"](truth, y_pred)
    assert {rule: part["iou"] for rule, part in scores.items()} == {
        "ignore": 1.0,
        "foreground": 1.0,
        "background": 0.75,
    }
    assert scores["background"]["accuracy"] == pytest.approx(5 / 6)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lecture-64-40", "longer"])
def test_the_program_trains_and_measures(benchmark, lesson, tmp_path, name):
    (tmp_path / "pets").mkdir()
    lesson["write_pets"](tmp_path / "pets", SIZE, {"train": 16, "val": 4, "test": 4})
    run = dataclasses.replace(benchmark["plan"]()[name], epochs=1, batch=8)
    result = benchmark["measure"](run, f"folder:{tmp_path / 'pets'}", SIZE)
    assert result["steps"] == 2
    assert 0 <= result["test"]["ignore"]["iou"] <= 1
    assert json.loads(json.dumps(benchmark["rounded"](result)))["images"] == {"train": 16, "test": 4}
