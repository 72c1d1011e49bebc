"""Who sent which file: the names that Moodle and Canvas give, folders and files by student, and the class list."""

import csv
import io
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from seglab.errors import InputError
from seglab.grading.collecting.filenames import is_student_id, printable, words

# "Ada Lovelace_12345_assignsubmission_file_/lab1.ipynb", "Ada Lovelace_12345_assignsubmission_file_lab1.ipynb"
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)(_(?P<rest>.*))?$")
# "lovelaceada_late_340934_208490284_lab1-2.ipynb": user, upload, the file's own name, the how many-th of that name
CANVAS = re.compile(r"(?P<name>[^_]+)_((?P<late>late)_)?(?P<user>\d+)_(?P<upload>\d+)_(?P<rest>.+)$", re.IGNORECASE)
COPIED = re.compile(r"^copy of |^kopie von |([ _-]*\(\d+\)|-copy\d*)$", re.IGNORECASE)
NUMBERED = re.compile(r"-\d{1,3}$")
ID_COLUMNS = ("id", "student_id", "student id", "username", "id number", "sis login id", "email", "email address")
CANVAS_COLUMNS = ("lms_user_id", "canvas_id", "canvas user id", "id")
MOODLE_COLUMNS = ("identifier", "moodle_id")


@dataclass(frozen=True)
class Sender:
    """A student as a source names them.

    Args:
        kind: `"moodle"`, `"canvas"` or `"plain"`.
        name: The name in the source.
        number: The system's number for the student, `""` where there is none. Moodle's is another in every sheet.
    """

    kind: str
    name: str
    number: str = ""

    def __str__(self):
        return printable(f"{self.name} ({self.kind} {self.number})" if self.number else self.name)


@dataclass(frozen=True)
class Upload:
    """One file that a student sent: the member of the source, the student's own name for it, and its place in time.

    Canvas resubmissions: `upload` is a growing number, `version` counts the files of one name from 0 and stands
    in `path` as `-1`, `-2`; `late` is Canvas's own mark.
    """

    member: object
    path: str
    upload: int = 0
    version: int = 0
    late: bool = False


def same_notebook(path, name):
    """Return whether a file is named like a notebook, marks of a copy left aside.

    Args:
        path: Path of the file.
        name: Name of the notebook, without `.ipynb`.

    Returns:
        `bool`.

    Example:
        >>> same_notebook("Copy of lab1 (2).ipynb", "lab1"), same_notebook("lab12.ipynb", "lab1")
        (True, False)
    """
    path = PurePosixPath(path)
    if path.suffix.lower() != ".ipynb":
        return False
    stem, before = path.stem, None
    while stem != before:
        if words(stem) == words(name):
            return True
        before, stem = stem, NUMBERED.sub("", COPIED.sub("", stem))
    return False


def sort_by_sender(source, members, sheet, notebooks, roster):
    """Group the files of a source by the student who sent them.

    Args:
        source: Name of the archive, folder or file, the last resort for a student's name.
        members: List of `archives.Member`.
        sheet: Name of the sheet.
        notebooks: Names of its notebooks, without `.ipynb`.
        roster: A `Roster`.

    Returns:
        `(uploads, nameless)`: `dict` from `Sender` to list of `Upload`, and the members that name nobody.
    """
    uploads, nameless = defaultdict(list), []
    for member in members:
        sender, upload = _moodle(member) or _canvas(member, notebooks) or (None, None)
        if sender:
            uploads[sender].append(upload)
        else:
            nameless.append(member)
    if uploads:
        return dict(uploads), nameless
    return _plain(source, members, sheet, notebooks, roster), []


def _moodle(member):
    parts = member.path.split("/")
    for place, part in enumerate(parts):
        match = MOODLE.match(part)
        if match:
            path = "/".join(filter(None, [match["rest"], *parts[place + 1 :]]))
            return Sender("moodle", match["name"], match["number"]), Upload(member, path or "file")
    return None


def _canvas(member, notebooks):
    match = CANVAS.match(PurePosixPath(member.path).name)
    if not match:
        return None
    stem = PurePosixPath(match["rest"]).stem
    again = None if stem in notebooks else NUMBERED.search(stem)  # a sheet may itself be called part-2
    version = int(again[0][1:]) if again and again.start() else 0
    upload = Upload(member, match["rest"], int(match["upload"]), version, match["late"] is not None)
    return Sender("canvas", match["name"], match["user"]), upload


def _plain(source, members, sheet, notebooks, roster):
    """Group files by folder or file per student, or take all as one student's."""
    paths = [PurePosixPath(member.path) for member in members]
    known = {sheet, *notebooks, "submission", "submissions", "submitted"}
    outer = _student_in(PurePosixPath(source), known, roster)
    if _is_one_students(paths, notebooks):
        return {Sender("plain", outer): [Upload(member, member.path) for member in members]}
    tops = {path.parts[0] for path in paths}
    inside = [PurePosixPath(*path.parts[1:]) for path in paths]
    if len(tops) == 1 and all(path.parts for path in inside):  # one student's folder, or one around the students'
        top = _student_in(PurePosixPath(*tops), known, roster)
        if _is_one_students(inside, notebooks):
            name = next((each for each in (top, outer) if roster.knows(each)), top or outer)
            return {Sender("plain", name): [Upload(member, member.path) for member in members]}
        if not roster.knows(top) and len({path.parts[0] for path in inside}) > 1:
            paths = inside
    uploads = defaultdict(list)
    for member, path in zip(members, paths, strict=True):
        first, *rest = path.parts
        sender = Sender("plain", first if rest else _student_in(path, known, roster))
        uploads[sender].append(Upload(member, "/".join(rest) or path.name))
    return dict(uploads)


