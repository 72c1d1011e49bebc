"""The training: what it returns, what it leaves on the disk, and that no interruption changes the result."""

import csv
import dataclasses
import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from seglab import checkpoints, evaluation, progress, training
from seglab.datasets import load
from seglab.errors import InputError
from seglab.models import pspnet
from seglab.training import PROFILES, Recipe, set_seeds, train
from seglab.transforms import MULTI_SCALE

RECIPE = Recipe(epochs=3, batch=4, learning_rate=5e-3, loss="ce", base_filters=4, augment=True)
RECIPES = {
    "plain": RECIPE,
    "everything": dataclasses.replace(
        RECIPE,
        loss="focal+lovasz",
        class_weights="median",
        optimizer="sgd",
        schedule="poly",
        warm_up=4,
        ema_decay=0.9,
        augment=dataclasses.replace(MULTI_SCALE, elastic=1.5),
    ),
}
HISTORY = ["loss", "val_loss", "val_mean_iou", "val_mean_dice", "val_pixel_accuracy", "seconds"]


def tiny_model(num_classes=4, *, size=(32, 32), seed=0, traces=None):
    """A network with every kind of state that a checkpoint must hold: weights, batch statistics, random numbers."""

    @keras.saving.register_keras_serializable(package="tests")
    class Counted(keras.layers.Layer):
        def call(self, x):
            if traces is not None:
                traces.append(x.shape)
            return x

    set_seeds(seed)
    image = keras.Input((*size, 3))
    x = keras.layers.Conv2D(8, 3, padding="same", use_bias=False)(image)
    x = keras.layers.BatchNormalization(momentum=0.9)(x)
    x = keras.layers.Dropout(0.2, seed=seed)(keras.layers.ReLU()(x))
    return keras.Model(image, keras.layers.Conv2D(num_classes, 1, dtype="float32")(Counted()(x)), name="tiny")


@pytest.fixture(scope="module")
def train_data():
    return load("shapes", split="train", count=14, size=32, batch=4)


@pytest.fixture(scope="module")
def val_data():
    return load("shapes", split="val", count=6, size=32, batch=4)


@pytest.fixture(scope="module")
def unbroken(train_data, val_data):
    """`(model, history)` of a training that nothing interrupted and nothing saved."""
    model = tiny_model()
    return model, train(model, train_data, val_data, recipe=RECIPE, progress=False)


def assert_same_result(result, expected):
    (model, history), (expected_model, expected_history) = result, expected
    for name in HISTORY[:-1]:
        assert history[name] == expected_history[name], name
    for value, wanted in zip(checkpoints.values_of(model), checkpoints.values_of(expected_model), strict=True):
        np.testing.assert_array_equal(value, wanted)


def test_history_has_one_finite_number_per_epoch(unbroken):
    _, history = unbroken
    assert list(history) == HISTORY
    for name, values in history.items():
        assert len(values) == RECIPE.epochs, name
        assert all(isinstance(value, float) and np.isfinite(value) for value in values), name
    assert history["loss"][-1] < history["loss"][0]


def test_the_model_is_left_with_its_best_weights(train_data, val_data, monkeypatch):
    scores, weights = iter([0.2, 0.9, 0.4, 0.5]), []

    def evaluate(measured, data, **options):
        weights.append(checkpoints.values_of(measured))
        return {"loss": 1.0, "mean_iou": next(scores), "mean_dice": 0.5, "pixel_accuracy": 0.5}

    monkeypatch.setattr(keras.Model, "evaluate", evaluate)
    model = tiny_model()
    recipe = dataclasses.replace(RECIPE, epochs=4)
    history = train(model, train_data, val_data, recipe=recipe, progress=False)
    assert history["val_mean_iou"] == [0.2, 0.9, 0.4, 0.5]
    assert not np.array_equal(weights[1][0], weights[2][0])
    for value, wanted in zip(checkpoints.values_of(model), weights[1], strict=True):
        np.testing.assert_array_equal(value, wanted)


def test_history_and_evaluation_give_the_same_score(unbroken, val_data):
    model, history = unbroken
    scores = evaluation.evaluate(model, val_data)
    best = int(np.argmax(history["val_mean_iou"]))
    assert scores.mean_iou == pytest.approx(history["val_mean_iou"][best], abs=1e-6)
    assert scores.mean_dice == pytest.approx(history["val_mean_dice"][best], abs=1e-6)
    assert scores.pixel_accuracy == pytest.approx(history["val_pixel_accuracy"][best], abs=1e-6)


