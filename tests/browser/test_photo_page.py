"""The photo page in a real browser, with its server on loopback: choose, drop, slide, download, and what goes wrong."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from primary_colors import serving

pytestmark = pytest.mark.browser
TURN = 0x0112


@pytest.fixture(scope="module")
def server():
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A large photo held upright (the upper half red, the lower green), a small blue one, and a file that is none."""
    folder, exif = tmp_path_factory.mktemp("photos"), Image.Exif()
    exif[TURN] = 6
    shown = np.full((2400, 1200, 3), (0, 180, 0), np.uint8)
    shown[:1200] = 200, 0, 0
    Image.fromarray(np.rot90(shown)).save(folder / "beach 1.jpg", exif=exif, quality=90)
    Image.new("RGBA", (40, 30), (0, 0, 200, 128)).save(folder / "sky.webp")
    (folder / "short.jpg").write_bytes((folder / "beach 1.jpg").read_bytes()[:5000])
    return folder


@pytest.fixture
def open_page(new_page, server):
    """Open the page, and a photo on it: `open_page(photo, **new_page_options)`."""

    def make(photo=None, **options):
        page = new_page(**options)
        page.goto(server.address)
        if photo:
            page.set_input_files("#file", photo)
            page.get_by_role("region", name="Result").wait_for()
        return page

    return make


def split_of(page):
    """Where the slider is, by its value and by what it covers."""
    value = float(page.get_by_role("slider", name="Where photo ends").input_value())
    shown = page.locator("#labels").evaluate("image => getComputedStyle(image).clipPath")
    assert float(shown.rpartition(" ")[2].rstrip("%)")) == pytest.approx(value, abs=0.01)
    return value


def test_a_photo_is_labeled_and_described(open_page, photos):
    page = open_page(photos / "beach 1.jpg", strict=True)
    assert "U-Net, trained on street, tells 3 classes apart" in page.locator("#run").inner_text()
    assert "no photo is stored" in page.locator("#privacy").inner_text()
    assert page.get_by_role("status").inner_text().startswith("beach 1.jpg: 1200 × 2400 pixels, labeled in ")
    rows = [row.split("\n") for row in page.get_by_role("listitem").all_inner_texts()]
    assert sorted(rows) == [["blue things", "0.0 %"], ["green things", "50.0 %"], ["red things", "50.0 %"]]
    assert page.get_by_role("img", name="Its labels:").get_attribute("alt").count("50.0 %") == 2
    box = page.locator(".stage").bounding_box()
    assert box["height"] == pytest.approx(2 * box["width"], rel=0.01)  # upright, and of the photo's shape


def test_the_slider_follows_mouse_and_keys(open_page, photos):
    page = open_page(photos / "beach 1.jpg", strict=True)
    slider, box = page.get_by_role("slider", name="Where photo ends"), page.locator(".stage").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"], steps=4)
    page.mouse.up()
    assert split_of(page) == pytest.approx(20, abs=1)
    line = page.locator(".divider").bounding_box()
    assert line["x"] + line["width"] / 2 == pytest.approx(box["x"] + 0.2 * box["width"], abs=3)
    slider.focus()
    before = split_of(page)
    page.keyboard.press("ArrowRight")
    assert split_of(page) == pytest.approx(before + 1, abs=0.1)
    page.keyboard.press("End")
    assert split_of(page) == 100 and slider.get_attribute("aria-valuetext") == "photo 100 %, labels 0 %"
    page.keyboard.press("Home")
    assert split_of(page) == 0
    assert page.locator(".stage").evaluate("stage => getComputedStyle(stage).outlineStyle") == "solid"  # focus is seen
    page.get_by_role("slider", name="Opacity").fill("80")
    assert page.locator("#labels").evaluate("image => getComputedStyle(image).opacity") == "0.8"


def test_a_finger_moves_the_slider_on_a_narrow_screen(open_page, photos):
    page = open_page(photos / "sky.webp", width=320, touch=True, dark=True, strict=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.locator(".stage").scroll_into_view_if_needed()
    box = page.locator(".stage").bounding_box()
    page.touchscreen.tap(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    assert split_of(page) == pytest.approx(75, abs=1)


def test_files_are_downloaded_at_the_size_of_the_photo(open_page, photos, tmp_path):
    page = open_page(photos / "beach 1.jpg", strict=True)
    page.get_by_role("slider", name="Opacity").fill("0")
    for button, name in (("label map", "beach 1.labels.png"), ("overlay", "beach 1.overlay.png")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Download the {button}").click()
        assert waiting.value.suggested_filename == name
        waiting.value.save_as(tmp_path / name)
    with Image.open(tmp_path / "beach 1.labels.png") as labels:
        assert labels.mode == "P" and labels.size == (1200, 2400)
        assert labels.getpixel((600, 100)) == 0 and labels.getpixel((600, 2300)) == 1
    with Image.open(tmp_path / "beach 1.overlay.png") as picture:
        assert np.abs(np.subtract(picture.getpixel((600, 100)), (200, 0, 0))).max() < 6  # without any opacity


def test_a_file_that_is_no_photo_is_one_line_and_the_next_photo_is_fine(open_page, photos):
    page = open_page(photos / "sky.webp")
    page.set_input_files("#file", photos / "short.jpg")
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("alert").inner_text().startswith("short.jpg: this file cannot be read")
    assert not page.get_by_role("region", name="Result").is_visible()  # nobody takes old labels for new ones
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["words"], "notes.txt"));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    page.get_by_text("notes.txt: this file cannot be read: it is no image").wait_for()
    page.set_input_files("#file", photos / "sky.webp")
    page.get_by_role("region", name="Result").wait_for()
    assert not page.get_by_role("alert").is_visible()


def test_a_server_that_has_ended_is_told(open_page, photos):
    page = open_page()
    page.route("**/look", lambda route: route.abort())
    page.set_input_files("#file", photos / "sky.webp")
    page.get_by_text("does not answer; is it still running?").wait_for()
