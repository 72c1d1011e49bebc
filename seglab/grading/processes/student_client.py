"""One student's sandboxed process, as the judge talks to it."""

import contextlib
import itertools
import json
import math
import os
import signal
import socket
import sys
import time
import types

import numpy as np

from seglab.grading.processes import wire
from seglab.grading.processes.channel import Channel, OutOfTime
from seglab.grading.processes.remote import Killed, Remote, StudentError, student_error, text_of

START_SECONDS = 20
STOP_SECONDS = 15
MAX_NESTED = 50  # calls of the student within calls of the test within ...
LIMITS = {  # limit: what to tell the student
    "time": "your code took too long and was stopped",
    "memory": "your code took too much memory and was stopped",
    "output": "your code printed too much and was stopped",
    "protocol": "your code returned something that cannot be taken over, and was stopped",
    None: "the process with your code ended",
}
counter = itertools.count(1)


class StudentProcess:
    """One student's process: the only way to talk to it.

    Args:
        line: What `request` returned.
        settings: The job's settings, and `deadline`, the time (`time.monotonic`) at which the notebook must end.

    Attributes:
        alive: Whether it runs.
        rungs: What the ladder reported.
        seconds: Time spent in its answers.
        end: What its monitor said at the end.

    Raises:
        RuntimeError: If the sandbox does not start.
    """

    def __init__(self, line, settings):
        self.settings, self.output, self.printed = settings, bytearray(), 0
        self.alive, self.numbers, self.depth, self.seconds, self.end = True, itertools.count(1), 0, 0.0, {}
        self.callbacks, self.given = {}, 0
        self.status, self.pipe = line.status, line.output
        self.channel = Channel(line.connection, {self.pipe: self._drain})
        self.rungs, self.handle, self.process = {}, None, None
        self.status.settimeout(START_SECONDS)
        try:
            raw, handles, _, _ = socket.recv_fds(self.status, 4096, 1)
            self.process, self.handle = json.loads(raw)["pid"], handles[0]
            hello, _ = self.channel.receive(time.monotonic() + START_SECONDS)
            self.rungs, self.rung_seconds = dict(hello["rungs"]), dict(hello["rung_seconds"])
        except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError, OutOfTime, wire.WireError) as error:
            self.stop()
            raise RuntimeError(f"the sandbox did not start: {error!r}; {self.text()[-1500:]}") from None

    def text(self):
        """Return what the student's code has printed, the first part of it."""
        return bytes(self.output).decode("utf-8", "replace")

    def ask(self, operation, target=None, value=None, *, seconds=None, **head):
        """Ask for something and return the answer.

        Args:
            operation: `"run"`, `"shown"`, `"define"`, `"file"`, `"name"`, `"call"`, `"attribute"`, `"set"`, `"item"`,
                `"length"`, `"iterate"` or `"next"`.
            target: The `Remote` it is about.
            value: What to send along.
            seconds: How long to wait; the limit of a call if `None`.
            **head: What else goes into the header.

        Returns:
            The value; for `"run"` the text of the exception that ended the cell, or `None`.

        Raises:
            StudentError: If the student's code raised.
            Killed: If the process broke a limit or the protocol, or has ended.
            TypeError: If `value` cannot be sent.
        """
        if not self.alive:
            raise Killed("the process with your code was stopped before")
        if self.depth >= MAX_NESTED:
            self._kill("protocol")
        failures, arrays = [], []
        node = wire.encode(value, arrays, self._special)
        limit = self.settings["call_seconds"] if seconds is None else seconds
        begun = time.monotonic()
        deadline = min(begun + limit, self.settings["deadline"])
        number = next(self.numbers)
        head |= {"op": operation, "id": number, "target": None if target is None else target._[1]}
        self.depth += 1
        try:
            self.channel.send(head, node, arrays, deadline)
            answer, decode = self._wait_for_answer(number, failures, deadline)
            if self.depth == 1:  # it says so itself: never more than passed here
                self.seconds += min(_number(answer.get("seconds")), time.monotonic() - begun)
            if answer.get("ok") is True:
                if operation == "run":
                    return None if answer.get("failed") is None else str(answer["failed"])[:2000]
                return decode(answer.get("node"))
        except OutOfTime:
            self._kill("time")
        except wire.WireError as error:
            self._kill("output" if "output" in str(error) else "protocol")
        except (EOFError, OSError):
            self._kill(None)
        finally:
            self.depth -= 1
        if failures and type(failures[-1]).__name__ == answer.get("type"):
            raise failures[-1]  # the test's own function raised, and the student's code let it through
        raise student_error(answer)

    def forget_functions(self):
        """Call no function of the test any more: the cell that lent them is over."""
        self.callbacks.clear()

    def stop(self, *, lost=False):
        """End the process and everything that it started; tells how it ended in `end`.

        Args:
            lost: It seems to have ended before: then `end` tells as `killed` whether somebody else killed it.
        """
        if not self.alive:
            return
        self.alive = False
        left, _ = signal.setitimer(signal.ITIMER_REAL, 0)  # ending 200 processes takes a second: finish it
        private = _private_memory(self.process) if self.settings["measure_memory"] and self.process else {}
        if self.handle is not None:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        self.status.settimeout(STOP_SECONDS)
        with contextlib.suppress(OSError, ValueError, KeyError):
            self.end = json.loads(self.status.recv(4096)) | private
            self.end["killed"] = lost and self.end["killed"]
        with contextlib.suppress(OSError, wire.WireError):
            os.set_blocking(self.pipe, False)
            while self._drain():  # its last words
                pass
        for descriptor in filter(None, (self.handle, self.pipe)):
            os.close(descriptor)
        self.channel.connection.close()
        self.status.close()
        if left:
            signal.setitimer(signal.ITIMER_REAL, left)

    def _wait_for_answer(self, number, failures, deadline):
        for _ in range(self.settings["callbacks"]):
            answer, arrays = self.channel.receive(deadline)
            decode = wire.Decoder(arrays, self._remote)
            called = answer.get("callback")
            if called is None:
                if answer.get("id") != number:
                    raise wire.WireError("an answer to another question")
                return answer, decode
            if type(called) is not int or not 0 <= called < self.given:
                raise wire.WireError("no such function")
            call = decode(answer.get("node"))
            if type(call) is not list or [type(part) for part in call] != [list, dict]:
                raise wire.WireError("a malformed call")
            self._call_back(self.callbacks.get(called, _of_another_cell), call, failures, deadline)
        raise wire.WireError("too many calls")

    def _call_back(self, function, call, failures, deadline):
        """Call a function of the test for the student's code, and send what it returns or raises."""
        arrays = []
        try:
            value = function(*call[0], **call[1])
            node = wire.encode(value, arrays, self._special)
        except Killed:
            raise EOFError from None
        except Exception as error:
            failures.append(error)
            kind = error.kind if isinstance(error, StudentError) else type(error).__name__
            self.channel.send({"ok": False, "type": kind, "error": text_of(error)[:2000]}, deadline=deadline)
            return
        self.channel.send({"ok": True}, node, arrays, deadline)

    def _kill(self, limit):
        self.stop(lost=limit is None)
        limit = self.end.get("limit") or limit
        raise Killed(LIMITS.get(limit, LIMITS[None]), limit) from None

    def _remote(self, tag, body, decode):
        """Return the stand-in for a handle."""
        good = tag == "handle" and type(body) is list and [type(part) for part in body] == [int, str, list]
        if not good or len(body[2]) > 50 or not all(type(name) is str for name in body[2]):
            raise wire.WireError("a bad handle")
        number, kind, bases = body
        return Remote(self, number, kind[:80].encode("ascii", "replace").decode(), bases)

    def _special(self, value, arrays):
        """Return the node of what is no plain data, on the way to the student's process."""
        if type(value) is Remote:
            if value._[0] is not self:
                raise Killed("the process with your code was stopped before")
            return ["handle", value._[1]]
        if isinstance(value, np.random.Generator):
            state = value.bit_generator.state
            return ["generator", wire.encode([type(value.bit_generator).__name__, state], arrays, self._special)]
        if isinstance(value, np.random.RandomState):
            return ["generator", wire.encode(["RandomState", value.get_state(legacy=False)], arrays, self._special)]
        if _belongs_to_the_test(value):
            self.callbacks[self.given] = value
            self.given += 1
            return ["callback", self.given - 1]
        name = _public_name(value)
        if name:
            return ["public", name]
        if "keras" in sys.modules and type(value).__module__.split(".")[0] == "keras":
            config = sys.modules["keras"].saving.serialize_keras_object(value)
            weights = value.get_weights() if getattr(value, "weights", None) else None
            return ["keras", wire.encode([config, weights], arrays, self._special)]
        raise TypeError(f"author: a {type(value).__name__} cannot be sent to the student's process; use a probe")

    def _drain(self):
        """Take over what the student's code printed; return whether more can come."""
        data = os.read(self.pipe, 1 << 16)
        self.printed += len(data)
        self.output += data[: max(0, (self.settings["output_kb"] << 10) - len(self.output))]
        if self.printed > self.settings["flood_mb"] << 20:
            raise wire.WireError("too much output")
        return bool(data)


