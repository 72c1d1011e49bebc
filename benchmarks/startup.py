"""How long until something answers? Imports and `--help` in fresh processes; with `--setup`, a fresh environment.

    python benchmarks/startup.py [--repeats 11] [--setup]

One table: seconds by the clock, least and median over the repeats, and CPU seconds, median. Ours and the peers take
turns, so that a busy machine disturbs all alike; the least is what a quiet one takes. `bar` is for the median.

- import: a fresh Python that imports the package, less what a fresh Python takes that imports nothing.
- help: the command from its start to its end.
- set-up: `locks/install.sh locks/grading.txt` into an empty folder, packages in the cache (the first run fills it and
  does not count). Gigabytes are unpacked; it takes minutes.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
HERE = Path(sys.executable).parent
BARS = {"import seglab": 0.05, "seglab --help": 0.3, "set-up": 90}
IMPORTS = ("seglab", "numpy", "keras")
COMMANDS = ("seglab", "pytest", "jupyter", "nbgrader")


def seconds(command, **options):
    """Seconds of a process by the clock, and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    clock = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def take_turns(commands, repeats):
    """`dict` from name to a list of `(clock, CPU)`; the first turn fills the disk's cache and does not count."""
    found = {name: [] for name in commands}
    for turn in range(repeats + 1):
        for name, command in commands.items():
            times = seconds(command)
            if turn:
                found[name].append(times)
    return found


def print_row(name, times, less=(0.0, 0.0, 0.0)):
    clocks, works = zip(*times, strict=True)
    values = (min(clocks), statistics.median(clocks), statistics.median(works))
    least, median, work = (max(0.0, value - base) for value, base in zip(values, less, strict=True))
    bar = next((bar for start, bar in BARS.items() if name.startswith(start)), None)
    verdict = "" if bar is None else f"   < {bar:g}  {'within' if median < bar else 'MISSED'}"
    print(f"{name:24}{least:10.3f}{median:10.3f}{work:10.3f}{verdict}", flush=True)
    return values


def processes(repeats):
    nothing = [sys.executable, "-c", "pass"]
    imports = {f"import {name}": [sys.executable, "-c", f"import {name}"] for name in IMPORTS}
    helps = {f"{name} --help": [str(HERE / name), "--help"] for name in COMMANDS}
    found = take_turns({"python, nothing": nothing, **imports, **helps}, repeats)
    base = print_row("python, nothing", found.pop("python, nothing"))
    for name, times in found.items():
        print_row(name, times, base if name in imports else (0.0, 0.0, 0.0))


def set_up():
    """A fresh environment."""
    times = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            times.append(seconds(["sh", "locks/install.sh", "locks/grading.txt", f"{folder}/venv"], cwd=ROOT))
    print_row("set-up", times[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=11, help="fresh processes per row (default 11)")
    parser.add_argument("--setup", action="store_true", help="fresh environments, too (minutes, gigabytes)")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; seconds")
    print(f"{'':24}{'least':>10}{'median':>10}{'CPU':>10}   bar")
    processes(options.repeats)
    if options.setup:
        set_up()


if __name__ == "__main__":
    main()
