"""What every demo has besides its JavaScript: a page of its own, a picture, and bytes that survive the way."""

import base64
import json
import re

import numpy as np
import pytest

from seglab import widgets
from seglab.widgets import IoUPlayground
from seglab.widgets.base import FOLDER, bytes_from_front_end, data_url, picture_url


def test_page_needs_nothing_from_elsewhere(tmp_path):
    page = IoUPlayground().to_html(tmp_path / "demo.html")
    assert (tmp_path / "demo.html").read_text(encoding="utf-8") == page
    assert not re.findall(r"""(?:src|href)=["'](?!data:)|https?://|@import|\{\{""", page)
    assert page.count("<script") == page.count("</script>") == 1


def test_page_starts_where_the_demo_is():
    demo = IoUPlayground(size=(20, 30))
    demo.pred_box = [1, 2, 3, 4]
    text = re.search(r"JSON\.parse\((\".*\"), withBytes", demo.to_html())[1]
    state = json.loads(json.loads(text))
    assert state["pred_box"] == [1, 2, 3, 4] and (state["height"], state["width"]) == (20, 30)
    assert not [name for name in state if name.startswith("_")] and "layout" not in state


def test_a_name_that_ends_a_script_does_not_end_it():
    class Cheeky(IoUPlayground):
        """Has no JavaScript beside it, so it keeps that of the playground."""

        title = "</script><b>"

    demo = Cheeky(size=(20, 30))
    demo.colors = {**demo.colors, "note": "</script><b>"}
    page = demo.to_html()
    assert page.count("</script>") == 1 and "<b>" not in page


def test_bytes_travel_as_base64():
    mask = np.zeros((20, 30), bool)
    mask[2:4, 5:9] = [[1, 0, 1, 1], [0, 1, 1, 0]]
    text = IoUPlayground(y_true=mask, y_pred=mask).to_html()
    sent = re.search(r"\\\"\$bytes\\\": \\\"([\w+/=]+)", text)[1]
    assert base64.b64decode(sent) == bytes([1, 0, 1, 1, 0, 1, 1, 0])


def test_memoryviews_become_bytes_at_any_depth():
    sent = {"kind": "mask", "size": [1, 2], "data": memoryview(b"\x00\x01"), "deep": {"data": memoryview(b"x")}}
    assert bytes_from_front_end(sent) == {"kind": "mask", "size": [1, 2], "data": b"\x00\x01", "deep": {"data": b"x"}}


def test_reader_without_kernel_gets_picture_and_words():
    data, _ = IoUPlayground()._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert "IoU 0.288" in data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_exported_notebook_shows_the_picture():
    nbconvert = pytest.importorskip("nbconvert")
    nbformat = pytest.importorskip("nbformat")
    demo = IoUPlayground()
    data, _ = demo._repr_mimebundle_()
    output = nbformat.v4.new_output("execute_result", data=data, execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("demo", outputs=[output])])
    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    assert data["image/png"] in page


def test_pictures_become_urls():
    assert data_url(b"abc") == "data:image/png;base64,YWJj"
    url = picture_url(np.full((2, 3), 0.5))
    assert base64.b64decode(url.split(",")[1]).startswith(b"\x89PNG")


def test_every_file_belongs_to_a_demo():
    stems = {re.split(r"\W", path.name)[0] for path in FOLDER.iterdir() if path.suffix in (".py", ".js", ".css")}
    demos = set(widgets._FILES.values())
    assert {stem for stem in stems if not any(stem.startswith(demo) for demo in demos)} == {
        "__init__",
        "base",
        "computed",
        "page_model",
        "shared",
    }


def test_unknown_demo():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        widgets.Nothing  # noqa: B018
