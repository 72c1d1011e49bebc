"""Verdicts of the judge: points, what a student may read, and what is left of a submission that breaks."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from seglab.grading.judging.cell_code import Code
from seglab.grading.judging.setup_cells import needed_cells
from seglab.grading.judging.verdict import CellTimeout, award, failed
from seglab.grading.judging.worker import Zygote, grade_job

sys.path.insert(0, str(Path(__file__).parent))
from sheets import answer, cell, check, notebook, submit, write_job


@pytest.fixture(scope="module")
def zygote():
    with Zygote(("numpy",)) as running:
        yield running


@pytest.fixture
def grade(zygote, tmp_path):
    """Grade a submission of a sheet of cells."""

    def run(cells, answers=None, **options):
        master = notebook(*cells)
        limits = {"call_seconds": 5, "cell_seconds": 8, "notebook_seconds": 30, "allow_weak_sandbox": True}
        folder = write_job(tmp_path / "job", master, submit(master, **(answers or {})), **{**limits, **options})
        return grade_job(folder, zygote)

    return run


# Points


@pytest.mark.parametrize(
    ("value", "points"),
    [
        (None, 4), (3, 3), (0, 0), (2.5, 2.5), (9, 4), (-1, 0), (float("nan"), 0), (float("inf"), 0), ("3", 4),
        (True, 4), ([3], 4), (np.float64(1.5), 1.5), (np.int32(2), 2), (np.bool_(False), 4), (np.array(3.0), 4),
    ],
)  # fmt: skip
def test_partial_credit_is_that_of_nbgrader_within_bounds(value, points):
    assert award(value, 4) == points


def test_numbers_beyond_any_float_are_cut():
    assert (award(10**3000, 4), award(-(10**3000), 4)) == (4, 0)


def test_where_nbgrader_reads_a_number_so_does_the_judge():
    from nbformat.v4 import new_code_cell, new_output
    from nbgrader.utils import determine_grade

    for value in (0, 1, 2.5, 4, None, "3", True, [3]):
        outputs = [] if value is None else [new_output("execute_result", {"text/plain": repr(value)})]
        made = new_code_cell(outputs=outputs, metadata={"nbgrader": {"grade": True, "solution": False, "points": 4}})
        assert determine_grade(made)[0] == award(value, 4), value


def test_the_last_expression_gives_the_points(grade):
    cells = [
        answer("def right(): return [1, 0, 1]"),
        check("sum(right())", "number", 4),
        check("sum(right());", "silenced", 4),
        check("x = sum(right())", "statement", 4),
        check("sum(right())\nassert False, 'no'", "failed", 4),
        check("right()", "list", 4),
        check("sum(right()) + 100  # too many", "much", 4),
    ]
    result = grade(cells)
    points = {name: entry["points"] for name, entry in result["cells"].items()}
    assert points == {"number": 2, "silenced": 4, "statement": 4, "failed": 0, "list": 4, "much": 4}
    assert result["score"] == 18 and result["max_score"] == 24 and result["error"] is None


def test_stderr_and_warnings_cost_nothing(grade):
    cells = [
        answer(
            "import sys, warnings\ndef f():\n    print('noise', file=sys.stderr)\n    warnings.warn('w')\n    return 1"
        ),
        check("import sys\nprint('more', file=sys.stderr)\nassert f() == 1"),
    ]
    assert grade(cells)["score"] == 1


# What students read


HIDDEN = (
    "assert f(1) == 1, 'one'\n### BEGIN HIDDEN TESTS\nassert f(4242) == 4243, f'got {f(4242)}'\n### END HIDDEN TESTS"
)


def test_a_visible_assert_speaks_and_a_hidden_one_does_not(grade):
    cells = [answer("def f(x): return x"), check(HIDDEN), check("assert f(7) == 8, 'eight'", "later")]
    first = grade(cells, {"answer": "def f(x): return 2"})["cells"]
    assert first["check"]["error"] == "one" and first["check"]["points"] == 0
    second = grade(cells)["cells"]
    assert second["check"]["error"] == "a hidden test failed" and "got 4242" in second["check"]["detail"]
    # Literal messages may still be shown: they hold nothing of the student's.
    assert second["later"]["error"] == "eight"


def test_literal_messages_of_hidden_asserts_are_shown_where_wanted(grade):
    cells = [answer("def f(x): return x"), check(HIDDEN.replace("f'got {f(4242)}'", "'add one'"))]
    assert grade(cells, show_hidden_messages=True)["cells"]["check"]["error"] == "add one"
    cells = [answer("def f(x): return x"), check(HIDDEN)]
    assert grade(cells, show_hidden_messages=True)["cells"]["check"]["error"] == "got ..."


LEAK = """
seen = []
def f(x):
    seen.append(x)
    print("saw", x)
    if len(seen) > 2:
        raise ValueError(f"inputs {seen}")
    return x + 1 if x > 1 else 1
