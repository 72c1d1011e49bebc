"""The student's side: runs the student's cells and answers questions about what they define.

Nothing that this process says is trusted.
"""

import builtins
import contextlib
import importlib
import os
import random
import sys
import tempfile
import time

from seglab import student_shell
from seglab.grading.processes import wire

MAX_TEXT = 2000  # characters of an error
PUBLIC_BASES = 12

shell = None  # made once, by the zygote


def prepare():
    """Make the shell, before any fork."""
    global shell
    shell = student_shell.make_shell()


def serve(channel, rungs, rung_seconds, spec):
    """Answer until the judge goes away.

    Args:
        channel: The connection to the judge.
        rungs: What the ladder reported.
        rung_seconds: `dict` from rung to the seconds it took.
        spec: `dict` with `seed`.
    """
    os.environ.update(HOME=os.getcwd(), TMPDIR=os.getcwd(), MPLCONFIGDIR=os.getcwd())
    tempfile.tempdir = None  # the zygote's is out of reach
    random.seed(spec["seed"])
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(spec["seed"])
    sys.path.insert(0, "")
    server = Server(channel)
    server.reply({"rungs": rungs, "rung_seconds": rung_seconds})
    server.answer_until_end()


class JudgeError(Exception):
    """A function of the test raised, and no built-in exception is known for it."""


class Server:
    """Answers what the judge asks, one question at a time.

    Args:
        channel: The connection to the judge.
    """

    def __init__(self, channel):
        self.channel = channel
        self.kept, self.numbers, self.shown = {}, {}, []

    def answer_until_end(self):
        """Answer until the judge closes the connection."""
        while True:
            try:
                head, arrays = self.channel.receive()
            except (EOFError, OSError):
                return
            self.answer(head, arrays)

    def answer(self, head, arrays):
        """Answer one question; whatever the student's code raises becomes the answer."""
        begun = time.perf_counter()
        try:
            with shell.builtin_trap if shell else contextlib.nullcontext():  # display() and get_ipython()
                extra, value = self._do(head, arrays)
            self._flush()
            self.reply({"id": head["id"], "ok": True, "seconds": time.perf_counter() - begun, **extra}, value)
        except (EOFError, BrokenPipeError):
            os._exit(0)
        except BaseException as error:
            self._flush()
            kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
            text = _text_of(error)
            self.reply({"id": head["id"], "ok": False, "error": text, "type": type(error).__name__, "bases": kinds})

    def reply(self, head, value=None):
        """Send an answer."""
        arrays = []
        node = wire.encode(value, arrays, self._keep)
        self.channel.send(head, node, arrays)

    def call_back(self, number, arguments, options):
        """Call a function of the test, and answer whatever the judge asks meanwhile."""
        self.reply({"callback": number}, [list(arguments), options])
        while True:
            head, arrays = self.channel.receive()
            if "op" in head:
                self.answer(head, arrays)
                continue
            if not head.get("ok"):
                kind = getattr(builtins, head.get("type", ""), None)
                is_error = isinstance(kind, type) and issubclass(kind, Exception)
                raise (kind if is_error else JudgeError)(head.get("error", ""))
            return self._decode(head, arrays)

    def _do(self, head, arrays):
        """Return what to add to the header, and the value."""
        operation = head["op"]
        if operation == "run":
            error, self.shown = student_shell.run_cell(shell, head["source"], keep=bool(head.get("keep")))
            if error is None:
                return {}, None
            return {"failed": f"{type(error).__name__}: {_text_of(error)}"[:MAX_TEXT]}, None
        if operation == "shown":
            return {}, self.shown
        if operation == "define":  # a probe: the author's code beside the student's objects
            exec(compile(head["source"], "<probe>", "exec"), shell.user_ns)
            return {}, None
        if operation == "file":
            os.makedirs(os.path.dirname(head["name"]) or ".", exist_ok=True)
            with open(head["name"], "wb") as file:
                file.write(self._decode(head, arrays))
            return {}, None
        if operation == "name":
            return {}, shell.user_ns[head["name"]]
        value = self._decode(head, arrays)
        target = self.kept[head["target"]]
        if operation == "call":
            return {}, target(*value[0], **value[1])
        if operation == "attribute":
            return {}, getattr(target, head["name"])
        if operation == "set":
            return {}, setattr(target, head["name"], value)
        if operation == "item":
            return {}, target[value]
        if operation == "length":
            return {}, len(target)
        if operation == "iterate":
            return {}, iter(target)
        if operation == "next":
            return {}, next(target)
        raise ValueError(operation)

    def _keep(self, value, arrays):
        """Keep what is no plain data; the judge gets a number and the public names of its classes."""
        number = self.numbers.setdefault(id(value), len(self.numbers))
        self.kept[number] = value
        kind = type(value)
        classes = value.__mro__ if isinstance(value, type) else kind.__mro__
        public = [f"{base.__module__}:{base.__qualname__}" for base in classes if base.__module__ != "__main__"]
        return ["handle", [number, kind.__name__, public[:PUBLIC_BASES]]]

    def _decode(self, head, arrays):
        return wire.Decoder(arrays, self._special, _tensor)(head["node"])

    def _special(self, tag, body, decode):
        """Return what the judge names: the student's own object, a function of the test, or something public."""
        if tag == "handle":
            return self.kept[body]
        if tag == "callback":
            return lambda *arguments, **options: self.call_back(body, arguments, options)
        if tag == "public":  # numpy.sqrt, keras.losses.mse: looked up here, where it can do no harm
            module, _, path = body.partition(":")
            found = importlib.import_module(module)
            for part in path.split("."):
                found = getattr(found, part)
            return found
        if tag == "generator":
            return _generator(*decode(body))
        if tag == "keras":
            return _keras_object(*decode(body))
        raise TypeError(tag)

    def _flush(self):
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the student closed or replaced it
                stream.flush()


def _text_of(error):
    try:
        return str(error)[:MAX_TEXT]
    except Exception:
        return ""


def _tensor(array):
    """Return a tensor where TensorFlow is loaded, as the student's code expects one."""
    if "tensorflow" in sys.modules:
        return sys.modules["tensorflow"].convert_to_tensor(array)
    return array.view(wire.Tensor)


def _generator(kind, state):
    import numpy as np

    if kind == "RandomState":
        generator = np.random.RandomState()
        generator.set_state(state)
        return generator
    bits = getattr(np.random, kind)()
    bits.state = state
    return np.random.Generator(bits)


def _keras_object(config, weights):
    import keras

    made = keras.saving.deserialize_keras_object(config)
    if weights is not None:
        made.set_weights(weights)
    return made
