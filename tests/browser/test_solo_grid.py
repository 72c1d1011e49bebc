"""The SOLO grid in a real browser against its twin in NumPy."""

import numpy as np
import pytest

from seglab.widgets import SoloGrid

pytestmark = pytest.mark.browser


def twin_of(demo):
    """The demo of Python in the state of the page."""
    twin = SoloGrid()
    for name in ("boxes", "cells", "center", "two_grids"):
        setattr(twin, name, demo.trait(name))
    return twin


def check_numbers(demo):
    """Readout and trait hold what NumPy computes; returns it."""
    twin = twin_of(demo)
    wanted = twin.scores()
    assert demo.number("lost") == f"{wanted['lost']} of {wanted['objects']}"
    assert [demo.number(key) for key in ("contested", "owned")] == [str(wanted[key]) for key in ("contested", "owned")]
    assert demo.trait("numbers") == wanted
    claims, owners = twin.claims(), twin.owners()
    for number in range(7):
        claimed = sum(int(grid[number].sum()) for grid in claims)
        owned = sum(int(np.sum(grid == number)) for grid in owners)
        if claimed:
            text = f"{owned} of {claimed} cells" + ("" if owned else " ✕")
            assert demo.number(f"fate-{chr(65 + number)}") == text
    return wanted


def test_arithmetic_equals_numpy(run_module):
    rng = np.random.default_rng(1)
    masks = np.stack([rng.random((30, 50)) < share for share in (0.3, 0.01, 0.02, 0.4)])
    masks[0, 10:] = masks[3, :, 12:] = False
    states = [(5, 0.2, False), (16, 0.5, False), (7, 0.2, True), (40, 0.6, True)]
    demo = SoloGrid(masks)
    found = run_module(
        SoloGrid,
        """a[1].map(([cells, center, two]) => {
            const front = m.frontmost(a[0].map((mask) => Uint8Array.from(mask)), 1500);
            const objects = m.measured(front, 4, 50);
            const fields = m.claimants(objects, m.gridsOf(cells, two, a[2]), center, 30, 50);
            return [fields.map((field) => field.claims.map((one) => one[0] ?? -1)), m.gridNumbers(objects, fields)];
        })""",
        masks.reshape(4, -1).astype(int).tolist(),
        states,
        demo.limit,
    )
    for (demo.cells, demo.center, demo.two_grids), (owners, numbers) in zip(states, found, strict=True):
        assert owners == [grid.ravel().tolist() for grid in demo.owners()]
        assert numbers == demo.scores()


def test_drag_keys_grids_and_sizes(open_demo):
    demo = open_demo(SoloGrid())
    assert check_numbers(demo)["lost"] == 2
    demo.drag((97 / 128, 31 / 96), (20 / 128, 15 / 96))  # the small disc, out of the ring
    assert demo.trait("boxes")[3] == [8, 13, 14, 14] and demo.trait("selected") == 3
    assert check_numbers(demo)["lost"] == 1
    demo.press("b")
    demo.press("ArrowRight", 3)
    demo.press("ArrowUp")
    assert demo.trait("boxes")[1] == [45, 35, 40, 16]
    demo.press("Shift+ArrowUp")
    assert demo.trait("boxes")[1] == [44, 35, 42, 17]
    check_numbers(demo)
    demo.root.get_by_role("slider", name="S × S cells: S").fill("12")
    demo.root.get_by_role("slider", name="Middle region").fill("0.4")
    demo.settle()
    assert check_numbers(demo)["owned"] > 20
    demo.button("Two grids by size").click()
    demo.settle()
    assert demo.root.locator("canvas:visible").count() == 3
    demo.button("Smaller").click()
    wanted = check_numbers(demo)
    demo.button("As at the start").click()
    demo.settle()
    assert demo.trait("boxes") == SoloGrid().boxes
    demo.wait_until_said("S 12. 0 of 7 objects without a cell. ")
    assert wanted["objects"] == 7


def test_a_change_takes_less_than_a_frame(open_demo):
    demo = open_demo(SoloGrid(cells=40))
    milliseconds = demo.page.evaluate(
        """() => {
            const canvas = document.querySelector(".seglab-solo canvas");
            const press = (key) => canvas.dispatchEvent(new KeyboardEvent("keydown", { key }));
            const times = Array.from({ length: 15 }, (_, turn) => {
                const start = performance.now();
                press(turn % 2 ? "ArrowLeft" : "ArrowRight");
                return performance.now() - start;
            });
            return times.sort((a, b) => a - b)[7];
        }"""
    )
    assert milliseconds < 16


def test_narrow_dark_page_and_objects_of_your_own(open_demo):
    masks = np.zeros((9, 64, 64), bool)
    for number, (row, col) in enumerate(np.ndindex(3, 3)):
        masks[number, 20 * row + 2 : 20 * row + 14, 20 * col + 2 : 20 * col + 14] = True
    demo = open_demo(SoloGrid(masks, cells=3), width=400, dark=True)
    assert demo.root.get_attribute("data-theme") == "dark"
    assert demo.number("lost") == "0 of 9" and demo.number("owned") == "9"
    assert demo.page.evaluate("() => document.documentElement.scrollWidth") <= 400
