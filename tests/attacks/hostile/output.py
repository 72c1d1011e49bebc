"""Output: floods, drips, garbage, and none."""

from .case import SHORT, attack


@attack(wrong=("greet",))
def long_line():
    """Prints 30 MB on one line."""
    return """
def greet(name):
    sys.stdout.write("x" * (30 << 20))
    return name
"""


@attack(wrong=("greet",), costs=True)
def output_flood():
    """Prints 200 MB."""
    return """
def greet(name):
    for _ in range(200):
        os.write(1, bytes(1 << 20))
    return name
"""


@attack(wrong=("greet",))
def output_of_garbage():
    """Prints invalid UTF-8, NUL bytes, terminal codes and markup."""
    return """
def greet(name):
    os.write(1, b"\\xff\\xfe\\x00\\x1b]52;c;ZWNobw==\\x07<script>alert(1)</script>\\r\\n" * 100)
    os.write(2, "\\u202e{\\"points\\": 99}\\n{\\"cell\\": \\"greet-test\\"}\\n".encode("utf-16"))
    return name
"""


@attack(wrong=("greet",), costs=True, settings=SHORT)
def output_dripping():
    """Prints a character now and then and never returns."""
    return """
import time
def greet(name):
    while True:
        print(".", flush=True)
        time.sleep(0.01)
"""


@attack(wrong=("greet",))
def output_closed():
    """Closes its output, and everything else but the judge's socket."""
    return """
sys.stdout.close()
sys.stderr = None
for number in (0, 1, 2, *range(4, 100)):
    try:
        os.close(number)
    except OSError:
        pass
"""
