"""The parts of the site that need no browser: words of figures, kept runs, pages, indexes, checks."""

import base64
import gzip
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from seglab.authoring import bibliography
from seglab.authoring.site import checks, execution, icons, indexes, lesson_pages, live_demos, reference
from seglab.authoring.site.figure_words import words
from seglab.errors import InputError

ROOT = Path(__file__).parents[2]
LESSONS = sorted(ROOT.glob("course/*.ipynb"))
STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


def test_words_of_panels_with_a_legend_of_the_figure():
    figure = Figure()
    figure.suptitle("Nearest keeps\nclasses", x=0.01)
    for ax, title in zip(figure.subplots(1, 2), ("averaged", "$x^2$"), strict=True):
        ax.set_title(title, loc="left")
        ax.set(xlabel="epoch")
    figure.legend(handles=figure.axes[0].plot([0, 1], label="disc"))
    assert words(figure) == "Nearest keeps classes. Panels: averaged; x^2. Horizontal: epoch. Legend: disc."
    assert words(Figure()) == "A figure without words."


def test_a_run_is_kept_until_code_library_or_versions_change(tmp_path, monkeypatch):
    library = tmp_path / "library"
    library.mkdir()
    (library / "one.py").write_text("1")
    monkeypatch.setattr(execution, "ROOT", library)
    notebook = new_notebook(cells=[new_code_cell("x = 1", id="a"), new_markdown_cell("text", id="b")])
    run = {
        "code": execution.code_digest(notebook),
        "files": execution._files([library / "one.py"]),
        "versions": execution._versions(),
    }
    assert list(run["files"]) == ["one.py"]
    assert execution.is_current(run, notebook)
    notebook.cells[1].source = "other text"
    assert execution.is_current(run, notebook)
    assert not execution.is_current({**run, "versions": {}}, notebook)
    (library / "one.py").write_text("2")
    assert not execution.is_current(run, notebook)
    (library / "one.py").write_text("1")
    notebook.cells[0].source = "x = 2"
    assert not execution.is_current(run, notebook)


def picture(*, photo=False):
    """A PNG file of 40 x 30 pixels, or of 400 x 300 pixels of noise."""
    pixels = np.random.default_rng(0).integers(0, 256, (300, 400, 3)) if photo else np.zeros((30, 40, 3))
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, format="png")
    return base64.b64encode(file.getvalue()).decode()


def shown(data, metadata=None, state=None):
    """The page of a lesson with a single output."""
    cell = new_code_cell("1", id="one", outputs=[new_output("display_data", data, metadata=metadata or {})])
    notebook = new_notebook(cells=[cell])
    if state:
        notebook.metadata["widgets"] = {STATE: {"state": state}}
    return notebook


def test_figures_become_small_files_with_words(tmp_path):
    notebook = shown({"image/png": picture(), "text/plain": "<Figure>"}, {"image/png": {"alt": 'a "b" < c'}})
    page = lesson_pages.page(notebook, "course/week01.ipynb", tmp_path)
    html = page.cells[0].outputs[0].data["text/html"]
    assert 'alt="a &quot;b&quot; &lt; c"' in html and 'width="40" height="30"' in html
    name = html.split('src="../_static/')[1].split('"')[0]
    with Image.open(tmp_path / name) as image:
        assert image.size == (40, 30)


def test_photographs_lose_a_little_to_stay_small(tmp_path):
    page = lesson_pages.page(
        shown({"image/png": picture(photo=True), "text/plain": "noise"}), "course/w.ipynb", tmp_path
    )
    name = page.cells[0].outputs[0].data["text/html"].split("_static/")[1].split('"')[0]
    assert (tmp_path / name).stat().st_size < 400 * 300 * 3 / 2


def test_a_demo_keeps_its_own_state_and_its_bytes(tmp_path):
    traits = {
        "_anywidget_id": "seglab.widgets.iou_playground.IoUPlayground",
        "_esm": "export default {}",
        "_css": "p{}",
    }
    model = {
        "state": {**traits, "layout": "IPY_MODEL_1", "box": [1, 2], "shape": {"kind": "mask"}},
        "buffers": [{"path": ["shape", "data"], "encoding": "base64", "data": "AQA="}],
    }
    data = {VIEW: {"model_id": "m"}, "image/png": picture(), "text/plain": "two masks"}
    page = lesson_pages.page(shown(data, state={"m": model}), "course/week01.ipynb", tmp_path)
    html = page.cells[0].outputs[0].data["text/html"]
    packed = html.split('<script type="text/plain">')[1].split("<")[0]
    state = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert state == {"box": [1, 2], "shape": {"kind": "mask", "data": {"$bytes": "AQA="}}}
    assert 'alt="two masks"' in html and 'data-demo="iou_playground"' in html
    script = (tmp_path / "demos" / "iou_playground.js").read_text()
    assert script == 'seglabDemos.take("iou_playground", "export default {}", "p{}");\n'
    assert live_demos.name_of(page, data) is None and "widgets" not in page.metadata


