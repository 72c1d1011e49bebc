"""The command that shows the standings of a sheet whose tests report a score."""

import json
import sys
from pathlib import Path

from seglab.cli.grading import common_options, course_of, sheet_option


def leaderboard(arguments):
    """Print who stands where, by the scores that the judge measured."""
    from seglab.grading import leaderboard as board

    tracks, warnings = board.standings(course_of(arguments), arguments.sheet, anonymous=arguments.anonymous)
    for warning in warnings:
        print(f"LOOK  {warning}", file=sys.stderr)
    if arguments.html:
        board.write_page(tracks, arguments.sheet, arguments.html)
    if arguments.json:
        print(json.dumps(tracks, indent=1))
    else:
        print("\n".join([*board.as_text(tracks), *([f"\nwrote {arguments.html}"] if arguments.html else [])]))
    return 1 if warnings else 0


def leaderboard_options(parser):
    common_options(parser)
    sheet_option(parser)
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page of its own")
    parser.add_argument("--anonymous", action="store_true", help="codes from the submitted notebooks in place of names")


COMMANDS = ((leaderboard, "show the judge's scores of a sheet by track; ranks are not graded", leaderboard_options),)
