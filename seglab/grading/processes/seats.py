"""What a job begins with: a folder, and a student's process that waits in it, started while the last job was graded."""

import itertools
import json
import os
import secrets
from pathlib import Path

from seglab.grading.processes.student_start import job_spec, request, spec_of_process
from seglab.grading.processes.workspace import Workspace

counter = itertools.count(1)


class Seat:
    """A folder and a process for one job, of which the process knows nothing yet; a context manager.

    To start a process that has TensorFlow takes 50 ms, as long as all else that a job needs besides its own code.

    Args:
        zygote: A running `Zygote`.
        wanted: What `wanted` returned.

    Attributes:
        wanted: As passed.
        spec: What more processes of this job are started with.
        workspace: The `Workspace`.

    Raises:
        OSError: If the zygote is gone.
    """

    def __init__(self, zygote, wanted):
        self.wanted, self.workspace = wanted, Workspace()
        name = f"{os.getpid()}-{next(counter)}-{secrets.token_hex(3)}"
        facts = json.loads(wanted)
        self.spec = job_spec(facts["settings"], seed=facts["seed"], hidden=facts["hidden"])
        self.spec |= {"name": name, "work": str(self.workspace.students)}
        try:
            self._line = request(zygote.control, spec_of_process(self.spec))
        except BaseException:
            self.workspace.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._line is not None:
            self.take_line().close()
        self.workspace.__exit__()

    def take_line(self):
        """Return the `Line` to the process, once; whoever takes it closes it."""
        line, self._line = self._line, None
        return line


def wanted(job, job_dir):
    """Return what the process of a job depends on, as text: equal for the submissions of one sheet.

    Args:
        job: The job, complete.
        job_dir: Its folder, which no student's process may see.
    """
    covered = any(Path(job_dir).is_relative_to(folder) for folder in job["settings"]["hide"])
    facts = {"settings": job["settings"], "seed": job["seed"], "hidden": [] if covered else [str(job_dir)]}
    return json.dumps(facts, sort_keys=True)


def take(zygote, wanted):
    """Return the seat that waits, or a new one where none waits that fits.

    Args:
        zygote: A running `Zygote`.
        wanted: What `wanted` returned.
    """
    waiting, zygote.seat = zygote.seat, None
    if waiting is not None and waiting.wanted == wanted:
        return waiting
    if waiting is not None:
        waiting.__exit__()
    return Seat(zygote, wanted)