def _of_another_cell(*_, **__):
    raise RuntimeError("this function was lent by another cell of the notebook, which is over")


def _belongs_to_the_test(value):
    """Return whether a callable is the test's own: the student's code gets a way to call it, here."""
    if isinstance(value, types.FunctionType):
        return value.__module__ in (None, "__main__")
    if isinstance(value, types.MethodType):
        return True
    return isinstance(value, types.BuiltinMethodType) and not isinstance(value.__self__, types.ModuleType | None)


def _public_name(value):
    """Return `"module:name"` of a function or class of a library, `None` for anything else."""
    if isinstance(value, np.ufunc):
        return f"numpy:{value.__name__}"
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if isinstance(value, types.BuiltinFunctionType) and module is None:
        module = "builtins"
    if not callable(value) or not isinstance(module, str) or not isinstance(name, str) or module == "__main__":
        return None
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found is value else None


def _private_memory(process):
    """Return what a process shares with nobody, `{}` where this user may not look."""
    with contextlib.suppress(OSError), open(f"/proc/{process}/smaps_rollup") as file:
        sizes = [int(line.split()[1]) for line in file if line.startswith("Private_")]
        return {"private_mb": round(sum(sizes) / 1024, 1)}
    return {}


def _number(value):
    return float(value) if type(value) in (int, float) and math.isfinite(value) and value >= 0 else 0.0
