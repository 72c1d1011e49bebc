"""The streams: order, shuffling, resuming, and one decoding per sample."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from seglab.datasets import load, pipeline
from seglab.datasets.pipeline import SegmentationData
from seglab.errors import InputError
from seglab.transforms import Augmentation

AUGMENT = Augmentation(rotate=20, scale=(0.8, 1.25), brightness=0.1, contrast=0.2)


def numbered(count, batch=4, seed=0, calls=None):
    """Sample i is an image of gray i with labels i."""

    def read(index):
        if calls is not None:
            calls.append(index)
        return np.full((16, 20, 3), index, np.uint8), np.full((16, 20), index, np.uint8)

    about = {"spec": "numbered", "split": "train", "classes": ["none"] * 250, "ignore_class": None, "size": (16, 20)}
    return SegmentationData(read, [f"n{index}" for index in range(count)], **about, batch=batch, seed=seed)


def batches(stream, count):
    return [(images.numpy(), labels.numpy()) for images, labels in itertools.islice(stream, count)]


def order(data, first_epoch, epochs):
    stream = data.training(first_epoch=first_epoch)
    return [labels[:, 0, 0].tolist() for _, labels in batches(stream, epochs * data.steps_per_epoch)]


def test_one_pass_in_order():
    data = numbered(10)
    passes = [batches(data.data, 99), batches(data.data, 99)]
    for found in passes:
        assert [len(images) for images, _ in found] == [4, 4, 2]
        assert [label for _, labels in found for label in labels[:, 3, 7]] == list(range(10))
        images, labels = found[1]
        np.testing.assert_allclose(images[2], 6 / 255, atol=1e-7)
        assert (images.dtype, labels.dtype) == (np.float32, np.int32)
        assert labels.shape == (4, 16, 20)


def test_items_equal_the_stream():
    data = load("shapes", count=5, batch=2, size=(32, 40))
    images = np.concatenate([images for images, _ in batches(data.data, 3)])
    for index, (image, labels) in enumerate(data):
        np.testing.assert_array_equal(image, images[index])
        assert labels.dtype == np.uint8
    np.testing.assert_array_equal(data[-1][0], images[4])
    with pytest.raises(IndexError):
        data[5]


def test_items_are_copies():
    data = numbered(2)
    data[1][1][:] = 9
    data[1][0][:] = 9
    assert data[1][1].max() == 1


def test_epochs_are_permutations():
    data = numbered(12)
    epochs = order(data, 0, 3)
    flat = [list(itertools.chain(*epochs[start : start + 3])) for start in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(12)) for epoch in flat)
    assert len({tuple(epoch) for epoch in flat}) == 3
    assert order(numbered(12, seed=1), 0, 1) != epochs[:3]
    assert order(numbered(12, seed=2**90), 0, 1) != epochs[:3]


def test_full_batches_and_what_is_left():
    data = numbered(11)
    assert data.steps_per_epoch == 2
    epochs = order(data, 0, 12)
    assert {len(batch) for batch in epochs} == {4}
    assert set(itertools.chain(*epochs)) == set(range(11))
    assert numbered(3).steps_per_epoch == 1
    assert sorted(order(numbered(3), 0, 1)[0]) == [0, 1, 2]


@pytest.mark.parametrize("first_epoch", [1, 3])
def test_later_start_is_bit_identical(first_epoch):
    data = load("cells", count=10, batch=4, size=32, seed=5)
    whole = batches(data.training(augment=AUGMENT), 4 * data.steps_per_epoch)
    later = batches(
        load("cells", count=10, batch=4, size=32, seed=5).training(augment=AUGMENT, first_epoch=first_epoch), 2
    )
    for (images, labels), (same, marks) in zip(whole[first_epoch * data.steps_per_epoch :], later, strict=False):
        np.testing.assert_array_equal(images, same)
        np.testing.assert_array_equal(labels, marks)


def test_augmentation_differs_by_epoch_and_sample():
    data = numbered(4)

    def draw(image, labels, rng, *, ignore_class):
        return np.full_like(image, rng.random()), labels

    values = [images[:, 0, 0, 0] for images, _ in batches(data.training(augment=draw), 3)]
    assert len(set(np.concatenate(values).tolist())) == 12
    alone = {int(label): value for label, value in zip(order(data, 0, 1)[0], values[0], strict=True)}
    # The same sample of the same epoch gets the same change in a batch of another size.
    pairs = batches(numbered(4, batch=2).training(augment=draw), 2)
    for images, labels in pairs:
        for image, label in zip(images, labels, strict=True):
            assert image[0, 0, 0] == alone[int(label[0, 0])]


def test_augmentation_gets_the_ignore_class(tmp_path):
    seen = []
    data = numbered(4)
    data.ignore_class = 77
    batches(data.training(augment=lambda i, m, rng, ignore_class: (seen.append(ignore_class), (i, m))[1]), 1)
    assert set(seen) == {77}


def test_each_sample_is_decoded_once():
    calls = []
    data = numbered(9, calls=calls)
    data[4]
    batches(data.data, 99)
    batches(data.training(), 9)
    data[0]
    assert sorted(calls) == list(range(9))


def test_static_shapes():
    data = numbered(9)
    assert data.training().element_spec[0].shape.as_list() == [4, 16, 20, 3]
    assert data.data.element_spec[1].shape.as_list() == [None, 16, 20]


def test_bad_sample_stops_the_decoding():
    calls = []

    def read(index):
        calls.append(index)
        raise InputError("sample.png cannot be read")

    data = numbered(5000)
    data._read = read
    with pytest.raises(InputError, match=r"^sample\.png cannot be read$"):
        _ = data.data
    assert len(calls) < 5000


@pytest.mark.parametrize("batch", [0, -1, 2.0, True])
def test_bad_batch(batch):
    with pytest.raises(InputError, match="batch must be an integer of at least 1"):
        numbered(4, batch=batch)


def test_bad_first_epoch():
    with pytest.raises(InputError, match="first_epoch must be at least 0, got -1"):
        numbered(4).training(first_epoch=-1)


def test_too_large_for_memory(monkeypatch):
    monkeypatch.setattr(pipeline, "_physical_memory", lambda: 10**6)
    assert len(numbered(390)) == 390  # 499,200 bytes
    with pytest.raises(InputError, match=r"numbered takes .* at 16x20, more than half .*smaller size or count"):
        numbered(391)


def test_repr_and_name():
    data = numbered(3)
    assert repr(data) == "<numbered train: 3 images 16x20, 250 classes>"
    assert data.name(2) == "n2"


def test_process_ends_with_an_open_stream():
    """The next batch is being made while the interpreter closes: that must not block its end."""
    program = """
import time
from seglab.datasets import load

def slow(image, labels, rng, *, ignore_class):
    time.sleep(0.1)
    return image, labels

stream = iter(load("shapes", count=8, batch=4, size=16).training(augment=slow))
next(stream)
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=240, check=False).returncode == 0
