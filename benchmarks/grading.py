"""How fast is grading? `seglab grade` beside `nbgrader autograde`: same machine, run, sheets and submissions.

    python benchmarks/grading.py [--quick] [--sheet NAME] [--submissions 20]

Three sheets without anything of this package in them, handed in by students who are right, wrong or have not answered.
nbgrader runs with its bytecode compiled and otherwise its defaults, but for a longer time limit; `seglab grade` runs
with one worker, and once more as it does by default, with one per core. All run every code cell of every submission,
tests too, write the autograded notebook and record the grades in a gradebook of SQLite. They take turns, so that a
busy machine disturbs all alike.

- s each: seconds per submission, from one autograded notebook to the next, median over the turns. What comes before the
  first one is left out on both sides, but reading and repairing submissions, which `seglab grade` does at the start, is
  added to its time. With `start` is the whole command for all submissions of a turn, per submission.
- ratio: with one worker; all cores: with one worker per core, the default, to which the bar applies.
- cells: what the same cells take in one ordinary process that has imported everything. Overhead is what `seglab grade`
  takes beyond that.
- MB: private memory of the student's processes at their highest.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import seglab
from seglab.grading.course import Course
from seglab.grading.modes import Case, Ordinary
from seglab.grading.submissions import Sheet

CONFIG = "c = get_config()\nc.CourseDirectory.course_id = 'bench'\nc.Execute.timeout = 600\n"
GRADE = (
    "import sys; from seglab.grading.course import Course; from seglab.grading.runner import grade; "
    "grade(Course('.'), sys.argv[2], students=sys.argv[3:], workers=int(sys.argv[1]))"
)
OVERHEAD_BAR = 0.1  # seconds

NUMPY = {
    "setup": "import numpy as np\n\nrng = np.random.default_rng(0)\nmasks = rng.random((8, 64, 64)) > 0.5",
    "iou": """\
def iou(a, b):
    union = (a | b).sum()
    return float((a & b).sum() / union) if union else float("nan")""",
    "iou-test-values": """\
assert iou(np.eye(2) > 0, np.ones((2, 2)) > 0) == 0.5
assert iou(masks[0], masks[0]) == 1
### BEGIN HIDDEN TESTS
for size in (3, 7, 50):
    a, b = np.random.default_rng().random((2, size, size)) > 0.4
    np.testing.assert_allclose(iou(a, b), np.logical_and(a, b).sum() / np.logical_or(a, b).sum())
