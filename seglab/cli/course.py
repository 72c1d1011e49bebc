"""Commands for the notebooks of the course and the machine they run on."""

import dataclasses
import json
from pathlib import Path


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


def lint(arguments):
    """Print what breaks the notebook rules, and whether the README's table is stale."""
    from seglab.authoring import front_page
    from seglab.authoring.lint import lint_notebooks

    findings = lint_notebooks(arguments.paths or [Path(name) for name in ("course", "solutions", "labs")])
    if not arguments.paths:
        findings += front_page.findings()
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def doctor_options(parser):
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def lint_options(parser):
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks or folders (default: course solutions labs)")


COMMANDS = (
    (doctor, "check versions, device and tools, and say what mends each finding", doctor_options),
    (lint, "check notebooks against the course's rules", lint_options),
)
