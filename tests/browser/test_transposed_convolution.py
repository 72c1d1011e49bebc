"""The transposed-convolution stepper in a real browser against its twin in NumPy."""

import numpy as np
import pytest

from seglab.convolution import conv_matrix, transposed_conv2d, transposed_conv_parts
from seglab.resampling import bilinear_kernel
from seglab.widgets import TransposedConvolution
from seglab.widgets.transposed_convolution import LARGEST_INPUT, LARGEST_KERNEL, LARGEST_STRIDES, PADDINGS

pytestmark = pytest.mark.browser
# Input size, kernel size, stride, padding.
SETTINGS = [
    (3, 3, 2, 0),
    (4, 2, 3, 0),
    (4, 2, 3, "valid"),
    (3, 2, 3, "same"),
    (3, 3, 2, "same"),
    (3, 4, 2, "same"),
    (3, 3, 1, 1),
    (2, 5, 1, 2),
    (3, 4, 2, 1),
    (1, 1, 4, 0),
    (4, 5, 4, 2),
]


def painted(x, kernel, strides, step):
    """Sums and numbers of copies before cropping, after the first `step` input cells."""
    side = (len(x) - 1) * strides + len(kernel)
    values, copies = np.zeros((side, side)), np.zeros((side, side), int)
    for row, col, patch in list(transposed_conv_parts(x, kernel, strides=strides))[:step]:
        values[row : row + len(patch), col : col + len(patch)] += patch
        copies[row : row + len(patch), col : col + len(patch)] += 1
    return values, copies


def output_cells(demo):
    """What the output shows: numbers of all cells, and which of them stay after cropping."""
    rows = demo.page.evaluate(
        """() => [...document.querySelectorAll(".seglab-part div.seglab-cells tr")].map(row =>
            [...row.cells].map(cell => [Number(cell.textContent), !cell.matches(".seglab-cut")]))"""
    )
    numbers, stay = np.moveaxis(np.array(rows, float), -1, 0)
    return numbers, stay.astype(bool)


def stays(demo):
    """The cells of the output that are not cropped, as a matrix."""
    numbers, stay = output_cells(demo)
    return numbers[np.ix_(stay.any(axis=1), stay.any(axis=0))]


def twin(demo):
    """The output that NumPy finds for the state of the page."""
    x, kernel = np.array(demo.trait("x"), float), np.array(demo.trait("kernel"), float)
    return transposed_conv2d(x, kernel, strides=demo.trait("strides"), padding=demo.trait("padding"))


def test_arithmetic_equals_numpy(run_module):
    rng = np.random.default_rng(4)
    cases = [
        (rng.normal(size=(n, n)), rng.normal(size=(k, k)), strides, padding) for n, k, strides, padding in SETTINGS
    ]
    found = run_module(
        TransposedConvolution,
        """a[0].map(([x, kernel, strides, padding]) => {
            const { values, copies } = m.paintCopies(x, kernel, strides, x.length ** 2);
            const extent = m.outputExtent(x.length, kernel.length, strides, padding);
            return [m.cropped(values, extent), copies, m.transposedMatrix(x.length, kernel, strides, padding)];
        })""",
        [[x.tolist(), kernel.tolist(), strides, padding] for x, kernel, strides, padding in cases],
    )
    for (x, kernel, strides, padding), (values, copies, matrix) in zip(cases, found, strict=True):
        wanted = transposed_conv2d(x, kernel, strides=strides, padding=padding)
        np.testing.assert_allclose(values, wanted, atol=1e-12)
        np.testing.assert_array_equal(copies, painted(x, kernel, strides, x.size)[1])
        np.testing.assert_allclose(np.array(matrix) @ x.ravel(), wanted.ravel(), atol=1e-12)
        if isinstance(padding, int):
            convolution = conv_matrix(wanted.shape, kernel, strides=strides, padding=padding)
            np.testing.assert_array_equal(matrix, convolution.T)


