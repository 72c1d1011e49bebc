"""How long does a lesson take? What the last `make test` measured, recorded for the README.

Usage: python benchmarks/lessons.py [FILE]   (default: build/lessons.xml, which `make test` leaves)

The suite runs every lesson from top to bottom, several side by side, so a lesson's seconds are more than those it takes
alone. A run of some lessons only is refused: the record is of one run.
"""

import json
import os
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from seglab.authoring import front_page

ROOT = Path(__file__).parents[1]
LONGEST, ALL = 4 * 60, 25 * 60  # seconds on two cores


def read(path):
    """Return the seconds of the whole run, and those of each lesson by name, from pytest's JUnit file."""
    suite = ElementTree.parse(path).getroot().find("testsuite")
    if int(suite.get("failures")) or int(suite.get("errors")):
        raise SystemExit(f"{path}: a lesson failed; mend it, and run `make test` again.")
    lessons = {}
    for case in suite.iter("testcase"):
        name = case.get("classname").rpartition(".")[2]
        lessons[name] = lessons.get(name, 0.0) + float(case.get("time"))
    missing = {path.stem for path in (ROOT / "course").glob("*.ipynb")} ^ set(lessons)
    if missing:
        raise SystemExit(f"{path}: {', '.join(sorted(missing))} ran or exist, not both; run `make test` again.")
    return float(suite.get("time")), lessons


def main(path):
    """Record a run and print it; return 1 if a lesson, or all together, took too long."""
    seconds, lessons = read(path)
    finished = Path(path).stat().st_mtime
    record = {
        "date": time.strftime("%Y-%m-%d", time.gmtime(finished)),
        "cores": os.cpu_count(),
        "seconds": round(seconds, 1),
        "lessons": {name: round(lessons[name], 1) for name in sorted(lessons)},
    }
    (ROOT / front_page.RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    for name, took in record["lessons"].items():
        print(f"{name:28} {took:6.1f} s")
    longest = max(lessons.values())
    print(f"all: {seconds:.0f} s on {record['cores']} cores (at most {ALL}); longest: {longest:.0f} s ({LONGEST})")
    front_page.write(ROOT)
    return 1 if seconds > ALL or longest > LONGEST else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or ["build/lessons.xml"]))
