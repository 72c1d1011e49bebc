"""What a grading must not leave on the machine: processes, mounts, control groups, files."""

import contextlib
import os
import time
from pathlib import Path

from seglab.grading.sandbox import cgroups, linux


def read_process(pid, name):
    """Content of a file in a process's folder of `/proc`, empty where it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_bytes()
    return b""


def children(pid):
    """Numbers of the processes that a process has started."""
    return [int(child) for task in Path(f"/proc/{pid}/task").glob("*") for child in _task(task)]


def _task(path):
    with contextlib.suppress(OSError):
        return (path / "children").read_text().split()
    return []


def descendants(pid):
    """Numbers of all processes below one."""
    found = children(pid)
    for each in found:
        found += children(each)
    return found


@contextlib.contextmanager
def surroundings(course, scratch):
    """Afterwards nothing must be left on the machine; yields nothing.

    Raises:
        AssertionError: If a process, a mount, a control group or a file is left.
    """
    linux.prctl(linux.SET_SUBREAPER, 1)
    before, groups = set(descendants(os.getpid())), set(cgroups.leftovers(""))
    mounts = Path("/proc/self/mounts").read_text()
    try:
        yield
        left, deadline = {}, time.monotonic() + 15
        while True:
            below = set(descendants(os.getpid())) - before
            gone = {path for path in set(cgroups.leftovers("")) - groups if not Path(f"/proc/{_owner(path)}").exists()}
            left = {"processes": {pid: read_process(pid, "status")[:60] for pid in below}, "control groups": gone}
            if not any(left.values()) or time.monotonic() > deadline:
                break
            for pid in below:  # orphans that have ended are this process's to take off the list
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            time.sleep(0.1)
        new = set(Path("/proc/self/mounts").read_text().splitlines()) - set(mounts.splitlines())
        left["mounts"] = {line for line in new if str(course.parent) in line}
        left["temporary files"] = [path.name for path in scratch.iterdir() if "matplotlib" not in path.name]
        left["partial files"] = [str(path) for path in course.rglob("*partial*")]
        assert not any(left.values()), {kind: found for kind, found in left.items() if found}
    finally:
        linux.prctl(linux.SET_SUBREAPER, 0)


def _owner(path):
    return Path(path).name.removeprefix(cgroups.PREFIX).partition("-")[0]