def g():
    return seen
"""


def test_what_the_student_says_after_hidden_tests_is_for_the_instructor_only(grade):
    cells = [
        answer("def f(x): return x\ndef g(): return []"),
        check(HIDDEN),
        check("assert g() == [], f'got {g()}'", "value"),
        check("assert f(1) == 1", "raises"),
        check("import numpy as np\nnp.testing.assert_array_equal(g(), [])", "array"),
    ]
    result = grade(cells, {"answer": LEAK})
    told = json.dumps([entry["error"] for entry in result["cells"].values()])
    assert "4242" not in told and "inputs" not in told
    assert "4242" in result["cells"]["raises"]["detail"]
    assert result["cells"]["value"]["error"] == "got ..."
    assert result["cells"]["raises"]["error"] == "failed: assert f(1) == 1"


def test_before_hidden_tests_students_read_their_own_errors(grade):
    cells = [answer("def f(x): raise NotImplementedError('Question 1: f')"), check("assert f(1) == 1")]
    entry = grade(cells)["cells"]["check"]
    assert entry["error"] == "NotImplementedError: Question 1: f" and entry["kind"] == "NotImplementedError"


def test_lines_are_counted_as_the_author_wrote_them():
    code = Code("\n\n%matplotlib inline\nx = 1\nassert x == 2, 'two'\n", "<cell>")
    with pytest.raises(AssertionError) as caught:
        code.run({"get_ipython": lambda: type("S", (), {"run_line_magic": lambda *_: None})()})
    verdict = failed(code, caught.value, tainted=False)
    assert verdict.error == "two" and "line 5" in verdict.detail


LOOP = """
for x in (1, 2, 3):
    y = f(x)
    ### BEGIN HIDDEN TESTS
    z = f(77777)
    ### END HIDDEN TESTS
"""
INSIDE = """
def look(x):
    ### BEGIN HIDDEN TESTS
    f(77777)
    ### END HIDDEN TESTS
    return f(x)
assert look(2) == 2
"""
SET_UP = """
### BEGIN HIDDEN TESTS
def secret_of(function):
    function(77777)
    return function(1)
### END HIDDEN TESTS
"""
REMEMBER = """
seen = []
def f(x):
    seen.append(x)
    if len(seen) > 1 and x != 77777:
        raise ValueError(f"seen {seen}")
    return x
