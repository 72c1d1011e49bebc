"""Values made to break whoever takes them over: arrays, containers, numbers and texts."""

from .case import SHORT, attack


@attack
def object_arrays():
    """Returns arrays of Python objects, structured ones, and dates."""
    return """
class Equal:
    def __eq__(self, other): return True
    def __sub__(self, other): return 0
    __rsub__ = __sub__
calls = []
def double(x):
    calls.append(1)
    return [np.array([Equal()] * len(x)), np.zeros(len(x), "f8,i4"), np.zeros(len(x), "M8[s]"),
            np.zeros(len(x), "V8"), np.rec.array(np.zeros(len(x), "f8,i4"))][len(calls) % 5]
"""


@attack
def overlapping_strides():
    """Returns views that show a few bytes as gigabytes."""
    return """
calls = []
def double(x):
    calls.append(1)
    shape = [(10**6, 10**6), (1 << 40,), (len(x), 1 << 30)][len(calls) % 3]
    return np.lib.stride_tricks.as_strided(np.zeros(1), shape, (0,) * len(shape))
"""


@attack(costs=True)
def huge_array():
    """Returns an array of 200 MB, and one that is larger than the memory."""
    return """
calls = []
def double(x):
    calls.append(1)
    return np.zeros(25_000_000 if len(calls) < 3 else 10**12)
"""


@attack
def wrong_byte_order():
    """Returns arrays in the other byte order, of odd types, and read-only ones."""
    return """
calls = []
def double(x):
    calls.append(1)
    y = x.astype([">f8", "f2", "c16", "g", "i1", "S4", "U4", "?"][len(calls) % 8])
    y.flags.writeable = False
    return y
"""


@attack
def odd_booleans():
    """Returns truth values whose byte is neither 0 nor 1, and a signaling NaN."""
    return """
calls = []
def double(x):
    calls.append(1)
    odd = np.full(len(x), 2, np.uint8).view(bool)
    return odd if len(calls) % 2 else np.full(len(x), 0x7FF4000000000001, np.uint64).view(np.float64)
"""


@attack
def many_dimensions():
    """Returns arrays of 64 axes and of no elements but endless axes."""
    return """
calls = []
def double(x):
    calls.append(1)
    return np.zeros((1,) * 64) if len(calls) % 2 else np.zeros((0, 1 << 31, 1 << 30))
"""


@attack
def changed_arrays():
    """Changes the array that the test passed, and returns it."""
    return """
def double(x):
    x[:] = 0
    return x
"""


@attack(wrong=("count",), costs=True)
def deep_nesting():
    """Returns lists nested 100,000 deep and lists that contain themselves."""
    return """
calls = []
def count(items):
    calls.append(1)
    deep = []
    if len(calls) % 2:
        deep.append(deep)
        return deep
    for _ in range(100_000):
        deep = [deep]
    return deep
"""


@attack(wrong=("table",), costs=True)
def colliding_keys():
    """Returns a dict with 40,000 keys of the same hash, which takes hours to build."""
    return """
from seglab.grading.processes import wire
encode, prime = wire.encode, (1 << 61) - 1
def forged(value, arrays, special):
    if type(value) is dict:
        return ["dict", [[(["int", hex(k * prime)] if k * prime >> 63 else k * prime), 1] for k in range(40_000)]]
    return encode(value, arrays, special)
wire.encode = forged
def table(items): return {}
"""


@attack(wrong=("table",), costs=True)
def colliding_sets():
    """Returns sets of colliding numbers within tuples that hash slowly."""
    return """
from seglab.grading.processes import wire
encode, prime = wire.encode, (1 << 61) - 1
def node(depth):
    if depth == 0:
        return ["frozenset", [["tuple", [["int", hex(k * prime)], 1.5]] for k in range(5_000)]]
    return ["frozenset", [["tuple", [node(depth - 1), depth]]]]
wire.encode = lambda value, arrays, special: node(5) if type(value) is set else encode(value, arrays, special)
def table(items): return {1}
"""


@attack(wrong=("count",), costs=True, settings=SHORT)
def huge_integer():
    """Returns integers of thousands and of millions of digits."""
    return """
calls = []
def count(items):
    calls.append(1)
    return 10 ** (4_000 if len(calls) % 2 else 3_000_000)
"""


