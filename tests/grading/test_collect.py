"""Collecting: whose files they are, which attempt counts, what is kept, and that nothing hostile stops the rest."""

import io
import json
import os
import stat
import zipfile
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from seglab.errors import InputError
from seglab.grading.collecting import collect as module
from seglab.grading.collecting.collect import collect
from seglab.grading.collecting.extraction import MB
from seglab.grading.course import Course

MOODLE = "{name}_{number}_assignsubmission_file_/{file}"


def notebook(text="", sheet=None):
    stamp = {"seglab": {"sheet": sheet}} if sheet else {}
    cell = {"cell_type": "code", "id": "q1", "metadata": {}, "outputs": [], "execution_count": None, "source": text}
    return json.dumps({"cells": [cell], "metadata": stamp, "nbformat": 4, "nbformat_minor": 5}).encode()


def archive(path, members, day=10):
    """Write a zip of `name: bytes` or `name: (bytes, datetime)`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for number, (name, content) in enumerate(members.items()):
            content, time = content if isinstance(content, tuple) else (content, datetime(2026, 1, day, 8 + number))
            file.writestr(zipfile.ZipInfo(name, time.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return path


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    (root / "source" / "lab1").mkdir(parents=True)
    (root / "source" / "lab1" / "lab1.ipynb").write_bytes(notebook("# master"))
    return Course(root)


def submitted(course, student):
    folder = course.folder("submitted", "lab1", student)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tree(folder):
    """Everything under a folder, the files with their times, to see that nothing changed."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def run(course, paths, **options):
    report = collect(course, "lab1", paths, timezone=UTC, **options)
    json.dumps(report)
    return report


def test_of_all_programs_only_predict_py_beside_the_notebook_counts(course, tmp_path):
    members = {
        "ann/lab1.ipynb": notebook("ann"),
        "ann/predict.py": b"TRACK = 'cells'",
        "ann/numpy.py": b"import os",
        "ann/src/predict.py": b"other",
    }
    report = run(course, archive(tmp_path / "in.zip", members), students=None)
    ann = report["students"]["ann"]
    assert submitted(course, "ann")["predict.py"] == b"TRACK = 'cells'"
    assert sorted(entry["member"] for entry in ann["left_out"]) == ["ann/numpy.py", "ann/src/predict.py"]


def test_moodle_end_to_end(course, tmp_path):
    members = {
        MOODLE.format(name="Ada Lovelace", number=1, file="lab1.ipynb"): notebook("ada"),
        MOODLE.format(name="Ada Lovelace", number=1, file="out/preds.npz"): b"numbers",
        MOODLE.format(name="Ada Lovelace", number=1, file="notes.docx"): b"words",
        MOODLE.format(name="Ben Ng", number=2, file="Untitled.ipynb"): notebook("ben", sheet="lab1"),
        MOODLE.format(name="Cy Ot", number=3, file="whatever.ipynb"): notebook("cy"),
        MOODLE.format(name="Di Pi", number=4, file="essay.pdf"): b"words",
    }
    calls = []
    report = run(course, archive(tmp_path / "in.zip", members), progress=lambda *call: calls.append(call))
    assert {student: each["status"] for student, each in report["students"].items()} == {
        "ada-lovelace": "new",
        "ben-ng": "new",
        "cy-ot": "new",
        "di-pi": "no notebook",
    }
    assert submitted(course, "ada-lovelace") == {
        "lab1.ipynb": notebook("ada"),
        "out/preds.npz": b"numbers",
        "timestamp.txt": b"2026-01-10 10:00:00 UTC\n",
    }
    ada = report["students"]["ada-lovelace"]
    assert ada["notebooks"]["lab1.ipynb"]["sha256"] == sha256(notebook("ada")).hexdigest()
    assert ada["left_out"] == [{"source": "in.zip", "member": "notes.docx", "reason": "not a kind of file that counts"}]
    assert ada["time"] == "2026-01-10T10:00:00Z"
    methods = [report["students"][name]["notebooks"]["lab1.ipynb"]["method"] for name in ("ben-ng", "cy-ot")]
    assert methods == ["stamp", "only"]
    originals = course.root / "originals" / "lab1" / "ada-lovelace" / ada["attempt"]
    assert (originals / "files" / "notes.docx").read_bytes() == b"words"
    assert (
        json.loads((originals / "record.json").read_text())["files"]["lab1.ipynb"]
        == sha256(notebook("ada")).hexdigest()
    )
    assert not course.folder("submitted", "lab1", "di-pi").exists()
    assert [call[:2] for call in calls] == [(1, 4), (2, 4), (3, 4), (4, 4)] and calls[0][2] == "ada-lovelace"
    assert report["counts"] == {"new": 3, "no notebook": 1, "quarantined": 0, "refused": 0}


