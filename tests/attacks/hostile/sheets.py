"""The sheets that are attacked, with right and wrong answers to every question."""

import io
import zipfile
from dataclasses import dataclass, field

import numpy as np
from sheets import answer, cell, check, notebook, submit

HIDDEN_NUMBER = 918273645  # occurs in hidden tests only; no student may ever read it
HIDDEN_TEXT = "SECRET-OF-THE-MASTER"


@dataclass(frozen=True)
class Sheet:
    """A sheet.

    Attributes:
        cells: Of the source notebook; answers are empty.
        right: `dict` from question to a right answer.
        wrong: `dict` from question to a wrong one.
        points: `dict` from question to what a right answer gives.
        imports: Modules that the sheet imports.
        artifacts: `dict` from name to bytes of an honest submission.
        wrong_artifacts: The same of one that is honest and wrong.
        settings: Limits that differ from the usual ones.
    """

    cells: tuple
    right: dict
    wrong: dict
    points: dict
    imports: tuple = ("numpy", "pytest", "unittest.mock")
    artifacts: dict = field(default_factory=dict)
    wrong_artifacts: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)

    @property
    def master(self):
        """The source notebook, a `dict`."""
        empty = notebook(*self.cells)
        return submit(empty, **self.right)

    def points_without(self, wrong):
        """Return the points of a submission with some wrong answers."""
        return sum(points for name, points in self.points.items() if name not in wrong)


def hidden(visible, source):
    """Return a test cell's source with a hidden part."""
    return f"{visible}\n### BEGIN HIDDEN TESTS\n{source}  # {HIDDEN_TEXT}\n### END HIDDEN TESTS"


FRESH = "x = np.random.default_rng().random(5)"
DOUBLE_TESTS = {
    "double-visible": "np.testing.assert_allclose(double(np.arange(3.0)), [0, 2, 4])",
    "double-close": hidden(
        "", f"{FRESH}\ny = double(x)\nassert isinstance(y, np.ndarray)\nnp.testing.assert_allclose(y, 2 * x)"
    ),
    "double-equal": hidden("", f"{FRESH}\ny = double(x)\nassert np.shape(y) == x.shape and np.array_equal(y, 2 * x)"),
    "double-all": hidden("", f"{FRESH}\ny = double(x)\nassert np.shape(y) == x.shape and (y == 2 * x).all()"),
    "double-approx": hidden(
        "import pytest", f"{FRESH}\ny = double(x)\nassert np.shape(y) == x.shape and y == pytest.approx(2 * x)"
    ),
    "double-most": hidden("", f"{FRESH}\ny = double(x)\nassert y.shape == x.shape and np.abs(y - 2 * x).max() < 1e-9"),
}
COUNT_TEST = f"""
items = [{HIDDEN_NUMBER}, *np.random.default_rng().integers(0, 9, 20).tolist()]
assert count(items) == len(set(items))"""
COUNT_IN_A_LOOP = f"""
for items in ([1], [1, 2], [2, 2]):
    number = count(items)
    ### BEGIN HIDDEN TESTS
    assert number == len(set(items)) and count([{HIDDEN_NUMBER}, *items]) == number + 1
    ### END HIDDEN TESTS
"""
TABLE_TEST = """
from collections import Counter
items = np.random.default_rng().integers(0, 9, 20).tolist()
assert table(items) == Counter(items)"""
APPLY_TEST = """
seen, step = [], np.random.default_rng().integers(1, 99).item()
assert apply(lambda v: seen.append(v) or v + step, 5) == 5 + step and seen == [5]"""
PURSE_TEST = """
purse = Purse(2)
purse.add(3)
assert purse.coins == 5 and Purse().coins == 0"""
PLAIN = Sheet(
    (
        cell("import numpy as np"),
        answer("", "double"),
        *(check(source, name) for name, source in DOUBLE_TESTS.items()),
        cell("sample = double(np.ones(2))"),
        check(hidden("", "assert np.shape(sample) == (2,)\nnp.testing.assert_allclose(sample, 2)"), "double-sample"),
        answer("", "count"),
        check("assert count([1, 1, 2]) == 2, count([1, 1, 2])", "count-visible"),
        check(hidden("", COUNT_TEST), "count-hidden"),
        check(COUNT_IN_A_LOOP, "count-loop"),
        answer("", "table"),
        check(hidden("", TABLE_TEST), "table-test"),
        answer("", "apply"),
        check(hidden("", APPLY_TEST), "apply-test"),
        answer("", "purse"),
        check(hidden("", PURSE_TEST), "purse-test"),
        answer("", "greet"),
        check(hidden("", 'assert greet("Ada") == "hello Ada"'), "greet-test"),
    ),
    right={
        "double": "def double(x):\n    return 2 * x",
        "count": "def count(items):\n    return len(set(items))",
        "table": "def table(items):\n    return {item: items.count(item) for item in items}",
        "apply": "def apply(function, x):\n    return function(x)",
        "purse": "class Purse:\n"
        "    def __init__(self, coins=0):\n        self.coins = coins\n"
        "    def add(self, coins):\n        self.coins += coins",
        "greet": "def greet(name):\n    return 'hello ' + name",
    },
    wrong={
        "double": "def double(x):\n    return x + 0.5",
        "count": "def count(items):\n    return len(items) + 1",
        "table": "def table(items):\n    return {}",
        "apply": "def apply(function, x):\n    return x",
        "purse": "class Purse:\n    coins = 1\n    def add(self, coins):\n        pass",
        "greet": "def greet(name):\n    return name",
    },
    points={"double": 7, "count": 3, "table": 1, "apply": 1, "purse": 1, "greet": 1},
)

