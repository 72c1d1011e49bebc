"""Receptive field: which input pixels one output pixel of a network can see.

Walk backwards. One output pixel of a convolution reads `k_eff` neighbors of its input; those again read their
neighbors, and so on to the image. Each step only needs the first and the last pixel: the field is everything between.
So skips need no formula (of two paths, the wider one counts), and neither does upsampling.

The field says what a pixel *can* see. How much it does see is another matter: weights near the center usually count
for far more. Source: Luo, Li, Urtasun, Zemel, "Understanding the Effective Receptive Field in Deep Convolutional
Neural Networks" (2016).

Networks are lists of numbers or of layers, or models; layers are known by their attributes, as Keras names them, so
nothing here imports Keras. Kernels are square, and one axis stands for both.
"""

from fractions import Fraction
from math import gcd, lcm
from numbers import Integral
from typing import NamedTuple

from seglab.errors import InputError

# In the names of layers whose window is no fixed number of pixels.
_NO_WINDOW = ("Flatten", "Reshape", "GlobalAveragePooling", "GlobalMaxPooling", "Adaptive", "Attention", "Resiz")


class ReceptiveField(NamedTuple):
    """What one output pixel sees, along one axis, in input pixels.

    Attributes:
        size: Number of pixels from the first to the last that it sees. After upsampling, output pixels may differ:
            the largest.
        stride: Step of the field from one output pixel to the next; a fraction (float) after more upsampling than
            downsampling.
        start: First pixel that output pixel 0 sees; negative in the padding.
    """

    size: int
    stride: int | float
    start: int


class _Layer(NamedTuple):
    """One layer as the walk needs it; `up` marks a transposed convolution."""

    name: str
    parents: tuple
    kernel: int = 1
    strides: int = 1
    dilation_rate: int = 1
    before: int = 0  # rows of padding at the start (of a transposed convolution: rows cropped there)
    up: bool = False
    inner: tuple = ()  # the layers of a model that is used as a layer


def receptive_field(layers):
    """Find the receptive field of a network's output.

    Args:
        layers: One of
            - a list of tuples `(kernel, stride, dilation)`, from input to output; `stride` and `dilation` are 1 if
              left out, and a fourth number is the padding at the start, 0 if left out;
            - a list of Keras layers (or objects with their attributes), in order;
            - a Keras model; of the paths through its branches the widest counts. For a layer inside, take
              `keras.Model(model.input, model.get_layer(name).output)`.
            Layers with neither kernel nor pooling count as pointwise. Padding "same" is that of an input whose size
            the strides divide.

    Returns:
        `ReceptiveField(size, stride, start)`.

    Raises:
        InputError: If `layers` is empty, a layer is not square, or it sees the whole map (global pooling, flatten).

    Example:
        >>> receptive_field([(3, 1, 1), (3, 1, 2), (3, 1, 4)])
        ReceptiveField(size=15, stride=1, start=0)
        >>> receptive_field([(3, 1), (2, 2), (3, 1)])
        ReceptiveField(size=8, stride=2, start=0)
    """
    known = _known_layers(layers)
    return _field(known, len(known) - 1)


def receptive_field_table(layers):
    """Follow the receptive field through a network.

    Args:
        layers: As for `receptive_field`.

    Returns:
        List of `(name, ReceptiveField)` for every layer that is not pointwise, from input to output. Tuples are named
        by what they are; merges of branches are named too.

    Raises:
        InputError: As `receptive_field`.

    Example:
        >>> for name, field in receptive_field_table([(3, 1, 1), (2, 2), (3, 1, 2)]):
        ...     print(f"{name:32} {field.size:3} {field.stride:3}")
        1: kernel 3                        3   1
        2: kernel 2, stride 2              4   2
        3: kernel 3, dilation 2           12   2
    """
    known = _known_layers(layers)
    pointwise = _Layer("", ())
    return [
        (layer.name, _field(known, index))
        for index, layer in enumerate(known)
        if layer._replace(name="", parents=()) != pointwise or len(layer.parents) > 1
    ]


def _field(known, last):
    stride, period = _strides(known)[last]
    # Output pixels `period` apart see shifted copies of the same field.
    spans = [_seen(known, last, pixel, pixel) for pixel in range(period)]
    size = max(stop - start + 1 for start, stop in spans)
    return ReceptiveField(size, int(stride) if stride.denominator == 1 else float(stride), spans[0][0])


def _seen(known, last, start, stop):
    """First and last input pixel that pixels `start` to `stop` of layer `last` see."""
    wanted = {last: [(start, stop)]}  # what the layers behind read of each layer
    seen = []
    for index in range(last, -1, -1):
        if index in wanted:
            span = _read(known[index], *_hull(wanted[index]))
            for parent in known[index].parents:
                wanted.setdefault(parent, []).append(span)
            if not known[index].parents:
                seen.append(span)
    return _hull(seen)


