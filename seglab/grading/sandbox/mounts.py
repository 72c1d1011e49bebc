"""A root of its own for the student's process: a small file system in memory, with read-only views of programs."""

import os
import sys

from seglab.grading.sandbox import linux

SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ssl/certs",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/etc/fonts",
    "/etc/alternatives",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
WORK = "/job"
NOTHING = linux.NO_SUID | linux.NO_DEVICES | linux.READ_ONLY
KEPT_FLAGS = {  # bit in statvfs: flag of mount
    os.ST_NODEV: linux.NO_DEVICES,
    os.ST_NOEXEC: linux.NO_EXEC,
    os.ST_NOATIME: 1 << 10,
    os.ST_NODIRATIME: 1 << 11,
    os.ST_RELATIME: 1 << 21,
}


def enter_new_root(mount_point, *, readable, hidden, devices, disk, owner, own_processes):
    """Move this process, alone in its mount namespace, into a new root; `/job` is its only folder to keep files in.

    Args:
        mount_point: An empty folder.
        readable: Paths to show read-only, besides the system's own.
        hidden: Folders to show empty where they lie inside a path that is shown.
        devices: Device files to show, besides the harmless ones.
        disk: Bytes that files may take.
        owner: Pair of the user's and group's number that own `/job`, `None` for this process's own.
        own_processes: Whether this process has a pid namespace of its own, and so may mount its `/proc`.

    Returns:
        `"ok"`, or why `/proc` could not be mounted: two stand-in files are in its place then.

    Raises:
        OSError: If the kernel refuses.
    """
    linux.mount(None, "/", None, linux.RECURSIVE | linux.PRIVATE)
    options = f"size={disk},nr_inodes=10k,mode=755"
    linux.mount("tmpfs", mount_point, "tmpfs", linux.NO_SUID | linux.NO_DEVICES, options)
    for path in (*SYSTEM, *DEVICES, *readable, *devices):
        _show(path, mount_point, is_device=path.startswith("/dev/"))
    for path in hidden:
        if os.path.isdir(mount_point + path):
            linux.mount("tmpfs", mount_point + path, "tmpfs", NOTHING, "size=0")
    for name in (WORK, "/tmp", "/proc", "/.old"):
        os.makedirs(mount_point + name, exist_ok=True)
    os.chmod(mount_point + "/tmp", 0o1777)
    if owner is not None:
        os.chown(mount_point + WORK, *owner)
    proc = _mount_proc(mount_point) if own_processes else "no pid namespace"
    if proc != "ok":
        _write_stand_ins(mount_point)
    linux.pivot_root(mount_point, mount_point + "/.old")
    os.chdir(WORK)
    linux.unmount_lazily("/.old")
    os.rmdir("/.old")
    linux.mount(None, "/", None, linux.REMOUNT | linux.BIND | linux.NO_SUID | linux.NO_DEVICES)
    return proc


def _show(path, mount_point, *, is_device):
    """Bind one path of the host, read-only, where it exists and is not shown yet."""
    target = mount_point + path
    if not os.path.lexists(path) or os.path.lexists(target):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        os.mkdir(target)
    else:
        with open(target, "w"):
            pass
    linux.mount(path, target, None, linux.BIND | linux.RECURSIVE)
    flags = linux.NO_SUID if is_device else NOTHING
    linux.mount(None, target, None, linux.REMOUNT | linux.BIND | flags | _flags_to_keep(path))


def _flags_to_keep(path):
    """In a user namespace the kernel refuses a remount that would take away a restriction."""
    present = os.statvfs(path).f_flag
    return sum(flag for bit, flag in KEPT_FLAGS.items() if present & bit)


def _mount_proc(mount_point):
    try:
        linux.mount("proc", mount_point + "/proc", "proc", linux.NO_SUID | linux.NO_DEVICES | linux.NO_EXEC)
    except OSError as error:
        return str(error)
    return "ok"


def _write_stand_ins(mount_point):
    """TensorFlow aborts at its first operation where these two are missing."""
    os.makedirs(mount_point + "/proc/self")
    os.symlink(os.path.realpath(sys.executable), mount_point + "/proc/self/exe")
    with open(mount_point + "/proc/self/cmdline", "w") as file:
        file.write("python\0")
