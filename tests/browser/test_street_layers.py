"""Street layers in a real browser against their twin in NumPy."""

import numpy as np
import pytest

from seglab.labels import encode_panoptic
from seglab.widgets import StreetLayers

pytestmark = pytest.mark.browser

CLASSES = ("sky", "road", "car")
HEIGHT, WIDTH = 24, 40


@pytest.fixture(scope="module")
def twin():
    """Sky over road, two cars that touch, and a void strip at the lower edge."""
    categories, instances = np.zeros((2, HEIGHT, WIDTH), int)
    categories[12:] = 1
    categories[8:18, 5:31] = 2
    instances[8:18, 5:16], instances[8:18, 16:31] = 1, 2
    categories[22:] = 255
    image = np.random.default_rng(0).random((HEIGHT, WIDTH, 3))
    return StreetLayers(image, encode_panoptic(categories, instances), CLASSES)


def show(demo):
    """The numbers of the readout: category, name, instance, panoptic id."""
    category, name = demo.number("category").split(" ")
    return {
        "category": int(category),
        "name": name,
        "instance": int(demo.number("instance")),
        "panoptic": int(demo.number("panoptic")),
    }


def point_at(demo, row, col):
    demo.page.mouse.move(*demo.point((col + 0.5) / WIDTH, (row + 0.5) / HEIGHT))
    demo.settle()


def test_pointing_tells_category_and_instance(open_demo, twin):
    demo = open_demo(twin)
    assert show(demo) == twin.at(*twin.picked)
    for row, col in [(0, 0), (7, 20), (8, 5), (17, 15), (17, 16), (8, 30), (18, 30), (23, 39), (21, 0)]:
        point_at(demo, row, col)
        assert show(demo) == twin.at(row, col)
        assert demo.number("pixel") == f"{row}, {col}"


def test_every_layer_says_what_it_knows(open_demo, twin):
    demo = open_demo(twin)
    words = demo.root.locator(".seglab-sentence")
    point_at(demo, 10, 20)
    assert words.inner_text() == (
        "Semantic labels hold 2 here: car. There are 2; which of them this is, the labels do not tell."
    )
    demo.button("Instance").click()
    assert words.inner_text() == "Instance labels hold 2 here: car number 2."
    demo.button("Panoptic").click()
    assert words.inner_text() == "Panoptic id 2002 = 2 × 1000 + 2: car number 2."
    point_at(demo, 1, 1)
    assert words.inner_text() == "Panoptic id 0 = 0 × 1000 + 0: sky, stuff."
    point_at(demo, 23, 1)
    assert words.inner_text() == "Void: nobody knows what this is, so nobody counts it."
    demo.wait_until_said("Void: nobody knows")


def test_a_region_is_what_a_layer_cannot_tell_apart(run_module, twin):
    codes = {layer: [run_module(StreetLayers, "m.keyOf(a[0], a[1])", one, layer) for one in twin.segments]
             for layer in ("semantic", "instance", "panoptic")}  # fmt: skip
    assert [one["id"] for one in twin.segments] == [0, 1000, 2001, 2002, 255000]
    assert codes == {
        "semantic": [0, 1, 2, 2, 255],
        "instance": [-1, -1, 2001, 2002, -1],
        "panoptic": [0, 1000, 2001, 2002, 255000],
    }


def test_one_layer_at_a_time_and_the_image_by_itself(open_demo, twin):
    demo = open_demo(twin)

    def pressed():
        names = ("Image", "Semantic", "Instance", "Panoptic")
        return [name for name in names if demo.button(name).get_attribute("aria-pressed") == "true"]

    assert pressed() == ["Image", "Semantic"]
    demo.button("Panoptic").click()
    assert pressed() == ["Image", "Panoptic"] and demo.trait("layer") == "panoptic"
    demo.button("Image").click()
    assert pressed() == ["Panoptic"]
    demo.button("Panoptic").click()
    assert pressed() == [] and demo.trait("layer") == ""


def test_layers_have_the_colors_of_the_twin(open_demo, twin):
    demo = open_demo(twin)
    demo.button("Image").click()
    demo.button("Names").click()
    scale = demo.page.evaluate("() => document.querySelector('canvas').width") // WIDTH
    for layer in ("Semantic", "Instance", "Panoptic"):
        if layer != "Semantic":
            demo.button(layer).click()
        for row, col in [(2, 2), (20, 36), (12, 8), (12, 26)]:
            demo.settle()
            color = demo.page.evaluate(
                """([x, y]) => {
                    const context = document.querySelector("canvas").getContext("2d");
                    return Array.from(context.getImageData(x, y, 1, 1).data);
                }""",
                [int((col + 0.5) * scale), int((row + 0.5) * scale)],
            )
            one = next(one for one in twin.segments if one["id"] == twin.ids[row, col])
            assert color[:3] == one["colors"][layer.lower()]


def test_keys_move_the_cross(open_demo, twin):
    demo = open_demo(twin)
    row, col = twin.picked
    demo.press("ArrowDown", 2)
    demo.press("ArrowRight")
    demo.press("Shift+ArrowRight")
    assert demo.trait("picked") == [row + 2, col + 11]
    assert show(demo) == twin.at(row + 2, col + 11)
    demo.press("Shift+ArrowUp", 5)
    assert demo.trait("picked") == [0, col + 11]


def test_it_fits_a_narrow_dark_page(open_demo):
    demo = open_demo(StreetLayers(), width=400, dark=True)
    assert demo.root.get_attribute("data-theme") == "dark"
    assert demo.page.evaluate("() => document.documentElement.scrollWidth") <= 400
