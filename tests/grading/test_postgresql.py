"""A gradebook on a real PostgreSQL server, and one of SQLite that another program keeps to itself."""

import contextlib
import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from seglab import cli
from seglab.errors import InputError
from seglab.grading import runner
from seglab.grading.course import Course
from seglab.grading.records import database
from seglab.grading.records.templates import open_gradebook

sys.path.insert(0, str(Path(__file__).parent))
import any_course
from graded import quick_gradebooks  # noqa: F401 - a fixture
from ordinary_user import NOBODY
from test_runner import STRONG, Inline, result_of

LOST = {"bob": {"q1-negative": 0.0}, "cyd": {"q1-positive": 0.0, "q1-negative": 0.0, "q2-partial": 1.5}}


def programs():
    """Folder of PostgreSQL's programs, `None` where it is not installed."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), Path(shutil.which("postgres") or "/nowhere").parent]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


class Server:
    """A server of its own, as an ordinary user, that is reached by a socket in its folder only."""

    def __init__(self):
        self.user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        self.folder = Path(tempfile.mkdtemp(prefix="seglab-pg-"))
        if self.user:
            os.chown(self.folder, NOBODY, NOBODY)
        options = ["--auth", "trust", "--username", "seglab", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        self.call("initdb", "--pgdata", self.folder / "data", *options)
        self.start()

    def call(self, program, *arguments):
        command = [programs() / program, *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **self.user)

    def start(self):
        options = ["-D", self.folder / "data", "-F", "-k", self.folder, "-c", "listen_addresses="]
        command = [programs() / "postgres", *options]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, cwd="/", **quiet, **self.user)
        deadline = time.monotonic() + 60
        ready = [programs() / "pg_isready", "-q", "-h", self.folder, "-U", "seglab", "-d", "postgres"]
        while subprocess.run(ready, **quiet).returncode != 0:
            assert time.monotonic() < deadline and self.process.poll() is None, "the server did not start"
            time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGINT)  # ends at once, sessions with it
        self.process.wait(60)

    def url(self, name):
        self.call("createdb", "-h", self.folder, "-U", "seglab", name)
        wait_briefly = "options=-clock_timeout%3D10s"  # a grading that is blocked must not block the tests
        return f"postgresql+psycopg2://seglab@/{name}?host={self.folder}&{wait_briefly}"


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("psycopg2", reason="PostgreSQL needs seglab[cluster]")
    if programs() is None:
        pytest.skip("no PostgreSQL here: its gradebook is not tested")
    made = Server()
    yield made
    made.stop()
    shutil.rmtree(made.folder)


def make(folder, url=None):
    config = f"c.CourseDirectory.db_url = {url!r}\n" if url else ""
    any_course.make(folder, config=any_course.CONFIG + config)
    for student in ("ann", "bob", "cyd"):
        hand_in(folder, student)
    return folder


def hand_in(folder, student, answer=""):
    """Hand in what nobody else has, so that nobody shares a result; `judge` knows who loses what."""
    answers = {**any_course.RIGHT, "q1": f"def double(x):\n    return 2 * x  # {student} {answer}"}
    any_course.hand_in(folder, student, answers, timestamp="2026-01-10 11:00:00 UTC")


def judge(job, folder):
    """Stand in for the judge."""
    result = result_of(job, folder)
    for name, points in LOST.get(job["student"], {}).items():
        if name in result["cells"]:
            result["cells"][name] = {"points": points, "error": "no", "kind": "AssertionError", "max": 3}
    (folder / "result.json").write_text(json.dumps(result))


@pytest.fixture(autouse=True)
def no_probe(monkeypatch, quick_gradebooks):  # noqa: F811
    monkeypatch.setattr(runner, "probe_ladder", lambda settings=None: STRONG)


def grade(folder, **options):
    return runner.grade(Course(folder), "ps1", executor=Inline(judge), **options)


def scores(summary):
    return {row["student"]: row["score"] for row in summary.students}


@pytest.fixture(scope="module")
def course(server, tmp_path_factory):
    return make(tmp_path_factory.mktemp("course"), server.url("grades"))


def test_points_of_persons_stay_beside_an_open_reader(course):
    summary = grade(course)
    assert (summary.errors, scores(summary)) == ([], {"ann": 8.0, "bob": 7.0, "cyd": 3.5})
    with open_gradebook(Course(course)) as book:
        row = book.find_grade("q3", "basics", "ps1", "ann")
        row.manual_score, row.needs_manual_grade = 4.0, False
        book.find_comment("q3", "basics", "ps1", "ann").manual_comment = "Two? € \U0001f600"
        book.db.commit()
    with open_gradebook(Course(course)) as reader:  # as formgrader, in a transaction that goes on
        assert reader.find_submission("ps1", "bob").score == 7.0
        hand_in(course, "bob", "again")
        LOST["bob"] = {}
        summary = grade(course)
        assert (summary.errors, summary.ran) == ([], 1)
        assert scores(summary) == {"ann": 12.0, "bob": 8.0, "cyd": 3.5}
        reader.db.rollback()
        assert reader.find_submission("ps1", "bob").score == 8.0
        assert reader.find_grade("q3", "basics", "ps1", "ann").manual_score == 4.0
        assert reader.find_comment("q3", "basics", "ps1", "ann").comment == "Two? € \U0001f600"
        assert len(reader.assignment_submissions("ps1")) == 3
    assert not (course / "gradebook.db").exists()


def test_what_comes_after_the_grades_reads_them(course, capsys):
    for command in ("review", "feedback"):
        assert cli.main([command, "ps1", "--course", str(course)]) == 0
    assert (course / "feedback" / "cyd" / "ps1" / "basics.html").is_file()
    out = course / "grades.csv"
    assert cli.main(["export", "ps1", "--unfinished", "--out", str(out), "--course", str(course)]) == 0
    with out.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    capsys.readouterr()


def test_what_the_server_does_not_take_costs_nobody_else(course):
    long = "d" * 129  # SQLite does not mind
    hand_in(course, long)
    summary = grade(course)
    assert scores(summary) == {"ann": 12.0, "bob": 8.0, "cyd": 3.5}
    assert len(summary.errors) == 1
    assert "value too long for type character varying(128)" in summary.errors[0]
    shutil.rmtree(course / "submitted" / long)


def test_server_that_goes_down_is_told_in_one_line_and_loses_nothing(course, server, capsys):
    hand_in(course, "cyd", "again")
    LOST["cyd"] = {}
    here = r"^the gradebook postgresql\+psycopg2://seglab@/grades cannot be used now"
    with pytest.raises(InputError, match=here):
        grade(course, force=True, progress=lambda done, *_: server.stop() if done == 1 else None)
    try:
        with pytest.raises(InputError, match=here):
            grade(course)
        assert cli.main(["review", "ps1", "--course", str(course)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    finally:
        server.start()
    summary = grade(course)
    assert (summary.ran, scores(summary)) == (0, {"ann": 12.0, "bob": 8.0, "cyd": 8.0})


def test_missing_driver_and_password_in_the_address(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    folder = make(tmp_path, "postgresql+psycopg2://me:secret@localhost/grades")
    with pytest.raises(
        InputError, match=r"//me:\*\*\*@localhost/grades has no driver here.*seglab\[cluster\]"
    ) as caught:
        open_gradebook(Course(folder))
    assert "secret" not in str(caught.value)


def test_busy_file_is_waited_for_then_told_and_no_grade_is_lost(tmp_path, monkeypatch):
    folder = make(tmp_path)
    assert database.address(Course(folder)).query == {"timeout": "60"}
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    told = r"gradebook.db cannot be used now: database is locked\. Nothing that was"
    with contextlib.closing(sqlite3.connect(folder / "gradebook.db")) as other:

        def keep(done, *_):
            if done == 1:
                other.execute("begin exclusive")

        with pytest.raises(InputError, match=told):
            grade(folder, progress=keep)
        with pytest.raises(InputError, match=told):
            grade(folder)
    summary = grade(folder)
    assert (summary.ran, set(scores(summary))) == (0, {"ann", "bob", "cyd"})
