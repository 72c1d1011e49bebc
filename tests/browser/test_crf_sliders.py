"""The demo of the dense CRF in JupyterLab: the keyboard moves a slider, and picture and words follow."""

import pytest

pytestmark = pytest.mark.browser

CELL = """from seglab.widgets import CRFSliders
demo = CRFSliders()
demo"""


def test_the_keyboard_changes_the_reach(notebook):
    lab = notebook([CELL])
    picture = lab.page.locator(".jp-OutputArea img.widget-image").first
    picture.wait_for()
    before = picture.get_attribute("src")
    handle = lab.page.get_by_role("slider").nth(1)
    assert "θβ" in lab.page.locator(".widget-label").nth(1).inner_text()
    handle.focus()
    for _ in range(3):
        lab.page.keyboard.press("ArrowRight")
    lab.wait_for_value("demo.values['theta_beta']", 23)
    lab.page.wait_for_function("([image, old]) => image.src !== old", arg=[picture.element_handle(), before])
    words = lab.page.locator("[role=status][aria-label='Dense CRF']")
    words.get_by_text("23 color levels").wait_for()
    assert words.inner_text() == lab.value("demo.describe()")


def test_a_page_without_kernel_shows_the_strip(new_page, tmp_path):
    from seglab.widgets import CRFSliders

    path = tmp_path / "crf.html"
    CRFSliders().to_html(path)
    page = new_page(strict=True)
    page.goto(path.as_uri())
    assert page.get_by_role("heading", name="Dense CRF").is_visible()
    assert page.locator("img").evaluate("image => image.complete && image.naturalWidth") >= 900
    assert "boundary IoU" in page.locator("img").get_attribute("alt")
