"""The U-Net shape explorer in a real browser against its twin in Python."""

import itertools

import pytest

from seglab.widgets import UNetShapes
from seglab.widgets.unet_shapes import LIMITS

pytestmark = pytest.mark.browser
NAMES = ("size", "depth", "base_filters", "padding", "channels", "num_classes", "batch_norm")
NETWORKS = [
    dict(zip(NAMES, values, strict=True))
    for values in [
        (572, 4, 64, "valid", 1, 2, False),
        (188, 4, 2, "valid", 3, 1, False),
        (60, 2, 8, "valid", 3, 1, True),
        (128, 2, 64, "same", 3, 1, False),
        (64, 6, 8, "same", 3, 4, True),
        (250, 1, 1, "same", 4, 21, True),
    ]
]


def twin(network):
    return UNetShapes(network["size"], **{name: network[name] for name in NAMES[1:]})


def test_arithmetic_equals_python(run_module):
    found = run_module(
        UNetShapes,
        """a[0].map(network => {
            const maps = m.mapsOf(network);
            const { weights, bytes } = m.totals(maps);
            return [maps.map(({ block, kind, size, channels, weights }) => [block, kind, size, channels, weights]),
                    maps.filter(({ kind }) => kind === "concat").map(({ crop }) => crop), weights, bytes];
        })""",
        NETWORKS,
    )
    for network, (maps, crops, weights, bytes_) in zip(NETWORKS, found, strict=True):
        demo = twin(network)
        assert [tuple(one) for one in maps] == demo.maps()
        assert tuple(crops[::-1]) == demo.crops()
        assert (weights, bytes_) == (demo.weights(), demo.activation_bytes())


def test_legal_sizes_equal_python(run_module):
    sizes = [*range(1, 260, 3), 571, 572, 573, 1532, 1536]
    cases = [
        {**NETWORKS[0], "size": size, "depth": depth, "padding": padding}
        for size, depth, padding in itertools.product(sizes, (1, 2, 4), ("same", "valid"))
    ]
    found = run_module(UNetShapes, "a[0].map(one => [m.isLegal(one), m.nearestLegal(one), m.problem(one)])", cases)
    for network, (legal, nearest, problem) in zip(cases, found, strict=True):
        demo = twin(network)
        assert (legal, tuple(nearest)) == (demo.is_legal(), demo.nearest_legal())
        assert bool(problem) != legal
    (found,) = run_module(UNetShapes, "[m.problem(a[0])]", {**NETWORKS[0], "size": 570})
    assert found == "Level 4 has 63 pixels: pooling drops one, and its skip would be cropped by 4.5 per side."


def test_the_numbers_of_the_paper_and_steps_by_keyboard(open_demo):
    demo = open_demo(UNetShapes(572, padding="valid", channels=1, num_classes=2))
    shown = [demo.number(key) for key in ("output", "bottom", "weights", "memory")]
    assert shown == ["388 × 388 × 2", "28 × 28 × 1024", "31,030,658", "697 MB"]
    labels = demo.root.locator("svg text").all_text_contents()
    for label in ("572 → 568", "128 → 64", "crop 88", "crop 40", "crop 16", "crop 4"):
        assert label in labels
    demo.root.get_by_role("button", name="Nearest size that fits above: 588").focus()
    demo.page.keyboard.press("Enter")
    demo.settle()
    assert demo.trait("size") == 588 and demo.number("output") == "404 × 404 × 2"
    demo.root.get_by_role("slider", name="Input size").press("ArrowLeft")
    demo.settle()
    assert demo.trait("size") == 587 and demo.number("output") == "none"
    text = demo.root.locator(".seglab-sentence").inner_text()
    assert "587 × 587 does not fit" in text and "Nearest sizes that fit: 572 and 588" in text


