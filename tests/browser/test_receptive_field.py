"""The receptive-field explorer in a real browser against its twin in NumPy."""

import numpy as np
import pytest

from seglab.convolution import conv_output_size, effective_kernel_size, mean_valid_taps
from seglab.receptive_field import receptive_field, receptive_field_table
from seglab.widgets import ReceptiveFieldExplorer
from seglab.widgets.receptive_field import IMAGE_SIZES, LIMITS, MOST_LAYERS

pytestmark = pytest.mark.browser
VGG16 = [layer for count in (2, 2, 3, 3, 3) for layer in [(3, 1, 1)] * count + [(2, 2, 1)]]
STACKS = [
    ([(3, 1, 1), (3, 1, 2), (3, 1, 4)], 32),
    ([(3, 1, 4)], 8),
    ([(2, 3, 1), (2, 3, 1)], 30),
    ([(3, 2, 1), (5, 1, 3), (3, 2, 1)], 33),
    ([(2, 2, 1), (4, 1, 2), (1, 4, 1), (3, 1, 12)], 65),
    (VGG16, 224),
]


def test_arithmetic_equals_numpy(run_module):
    found = run_module(
        ReceptiveFieldExplorer,
        """a[0].map(([layers, n]) => {
            const fields = m.receptiveFields(layers, n);
            const unit = Math.floor(fields.at(-1).output / 3);
            const taps = fields.map(({ input, kernel, dilation }) => m.meanValidTaps(input, kernel, dilation));
            return [fields, unit, m.pathCounts(fields, unit)[0], taps];
        })""",
        STACKS,
    )
    for (layers, size), (fields, unit, paths, taps) in zip(STACKS, found, strict=True):
        demo = ReceptiveFieldExplorer(layers, image_size=size, unit=(unit, 0))
        last = fields[-1]
        assert (last["size"], last["stride"], last["start"]) == demo.field()
        np.testing.assert_array_equal(np.flatnonzero(paths), demo.cells_read()[0])
        # A 1 x 1 layer with a stride is pointwise for nobody, but one without is left out of the table.
        table = [field for _, field in receptive_field_table(layers)]
        assert [(field["size"], field["stride"]) for field in fields] == [(field.size, field.stride) for field in table]
        for field, mean, (kernel, strides, dilation) in zip(fields, taps, layers, strict=True):
            assert field["effective"] == effective_kernel_size(kernel, dilation)
            assert field["output"] == conv_output_size(
                field["input"], kernel, strides=strides, padding="same", dilation_rate=dilation
            )
            assert mean == pytest.approx(mean_valid_taps(field["input"], kernel, dilation))


def rows(demo):
    """The table of layers as numbers: kernel, stride, dilation, effective, field, step, map, weights."""
    return demo.page.evaluate(
        """() => [...document.querySelectorAll(".seglab-scroll tbody tr")].map(row => [...row.cells].slice(1, 9)
            .map(cell => Number(cell.querySelector("input")?.value ?? cell.textContent)))"""
    )


def fill(demo, layer, name, value):
    demo.root.get_by_label(f"Layer {layer}, {name}").fill(str(value))
    demo.settle()


def test_dilation_widens_the_field_and_costs_no_weight(open_demo):
    demo = open_demo(ReceptiveFieldExplorer([(3,), (3,), (3,)]))
    assert (demo.number("size"), demo.number("read"), demo.number("weights")) == ("7 × 7", "49 of 49", "27")
    fill(demo, 2, "dilation", 2)
    fill(demo, 3, "dilation", 4)
    assert (demo.number("size"), demo.number("read"), demo.number("weights")) == ("15 × 15", "225 of 225", "27")
    assert "the same 27 weights would see 7 × 7" in demo.root.inner_text()
    assert rows(demo) == [[3, 1, 1, 3, 3, 1, 32, 9], [3, 1, 2, 5, 7, 1, 32, 9], [3, 1, 4, 9, 15, 1, 32, 9]]
    fill(demo, 1, "dilation", 4)
    fill(demo, 2, "dilation", 4)
    assert demo.number("size") == "25 × 25"
    assert demo.number("read") == "49 of 625"
    assert "576 are holes" in demo.root.inner_text()


