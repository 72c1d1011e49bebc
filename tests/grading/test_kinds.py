"""Kinds of test cell: which work under the judge as they are written, and how the others are written.

Every test cell here holds for the answers below in one ordinary process; under the judge it gives the same
verdict, or it is listed with the technique that replaces it.
"""

import contextlib
import io
import sys
from pathlib import Path

import pytest

from seglab.grading.judging.worker import Zygote, grade_job

sys.path.insert(0, str(Path(__file__).parent))
from sheets import answer, cell, check, notebook, write_job

SETUP = """
import numpy as np
import tensorflow as tf
import keras
probe = lambda function: function
"""

ANSWERS = """
import collections

def echo(x):
    return x

def ramp(n):
    return np.arange(n, dtype=np.float32)

def ones(n):
    return tf.ones((n, n))

def apply(function, *arguments):
    return function(*arguments)

def count_up(n):
    yield from range(n)

class Purse:
    def __init__(self, coins=0):
        self.coins = coins
    def add(self, coins=1):
        self.coins += coins
        return self
    def __eq__(self, other):
        return self.coins == other.coins
    def __add__(self, other):
        return Purse(self.coins + other.coins)
    def __len__(self):
        return self.coins

class Times(keras.layers.Layer):
    def __init__(self, factor=2.0):
        super().__init__()
        self.factor = factor
    def call(self, x):
        return x * self.factor

class HalfSquare(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return 0.5 * tf.reduce_mean((y_true - y_pred) ** 2, axis=-1)

class Hits(keras.metrics.Metric):
    def __init__(self):
        super().__init__()
        self.total = self.add_variable((), "zeros", name="total")
    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(tf.reduce_sum(tf.cast(tf.equal(y_true, y_pred), "float32")))
    def result(self):
        return self.total

Place = collections.namedtuple("Place", "row column")

def corner():
    return Place(1, 2)

def refuse(x):
    raise ValueError("not this one")

def sort_in_place(items):
    items.sort()

def noise():
    return np.random.rand()

def batches():
    return tf.data.Dataset.from_tensor_slices((np.ones((4, 2), "float32"), np.zeros(4))).batch(2)

def draw():
    import matplotlib.pyplot as plt
    figure, ax = plt.subplots()
    ax.plot([1, 2], [3, 4])
    ax.imshow(np.eye(3))
    ax.set_title("a claim")
    return figure, ax

def greet():
    print("hello")

def square_sum(w):
    return tf.reduce_sum(tf.convert_to_tensor(w) ** 2)

def build():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")])

def train(model, loss):
    model.compile("sgd", loss)
    return model.fit(np.ones((4, 4)), np.ones((4, 3)), verbose=0)

def jitter(x, rng):
    return x + rng.random()

table = {"a": 1, "b": [1, 2]}
"""

