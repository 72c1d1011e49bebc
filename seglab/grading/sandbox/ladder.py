"""The ladder: one rung after the other between the student's code and the machine.

Every rung is tried in the new process, after the fork, and reports `"ok"` or why it does not hold here.
"""

import contextlib
import os
import resource
import sys
import time

from seglab.grading.sandbox import cgroups, landlock, linux, mounts, seccomp

NAMESPACES = ("net", "ipc", "uts", "pid")
PROC_OF_GPU = ("/proc/cpuinfo", "/proc/devices", "/proc/driver", "/proc/sys/vm/mmap_min_addr")  # CUDA reads them
# What hidden tests need: each line holds where all rungs of one of its alternatives hold.
NEEDED = {
    "limits of time and size": (("rlimits",),),
    "no privileges": (("caps", "no_new_privs", "not_dumpable"),),
    # A user's own file can be given another mode or time through /proc/self/exe, whatever is mounted.
    "files of its own": (("root", "uid"), ("root", "seccomp"), ("landlock", "seccomp")),
    "no network": (("ns:net", "root"), ("seccomp",)),
    "other processes out of reach": (("ns:pid",), ("uid",), ("landlock:signals", "seccomp")),
    "a user other than root": (("uid",), ("ordinary_user",)),
}


class Ladder:
    """The rungs of one student's process.

    Args:
        spec: `dict` with `name` (unique), `work` (an empty folder), `uid` (the number of a user of its own, used
            where this process is root's), `readable`, `hidden`, `devices` (lists of paths), `memory`, `disk` (bytes),
            `base_data` (bytes of data that the process is born with), `tasks`, `cpu` (seconds) and `skip` (rungs not
            to try).
    """

    def __init__(self, spec):
        self.spec, self.report, self.seconds = spec, {}, {}
        self.groups, self.work = [], spec["work"]

    def holds(self, name):
        """Return whether a rung was tried and holds."""
        return self.report.get(name) == "ok"

    def before_fork(self):
        """In the monitor, before it forks the student: session, user, namespaces, control groups."""
        os.setsid()
        self._rung("subreaper", linux.prctl, linux.SET_SUBREAPER, 1)
        self._rung("cgroup", self._make_groups)
        if os.geteuid() == 0:
            self.report["ns:user"] = "not needed: root"
        else:
            linux.prctl(linux.SET_DUMPABLE, 1)  # else the maps below belong to root
            self._rung("ns:user", self._enter_user_namespace, os.getuid(), os.getgid())
            self.report["ordinary_user"] = "ok"
        for name in NAMESPACES:
            self._rung(f"ns:{name}", linux.unshare, name)

    def after_fork(self):
        """In the process that will run the student's code; returns the report."""
        self._rung("death", linux.die_with_parent)
        if self.holds("cgroup"):
            self._rung("cgroup", cgroups.join, self.groups)
        self._rung("ns:mount", linux.unshare, "mount")
        if self.holds("ns:mount"):
            self._rung("root", self._enter_new_root)
        if not self.holds("root"):
            os.chdir(self.work)
        self._rung("rlimits", self._set_limits)
        if os.geteuid() == 0:
            self._rung("uid", self._become_nobody)
        self._rung("caps", linux.drop_capabilities)
        self._rung("no_new_privs", linux.prctl, linux.SET_NO_NEW_PRIVS, 1)
        self._rung("not_dumpable", linux.prctl, linux.SET_DUMPABLE, 0)
        self._rung("death", linux.die_with_parent)  # forgotten when the user changed
        self._rung("landlock", self._restrict_paths)
        self._rung("seccomp", seccomp.install, bool(self.spec["devices"]))
        return self.report

    def _rung(self, name, step, *arguments):
        if name in self.spec["skip"]:
            self.report[name] = "skipped"
            return
        begun = time.perf_counter()
        try:
            self.report[name] = step(*arguments) or "ok"
        except Exception as error:
            self.report[name] = f"{type(error).__name__}: {error}"
        self.seconds[name] = round(time.perf_counter() - begun, 5)

    def _make_groups(self):
        self.groups = cgroups.create(self.spec["name"], self.spec["memory"], self.spec["tasks"])

    def _enter_user_namespace(self, user, group):
        linux.unshare("user")
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)

    def _enter_new_root(self):
        spec = self.spec
        self.report["proc"] = mounts.enter_new_root(
            self.work,
            readable=spec["readable"],
            hidden=spec["hidden"],
            devices=spec["devices"],
            disk=spec["disk"],
            owner=(spec["uid"], spec["uid"]) if os.geteuid() == 0 and "uid" not in spec["skip"] else None,
            own_processes=self.holds("ns:pid"),
        )
        self.work = mounts.WORK

    def _set_limits(self):
        spec, tasks = self.spec, self.spec["tasks"]
        if os.geteuid() != 0 and not self.holds("ns:user"):
            tasks += _tasks_of_user(os.getuid())  # the kernel counts everything that this user runs
        limits = {
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_CPU: spec["cpu"],
            resource.RLIMIT_DATA: spec["memory"] + spec["base_data"],
            resource.RLIMIT_FSIZE: spec["disk"],
            resource.RLIMIT_MEMLOCK: 1 << 20,
            resource.RLIMIT_MSGQUEUE: 0,
            resource.RLIMIT_NOFILE: 256,
            resource.RLIMIT_NPROC: tasks,
        }
        for kind, limit in limits.items():
            highest = resource.getrlimit(kind)[1]
            limit = limit if highest == resource.RLIM_INFINITY else min(limit, highest)
            resource.setrlimit(kind, (limit, limit))

    def _become_nobody(self):
        if not self.holds("root"):
            for path in {sys.prefix, sys.base_prefix}:
                _check_open_to_others(path)
            os.chown(self.work, self.spec["uid"], self.spec["uid"])
        user = self.spec["uid"]
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)

    def _restrict_paths(self):
        devices = (*mounts.DEVICES, *self.spec["devices"])
        rights = [(path, landlock.READ) for path in (*mounts.SYSTEM, *self.spec["readable"])]
        rights += [(path, landlock.DEVICE) for path in devices]
        rights += [(self.work, None)]
        proc = landlock.READ
        if self.spec["devices"]:
            proc |= landlock.REWRITE  # CUDA gives up where it cannot name its threads; what else is in /proc is root's
            rights += [(path, landlock.READ) for path in PROC_OF_GPU]
        rights += [("/tmp", None), ("/proc", proc)] if self.holds("root") else [("/proc/self", proc)]
        version = landlock.restrict(rights)
        self.report["landlock:signals"] = "ok" if version >= 6 else f"Landlock's version is {version}, not 6"


def enough(rungs):
    """Return what is missing for hidden tests.

    Args:
        rungs: What a ladder reported: `dict` from rung to `"ok"` or a reason.

    Returns:
        List of text, one line per need, empty where the rungs suffice.

    Example:
        >>> enough({})[0]
        'limits of time and size: rlimits not tried'
    """
    missing = []
    for need, alternatives in NEEDED.items():
        lacking = [[name for name in names if rungs.get(name) != "ok"] for names in alternatives]
        if all(lacking):
            names = dict.fromkeys(name for names in lacking for name in names)
            missing.append(f"{need}: " + ", ".join(f"{name} {rungs.get(name, 'not tried')}" for name in names))
    return missing


def _check_open_to_others(path):
    """Raise an error where another user cannot reach a folder: the interpreter's own files would be lost to it."""
    while True:
        if not os.stat(path).st_mode & 1:
            raise OSError(f"other users cannot enter {path}, and the interpreter lies below it")
        if path == "/":
            return
        path = os.path.dirname(path)


def _tasks_of_user(user):
    count = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                if entry.stat().st_uid == user:
                    count += len(os.listdir(f"/proc/{entry.name}/task"))
    return count
