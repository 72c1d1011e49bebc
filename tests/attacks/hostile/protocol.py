"""The conversation with the judge, forged: frames, answers ahead of questions, handles, callbacks."""

from .case import SHORT, attack

FRAMES = '''
import json, socket, struct, time
link = socket.socket(fileno=os.dup(3))
def frame(head, *bodies):
    raw = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<I", len(raw)) + raw + b"".join(bodies)
def question():
    """Number of the question that is being answered, and the object that answers."""
    frame = sys._getframe()
    while "head" not in frame.f_locals or "id" not in frame.f_locals["head"]:
        frame = frame.f_back
    return frame.f_locals["head"]["id"]
def answer(node, arrays=(), *bodies, **head):
    head = {"id": question(), "ok": True, "seconds": 0, "node": node, "arrays": list(arrays), **head}
    link.sendall(frame(head, *bodies))
    time.sleep(30)
'''


def nodes(source):
    """Return the source of an attack whose values become any node: `Raw(node, *arrays)`."""
    return f"""
from seglab.grading.processes import wire
plain = wire.encode
class Raw:
    def __init__(self, node, *arrays):
        self.node, self.arrays = node, arrays
def forge(value, arrays, special):
    if type(value) is not Raw:
        return plain(value, arrays, special)
    arrays.extend(value.arrays)
    return value.node
wire.encode = forge
calls = []
def in_turn(*values):
    calls.append(1)
    return Raw(*values[len(calls) % len(values)])
{source}
"""


@attack(costs=True)
def answers_ahead():
    """Writes answers to the next hundred questions before they are asked."""
    return f"""{FRAMES}
first = question()
for number in range(first, first + 100):
    link.sendall(frame({{"id": number, "ok": True, "seconds": 0, "node": None, "arrays": []}}))
"""


@attack(wrong=("greet",), costs=True, settings=SHORT)
def says_it_passed():
    """Answers with headers of its own: points, verdicts, events of the result stream."""
    return f"""{FRAMES}
def greet(name):
    for head in ({{"cell": "greet-test", "points": 1}}, {{"end": {{}}}}, {{"ok": True, "points": 99, "node": True}}):
        link.sendall(frame(head))
    answer(True, points=1, verdict="passed", cell="greet-test", max=1)
"""


@attack(wrong=("greet",), costs=True)
def header_of_four_gigabytes():
    """Announces a header of 4 GB."""
    return f"""{FRAMES}
def greet(name):
    link.sendall(struct.pack("<I", 0xFFFFFFFF) + bytes(10**6))
    time.sleep(30)
"""


@attack(wrong=("greet",), costs=True, settings=SHORT)
def header_too_deep():
    """Sends JSON nested 100,000 deep."""
    return f"""{FRAMES}
def greet(name):
    link.sendall(frame(b"[" * 100_000 + b"]" * 100_000))
    time.sleep(30)
"""


@attack(wrong=("greet",), costs=True, settings=SHORT)
def header_of_garbage():
    """Sends bytes that are no JSON, no UTF-8, and JSON that is no object."""
    return f"""{FRAMES}
def greet(name):
    link.sendall(frame(b"\\xff\\xfe{{") + frame(b"[1]") + frame(b"NaN") + frame(b'"' + b"x" * 10**6))
    time.sleep(30)
"""


@attack(wrong=("greet",), costs=True, settings=SHORT)
def array_never_sent():
    """Announces an array of 60 MB and sends a byte of it now and then."""
    return f"""{FRAMES}
def greet(name):
    link.sendall(frame({{"id": question(), "ok": True, "node": ["array", 0], "arrays": [["<f8", [7_500_000]]]}}))
    while True:
        link.sendall(b"x")
        time.sleep(0.05)
"""


@attack(wrong=("greet",), costs=True, settings=SHORT)
def drips_an_answer():
    """Sends its answer one byte at a time, so that no single wait is long."""
    return f"""{FRAMES}
def greet(name):
    for byte in frame({{"id": question(), "ok": True, "node": "hello Ada", "arrays": [], "x": "y" * 5000}}):
        link.sendall(bytes([byte]))
        time.sleep(0.02)
"""


@attack(wrong=("greet",), costs=True)
def arrays_of_objects():
    """Announces arrays of types that hold pointers, with negative, fractional and endless shapes."""
    return f"""{FRAMES}
tries = [["|O", [2]], ["<f8", [-1]], ["<f8", [1.5]], ["<f8", [1 << 62]], ["V8", [1]], ["<f8", [True]], ["<f8", "5"],
         ["<f8", [0] * 40], [7, []], ["<f8", [0, 1 << 40]], ["f8,O", [1]], ["<U9999999", [1]]]
def greet(name):
    answer(["array", 0], [tries[os.getpid() % len(tries)]], bytes(64))
"""


@attack(wrong=("purse",))
def forged_handles():
    """Names handles that do not exist, of classes that it is not of."""
    return nodes("""
def Purse(*a):
    return in_turn([["handle", [-1, "function", ["builtins:bool", "builtins:int"]]]],
                   [["handle", [10**30, "x" * 10**5, ["numpy:ndarray"]]]],
                   [["handle", [0, "type", ["builtins:object", "os:system", "sys:modules", ":", "a:b:c"]]]])
""")


