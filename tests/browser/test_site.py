"""A small site, built by Sphinx and opened in a real browser: accessible, live, and content without a network.

`make site-check` does the same with every page of the whole site.
"""

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from seglab.authoring import notebooks
from seglab.authoring.site import build, checks

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
PAGES = ("index", "course/week00_setup", "reference/unet_sizes", "bibliography", "docs/quick_start")
TITLE = """\
# Week 0 - A small lesson

[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/x)

**How small can a lesson be?**

See [He2017], and $\\frac12$.

**Time:** 1 min on a CPU and on a T4."""
FIGURE = """\
%matplotlib inline
import matplotlib.pyplot as plt

plt.plot([2, 1], label="U-Net")
plt.title("Loss falls")
plt.legend()
plt.show()"""
QUIZ = """\
import seglab

with seglab.check("Quiz 1"):
    raise NotImplementedError("put a number in place of None")"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of a site with one lesson, which is run."""
    pytest.importorskip("myst_nb")
    pytest.importorskip("sphinx_book_theme")
    root = tmp_path_factory.mktemp("root")
    for name in ("docs", "site", "CONTRIBUTING.md"):
        (root / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "labs" / "ex01_labels", root / "labs" / "ex01_labels")
    (root / "course").mkdir()
    cells = [
        new_markdown_cell(TITLE, id="title"),
        new_code_cell(FIGURE, id="figure"),
        new_markdown_cell("## Break it: labels resized like a photograph", id="break-it"),
        new_code_cell("from seglab.widgets import IoUPlayground\n\nIoUPlayground(size=(60, 80))", id="demo"),
        new_code_cell(QUIZ, id="quiz"),
    ]
    notebook = new_notebook(cells=cells)
    for cell in notebook.cells:
        cell.metadata = {}
    notebooks.write({**notebook, "metadata": notebooks.METADATA}, root / "course" / "week00_setup.ipynb")
    return build.build(root, root / "build", demos=False, parts=["unet_sizes"])


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that says nothing."""

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture(scope="module")
def address(site):
    """The address of the site on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_links_lead_somewhere_and_pages_are_light(site):
    assert list(checks.faults(site)) == []
    assert any("colab.research.google.com" in link for link in checks.external(site))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious(address, new_page, dark):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = new_page(dark=dark)  # not strict: axe looks for the imports of style sheets beside the page
    for name in PAGES:
        page.goto(f"{address}/{name}.html")
        for demo in page.locator(".seglab-live").all():
            demo.scroll_into_view_if_needed()
            demo.locator("canvas").first.wait_for()
        found = [rule for rule in axe.run(page).response["violations"] if rule["impact"] in ("serious", "critical")]
        assert not found, [(name, rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found]


def test_a_demo_is_reached_and_moved_by_keys(site, new_page):
    """Opened as a file: no server is needed."""
    page = new_page(strict=True)
    page.goto((site / "course/week00_setup.html").as_uri())
    reached = []
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.outerHTML.slice(0, 300)"))
        if page.evaluate("document.activeElement.tagName") == "CANVAS":
            break
    assert any("search-button" in html for html in reached)
    assert any("Lessons" in html and "<a" in html for html in reached)
    assert any("colab-button" in html for html in reached)
    box = "() => document.querySelector('.seglab-live').model.get('pred_box')"
    before = page.evaluate(box)
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.seglab-live').model.get('pred_box')[1] > before", arg=before[1]
    )


def test_a_demo_follows_the_switch_of_the_theme(site, new_page):
    page = new_page(strict=True)
    page.goto((site / "course/week00_setup.html").as_uri())
    page.locator(".seglab-live").scroll_into_view_if_needed()
    page.locator(".seglab-demo[data-theme=light]").wait_for()
    page.locator(".theme-switch-button:visible").first.click()
    page.locator(".theme-change-button[data-mode=dark]:visible").first.click()
    page.locator(".seglab-demo[data-theme=dark]").wait_for()


def test_the_search_finds_a_lesson(address, new_page):
    page = new_page(strict=True)
    page.goto(f"{address}/search.html?q=photograph")
    page.locator("#search-results a", has_text="A small lesson").first.wait_for()


def test_a_narrow_page_does_not_scroll_sideways(site, new_page):
    page = new_page(width=400)
    for name in PAGES:
        page.goto((site / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, name
