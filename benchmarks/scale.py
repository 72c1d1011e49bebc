"""What does a class cost? CPU seconds, memory and disk of `seglab grade`, for 20 submissions and for many.

    python benchmarks/scale.py [--kinds numpy keras lab] [--small 20] [--large 500] [--wall] [--page]

Three kinds of sheet: `numpy`, functions on arrays without TensorFlow; `keras`, the course's ex05_unet; `lab`, the
course's lab1_fcn_unet with predictions handed in. Everybody hands in something else, so that no two share a job.

- start: CPU seconds of a grading before its first submission. each: CPU seconds per submission, all processes together,
  between two counts of graded submissions of one run, so that the start is left out. growth: the later part of the
  large run beside its early part.
- runner: CPU seconds per submission of the process that reads, repairs and merges; there is one, whatever the number
  of workers. memory: what it holds at most; student: the most that a student's processes held.
- disk: bytes per submission of all that grading leaves in the course's folder.
- peer: `nbgrader autograde` on 5 of the same submissions, CPU seconds each, start left out.

All by a control group of the kernel's CPU accounting (version 1, as root), which counts sandboxed processes, too.
CPU seconds bear a busy machine better than wall time. `--wall` is for a quiet one: a sheet that trains a network for
two epochs, by one worker and by two, start left out and whole. `--page` writes nothing but the tables of docs/scale.md,
from the results.
"""

import argparse
import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib import metadata
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import grading

from seglab.authoring.scratch import copy_course
from seglab.grading.course import Course

HERE = Path(__file__).parent
RESULTS, PAGE = HERE / "results" / "scale.json", HERE.parent / "docs" / "scale.md"
SHEETS = {"keras": "ex05_unet", "lab": "lab1_fcn_unet"}
SIZES = {"keras": (4, 12), "lab": (4, 16)}  # of the small and the large class, else those of the options
GRADE = "import sys; from seglab.cli import main; sys.exit(main())"
GROUP = Path("/sys/fs/cgroup/cpuacct") / f"bench-scale-{os.getpid()}"
PEERS = 5


def write_class(root, kind, count):
    """Write a course with one sheet and its submissions; return the sheet's name."""
    if kind == "numpy":
        grading.write_course(root, "functions", [f"s{number:05}" for number in range(count)])
        return "functions"
    sheet = SHEETS[kind]
    copy_course(HERE.parent, sheet, root)
    course = Course(root)
    solved = json.loads((course.folder("source", sheet) / f"{sheet}.ipynb").read_bytes())
    answers = [cell for cell in solved["cells"] if _is_answer(cell) and cell["cell_type"] == "code"]
    text = "".join(answers[0]["source"])
    for number in range(count):
        answers[0]["source"] = f"{text}\n# {number}"
        folder = course.folder("submitted", sheet, f"s{number:05}")
        folder.mkdir(parents=True)
        (folder / f"{sheet}.ipynb").write_text(json.dumps(solved))
        if kind == "lab":
            _hand_in_predictions(folder, sheet, number)
    return sheet


def _is_answer(cell):
    known = cell["metadata"].get("nbgrader", {})
    return known.get("solution") and not known.get("grade")


def _hand_in_predictions(folder, sheet, number):
    from seglab.datasets.unseen import unseen_images

    labels = np.random.default_rng(number).integers(0, 2, unseen_images(sheet).shape[:3], dtype=np.uint8)
    for name in ("fcn8s", "unet"):
        np.savez_compressed(folder / f"predictions_{name}.npz", labels=labels)


@contextlib.contextmanager
def cpu_group():
    """A control group that counts the CPU time of what is started by `start`."""
    try:
        GROUP.mkdir()
    except OSError as error:
        way_out = "CPU time is counted by control groups of version 1, as root"
        raise SystemExit(f"{GROUP}: {error.strerror}; {way_out}") from None
    try:
        yield
    finally:
        for _ in range(50):
            with contextlib.suppress(OSError):
                GROUP.rmdir()
                break
            time.sleep(0.2)


def used():
    """CPU seconds of all that was started in the group so far."""
    return int((GROUP / "cpuacct.usage").read_text()) / 1e9


