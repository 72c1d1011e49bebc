"""The live line: what it says, how often it writes, and its estimate of the time left."""

import io

import pytest

from seglab import progress
from seglab.progress import Progress, clock


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def now(monkeypatch):
    """A clock that stands still until the test moves it."""
    time = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: time[0])
    monkeypatch.setattr(progress.shutil, "get_terminal_size", lambda: progress.shutil.os.terminal_size((80, 24)))
    return time


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3661, "1:01:01")])
def test_clock(seconds, text):
    assert clock(seconds) == text


def test_the_line_on_a_terminal_is_rewritten_a_few_times_per_second(now):
    out = Terminal()
    line = Progress("U-Net", epochs=2, steps=100, stream=out)
    for step in range(1, 101):  # the first step ends at 100.0 and is not timed; each other one takes 0.1 s
        line.step(step, lambda: 0.5)
        now[0] += 0.1
    assert 25 <= out.getvalue().count("\r") <= 40
    assert "U-Net  epoch 1/2  step 4/100  loss 0.5000  0:20 left" in out.getvalue()  # 196 steps
    assert "\n" not in out.getvalue()
    line.epoch(loss=0.4, val_mean_iou=0.613)
    assert out.getvalue().split("\r")[-1].rstrip() == "U-Net  epoch 1/2  loss 0.4000  val mIoU 0.613  0:10 left"
    now[0] += 1
    line.step(50, lambda: 0.3)
    assert out.getvalue().split("\r")[-1].startswith("U-Net  epoch 2/2  step 50/100  loss 0.3000  val mIoU 0.613  0:0")
    line.epoch(loss=0.2, val_mean_iou=0.7)
    line.close()
    assert out.getvalue().split("\r")[-1].rstrip() == "U-Net  epoch 2/2  loss 0.2000  val mIoU 0.700  0:00 left"
    assert out.getvalue().endswith("\n")
    line.close()
    assert out.getvalue().count("\n") == 1


def test_a_shorter_line_erases_the_longer_one(now):
    out = Terminal()
    line = Progress("U-Net", epochs=1, steps=3, stream=out)
    line.step(1, lambda: 0.5)
    now[0] += 1
    line.step(2, lambda: 0.5)
    line.epoch(loss=0.1, val_mean_iou=0.2)
    _, long, short = out.getvalue().split("\r")
    assert len(short) >= len(long)


def test_the_line_never_wraps(now, monkeypatch):
    monkeypatch.setattr(progress.shutil, "get_terminal_size", lambda: progress.shutil.os.terminal_size((20, 24)))
    out = Terminal()
    Progress("U-Net", epochs=1, steps=3, stream=out).epoch(loss=0.1, val_mean_iou=0.2)
    assert len(out.getvalue().strip("\r")) == 19


def test_a_file_gets_one_line_per_epoch(now):
    out = io.StringIO()
    line = Progress("U-Net", epochs=3, steps=2, first_epoch=1, stream=out)
    for _ in range(2):
        for step in (1, 2):
            line.step(step, lambda: pytest.fail("the loss is asked for only where it is shown"))
            now[0] += 5
        line.epoch(loss=0.5, val_mean_iou=0.6)
    line.close()
    assert out.getvalue().splitlines() == [
        "U-Net  epoch 2/3  loss 0.5000  val mIoU 0.600  0:20 left",
        "U-Net  epoch 3/3  loss 0.5000  val mIoU 0.600  0:00 left",
    ]