"""


@pytest.mark.parametrize(
    "cells",
    [
        [answer(REMEMBER), check(LOOP)],
        [answer(REMEMBER), check(INSIDE)],
        [cell(SET_UP), answer(REMEMBER), check("secret_of(f)")],
        [answer(REMEMBER), cell(SET_UP), check("secret_of(f)")],
    ],
)
def test_a_visible_line_that_fails_after_a_hidden_one_says_nothing(grade, cells):
    entry = grade(cells)["cells"]["check"]
    assert "77777" in entry["detail"] and "77777" not in entry["error"] and entry["points"] == 0


def test_lines_before_all_hidden_ones_still_say_what_happened(grade):
    test = "f(1)\nf(2)\n### BEGIN HIDDEN TESTS\nf(3)\n### END HIDDEN TESTS"
    assert grade([answer(REMEMBER), check(test)])["cells"]["check"]["error"] == "ValueError: seen [1, 2]"


def test_a_timeout_is_no_exception_that_tests_swallow():
    assert not issubclass(CellTimeout, Exception)


# What breaks


def test_a_process_that_dies_loses_its_own_test_only(grade):
    cells = [
        answer("import os\ndef die(): os._exit(0)\ndef f(): return 1"),
        check("assert f() == 1", "before"),
        check("die()", "dies"),
        check("assert f() == 1", "after"),
    ]
    result = grade(cells)
    points = {name: entry["points"] for name, entry in result["cells"].items()}
    assert points == {"before": 1, "dies": 0, "after": 1}
    assert result["cells"]["dies"]["error"] == "the process with your code ended"


HUGE = """
def number(): return 10**3000
def wider(): return 10**5000
def raises(): raise ValueError(10**5000)
"""


def test_numbers_too_large_for_python_cost_their_own_test_only(grade):
    cells = [
        answer(HUGE),
        check("number()", "all", 2),
        check("-number()", "none", 2),
        check("assert wider() == 1, wider()", "text"),
        check("raises()", "error"),
        check("def give(x): raise KeyError(number() * number())\ngive(1)", "own"),
        check("assert number() == 10**3000", "after"),
    ]
    result = grade(cells)
    points = {name: entry["points"] for name, entry in result["cells"].items()}
    assert result["error"] is None and points == {"all": 2, "none": 0, "text": 0, "error": 0, "own": 0, "after": 1}
    assert result["cells"]["text"]["error"].startswith("failed: assert wider()")


def test_a_process_that_dies_in_a_set_up_cell_loses_what_needs_it_only(grade):
    cells = [
        answer("import os\ndef die(): os._exit(0)\ndef f(): return 1"),
        cell("table = die()"),
        check("assert f() == 1", "first"),
        cell("other = die()"),
        cell("other2 = [die() for _ in range(2)]"),
        check("assert table == other", "second"),
        check("assert len([1]) == 1", "third"),
    ]
    result = grade(cells)
    points = {name: entry["points"] for name, entry in result["cells"].items()}
    assert result["error"] is None and points["first"] == 1 and points["second"] == 0 and points["third"] == 1


def test_a_process_tells_no_impossible_times():
    from types import SimpleNamespace

    from seglab.grading.processes.student_client import StudentProcess

    process = StudentProcess.__new__(StudentProcess)
    process.settings = {"call_seconds": 5, "deadline": time.monotonic() + 5}
    process.alive, process.numbers, process.depth, process.seconds, process.callbacks = True, iter(range(9)), 0, 0.0, {}
    process.channel = SimpleNamespace(send=lambda *_: None)
    process._wait_for_answer = lambda *_: ({"ok": True, "seconds": 1e308, "failed": None}, None)
    for _ in range(3):
        process.ask("run", source="")
    assert 0 <= process.seconds < 1


def test_a_cell_that_kills_is_not_run_again(grade):
    cells = [
        answer("a = 1", "first"),
        answer("b = 2", "second"),
        check("assert a == 1", "a"),
        check("assert b == 2", "b"),
    ]
    result = grade(cells, {"second": "import os\nos._exit(1)"})
    assert result["cells"]["a"]["points"] == 1 and result["cells"]["b"]["points"] == 0
    assert any("second" in line for line in result["log"])


def test_endless_loops_end_by_call_and_by_cell(grade):
    cells = [
        answer("def loop():\n    while True:\n        pass\ndef f(): return 1"),
        check("loop()", "call"),
        check("while True:\n    f()", "cell"),
        check("assert f() == 1", "after"),
    ]
    result = grade(cells, call_seconds=1, cell_seconds=2)
    assert {name: entry["points"] for name, entry in result["cells"].items()} == {"call": 0, "cell": 0, "after": 1}
    assert result["cells"]["call"]["error"] == "your code took too long and was stopped"
    assert result["cells"]["cell"]["error"] == "the test took too long"
    assert result["limits_hit"] == ["time"]


def test_the_notebook_has_a_limit_too(grade):
    cells = [answer("import time\ndef nap():\n    time.sleep(1)\n    return 1")]
    cells += [check("assert nap() == 1", f"t{number}") for number in range(6)]
    result = grade(cells, notebook_seconds=2.5)
    points = [entry["points"] for entry in result["cells"].values()]
    assert 1 <= sum(points) <= 2 and points[0] == 1 and result["seconds"] < 12


def test_names_a_student_does_not_define_are_missing(grade):
    cells = [answer("def f(): return 1"), check("assert f() == 1")]
    entry = grade(cells, {"answer": "print('nothing')"})["cells"]["check"]
    assert entry["points"] == 0 and entry["kind"] == "NameError"


# Where cells run


def test_only_answers_and_helpers_come_from_the_submission(grade, tmp_path, zygote):
    master = notebook(
        cell("limit = 10", "setup-limit"), answer("def f(): return 1"), check("assert f() == 1 and limit == 10")
    )
    submission = submit(master, **{"answer": "def f(): return one()", "check": "pass", "setup-limit": "limit = 99"})
    submission["cells"].insert(1, cell("def one(): return limit - 9", role="helper"))
    folder = write_job(tmp_path / "job", master, submission, allow_weak_sandbox=True)
    assert grade_job(folder, zygote)["score"] == 1
    submission["cells"][2]["source"] = "def f(): return 2"
    folder = write_job(tmp_path / "job", master, submission, allow_weak_sandbox=True)
    assert grade_job(folder, zygote)["score"] == 0


STORED = """
kept = []
def keep(function):
    kept.append(function)
    return function(1)
