"""Reading one image file or one label file, whatever its pixel format, with errors that name the file."""

import contextlib
import struct

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from seglab.errors import InputError

_BAD_FILE = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)
_LABEL_MODES = ("1", "L", "P", "I;16", "I;16B", "I")


def read_image(path, size=None, *, name=None):
    """Read an image as RGB.

    One channel becomes three equal ones, an alpha channel is dropped, a palette is looked up, and of 16 bits the upper
    8 are kept. A photo is turned as its EXIF tag says: so viewers show it, and so labelme lets people draw on it.

    Args:
        path: Image file in any format that Pillow reads, or a binary file object of one.
        size: `(height, width)` to resize to, as `seglab.transforms.resize_image` does; `None` keeps the file's size.
        name: What errors call the image; its path if `None`.

    Returns:
        `(image, file_size)`: uint8 `(H, W, 3)` and the image's `(height, width)` before resizing.

    Raises:
        InputError: If the file is missing or broken, or holds floating-point values.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Image.fromarray(np.full((4, 6), 7, np.uint8)).save(f"{folder}/a.png")
        ...     image, file_size = read_image(f"{folder}/a.png", (2, 2))
        >>> image.shape, image[0, 0].tolist(), file_size
        ((2, 2, 3), [7, 7, 7], (4, 6))
    """
    name = name or path
    picture = _open(path, name)
    # A broken tag turns nothing, neither here nor in a viewer.
    with contextlib.suppress(*_BAD_FILE):
        ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode.startswith("I"):
        # Pillow would clip 16-bit values at 255 instead of scaling them.
        picture = Image.fromarray((np.asarray(picture).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    if picture.mode == "F":
        raise InputError(f"{name} holds floating-point values, whose range nobody knows. Save it with 8 or 16 bits.")
    file_size = picture.height, picture.width
    try:
        # Every copy that is saved counts: on few cores the reading of the files is what the first epoch waits for.
        if picture.mode != "RGB":
            picture = picture.convert("RGB")
        if size not in (None, file_size):
            picture = picture.resize(size[::-1], Image.Resampling.BILINEAR)
    except _BAD_FILE as error:
        raise InputError(_broken(name, error)) from error
    return np.asarray(picture), file_size


def read_label_file(path):
    """Read a label file: the stored numbers, for a palette file the indices.

    Args:
        path: Image file with one channel of 1, 8 or 16 bits.

    Returns:
        Array `(H, W)` of uint8, uint16 or int32.

    Raises:
        InputError: If the file is missing or broken, or has more than one channel.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Image.fromarray(np.array([[0, 300]], np.uint16)).save(f"{folder}/a.png")
        ...     read_label_file(f"{folder}/a.png").tolist()
        [[0, 300]]
    """
    picture = _open(path, path)
    if picture.mode not in _LABEL_MODES:
        channels = len(picture.getbands())
        raise InputError(
            f"{path} has {channels} channel{'s' * (channels > 1)} (mode {picture.mode}); a label file has one, "
            "with a whole number per pixel. Turn colors into numbers with seglab.labels.labels_from_colors."
        )
    labels = np.asarray(picture)
    return labels.astype(np.uint8) if picture.mode == "1" else labels


def _open(path, name):
    try:
        with Image.open(path) as picture:
            picture.load()
    except FileNotFoundError as error:
        raise InputError(f"{name} does not exist. Check the name.") from error
    except UnidentifiedImageError as error:
        raise InputError(f"{name} cannot be read: it is no image of a known kind. Save it as JPEG or PNG.") from error
    except _BAD_FILE as error:
        raise InputError(_broken(name, error)) from error
    return picture


def _broken(name, error):
    reason = str(error).replace(str(name), "it").splitlines()[0] if str(error) else type(error).__name__
    return f"{name} cannot be read ({reason}). Save it again as JPEG or PNG, or leave it out."
