"""Real browsers for the demos: a bare page, JupyterLab and Voila, on loopback only.

Every page is watched: an error in it, or a request that leaves this machine, fails the test that opened it.
"""

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCAL = ("file://", "data:", "blob:", "about:", "http://127.0.0.1:", "ws://127.0.0.1:")
# What Voila's own page asks for besides the demo: an icon font and MathJax. Refused, as where there is no network.
VOILA_EXTRAS = ("https://cdn.jsdelivr.net/npm/@fortawesome/", "https://cdnjs.cloudflare.com/ajax/libs/mathjax/")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip
PATIENCE = 60_000  # milliseconds; a loaded machine may take its time
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


@pytest.fixture(scope="session")
def browser():
    """Chromium of this machine, without a window."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
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
    """Address and root folder of a Jupyter server with JupyterLab and Voila, with folders of its own."""
    home = tmp_path_factory.mktemp("jupyter")
    root = home / "root"
    root.mkdir()
    for plugin, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "MPLBACKEND"))}
    environment |= {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment |= {
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}", "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True", "--LabApp.expose_app_in_browser=True",
        "--LabApp.extension_manager=readonly",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    log = home / "log.txt"
    with open(log, "w") as output:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, cwd=root, env=environment, stdout=output, stderr=output)
    try:
        _wait_for_server(server, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}", root
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_for_server(server, address, log):
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/api/status", timeout=5).read()
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-3000:])


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
    for one in opened:  # two cores do not carry the kernels of all tests
        one.page.evaluate(f"() => {Notebook.CURRENT}.sessionContext.shutdown()")


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


class Notebook:
    """A notebook open in JupyterLab, driven through its application object."""

    CURRENT = "window.jupyterapp.shell.currentWidget"

    def __init__(self, page):
        self.page = page

    def open(self, url):
        """Open the notebook and wait for its kernel: the toolbar says idle before the session is connected."""
        self.page.goto(url, wait_until="domcontentloaded")
        self.page.wait_for_function(f"() => window.jupyterapp && {self.CURRENT}?.content?.widgets?.length")
        self.page.evaluate(
            f"""async () => {{
                const panel = {self.CURRENT};
                await panel.context.ready;
                await panel.sessionContext.ready;
                await panel.sessionContext.session.kernel.info;
            }}"""
        )
        self._idle()

    def run_all(self):
        """Run all cells; fails with the first error that a cell shows."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self._idle()
        cells = self.page.evaluate(f"() => {self.CURRENT}.content.model.sharedModel.toJSON().cells")
        errors = [out for cell in cells for out in cell.get("outputs", []) if out["output_type"] == "error"]
        assert not errors, errors

    def value(self, expression):
        """Value of an expression in the kernel; it must be what JSON can hold."""
        text = self.page.evaluate(
            f"""async code => {{
                const kernel = {self.CURRENT}.sessionContext.session.kernel;
                const future = kernel.requestExecute({{ code, store_history: false }});
                let text = "";
                future.onIOPub = message => {{ text += message.content.text ?? message.content.evalue ?? ""; }};
                await future.done;
                return text;
            }}""",
            f"import json; print(json.dumps({expression}))",
        )
        return json.loads(text)

    def wait_for_value(self, expression, wanted):
        """Wait until an expression has a value: ipywidgets holds changes back while one is on its way."""
        until = time.monotonic() + PATIENCE / 1000
        while (found := self.value(expression)) != wanted:
            assert time.monotonic() < until, f"{expression} stayed {found!r}, not {wanted!r}"
            self.page.wait_for_timeout(50)

    def _idle(self):
        self.page.wait_for_function(f"() => {self.CURRENT}.sessionContext.session?.kernel?.status === 'idle'")
