"""Memory and process limits by control groups, of version 1 or 2, where this process may make them."""

import contextlib
import glob
import os
import time

ROOT = "/sys/fs/cgroup"
KNOBS = {  # version: {controller: ((file, limit), ...)}
    1: {"memory": (("memory.limit_in_bytes", "memory"),), "pids": (("pids.max", "tasks"),)},
    2: {"memory": (("memory.max", "memory"), ("memory.swap.max", "swap")), "pids": (("pids.max", "tasks"),)},
}
PREFIX = "seglab-"


def create(name, memory, tasks):
    """Make groups with limits.

    Args:
        name: Unique name of the groups.
        memory: Bytes.
        tasks: Number of processes and threads.

    Returns:
        List of the folders made. `join` puts a process in, and whoever made them must `remove` them.

    Raises:
        OSError: If no group with a memory limit can be made; nothing is left behind then.
    """
    limits = {"memory": memory, "tasks": tasks, "swap": 0}
    reasons = []
    for version, parents in _choices():
        made = []
        try:
            for parent, controllers in parents:
                folder = f"{parent}/{PREFIX}{name}"
                os.mkdir(folder)
                made.append(folder)
                _set_limits(folder, version, controllers, limits)
            return made
        except OSError as error:
            reasons.append(f"{error.strerror} ({error.filename})")
            remove(made)
    raise OSError("; ".join(dict.fromkeys(reasons)) or "no control groups to use")


def join(folders):
    """Move this process into groups.

    Args:
        folders: What `create` returned.

    Raises:
        OSError: If the kernel refuses.
    """
    for folder in folders:
        with open(f"{folder}/cgroup.procs", "w") as file:
            file.write("0")


def holds(process, folders):
    """Return whether a process is in the groups.

    Args:
        process: Its number.
        folders: What `create` returned.
    """
    names = {os.path.basename(folder) for folder in folders}
    with contextlib.suppress(OSError), open(f"/proc/{process}/cgroup") as file:
        return bool(names) and sum(os.path.basename(line.rstrip("\n")) in names for line in file) == len(folders)
    return False


def killed_for_memory(folders):
    """Return whether the kernel killed a process because its group had no memory left.

    Args:
        folders: What `create` returned.
    """
    for folder in folders:
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError, ValueError), open(f"{folder}/{name}") as file:
                counts = dict(line.split() for line in file)
                if int(counts.get("oom_kill", 0)) > 0:
                    return True
    return False


def remove(folders, seconds=1.0):
    """Remove groups; waits until the kernel has let the last process go.

    Args:
        folders: What `enter` returned.
        seconds: How long to try.
    """
    deadline = time.monotonic() + seconds
    for folder in folders:
        while os.path.isdir(folder):
            try:
                os.rmdir(folder)
            except OSError:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.002)


def leftovers(name):
    """Return the folders of groups whose name begins so, wherever `create` may have made them.

    Args:
        name: The beginning of a name given to `create`.
    """
    parents = {parent for _, parents in _choices() for parent, _ in parents}
    return sorted({folder for parent in parents for folder in glob.glob(f"{glob.escape(f'{parent}/{PREFIX}{name}')}*")})


def sweep():
    """Remove the groups of workers that are gone: a name begins with the number of its worker's process."""
    dead = []
    for folder in leftovers(""):
        worker = os.path.basename(folder).removeprefix(PREFIX).partition("-")[0]
        if worker.isdigit() and not os.path.exists(f"/proc/{worker}"):
            dead.append(folder)
    remove(dead)  # waits: a process in one of them may be about to end


def _set_limits(folder, version, controllers, limits):
    for controller in controllers:
        for knob, limit in KNOBS[version][controller]:
            if limit != "swap" or os.path.exists(f"{folder}/{knob}"):
                with open(f"{folder}/{knob}", "w") as file:
                    file.write(str(limits[limit]))


def _choices():
    """Return where groups may be made, best first: pairs of version and list of `(folder, controllers)`."""
    own = _own_groups()
    choices = []
    # A group of version 2 has processes or children with limits, not both: so ours, else its parent.
    for root in (ROOT, f"{ROOT}/unified"):
        if "" not in own or not os.path.isfile(f"{root}/cgroup.controllers"):
            continue
        for folder in dict.fromkeys((root + own[""], os.path.dirname(root + own[""]) if own[""] else root)):
            with contextlib.suppress(OSError), open(f"{folder}/cgroup.subtree_control") as file:
                if {"memory", "pids"} <= set(file.read().split()):
                    choices.append((2, [(folder, ["memory", "pids"])]))
    for below in (own, {}):
        parents = [(f"{ROOT}/{part}{below.get(part, '')}", [part]) for part in ("memory", "pids")]
        if all(os.path.isdir(folder) for folder, _ in parents):
            choices.append((1, parents))
    return choices


def _own_groups():
    """Return this process's groups: `dict` from controller (empty for version 2) to path."""
    groups = {}
    with contextlib.suppress(OSError), open("/proc/self/cgroup") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            groups |= dict.fromkeys(controllers.split(","), path.rstrip("/"))
    return groups
