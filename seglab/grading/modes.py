"""The two ways in which a sheet's tests run: in one ordinary process, and through the judge."""

import functools
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from seglab.grading import jobs
from seglab.grading import settings as grading_settings
from seglab.grading.judging import worker
from seglab.grading.judging.cell_code import imported_modules, parse_loosely, text_of
from seglab.grading.judging.merging import merge
from seglab.grading.judging.setup_cells import needed_cells
from seglab.grading.one_process import OneProcess, Outcome
from seglab.grading.processes.zygote import Zygote
from seglab.grading.repair.roles import nbgrader_metadata, role


@dataclass(frozen=True)
class Case:
    """One thing that could be handed in.

    Attributes:
        title: How messages call it.
        notebook: Name of the notebook.
        master: The source notebook, a `dict`.
        submission: The repaired notebook, a `dict`.
        files: `dict` from name to `bytes` of what is handed in beside it.
    """

    title: str
    notebook: str
    master: dict
    submission: dict
    files: dict


class Ordinary:
    """Runs notebooks in one process each, with the tests where nbgrader puts them; a context manager.

    Args:
        sheet: The `Sheet`.
        course: The `Course`.
    """

    name = "in one process"

    def __init__(self, sheet, course):
        self.sheet = sheet
        self.process = OneProcess(_imports(sheet), {"CUDA_VISIBLE_DEVICES": ""})

    def __enter__(self):
        self.process.__enter__()
        return self

    def __exit__(self, *error):
        self.process.__exit__(*error)

    def run(self, case):
        """Run a case.

        Args:
            case: The `Case`.

        Returns:
            `Outcome`.
        """
        cells = []
        for index, source, _ in merge(case.master["cells"], case.submission):
            own = {"metadata": {}, "id": "helper"} if index is None else case.master["cells"][index]
            cells.append({**own, "cell_type": "code", "source": source})
        with tempfile.TemporaryDirectory(prefix="seglab-ordinary-") as folder:
            for name, path in self.sheet.files.items():
                Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, Path(folder, name))
            for name, content in case.files.items():
                if name not in self.sheet.files:
                    Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
                    Path(folder, name).write_bytes(content)
            return self.process.run({**case.master, "cells": cells}, folder)


class Judged:
    """Runs notebooks as `seglab grade` does; a context manager.

    The sandbox may be weak: the answers are the authors' own.

    Args:
        sheet: The `Sheet`.
        course: The `Course`.
    """

    name = "through the judge"

    def __init__(self, sheet, course):
        marks = {"hidden_begin": course.clearing.begin_hidden_tests, "hidden_end": course.clearing.end_hidden_tests}
        self.sheet = sheet
        self.settings = grading_settings.complete({**marks, "allow_weak_sandbox": True})
        self.zygote, self.folder = Zygote(_imports(sheet), self.settings), None
        self.versions = jobs.environment()

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="seglab-judged-")
        try:
            self.zygote.__enter__()
        except BaseException:
            self.folder.cleanup()
            raise
        return self

    def __exit__(self, *error):
        self.zygote.__exit__(*error)
        self.folder.cleanup()

    def run(self, case):
        """Run a case.

        Args:
            case: The `Case`.

        Returns:
            `Outcome`.
        """
        handed_in = Path(tempfile.mkdtemp(dir=self.folder.name))
        for name, content in case.files.items():
            (handed_in / name).parent.mkdir(parents=True, exist_ok=True)
            (handed_in / name).write_bytes(content)
        files = {name: handed_in / name for name in case.files}
        job = jobs.make(
            Path(self.folder.name, "jobs"),
            sheet=self.sheet.name,
            notebook=case.notebook,
            student="author",
            master=case.master,
            submission=case.submission,
            artifacts=files,
            files=self.sheet.own_files(self.settings["artifact_mb"] << 20),
            settings=self.settings,
            imports=self.zygote.imports,
            seed=0,
            versions=self.versions,
        )
        result = worker.grade_job(job.folder, self.zygote)
        shutil.rmtree(job.folder)
        return Outcome(
            points={name: cell["points"] for name, cell in result["cells"].items()},
            failures={
                name: (cell["kind"] or "Partial", cell["detail"] or cell["error"] or "")
                for name, cell in result["cells"].items()
                if cell["points"] < cell["max"]
            },
            seconds=result["seconds"],
            end=result["error"],
            notes=result["log"],
        )


def reduced(master, submissions):
    """Leave out the set-up cells that no test and no answer can feel: lectures take longer than tests.

    Args:
        master: The source notebook, a `dict`.
        submissions: Notebooks with the same cells and other answers, a list of `dict`.

    Returns:
        `(master, submissions)`, new notebooks without those cells.
    """
    cells = master["cells"]
    code = [index for index, cell in enumerate(cells) if cell["cell_type"] == "code"]
    setup = [index for index in code if role(cells[index]) == "setup"]
    parsed = functools.cache(parse_loosely)
    locked = [index for index in setup if nbgrader_metadata(cells[index]).get("locked")]
    rest = [index for index in code if index not in setup]
    left_out = set(setup)
    for each in (master, *submissions):  # one by one: what one of them imports itself, another takes from a set-up cell
        trees = {index: parsed(text_of(each["cells"][index])) for index in code}
        left_out -= set(needed_cells(trees, rest, setup, locked))

    def short(notebook):
        return {**notebook, "cells": [cell for index, cell in enumerate(notebook["cells"]) if index not in left_out]}

    return short(master), [short(each) for each in submissions]


def _imports(sheet):
    return imported_modules([text_of(cell) for master in sheet.masters.values() for cell in master["cells"]])
