"""One export: which students, which grades, which form."""

import os
from dataclasses import replace
from pathlib import Path

from seglab.errors import InputError
from seglab.grading.records.export import formats
from seglab.grading.records.export.class_list import ClassList
from seglab.grading.records.export.lines import Line, read_lines

FORMATS = ("csv", "canvas", "moodle")


def export(course, sheets, *, form="csv", students=None, missing="empty", unfinished=False):
    """Write the grades of sheets as a CSV file.

    The plain table has every number, and a column that says who waits. For Canvas and Moodle the grade of a
    submission that waits for a person stays out, whether points are missing or only doubtful.

    Args:
        course: The `Course`.
        sheets: Names of the sheets; Moodle takes one at a time.
        form: `"csv"`, `"canvas"` or `"moodle"`.
        students: Path of a class list, see `ClassList`: its students, in its order. Canvas needs an export of its
            gradebook; Moodle's grading worksheet is filled in. `None`: the students of the course's own gradebook.
        missing: `"zero"` or `"empty"`: the grade of who handed in nothing.
        unfinished: Whether grades that wait for a person go to Canvas and Moodle, too.

    Returns:
        `dict` with `text`, the file's content; `lines`, list of `dict` as in `Line`, `final` as exported; `held`,
        the names of those whose grade stays out because a person must look at it, and `notes`, one line each.

    Raises:
        InputError: If a sheet is not graded, a list does not fit the form, or `seglab grade` runs.
    """
    if form not in FORMATS or missing not in ("zero", "empty"):
        raise InputError(
            f"format must be one of {', '.join(FORMATS)}, missing zero or empty: got {form!r}, {missing!r}."
        )
    sheets = list(dict.fromkeys([sheets] if isinstance(sheets, str) else sheets))
    if not sheets:
        raise InputError("sheets: name at least one.")
    listed = None if students is None else ClassList(students)
    _check(form, sheets, listed)
    known = {sheet: read_lines(course, sheet) for sheet in sheets}
    most = {sheet: next(iter(lines.values())).most for sheet, lines in known.items()}
    held_back = form != "csv" and not unfinished

    def settle(line):
        if not line.is_there:
            return 0.0 if missing == "zero" else None
        return None if held_back and line.waits else line.final

    nothing = {sheet: Line("", sheet, most=points) for sheet, points in most.items()}
    lines_of, notes = _arrange(form, listed, known, nothing)
    places = [(_names(listed, place), lines) for place, lines in lines_of.items()]
    if form == "csv":
        text = formats.plain_table(places, settle)
    elif form == "canvas":
        text, more = formats.canvas_file(listed, lines_of, most, settle)
        notes += more
    elif listed is not None and listed.is_moodle:
        text, more = formats.moodle_worksheet(listed, {place: lines[0] for place, lines in lines_of.items()}, settle)
        notes += more
    else:
        text = formats.moodle_import(places, settle)
    lines = [line for each in lines_of.values() for line in each]
    held = list(dict.fromkeys(line.student for line in lines if line.waits)) if held_back else []
    return {
        "text": text,
        "lines": [{**line.to_dict(), "final": settle(line)} for line in lines],
        "held": held,
        "notes": notes,
    }


def write(text, path):
    """Write a file whole or not at all.

    Args:
        text: Its content.
        path: The file.
    """
    partial = Path(path).with_name(f".{Path(path).name}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _check(form, sheets, listed):
    if form == "canvas" and (listed is None or not listed.is_canvas):
        raise InputError(
            "students: Canvas finds students by its own ids: name an export of its gradebook, "
            "with the columns Student, ID and Section, by --students FILE."
        )
    if form == "moodle" and len(sheets) > 1:
        raise InputError(
            f"sheets: a file for Moodle is about one sheet, got {len(sheets)}. Export one after the other."
        )
    if form == "moodle" and listed is not None and listed.place("identifier") is not None and not listed.is_moodle:
        raise InputError(
            f"{listed.path}: is no complete grading worksheet: Moodle needs the columns Identifier, Grade and "
            "Last modified (grade)."
        )


def _arrange(form, listed, known, nothing):
    """Put students in the order of the class list; a plain table takes those whom it does not name behind them.

    Args:
        form: The form of the file.
        listed: The `ClassList`, or `None`.
        known: `dict` from sheet to `dict` from student to `Line`.
        nothing: `dict` from sheet to the `Line` of a student who handed in nothing.

    Returns:
        `(lines, notes)`: `dict` from the place of a row in the list, or a number behind all rows, to `Line`s.
    """
    names = sorted({name for lines in known.values() for name in lines})
    if listed is None:
        order, notes = dict(enumerate(names)), []
    else:
        rows, notes = listed.match(names)
        order = {place: rows.get(place) for place, row in enumerate(listed.rows) if listed.is_student(row)}
        there = {name for lines in known.values() for name, line in lines.items() if line.is_there}
        notes = [note for note in notes if note.partition(": ")[0] in there]  # who left the course is no news
        if form == "csv":
            left = sorted(there - set(rows.values()))
            order |= {len(listed.rows) + number: name for number, name in enumerate(left)}
    found = {}
    for place, name in order.items():
        student = name or listed.id(listed.rows[place])
        found[place] = [known[sheet].get(name) or replace(nothing[sheet], student=student) for sheet in known]
    return found, notes


def _names(listed, place):
    if listed is None or place >= len(listed.rows):
        return "", "", ""
    row = listed.rows[place]
    return (*listed.name(row), listed.cell(row, "email", "email address"))
