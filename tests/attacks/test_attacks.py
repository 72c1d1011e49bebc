"""No hostile submission gains a point, harms the machine, or keeps others from being graded.

Every submission is graded beside its twin, which is the same without the attack: by root, by an ordinary user, and by
an ordinary user on a kernel that refuses namespaces. Two gigabytes and 300 processes are all that they ask for.
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hostile import ATTACKS, SUBJECTS, files, limits, machine, output, processes
from ordinary_user import NOBODY, SHOW, closed_folder

from seglab.grading.sandbox import ladder

BATTERY = Path(__file__).parent / "battery.py"
SECONDS = 400  # far more than a battery takes on two cores of its own
NO_NAMESPACES = "ns:user,ns:mount,ns:net,ns:ipc,ns:uts,ns:pid"
# What depends on the ladder; the rest is between the two processes, whoever runs them.
OF_THE_LADDER = (files, limits, machine, output, processes)
ALWAYS = {
    "rlimits",
    "caps",
    "no_new_privs",
    "not_dumpable",
    "death",
    "landlock",
    "landlock:signals",
    "seccomp",
    "subreaper",
}
NAMESPACES = {"ns:mount", "ns:net", "ns:ipc", "ns:uts", "ns:pid", "root", "proc"}
RUNGS = {
    "root": ALWAYS | NAMESPACES | {"uid", "cgroup"},
    "user": ALWAYS | NAMESPACES | {"ns:user", "ordinary_user"},
    "no namespaces": ALWAYS | {"ordinary_user"},
}
# A machine whose kernel is known to refuse some says which: SEGLAB_RUNGS_REFUSED="landlock:signals,cgroup".
REFUSED = set(filter(None, os.environ.get("SEGLAB_RUNGS_REFUSED", "").split(",")))


def names_for(mode):
    """Names of the attacks that are tried in a mode; TensorFlow is imported once, by the first that runs."""
    modules = {module.__name__ for module in (OF_THE_LADDER if mode == "no namespaces" else SUBJECTS)}
    with_networks = mode == "root" if os.geteuid() == 0 else mode == "user"
    chosen = [attack for attack in ATTACKS.values() if attack.module in modules]
    return [attack.name for attack in chosen if with_networks or attack.sheet != "networks"]


def command(folder, *options):
    return [sys.executable, "-B", str(BATTERY), str(folder), *options]


def run_as_somebody_else(command):
    """Run a command as an ordinary user; skips the tests, by name, where root cannot become one."""
    if os.geteuid() != 0:
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    closed = closed_folder(Path(sys.base_prefix))
    shown = {"HOUSE": str(closed or ""), "HOME_OF_PYTHON": sys.base_prefix, "NOBODY": str(NOBODY)}
    options = {"env": {**os.environ, "HOME": "/nonexistent", **shown}, "cwd": "/", "capture_output": True, "text": True}
    wrapper = ["unshare", "-m", "--propagation", "private", "sh", "-c", SHOW, "sh"]
    try:
        able = subprocess.run([*wrapper, sys.executable, "-c", ""], timeout=60, **options)
    except FileNotFoundError as error:
        pytest.skip(f"{error.filename} is not here: the attacks run as root only")
    if able.returncode != 0:
        pytest.skip(f"no other user can run {sys.executable}: the attacks run as root only ({able.stderr[-200:]})")
    return subprocess.run([*wrapper, *command], timeout=SECONDS, **options)


def run(folder, mode):
    """Run the battery in one mode; return what it wrote down."""
    options = ["--only", ",".join(names_for(mode))]
    if mode == "root":
        if os.geteuid() != 0:
            pytest.skip("not root: the attacks run as an ordinary user only")
        done = subprocess.run(command(folder, *options), capture_output=True, text=True, timeout=SECONDS)
    else:
        options += ["--skip", NO_NAMESPACES] if mode == "no namespaces" else []
        done = run_as_somebody_else(command(folder, *options))
    written = folder / "battery.json"
    assert written.exists(), f"the battery did not end: {done.stdout[-2000:]}{done.stderr[-4000:]}"
    return json.loads(written.read_text())


@pytest.fixture(scope="session")
def batteries():
    """What happened in each mode, all of them run at the same time: `dict` from mode to facts, or to an exception."""
    with tempfile.TemporaryDirectory(prefix="seglab-attacks-") as base, ThreadPoolExecutor(len(RUNGS)) as pool:
        Path(base).chmod(0o777)
        futures = {mode: pool.submit(run, Path(base, mode.replace(" ", "-")), mode) for mode in RUNGS}
        yield {mode: future.exception() or future.result() for mode, future in futures.items()}


def facts_of(batteries, mode):
    """Return what happened in one mode, or end the test where nothing did."""
    found = batteries[mode]
    if isinstance(found, pytest.skip.Exception):
        pytest.skip(str(found))
    if isinstance(found, BaseException):
        pytest.fail(f"{mode}: {str(found)[-1000:]}", pytrace=False)
    return found


def cases():
    """Pairs of a mode and an attack's name; forged notebooks are graded with and without repair."""
    for mode in RUNGS:
        for name in names_for(mode):
            yield mode, name
            if ATTACKS[name].mutate:
                yield mode, f"{name} (not repaired)"


