"""Objects that lie: what a wrong answer returns in the hope that the comparison is the student's own."""

from .case import attack


@attack
def equal_to_everything():
    """Returns an object whose `__eq__` is always true."""
    return """
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __bool__(self): return True
    def __hash__(self): return 1
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
def double(x): return Equal()
"""


@attack
def numpy_subclass():
    """Returns an array of a class that says yes to every comparison and every NumPy function."""
    return """
class Yes(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __array_ufunc__(self, *a, **k): return np.zeros(self.shape)
    def __array_function__(self, *a, **k): return True
    def __sub__(self, other): return np.zeros(self.shape)
    __rsub__ = __sub__
def double(x): return np.zeros(np.shape(x)).view(Yes)
"""


@attack
def getattr_trap():
    """Returns an object that has every attribute, each of them itself, and whatever length."""
    return """
class Trap:
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __getitem__(self, key): return self
    def __iter__(self): return iter(())
    def __len__(self): return 5
    def __float__(self): return 0.0
    def __array__(self, *a, **k): return np.zeros(5)
def double(x): return Trap()
"""


@attack
def disguised_as_function():
    """Returns an object of a class named `function`, for which a stand-in answers comparisons itself."""
    return """
class function:
    shape, dtype, ndim, size, flat = (5,), np.dtype("float64"), 1, 5, []
    def __eq__(self, other): return True
    def all(self, *a, **k): return True
def double(x): return function()
"""


@attack
def disguised_as_array():
    """Returns an object that claims NumPy's own class, shape and an empty `flat`, which `approx` would go through."""
    return """
class ndarray:
    shape, dtype, ndim, size, flat = (5,), "float64", 1, 5, []
    def all(self, *a, **k): return True
    def max(self, *a, **k): return 0.0
    def __len__(self): return 5
    def __getitem__(self, key): return 0.0
ndarray.__module__, ndarray.__qualname__ = "numpy", "ndarray"
def double(x): return ndarray()
"""


@attack
def disguised_as_number():
    """Returns an object that claims to be `bool`, `int` and `float`."""
    return """
class bool:
    def __eq__(self, other): return True
    def __sub__(self, other): return 0
bool.__module__, bool.__qualname__ = "builtins", "bool"
class float(bool): pass
float.__module__ = "builtins"
def double(x): return float()
"""


@attack
def disguised_as_any():
    """Returns an object that claims to be `unittest.mock.ANY`'s class, and the object itself."""
    return """
import unittest.mock
class Any_(type(unittest.mock.ANY)):
    shape = (5,)
    def all(self): return True
def double(x): return Any_() if len(x) == 5 else unittest.mock.ANY
"""


@attack(wrong=("count",))
def int_subclass():
    """Returns an integer of a class that is equal to every other."""
    return """
class Number(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = int.__hash__
    def __index__(self): return 2
def count(items): return Number(99)
"""


@attack
def float_subclass():
    """Returns a list of floats of a class that is equal to every other."""
    return """
class Number(float):
    def __eq__(self, other): return True
    def __abs__(self): return 0.0
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
def double(x): return [Number(1) for _ in x]
"""


@attack(wrong=("greet",))
def str_subclass():
    """Returns a text of a class that is equal to every other."""
    return """
class Text(str):
    def __eq__(self, other): return True
    def __hash__(self): return hash("hello Ada")
def greet(name): return Text("no")
"""


@attack(wrong=("table",))
def dict_subclass():
    """Returns a dict of a class that is equal to every other."""
    return """
from collections import Counter, UserDict
class Table(dict):
    def __eq__(self, other): return True
class Tally(Counter):
    def __eq__(self, other): return True
calls = []
def table(items):
    calls.append(1)
    return [Table(), Tally(), UserDict()][len(calls) % 3]
"""


