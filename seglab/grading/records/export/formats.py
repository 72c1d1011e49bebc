"""The three forms of an export: a plain table, the file that Canvas imports, the worksheet that Moodle imports."""

import csv
import io
import re

from seglab.errors import InputError
from seglab.grading.collecting.filenames import words

HEAD = (
    *("student", "last name", "first name", "email", "sheet", "score", "maximum", "late penalty", "final"),
    *("attempt", "attempts", "handed in (UTC)", "seconds late", "waits for a person"),
)
CANVAS_HEAD = (
    *("student", "lastname", "firstname", "id", "sis user id", "sis login id", "integration id", "root account"),
    "section",
)
"""Columns that say who a student is; Canvas takes what stands behind `Section` for assignments."""
POINTS_POSSIBLE = "    Points Possible"
MOODLE_HEAD = ("First name", "Last name", "ID number", "Email address", "Grade", "Maximum Grade", "Feedback comments")
FORMULA = "=+-@\t\r\n"
NUMBER = re.compile(r"-?\d+([.,]\d+)?")


def safe(text):
    """Return text that no spreadsheet takes for a formula.

    Args:
        text: Any text.

    Returns:
        The same, behind an apostrophe where it begins like a formula; Moodle's lone `-` for "nothing" stays.

    Example:
        >>> safe("=1+1"), safe("Ada"), safe("-")
        ("'=1+1", 'Ada', '-')
    """
    return f"'{text}" if text and text[0] in FORMULA and text != "-" else text


def number(value):
    """Write a number as all spreadsheets read it, `""` for `None`.

    Example:
        >>> number(2.50), number(1 / 3), number(None)
        ('2.5', '0.3333', '')
    """
    return "" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")


def plain_table(places, settle):
    """Write one row per student and sheet.

    Args:
        places: List of `(names, lines)`: the names and the email that a class list gives, `("", "", "")` for those
            of the gradebook; and the student's `Line`s.
        settle: Function from a `Line` to the points in the end, `None` for none.

    Returns:
        CSV text.
    """
    rows = []
    for (first, last, email), lines in places:
        for line in lines:
            texts = (line.student, last or line.last_name, first or line.first_name, email or line.email, line.sheet)
            facts = [number(each) for each in (line.score, line.most, line.late_penalty, settle(line))]
            facts += [number(line.attempt), number(line.attempts or None), line.handed_in, number(line.seconds_late)]
            rows.append([*map(safe, texts), *facts, "yes" if line.waits else "no"])
    return _csv([HEAD, *rows])


def canvas_file(listed, places, sheets, settle):
    """Write what Canvas's gradebook imports: who the students are, and a column per sheet.

    A grade that is not exported stays what the class list says, because Canvas takes an empty cell for a grade to
    be removed.

    Args:
        listed: The `ClassList`, an export of Canvas's gradebook.
        places: `dict` from the place of a row to its student's `Line`s, one per sheet.
        sheets: `dict` from the name of each sheet to its most points.
        settle: As for `plain_table`.

    Returns:
        `(text, notes)`: CSV text, and what a person should know, one line each.
    """
    info = [place for place, name in enumerate(listed.head) if name.casefold() in CANVAS_HEAD]
    columns = {sheet: _canvas_column(listed, sheet) for sheet in sheets}
    possible = next((row for row in listed.rows if "Points Possible" in row[info[0]]), [""] * len(listed.head))
    notes, points = [], []
    for sheet, most in sheets.items():
        place = columns[sheet]
        points.append(number(most) if place is None or not possible[place] else possible[place])
        if place is None:
            notes.append(f"{sheet}: has no column in {listed.path}; Canvas will ask which assignment it is")
        elif NUMBER.fullmatch(points[-1]) and float(points[-1].replace(",", ".")) != most:
            notes.append(f"{sheet}: gives {number(most)} points, Canvas has {points[-1]}; scores are not scaled")
    titles = [sheet if columns[sheet] is None else listed.head[columns[sheet]] for sheet in sheets]
    rows = [[*(listed.head[place] for place in info), *titles]]
    rows.append([POINTS_POSSIBLE, *[""] * (len(info) - 1), *points])
    for place, row in enumerate(listed.rows):
        if place not in places:
            continue
        grades = [number(settle(line)) for line in places[place]]
        before = ["" if columns[sheet] is None else row[columns[sheet]] for sheet in sheets]
        cells = [new or _kept(old) for new, old in zip(grades, before, strict=True)]
        rows.append([*(safe(row[each]) for each in info), *cells])
    return _csv(rows), notes


def moodle_worksheet(listed, places, settle):
    """Fill in a grading worksheet of Moodle's; other cells, and grades that are not exported, stay.

    Args:
        listed: The `ClassList`, a grading worksheet.
        places: `dict` from the place of a row to the student's `Line`.
        settle: As for `plain_table`.

    Returns:
        `(text, notes)`.
    """
    grade, most, comment = (listed.place(each) for each in ("grade", "maximum grade", "feedback comments"))
    notes, rows = [], [listed.head]
    for place, row in enumerate(listed.rows):
        cells = [_kept(cell) for cell in row]
        line = places.get(place)
        points = None if line is None else settle(line)
        if points is not None:
            cells[grade] = number(points)
            if comment is not None:
                cells[comment] = _comment(line)
            if most is not None and NUMBER.fullmatch(row[most]) and float(row[most].replace(",", ".")) != line.most:
                known = f"{line.sheet}: gives {number(line.most)} points, Moodle has {row[most]}; grades are not scaled"
                notes += [] if known in notes else [known]
        rows.append(cells)
    if comment is None:
        notes.append(f"{listed.path}: has no column Feedback comments: turn them on in the assignment's settings")
    return _csv(rows), notes


def moodle_import(places, settle):
    """Write what Moodle's gradebook imports, where no worksheet says the participants' numbers.

    Args:
        places: List of `(names, lines)` as for `plain_table`, of one sheet.
        settle: As for `plain_table`.

    Returns:
        CSV text; a student without a grade has an empty cell, which Moodle passes over.
    """
    rows = []
    for (first, last, email), (line,) in places:
        names = (first or line.first_name, last or line.last_name, line.student, email or line.email)
        points = settle(line)
        rest = (number(points), number(line.most), "" if points is None else _comment(line))
        rows.append([*map(safe, names), *rest])
    return _csv([MOODLE_HEAD, *rows])


def _comment(line):
    if line.score is None:
        return "Nothing was handed in."
    said = f"{number(line.score)} of {number(line.most)} points."
    late = f" {number(line.late_penalty)} taken off for being late." if line.late_penalty else ""
    return said + late + (" Not final: a person still looks at it." if line.waits else "")


def _canvas_column(listed, sheet):
    """Return the place of the column with a sheet's name, with Canvas's number or without; `None` without one."""
    titles = {place: re.sub(r"\s*\(\d+\)$", "", title) for place, title in enumerate(listed.head)}
    found = [place for place, title in titles.items() if words(title) == words(sheet)]
    if len(found) > 1:
        raise InputError(f"{listed.path}: several columns are called {sheet}.")
    return found[0] if found else None


def _kept(cell):
    """Return a cell of the class list: a number stays a number."""
    return cell if NUMBER.fullmatch(cell) else safe(cell)


def _csv(rows):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
