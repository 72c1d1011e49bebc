"""The NMS demo in a real browser against its twin in NumPy."""

import numpy as np
import pytest

from seglab.widgets import NMSThreshold
from seglab.widgets.nms_threshold_rules import METHODS

pytestmark = pytest.mark.browser


def check(demo):
    """Readout, list and trait hold what NumPy computes in the state of the page; returns the counts."""
    twin = NMSThreshold()
    for name in ("boxes", "threshold", "score_threshold", "method"):
        setattr(twin, name, demo.trait(name))
    counts, fates = twin.judged(), twin.fates()
    assert demo.trait("numbers") == counts
    shown = {key: demo.number(key) for key in counts}
    assert shown == {**{key: str(count) for key, count in counts.items()}, "found": f"{counts['found']} of 8"}
    order = np.argsort(-np.array(twin.scores), kind="stable")
    rows = demo.root.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.kind)")
    assert rows == [fates[index]["kind"] for index in order]
    return counts


def test_arithmetic_equals_numpy(run_module):
    rng = np.random.default_rng(5)
    top, left = rng.uniform(0, 20, (2, 40))
    boxes = np.stack([top, left, top + rng.uniform(4, 15, 40), left + rng.uniform(4, 15, 40)], axis=1)
    boxes[3], boxes[4] = boxes[2], [5, 5, 5, 9]  # twins, and an empty box
    scores, truth = rng.uniform(0, 1, 40).round(1), boxes[::5] + rng.normal(0, 0.7, (8, 4))
    settings = [(t, s, method) for t in (0, 0.15, 0.5, 1) for s in (0, 0.3, 0.6) for method in METHODS]
    found = run_module(
        NMSThreshold,
        """a[3].map(([threshold, least, method]) => {
            const fates = m.fatesOf(a[0], a[1], a[2], { threshold, least, method });
            return [fates, m.countFates(fates, a[2])];
        })""",
        boxes.tolist(),
        scores.tolist(),
        truth.tolist(),
        settings,
    )
    for (threshold, least, method), (fates, counts) in zip(settings, found, strict=True):
        options = {"threshold": threshold, "score_threshold": least, "method": method}
        twin = NMSThreshold(np.zeros((40, 40)), boxes, scores, truth, **options)
        assert fates == twin.fates() and counts == twin.judged()  # to the last bit


def test_boxes_stop_at_the_edges_and_the_nearest_border_is_taken(run_module):
    boxes = run_module(
        NMSThreshold,
        "a[0].map(([box, ...step]) => m.moved(box, ...step, 10, 10))",
        [[[2, 3, 6, 8], -9, 1], [[2, 3, 6, 8], 9, 9], [[-3, 0, 4, 4], -1, -1]],
    )
    assert boxes == [[0, 4, 4, 9], [6, 5, 10, 10], [-3, 0, 4, 4]]
    nested = [[0, 0, 20, 20], [5, 5, 15, 15]]
    near = run_module(
        NMSThreshold, "a[1].map(([x, y]) => m.nearestBox(a[0], x, y, 2))", nested, [[10, 1], [10, 6], [22, 9], [9, 23]]
    )
    assert near == [0, 1, 0, -1]


def test_sliders_methods_keys_and_mouse(open_demo):
    demo = open_demo(NMSThreshold())
    assert check(demo)["duplicates"] == 3
    demo.root.get_by_role("slider", name="IoU threshold").fill("0.05")
    assert check(demo)["missed"] > 2
    demo.root.get_by_role("slider", name="Score threshold").fill("0.4")
    assert check(demo)["false_alarms"] == 0
    demo.root.get_by_role("slider", name="IoU threshold").fill("0.3")
    demo.button("Fast").click()
    check(demo)
    demo.button("Soft").click()
    assert check(demo)["found"] == 8 and demo.number("kept") == "8"
    demo.wait_until_said("8 of 8 found, 0 missed, 0 duplicates, 0 false alarms.")
    demo.press("PageDown")
    first = demo.trait("selected")
    assert first == int(np.argmax(demo.trait("scores")))
    old = demo.trait("boxes")[first]
    demo.press("ArrowDown", 2)
    demo.press("ArrowRight")
    assert demo.trait("boxes")[first] == [old[0] + 2, old[1] + 1, old[2] + 2, old[3] + 1]
    check(demo)
    top, left, bottom, _ = demo.trait("boxes")[24]  # alone on dark ground
    middle = (top + bottom) / 2 / 60
    demo.button("Greedy").click()
    demo.drag((left / 84, middle), ((left - 50) / 84, middle))
    assert demo.trait("selected") == 24 and demo.trait("boxes")[24] == [top, left - 50, bottom, left - 50 + 14]
    check(demo)
    demo.press("Home")
    assert demo.trait("boxes") == NMSThreshold().boxes
    demo.root.locator("tbody tr").nth(7).click()
    demo.wait_until_said("Box 8 falls to 3, IoU .68.")


@pytest.mark.parametrize("dark", [False, True])
def test_narrow_page_holds_the_whole_demo(open_demo, dark):
    demo = open_demo(NMSThreshold(), width=400, dark=dark)
    assert demo.root.get_attribute("data-theme") == ("dark" if dark else "light")
    assert demo.page.evaluate("() => document.documentElement.scrollWidth") <= 400
