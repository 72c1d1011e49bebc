"""The IPython shell that runs a student's cells: no kernel, no commands of the system, no Colab."""

import base64
import importlib.abc
import importlib.machinery
import io
import sys
import traceback
import types

MAX_TRACEBACK, MAX_TEXT = 4000, 10_000  # characters
MAX_SHOWN = 8  # pictures and texts of one cell
NOT_RUN = ("pip", "conda", "mamba", "uv", "tensorflow_version", "matplotlib", "load_ext")


def make_shell():
    """Make the shell; it costs more than a fork, so the zygote makes it before.

    Returns:
        `InteractiveShell`. Commands and installations are printed, not run; plots are drawn nowhere.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell.instance(config=config, colors="NoColor")
    shell.system = shell.system_raw = shell.system_piped = _print_command
    shell.getoutput = lambda command, *rest, **options: _print_command(command) or []
    shell.enable_gui = lambda gui=None: None
    shell.showtraceback = _print_error
    shell.showsyntaxerror = _print_error
    for name in NOT_RUN:
        shell.register_magic_function(_print_command, "line", name)
    sys.meta_path.append(ColabFinder())
    return shell


def run_cell(shell, source, *, keep=False):
    """Run one cell, as a notebook does.

    Args:
        shell: What `make_shell` returned.
        source: Text of the cell.
        keep: Whether to keep what the cell shows.

    Returns:
        `(error, shown)`: the exception that ended it, or `None`, and what `shown_by` returns, empty without `keep`.
    """
    published, shown = [], []
    if keep:
        shell.display_pub.publish = lambda data, *rest, **options: published.append(data)
    try:
        result = shell.run_cell(source, store_history=False)
        if keep:
            shown = shown_by(shell, published, None if source.rstrip().endswith(";") else result.result)
    finally:
        vars(shell.display_pub).pop("publish", None)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")  # a notebook shows figures and closes them
    return result.error_before_exec or result.error_in_exec, shown


def shown_by(shell, published, value):
    """Return what a cell shows: pictures and text, no markup and no scripts.

    Args:
        shell: The shell.
        published: What the cell gave to `display`, a list of `dict` from MIME type to data.
        value: Value of its last expression.

    Returns:
        List of `bytes` (a PNG) and `str`.
    """
    shown = []
    formatted = {} if value is None else shell.display_formatter.format(value)[0]
    if "image/png" in formatted:  # the shell has printed its text
        published = [*published, formatted]
    for data in published:
        picture = data.get("image/png")
        if picture is not None:
            shown.append(base64.b64decode(picture) if isinstance(picture, str) else picture)
        else:
            shown.append(str(data.get("text/plain", ""))[:MAX_TEXT])
    if "matplotlib.pyplot" in sys.modules:
        pyplot = sys.modules["matplotlib.pyplot"]
        for number in pyplot.get_fignums()[:MAX_SHOWN]:
            file = io.BytesIO()
            pyplot.figure(number).savefig(file, format="png", dpi=80, bbox_inches="tight")
            shown.append(file.getvalue())
    return shown[:MAX_SHOWN]


def _print_command(command, *rest, **options):
    print("[not run]", command)


def _print_error(*rest, **options):
    kind, error, trace = sys.exc_info()
    if kind is not None:
        print("".join(traceback.format_exception(kind, error, trace))[-MAX_TRACEBACK:], file=sys.stderr)


class ColabFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stand-in for `google.colab`, for notebooks that import it; its calls do nothing."""

    def find_spec(self, fullname, path=None, target=None):
        """Return the spec of `google.colab` and its parts, `None` for anything else."""
        if fullname == "google" or fullname == "google.colab" or fullname.startswith("google.colab."):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec):
        """Return an empty module with the functions that notebooks call."""
        module = types.ModuleType(spec.name)
        module.__path__ = []
        nothing = {
            "google.colab.drive": ("mount", "flush_and_unmount"),
            "google.colab.files": ("download", "view"),
            "google.colab.output": ("clear", "enable_custom_widget_manager", "eval_js"),
        }
        for name in nothing.get(spec.name, ()):
            setattr(module, name, lambda *rest, **options: None)
        if spec.name == "google.colab.files":
            module.upload = lambda *rest, **options: {}
        if spec.name == "google.colab":
            for part in ("drive", "files", "output"):
                setattr(module, part, self.create_module(types.SimpleNamespace(name=f"google.colab.{part}")))
        return module

    def exec_module(self, module):
        """Do nothing: the module is complete."""
