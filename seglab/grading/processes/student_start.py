"""What it takes to start a student's process: limits and paths for the zygote, and the connections to it."""

import itertools
import json
import os
import socket
import stat
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from seglab.grading.processes.zygote import PACKAGE

FIRST_USER = 1_900_000_000  # no system gives such numbers to anyone
# What CUDA asks about the machine before it uses a GPU; of /sys not the rest, where the control groups are.
GPU_FACTS = ("/sys/bus/pci", "/sys/devices", "/sys/module")
counter = itertools.count(1)


def job_spec(settings, *, seed, hidden=()):
    """Return what the zygote must know to start a student's process.

    Args:
        settings: The job's settings, complete.
        seed: Seed of the student's random numbers.
        hidden: Folders that it may not see, besides those in the settings.

    Returns:
        `dict`, to which `name` and `work` are added.
    """
    return {
        "seed": seed,
        "uid": _user_of_its_own(),
        "readable": [*readable_paths(), *(GPU_FACTS if settings["gpu"] else ())],
        "hidden": [str(Path(path).resolve()) for path in (*settings["hide"], *hidden)],
        "devices": _gpu_devices() if settings["gpu"] else [],
        "memory": int(settings["memory_mb"]) << 20,
        "disk": int(settings["disk_mb"]) << 20,
        "tasks": int(settings["tasks"]),
        "cpu": int(settings["notebook_seconds"]) * (os.cpu_count() or 1),
        "skip": settings["skip"],
    }


def readable_paths():
    """Return the folders that a student's process may read: the interpreter, its packages and this package.

    Returns:
        List of absolute paths.
    """
    paths = [sys.prefix, sys.base_prefix, sys.exec_prefix, str(PACKAGE)]
    paths += [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    return list(dict.fromkeys(spelling for path in paths for spelling in (path, os.path.realpath(path))))


def _user_of_its_own():
    """Return a user's number that nobody has, within what this user namespace can name."""
    wanted = FIRST_USER + os.getpid() % 5_000_000 * 16 + next(counter) % 16
    with open("/proc/self/uid_map") as file:
        ranges = [tuple(map(int, line.split())) for line in file]
    if any(first <= wanted < first + count for first, _, count in ranges):
        return wanted
    first, _, count = max(ranges, key=lambda entry: entry[2])
    return first + count - 1 - os.getpid() % max(1, min(1000, count - 1))


def _gpu_devices():
    return sorted(str(path) for path in Path("/dev").glob("nvidia*") if stat.S_ISCHR(path.stat().st_mode))


class Line(NamedTuple):
    """The judge's ends of the connections to one student's process.

    Attributes:
        connection: Socket for questions and answers.
        status: Socket on which its monitor reports; when it closes, the process ends.
        output: Descriptor of the pipe with what it prints.
    """

    connection: socket.socket
    status: socket.socket
    output: int

    @property
    def descriptors(self):
        """The numbers of the descriptors, in the order of `from_descriptors`."""
        return [self.connection.fileno(), self.status.fileno(), self.output]

    @classmethod
    def from_descriptors(cls, connection, status, output):
        """Make the line of descriptors that another process sent."""
        return cls(socket.socket(fileno=connection), socket.socket(fileno=status), output)

    def close(self):
        """Close all ends."""
        self.connection.close()
        self.status.close()
        os.close(self.output)


def spec_of_process(spec):
    """Return the spec of one more process of a job, with a name and a folder of its own.

    Args:
        spec: The job's spec: `name` and `work`, the folder for the folders of all its processes.

    Returns:
        `dict`.
    """
    work = tempfile.mkdtemp(prefix="process-", dir=spec["work"])
    return {**spec, "name": f"{spec['name']}-{os.path.basename(work)}", "work": work}


def request(control, spec):
    """Ask the zygote for a student's process.

    Args:
        control: The socket of the zygote.
        spec: What it needs, see `seglab.grading.sandbox.ladder.Ladder` and `student_process.serve`.

    Returns:
        `Line` to the process, which gets ready meanwhile.

    Raises:
        OSError: If the zygote is gone.
    """
    near, far = socket.socketpair()
    status, far_status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    output, far_output = os.pipe()
    message = json.dumps({"kind": "student", **spec}).encode()
    try:
        socket.send_fds(control, [message], [far.fileno(), far_output, far_status.fileno()])
    finally:
        far.close()
        far_status.close()
        os.close(far_output)
    return Line(near, status, output)
