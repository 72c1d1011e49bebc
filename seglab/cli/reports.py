"""Commands that take what was graded to others: grades to Canvas and Moodle, an analysis to the instructor."""

import json
import sys
from pathlib import Path

from seglab.cli.countdown import Countdown
from seglab.cli.grading import common_options, course_of, sheet_option
from seglab.cli.results import plain
from seglab.errors import InputError


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


def analyze(arguments):
    """Write the page that tells instructors about a graded sheet."""
    from seglab.grading.analysis import page

    course = course_of(arguments)
    if not 0 < arguments.similar <= 1:
        raise InputError(f"--similar must be a share above 0, 1 at most, got {arguments.similar:g}")
    with Countdown(f"analyze {arguments.sheet}") as progress:
        facts = page.analyze(course, arguments.sheet, threshold=arguments.similar, progress=progress)
        out = arguments.out or course.root / ".seglab" / "analysis" / f"{arguments.sheet}.html"
        page.write_page(facts, out)
    scores, pairs = facts["scores"], facts["pair_count"]
    if arguments.json:
        pairs = [{name: getattr(pair, name) for name in ("first", "second", "share")} for pair in facts["pairs"]]
        waiting = [{"place": "/".join(key[:2]), "why": key[2], "who": names} for key, names in facts["waiting"].items()]
        print(json.dumps({**facts, "pairs": pairs, "waiting": waiting, "out": str(out)}, indent=1))
        return 0
    print(f"{out}: {scores['number']} submissions, {scores['waiting']} wait for a person, {pairs} similar pairs")
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


def analyze_options(parser):
    common_options(parser)
    sheet_option(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="the page (default: in the course's own .seglab)")
    parser.add_argument(
        "--similar", type=float, default=0.6, metavar="SHARE", help="which pairs of answers to show (default: 0.6)"
    )


COMMANDS = (
    (export, "write grades as CSV, for spreadsheets, Canvas or Moodle", export_options),
    (analyze, "write a page on scores, questions, failing tests, costs and similar answers", analyze_options),
)
