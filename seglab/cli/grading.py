"""Commands that take submissions from the students' files to nbgrader's gradebook."""

import argparse
import contextlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from seglab.cli.countdown import Countdown
from seglab.errors import InputError
from seglab.progress import clock

PROOFS_AT_ONCE = 2  # each keeps a core and a half busy, and two processes with the sheet's packages


def course_of(arguments):
    """Open the course that the options name."""
    from seglab.grading.course import Course

    return Course(getattr(arguments, "course", None) or ".")


def release(arguments):
    """Generate the students' version of sheets, and prove that it can be handed out."""
    from seglab.grading.proofs import prove_and_release
    from seglab.grading.releasing import release_solutions

    course = course_of(arguments)
    if arguments.all == bool(arguments.sheets):
        raise InputError("name the sheets to release, or write --all")
    sheets, released = course.sheets() if arguments.all else arguments.sheets, {}

    def prove(sheet):
        def tell(done, total, _):
            progress(len(released), len(sheets), f"{sheet} {done}/{total}")

        path, lines = prove_and_release(sheet, course.root, tell, proven=not arguments.unproven)
        solved = release_solutions(course, sheet) if arguments.with_solutions else ()
        return {"paths": [str(each) for each in (path, *solved)], "proofs": lines}

    with Countdown("prove") as progress, ThreadPoolExecutor(PROOFS_AT_ONCE) as pool:
        try:
            for sheet, found in zip(sheets, pool.map(prove, sheets), strict=True):
                released[sheet] = found
                if not arguments.json:
                    print("\n".join([*found["paths"], *(f"    {line}" for line in found["proofs"])]), flush=True)
        finally:
            pool.shutdown(cancel_futures=True)
    if arguments.json:
        print(json.dumps(released, indent=1))
    return 0


def collect(arguments):
    """Bring what students handed in to where nbgrader looks for it."""
    from seglab.grading.collecting.collect import collect as collect_submissions

    course = course_of(arguments)
    with Countdown("collect") as progress:
        report = collect_submissions(
            course, arguments.sheet, arguments.paths, students=arguments.students, progress=progress
        )
    if arguments.json:
        print(json.dumps(report, indent=1, default=str))
        return 0
    for student, facts in report["students"].items():
        names = ", ".join([*facts["notebooks"], *facts["artifacts"]])
        print(f"{facts['status']:12} {student:20} attempt {facts['attempt']} of {facts['attempts']}: {names}")
        for line in (*facts["refused"], *facts["notes"]):
            print(f"             {_plain(line)}")
    for entry in report["quarantine"]:
        print(f"quarantine   {entry['sender']}: {entry['reason']} ({entry['folder']})")
    for entry in report["refused"]:
        print(f"refused      {_plain(entry)}")
    return 1 if report["quarantine"] or report["refused"] else 0


def repair(arguments):
    """Put submissions back into the form of their sheet, and say what was done."""
    from seglab.grading.repairing import repair_submissions

    course = course_of(arguments)
    with Countdown("repair") as progress:
        reports = repair_submissions(
            course, arguments.sheet, students=arguments.student, out=arguments.out, progress=progress
        )
    if arguments.json:
        print(json.dumps(reports, indent=1))
        return 0
    for report in reports:
        print(f"{report['student']}/{report['notebook']}: {_found(report['slots'])}")
        for line in report["log"]:
            print(f"    {line}")
        for line in report["queue"]:
            print(f"    LOOK  {line}")
    return 1 if any(report["queue"] for report in reports) else 0


def grade(arguments):
    """Grade submissions by the judge and write the grades into nbgrader's gradebook."""
    from seglab.grading import runner
    from seglab.grading.records import review

    course = course_of(arguments)
    if arguments.dry_run:
        return _plan(course, arguments)
    with contextlib.ExitStack() as stack:
        executor = None
        if arguments.scheduler:
            from seglab.grading.cluster import ClusterExecutor

            executor = stack.enter_context(ClusterExecutor(arguments.scheduler, course.root, gpu=arguments.gpu))
        how = what_to_run(arguments)
        if arguments.results:
            from seglab.grading.travel import Results

            executor = stack.enter_context(Results(arguments.results, arguments.sheet))
            how |= executor.options
        progress = stack.enter_context(Countdown(f"grade {arguments.sheet}"))
        summary = runner.grade(
            course,
            arguments.sheet,
            workers=arguments.workers,
            executor=executor,
            **how,
            progress=progress,
            started=print_ladder,
        )
    if arguments.json:
        print(json.dumps(summary.to_dict(), indent=1))
        return 1 if summary.errors else 0
    for line in summary.sheet_changes:
        print(f"CHANGED  {line}")
    for row in sorted(summary.students, key=lambda row: row["student"]):
        notes = [f"{row['late_penalty']:g} off for being late"] if row["late_penalty"] else []
        notes += ["waits for a person"] if row["needs_manual_grade"] else []
        notes += ["as before"] if not row["changed"] else []
        if row["before"] and tuple(row["before"]) != (row["score"], row["max_score"]):
            notes.append("was {:g} / {:g}".format(*row["before"]))
        print(f"{row['student']:20} {row['score']:7g} / {row['max_score']:g}  {', '.join(notes)}".rstrip())
    for entry in summary.queue:
        print(f"LOOK  {entry['student']} {entry['notebook']}: {'; '.join(entry['reasons'])}")
    if summary.queue:
        print(f"{len(summary.queue)} in {review.queue_path(course, arguments.sheet)}")
    done = f"{len(summary.students)} submissions, {summary.ran} run, {clock(summary.seconds)}"
    print(f"{done}; audit log ends with {summary.audit_head[:16]}")
    return 1 if summary.errors else 0