def test_bilinear_kernel_equals_numpy(run_module):
    for strides, kernel in enumerate(run_module(TransposedConvolution, "[1, 2, 3, 4].map(m.bilinearKernel)"), start=1):
        np.testing.assert_allclose(kernel, bilinear_kernel(strides))


def test_every_example_shows_the_numbers_of_numpy(open_demo):
    demo = open_demo(TransposedConvolution())
    select = demo.root.get_by_role("combobox", name="Example")
    names = [name for name in select.locator("option").all_inner_texts() if name != "your own"]
    seen = []
    for name in names:
        select.select_option(name)
        demo.settle()
        np.testing.assert_allclose(stays(demo), twin(demo), rtol=5e-3)
        assert select.input_value() == name
        seen.append((len(demo.trait("kernel")), demo.trait("strides"), demo.trait("padding")))
    assert {(2, 3, 0), (2, 3, "valid"), (3, 1, 1), (3, 2, "same")} <= set(seen)


def test_forward_paints_one_copy_after_the_other(open_demo):
    x, kernel = np.array([[1, -2], [3, 4]]), np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    demo = open_demo(TransposedConvolution(x, kernel, strides=2, step=0))
    assert "Nothing painted yet" in demo.root.inner_text()
    for step in range(1, 5):
        demo.button("Forward").click()
        demo.settle()
        np.testing.assert_array_equal(output_cells(demo)[0], painted(x, kernel, 2, step)[0])
        framed = demo.root.locator(".seglab-fields input.seglab-now")
        assert framed.get_attribute("aria-label") == f"Input, row {(step - 1) // 2}, column {(step - 1) % 2}"
        frame, corner = (
            demo.root.locator(f".seglab-part div.seglab-cells {part}").bounding_box()
            for part in (
                "div.seglab-frame",
                f"tr:nth-child({(step - 1) // 2 * 2 + 1}) td:nth-child({(step - 1) % 2 * 2 + 1})",
            )
        )
        assert (frame["x"], frame["y"]) == pytest.approx((corner["x"], corner["y"]), abs=2)
        assert frame["width"] == pytest.approx(3 * corner["width"], abs=2)
        pale = demo.root.locator("svg g").evaluate_all("all => all.map(one => one.matches('.seglab-later'))")
        assert pale == [False] * step + [True] * (4 - step)
        assert f"column {step - 1} framed" in demo.root.locator("svg").get_attribute("aria-label")
    assert "Copy 4 of 4: input (1, 1) is 4" in demo.root.inner_text()
    assert "5 of these 9 cells held a copy already" in demo.root.inner_text()
    demo.button("Back").click()
    demo.button("copies per cell").click()
    demo.settle()
    np.testing.assert_array_equal(output_cells(demo)[0], painted(x, kernel, 2, 3)[1])
    demo.button("Start").click()
    demo.settle()
    assert not output_cells(demo)[0].any()
    demo.button("End").click()
    demo.settle()
    np.testing.assert_array_equal(
        output_cells(demo)[0], [[1, 1, 2, 1, 1], [1, 1, 2, 1, 1], [2, 2, 4, 2, 2]] + [[1, 1, 2, 1, 1]] * 2
    )


def test_keyboard_alone_reaches_stride_3_and_edits_a_kernel(open_demo):
    demo = open_demo(TransposedConvolution([[1, 2], [3, 4]], [[1, 2], [3, 4]], strides=1))
    keyboard = demo.page.keyboard
    demo.root.get_by_role("slider", name="Stride").focus()
    keyboard.press("ArrowRight")
    keyboard.press("ArrowRight")
    field = demo.root.get_by_label("Kernel, row 0, column 1")
    field.focus()
    keyboard.press("Control+a")
    keyboard.type("-2.5")
    demo.settle()
    assert (demo.trait("strides"), demo.trait("kernel")) == (3, [[1, -2.5], [3, 4]])
    np.testing.assert_array_equal(stays(demo), twin(demo))
    assert stays(demo).shape == (5, 5)
    assert "gaps that no copy reaches" in demo.root.inner_text()
    demo.root.get_by_role("slider", name="Copies painted").focus()
    keyboard.press("Home")
    demo.settle()
    assert demo.trait("step") == 0
    keyboard.press("ArrowRight")
    demo.page.wait_for_function("() => document.querySelector('[role=status]').textContent.includes('Copy 1 of 4')")


