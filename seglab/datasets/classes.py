"""Class tables: which number in a label file stands for which class, and which pixels are not counted."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from seglab.datasets.files import read_label_file
from seglab.errors import InputError

BORDERS = ("ignore", "foreground", "own")
IGNORED_NAMES = ("void", "unlabelled", "unlabeled", "ignore")
# Separated by spaces; the number of a class is its place.
VOC_CLASSES = (
    "background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person "
    "pottedplant sheep sofa train tvmonitor"
)


@dataclasses.dataclass(frozen=True)
class ClassTable:
    """The classes of a data set and the numbers that stand for them in its files.

    Attributes:
        classes: Tuple of `K` class names; class `i` has label `i`.
        ignore_class: Label of the pixels that are not counted, or `None`.
        lookup: int16 array: label by file value, -1 where the value has no meaning.
        legal: The legal file values in words.
    """

    classes: tuple
    ignore_class: int | None
    lookup: np.ndarray
    legal: str

    def check(self, values, path):
        """Refuse numbers that the table does not know.

        Args:
            values: Integer array `(H, W)` as read from the file.
            path: Name for the error message.

        Raises:
            InputError: If a value is not in the table.

        Example:
            >>> class_table({0: "background", 5: "cell"}).check(np.array([[0, 5, 5]]), "a.png")
        """
        low, high = int(values.min()), int(values.max())
        if low >= 0 and high < len(self.lookup) and self.lookup[low : high + 1].min() >= 0:
            return  # all that lies between is legal: no need to look at every pixel
        found = np.unique(values)
        known = (found >= 0) & (found < len(self.lookup))
        known[known] = self.lookup[found[known]] >= 0
        if not known.all():
            value = int(found[~known][-1])
            raise InputError(
                f"{path} holds label {value}; legal are {self.legal}. If {value} marks pixels not to be counted, "
                f"pass ignore={value} (--ignore {value}); if it is a class, add it to classes.txt."
            )

    def encode(self, values):
        """Turn the numbers of a label file into labels.

        Args:
            values: Integer array `(H, W)` of checked numbers.

        Returns:
            uint8 array `(H, W)`: `0..K-1` and `ignore_class`.

        Example:
            >>> table = class_table({0: "background", 5: "cell"}, {255})
            >>> table.encode(np.array([[0, 5, 255]]))
            array([[  0,   1, 255]], dtype=uint8)
        """
        return self.lookup.take(values).astype(np.uint8)


def class_table(names, ignored=(), *, values=256, ignore_class=None):
    """Number the classes `0..K-1` in the order given.

    Args:
        names: Dict from file value to class name; several values may share one name.
        ignored: File values whose pixels are not counted; they take a value out of `names`.
        values: File values lie in `[0, values)`.
        ignore_class: Label of ignored pixels; `None` takes the one ignored file value where that is free, else 255.

    Returns:
        A `ClassTable`; its `ignore_class` is `None` where nothing is ignored.

    Raises:
        InputError: If no class is left, there are more than 255, or an ignored value is out of range.

    Example:
        >>> table = class_table({0: "void", 1: "road", 2: "car"}, {0})
        >>> table.classes, table.ignore_class, table.lookup[:4].tolist()
        (('road', 'car'), 255, [255, 0, 1, -1])
    """
    for value in ignored:
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not 0 <= value < values:
            raise InputError(f"ignore must be an integer in [0, {values}), got {value!r}. Pass ignore=255, say.")
    kept = {value: name for value, name in names.items() if value not in ignored}
    classes = tuple(dict.fromkeys(kept.values()))
    if not 1 <= len(classes) <= 255:
        raise InputError(f"a data set has 1 to 255 classes, this one has {len(classes)}. Check classes.txt and ignore.")
    if ignored and ignore_class is None:
        first = min(ignored)
        ignore_class = int(first) if len(ignored) == 1 and len(classes) <= first < 256 else 255
    lookup = np.full(values, -1, np.int16)
    for value, name in kept.items():
        lookup[value] = classes.index(name)
    for value in ignored:
        lookup[value] = ignore_class
    legal = _spans(sorted(kept)) + (f" and {_spans(sorted(ignored))} (not counted)" if ignored else "")
    return ClassTable(classes, ignore_class, lookup, legal)


def trimap_table(border="ignore", ignore=None):
    """Make the class table of trimaps: 1 foreground, 2 background, 3 border.

    Args:
        border: What the border becomes, one of `BORDERS`: `"ignore"` (not counted), `"foreground"`, or `"own"` (a
            class of its own).
        ignore: A further value that is not counted, or `None`.

    Returns:
        A `ClassTable`: 0 is the background, 1 the foreground.

    Raises:
        InputError: If `border` is none of the three words.

    Example:
        >>> for border in BORDERS:
        ...     print(border, trimap_table(border).encode(np.array([1, 2, 3])))
        ignore [  1   0 255]
        foreground [1 0 1]
        own [1 0 2]
    """
    if border not in BORDERS:
        raise InputError(f"border must be one of {', '.join(BORDERS)}, got {border!r}.")
    # Files count 1 foreground, 2 background; labels count from the background.
    names = {2: "background", 1: "foreground", 3: "foreground" if border == "foreground" else "border"}
    ignored = {value for value in (ignore, 3 if border == "ignore" else None) if value is not None}
    return class_table(names, ignored, ignore_class=255 if ignored else None)


def read_classes(path):
    """Read a class file: one line `INDEX NAME` per class.

    Args:
        path: Text file; empty lines and lines that begin with `#` are skipped.

    Returns:
        `(names, ignored)`: dict from value to name, and the set of values named void, unlabelled, unlabeled or ignore.

    Raises:
        InputError: If a line is not of that form, an index is repeated or beyond 255, or a name is repeated.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "classes.txt")
        ...     _ = file.write_text("0 road\\n1 car\\n2 Void\\n")
        ...     read_classes(file)
        ({0: 'road', 1: 'car', 2: 'Void'}, {2})
    """
    names = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        index, _, name = line.partition(" ")
        name = name.strip()
        if not index.isascii() or not index.isdigit() or int(index) > 255 or not name:
            raise InputError(f"{path}, line {number} must read INDEX NAME with an index of 0 to 255, got {line!r}.")
        if int(index) in names or name in names.values():
            raise InputError(f"{path}, line {number} repeats an index or a name: {line!r}. Give each class one line.")
        names[int(index)] = name
    if not names:
        raise InputError(f"{path} names no class. Write one line INDEX NAME per class.")
    names = dict(sorted(names.items()))
    return names, {value for value, name in names.items() if name.lower() in IGNORED_NAMES}


def find_classes(paths):
    """Tell the classes from the label files alone.

    Files that hold 0 and 255 only are masks of one foreground class. Otherwise 255 is not counted, and the other
    values must be 0, 1, 2 ... without a gap: with a gap nobody knows whether a class is missing or misread.

    Args:
        paths: All label files of the data set.

    Returns:
        `(names, ignored)` as in `read_classes`.

    Raises:
        InputError: If there is a gap.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Image.fromarray(np.array([[0, 1, 255]], np.uint8)).save(f"{folder}/a.png")
        ...     find_classes([f"{folder}/a.png"])
        ({0: 'class 0', 1: 'class 1'}, {255})
    """
    with ThreadPoolExecutor() as pool:
        return number_classes(set().union(*pool.map(_values, paths)))


def number_classes(found):
    """Tell the classes from all the values that occur, as `find_classes` does.

    Args:
        found: Set of integers, the values of all labels of the data set.

    Returns:
        `(names, ignored)` as in `read_classes`.

    Raises:
        InputError: If there is a gap.

    Example:
        >>> number_classes({0, 255})
        ({0: 'background', 255: 'foreground'}, set())
    """
    found = sorted(found)
    if found == [0, 255]:
        return {0: "background", 255: "foreground"}, set()
    ignored = {255} & set(found)
    values = [value for value in found if value not in ignored]
    if values != list(range(len(values))):
        raise InputError(
            f"the labels hold the values {_spans(values)}, with gaps, and there is no classes.txt. "
            "Write one, one line INDEX NAME per class."
        )
    return {value: f"class {value}" for value in values}, ignored


def _values(path):
    values = read_label_file(path)
    if values.dtype == np.uint8:  # counting is many times faster than the sorting of np.unique
        return np.flatnonzero(np.bincount(values.ravel())).tolist()
    return np.unique(values).tolist()


def _spans(values):
    """Write sorted integers shortly: [0, 1, 2, 7] as '0 to 2, 7'."""
    parts, start = [], 0
    for stop in range(1, len(values) + 1):
        if stop == len(values) or values[stop] != values[stop - 1] + 1:
            first, last = values[start], values[stop - 1]
            parts.append(str(first) if first == last else f"{first} to {last}")
            start = stop
    return ", ".join(parts[:12]) + (" ..." if len(parts) > 12 else "")
