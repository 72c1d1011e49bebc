"""The zygote: imports the heavy packages once, then forks a student's process or a judge per request.

It is started with `exec`, holds no test and no submission, and opens no socket of its own.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
import traceback


def main(descriptor, imports, with_shell):
    """Import, report, and fork until the worker closes the connection.

    Args:
        descriptor: Number of the connected socket to the worker.
        imports: Names of modules; those that cannot be imported are left out.
        with_shell: Whether to make the students' shell.
    """
    from seglab.grading.judging import judge_process
    from seglab.grading.processes import monitor, student_process
    from seglab.grading.sandbox import linux

    begun = time.monotonic()
    control = socket.socket(fileno=descriptor)
    missing = []
    for name in imports:
        try:
            package, _, part = name.partition(":")
            if part and not hasattr(importlib.import_module(package), part):
                name = f"{package}.{part}"
            importlib.import_module(name.partition(":")[0])
        except Exception as error:
            missing.append(f"{name}: {type(error).__name__}: {error}"[:200])
    if with_shell:
        student_process.prepare()
    gc.collect()
    gc.freeze()
    linux.prctl(linux.SET_DUMPABLE, 0)
    sizes = _own_sizes()
    ready = {"seconds": round(time.monotonic() - begun, 3), "missing": missing, "versions": _versions()}
    control.send(json.dumps(ready | {"threads": len(os.listdir("/proc/self/task")), **sizes}).encode())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        raw, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 3)
        if not raw:
            return
        request = json.loads(raw)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            control.close()
            try:
                if request["kind"] == "student":
                    monitor.run({**request, **sizes}, *descriptors)
                else:
                    judge_process.host(*descriptors)
            except BaseException:
                with contextlib.suppress(Exception):
                    traceback.print_exc()
            finally:
                os._exit(1)
        for descriptor in descriptors:
            os.close(descriptor)


def _own_sizes():
    """Bytes that every fork of this process is born with: resident ones, and what counts as data."""
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    kinds = {"base_memory": ("RssAnon", "VmPTE"), "base_data": ("VmData",)}
    return {key: sum(int(lines[name].split()[0]) << 10 for name in names) for key, names in kinds.items()}


def _versions():
    """Versions of the imported packages that grades can depend on."""
    versions = {"python": sys.version.split()[0]}
    for name in ("numpy", "tensorflow", "keras", "torch", "jax", "scipy", "sklearn", "pandas", "matplotlib", "seglab"):
        if name in sys.modules:
            versions[name] = str(getattr(sys.modules[name], "__version__", "unknown"))
    return versions
