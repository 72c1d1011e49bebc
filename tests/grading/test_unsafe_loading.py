"""Model files in the judge: refused by whatever name they are asked for, data is not."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRY = """
import sys
import keras
import tensorflow as tf
from tensorflow.keras.models import load_model as earlier
from keras.src.utils import python_utils
from seglab.grading.judging import unsafe_loading
folder = sys.argv[1]
inner = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(2)])
inner.save(folder + "/m.keras")
inner.save(folder + "/m.h5")
inner.save_weights(folder + "/m.weights.h5")
inner.export(folder + "/exported", verbose=False)
text = inner.to_json()
code = python_utils.func_dump(lambda: 1)
kept = keras.config.enable_unsafe_deserialization
if "watch" in sys.argv:
    unsafe_loading.watch()
    unsafe_loading.close_loaders()
tries = {
    "keras.models": lambda: keras.models.load_model(folder + "/m.keras", safe_mode=False),
    "keras.saving": lambda: keras.saving.load_model(folder + "/m.h5", compile=False),
    "tf.keras": lambda: tf.keras.models.load_model(folder + "/m.keras"),
    "imported earlier": lambda: earlier(folder + "/m.keras"),
    "inside": lambda: sys.modules["keras.src.saving.saving_lib"].load_model(folder + "/m.keras"),
    "from a file": lambda: sys.modules["keras.src.saving.saving_lib"]._load_model_from_fileobj(
        open(folder + "/m.keras", "rb"), None, False, False),
    "h5": lambda: sys.modules["keras.src.legacy.saving.legacy_h5_format"].load_model_from_hdf5(folder + "/m.h5"),
    "json": lambda: tf.keras.models.model_from_json(text),
    "byte code": lambda: python_utils.func_load(*code),
    "marshal": lambda: __import__("marshal").loads(__import__("marshal").dumps((lambda: 1).__code__)),
    "unsafe": lambda: kept(),
    "saved model": lambda: tf.saved_model.load(folder + "/exported"),
    "saved model of version 1": lambda: tf.compat.v1.saved_model.load(None, ["serve"], folder),
    "layer of a saved model": lambda: keras.layers.TFSMLayer(folder + "/exported"),
}
refused = []
for name, action in tries.items():
    try:
        action()
    except RuntimeError as error:
        if "the judge loads no" in str(error):
            refused.append(name)
    except Exception:
        pass
inner.load_weights(folder + "/m.weights.h5")
keras.models.clone_model(inner)
import plistlib  # a module that nothing has imported
print(sorted(set(tries) - set(refused)))
"""


def run(folder, *options):
    pytest.importorskip("tensorflow")
    done = subprocess.run(
        [sys.executable, "-c", TRY, str(folder), *options], capture_output=True, text=True, cwd=ROOT, timeout=200
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()[-1]


def test_no_alias_of_a_library_loads_a_model(tmp_path):
    assert run(tmp_path, "watch") == "[]"