AS_WRITTEN = {
    "exact types": """
assert type(echo(1)) is int and type(echo(1.5)) is float and echo(None) is None and echo(True) is True
assert type(echo((1,))) is tuple and echo({1: "a"}) == {1: "a"} and echo({1, 2}) == {1, 2}
""",
    "arrays and scalars": """
assert isinstance(ramp(3), np.ndarray) and ramp(3).dtype == np.float32
assert isinstance(echo(np.float32(1)), np.float32) and echo(np.zeros((0, 3))).shape == (0, 3)
""",
    "tensor returned": "assert ones(2).numpy().shape == (2, 2) and float(tf.reduce_sum(ones(2))) == 4",
    "dtype of a tensor": "assert ones(2).dtype == tf.float32",
    "tensor as argument": "assert float(tf.reduce_sum(echo(tf.constant([1.0, 2.0])))) == 3",
    "lambda as argument": "assert apply(lambda v: v * 2, 3) == 6",
    "function as argument": """
def square(v):
    return v ** 2
np.testing.assert_allclose(apply(square, np.arange(3.0)), [0, 1, 4])
""",
    "argument that remembers": """
seen = []
apply(seen.append, 3)
assert seen == [3]
""",
    "library function as argument": """
assert apply(np.sqrt, 4.0) == 2 and apply(len, [1, 2]) == 2 and apply(np.add, 1, 2) == 3
""",
    "answer as argument of an answer": "assert apply(echo, 5) == 5",
    "Keras object as argument": """
assert np.isfinite(train(build(), keras.losses.MeanSquaredError()).history["loss"][0])
""",
    "answer's loss as argument": 'assert np.isfinite(train(build(), HalfSquare()).history["loss"][0])',
    "answer's layer called": 'np.testing.assert_allclose(Times(3.0)(np.ones((1, 2), "float32")), [[3, 3]])',
    "answer's metric": """
hits = Hits()
hits.update_state(np.ones(3, "float32"), np.ones(3, "float32"))
assert float(hits.result()) == 3
""",
    "isinstance of a Keras class": """
assert isinstance(Times(), keras.layers.Layer) and isinstance(build(), keras.Model)
""",
    "issubclass of a Keras class": "assert issubclass(Times, keras.layers.Layer)",
    "attributes of an object": """
purse = Purse(2)
purse.add(3)
assert purse.coins == 5
""",
    "length of an object": "assert len(Purse(2)) == 2",
    "generator": "assert list(count_up(3)) == [0, 1, 2] and next(count_up(1)) == 0",
    "isinstance of a generator": "import types\nassert isinstance(count_up(1), types.GeneratorType)",
    "named tuple": "assert corner().row == 1\nrow, column = corner()\nassert column == 2",
    "equality of a named tuple": "assert corner() == (1, 2)",
    "expected error": """
import pytest
with pytest.raises(ValueError, match="not this"):
    refuse(1)
""",
    "random generator as argument": """
assert jitter(1.0, np.random.default_rng(0)) == 1.0 + np.random.default_rng(0).random()
""",
    "data set": """
x, y = next(iter(batches()))
assert x.shape == (2, 2)
assert sum(1 for _ in batches()) == 2
""",
    "figure returned": """
figure, ax = draw()
assert ax.get_title() == "a claim" and len(ax.lines) == 1 and list(ax.lines[0].get_ydata()) == [3, 4]
np.testing.assert_array_equal(ax.images[0].get_array(), np.eye(3))
""",
    "finite differences": """
slope = (float(square_sum(np.array([1.01, 2.0]))) - float(square_sum(np.array([0.99, 2.0])))) / 0.02
assert abs(slope - 2) < 1e-2
""",
    "weights of a model": """
model = build()
assert [w.shape for w in model.get_weights()] == [(4, 3), (3,)]
model.set_weights([np.ones_like(w) for w in model.get_weights()])
assert float(model.predict(np.ones((1, 4)), verbose=0)[0, 0]) == 5 and model.get_layer("dense").units == 3
""",
    "setting an attribute": "model = build()\nmodel.trainable = False\nassert len(model.trainable_weights) == 0",
    "data by name": 'assert table["b"] == [1, 2]',
    "missing attribute": 'assert not hasattr(Purse(), "gold") and callable(echo)',
    "map, sorted and vectorize": """
assert list(map(echo, [1, 2])) == [1, 2] and sorted([2, 1], key=echo) == [1, 2]
assert np.vectorize(echo)(np.arange(3)).sum() == 3
""",
}

# What needs the student's code and something else in one process: a probe runs there, the assert stays here.
WITH_PROBE = {
    "identity of an array": "a = np.ones(3)\nassert echo(a) is a",
    "isinstance of a tensor": "assert isinstance(ones(2), tf.Tensor)",
    "answer's layer in the test's model": """
model = keras.Sequential([keras.Input((2,)), Times(3.0)])
assert float(model.predict(np.ones((1, 2)), verbose=0)[0, 0]) == 3
""",
    "answer's loss in the test's model": """
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
model.compile("sgd", HalfSquare())
assert np.isfinite(model.train_on_batch(np.ones((4, 4)), np.ones((4, 3))))
""",
    "isinstance of an answer's class": "assert isinstance(Purse(), Purse)",
    "equality of objects": "assert Purse(2) == Purse(2)",
    "sum of objects": "assert (Purse(2) + Purse(3)).coins == 5",
    "change of an argument in place": "items = [3, 1]\nsort_in_place(items)\nassert items == [1, 3]",
    "seed set by the test": """
np.random.seed(0)
first = noise()
np.random.seed(0)
assert noise() == first
""",
    "current figure": """
import matplotlib.pyplot as plt
draw()
assert plt.gca().get_title() == "a claim"
""",
    "printed text": """
import contextlib, io
text = io.StringIO()
with contextlib.redirect_stdout(text):
    greet()
assert text.getvalue() == "hello\\n"
""",
    "gradient through an answer": """
w = tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    value = square_sum(w)
assert tape.gradient(value, w) is not None
""",
    "signature": 'import inspect\nassert list(inspect.signature(echo).parameters) == ["x"]',
    "source": 'import inspect\nassert "return" in inspect.getsource(echo)',
    "copy of a model": "import copy\nassert copy.deepcopy(build()).count_params() == 15",
    "answer inside a graph": "assert float(tf.reduce_sum(tf.map_fn(echo, tf.ones(3)))) == 3",
    "clone of a model": "assert keras.models.clone_model(build()).count_params() == 15",
}

