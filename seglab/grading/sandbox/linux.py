"""The few Linux calls that Python's standard library lacks, through ctypes."""

import ctypes
import functools
import os
import platform
import signal
import struct

# Arguments of prctl.
SET_DEATH_SIGNAL, SET_DUMPABLE, SET_SECCOMP, SET_SUBREAPER, SET_NO_NEW_PRIVS, CLEAR_AMBIENT = 1, 4, 22, 36, 38, 47
NAMESPACES = {
    "mount": 0x00020000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


@functools.cache
def libc():
    """Return the C library of this process."""
    return ctypes.CDLL(None, use_errno=True)


def check(result):
    """Return the result of a C call, as an `OSError` where it says that the call failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def prctl(option, first=0, second=0):
    """Set an attribute of this process.

    Raises:
        OSError: If the kernel refuses.
    """
    long = ctypes.c_ulong
    check(libc().prctl(option, long(first), long(second), long(0), long(0)))


def die_with_parent():
    """Have the kernel kill this process when its parent's thread ends."""
    prctl(SET_DEATH_SIGNAL, signal.SIGKILL)


def unshare(namespace):
    """Move this process into a namespace of its own.

    Args:
        namespace: A key of `NAMESPACES`. A new `"pid"` namespace begins with the next child.

    Raises:
        OSError: If the kernel refuses.
    """
    check(libc().unshare(NAMESPACES[namespace]))


def mount(source, target, kind, flags, options=None):
    """Mount a file system; `None` stands for an empty argument.

    Raises:
        OSError: If the kernel refuses.
    """
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    check(libc().mount(*texts[:3], ctypes.c_ulong(flags), texts[3]))


def pivot_root(new_root, old_root):
    """Make a mounted folder the root of this mount namespace and put the old root into a folder of it.

    Raises:
        OSError: If the kernel refuses.
    """
    number = PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(f"no number of pivot_root is known for {platform.machine()}")
    check(libc().syscall(number, os.fsencode(new_root), os.fsencode(old_root)))


def unmount_lazily(path):
    """Take a mounted file system out of sight; it goes when nobody uses it any more."""
    check(libc().umount2(os.fsencode(path), 2))


def drop_capabilities():
    """Give up every capability, for good.

    Raises:
        OSError: If the kernel refuses.
    """
    prctl(CLEAR_AMBIENT, 4)
    header, nothing = struct.pack("<Ii", 0x20080522, 0), bytes(24)
    check(libc().capset(header, nothing))
