"""Small sheets and jobs for the tests of the judge."""

import json


def cell(source, grade_id=None, *, solution=False, points=None, role=None, kind="code"):
    """One cell of a sheet: with points a test (with `solution` a manual answer), else an answer or set-up code."""
    metadata = {}
    if grade_id is not None:
        known = {"grade_id": grade_id, "solution": solution, "grade": points is not None, "locked": not solution}
        metadata["nbgrader"] = (
            known | {"task": False, "schema_version": 3} | ({} if points is None else {"points": points})
        )
    if role:
        metadata["seglab"] = {"role": role}
    made = {
        "cell_type": kind,
        "id": grade_id or f"c{abs(hash(source)) % 10**8}",
        "metadata": metadata,
        "source": source,
    }
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def answer(source, grade_id="answer"):
    """A cell that the student writes."""
    return cell(source, grade_id, solution=True)


def check(source, grade_id="check", points=1):
    """A test cell."""
    return cell(source, grade_id, points=points)


def notebook(*cells):
    """A notebook of cells."""
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def submit(master, **answers):
    """A submission: the master with other answers, by `grade_id`."""
    cells = []
    for item in master["cells"]:
        name = item["metadata"].get("nbgrader", {}).get("grade_id")
        cells.append({**item, "source": answers[name]} if name in answers else item)
    return {**master, "cells": cells}


def write_job(folder, master, submission=None, *, artifacts=None, files=None, imports=("numpy",), **settings):
    """Write a job; `artifacts` and `files` are `dict`s from name to bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    extra = {**(artifacts or {}), **(files or {})}
    for name, content in extra.items():
        (folder / name).write_bytes(content)
    (folder / "master.ipynb").write_text(json.dumps(master))
    (folder / "submission.ipynb").write_text(json.dumps(master if submission is None else submission))
    job = {"sheet": "sheet", "notebook": "sheet", "student": "student", "key": "key", "imports": list(imports)}
    job |= {"artifacts": list(artifacts or ()), "files": list(files or ()), "settings": settings, "seed": 3}
    (folder / "job.json").write_text(json.dumps(job))
    return folder