def test_collecting_again_changes_nothing(course, tmp_path):
    path = archive(
        tmp_path / "in.zip", {"ada/lab1.ipynb": notebook("a"), "ben/lab1.ipynb": notebook("b"), "x/y.pdf": b"1"}
    )
    first = run(course, path, students=["ada"])
    before = tree(course.root)
    second = run(course, path, students=["ada"])
    assert tree(course.root) == before
    assert first["students"]["ada"]["status"] == "new" and second["students"]["ada"]["status"] == "unchanged"
    assert first["quarantine"] == second["quarantine"] and len(second["quarantine"]) == 2


def test_nbgrader_reads_the_time(course, tmp_path):
    run(course, archive(tmp_path / "in.zip", {"ada/lab1.ipynb": notebook(), "ben/lab1.ipynb": notebook()}))
    from nbgrader.coursedir import CourseDirectory

    folder = str(course.folder("submitted", "lab1", "ben"))
    assert CourseDirectory().get_existing_timestamp(folder) == datetime(2026, 1, 10, 9)


def test_the_latest_attempt_counts_whatever_the_order_of_arrival(course, tmp_path):
    name = MOODLE.format(name="Ada", number=1, file="lab1.ipynb")
    other = MOODLE.format(name="Ben", number=2, file="lab1.ipynb")
    early = archive(tmp_path / "early.zip", {name: notebook("early"), other: notebook("b")}, day=10)
    late = archive(tmp_path / "late.zip", {name: notebook("late"), other: notebook("b")}, day=12)
    run(course, late)
    report = run(course, early)
    assert submitted(course, "ada")["lab1.ipynb"] == notebook("late")
    assert report["students"]["ada"]["attempts"] == 2 and report["students"]["ada"]["status"] == "unchanged"
    assert submitted(course, "ben")["timestamp.txt"] == b"2026-01-12 09:00:00 UTC\n"
    # Going back to the first version is an attempt of its own.
    again = archive(tmp_path / "again.zip", {name: notebook("early"), other: notebook("b")}, day=13)
    assert run(course, again)["students"]["ada"] | {"attempt": 0} == run(course, again)["students"]["ada"] | {
        "status": "updated",
        "attempt": 0,
    }
    assert submitted(course, "ada")["lab1.ipynb"] == notebook("early")
    assert run(course, [early, late, again])["students"]["ada"]["attempts"] == 3


def test_the_same_files_later_are_not_later(course, tmp_path):
    members = {"Ada_1_assignsubmission_file_lab1.ipynb": notebook("a"), "Ben_2_assignsubmission_file_lab1.ipynb": b"{}"}
    run(course, archive(tmp_path / "a.zip", members, day=10))
    report = run(course, archive(tmp_path / "b.zip", members, day=20))
    assert report["students"]["ada"]["status"] == "unchanged" and report["students"]["ada"]["attempts"] == 1
    assert submitted(course, "ada")["timestamp.txt"] == b"2026-01-10 08:00:00 UTC\n"


def test_canvas_suffixes_order_attempts_and_files_go_along(course, tmp_path):
    time = datetime(2026, 1, 10, 12)
    names = {
        "lovelaceada_34_101_lab1-1.ipynb": notebook("second"),
        "lovelaceada_34_100_lab1.ipynb": notebook("first"),
        "lovelaceada_34_102_preds-1.npz": b"second",
        "lovelaceada_34_099_preds.npz": b"first",
        "lovelaceada_34_098_fold-7.csv": b"seven",
        "ngben_late_35_200_lab1.ipynb": notebook("ben"),
    }
    report = run(course, archive(tmp_path / "in.zip", {name: (content, time) for name, content in names.items()}))
    ada = report["students"]["lovelaceada-34"]
    assert ada["attempts"] == 2
    # One time for the whole class is that of the download: nobody is late by it.
    assert submitted(course, "lovelaceada-34") == {
        "lab1.ipynb": notebook("second"),
        "preds.npz": b"second",
        "fold-7.csv": b"seven",
    }
    kept = (course.root / "originals/lab1/lovelaceada-34").glob("*/files")
    first, second = sorted(
        ({path.name: path.read_bytes() for path in files.iterdir()} for files in kept),
        key=lambda each: each["preds.npz"],
    )
    assert first == {"lab1.ipynb": notebook("first"), "preds.npz": b"first", "fold-7.csv": b"seven"}
    assert second == {"lab1.ipynb": notebook("second"), "preds.npz": b"second", "fold-7.csv": b"seven"}
    [note] = report["students"]["ngben-35"]["notes"]
    assert "late" in note and report["students"]["ngben-35"]["time"] is None


