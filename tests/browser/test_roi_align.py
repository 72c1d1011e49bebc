"""The RoIAlign explorer in a real browser against its twin in NumPy."""

import numpy as np
import pytest

from seglab.roi import roi_align, roi_pool
from seglab.widgets import RoIAlignExplorer
from seglab.widgets.roi_align import BINS, STRIDES

pytestmark = pytest.mark.browser
STATE = ("box", "stride", "bins", "aligned", "shown")
# The color of the ground of a result's first bin.
CORNER = "(canvas) => [...canvas.getContext('2d').getImageData(70, 20, 1, 1).data].slice(0, 3)"


def check_numbers(demo):
    """Readout and trait hold what NumPy computes for the state of the page; returns that."""
    twin = RoIAlignExplorer(**{name: demo.trait(name) for name in STATE})
    wanted, found = twin.scores(), demo.trait("numbers")
    assert {name: pytest.approx(value, abs=1e-9) for name, value in wanted.items()} == found
    assert demo.number("iou") == f"{wanted['iou']:.3f}"
    for name in ("pool_off", "align_off"):
        assert demo.number(name) == f"{wanted[name]:.1f} px"
    return wanted


def test_arithmetic_equals_numpy(run_module):
    rng = np.random.default_rng(5)
    cases = []
    for case in range(60):
        rows, cols, stride = (int(rng.choice(options)) for options in ((1, 3, 8), (2, 5, 11), STRIDES))
        middle, half = rng.uniform(0, 1, 2) * (rows, cols), rng.uniform(0, 0.7, 2) * (rows, cols)
        box = np.concatenate([middle - half, middle + half]) * stride  # beyond the map too, and narrower than a cell
        if case % 3 == 0:
            box = np.round(box / stride * 2) * stride / 2  # on cells and halves of cells, where rounding has ties
        features = rng.normal(size=(rows, cols))
        bins, aligned, sampling = int(rng.choice(BINS)), bool(rng.random() < 0.5), int(rng.integers(1, 4))
        cases.append((features.tolist(), box.tolist(), bins, stride, aligned, sampling))
    found = run_module(
        RoIAlignExplorer,
        """a[0].map(([features, box, bins, stride, aligned, sampling]) => {
            const map = { values: features.flat(), rows: features.length, cols: features[0].length };
            return [m.roiPool(map, box, bins, stride), m.roiAlign(map, box, bins, stride, aligned, sampling)];
        })""",
        cases,
    )
    for (features, box, bins, stride, aligned, sampling), (pooled, mean) in zip(cases, found, strict=True):
        size = (bins, bins)
        assert np.reshape(pooled, size).tolist() == roi_pool(features, box, size, strides=stride).tolist()
        wanted = roi_align(features, box, size, strides=stride, sampling=sampling, aligned=aligned)
        np.testing.assert_allclose(np.reshape(mean, size), wanted, rtol=0, atol=1e-9)


def test_maps_and_measures_equal_numpy(run_module):
    image = np.random.default_rng(1).random((64, 96))
    twin = RoIAlignExplorer(image)
    boxes = [[0, 0, 64, 96], [3, 60, 5, 61], [10, 20, 41, 77], [48, 80, 64, 96]]
    found = run_module(
        RoIAlignExplorer,
        """a[1].map((stride) => [
            [m.cellMeans(a[0], 64, 96, stride), m.places(64, 96, stride, 0), m.places(64, 96, stride, 1)].map(
                (map) => Array.from(map.values)),
            a[2].map(([top, left, bottom, right]) => [true, false].map((aligned) => m.measures(
                m.axisBins(top, bottom, 7, stride, aligned), m.axisBins(left, right, 7, stride, aligned)))),
        ])""",
        list(twin.pixels),
        STRIDES,
        boxes,
    )
    for twin.stride, (maps, measures) in zip(STRIDES, found, strict=True):
        for twin.shown, values in zip(("object", "row", "column"), maps, strict=True):
            np.testing.assert_allclose(np.ravel(twin.features()), values, rtol=0, atol=1e-12)
        for twin.box, pair in zip(boxes, measures, strict=True):
            for twin.aligned, numbers in zip((True, False), pair, strict=True):
                assert {name: pytest.approx(value, abs=1e-9) for name, value in twin.scores().items()} == numbers


def test_numbers_follow_mouse_keys_and_buttons(open_demo):
    demo = open_demo(RoIAlignExplorer())
    first = check_numbers(demo)
    top, left, bottom, right = demo.trait("box")
    demo.drag((0.45, 0.5), (0.45 + 10 / 128, 0.5 - 6 / 128))
    assert demo.trait("box") == [top - 6, left + 10, bottom - 6, right + 10]
    assert check_numbers(demo)["read"] != first["read"]
    demo.drag(((right + 10) / 128, (bottom - 6) / 128), ((right + 30) / 128, (bottom - 2) / 128))
    assert demo.trait("box") == [top - 6, left + 10, bottom - 2, right + 30]
    check_numbers(demo)
    demo.press("ArrowDown", 3)
    demo.press("Shift+ArrowLeft", 2)
    assert demo.trait("box") == [top - 3, left + 10, bottom + 1, right + 28]
    demo.press("4")
    assert demo.trait("stride") == 32 and demo.button("32").get_attribute("aria-pressed") == "true"
    assert check_numbers(demo)["align_off"] == pytest.approx(0)
    for name in ("4 × 4", "Column"):
        demo.button(name).click()
    demo.settle()
    colors = [demo.root.locator("canvas").nth(index).evaluate(CORNER) for index in (1, 2)]
    assert colors[0] != [255, 255, 255] and colors[1] == [255, 255, 255]  # white is right, to a tenth of a pixel
    demo.button("aligned").click()
    assert [demo.trait(name) for name in STATE[2:]] == [4, False, "column"]
    assert check_numbers(demo)["align_off"] == pytest.approx(16)
    # The bin under the pointer says what it reads: here the last one, and by a key the one above it.
    result = demo.root.locator("canvas").nth(1)
    box = result.bounding_box()
    demo.page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] - 5)
    sentence = demo.root.locator(".seglab-sentence")
    twin = RoIAlignExplorer(**{name: demo.trait(name) for name in STATE})
    for row, move in ((3, None), (2, "ArrowUp")):
        if move:
            result.press(move)
        text = sentence.inner_text()
        assert text.startswith(f"Bin {row + 1}, 4: asked for rows ")
        for cut, end in zip(twin.cut(), (". RoIAlign", "."), strict=True):
            assert f"gives {cut[row, 3]:.2f}{end}" in text
    demo.wait_until_said(f"Stride 32. Asked for: rows {top - 3}–{bottom + 1}, ")
    demo.page.evaluate("() => { model.set('bins', 7); model.set('box', [0, 1, 30, 47]); }")  # as Python does
    assert demo.button("7 × 7").get_attribute("aria-pressed") == "true"
    check_numbers(demo)
    demo.drag((0.1, 0.1), (0.95, 0.98))
    assert demo.trait("box") == [98, 82, 128, 128]  # no farther than the image
    check_numbers(demo)


def test_narrow_dark_page_holds_the_whole_demo(open_demo):
    demo = open_demo(RoIAlignExplorer(np.eye(64), stride=8), width=400, dark=True)
    assert demo.root.get_attribute("data-theme") == "dark"
    assert demo.page.evaluate("() => document.documentElement.scrollWidth") <= 400
    assert demo.trait("box") == [0, 0, 64, 64]
    assert demo.canvas.evaluate("canvas => getComputedStyle(canvas).touchAction") == "none"
