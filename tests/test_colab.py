"""Colab, as far as one machine can play it: the set-up cell itself installs into an environment that lacks SegLab.

The environment holds the packages of this one as links; run by the environment of `locks/colab.txt`, as `make test-all`
does, these are Colab's versions.
"""

import functools
import http.server
import os
import re
import subprocess
import sysconfig
import threading
import venv
from pathlib import Path

import pytest

from seglab import about
from seglab.authoring import notebooks

RUN = """
import sys, types
sys.modules["google.colab"] = types.ModuleType("google.colab")
from IPython.core.interactiveshell import InteractiveShell
result = InteractiveShell.instance(colors="NoColor").run_cell(sys.argv[1])
print("the cell", "ended well" if result.success else "failed")
"""
PIP = """#!{python}
import sys
from pip._internal.cli.main import main
sys.exit(main())
"""


@pytest.fixture
def machine(tmp_path):
    """A fresh environment with all packages but SegLab, and what runs a cell in it."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=False)
    [packages] = folder.glob("lib/python*/site-packages")
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not entry.name.startswith(("seglab", "__pycache__")) and entry.suffix != ".pth":
            (packages / entry.name).symlink_to(entry)
    python, pip = folder / "bin" / "python", folder / "bin" / "pip"
    pip.write_text(PIP.format(python=python))
    pip.chmod(0o755)
    (tmp_path / "content").mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment |= {
        **{
            "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_RETRIES": "0",
        },
        **{"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "IPYTHONDIR": str(tmp_path), "NO_COLOR": "1"},
    }

    def run(*command):
        content = {"cwd": tmp_path / "content", "env": environment, "capture_output": True, "text": True}
        done = subprocess.run([python, *command], check=False, **content)
        return done.stdout + done.stderr

    run.packages, run.content = packages, tmp_path / "content"
    return run


def cell(address):
    """The set-up cell, the students' tree at an address of this machine."""
    return notebooks.SETUP_CELL.replace(about.source_url(), address)


def installed(machine):
    """Every package with the identity of its files: a package that was replaced is a link no more."""
    return {path.name: path.is_symlink() for path in machine.packages.iterdir() if path.name != "__pycache__"}


class Site(http.server.SimpleHTTPRequestHandler):
    """The students' tree as its repository serves it."""

    asked = ()

    def translate_path(self, path):
        return super().translate_path(path.removeprefix(f"/raw/{about.tag()}"))

    def log_message(self, text, *arguments):
        Site.asked += (arguments[0],)


@pytest.fixture
def address(tree):
    Site.asked = ()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Site, directory=tree)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_set_up_cell_adds_seglab_and_replaces_nothing(machine, address):
    before = installed(machine)
    shown = machine("-c", RUN, cell(address))
    assert "the cell ended well" in shown and "ERROR" not in shown and "WARNING" not in shown, shown
    lines = [line for line in shown.splitlines() if line.strip()]
    assert re.match(
        r"SegLab [\d.]+ · Python 3.* · TensorFlow 2.* · Keras 3.* · NumPy 2.* · .* · profile fast", lines[0]
    )
    assert [line.split()[1] for line in Site.asked] == [f"/raw/{about.tag()}/{about.wheel()}"], "asked for one file"
    added = {name: linked for name, linked in installed(machine).items() if name not in before}
    assert set(added) == {"seglab", about.wheel().replace("-py3-none-any.whl", ".dist-info")}
    assert before.items() <= installed(machine).items(), "a package was replaced"
    shown = machine("-c", RUN, cell("http://127.0.0.1:1"))  # again, and without a network
    assert "the cell ended well" in shown and "ERROR" not in shown, shown


@pytest.mark.parametrize("folder", ["drive/MyDrive/seglab", pytest.param(".", marks=pytest.mark.slow)])
def test_without_a_network_the_wheel_may_lie_beside_the_notebook_or_on_drive(machine, tree, folder):
    place = machine.content / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / about.wheel()).symlink_to(tree / about.wheel())
    shown = machine("-c", RUN, cell("http://127.0.0.1:1"))
    assert "the cell ended well" in shown and "SegLab" in shown and "No network" not in shown, shown


def test_without_a_network_and_a_wheel_one_line_says_what_to_do(machine):
    shown = machine("-c", RUN, cell("http://127.0.0.1:1"))
    line = f"No network? Upload http://127.0.0.1:1/raw/{about.tag()}/{about.wheel()}, rerun me."
    assert any(each.endswith(line) for each in shown.splitlines()), shown
    assert "\nModuleNotFoundError: No module named 'seglab'\nthe cell failed\n" in shown


def test_the_cell_is_short_and_its_option_a_plain_assignment():
    lines = [line for line in notebooks.SETUP_CELL.split("\n") if line.strip()]
    assert len(lines) <= 12 and max(map(len, lines)) <= 120
    assert [line for line in lines if "@param" in line] == ['SAVE_TO_DRIVE = False  # @param {type: "boolean"}']