def _read(layer, start, stop):
    """First and last pixel of its input that pixels `start` to `stop` of one layer read."""
    if layer.inner:
        return _seen(layer.inner, len(layer.inner) - 1, start, stop)
    reach = (layer.kernel - 1) * layer.dilation_rate
    if not layer.up:
        return start * layer.strides - layer.before, stop * layer.strides - layer.before + reach
    # Input pixel i is scattered to the output pixels from i * strides - before to that plus reach. With strides beyond
    # the kernel some output pixels see nothing: their last pixel is the one before their first.
    first = -((reach - start - layer.before) // layer.strides)  # rounded up
    return first, (stop + layer.before) // layer.strides


def _hull(spans):
    return min(start for start, _ in spans), max(stop for _, stop in spans)


def _strides(known):
    """For each layer the stride of its field, and after how many of its pixels the fields repeat."""
    found = []
    for layer in known:
        stride = found[layer.parents[0]][0] if layer.parents else Fraction(1)
        period = lcm(*(found[parent][1] for parent in layer.parents))
        if layer.inner:
            inner_stride, inner_period = _strides(layer.inner)[-1]
            found.append((stride * inner_stride, period * inner_period))
        elif layer.up:
            found.append((stride / layer.strides, period * layer.strides))
        else:
            found.append((stride * layer.strides, period // gcd(period, layer.strides)))
    return found


def _known_layers(layers):
    """The network as a tuple of `_Layer`, parents before children, the output last."""
    if getattr(layers, "outputs", None):
        return _graph(layers)
    chain = list(getattr(layers, "layers", layers))
    if not chain:
        raise InputError("layers must not be empty: give at least one (kernel, stride, dilation).")
    return tuple(
        _known(layer, parents=(number - 2,) if number > 1 else (), number=number)
        for number, layer in enumerate(chain, start=1)
    )


def _graph(model):
    """A model's layers by walking from its outputs to its inputs, along the history that Keras keeps of a tensor."""
    inputs = {id(tensor) for tensor in model.inputs}
    known, places = [], {}

    def call(tensor):  # a layer may be used more than once: what counts is the call
        history = tensor._keras_history
        return (id(tensor),) if id(tensor) in inputs else (id(history.operation), history.node_index)

    # Without recursion: networks may be deeper than Python's stack.
    waiting = list(model.outputs)
    while waiting:
        tensor = waiting[-1]
        history = tensor._keras_history
        is_input = id(tensor) in inputs
        read = [] if is_input else history.operation._inbound_nodes[history.node_index].input_tensors
        unknown = [parent for parent in read if call(parent) not in places]
        if unknown:
            waiting += unknown
            continue
        waiting.pop()
        if call(tensor) not in places:
            parents = tuple(dict.fromkeys(places[call(parent)] for parent in read))
            places[call(tensor)] = len(known)
            known.append(_Layer(history.operation.name, ()) if is_input else _known(history.operation, parents=parents))
    return (*known, _Layer("outputs", tuple(dict.fromkeys(places[call(tensor)] for tensor in model.outputs))))


def _known(layer, *, parents, number=None):
    """One layer, by its attributes."""
    if isinstance(layer, tuple | list):
        return _from_numbers(layer, parents, number)
    if not hasattr(layer, "name"):
        raise InputError(f"layers must be a list of tuples or of layers, got {layer!r} in it. Put it into a list?")
    kind, name = type(layer).__name__, layer.name
    if any(word in kind for word in _NO_WINDOW):
        raise InputError(
            f"layers must each see a window of fixed size, got {kind} {name!r}, which may see the whole map. "
            "End the network before it."
        )
    if getattr(layer, "layers", None):
        return _Layer(name, parents, inner=_known_layers(layer))
    if hasattr(layer, "kernel_size"):
        kernel = _one_number(layer, "kernel_size")
        strides = _one_number(layer, "strides")
        dilation_rate = _one_number(layer, "dilation_rate")
    elif hasattr(layer, "pool_size"):
        kernel, strides, dilation_rate = _one_number(layer, "pool_size"), _one_number(layer, "strides"), 1
    elif kind.startswith("UpSampling"):
        strides = _one_number(layer, "size")
        linear = getattr(layer, "interpolation", "nearest") == "bilinear"
        kernel = 2 * strides - strides % 2 if linear else strides
        return _Layer(name, parents, kernel, strides, before=(kernel - strides) // 2, up=True)
    elif kind.startswith("ZeroPadding"):
        return _Layer(name, parents, before=_first_number(layer.padding))
    elif kind.startswith("Cropping"):
        return _Layer(name, parents, before=-_first_number(layer.cropping))
    else:
        return _Layer(name, parents)
    before = max((kernel - 1) * dilation_rate + 1 - strides, 0) // 2 if layer.padding == "same" else 0
    return _Layer(name, parents, kernel, strides, dilation_rate, before, up="Transpose" in kind)


def _from_numbers(numbers, parents, number):
    defaults = lowest = (1, 1, 1, 0)
    if not 1 <= len(numbers) <= 4 or any(
        isinstance(value, bool) or not isinstance(value, Integral) or value < least
        for value, least in zip(numbers, lowest, strict=False)
    ):
        raise InputError(
            "layers must be tuples (kernel, stride, dilation) or (kernel, stride, dilation, padding) of whole numbers, "
            f"the first three at least 1, got {tuple(numbers)!r}."
        )
    kernel, strides, dilation_rate, before = (*numbers, *defaults[len(numbers) :])
    words = (
        [f"kernel {kernel}"]
        + [f"stride {strides}"] * (strides > 1)
        + [f"dilation {dilation_rate}"] * (dilation_rate > 1)
    )
    return _Layer(f"{number}: {', '.join(words)}", parents, kernel, strides, dilation_rate, before)


def _one_number(layer, attribute):
    """The one number of a square option, which Keras keeps as a tuple."""
    value = getattr(layer, attribute)
    values = set(value) if isinstance(value, tuple | list) else {value}
    if len(values) != 1:
        raise InputError(f"{attribute} must be the same along both axes, got {value!r} in {layer.name!r}.")
    return values.pop()


def _first_number(value):
    """Rows at the start, of ((top, bottom), (left, right)) or (start, end) or a number."""
    while isinstance(value, tuple | list):
        value = value[0]
    return value
