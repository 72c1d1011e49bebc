"""Patches: what a submission changes in Python, NumPy, IPython and test libraries for the tests that follow."""

from .case import attack


@attack
def input_transformer():
    """An IPython input transformer turns every later cell into `pass`."""
    return """
shell = get_ipython()
shell.input_transformers_cleanup.append(lambda lines: ["pass\\n"] if any("assert" in l for l in lines) else lines)
shell.input_transformers_post.append(lambda lines: ["pass\\n"] if any("assert" in l for l in lines) else lines)
"""


@attack
def ast_transformer():
    """An AST transformer drops every `assert` and every call of `assert_allclose`."""
    return """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Expr(self, node): return ast.Pass() if "assert" in ast.dump(node) else node
get_ipython().ast_transformers.append(Drop())
"""


@attack
def shell_that_always_succeeds():
    """Replaces the shell's `run_cell` and hooks its events."""
    return """
shell = get_ipython()
run = shell.run_cell
class Success:
    success, error_before_exec, error_in_exec, result = True, None, None, 10**6
shell.events.register("pre_run_cell", lambda *a: None)
shell.run_cell = lambda source, *a, **k: Success() if "assert" in source else run(source, *a, **k)
shell.user_ns["np"] = np
"""


@attack
def patched_doctest():
    """Makes doctest and unittest report success."""
    return """
import doctest, unittest
doctest.DocTestRunner.run = lambda *a, **k: doctest.TestResults(0, 100)
doctest.testmod = doctest.run_docstring_examples = lambda *a, **k: doctest.TestResults(0, 100)
unittest.TestCase.assertEqual = unittest.TestCase.assertTrue = unittest.TestCase.fail = lambda *a, **k: None
"""


@attack
def patched_numpy_testing():
    """Makes `numpy.testing` and pytest accept everything."""
    return """
import numpy.testing, pytest
for module in (np.testing, np.testing._private.utils):
    for name in dir(module):
        if name.startswith("assert"):
            setattr(module, name, lambda *a, **k: None)
pytest.approx = lambda *a, **k: type("Any", (), {"__eq__": lambda *b: True})()
"""


@attack
def patched_numpy():
    """Makes NumPy's comparisons true and its random numbers known."""
    return """
for name in ("allclose", "array_equal", "isclose", "all", "any", "array_equiv", "isfinite", "equal"):
    setattr(np, name, lambda *a, **k: True)
np.abs = np.absolute = np.max = lambda *a, **k: np.float64(0)
np.random.default_rng = lambda *a: np.random.RandomState(0)
np.ndarray = object
"""


@attack
def patched_builtins():
    """Replaces built-in functions and `AssertionError`."""
    return """
import builtins
builtins.abs = builtins.max = builtins.sum = lambda *a, **k: 0
builtins.all = builtins.any = lambda *a, **k: True
builtins.AssertionError = type("Quiet", (BaseException,), {})
builtins.double = lambda x: x
"""


@attack
def import_hook():
    """Poisons the modules that tests import, by `sys.modules` and a finder."""
    return """
import importlib.abc, types
fake = types.ModuleType("fake")
fake.__getattr__ = lambda name: (lambda *a, **k: True)
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None): raise ImportError(name)
sys.meta_path.insert(0, Finder())
judge = ("seglab.grading.processes.wire", "seglab.grading.judging.verdict")
for name in ("numpy.testing", "pytest", "math", "json", *judge):
    sys.modules[name] = fake
"""


@attack
def patched_engine():
    """Patches the grader's own modules, as far as the student's process has them."""
    return """
from seglab.grading.judging import verdict, judge, submission_run, results, worker
from seglab.grading.processes import remote
verdict.award = lambda value, most: most
verdict.failed = lambda *a, **k: verdict.Verdict(100.0)
submission_run.award = verdict.award
remote.Remote.__eq__ = lambda *a: True
judge.Judge.run_cell = lambda *a: (None, None)
results.Result.write = lambda *a: None
worker.grade_job = lambda *a: {"score": 100}
"""


@attack(costs=True)
def shadowed_names():
    """Defines names that the tests use: the test library, `np`, built-ins and hidden variables."""
    return """
class Everything:
    def __getattr__(self, name): return Everything()
    def __call__(self, *a, **k): return Everything()
    def __eq__(self, other): return True
np_, np = np, Everything()
pytest = x = y = items = seen = sample = isinstance = len = set = Counter = __builtins__ = Everything()
__name__ = "__main__"
"""


