"""Keras objects that lie, and model files that hold code."""

import base64
import json
import marshal

from .case import attack
from .sheets import zipped

NETWORKS = {"sheet": "networks", "wrong": ("build",)}


@attack(**NETWORKS)
def model_in_name_only():
    """Returns an object of a class named after Keras's own, with the output shape and the count that the test wants."""
    return """
class Functional:
    output_shape, weights = (None, 3), []
    def count_params(self): return 15
    def set_weights(self, weights): self.kept = weights
    def predict(self, x, **options): return np.zeros((len(x), 3), "float32")
    def __call__(self, x): return self.predict(x)
Functional.__module__ = "keras.src.models.functional"
def build(): return Functional()
"""


@attack(**NETWORKS)
def patched_keras():
    """Replaces Keras's and TensorFlow's own functions, and has its model say what the test wants to hear."""
    return """
import tensorflow as tf
keras.Model.count_params = lambda self: 15
keras.Model.output_shape = (None, 3)
keras.Model.set_weights = lambda self, weights: None
keras.Model.predict = keras.Model.__call__ = lambda self, x, *a, **k: np.zeros((len(x), 3), "float32")
keras.ops.matmul = tf.matmul = lambda *a, **k: 0
tf.debugging.assert_equal = tf.debugging.assert_near = np.testing.assert_allclose = lambda *a, **k: None
keras.models.load_model = keras.saving.load_model = lambda *a, **k: keras.Model()
"""


@attack(**NETWORKS)
def symbolic_results():
    """Has its model return symbolic, sparse and ragged tensors, variables and data sets in place of arrays."""
    return """
import tensorflow as tf
class Odd(keras.Sequential):
    def predict(self, x, **options):
        odd = [keras.KerasTensor((5, 3)), tf.sparse.eye(5, 3), tf.ragged.constant([[1.0]]), tf.constant(["a"]),
               tf.Variable(tf.ones((5, 3))), tf.data.Dataset.range(3).repeat(), tf.zeros((5, 3), tf.bfloat16)]
        return odd[id(x) // 16 % len(odd)]
def build(): return Odd([keras.Input((4,)), keras.layers.Dense(3)])
"""


@attack(sheet="networks", wrong=("times",))
def layer_in_name_only():
    """Returns a layer that claims every base class of Keras, and results that are equal to everything."""
    return """
class Result(np.ndarray):
    def __eq__(self, other): return True
    def numpy(self): return self
class Layer:
    shape = (2, 3)
    def __init__(self, factor): pass
    def __call__(self, x): return np.zeros(np.shape(x), "float32").view(Result)
Layer.__module__ = "keras.src.layers.layer"
class Times(Layer): pass
"""


@attack(sheet="networks", wrong=("times",), costs=True, settings={"call_seconds": 4})
def operation_without_end():
    """Runs TensorFlow operations that never return and start threads."""
    return """
import tensorflow as tf
class Times(keras.layers.Layer):
    def __init__(self, factor): super().__init__()
    def __call__(self, x):
        return tf.while_loop(lambda y: True, lambda y: [y + 1], [tf.zeros(())])
"""


def code_of(source):
    """Return a function's code as a Keras file keeps it."""
    body = compile(f"def f(x):\n    {source}\n    return x", "<artifact>", "exec").co_consts[0]
    return base64.b64encode(marshal.dumps(body)).decode()


def lambda_model(code):
    """Return the configuration of a model with a Lambda layer that runs code when it is built."""
    shapes = {"registered_name": None, "build_config": {"input_shape": [None, 1]}}
    function = {"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}
    first = {"batch_shape": [None, 1], "dtype": "float32", "name": "input"}
    second = {"name": "run", "trainable": True, "function": function, "output_shape": [1], "arguments": {}}
    layers = [
        {"module": "keras.layers", "class_name": "InputLayer", "config": first, "registered_name": None},
        {"module": "keras.layers", "class_name": "Lambda", "config": second, **shapes},
    ]
    config = {"name": "evil", "trainable": True, "layers": layers, "build_input_shape": [None, 1]}
    return {"module": "keras", "class_name": "Sequential", "config": config, **shapes, "compile_config": {}}


def lambda_in_a_file(folder, world):
    """Put code that writes outside into both model files."""
    import h5py

    mark = str(world.canary / "written-by-a-model")
    config = lambda_model(code_of(f"__import__('os').close(__import__('os').open({mark!r}, 65))"))
    weights = folder / "weights.part"
    with h5py.File(weights, "w") as file:
        file.create_group("layers")
    metadata = json.dumps({"keras_version": "3.13.2", "date_saved": ""}).encode()
    members = {"config__json": json.dumps(config).encode(), "metadata__json": metadata}
    (folder / "model.keras").write_bytes(zipped(**members, model__weights__h5=weights.read_bytes()))
    with h5py.File(folder / "model.h5", "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "3.13.2", "tensorflow"
        file.attrs["model_config"] = json.dumps(config)
        file.create_group("model_weights").attrs["layer_names"] = []
    weights.unlink()


@attack(sheet="networks", wrong=("greet",), tamper=lambda_in_a_file)
def model_file_with_code():
    """Hands in model files whose Lambda layer runs code where they are opened, under names that are easily missed."""
    return ""
