"""Values between judge and student, as JSON nodes and raw arrays: only plain data is ever decoded.

Whoever receives a value checks size, depth, count and types before anything is built from it, so that the
judge can read what a hostile process sends.
"""

from collections import Counter, OrderedDict, defaultdict

import numpy as np

MAX_ARRAYS = 64 << 20  # bytes, all arrays of one message
MAX_NODES = 200_000
MAX_DEPTH = 64
MAX_DIMENSIONS = 16
MAX_KEYS_PER_HASH = 32
DTYPES = frozenset(np.dtype(code).str for code in "?bBhHiIlLqQefdFD")
CONTAINERS = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
TENSOR_PACKAGES = frozenset({"tensorflow", "keras", "torch", "jax", "jaxlib"})


class WireError(Exception):
    """The other side broke the protocol."""


class Tensor(np.ndarray):
    """An array that was a backend tensor on the other side; `.numpy()` works as it does there."""

    def numpy(self):
        """Return the plain array, or the scalar of an array without axes."""
        return np.asarray(self)[()]


class Record(tuple):
    """What was a named tuple on the other side: a tuple whose items have names; no method of the student's."""

    def __new__(cls, names, items):
        """Make a record of as many names as items."""
        made = super().__new__(cls, items)
        if len(names) != len(made) or not all(type(name) is str and _is_public(name) for name in names):
            raise ValueError("names that do not fit")
        made._fields = tuple(names)
        return made

    def __getattr__(self, name):
        # NumPy asks any object for __array_interface__ and believes the address in it: no such name is a field's.
        fields = self.__dict__.get("_fields", ())
        if _is_public(name) and name in fields:
            return self[fields.index(name)]
        raise AttributeError(name)

    def __reduce__(self):
        return Record, (self._fields, tuple(self))

    def _asdict(self):
        """Return the items by their names."""
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, **items):
        """Return a record with other items under some of the names."""
        unknown = items.keys() - set(self._fields)
        if unknown:
            raise ValueError(f"no such fields: {sorted(unknown)}")
        return Record(self._fields, (self._asdict() | items).values())

    @property
    def count(self):
        """The item of this name, where there is one, else the method of tuples."""
        return self[self._fields.index("count")] if "count" in self._fields else super().count

    @property
    def index(self):
        """The item of this name, where there is one, else the method of tuples."""
        return self[self._fields.index("index")] if "index" in self._fields else super().index


def _is_public(name):
    return name.isidentifier() and not name.startswith("_")


def encode(value, arrays, special):
    """Turn a value into JSON nodes.

    Args:
        value: Anything.
        arrays: List that collects the arrays, to be sent behind the header.
        special: Called with `(value, arrays)` for what is no plain data; returns a node `[tag, body]`.

    Returns:
        A node: `None`, `bool`, `int`, `float`, `str` or a list `[tag, body]`.
    """
    kind = type(value)
    if value is None or kind in (bool, str, float):
        return value
    if kind is int:
        return value if -(1 << 63) < value < 1 << 63 else ["int", hex(value)]
    if kind.__name__ in CONTAINERS and kind is CONTAINERS[kind.__name__]:
        return [kind.__name__, [encode(item, arrays, special) for item in value]]
    if kind in (dict, Counter, OrderedDict, defaultdict):
        pairs = [[encode(key, arrays, special), encode(item, arrays, special)] for key, item in value.items()]
        return ["dict", pairs]
    if kind is complex:
        return ["complex", [value.real, value.imag]]
    if kind is slice:
        return ["slice", [encode(part, arrays, special) for part in (value.start, value.stop, value.step)]]
    if kind in (bytes, bytearray):
        arrays.append(np.frombuffer(value, np.uint8))
        return ["bytes", len(arrays) - 1]
    if hasattr(kind, "stays_remote"):
        return special(value, arrays)
    fields = value._fields if kind is Record else getattr(kind, "_fields", None)
    if isinstance(value, tuple) and type(fields) is tuple:
        items = [encode(item, arrays, special) for item in tuple.__iter__(value)]
        return ["record", [["list", list(fields)], ["list", items]]]
    node = _encode_array(value, kind, arrays)
    if node is not None:
        return node
    for base, plain in ((float, float.__float__), (int, int.__int__), (str, str.__str__)):
        if isinstance(value, base):  # a subclass: it loses its methods here
            return encode(base(plain(value)), arrays, special)
    return special(value, arrays)


