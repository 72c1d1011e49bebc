"""The commands for submissions: what they print, and what they leave behind."""

import argparse
import io
import json
import sys
from pathlib import Path

import pytest

from seglab.cli import countdown, grading
from seglab.errors import InputError
from seglab.grading import runner
from seglab.grading.records.gradebook import Outcome

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))
import any_course


def run(*argv):
    """Parse as `seglab` does, and run."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    for function, text, add_options in grading.COMMANDS:
        sub = commands.add_parser(function.__name__, help=text)
        sub.set_defaults(command=function)
        add_options(sub)
    arguments = parser.parse_args([str(part) for part in argv])
    return arguments.command(arguments)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def course(tmp_path):
    folder = any_course.make(tmp_path / "course")
    any_course.hand_in(folder, "ann", any_course.RIGHT)
    any_course.hand_in(folder, "bob", {}, names=("basics",))
    (folder / "submitted" / "bob" / "ps1" / "files.ipynb").write_bytes(b"%PDF-1.4")
    return folder


def test_repair_says_how_answers_were_found(course, capsys):
    assert run("repair", "ps1", "--course", course) == 1
    out = capsys.readouterr().out
    assert "ann/basics: 4 answers (grade_id 4)" in out
    assert "LOOK  unreadable: no notebook: the file is a PDF" in out
    written = course / ".seglab" / "repaired" / "ps1" / "ann"
    assert sorted(path.name for path in written.iterdir()) == [
        "basics.ipynb",
        "basics.repair.json",
        "files.ipynb",
        "files.repair.json",
    ]
    assert json.loads((written / "files.repair.json").read_text())["slots"][0]["grade_id"] == "q5"


def test_repair_of_one_student_as_json(course, capsys, tmp_path):
    assert run("repair", "ps1", "--course", course, "--student", "ann", "--out", tmp_path / "out", "--json") == 0
    reports = json.loads(capsys.readouterr().out)
    assert [(report["student"], report["notebook"]) for report in reports] == [("ann", "basics"), ("ann", "files")]
    assert Path(reports[0]["path"]) == tmp_path / "out" / "ann" / "basics.ipynb"
    assert reports[0]["queue"] == []


def test_collect_brings_files_to_the_course(course, capsys, tmp_path):
    handed_in = tmp_path / "in" / "cyd"
    handed_in.mkdir(parents=True)
    notebook = (course / "submitted" / "ann" / "ps1" / "basics.ipynb").read_bytes()
    (handed_in / "basics.ipynb").write_bytes(notebook)
    assert run("collect", "ps1", tmp_path / "in", "--course", course) == 0
    assert "cyd" in capsys.readouterr().out
    assert (course / "submitted" / "cyd" / "ps1" / "basics.ipynb").read_bytes() == notebook
    assert run("collect", "ps1", tmp_path / "in", "--course", course, "--json") == 0
    assert json.loads(capsys.readouterr().out)["students"]["cyd"]["status"] == "unchanged"


@pytest.fixture
def graded(monkeypatch):
    """Grading with stand-ins for the sandbox, the workers and the gradebook; collects the options."""
    seen = {}

    def grade(course, sheet, **options):
        seen.update(options, course=course, sheet=sheet)
        options["started"]({"seccomp": "ok", "uid": "OSError: refused"}, ["a user other than root: uid refused"])
        options["progress"](1, 2, "ann")
        rows = [
            {**Outcome("bob", 5.5, 16.0, 4.0, changed=True).to_dict(), "cached": False},
            {**Outcome("ann", 8.0, 16.0, needs_manual_grade=True).to_dict(), "cached": True},
        ]
        queue = [{"student": "bob", "notebook": "files", "reasons": ["unreadable"]}]
        return runner.Summary(sheet, students=rows, queue=queue, ran=1, seconds=61, audit_head="ab" * 32)

    monkeypatch.setattr(runner, "grade", grade)
    return seen


def test_grade_prints_scores_and_what_to_look_at(course, capsys, graded):
    assert run("grade", "ps1", "--course", course, "--workers", 3, "--set", "cell_seconds=5", "--gpu") == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split() == ["ann", "8", "/", "16", "waits", "for", "a", "person,", "as", "before"]
    assert lines[1].split() == ["bob", "5.5", "/", "16", "4", "off", "for", "being", "late"]
    assert lines[2] == "LOOK  bob files: unreadable"
    assert lines[4] == "2 submissions, 1 run, 1:01; audit log ends with abababababababab"
    assert "sandbox: 1 rungs hold: seccomp" in err
    assert "TOO WEAK FOR HIDDEN TESTS: a user other than root" in err
    assert (graded["workers"], graded["settings"]) == (3, {"cell_seconds": 5, "gpu": True})
    assert (graded["allow_weak"], graded["students"], graded["course"].root) == (False, None, course)


def test_grade_as_json_is_json_alone(course, capsys, graded):
    assert run("grade", "ps1", "--course", course, "--json", "--student", "ann", "--allow-weak-sandbox") == 0
    assert json.loads(capsys.readouterr().out)["queue"][0]["student"] == "bob"
    assert (graded["students"], graded["allow_weak"]) == (["ann"], True)


def test_grade_of_an_unknown_sheet_is_an_input_error(course):
    with pytest.raises(InputError, match="the course has no 'ps9'"):
        run("grade", "ps9", "--course", course)


@pytest.mark.parametrize("option", [("--workers", "0"), ("--set", "cell_seconds"), ("--set", "x=y")])
def test_bad_options_are_refused_by_the_parser(course, option, capsys):
    with pytest.raises(SystemExit) as stop:
        run("grade", "ps1", *option)
    assert stop.value.code == 2
    assert "is not" in capsys.readouterr().err


def test_countdown_rewrites_one_line_and_leaves_none(monkeypatch):
    times = iter([0.0, 10.0, 10.01, 20.0, 40.0])
    monkeypatch.setattr(countdown.time, "monotonic", lambda: next(times))
    stream = Terminal()
    with countdown.Countdown("grade ps1", stream) as progress:
        progress(1, 4, "ann")
        progress(2, 4, "too soon")
        progress(2, 4, "bob")
        progress(4, 4, "dan")
    shown = stream.getvalue().split("\r")
    assert [line.rstrip() for line in shown if line.strip()] == [
        "grade ps1  1/4  0:30 left  ann",
        "grade ps1  2/4  0:20 left  bob",
        "grade ps1  4/4  0:00 left  dan",
    ]
    assert shown[-1] == ""


def test_countdown_is_silent_in_a_file():
    stream = io.StringIO()
    with countdown.Countdown("grade", stream) as progress:
        progress(1, 1, "ann")
    assert stream.getvalue() == ""


def test_release_in_any_course_proves_first(course, capsys):
    assert run("release", "ps1", "--course", course, "--with-solutions") == 0
    out = capsys.readouterr().out
    assert "through the judge" in out and "basics_solutions.ipynb" in out
    solved = json.loads((course / "release" / "ps1" / "basics_solutions.ipynb").read_text())
    text = "\n".join("".join(cell["source"]) for cell in solved["cells"])
    assert "return 2 * x" in text and "double(1) == 2" in text
    assert "SOLUTION" not in text and "HIDDEN" not in text and "double(-3)" not in text
    assert not any("nbgrader" in cell["metadata"] for cell in solved["cells"])
    assert run("release", "--all", "--course", course, "--unproven", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["ps1"]["proofs"] == [] and not (course / "release" / "ps1" / "basics_solutions.ipynb").exists()


def test_a_release_that_fails_its_proofs_is_not_written(course, capsys):
    path = course / "source" / "ps1" / "basics.ipynb"
    path.write_text(path.read_text().replace("return 2 * x", "return 3 * x"))
    with pytest.raises(InputError, match="gives 0 of"):
        run("release", "ps1", "--course", course)
    assert not (course / "release").exists()
