"""The worker's side of the zygote: starts it, and asks it for judges."""

import contextlib
import json
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import seglab
from seglab.errors import InputError
from seglab.grading import settings as grading_settings
from seglab.grading.processes import workspace
from seglab.grading.sandbox import cgroups

PACKAGE = Path(seglab.__file__).resolve().parent
START_SECONDS = 180
SIZE_OF_MESSAGE = 1 << 16
ENTRY = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from seglab.grading.processes.zygote_process import main; "
    "main(int(sys.argv[2]), sys.argv[3].split(), sys.argv[4] == 'shell')"
)


class Zygote:
    """A process that has imported what the sheets need, and forks a process for each submission.

    One per worker, started once: a context manager.

    Args:
        imports: Names of modules that the sheets import.
        settings: `dict` as in a job; `gpu` and `skip` are used here. None are set if `None`.
        shell: Whether students' cells will run; `False` starts faster, to try the ladder only.

    Attributes:
        ready: What it reported: `seconds`, `threads`, `missing` (modules that could not be imported), `versions`,
            `base_memory` and `base_data` (bytes).
    """

    def __init__(self, imports=("numpy",), settings=None, *, shell=True):
        if not sys.platform.startswith("linux"):
            raise InputError(f"grading needs Linux, this is {sys.platform}.")
        self.imports, self.settings, self.shell = tuple(imports), grading_settings.complete(settings), shell
        self.process, self.control, self.ready, self.log, self.hosts, self.seat = None, None, None, None, {}, None

    def __enter__(self):
        workspace.sweep()
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [str(PACKAGE.parent), str(far.fileno()), " ".join(self.imports), "shell" if self.shell else "bare"]
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", ENTRY, *arguments],
            pass_fds=[far.fileno()],
            env=self._environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.log,
        )
        far.close()
        self.control = near
        if not select.select([near], [], [], START_SECONDS)[0] or not (raw := near.recv(SIZE_OF_MESSAGE)):
            self.process.kill()
            self.log.seek(0)
            said = self.log.read().decode(errors="replace").strip().splitlines()
            self.__exit__()
            raise InputError(f"the grading process did not start: {said[-1] if said else 'it said nothing'}")
        self.ready = json.loads(raw)
        return self

    def __exit__(self, *_):
        if self.seat is not None:
            self.seat.__exit__()
            self.seat = None
        for host in self.hosts.values():
            host.close()
        self.hosts.clear()
        if self.control is not None:
            self.control.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
            self.process.kill()
            self.process.wait()
            self.log.close()
            self.control = None
            cgroups.remove(cgroups.leftovers(f"{os.getpid()}-"))

    def ask(self, request, descriptors):
        """Have the zygote fork a process.

        Args:
            request: `dict` with `kind`.
            descriptors: Numbers of descriptors that the new process gets.
        """
        socket.send_fds(self.control, [json.dumps(request).encode()], descriptors)

    def _environment(self):
        """Nothing of this process's own environment but what programs need to run."""
        names = ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "SEGLAB_PROFILE")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        return kept | {
            "HOME": "/nonexistent",
            "IPYTHONDIR": "/nonexistent",
            "LANG": "C.UTF-8",
            "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": _private_folder("seglab-matplotlib"),
            "NBGRADER_EXECUTION": "autograde",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",  # workers share the cores: one thread each costs less, and the same for everyone
            "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONWARNINGS": "ignore",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TF_NUM_INTEROP_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
            **({} if self.settings["gpu"] else {"CUDA_VISIBLE_DEVICES": ""}),
        }


def _private_folder(name):
    """Return a folder in the temporary directory that is this user's alone and stays: matplotlib's list of fonts."""
    path = Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}"
    with contextlib.suppress(OSError):
        path.mkdir(mode=0o700, exist_ok=True)
        facts = path.lstat()
        if stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and not facts.st_mode & 0o077:
            return str(path)
    return tempfile.mkdtemp(prefix=f"{name}-")


def kill(handle):
    """Kill the process behind a pid descriptor, if it still runs."""
    with contextlib.suppress(OSError):
        signal.pidfd_send_signal(handle, signal.SIGKILL)
