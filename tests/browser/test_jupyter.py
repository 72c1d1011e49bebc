"""Demos in JupyterLab and in Voila: the same drag, the same number, and the kernel hears of it."""

import pytest

from seglab import widgets
from seglab.widgets.base import Demo

pytestmark = pytest.mark.browser

CELL = """from seglab.widgets import IoUPlayground
demo = IoUPlayground()
demo"""
LIVE = [name for name in widgets.__all__ if issubclass(getattr(widgets, name), Demo)]  # the others compute in Python
PREDICTION = (0.51, 0.57)  # where it is taken, as fractions (x, y) of the picture
TRUTH = (0.51 - 45 / 320, 0.57 - 33 / 240)  # where it has to go: the boxes are 33 rows and 45 columns apart


def test_jupyterlab_shows_the_demo_and_the_kernel_follows(notebook, demo_page):
    others = [name for name in LIVE if name != "IoUPlayground"]
    lab = notebook([CELL, *(f"from seglab.widgets import {name}\n{name}()" for name in others)])
    demo = demo_page(lab.page)
    lab.page.locator(".seglab-demo").nth(len(others)).wait_for()  # all of them draw
    titles = lab.page.evaluate("() => [...document.querySelectorAll('.seglab-demo')].map((one) => one.ariaLabel)")
    assert sorted(titles) == sorted(getattr(widgets, name).title for name in LIVE)
    start = lab.value("demo.scores()")
    assert demo.number("iou") == f"{start['iou']:.3f}"

    demo.drag(PREDICTION, TRUTH)
    demo.wait_for_number("iou", "1.000")
    lab.wait_for_value("demo.pred_box == demo.true_box", True)
    assert lab.value("demo.numbers == demo.scores()")

    # The arrows are the demo's: the notebook neither scrolls nor goes to another cell.
    cell = lab.page.evaluate(f"() => {lab.CURRENT}.content.activeCellIndex")
    demo.press("ArrowDown", 2)
    demo.press("d", 2)  # twice, it deletes a cell of a notebook in command mode
    lab.wait_for_value("demo.pred_box[0] - demo.true_box[0]", 8)
    assert demo.number("iou") == f"{lab.value('demo.scores()')['iou']:.3f}"
    assert lab.page.evaluate(f"() => {lab.CURRENT}.content.activeCellIndex") == cell
    assert lab.page.evaluate(f"() => {lab.CURRENT}.content.widgets.length") == 1 + len(others)

    demo.button("Erase").click()
    demo.drag(TRUTH, (0.45, 0.43))
    lab.wait_for_value("demo.pred_shape['kind']", "mask")
    assert lab.value("demo.numbers == demo.scores() and demo.numbers['iou'] < 0.9")

    lab.value("setattr(demo, 'pred_shape', {'kind': 'ellipse'})")
    lab.value("setattr(demo, 'pred_box', [20, 20, 80, 120])")
    demo.wait_for_number("iou", f"{lab.value('demo.scores()')['iou']:.3f}")


def test_voila_shows_the_demo_without_a_notebook(voila, demo_page):
    demo = demo_page(voila([CELL]))
    demo.drag(PREDICTION, TRUTH)
    demo.wait_for_number("iou", "1.000")
    demo.press("ArrowDown")
    moved = widgets.IoUPlayground()
    row, *others = moved.true_box
    moved.pred_box = [row + 4, *others]
    demo.wait_for_number("iou", f"{moved.scores()['iou']:.3f}")  # after the echo of the drag, if that comes late
