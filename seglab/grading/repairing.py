"""The repaired notebooks of a sheet and what was done to them, written where a person can look at them."""

import json
from pathlib import Path

from seglab.authoring import notebooks
from seglab.grading.submissions import Sheet


def repair_submissions(course, sheet, *, students=None, out=None, progress=None):
    """Repair the submissions of a sheet without grading them.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        students: Names of the students, all who handed something in if `None`.
        out: Folder for `STUDENT/NOTEBOOK.ipynb` and `STUDENT/NOTEBOOK.repair.json`; `.seglab/repaired/SHEET` in the
            course if `None`. The notebooks hold the hidden tests.
        progress: Called with `(done, total, text)` whenever a submission is done; `None` for silence.

    Returns:
        List of `dict`, one per student and notebook: `student`, `notebook`, `path` (of the repaired notebook, `None`
        where nothing could be read), `sha256` (of what was handed in), `slots` (of each answer `grade_id`, `method`,
        `confidence`, `note`, `state`), `log` and `queue` (what a person should look at).

    Raises:
        InputError: If the sheet or a student is unknown.
    """
    prepared = Sheet(course, sheet)
    names = prepared.students(students)
    out = Path(out) if out is not None else course.root / ".seglab" / "repaired" / sheet
    reports = []
    for number, student in enumerate(names, 1):
        for name, answers in prepared.read(student).notebooks.items():
            reports.append(_write(answers, out / student, student, name))
        if progress is not None:
            progress(number, len(names), student)
    return reports


def _write(answers, folder, student, name):
    report = {"student": student, "notebook": name, "path": None, "sha256": None, "slots": []}
    if answers.repaired is not None:
        report |= answers.repaired.to_dict()
        if answers.repaired.notebook is not None:
            folder.mkdir(parents=True, exist_ok=True)
            report["path"] = str(folder / f"{name}.ipynb")
            notebooks.write(answers.repaired.notebook, report["path"])
    report |= {"log": answers.notes, "queue": answers.doubts}
    if report["path"] is not None:
        text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
        (folder / f"{name}.repair.json").write_text(text, encoding="utf-8")
    return report