def test_canvas_times_count_only_for_the_late(course, tmp_path):
    path = archive(tmp_path / "in.zip", {"a_1_1_lab1.ipynb": notebook(), "b_late_2_2_lab1.ipynb": notebook()})
    report = run(course, path)
    assert report["students"]["a-1"]["time"] is None and report["students"]["b-2"]["time"] == "2026-01-10T09:00:00Z"
    assert "timestamp.txt" not in submitted(course, "a-1")


def test_files_on_a_disk_make_nobody_late_unless_their_times_are_the_students(course, tmp_path):
    for name, second in (("ada", 0), ("ben", 90_000)):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "lab1.ipynb").write_bytes(notebook(name))
        os.utime(tmp_path / "in" / name / "lab1.ipynb", (1_768_000_000 + second,) * 2)
    report = run(course, tmp_path / "in" / "ada")
    assert report["students"]["ada"]["time"] is None
    report = run(course, tmp_path / "in")
    assert report["students"]["ben"]["time"] == "2026-01-11T00:06:40Z"
    assert submitted(course, "ben")["timestamp.txt"] == b"2026-01-11 00:06:40 UTC\n"
    # Copying changes the times of files: the older version does not come back.
    newer = tmp_path / "newer" / "ben"
    newer.mkdir(parents=True)
    (newer / "lab1.ipynb").write_bytes(notebook("newer"))
    run(course, newer)
    (tmp_path / "in" / "ben" / "lab1.ipynb").touch()
    assert run(course, tmp_path / "in" / "ben")["students"]["ben"]["status"] == "unchanged"
    assert submitted(course, "ben")["lab1.ipynb"] == notebook("newer")


def test_one_student_in_an_archive_as_old_as_the_file_is_not_late(course, tmp_path):
    time = datetime.now(UTC).replace(microsecond=0)
    path = archive(tmp_path / "in.zip", {MOODLE.format(name="Ada", number=1, file="lab1.ipynb"): (notebook(), time)})
    assert run(course, path)["students"]["ada"]["time"] is None
    os.utime(path, (time.timestamp() + 9000,) * 2)
    assert run(course, path)["students"]["ada"]["status"] == "unchanged"


def submit_zip(path, text, **extra):
    files = {"lab1.ipynb": notebook(text), **extra}
    listed = {name: {"sha256": sha256(content).hexdigest(), "bytes": len(content)} for name, content in files.items()}
    old = datetime(1980, 1, 1)
    files["manifest.json"] = json.dumps({"files": listed}).encode()
    return archive(path, {name: (content, old) for name, content in files.items()})


