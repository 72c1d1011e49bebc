"""How long after a move of the pointer does the number stand there? Every live demo, and what a kernel would take.

    python benchmarks/latency.py [--moves 60] [--only StrideExplorer]

One table, in milliseconds, measured inside the page of a real Chromium (needs playwright and chromium). A move is a
synthetic event: a dragged or pointing mouse, a step of a slider.

- number: from the event to the new text of the readout, least, median and 95th percentile; a move that changes no text
  does not count. `bar` is for the median: one frame of a screen at 60 Hz. The least is what a quiet machine takes: on a
  busy one the others wait for its other work.
- CPU: what the page's main thread computes for one move in all, number, picture and layout; the mean. It bears a busy
  machine better than the clock.

Live demos run as the pages of `to_html`. The same demo in JupyterLab stands beside its peers there: a slider of
ipywidgets whose number the kernel computes, and the same with a figure that Matplotlib draws anew (`interact`). Theirs
is the time until the number has come back; for the figure, until number and picture have.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from seglab import widgets
from seglab.widgets.base import Demo

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
from lab_server import FLAGS, PATIENCE, Notebook, find_chromium, serve

BAR = 16  # milliseconds
# What each demo is moved by: the mouse pressed or not, from a point of the canvas in fractions (x, y), or a slider.
GESTURES = {
    "DilationRate": ("drag", (0.5, 0.5)),
    "IoUPlayground": ("drag", (0.51, 0.57)),
    "NMSThreshold": ("slide", "IoU threshold"),
    "PanopticMerge": ("slide", "Score threshold"),
    "PrototypeMixer": ("slide", "Coefficient of objects"),
    "ReceptiveFieldExplorer": ("slide", "Unit row"),
    "RoIAlignExplorer": ("drag", (0.45, 0.5)),
    "SoloGrid": ("drag", (0.76, 0.32)),
    "StreetLayers": ("point", (0.5, 0.5)),
    "StrideExplorer": ("drag", (0.45, 0.45)),
    "TransposedConvolution": ("slide", "Copies painted"),
    "UNetShapes": ("slide", "Input size"),
}
MEASURE = """async ([kind, place, moves]) => {
    const root = document.querySelector(".seglab-demo");
    /** All text but what a slider says of itself, and what is said to screen readers when all is at rest. */
    const shown = () => {
        const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        const found = [];
        while (texts.nextNode()) {
            const one = texts.currentNode;
            if (!one.parentElement.closest(".seglab-slider, [role=status]")) found.push(one.data);
        }
        return found.join();
    };
    const canvas = root.querySelector("canvas[role=application], canvas");
    let act;
    if (kind === "slide") {
        const label = [...root.querySelectorAll("label")].find((one) => one.innerText.startsWith(place));
        const input = label.querySelector("input");
        const [low, high] = [Number(input.min), Number(input.max)];
        act = (turn) => {
            input.value = low + (high - low) * ((turn * 0.37) % 1);
            input.dispatchEvent(new Event("input", { bubbles: true }));
        };
    } else {
        const box = canvas.getBoundingClientRect();
        const [x, y] = [box.left + place[0] * box.width, box.top + place[1] * box.height];
        act = (turn) => {
            const [right, down] = [Math.sin(turn) * 0.08 * box.width, Math.sin(1.7 * turn) * 0.08 * box.height];
            const where = { clientX: x + right, clientY: y + down, bubbles: true, pointerId: 1, isPrimary: true };
            canvas.dispatchEvent(new PointerEvent("pointermove", { ...where, buttons: kind === "drag" ? 1 : 0 }));
        };
    }
    const painted = () => new Promise((done) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = done;
        requestAnimationFrame(() => port2.postMessage(null));
    });
    const found = [];
    for (let turn = 1; turn <= moves; turn++) {
        const before = shown();
        const start = performance.now();
        act(turn);
        const acted = performance.now();
        const now = shown() !== before;
        await painted();
        const end = performance.now();
        if (shown() !== before) found.push((now ? acted : end) - start);
    }
    return found;
}"""
SLIDER = """import ipywidgets
import matplotlib.pyplot as plt
import numpy as np

