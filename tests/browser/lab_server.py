"""JupyterLab as `make lab` starts it, in a copy of the course and with folders of its own, on loopback.

`serve` starts it, a `Notebook` is one that is open in it. Tests and benchmarks use both.
"""

import contextlib
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 60_000  # milliseconds; a loaded machine may take its time
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip


def find_chromium():
    """Path of this machine's Chromium, `None` where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextlib.contextmanager
def serve(home):
    """Serve a copy of the course: `with serve(empty_folder) as (address, root):`."""
    root = home / "root"
    for name in ("course", "solutions", "labs"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for name in ("grader_config.py", "nbgrader_config.py"):
        shutil.copy(ROOT / name, root)
    for plugin, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        "--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
        "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", *_options_of_make_lab(), *options]
    log = home / "log.txt"
    with open(log, "w") as output:
        server = subprocess.Popen(command, cwd=root, env=_environment(home), stdout=output, stderr=output)
    try:
        _wait_for(server, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}", root
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _options_of_make_lab():
    command = ["make", "--no-print-directory", "--dry-run", "lab"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    program, lab, *options = shlex.split(printed.splitlines()[-1])
    assert (program, lab) == ("jupyter", "lab"), printed
    return options


def _environment(home):
    """Nothing of the user's Jupyter is read, nor written."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "MPLBACKEND"))}
    folders = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    return {
        **kept,
        **folders,
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }


def _wait_for(server, address, log):
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/api/status", timeout=5).read()
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-3000:])


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
        errors = [out for cell in self.cells() for out in cell.get("outputs", []) if out["output_type"] == "error"]
        assert not errors, errors

    def cells(self):
        """The cells with their outputs, as they would be saved."""
        return self.page.evaluate(f"() => {self.CURRENT}.content.model.sharedModel.toJSON().cells")

    def close(self):
        """End the kernel: two cores do not carry the kernels of all tests."""
        self.page.evaluate(f"() => {self.CURRENT}.sessionContext.shutdown()")

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
