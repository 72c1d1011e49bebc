"""What lies in the folder of a submission: notebooks, repaired, and the files that go with them."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from seglab.authoring import notebooks
from seglab.errors import InputError
from seglab.grading.jobs import RESERVED, open_plain
from seglab.grading.repair import Form, Repaired, repair

MAX_NOTEBOOK = 64 << 20  # more than repair reads; what is longer is cut off and refused there
MAX_FILES = 1000
TIMESTAMP = "timestamp.txt"


@dataclass
class Answers:
    """One notebook of a submission.

    Attributes:
        name: Name of the sheet's notebook.
        repaired: The `Repaired`, `None` where the student handed in no such notebook.
        doubts: Why a person must look at it, one line each.
        notes: What was done to it, one line each.
        job: The `Job`, `None` where there is nothing to run.
        result: `dict` of the job's result, `None` before it is there.
        cached: Whether the result is from an earlier run.
    """

    name: str
    repaired: Repaired | None = None
    doubts: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    job: object = None
    result: dict | None = None
    cached: bool = False


@dataclass
class Submission:
    """What one student handed in for a sheet.

    Attributes:
        student: Name of the student.
        notebooks: `dict` from notebook name to `Answers`, one for every notebook of the sheet.
        files: `dict` from path relative to the folder (a `str`) to `Path`, plain files that are no notebooks.
        timestamp: When it was handed in, text as nbgrader writes it, `None` if unknown.
    """

    student: str
    notebooks: dict
    files: dict
    timestamp: str | None = None


class Sheet:
    """A sheet of a course, prepared for reading submissions.

    Args:
        course: The `Course`.
        name: Name of the sheet.

    Attributes:
        masters: `dict` from notebook name to the source notebook, a `dict`.
        files: `dict` from relative path to `Path`: the sheet's own files, which replace the students'.

    Raises:
        InputError: If the sheet has no notebook, or one that is no sheet.
    """

    def __init__(self, course, name):
        self.course, self.name = course, name
        names = course.notebooks(name)
        if not names:
            known = ", ".join(course.sheets()) or "none"
            raise InputError(f"sheet: the course has no {name!r}. Sheets: {known}.")
        source, release = course.folder("source", name), course.folder("release", name)
        self.masters = {each: notebooks.read(source / f"{each}.ipynb") for each in names}
        self._forms = {}
        for each, master in self.masters.items():
            path = release / f"{each}.ipynb"
            given = notebooks.read(path) if path.is_file() else None
            self._forms[each] = Form(master, release=given, clearing=course.clearing)
        files, _ = plain_files(source, course.ignore)
        students = course.config.get("Autograde", {}).get("exclude_overwriting", {}).get(name, ())
        self.files = {  # notebooks hold solutions
            path: place for path, place in files.items() if not _is_notebook(path) and path not in students
        }

    def students(self, students=None):
        """Choose whose submissions to read.

        Args:
            students: Names, all who handed something in if `None`.

        Returns:
            List of names, each once.

        Raises:
            InputError: If one of them, or nobody, has handed something in.
        """
        known = self.course.submissions(self.name)
        if not known:
            folder = self.course.folder("submitted", self.name, "STUDENT")
            raise InputError(f"sheet: nobody has handed in {self.name}; {folder} is where it should be.")
        for student in students or ():
            if student not in known:
                raise InputError(f"student: {student!r} has not handed in {self.name}.")
        return list(dict.fromkeys(students)) if students else known

    def read(self, student):
        """Read and repair what a student handed in.

        Args:
            student: Name of the student.

        Returns:
            A `Submission`. No damage raises an error; it becomes a doubt.
        """
        folder = self.course.folder("submitted", self.name, student)
        files, left_out = plain_files(folder, self.course.ignore)
        found = {path[: -len(".ipynb")]: path for path in files if _is_notebook(path)}
        paths = {name: files[found[name]] for name in self.masters if name in found}
        missing = [name for name in self.masters if name not in paths]
        strays = sorted(set(found) - set(self.masters))
        answers = {name: Answers(name) for name in self.masters}
        if len(missing) == len(strays) == 1:
            paths[missing[0]] = files[found[strays[0]]]
            answers[missing[0]].notes.append(f"handed in as {strays[0]}.ipynb")
        elif strays:
            for name in missing:
                answers[name].doubts.append(f"there is no {name}.ipynb, but there is {', '.join(strays)[:200]}")
        elif not paths:
            for name in missing:
                answers[name].doubts.append(f"there is no {name}.ipynb, nor any other notebook")
        for name, path in paths.items():
            self._repair(answers[name], path)
            answers[name].notes += left_out
        files = {path: place for path, place in files.items() if not _is_notebook(path)}
        return Submission(student, answers, files, _timestamp(files))

    def _repair(self, answers, path):
        try:
            with open_plain(path) as file:
                raw = file.read(MAX_NOTEBOOK)
        except OSError as error:
            answers.doubts.append(f"the file cannot be read: {error.strerror or error}")
            return
        answers.repaired = repair(self._forms[answers.name], raw)
        answers.doubts += answers.repaired.queue
        answers.notes += answers.repaired.log

    def own_files(self, limit):
        """Choose the sheet's own files that tests and answers get to see.

        Args:
            limit: The largest size of a file in bytes.

        Returns:
            `dict` from relative path, with `/`, to `Path`; files whose path has a part that begins with `.` stay away.

        Raises:
            InputError: If a file is too large, or has a name that a job needs for itself.
        """
        for path, place in self.files.items():
            if place.stat().st_size > limit:
                raise InputError(f"{place}: larger than {limit >> 20} MB; allow more by --set artifact_mb=NUMBER.")
            if path.partition("/")[0] in RESERVED:
                raise InputError(f"{place}: a sheet's file must not have this name.")
        return {path: place for path, place in self.files.items() if not _is_dotted(path)}

    def artifacts(self, submission, limit):
        """Choose the student's files that tests get to see.

        Args:
            submission: The `Submission`.
            limit: The largest size of a file in bytes.

        Returns:
            `(files, notes, doubts)`: `dict` from name to `Path`, what is left out, and what a person must look at
            because it may cost points, one line each.
        """
        chosen, notes, doubts = {}, [], []
        for path, place in submission.files.items():
            if path == TIMESTAMP or path in self.files:
                continue
            if _is_dotted(path):
                notes.append(f"{path}: the tests do not get to see it")
            elif path.partition("/")[0] in RESERVED or _is_in_the_way(path, self.files):
                doubts.append(f"{path}: the tests do not get to see a file of this name")
            elif place.stat().st_size > limit:
                doubts.append(f"{path}: larger than {limit >> 20} MB, the tests do not get to see it")
            else:
                chosen[path] = place
        return chosen, notes[:20], doubts


def plain_files(folder, ignore=()):
    """List the plain files below a folder; links are not followed.

    Args:
        folder: Path of the folder.
        ignore: Patterns of names that nbgrader ignores.

    Returns:
        `(files, left_out)`: `dict` from relative path, with `/`, to `Path`, in order; and one line per thing that is
        no plain file.
    """
    files, left_out = {}, []
    for place, folders, names in os.walk(folder):
        place = Path(place)
        for name in sorted(folders + names):
            path = place / name
            relative = path.relative_to(folder).as_posix()
            if any(path.match(pattern) for pattern in ignore) or not relative.isprintable():
                folders[:] = [each for each in folders if each != name]
                continue
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode) and len(files) < MAX_FILES:
                files[relative] = path
            elif not stat.S_ISDIR(mode):
                left_out.append(f"{relative}: {'a link' if stat.S_ISLNK(mode) else 'no plain file'}, left out")
        folders.sort()
    return dict(sorted(files.items())), left_out[:20]


def _is_dotted(path):
    return any(part.startswith(".") for part in path.split("/"))


def _is_in_the_way(path, files):
    """Return whether a path needs a folder where there is a file, or the other way round."""
    above = {parent.as_posix() for parent in PurePosixPath(path).parents}
    return bool(above & set(files)) or any(other.startswith(f"{path}/") for other in files)


def _is_notebook(path):
    return path.lower().endswith(".ipynb")


def _timestamp(files):
    """Return the content of nbgrader's file with the time of submission, `None` without one."""
    if TIMESTAMP not in files:
        return None
    with open_plain(files[TIMESTAMP]) as file:
        return file.read(100).decode("utf-8", "replace").strip() or None
