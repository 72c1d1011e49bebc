"""What must hold before students get a sheet: its solution, its release and its wrong answers get their points.

Each is shown twice: in one ordinary process, as nbgrader and a student's own kernel run a notebook, and through the
judge, as it will be graded.
"""

import copy
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from seglab.authoring import notebooks
from seglab.authoring.answers import answers_of, reference_files
from seglab.authoring.release import publish
from seglab.errors import InputError
from seglab.grading.course import Course
from seglab.grading.modes import Case, Judged, Ordinary, reduced
from seglab.grading.releasing import make_release
from seglab.grading.repair import Form, repair
from seglab.grading.repair.roles import nbgrader_metadata, role
from seglab.grading.submissions import Sheet

MODES = (Ordinary, Judged)
MAX_TEXT = 500  # characters of what a test said
ADVICE = {
    Ordinary.name: "",
    Judged.name: ". The student's code runs in another process: have answers return plain data, or put what needs the "
    "student's own objects into a function with @probe.",
}


def prove(sheet, course_dir=".", progress=None):
    """Prove that a sheet can be handed out; nothing is written.

    Args:
        sheet: Name of the sheet.
        course_dir: The folder of any nbgrader course.
        progress: Called with `(done, total, text)`; `None` for silence.

    Returns:
        List of lines: what was proven, and what an author may want to know.

    Raises:
        InputError: If a proof fails; its message names the sheet, the cell and the reason.
    """
    course = Course(course_dir)
    with tempfile.TemporaryDirectory(prefix="seglab-proof-") as scratch:
        return _prove(sheet, course, make_release(course, sheet, scratch), progress)


def prove_and_release(sheet, course_dir=".", progress=None, *, proven=True):
    """Generate a release, prove it, and only then put it in its place.

    Args:
        sheet: Name of the sheet.
        course_dir: The folder of any nbgrader course.
        progress: Called with `(done, total, text)`; `None` for silence.
        proven: Whether to run the proofs; without them a release is only known to give nothing away.

    Returns:
        `(path, lines)`: `Path` of the released notebook, and what `prove` returns.

    Raises:
        InputError: If a proof fails, or the release cannot be written; the one that was there stays.
    """
    course = Course(course_dir)
    with tempfile.TemporaryDirectory(prefix="seglab-proof-") as scratch:
        made = make_release(course, sheet, scratch)
        lines = _prove(sheet, course, made, progress) if proven else []
        return publish(made, course.folder("release", sheet)), lines


@dataclass(frozen=True)
class Proof:
    """A notebook and the points that it must get.

    Attributes:
        case: What is run.
        points: `dict` from the `grade_id` of each test to what it can give.
        loses: `dict` from `grade_id` to the points that must be lost there, and only there.
        kind: `"solution"`, `"release"`, `"another course's release"`, which may fail for any reason, or
            `"wrong answer"`.
    """

    case: Case
    points: dict
    loses: dict
    kind: str


def _prove(sheet, course, made, progress):
    prepared = Sheet(course, sheet)
    proofs, lines = proofs_of(prepared, course, made)
    say = progress or (lambda *_: None)
    with ExitStack() as stack:
        pools = [stack.enter_context(ThreadPoolExecutor(1)) for _ in MODES]  # one process at a time in each mode
        modes = [stack.enter_context(mode(prepared, course)) for mode in MODES]
        stack.callback(lambda: [pool.shutdown(cancel_futures=True) for pool in pools])
        pairs = list(zip(pools, modes, strict=True))
        started = [[pool.submit(mode.run, proof.case) for pool, mode in pairs] for proof in proofs]
        for number, (proof, futures) in enumerate(zip(proofs, started, strict=True)):
            say(number, len(proofs), proof.case.title)
            outcomes = [future.result() for future in futures]
            for mode, outcome in zip(modes, outcomes, strict=True):
                _check(proof, outcome, mode.name)
                lines += [f"note: {proof.case.title}: {note}" for note in outcome.notes if proof.kind == "solution"]
        say(len(proofs), len(proofs), "proven")
    return lines


