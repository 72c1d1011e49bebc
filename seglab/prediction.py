"""Label photos of any size with a trained run, and write what a person can look at."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from seglab import evaluation, training
from seglab.errors import InputError
from seglab.labels import colorize, write_palette_png


def predict_files(paths, run_dir, out, *, alpha=0.55):
    """Write a label map and an overlay for each photo.

    A photo is resized to the size the network was trained at; its label map is resized back (nearest), so that both
    files have the photo's own size.

    Args:
        paths: Photo files; every format that Pillow reads.
        run_dir: Run folder of a trained network.
        out: Folder to write to; made where missing.
        alpha: Opacity of the class colors in the overlay, in [0, 1].

    Yields:
        Path of each file written: `NAME.labels.png` (palette PNG, pixel value = class) and `NAME.overlay.png`.

    Raises:
        InputError: If a photo cannot be read, two photos share a name, or `run_dir` holds no trained network.
    """
    paths, out = [Path(path) for path in paths], Path(out)
    names = [path.stem for path in paths]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two photos are called {twice[0]}: their results would overwrite each other; rename one")
    photos = [read_photo(path) for path in paths]  # every photo is readable before the first result is written
    model, config = training.load_run(run_dir)
    height, width, _ = config["input_shape"]
    num_classes = len(config["classes"])
    out.mkdir(parents=True, exist_ok=True)
    for path, photo in zip(paths, photos, strict=True):
        small = np.asarray(photo.resize((width, height), Image.Resampling.BILINEAR), np.float32) / 255  # (H, W, 3)
        labels = evaluation.predict(model, small[None])[0].astype(np.uint8)
        full = np.asarray(Image.fromarray(labels).resize(photo.size, Image.Resampling.NEAREST))  # (H, W) of the photo
        target = out / f"{path.stem}.labels.png"
        write_palette_png(target, full, num_classes)
        yield target
        target = out / f"{path.stem}.overlay.png"
        Image.blend(photo, Image.fromarray(colorize(full, num_classes)), alpha).save(target)
        yield target


def read_photo(path):
    """Read a photo as RGB, turned the way its camera was held.

    Raises:
        InputError: If the file is missing or no image.
    """
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except FileNotFoundError:
        raise InputError(f"{path}: no such photo") from None
    except (UnidentifiedImageError, OSError) as error:
        raise InputError(f"{path} cannot be read as an image ({error}); save it as PNG or JPEG") from None