def test_the_same_seed_gives_the_same_weights_bit_for_bit(unbroken, train_data, val_data):
    again = tiny_model()
    assert_same_result((again, train(again, train_data, val_data, recipe=RECIPE, progress=False)), unbroken)
    other = tiny_model(seed=1)
    assert not np.array_equal(checkpoints.values_of(other)[0], checkpoints.values_of(tiny_model())[0])


class Marked:
    """The same images; the pixels of the lower half get one label, and one label is not to count."""

    def __init__(self, data, label, ignore_class=None):
        self._data, self._label, self.ignore_class = data, label, ignore_class

    def __getattr__(self, name):
        return getattr(self._data, name)

    def __len__(self):
        return len(self._data)

    def _mark(self, images, labels):
        return images, tf.where(tf.range(32)[None, :, None] < 16, labels, self._label)

    @property
    def data(self):
        return self._data.data.map(self._mark)

    def training(self, **options):
        return self._data.training(**options).map(self._mark)


@pytest.mark.parametrize("label", [3, 255])  # the metrics would count the first, the loss would be nan for the second
def test_ignored_pixels_reach_neither_loss_nor_metrics(label, train_data, val_data):
    recipe, model = dataclasses.replace(RECIPE, epochs=1), tiny_model()
    train_data, val_data = Marked(train_data, label, label), Marked(val_data, label, label)
    history = train(model, train_data, val_data, recipe=recipe, progress=False)
    scores = evaluation.evaluate(model, val_data)
    assert 0 < scores.confusion.sum() <= 6 * 16 * 32
    assert history["val_mean_iou"] == [pytest.approx(scores.mean_iou, abs=1e-6)]
    assert history["val_pixel_accuracy"] == [pytest.approx(scores.pixel_accuracy, abs=1e-6)]


def test_labels_outside_of_the_classes_stop_the_training(train_data, val_data):
    recipe = dataclasses.replace(RECIPE, epochs=1)
    with pytest.raises(InputError, match="a label lies outside of the 4 classes"):
        train(tiny_model(), Marked(train_data, 9), val_data, recipe=recipe, progress=False)


def test_one_logit_for_two_classes():
    cells, more = (load("cells", split=split, count=8, size=32, batch=4) for split in ("train", "val"))
    model = tiny_model(1)
    history = train(model, cells, more, recipe=RECIPE, progress=False)
    assert evaluation.evaluate(model, more).mean_iou == pytest.approx(max(history["val_mean_iou"]), abs=1e-6)


def test_more_epochs_trace_the_network_no_further(train_data, val_data):
    counts = []
    for epochs in (1, 3):
        traces = []
        model = tiny_model(traces=traces)
        traces.clear()
        train(model, train_data, val_data, recipe=dataclasses.replace(RECIPE, epochs=epochs), progress=False)
        counts.append(len(traces))
    assert counts[0] == counts[1]


# Words of the recipe


def test_the_average_is_what_is_validated_and_returned(train_data, val_data):
    recipe = dataclasses.replace(RECIPE, ema_decay=0.9, epochs=2)
    averaged, plain, weights = tiny_model(), tiny_model(), []
    measure = keras.Model.evaluate

    def evaluate(measured, data, **options):
        weights.append(checkpoints.values_of(measured))
        return measure(measured, data, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "evaluate", evaluate)
        history = train(averaged, train_data, val_data, recipe=recipe, progress=False)
    other = train(plain, train_data, val_data, recipe=dataclasses.replace(recipe, ema_decay=None), progress=False)
    assert history["loss"] == other["loss"]  # the training does not notice the average
    assert history["val_loss"] != other["val_loss"]
    best = int(np.argmax(history["val_mean_iou"]))
    for value, wanted in zip(checkpoints.values_of(averaged), weights[best], strict=True):
        np.testing.assert_array_equal(value, wanted)


def test_class_weights_reach_the_training(train_data, val_data):
    losses = []
    for class_weights in (None, "median"):
        recipe = dataclasses.replace(RECIPE, epochs=1, class_weights=class_weights)
        losses.append(train(tiny_model(), train_data, val_data, recipe=recipe, progress=False)["loss"])
    assert losses[0] != losses[1]


