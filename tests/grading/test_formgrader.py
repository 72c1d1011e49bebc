"""nbgrader's own interface opens the course: the server of `make lab`, asked on loopback."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Start JupyterLab in a copy of the course, with Jupyter folders of its own."""
    home = tmp_path_factory.mktemp("jupyter")
    course = home / "course"
    shutil.copytree(ROOT / "solutions", course / "solutions")
    for name in ("grader_config.py", "nbgrader_config.py"):
        shutil.copy(ROOT / name, course)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    options = ["--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--IdentityProvider.token=t"]
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(home), **folders}
    command = [sys.executable, "-m", "jupyterlab", "--allow-root", *options]
    with open(home / "log.txt", "w") as log:
        server = subprocess.Popen(command, cwd=course, env=environment, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}", server, home / "log.txt"
    finally:
        server.terminate()
        server.wait(20)


def fetch(address, path):
    url, server, log = address
    request = urllib.request.Request(url + path, headers={"Authorization": "token t"})
    until = time.monotonic() + 180
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text()
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            return urllib.request.urlopen(request, timeout=120).read().decode()
        time.sleep(0.3)
    raise AssertionError(log.read_text())


def test_formgrader_lists_the_sheets_of_the_course(address):
    sheets = json.loads(fetch(address, "/formgrader/api/assignments"))
    assert [sheet["name"] for sheet in sheets] == sorted(path.name for path in (ROOT / "solutions").iterdir())


def test_formgrader_shows_its_page(address):
    page = fetch(address, "/formgrader/manage_assignments")
    assert "formgrader" in page.lower()
