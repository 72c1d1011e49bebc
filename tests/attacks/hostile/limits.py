"""Too much of everything: memory, disk, depth, descriptors, time. All of it bounded, should a limit fail."""

from .case import SHORT, attack


@attack(wrong=("greet",), costs=True)
def memory_bomb():
    """Takes 1.5 GB of memory, in pieces."""
    return """
def grow():
    kept = [bytearray(os.urandom(1 << 20) * 32) for _ in range(48)]
    return len(kept)
attempt("1.5 GB", grow)
report()
"""


@attack(wrong=("greet",), costs=True)
def shared_memory_bomb():
    """Takes 1.2 GB of shared anonymous memory, which `RLIMIT_DATA` does not count."""
    return """
import mmap
def grow():
    kept = []
    for _ in range(40):
        kept.append(mmap.mmap(-1, 30 << 20))
        kept[-1].write(bytes(30 << 20))
    return len(kept)
attempt("1.2 GB", grow)
report()
"""


SMALL = {"memory_mb": 200, "cell_seconds": 10}


@attack(wrong=("greet",), costs=True, settings=SMALL)
def page_table_bomb():
    """Reads one byte of every 2 MB of an endless mapping: 350 MB of page tables and not a byte of memory."""
    return """
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
def grow():
    size = 170 << 30
    place = libc.mmap(None, size, 1, 0x4022, -1, 0)
    libc.madvise(ctypes.c_void_p(place), ctypes.c_size_t(size), 15)
    for offset in range(0, size, 2 << 20):
        ctypes.c_char.from_address(place + offset).value
    return "350 MB"
attempt("page tables", grow)
report()
"""


@attack(wrong=("greet",), costs=True, settings=SMALL)
def socket_buffer_bomb():
    """Fills the buffers of sockets in four processes: 350 MB that no process seems to have."""
    return """
import socket, time
def fill():
    kept = []
    for _ in range(80):
        pair = socket.socketpair()
        for end in pair:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            end.setblocking(False)
            try:
                while True:
                    end.send(bytes(1 << 16))
            except BlockingIOError:
                pass
        kept.append(pair)
    return kept
def grow():
    reader, writer = os.pipe()
    for _ in range(4):
        if os.fork() == 0:
            try:
                kept = fill()
                os.write(writer, b"x")
                time.sleep(3)
            finally:
                os._exit(0)
    os.close(writer)
    full = 0
    while full < 4 and os.read(reader, 1):
        full += 1
    return full if full == 4 else 1 / 0
attempt("350 MB", grow)
report()
"""


@attack(wrong=("greet",), costs=True)
def fork_bomb():
    """Starts 300 processes that sleep."""
    return """
import time
def bomb():
    for number in range(300):
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
    return 300
attempt("300 processes", bomb)
report()
"""


@attack(wrong=("greet",), costs=True)
def fork_bomb_of_chains():
    """Each process starts another one and ends, 300 times, so that the pid never stays the same."""
    return """
import time
def chain():
    for _ in range(300):
        if os.fork():
            os._exit(0)
        os.setsid()
    open(os.path.join(CANARY, "written-by-the-chain"), "w").close()
if os.fork() == 0:
    try:
        chain()
    finally:
        os._exit(0)
"""


@attack(wrong=("greet",), costs=True)
def thread_bomb():
    """Starts 300 threads that spin."""
    return """
import threading, time
def bomb():
    for _ in range(300):
        threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
    return 300
attempt("300 threads", bomb)
report()
"""


@attack(wrong=("greet",))
def disk_filled():
    """Writes 64 MB in files of 2 MB, then 30,000 empty files."""
    return """
def fill():
    for number in range(32):
        with open(f"part{number}", "wb") as file:
            file.write(bytes(2 << 20))
    return "64 MB"
def name():
    for number in range(30_000):
        open(f"/tmp/file{number}" if os.path.isdir("/job") else f"file{number}", "w").close()
    return 30_000
def one_file():
    with open("one", "wb") as file:
        for _ in range(48):
            file.write(bytes(1 << 20))
    return "48 MB"
attempt("one file", one_file)
if os.path.isdir("/job"):  # only a file system of its own has a size
    attempt("many bytes", fill)
    attempt("many files", name)
report()
"""


@attack(wrong=("greet",))
def folders_too_deep():
    """Leaves folders nested 3,000 deep without any permission, for whoever cleans up."""
    return """
for _ in range(3_000):
    try:
        os.mkdir("d")
        os.chdir("d")
    except OSError:
        break
os.chmod(".", 0)
"""


@attack(wrong=("greet",))
def deep_recursion():
    """Recurses without end, with the limit taken away, in Python."""
    return """
sys.setrecursionlimit(10**9)
def greet(name):
    return greet(name)
""".replace("10**9", "5_000")


@attack(wrong=("greet",), costs=True)
def recursion_in_c():
    """Recurses without end in C code, until the stack is gone."""
    return """
sys.setrecursionlimit(10**9)
def greet(name):
    class Deep:
        def __repr__(self): return repr([self])
        def __getattr__(self, name): return getattr(self, name)
    return Deep().x
"""


@attack(wrong=("greet",), costs=True, settings=SHORT)
def calculation_in_c():
    """Keeps C code busy, where no signal is looked at."""
    return """
def greet(name):
    return str(10 ** 10**8)
"""


@attack(wrong=("greet",), costs=True, settings=SHORT)
def pattern_without_end():
    """Matches a pattern that backtracks for years."""
    return """
import re
def greet(name):
    return re.match("(a+)+$", "a" * 60 + "b")
"""


@attack(wrong=("greet",))
def descriptors_used_up():
    """Opens every descriptor that it may have and keeps them."""
    return """
kept = []
try:
    while True:
        kept.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
"""


@attack(wrong=("greet",))
def limits_raised():
    """Raises its own limits, and lowers those of others."""
    return """
import resource
for name in dir(resource):
    if name.startswith("RLIMIT_"):
        kind = getattr(resource, name)
        soft, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            attempt(f"more {name}", lambda: resource.setrlimit(kind, (hard + 1, hard + 1)))
import contextlib
for action in (  # whether anything came of it is seen from outside
    *(lambda pid=pid: resource.prlimit(pid, resource.RLIMIT_NOFILE, (250, 1000)) for pid in (WORKER, ZYGOTE, WATCHER)),
    lambda: os.setpriority(os.PRIO_PROCESS, WATCHER, 19),
    lambda: os.sched_setaffinity(WATCHER, [0]),
    lambda: os.sched_setscheduler(WATCHER, os.SCHED_IDLE, os.sched_param(0)),
):
    with contextlib.suppress(OSError):
        action()
report()
"""