def test_texts_link_to_sources_and_to_colab_without_a_picture_from_elsewhere():
    text = "# Week 1\n\n[![Open in Colab](https://c/badge.svg)](https://c/x)\n\n## Break it: one\n\nAs in [He2017]."
    notebook = new_notebook(cells=[new_markdown_cell(text, id="break-it")])
    source = lesson_pages.page(notebook, "course/week01_one.ipynb", Path("unused")).cells[0].source
    assert "(week01-one-break-it)=\n## Break it: one" in source
    assert "[\\[He2017\\]](#he2017)" in source
    assert "badge.svg" not in source and "/course/week01_one.ipynb" in source


def test_every_published_bug_says_what_it_teaches(tmp_path):
    text = indexes.bugs(LESSONS, ROOT / "site" / "bugs.toml")
    assert text.count("\n## ") >= len(LESSONS)
    assert "[jakeret/tf_unet #7](https://github.com/jakeret/tf_unet/issues/7)" in text
    sentences = (ROOT / "site" / "bugs.toml").read_text().replace("[week00_setup]\nbreak-it", "[week00_setup]\nother")
    (tmp_path / "bugs.toml").write_text(sentences)
    with pytest.raises(InputError, match="no sentence for week00_setup"):
        indexes.bugs(LESSONS, tmp_path / "bugs.toml")
    sentences = sentences.replace("[week00_setup]\nother", '[week00_setup]\nother = "x"\nbreak-it')
    (tmp_path / "bugs.toml").write_text(sentences)
    with pytest.raises(InputError, match='has no "Break it" in other'):
        indexes.bugs(LESSONS, tmp_path / "bugs.toml")


def test_every_entry_of_the_bibliography_is_cited_somewhere():
    entries = bibliography.load(ROOT)
    sheets = sorted(ROOT.glob("labs/*/*.ipynb"))
    text = indexes.sources(entries, [*LESSONS, *sheets])
    assert text.count(" Cited in ") == len(entries)


def test_indexes_name_every_lesson_and_sheet():
    table = indexes.lessons(LESSONS)
    assert all(f"(course/{path.stem}.ipynb)" in table and f"\ncourse/{path.stem}\n" in table for path in LESSONS)
    assert indexes.weeks(LESSONS).count("course/") == len(LESSONS)
    lab = indexes.sheets([ROOT / "labs/lab1_fcn_unet/lab1_fcn_unet.ipynb"], ROOT)
    assert "| 20 |" in lab and "/labs/lab1_fcn_unet/lab1_fcn_unet.ipynb" in lab


def test_the_reference_names_what_to_import():
    text = reference.page("metrics")
    assert "`from seglab.metrics import mean_iou`" in text
    assert "`from seglab.metrics.keras_metrics import DatasetMeanIoU`" in text
    assert "\n## seglab.metrics.semantic\n" in text and "\n### mean_iou\n" in text
    assert "confusion_matrix(y_true, y_pred, num_classes, *, ignore_class=None)" in text
    assert {"metrics", "models", "widgets"} <= set(reference.public_parts())


@pytest.fixture
def site(tmp_path):
    """A site of two pages without a fault; tests plant one each."""
    (tmp_path / "a").mkdir()
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "site.css").write_text("p {}")
    head = '<html data-content_root="{}"><link rel="stylesheet" href="{}_static/site.css">'
    (tmp_path / "index.html").write_text(
        head.format("", "") + '<a href="a/b.html#x">b</a><a href="https://keras.io">k</a>'
    )
    (tmp_path / "a" / "b.html").write_text(head.format("../", "../") + '<p id="x"><a href="../index.html">up</a></p>')
    checks._read.cache_clear()
    return tmp_path


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ("", None),
        ('<a href="c.html">', "a/b.html: c.html does not exist"),
        ('<a href="#y">', "a/b.html: #y has no such place"),
        ('<img src="../_static/site.css">', "a/b.html: no words for ../_static/site.css"),
        ('<script src="https://cdn/x.js">', "a/b.html: loads https://cdn/x.js from elsewhere"),
        ('<div data-demo="nms">', "a/b.html: ../_static/demos/nms.js does not exist"),
        (" " * checks.LIMIT, "a/b.html: weighs 1,500,1"),
    ],
)
def test_checks_find_what_was_planted(site, planted, fault):
    with open(site / "a" / "b.html", "a") as page:
        page.write(planted)
    found = list(checks.faults(site))
    assert [line[: len(fault or "")] for line in found] == ([fault] if fault else [])
    assert checks.external(site) == ["https://keras.io"]


def test_only_the_icons_of_the_pages_stay(site):
    scripts = site / "_static" / "scripts"
    scripts.mkdir()
    icon = '"{}":[512,512,["{}"],"f0c9","M0 0"],'
    (scripts / "fontawesome.js").write_text("{" + icon.format("bars", "navicon") + icon.format("xmark", "times") + "}")
    with open(site / "index.html", "a") as page:
        page.write('<i class="fa-solid fa-navicon">')
    before, after = icons.prune(site)
    assert (scripts / "fontawesome.js").read_text() == "{" + icon.format("bars", "navicon") + "}"
    assert before > after == os.path.getsize(scripts / "fontawesome.js")


def test_formulas_become_mathml(monkeypatch):
    pytest.importorskip("docutils")
    monkeypatch.syspath_prepend(str(ROOT / "site"))
    from mathml import mathml

    assert mathml(r"\frac12") == mathml(r"\frac{1}{2}")
    assert mathml(r"\big[x\bigr]") == mathml("[x]")
    assert mathml(r"\hat y = \sigma(z)").startswith("<math")