def test_layers_are_added_and_removed_by_keyboard(open_demo):
    demo = open_demo(ReceptiveFieldExplorer([(2, 3, 1)], image_size=27))
    keyboard = demo.page.keyboard
    demo.button("Add layer").focus()
    keyboard.press("Enter")
    keyboard.press("Enter")
    demo.settle()
    field = receptive_field([(2, 3, 1)] * 3)
    assert rows(demo)[-1] == [2, 3, 1, 2, field.size, field.stride, 1, 4]
    read = np.prod([len(cells) for cells in ReceptiveFieldExplorer([(2, 3, 1)] * 3, image_size=27).cells_read()])
    assert demo.number("read") == f"{read} of {field.size**2}"  # the stride leaps over a third of the cells
    demo.button("Remove layer 2").focus()
    keyboard.press("Enter")
    demo.settle()
    assert demo.trait("layers") == [[2, 3, 1]] * 2
    assert demo.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Layer 1, kernel"
    demo.button("Remove layer 2").click()
    demo.settle()
    assert demo.button("Remove layer 1").is_disabled()


def test_half_typed_numbers_change_nothing(open_demo):
    demo = open_demo(ReceptiveFieldExplorer([(3, 1, 1)]))
    for text in ("", "0", "99"):
        fill(demo, 1, "dilation", text)
        assert demo.trait("layers") == [[3, 1, 1]]
    demo.root.get_by_role("spinbutton", name="Layer 1, dilation").blur()
    assert demo.root.get_by_role("spinbutton", name="Layer 1, dilation").input_value() == "1"


def test_unit_moves_by_mouse_and_keys_and_meets_the_padding(open_demo):
    demo = open_demo(ReceptiveFieldExplorer([(3, 2, 1), (3, 1, 2)], image_size=16))
    demo.canvas = demo.root.locator("canvas[role=application]")
    demo.drag((0.5, 0.5), (0.01, 0.5))
    row, col = demo.trait("unit")
    assert (row, col) == (4, 0)
    twin = ReceptiveFieldExplorer([(3, 2, 1), (3, 1, 2)], image_size=16, unit=(row, col))
    read = [len(cells) for cells in twin.cells_read()]
    assert demo.number("read").split(" of ")[0] == str(read[0] * read[1])
    assert "part of them padding" in demo.root.inner_text()
    demo.press("ArrowRight", times=3)
    demo.press("ArrowUp", times=9)
    assert demo.trait("unit") == [0, 3]
    demo.root.get_by_role("slider", name="Unit row").press("End")
    demo.settle()
    assert demo.trait("unit") == [7, 3]
    demo.page.wait_for_function("() => document.querySelector('[role=status]').textContent.includes('Unit (7, 3)')")


def test_every_example_shows_the_numbers_of_numpy(open_demo):
    demo = open_demo(ReceptiveFieldExplorer())
    select = demo.root.get_by_role("combobox", name="Example")
    found = {}
    for name in select.locator("option").all_inner_texts():
        if name == "your own":
            continue
        select.select_option(name)
        demo.settle()
        layers, size, unit = (demo.trait(trait) for trait in ("layers", "image_size", "unit"))
        twin = ReceptiveFieldExplorer(layers, image_size=size, unit=unit)
        field = twin.field()
        read = np.prod([len(cells) for cells in twin.cells_read()])
        assert demo.number("size") == f"{field.size} × {field.size}"
        assert demo.number("stride") == str(field.stride)
        assert demo.number("read").split(" of ")[0] == str(read)
        found[name] = (field.size, field.stride)
    assert found["VGG-16 to its last pooling"] == (212, 32)
    assert found["Rate 6 on a map of 8"] == (13, 1)


def test_controls_offer_what_python_allows(open_demo):
    demo = open_demo(ReceptiveFieldExplorer([(3,)] * (MOST_LAYERS - 1)))
    for name, limits in zip(("kernel", "stride", "dilation"), LIMITS.values(), strict=True):
        field = demo.root.get_by_label(f"Layer 1, {name}")
        assert [field.get_attribute(end) for end in ("min", "max")] == [str(limit) for limit in limits]
    size = demo.root.get_by_role("slider", name="Image size")
    assert [size.get_attribute(end) for end in ("min", "max")] == [str(limit) for limit in IMAGE_SIZES]
    assert demo.button("Add layer").is_enabled()
    demo.button("Add layer").click()
    demo.settle()
    assert demo.button("Add layer").is_disabled()


