"""Training steps of every model and of every loss on the other backends of Keras, each in a fresh process.

A process has one backend, so each case starts its own. JAX and PyTorch are in no lock file: `make test-backends` makes
an environment with them; elsewhere these tests are skipped by the name of what is missing.
"""

import importlib.util
import os
import subprocess
import sys

import pytest

BACKENDS = ("jax", "torch")
pytestmark = pytest.mark.slow

STEP = """
import sys
from functools import partial

import keras
import numpy as np

from seglab import losses, models
from seglab.optimizers import Muon
from seglab.schedules import PolyDecay, WarmUp, WeightAverage

assert keras.backend.backend() == sys.argv[1]
"""

MODELS = """
SMALL = {"base_filters": 2}
BUILDERS = {
    "fcn": partial(models.fcn, variant="8s", **SMALL),
    "unet": partial(models.unet, **SMALL),
    "unet_paper": partial(models.unet_paper, depth=2, **SMALL),
    "segnet": partial(models.segnet, **SMALL),
    "deeplab_v1": partial(models.deeplab_v1, **SMALL),
    "deeplab_v2": partial(models.deeplab_v2, **SMALL),
    "deeplab_v3": partial(models.deeplab_v3, **SMALL),
    "deeplab_v3plus": partial(models.deeplab_v3plus, **SMALL),
    "pspnet": partial(models.pspnet, auxiliary=True, **SMALL),
    "residual_unet": partial(models.residual_unet, **SMALL),
}
rng = np.random.default_rng(0)
height, width = (44, 60) if sys.argv[2] == "unet_paper" else (32, 64)
keras.utils.set_random_seed(0)
model = BUILDERS[sys.argv[2]]((height, width, 3), 3)
heads = len(model.outputs)
out_height, out_width = model.outputs[0].shape[1:3]
images = rng.random((2, height, width, 3), np.float32)
labels = rng.integers(0, 3, (2, out_height, out_width)).astype("int32")
loss = losses.cross_entropy_dice
average = WeightAverage(0.9)
schedule = WarmUp(PolyDecay(0.1, 10), 2)
optimizer = Muon(schedule) if sys.argv[2] == "residual_unet" else keras.optimizers.SGD(schedule)
model.compile(optimizer, loss=[loss] * heads if heads > 1 else loss)
before = model.get_weights()
targets = [labels] * heads if heads > 1 else labels
history = model.fit(images, targets, batch_size=2, callbacks=[average], verbose=0)
assert np.isfinite(history.history["loss"]).all(), history.history
trained = {id(weight) for weight in model.trainable_weights}
still = [
    weight.path
    for weight, old, new in zip(model.weights, before, model.get_weights(), strict=True)
    if id(weight) in trained and np.array_equal(old, new)
]
assert len(still) < len(trained) / 4, still  # a dead ReLU may hold a few back
with average.applied():
    scores = model.predict(images, verbose=0)
assert np.isfinite(scores[0] if heads > 1 else scores).all()
"""

LOSSES = """
rng = np.random.default_rng(0)
names = [name for name in losses.__all__ if name != "combined_loss"]
cases = {name: getattr(losses, name) for name in names}
cases["combined_loss"] = partial(losses.combined_loss, terms=((0.5, losses.focal_loss), (2.0, losses.lovasz_softmax)))
cases["focal_loss, alpha"] = partial(losses.focal_loss, alpha=(1.0, 2.0, 0.5))
cases["cross_entropy, class_weights"] = partial(losses.cross_entropy, class_weights=(1.0, 2.0, 0.5))
cases["dice_loss, squared"] = partial(losses.dice_loss, squared=True)
assert len(cases) == len(losses.__all__) + 3
for name, loss in cases.items():
    model = keras.Sequential([keras.Input((8, 12, 3)), keras.layers.Conv2D(3, 3, padding="same")])
    model.set_weights([rng.normal(size=weight.shape) for weight in model.weights])  # the same on every backend
    images = rng.random((2, 8, 12, 3), np.float32)
    labels = rng.integers(0, 3, (2, 8, 12)).astype("float32")
    labels[:, :2] = 255
    if name == "border_weighted_cross_entropy":
        labels = np.stack([labels, rng.uniform(1, 9, labels.shape).astype("float32")], axis=-1)
    logits = model.predict(images, verbose=0)
    expected = float(keras.ops.convert_to_numpy(loss(labels, logits, ignore_class=255)))
    model.compile(keras.optimizers.SGD(0.1), loss=partial(loss, ignore_class=255))
    before = model.get_weights()
    got = model.fit(images, labels, batch_size=2, verbose=0).history["loss"][0]
    assert np.isfinite(got) and got > 0, (name, got)
    assert abs(got - expected) < 1e-4 * max(1, expected), (name, got, expected)
    changes = [np.abs(old - new) for old, new in zip(before, model.get_weights(), strict=True)]
    assert all(np.isfinite(change).all() and change.max() > 0 for change in changes), name
    print(name, repr(got))
"""

