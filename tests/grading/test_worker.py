"""Jobs from folder to result: what is written, kept warm, streamed, restarted and cleaned up."""

import base64
import contextlib
import glob
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from PIL import Image

from seglab.errors import InputError
from seglab.grading.judging.results import plain_outputs
from seglab.grading.judging.worker import Zygote, grade_job, read_job, run_job
from seglab.grading.processes import workspace
from seglab.grading.sandbox import cgroups

sys.path.insert(0, str(Path(__file__).parent))
from ordinary_user import run_as_ordinary_user
from sheets import answer, cell, check, notebook, submit, write_job

ROOT = Path(__file__).parents[2]
SHEET = notebook(
    cell("import numpy as np\nTABLE = np.arange(3)"),
    answer("def square(x): return x * x"),
    check("assert square(3) == 9\n### BEGIN HIDDEN TESTS\nassert square(5) == 25\n### END HIDDEN TESTS", "small", 2),
    check("assert (square(TABLE) == TABLE**2).all()", "array", 3),
)


@pytest.fixture(scope="module")
def zygote():
    with Zygote(("numpy",)) as running:
        yield running


def test_a_job_becomes_a_result(zygote, tmp_path):
    folder = write_job(tmp_path / "job", SHEET, allow_weak_sandbox=True)
    result = grade_job(folder, zygote)
    assert json.loads((folder / "result.json").read_text()) == result
    assert set(result) >= {
        "key", "score", "max_score", "cells", "log", "limits_hit", "rungs", "versions", "seconds", "memory_mb", "error"
    }  # fmt: skip
    assert (result["score"], result["max_score"], result["error"], result["key"]) == (5, 5, None, "key")
    assert set(result["cells"]["small"]) == {"points", "max", "kind", "error", "detail", "seconds", "given"}
    assert result["versions"]["numpy"] and result["rungs"]["rlimits"] == "ok"
    wrong = grade_job(write_job(tmp_path / "job", SHEET, submit(SHEET, answer="def square(x): return 9")), zygote)
    assert wrong["score"] == 0 or wrong["error"]


def test_one_host_serves_many_and_each_gets_a_fresh_judge(zygote, tmp_path):
    master = notebook(cell("seen = []"), answer("def f(): return 1"), check("seen.append(1)\nassert len(seen) == f()"))
    folder = write_job(tmp_path / "job", master, allow_weak_sandbox=True)
    assert grade_job(folder, zygote)["score"] == 1
    (host,) = [host for host in zygote.hosts.values() if host.facts["forkable"]][-1:]
    for _ in range(3):
        assert grade_job(folder, zygote)["score"] == 1
    assert list(zygote.hosts.values())[-1] is host


def test_a_set_up_with_threads_gets_a_host_of_its_own_each_time(zygote, tmp_path):
    setup = """
import threading, time
threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
LIMIT = 3
"""
    master = notebook(cell(setup), answer("def f(): return 3"), check("assert f() == LIMIT"))
    folder = write_job(tmp_path / "job", master, allow_weak_sandbox=True)
    for _ in range(2):
        assert grade_job(folder, zygote)["score"] == 1
        assert not list(zygote.hosts.values())[-1].usable


STUCK = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})  # no alarm runs, as in a loop in C
while stuck():
    while True:
        pass
