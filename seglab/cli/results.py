"""Commands for what comes after the grading: what a person must look at, and what students get to read."""

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

from seglab.cli.countdown import Countdown
from seglab.cli.grading import common_options, course_of, sheet_option
from seglab.errors import InputError


def review(arguments):
    """List what waits for a person, open nbgrader's formgrader there, or give a comment of the bank."""
    from seglab.grading.records.templates import NotGraded
    from seglab.grading.records.waiting import list_waiting

    course = course_of(arguments)
    if arguments.points is not None and not arguments.comment:
        raise InputError("--points goes with --comment STUDENT QUESTION KEY")
    if arguments.comment or arguments.bank:
        if not arguments.sheet:
            raise InputError("name the sheet that the comments are about")
        return comment(course, arguments) if arguments.comment else print_bank(course, arguments)
    sheets = [arguments.sheet] if arguments.sheet else course.sheets()
    found = {}
    for sheet in sheets:
        try:
            found[sheet] = list_waiting(course, sheet, students=arguments.student)
        except NotGraded:
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


def comment(course, arguments):
    """Give a comment of the bank, and say what came of it."""
    from seglab.grading.records.comments import give_comment

    given = give_comment(course, arguments.sheet, *arguments.comment, points=arguments.points)
    if arguments.json:
        print(json.dumps(given, indent=1))
        return 0
    points = "" if given["points"] is None else f", {given['points']:g} of {given['most']:g} points"
    again = "" if given["changed"] else ", as before"
    print(plain(f"{given['student']} {given['notebook']}/{given['question']}{points}{again}: {given['text']}"))
    return 0


def print_bank(course, arguments):
    """Print the comments of a sheet and how often each was given."""
    from seglab.grading.records.comments import EXAMPLE, bank_path, count_uses, read_bank

    bank = read_bank(course, arguments.sheet)
    uses = count_uses(course, arguments.sheet, bank) if bank else {}
    if arguments.json:
        rows = [
            {"question": question, "key": key, "text": saved.text, "points_off": saved.points_off, "used": used}
            for (question, key), used in uses.items()
            for saved in [bank[question][key]]
        ]
        print(json.dumps(rows, indent=1))
        return 0
    for question, comments in bank.items():
        print(question)
        for key, saved in comments.items():
            off = f"{saved.points_off:g} off, " if saved.points_off else ""
            print(f"    {key:16} {off}given {uses[question, key]} times: {saved.text}")
    if not bank:
        print(f"no comments yet: write them to {bank_path(course, arguments.sheet)}, such as\n\n{EXAMPLE}", end="")
    return 0


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
    parser.add_argument(
        "--comment", nargs=3, metavar=("STUDENT", "QUESTION", "KEY"), help="give a comment of the bank, and its points"
    )
    parser.add_argument("--points", type=float, metavar="N", help="with --comment: what the question gives")
    parser.add_argument("--bank", action="store_true", help="print the comments of the sheet's bank")


def feedback_options(parser):
    common_options(parser)
    sheet_option(parser)
    parser.add_argument("--student", action="append", metavar="S", help="only this student; can be repeated")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the pages (default: nbgrader's feedback/)")


COMMANDS = (
    (review, "list what waits for a person after the grading, and why", review_options),
    (feedback, "write a page per graded notebook that students read offline", feedback_options),
)