OBJECTS = """
from seglab.models.mask_rcnn import AnchorLevel, mask_rcnn
from seglab.models.panoptic_fpn import panoptic_fpn
from seglab.models.solo import Grid, solo
from seglab.models.yolact import yolact

SHAPE, ANCHORS = (32, 48, 3), (AnchorLevel(1, (8,)), AnchorLevel(2, (16,)))
BUILDERS = {
    "solo": [partial(solo, SHAPE, 2, grids=(Grid(8), Grid(4, 2)), masks=masks) for masks in ("dynamic", "decoupled")],
    "yolact": [partial(yolact, SHAPE, 2, anchors=ANCHORS)],
    "mask_rcnn": [partial(mask_rcnn, SHAPE, 2, anchors=ANCHORS, regions=8, class_specific=True)],
    "panoptic_fpn": [partial(panoptic_fpn, SHAPE, 2, 4, anchors=ANCHORS, regions=8)],
}
rng = np.random.default_rng(0)
images = rng.random((2, *SHAPE), np.float32)
masks = np.zeros((2, 3, *SHAPE[:2]), np.uint8)
masks[0, 0, 4:14, 5:15] = masks[0, 1, 12:28, 20:40] = 1  # the second image is empty
targets = {"masks": masks, "classes": np.array([[0, 1, -1], [-1, -1, -1]], np.int32)}
for build in BUILDERS[sys.argv[2]]:
    keras.utils.set_random_seed(0)
    model = build()
    if sys.argv[2] == "panoptic_fpn":
        targets["semantic"] = np.where(masks.any(axis=1), 4, 1).astype(np.int32)
    model.compile(keras.optimizers.SGD(0.01))
    for rows in (slice(0, 2), slice(1, 2)):  # with objects, and none at all
        some = {name: value[rows] for name, value in targets.items()}
        history = model.fit(images[rows], some, batch_size=2, epochs=2, verbose=0).history["loss"]
        assert np.isfinite(history).all(), history
    for found in model.detect(images, threshold=0.0):
        assert found["masks"].shape == (len(found["scores"]), *SHAPE[:2])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
"""

NAMES = (
    "fcn",
    "unet",
    "unet_paper",
    "segnet",
    "deeplab_v1",
    "deeplab_v2",
    "deeplab_v3",
    "deeplab_v3plus",
    "pspnet",
    "residual_unet",
)


def run(backend, code, *arguments):
    """Run code in a fresh process with a backend; give what it printed."""
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: make test-backends makes an environment with it")
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-c", STEP + code, backend, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_model_takes_a_step(backend, name):
    run(backend, MODELS, name)


@pytest.mark.parametrize("name", ("solo", "yolact", "mask_rcnn", "panoptic_fpn"))
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_network_that_finds_objects_takes_a_step(backend, name):
    run(backend, OBJECTS, name)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_loss_takes_a_step_and_has_the_value_of_tensorflow(backend):
    rows = [text.rsplit(" ", 1) for text in run(backend, LOSSES).splitlines()]
    expected = [text.rsplit(" ", 1) for text in run("tensorflow", LOSSES).splitlines()]
    assert [name for name, _ in rows] == [name for name, _ in expected] and len(rows) >= 9
    for (name, value), (_, wanted) in zip(rows, expected, strict=True):
        assert float(value) == pytest.approx(float(wanted), rel=1e-5), name


def test_no_model_is_missing():
    from seglab import models

    builders = {name for name in models.__all__ if name.startswith(("fcn", "segnet", "deeplab", "pspnet"))}
    assert builders <= set(NAMES) and {"unet", "unet_paper"} <= set(NAMES)
