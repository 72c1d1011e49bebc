"""The live line of a command that works through many submissions."""

import shutil
import sys
import time

from seglab.progress import clock

SECONDS_BETWEEN_UPDATES = 0.1


class Countdown:
    """One live line on a terminal: how many are done, which one was last, how long the rest will take.

    Args:
        label: Word that opens the line.
        stream: Text stream to write to. Standard error if `None`.

    Example:
        >>> with Countdown("grade", stream=sys.stdout) as progress:  # not a terminal: silence
        ...     progress(1, 2, "ann")
    """

    def __init__(self, label, stream=None):
        self.label, self.stream = label, sys.stderr if stream is None else stream
        self.live, self.width = self.stream.isatty(), 0
        self.begun = self.shown = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.width:
            self.stream.write("\r" + " " * self.width + "\r")
            self.stream.flush()

    def __call__(self, done, total, text):
        """Show the line, a few times per second at most.

        Args:
            done: Number of things done.
            total: Number of all things.
            text: Name of the last one.
        """
        now = time.monotonic()
        if not self.live or (done < total and now - self.shown < SECONDS_BETWEEN_UPDATES):
            return
        self.shown = now
        left = clock((now - self.begun) / done * (total - done)) if done else "?"
        line = f"{self.label}  {done}/{total}  {left} left  {text}"[: shutil.get_terminal_size().columns - 1]
        self.stream.write("\r" + line.ljust(self.width))
        self.stream.flush()
        self.width = len(line)
