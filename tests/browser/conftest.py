"""Real browsers for the demos: a bare page, JupyterLab and Voila, on loopback only.

Every page is watched: an error in it, or a request that leaves this machine, fails the test that opened it.
"""

import base64
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from lab_server import FLAGS, PATIENCE, Notebook, find_chromium, serve

LOCAL = ("file://", "data:", "blob:", "about:", "http://127.0.0.1:", "ws://127.0.0.1:")
# What Voila's own page asks for besides the demo: an icon font and MathJax. Refused, as where there is no network.
VOILA_EXTRAS = ("https://cdn.jsdelivr.net/npm/@fortawesome/", "https://cdnjs.cloudflare.com/ajax/libs/mathjax/")


@pytest.fixture(scope="session")
def browser():
    """Chromium of this machine, without a window."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = find_chromium()
    if not found:
        pytest.skip("no chromium on PATH: apt-get install chromium")
    with playwright.sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=found, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser):
    """Open empty pages: `new_page(width=, height=, dark=, touch=)`; checks at the end what went wrong in them.

    Nothing gets out of this machine; a request that tries is an error unless its address starts as one of `refused`.
    With `strict`, an error that the page prints is one too.
    """
    pages, troubles = [], []

    def make(*, width=1000, height=900, dark=False, touch=False, refused=(), strict=False):
        def guard(route):
            if not route.request.url.startswith(refused):
                troubles.append(f"request to {route.request.url}")
            route.abort()

        scheme = "dark" if dark else "light"
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=touch, reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: troubles.append(f"error in the page: {error}"))
        if strict:
            page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.route(lambda url: not url.startswith(LOCAL), guard)
        pages.append(page)
        return page

    yield make
    for page in pages:
        page.context.close()
    assert not troubles, troubles


@pytest.fixture
def open_demo(new_page, tmp_path):
    """Open a demo as the file that `to_html` writes: `open_demo(demo, **new_page_options)` returns a `DemoPage`."""

    def make(demo, **options):
        page = new_page(strict=True, **options)
        path = tmp_path / f"demo{len(list(tmp_path.iterdir()))}.html"
        demo.to_html(path)
        page.goto(path.as_uri())
        return DemoPage(page)

    return make


class DemoPage:
    """The first demo of a page, wherever it runs."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".seglab-demo").first
        self.canvas = self.root.locator("canvas").first
        self.root.wait_for()

    def number(self, key):
        """Text of one number of the readout."""
        return self.root.locator(f"[data-number={key}]").inner_text()

    def wait_for_number(self, key, text):
        """Wait until the readout shows `text`."""
        self.page.wait_for_function(
            "([key, text]) => document.querySelector(`.seglab-demo [data-number=${key}]`).textContent === text",
            arg=[key, text],
        )

    def trait(self, name):
        """Value of a trait, on a page of `to_html`."""
        return self.page.evaluate("name => model.get(name)", name)

    def settle(self):
        """Wait for two frames: what was asked for is drawn."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def point(self, x, y):
        """Window coordinates of a point given as fractions of the canvas."""
        self.canvas.scroll_into_view_if_needed()
        box = self.canvas.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def drag(self, start, end, *, steps=6):
        """Drag the mouse between two points given as fractions `(x, y)` of the canvas."""
        mouse = self.page.mouse
        mouse.move(*self.point(*start))
        mouse.down()
        mouse.move(*self.point(*end), steps=steps)
        mouse.up()
        self.settle()

    def press(self, key, times=1):
        """Press a key on the canvas."""
        self.canvas.focus()
        for _ in range(times):
            self.page.keyboard.press(key)
        self.settle()

    def button(self, name):
        """The button of this name, for `.click()`."""
        return self.root.get_by_role("button", name=name, exact=True)

    def wait_until_said(self, text):
        """Wait until a screen reader is told `text`: the demo speaks when it has come to rest."""
        self.page.wait_for_function(
            "text => document.querySelector('.seglab-demo [role=status]').textContent.includes(text)", arg=text
        )

    def said(self):
        """What a screen reader was told last."""
        return self.root.locator("[role=status]").inner_text()


@pytest.fixture
def demo_page():
    """The demo on a page of JupyterLab or Voila: `demo_page(page)` returns a `DemoPage`."""
    return DemoPage


@pytest.fixture
def run_module(new_page):
    """Evaluate an expression over the exports `m` of a demo's module: `run_module(Demo, "m.add(1, a[0])", 2)`.

    Arguments arrive as the array `a`. They and the result travel as JSON: lists in, `Array.from(...)` out.
    """
    page = new_page()

    def run(demo_class, expression, *arguments):
        module = base64.b64encode(str(demo_class._esm).encode()).decode()
        return page.evaluate(
            f"""async ([module, a]) => {{
                const m = await import('data:text/javascript;base64,' + module);
                return {expression};
            }}""",
            [module, list(arguments)],
        )

    return run


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory):
    """Address and root folder of the server of `make lab`, which shows a copy of the course; it has Voila, too."""
    with serve(tmp_path_factory.mktemp("jupyter")) as served:
        yield served


@pytest.fixture
def notebook(jupyter, new_page, request):
    """Open cells in JupyterLab and run them: `notebook([code, ...])` returns a `Notebook`."""
    opened = []

    def make(cells, **options):
        path = _write_notebook(jupyter[1], request.node.name, cells)
        opened.append(Notebook(new_page(**options)))
        opened[-1].open(f"{jupyter[0]}/lab/tree/{path.name}?reset")
        opened[-1].run_all()
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def voila(jupyter, new_page, request):
    """Open cells as a Voila page: `voila([code, ...])` returns the page."""

    def make(cells, **options):
        path = _write_notebook(jupyter[1], request.node.name, cells)
        page = new_page(refused=VOILA_EXTRAS, **options)
        page.goto(f"{jupyter[0]}/voila/render/{path.name}")
        return page

    return make


def _write_notebook(root, name, cells):
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = root / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path