def test_own_archives_alone_in_folders_and_in_an_lms_archive(course, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("ada", "ben"):
        submit_zip(tmp_path / "in" / f"{name}.zip", name, **{"weights.safetensors": b"w"})
    alone = submit_zip(tmp_path / "lab1-submission_cy.zip", "cy")
    os.utime(alone, (1_768_000_000,) * 2)
    inside = {"Di_4_assignsubmission_file_lab1-submission.zip": submit_zip(tmp_path / "di.zip", "di").read_bytes()}
    inside |= {"Ed_5_assignsubmission_file_lab1.ipynb": notebook("ed")}
    report = run(course, [tmp_path / "in", alone, archive(tmp_path / "lms.zip", inside)])
    assert set(report["students"]) == {"ada", "ben", "cy", "di", "ed"}
    assert submitted(course, "ada")["weights.safetensors"] == b"w" and "manifest.json" not in submitted(course, "ada")
    assert submitted(course, "cy") == {"lab1.ipynb": notebook("cy")}
    assert submitted(course, "di")["lab1.ipynb"] == notebook("di")
    [original] = (course.root / "originals/lab1/cy").glob("*/files/*.zip")
    assert original.read_bytes() == alone.read_bytes()
    assert all(each["notes"] == [] for each in report["students"].values())


def test_a_manifest_that_does_not_fit_is_noted(course, tmp_path):
    path = submit_zip(tmp_path / "ada.zip", "packed")
    with zipfile.ZipFile(path) as file:
        manifest = file.read("manifest.json")
    other = {"lab1.ipynb": notebook("other"), "manifest.json": manifest}
    report = run(course, archive(tmp_path / "ada.zip", other))
    assert report["students"]["ada"]["notes"] == ["lab1.ipynb is missing or not the file that submit() packed"]


def test_of_several_notebooks_the_latest_counts_and_it_is_said(course, tmp_path):
    members = {
        "ada/lab1.ipynb": notebook("blank"),
        "ada/Copy of lab1 (1).ipynb": notebook("answered"),
        "b/c.ipynb": b"1",
    }
    report = run(course, archive(tmp_path / "in.zip", members))
    assert submitted(course, "ada")["lab1.ipynb"] == notebook("answered")
    assert "2 notebooks fit lab1" in report["students"]["ada"]["notes"][0]


def test_another_sheets_notebook_is_not_taken_unseen(course, tmp_path):
    members = {"ada/x.ipynb": notebook(sheet="lab2"), "ben/lab1.ipynb": notebook(sheet="lab2")}
    report = run(course, archive(tmp_path / "in.zip", members))
    assert report["students"]["ada"]["status"] == "no notebook"
    assert report["students"]["ben"]["notes"] == ["lab1.ipynb is a notebook of lab2"]


def test_a_later_attempt_without_a_notebook_leaves_the_earlier_one(course, tmp_path):
    ben = {"ben/lab1.ipynb": notebook("b")}
    run(course, archive(tmp_path / "a.zip", {"ada/lab1.ipynb": notebook("a"), **ben}, day=10))
    report = run(course, archive(tmp_path / "b.zip", {"ada/essay.pdf": b"1", **ben}, day=11))
    assert submitted(course, "ada")["lab1.ipynb"] == notebook("a")
    assert report["students"]["ada"]["status"] == "unchanged"
    assert "no notebook of the sheet in the latest 1 of 2 attempts" in report["students"]["ada"]["notes"]


def test_a_sheet_of_several_notebooks_in_any_nbgrader_course(tmp_path):
    root = tmp_path / "course"
    (root / "src" / "ps1").mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.source_directory = 'src'\n"
        "c.CourseDirectory.submitted_directory = 'in'\n"
        "c.CourseDirectory.directory_structure = '{nbgrader_step}/{assignment_id}/{student_id}'\n"
    )
    for name in ("p1", "p2"):
        (root / "src" / "ps1" / f"{name}.ipynb").write_bytes(notebook())
    members = {"ada/p1.ipynb": notebook("1"), "ada/p2-Copy1.ipynb": notebook("2"), "ben/p2.ipynb": notebook("3")}
    report = collect(Course(root), "ps1", archive(tmp_path / "in.zip", members))
    assert (root / "in/ps1/ada/p2.ipynb").read_bytes() == notebook("2")
    assert (root / "in/ps1/ada/p1.ipynb").read_bytes() == notebook("1")
    assert report["students"]["ben"]["notes"] == ["no p1.ipynb, only p2.ipynb"]


def test_unknown_senders_wait_until_the_class_list_knows_them(course, tmp_path):
    path = archive(tmp_path / "in.zip", {"ada/lab1.ipynb": notebook("a"), "eve/lab1.ipynb": notebook("e")})
    report = run(course, path, students=["ada"])
    [entry] = report["quarantine"]
    assert entry["sender"] == "eve" and entry["reason"] == "not in the class list"
    assert (course.root / entry["folder"] / "lab1.ipynb").read_bytes() == notebook("e")
    assert json.loads((course.root / "originals/lab1/quarantine.json").read_text()) == report["quarantine"]
    assert course.submissions("lab1") == ["ada"]
    report = run(course, path, students=["ada", "eve"])
    assert report["quarantine"] == [] and submitted(course, "eve")["lab1.ipynb"] == notebook("e")
    assert not list((course.root / "originals/lab1/.quarantine").glob("*"))


