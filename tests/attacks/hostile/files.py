"""Files of the machine: read, written, or changed without being opened. Nothing may be in `reached`."""

from .case import attack


@attack
def reads_files():
    """Reads hidden tests, other submissions and the gradebook by their paths, and what the system has of users."""
    return """
for name in ("secret.txt", "source/sheet.ipynb", "submitted/other/sheet.ipynb", "gradebook.db"):
    attempt(name, lambda: open(os.path.join(CANARY, name)).read())
for name in ("master.ipynb", "job.json", "result.jsonl", "submission.ipynb"):
    attempt("job " + name, lambda: open(os.path.join(JOB, name)).read())
for path in (CANARY, JOB, os.path.dirname(JOB), os.path.expanduser("~root"), "/home", "/root"):
    attempt("list " + path, lambda: os.listdir(path) and path)
for path in ("/etc/passwd", "/etc/shadow", "/etc/hostname", "/var/log/dmesg", "/sys/class/dmi/id/product_uuid"):
    attempt(path, lambda: open(path).read())
report()
"""


@attack
def reads_files_around_the_corner():
    """Reaches the same files by links, `..`, other processes' roots, handles and memory maps."""
    return """
import mmap
SECRET = os.path.join(CANARY, "secret.txt")
def through(path):
    return open(path).read(20) or 1 / 0
os.symlink(SECRET, "link")
attempt("symlink", lambda: through("link"))
attempt("hard link", lambda: os.link(SECRET, "hard"))
attempt("dots", lambda: through("../" * 40 + SECRET))
for process in (1, "self", os.getppid(), WORKER, ZYGOTE):
    attempt(f"cwd of {process}", lambda: through(f"/proc/{process}/cwd{SECRET}"))
for root in ("/.old", *(f"/proc/{process}/root" for process in (1, "self", os.getppid(), WORKER, ZYGOTE))):
    attempt(root, lambda: through(root + SECRET))
for number in range(10):
    attempt(f"from {number}", lambda: os.open("../" * 40 + SECRET, os.O_RDONLY, dir_fd=number))
attempt("path only", lambda: through(f"/proc/self/fd/{os.open(SECRET, os.O_PATH)}"))
attempt("sendfile", lambda: os.sendfile(1, os.open(SECRET, os.O_RDONLY), 0, 20))
attempt("mapped", lambda: mmap.mmap(os.open(SECRET, os.O_RDONLY), 20, prot=mmap.PROT_READ)[:])
import sqlite3
BOOK = f"file:{CANARY}/gradebook.db?mode=ro"
attempt("database", lambda: sqlite3.connect(BOOK, uri=True).execute("select * from grade").fetchall())
report()
"""


@attack
def walks_the_disk():
    """Looks through all of the file system for notebooks, databases and keys."""
    return """
found = []
for folder, folders, names in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(folder, f) not in ("/usr", "/proc", "/sys", "/dev", "/lib", "/bin")
                  and f not in ("site-packages", "lib", ".pyenv")]
    found += [os.path.join(folder, n) for n in names if n.endswith((".ipynb", ".db", ".pem", "job.json"))]
found = [path for path in found if "/seglab/" not in path]
attempt("walk", lambda: found[:3] or 1 / 0)
report()
"""


@attack
def writes_files():
    """Changes the gradebook and other files, their modes, times and names."""
    return """
import sqlite3
BOOK, FILE = os.path.join(CANARY, "gradebook.db"), os.path.join(CANARY, "secret.txt")
def sql():
    book = sqlite3.connect(BOOK)
    book.execute("update grade set score = 100")
    book.commit()
attempt("sql", sql)
for number, path in enumerate((BOOK, FILE)):
    attempt("append", lambda: open(path, "a").write("x"))
    attempt("write", lambda: open(path, "r+").write("x"))
    attempt("truncate", lambda: os.truncate(path, 0))
    attempt("unlink", lambda: os.unlink(path))
    attempt("rename", lambda: os.rename(path, path + ".x"))
attempt("create", lambda: open(os.path.join(CANARY, "new"), "w"))
for action in (os.mkdir, os.mkfifo, lambda p: os.symlink("/", p), lambda p: os.mknod(p, 0o100644)):
    attempt("make", lambda: action(os.path.join(CANARY, "new")))
for name in ("result.json", "result.jsonl", "master.ipynb"):
    attempt("job " + name, lambda: open(os.path.join(JOB, name), "a").write("x"))
attempt("exchange", lambda: os.replace("made", BOOK) if open("made", "w").write("x") else 0)
report()
"""


@attack
def changes_modes():
    """Changes modes, owners, times and attributes, which no right to open a file is needed for."""
    return """
FILE = os.path.join(CANARY, "gradebook.db")
def really(action, look):
    before = look()
    action()
    return 1 / (look() != before)
for path in (FILE, CANARY, JOB):
    mode, time = (lambda: os.stat(path).st_mode), (lambda: os.stat(path).st_mtime)
    attempt("mode", lambda: really(lambda: os.chmod(path, mode() ^ 0o020), mode))
    attempt("time", lambda: really(lambda: os.utime(path, (0, 0)), time))
    attempt("owner", lambda: really(lambda: os.chown(path, -1, 1), lambda: os.stat(path).st_gid))
    attempt("attribute", lambda: really(lambda: os.setxattr(path, "user.x", b"x"), lambda: os.listxattr(path)))
mode = lambda: os.stat("/proc/self/exe").st_mode
attempt("interpreter", lambda: really(lambda: os.chmod("/proc/self/exe", mode() ^ 0o020), mode))
report()
"""


@attack
def writes_to_programs():
    """Writes to the interpreter, its packages, the grader's own code, devices and kernel settings."""
    return """
import glob, seglab
for path in (np.__file__, os.__file__, seglab.__file__, os.path.realpath(sys.executable), "/proc/self/exe"):
    attempt("append " + path, lambda: open(path, "ab"))
    attempt("beside " + path, lambda: open(os.path.join(os.path.dirname(path), "evil.py"), "w"))
for path in ("/etc/passwd", "/etc/ld.so.preload", "/usr/bin/evil", "/evil", "/root/.bashrc", "/dev/x", "/var/tmp/x"):
    attempt(path, lambda: open(path, "a"))
for path in ("core_pattern", "modprobe", "hostname", "pid_max", "randomize_va_space"):
    attempt(path, lambda: open("/proc/sys/kernel/" + path, "w"))
for path in ("/proc/self/oom_score_adj", "/proc/self/uid_map", "/dev/kmsg", "/dev/fuse"):
    attempt(path, lambda: open(path, "r+b", 0).write(b"-1000"))
for path in ("/proc/sysrq-trigger", "/dev/mem", "/dev/sda", "/dev/vda"):
    attempt(path, lambda: open(path, "r+b", 0))
for path in glob.glob("/sys/fs/cgroup/*"):
    attempt(path, lambda: open(path + "/cgroup.procs", "w").write(str(os.getpid())))
report()
"""
