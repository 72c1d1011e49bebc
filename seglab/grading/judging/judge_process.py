"""The judge's processes: one host per sheet, warm, that forks one judge per submission.

The host is forked from the zygote, which has imported everything; it reads the master, runs the set-up
cells once, and waits for jobs. All messages come from the worker.
"""

import contextlib
import gc
import json
import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path

from seglab.grading import hidden
from seglab.grading.judging import unsafe_loading
from seglab.grading.judging.judge import Judge
from seglab.grading.processes.remote import Killed, text_of
from seglab.grading.processes.student_client import StudentProcess
from seglab.grading.processes.student_start import Line, request, spec_of_process
from seglab.grading.sandbox import linux

SIZE_OF_MESSAGE = 1 << 20


def host(descriptor):
    """Serve one master until the worker closes the connection; never returns.

    The first message names the master; each later one is a job, with the zygote's socket and a file for the results.

    Args:
        descriptor: Number of the connected socket to the worker.
    """
    linux.die_with_parent()
    linux.prctl(linux.SET_DUMPABLE, 0)
    link = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    order = json.loads(link.recv(SIZE_OF_MESSAGE))
    unsafe_loading.watch()
    unsafe_loading.close_loaders()
    _leave_shell()
    os.chdir(order["files"])  # the sheet's own files; a student's file is never on the path of imports
    sys.path.append(order["files"])
    master = json.loads(Path(order["master"]).read_bytes())
    hidden.set_seed(order["seed"])
    judge = Judge(master, order["settings"], order["seed"])
    judge.warm()
    unsafe_loading.close_loaders()  # of what the cells imported first
    os.chdir("/")
    sys.path.remove(order["files"])
    gc.collect()
    gc.freeze()
    forkable = len(os.listdir("/proc/self/task")) == 1
    link.send(json.dumps({"forkable": forkable}).encode())
    while True:
        raw, descriptors, _, _ = socket.recv_fds(link, SIZE_OF_MESSAGE, 5)
        if not raw:
            os._exit(0)
        child = os.fork() if forkable else 0
        if child == 0:
            with contextlib.suppress(BaseException):
                if not forkable:
                    _announce(link, os.getpid())
                _grade(judge, json.loads(raw), link, *descriptors)
            os._exit(1)
        _announce(link, child)
        for number in descriptors:
            os.close(number)


def _announce(link, pid):
    """Tell the worker of a judge; its host does, so that the worker does not wait for one that is killed at birth."""
    handles = []
    with contextlib.suppress(ProcessLookupError):  # it is gone already: a message without a handle says so
        handles.append(os.pidfd_open(pid))
    socket.send_fds(link, [json.dumps({"pid": pid}).encode()], handles)
    for handle in handles:
        os.close(handle)


def _grade(judge, job, link, control, results, *first):
    """Grade one submission and leave the process; `first` is the line to a student's process that waits already."""
    linux.die_with_parent()
    linux.prctl(linux.SET_DUMPABLE, 0)
    os.setsid()
    link.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    os.chdir(job["folder"])
    _limit(judge.settings)
    stream = os.fdopen(results, "wb", buffering=0)

    def tell(event):
        stream.write(json.dumps(event, ensure_ascii=True).encode() + b"\n")

    zygote = socket.socket(fileno=control)
    judge.settings["deadline"] = time.monotonic() + judge.settings["notebook_seconds"]
    lines = [Line.from_descriptors(*first)]

    def start():
        line = lines.pop() if lines else request(zygote, spec_of_process(job["spec"]))
        student = StudentProcess(line, judge.settings)
        with contextlib.suppress(Killed):  # then the next question says so
            for name, path in job["files"].items():
                student.ask("file", value=Path(path).read_bytes(), name=name)
        return student

    code = 1
    try:
        submission = json.loads(Path(job["submission"]).read_bytes())
        judge.grade(submission, start, tell, skip=job["skip"])
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        tell({"end": {"judge_mb": memory}})
        code = 0
    except BaseException as error:
        tell({"error": f"{type(error).__name__}: {text_of(error)}"[:1000]})
    finally:
        os._exit(code)


def _limit(settings):
    with open("/proc/self/status") as file:
        born = next(int(line.split()[1]) << 10 for line in file if line.startswith("VmData"))
    limit = born + (settings["judge_memory_mb"] << 20)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _leave_shell():
    """The shell that the zygote made is the students': what asks for one must find none here."""
    if "IPython" in sys.modules:
        from IPython.core.interactiveshell import InteractiveShell

        InteractiveShell.clear_instance()
