"""The tables of the README: the course, read from what its rows are about, and the networks as they were measured.

Titles come from the notebooks' first cells, points from the cells that are graded, demos from what a lesson imports,
and minutes from the recorded runs of the lessons. `make readme` writes the tables; `seglab lint` says when one is
stale.
"""

import ast
import json
import re
import sys
from pathlib import Path

from seglab.authoring import badges, method_table, notebooks
from seglab.errors import InputError

RECORD = Path("benchmarks", "results", "lessons.json")
BEGIN, END = "<!-- written by `make readme` -->", "<!-- end of what `make readme` writes -->"
NETWORKS_BEGIN, NETWORKS_END = (f"<!-- {which} of the networks by `make readme` -->" for which in ("table", "end"))
_AFTER_WEEK = {"lab1_fcn_unet": 6, "capstone": 10}  # the name of `ex03_upsampling` says its week
_IMPORT = re.compile(r"^\s*from seglab\.widgets import (.+)$", re.MULTILINE)


def table(course=".", *, badge=badges.badge):
    """Write the table of a course.

    Args:
        course: Folder with `course/`, `labs/` and the record of the lessons' seconds.
        badge: Function from a notebook's path to the Markdown of its Colab button.

    Returns:
        Markdown: a row per lesson, in the first row of a week its sheet, and a line on where the minutes come from.

    Raises:
        InputError: If a notebook cannot be read.
    """
    course = Path(course)
    seconds = {name: lesson["cpu_seconds"] for name, lesson in _record(course).get("lessons", {}).items()}
    sheets = _sheets(course, badge)
    rows, last = [], 0
    for path in sorted((course / "course").glob("week*.ipynb")):
        name, week = path.relative_to(course).as_posix(), int(re.match(r"week(\d+)", path.name).group(1))
        if week != last:
            rows += _rows_between(last, week, sheets)
        notebook = notebooks.read(path)
        number, _, title = _title(notebook).partition(" - ")
        rows.append(
            (
                number.removeprefix("Week "),
                f"[{title or number}]({name})<br>{badge(name)}",
                ", ".join(_demos(notebook)),
                f"{max(seconds[path.stem] / 60, 0.1):.1f}" if path.stem in seconds else "not measured",
                sheets.pop(week, "") if week != last else "",
            )
        )
        last = week
    rows += _rows_between(last, float("inf"), sheets)
    head = ("week", "lesson", "demo", "minutes on a CPU", "graded sheet"), ("---",) * 5
    lines = [f"| {' | '.join(row)} |" for row in (*head, *rows)]
    return "\n".join([*lines, "", _source(course)])


def write(course="."):
    """Write the tables between their marks in the README.

    Args:
        course: Folder with `README.md`.

    Returns:
        Whether the README changed.

    Raises:
        InputError: If the README lacks a mark, or a notebook cannot be read.
    """
    path = Path(course) / "README.md"
    old = path.read_text(encoding="utf-8")
    new = _with_tables(old, course)
    if new != old:
        path.write_text(new, encoding="utf-8")
    return new != old


def findings(course="."):
    """Say what is wrong with the README's tables.

    Args:
        course: Folder with `README.md`.

    Returns:
        List of at most one line.

    Raises:
        InputError: If a notebook cannot be read.
    """
    path = Path(course) / "README.md"
    try:
        text = path.read_text(encoding="utf-8")
        return [] if _with_tables(text, course) == text else ["README.md: a table is stale. Run `make readme`."]
    except FileNotFoundError:
        return []  # a course of somebody else
    except InputError as error:
        return [str(error)]


def _with_tables(text, course):
    text = _with_table(text, BEGIN, END, table(course))
    if NETWORKS_BEGIN not in text:  # a course of its own need not show them
        return text
    return _with_table(text, NETWORKS_BEGIN, NETWORKS_END, method_table.table())


def _with_table(text, first, last, content):
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise InputError(f"README.md: a table stands between the lines {first} and {last}; one of them is missing.")
    return f"{before}{first}\n\n{content}\n\n{last}{after}"


def _record(course):
    path = course / RECORD
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _source(course):
    record = _record(course)
    if not record:
        return "The minutes are not measured yet."
    took = [lesson["cpu_seconds"] for lesson in record["lessons"].values()]
    return (
        f"Minutes are CPU time, taken when the test suite ran each lesson from top to bottom ({record['date']}, "
        f"{record['cores']} cores): {sum(took) / 60:.0f} for {len(took)} lessons."
    )


def _title(notebook):
    return notebook["cells"][0]["source"].splitlines()[0].removeprefix("# ").strip()


def _demos(notebook):
    """Titles of the demos that a lesson imports, in its order."""
    names = [
        name.strip()
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
        for line in _IMPORT.findall(cell["source"])
        for name in line.split(",")
    ]
    titles = _demo_titles()
    return [titles[name] for name in dict.fromkeys(names)]


def _demo_titles():
    """Title of each demo's class. The files are read, not imported: a demo needs a notebook's packages."""
    found = {}
    for path in Path(__file__).parents[1].joinpath("widgets").glob("*.py"):
        for demo in ast.parse(path.read_text(encoding="utf-8")).body:
            for line in demo.body if isinstance(demo, ast.ClassDef) else ():
                if isinstance(line, ast.Assign) and line.targets[0].id == "title":
                    found[demo.name] = line.value.value
    return found


def _sheets(course, badge):
    """Markdown of each sheet, by its week; of a lab that is of no single week, by the half after one."""
    found = {}
    for path in sorted((course / "labs").glob("*/*.ipynb")):
        notebook, name = notebooks.read(path), path.relative_to(course).as_posix()
        points = sum(cell.get("metadata", {}).get("nbgrader", {}).get("points", 0) for cell in notebook["cells"])
        week = re.match(r"ex(\d+)_", path.stem)
        place = int(week.group(1)) if week else _AFTER_WEEK.get(path.stem, 99) + 0.5
        found[place] = f"[{_title(notebook)}]({name}), {points:g} points<br>{badge(name)}"
    return found


def _rows_between(last, week, sheets):
    """Rows of the sheets that belong to none of the lessons' weeks."""
    places = sorted(place for place in sheets if last <= place < week)
    return [("", "", "", "", sheets.pop(place)) for place in places]


if __name__ == "__main__":
    sys.exit(write() and print("README.md: a table is new."))