def test_two_students_of_one_name_go_to_a_person(course, tmp_path):
    names = [MOODLE.format(name="Ada", number=number, file="lab1.ipynb") for number in (1, 2)]
    path = archive(tmp_path / "in.zip", {name: notebook(name) for name in names})
    report = run(course, path)
    assert report["students"] == {} and {each["reason"] for each in report["quarantine"]} == {"2 senders are called so"}
    (tmp_path / "list.csv").write_text("id,full name,identifier\nada1,Ada,Participant 1\nada2,Ada,Participant 2\n")
    report = run(course, path, students=tmp_path / "list.csv")
    assert set(report["students"]) == {"ada1", "ada2"} and report["quarantine"] == []
    assert submitted(course, "ada2")["lab1.ipynb"] == notebook(names[1])


def test_an_edit_by_hand_survives_until_the_student_sends_something_new(course, tmp_path):
    first = archive(tmp_path / "a.zip", {"ada/lab1.ipynb": notebook("a"), "b/lab1.ipynb": b"{}"}, day=10)
    run(course, first)
    path = course.folder("submitted", "lab1", "ada") / "lab1.ipynb"
    path.write_bytes(notebook("mended"))
    report = run(course, first)
    assert path.read_bytes() == notebook("mended") and "changed by hand" in report["students"]["ada"]["notes"][0]
    before = tree(course.root)
    assert run(course, first)["students"]["ada"]["notes"] == []
    assert tree(course.root) == before
    run(course, archive(tmp_path / "b.zip", {"ada/lab1.ipynb": notebook("new"), "b/lab1.ipynb": b"{}"}, day=11))
    assert path.read_bytes() == notebook("new")
    kept = {each.read_bytes() for each in (course.root / "originals/lab1/ada").glob("*/files/lab1.ipynb")}
    assert kept == {notebook("a"), notebook("mended"), notebook("new")}


def test_what_nbgrader_collected_before_is_kept(course, tmp_path):
    folder = course.folder("submitted", "lab1", "ada")
    folder.mkdir(parents=True)
    (folder / "lab1.ipynb").write_bytes(notebook("exchange"))
    (folder / "timestamp.txt").write_text("2026-01-12 10:00:00.123456 UTC")
    report = run(course, archive(tmp_path / "a.zip", {"ada/lab1.ipynb": notebook("older"), "b/lab1.ipynb": b"{}"}))
    assert submitted(course, "ada")["lab1.ipynb"] == notebook("exchange")
    assert report["students"]["ada"]["attempts"] == 2


def bomb():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file, file.open("lab1.ipynb", "w") as member:
        for _ in range(200):
            member.write(bytes(MB))
    return stream.getvalue()


