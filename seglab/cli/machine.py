"""The command for the machine that the notebooks run on."""

import dataclasses
import json


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


def doctor_options(parser):
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


COMMANDS = ((doctor, "check versions, device and tools, and say what mends each finding", doctor_options),)
