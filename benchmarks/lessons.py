"""How long does a lesson take? What the last `make test` measured, recorded for the README.

Usage: python benchmarks/lessons.py [FILE ...]   (default: build/lessons.xml, which `make test` leaves)

The suite runs every lesson from top to bottom. CPU seconds are those of the lesson's kernel, and hardly depend on what
else the machine does; seconds are those on the clock, with other lessons beside it, and do. Of several files, the last
that holds a lesson counts.
"""

import json
import os
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from seglab.authoring import front_page

ROOT = Path(__file__).parents[1]
LONGEST, ALL = 4 * 60, 25 * 60  # CPU seconds


def read(path):
    """Return `{name: {"cpu_seconds": ..., "seconds": ...}}` of the lessons in a JUnit file of pytest."""
    suite = ElementTree.parse(path).getroot().find("testsuite")
    if int(suite.get("failures")) or int(suite.get("errors")):
        raise SystemExit(f"{path}: a lesson failed; mend it, and run `make test` again.")
    lessons = {}
    for case in suite.iter("testcase"):
        name = case.get("classname").removeprefix("course.").removesuffix(".ipynb")
        lesson = lessons.setdefault(name, {"cpu_seconds": 0.0, "seconds": 0.0})
        lesson["seconds"] += float(case.get("time"))
        lesson["cpu_seconds"] += sum(float(one.get("value")) for one in case.iter("property"))
    return {name: {key: round(value, 1) for key, value in lesson.items()} for name, lesson in lessons.items()}


def main(*paths):
    """Record the lessons and print them; return 1 if one, or all together, took too long."""
    lessons = {}
    for path in paths:
        lessons |= read(path)
    record = {
        "date": time.strftime("%Y-%m-%d", time.gmtime(max(Path(path).stat().st_mtime for path in paths))),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[2], 1),
        "lessons": dict(sorted(lessons.items())),
    }
    (ROOT / front_page.RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"{'lesson':28}   CPU s       s")
    for name, lesson in record["lessons"].items():
        print(f"{name:28} {lesson['cpu_seconds']:7.1f} {lesson['seconds']:7.1f}")
    took = [lesson["cpu_seconds"] for lesson in lessons.values()]
    print(f"all: {sum(took):.0f} CPU s (at most {ALL}); the longest: {max(took):.0f} ({LONGEST})")
    for name in sorted({path.stem for path in (ROOT / "course").glob("*.ipynb")} - set(lessons)):
        print(f"{name} was not run")
    front_page.write(ROOT)
    return 1 if sum(took) > ALL or max(took) > LONGEST else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or ["build/lessons.xml"]))