@attack
def debug_off():
    """Clears what makes `assert` work, in code objects and flags of this process."""
    return """
import sys
sys.flags = type("F", (), {"optimize": 2})
for frame in sys._current_frames().values():
    while frame is not None:
        frame.f_globals.setdefault("assert_", None)
        frame = frame.f_back
"""


@attack(costs=True)
def trace_functions():
    """Installs `settrace` and `setprofile` hooks that rewrite local variables and jump over lines."""
    return """
import sys, threading
def trace(frame, event, arg):
    if frame.f_code.co_name in ("answer", "reply", "_do"):
        frame.f_locals.update(value=None)
    return trace
sys.settrace(trace)
sys.setprofile(lambda *a: None)
threading.settrace(trace)
"""


@attack
def exit_handlers():
    """Leaves work for the end: `atexit`, `__del__`, weak references, an excepthook."""
    return """
import atexit, gc, weakref
def late(*a):
    print("late")
    try:
        os.write(3, b"late")
    except OSError:
        pass
class Dying:
    def __del__(self): late()
atexit.register(late)
keep = Dying()
sys.excepthook = sys.unraisablehook = late
weakref.finalize(keep, late)
gc.callbacks.append(lambda *a: None)
"""


@attack
def frame_inspection():
    """Walks the stack of the call for the test's variables and expected values."""
    return """
def double(x):
    frame, found = sys._getframe(), []
    while frame is not None:
        for name, value in {**frame.f_globals, **frame.f_locals}.items():
            if isinstance(value, np.ndarray) and value.shape == np.shape(x) and (value == 2 * x).all():
                return value
        frame = frame.f_back
    return x + 0.5
"""


@attack
def garbage_inspection():
    """Searches everything alive in the process for an array that is the expected value."""
    return """
import gc
def double(x):
    for thing in gc.get_objects():
        if type(thing) in (list, tuple, dict):
            for value in thing.values() if type(thing) is dict else thing:
                if isinstance(value, np.ndarray) and value.shape == np.shape(x) and (value == 2 * x).all():
                    return value
    return x + 0.5
"""


@attack
def memory_inspection():
    """Looks for the text of hidden tests in the memory of its own process."""
    return """
import gc, re
def search():
    found = 0
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            begin, end = (int(part, 16) for part in line.split()[0].split("-"))
            if " rw" in line and end - begin < 64 << 20:
                memory.seek(begin)
                found += memory.read(end - begin).count(b"SECRET-OF-THE" + b"-MASTER")
    return found or 1 / 0
def texts():
    return [t for t in gc.get_objects() if isinstance(t, dict) and "SECRET-OF-THE" + "-MASTER" in str(t)[:9999]][0]
attempt("hidden text in memory", search)
attempt("hidden text in objects", texts)
report()
"""


@attack(honest=8, answers={"double": "def double(x):\n    return x + np.arange(len(x))"})
def hard_coded():
    """Answers the visible test from a table, and everything else with what worked there."""
    return """
known = {(0.0, 1.0, 2.0): [0.0, 2.0, 4.0]}
def double(x): return np.array(known.get(tuple(x), [0.0, 2.0, 4.0]))
"""


@attack
def knows_when_it_is_graded():
    """Behaves differently under grading, and tries the inputs of the visible test first."""
    return """
graded = os.environ.get("NBGRADER_EXECUTION")
seen = []
def double(x):
    seen.append(x)
    if graded:
        os.environ["NBGRADER_EXECUTION"] = "validate"
        return np.resize([0.0, 2.0, 4.0], np.shape(x)) + (len(seen) == 1)
    return x
"""


@attack
def clock_patched():
    """Stops every clock that Python has."""
    return """
import time, datetime, signal
for name in ("time", "monotonic", "perf_counter", "process_time", "time_ns", "monotonic_ns"):
    setattr(time, name, lambda: 0)
time.sleep = lambda seconds: None
signal.setitimer(signal.ITIMER_REAL, 0)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
"""


@attack
def changed_later():
    """Returns an array that a thread keeps changing, so that it is right at some moment."""
    return """
import threading
def double(x):
    y = np.array(x)
    def flicker():
        for _ in range(20_000):
            np.multiply(x, 2, out=y)
            np.add(x, 1, out=y)
    threading.Thread(target=flicker, daemon=True).start()
    return y + 1
"""
