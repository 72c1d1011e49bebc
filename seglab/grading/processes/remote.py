"""Stand-ins for the student's objects in the judge, and the errors of the student's process."""

import builtins
import inspect
import sys
import types

LIBRARIES = frozenset({"keras", "tensorflow", "torch"})  # whose classes an object of the student's may claim to be
DESCRIPTIVE = frozenset({"__name__", "__qualname__", "__annotations__", "__defaults__", "__kwdefaults__"})
CLAIMS = {"function": types.FunctionType, "type": type, "generator": types.GeneratorType}


class StudentError(Exception):
    """The student's code raised. The text is the student's: it may carry hidden inputs, or markup.

    Attributes:
        kind: Name of the exception's class.
    """

    kind = ""


class Killed(Exception):
    """The student's process was killed or died; the text is safe to show.

    Attributes:
        limit: Which limit was hit, `None` where the process ended by itself.
    """

    def __init__(self, text, limit=None):
        super().__init__(text)
        self.limit = limit


class Remote:
    """Something that stays in the student's process.

    It can be called, and asked for attributes, items and its length. It cannot be compared or converted: that
    would be the student's own verdict. Ask it for a number, a string or an array instead. Functions, classes and
    generators are the same as themselves only, as in one process.

    Args:
        student: The process, a `StudentProcess`.
        number: The number that the process gave it.
        kind: Name of its class, as the process claims.
        bases: Public classes that it claims to be of, `"module:name"`.
    """

    stays_remote = True

    def __init__(self, student, number, kind, bases):
        self.__dict__["_"] = (student, number, kind, bases)

    def __call__(self, *arguments, **options):
        return self._[0].ask("call", self, [list(arguments), options])

    @property
    def __doc__(self):
        return self._[0].ask("attribute", self, name="__doc__")

    def __getattr__(self, name):
        if name.startswith("_") and name not in DESCRIPTIVE:
            raise AttributeError(name)
        return self._[0].ask("attribute", self, name=name)

    def __setattr__(self, name, value):
        self._[0].ask("set", self, value, name=name)

    def __getitem__(self, item):
        return self._[0].ask("item", self, item)

    def __iter__(self):
        return self if self._[2] == "generator" else self._[0].ask("iterate", self)

    def __next__(self):
        try:
            return self._[0].ask("next", self)
        except StudentError as error:
            if error.kind == "StopIteration":
                raise StopIteration from None
            raise

    def __len__(self):
        size = self._[0].ask("length", self)
        if type(size) is not int or size < 0:
            raise TypeError("the length is no number")
        return size

    def __eq__(self, other):
        return self is other if self._[2] in CLAIMS else self._refuse()

    def __ne__(self, other):
        return self is not other if self._[2] in CLAIMS else self._refuse()

    def __bool__(self):
        return True if self._[2] in CLAIMS else self._refuse()

    def _refuse(self, *_):
        raise TypeError(f"a student's {self._[2]} cannot be compared or converted: ask for a number, text or an array")

    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _refuse
    __array__ = __float__ = __int__ = __index__ = __complex__ = __copy__ = __deepcopy__ = __reduce_ex__ = _refuse
    __hash__ = object.__hash__

    def __repr__(self):
        return f"<a student's {self._[2]}>"

    @property
    def __class__(self):
        """What `isinstance` sees: the class of the libraries that the object claims to be of."""
        if self._[2] in CLAIMS:
            return CLAIMS[self._[2]]
        return next(iter(public_classes(self._[3])), Remote)

    @property
    def __bases__(self):
        """What `issubclass` sees, for a class of the student's."""
        if self._[2] != "type" and "type" not in self._[3]:
            raise AttributeError("__bases__")
        return tuple(public_classes(self._[3]))


def text_of(error):
    """Return the text of an exception, `""` where it cannot be written: it may hold a number of a million digits."""
    try:
        return str(error)
    except Exception:
        return ""


def public_classes(names):
    """Return the classes behind `"module:name"`, of deep learning libraries that are loaded here, and exceptions.

    All others are left out. A claim to be a number or a data frame would invite tests and libraries to ask the
    object itself whether it is the right one.
    """
    found = []
    for name in names:
        module, _, path = name.partition(":")
        if module.split(".")[0] not in LIBRARIES and module != "builtins":
            continue
        value = sys.modules.get(module)
        for part in path.split("."):
            value = inspect.getattr_static(value, part, None)
        is_error = isinstance(value, type) and issubclass(value, BaseException)
        if isinstance(value, type) and (module != "builtins" or is_error):
            found.append(value)
    return found


def student_error(answer):
    """Return the exception for what the student's code raised.

    Args:
        answer: `dict` with `error` (its text), `type` and `bases` (names of built-in classes), all untrusted.

    Returns:
        `StudentError`, which also is of the built-in class, so that `except ValueError` works as in one process.
    """
    kind = str(answer.get("type"))[:50]
    text = str(answer.get("error"))[:2000].encode("utf-8", "replace").decode()
    names = answer["bases"] if type(answer.get("bases")) is list else []
    base = next(filter(None, map(_plain_exception, names)), None)
    cls = StudentError if base is None else type(f"Student{base.__name__}", (StudentError, base), {})
    error = cls(text)
    error.kind = kind.encode("ascii", "replace").decode()
    return error


def _plain_exception(name):
    """Return the built-in exception of a name, `None` where it needs arguments or the interpreter acts on it."""
    found = getattr(builtins, name, None) if type(name) is str else None
    if not isinstance(found, type) or not issubclass(found, Exception) or found is Exception:
        return None
    unfit = (StopIteration, StopAsyncIteration, OSError, UnicodeError, SyntaxError, ImportError, BaseExceptionGroup)
    return None if issubclass(found, unfit) else found