def proofs_of(sheet, course, made):
    """Make what is to be run.

    Args:
        sheet: The `Sheet`.
        course: The `Course`.
        made: Folder of its release.

    Returns:
        `(proofs, lines)`: list of `Proof`, and the lines that will be true when all of them hold.

    Raises:
        InputError: If a wrong answer speaks of what the sheet does not have.
    """
    folder = course.folder("source", sheet.name)
    source = folder / f"{sheet.name if sheet.name in sheet.masters else min(sheet.masters)}.ipynb"
    answers = answers_of(sheet.name, course.root)
    good_files = reference_files(course.root / "tests" / "answers" / sheet.name, source)
    points = {name: _points(master) for name, master in sheet.masters.items()}
    proofs, strict = [], True
    for name, master in sheet.masters.items():
        released = notebooks.read(made / f"{name}.ipynb")
        form, where = Form(master, release=released, clearing=course.clearing), f"{folder.name}/{name}.ipynb"
        solved = Case(f"{where}: the solution", name, master, _repaired(form, master, where), good_files)
        given = Case(f"{where}: the release", name, master, _repaired(form, released, where), {})
        proofs.append(Proof(solved, points[name], {}, "solution"))
        strict &= "seglab" in released.get("metadata", {})  # answers of other courses need not be functions
        proofs.append(Proof(given, points[name], points[name], "release" if strict else "another course's release"))
    total = sum(sum(each.values()) for each in points.values())
    lines = [
        f"the solution gets all {total:g} points, in one process and through the judge",
        f"the release gets none, {'fails only with NotImplementedError, ' if strict else ''}and shows neither a "
        "solution nor a hidden test",
    ]
    known = {test: most for each in points.values() for test, most in each.items()}
    cells = {cell.get("id") for master in sheet.masters.values() for cell in master["cells"]}
    for answer in answers:
        _check_facts(answer, known, cells)
    for name, master in sheet.masters.items():
        proofs += _of_answers(answers, name, master, points[name], good_files, source)
    if answers:
        lines.append(f"{len(answers)} wrong answers lose exactly their points, in one process and through the judge")
    lost = {test for answer in answers for test in answer.loses}
    never = [test for each in points.values() for test in each if test not in lost]
    if never:
        lines.append(f"note: no wrong answer in tests/answers/{sheet.name} fails {', '.join(never)}")
    return proofs, lines


def _check_facts(answer, points, cells):
    """Raise an error where a wrong answer speaks of what the sheet does not have."""
    if answer.cell is not None and answer.cell not in cells:
        answer.put_into({"cells": []})
    for test, loss in answer.loses.items():
        if test not in points:
            raise InputError(f"{answer.path}: LOSES names {test!r}, which is no test of the sheet.")
        if not 0 < loss <= points[test]:
            raise InputError(f"{answer.path}: LOSES takes {loss} points from {test}, which gives {points[test]:g}.")


def _of_answers(answers, name, master, points, good_files, source):
    """Return the proofs of the wrong answers that have to do with one notebook of the sheet."""
    cells = {cell.get("id") for cell in master["cells"]}
    chosen = [each for each in answers if (each.cell in cells if each.cell else set(each.loses) & set(points))]
    submissions = []
    for answer in chosen:
        submissions.append(copy.deepcopy(master))
        if answer.cell is not None:
            answer.put_into(submissions[-1])
    short, submissions = reduced(master, submissions)
    proofs = []
    for answer, submission in zip(chosen, submissions, strict=True):
        files = answer.files(source) if answer.cell is None else good_files
        proofs.append(
            Proof(Case(str(answer.path), name, short, submission, files), points, answer.loses, "wrong answer")
        )
    return proofs


def _points(master):
    """Return the points of a notebook's tests, by `grade_id`."""
    known = [nbgrader_metadata(cell) for cell in master["cells"] if role(cell) == "test"]
    return {str(each.get("grade_id", "")): float(each.get("points", 0)) for each in known}


def _repaired(form, notebook, where):
    """Return a notebook as the grader takes it over from a student."""
    done = repair(form, notebooks.dumps(notebook).encode())
    if done.notebook is None or done.queue:
        raise InputError(f"{where}: the grader cannot read it back without doubt: {done.queue[0]}")
    return done.notebook


def _check(proof, outcome, mode):
    """Raise an error where a notebook did not get its points, or for the wrong reason."""
    title = proof.case.title
    if outcome.end is not None:
        raise InputError(f"{title}: does not come to its end {mode}: {outcome.end}")
    for test, most in proof.points.items():
        got, wanted = outcome.points.get(test, 0.0), most - proof.loses.get(test, 0)
        kind, text = outcome.failures.get(test, (None, ""))
        said = f"{kind}: {' '.join(text.split())[:MAX_TEXT]}" if kind else "it passes"
        if proof.kind == "release" and most and kind != "NotImplementedError":
            raise InputError(f"{title}: cell {test} must fail with NotImplementedError {mode}, but {said}")
        if got != wanted and proof.kind == "wrong answer":
            lost = f"loses {most - got:g} points of {test} {mode}, LOSES says {most - wanted:g}"
            raise InputError(f"{title}: {lost} ({said})")
        if got != wanted:
            raise InputError(f"{title}: cell {test} gives {got:g} of {most:g} points {mode}: {said}{ADVICE[mode]}")
    if proof.kind not in ("solution", "release"):
        return
    for cell, kind, text in outcome.errors:
        if proof.kind == "solution" or kind != "NotImplementedError":
            raise InputError(f"{title}: {cell} raises {kind} {mode}: {' '.join(text.split())[:MAX_TEXT]}")
