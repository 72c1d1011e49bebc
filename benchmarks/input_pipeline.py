"""How fast do images reach the model? seglab's stream beside the chain of the TensorFlow segmentation tutorial.

Both read the same JPEG and PNG files and do the same: decode, resize to 128x128, scale to [0, 1], mirror half of the
images left to right, batch. (Where an image shrinks, seglab averages over pixels and the peer picks some.) The peer is
the chain of https://www.tensorflow.org/tutorials/images/segmentation: parallel map, cache, shuffle, batch, repeat,
map(Augment), prefetch. They take turns; the table shows medians. On a machine that others use too, the CPU time says
more than the rate.

    python benchmarks/input_pipeline.py

It uses 304 images of $SEGLAB_DATA_DIR/pets, or as many generated files of that size where the variable is not set.
"""

import argparse
import itertools
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from seglab.datasets import load
from seglab.transforms import Augmentation, resize_image, resize_labels

COUNT = 304  # a multiple of the batch
SIZE = (128, 128)
BAR = 1.3


class Augment(keras.layers.Layer):
    """The tutorial's layer: two flips with one seed, so that they stay in step."""

    def __init__(self, seed=42):
        super().__init__()
        self.augment_inputs = keras.layers.RandomFlip(mode="horizontal", seed=seed)
        self.augment_labels = keras.layers.RandomFlip(mode="horizontal", seed=seed)

    def call(self, inputs, labels):
        """Flip images and masks."""
        return self.augment_inputs(inputs), self.augment_labels(labels)


def tutorial(root, names, batch):
    """Build the peer's endless stream."""

    def load_image(image_path, mask_path):
        image = tf.image.decode_jpeg(tf.io.read_file(image_path), channels=3)
        mask = tf.image.decode_png(tf.io.read_file(mask_path), channels=1)
        image = tf.image.resize(image, SIZE)
        mask = tf.image.resize(mask, SIZE, method=tf.image.ResizeMethod.NEAREST_NEIGHBOR)
        return tf.cast(image, tf.float32) / 255.0, tf.cast(mask, tf.int32) - 1

    images = [f"{root}/images/{name}.jpg" for name in names]
    masks = [f"{root}/trimaps/{name}.png" for name in names]
    return (
        tf.data.Dataset.from_tensor_slices((images, masks))
        .map(load_image, num_parallel_calls=tf.data.AUTOTUNE)
        .cache()
        .shuffle(1000)
        .batch(batch)
        .repeat()
        .map(Augment())
        .prefetch(buffer_size=tf.data.AUTOTUNE)
    )


def write_files(folder):
    """Write as many photo-like files as the benchmark reads, of the size of the real ones."""
    for name in ("images", "trimaps"):
        (folder / name).mkdir()
    for index, (image, labels) in enumerate(load("shapes", size=64, count=COUNT)):
        image = resize_image((image * 255).astype(np.uint8), (192, 256))
        Image.fromarray(image).save(folder / "images" / f"{index:03}.jpg", quality=80)
        Image.fromarray(resize_labels(labels % 3 + np.uint8(1), (192, 256))).save(
            folder / "trimaps" / f"{index:03}.png"
        )
    for split in ("val", "test"):
        name = f"unused_{split}"
        Image.new("RGB", (256, 192)).save(folder / "images" / f"{name}.jpg")
        Image.new("L", (256, 192), 1).save(folder / "trimaps" / f"{name}.png")
        (folder / f"{split}.txt").write_text(name)


def seconds(build, steps, epochs):
    """Time the first epoch, from nothing, and the mean of the later ones: wall and CPU seconds of each."""
    spans = []
    clocks = np.array([time.perf_counter(), time.process_time()])
    stream = iter(build())
    for repeats in (1, epochs):
        for _ in itertools.islice(stream, steps * repeats):
            pass
        now = np.array([time.perf_counter(), time.process_time()])
        spans.append((now - clocks) / repeats)
        clocks = now
    return np.concatenate(spans)  # first wall, first CPU, cached wall, cached CPU


def measure(root, batch, repetitions, epochs):
    """Time the pipelines in turn and print the table."""
    spec = f"folder:{root}"
    options = {"size": SIZE, "batch": batch, "count": COUNT, "border": "own"}
    data = load(spec, **options)
    names = [data.name(index) for index in range(COUNT)]
    warping = Augmentation(rotate=15, scale=(0.8, 1.25), brightness=0.1, contrast=0.2)
    builds = {
        "tutorial": lambda: tutorial(root, names, batch),
        "seglab": lambda: load(spec, **options).training(augment=Augmentation()),
        "seglab, warped": lambda: load(spec, **options).training(augment=warping),
    }
    times = {name: [] for name in builds}
    for build in builds.values():
        seconds(build, 1, 1)  # the first use pays for start-up
    for _ in range(repetitions):
        for name, build in builds.items():
            times[name].append(seconds(build, COUNT // batch, epochs))
    medians = {name: np.median(values, axis=0) for name, values in times.items()}
    print(f"{COUNT} images of {root.name}, batch {batch}, medians of {repetitions} repetitions, {os.cpu_count()} cores")
    print("| pipeline | epoch | images/s | CPU ms/image | images/s : tutorial | CPU : tutorial |")
    print("|--|--|--|--|--|--|")
    for name, values in medians.items():
        for column, epoch in ((0, "first"), (2, "cached")):
            wall, cpu = values[column : column + 2]
            peer_wall, peer_cpu = medians["tutorial"][column : column + 2]
            rates = f"{COUNT / wall:,.0f} | {1000 * cpu / COUNT:.2f} | {peer_wall / wall:.2f} | {cpu / peer_cpu:.2f}"
            print(f"| {name} | {epoch} | {rates} |")
    ratio = (medians["tutorial"] / medians["seglab"])[[0, 2]].min()
    print(f"bar: {BAR} times the images/s of the tutorial in both epochs: {'met' if ratio >= BAR else 'MISSED'}")


def main():
    """Parse the arguments, find or write the files, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=5, help="cached epochs per repetition")
    arguments = parser.parse_args()
    data_dir = os.environ.get("SEGLAB_DATA_DIR")
    with tempfile.TemporaryDirectory() as scratch:
        if data_dir:
            root = Path(data_dir) / "pets"
        else:
            root = Path(scratch) / "generated"
            root.mkdir()
            write_files(root)
        measure(root, arguments.batch, arguments.repetitions, arguments.epochs)


if __name__ == "__main__":
    main()