PROBES = {
    "probe: identity, order, change in place": """
@probe
def look(items, array):
    sort_in_place(items)
    return echo(array) is array, items
assert look([3, 1], np.ones(3)) == (True, [1, 3])
""",
    "probe: operators and classes": """
@probe
def look():
    return Purse(2) == Purse(2), (Purse(2) + Purse(3)).coins, isinstance(Purse(), Purse), tuple(corner())
assert look() == (True, 5, True, (1, 2))
""",
    "probe: layer and loss in a model": """
@probe
def look(x, y):
    model = keras.Sequential([keras.Input((2,)), Times(3.0)])
    trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    trained.compile("sgd", HalfSquare())
    return model.predict(x, verbose=0), trained.train_on_batch(np.ones((4, 4)), y), isinstance(ones(2), tf.Tensor)
predicted, loss, is_tensor = look(np.ones((1, 2)), np.ones((4, 3)))
np.testing.assert_allclose(predicted, [[3, 3]])
assert np.isfinite(loss) and is_tensor is True
""",
    "probe: gradient": """
@probe
def slope(w):
    w = tf.Variable(w)
    with tf.GradientTape() as tape:
        value = square_sum(w)
    return tape.gradient(value, w), float(tf.reduce_sum(tf.map_fn(echo, tf.ones(3))))
gradient, total = slope(np.array([1.0, 2.0]))
np.testing.assert_allclose(gradient, [2, 4])
assert total == 3
""",
    "probe: seed, print, figure": """
@probe
def look():
    import contextlib, io
    import matplotlib.pyplot as plt
    np.random.seed(0)
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        greet()
    draw()
    return noise(), text.getvalue(), plt.gca().get_title()
assert look() == (np.random.RandomState(0).rand(), "hello\\n", "a claim")
""",
    "probe: signature, copies": """
@probe
def look():
    import copy, inspect
    sizes = copy.deepcopy(build()).count_params(), keras.models.clone_model(build()).count_params()
    return list(inspect.signature(echo).parameters), "return" in inspect.getsource(echo), sizes
assert look() == (["x"], True, (15, 15))
""",
}
ALL = {**AS_WRITTEN, **WITH_PROBE, **PROBES}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    cells = [cell(SETUP), answer(ANSWERS), *(check(source, name) for name, source in ALL.items())]
    imports = ["numpy", "tensorflow", "keras", "matplotlib.pyplot", "pytest"]
    with Zygote(imports) as zygote:
        folder = write_job(tmp_path_factory.mktemp("kinds"), notebook(*cells), imports=imports, allow_weak_sandbox=True)
        return grade_job(folder, zygote)


@pytest.fixture(scope="module")
def ordinary():
    """The names after the set-up and the answers, in this process."""
    names = {"__name__": "__main__"}
    for source in (SETUP, ANSWERS):
        exec(source, names)
    return names


def test_there_are_49_kinds_and_six_techniques():
    assert len(AS_WRITTEN) + len(WITH_PROBE) == 49 and len(PROBES) == 6


# The source of a function that no file holds is known to notebooks alone.
@pytest.mark.parametrize("name", [name for name in ALL if name not in ("source", "probe: signature, copies")])
def test_it_holds_in_one_process(ordinary, name):
    with contextlib.redirect_stdout(io.StringIO()):
        exec(ALL[name], dict(ordinary))


@pytest.mark.parametrize("name", AS_WRITTEN | PROBES)
def test_it_works_under_the_judge(result, name):
    cell = result["cells"][name]
    assert (cell["points"], cell["detail"]) == (1, "")


@pytest.mark.parametrize("name", WITH_PROBE)
def test_without_a_probe_it_fails_and_gives_nothing(result, name):
    assert result["cells"][name]["points"] == 0 and result["cells"][name]["kind"]