"""


def test_a_judge_stuck_in_c_loses_one_test(zygote, tmp_path, monkeypatch):
    monkeypatch.setattr("seglab.grading.judging.hosts.GRACE_SECONDS", 0.5)
    master = notebook(
        answer("def stuck(): return True\ndef f(): return 1"),
        check("assert f() == 1", "before"),
        check(STUCK, "stuck"),
        check("assert f() == 1", "after"),
    )
    limits = {"notebook_seconds": 3, "cell_seconds": 1, "allow_weak_sandbox": True}
    result = grade_job(write_job(tmp_path / "job", master, **limits), zygote)
    assert {name: entry["points"] for name, entry in result["cells"].items()} == {"before": 1, "stuck": 0, "after": 1}
    assert "stopped" in result["cells"]["stuck"]["error"] and result["error"] is None
    assert "judge time" in result["limits_hit"]


def test_a_judge_that_takes_all_memory_loses_one_test(zygote, tmp_path):
    master = notebook(
        answer("def f(): return 1"),
        check("blocks = [bytearray(50_000_000) for _ in range(100)]", "greedy"),
        check("assert f() == 1", "after"),
    )
    result = grade_job(write_job(tmp_path / "job", master, judge_memory_mb=300, allow_weak_sandbox=True), zygote)
    assert {name: entry["points"] for name, entry in result["cells"].items()} == {"greedy": 0, "after": 1}


@pytest.mark.parametrize("deadly", [1, 5])
def test_what_a_dead_judge_did_not_tell_goes_to_a_person(zygote, tmp_path, deadly):
    tests = [check("import os\nos._exit(3)", f"t{number}") for number in range(deadly)]
    master = notebook(answer("def f(): return 1"), *tests, check("assert f() == 1", "after"))
    result = grade_job(write_job(tmp_path / "job", master, allow_weak_sandbox=True), zygote)
    assert "judge ended" in result["limits_hit"] and "not reached: t0" in result["error"]
    assert result["cells"]["after"]["points"] == (deadly == 1) and ("after" in result["error"]) == (deadly == 5)


def test_time_that_ran_out_is_no_verdict(zygote, tmp_path):
    slow = "import time\ndef slow(): time.sleep(60)\ndef f(): return 1"
    tests = [check("assert f() == 1", "before"), check("slow()", "late"), check("assert f() == 1", "after")]
    job = write_job(tmp_path / "job", notebook(answer(slow), *tests), notebook_seconds=2, allow_weak_sandbox=True)
    result = grade_job(job, zygote)
    assert result["score"] == 1 and "late, after" in result["error"] and "time" in result["error"]


def test_a_process_killed_by_the_machine_is_no_verdict(zygote, tmp_path):
    killed = "import os\ndef f(): os.kill(os.getpid(), 9)"
    master = notebook(answer(killed), check("f()", "killed"), check("assert callable(f)", "after"))
    # In a namespace of its own a process is the first one, and immune to its own signals.
    job = write_job(tmp_path / "job", master, skip=["ns:pid"], allow_weak_sandbox=True)
    result = grade_job(job, zygote)
    assert result["score"] == 1 and "not reached: killed" in result["error"]


def test_a_judge_that_dies_every_time_ends(zygote, tmp_path):
    # In the judge an answer's function is a stand-in.
    setup = cell("import os\nif type(f).__name__ == 'Remote':\n    os._exit(3)\nLIMIT = 1")
    in_setup = notebook(answer("def f(): return 1"), setup, check("assert LIMIT"))
    result = grade_job(write_job(tmp_path / "job", in_setup, allow_weak_sandbox=True), zygote)
    assert "outside of a test" in result["error"]


def test_results_are_streamed(zygote, tmp_path):
    grade_job(write_job(tmp_path / "job", SHEET, allow_weak_sandbox=True), zygote)
    events = [json.loads(line) for line in (tmp_path / "job" / "result.jsonl").read_text().splitlines()]
    order = [event.get("begin") or event.get("cell") for event in events if "begin" in event or "cell" in event]
    assert order == ["small", "small", "array", "array"] and "end" in events[-1]


DRAWS = """
import matplotlib.pyplot as plt
from IPython.display import HTML, display
print("drawn")
plt.plot([1, 2])
display(HTML("<script>alert(1)</script>"))
3
"""


def test_a_person_sees_what_an_answer_showed(zygote, tmp_path):
    drawing = cell(DRAWS, "plot", solution=True, points=2)
    quiet = cell(
        "print('x' * 99_000)\nimport matplotlib.pyplot as plt\nplt.figure();", "quiet", solution=True, points=1
    )
    master = notebook(drawing, quiet, answer("print('unseen')\ndef f(): return 1"), check("assert f() == 1"))
    result = grade_job(write_job(tmp_path / "job", master, imports=("matplotlib",), allow_weak_sandbox=True), zygote)
    assert result["score"] == 1 and sorted(result["shown"]) == ["plot", "quiet"]
    printed, markup, picture = result["shown"]["plot"]
    assert printed == {"text": "drawn\nOut[0]: 3\n"} and "HTML object" in markup["text"]
    assert Image.open(io.BytesIO(base64.b64decode(picture["png"]))).size[0] > 100
    assert [list(each) for each in result["shown"]["quiet"]] == [["text"], ["png"]]
    shown = [b"GIF89a", "t" * (4 << 20), ["text"], 3, "good"]
    assert plain_outputs("", shown) == [{"text": "good"}]


def test_nothing_is_left_behind(zygote, tmp_path, monkeypatch):
    with tempfile.TemporaryDirectory() as own:  # others may be using the machine's
        os.chmod(own, 0o711)
        monkeypatch.setattr(tempfile, "tempdir", own)
        _grade_and_look(zygote, tmp_path, own)


def _grade_and_look(zygote, tmp_path, own):
    for code in ("def square(x): return x * x", "import os\nos.makedirs('/'.join('a' * 300))\nos._exit(0)"):
        for skip in ([], ["ns:mount", "ns:pid"]):
            folder = write_job(tmp_path / "job", SHEET, submit(SHEET, answer=code), skip=skip, allow_weak_sandbox=True)
            grade_job(folder, zygote)
        assert glob.glob(f"{own}/*") == []
    assert wait_until(lambda: cgroups.leftovers(f"{os.getpid()}-") == [])
    assert {path.name for path in (tmp_path / "job").iterdir()} == {
        "job.json", "master.ipynb", "submission.ipynb", "result.json", "result.jsonl"
    }  # fmt: skip


def test_a_killed_worker_takes_its_processes_along_and_its_folder_is_swept(tmp_path, monkeypatch):
    with tempfile.TemporaryDirectory() as own:  # others may be using the machine's
        os.chmod(own, 0o711)
        monkeypatch.setattr(tempfile, "tempdir", own)
        monkeypatch.setenv("TMPDIR", own)
        _kill_and_sweep(tmp_path, own)


def _kill_and_sweep(tmp_path, own):
    master = notebook(answer("import time\ndef nap(): time.sleep(100)"), check("nap()"))
    folder = write_job(tmp_path / "job", master, allow_weak_sandbox=True, call_seconds=100)
    code = f"from seglab.grading.judging.worker import run_job; run_job({str(folder)!r})"
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    stream = folder / "result.jsonl"
    assert wait_until(lambda: stream.exists() and b"begin" in stream.read_bytes(), 30)
    family = descendants(worker.pid)
    assert len(family) >= 4
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert wait_until(lambda: not [process for process in family if runs(process)])
    assert glob.glob(f"{own}/{workspace.PREFIX}*")
    workspace.sweep()
    assert glob.glob(f"{own}/{workspace.PREFIX}*") == []


def test_hidden_tests_need_a_sandbox(zygote, tmp_path):
    skip = ["ns:net", "seccomp"]
    result = grade_job(write_job(tmp_path / "job", SHEET, skip=skip), zygote)
    assert result["score"] == 0 and "no network" in result["error"]
    assert grade_job(write_job(tmp_path / "job", SHEET, skip=skip, allow_weak_sandbox=True), zygote)["score"] == 5
    visible = notebook(*[item for item in SHEET["cells"] if "HIDDEN" not in item["source"]])
    assert grade_job(write_job(tmp_path / "job", visible, skip=skip), zygote)["score"] == 3


BAD_JOBS = {
    "no job": None,
    "no JSON": "{",
    "unknown setting": {"settings": {"cell_secnds": 3}},
    "setting of a wrong type": {"settings": {"skip": "all"}},
    "a negative limit": {"settings": {"cell_seconds": -1}},
    "a path": {"artifacts": ["../other/secret.npz"]},
    "a hidden file": {"artifacts": [".bashrc"]},
    "a missing file": {"artifacts": ["missing.npz"]},
    "a link": {"artifacts": ["link.txt"]},
}


@pytest.mark.parametrize("name", BAD_JOBS)
def test_bad_jobs_are_refused_in_one_line(tmp_path, name):
    folder = write_job(tmp_path / "job", SHEET)
    (folder / "link.txt").symlink_to("/etc/passwd")
    (folder / "job.json").unlink()
    if BAD_JOBS[name] is not None:
        content = BAD_JOBS[name] if isinstance(BAD_JOBS[name], str) else json.dumps(BAD_JOBS[name])
        (folder / "job.json").write_text(content)
    with pytest.raises(InputError) as caught:
        read_job(folder)
    assert "\n" not in str(caught.value)


def test_a_master_that_is_no_notebook_is_an_error_of_the_job(zygote, tmp_path):
    folder = write_job(tmp_path / "job", SHEET)
    (folder / "master.ipynb").write_text("[]")
    assert grade_job(folder, zygote)["error"]
    folder = write_job(tmp_path / "job", SHEET, allow_weak_sandbox=True)
    (folder / "submission.ipynb").write_text('{"cells": [1, {"cell_type": "code", "source": 5}]}')
    assert grade_job(folder, zygote)["score"] == 0


def test_an_ordinary_user_grades_too(tmp_path):
    folder = write_job(tmp_path / "job", SHEET)
    for path in (tmp_path, folder, *folder.iterdir()):
        path.chmod(0o777)
    for parent in itertools.takewhile(lambda folder: folder != Path(tempfile.gettempdir()), tmp_path.parents):
        parent.chmod(0o755)
    run = f"from seglab.grading.judging.worker import run_job; r = run_job({str(folder)!r})"
    code = f"{run}; print(r['score'], r['error'])"
    done = run_as_ordinary_user([sys.executable, "-c", code])
    assert done.stdout.strip() == "5.0 None", done.stderr


def test_one_call_grades_one_job(tmp_path):
    assert run_job(write_job(tmp_path / "job", SHEET, allow_weak_sandbox=True))["score"] == 5


def test_the_overhead_is_small(zygote, tmp_path):
    folder = write_job(tmp_path / "job", SHEET, allow_weak_sandbox=True)
    seconds = []
    for _ in range(10):
        begun = time.perf_counter()
        grade_job(folder, zygote)
        seconds.append(time.perf_counter() - begun)
    # 0.05 s on an idle machine; other tests may run beside this one.
    assert min(seconds) < 1


def descendants(root):
    found, pending = [], [str(root)]
    while pending:
        with contextlib.suppress(OSError):
            for path in glob.glob(f"/proc/{pending.pop()}/task/*/children"):
                pending += Path(path).read_text().split()
                found += Path(path).read_text().split()
    return found


def runs(process):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