def test_a_misfit_is_named_and_drawn(open_demo):
    demo = open_demo(UNetShapes(358, depth=3, base_filters=32))
    assert "Level 3 has 89 pixels: pooling keeps 44, doubled 88, and its skip does not fit" in demo.root.inner_text()
    assert "89 ≠ 88" in demo.root.locator("svg text").all_text_contents()
    assert demo.root.locator("path.seglab-misfit").count() == 3
    demo.root.get_by_role("button", name="Nearest size that fits below: 352").click()
    demo.settle()
    assert demo.root.locator("path.seglab-misfit").count() == 0
    demo.wait_until_said("The maps of one image take")


def test_walking_through_the_maps(open_demo):
    demo = open_demo(UNetShapes(64, depth=2, base_filters=8))
    picture = demo.root.locator("svg[role=application]")
    picture.focus()
    for _ in range(3):
        demo.page.keyboard.press("ArrowRight")
    demo.settle()
    detail = demo.root.locator(".seglab-detail")
    assert detail.inner_text().startswith("encoder2, after 2 × 2 max-pooling: 32 × 32 × 8")
    demo.wait_until_said("encoder2, after 2 × 2 max-pooling")
    assert picture.locator(".seglab-chosen").get_attribute("data-map") == "3"
    picture.locator("[data-map='1']").click()
    demo.settle()
    assert detail.inner_text().startswith("encoder1, after a 3 × 3 convolution: 64 × 64 × 8, 224 weights")
    picture.locator("[data-map='0']").click()
    demo.page.keyboard.press("ArrowLeft")
    demo.settle()
    assert detail.inner_text().startswith("encoder1, the input")


def test_every_example_shows_the_numbers_of_python(open_demo):
    demo = open_demo(UNetShapes())
    select = demo.root.get_by_role("combobox", name="Example")
    weights = {}
    for name in select.locator("option").all_inner_texts():
        if name == "your own":
            continue
        select.select_option(name)
        demo.settle()
        network = {trait: demo.trait(trait) for trait in NAMES}
        assert demo.number("weights") == f"{twin(network).weights():,}"
        weights[name.split(":")[0]] = twin(network).weights()
    assert weights["The paper"] == 31_030_658 and weights["A lecture's"] == 1_862_849


def test_controls_offer_what_python_allows(open_demo):
    demo = open_demo(UNetShapes())
    labels = ("Input size", "Poolings", "Filters", "Channels in", "Classes out")
    for label, limits in zip(labels, LIMITS.values(), strict=True):
        slider = demo.root.get_by_role("slider", name=label)
        assert [slider.get_attribute(end) for end in ("min", "max")] == [str(limit) for limit in limits]


@pytest.mark.parametrize("network", [NETWORKS[4], {**NETWORKS[0], "size": 1276, "depth": 6}])
def test_no_bar_or_label_covers_another(open_demo, network):
    demo = open_demo(twin(network))
    overlaps = demo.page.evaluate(
        """() => ["rect", "text"].flatMap(kind => {
            const boxes = [...document.querySelectorAll(`.seglab-unet svg ${kind}`)].map(one => one.getBBox());
            return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b =>
                a.x + 0.5 < b.x + b.width && b.x + 0.5 < a.x + a.width &&
                a.y + 3 < b.y + b.height && b.y + 3 < a.y + a.height).map(b => [kind, a.x, a.y, b.x, b.y]));
        })"""
    )
    assert not overlaps


def test_narrow_and_dark_page_holds_the_whole_demo(open_demo):
    demo = open_demo(UNetShapes(64, depth=3, base_filters=8), width=400, dark=True)
    assert demo.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert demo.root.get_attribute("data-theme") == "dark"


def test_in_jupyterlab_both_ways(notebook):
    book = notebook(["from seglab.widgets import UNetShapes", "demo = UNetShapes(128, depth=2)\ndemo"])
    root = book.page.locator(".seglab-unet")
    root.get_by_role("button", name="valid", exact=True).click()
    book.wait_for_value("demo.padding", "valid")
    book.value("setattr(demo, 'size', 124)")
    root.get_by_text("84 × 84 × 1", exact=True).wait_for()
    assert book.value("demo.output_size()") == 84