def link():
    info = zipfile.ZipInfo("lab1.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr(info, "/etc/passwd")
    return stream.getvalue()


def climbing():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name in ("../../../../out.txt", "/tmp/out.txt", "C:\\out.txt", "a\u202e.png", "b\n.png"):
            file.writestr(name, "bad")
        file.writestr("lab1.ipynb", notebook("good"))
    return stream.getvalue()


def test_hostile_submissions_harm_nobody_else(course, tmp_path):
    name = "{}_{}_assignsubmission_file_/{}".format
    members = {
        name("Bomb", 1, "hand in.zip"): bomb(),
        name("Link", 2, "in.zip"): link(),
        name("Climb", 3, "in.zip"): climbing(),
        name("Cut", 4, "in.zip"): climbing()[:-30],
        name("Deep", 5, "lab1.ipynb"): b'{"metadata":' * 3000,
        name("Deep", 5, "lab1x.ipynb"): b'{"metadata":' * 3000,
        name("Ok", 6, "lab1.ipynb"): notebook("ok"),
        "../../Evil_7_assignsubmission_file_/lab1.ipynb": notebook("evil"),
        "Up_8_assignsubmission_file_../../lab1.ipynb": notebook("up"),
        "Time_9_assignsubmission_file_timestamp.txt": b"1999-01-01",
        name("Future", 10, "lab1.ipynb"): (notebook("f"), datetime(2099, 1, 1)),
    }
    path = archive(tmp_path / "in.zip", members)
    before = tree(tmp_path)
    report = run(course, path)
    status = {student: each["status"] for student, each in report["students"].items()}
    assert status == {
        **dict.fromkeys(("bomb", "link", "cut", "time"), "no notebook"),
        **dict.fromkeys(("climb", "deep", "ok", "future"), "new"),
    }
    assert submitted(course, "climb").keys() == {"lab1.ipynb", "timestamp.txt"}
    reasons = {each["member"]: each["reason"] for each in report["students"]["climb"]["refused"]}
    assert len(reasons) == 5 and "in.zip/../../../../out.txt" in reasons
    assert "200 times" in report["students"]["bomb"]["refused"][0]["reason"]
    assert "link" in report["students"]["link"]["refused"][0]["reason"]
    assert "cut off" in report["students"]["cut"]["refused"][0]["reason"]
    assert [each["member"] for each in report["refused"]] == [name for name in members if ".." in name]
    assert report["students"]["future"]["time"] is None
    after = tree(tmp_path)
    assert {
        each for each in after if each not in before and not each.startswith(("course/originals", "course/submitted"))
    } == set()
    assert {each["status"] for each in run(course, path)["students"].values()} == {"no notebook", "unchanged"}
    assert not (course.root / "originals/lab1/.staging").exists()


def test_an_archive_that_cannot_be_read_does_not_stop_the_others(course, tmp_path):
    (tmp_path / "cut.zip").write_bytes(b"PK\3\4nothing")
    (tmp_path / "ada_lab1.ipynb").write_bytes(notebook("a"))
    report = run(course, [tmp_path / "cut.zip", tmp_path / "ada_lab1.ipynb"])
    assert submitted(course, "ada")["lab1.ipynb"] == notebook("a")
    assert report["refused"][0]["source"] == "cut.zip" and "no zip file" in report["refused"][0]["reason"]


def test_a_failure_leaves_one_student_as_before_and_the_rest_goes_on(course, tmp_path, monkeypatch):
    first = archive(tmp_path / "a.zip", {"ada/lab1.ipynb": notebook("a"), "ben/lab1.ipynb": notebook("b")}, day=10)
    run(course, first)
    second = archive(tmp_path / "b.zip", {"ada/lab1.ipynb": notebook("a2"), "ben/lab1.ipynb": notebook("b2")}, day=11)
    real = module.select

    def failing(folder, *arguments):
        if "ada" in folder.parts:
            raise OSError(28, "No space left on device")
        return real(folder, *arguments)

    monkeypatch.setattr(module, "select", failing)
    report = run(course, second)
    assert report["students"]["ada"]["status"] == "failed" and report["students"]["ben"]["status"] == "updated"
    assert submitted(course, "ada")["lab1.ipynb"] == notebook("a")
    monkeypatch.undo()
    assert run(course, second)["students"]["ada"]["status"] == "updated"


@pytest.mark.parametrize("crash_at", range(6))
def test_a_crash_at_any_rename_is_mended_by_the_next_run(course, tmp_path, monkeypatch, crash_at):
    run(course, archive(tmp_path / "a.zip", {"ada/lab1.ipynb": notebook("a"), "b/lab1.ipynb": b"{}"}, day=10))
    second = archive(tmp_path / "b.zip", {"ada/lab1.ipynb": notebook("a2"), "b/lab1.ipynb": b"{}"}, day=11)
    calls = []
    for name in ("rename", "replace"):
        real = getattr(os, name)

        def crashing(*arguments, real=real):
            calls.append(arguments)
            if len(calls) == crash_at + 1:
                raise KeyboardInterrupt
            return real(*arguments)

        monkeypatch.setattr(os, name, crashing)
    if crash_at < 5:  # five renames: record, attempt, current.json, old submission, new submission
        with pytest.raises(KeyboardInterrupt):
            run(course, second)
    monkeypatch.undo()
    there = submitted(course, "ada")
    assert not there or there["lab1.ipynb"] in (notebook("a"), notebook("a2"))
    report = run(course, second)
    assert submitted(course, "ada")["lab1.ipynb"] == notebook("a2")
    assert report["students"]["ada"]["attempts"] == 2 and report["students"]["ada"]["notes"] == []


def test_wrong_calls(course, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        run(course, tmp_path / "none.zip")
    with pytest.raises(InputError, match="has no notebook"):
        collect(course, "lab9", [tmp_path])
    store = module.Originals(course.root, "lab1")
    with store.locked(), pytest.raises(InputError, match="another collection"):
        run(course, tmp_path)
