"""The prototype mixer in a real browser against its twin in NumPy."""

import numpy as np
import pytest

from seglab.widgets import PrototypeMixer

pytestmark = pytest.mark.browser


def twin_of(demo):
    """The demo of Python in the state of the page."""
    state = {name: demo.trait(name) for name in ("object", "coefficients", "crop")}
    return PrototypeMixer(**state)


def check_numbers(demo):
    """Readout and trait hold what NumPy computes; returns it."""
    wanted = twin_of(demo).scores()
    assert demo.number("iou") == f"{wanted['iou']:.3f}"
    assert [demo.number(key) for key in ("tp", "fp", "fn")] == [f"{wanted[key]:,}" for key in ("tp", "fp", "fn")]
    assert demo.number("outside").startswith(f"{wanted['outside']:,} ")
    assert demo.trait("numbers") == wanted
    return wanted


def test_arithmetic_equals_numpy(run_module):
    rng = np.random.default_rng(0)
    prototypes = rng.uniform(0, 5, (5, 20, 30)).astype("float32")
    masks = rng.random((3, 20, 30)) < 0.3
    masks[0, :, 12:] = False
    demo = PrototypeMixer(prototypes, masks, coefficients=rng.uniform(-1, 1, 5))
    found = run_module(
        PrototypeMixer,
        """[[0, true], [0, false], [1, true]].map(([object, crop]) => {
            const [maps, truth] = [Float32Array.from(a[0]), Uint8Array.from(a[1][object])];
            const inside = m.insideBox(a[2][object], 20, 30);
            const logits = m.mixed(maps, a[3], 600);
            const chances = m.sigmoid(logits);
            const numbers = m.overlap(truth, chances, inside, crop);
            return [Array.from(logits), numbers, m.solved(maps, truth, crop ? inside : null, 5)];
        })""",
        prototypes.ravel().tolist(),
        masks.reshape(3, -1).astype(int).tolist(),
        demo.boxes,
        demo.coefficients,
    )
    for (number, crop), (logits, numbers, solution) in zip(((0, True), (0, False), (1, True)), found, strict=True):
        demo.object, demo.crop = number, crop
        assert np.reshape(logits, (20, 30)).tolist() == demo.logits().tolist()
        assert numbers == demo.scores()
        assert solution == pytest.approx(demo.solution(), abs=1e-9)


def test_sliders_crop_solve_and_objects(open_demo):
    demo = open_demo(PrototypeMixer())
    seen = [check_numbers(demo)["iou"]]
    rightward = demo.root.get_by_role("slider", name="Coefficient of objects, to the right")
    rightward.focus()
    for key in ("End", "ArrowLeft", "ArrowLeft"):
        demo.page.keyboard.press(key)
    demo.root.get_by_role("slider", name="Coefficient of objects", exact=True).fill("-0.4")
    demo.settle()
    assert demo.trait("coefficients") == [-0.4, 0, 0.98, 0]
    seen.append(check_numbers(demo)["iou"])
    demo.button("Crop to the box").click()
    loose = check_numbers(demo)
    assert loose["outside"] > 0 and "leaking" in demo.number("outside")
    demo.button("Solve").click()
    assert demo.trait("coefficients") == PrototypeMixer(crop=False).solve()
    seen += [loose["iou"], check_numbers(demo)["iou"]]
    demo.button("Crop to the box").click()
    demo.button("Solve").click()
    assert demo.trait("coefficients") == PrototypeMixer().solve()
    assert rightward.input_value() == "1"
    seen.append(check_numbers(demo)["iou"])
    assert seen[-1] == max(seen)
    demo.wait_until_said(f"IoU {seen[-1]:.3f}. 975 pixels above one half outside of the box, cut off.")
    demo.press("ArrowRight", 2)
    assert demo.trait("object") == 2
    demo.drag((0.35, 0.5), (0.35, 0.5))  # a click on A, the disc behind
    assert demo.trait("object") == 0
    demo.button("All zero").click()
    assert check_numbers(demo)["tp"] == 0


def test_a_change_takes_less_than_a_frame(open_demo):
    demo = open_demo(PrototypeMixer())
    milliseconds = demo.page.evaluate(
        """() => {
            const input = document.querySelector(".seglab-mixer input[type=range]");
            const times = Array.from({ length: 15 }, (_, turn) => {
                const start = performance.now();
                input.value = turn / 20;
                input.dispatchEvent(new Event("input"));
                return performance.now() - start;
            });
            return times.sort((a, b) => a - b)[7];
        }"""
    )
    assert milliseconds < 16


def test_narrow_dark_page_and_twelve_maps_of_your_own(open_demo):
    maps = np.random.default_rng(0).normal(size=(12, 16, 16))
    masks = np.eye(16, dtype=bool)[None] | np.eye(16, k=1, dtype=bool)
    demo = open_demo(PrototypeMixer(maps, masks), width=400, dark=True)
    assert demo.root.get_attribute("data-theme") == "dark"
    assert demo.root.get_by_role("slider").count() == 12
    assert demo.page.evaluate("() => document.documentElement.scrollWidth") <= 400
