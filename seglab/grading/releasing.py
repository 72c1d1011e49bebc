"""The release of a sheet of any nbgrader course, made by the course's own configuration, in a folder beside it."""

from pathlib import Path

from seglab.authoring import notebooks, release
from seglab.authoring.scratch import run_nbgrader
from seglab.authoring.solved import solved
from seglab.errors import InputError

STANDARD = {
    "begin_solution": "BEGIN SOLUTION",
    "end_solution": "END SOLUTION",
    "begin_hidden_tests": "BEGIN HIDDEN TESTS",
    "end_hidden_tests": "END HIDDEN TESTS",
}


def make_release(course, sheet, folder):
    """Have nbgrader generate a release without its gradebook, and check that it gives nothing away.

    Args:
        course: The `Course`; nothing is written in it.
        sheet: Name of the sheet.
        folder: Folder that takes the release.

    Returns:
        `Path` of the folder with the released notebooks and the sheet's other files.

    Raises:
        InputError: If the course has no such sheet, nbgrader rejects it or is not installed, or the result would give
            something away.
    """
    if not course.notebooks(sheet):
        raise InputError(f"sheet: the course has no {sheet!r}. Sheets: {', '.join(course.sheets()) or 'none'}.")
    where = f"--CourseDirectory.release_directory={Path(folder).resolve()}"
    options = ("--no-db", "--force", where)
    succeeded, log = run_nbgrader(course.root, "generate_assignment", sheet, *options, config=course.config_file_name)
    source = course.folder("source", sheet)
    made = [path.parent for path in Path(folder).rglob(f"{course.notebooks(sheet)[0]}.ipynb")]
    if not succeeded or not made:
        raise InputError(f"{source.relative_to(course.root)}: nbgrader cannot release it: {release.last_error(log)}")
    marks = marks_of(course)
    for path in sorted(made[0].glob("*.ipynb")):
        if "seglab" in notebooks.read(path).get("metadata", {}):
            notebooks.write(notebooks.read(path), path)  # in this course's one form
        release.check(source / path.name, path, marks)
    return made[0]


def release_solutions(course, sheet):
    """Put the solved notebooks beside the release, for after the deadline; hidden tests stay hidden.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.

    Returns:
        List of `Path`, `NOTEBOOK_solutions.ipynb` in the folder of the release.

    Raises:
        InputError: If the sheet has not been released.
    """
    target = course.folder("release", sheet)
    if not target.is_dir():
        raise InputError(f"{sheet}: there is no {target.relative_to(course.root)}. Release the sheet first.")
    paths = []
    for name in course.notebooks(sheet):
        paths.append(target / f"{name}_solutions.ipynb")
        source = notebooks.read(course.folder("source", sheet) / f"{name}.ipynb")
        notebooks.write(solved(source, marks_of(course)), paths[-1])
    return paths


def marks_of(course):
    """Return the marks in which a course differs: pairs of its own and the standard one.

    Args:
        course: The `Course`.
    """
    pairs = [(getattr(course.clearing, name), standard) for name, standard in STANDARD.items()]
    return [pair for pair in pairs if pair[0] != pair[1]]