### END HIDDEN TESTS""",
    "iou-test-empty": "assert np.isnan(iou(np.zeros(3, bool), np.zeros(3, bool)))",
    "conv": """\
def conv2d(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijkl,kl->ij", windows, kernel)""",
    "conv-test-shape": "assert conv2d(np.ones((5, 6)), np.ones((2, 3))).shape == (4, 4)",
    "conv-test-values": """\
### BEGIN HIDDEN TESTS
image, kernel = np.random.default_rng().random((9, 8)), np.random.default_rng().random((3, 3))
expected = [[(image[i : i + 3, j : j + 3] * kernel).sum() for j in range(6)] for i in range(7)]
np.testing.assert_allclose(conv2d(image, kernel), expected)
### END HIDDEN TESTS""",
    "show": "print({k: round(iou(masks[0], masks[k]), 3) for k in range(8)})",
    "count": """\
def components(mask):
    count, left = 0, {tuple(place) for place in np.argwhere(mask)}
    while left:
        count, pending = count + 1, [left.pop()]
        while pending:
            row, col = pending.pop()
            near = {(row + 1, col), (row - 1, col), (row, col + 1), (row, col - 1)} & left
            left -= near
            pending += near
    return count""",
    "count-test": "assert components(np.eye(4)) == 4 and components(np.ones((3, 3))) == 1 and components(masks[0]) > 9",
}
UNET = {
    "setup": """\
import numpy as np
import tensorflow as tf
import keras

rng = np.random.default_rng(0)
images = rng.random((2, 64, 64, 3), dtype=np.float32)
masks = (images[..., :1] > 0.5).astype(np.float32)""",
    "unet": """\
def build_unet(base=8, levels=2):
    x = inputs = keras.Input((64, 64, 3))
    skips = []
    for level in range(levels):
        x = keras.layers.Conv2D(base * 2**level, 3, padding="same", activation="relu")(x)
        skips.append(x)
        x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Conv2D(base * 2**levels, 3, padding="same", activation="relu")(x)
    for level in reversed(range(levels)):
        x = keras.layers.Conv2DTranspose(base * 2**level, 2, strides=2, padding="same")(x)
        x = keras.layers.Concatenate()([x, skips[level]])
        x = keras.layers.Conv2D(base * 2**level, 3, padding="same", activation="relu")(x)
    return keras.Model(inputs, keras.layers.Conv2D(1, 1)(x))""",
    "unet-test": """\
model = build_unet()
prediction = model.predict(images, verbose=0)
assert prediction.shape == (2, 64, 64, 1) and prediction.dtype == np.float32
### BEGIN HIDDEN TESTS
assert model.count_params() == 14409
### END HIDDEN TESTS""",
    "step": """\
def train_step(model, x, y):
    model.compile(keras.optimizers.Adam(1e-3), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    return float(model.train_on_batch(x, y))""",
    "step-test": "loss = train_step(model, images, masks)\nassert np.isfinite(loss) and 0 < loss < 3",
    "dice": """\
def dice(a, b):
    return float(2 * tf.reduce_sum(a * b) / (tf.reduce_sum(a) + tf.reduce_sum(b)))""",
    "dice-test": """\
assert abs(dice(masks, masks) - 1) < 1e-6
### BEGIN HIDDEN TESTS
assert abs(dice(np.array([1.0, 1.0]), np.array([1.0, 0.0])) - 2 / 3) < 1e-6
### END HIDDEN TESTS""",
}
TRAINING = {
    **{name: UNET[name] for name in ("setup", "unet")},
    "unet-test": "assert build_unet().output_shape == (None, 64, 64, 1)",
    "train": """\
def train(model, x, y, epochs):
    model.compile(keras.optimizers.Adam(1e-2), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    return model.fit(x, y, batch_size=8, epochs=epochs, verbose=0).history["loss"]""",
    "train-test": """\
x = np.random.default_rng(1).random((64, 64, 64, 3), dtype=np.float32)
losses = train(build_unet(), x, (x[..., :1] > 0.5).astype(np.float32), 2)
assert len(losses) == 2 and losses[1] < losses[0]""",
}
# Name: what it holds, how many times nbgrader's throughput, private memory in MB.
SHEETS = {
    "functions": (NUMPY, 20, 20),
    "one-step": (UNET, 6, 120),
    "two-epochs": (TRAINING, 3, 120),
}
MISTAKES = {  # what every third student gets wrong, in turn
    "iou": "def iou(a, b):\n    return float((a & b).sum() / max(1, a.sum()))",
    "count": "def components(mask):\n    raise NotImplementedError()",
    "dice": "def dice(a, b):\n    return float(tf.reduce_sum(a * b))",
    "step": "def train_step(model, x, y):\n    raise NotImplementedError()",
    "train": "def train(model, x, y, epochs):\n    return model",
    "unet": 'def build_unet(base=8):\n    raise NotImplementedError("Question 1")',
}


