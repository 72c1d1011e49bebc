"""Commands that take what was graded to others: grades to Canvas and Moodle, an analysis to the instructor."""

import json
import sys
from pathlib import Path

from seglab.cli.grading import common_options, course_of
from seglab.cli.results import plain


def export(arguments):
    """Write the grades of sheets as CSV, for spreadsheets, Canvas or Moodle."""
    from seglab.grading.records.export import export as exporting

    report = exporting.export(
        course_of(arguments),
        arguments.sheets,
        form=arguments.format,
        students=arguments.students,
        missing=arguments.missing,
        unfinished=arguments.unfinished,
    )
    text = report.pop("text")
    if arguments.out:
        exporting.write(text, arguments.out)
    if arguments.json:
        print(json.dumps({**report, "out": str(arguments.out) if arguments.out else None}, indent=1))
        return 0
    if not arguments.out:
        sys.stdout.write(text)
    for note in report["notes"]:
        print(plain(f"LOOK  {note}"), file=sys.stderr)
    if report["held"]:
        names = ", ".join(report["held"])
        print(plain(f"LOOK  not exported, a person must look at them (or --unfinished): {names}"), file=sys.stderr)
    if arguments.out:
        graded = sum(line["final"] is not None for line in report["lines"])
        print(f"{arguments.out}: {len(report['lines'])} students and sheets, {graded} with a grade")
    return 0


def export_options(parser):
    common_options(parser)
    parser.add_argument("sheets", nargs="+", metavar="SHEET", help="name of a sheet; Moodle takes one at a time")
    parser.add_argument("--format", choices=("csv", "canvas", "moodle"), default="csv", help="form of the file")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the file (default: print it)")
    parser.add_argument(
        "--students",
        type=Path,
        metavar="FILE",
        help="class list: gradebook of Canvas, worksheet of Moodle, any CSV file",
    )
    parser.add_argument(
        "--missing", choices=("zero", "empty"), default="empty", help="grade of who handed in nothing (default: empty)"
    )
    parser.add_argument("--unfinished", action="store_true", help="to Canvas and Moodle also what waits for a person")


COMMANDS = ((export, "write grades as CSV, for spreadsheets, Canvas or Moodle", export_options),)
