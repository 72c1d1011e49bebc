"""Grading on the workers of a Dask cluster: the same jobs, in processes that each worker starts, watches and kills.

Whoever may run a job has its lease: the text in the job's file `started`. The runner takes a job back by taking away
that file; a worker that finds another text there, or none, kills what it runs. So a job that takes too long really
ends, and a worker that was given up by mistake does not write into a job that another one has by now.
"""

import asyncio
import contextlib
import functools
import logging
import os
import threading
import time
import uuid
from concurrent import futures
from pathlib import Path

from seglab.errors import InputError
from seglab.grading import jobs
from seglab.grading.pool import LocalExecutor, WorkerLost

CONNECT_SECONDS = 10
WORKER_SECONDS = 300  # without any worker; a cluster may have to start some
LOOK_SECONDS = 5  # between two looks at the workers
LEASE_SECONDS = 0.5  # between two looks at a lease
_pools, _lock = {}, threading.Lock()  # on a worker: folder of a course -> `LocalExecutor`


class ClusterExecutor(futures.Executor):
    """Runs jobs on the workers of a Dask cluster; a context manager.

    Args:
        address: Address of the scheduler, such as `tcp://10.0.0.5:8786`, or its scheduler file.
        root: The course's folder, which all workers see under the same path.
        gpu: Run jobs only where a worker offers the resource `GPU`, one per GPU.

    Raises:
        InputError: If `distributed` is not installed, or no scheduler answers.
    """

    def __init__(self, address, root, *, gpu=False):
        try:
            from distributed import Client, KilledWorker
        except ImportError:
            raise InputError("--scheduler needs the package `distributed`: pip install 'seglab[cluster]'.") from None
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what is lost is told by the runner
        self.lost = (KilledWorker,)  # what else than `WorkerLost` says that a worker died
        self._address, self._root, self._gpu = address, str(root), gpu
        self._versions = _versions()
        where = {"scheduler_file": address} if Path(address).is_file() else {"address": address}
        try:
            self._client = Client(**where, timeout=CONNECT_SECONDS, set_as_default=False, name="seglab")
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(f"--scheduler {address}: no Dask scheduler answers there: {error}") from None
        self._inner = self._client.get_executor(pure=False, **({"resources": {"GPU": 1}} if gpu else {}))
        self._folders = {}  # of jobs that are not done, by future
        self._looked = self._seen = time.monotonic()
        self.slots = sum(slots for _, slots in self._workers().values())

    def probe_ladder(self, settings=None):
        """Check all workers and try the rungs of the sandbox on each; jobs of an earlier grading are ended first.

        Args:
            settings: `dict` of limits.

        Returns:
            `dict` from rung to `"ok"`, or why it does not hold and on which worker.

        Raises:
            InputError: If a worker does not see the course's folder or has other versions, or there is no worker.
        """
        deadline = time.monotonic() + WORKER_SECONDS
        while not (workers := self._workers()):
            if time.monotonic() > deadline:
                raise InputError(self._nobody())
            time.sleep(0.5)
        self.slots = sum(slots for _, slots in workers.values())
        self._client.run(close, self._root, workers=list(workers), on_error="ignore")
        proof = Path(self._root) / ".seglab" / f"seen-{uuid.uuid4().hex}"
        proof.touch(mode=0o600)
        try:
            found = self._client.run(look, str(proof), workers=list(workers), on_error="return")
        finally:
            proof.unlink()
        probes, rungs = {}, {}
        for address, seen in found.items():
            name = workers[address][0]
            _compare(f"worker {name}", seen, self._versions)
            probes[name] = self._client.submit(probe, self._root, settings or {}, pure=False, workers=[address])
        for name, probed in probes.items():
            try:
                states = probed.result(WORKER_SECONDS)
            except (futures.TimeoutError, futures.CancelledError, WorkerLost, *self.lost) as error:
                raise InputError(f"worker {name} does not answer: {type(error).__name__}: {error}") from None
            for rung, state in states.items():
                if rungs.get(rung, "ok") == "ok":
                    rungs[rung] = state if state == "ok" else f"{state} (worker {name})"
        return rungs

    def submit(self, function, folder, /):
        """Have a worker call a function with the folder of a job.

        Args:
            function: A function at the top level of a module.
            folder: Path of the job's folder, as text.

        Returns:
            `concurrent.futures.Future`.
        """
        future = self._inner.submit(run, function, folder, self._root, uuid.uuid4().hex, self._versions)
        self._folders[future] = folder
        future.add_done_callback(lambda done: self._folders.pop(done, None))
        return future

    def stop(self, future):
        """Take a job back: what runs of it is killed on its worker.

        Args:
            future: What `submit` returned.
        """
        folder = self._folders.get(future)
        if folder is not None:
            (Path(folder) / "started").unlink(missing_ok=True)
            future.cancel()

    def check(self):
        """Look whether there still is a cluster.

        Raises:
            InputError: If the scheduler is gone, or there has been no worker for minutes.
        """
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS and self._client.status == "running":
            return
        self._looked = now
        if self._workers():
            self._seen = now
        elif now - self._seen > WORKER_SECONDS:
            raise InputError(self._nobody())

    def shutdown(self, wait=True, *, cancel_futures=False):
        """Leave the cluster: what runs is killed, and no worker keeps a process of this course.

        Args:
            wait: Without meaning here, as is the next one.
            cancel_futures: See above.
        """
        for future in list(self._folders):
            self.stop(future)
        with contextlib.suppress(Exception):  # no cluster, nothing to leave
            if self._client.status == "running":
                self._client.run(close, self._root, on_error="ignore")
        with contextlib.suppress(Exception):
            self._client.close(timeout=CONNECT_SECONDS)

    def _workers(self):
        """Return `dict` from address of each worker that may get jobs to its name and number of jobs at a time."""
        try:
            known = self._client.scheduler_info(n_workers=-1)["workers"] if self._client.status == "running" else None
        except OSError:
            known = None
        if known is None:
            raise InputError(
                f"--scheduler {self._address}: the scheduler is gone. What was graded is in the gradebook; "
                "the same command goes on from there."
            )
        workers = {}
        for address, facts in known.items():
            slots = int(facts.get("resources", {}).get("GPU", 0)) if self._gpu else facts["nthreads"]
            name = str(facts["name"])
            if slots:
                workers[address] = (name if name == address else f"{name} at {address}", slots)
        return workers

    def _nobody(self):
        what = "offers a GPU (dask worker ... --resources GPU=1)" if self._gpu else "is there"
        return f"--scheduler {self._address}: no worker {what}; start some, the same command goes on from here."


