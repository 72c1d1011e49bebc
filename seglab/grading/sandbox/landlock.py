"""Landlock: what of the file system, TCP and signals a process may still reach."""

import os
import struct

from seglab.grading.sandbox import linux

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every machine
EXECUTE, WRITE_FILE, READ_FILE, READ_FOLDER = 1, 2, 4, 8
MAKE_CHARACTER_DEVICE, MAKE_BLOCK_DEVICE = 1 << 6, 1 << 11
TRUNCATE, DEVICE_CONTROL = 1 << 14, 1 << 15
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE_CONTROL
READ = EXECUTE | READ_FILE | READ_FOLDER
DEVICE = READ_FILE | WRITE_FILE | DEVICE_CONTROL
REWRITE = WRITE_FILE | TRUNCATE


def restrict(rights):
    """Restrict this process and its children to some paths, without TCP and signals to others.

    Args:
        rights: Pairs of a path and the rights under it: `READ`, `DEVICE`, `REWRITE`, or `None` for all but devices.
            Paths that do not exist are left out.

    Returns:
        The version of Landlock. Below 4 TCP is not restricted, below 6 signals are not.

    Raises:
        OSError: If the kernel has no Landlock or refuses.
    """
    version = linux.check(linux.libc().syscall(CREATE_RULESET, None, 0, 1))
    everything = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    handled = struct.pack("<QQQ", everything, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    handled = handled[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = linux.check(linux.libc().syscall(CREATE_RULESET, handled, len(handled), 0))
    try:
        for path, allowed in rights:
            if allowed is None:
                allowed = everything & ~(MAKE_CHARACTER_DEVICE | MAKE_BLOCK_DEVICE)
            if os.path.exists(path):
                _allow(ruleset, path, allowed & everything)
        linux.check(linux.libc().syscall(RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset, path, allowed):
    if not os.path.isdir(path):
        allowed &= OF_A_FILE
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        linux.check(linux.libc().syscall(ADD_RULE, ruleset, 1, struct.pack("<Qi", allowed, handle), 0))
    finally:
        os.close(handle)