@attack(wrong=("purse",), costs=True)
def malformed_handles():
    """Sends handles of the wrong shape, and a million base classes."""
    return nodes("""
def Purse(*a):
    return in_turn([["handle", 5]], [["handle", [True, "x", []]]], [["handle", [1, "x", ["y:z"] * 100_000]]],
                   [["handle", [1, "x", [["y"]]]]])
""")


@attack(wrong=("count",), costs=True)
def tags_of_the_other_side():
    """Sends nodes that only the judge may send: callbacks, public functions, Keras configurations, generators."""
    return nodes("""
def count(items):
    return in_turn([["callback", 0]], [["public", "os:system"]], [["keras", [{}, None]]],
                   [["generator", ["PCG64", {}]]], [["array", 99]], [["unknown", 1]], [["scalar", 0], np.zeros(3)])
""")


@attack(wrong=("count",), costs=True)
def malformed_values():
    """Sends nodes whose body does not fit their tag."""
    return nodes("""
def count(items):
    return in_turn([["int", "9" * 10**6]], [["int", "0x_"]], [["dict", [[1]]]], [["dict", {"a": 1}]], [["list", 5]],
                   [["complex", [1, "x"]]], [["slice", [1]]], [["record", [["list", [1]], ["list", [2]]]]],
                   [["record", [["list", ["a b"]], ["list", [2]]]]], [["text", [[-1], "U1", ["x"]]]],
                   [["text", [[1], "U99999999", ["x"]]]], [["text", [[1 << 30, 1 << 30], "U1", []]]],
                   [["set", [["list", []]]]], [["bytes", None]], [["array", -1]], [[[]]], [{"a": 1}])
""")


@attack(wrong=("apply",), costs=True)
def callback_flood():
    """Calls the test's function a million times in one call."""
    return """
def apply(function, x):
    for _ in range(10**6):
        function(1)
    return x
"""


@attack(wrong=("apply",), costs=True)
def callback_recursion():
    """Has the test's function called within its own call without end."""
    return """
class Again:
    def __radd__(self, other): return apply(self.function, self)
    __add__ = __radd__
def apply(function, x):
    again = Again()
    again.function = function
    return function(again)
"""


@attack(wrong=("apply",), costs=True)
def callback_by_number():
    """Calls functions of the test that it was never given, with malformed arguments."""
    return f"""{FRAMES}
tries = [{{"callback": 1}}, {{"callback": -1}}, {{"callback": True}}, {{"callback": 10**30}},
         {{"callback": 0, "node": 5}},
         {{"callback": 0, "node": ["list", [["list", []], ["list", []]]]}}, {{"callback": 0, "node": ["tuple", []]}}]
def apply(function, x):
    head = tries[os.getpid() % len(tries)]
    link.sendall(frame({{"node": ["list", [["list", []], ["dict", []]]], "arrays": [], **head}}))
    time.sleep(30)
"""


@attack(wrong=("apply",))
def callback_with_anything():
    """Calls the test's function with objects, keywords and arrays that it does not expect."""
    return """
class Odd:
    def __add__(self, other): return 5
    def __eq__(self, other): return True
def apply(function, x):
    odd = ((), {}), ((Odd(),), {}), ((np.zeros(10**5),), {}), ((1, 2, 3), {}), ((), {"v": 5, "step": 0})
    for arguments, options in odd:
        try:
            function(*arguments, **options)
        except BaseException:
            pass
    return x
"""


@attack(wrong=("greet",), costs=True)
def error_headers():
    """Answers with errors of odd types: a million base classes, numbers for text, classes that stop Python."""
    return f"""{FRAMES}
tries = [["BaseException"], ["SystemExit", "KeyboardInterrupt"], [1, None, {{}}], ["OSError"] * 10**4, "ValueError",
         ["StopIteration", "GeneratorExit"], ["__import__", "eval", "object", "type"], {{"a": 1}}]
def greet(name):
    head = {{"id": question(), "ok": False, "error": {{"x": [1] * 1000}}, "type": ["x"], "seconds": 1e308}}
    head["arrays"] = []
    link.sendall(frame({{**head, "bases": tries[os.getpid() % len(tries)]}}))
    time.sleep(30)
"""


@attack(wrong=("greet",), costs=True, settings=SHORT)
def descriptors_sent():
    """Sends descriptors and out-of-band bytes over the judge's socket, then closes it."""
    return f"""{FRAMES}
def greet(name):
    for _ in range(20):
        socket.send_fds(link, [b""] if _ % 2 else [frame(b"{{}}")], [0, 1, 2, 3])
    try:
        link.send(b"x", socket.MSG_OOB)
    except OSError:
        pass
    link.shutdown(socket.SHUT_RDWR)
    time.sleep(30)
"""


@attack(wrong=("greet",), costs=True)
def talks_unasked():
    """Keeps sending frames from a thread while other questions are answered."""
    return f"""{FRAMES}
import threading
def talk():
    while True:
        link.sendall(frame({{"id": 1, "ok": True, "node": True, "arrays": []}}))
threading.Thread(target=talk, daemon=True).start()
"""


@attack(wrong=("greet",), costs=True)
def answers_twice():
    """Forks in a call, so that two processes answer the same question."""
    return """
def greet(name):
    return "hello" if os.fork() else "hello " + name[::-1]
"""