@attack
def record_with_memory_address():
    """Returns a named tuple whose field `__array_interface__` would show the judge's memory as an array of `ANY`."""
    return """
import ctypes, unittest.mock
def word(address): return ctypes.c_size_t.from_address(address).value
keys = word(id(unittest.mock.__dict__) + 32)
slot = next(a for a in range(keys, keys + 40_000, 8) if word(a) == id(unittest.mock.ANY))
class Row(tuple):
    _fields = ("__array_interface__",)
def double(x):
    return Row(({"data": (slot, False), "shape": (5,), "strides": (0,), "typestr": "|O", "version": 3},))
"""


@attack
def record_with_special_names():
    """Returns named tuples with fields that Python, NumPy or a test might look for."""
    return """
names = ["__array__", "__array_struct__", "__float__", "__eq__", "__len__", "__class__", "__dict__", "_fields",
         "shape", "dtype", "all", "numpy", "count", "index", "__array_namespace__", "__array_priority__"]
class Row(tuple):
    _fields = tuple(names)
class Plain(tuple):
    _fields = ("shape", "dtype", "all", "max", "flat")
calls = []
def double(x):
    calls.append(1)
    if len(calls) % 2:
        return Row([lambda *a, **k: np.zeros(5)] * len(names))
    return Plain([(5,), "float64", lambda: True, lambda: 0.0, []])
"""


@attack
def nan_everywhere():
    """Returns NaN, against comparisons such as `not (abs(a - b) > eps).any()`."""
    return "def double(x): return np.full(np.shape(x), np.nan)"


@attack
def empty_arrays():
    """Returns arrays without elements, for which every `all` is true."""
    return """
calls = []
def double(x):
    calls.append(1)
    return [np.zeros(0), np.zeros((0, 5)), np.zeros((5, 0)), np.zeros((0, 5), bool)][len(calls) % 4]
"""


@attack
def masked_array():
    """Returns an array in which every element is masked: NumPy's tests take those for equal."""
    return "def double(x): return np.ma.masked_all(np.shape(x))"


@attack(wrong=("count",))
def changes_its_answer():
    """Returns an object whose length and items differ each time they are asked for."""
    return """
import itertools
class Shifty:
    numbers = itertools.count()
    def __len__(self): return next(self.numbers)
    def __getitem__(self, key): return next(self.numbers)
    def __int__(self): return next(self.numbers)
def count(items): return Shifty()
"""


@attack(wrong=("purse",))
def properties_that_lie():
    """Returns an object whose attribute is a new trick each time."""
    return """
class Coins:
    def __eq__(self, other): return True
    def __get__(self, obj, cls=None): return Coins()
    def __bool__(self): return True
class Purse:
    coins = Coins()
    def __init__(self, coins=0): pass
    def add(self, coins): return True
    def __getattribute__(self, name): return object.__getattribute__(self, name) if name == "add" else Coins()
"""


@attack
def not_implemented():
    """Returns singletons of the language, a class and a module in place of a value."""
    return """
calls = []
def double(x):
    calls.append(1)
    return [NotImplemented, Ellipsis, np.ndarray, np, type, double, property][len(calls) % 7]
"""


@attack
def exceptions_that_lie():
    """Raises exceptions whose text, class and attributes play tricks on whoever reports them."""
    return """
class function(Exception):
    def __str__(self): raise SystemExit(0)
    __repr__ = __str__
class Passed(StopIteration, AssertionError): pass
Passed.__name__ = "Passed\\x00\\u202e<script>alert(1)</script>"
calls = []
def double(x):
    calls.append(1)
    raise [function(), Passed("ok"), KeyboardInterrupt(), GeneratorExit(), SystemExit(0), StopAsyncIteration(),
           BaseExceptionGroup("g", [SystemExit()]), MemoryError(), UnicodeDecodeError("utf-8", b"", 0, 1, "x"),
           OSError(10**5000), AssertionError("\\udcff" * 100)][len(calls) % 11]
"""


@attack(wrong=("apply",))
def searches_the_callback():
    """Looks through the function that the test passes for the test's own variables."""
    return """
def apply(function, x):
    namespace = getattr(function, "__globals__", {})
    cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    step = namespace.get("step", [c for c in cells if isinstance(c, int)][:1])
    namespace.get("seen", []).append(5)
    return 5 + step if isinstance(step, int) else x
"""
