"""Exports: every number in its place, nothing that a spreadsheet runs, nobody's open grade in an LMS."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from seglab import cli
from seglab.errors import InputError
from seglab.grading.records.export.class_list import ClassList
from seglab.grading.records.export.export import export
from seglab.grading.records.export.formats import safe

sys.path.insert(0, str(Path(__file__).parent))
from small_class import course  # noqa: F401 - a fixture

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Notes,Ps1 (4711),Quiz (9),Final Score
,,,,,,Manual Posting,,
    Points Possible,,,,,,20.00,3,(read only)
"Öz, Ann",101,=S1,ann,A,x,,1,50
"Low, Bob",102,S2,bob,A,,3.5,,50
"Cyd, Cy",103,S3,cyd,A,,7,,50
"Noll, Eve",104,S4,eve,A,,,,50
"Student, Test",105,,,A,,,,
"""
MOODLE = """Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",\
"Last modified (grade)","Feedback comments"
"Participant 7",=Ann,ann@uni.edu,Submitted,,16.00,Yes,-,
"Participant 8","Bob Low",bob@uni.edu,Submitted,1.00,16.00,Yes,"Monday, 1 March 2027, 8:00 AM","old, text"
"Participant 9","Cy Cyd",cyd@uni.edu,Submitted,,16.00,Yes,-,
"Participant 5","Eve Noll",eve@uni.edu,"No submission",,16.00,Yes,-,
"""


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "list.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def table(report):
    return list(csv.reader(io.StringIO(report["text"], newline="")))


def test_plain_table_has_every_number(course):  # noqa: F811
    head, *rows = table(export(course, ["ps1"]))
    found = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert list(found) == ["ann", "bob", "cyd", "dee", "eve"]
    ann = found["ann"]
    # 2 + 0 + 3 + 2 of the tests, 4 + 2 + 1 of a person; the second of two attempts, before the due date
    assert [ann[name] for name in head[5:]] == ["14", "16", "0", "14", "2", "2", "2026-01-10 11:00:00", "0", "no"]
    assert ann["first name"] == "'=HYPERLINK(1)" and ann["last name"] == "Öz, Ann" and ann["email"] == "ann@uni.edu"
    # 1.5 + 2 and 4 + 2 + 1; an hour late costs a day: 20 % of the points
    assert [found["bob"][name] for name in head[5:9]] == ["10.5", "16", "2.1", "8.4"]
    assert found["bob"]["seconds late"] == "3600"
    assert found["cyd"]["waits for a person"] == "yes" and found["cyd"]["score"] == "6"
    # handed in and not graded is no zero; absent is empty
    assert [found["dee"][name] for name in head[5:9]] == ["", "16", "0", ""]
    assert found["dee"]["waits for a person"] == "yes" and found["eve"]["waits for a person"] == "no"


def test_missing_is_zero_only_where_nothing_was_handed_in(course):  # noqa: F811
    finals = {line["student"]: line["final"] for line in export(course, "ps1", missing="zero")["lines"]}
    assert finals == {"ann": 14, "bob": pytest.approx(8.4), "cyd": 6, "dee": None, "eve": 0}


def test_class_list_gives_order_and_names_and_loses_nobody(course, write):  # noqa: F811
    path = write("id;first_name;last_name;email\nzoe;Zoë;+Z;z@uni.edu\nbob;Bob;Low;\nann;;;\n")
    report = export(course, "ps1", students=path, missing="zero")
    rows = table(report)
    assert [(row[0], row[1], row[2], row[8]) for row in rows[1:4]] == [
        ("zoe", "'+Z", "Zoë", "0"),
        ("bob", "Low", "Bob", "8.4"),
        ("ann", "Öz, Ann", "'=HYPERLINK(1)", "14"),
    ]
    assert [row[0] for row in rows[4:]] == ["cyd", "dee"]
    assert report["notes"] == [f"cyd: is not in {path}", f"dee: is not in {path}"]


def test_canvas_gets_its_ids_and_keeps_what_is_not_exported(course, write):  # noqa: F811
    path = write(CANVAS)
    report = export(course, ["ps1"], form="canvas", students=path)
    assert table(report) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Ps1 (4711)"],
        ["    Points Possible", "", "", "", "", "20.00"],
        ["Öz, Ann", "101", "'=S1", "ann", "A", "14"],
        ["Low, Bob", "102", "S2", "bob", "A", "8.4"],
        ["Cyd, Cy", "103", "S3", "cyd", "A", "7"],
        ["Noll, Eve", "104", "S4", "eve", "A", ""],
        ["Student, Test", "105", "", "", "A", ""],
    ]
    assert report["held"] == ["cyd"]
    assert report["notes"] == [
        f"dee: is not in {path}",
        "ps1: gives 16 points, Canvas has 20.00; scores are not scaled",
    ]
    rows = table(export(course, ["ps1"], form="canvas", students=path, unfinished=True, missing="zero"))
    assert [row[-1] for row in rows[4:]] == ["6", "0", "0"]


