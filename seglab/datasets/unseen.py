"""The fixed images that a lab's predictions are judged on: they ship as one small picture, their truth does not.

The images come from the generator of `seglab.datasets.synthetic` with a seed that stands only in the hidden tests of
the lab's solution. After a change of the generator, `python -m seglab.datasets.unseen SOLUTION.ipynb` draws the
picture again.
"""

import json
import re
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from seglab.datasets import synthetic
from seglab.errors import InputError

JPEG_QUALITY = 90


class Split(NamedTuple):
    """How the unseen images of one lab lie in their picture, row by row."""

    filename: str
    rows: int
    columns: int
    height: int
    width: int
    num_classes: int

    @property
    def shape(self):
        """Shape `(N, H, W)` of the label maps."""
        return self.rows * self.columns, self.height, self.width


SPLITS = {"lab1_fcn_unet": Split("unseen_lab1.jpg", rows=4, columns=6, height=64, width=64, num_classes=4)}


def unseen_images(lab):
    """Read the images that a lab's predictions are judged on.

    Args:
        lab: Name of the lab, for example `"lab1_fcn_unet"`.

    Returns:
        float32 array `(N, H, W, 3)`, RGB in [0, 1].

    Raises:
        InputError: If no lab of that name has unseen images.

    Example:
        >>> images = unseen_images("lab1_fcn_unet")
        >>> images.shape, images.dtype
        ((24, 64, 64, 3), dtype('float32'))
    """
    split = _split(lab)
    with Image.open(Path(__file__).with_name(split.filename)) as picture:
        mosaic = np.asarray(picture.convert("RGB"))
    tiles = mosaic.reshape(split.rows, split.height, split.columns, split.width, 3).swapaxes(1, 2)
    return (tiles.reshape(*split.shape, 3) / 255).astype(np.float32)


def read_predictions(path, lab="lab1_fcn_unet"):
    """Read and check the label maps that were predicted for a lab's unseen images.

    The file is foreign: nothing is unpacked before its header says that it is what was asked for, and nothing in it
    is ever executed.

    Args:
        path: An `.npz` file with the array `labels`, uint8 `(N, H, W)`.
        lab: Name of the lab.

    Returns:
        uint8 array `(N, H, W)` with values in `[0, num_classes)`.

    Raises:
        NotImplementedError: If there is no such file yet.
        InputError: If the file is damaged, or its array has another name, shape, dtype or range.

    Example:
        >>> read_predictions("nowhere.npz")
        Traceback (most recent call last):
        NotImplementedError: nowhere.npz is missing: train, predict, and keep the file beside the notebook
    """
    split, path = _split(lab), Path(path)
    if not path.exists():
        raise NotImplementedError(f"{path.name} is missing: train, predict, and keep the file beside the notebook")
    remedy = 'write it with np.savez_compressed(file, labels=labels.astype("uint8"))'
    try:
        with zipfile.ZipFile(path) as archive, archive.open("labels.npy") as member:
            major, _ = np.lib.format.read_magic(member)
            read_header = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
            shape, is_fortran, dtype = read_header(member)
            if shape != split.shape or dtype != np.uint8:
                raise InputError(
                    f"{path.name}: labels must be uint8 of shape {split.shape}, one class per pixel, "
                    f"got {dtype} {shape}; {remedy}"
                )
            # One byte more than expected is enough to see that the file is longer than its header says.
            content = member.read(int(np.prod(split.shape)) + 1)
    except InputError:
        raise
    except Exception as error:  # a damaged archive can raise anything: zlib.error, struct.error, RuntimeError, ...
        reason = " ".join(str(error).split())
        raise InputError(f"{path.name} is not an .npz file with an array `labels`: {reason}; {remedy}") from error
    if len(content) != np.prod(split.shape):
        raise InputError(f"{path.name} is damaged: {len(content)} label bytes, not {np.prod(split.shape)}; {remedy}")
    labels = np.frombuffer(content, np.uint8).reshape(split.shape, order="F" if is_fortran else "C")
    if labels.max() >= split.num_classes:
        raise InputError(f"{path.name}: labels must lie in [0, {split.num_classes}), got {labels.max()}")
    return labels


def draw(lab, seed):
    """Generate a lab's unseen images and their truth.

    Args:
        lab: Name of the lab.
        seed: Non-negative integer of any size; the lab's own stands in its hidden tests.

    Returns:
        Images float32 `(N, H, W, 3)` in [0, 1] and labels uint8 `(N, H, W)`.

    Example:
        >>> images, labels = draw("lab1_fcn_unet", seed=1)
        >>> images.shape, labels.shape
        ((24, 64, 64, 3), (24, 64, 64))
    """
    split = _split(lab)
    return synthetic.shapes(split.rows * split.columns, size=(split.height, split.width), seed=seed)


def seed_of(notebook):
    """Find the seed of the unseen images in the hidden tests of a solution.

    Args:
        notebook: Path of the solution notebook.

    Returns:
        The integer that every `UNSEEN_SEED = 0x...` in it names.

    Raises:
        InputError: If the notebook names no seed, or several.
    """
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    found = {seed for cell in cells for seed in re.findall(r"UNSEEN_SEED = (0x[0-9a-fA-F]+)", "".join(cell["source"]))}
    if len(found) != 1:
        raise InputError(f"{notebook} must name one UNSEEN_SEED, found {len(found)}; is it the solution?")
    return int(found.pop(), 16)


def write_picture(lab, seed, path=None):
    """Draw a lab's unseen images into one JPEG.

    Args:
        lab: Name of the lab.
        seed: The lab's secret seed.
        path: File to write. The one in the package if `None`.

    Returns:
        The path written.
    """
    split = _split(lab)
    path = Path(__file__).with_name(split.filename) if path is None else Path(path)
    images, _ = draw(lab, seed)
    tiles = np.round(images * 255).astype(np.uint8).reshape(split.rows, split.columns, split.height, split.width, 3)
    mosaic = tiles.swapaxes(1, 2).reshape(split.rows * split.height, split.columns * split.width, 3)
    # Full color resolution: the thin parts of a shape differ from the background by color alone.
    Image.fromarray(mosaic).save(path, quality=JPEG_QUALITY, subsampling=0, optimize=True)
    return path


def _split(lab):
    if lab not in SPLITS:
        raise InputError(f"lab must be one of {sorted(SPLITS)}, got {lab!r}")
    return SPLITS[lab]


def main(notebooks):
    """Draw the pictures of solution notebooks again.

    Args:
        notebooks: Paths of solutions, each named after its lab.
    """
    for notebook in notebooks:
        print(write_picture(Path(notebook).stem, seed_of(notebook)))


if __name__ == "__main__":
    main(sys.argv[1:])
