"""Commands for the notebooks of the course and the machine they run on."""

import dataclasses
import json
from pathlib import Path

from seglab.errors import InputError


def doctor(arguments):
    """Print what is installed and what mends each drift."""
    from seglab import doctor as checks

    findings = checks.diagnose()
    if arguments.json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            print(f"{'ok   ' if finding.ok else 'MEND '} {finding.name:22} {finding.value}")
            if finding.remedy and not finding.ok:
                print(f"      {finding.remedy}")
    return 0 if all(finding.ok for finding in findings) else 1


def release(arguments):
    """Generate the students' version of sheets."""
    from seglab.authoring.release import release as release_sheet
    from seglab.authoring.release import sheets

    if arguments.all == bool(arguments.sheets):
        raise InputError("name the sheets to release, or write --all")
    course = Path.cwd()
    for sheet in sheets(course) if arguments.all else arguments.sheets:
        print(release_sheet(sheet, course))


def lint(arguments):
    """Print what breaks the notebook rules."""
    from seglab.authoring.lint import lint_notebooks

    findings = lint_notebooks(arguments.paths or [Path(name) for name in ("course", "solutions", "labs")])
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def doctor_options(parser):
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def release_options(parser):
    parser.add_argument("sheets", nargs="*", metavar="SHEET", help="sheet, for example lab1_fcn_unet")
    parser.add_argument("--all", action="store_true", help="every sheet in solutions/")


def lint_options(parser):
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks or folders (default: course solutions labs)")


COMMANDS = (
    (doctor, "check versions, device and tools, and say what mends each finding", doctor_options),
    (release, "generate the students' version of a sheet: solutions/ -> labs/", release_options),
    (lint, "check notebooks against the course's rules", lint_options),
)
