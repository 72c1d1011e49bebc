"""Files that are handed in: pickles, bombs, wrong shapes, links."""

import io
import os
import pickle
import struct
import zipfile

import numpy as np

from .case import attack
from .sheets import TRUTH, npz, zipped

WRONG = {"sheet": "artifacts", "wrong": ("artifacts",)}


class Runs:
    """Runs a command where it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch pickled; kill -9 $PPID",)


def array_header(description):
    """Return the bytes of an `.npy` file with a header of one's own."""
    text = description.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def predictions(content):
    """Return an `.npz` whose only member holds these bytes."""
    return {"predictions.npz": zipped(labels__npy=content)}


@attack(**WRONG, artifacts={"predictions.npz": npz(labels=np.array([Runs()], dtype=object))})
def pickle_in_an_npz():
    """Hands in an array of objects that run a command where they are loaded."""


@attack(**WRONG, artifacts={"predictions.npz": pickle.dumps(Runs()), "metrics.json": pickle.dumps(Runs())})
def pickle_for_an_npz():
    """Hands in a bare pickle under the name of an `.npz`."""


@attack(**WRONG, artifacts=predictions(array_header("{'descr': __import__('os').abort(), 'shape': (1,)}")))
def code_in_an_array_header():
    """Hands in an array whose header is an expression with a call."""


@attack(
    **WRONG, artifacts=predictions(array_header("{'descr': '<i8', 'fortran_order': False, 'shape': (1 << 50,), }"[:-1]))
)
def header_that_calculates():
    """Hands in an array whose header calculates its shape."""


@attack(
    **WRONG,
    artifacts=predictions(array_header("{'descr': '<i8', 'fortran_order': False, 'shape': (1099511627776,)}") + b"x"),
)
def header_of_a_terabyte():
    """Hands in an array of 8 TB, of which one byte is there."""


@attack(**WRONG, artifacts=predictions(array_header("(" * 30_000)))
def header_too_deep_for_a_parser():
    """Hands in an array whose header is nested deep enough to end a parser."""


@attack(**WRONG, artifacts={"predictions.npz": npz(labels=np.zeros(12_500_000, np.int64))})
def compression_bomb():
    """Hands in 97 kB that become 100 MB."""


@attack(**WRONG, artifacts={"predictions.npz": npz(labels=np.zeros((50, 0), np.int64))})
def artifact_without_elements():
    """Hands in an array of no elements, for which every `all` is true."""


@attack(**WRONG, artifacts={"predictions.npz": npz(labels=np.broadcast_to(TRUTH[:1], (50,)).astype(float) * np.nan)})
def artifact_of_nan():
    """Hands in NaN of another type."""


@attack(**WRONG, artifacts={"predictions.npz": b"", "metrics.json": b"\xff" * 100})
def artifacts_empty_and_garbage():
    """Hands in an empty file and bytes that are no text."""


@attack(**WRONG, artifacts={"metrics.json": b'{"miou": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"})
def deep_json():
    """Hands in JSON nested 200,000 deep."""


@attack(**WRONG, artifacts={"metrics.json": b'{"miou": ' + b"9" * 100_000 + b"}"})
def json_of_huge_numbers():
    """Hands in JSON with a number of 100,000 digits."""


def with_a_path_inside():
    """Return a zip file with a member that would lie outside, and one whose name ends early."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("../../../../tmp/evil.npy", array_header("{}"))
        file.writestr("labels.npy", array_header("{'descr': '<i8', 'fortran_order': False, 'shape': (0,)}"))
    return buffer.getvalue()


@attack(**WRONG, artifacts={"predictions.npz": with_a_path_inside()})
def path_in_an_npz():
    """Hands in an archive with a member whose path leads outside."""


MODULE = b"import os; os.abort()"


@attack(**WRONG, artifacts=dict.fromkeys(("json.py", "pickle.py", "zipfile.py", "ast.py"), MODULE))
def modules_for_the_judge():
    """Hands in files named like the modules that the judge imports."""


@attack(sheet="artifacts", wrong=("artifacts",))
def exchanged_while_graded():
    """Overwrites the files in its working folder by links and right answers once it runs."""
    return """
import threading, time
def exchange():
    for name in ("predictions.npz", "metrics.json"):
        os.path.exists(name) and os.unlink(name)
        os.symlink(os.path.join(CANARY, "secret.txt"), name)
    while True:
        time.sleep(0.01)
        try:
            os.replace("predictions.npz", "x")
            np.savez("predictions.npz", labels=np.random.default_rng(7).integers(0, 3, 50))
        except OSError:
            pass
exchange_thread = threading.Thread(target=exchange, daemon=True)
exchange_thread.start()
time.sleep(0.2)
"""


def link(folder, world):
    """Put a link to a secret in place of a file that was handed in."""
    (folder / "metrics.json").unlink()
    (folder / "metrics.json").symlink_to(world.canary / "secret.txt")


@attack(**WRONG, tamper=link, costs=True)
def linked_artifact():
    """Hands in a symbolic link to a file of the grader's."""


def fifo(folder, world):
    """Put a pipe in place of a file that was handed in; whoever opens it waits for ever."""
    (folder / "metrics.json").unlink()
    os.mkfifo(folder / "metrics.json")


@attack(**WRONG, tamper=fifo, costs=True)
def pipe_for_an_artifact():
    """Hands in a named pipe."""
