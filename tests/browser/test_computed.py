"""A demo that Python draws, in JupyterLab: the keyboard moves a slider, the kernel draws, the picture changes."""

import pytest

pytestmark = pytest.mark.browser

CELL = """from seglab.widgets import LossLandscape
demo = LossLandscape()
demo"""


def test_a_slider_draws_a_new_picture(notebook):
    lab = notebook([CELL])
    picture = lab.page.locator(".jp-OutputArea img[src^='blob:'], .jp-OutputArea img.widget-image").first
    picture.wait_for()
    # The strip for readers without a kernel stands in the file, not beside the live demo.
    assert lab.page.locator(".jp-OutputArea img").count() == 1
    before = picture.get_attribute("src")

    handle = lab.page.get_by_role("slider").first
    assert "γ" in lab.page.locator(".widget-label").first.inner_text()
    handle.focus()
    for _ in range(3):
        lab.page.keyboard.press("ArrowRight")
    lab.wait_for_value("round(demo.values['gamma'], 1)", 2.3)
    lab.page.wait_for_function("([image, old]) => image.src !== old", arg=[picture.element_handle(), before])
    words = lab.page.locator("[role=status][aria-label='Loss landscape']")
    words.get_by_text(lab.value("demo.describe()")).wait_for()  # words of the last picture, not of one on the way

    lab.value("setattr(demo.controls['share'], 'value', 0.05)")
    words.get_by_text("The foreground is 5 %").wait_for()
