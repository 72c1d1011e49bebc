"""A deny list of system calls that no student's code needs, and some that only seem to work.

Landlock and mounts say nothing about the mode, owner and times of files, about processes of the same user, or about
sockets with a path: this filter does.
"""

import ctypes
import platform
import socket
import struct

from seglab.grading.sandbox import linux

# Numbers on x86_64 and aarch64; None where the machine has no such call.
DENIED = {
    "ptrace": (101, 117),
    "syslog": (103, 116),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "uselib": (134, None),
    "personality": (135, 92),
    "vhangup": (153, 58),
    "modify_ldt": (154, None),
    "pivot_root": (155, 41),
    "sysctl": (156, None),
    "adjtimex": (159, 171),
    "chroot": (161, 51),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "mount": (165, 40),
    "umount2": (166, 39),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "ioperm": (173, None),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "quotactl": (179, 60),
    "clock_settime": (227, 112),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "kexec_load": (246, 104),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "inotify_add_watch": (254, 27),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "unshare": (272, 97),
    "perf_event_open": (298, 241),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "clock_adjtime": (305, 266),
    "setns": (308, 268),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "finit_module": (313, 273),
    "memfd_create": (319, 279),  # memory that no limit of a process counts
    "kexec_file_load": (320, 294),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "mount_setattr": (442, 442),
    "quotactl_fd": (443, 443),
    "memfd_secret": (447, 447),
    "process_mrelease": (448, 448),
}
# Sockets with a name; socketpair is enough for asyncio and multiprocessing.
SOCKET, NAMED = (41, 198), {"connect": (42, 203), "bind": (49, 200), "listen": (50, 201)}
# They change files and processes of the same user outside of the sandbox, and honest programs such as shutil.copy
# call them too: they do nothing, and say that all is well.
PRETENDED = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "utime": (132, None),
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "sched_setaffinity": (203, 122),
    "utimes": (235, None),
    "ioprio_set": (251, 30),
    "fchownat": (260, 54),
    "futimesat": (261, None),
    "fchmodat": (268, 53),
    "utimensat": (280, 88),
    "sched_setattr": (314, 274),
    "fchmodat2": (452, 452),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}
# Calls of which some arguments are allowed.
CLONE, IOCTL, SOCKETPAIR, PRLIMIT = (56, 220), (16, 29), (53, 199), (302, 261)
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}  # audit architecture, column of the numbers
CLONE3 = 435
LOAD, EQUAL, AT_LEAST, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
KILL, ALLOW, PRETEND, NOT_PERMITTED, NO_SUCH_CALL = 0x80000000, 0x7FFF0000, 0x00050000, 0x00050001, 0x00050026
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24
ALL_NAMESPACES = 0x7E020000
SOCKET_TYPE = 0xF
FILE_FLAGS = (0x40086602, 0x40046602, 0x40087602, 0x401C5820)  # they need no right to write, like chmod
X32_CALLS = 0x40000000


def filter_program(machine, gpu=False):
    """Return the filter of a machine as a list of instructions `(code, jump if true, jump if false, value)`.

    Args:
        machine: What `platform.machine()` says.
        gpu: Whether to let local sockets of packets through, without which CUDA refuses the GPU. Services that a
            machine offers by local sockets speak in streams or datagrams; a namespace and a root of its own leave
            none at all to speak to.

    Raises:
        OSError: If the machine's numbers are not known.

    Example:
        >>> filter_program("x86_64")[-1] == (RETURN, 0, 0, ALLOW)
        True
    """
    if machine not in MACHINES:
        raise OSError(f"no filter for {machine}")
    architecture, column = MACHINES[machine]
    program = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    if machine == "x86_64":
        program += [(AT_LEAST, 0, 1, X32_CALLS), (RETURN, 0, 0, NO_SUCH_CALL)]
    # The flags of clone3 lie in memory, where a filter cannot look; the C library falls back to clone.
    program += [(EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, NO_SUCH_CALL)]
    for calls, answer in ((DENIED, NOT_PERMITTED), ({} if gpu else NAMED, NOT_PERMITTED), (PRETENDED, PRETEND)):
        for numbers in calls.values():
            if numbers[column] is not None:
                program += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, answer)]
    deny, allow = (RETURN, 0, 0, NOT_PERMITTED), (RETURN, 0, 0, ALLOW)
    first, second = (LOAD, 0, 0, FIRST_ARGUMENT), (LOAD, 0, 0, SECOND_ARGUMENT)
    program += _call(CLONE[column], [first, (ANY_BIT, 0, 1, ALL_NAMESPACES), deny, allow])
    program += _call(PRLIMIT[column], [first, (EQUAL, 1, 0, 0), deny, allow])  # of this process alone
    # Connected streams alone: a datagram could go to any address.
    streams = [second, (AND, 0, 0, SOCKET_TYPE), (EQUAL, 1, 0, socket.SOCK_STREAM), deny, allow]
    program += _call(SOCKETPAIR[column], [first, (EQUAL, 1, 0, socket.AF_UNIX), deny, *streams])
    packets = [second, (AND, 0, 0, SOCKET_TYPE), (EQUAL, 1, 0, socket.SOCK_SEQPACKET), deny, allow] if gpu else [deny]
    program += _call(SOCKET[column], [first, (EQUAL, 1, 0, socket.AF_UNIX), deny, *packets])
    flags = [line for command in FILE_FLAGS for line in ((EQUAL, 0, 1, command), deny)]
    program += _call(IOCTL[column], [second, *flags, allow])
    return [*program, allow]


def _call(number, lines):
    """Return the lines for one system call, which end with what becomes of it."""
    return [(EQUAL, 0, len(lines), number), *lines]


def install(gpu=False):
    """Put the filter on this process and all its children, for good. Needs `no_new_privs` or root.

    Args:
        gpu: Whether the process may use a GPU, see `filter_program`.

    Raises:
        OSError: If the machine is not known or the kernel refuses.
    """
    lines = filter_program(platform.machine(), gpu)
    program = b"".join(struct.pack("<HBBI", *line) for line in lines)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(lines), ctypes.addressof(buffer)))
    linux.prctl(linux.SET_SECCOMP, 2, ctypes.addressof(header))
