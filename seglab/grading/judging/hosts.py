"""The worker's side of the judge: one warm host per sheet, one judge per submission, with hard limits from outside."""

import contextlib
import json
import os
import select
import socket
import time

from seglab.grading.processes.monitor import own_memory
from seglab.grading.processes.zygote import SIZE_OF_MESSAGE, kill

WARM_SECONDS = 300
GRACE_SECONDS = 20  # what a judge may take longer than its own limit before it is killed
POLL_SECONDS = 0.1


class JudgeHost:
    """A process that holds one sheet's tests and forks a judge per submission.

    Args:
        zygote: A running `Zygote`.
        master: Path of the source notebook.
        settings: The job's settings, complete.
        seed: Seed of the judge's random numbers.
        folder: Folder with the sheet's own files, which its cells may read and import; needed until this returns.

    Attributes:
        facts: What it reported: `forkable`, whether one host can serve many submissions.

    Raises:
        RuntimeError: If it does not get ready.
    """

    def __init__(self, zygote, master, settings, seed, folder):
        self.zygote, self.settings = zygote, settings
        self.link, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        zygote.ask({"kind": "judge"}, [far.fileno()])
        far.close()
        self.link.settimeout(WARM_SECONDS)
        reason = "it ended"
        try:
            order = {"master": str(master), "settings": settings, "seed": seed, "files": str(folder)}
            self.link.send(json.dumps(order).encode())
            raw = self.link.recv(SIZE_OF_MESSAGE)
        except OSError as error:
            raw, reason = b"", str(error)
        if not raw:
            self.close()
            raise RuntimeError(f"the judge did not get ready: {reason}")
        self.facts = json.loads(raw)

    @property
    def usable(self):
        """Whether it can take another submission."""
        return self.link.fileno() >= 0

    def grade(self, job, results, line, meanwhile):
        """Grade one submission; returns when its judge has ended.

        Args:
            job: What `judge_process` takes, a `dict`.
            results: Descriptor of the file to which the judge writes its events.
            line: `Line` to the student's process; closed here.
            meanwhile: Called once, while the judge works.

        Returns:
            Which limit ended the judge: `"judge time"`, `"judge memory"`, `"judge ended"`, or `None` where it was done.
        """
        try:
            message = json.dumps(job).encode()
            descriptors = [self.zygote.control.fileno(), results, *line.descriptors]
            socket.send_fds(self.link, [message], descriptors)
            raw, handles, _, _ = socket.recv_fds(self.link, SIZE_OF_MESSAGE, 1)
            process, handle = json.loads(raw)["pid"], handles[0]
        except (OSError, ValueError, KeyError, IndexError):
            self.close()
            return "judge ended"
        finally:
            line.close()
        try:
            meanwhile()
            return self._watch(process, handle)
        finally:
            os.close(handle)
            if not self.facts["forkable"]:
                self.close()

    def close(self):
        """End the host."""
        self.link.close()

    def _watch(self, process, handle):
        deadline = time.monotonic() + self.settings["notebook_seconds"] + GRACE_SECONDS
        most = (self.settings["judge_memory_mb"] << 20) + self.zygote.ready["base_memory"]
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        limit = None
        while not poll.poll(POLL_SECONDS * 1000):
            if time.monotonic() > deadline:
                limit = "judge time"
            with contextlib.suppress(OSError, ValueError, IndexError):
                if own_memory(process) > most:
                    limit = "judge memory"
            if limit:
                kill(handle)
                poll.poll(10_000)
                break
        return limit
