"""The twin of the street layers: what is said of a pixel, colors, names."""

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.labels import class_colors
from seglab.widgets import StreetLayers

CLASSES = ("sky", "road", "car")
IDS = np.array(
    [
        [0, 0, 0, 0, 0, 0],
        [0, 2001, 2001, 2002, 2002, 0],
        [1000, 2001, 2001, 2002, 2002, 1000],
        [1000, 1000, 1000, 1000, 255000, 255000],
    ]
)
IMAGE = np.zeros((4, 6, 3), np.float32)


def test_what_is_said_of_a_pixel():
    demo = StreetLayers(IMAGE, IDS, CLASSES)
    assert demo.at(0, 0) == {"category": 0, "name": "sky", "instance": 0, "panoptic": 0}
    assert demo.at(2, 4) == {"category": 2, "name": "car", "instance": 2, "panoptic": 2002}
    assert demo.at(3, 5) == {"category": 255, "name": "void", "instance": 0, "panoptic": 255000}
    assert (demo.ids == IDS).all()
    assert demo.ids[tuple(demo.picked)] == 2001  # it starts at the first thing
    assert "Stuff: road, sky, void. Things: car: 2." in demo.describe()


def test_other_factor():
    demo = StreetLayers(IMAGE, IDS // 1000 * 10 + IDS % 10, CLASSES, max_instances=10)
    assert demo.at(1, 3) == {"category": 2, "name": "car", "instance": 2, "panoptic": 22}


def test_colors_say_class_and_object():
    colors = {one["id"]: one["colors"] for one in StreetLayers(IMAGE, IDS, CLASSES).segments}
    palette = class_colors(5).tolist()
    assert colors[2001]["semantic"] == colors[2002]["semantic"] == palette[2]
    assert (colors[2001]["instance"], colors[2002]["instance"]) == (palette[3], palette[4])
    assert colors[2001]["panoptic"] == palette[2] != colors[2002]["panoptic"]
    assert colors[1000]["panoptic"] == palette[1]


def test_names_stand_inside_their_segments():
    demo = StreetLayers(IMAGE, IDS, CLASSES)
    assert all(demo.ids[one["row"], one["col"]] == one["id"] for one in demo.segments)
    assert [one["area"] for one in demo.segments] == [(number == IDS).sum() for number in np.unique(IDS)]


def test_static_has_four_panels():
    figure = StreetLayers(IMAGE, IDS, CLASSES).static()
    assert len(figure.axes) == 4
    texts = [{text.get_text() for text in ax.texts} for ax in figure.axes]
    assert texts[0] == set() and texts[1] == {*CLASSES, "void"}
    assert texts[2] == {"1", "2"} and texts[3] == {"0", "1000", "2001", "2002", "255000"}


def test_the_first_street_by_default():
    demo = StreetLayers()
    assert {"car", "person"} <= {one["name"] for one in demo.segments if one["instance"]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((IMAGE, IDS), "image, panoptic and classes go together"),
        ((IMAGE[:3], IDS, CLASSES), r"one size, got \(3, 6\) and \(4, 6\)"),
        ((IMAGE, IDS, CLASSES[:2]), "classes must name every category, got 2 names and category 2"),
        ((IMAGE, IDS / 2, CLASSES), "integers of shape .H, W., got float64"),
        ((IMAGE, IDS, ["x"] * 300), "classes must be at most 255"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        StreetLayers(*arguments)


def test_unknown_layer():
    with pytest.raises(InputError, match="layer must be '' or one of semantic, instance, panoptic, got 'depth'"):
        StreetLayers(IMAGE, IDS, CLASSES, layer="depth")
