"""Commands for what comes after the grading: what a person must look at, and what students get to read."""

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

from seglab.cli.grading import Countdown, common_options, course_of, sheet_option
from seglab.errors import InputError


def review(arguments):
    """List what waits for a person, and open nbgrader's formgrader there."""
    from seglab.grading.records import waiting

    course = course_of(arguments)
    sheets = [arguments.sheet] if arguments.sheet else course.sheets()
    found = {}
    for sheet in sheets:
        try:
            found[sheet] = waiting.list_waiting(course, sheet, students=arguments.student)
        except InputError:
            if arguments.sheet:
                raise
    if arguments.json:
        lists = {sheet: [each.to_dict() for each in listed] for sheet, listed in found.items()}
        print(json.dumps(lists, indent=1))
    else:
        for sheet, listed in found.items():
            print_waiting(sheet, listed)
        if not found:
            print("no sheet is graded yet")
    return open_formgrader(course, found) if arguments.open else 0


def print_waiting(sheet, listed):
    """Print what waits of a sheet, a paragraph per notebook and a line per question.

    Args:
        sheet: Name of the sheet.
        listed: List of `Waiting`.
    """
    place = None
    for each in listed:
        if (each.student, each.notebook) != place:
            place = (each.student, each.notebook)
            print(plain(f"{'/'.join(filter(None, place))}  {each.address}").rstrip())
        print(plain(f"    {each.question or '(as a whole)':24} {each.reason}"))
    counts = Counter(each.kind for each in listed)
    students = len({each.student for each in listed})
    kinds = ", ".join(f"{kind} {number}" for kind, number in counts.most_common())
    if listed:
        print(f"{sheet}: {len(listed)} to look at, of {students} students ({kinds}); --open shows them in formgrader")
    else:
        print(f"{sheet}: nothing waits for a person")


def plain(text):
    """Text of students on a terminal: signs that steer it become question marks.

    Example:
        >>> plain("a\\x1b[2Jb")
        'a?[2Jb'
    """
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def open_formgrader(course, found):
    """Run JupyterLab with nbgrader's pages until it is stopped, and open the first thing that waits.

    Args:
        course: The `Course`.
        found: `dict` from sheet to its list of `Waiting`.

    Returns:
        Exit code.
    """
    addresses = [each.address for listed in found.values() for each in listed if each.address]
    command = server_command(addresses[0] if addresses else "/formgrader/")
    print("Ctrl-C twice ends the server.", file=sys.stderr)
    return subprocess.run(command, cwd=course.root, check=False).returncode


def server_command(path):
    """Return the command that serves nbgrader's pages on loopback and opens one of them.

    Args:
        path: Path of the page on the server.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", f"--LabApp.default_url={path}"]
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [sys.executable, "-m", "jupyterlab", *options, *root]


def feedback(arguments):
    """Write the pages that students read."""
    from seglab.grading.feedback.writing import write_feedback

    course = course_of(arguments)
    with Countdown(f"feedback {arguments.sheet}") as progress:
        pages = write_feedback(
            course, arguments.sheet, students=arguments.student, out=arguments.out, progress=progress
        )
    failed = [page for page in pages if page["error"]]
    if arguments.json:
        print(json.dumps(pages, indent=1))
    else:
        for page in failed:
            print(plain(f"LOOK  {page['student']} {page['notebook']}: {page['error']}"))
        changed = sum(page["changed"] for page in pages)
        where = arguments.out or course.folder("feedback", arguments.sheet, "STUDENT")
        print(f"{len(pages)} pages in {where}: {changed} written, {len(pages) - changed} as before")
    return 1 if failed else 0


def review_options(parser):
    common_options(parser)
    parser.add_argument("sheet", nargs="?", metavar="SHEET", help="name of the sheet (default: all)")
    parser.add_argument("--student", action="append", metavar="S", help="only this student; can be repeated")
    parser.add_argument("--open", action="store_true", help="open the first one in nbgrader's formgrader")


def feedback_options(parser):
    common_options(parser)
    sheet_option(parser)
    parser.add_argument("--student", action="append", metavar="S", help="only this student; can be repeated")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the pages (default: nbgrader's feedback/)")


COMMANDS = (
    (review, "list what waits for a person after the grading, and why", review_options),
    (feedback, "write a page per graded notebook that students read offline", feedback_options),
)
