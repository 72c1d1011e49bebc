"""The whole site: runs what is not up to date, writes Sphinx's sources, and has them built without a warning."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from seglab.authoring import bibliography
from seglab.authoring.site import demo_pages, execution, icons, indexes, lesson_pages, reference
from seglab.errors import InputError


def build(root, out, *, demos=True, parts=None, rerun=True, report=print):
    """Build the site of a course.

    Args:
        root: The course's root: `course/`, `labs/`, `docs/`, `site/` and `CONTRIBUTING.md` are read.
        out: Folder for all that is made: `executed/` is kept, `source/` and `html/` are written anew.
        demos: Whether the demos get pages of their own.
        parts: Parts of the library in the reference, `None` for all.
        rerun: Whether a lesson is run again where its code, the library or a version changed since its run.
        report: Called with a line of text at each step.

    Returns:
        `Path` of the folder with the pages.

    Raises:
        InputError: If a lesson fails, a part of the site is missing, or Sphinx warns.
    """
    root, out = Path(root), Path(out)
    lessons, sheets = sorted(root.glob("course/*.ipynb")), sorted(root.glob("labs/*/*.ipynb"), key=_place)
    runs = [(path, execution.executed(path, out / "executed", rerun, report)) for path in lessons]
    started, cpu = time.monotonic(), _cpu_seconds()
    source = write_sources(root, out, runs, sheets)
    reference.write(source, parts)
    (source / "demos.md").write_text("# Demos\n", encoding="utf-8")
    if demos:
        demo_pages.write(source, out / "executed", lessons, rerun, report)
    report("building the pages")
    shutil.rmtree(out / "html", ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-d", str(out / "doctrees")]
    done = subprocess.run(
        [*command, "--fail-on-warning", "--keep-going", "--quiet", "--fresh-env", str(source), str(out / "html")],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise InputError(f"Sphinx: {done.stderr.strip()[-6000:]}")
    icons.prune(out / "html")
    spent = {"build_seconds": time.monotonic() - started, "build_cpu_seconds": _cpu_seconds() - cpu}
    spent = {name: round(seconds, 1) for name, seconds in spent.items()} | {"load": round(os.getloadavg()[0], 1)}
    (out / "build.json").write_text(json.dumps(spent), encoding="utf-8")
    report(f"built in {spent['build_seconds']} s, {spent['build_cpu_seconds']} s of them on the CPU")
    return out / "html"


def write_sources(root, out, runs, sheets):
    """Write the sources that Sphinx reads, but for demos and reference.

    Args:
        root: The course's root.
        out: Folder for all that is made.
        runs: List of pairs: a lesson's file, and the notebook with outputs.
        sheets: Files of the released sheets.

    Returns:
        `Path` of the folder of the sources.
    """
    import nbformat

    source, lessons = out / "source", [path for path, _ in runs]
    figures = source / "_static" / "figures"
    if figures.is_dir():  # named by their content: what was written once stays right
        figures.rename(out / "figures")
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(root / "site", source, ignore=shutil.ignore_patterns("*.toml", "__pycache__"))
    if (out / "figures").is_dir():
        (out / "figures").rename(figures)
    (source / "_static" / "demos").mkdir()
    shutil.copy(execution.ROOT / "widgets" / "page_model.js", source / "_static" / "demos")
    shutil.copy(root / "docs" / "report.png", source / "_static")
    (source / "course").mkdir()
    for path, run in runs:
        page = lesson_pages.page(run, path.relative_to(root).as_posix(), source / "_static")
        nbformat.write(page, source / "course" / path.name)
    pages = {
        "lessons": indexes.lessons(lessons),
        "sheets": indexes.sheets(sheets, root),
        "bugs": indexes.bugs(lessons, root / "site" / "bugs.toml"),
        "bibliography": indexes.sources(bibliography.load(root), [*lessons, *sheets]),
        "contributing": (root / "CONTRIBUTING.md").read_text(encoding="utf-8"),
    }
    for name, text in pages.items():
        (source / f"{name}.md").write_text(text, encoding="utf-8")
    shutil.copytree(root / "docs", source / "docs", ignore=shutil.ignore_patterns("*.toml", "*.png"))
    front = source / "index.md"
    front.write_text(front.read_text(encoding="utf-8").replace("WEEKS\n", indexes.weeks(lessons)), encoding="utf-8")
    return source


def _cpu_seconds():
    """CPU time of this process and of those it waited for."""
    return sum(os.times()[:4])


def _place(path):
    """Sheets by number, the lab behind them, the capstone at the end."""
    return path.stem == "capstone", path.stem
