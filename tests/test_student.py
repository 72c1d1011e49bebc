"""What students call: set-up, checks and their panels."""

import random
import subprocess
import sys

import numpy as np
import pytest

import seglab
from seglab import about, doctor, student
from seglab.errors import InputError


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("SEGLAB_PROFILE", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(student, "gpu_name", lambda: None)


@pytest.fixture
def kept_random_state():
    python, numpy = random.getstate(), np.random.get_state()
    yield
    random.setstate(python)
    np.random.set_state(numpy)


class Shell:
    """Stands in for IPython: collects what is displayed."""

    def __init__(self, monkeypatch):
        self.shown = []
        import IPython.display

        monkeypatch.setattr(student, "_in_ipython", lambda: True)
        monkeypatch.setattr(IPython.display, "display", lambda data, raw: self.shown.append(data))

    @property
    def html(self):
        return self.shown[-1]["text/html"]


def test_setup_seeds_python_and_numpy(kept_random_state, capsys):
    seglab.setup(seed=3)
    first = random.random(), np.random.rand()
    seglab.setup(seed=3)
    assert (random.random(), np.random.rand()) == first
    seglab.setup(seed=4)
    assert random.random() != first[0]


def test_setup_returns_nothing_and_prints_one_line(kept_random_state, capsys):
    assert seglab.setup() is None
    out, err = capsys.readouterr()
    assert out.count("\n") == 1 and err == ""
    for part in (
        f"SegLab {seglab.__version__}",
        "Python 3.",
        f"NumPy {np.__version__}",
        "CPU",
        "profile fast",
        "time: the title's for a CPU",
    ):
        assert part in out


def test_setup_under_grading_prints_nothing(kept_random_state, capsys, monkeypatch, recwarn):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setattr(student, "_silence_warnings", lambda: None)
    seglab.setup()
    assert capsys.readouterr() == ("", "")


def test_setup_under_grading_silences_warnings_in_a_fresh_process():
    script = "import seglab, warnings; seglab.setup(); warnings.warn('would cost the points')"
    for environment, noisy in (({"NBGRADER_EXECUTION": "autograde"}, False), ({}, True)):
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert bool(done.stderr) == noisy


def test_setup_imports_neither_keras_nor_tensorflow():
    script = "import sys, seglab; seglab.setup(); assert not {'keras', 'tensorflow'} & set(sys.modules), 'heavy'"
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_setup_names_what_is_outside_the_range_and_the_command(kept_random_state, capsys, monkeypatch):
    installed = about.installed_version
    monkeypatch.setattr(about, "installed_version", lambda name: "3.9.0" if name == "keras" else installed(name))
    seglab.setup()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[1].startswith("Not as tested: keras 3.9.0.") and "restart the kernel" in lines[1]
    assert '%pip install "keras' in lines[1] and "numpy" not in lines[1]


def test_setup_on_colab_says_what_a_missing_gpu_means(kept_random_state, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    seglab.setup()
    assert "T4" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "0", True, None])
def test_bad_seed_changes_nothing(seed):
    before = random.getstate()
    with pytest.raises(InputError, match="seed must be an integer"):
        seglab.setup(seed=seed)
    assert random.getstate() == before


def test_profile_comes_from_the_environment(monkeypatch):
    assert seglab.profile() == "fast"
    monkeypatch.setenv("SEGLAB_PROFILE", "full")
    assert seglab.profile() == "full"
    monkeypatch.setenv("SEGLAB_PROFILE", "slow")
    with pytest.raises(InputError, match="SEGLAB_PROFILE must be fast or full, got 'slow'"):
        seglab.profile()


@pytest.mark.parametrize(("value", "expected"), [("autograde", True), ("validate", True), ("", False), (None, False)])
def test_under_grading(monkeypatch, value, expected):
    if value is not None:
        monkeypatch.setenv("NBGRADER_EXECUTION", value)
    assert seglab.under_grading() is expected


def test_check_outside_of_ipython_prints_a_line(capsys):
    with seglab.check("q1"):
        pass
    assert capsys.readouterr().out == "✔ Question 1: passed\n"


def test_failed_check_shows_the_message_and_raises_it(capsys):
    with pytest.raises(AssertionError, match="too small"), seglab.check("q12"):
        raise AssertionError("too small")
    assert capsys.readouterr() == ("✘ Question 12: not yet right\ntoo small\n", "")


def test_assert_without_a_message_shows_the_line_that_failed(capsys):
    with pytest.raises(AssertionError), seglab.check("q1"):
        raise AssertionError
    assert "raise AssertionError" in capsys.readouterr().out


def test_other_exceptions_are_named(capsys):
    with pytest.raises(ZeroDivisionError), seglab.check("warm-up"):
        1 / 0  # noqa: B018
    assert capsys.readouterr().out == "✘ warm-up: not yet right\nZeroDivisionError: division by zero\n"


def test_open_question_is_not_called_wrong(capsys):
    with pytest.raises(NotImplementedError), seglab.check("q2"):
        raise NotImplementedError("Question 2: IoU of one class")
    assert capsys.readouterr().out == "… Question 2: not answered yet\nQuestion 2: IoU of one class\n"


def test_open_quiz_stops_nothing_but_a_grading(capsys, monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    with seglab.check("Quiz 1"):
        raise NotImplementedError("put a number in place of None")
    assert capsys.readouterr().out == "… Quiz 1: not answered yet\nput a number in place of None\n"
    with pytest.raises(AssertionError), seglab.check("Quiz 1"):
        raise AssertionError("wrong")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(NotImplementedError), seglab.check("Quiz 1"):
        raise NotImplementedError


def test_interrupt_shows_no_panel(capsys):
    with pytest.raises(KeyboardInterrupt), seglab.check("q2"):
        raise KeyboardInterrupt
    assert capsys.readouterr().out == ""


def test_panels_under_ipython_differ_in_more_than_color(monkeypatch):
    shell = Shell(monkeypatch)
    with seglab.check("q1"):
        pass
    with pytest.raises(AssertionError), seglab.check("q1"):
        raise AssertionError("no")
    with pytest.raises(NotImplementedError), seglab.check("q1"):
        raise NotImplementedError
    panels = [data["text/html"] for data in shell.shown]
    assert all('role="status"' in panel for panel in panels)
    for second_cue in ("solid", "double", "dashed"):
        assert sum(second_cue in panel for panel in panels) == 1
    for words in ("passed", "not yet right", "not answered yet"):
        assert sum(words in panel for panel in panels) == 1
    assert shell.shown[0]["text/plain"] == "✔ Question 1: passed"


def test_panel_escapes_what_students_can_put_into_a_message(monkeypatch):
    shell = Shell(monkeypatch)
    with pytest.raises(AssertionError), seglab.check("<b>q</b>"):
        raise AssertionError("<script>alert(1)</script>")
    assert "<script>" not in shell.html and "<b>" not in shell.html
    assert "&lt;script&gt;" in shell.html


def test_gpu_is_hidden_by_cuda_visible_devices(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    monkeypatch.setattr(doctor, "which", lambda name: pytest.fail("asked for a GPU that is hidden"))
    assert doctor.gpu_name() is None
