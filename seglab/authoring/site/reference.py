"""Pages of the reference: one for each part of the library, which Sphinx fills from the docstrings."""

import pkgutil
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
# What a notebook does not call: the command line, and the tools of who writes and grades sheets.
APART = ("__main__", "authoring", "cli", "demo", "grading")


def write(source, parts=None):
    """Write the pages of the reference and the page that lists them.

    Args:
        source: Folder of the site's sources; `reference.md` and `reference/` are written.
        parts: Names of the parts, such as `["metrics"]`; `None` for all that a notebook can call.
    """
    parts = public_parts() if parts is None else parts
    Path(source, "reference").mkdir(exist_ok=True)
    for part in parts:
        lines = [f"# seglab.{part}\n", "```{eval-rst}", f".. automodule:: seglab.{part}", "   :members:"]
        for name in sorted(module.name for module in pkgutil.iter_modules([str(PACKAGE / part)])):
            title = f"seglab.{part}.{name}"
            lines += ["```", f"\n## {title}\n", "```{eval-rst}", f".. automodule:: {title}", "   :members:"]
        Path(source, "reference", f"{part}.md").write_text("\n".join([*lines, "```", ""]), encoding="utf-8")
    lines = [
        "# Reference\n",
        "What the notebooks call, as its docstrings say it; every example there is run by the tests.\n",
        "```{toctree}\n",
        *(f"reference/{part}" for part in parts),
        "```\n",
    ]
    Path(source, "reference.md").write_text("\n".join(lines), encoding="utf-8")


def public_parts():
    """Return the names of the modules and packages of the library that notebooks call, sorted.

    Example:
        >>> {"metrics", "boxes"} <= set(public_parts()), "grading" in public_parts()
        (True, False)
    """
    return sorted(module.name for module in pkgutil.iter_modules([str(PACKAGE)]) if module.name not in APART)
