"""The dilation-rate demo in a real browser against its twin in NumPy."""

import pytest

from seglab.convolution import effective_kernel_size
from seglab.widgets import DilationRate
from seglab.widgets.dilation_rate import MAP_SIZES, MOST_RATES, RATES

pytestmark = pytest.mark.browser
STATES = [
    (65, 3, 6, (0, 64)),
    (33, 3, 18, (16, 16)),
    (8, 3, 6, (1, 6)),
    (8, 3, 12, (7, 0)),
    (9, 5, 2, (4, 1)),
    (4, 1, 24, (0, 3)),
]


def test_arithmetic_equals_numpy(run_module):
    found = run_module(
        DilationRate, "a[0].map(([n, kernel, rate, center]) => m.branchNumbers(n, kernel, rate, center))", STATES
    )
    for (size, kernel, rate, center), numbers in zip(STATES, found, strict=True):
        twin = DilationRate([rate], map_size=size, kernel=kernel, center=center)
        assert numbers["spans"] == effective_kernel_size(kernel, rate)
        assert [numbers["valid"]] == twin.valid_taps()
        assert [numbers["mean"]] == pytest.approx(twin.mean_taps())
        assert numbers["all"] == kernel**2


def rows(demo):
    """The table: rate, span, taps on the map, mean."""
    return demo.page.evaluate(
        """() => [...document.querySelectorAll(".seglab-dilation tbody tr")].map(row => [...row.cells]
            .map(cell => cell.textContent.replace(/^\\W+/, "")))"""
    )


def test_smaller_maps_lose_taps_and_are_told_so(open_demo):
    demo = open_demo(DilationRate([6, 12], map_size=33, center=(16, 16)))
    assert rows(demo) == [["6", "13", "9 of 9", "6.95"], ["12", "25", "9 of 9", "5.17"]]
    demo.root.get_by_role("combobox", name="Example").select_option("The same rates on 8 × 8")
    demo.settle()
    assert [row[2:] for row in rows(demo)] == [["1 of 9", "2.25"], ["1 of 9", "1.00"], ["1 of 9", "1.00"]]
    warning = "Rate 12: the 3 × 3 kernel is a 1 × 1 kernel at every pixel of this map."
    assert warning in demo.root.inner_text()
    demo.wait_until_said(warning)
    demo.button("1 × 1").click()
    demo.settle()
    assert [row[1:3] for row in rows(demo)] == [["1", "1 of 1"]] * 3
    assert demo.root.locator(".seglab-warning").inner_text() == ""


def test_kernel_moves_by_mouse_and_keys(open_demo):
    demo = open_demo(DilationRate([2], map_size=8, center=(4, 4)))
    demo.drag((0.5, 0.5), (0.99, 0.01))
    assert demo.trait("center") == [0, 7]
    demo.press("ArrowLeft", times=2)
    demo.press("ArrowDown")
    assert demo.trait("center") == [1, 5]
    twin = DilationRate([2], map_size=8, center=(1, 5))
    assert rows(demo)[0][2] == f"{twin.valid_taps()[0]} of 9" == "6 of 9"
    demo.drag((0.5, 0.5), (0.5, 0.5))
    assert demo.trait("center") == [4, 4]


def test_branches_are_added_and_removed_by_keyboard(open_demo):
    demo = open_demo(DilationRate([6], map_size=65))
    keyboard = demo.page.keyboard
    assert demo.button("Remove rate").is_disabled()
    demo.button("Add rate").focus()
    for _ in range(MOST_RATES - 1):
        keyboard.press("Enter")
    demo.settle()
    assert demo.trait("rates") == [6, 12, 18, 24]
    assert demo.button("Add rate").is_disabled()
    last = demo.root.get_by_role("slider", name="Rate 4")
    last.focus()
    keyboard.press("ArrowLeft")
    demo.settle()
    assert demo.trait("rates") == [6, 12, 18, 23]
    demo.button("Remove rate").click()
    demo.settle()
    assert not last.is_visible()


def test_controls_offer_what_python_allows(open_demo):
    demo = open_demo(DilationRate())
    for name, limits in (("Rate 1", RATES), ("Map size", MAP_SIZES)):
        field = demo.root.get_by_role("slider", name=name)
        assert [field.get_attribute(end) for end in ("min", "max")] == [str(limit) for limit in limits]


def test_examples_are_what_numpy_allows(open_demo):
    demo = open_demo(DilationRate([1], map_size=5))
    select = demo.root.get_by_role("combobox", name="Example")
    for name in select.locator("option").all_inner_texts()[1:]:
        select.select_option(name)
        demo.settle()
        twin = DilationRate(demo.trait("rates"), map_size=demo.trait("map_size"), kernel=demo.trait("kernel"))
        assert demo.trait("center") == twin.center
        assert [row[2].split()[0] for row in rows(demo)] == [str(valid) for valid in twin.valid_taps()]


def test_filled_taps_read_the_map_and_hollow_ones_padding(open_demo):
    demo = open_demo(DilationRate([6], map_size=8, center=(1, 6)))

    def color(row, col):
        at = [round(840 * (cell + 0.5 + 6) / 20) for cell in (col, row)]
        return demo.canvas.evaluate("(c, [x, y]) => [...c.getContext('2d').getImageData(x, y, 1, 1).data]", at)[:3]

    assert color(7, 0) == color(1, 0) == [0, 0x72, 0xB2]
    assert color(7, 12) == color(-5, 6) == [255, 255, 255]


def test_narrow_and_dark_page_holds_the_whole_demo(open_demo):
    demo = open_demo(DilationRate([6, 12, 18, 24], map_size=65, kernel=5), width=400, dark=True)
    assert demo.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert demo.root.get_attribute("data-theme") == "dark"
