"""Does a student's process reach the GPU from inside the sandbox, and only where the grading says so?

    make prove-gpu                                             # on a machine with a GPU, as root or not

Where the GPU is another machine, which sees neither the course nor these steps' temporary files:

    python tests/grading/prove_gpu.py pack FOLDER              # at home: archives into FOLDER
    python tests/grading/prove_gpu.py work FOLDER              # there
    python tests/grading/prove_gpu.py check FOLDER [--record]  # at home again

One course, graded with `--gpu` and without it. The answers compute a product of matrices with whichever of TensorFlow,
JAX and PyTorch finds a GPU, and one that stays on the CPU; the tests compare the numbers and ask for the device.
"""

import argparse
import contextlib
import datetime
import io
import json
import re
import tempfile
import zipfile
from pathlib import Path

import any_course

from seglab import cli

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "benchmarks" / "results" / "gpu_sandbox.json"
SHEET = "ps1"
WAYS = {"gpu": ["--gpu"], "cpu": []}  # how the sheet is graded: options of `seglab pack`

ON_THE_GPU = """
def product(a, b):
    import importlib.util
    problems = []
    if importlib.util.find_spec("tensorflow"):
        import tensorflow as tf
        if tf.config.list_physical_devices("GPU"):
            with tf.device("GPU:0"):
                c = tf.matmul(tf.constant(a), tf.constant(b))
            return c.numpy(), c.device
        problems.append("TensorFlow sees no GPU")
    if importlib.util.find_spec("jax"):
        import jax
        try:
            c = jax.numpy.matmul(a, b, precision="highest")
            if c.devices().pop().platform == "gpu":
                return np.asarray(c), "GPU by JAX: " + c.devices().pop().device_kind
            problems.append("JAX sees no GPU")
        except Exception as error:
            problems.append(f"JAX: {error}")
    if importlib.util.find_spec("torch"):
        import torch
        try:
            c = torch.from_numpy(a).cuda() @ torch.from_numpy(b).cuda()
            return c.cpu().numpy(), "GPU by PyTorch: " + torch.cuda.get_device_name(0)
        except Exception as error:
            problems.append(f"PyTorch: {error}")
    return a @ b, "CPU; " + "; ".join(problems)[:1500]
"""
ON_THE_CPU = "def product(a, b):\n    return a @ b, 'CPU'"
WRONG = "def product(a, b):\n    return a.T @ b, 'CPU'"
# Where the product was computed can be read in a result only as the message of an error.
TELLER = f"""{ON_THE_GPU}
accelerated = product
def product(a, b):
    raise ValueError("computed on: " + accelerated(a, b)[1])
"""
NUMBERS = """
generator = np.random.default_rng()
a, b = (generator.standard_normal((256, 256)).astype(np.float32) for _ in range(2))
c, device = product(a, b)
### BEGIN HIDDEN TESTS
assert np.abs(c - a.astype(float) @ b).max() < 1e-2, "the product is another"
### END HIDDEN TESTS"""
DEVICE = """
c, device = product(np.eye(8, dtype=np.float32), np.eye(8, dtype=np.float32))
assert not device.startswith("CPU"), device
"""
ANSWERS = {"accelerated": ON_THE_GPU, "plain": ON_THE_CPU, "wrong": WRONG, "teller": TELLER}
EXPECTED = {  # points for the numbers and for the device
    "gpu": {"accelerated": [1, 1], "plain": [1, 0], "wrong": [0, 0], "teller": [0, 0]},
    "cpu": {"accelerated": [1, 0], "plain": [1, 0], "wrong": [0, 0], "teller": [0, 0]},
}


def sheet(answer):
    """The sheet's notebook with an answer in it."""
    setup, product = any_course.cell("setup", "import numpy as np"), any_course.cell("product", answer, "answer")
    tests = [any_course.cell(name, text, "test", 1) for name, text in (("numbers", NUMBERS), ("device", DEVICE))]
    return any_course.notebook([setup, product, *tests])


def make_course(folder):
    """Write a course of one sheet, and a submission of each kind."""
    solution = f"### BEGIN SOLUTION{ON_THE_GPU}### END SOLUTION"
    places = {f"source/{SHEET}": solution, **{f"submitted/{name}/{SHEET}": text for name, text in ANSWERS.items()}}
    for place, answer in places.items():
        (folder / place).mkdir(parents=True)
        (folder / place / "gpu.ipynb").write_text(json.dumps(sheet(answer)))
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'vision101'\n")


def pack(folder):
    """Write the courses and their archives."""
    for way, options in WAYS.items():
        make_course(folder / way)
        words = ["pack", SHEET, "--course", str(folder / way), *options, "--out", str(folder / f"{way}.zip")]
        if cli.main(words):
            raise SystemExit("prove_gpu.py: the jobs could not be packed")


def work(folder):
    """Run the archives on this machine."""
    for way in WAYS:
        archives = str(folder / f"{way}.zip"), "--out", str(folder / f"{way}-results.zip")
        cli.main(["work", *archives, "--other-versions"])


def check(folder, record=False):
    """Take the results over, compare the points with what they must be, and say where each product was computed."""
    wrong, seen = 0, {}
    for way, expected in EXPECTED.items():
        results = folder / f"{way}-results.zip"
        with contextlib.redirect_stdout(io.StringIO()):
            cli.main(["grade", SHEET, "--course", str(folder / way), "--results", str(results)])
        book = any_course.read_gradebook(folder / way)
        for name, points in expected.items():
            grades = book[name]["grades"] if name in book else {}
            found = [grades.get(("gpu", test), (None,))[0] for test in ("numbers", "device")]
            wrong += found != points
            print(f"{way} {name:12} points {found}, {'right' if found == points else f'MUST BE {points}'}")
            seen[f"{way} {name}"] = found
        with zipfile.ZipFile(results) as archive:
            manifest = json.loads(archive.read("seglab.json"))
            rungs = {name: said for name, said in manifest["rungs"].items() if said != "ok"}
            texts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith("result.json")}
        print(f"{way} sandbox: all rungs hold" if not rungs else f"{way} sandbox, rungs that do not hold: {rungs}")
        devices = sorted(set(re.findall(r"ValueError: computed on: ([^\\\"]+)", "".join(texts.values()))))
        print(f"{way} devices: {'; '.join(devices)}")
        seen[f"{way} sandbox"], seen[f"{way} devices"] = rungs, devices
    if record and not wrong:
        facts = {"date": str(datetime.date.today()), "program": "tests/grading/prove_gpu.py", **seen}
        RESULT.write_text(json.dumps(facts, indent=1) + "\n")
    return 1 if wrong else 0


def main(arguments=None):
    """All three steps in a temporary folder, or one of them in a folder that stays."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", nargs="?", choices=("pack", "work", "check"))
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--record", action="store_true", help=f"write {RESULT.relative_to(ROOT)} if all is right")
    options = parser.parse_args(arguments)
    if options.step and not options.folder:
        parser.error("name the folder")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(exist_ok=True, parents=True)
        if options.step in (None, "pack"):
            pack(folder)
        if options.step in (None, "work"):
            work(folder)
        return check(folder, options.record) if options.step in (None, "check") else 0


if __name__ == "__main__":
    raise SystemExit(main())