def iou(shift):
    masks = np.zeros((2, 240, 320), bool)
    masks[0, 60:180, 80:200] = masks[1, 60:180, shift:shift + 120] = True
    return masks, (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum()
"""
NUMBER = """slider, text = ipywidgets.IntSlider(20, 0, 200), ipywidgets.HTML("IoU 0")
slider.observe(lambda change: setattr(text, "value", f"IoU {iou(change.new)[1]:.3f}"), "value")
ipywidgets.VBox([slider, text])"""
FIGURE = """def show(shift):
    masks, value = iou(shift)
    print(f"IoU {value:.3f}")
    plt.imshow(masks[0] + 2 * masks[1])
    plt.show()

_ = ipywidgets.interact(show, shift=(0, 200))"""
# Keys on the slider's handle; the clock stops when the text, and the picture where there is one, are new.
WAIT = """async ([moves, picture]) => {
    const area = [...document.querySelectorAll(".jp-Cell-outputArea")].at(-1);
    const handle = area.querySelector(".noUi-handle");
    const state = () => [area.innerText.match(/IoU [0-9.]+/)?.[0], picture && area.querySelector("img")?.src];
    const found = [];
    for (let turn = 1; turn <= moves; turn++) {
        await new Promise((done) => setTimeout(done, 100));
        const before = state();
        const start = performance.now();
        const key = turn % 20 < 10 ? "ArrowRight" : "ArrowLeft";
        handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        await new Promise((done) => {
            const watch = new MutationObserver(() => {
                const now = state();
                if (!now[0] || now[0] === before[0] || (picture && (!now[1] || now[1] === before[1]))) return;
                watch.disconnect();
                done();
            });
            watch.observe(area, { childList: true, subtree: true, characterData: true, attributes: true });
        });
        found.push(performance.now() - start);
    }
    return found;
}"""


def measure(page, name, moves):
    """Milliseconds until the number, of every move of the demo on a page, and CPU milliseconds per move."""
    kind, place = GESTURES[name]
    root = page.locator(".seglab-demo").first
    root.wait_for()
    root.scroll_into_view_if_needed()
    if kind == "drag":  # the real mouse presses the button, so that a demo may capture the pointer
        canvas = root.locator("canvas[role=application]").or_(root.locator("canvas")).first
        box = canvas.bounding_box()
        page.mouse.move(box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"])
        page.mouse.down()
    page.evaluate(MEASURE, [kind, place, 10])  # the first ones compile
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    start = _task_seconds(session)
    found = page.evaluate(MEASURE, [kind, place, moves])
    work = 1e3 * (_task_seconds(session) - start) / moves
    if kind == "drag":
        page.mouse.up()
    return found, work


def _task_seconds(session):
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return metrics["TaskDuration"]


def print_row(demo, where, number, work=None, bar=None):
    if not number:
        print(f"{demo:24}{where:34}no move changed a number")
        return
    least, median, late = np.percentile(number, (0, 50, 95))
    verdict = "" if bar is None else f"   < {bar}  {'within' if median < bar else 'MISSED'}"
    times = f"{least:9.1f}{median:9.1f}{late:9.1f}"
    print(f"{demo:24}{where:34}{times}{'' if work is None else f'{work:9.1f}'}{verdict}", flush=True)


def pages(browser, names, moves, folder):
    for name in names:
        path = folder / f"{name}.html"
        getattr(widgets, name)().to_html(path)
        page = browser.new_page(viewport={"width": 1000, "height": 1400})
        page.goto(path.as_uri())
        print_row(name, f"page, {GESTURES[name][0]}", *measure(page, name, moves), BAR)
        page.close()


def in_jupyterlab(browser, moves, folder):
    import nbformat

    cells = {
        "IoUPlayground": "from seglab.widgets import IoUPlayground\nIoUPlayground()",
        "number": f"{SLIDER}\n{NUMBER}",
        "figure": f"{SLIDER}\n{FIGURE}",
    }
    with serve(folder) as (address, root):
        for name, cell in cells.items():
            kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
            book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)], metadata={"kernelspec": kernel})
            nbformat.write(book, root / f"{name}.ipynb")
            page = browser.new_page(viewport={"width": 1200, "height": 1400})
            page.set_default_timeout(PATIENCE)
            notebook = Notebook(page)
            notebook.open(f"{address}/lab/tree/{name}.ipynb?reset")
            notebook.run_all()
            if name in GESTURES:
                print_row(name, "JupyterLab, drag", *measure(page, name, moves), BAR)
            else:
                page.locator(".noUi-handle").wait_for()
                what = {"number": "slider, number by the kernel", "figure": "slider, Matplotlib draws anew"}[name]
                print_row("ipywidgets", what, page.evaluate(WAIT, [min(moves, 30), name == "figure"]))
            notebook.close()
            page.close()


def main():
    live = [name for name in widgets.__all__ if issubclass(getattr(widgets, name), Demo)]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=60, help="moves per demo (default 60)")
    parser.add_argument("--only", nargs="+", choices=live, metavar="DEMO", help="these demos, without the peers")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; milliseconds")
    print(f"{'':58}{'least':>9}{'median':>9}{'p95':>9}{'CPU':>9}   bar")
    with sync_playwright() as engine, tempfile.TemporaryDirectory() as folder:
        browser = engine.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        pages(browser, options.only or live, options.moves, Path(folder))
        if not options.only:
            in_jupyterlab(browser, options.moves, Path(folder) / "lab")
        browser.close()


if __name__ == "__main__":
    main()
