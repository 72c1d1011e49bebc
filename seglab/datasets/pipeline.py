"""One loaded split: random access to its samples, and the `tf.data` streams that models train and are tested on.

Samples are decoded once, in parallel threads, into two uint8 arrays that stay in memory (4 bytes per pixel and
image). Batches are cut from them whole, which is faster than a chain of per-image operations.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from seglab.errors import InputError

_SHUFFLE, _AUGMENT = 0, 1
_MEMORY_SHARE = 0.5
_BLOCK = 8
_WHITE = np.float32(255)


class SegmentationData:
    """Images and labels of one split.

    Attributes:
        spec: What `load` was asked for, such as `"shapes"` or `"folder:PATH"`.
        split: `"train"`, `"val"` or `"test"`.
        classes: Tuple of `K` class names, background included.
        ignore_class: Label of pixels that are not to be counted, or `None`.
        size: `(height, width)` of every image, in pixels.
        batch: Images per batch.
        seed: Seed of the shuffling and the augmentation.
    """

    def __init__(self, read, names, *, spec, split, classes, ignore_class, size, batch, seed):
        """Wrap a reader; `seglab.datasets.load` is the usual way here.

        Args:
            read: Function from an index to `(image, labels)`, uint8 `(H, W, 3)` and uint8 `(H, W)`; threads call it.
            names: Sequence of `N` names, one per sample.
            spec: See the attribute.
            split: See the attribute.
            classes: See the attribute.
            ignore_class: See the attribute.
            size: See the attribute.
            batch: See the attribute.
            seed: See the attribute.

        Raises:
            InputError: If `batch` is not a positive integer, or the decoded images would take more than half of the
                machine's memory.
        """
        if not isinstance(batch, (int, np.integer)) or isinstance(batch, bool) or batch < 1:
            raise InputError(f"batch must be an integer of at least 1, got {batch!r}. Pass batch=16.")
        needed, limit = 4 * size[0] * size[1] * len(names), _MEMORY_SHARE * _physical_memory()
        if needed > limit:
            raise InputError(
                f"{spec} takes {needed / 1e9:.1f} GB decoded at {size[0]}x{size[1]}, more than half of this machine's "
                f"memory ({limit / 1e9:.1f} GB). Pass a smaller size or count."
            )
        self._read, self._names = read, tuple(names)
        self.spec, self.split, self.classes = spec, split, tuple(classes)
        self.ignore_class, self.size, self.batch, self.seed = ignore_class, size, int(batch), int(seed)
        # The operating system gives the pages as they are written: an untouched cache costs nothing.
        self._images = np.empty((len(names), *size, 3), np.uint8)
        self._labels = np.empty((len(names), *size), np.uint8)
        self._filled = np.zeros(len(names), bool)

    @property
    def num_classes(self):
        """Number of classes `K`, background included, the ignored label not."""
        return len(self.classes)

    @property
    def steps_per_epoch(self):
        """Batches per epoch of `training`: full batches only, but at least one."""
        return max(1, len(self) // self.batch)

    def __len__(self):
        return len(self._names)

    def __getitem__(self, index):
        """Return sample `index` as `(image, labels)`: float32 `(H, W, 3)` in [0, 1] and uint8 `(H, W)`."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        self._fill([index % len(self)])
        return self._images[index] / _WHITE, self._labels[index].copy()

    def __repr__(self):
        height, width = self.size
        return f"<{self.spec} {self.split}: {len(self)} images {height}x{width}, {self.num_classes} classes>"

    def name(self, index):
        """Return the name of sample `index`.

        Args:
            index: Position in the split.

        Returns:
            The file name without its ending, or what a synthetic data set calls the sample.

        Example:
            >>> from seglab.datasets import load
            >>> load("shapes", split="val", count=3).name(2)
            'shapes-val-2'
        """
        return self._names[index]

    @property
    def data(self):
        """One pass in order, without augmentation, as a `tf.data.Dataset`; the last batch may be smaller.

        Elements are `(images, labels)`: float32 `(B, H, W, 3)` in [0, 1] and int32 `(B, H, W)`. All samples are
        decoded before the first batch, so that a bad file is reported here and not from inside the graph.
        """
        self._fill(range(len(self)))
        return self._stream(self._plain_batch, None, steps=-(-len(self) // self.batch))

    def training(self, *, augment=None, first_epoch=0):
        """Return the endless shuffled stream to train on.

        An epoch has `steps_per_epoch` full batches; images that do not fill a batch wait for an epoch in which the
        shuffle puts them further ahead. The order depends on the seed and the epoch only, the augmentation of a sample
        on the seed, the epoch and its index, so a stream that starts at a later epoch repeats an unbroken one exactly.

        Args:
            augment: `seglab.transforms.Augmentation`, or `None` for images as they are.
            first_epoch: Epoch to start at, counted from 0.

        Returns:
            Infinite `tf.data.Dataset` of `(images, labels)`, as in `data`.

        Raises:
            InputError: If `first_epoch` is negative, or a file is bad.

        Example:
            >>> from seglab.datasets import load
            >>> data = load("shapes", count=32, batch=8)
            >>> images, labels = next(iter(data.training()))
            >>> images.shape, labels.dtype.name, data.steps_per_epoch
            (TensorShape([8, 64, 64, 3]), 'int32', 4)
        """
        if first_epoch < 0:
            raise InputError(f"first_epoch must be at least 0, got {first_epoch}. Pass first_epoch=0.")
        self._fill(range(len(self)))
        first_step, length = first_epoch * self.steps_per_epoch, min(self.batch, len(self))
        return self._stream(lambda step: self._training_batch(step, augment), length, first_step=first_step)

    def _stream(self, make, length, *, steps=None, first_step=0):
        import tensorflow as tf

        shape = (length, *self.size)

        def with_shapes(images, labels):
            return tf.ensure_shape(images, (*shape, 3)), tf.ensure_shape(labels, shape)

        return stream(make, (tf.float32, tf.int32), with_shapes, steps=steps, first_step=first_step)

    def _plain_batch(self, step):
        rows = slice(step * self.batch, (step + 1) * self.batch)
        return self._images[rows] / _WHITE, self._labels[rows].astype(np.int32)

    def _training_batch(self, step, augment):
        epoch, step = divmod(step, self.steps_per_epoch)
        order = self._generator(_SHUFFLE, epoch).permutation(len(self))
        chosen = order[step * self.batch : (step + 1) * self.batch]
        images = np.empty((len(chosen), *self.size, 3), np.float32)
        labels = np.empty((len(chosen), *self.size), np.int32)
        for row, index in enumerate(chosen):
            if augment is None:
                np.divide(self._images[index], _WHITE, out=images[row])
                labels[row] = self._labels[index]
            else:
                rng = self._generator(_AUGMENT, epoch, int(index))
                images[row], labels[row] = augment(*self[index], rng, ignore_class=self.ignore_class)
        return images, labels

    def _generator(self, *key):
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def _fill(self, indices):
        missing = [index for index in indices if not self._filled[index]]
        if len(missing) <= _BLOCK:
            return self._decode(missing)
        blocks = [missing[start : start + _BLOCK] for start in range(0, len(missing), _BLOCK)]
        # Decoding and resizing run outside of the interpreter lock, so threads use all cores; a few more of them than
        # cores (the executor's default) read files meanwhile.
        pool = ThreadPoolExecutor()
        try:
            for _ in pool.map(self._decode, blocks):
                pass
        finally:
            pool.shutdown(cancel_futures=True)  # after a bad file the rest need not be decoded

    def _decode(self, indices):
        for index in indices:
            self._images[index], self._labels[index] = self._read(index)
            self._filled[index] = True


def stream(make, types, finish, *, steps=None, first_step=0):
    """Make a `tf.data.Dataset` of a function that gives the arrays of a batch, whose next batches threads prepare.

    Args:
        make: Pure function from the number of a step to a tuple of arrays.
        types: Tuple of the arrays' TensorFlow types.
        finish: Function from the tensors to what an element shall be, with their shapes.
        steps: Number of elements; `None` for an endless stream.
        first_step: Number of the first step.

    Returns:
        `tf.data.Dataset`.
    """
    import tensorflow as tf

    ahead = _Ahead(make, None if steps is None else first_step + steps)

    @tf.autograph.experimental.do_not_convert  # there is nothing to convert, and looking for it takes 10 ms
    def to_tensors(number):
        return finish(*tf.numpy_function(ahead, [number], types, stateful=False))

    numbers = tf.data.Dataset.counter(first_step)
    numbers = numbers if steps is None else numbers.take(steps)
    # Python called from tf.data's own threads can block the end of the process for ever: a stream that is still
    # open then waits for a call that the closed interpreter no longer answers. So tf.data calls only while somebody
    # waits for the batch, and what runs ahead are Python's threads.
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return numbers.map(to_tensors).with_options(options)


class _Ahead:
    """Call a pure function of the step number, and have the next steps computed by threads meanwhile."""

    def __init__(self, make, stop=None, depth=2):
        self._make, self._stop, self._depth = make, stop, depth
        self._pool = ThreadPoolExecutor(depth)
        self._pending = {}

    def __call__(self, step):
        step = int(step)
        ready = self._pending.pop(step, None)
        coming = range(step + 1, step + 1 + self._depth)
        self._pending = {
            number: self._pending.get(number) or self._pool.submit(self._make, number)
            for number in coming
            if self._stop is None or number < self._stop
        }
        return ready.result() if ready else self._make(step)


def _physical_memory():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 8 * 2**30
