"""The list of a class that an export follows: its own order, and which of its rows is which student."""

import re
from collections import defaultdict

from seglab.errors import InputError
from seglab.grading.collecting.filenames import words
from seglab.grading.collecting.lms import CANVAS_COLUMNS, ID_COLUMNS, MOODLE_COLUMNS, read_cells

NAMES = (("first_name", "last_name"), ("first name", "last name"), ("first name", "surname"), ("firstname", "lastname"))
WHOLE_NAMES = ("student", "full name", "name")


class ClassList:
    """A CSV file of students: nbgrader's, Canvas's gradebook, Moodle's grading worksheet, or any with a column of ids.

    Args:
        path: The file.

    Attributes:
        path: The file.
        head: Its headings.
        rows: Its rows, lists of text as long as `head`.
        is_canvas: Whether it is an export of Canvas's gradebook.
        is_moodle: Whether it is a grading worksheet of Moodle's.

    Raises:
        InputError: If it cannot be read, or no column says who the students are.
    """

    def __init__(self, path):
        self.path = path
        self.head, *rows = read_cells(path)
        self.rows = [(row + [""] * len(self.head))[: len(self.head)] for row in rows if any(row)]
        self._columns = {}
        for place, name in enumerate(self.head):
            self._columns.setdefault(name.casefold(), place)
        if not {*self._columns} & {*ID_COLUMNS, *CANVAS_COLUMNS, *MOODLE_COLUMNS}:
            raise InputError(f"{path}: no column of ids: one of {', '.join(ID_COLUMNS)} must be in its first line.")
        known = {*self._columns}
        self.is_canvas = "section" in known and "id" in known and bool(known & {"student", "lastname"})
        self.is_moodle = {"identifier", "grade", "last modified (grade)"} <= known
        self._found = defaultdict(set)
        for place, row in enumerate(self.rows):
            for key in self._keys(row):
                self._found[key].add(place)

    def cell(self, row, *names):
        """Return the first cell of a row that is not empty, by the headings in small letters; `""` without one."""
        cells = (row[self._columns[name]] for name in names if name in self._columns)
        return next(filter(None, cells), "")

    def place(self, name):
        """Return the place of a column by its heading in small letters, `None` where there is none."""
        return self._columns.get(name)

    def name(self, row):
        """Return the first and the last name in a row; a whole name counts as the last one where no comma parts it."""
        for first, last in NAMES:
            if first in self._columns and last in self._columns:
                return self.cell(row, first), self.cell(row, last)
        last, _, first = self.cell(row, *WHOLE_NAMES).partition(",")
        return first.strip(), last.strip()

    def id(self, row):
        """Return what a student is called who has no other id: the cell of the first column of ids that has one."""
        return self.cell(row, *ID_COLUMNS, *MOODLE_COLUMNS) or " ".join(filter(None, self.name(row)))

    def is_student(self, row):
        """Return whether a row is a student's, not one of the lines in which Canvas says what its columns mean."""
        return bool(self.id(row)) and not (self.is_canvas and not self.cell(row, "id"))

    def match(self, students):
        """Find the students' rows.

        Args:
            students: Names of the students in the course.

        Returns:
            `(rows, notes)`: `dict` from a row's place to the student, and one line per student without a row of
            their own.
        """
        rows, notes = {}, []
        for student in students:
            places = next((self._found[key] for key in _sought(student) if key in self._found), set())
            if len(places) != 1:
                notes.append(f"{student}: {'fits several rows' if places else 'is not'} in {self.path}")
            elif next(iter(places)) in rows:
                row = next(iter(places))
                notes.append(f"{student}: has the same row in {self.path} as {rows[row]}")
            else:
                rows[next(iter(places))] = student
        return rows, notes

    def _keys(self, row):
        ids = {self.cell(row, name) for name in (*ID_COLUMNS, "sis user id", "email", "email address")} - {""}
        keys = {("id", each.casefold()) for each in ids}
        keys |= {("id", each.split("@")[0].casefold()) for each in ids if "@" in each}
        number = self.cell(row, *CANVAS_COLUMNS) if self.is_canvas or "id" not in self._columns else ""
        keys |= {("canvas", number)} if number else set()
        keys.add(("name", "".join(words(self.cell(row, *MOODLE_COLUMNS)))))  # all that blind marking leaves of a name
        parts = words(" ".join(self.name(row)))
        keys |= {("name", "".join(parts[turn:] + parts[:turn])) for turn in range(len(parts))}
        return keys - {("name", "")}


def _sought(student):
    """The keys of a student, as `collect` may have made the id: from an id, a name, or Canvas's name and number."""
    number = re.fullmatch(r".+-(\d+)", student)
    return [
        ("id", student.casefold()),
        *([("canvas", number[1])] if number else []),
        ("name", "".join(words(student))),
    ]
