"""Week 5a: what the lesson on U-Net says in numbers, computed by its own cells where they are short."""

import ast
from pathlib import Path

import numpy as np
import pytest

from seglab.authoring import notebooks
from seglab.postprocess import components
from seglab.receptive_field import receptive_field
from seglab.widgets import UNetShapes

ROOT = Path(__file__).parents[2]
CELLS = {cell["id"]: cell["source"] for cell in notebooks.read(ROOT / "course" / "week05a_unet.ipynb")["cells"]}
# As the published table prints them: encoder with bottleneck, decoder, output.
ENCODER = [224, 584, 1168, 2320, 4640, 9248, 18496, 36928, 73856, 147584, 295168, 590080, 1180160, 2359808]
DECODER = [
    131136, 737536, 590080, 32800, 184448, 147584, 8208, 46144, 36928, 2056, 11552, 9248, 516, 2896, 2320, 130
]  # fmt: skip
ROWS = [*ENCODER, *DECODER, 1456, 2320, 17]


def names_of(*cells):
    """What the cells define; what they print goes nowhere."""
    names = {"np": np}
    for cell in cells:
        exec(CELLS[cell], names)
    return names


def test_the_table_row_by_row():
    rows = names_of("define-rows")["table"]()
    assert rows == ROWS
    assert len(rows) == 33 and sum(rows) == 6_667_639
    assert f"{sum(rows) * 4 / 2**20:.2f}" == "25.44"


def test_one_reading_of_seven_gives_the_total():
    names = names_of("define-rows", "readings")
    totals = {name: sum(names["table"](**change)) for name, change in names["readings"].items()}
    assert sorted(totals.values()) == sorted(
        [6_667_639, 6_665_167, 6_849_433, 7_782_289, 6_886_039, 25_920_751, 1_761_877]
    )
    assert totals["as above"] == 6_667_639
    assert totals["ff2 stays 64"] == 6_849_433 and totals["five poolings"] == 1_761_877


def test_three_damaged_lines_are_python():
    accepted = []
    for line in names_of("damaged")["damaged"]:
        try:
            ast.parse(line)
        except SyntaxError:
            continue
        accepted.append(line)
    assert accepted == ["f = f^{*2}", "ff_2 = 64", "loss = 'binary crossentropy'"]
    with pytest.raises(TypeError):
        eval("8^{*2}")


def test_the_small_lecture_network():
    demo = UNetShapes(128, depth=2)
    rows = [one.weights for one in demo.maps() if one.weights]
    assert sum(rows) == 1_862_849 and len(rows) == 13
    assert round(6_667_639 / 1_862_849, 1) == 3.6
    fields = [receptive_field([(3, 1), (3, 1), (2, 2)] * depth + [(3, 1), (3, 1)]).size for depth in (2, 6)]
    assert fields == [32, 572]


def test_our_network_and_its_places():
    assert UNetShapes(64, depth=3, base_filters=8, num_classes=4, batch_norm=True).weights() == 121_908
    assert (64**2 * 8) // (8**2 * 64) == 8 and 64**2 // 8**2 == 64


def test_repairs_of_the_toy_by_formula():
    conv = names_of("define-rows")["conv_weights"]
    encoder = conv(3, 3, 64) + conv(3, 64, 128)
    assert encoder + conv(3, 128, 64) + conv(1, 128, 1) == 149_569
    assert encoder + conv(3, 128, 128) + conv(3, 256, 64) + conv(1, 128, 1) == 370_881


def test_an_odd_picture_breaks_at_the_deepest_skip():
    assert [358 // 2**level for level in range(4)] == [358, 179, 89, 44]
    assert not UNetShapes(358, depth=3).is_legal() and UNetShapes(358, depth=3).nearest_legal() == (352, 360)


def test_two_touching_discs_are_one_component():
    source = CELLS["touching-discs"].split("fig, axes")[0]
    names = {"np": np}
    exec(source, names)
    assert names["instances"].max() == 2 and components(names["y_pred"]).max() == 1
    assert ((names["instances"] == 1) & np.roll(names["instances"] == 2, -1, axis=1)).any()  # they touch


@pytest.mark.slow  # imports TensorFlow
def test_the_networks_of_the_lectures():
    models = pytest.importorskip("seglab.models")
    six = models.unet_six_level()
    assert [layer.count_params() for layer in six.layers if layer.count_params()] == ROWS
    assert len(six.layers) == 46
    names = names_of("define-blocks", "define-unet")
    assert names["ours"].count_params() == names["library"].count_params() == 121_908


@pytest.mark.slow  # imports TensorFlow
def test_a_cut_skip_keeps_the_loss_and_loses_gradient():
    keras = pytest.importorskip("keras")
    from seglab.datasets import synthetic
    from seglab.training import set_seeds

    names = {"np": np, "set_seeds": set_seeds, "keras": keras, "layers": keras.layers}
    for cell in ("define-blocks", "cut"):
        exec(CELLS[cell], names)
    images, labels = synthetic.shapes(8, size=64, seed=0)
    (loss, whole), (cut_loss, cut) = (names["gradient_norms"](images, labels, cut) for cut in (False, True))
    assert loss == pytest.approx(cut_loss, abs=1e-6)
    assert all(0 < part < 0.9 * full for part, full in zip(cut, whole, strict=True))
