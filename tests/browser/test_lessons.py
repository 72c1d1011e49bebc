"""Every lesson, run from top to bottom in JupyterLab in a real browser; a picture of each stays in `build/lessons/`.

`make lessons-in-browser` runs them, one after the other, and keeps the seconds that each took.
"""

import json
import os
import platform
import time
from datetime import UTC, datetime
from importlib import metadata

import pytest
from lab_server import ROOT, Notebook

from seglab import widgets
from seglab.widgets.base import Demo

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LESSONS = sorted(path.stem for path in (ROOT / "course").glob("*.ipynb"))
PICTURES = ROOT / "build" / "lessons"
RECORD = PICTURES / "seconds.json"
PACKAGES = ("jupyterlab", "ipywidgets", "anywidget", "keras", "tensorflow")
TALLEST = 16_000  # pixels that Chromium paints in one picture
WIDTH = 1200
# The one thing that a notebook asks the network for: the image in its link to Colab.
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
WIDGET = "application/vnd.jupyter.widget-view+json"
LIVE = [name for name in widgets.__all__ if issubclass(getattr(widgets, name), Demo)]
# Widgets that have a size, live demos that hold a drawing of one, and outputs that stick out of their place.
SHOWN = """() => {
    const all = (selector) => [...document.querySelectorAll(`.jp-Notebook ${selector}`)];
    const tall = (one) => one.getBoundingClientRect().height > 20;
    const wide = (one) => one.scrollWidth > one.clientWidth + 1;
    return {
        views: all(".jp-OutputArea-output.lm-Panel").filter(tall).length,  // ipywidgets puts views into panels
        demos: all(".seglab-demo").filter((one) => [...one.querySelectorAll("canvas, svg")].some(tall)).length,
        "too wide": all(".jp-OutputArea-output").filter(wide).map((one) => one.innerText.slice(0, 80)),
    };
}"""
HEIGHT = """() => {
    document.querySelector(".jp-WindowedPanel-outer").scrollTo(0, 0);
    const cells = [...document.querySelectorAll(".jp-Cell")].map((one) => one.getBoundingClientRect());
    return Math.ceil(cells.at(-1).bottom - cells[0].top);
}"""


@pytest.fixture(scope="module")
def seconds():
    """What each lesson took so far, by name."""
    return {}


@pytest.mark.parametrize("lesson", LESSONS)
def test_lesson_runs_and_shows_what_it_has(lesson, jupyter, new_page, seconds):
    page = new_page(width=WIDTH, refused=BADGE)
    page.set_default_timeout(600_000)
    notebook = Notebook(page)
    notebook.open(f"{jupyter[0]}/lab/tree/course/{lesson}.ipynb?reset")
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    start = time.monotonic()
    notebook.run_all()
    seconds[lesson] = round(time.monotonic() - start, 1)
    _write_down(seconds)

    cells = notebook.cells()
    _take_picture(page, lesson)
    shown = page.evaluate(SHOWN)
    notebook.close()
    assert all(cell["execution_count"] for cell in cells if cell["cell_type"] == "code")
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert shown["views"] == sum(WIDGET in output.get("data", {}) for output in outputs)
    sources = ["".join(cell["source"]) for cell in cells]
    assert shown["demos"] >= sum(
        "from seglab.widgets import" in source and any(name in source for name in LIVE) for source in sources
    )
    assert shown["too wide"] == []


def _write_down(seconds):
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES},
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[2], 1),
        "seconds": seconds,
    }
    PICTURES.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1) + "\n")


def _take_picture(page, lesson):
    """The whole notebook in one picture, as far as a picture can be tall."""
    height = page.evaluate(HEIGHT)
    page.set_viewport_size({"width": WIDTH, "height": min(height + 150, TALLEST)})
    page.evaluate(HEIGHT)
    page.wait_for_timeout(1000)  # demos draw when they are in sight
    page.screenshot(path=PICTURES / f"{lesson}.png", timeout=120_000)
