"""The leaderboard of a sheet: what the judge's tests reported of each submission, in order of the score.

It is read from the audit log, where the judge's numbers stand; nothing that a student writes gets there.
"""

import html
import json
import math
import os
from pathlib import Path

from seglab.errors import InputError
from seglab.grading.records import audit

COLUMNS = ("rank", "student", "score", "ms per image", "weights")
CODE_DIGITS = 8
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
table {{ border-collapse: collapse; width: 100%; margin: 1.5rem 0; }}
caption {{ text-align: left; font-weight: bold; }}
th, td {{ padding: .3rem .6rem; border-bottom: 1px solid #bbb; text-align: right; }}
th:nth-child(2), td:nth-child(2) {{ text-align: left; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
<p>Scores are those that the judge measured. The rank is shown, not graded.</p>
</body>
</html>
"""


def standings(course, sheet, *, anonymous=False):
    """Read who stands where.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        anonymous: Whether students are named by a code, the first digits of the SHA-256 of the notebook that they
            handed in; `submit` writes that number into the archive's `manifest.json`.

    Returns:
        `(tracks, warnings)`: `dict` from track to its list of rows, best first, each a `dict` of `rank` (equal scores
        share one), `student`, `score`, `milliseconds` and `parameters`, `None` where there is none; and one line for
        each place where the log was changed.

    Raises:
        InputError: If nothing of the sheet has been graded, or no test of it reports a score.
    """
    path = course.root / ".seglab" / "audit.jsonl"
    graded = _last_gradings(path, sheet)
    if not graded:
        raise InputError(f"sheet: nothing of {sheet!r} has been graded; run `seglab grade {sheet}` first.")
    tracks = {}
    for (student, _), entry in sorted(graded.items()):
        facts = {}
        for each in (entry.get("reported") or {}).values():
            facts |= each
        if "track" in facts:
            code = str(entry.get("original"))[:CODE_DIGITS]
            tracks.setdefault(str(facts["track"]), []).append(_row(code if anonymous else student, facts))
    if not tracks:
        raise InputError(f"sheet: no test of {sheet!r} reports a score.")
    for rows in tracks.values():
        rows.sort(key=lambda row: -math.inf if row["score"] is None else row["score"], reverse=True)
        for place, row in enumerate(rows, 1):
            if row["score"] is not None:
                before = rows[place - 2] if place > 1 else {"score": None}
                row["rank"] = before["rank"] if before["score"] == row["score"] else place
    return dict(sorted(tracks.items())), [f"{path.name}: {finding}" for finding in audit.check(path)]


def as_text(tracks):
    """Write the standings as lines of text.

    Args:
        tracks: What `standings` returned first.

    Returns:
        List of lines.
    """
    lines = []
    for track, rows in tracks.items():
        width = max(7, *(len(row["student"]) for row in rows))
        lines += [f"{track}", f"{'rank':>4}  {'student':{width}}  {'score':>6}  {'ms per image':>12}  {'weights':>10}"]
        for row in rows:
            rank, student, score, milliseconds, weights = _cells(row)
            lines.append(f"{rank:>4}  {student:{width}}  {score:>6}  {milliseconds:>12}  {weights:>10}")
        lines.append("")
    return lines[:-1]


def write_page(tracks, sheet, path):
    """Write the standings as one HTML page without a script or a request.

    Args:
        tracks: What `standings` returned first.
        sheet: Name of the sheet.
        path: The file.

    Raises:
        OSError: If it cannot be written.
    """
    tables = []
    for track, rows in tracks.items():
        head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
        cells = ["".join(f"<td>{html.escape(cell)}</td>" for cell in _cells(row)) for row in rows]
        body = "\n".join(f"<tr>{each}</tr>" for each in cells)
        caption = f"<caption>{html.escape(track)}</caption>"
        tables.append(f"<table>{caption}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>")
    page = PAGE.format(title=html.escape(f"Leaderboard of {sheet}"), body="\n".join(tables))
    partial = Path(path).with_name(f"{Path(path).name}.partial")
    partial.write_text(page, encoding="utf-8")
    os.replace(partial, path)


def _last_gradings(path, sheet):
    """Return the last entry of every student and notebook of a sheet."""
    graded = {}
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return graded
    for line in lines:
        try:
            entry = json.loads(line)
            if entry["event"] == "graded" and entry["sheet"] == sheet:
                graded[str(entry["student"]), str(entry["notebook"])] = entry
        except (ValueError, TypeError, KeyError):  # a line cut short, which audit.check reports
            continue
    return graded


def _row(student, facts):
    row = {"rank": None, "student": student}
    for name in ("score", "milliseconds", "parameters"):
        value = facts.get(name)
        row[name] = value if type(value) in (int, float) else None
    return row


def _cells(row):
    shown = {
        "rank": "" if row["rank"] is None else str(row["rank"]),
        "student": row["student"],
        "score": "none" if row["score"] is None else f"{row['score']:.4f}",
        "milliseconds": "" if row["milliseconds"] is None else f"{row['milliseconds']:.1f}",
        "parameters": "" if row["parameters"] is None else f"{row['parameters']:,}",
    }
    return list(shown.values())
