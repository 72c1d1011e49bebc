"""The stride explorer in a real browser against its twin in NumPy."""

import numpy as np
import pytest

from seglab.resampling import upsample_bilinear
from seglab.widgets import StrideExplorer
from seglab.widgets.stride_explorer import STRIDES

pytestmark = pytest.mark.browser
MEASURES = ("iou", "boundary_iou")


def twin_of(demo):
    """The demo of Python in the state of the page."""
    twin = StrideExplorer(shape=demo.trait("shape"), size=(demo.trait("height"), demo.trait("width")))
    twin.box, twin.stride = demo.trait("box"), demo.trait("stride")
    return twin


def check_numbers(demo):
    """Readout, table and trait hold what NumPy computes; returns the measures at the stride of the page."""
    twin = twin_of(demo)
    wanted = twin.scores()
    assert [demo.number(key) for key in MEASURES] == [f"{wanted[key]:.3f}" for key in MEASURES]
    assert demo.number("wrong") == f"{wanted['wrong']:,}"
    assert demo.number("cells") == f"{twin.height // twin.stride} × {twin.width // twin.stride}"
    assert demo.trait("numbers") == pytest.approx(wanted, abs=1e-12)
    for stride in STRIDES:
        scores = twin.scores(stride)
        assert [demo.number(f"{key}-{stride}") for key in MEASURES] == [f"{scores[key]:.3f}" for key in MEASURES]
    return wanted


def test_arithmetic_equals_numpy(run_module):
    mask = np.random.default_rng(3).random((64, 96)) < 0.5
    mask[20:50, 10:60] = True
    found = run_module(
        StrideExplorer,
        """a[1].map((stride) => {
            const mask = Uint8Array.from(a[0]);
            const shares = m.cellShares(mask, 64, 96, stride);
            const scores = m.enlarged(shares, 64, 96, stride);
            return [shares, scores, m.throughStride(mask, 64, 96, stride)].map((one) => Array.from(one));
        })""",
        mask.ravel().astype(int).tolist(),
        STRIDES,
    )
    twin = StrideExplorer(mask)
    for stride, (shares, scores, y_pred) in zip(STRIDES, found, strict=True):
        wanted, back = twin.through(stride)
        # Halves of halves: the arithmetic is exact, so even ties fall alike.
        assert np.reshape(shares, wanted.shape).tolist() == wanted.tolist()
        assert np.reshape(scores, (64, 96)).tolist() == upsample_bilinear(wanted, stride).tolist()
        assert np.reshape(y_pred, (64, 96)).tolist() == back.astype(int).tolist()


def test_a_box_takes_the_shape_of_another_and_stays_inside(run_module):
    boxes = run_module(
        StrideExplorer,
        "a[0].map((one) => m.boxLike(...one, 64, 96))",
        [([10, 20, 40, 20], 1), ([10, 20, 40, 20], 0.5), ([0, 0, 60, 20], 2.5), ([50, 80, 14, 10], 3)],
    )
    assert boxes == [[10, 10, 40, 40], [10, 20, 40, 20], [11, 0, 38, 95], [50, 54, 14, 42]]


def test_numbers_follow_mouse_keys_strides_and_shapes(open_demo):
    demo = open_demo(StrideExplorer())
    seen = [check_numbers(demo)["iou"]]
    demo.drag((0.45, 0.45), (0.6, 0.55))  # on the body of the person
    assert demo.trait("box")[1] > StrideExplorer().box[1]
    seen.append(check_numbers(demo)["iou"])
    row, col, rows, cols = demo.trait("box")
    height, width = demo.trait("height"), demo.trait("width")
    demo.drag(((col + cols) / width, (row + rows) / height), ((col + cols + 20) / width, (row + rows + 8) / height))
    assert demo.trait("box") == [row, col, rows + 8, cols + 20]
    seen.append(check_numbers(demo)["iou"])
    demo.press("ArrowLeft", 3)
    demo.press("Shift+ArrowUp", 2)
    assert demo.trait("box") == [row, col - 3, rows + 6, cols + 20]
    seen.append(check_numbers(demo)["iou"])
    demo.press("4")
    assert demo.trait("stride") == 4
    assert demo.button("4").get_attribute("aria-pressed") == "true"
    seen.append(check_numbers(demo)["iou"])
    demo.button("Stride 32 of the table").click()
    demo.settle()
    assert demo.trait("stride") == 32
    demo.button("Disc").click()
    demo.settle()
    assert demo.trait("shape") == "disc" and demo.trait("box")[2] == demo.trait("box")[3]
    seen.append(check_numbers(demo)["iou"])
    assert len({round(value, 3) for value in seen}) == len(seen)
    demo.wait_until_said(f"Stride 32, 4 by 6 cells. IoU {seen[-1]:.3f}.")


def test_what_comes_back_is_painted(open_demo):
    demo = open_demo(StrideExplorer(shape="triangle", stride=8))
    twin = twin_of(demo)
    y_true, y_pred = twin.y_true, twin.through()[1]
    scale = demo.canvas.evaluate("canvas => canvas.width") // demo.trait("width")
    blue = demo.root.locator("canvas[role=img]").evaluate(
        """(canvas, scale) => {
            const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const middle = Math.floor(scale / 2);
            const found = [];
            for (let row = middle; row < height; row += scale)
                for (let col = middle; col < width; col += scale) {
                    const at = 4 * (row * width + col);
                    found.push(data[at + 2] - data[at] > 40);
                }
            return found;
        }""",
        scale,
    )
    right = np.reshape(blue, y_true.shape)
    inside = y_true & y_pred
    assert not (right & ~inside).any()
    assert right.sum() > 0.8 * inside.sum()  # the outline covers the rest


def test_a_mask_of_your_own_and_nothing_at_all(open_demo):
    empty = open_demo(StrideExplorer(np.zeros((64, 64), bool)))
    assert [empty.number(key) for key in MEASURES] == ["n/a", "n/a"]
    mask = np.zeros((64, 96), bool)
    mask[10:40, 20:70] = np.random.default_rng(0).random((30, 50)) < 0.7
    demo = open_demo(StrideExplorer(mask, stride=4))
    scores = StrideExplorer(mask, stride=4).scores()
    assert [demo.number(key) for key in MEASURES] == [f"{scores[key]:.3f}" for key in MEASURES]
    assert demo.button("Yours").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("dark", [False, True])
def test_narrow_page_holds_the_whole_demo(open_demo, dark):
    demo = open_demo(StrideExplorer(), width=400, dark=dark)
    assert demo.root.get_attribute("data-theme") == ("dark" if dark else "light")
    assert demo.page.evaluate("() => document.documentElement.scrollWidth") <= 400


def test_python_and_the_page_of_jupyterlab_hold_one_state(notebook):
    book = notebook(["from seglab.widgets import StrideExplorer\ndemo = StrideExplorer(shape='disc', stride=32)\ndemo"])
    root = book.page.locator(".seglab-strides")
    root.get_by_role("button", name="8", exact=True).click()
    book.wait_for_value("demo.stride", 8)
    shown = root.locator("[data-number=iou]").inner_text()
    assert shown == f"{book.value('demo.scores()')['iou']:.3f}"
    assert book.value("demo.numbers") == pytest.approx(book.value("demo.scores()"))
    book.value("setattr(demo, 'shape', 'ring')")
    root.get_by_role("button", name="Ring", pressed=True).wait_for()
    assert root.locator("[data-number=iou]").inner_text() == f"{book.value('demo.scores()')['iou']:.3f}"