def start(command, root):
    """Start a command in the group."""
    join = ["sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', str(GROUP), sys.executable, *command]
    package = str(HERE.parent)
    paths = {"PYTHONPATH": package, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(join, cwd=root, env={**os.environ, **paths, "TF_CPP_MIN_LOG_LEVEL": "3"}, **quiet)


def run(root, sheet, workers=1):
    """Grade a class; return samples `(submissions, CPU seconds, of the runner, its memory in MB, seconds)`."""
    log, before, begun = root / ".seglab" / "audit.jsonl", used(), time.monotonic()
    process = start(["-P", "-c", GRADE, "grade", sheet, "--workers", str(workers), "--allow-weak-sandbox"], root)
    samples, graded, read = [(0, 0.0, 0.0, 0.0, 0.0)], 0, 0
    while process.poll() is None:
        time.sleep(0.3)
        with contextlib.suppress(OSError), open(log, "rb") as file:
            file.seek(read)
            text = file.read()
            graded, read = graded + text.count(b'"event": "graded"'), read + len(text.rpartition(b"\n")[0])
        with contextlib.suppress(OSError, IndexError):
            own = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
            seconds = (int(own[11]) + int(own[12])) / os.sysconf("SC_CLK_TCK")
            if peak:
                samples.append((graded, used() - before, seconds, int(peak[1]) / 1024, time.monotonic() - begun))
    if process.returncode not in (0, 1):
        raise SystemExit(f"seglab grade {sheet} ended with {process.returncode}")
    return samples, used() - before, time.monotonic() - begun


def between(samples, low, high, column=1):
    """What one submission cost between two counts of graded ones."""
    first = next(each for each in samples if each[0] >= low)
    last = next(each for each in samples if each[0] >= high)
    return (last[column] - first[column]) / (last[0] - first[0])


def disk(root):
    """Bytes per submission of what grading has made."""
    places = [path for name in (".seglab", "autograded") for path in (root / name).rglob("*")]
    found = sum(path.lstat().st_blocks * 512 for path in [*places, *root.glob("*.db")])
    return found / len(list((root / "autograded").iterdir()))


def measure(kind, small, large, folder):
    """Grade a small and a large class of one kind."""
    row = {"submissions": [small, large]}
    sheet = write_class(folder / "small", kind, small)
    samples, whole, _ = run(folder / "small", sheet)
    row["whole, small"], row["memory, small"] = whole, samples[-1][3]
    sheet = write_class(folder / "large", kind, large)
    samples, whole, _ = run(folder / "large", sheet)
    row["whole, large"], row["memory, large"] = whole, samples[-1][3]
    row["each"] = (row["whole, large"] - row["whole, small"]) / (large - small)
    counts = [round(part * large) for part in (0.2, 0.5, 0.6, 0.9)]  # as many are read ahead at all of them
    if large >= 200:
        early, late = (between(samples, *pair) for pair in (counts[:2], counts[2:]))
        row |= {"early": early, "late": late, "growth": late / early - 1}
    row["runner"] = between(samples, large // 5, large - large // 5, column=2)
    row["start"] = row["whole, small"] - small * row["each"]
    row["disk"] = disk(folder / "large")
    results = [json.loads(path.read_bytes()) for path in (folder / "large").glob(f".seglab/jobs/{sheet}/*/result.json")]
    row["student"] = max(result["memory_mb"] for result in results)
    row["unfinished"] = sum(result["error"] is not None for result in results)
    return row


def measure_peer(folder):
    """`nbgrader autograde` on a few of the `numpy` submissions: CPU seconds each, its start left out."""
    sheet, costs = write_class(folder, "numpy", PEERS + 1), []
    one, others = ["autograde", "--student=s00000"], ["autograde", "--student=s0000[1-9]"]
    for command, *options in (["generate_assignment"], one, others):
        before = used()
        start(["-m", "nbgrader", command, sheet, *options], folder).wait()
        costs.append(used() - before)
    return {"submissions": PEERS, "each": (costs[2] - costs[1]) / (PEERS - 1)}


def measure_wall(folder, count=16):
    """Seconds per submission of a sheet that trains, by one worker and by two: the machine must be quiet."""
    cells = {**grading.TRAINING, "unet": grading.TRAINING["unet"].replace("base=8", "base=32")}
    grading.SHEETS["training"] = (cells, 0, 0)
    found = {}
    for workers in (1, 2):
        root = folder / str(workers)
        grading.write_course(root, "training", [f"s{number:05}" for number in range(count)])
        samples, cpu, seconds = run(root, "training", workers)
        each, busy = (between(samples, 2, count - 2, column) for column in (4, 1))
        found[str(workers)] = {"seconds": seconds, "cpu": cpu, "seconds each": each, "cpu each": busy}
    ratios = {f"ratio, {name}": found["1"][name] / found["2"][name] for name in ("seconds each", "seconds")}
    return {"submissions": count, **found, **ratios}


def tables(found):
    """The tables of the page, from what was measured."""
    lines = [
        "| sheet | start, CPU s | each, CPU s | runner's part | growth | runner, MB | student, MB | disk each, kB |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for kind, row in found["kinds"].items():
        growth = f"{row['growth']:+.0%} over {row['submissions'][1]}" if "growth" in row else "not measured"
        memory = row["memory, large"]
        lines.append(
            f"| {kind} | {row['start']:.1f} | {row['each']:.3f} | {row['runner']:.3f} | {growth} "
            f"| {row['memory, small']:.0f} to {memory:.0f} | {row['student']} | {row['disk'] / 1000:.0f} |"
        )
    lines += ["", "| sheet | submissions | CPU | 2 cores | 16 cores | 20 machines of 16 cores | disk |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for kind, row in found["kinds"].items():
        for count in (100, 1000, 100_000):
            times = [clock(_wall(row, count, cores)) for cores in (1, 2, 16, 320)]
            lines.append(f"| {kind} | {count:,} | {' | '.join(times)} | {count * row['disk'] / 1e9:.2f} GB |")
    if "peer" in found:
        ratio = found["peer"]["each"] / found["kinds"]["numpy"]["each"]
        theirs = f"`nbgrader autograde` took {found['peer']['each']:.2f} CPU s for each of {PEERS} `numpy` submissions"
        lines += ["", f"{theirs}, {ratio:.0f} times as much."]
    loads = ", ".join(f"{kind} {row['load']:.1f}" for kind, row in found["kinds"].items())
    lines += ["", f"Measured on {found['date']}, {found['cores']} cores; load before: {loads}."]
    return "\n".join(lines)


def _wall(row, count, cores):
    """Seconds: all cores busy, or the runner, which is one process, is what takes longest."""
    return row["start"] + max(count * row["each"] / cores, count * row["runner"])


def clock(seconds):
    """Write seconds as people say them."""
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", nargs="*", choices=("numpy", *SHEETS), default=("numpy", *SHEETS))
    parser.add_argument("--small", type=int, default=20)
    parser.add_argument("--large", type=int, default=500)
    parser.add_argument("--wall", action="store_true", help="two workers beside one; only on a quiet machine")
    parser.add_argument("--page", action="store_true", help="only write the tables of docs/scale.md")
    options = parser.parse_args()
    found = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {"kinds": {}}
    if options.page:
        text = PAGE.read_text(encoding="utf-8")
        head, _, rest = text.partition("<!-- tables -->\n")
        PAGE.write_text(f"{head}<!-- tables -->\n{tables(found)}\n<!-- end{rest.partition('<!-- end')[2]}", "utf-8")
        return
    with cpu_group(), tempfile.TemporaryDirectory(prefix="seglab-scale-") as place:
        os.chmod(place, 0o711)
        steps = [("wall", measure_wall)] if options.wall else [*((kind, None) for kind in options.kinds)]
        steps += [("peer", measure_peer)] if "numpy" in options.kinds and not options.wall else []
        for name, step in steps:
            folder = Path(place, name)
            folder.mkdir()
            load = os.getloadavg()[0]
            if step is None:
                sizes = SIZES.get(name, (options.small, options.large))
                found["kinds"][name] = measure(name, *sizes, folder)
            else:
                found[name] = step(folder)
            (found["kinds"] if step is None else found)[name]["load"] = load
            shutil.rmtree(folder)
            versions = {each: metadata.version(each) for each in ("nbgrader", "numpy", "tensorflow", "keras", "seglab")}
            found |= {"date": date.today().isoformat(), "versions": {"python": platform.python_version(), **versions}}
            found |= {"cores": os.cpu_count()}
            RESULTS.write_text(json.dumps(found, indent=1) + "\n")
            print(name, json.dumps(found["kinds"].get(name, found.get(name))), flush=True)


if __name__ == "__main__":
    main()