def _encode_array(value, kind, arrays):
    """Return the node of an array, scalar or tensor, `None` where the value is none or holds objects."""
    if isinstance(value, np.character):  # np.str_ is a str
        return None
    if isinstance(value, np.generic):
        tag, array = "scalar", np.asarray(value)
    elif isinstance(value, np.ndarray):
        tag, array = "array", np.asarray(value)
    elif kind.__module__.split(".")[0] in TENSOR_PACKAGES and hasattr(kind, "__array__") and hasattr(value, "shape"):
        try:
            tag, array = "tensor", np.asarray(value)
        except Exception:  # a symbolic tensor has no values
            return None
    else:
        return None
    if array.dtype.kind in "US":
        return ["text", [list(array.shape), array.dtype.str[1:], [str(item) for item in array.astype("U").flat]]]
    if array.dtype.kind == "V" and array.dtype.names is None and tag == "tensor":  # bfloat16
        array = array.astype(np.float32)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.str not in DTYPES:
        return None
    arrays.append(np.ascontiguousarray(array).reshape(array.shape))
    return [tag, len(arrays) - 1]


class Decoder:
    """The strict inverse of `encode` for one message: exact types, bounded counts.

    Args:
        arrays: The arrays of the message.
        special: Called with `(tag, body, decode)` of what is no plain data; `None` refuses it.
        tensor: Makes a tensor of an array; a `Tensor` if `None`.
    """

    def __init__(self, arrays, special=None, tensor=None):
        self.arrays, self.special, self.left = arrays, special, MAX_NODES
        self.tensor = tensor or (lambda array: array.view(Tensor))

    def __call__(self, node, depth=0):
        """Return the value of a node.

        Raises:
            WireError: If the node is malformed, too deep or one too many.
        """
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            raise WireError("a value too large or too deep")
        if node is None or type(node) in (bool, int, float):
            return node
        if type(node) is str:
            return node.encode("utf-8", "replace").decode()  # lone surrogates break whoever writes them later
        if type(node) is not list or len(node) != 2 or type(node[0]) is not str:
            raise WireError("a malformed node")
        tag, body = node
        if tag in ("array", "scalar", "tensor", "bytes"):
            return self._array(tag, body)
        if tag in CONTAINERS or tag in ("dict", "record", "complex", "slice", "int", "text"):
            try:
                return self._plain(tag, body, depth)
            except (TypeError, ValueError, OverflowError) as error:
                raise WireError(f"a bad {tag}: {error}") from None
        if self.special:
            return self.special(tag, body, lambda inner: self(inner, depth + 1))
        raise WireError(f"an unknown tag {tag[:20]!r}")

    def _array(self, tag, body):
        if type(body) is not int or not 0 <= body < len(self.arrays):
            raise WireError("no such array")
        array = self.arrays[body]
        if tag == "bytes":
            return array.tobytes()
        if tag == "scalar":
            if array.shape:
                raise WireError("a scalar with a shape")
            return array[()]
        return self.tensor(array) if tag == "tensor" else array

    def _plain(self, tag, body, depth):
        if tag == "int":
            if type(body) is not str or len(body) > 5000:
                raise WireError("a bad int")
            return int(body, 16)
        if type(body) is not list:
            raise WireError("a malformed container")
        if tag == "text":
            return _text_array(*body)
        if tag == "dict":
            pairs = [(self(key, depth + 1), self(item, depth + 1)) for key, item in body]
            _refuse_collisions([key for key, _ in pairs])
            return dict(pairs)
        items = [self(item, depth + 1) for item in body]
        if tag == "complex":
            if [type(item) for item in items] != [float, float]:
                raise WireError("a bad complex")
            return complex(*items)
        if tag == "slice":
            return slice(*items)
        if tag == "record":
            return Record(*items)
        if tag in ("set", "frozenset"):
            _refuse_collisions(items)
        return CONTAINERS[tag](items)


def _text_array(shape, dtype, items):
    # The dtype is checked by length alone: text of any length up to the header's is harmless.
    if type(dtype) is not str or dtype[:1] not in ("U", "S") or not dtype[1:].isdecimal() or len(dtype) > 8:
        raise WireError("a bad text array")
    if int(dtype[1:]) * max(1, len(items)) > MAX_ARRAYS // 4 or not all(type(item) is str for item in items):
        raise WireError("a bad text array")
    if len(shape) > MAX_DIMENSIONS or not all(type(size) is int and 0 <= size < 1 << 31 for size in shape):
        raise WireError("a bad text array")
    clean = [item.encode("utf-8", "replace").decode() for item in items]
    return np.array(clean, dtype="U" + dtype[1:]).astype(dtype).reshape(shape)


def _refuse_collisions(keys):
    """Keys made to collide turn a dict into a list; that loop runs in C, where no alarm can stop it."""
    if len(keys) > MAX_KEYS_PER_HASH and max(Counter(hash(key) for key in keys).values()) > MAX_KEYS_PER_HASH:
        raise WireError("keys that collide")