def test_padding_marks_what_it_crops(open_demo):
    demo = open_demo(TransposedConvolution(padding=0))
    demo.root.get_by_role("combobox", name="Padding").select_option("1")
    demo.settle()
    numbers, stay = output_cells(demo)
    inside = np.zeros((7, 7), bool)
    inside[1:-1, 1:-1] = True
    np.testing.assert_array_equal(stay, inside)
    np.testing.assert_array_equal(numbers, painted(np.array(demo.trait("x")), np.array(demo.trait("kernel")), 2, 9)[0])
    assert demo.root.get_by_text("Output 5 × 5, cropped from 7 × 7").count() == 1
    assert demo.root.locator("td[title=cropped]").count() == 24
    assert "2 · 2 + 3 − 2 = 5" in demo.root.inner_text()


def test_padding_that_would_leave_nothing_gives_way(open_demo):
    demo = open_demo(TransposedConvolution(np.ones((2, 2)), np.ones((3, 3)), strides=1, padding=1))
    demo.root.get_by_role("slider", name="Kernel size").fill("1")
    demo.settle()
    assert demo.trait("padding") == 0
    disabled = demo.root.get_by_role("combobox", name="Padding").locator("option[disabled]").all_inner_texts()
    assert disabled == ["1", "2"]


def test_half_typed_numbers_change_nothing(open_demo):
    demo = open_demo(TransposedConvolution())
    field = demo.root.get_by_label("Input, row 1, column 2")
    field.fill("")
    demo.settle()
    assert demo.trait("x")[1][2] == 6
    field.blur()
    assert field.input_value() == "6"


def test_state_from_python_that_does_not_fit_is_put_right(open_demo):
    demo = open_demo(TransposedConvolution([[1, 2], [3, 4]], [[1, 2], [3, 4]], strides=1))
    demo.page.evaluate("() => { model.set('step', 99); model.set('padding', 2); }")
    demo.settle()
    np.testing.assert_array_equal(stays(demo), [[1, 4, 4], [6, 20, 16], [9, 24, 16]])


def test_controls_offer_what_python_allows(open_demo):
    demo = open_demo(TransposedConvolution())
    limits = {"Input size": LARGEST_INPUT, "Kernel size": LARGEST_KERNEL, "Stride": LARGEST_STRIDES}
    for name, largest in limits.items():
        assert demo.root.get_by_role("slider", name=name).get_attribute("max") == str(largest)
    values = demo.root.get_by_role("combobox", name="Padding").evaluate("one => [...one.options].map(o => o.value)")
    assert values == [str(padding) for padding in PADDINGS]


def test_play_runs_to_the_end(open_demo):
    demo = open_demo(TransposedConvolution([[1, 2], [3, 4]], [[1]], strides=1, step=2))
    demo.button("Play").click()
    demo.page.wait_for_function("() => model.get('step') === 4")
    demo.page.wait_for_function(
        "() => !document.querySelector('.seglab-demo [aria-pressed=true]:not([hidden])').textContent.includes('Play')"
    )
    demo.settle()
    np.testing.assert_array_equal(stays(demo), [[1, 2], [3, 4]])


def test_narrow_and_dark_page_holds_the_whole_demo(open_demo):
    demo = open_demo(TransposedConvolution(np.ones((4, 4)), np.ones((5, 5)), strides=4), width=400, dark=True)
    assert demo.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert demo.root.get_attribute("data-theme") == "dark"
    assert "400 of 4624 entries are not 0" in demo.root.inner_text()
