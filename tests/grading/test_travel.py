"""Grading elsewhere: jobs go there in one archive, results come back in another, and the gradebook is the same."""

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

import seglab
from seglab import cli
from seglab.errors import InputError
from seglab.grading import jobs, travel
from seglab.grading.course import Course
from seglab.grading.records import review

sys.path.insert(0, str(Path(__file__).parent))
import any_course
from graded import quick_gradebooks  # noqa: F401 - a fixture

WRONG = {**any_course.RIGHT, "q1": "def double(x):\n    return abs(2 * x)"}
STRANGE = {**any_course.RIGHT, "q1": "import os\ndef double(x):\n    os._exit(3)"}
SLOW = {**any_course.RIGHT, "q1": "import time\ntime.sleep(6)\ndef double(x):\n    return 2 * x"}


@pytest.fixture
def course(tmp_path):
    """A course in which four students have handed in two notebooks each."""
    folder = any_course.make(tmp_path / "home")
    for name, answers in {"a": any_course.RIGHT, "b": WRONG, "c": STRANGE, "d": any_course.RIGHT}.items():
        any_course.hand_in(folder, name, answers)
    return folder


def command(*arguments):
    return cli.main([*map(str, arguments)])


def packed_names(path):
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_the_gradebook_is_that_of_a_grading_at_home(course, tmp_path, quick_gradebooks, capfd):  # noqa: F811
    packed, results = tmp_path / "jobs.zip", tmp_path / "results.zip"
    assert command("pack", "ps1", "--course", course, "--out", packed, "--allow-weak-sandbox", "--seed", 3) == 0
    assert "4 jobs" in capfd.readouterr().out  # equal notebooks share one: three different ones, and one more
    assert not (course / "gradebook.db").exists()
    assert packed.stat().st_mode & 0o077 == 0
    names = packed_names(packed)
    assert not [name for name in names if "solution" in name or str(tmp_path) in name]

    away = tmp_path / "away"
    away.mkdir()
    (away / "jobs.zip").write_bytes(packed.read_bytes())
    assert command("work", away / "jobs.zip", "--out", results) == 0
    said = capfd.readouterr()
    assert "4 run, 0 without a result" in said.out and "sandbox:" in said.err
    assert command("work", away / "jobs.zip", "--out", results) == 0
    assert "0 run, 0 without a result" in capfd.readouterr().out

    assert command("grade", "ps1", "--course", course, "--results", results) == 0
    found = any_course.read_gradebook(course)
    queue = review.read_queue(Course(course), "ps1")
    assert found["a"]["totals"][0] == 8 and found["b"]["totals"][0] == 7  # the hidden test of q1 is worth 1

    other = any_course.make(tmp_path / "other")
    for name, answers in {"a": any_course.RIGHT, "b": WRONG, "c": STRANGE, "d": any_course.RIGHT}.items():
        any_course.hand_in(other, name, answers)
    assert command("grade", "ps1", "--course", other, "--allow-weak-sandbox", "--seed", 3) == 0
    assert any_course.read_gradebook(other) == found
    assert review.read_queue(Course(other), "ps1") == queue
    # What has a result does not travel again.
    assert travel.pack(Course(course), "ps1", packed, allow_weak=True, seed=3) == (0, [])


def test_a_job_without_a_result_waits_for_a_person(course, tmp_path, quick_gradebooks):  # noqa: F811
    packed, results, fewer = tmp_path / "jobs.zip", tmp_path / "results.zip", tmp_path / "fewer.zip"
    travel.pack(Course(course), "ps1", packed, students=["a", "b"], allow_weak=True)
    travel.work(packed, results)
    keep = next(name for name in packed_names(results) if name.endswith("/result.json"))
    with zipfile.ZipFile(results) as source, zipfile.ZipFile(fewer, "w") as target:
        for name in (travel.MANIFEST, keep):
            target.writestr(name, source.read(name))
        forged = {**json.loads(source.read(keep)), "score": 99}  # of another job: its key says so
        other = next(name for name in source.namelist() if name.endswith("/result.json") and name != keep)
        target.writestr(other, json.dumps(forged))
    assert command("grade", "ps1", "--course", course, "--results", fewer, "--student", "a", "--student", "b") == 0
    reasons = {reason for entry in review.read_queue(Course(course), "ps1") for reason in entry["reasons"]}
    assert any("fewer.zip has no result for it" in reason for reason in reasons)
    assert any("its worker left no valid result" in reason for reason in reasons)


def test_a_machine_that_was_killed_goes_on(course, tmp_path):
    any_course.hand_in(course, "z", SLOW)
    packed, results = tmp_path / "jobs.zip", tmp_path / "results.zip"
    count, _ = travel.pack(Course(course), "ps1", packed, allow_weak=True)
    environment = {**os.environ, "PYTHONPATH": str(Path(seglab.__file__).parents[1])}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    program = [sys.executable, "-m", "seglab", "work", str(packed), "--out", str(results)]
    process = subprocess.Popen(program, cwd=tmp_path, env=environment, **quiet)
    deadline = time.monotonic() + 120
    parts = tmp_path / "results.zip.parts"
    while not parts.is_dir() or len(list(parts.iterdir())) < 2:  # the note on what they belong to, and a result
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()
    before = len(list(parts.iterdir())) - 1
    assert 0 < before < count and not results.exists()
    ran, lost = travel.work(packed, results)
    assert (ran, lost) == (count - before, [])
    assert len(packed_names(results)) == count + 1 and not parts.exists()


def test_versions_that_differ_are_named(course, tmp_path, monkeypatch):
    packed, results = tmp_path / "jobs.zip", tmp_path / "results.zip"
    travel.pack(Course(course), "ps1", packed, students=["a"], allow_weak=True)
    here = {**jobs.environment(), "numpy": "1.0"}
    monkeypatch.setattr(jobs, "environment", lambda: here)
    with pytest.raises(InputError, match=r"numpy is 1\.0 here, .* at home.*--other-versions"):
        travel.work(packed, results)
    assert not results.exists()
    assert travel.work(packed, results, other_versions=True)[1] == []


def test_files_that_are_no_such_archives(course, tmp_path):
    packed, results = tmp_path / "jobs.zip", tmp_path / "results.zip"
    travel.pack(Course(course), "ps1", packed, students=["a"], allow_weak=True)
    half = tmp_path / "half.zip"
    half.write_bytes(packed.read_bytes()[:500])
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("photo.jpg", b"")
    for path, text in ((half, "only a part of one"), (other, "no archive of this"), (tmp_path / "none.zip", "No such")):
        with pytest.raises(InputError, match=text):
            travel.work(path, results)
    with pytest.raises(InputError, match="holds jobs, not results"):
        travel.Results(packed, "ps1")
    travel.work(packed, results)
    with pytest.raises(InputError, match="holds results of ps1; results of ps2 are"):
        travel.Results(results, "ps2")
    travel.pack(Course(course), "ps1", packed, students=["a"], allow_weak=True, seed=1)
    with pytest.raises(InputError, match="holds results of other jobs"):
        travel.work(packed, results)


def test_a_weak_sandbox_is_refused_where_it_was_not_accepted(course, tmp_path, monkeypatch):
    packed = tmp_path / "jobs.zip"
    travel.pack(Course(course), "ps1", packed, students=["a"])
    monkeypatch.setattr(travel.runner, "probe_ladder", lambda settings: {"rlimits": "ok", "ns:net": "not permitted"})
    with pytest.raises(InputError, match="too weak here for hidden tests"):
        travel.work(packed, tmp_path / "results.zip")