def test_an_auxiliary_output_helps_the_loss_and_is_not_validated(train_data, val_data):
    set_seeds(0)
    model = pspnet((32, 32, 3), 4, base_filters=4, auxiliary=True)
    alone = keras.Model(model.inputs, model.outputs[0])
    recipe = dataclasses.replace(
        RECIPE, epochs=1, optimizer="sgd", schedule="poly", warm_up=1, augment=MULTI_SCALE, learning_rate=1e-9
    )
    config = training.run_config(None, model, train_data, recipe=recipe)
    assert config["num_classes"] == 4
    history = train(model, train_data, val_data, recipe=recipe, progress=False)
    scores = evaluation.evaluate(model, val_data)
    np.testing.assert_array_equal(scores.confusion, evaluation.evaluate(alone, val_data).confusion)
    assert history["val_mean_iou"] == [pytest.approx(scores.mean_iou, abs=1e-6)]

    images, labels = next(iter(val_data.data))
    main, auxiliary = model.evaluate(images, (labels, labels), verbose=0, return_dict=False)[1:]
    total = model.evaluate(images, (labels, labels), verbose=0, return_dict=False)[0]
    assert total == pytest.approx(main + 0.4 * auxiliary, rel=1e-4)


MIRRORED = """
import sys

import keras
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
sys.path.insert(0, sys.argv[1])
from test_training import RECIPE, linear_model
from seglab import checkpoints
from seglab.datasets import load
from seglab.training import train
import dataclasses, json, os
import numpy as np

data = [load("shapes", split=split, count=n, size=32, batch=4) for split, n in (("train", 14), ("val", 6))]
recipe = dataclasses.replace(RECIPE, optimizer="sgd", learning_rate=0.3, ema_decay=0.5, augment=False)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    model = linear_model()
assert model.distribute_strategy.num_replicas_in_sync == 2
two = train(model, *data, recipe=recipe, progress=False)
twice = linear_model()
one = train(twice, *data, recipe=recipe, progress=False)
weights = [float(np.abs(a - b).max()) for a, b in zip(model.get_weights(), twice.get_weights())]
print(json.dumps([one, two, weights]), flush=True)
os._exit(0)  # what TensorFlow clears up after two devices can crash
"""


def linear_model():
    """A network without random numbers and statistics of a batch, which two devices would take of their halves."""
    set_seeds(0)
    parts = [keras.Input((32, 32, 3)), keras.layers.Conv2D(8, 3, padding="same", activation="relu")]
    return keras.Sequential([*parts, keras.layers.Conv2D(4, 1)], name="linear")


def test_two_devices_learn_what_one_does():
    command = [sys.executable, "-c", MIRRORED, str(Path(__file__).parent)]
    for _ in range(3):  # on a loaded machine TensorFlow 2.20 now and then ends such a process by a signal
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode >= 0:
            break
    assert done.returncode == 0, done.stderr
    one, two, differences = json.loads(done.stdout.splitlines()[-1])
    for name in HISTORY[:-1]:
        assert two[name] == pytest.approx(one[name], rel=1e-3), name
    assert one["loss"][-1] < one["loss"][0]
    assert max(differences) < 1e-4


# Interruption


