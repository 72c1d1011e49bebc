"""What a student's notebook calls besides the library: `setup` at its start, `check` at every question."""

import html
import os
import platform
import random
import sys
import traceback

import numpy as np

from seglab import __version__, about, google_drive
from seglab.doctor import gpu_name
from seglab.errors import InputError

PROFILES = ("fast", "full")
SHOWN_PACKAGES = {"tensorflow": "TensorFlow", "keras": "Keras", "numpy": "NumPy"}

# Symbol, words and border style say what the color says. Colors: Okabe and Ito.
PANELS = {
    "passed": ("✔", "passed", "#009E73", "#E8F6F1", "solid"),
    "failed": ("✘", "not yet right", "#D55E00", "#FDEFE6", "double"),
    "open": ("…", "not answered yet", "#56719B", "#EEF2F8", "dashed"),
}


def setup(seed=0, *, drive=False):
    """Make a notebook ready: seed the random numbers and say in one line what it runs on.

    Seeds Python and NumPy, and Keras where it is already imported; imports neither it nor TensorFlow. Where
    a version is outside the supported range, one more line says how to mend it. How long a notebook takes stands in
    its title; the line says which of those times holds here. Under grading it prints nothing and leaves Drive alone,
    and warnings are silenced: nbgrader takes any line on stderr for a failed test.

    Args:
        seed: Integer in `[0, 2**32)`.
        drive: In Colab, work in the folder `seglab` of the student's Google Drive: what the notebook writes by a
            relative path, checkpoints and the archive to hand in among it, is still there when Colab's disk is gone.

    Raises:
        InputError: If the seed is no such integer, or `SEGLAB_PROFILE` names no profile.

    Example:
        >>> setup(seed=0)  # doctest: +ELLIPSIS
        SegLab ... profile ...
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise InputError(f"seed must be an integer in [0, 2**32), got {seed!r}.")
    wanted = profile()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read by TensorFlow when it is imported
    random.seed(int(seed))
    np.random.seed(int(seed))
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(int(seed))
    if under_grading():
        _silence_warnings()
        return
    gpu = gpu_name()
    parts = [f"SegLab {__version__}", f"Python {platform.python_version()}"]
    parts += [f"{title} {about.installed_version(name) or 'missing'}" for name, title in SHOWN_PACKAGES.items()]
    print(" · ".join([*parts, gpu or "CPU", f"profile {wanted}", f"time: the title's for a {'T4' if gpu else 'CPU'}"]))
    outside = [needed for needed in about.requirements() if not about.is_supported(needed)]
    if outside:
        found = ", ".join(f"{needed.name} {about.installed_version(needed.name) or 'missing'}" for needed in outside)
        quoted = " ".join(f'"{needed}"' for needed in outside)
        print(f"Not as tested: {found}. To mend it, run `%pip install {quoted}`, restart the kernel, run from the top.")
    if gpu is None and google_drive.in_colab():
        print(
            "No GPU here: everything runs in the fast profile. For full training: Runtime > Change runtime type > T4."
        )
    if drive:
        google_drive.work_there()


def profile():
    """Return how much to train: `"fast"` (minutes on a CPU) or `"full"` (real data on a GPU).

    Returns:
        The value of the environment variable `SEGLAB_PROFILE`, `"fast"` where it is not set.

    Raises:
        InputError: If the variable holds anything else.

    Example:
        >>> profile() in ("fast", "full")
        True
    """
    value = os.environ.get("SEGLAB_PROFILE") or "fast"
    if value not in PROFILES:
        raise InputError(f"SEGLAB_PROFILE must be fast or full, got {value!r}.")
    return value


def under_grading():
    """Return whether a grader runs the notebook, so that cells which train load what was submitted.

    nbgrader sets `NBGRADER_EXECUTION` to `autograde` or `validate`.

    Returns:
        `bool`.

    Example:
        >>> under_grading()
        False
    """
    return bool(os.environ.get("NBGRADER_EXECUTION"))


class check:
    """Run the tests of a question and show a panel that says how it went.

    The panel is green when the block ends well; when it raises, the panel shows the message and the
    exception goes on, so that a grader sees the failure. Only a quiz of a lesson that nobody has answered yet stops
    nothing, so that *Run all* comes to the end. Outside of IPython a line of text is printed.

    Args:
        name: The question, such as `"q2"`; any other text is shown as it is, and names a quiz.

    Example:
        >>> with check("q2"):
        ...     assert 1 + 1 == 2, "one and one are two"
        ✔ Question 2: passed
    """

    def __init__(self, name):
        self.name = str(name)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            _show_panel("passed", self.name, "")
        elif issubclass(kind, NotImplementedError):
            _show_panel("open", self.name, str(error))
            return not _is_question(self.name) and not under_grading()
        elif issubclass(kind, Exception):
            _show_panel("failed", self.name, _message(error, trace))
        return False


def probe(function):
    """Mark a function of a test cell that has to run beside the student's objects; here it is the identity.

    Under the judge a test cell runs in another process than the answer. What needs both at once, such as a student's
    layer inside a model that the test builds, stands in a probe: it runs with the answer and hands back plain data.

    Args:
        function: A function of the test cell.

    Returns:
        The same function.

    Example:
        >>> @probe
        ... def twice(x):
        ...     return 2 * x
        >>> twice(2)
        4
    """
    return function


def _silence_warnings():
    import warnings

    warnings.simplefilter("ignore")


def _message(error, trace):
    """Return what a student should read: the test's own message, else the line that failed."""
    text = str(error).strip()
    if isinstance(error, AssertionError):
        return text or _failed_line(trace)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _failed_line(trace):
    """Return the source line of the test that failed, `""` where it is not known."""
    frames = traceback.extract_tb(trace)
    return (frames[0].line or "") if frames else ""


def _is_question(name):
    return name[:1] == "q" and name[1:].isdigit()


def _show_panel(outcome, name, message):
    """Show the outcome of a check, as HTML under IPython and as text elsewhere."""
    symbol, words, color, background, border = PANELS[outcome]
    title = f"Question {name[1:]}" if _is_question(name) else name
    text = f"{symbol} {title}: {words}" + (f"\n{message}" if message else "")
    if not _in_ipython():
        print(text)
        return
    from IPython.display import display

    detail = (
        f'<pre style="margin:4px 0 0;white-space:pre-wrap;color:#111">{html.escape(message)}</pre>' if message else ""
    )
    panel = (
        f'<div role="status" style="border-left:8px {border} {color};background:{background};color:#111;'
        f'padding:6px 12px"><strong>{symbol} {html.escape(title)}: {words}</strong>{detail}</div>'
    )
    display({"text/html": panel, "text/plain": text}, raw=True)


def _in_ipython():
    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython() is not None