def test_canvas_without_a_column_gets_a_new_one(course, write):  # noqa: F811
    report = export(course, "ps1", form="canvas", students=write(CANVAS.replace("Ps1 (4711)", "Other (1)")))
    assert table(report)[0][-1] == "ps1" and table(report)[1][-1] == "16"
    assert "Canvas will ask which assignment it is" in report["notes"][-1]


def test_students_named_by_canvas_itself_are_found(write):
    listed = ClassList(write(CANVAS))
    assert listed.match(["ozann-101", "102", "cy-cyd"]) == ({2: "ozann-101", 3: "102", 4: "cy-cyd"}, [])
    assert listed.match(["ann", "101"])[1] == [f"101: has the same row in {listed.path} as ann"]
    assert ClassList(write("id,name\n2,Ada\n")).match(["bob-2"])[0] == {}  # a number means that in Canvas's lists only


def test_moodle_worksheet_is_filled_in(course, write):  # noqa: F811
    report = export(course, "ps1", form="moodle", students=write(MOODLE))
    head, *rows = table(report)
    assert head == next(csv.reader([MOODLE.splitlines()[0]]))
    time, reached = "Monday, 1 March 2027, 8:00 AM", "10.5 of 16 points. 2.1 taken off for being late."
    assert rows == [
        ["Participant 7", "'=Ann", "ann@uni.edu", "Submitted", "14", "16.00", "Yes", "-", "14 of 16 points."],
        ["Participant 8", "Bob Low", "bob@uni.edu", "Submitted", "8.4", "16.00", "Yes", time, reached],
        ["Participant 9", "Cy Cyd", "cyd@uni.edu", "Submitted", "", "16.00", "Yes", "-", ""],
        ["Participant 5", "Eve Noll", "eve@uni.edu", "No submission", "", "16.00", "Yes", "-", ""],
    ]
    rows = table(export(course, "ps1", form="moodle", students=write(MOODLE), missing="zero", unfinished=True))
    assert rows[3][-1] == "6 of 16 points. Not final: a person still looks at it."
    assert (rows[4][4], rows[4][-1]) == ("0", "Nothing was handed in.")


def test_moodle_without_a_worksheet(course):  # noqa: F811
    rows = table(export(course, "ps1", form="moodle"))
    assert rows[0][2:] == ["ID number", "Email address", "Grade", "Maximum Grade", "Feedback comments"]
    assert rows[2] == ["", "", "bob", "", "8.4", "16", "10.5 of 16 points. 2.1 taken off for being late."]
    assert rows[3] == ["", "", "cyd", "", "", "16", ""]


def test_no_cell_is_a_formula():
    for text in ("=1", "+1", "-1", "@x", "\tx", "\rx"):
        assert safe(text) == "'" + text
    assert [safe(text) for text in ("", "a=1", "-", "Ö")] == ["", "a=1", "-", "Ö"]


def test_command(course, tmp_path, write, capsys):  # noqa: F811
    out = tmp_path / "grades.csv"
    options = ["--course", str(course.root), "--format", "canvas", "--students", str(write(CANVAS)), "--out", str(out)]
    assert cli.main(["export", "ps1", *options]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"{out}: 5 students and sheets, 2 with a grade\n"
    assert "LOOK  not exported, a person must look at them (or --unfinished): cyd" in printed.err
    assert out.read_bytes().decode().splitlines()[2] == '"Öz, Ann",101,\'=S1,ann,A,14'
    assert cli.main(["export", "ps1", "--course", str(course.root)]) == 0
    assert capsys.readouterr().out.startswith("student,last name,first name,email,sheet,score,maximum,late penalty,")
    assert cli.main(["export", "ps1", "--course", str(course.root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lines"][0]["handed_in"] == "2026-01-10 11:00:00"


def test_what_cannot_be_exported_says_so(course, write):  # noqa: F811
    for options, match in (
        ({"form": "canvas"}, "name an export of its gradebook"),
        ({"form": "xml"}, "format must be one of csv, canvas, moodle"),
        ({"students": "nowhere.csv"}, "no such list"),
    ):
        with pytest.raises(InputError, match=match):
            export(course, "ps1", **options)
    with pytest.raises(InputError, match="Last modified"):
        export(course, "ps1", form="moodle", students=write("Identifier,Grade\nx,1\n"))
    with pytest.raises(InputError, match="no column of ids"):
        export(course, "ps1", students=write("color\nred\n"))
    with pytest.raises(InputError, match="one sheet, got 2"):
        export(course, ["ps1", "ps2"], form="moodle")
    with pytest.raises(InputError, match="has no 'ps9'"):
        export(course, ["ps9"])
