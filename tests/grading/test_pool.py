"""A pool whose processes may die."""

import os
import signal
import time
from pathlib import Path

import pytest

from seglab.grading.pool import LocalExecutor, WorkerLost


@pytest.fixture(scope="module")
def executor():
    with LocalExecutor(1) as executor:
        yield executor


def test_process_is_kept_for_the_next_task(executor):
    first, second = executor.submit(os.getpid).result(20), executor.submit(os.getpid).result(20)
    assert first == second != os.getpid()


def test_error_of_a_task_is_told_and_the_process_goes_on(executor):
    before = executor.submit(os.getpid).result(20)
    with pytest.raises(RuntimeError, match=r"FileNotFoundError.*nowhere"):
        executor.submit(os.listdir, "nowhere").result(20)
    assert executor.submit(os.getpid).result(20) == before


def test_dead_process_costs_its_task_and_no_other(executor):
    dead = executor.submit(os._exit, 3)
    following = executor.submit(os.path.basename, "a/b")
    with pytest.raises(WorkerLost, match="status 3"):
        dead.result(20)
    assert following.result(20) == "b"


def test_running_task_can_be_stopped(executor):
    asleep = executor.submit(time.sleep, 60)
    following = executor.submit(os.path.basename, "a/b")
    deadline = time.monotonic() + 20
    while not asleep.running() and time.monotonic() < deadline:
        time.sleep(0.01)
    executor.stop(following)  # does nothing: it does not run
    while not asleep.done() and time.monotonic() < deadline:
        executor.stop(asleep)
        time.sleep(0.05)
    with pytest.raises(WorkerLost, match=signal.SIGKILL.name):
        asleep.result(1)
    assert following.result(20) == "b"


def test_shutdown_takes_back_what_waits_and_kills_what_runs():
    executor = LocalExecutor(1)
    pid = executor.submit(os.getpid).result(20)
    asleep, waiting = executor.submit(time.sleep, 60), executor.submit(os.getpid)
    while not asleep.running():
        time.sleep(0.01)
    begun = time.monotonic()
    executor.shutdown(cancel_futures=True)
    assert time.monotonic() - begun < 10
    assert waiting.cancelled()
    assert isinstance(asleep.exception(), WorkerLost)
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(RuntimeError, match="shut down"):
        executor.submit(os.getpid)