def use():
    return kept[0](5)
def both(first, second):
    return first(lambda: second(1))
"""


def test_functions_of_a_test_can_be_called_while_it_runs(grade):
    cells = [
        answer(STORED),
        check("assert keep(lambda x: x + 1) == 2 and use() == 6", "same cell"),
        check("import pytest\nwith pytest.raises(RuntimeError, match='over'):\n    use()", "later cell"),
        check("assert both(lambda inner: inner() + 10, lambda x: x + 100) == 111", "nested"),
        check(
            "def fail(x):\n    raise KeyError('mine')\nimport pytest\nwith pytest.raises(KeyError):\n    keep(fail)",
            "raises",
        ),
    ]
    result = grade(cells)
    assert {name: entry["detail"] for name, entry in result["cells"].items()} == dict.fromkeys(result["cells"], "")


def test_what_a_function_says_of_itself_can_be_asked(grade):
    test = "assert f.__name__ == 'f' and f.__doc__ == 'Add one.' and g.__doc__ is None and f.__defaults__ == (2,)"
    cells = [answer("def f(x, y=2):\n    'Add one.'\ndef g(): pass"), check(test)]
    assert grade(cells)["cells"]["check"]["detail"] == ""


def test_functions_of_the_sheet_find_the_answers_they_call(grade):
    cells = [
        cell("def twice():\n    return 2 * f()"),
        answer("def f(): return 3"),
        check("assert twice() == 6"),
        cell("again = twice()"),
        check("assert again == 6", "again"),
    ]
    assert grade(cells)["score"] == 2


def test_a_probe_works_inside_a_block_and_its_hidden_text_is_no_secret(grade):
    test = """
with open("/dev/null"):
    @probe
    def look(n):
        return [type(f).__name__, f(n)]
    assert look(3) == ["function", 4], "three"
### BEGIN HIDDEN TESTS
assert look(5) == ["function", 6]
### END HIDDEN TESTS
"""
    cells = [cell("probe = lambda function: function"), answer("def f(x): return x + 1"), check(test)]
    assert grade(cells)["score"] == 1
    entry = grade(cells, {"answer": "def f(x): return x"})["cells"]["check"]
    assert entry["points"] == 0 and entry["error"] == "three"


def test_tests_read_the_files_that_were_handed_in(zygote, tmp_path):
    import io

    content = io.BytesIO()
    np.savez(content, labels=np.arange(4))
    master = notebook(
        answer("import numpy as np\ndef f(): return np.load('labels.npz')['labels']"),
        check("import numpy as np\nassert np.load('labels.npz')['labels'].sum() == 6", "judge"),
        check("assert f().sum() == 6", "student"),
        check("import table\nassert table.SIZE == 3 and open('data.txt').read() == 'mine'", "sheet"),
    )
    files = {"table.py": b"SIZE = 3", "data.txt": b"mine"}
    artifacts = {"labels.npz": content.getvalue(), "json.py": b"raise SystemExit", "helper.py": b"SIZE = 4"}
    folder = write_job(tmp_path / "job", master, artifacts=artifacts, files=files, allow_weak_sandbox=True)
    result = grade_job(folder, zygote)
    assert {name: entry["detail"] for name, entry in result["cells"].items()} == dict.fromkeys(result["cells"], "")
    assert result["score"] == 3


def test_the_judge_never_imports_or_unpickles_what_was_handed_in(zygote, tmp_path):
    import pickle

    class Evil:
        def __reduce__(self):
            return (open, ("taken.txt", "w"))

    array = np.empty(1, object)
    array[0] = Evil()
    np.save(tmp_path / "evil.npy", array, allow_pickle=True)
    artifacts = {
        "evil.npy": (tmp_path / "evil.npy").read_bytes(),
        "evil.pkl": pickle.dumps(Evil()),
        "helper.py": b"open('taken.txt', 'w')",
    }
    master = notebook(
        check("import numpy as np\nnp.load('evil.npy', allow_pickle=True)", "array"),
        check("import pickle\npickle.load(open('evil.pkl', 'rb'))", "pickle"),
        check("import helper", "import"),
        check("import os\nassert os.path.exists('evil.pkl') and not os.path.exists('taken.txt')", "clean"),
    )
    result = grade_job(write_job(tmp_path / "job", master, artifacts=artifacts, allow_weak_sandbox=True), zygote)
    assert {name: entry["points"] for name, entry in result["cells"].items()} == {
        "array": 0, "pickle": 0, "import": 0, "clean": 1
    }  # fmt: skip


def test_the_students_process_sees_neither_master_nor_seed(grade):
    look = """