def test_warnings_name_the_layer(open_demo):
    demo = open_demo(ReceptiveFieldExplorer([(3, 1, 1), (3, 1, 6)], image_size=8))
    assert "Layer 2: on a map of 8 only 2.25 of 9 taps lie inside" in demo.root.inner_text()
    fill(demo, 1, "stride", 2)
    fill(demo, 1, "dilation", 2)
    assert "Layer 1: Keras refuses" in demo.root.inner_text()


def test_drawing_shows_cells_read_and_holes(open_demo):
    demo = open_demo(ReceptiveFieldExplorer([(3, 1, 4)], image_size=16))
    # Through the middle of the plan: read, three holes, read, three holes, read, all inside the frame.
    lines = demo.page.evaluate(
        """() => {
            const canvas = document.querySelector("canvas[role=img]");
            const [plan, side] = [680, 400];
            return [[0, side + plan / 2, plan, 1], [plan / 2, side, 1, plan]].map(box => {
                const data = canvas.getContext("2d").getImageData(...box).data;
                return Array.from({ length: plan }, (_, at) => data[4 * at + 2] - data[4 * at] > 30);
            });
        }"""
    )
    for blue in lines:
        starts = [at for at in range(1, len(blue)) if blue[at] and not blue[at - 1]]
        assert len(starts) == 3
        # The frame covers the first edge.
        assert starts[1] - starts[0] == pytest.approx(starts[2] - starts[1], abs=4)


def test_drawing_follows_the_theme_of_the_page(open_demo):
    demo = open_demo(ReceptiveFieldExplorer([(3, 1, 4)], image_size=16))
    hole = "canvas => [...canvas.getContext('2d').getImageData(370, 770, 1, 1).data]"
    light = demo.canvas.evaluate(hole)
    demo.page.emulate_media(color_scheme="dark")
    demo.page.wait_for_function("() => document.querySelector('.seglab-demo').dataset.theme === 'dark'")
    demo.settle()
    assert sum(light[:3]) > 600 > 150 > sum(demo.canvas.evaluate(hole)[:3])


def test_narrow_and_dark_page_holds_the_whole_demo(open_demo):
    demo = open_demo(ReceptiveFieldExplorer(VGG16, image_size=224), width=400, dark=True)
    assert demo.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert demo.root.get_attribute("data-theme") == "dark"


def test_both_demos_of_week_3_in_jupyterlab(notebook):
    book = notebook(
        [
            "from seglab.widgets import ReceptiveFieldExplorer, TransposedConvolution",
            "field = ReceptiveFieldExplorer()\nfield",
            "stepper = TransposedConvolution([[1, 2], [3, 4]], [[1, 2], [3, 4]], strides=1)\nstepper",
        ]
    )
    field = book.page.locator(".seglab-receptive")
    field.get_by_label("Layer 3, dilation").fill("8")
    book.wait_for_value("field.layers", [[3, 1, 1], [3, 1, 2], [3, 1, 8]])
    assert field.locator("[data-number=size]").inner_text() == f"{book.value('field.field().size')} × 23"
    stepper = book.page.locator(".seglab-transposed")
    stepper.get_by_role("slider", name="Stride").focus()
    for _ in range(2):
        book.page.keyboard.press("ArrowRight")
    book.wait_for_value("stepper.strides", 3)
    cells = stepper.locator(".seglab-part div.seglab-cells td")
    shown = [float(text) for text in cells.all_inner_texts()]
    assert shown == np.ravel(book.value("stepper.output().tolist()")).tolist()
    book.value("setattr(stepper, 'padding', 'valid')")
    stepper.get_by_text("Output 6 × 6").wait_for()
    book.value("setattr(field, 'image_size', 64)")
    field.get_by_text("13 % of the image").wait_for()
    painted = "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    assert field.locator("canvas[role=img]").evaluate(painted) > 10
