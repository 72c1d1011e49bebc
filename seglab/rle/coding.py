"""COCO's run-length code: to and from masks, and to `Runs`.

Lin et al.'s program, published with "Microsoft COCO: Common Objects in Context" (ECCV 2014), defines it. The runs of a
mask are counted down the columns, background first. Crowds in annotation files keep them as numbers; results pack them
into a string: from the fourth number on only the difference to the number before the last is kept; each is cut into
groups of five bits, lowest first, with a sixth bit that says "more follows"; a group becomes character 48 + its value.
"""

from itertools import pairwise

import numpy as np

from seglab.errors import InputError
from seglab.rle.runs import Runs, join

_FIRST_CHARACTER = 48
# Characters that are unpacked at a time: their working arrays, about 0.5 MB each, stay in the processor's cache.
_CHUNK = 1 << 16


def encode(masks):
    """Write masks as compressed COCO run-length encoding.

    Args:
        masks: bool array `(H, W)` or `(N, H, W)`; of other types, what is not 0 is foreground.

    Returns:
        dict `{"size": [H, W], "counts": str}` of one mask, or the list of them. `json` can write it.

    Raises:
        InputError: If `masks` has neither two nor three axes.

    Example:
        >>> encode(np.array([[0, 1, 1], [0, 0, 1]]))
        {'size': [2, 3], 'counts': '2111'}
    """
    masks = np.asarray(masks)
    found = find_runs(masks[None] if masks.ndim == 2 else masks)
    rles = []
    for i, (height, width) in enumerate(found.sizes.tolist()):
        mine = slice(found.first[i], found.first[i + 1])
        starts = found.starts[mine] - i * height * width
        edges = np.stack([starts, starts + found.lengths[mine]], axis=-1).reshape(-1)
        if not len(edges) or edges[-1] < height * width:
            edges = np.append(edges, height * width)
        rles.append({"size": [height, width], "counts": _compress(np.diff(edges, prepend=0)).decode()})
    return rles[0] if masks.ndim == 2 else rles


def decode(rles):
    """Draw masks from their run-length encoding.

    Args:
        rles: dict `{"size": [H, W], "counts": ...}` or a list of them, all of one size; counts a compressed string, or
            a list of run lengths.

    Returns:
        bool array `(H, W)`, or `(N, H, W)` of a list. An empty list gives `(0, 0, 0)`.

    Raises:
        InputError: If a mask's counts do not fill its size, or sizes differ.

    Example:
        >>> decode({"size": [2, 3], "counts": [2, 1, 1, 2]}).astype(int)
        array([[0, 1, 1],
               [0, 0, 1]])
    """
    found = find_runs([rles] if isinstance(rles, dict) else rles)
    if (found.sizes != found.sizes[:1]).any():
        raise InputError(
            f"masks must be of one size to be stacked, got {found.sizes.min(axis=0)} to {found.sizes.max(axis=0)}. "
            "Decode them one by one."
        )
    height, width = found.sizes[0] if len(found.sizes) else (0, 0)
    edges = np.stack([found.starts, found.starts + found.lengths], axis=-1).reshape(-1)
    lengths = np.diff(edges, prepend=0, append=len(found.sizes) * height * width)
    columns = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(len(found.sizes), width, height)
    masks = np.zeros((len(found.sizes), height, width), bool)
    used = columns.any(axis=2)  # most masks are small: it pays to turn only what they touch
    masks.transpose(0, 2, 1)[used] = columns[used]
    return masks[0] if isinstance(rles, dict) else masks