def _plan(course, arguments):
    """Print what a grading would do."""
    from seglab.grading.planning import plan

    with Countdown(f"plan {arguments.sheet}") as progress:
        found = plan(course, arguments.sheet, **what_to_run(arguments), progress=progress)
    if arguments.json:
        print(json.dumps(found.to_dict(), indent=1))
        return 1 if found.errors else 0
    for line in found.sheet_changes:
        print(f"CHANGED  {line}")
    for row in found.students:
        if row["run"]:
            print(f"{row['student']:20} would run: {', '.join(row['run'])}")
    for line in found.errors:
        print(f"LOOK  {line}")
    can_change = sum(row["can_change"] for row in found.students)
    counts = f"{len(found.students)} submissions, {found.jobs} would run, {can_change} scores can change"
    print(f"{counts}; nothing was done")
    return 1 if found.errors else 0


def what_to_run(arguments):
    """Return what the options of `run_options` ask for, as `runner.grade`, `plan` and `pack` take it."""
    return {
        "students": arguments.student,
        "allow_weak": arguments.allow_weak_sandbox,
        "settings": dict(arguments.set, **({"gpu": True} if arguments.gpu else {})),
        "seed": arguments.seed,
        "force": arguments.force,
    }


def print_ladder(rungs, missing):
    """Say on standard error which rungs of the sandbox hold.

    Args:
        rungs: `dict` from rung to `"ok"` or why it does not hold.
        missing: What hidden tests need and do not have, one line each.
    """
    holding = [name for name, state in rungs.items() if state == "ok"]
    print(f"sandbox: {len(holding)} rungs hold: {', '.join(holding)}", file=sys.stderr)
    for name, state in rungs.items():
        if state != "ok":
            print(f"sandbox: {name}: {state}", file=sys.stderr)
    for line in missing:
        print(f"sandbox: TOO WEAK FOR HIDDEN TESTS: {line}", file=sys.stderr)


def _plain(entry):
    return ", ".join(str(value) for value in entry.values() if value) if isinstance(entry, dict) else str(entry)


def _found(slots):
    """Say how answers were found: `3 answers (grade_id 2, marker 1)`."""
    methods = [slot["method"] for slot in slots]
    counts = ", ".join(f"{method} {methods.count(method)}" for method in dict.fromkeys(methods))
    return f"{len(slots)} answers ({counts})" if slots else "no answers"


def parse_setting(text):
    """Read `cell_seconds=30` into a pair.

    Example:
        >>> parse_setting("cell_seconds=30")
        ('cell_seconds', 30)
    """
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, such as cell_seconds=30") from None


def parse_workers(text):
    """Read a number of processes, 1 or more."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes, 1 or more")
    return int(text)


def common_options(parser):
    """Add the options that all these commands share."""
    parser.add_argument(
        "--course", default=argparse.SUPPRESS, metavar="DIR", help="folder of any nbgrader course (default: this one)"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def release_options(parser):
    common_options(parser)
    parser.add_argument("sheets", nargs="*", metavar="SHEET", help="sheet, for example lab1_fcn_unet")
    parser.add_argument("--all", action="store_true", help="every sheet of the course")
    parser.add_argument("--with-solutions", action="store_true", help="after the deadline: the solved notebooks, too")
    parser.add_argument("--unproven", action="store_true", help="skip the proofs, while a sheet is being written")


def sheet_option(parser):
    """Add the one sheet that a command is about."""
    parser.add_argument("sheet", metavar="SHEET", help="name of the sheet")


def collect_options(parser):
    common_options(parser)
    sheet_option(parser)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="archives of an LMS, folders, notebooks")
    parser.add_argument("--students", type=Path, metavar="FILE", help="CSV file of the known students")


def repair_options(parser):
    common_options(parser)
    sheet_option(parser)
    parser.add_argument("--student", action="append", metavar="S", help="only this student; can be repeated")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the repaired notebooks")


def grade_options(parser):
    common_options(parser)
    sheet_option(parser)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=parse_workers, default=usable, metavar="N", help="processes that grade")
    where.add_argument("--scheduler", metavar="ADDRESS", help="grade on the workers of this Dask scheduler")
    where.add_argument("--results", type=Path, metavar="FILE", help="take over what `seglab work` wrote elsewhere")
    run_options(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would run, and whose score can change")


def run_options(parser):
    """Add the options that say what to run, and how."""
    parser.add_argument("--student", action="append", metavar="S", help="only this student; can be repeated")
    parser.add_argument("--gpu", action="store_true", help="let the students' processes use the GPU")
    parser.add_argument("--force", action="store_true", help="run again what has a valid result")
    parser.add_argument("--seed", type=int, default=0, help="behind the random numbers of tests and answers")
    parser.add_argument(
        "--set", action="append", type=parse_setting, default=[], metavar="NAME=VALUE", help="change a limit"
    )
    parser.add_argument(
        "--allow-weak-sandbox", action="store_true", help="run hidden tests where the sandbox lacks rungs"
    )


COMMANDS = (
    (release, "generate the students' version of a sheet, and prove that its points are right", release_options),
    (collect, "bring submissions from LMS archives, folders and files to submitted/", collect_options),
    (repair, "put submissions back into the form of their sheet; say what a person should look at", repair_options),
    (grade, "grade submissions by the judge, into nbgrader's gradebook", grade_options),
)
