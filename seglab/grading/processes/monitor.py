"""The monitor of one student's process: builds its sandbox, watches its memory, and ends whatever it started."""

import contextlib
import json
import os
import select
import signal
import socket
import time

from seglab.grading.processes import student_process
from seglab.grading.processes.channel import Channel
from seglab.grading.sandbox import cgroups
from seglab.grading.sandbox.ladder import Ladder

POLL_SECONDS = 0.05
KINDS_OF_MEMORY = ("RssAnon", "RssShmem", "VmPTE")
FREE_DESCRIPTORS, MEMORY_OF_DESCRIPTOR = 32, 416 << 10  # a socket holds so much that nobody reads
SHARED_PAGES = 16  # processes whose pages, shared with the zygote, are not counted


def run(spec, connection, output, status):
    """Fork the student's process, wait for it, and say how it ended; never returns.

    Args:
        spec: What `Ladder` takes, `base_memory` (bytes that a fork of the zygote is born with), and what
            `student_process.serve` takes.
        connection: Descriptor of the socket on which the student's process answers.
        output: Descriptor of the pipe for what it prints.
        status: Descriptor of the socket on which this process reports; when it closes, the student's process ends.
    """
    ladder = Ladder(spec)
    ladder.before_fork()
    student = os.fork()
    if student == 0:
        _become_student(ladder, spec, connection, output)
    os.close(connection)
    os.close(output)
    with socket.socket(fileno=status) as up:
        handle = os.pidfd_open(student)
        socket.send_fds(up, [json.dumps({"pid": student}).encode()], [handle])
        report = _watch(student, handle, up, spec, ladder.groups)
        _end_all(student, handle)
        _, code, usage = _wait(student)
        if cgroups.killed_for_memory(ladder.groups):
            report["limit"] = "memory"
        report["killed"] = report.pop("ended") and report["limit"] is None and os.WTERMSIG(code) == signal.SIGKILL
        report |= {"exit": code, "cpu": round(usage.ru_utime + usage.ru_stime, 3)}
        with contextlib.suppress(OSError):
            up.send(json.dumps(report).encode())
    cgroups.remove(ladder.groups)  # takes longer than the rest; nobody waits for it
    os._exit(0)


def _become_student(ladder, spec, connection, output):
    code = 1
    try:
        os.setsid()  # what is sent to the student's group must not reach this monitor
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(connection, 3)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.closerange(4, 1 << 20)
        rungs = ladder.after_fork()
        student_process.serve(Channel(socket.socket(fileno=3), max_arrays=1 << 30), rungs, ladder.seconds, spec)
        code = 0
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


def _watch(student, handle, up, spec, groups):
    """Wait until the student's process ends, the judge goes away or too much memory is taken.

    Where a control group holds the student, the kernel counts more exactly than this process can.
    """
    peak, limit, ended = 0, None, False
    while limit is None:
        ready, _, _ = select.select([handle, up], [], [], POLL_SECONDS)
        taken = memory_of_tree(os.getpid(), spec["base_memory"])
        peak = max(peak, taken)
        if ready:
            ended = handle in ready  # by itself, or by somebody else's hand
            break
        if taken > spec["memory"] and not cgroups.holds(student, groups):
            limit = "memory"
    return {"peak_mb": peak >> 20, "limit": limit, "ended": ended}


def memory_of_tree(root, base):
    """Measure the memory of all processes below one, without what they share with the zygote.

    Args:
        root: Number of the process at the top, which is not counted itself.
        base: Bytes that every one of them shares with the zygote.

    Returns:
        Bytes. Of many processes, the share is taken off the first few alone.
    """
    pending, resident = _children(root), []
    while pending:
        process = pending.pop()
        with contextlib.suppress(OSError, ValueError, IndexError):
            resident.append(own_memory(process))
            pending += _children(process)
    return max(0, sum(resident) - base * min(len(resident), SHARED_PAGES))


def own_memory(process):
    """Bytes of a process that no file can give back, with its page tables and what its open sockets may hold."""
    with open(f"/proc/{process}/status") as file:
        text = file.read()
    kept = sum(int(text.partition(f"\n{name}:")[2].split(None, 1)[0]) << 10 for name in KINDS_OF_MEMORY)
    opened = os.stat(f"/proc/{process}/fd").st_size  # how many, without a right to read them; 0 before Linux 6.2
    return kept + max(0, opened - FREE_DESCRIPTORS) * MEMORY_OF_DESCRIPTOR


def _children(process):
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{task}/children") as file:
                found += file.read().split()
    return found


def _end_all(student, handle):
    """Kill the student's process and all that it left: with a pid namespace the first kill takes them all."""
    with contextlib.suppress(OSError):
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        others = [int(process) for process in _descendants(os.getpid()) if int(process) != student]
        if not others:
            return
        for process in others:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        # Orphans come to this process, a subreaper, and are taken off the list here.
        with contextlib.suppress(OSError):
            for process in others:
                os.waitpid(process, os.WNOHANG)
        time.sleep(0.002)


def _descendants(root):
    pending, found = _children(root), []
    while pending:
        found.append(pending.pop())
        pending += _children(found[-1])
    return found


def _wait(student):
    while True:
        with contextlib.suppress(InterruptedError):
            return os.wait4(student, 0)
