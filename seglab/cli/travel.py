"""Commands for grading on a machine that shares nothing with the course."""

import json
import sys
from pathlib import Path

from seglab.cli.countdown import Countdown
from seglab.cli.grading import (
    common_options,
    course_of,
    parse_workers,
    print_ladder,
    run_options,
    sheet_option,
    what_to_run,
)


def pack(arguments):
    """Write what must be run to an archive, for `seglab work` on another machine."""
    from seglab.grading.travel import pack as write_archive

    with Countdown(f"pack {arguments.sheet}") as progress:
        what = what_to_run(arguments)
        count, errors = write_archive(course_of(arguments), arguments.sheet, arguments.out, **what, progress=progress)
    if arguments.json:
        print(json.dumps({"archive": str(arguments.out), "jobs": count, "errors": errors}, indent=1))
        return 1 if errors else 0
    print(f"{arguments.out}: {count} jobs, with hidden tests; next, on the other machine: seglab work {arguments.out}")
    for line in errors:
        print(f"LOOK  {line}")
    return 1 if errors else 0


def work(arguments):
    """Run the jobs of an archive on this machine."""
    from seglab.grading.travel import work as run_archive

    with Countdown(f"work {arguments.archive.name}") as progress:
        ran, lost = run_archive(
            arguments.archive,
            arguments.out,
            workers=arguments.workers,
            other_versions=arguments.other_versions,
            progress=progress,
            started=print_ladder,
        )
    for line in lost:
        print(f"LOST  {line}", file=sys.stderr)
    print(f"{arguments.out}: {ran} run, {len(lost)} without a result; at home: seglab grade SHEET --results FILE")
    return 1 if lost else 0


def pack_options(parser):
    common_options(parser)
    sheet_option(parser)
    run_options(parser)
    parser.add_argument("--out", type=Path, default=Path("jobs.zip"), metavar="FILE", help="(default: jobs.zip)")


def work_options(parser):
    parser.add_argument("archive", type=Path, metavar="FILE", help="what `seglab pack` wrote")
    parser.add_argument("--out", type=Path, default=Path("results.zip"), metavar="FILE", help="(default: results.zip)")
    parser.add_argument("--workers", type=parse_workers, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--other-versions", action="store_true", help="run although versions differ from those at home")


COMMANDS = (
    (pack, "write what must be run to an archive, for a machine that does not see the course", pack_options),
    (work, "run such an archive there; `seglab grade --results` takes over what it writes", work_options),
)