# Nothing hidden comes before the loop, in whose second round a visible line follows a hidden one.
LOOP = Sheet(
    (
        answer("", "count"),
        check(COUNT_IN_A_LOOP, "count-loop", 3),
        answer("", "greet"),
        check(hidden("", 'assert greet("Ada") == "hello Ada"'), "greet-test"),
    ),
    right={"count": PLAIN.right["count"], "greet": PLAIN.right["greet"]},
    wrong={"count": PLAIN.wrong["count"], "greet": PLAIN.wrong["greet"]},
    points={"count": 3, "greet": 1},
)

# An author who gives the student's own number as points: the least that can be kept is the maximum.
GENEROUS = Sheet(
    (
        cell("import numpy as np"),
        answer("", "quality"),
        check("quality()", "quality-test", 2),
        answer("", "greet"),
        check(hidden("", 'assert greet("Ada") == "hello Ada"'), "greet-test"),
    ),
    right={"quality": "def quality():\n    return 2.0", "greet": PLAIN.right["greet"]},
    wrong={"quality": "def quality():\n    return 0.0", "greet": PLAIN.wrong["greet"]},
    points={"quality": 2, "greet": 1},
)


def npz(**arrays):
    """Return the bytes of an `.npz` file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def zipped(**members):
    """Return the bytes of a zip file with members `name: bytes`; `__` stands for a dot."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


TRUTH = np.random.default_rng(7).integers(0, 3, 50)
LABELS_TEST = """
labels = np.load("predictions.npz")["labels"]
truth = np.random.default_rng(7).integers(0, 3, 50)
assert labels.shape == truth.shape and labels.dtype == np.int64
assert (labels == truth).mean() > 0.9"""
CARELESS_TEST = """
labels = np.load("predictions.npz", allow_pickle=True)["labels"]
assert isinstance(labels, np.ndarray) and (labels == np.random.default_rng(7).integers(0, 3, 50)).all()"""
METRICS_TEST = """
import json
with open("metrics.json") as file:
    metrics = json.load(file)
assert set(metrics) == {"miou"} and abs(metrics["miou"] - 0.75) < 1e-6"""
ARTIFACTS = Sheet(
    (
        cell("import numpy as np"),
        check(hidden("", LABELS_TEST), "labels-test", 2),
        check(hidden("", CARELESS_TEST), "labels-careless", 1),
        check(hidden("", METRICS_TEST), "metrics-test", 1),
        answer("", "greet"),
        check(hidden("", 'assert greet("Ada") == "hello Ada"'), "greet-test"),
    ),
    right={"greet": PLAIN.right["greet"]},
    wrong={"greet": PLAIN.wrong["greet"]},
    points={"artifacts": 4, "greet": 1},
    artifacts={"predictions.npz": npz(labels=TRUTH), "metrics.json": b'{"miou": 0.75}'},
    wrong_artifacts={"predictions.npz": npz(labels=np.zeros_like(TRUTH)), "metrics.json": b'{"miou": 0.5}'},
)

# What a model says of itself counts only together with what it computes with weights that it never saw.
BUILD_TEST = """
kernel = np.random.default_rng().random((4, 3)).astype("float32")
model = build()
assert model.output_shape == (None, 3) and model.count_params() == 15
model.set_weights([kernel, np.ones(3, "float32")])
x = np.random.default_rng().random((5, 4)).astype("float32")
y = model.predict(x, verbose=0)
assert y.shape == (5, 3)
np.testing.assert_allclose(y, x @ kernel + 1, rtol=1e-5)"""
LAYER_TEST = """
x = np.random.default_rng().random((2, 3)).astype("float32")
layer = Times(3.0)
assert isinstance(layer, keras.layers.Layer)
np.testing.assert_allclose(layer(x), 3 * x, rtol=1e-5)"""
# An author who opens a model file in the test, by the name that the unpatched function has elsewhere.
FILE_TEST = """
import tensorflow as tf
loaded = tf.keras.models.load_model("model.keras", safe_mode=False)
assert loaded(np.ones((1, 1))).shape == (1, 1)"""
OLD_FILE_TEST = """
from keras.src.saving.saving_api import load_model
assert load_model("model.h5").count_params() == 15"""
NETWORKS = Sheet(
    (
        cell("import numpy as np\nimport keras"),
        answer("", "build"),
        check(hidden("", BUILD_TEST), "build-test", 3),
        answer("", "times"),
        check(hidden("", LAYER_TEST), "times-test", 2),
        check(hidden("", FILE_TEST), "file-test"),
        check(hidden("", OLD_FILE_TEST), "old-file-test"),
        answer("", "greet"),
        check(hidden("", 'assert greet("Ada") == "hello Ada"'), "greet-test"),
    ),
    right={
        "build": "def build():\n    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])",
        "times": "class Times(keras.layers.Layer):\n"
        "    def __init__(self, factor):\n        super().__init__()\n        self.factor = factor\n"
        "    def call(self, x):\n        return x * self.factor",
        "greet": PLAIN.right["greet"],
    },
    wrong={
        "build": "def build():\n"
        "    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation='relu', use_bias=False)])",
        "times": "class Times(keras.layers.Layer):\n"
        "    def __init__(self, factor):\n        super().__init__()\n"
        "    def call(self, x):\n        return x",
        "greet": PLAIN.wrong["greet"],
    },
    points={"build": 3, "times": 2, "greet": 1},
    imports=("numpy", "keras", "tensorflow"),
    artifacts={"model.keras": b"no model", "model.h5": b"no model"},
    settings={"call_seconds": 30, "cell_seconds": 60, "notebook_seconds": 120, "memory_mb": 2048},
)
SHEETS = {"plain": PLAIN, "loop": LOOP, "generous": GENEROUS, "artifacts": ARTIFACTS, "networks": NETWORKS}
