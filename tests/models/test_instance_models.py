"""What every network that finds objects is tested for: SOLO, YOLACT, Mask R-CNN, Panoptic FPN."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from seglab.datasets.instances import load_instances
from seglab.errors import InputError
from seglab.models.fpn import LITE_WIDTHS, fpn
from seglab.models.mask_rcnn import AnchorLevel, mask_rcnn, paper_anchors
from seglab.models.panoptic_fpn import panoptic_fpn
from seglab.models.solo import Grid, paper_grids, solo
from seglab.models.yolact import yolact

SHAPE = (32, 48, 3)
TWO_LEVELS = (AnchorLevel(1, (8,)), AnchorLevel(2, (16,)))
BUILD = {
    "SOLO": lambda: solo(SHAPE, 2, grids=(Grid(8, 1, 0, 12), Grid(4, 2, 8))),
    "SOLO, a channel per cell": lambda: solo(SHAPE, 2, grids=(Grid(8),), masks="grid"),
    "SOLO, decoupled": lambda: solo(SHAPE, 2, grids=(Grid(8), Grid(4, 2)), masks="decoupled"),
    "YOLACT": lambda: yolact(SHAPE, 2, anchors=TWO_LEVELS),
    "Mask R-CNN": lambda: mask_rcnn(SHAPE, 2, anchors=TWO_LEVELS, regions=16),
    "Mask R-CNN, by class": lambda: mask_rcnn(SHAPE, 2, anchors=TWO_LEVELS, regions=16, class_specific=True),
    "Panoptic FPN": lambda: panoptic_fpn(SHAPE, 2, 4, anchors=TWO_LEVELS, regions=16),
}


@pytest.fixture
def streets():
    """Four drawn streets of 32 x 48 as a batch."""
    return next(iter(load_instances("streets", count=4, batch=4, size=SHAPE[:2]).data))


# The others differ from these in one option; they are tested in `make test-all`.
IN_CI = ("SOLO", "YOLACT", "Panoptic FPN")


@pytest.fixture(params=[pytest.param(name, marks=[] if name in IN_CI else [pytest.mark.slow]) for name in BUILD])
def model(request):
    keras.utils.set_random_seed(0)
    return BUILD[request.param]()


def nothing(targets):
    """The same targets without any object."""
    empty = {"masks": tf.zeros_like(targets["masks"]), "classes": -tf.ones_like(targets["classes"])}
    return {**targets, **empty}


def gradients(model, images, targets):
    with tf.GradientTape() as tape:
        loss = model.compute_loss(images, targets, model(images, training=True))
    return float(loss), tape.gradient(loss, [weight.value for weight in model.trainable_weights])


def test_gradient_reaches_every_weight(model, streets):
    loss, found = gradients(model, *streets)
    assert np.isfinite(loss)
    for weight, gradient in zip(model.trainable_weights, found, strict=True):
        assert gradient is not None, weight.path
        values = tf.convert_to_tensor(gradient)
        assert np.isfinite(values).all() and np.abs(values).max() > 0, weight.path


def test_images_without_objects_give_a_finite_loss_and_gradients(model, streets):
    images, targets = streets
    loss, found = gradients(model, images, nothing(targets))
    assert np.isfinite(loss)
    assert all(np.isfinite(tf.convert_to_tensor(one)).all() for one in found if one is not None)
    model.compile(keras.optimizers.SGD(0.01))
    model.fit(images, nothing(targets), batch_size=2, verbose=0)
    assert all(np.isfinite(weight.numpy()).all() for weight in model.weights)


def test_it_learns_by_fit_and_finds_objects(model, streets):
    images, targets = streets
    model.compile(keras.optimizers.Adam(3e-3))
    losses = model.fit(images, targets, batch_size=4, epochs=12, verbose=0).history["loss"]
    assert losses[-1] < 0.75 * losses[0]
    for found in model.detect(images.numpy(), threshold=0.0, batch=3):
        count = len(found["scores"])
        assert found["masks"].shape == (count, *SHAPE[:2]) and found["masks"].dtype == bool
        assert found["masks"].any(axis=(1, 2)).all()
        assert set(found["classes"]) <= {0, 1} and (np.diff(found["scores"]) <= 0).all()


def test_weights_come_back(model, streets, tmp_path):
    images, targets = streets
    model.compile(keras.optimizers.Adam(1e-3))
    model.fit(images, targets, batch_size=4, verbose=0)
    model.save_weights(tmp_path / "model.weights.h5")
    before = model(images)
    for weight in model.weights:
        if keras.backend.is_float_dtype(weight.dtype):
            weight.assign(np.full(weight.shape, 0.1))
    model.load_weights(tmp_path / "model.weights.h5")
    after = model(images)
    for name in before:
        np.testing.assert_allclose(before[name], after[name], rtol=1e-5, atol=1e-5, err_msg=name)


def test_every_shape_is_known(model, streets):
    """With a batch of any size, nothing else changes from step to step: XLA could compile it."""
    _, targets = streets
    specs = {name: tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for name, tensor in targets.items()}

    @tf.function
    def loss(images, targets):
        return model.compute_loss(images, targets, model(images, training=True))

    graph = loss.get_concrete_function(tf.TensorSpec([None, *SHAPE], tf.float32), specs).graph
    forbidden = {"Where", "NonMaxSuppressionV3", "BooleanMask", "Unique", "DynamicPartition", "While"}
    assert not {node.type for node in graph.get_operations()} & forbidden


@pytest.mark.slow
def test_xla_compiles_it(model, streets):
    images, targets = streets
    model.compile(keras.optimizers.SGD(0.01), jit_compile=True)
    assert np.isfinite(model.fit(images, targets, batch_size=4, verbose=0).history["loss"][0])


def test_weights_of_the_pyramid_by_formula():
    widths = (3, *LITE_WIDTHS)
    encoder = sum(9 * a * b + 9 * b * b + 8 * b for a, b in itertools.pairwise(widths))
    levels = sum(width * 32 + 32 + 9 * 32 * 32 + 4 * 32 for width in LITE_WIDTHS)
    assert fpn((64, 96, 3)).count_params() == encoder + levels


def test_the_mask_head_of_the_paper_has_its_weights():
    """2,643,280 for 80 classes: four 3x3 convolutions, a transposed one, a 1x1; here with batch normalization."""
    model = mask_rcnn((64, 64, 3), 80, class_specific=True, head_filters=256, mask_layers=4)
    from_256 = 3 * (9 * 256 * 256 + 4 * 256) + (4 * 256 * 256 + 256) + (256 * 80 + 80)
    first = 9 * 32 * 256 + 4 * 256  # the lite pyramid has 32 channels
    assert model.mask_head.count_params() == first + from_256
    assert 4 * (9 * 256 * 256 + 256) + (4 * 256 * 256 + 256) + (256 * 80 + 80) == 2_643_280


def test_the_paper_sizes_build():
    shape = (128, 192, 3)
    outputs = fpn(shape, encoder="resnet50").outputs
    assert [level.shape[1:] for level in outputs] == [(128 // s, 192 // s, 256) for s in (4, 8, 16, 32, 64)]
    assert solo(shape, 80, encoder="resnet50", grids=paper_grids()).output["category"].shape[1:] == (3872, 80)
    assert len(mask_rcnn(shape, 80, encoder="resnet50", anchors=paper_anchors()).anchors) == 3 * (
        1536 + 384 + 96 + 24 + 6
    )


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: fpn((60, 64, 3)), "divisible by 16"),
        (lambda: fpn((None, None, 3)), "no side None"),
        (lambda: fpn((64, 64, 3), encoder="vgg16"), "encoder"),
        (lambda: fpn((64, 64, 3), weights="imagenet"), "resnet50"),
        (lambda: solo(SHAPE, 1, grids=(Grid(8, 4),)), "levels 0 to 3"),
        (lambda: solo(SHAPE, 1, masks="drawn"), "masks"),
        (lambda: mask_rcnn(SHAPE, 1, anchors=((7, (8,)),)), "levels 0 to 3"),
        (lambda: yolact(SHAPE, 1, anchors=((7, (8,)),)), "levels 0 to 3"),
        (lambda: panoptic_fpn(SHAPE, 1, 0), "num_stuff"),
    ],
)
def test_bad_arguments_are_named(build, words):
    with pytest.raises(InputError, match=words):
        build()