import os, random, sys
import numpy as np
def facts():
    places = [os.getcwd(), "/tmp", "/job"]
    return {"files": sorted(name for place in places if os.path.isdir(place) for name in os.listdir(place)),
            "argv": sys.argv, "variables": sorted(os.environ), "draw": np.random.rand()}
"""
    test = """
import numpy as np
seen = facts()
assert not any("ipynb" in name or "job" in name for name in seen["files"]), seen
assert seen["draw"] != np.random.rand()
"""
    assert grade([answer(look), check(test)])["cells"]["check"]["detail"] == ""


# Which set-up cells a test can feel


def needed(*cells):
    import ast

    trees = {index: ast.parse(source) for index, source in enumerate(cells)}
    tests = [index for index, source in enumerate(cells) if source.startswith("assert") or "# test" in source]
    return needed_cells(trees, tests, [index for index in trees if index not in tests])


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (["x = 1", "y = 2", "assert f(x)"], {0}),
        (["x = 1", "y = x + 1", "assert f(y)"], {0, 1}),
        (["x = []", "x.append(1)", "assert f(x)"], {0, 1}),
        (["x = []", "def add():\n    x.append(1)", "add()", "assert f(x)"], {0, 1, 2}),
        (["d = {}", "d['a'] = 1", "assert f(d)"], {0, 1}),
        (["import numpy as np", "np.random.seed(0)", "assert f(np.random.rand())"], {0, 1}),
        (["import numpy as np", "np.random.seed(0)", "assert f(np.random.default_rng())"], {0}),
        (["import numpy as np", "np.set_printoptions(precision=3)", "assert f(np)"], {0, 1}),
        (["import os", "os.environ['A'] = '1'", "assert f(1)"], {0, 1}),
        (["import matplotlib.pyplot as plt", "figure, ax = plt.subplots()\nax.plot([1])", "assert f(1)"], set()),
        (["x = 1", "labels = 3", "labels = f(2)\nassert labels  # test"], set()),
        (["labels = 3", "if f(1):\n    labels = 2\nassert labels  # test"], {0}),
        (["import numpy as np", "np.savez('a.npz', x=1)", "with open('a.npz') as file: pass  # test"], {0, 1}),
        (["x = 1", "globals()['y'] = 2", "assert f(1)"], {0, 1}),
        (["from math import *", "x = 1", "assert f(1)"], {0, 1}),
        (["import random", "x = [1, 2]", "random.shuffle(x)", "assert f(x)"], {0, 1, 2}),
        (["n = 0", "def add():\n    global n\n    n = 1", "y = add()", "assert f(n)"], {0, 1, 2}),
        (["x = 3", "def g():\n    return x", "assert g() == f(1)"], {0, 1}),
    ],
)
def test_a_set_up_cell_is_left_out_only_where_no_test_feels_it(cells, kept):
    assert needed(*cells) == kept
