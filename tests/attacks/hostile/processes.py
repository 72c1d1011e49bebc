"""Processes and signals: dying, killing, hiding, outliving."""

from .case import SHORT, attack


@attack(wrong=("greet",))
def exits_at_once():
    """Ends its process without a word while its cell runs."""
    return "os._exit(0)"


@attack(wrong=("double",))
def exits_in_a_call():
    """Ends its process in every call, also where a set-up cell of the sheet calls it."""
    return "def double(x): os._exit(0)"


@attack(wrong=("greet",))
def exits_politely():
    """Leaves by `sys.exit`, `exit` and `quit`."""
    return """
import builtins
def greet(name): sys.exit(0)
attempt("exit", lambda: exit(0))
attempt("quit", lambda: quit())
raise SystemExit(0)
"""


@attack(wrong=("greet",), settings=SHORT)
def ignores_interrupts():
    """Loops without end, catching whatever is raised and ignoring every signal."""
    return """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
def greet(name):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""


@attack(wrong=("greet",), settings=SHORT)
def loops_in_its_cell():
    """Loops without end while its cell runs."""
    return "while True: pass"


@attack(wrong=("greet",))
def segfault():
    """Reads address 0."""
    return """
import ctypes
def greet(name): return ctypes.string_at(0)
"""


@attack(wrong=("greet",))
def aborts():
    """Aborts with a core dump."""
    return "def greet(name): os.abort()"


@attack(wrong=("greet",), settings=SHORT)
def stops_itself():
    """Stops its process by SIGSTOP, and has a child continue and stop it again."""
    return """
import signal, time
def greet(name):
    parent = os.getpid()
    if os.fork() == 0:
        while True:
            time.sleep(0.01)
            os.kill(parent, signal.SIGSTOP)
    os.kill(parent, signal.SIGSTOP)
    time.sleep(30)
"""


@attack(wrong=("greet",), costs=True)
def kills_others():
    """Sends signals to its parent, the worker, the zygote, a bystander, its group and everyone."""
    return """
import signal
for name, pid in (("parent", os.getppid()), ("worker", WORKER), ("zygote", ZYGOTE), ("watcher", WATCHER)):
    for number in (0, signal.SIGUSR1, signal.SIGSTOP, signal.SIGKILL):
        if pid > 1:
            attempt(f"{name} {number}", lambda: os.kill(pid, number))
            attempt(f"group of {name} {number}", lambda: os.killpg(pid, number))
    attempt(f"descriptor of {name}", lambda: signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGKILL))
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    for pid in (-1, 0):
        try:
            os.kill(pid, signal.SIGTERM)
        except OSError:
            pass
    os._exit(0)
os.wait()
report()
"""


@attack(wrong=("greet",), doubtful=True)
def kills_its_group():
    """Kills everyone that it may, itself included."""
    return """
import signal
def greet(name):
    if os.fork() == 0:
        os.kill(-1, signal.SIGKILL)
        os._exit(0)
    os.killpg(0, signal.SIGKILL)
"""


@attack(wrong=("greet",))
def daemon():
    """Leaves a detached process that would write outside and call home after the grading."""
    return """
import ctypes, time
if os.fork() == 0:
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
    os.setsid()
    if os.fork() == 0:
        time.sleep(1)
        for _ in range(100):
            try:
                open(os.path.join(CANARY, "written-by-the-daemon"), "w").close()
            except OSError:
                pass
            time.sleep(0.1)
    os._exit(0)
"""


@attack(wrong=("greet",))
def daemon_in_a_call():
    """Leaves a detached process that holds the output and the judge's socket open."""
    return """
import signal, time
def greet(name):
    if os.fork() == 0:
        os.setsid()
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        time.sleep(20)
        os._exit(0)
    os._exit(0)
"""


@attack(wrong=("greet",))
def endless_threads():
    """Leaves threads that never end and are no daemons."""
    return """
import threading, time
for _ in range(5):
    threading.Thread(target=time.sleep, args=(600,)).start()
"""


@attack(wrong=("greet",), settings=SHORT)
def alarms():
    """Sets timers that raise in its process, wherever it is then."""
    return """
import signal
def ring(*a): raise KeyboardInterrupt("ring")
signal.signal(signal.SIGALRM, ring)
signal.signal(signal.SIGVTALRM, ring)
signal.signal(signal.SIGIO, ring)
def greet(name):
    signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
    while True:
        pass
"""


@attack(wrong=("greet",))
def shell_magics():
    """Runs programs by every door of IPython."""
    return """
shell = get_ipython()
MARK = os.path.join(CANARY, "secret.txt")
def cell(magic):
    shell.run_cell_magic(magic, "--out found" + " sh" * (magic == "script"), f"cat {MARK}")
    return shell.user_ns["found"] or 1 / 0
attempt("getoutput", lambda: shell.getoutput(f"cat {MARK}")[0])
for magic in ("bash", "sh", "script", "perl"):
    attempt(magic, lambda: cell(magic))
for magic in ("sx", "system", "pip", "conda"):
    attempt(magic, lambda: 1 / ("SECRET" in str(shell.run_line_magic(magic, f"cat {MARK}"))))
report()
"""


@attack(wrong=("greet",))
def shell_commands():
    """Has commands and whole cells of the shell in its notebook."""
    return """
CAT = "cat " + os.path.join(CANARY, "secret.txt")
!$CAT
lines = !$CAT
attempt("lines", lambda: lines[0])
attempt("os.system", lambda: 1 / (os.system(CAT) == 0))
import subprocess
attempt("subprocess", lambda: subprocess.run(CAT, shell=True, check=True, capture_output=True).stdout)
attempt("popen", lambda: os.popen(CAT).read() or 1 / 0)
report()
"""


@attack(wrong=("greet",), answers={"greet": "%%script bash\ncat /etc/passwd; echo $NBGRADER_EXECUTION\n"})
def script_cell():
    """Makes a whole answer a script of the shell."""
    return ""
