"""Frames between judge and student: a JSON header, then the raw arrays that it announces.

What arrives is checked before memory is taken for it, and every wait has a deadline.
"""

import json
import math
import select
import socket
import struct
import time

import numpy as np

from seglab.grading.processes.wire import DTYPES, MAX_ARRAYS, MAX_DIMENSIONS, MAX_NODES, WireError

MAX_HEADER = 4 << 20  # bytes


class OutOfTime(Exception):
    """No answer in time. Not a `TimeoutError`, which clean-up code swallows because it is an `OSError`."""


class Channel:
    """One end of the conversation.

    Args:
        connection: A connected stream socket.
        watch: Maps a descriptor to a callable that drains it while this end waits; a callable that returns
            `False` is not asked again.
        max_arrays: Bytes that all arrays of one incoming message may have.
    """

    def __init__(self, connection, watch=None, max_arrays=MAX_ARRAYS):
        self.connection, self.watch, self.max_arrays = connection, dict(watch or {}), max_arrays

    def send(self, head, node=None, arrays=(), deadline=None):
        """Send one message.

        Args:
            head: `dict` of plain JSON values.
            node: What `encode` returned.
            arrays: What `encode` collected.
            deadline: Time (`time.monotonic`) after which to give up; never if `None`.

        Raises:
            OutOfTime: If the other side does not take it in time.
            OSError: If the other side is gone.
        """
        specs = [[array.dtype.str, list(array.shape)] for array in arrays]
        raw = json.dumps({**head, "node": node, "arrays": specs}).encode()
        bodies = [array.reshape(-1).view(np.uint8).data for array in arrays if array.size]
        for part in (struct.pack("<I", len(raw)) + raw, *bodies):
            left = memoryview(part)
            while left:
                self._wait([], [self.connection], deadline)
                left = left[self._send_some(left[: 1 << 20]) :]

    def receive(self, deadline=None):
        """Wait for one message.

        Returns:
            `(head, arrays)`: the header as a `dict`, and its arrays.

        Raises:
            OutOfTime: If it does not come in time.
            WireError: If it breaks the protocol.
            EOFError: If the other side is gone.
        """
        (size,) = struct.unpack("<I", self._read(4, deadline))
        if size > MAX_HEADER:
            raise WireError("a header too large")
        raw = self._read(size, deadline)
        if raw.count(b"[") + raw.count(b"{") > 2 * MAX_NODES:
            raise WireError("a header too large")
        try:
            head = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise WireError(f"a bad header: {type(error).__name__}") from None
        plan = _plan_arrays(head, self.max_arrays)
        return head, [self._read_array(dtype, shape, deadline) for dtype, shape in plan]

    def _send_some(self, part):
        try:
            return self.connection.send(part, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def _read_array(self, dtype, shape, deadline):
        raw = self._read(math.prod(shape) * dtype.itemsize, deadline)
        if dtype.kind == "b":  # bytes other than 0 and 1 behave oddly
            return (np.frombuffer(raw, np.uint8) != 0).reshape(shape)
        return np.frombuffer(raw, dtype).reshape(shape)  # over a bytearray: writable, and nobody else's

    def _read(self, size, deadline):
        buffer, got = bytearray(size), 0
        while got < size:
            if self.connection in self._wait([self.connection], [], deadline):
                count = self.connection.recv_into(memoryview(buffer)[got:])
                if count == 0:
                    raise EOFError("the process ended")
                got += count
        return buffer

    def _wait(self, readers, writers, deadline):
        """Wait until something can be read or written, draining what is watched; return what is ready."""
        seconds = None if deadline is None else deadline - time.monotonic()
        if seconds is not None and seconds <= 0:
            raise OutOfTime("no answer in time")
        readable, writable, _ = select.select([*readers, *self.watch], writers, [], seconds)
        for descriptor in readable:
            if descriptor in self.watch and not self.watch[descriptor]():
                del self.watch[descriptor]
        return readable + writable


def _plan_arrays(head, max_arrays):
    """Check what a header says of its arrays; return a list of `(dtype, shape)`."""
    specs = head.get("arrays") if type(head) is dict else None
    if type(specs) is not list or len(specs) > 10_000:
        raise WireError("a bad header")
    plan, total = [], 0
    for spec in specs:
        if type(spec) is not list or len(spec) != 2 or type(spec[0]) is not str or type(spec[1]) is not list:
            raise WireError("a bad array description")
        dtype, shape = spec
        sizes_are_good = all(type(size) is int and 0 <= size < 1 << 31 for size in shape)
        if dtype not in DTYPES or len(shape) > MAX_DIMENSIONS or not sizes_are_good:
            raise WireError("a bad array description")
        if math.prod(max(size, 1) for size in shape) > 1 << 40:
            raise WireError("an array too large")
        total += math.prod(shape) * np.dtype(dtype).itemsize
        if total > max_arrays:
            raise WireError("arrays too large")
        plan.append((np.dtype(dtype), tuple(shape)))
    return plan