def test_a_run_leaves_its_files_and_the_same_result(tmp_path, unbroken, train_data, val_data):
    model = tiny_model()
    run_dir = tmp_path / "deep" / "run"
    history = train(model, train_data, val_data, recipe=RECIPE, run_dir=run_dir, progress=False)
    assert_same_result((model, history), unbroken)
    assert sorted(path.name for path in run_dir.iterdir()) == ["checkpoint.npz", "history.csv", "run.json"]
    rows = list(csv.DictReader((run_dir / "history.csv").open()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert {name: [float(row[name]) for row in rows] for name in HISTORY} == history
    config = checkpoints.read_config(run_dir)
    assert config["recipe"] == RECIPE.to_dict() and config["input_shape"] == [32, 32, 3] and config["seed"] == 0
    assert config["images"] == {"train": 14, "val": 6}


def test_a_finished_run_returns_at_once(tmp_path, unbroken, train_data, val_data, monkeypatch):
    first = train(tiny_model(), train_data, val_data, recipe=RECIPE, run_dir=tmp_path, progress=False)
    (tmp_path / "history.csv").unlink()
    monkeypatch.setattr(keras.Model, "fit", None)
    model = tiny_model(seed=0)
    second = train(model, train_data, val_data, recipe=RECIPE, run_dir=tmp_path, progress=False)
    assert second == first
    assert_same_result((model, second), unbroken)
    assert (tmp_path / "history.csv").exists()


KILLED_IN_MID_EPOCH = """
import os, signal, sys
from seglab import progress
from seglab.datasets import load
from seglab.training import train
sys.path.insert(0, sys.argv[2])
from test_training import RECIPES, tiny_model

count = progress.Progress.step

def step(self, number, loss):
    count(self, number, loss)
    if (self._epochs_done, number) == (2, 2):
        os.kill(os.getpid(), signal.SIGKILL)

progress.Progress.step = step
data = [load("shapes", split=split, count=n, size=32, batch=4) for split, n in (("train", 14), ("val", 6))]
train(tiny_model(), *data, recipe=RECIPES[sys.argv[3]], run_dir=sys.argv[1])
"""


@pytest.mark.parametrize("name", RECIPES)
def test_a_process_killed_in_mid_epoch_goes_on_to_the_same_result(tmp_path, name, unbroken, train_data, val_data):
    if name != "plain":
        model = tiny_model()
        unbroken = model, train(model, train_data, val_data, recipe=RECIPES[name], progress=False)
    command = [sys.executable, "-c", KILLED_IN_MID_EPOCH, str(tmp_path / "run"), str(Path(__file__).parent), name]
    killed = subprocess.run(command, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len((tmp_path / "run" / "history.csv").read_text().splitlines()) == 1 + 2
    model = tiny_model(seed=7)  # what the model was before does not matter
    history = train(model, train_data, val_data, recipe=RECIPES[name], run_dir=tmp_path / "run", progress=False)
    assert_same_result((model, history), unbroken)


def test_a_full_disk_stops_the_training_and_keeps_the_checkpoint_before(
    tmp_path, unbroken, train_data, val_data, monkeypatch
):
    save, saved, limit = checkpoints.save_checkpoint, [], resource.getrlimit(resource.RLIMIT_FSIZE)

    def save_while_there_is_room(run_dir, **state):
        # The kernel refuses longer files, as it refuses to write to a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000 if saved else limit[0], limit[1]))
        try:
            save(run_dir, **state)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        saved.append((run_dir / "checkpoint.npz").read_bytes())

    monkeypatch.setattr(checkpoints, "save_checkpoint", save_while_there_is_room)
    with pytest.raises(InputError, match=r"checkpoint\.npz cannot be written: File too large"):
        train(tiny_model(), train_data, val_data, recipe=RECIPE, run_dir=tmp_path, progress=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.npz", "history.csv", "run.json"]
    assert [(tmp_path / "checkpoint.npz").read_bytes()] == saved
    monkeypatch.undo()
    model = tiny_model(seed=3)
    history = train(model, train_data, val_data, recipe=RECIPE, run_dir=tmp_path, progress=False)
    assert_same_result((model, history), unbroken)


def test_another_recipe_is_refused_before_anything_is_trained(tmp_path, train_data, val_data, monkeypatch):
    config = training.run_config(None, tiny_model(), train_data, recipe=RECIPE)
    checkpoints.open_run(tmp_path, {**config, "images": {"train": 14, "val": 6}})
    monkeypatch.setattr(keras.Model, "fit", None)
    other = dataclasses.replace(RECIPE, epochs=2)
    with pytest.raises(
        InputError, match=r"recipe\.epochs = 3 there, 2 now; seed = 0 there, 5 now.*--out.*delete this one"
    ):
        train(tiny_model(), train_data, val_data, recipe=other, seed=5, run_dir=tmp_path, progress=False)


# Precision, seeds, arguments


@pytest.fixture
def policy():
    """Restores the precision that other tests expect."""
    before = keras.mixed_precision.global_policy()
    yield
    keras.mixed_precision.set_global_policy(before)


def test_mixed_precision_trains_saves_and_resumes(tmp_path, policy, train_data, val_data):
    keras.mixed_precision.set_global_policy("mixed_float16")
    recipe = dataclasses.replace(PROFILES["good"], epochs=2, batch=RECIPE.batch)  # with Muon and the average
    model = tiny_model()
    assert model.layers[1].compute_dtype == "float16"
    history = train(model, train_data, val_data, recipe=recipe, progress=False)
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert model.output.dtype == "float32" and {weight.dtype for weight in model.weights} == {"float32"}
    assert np.isfinite(history["loss"]).all()

    stopped = tiny_model()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress.Progress, "epoch", lambda self, **values: exec("raise KeyboardInterrupt"))
        with pytest.raises(KeyboardInterrupt):
            train(stopped, train_data, val_data, recipe=recipe, run_dir=tmp_path)
    resumed = tiny_model(seed=4)
    again = train(resumed, train_data, val_data, recipe=recipe, run_dir=tmp_path, progress=False)
    assert_same_result((resumed, again), (model, history))


def test_mixed_precision_is_for_gpus(policy, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert training.use_mixed_precision_on_gpu() is False
    assert keras.mixed_precision.global_policy().name == "float32"
    assert training.device_name().startswith("CPU, ")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["a GPU"] if kind == "GPU" else [])
    assert training.use_mixed_precision_on_gpu() is True
    assert keras.mixed_precision.global_policy().name == "mixed_float16"


def test_seeds():
    set_seeds(3)
    first = np.random.random(), keras.random.uniform(()).numpy()
    set_seeds(3)
    assert first == (np.random.random(), keras.random.uniform(()).numpy())
    for seed in (-1, 2**32, 1.5, "0"):
        with pytest.raises(InputError, match="seed must be an integer"):
            set_seeds(seed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs must be an integer of at least 1, got 0"),
        ({"batch": 1.5}, "batch must be an integer"),
        ({"base_filters": -8}, "base_filters must be"),
        ({"learning_rate": 0}, "learning_rate must be above 0, got 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0"),
        ({"loss": "ce+ce"}, r"loss must be one of ce, dice, focal, tversky, lovasz, or .* by \+, got 'ce\+ce'"),
        ({"loss": "CE"}, "loss must be one of"),
        ({"warm_up": -1}, "warm_up must be an integer of at least 0, got -1"),
        ({"warm_up": 2, "schedule": "one-cycle"}, "warm_up must be 0 with one-cycle, which has its own rise, got 2"),
        ({"schedule": "step"}, "schedule must be one of cosine, poly, one-cycle, got 'step'"),
        ({"optimizer": "lion"}, "optimizer must be one of adam, sgd, muon, got 'lion'"),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0, got -0.1"),
        ({"class_weights": "mean"}, "class_weights must be None or one of median, inverse, got 'mean'"),
        ({"class_weights": "median", "loss": "dice"}, r"class_weights need a loss .*\(ce, focal\), got 'dice'"),
        ({"ema_decay": 1.0}, r"ema_decay must be None or lie in \[0, 1\), got 1.0"),
        ({"augment": "photo"}, "augment must be True, False or an Augmentation, got 'photo'"),
    ],
)
def test_recipes_are_checked(change, message):
    with pytest.raises(InputError, match=message):
        dataclasses.replace(PROFILES["fast"], **change)


def test_arguments_that_do_not_fit_are_named(train_data, val_data):
    with pytest.raises(InputError, match=r"train_data\.size must be the input size \(48, 32\) .*got \(32, 32\)"):
        train(tiny_model(size=(48, 32)), train_data, val_data, recipe=RECIPE)
    with pytest.raises(InputError, match=r"train_data has 4 classes \(background, disc.*returns 3 logits"):
        train(tiny_model(3), train_data, val_data, recipe=RECIPE)
    with pytest.raises(InputError, match=r"train_data has 4 classes.*returns 1 logits"):
        train(tiny_model(1), train_data, val_data, recipe=RECIPE)
    with pytest.raises(InputError, match=r"train_data\.batch must be recipe\.batch = 8, got 4.*batch=8"):
        train(tiny_model(), train_data, val_data, recipe=dataclasses.replace(RECIPE, batch=8))


def test_a_diverging_training_is_stopped_by_name(tmp_path, train_data, val_data):
    recipe = dataclasses.replace(RECIPE, learning_rate=1e30)
    with pytest.raises(InputError, match=r"the loss of epoch \d is .*Lower recipe\.learning_rate"):
        train(tiny_model(), train_data, val_data, recipe=recipe, run_dir=tmp_path, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_progress_prints_one_line_per_epoch_to_a_file(capsys, train_data, val_data):
    recipe = dataclasses.replace(RECIPE, epochs=2)
    history = train(tiny_model(), train_data, val_data, recipe=recipe)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(
        f"tiny  epoch 1/2  loss {history['loss'][0]:.4f}  val mIoU {history['val_mean_iou'][0]:.3f}"
    )
    assert second.endswith("  0:00 left")
    train(tiny_model(), train_data, val_data, recipe=recipe, progress=False)
    assert capsys.readouterr().out == ""