def notebook(texts, *, answers=None, student=None):
    """A sheet's source, or with `student` what that student hands in."""
    cells = []
    for name, text in texts.items():
        known = {"grade_id": name, "schema_version": 3, "task": False}
        if "-test" in name:
            known |= {"grade": True, "solution": False, "locked": True, "points": 2}
            text = text if student is None else text.split("### BEGIN HIDDEN")[0].rstrip()
        elif name in ("setup", "show"):
            known = None
        elif student is None:
            known |= {"grade": False, "solution": True, "locked": False}
            text = f"### BEGIN SOLUTION\n{text}\n### END SOLUTION"
        else:
            known |= {"grade": False, "solution": True, "locked": False}
            text = f"# {student}\n{(answers or {}).get(name, text)}"
        metadata = {} if known is None else {"nbgrader": known}
        body = {"cell_type": "code", "execution_count": None, "outputs": [], "source": text}
        cells.append({"id": name, "metadata": metadata, **body})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def write_course(root, sheet, students):
    texts = SHEETS[sheet][0]
    wrong = [{name: MISTAKES[name]} for name in texts if name in MISTAKES]
    (root / "source" / sheet).mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(CONFIG)
    (root / "source" / sheet / f"{sheet}.ipynb").write_text(json.dumps(notebook(texts)))
    for number, student in enumerate(students):
        answers = wrong[number // 3 % len(wrong)] if number % 3 == 2 else {}
        folder = root / "submitted" / student / sheet
        folder.mkdir(parents=True)
        (folder / f"{sheet}.ipynb").write_text(json.dumps(notebook(texts, answers=answers, student=student)))
    return root


class Grader:
    """One of the two: how it is called, and how long it takes."""

    def __init__(self, root, sheet):
        self.root, self.sheet = root, sheet

    def nbgrader(self, *arguments):
        self._run("-m", "nbgrader", *arguments)

    def run(self, students):
        """Grade some submissions; return seconds from one to the next, and of the whole command per submission."""
        begun = time.time()
        self.command(students)
        whole = time.time() - begun
        paths = [self.root / "autograded" / student / self.sheet / f"{self.sheet}.ipynb" for student in students]
        ends = sorted(path.stat().st_mtime for path in paths)
        return (ends[-1] - ends[0]) / max(1, len(ends) - 1), whole / len(students)

    def grades(self):
        """Points by student and test, from the gradebook."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}", "bench") as gradebook:
            found = gradebook.assignment_submissions(self.sheet)
            grades = [(each.student.id, grade) for each in found for grade in each.notebooks[0].grades]
            return {(student, grade.name): grade.score for student, grade in grades}

    def _run(self, *arguments):
        programs, package = Path(sys.executable).parent, Path(seglab.__file__).parents[1]
        environment = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{package}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
            "TF_CPP_MIN_LOG_LEVEL": "3",  # nbgrader takes what TensorFlow logs for a failed test
            "CUDA_VISIBLE_DEVICES": "",
        }
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=os.environ | environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command[1:4])} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


class Nbgrader(Grader):
    def prepare(self):
        self.nbgrader("generate_assignment", self.sheet)

    def command(self, students):
        self.nbgrader("autograde", self.sheet, f"--student={students[0].split('-')[0]}-*")


class Seglab(Grader):
    workers = 1

    def prepare(self):
        pass

    def command(self, students):
        self._run("-P", "-c", GRADE, str(self.workers), self.sheet, *students)

    def reading_seconds(self, students):
        """Time to read and repair one submission."""
        sheet = Sheet(Course(self.root), self.sheet)
        begun = time.perf_counter()
        for student in students:
            sheet.read(student)
        return (time.perf_counter() - begun) / len(students)

    def memory(self):
        """Highest private memory of a student's process, in MB."""
        results = (self.root / ".seglab" / "jobs" / self.sheet).glob("*/result.json")
        return max(json.loads(path.read_bytes())["memory_mb"] for path in results)


class OnAllCores(Seglab):
    workers = os.cpu_count()


def cell_seconds(root, sheet, students):
    """What the cells of each submission take in one ordinary process, median."""
    prepared = Sheet(Course(root), sheet)
    master = prepared.masters[sheet]
    seconds = []
    with Ordinary(prepared, Course(root)) as mode:
        for student in students:
            repaired = prepared.read(student).notebooks[sheet].repaired.notebook
            seconds.append(mode.run(Case(student, sheet, master, repaired, {})).seconds)
    return statistics.mean(seconds)


def measure(sheet, turns, folder):
    """Grade all turns on both sides; return a row of the table."""
    students = [student for turn in turns for student in turn]
    first = ["warm-00", "warm-01"]
    sides = [
        kind(write_course(folder / kind.__name__, sheet, [*first, *students]), sheet)
        for kind in (Nbgrader, Seglab, OnAllCores)
    ]
    for side in sides:
        side.prepare()
        side.run(first)
    times = {side: [] for side in sides}
    for number, turn in enumerate(turns):
        for side in sides[:: 1 if number % 2 else -1]:
            times[side].append(side.run(turn))
    theirs, ours, wide = sides
    read = ours.reading_seconds(students)
    steady = {side: [pair[0] for pair in times[side]] for side in sides}
    for side in (ours, wide):
        steady[side] = [each + read for each in steady[side]]
    ratios, wide_ratios = (
        [slow / fast for slow, fast in zip(steady[theirs], steady[side], strict=True)] for side in (ours, wide)
    )
    whole = [statistics.median(pair[1] for pair in times[side]) for side in sides]
    cells = cell_seconds(ours.root, sheet, students)
    each = [statistics.median(steady[side]) for side in sides]
    scores = [side.grades() for side in sides]
    for student, test in sorted(set().union(*scores)):
        points = [each.get((student, test)) for each in scores]
        if len(set(points)) > 1:
            print(f"{sheet} {student} {test}: nbgrader {points[0]}, seglab {points[1:]}")
    return {
        "each": each,
        "whole": whole,
        "ratio": statistics.median(ratios),
        "wide ratio": statistics.median(wide_ratios),
        "cells": cells,
        "overhead": each[1] - cells,
        "memory": ours.memory(),
        "equal": scores[0] == scores[1] == scores[2],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="5 submissions of each sheet")
    parser.add_argument("--submissions", type=int, default=20, help="of each sheet (default 20)")
    parser.add_argument("--sheet", choices=SHEETS, action="append", help="only this sheet")
    options = parser.parse_args()
    count = 5 if options.quick else options.submissions
    size = max(2, min(count, 10))
    turns = [[f"t{turn}-{i:02}" for i in range(turn, min(count, turn + size))] for turn in range(0, count, size)]
    print(f"{count} submissions of each sheet, one worker, {os.cpu_count()} cores; in brackets the bar")
    print(
        f"{'sheet':12}{'nbgrader':>10}{'seglab':>8}{'ratio':>10}{'all cores':>17}   {'with start':>13}"
        f"{'cells':>8}{'overhead':>15}{'MB':>11}  scores"
    )
    good = True
    for sheet in options.sheet or SHEETS:
        _, ratio_bar, memory_bar = SHEETS[sheet]
        folder = Path(tempfile.mkdtemp(prefix="seglab-bench-"))
        try:
            row = measure(sheet, [turn for turn in turns if len(turn) > 1], folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        met = (
            row["wide ratio"] >= ratio_bar
            and row["overhead"] < OVERHEAD_BAR
            and row["memory"] < memory_bar
            and row["equal"]
        )
        good &= met
        whole = f"{row['whole'][0]:.2f} / {row['whole'][1]:.2f}"
        ratios = f"{row['ratio']:9.1f}x{row['wide ratio']:10.1f}x [{ratio_bar:2}x]"
        print(
            f"{sheet:12}{row['each'][0]:10.2f}{row['each'][1]:8.3f}{ratios}   {whole:>13}"
            f"{row['cells']:8.3f}{row['overhead']:8.3f} [{OVERHEAD_BAR}]{row['memory']:5} [{memory_bar}]"
            f"  {'equal' if row['equal'] else 'DIFFER'}{'' if met else '  MISSED'}",
            flush=True,
        )
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