def test_there_are_enough_and_each_says_what_it_tries():
    assert len(ATTACKS) >= 60
    assert all(attack.text.endswith(".") and len(attack.text) > 10 for attack in ATTACKS.values())
    assert {attack.module for attack in ATTACKS.values()} == {module.__name__ for module in SUBJECTS}


@pytest.mark.parametrize("mode", RUNGS)
def test_the_rungs_that_are_expected_here_hold(batteries, mode, capsys):
    rungs = facts_of(batteries, mode)["rungs"]
    holding = {name for name, said in rungs.items() if said == "ok"}
    with capsys.disabled():
        print(f"\n{mode}: {', '.join(sorted(holding))} hold", end=" ")
    assert RUNGS[mode] - REFUSED - holding == set(), {name: rungs.get(name) for name in RUNGS[mode] - holding}
    assert REFUSED or ladder.enough(rungs) == []


@pytest.mark.parametrize("mode", RUNGS)
def test_nothing_is_left_behind(batteries, mode):
    assert facts_of(batteries, mode)["left"] == []


@pytest.mark.parametrize("mode, name", list(cases()))
def test_attack(batteries, mode, name):
    found, attack = facts_of(batteries, mode)["attacks"][name], ATTACKS[name.partition(" (")[0]]
    assert found["twin"] == found["honest"], f"the twin did not get its points: {found['twin_error']}"
    assert found["damage"] == []
    assert found["score"] <= found["twin"], found["cells"]
    assert attack.costs or found["score"] == found["twin"], (found["cells"], found["log"], found["limits"])
    assert attack.tamper or attack.doubtful or found["error"] is None
    if attack.reports and found["report"]:
        tried, reached = found["report"]
        assert tried > 0 and reached == "[]"
    assert not attack.reports or found["report"] or attack.costs, "it did not tell what it reached"


@pytest.mark.parametrize(
    "plant, name, sign",
    [
        ("comparable", "equal_to_everything", "score"),
        ("trusting", "tests_replaced (not repaired)", "score"),
        ("generous", "points_above_the_maximum", "damage"),
        ("talkative", "hidden_input_by_loop", "damage"),
        ("loops", "hidden_input_by_loop", "damage"),
        ("records", "record_with_memory_address", "score"),
        ("collisions", "colliding_sets", "taken"),
    ],
)
def test_a_planted_fault_is_found(tmp_path, plant, name, sign):
    options = ["--plant", plant, "--only", name.partition(" (")[0]]
    done = subprocess.run(command(tmp_path / "b", *options), capture_output=True, text=True, timeout=120)
    assert (tmp_path / "b" / "battery.json").exists(), done.stderr[-3000:]
    found = json.loads((tmp_path / "b" / "battery.json").read_text())["attacks"][name]
    refused = "protocol" in found["limits"]
    signs = {"score": found["score"] > found["twin"], "damage": found["damage"], "taken": not refused}
    assert signs[sign], found


HARMLESS = ("reads_files", "writes_files", "internet", "local_sockets", "other_processes")


def test_without_the_ladder_the_same_attacks_succeed(tmp_path):
    rungs = sorted(set().union(*RUNGS.values()) - {"ordinary_user", "proc", "landlock:signals"})
    options = ["--skip", ",".join(rungs), "--only", ",".join(HARMLESS)]
    done = subprocess.run(command(tmp_path / "b", *options), capture_output=True, text=True, timeout=120)
    assert (tmp_path / "b" / "battery.json").exists(), done.stderr[-3000:]
    found = json.loads((tmp_path / "b" / "battery.json").read_text())["attacks"]
    for name in HARMLESS:
        reached = found[name]["report"] and found[name]["report"][1] != "[]"
        assert reached or found[name]["damage"], f"{name} would not be noticed"


@pytest.mark.parametrize("skipped, harmed", [("", False), ("seccomp", True)])
def test_an_interpreter_that_the_user_owns_stays_as_it_is(skipped, harmed):
    with tempfile.TemporaryDirectory(prefix="seglab-attacks-") as base:
        Path(base).chmod(0o777)
        made = run_as_somebody_else([sys.executable, "-m", "venv", "--copies", "--without-pip", f"{base}/own"])
        assert made.returncode == 0, made.stderr
        (packages,) = Path(base, "own").glob("lib/python*/site-packages")
        others = [path for path in sys.path if Path(path).name == "site-packages"]
        (packages / "others.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in others))
        call = command(Path(base, "b"), "--only", "changes_modes", "--skip", skipped)
        done = run_as_somebody_else([f"{base}/own/bin/python", *call[1:]])
        assert Path(base, "b", "battery.json").exists(), done.stderr[-3000:]
        found = json.loads(Path(base, "b", "battery.json").read_text())["attacks"]["changes_modes"]
        assert any("interpreter" in line for line in found["damage"]) == harmed, found
