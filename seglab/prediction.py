"""Label photos of any size with a trained run, and write what a person can look at."""

from pathlib import Path

import numpy as np
from PIL import Image

from seglab import evaluation, training
from seglab.datasets.files import read_image
from seglab.errors import InputError
from seglab.labels import colorize, write_palette_png
from seglab.transforms import resize_image, resize_labels

ALPHA = 0.55


def predict_files(paths, run_dir, out, *, alpha=ALPHA):
    """Write a label map and an overlay for each photo.

    Args:
        paths: Photo files; every format that Pillow reads.
        run_dir: Run folder of a trained network.
        out: Folder to write to; made where missing.
        alpha: Opacity of the class colors in the overlay, in [0, 1].

    Yields:
        Path of each file written: `NAME.labels.png` (palette PNG, pixel value = class) and `NAME.overlay.png`, both of
        the photo's own size.

    Raises:
        InputError: If a photo cannot be read, two photos share a name, or `run_dir` holds no trained network.
    """
    paths, out = [Path(path) for path in paths], Path(out)
    names = [path.stem for path in paths]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two photos are called {twice[0]}: their results would overwrite each other; rename one")
    photos = [read_image(path)[0] for path in paths]  # every photo is readable before the first result is written
    model, config = training.load_run(run_dir)
    num_classes = len(config["classes"])
    out.mkdir(parents=True, exist_ok=True)
    for path, photo in zip(paths, photos, strict=True):
        labels = label_photo(model, photo)
        target = out / f"{path.stem}.labels.png"
        write_palette_png(target, labels, num_classes)
        yield target
        target = out / f"{path.stem}.overlay.png"
        overlay(photo, labels, num_classes, alpha=alpha).save(target)
        yield target


def label_photo(model, photo):
    """Label one photo.

    The photo is resized to the size the network was trained at, as the training images were, and its labels are
    resized back (nearest). They are those of the photo and its mirror image together: a little better, twice the time.

    Args:
        model: Keras model of `training.load_run`, which takes images of one size.
        photo: uint8 array (H, W, 3), as `seglab.datasets.files.read_image` gives it.

    Returns:
        uint8 array (H, W): the class of every pixel.
    """
    small = resize_image(photo, model.input_shape[1:3]).astype(np.float32) / 255  # (h, w, 3)
    return resize_labels(evaluation.predict(model, small[None], flips=True)[0], photo.shape[:2])


def overlay(photo, labels, num_classes, *, alpha=ALPHA):
    """Lay the class colors over a photo.

    Args:
        photo: uint8 array (H, W, 3).
        labels: Integer array (H, W) with values in [0, K).
        num_classes: Number of classes `K`.
        alpha: Opacity of the colors, in [0, 1].

    Returns:
        A Pillow image of the photo's size.

    Example:
        >>> black = np.zeros((1, 1, 3), np.uint8)
        >>> overlay(black, np.array([[1]]), 2, alpha=0.5).getpixel((0, 0)), colorize(np.array([[1]]), 2).tolist()
        ((115, 79, 0), [[[230, 159, 0]]])
    """
    return Image.blend(Image.fromarray(photo), Image.fromarray(colorize(labels, num_classes)), alpha)
