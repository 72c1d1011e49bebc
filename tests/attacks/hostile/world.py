"""The machine around the sandbox: files to steal, sockets to call, processes to harm, and what became of them."""

import contextlib
import hashlib
import os
import secrets
import socket
import sqlite3
import subprocess
import threading
import time
from pathlib import Path


class World:
    """What must stay as it is while hostile submissions are graded; a context manager.

    Args:
        folder: An empty folder that everybody may enter.

    Attributes:
        canary: `Path` of a folder that everybody may read and write, with what no submission may see.
        secret: A text that lies in all of it.
        received: List of what arrived at sockets, as text.
    """

    def __init__(self, folder):
        self.canary = Path(folder) / "canary"
        self.secret = f"SECRET-{secrets.token_hex(8)}"
        self.received, self.sockets = [], []

    def __enter__(self):
        os.umask(0)
        self.canary.mkdir(mode=0o777)
        for name in ("secret.txt", "source/sheet.ipynb", "submitted/other/sheet.ipynb"):
            path = self.canary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{self.secret}\n" * 10)
        with contextlib.closing(sqlite3.connect(self.canary / "gradebook.db")) as book:
            book.execute("create table grade (student text, score real)")
            book.execute("insert into grade values (?, 1)", [self.secret])
            book.commit()
        self.shared = Path("/dev/shm") / f"seglab-attacks-{self.secret[-8:]}"
        with contextlib.suppress(OSError):
            self.shared.write_text(self.secret)
        os.umask(0o022)
        os.environ["SEGLAB_TEST_SECRET"] = self.secret
        self.watcher = subprocess.Popen(["sleep", "3600"])
        self._listen()
        self.facts = {
            "CANARY": str(self.canary),
            "WATCHER": self.watcher.pid,
            "WORKER": os.getpid(),
            "TCP": self.sockets[0].getsockname()[1],
            "UDP": self.sockets[1].getsockname()[1],
            "STREAM": str(self.canary.parent / "stream"),
            "DATAGRAM": str(self.canary.parent / "datagram"),
            "ABSTRACT": f"\0{self.secret[-8:]}",
            "SHARED": str(self.shared),
        }
        self.before = self._state()
        return self

    def __exit__(self, *_):
        for link in self.sockets:
            link.close()
        self.watcher.kill()
        self.watcher.wait()
        self.shared.unlink(missing_ok=True)

    def damage(self):
        """Return what has changed since the beginning, a list of text."""
        now, found = self._state(), []
        for name, value in self.before.items():
            if now[name] != value:
                found.append(f"{name} changed: {value!r} became {now[name]!r}"[:300])
        self.before = now
        while self.received:
            found.append(self.received.pop())
        return found

    def _state(self):
        """Return all that hostile code could change: files, and what the kernel keeps of some processes."""
        state = {"interpreter": os.stat(os.path.realpath("/proc/self/exe")).st_mode}
        for path in [self.canary, *sorted(self.canary.rglob("*"))]:
            facts = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else ""
            state[f"file {path.name}"] = (facts.st_mode, facts.st_uid, facts.st_gid, facts.st_mtime_ns, content)
        state["files"] = sorted(str(path) for path in self.canary.rglob("*"))
        state["watcher"] = self.watcher.poll()
        for name, process in (("watcher", self.watcher.pid), ("worker", os.getpid())):
            with contextlib.suppress(OSError):
                limits = Path(f"/proc/{process}/limits").read_text().splitlines()
                state[f"limits of {name}"] = [line for line in limits if "open files" in line or "cpu time" in line]
            scheduling = (os.sched_getscheduler(process), sorted(os.sched_getaffinity(process)))
            state[f"scheduling of {name}"] = (*scheduling, os.getpriority(os.PRIO_PROCESS, process))
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
                state[f"state of {name}"] = "stopped" if status in "Tt" else "runs"
        return {**dict.fromkeys(getattr(self, "before", ())), **state}

    def _listen(self):
        """Open sockets of every kind that a submission could call."""
        kinds = (
            (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            (socket.AF_UNIX, socket.SOCK_STREAM, str(self.canary.parent / "stream")),
            (socket.AF_UNIX, socket.SOCK_DGRAM, str(self.canary.parent / "datagram")),
            (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.secret[-8:]}"),
        )
        for family, kind, address in kinds:
            link = socket.socket(family, kind)
            link.bind(address)
            if isinstance(address, str) and not address.startswith("\0"):
                os.chmod(address, 0o777)
            self.sockets.append(link)
            if kind == socket.SOCK_STREAM:
                link.listen()
            threading.Thread(target=self._hear, args=(link, kind, str(address)), daemon=True).start()

    def _hear(self, link, kind, address):
        with contextlib.suppress(OSError):
            while True:
                if kind == socket.SOCK_STREAM:
                    other, _ = link.accept()
                    other.settimeout(0.2)
                    self.received.append(f"somebody connected to {address}")
                    with contextlib.suppress(OSError), other:
                        self.received[-1] += f" and sent {other.recv(100)!r}"
                else:
                    self.received.append(f"{address} received {link.recv(100)!r}")


def descendants(process):
    """Return the processes below one, as a list of `(number, command)`; the worker's own helpers are among them."""
    found, pending = [], [process]
    while pending:
        for task in Path(f"/proc/{pending.pop()}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                for number in task.read_text().split():
                    pending.append(int(number))
                    command = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    found.append((int(number), command[:100]))
    return found


def wait_until_gone(process, allowed, seconds=5.0):
    """Wait until nothing but `allowed` processes is left below one; return what is left."""
    deadline = time.monotonic() + seconds
    while True:
        left = [entry for entry in descendants(process) if entry[0] not in allowed]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.05)
