"""One live line for a long training: where it is, how good it is, and how long it will still take."""

import shutil
import sys
import time

SECONDS_BETWEEN_UPDATES = 0.25


def clock(seconds):
    """Write a duration the way a clock does.

    Args:
        seconds: Float, 0 or more.

    Returns:
        `"m:ss"`, or `"h:mm:ss"` from one hour on.

    Example:
        >>> clock(65.4), clock(3600)
        ('1:05', '1:00:00')
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


class Progress:
    """Shows one training: in place on a terminal, as one line per epoch in a file or a notebook.

    Args:
        label: Name that opens the line.
        epochs: Number of epochs of the whole training.
        steps: Number of steps of one epoch.
        first_epoch: Number of epochs that an earlier run has done.
        stream: Text stream to write to. Standard output if `None`.
        live: `True` to rewrite one line in place, `False` for one line per epoch. Asks the stream if `None`.

    Example:
        >>> progress = Progress("U-Net", epochs=1, steps=2, live=False)
        >>> progress.step(1, lambda: 0.9)
        >>> progress.step(2, lambda: 0.5)
        >>> progress.epoch(loss=0.5, val_mean_iou=0.61)
        U-Net  epoch 1/1  loss 0.5000  val mIoU 0.610  0:00 left
        >>> progress.close()
    """

    def __init__(self, label, *, epochs, steps, first_epoch=0, stream=None, live=None):
        self._stream = sys.stdout if stream is None else stream
        self._live = self._stream.isatty() if live is None else live
        self._label, self._epochs, self._steps = label, epochs, steps
        self._epochs_done, self._steps_timed = first_epoch, 0
        self._clock_started = self._shown = self._score = None
        self._width = 0

    def step(self, step, loss):
        """Count one step; on a terminal, show it, a few times per second at most.

        Args:
            step: Number of steps done in the running epoch.
            loss: Function without arguments that gives the loss. It is called only when the line is written.
        """
        now = time.perf_counter()
        if self._clock_started is None:
            self._clock_started = self._shown = now  # the first step pays for tracing and is not timed
            return
        self._steps_timed += 1
        if self._live and now - self._shown >= SECONDS_BETWEEN_UPDATES:
            self._shown = now
            self._write(self._epochs_done + 1, f"  step {step}/{self._steps}  loss {loss():.4f}", step)

    def epoch(self, *, loss, val_mean_iou):
        """Show the end of an epoch.

        Args:
            loss: Float, the training loss of the epoch.
            val_mean_iou: Float, the dataset mIoU of the validation data.
        """
        self._epochs_done += 1
        self._score = val_mean_iou
        self._write(self._epochs_done, f"  loss {loss:.4f}", 0)

    def close(self):
        """End the live line, so that what is printed next starts on its own line."""
        if self._live and self._width:
            self._stream.write("\n")
            self._stream.flush()
            self._width = 0

    def _write(self, epoch, middle, step):
        score = "" if self._score is None else f"  val mIoU {self._score:.3f}"
        line = f"{self._label}  epoch {epoch}/{self._epochs}{middle}{score}{self._left(step)}"
        if self._live:
            line = line[: shutil.get_terminal_size().columns - 1]
            self._stream.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()

    def _left(self, step):
        """Time to the end of training, at the speed since the first step, validation included."""
        steps_left = (self._epochs - self._epochs_done) * self._steps - step
        if not steps_left:
            return "  0:00 left"
        if not self._steps_timed:
            return ""
        elapsed = time.perf_counter() - self._clock_started
        return f"  {clock(elapsed / self._steps_timed * steps_left)} left"
