"""A pool of processes on this machine that outlives whatever happens in one of them.

The standard library's pool is broken for good when one process dies, and cannot stop a task that runs.
"""

import contextlib
import importlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future
from pathlib import Path

from seglab.grading.sandbox import linux

ENTRY = (
    "import sys; sys.path.append(sys.argv[1]); from seglab.grading.pool import serve; "
    "serve(int(sys.argv[2]), int(sys.argv[3]))"
)
SECONDS_TO_END = 5


class WorkerLost(Exception):
    """The process that ran a task died or was stopped."""


class LocalExecutor(Executor):
    """Runs functions of modules in processes that are kept for the next task, and started anew when they die.

    Args:
        workers: How many processes run at a time, 1 or more. Each starts with its first task.

    Example:
        >>> with LocalExecutor(1) as executor:
        ...     executor.submit(os.path.basename, "a/b").result()
        'b'
    """

    def __init__(self, workers=1):
        self._tasks, self._running, self._lock = queue.SimpleQueue(), {}, threading.Lock()
        self._closed = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, function, /, *args):
        """Queue a call.

        Args:
            function: A function at the top level of a module.
            *args: What JSON can hold.

        Returns:
            `concurrent.futures.Future` of what the function returns, which JSON must be able to hold. It raises
            `WorkerLost` if the process dies, and `RuntimeError` with the text of what the function raised.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("the executor was shut down")
            future = Future()
            request = {"module": function.__module__, "name": function.__qualname__, "args": args}
            self._tasks.put((future, json.dumps(request)))
        return future

    def stop(self, future):
        """Kill the process that works on a task; the task raises `WorkerLost`.

        Args:
            future: What `submit` returned. Nothing happens unless it is running.
        """
        with self._lock:
            process = self._running.get(future)
        if process is not None:
            process.kill()

    def shutdown(self, wait=True, *, cancel_futures=False):
        """End the processes.

        Args:
            wait: Wait until all tasks are done and the processes are gone.
            cancel_futures: Take back the tasks that have not started, and kill those that run.
        """
        with self._lock:
            already, self._closed = self._closed, True
        if cancel_futures:
            with contextlib.suppress(queue.Empty):
                while True:
                    task = self._tasks.get_nowait()
                    if task is not None:
                        task[0].cancel()
            with self._lock:
                for process in self._running.values():
                    process.kill()
            already = False
        if not already:
            for _ in self._threads:
                self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _work(self):
        """One thread per process: the process dies with it."""
        process = None
        while (task := self._tasks.get()) is not None:
            future, request = task
            if not future.set_running_or_notify_cancel():
                continue
            if process is None or not process.alive:
                process = _Process()
            with self._lock:
                self._running[future] = process
            answer = process.ask(request)
            with self._lock:
                del self._running[future]
            if "result" in answer:
                future.set_result(answer["result"])
            else:
                lost = "lost" in answer
                future.set_exception(WorkerLost(answer["lost"]) if lost else RuntimeError(answer["error"]))
        if process is not None:
            process.close()


class _Process:
    """A process that runs one request after the other, over two pipes of its own."""

    def __init__(self):
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        package = str(Path(__file__).resolve().parents[2])
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", ENTRY, package, str(requests), str(answers)],
            pass_fds=[requests, answers],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt at the keyboard is for the runner alone
        )
        os.close(requests)
        os.close(answers)
        self._reader = open(self._answers, "rb")  # noqa: SIM115 - closed in `close`

    @property
    def alive(self):
        return self._process is not None and self._process.poll() is None

    def ask(self, request):
        """Return `{"result": ...}`, `{"error": text}` or `{"lost": text}`."""
        try:
            _write(self._requests, request.encode() + b"\n")
            return json.loads(self._reader.readline())
        except (OSError, ValueError):
            self.kill()
            status = self._process.wait()
            self.close()
            name = signal.Signals(-status).name if status < 0 else f"status {status}"
            return {"lost": f"the worker's process ended ({name})"}

    def kill(self):
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self):
        """Have the process end by itself, or end it."""
        with contextlib.suppress(OSError):
            os.close(self._requests)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(SECONDS_TO_END)
        self.kill()
        self._process.wait()
        self._reader.close()
        self._requests = -1


def _write(descriptor, content):
    while content:
        content = content[os.write(descriptor, content) :]


def serve(requests, answers):
    """Answer requests until there are no more; the whole life of a worker's process.

    Args:
        requests: Number of the descriptor to read from, one request per line.
        answers: Number of the descriptor to write to.
    """
    linux.die_with_parent()
    for descriptor in (requests, answers):
        os.set_inheritable(descriptor, False)
    with open(requests, "rb") as lines:
        for line in lines:
            request = json.loads(line)
            try:
                function = importlib.import_module(request["module"])
                for part in request["name"].split("."):
                    function = getattr(function, part)
                answer = {"result": function(*request["args"])}
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            _write(answers, json.dumps(answer).encode() + b"\n")