def find_runs(masks):
    """Find the runs of masks, in any of the forms that this module reads.

    Args:
        masks: bool array `(N, H, W)` (of other types, what is not 0 is foreground), or list of `N` dicts
            `{"size": [H, W], "counts": ...}`, of any sizes; counts a compressed string, or a list of run lengths.

    Returns:
        `Runs`.

    Raises:
        InputError: If an array has not three axes, or a mask's counts do not fill its size.

    Example:
        >>> found = find_runs([{"size": [2, 3], "counts": "2111"}, {"size": [1, 4], "counts": [1, 2, 1]}])
        >>> found.starts, found.lengths, found.first, found.areas
        (array([2, 4, 7]), array([1, 2, 2]), array([0, 2, 3]), array([3, 2]))
    """
    if isinstance(masks, np.ndarray):
        return _runs_of_array(masks)
    try:
        sizes = np.array([rle["size"] for rle in masks], np.int64).reshape(len(masks), 2)
        strings = [_string(rle["counts"]) for rle in masks]
    except (TypeError, LookupError, ValueError) as error:
        raise InputError(
            'masks must be a bool array (N, H, W) or a list of dicts {"size": [H, W], "counts": ...}, '
            f"got a {type(masks).__name__} in which this failed: {error!r}."
        ) from error
    characters = np.cumsum([len(string) for string in strings])
    cuts = [0, *(np.flatnonzero(np.diff(characters // _CHUNK)) + 1).tolist(), len(strings)]
    parts = [_runs_of_strings(strings[i:j], sizes[i:j], i) for i, j in pairwise(cuts) if i < j]
    return parts[0] if len(parts) == 1 else join(parts)


def _runs_of_strings(strings, sizes, number):
    """Runs of at least one compressed mask; `number` is that of the first, for messages."""
    background, foreground, pairs = _counts(strings)
    ends = (background + foreground).cumsum()
    last = pairs.cumsum() - 1
    pixels = sizes.prod(axis=1)
    if (ends[last] != pixels.cumsum()).any() or background.min() < 0 or foreground.min() < 0:
        total = np.add.reduceat(background + foreground, last - pairs + 1)
        least = np.minimum.reduceat(np.minimum(background, foreground), last - pairs + 1)
        wrong = np.flatnonzero((total != pixels) | (least < 0))[0]
        raise InputError(
            f"counts must be runs of at least 0 that add up to height * width, got mask {number + wrong} of size "
            f"{sizes[wrong].tolist()} with {total[wrong]}, the least {least[wrong]}. Are height and width swapped?"
        )
    some = foreground > 0
    before = np.concatenate([[0], some.cumsum()])
    first = before[np.concatenate([[0], last + 1])]
    return Runs((ends - foreground)[some], foreground[some], first, sizes)


def _runs_of_array(masks):
    if masks.ndim != 3:
        raise InputError(f"masks must have shape (N, H, W), got {masks.shape}. Pass masks[None] for one mask?")
    count, height, width = masks.shape
    masks = masks.astype(bool, copy=False)
    used = masks.any(axis=1)  # (N, W): most masks are small, and columns lie across the memory
    columns = np.zeros((np.count_nonzero(used), height + 1), bool)  # one pixel of background ends its last run
    columns[:, :-1] = masks.transpose(0, 2, 1)[used]
    edges = np.flatnonzero(np.diff(columns.reshape(-1), prepend=False))
    column, row = np.divmod(edges, height + 1)
    edges = np.flatnonzero(used)[column] * height + row
    starts, ends = edges[0::2], edges[1::2]
    on = np.flatnonzero((starts[1:] == ends[:-1]) & (starts[1:] % (height * width) > 0))  # runs into the next column
    starts, ends = np.delete(starts, on + 1), np.delete(ends, on)
    first = np.searchsorted(starts, np.arange(count + 1) * height * width)
    return Runs(starts, ends - starts, first, np.full((count, 2), (height, width), np.int64))


def _string(counts):
    if isinstance(counts, bytes):
        return counts
    return counts.encode("latin-1") if isinstance(counts, str) else _compress(np.asarray(counts, np.int64))


def _compress(counts):
    """Pack the run lengths of one mask into COCO's string."""
    values = counts.copy()
    values[3:] -= counts[1:-2]
    groups, used, more = [], [], np.ones(len(values), bool)
    while more.any():
        group, sign = values & 31, values & 16
        values >>= 5
        used.append(more)
        more = more & (values != np.where(sign, -1, 0))
        groups.append(group + 32 * more + _FIRST_CHARACTER)
    return np.stack(groups, axis=-1).astype(np.uint8)[np.stack(used, axis=-1)].tobytes()


def _counts(strings):
    """Unpack strings: lengths of background and of foreground runs in turn, and how many of each a string holds."""
    codes = np.frombuffer(b"".join(strings), np.uint8) - np.uint8(_FIRST_CHARACTER)  # a low character wraps
    ends = np.flatnonzero(codes < 32)  # last group of each number
    upto = np.cumsum([len(string) for string in strings])
    numbers = np.diff(np.searchsorted(ends, upto), prepend=0)
    groups = np.diff(ends, prepend=-1)
    if codes.max(initial=0) > 63 or numbers.min() < 1 or (codes[upto - 1] > 31).any() or groups.max() > 12:
        raise InputError("counts must be a compressed COCO string or a list of run lengths, got another string.")
    low = codes & 31
    values = (low[ends] ^ 16).astype(np.int64) - 16  # sign of the last group
    longer, back = np.flatnonzero(groups > 1), 1
    while len(longer):
        values[longer] = values[longer] << 5 | low[ends[longer] - back]
        back += 1
        longer = longer[groups[longer] > back]
    # Lay out background and foreground in pairs: a string of an odd number of runs gets an empty one.
    odd = numbers & 1
    pairs = (numbers + odd) // 2
    padded = np.zeros(2 * pairs.sum(), np.int64)
    padded[np.arange(len(values)) + np.repeat(odd.cumsum() - odd, numbers)] = values
    background, foreground = padded[0::2], padded[1::2]
    last = pairs.cumsum() - 1
    first = last - pairs + 1
    # Undo the differences: sums over each string's own numbers. The first background stands outside.
    sums = background.cumsum()
    lead = background[first]
    background = sums - np.repeat(sums[first], pairs)
    background[first] = lead
    sums = foreground.cumsum()
    foreground = sums - np.repeat(sums[first] - foreground[first], pairs)
    foreground[last[odd > 0]] = 0
    return background, foreground, pairs