def _is_one_students(paths, notebooks):
    top = [path for path in paths if len(path.parts) == 1]
    return any(path.name == "manifest.json" or same_notebook(path, name) for path in top for name in notebooks)


def _student_in(path, known, roster):
    """Return the student in the name of a file or a folder: `lab1_ada (1).zip` -> `ada`."""
    stem, before = path.stem if path.suffix.lower() in (".zip", ".ipynb") else path.name, None
    if roster.knows(stem):
        return stem
    while stem != before:
        before, stem = stem, COPIED.sub("", stem)
    for word in sorted(known, key=len, reverse=True):
        stem = re.sub(rf"(^|[ _.+-]){re.escape(word)}(?=$|[ _.+-])", r"\1", stem, flags=re.IGNORECASE)
    return stem.strip(" _.+-")


class Roster:
    """The students of a course, found by id, by the names and numbers of their row, or by their name turned around.

    Args:
        students: List of ids; path of a CSV file with a line of headings, such as nbgrader's own, Moodle's
            grading worksheet or Canvas's gradebook; `None` where every student is welcome.

    Raises:
        InputError: If the file cannot be read or has no column of ids, or an id cannot name a folder.
    """

    def __init__(self, students=None):
        self.open = students is None
        self.ids, self._found = [], defaultdict(set)
        rows = _read_table(students) if isinstance(students, str | Path) else [{"id": each} for each in students or ()]
        column = next((name for name in ID_COLUMNS if rows and name in rows[0]), None)
        if rows and column is None:
            raise InputError(f"{students}: no column of ids: one of {', '.join(ID_COLUMNS)} must be in its first line.")
        for row in rows:
            student = str(row[column] or "").strip()
            if not student:
                continue
            if not is_student_id(student):
                raise InputError(
                    f"students: {printable(student)!r} cannot be a student's id: letters, digits, _ . @ - only."
                )
            self.ids.append(student)
            self._add(student, row)

    def _add(self, student, row):
        self._found["id", student.casefold()].add(student)
        for name in MOODLE_COLUMNS:
            self._found["moodle", "".join(re.findall(r"\d+", row.get(name) or ""))].add(student)
        for name in CANVAS_COLUMNS:
            self._found["canvas", str(row.get(name) or "").strip()].add(student)
        texts = [text for name, text in row.items() if name not in (*MOODLE_COLUMNS, *CANVAS_COLUMNS) and text]
        texts += [student, " ".join(filter(None, (row.get("first_name"), row.get("last_name"))))]
        texts += [text.split("@")[0] for text in texts if "@" in text]
        for text in texts:
            parts = words(text)
            for turn in range(len(parts)):
                self._found["name", "".join(parts[turn:] + parts[:turn])].add(student)

    def knows(self, name):
        """Return whether a name is one student's; without a class list nobody is known."""
        return not self.open and self.find(Sender("plain", name))[0] is not None

    def find(self, sender):
        """Return a sender's id.

        Args:
            sender: A `Sender`.

        Returns:
            `(id, "")`, or `(None, reason)`.
        """
        if self.open:
            return _own_id(sender)
        names = [sender.name, *(sender.name.split("-", place)[-1] for place in range(1, sender.name.count("-") + 1))]
        keys = [(sender.kind, sender.number)] if sender.number else []
        keys += [("id", sender.name.casefold())]
        keys += [("name", "".join(words(name))) for name in names]  # Moodle writes "Group-Name" for groups
        for key in keys:
            found = self._found.get(key) if key[1] else None
            if found and len(found) > 1:
                return None, f"fits {len(found)} students: {', '.join(sorted(found))}"
            if found:
                return next(iter(found)), ""
        return None, "not in the class list" if sender.name else "the name of the file says no student"


def _own_id(sender):
    """Return an id made from the names alone, one that stays the same from sheet to sheet."""
    if sender.kind == "plain" and is_student_id(sender.name):
        return sender.name, ""
    student = "-".join([*words(sender.name), sender.number] if sender.kind == "canvas" else words(sender.name))
    if is_student_id(student):
        return student, ""
    return None, "the name cannot be a student's id" if sender.name else "the name of the file says no student"


def read_cells(path):
    """Read a CSV file of students, whatever parts its cells: comma, semicolon or tab.

    Args:
        path: The file.

    Returns:
        List of rows, each a list of text; the first holds the headings.

    Raises:
        InputError: If it cannot be read, or is empty.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such list of students.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a list of students: {error}.") from None
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    if not rows:
        raise InputError(f"{path}: an empty list of students.")
    return rows


def _read_table(path):
    """Return the rows of a CSV file as `dict` by heading in small letters."""
    head, *rows = read_cells(path)
    head = [name.casefold() for name in head]
    return [dict(zip(head, row, strict=False)) for row in rows if any(row)]