def look(proof):
    """Say what a worker sees of the runner's world; runs on a worker.

    Args:
        proof: Path of a file in the course's folder.

    Returns:
        `dict` with `versions`, and `error`: why the folder cannot be used, `None` if it can.
    """
    try:
        open(proof, "rb").close()
        error = None if os.access(Path(proof).parent, os.W_OK) else "it may not write there"
    except OSError as problem:
        error = f"{problem.filename}: {problem.strerror}"
    return {"versions": _versions(), "error": error}


def probe(root, settings):
    """Try the rungs of the sandbox; runs on a worker.

    Args:
        root: The course's folder.
        settings: `dict` of limits.

    Returns:
        `dict` from rung to `"ok"` or why it does not hold.
    """
    from seglab.grading.runner import probe_ladder

    return _pool(root).submit(probe_ladder, settings).result()


def run(function, folder, root, lease, versions):
    """Run a job in a process of this worker, as long as the worker has its lease; runs on a worker.

    Args:
        function: What grades the job.
        folder: Path of the job's folder, as text.
        root: The course's folder.
        lease: Text that nobody else has.
        versions: What the runner has installed.

    Returns:
        What the function returns.

    Raises:
        InputError: If this worker is not one to grade here; it may have joined after the others were checked.
        WorkerLost: If the job was begun before, by a worker that died, or is taken back.
    """
    from distributed import get_worker

    name, started = get_worker().name, Path(folder) / "started"
    _compare(f"worker {name}", look(Path(folder) / "job.json"), versions)
    try:
        with open(started, "x", encoding="ascii") as file:
            file.write(lease)
    except FileExistsError:  # Dask itself starts again what a dead worker has begun, or has done and not told
        if (Path(folder) / "result.json").exists():
            return str(Path(folder) / "result.json")
        raise WorkerLost("its worker was lost") from None
    pool = _pool(root)
    future = pool.submit(function, folder)
    while futures.wait([future], LEASE_SECONDS).not_done:
        if _text(started) != lease:
            pool.stop(future)
    return future.result()


async def close(root):
    """End all that a worker runs and keeps for a course; runs on a worker.

    Args:
        root: The course's folder.
    """
    with _lock:
        pool = _pools.pop(root, None)
    if pool is not None:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)


@functools.cache
def _versions():
    """What this process was started with; it takes a while to find out."""
    return jobs.environment()


def _pool(root):
    from distributed import get_worker

    with _lock:
        if root not in _pools:
            _pools[root] = LocalExecutor(get_worker().state.nthreads)
        return _pools[root]


def _text(path):
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return None


def _compare(worker, found, versions):
    """Refuse a worker that cannot grade what the runner would grade."""
    if not isinstance(found, dict):
        raise InputError(f"{worker} cannot run this seglab: {type(found).__name__}: {found}. Install it there.")
    if found["error"]:
        raise InputError(
            f"{worker} cannot use the course's folder: {found['error']}. It must be the same folder under the same "
            "path, and the same user's."
        )
    for package in sorted({*versions, *found["versions"]}):
        here, there = versions.get(package), found["versions"].get(package)
        if here != there:
            raise InputError(
                f"{worker} has {package} {there or 'not installed'}, here it is {here or 'not installed'}: grades "
                "could differ. Install the same there, and start the worker anew."
            )