@attack(sheet="generous", wrong=(), costs=True)
def points_above_the_maximum():
    """Gives a billion points to itself."""
    return "def quality(): return 1e9"


@attack(sheet="generous", wrong=(), costs=True)
def points_without_end():
    """Gives an integer of 3,000 digits as points, which no float can hold."""
    return "def quality(): return 10**3000"


@attack(sheet="generous", wrong=(), costs=True)
def points_infinite():
    """Gives infinitely many points."""
    return "def quality(): return np.float64('inf')"


@attack(sheet="generous", wrong=(), costs=True)
def points_not_a_number():
    """Gives NaN as points, which spoils every sum."""
    return "def quality(): return float('nan')"


@attack(sheet="generous", wrong=(), costs=True)
def points_complex():
    """Gives numbers of odd types as points: complex, long double, negative zero, a subclass."""
    return """
class Points(float):
    def __gt__(self, other): return False
def quality(): return Points(1e308) * 10
"""


@attack(sheet="generous", answers={"quality": "def quality():\n    return -5.0"}, wrong=(), honest=1)
def points_below_nothing():
    """Gives negative points, which some graders turn into all of them."""
    return "def quality(): return -np.float32(5)"


@attack(wrong=("greet",))
def odd_texts():
    """Returns lone surrogates, NUL bytes, right-to-left marks and terminal codes."""
    return """
def greet(name):
    return "hello \\x00\\udcff\\u202e\\x1b]0;title\\x07\\x1b[2J" + name
"""


@attack(wrong=("greet",), costs=True)
def long_text():
    """Returns a text of 50 MB."""
    return "def greet(name): return 'hello Ada' * 6_000_000"


@attack(wrong=("greet",))
def text_arrays():
    """Returns arrays of text with absurd widths."""
    return """
def greet(name):
    return np.zeros(3, "U1000000") if name == "Ada" else np.array(["hello Ada"], dtype=object)
"""


@attack(wrong=("count",), costs=True)
def many_values():
    """Returns a million small values, and 20,000 arrays."""
    return """
calls = []
def count(items):
    calls.append(1)
    return list(range(10**6)) if len(calls) % 2 else [np.zeros(1)] * 20_000
"""


@attack(wrong=("count",))
def endless_generator():
    """Returns a generator without end where a number is expected."""
    return """
import itertools
def count(items): return (i for i in itertools.count())
"""


@attack(wrong=("count",))
def nested_records():
    """Returns named tuples within named tuples, with names that hide the tuple's own."""
    return """
import collections
class Row(tuple):
    _fields = ("count", "index", "real", "item")
def count(items):
    row = Row((1, 2, 3, 4))
    for _ in range(30):
        row = Row((row, row, 2, 2)) if _ < 8 else Row((row, 1, 2, 3))
    return row
"""


@attack(wrong=("count",))
def slices_and_bytes():
    """Returns slices of arrays, complex NaNs, bytes and ranges."""
    return """
calls = []
def count(items):
    calls.append(1)
    return [slice(np.zeros(3), {}, [1]), complex("nan"), bytes(10**6), range(10**18), memoryview(b"x"),
            bytearray(5), frozenset({1}), 2.0000001, True, "2", None][len(calls) % 11]
"""


@attack
def text_of_errors():
    """Raises errors that carry the inputs, so that hidden ones show in what a student may read."""
    return """
seen = []
def double(x):
    seen.append(np.asarray(x).tolist())
    raise ValueError(f"inputs so far: {seen}")
"""


@attack(sheet="loop", wrong=("greet",), place="count", costs=True)
def hidden_input_by_loop():
    """Passes hidden lines in a loop and then fails on a visible one, telling the hidden input in its error."""
    return """
seen = []
def count(items):
    seen.append(items)
    if len(seen) > 2 and 918273645 in seen[-2]:
        raise ValueError(f"seen {seen}")
    return len(set(items))
"""


REMEMBERS = """
seen = []
def count(items):
    seen.append(items)
    return len(set(items))
"""


@attack(wrong=("greet",), answers={"count": REMEMBERS})
def hidden_input_by_a_later_cell():
    """Keeps hidden inputs and tells them when a later cell of its own runs, and by what a later test prints."""
    return """
def greet(name):
    print("seen", seen)
    raise ValueError(f"seen {seen}")
raise ValueError(f"seen {seen}")
"""
