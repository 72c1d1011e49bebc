"""The contract of `predict.py`: a first version of it, its loading, and a look at it before it is handed in.

The file names its `TRACK` and defines `predict(image)`. It may read `weights.npz` or `weights.safetensors` beside it,
by code of its own. The graders run it in a sandbox without a network, on images that nobody has seen.
"""

import inspect
import json
import math
import time
import types
import zipfile
from pathlib import Path

import numpy as np

from seglab.capstone.interview import interview
from seglab.capstone.tracks import samples, score_answers, track_of
from seglab.checkpoints import write_atomically
from seglab.errors import InputError

WEIGHTS = (".npz", ".safetensors")
MOST_MB = 40  # of one file
_LONGEST_HEADER = 10_000_000
_loaded = {}  # programs by path: the graders ask one image at a time


def write_starter(track, path="predict.py"):
    """Write a `predict.py` that keeps the contract by a simple rule, unless there is one.

    Args:
        track: Name of the track.
        path: Path of the file.

    Returns:
        `Path` of the file.

    Raises:
        InputError: If there is no such track, or the file cannot be written.
    """
    track_of(track)
    path = Path(path)
    if path.exists():
        print(f"{path} is there already and stays as it is.")
        return path
    source = Path(__file__).with_name("starters") / f"{track}.py"
    write_atomically(path, source.read_bytes())
    print(f"Wrote {path}: a rule for {track}, to be beaten.")
    return path


def write_predict(track, load_network, answer, *helpers, path="predict.py"):
    """Make `predict.py` of functions of the notebook; it replaces the one that was there.

    Args:
        track: Name of the track.
        load_network: Function without arguments that returns what `answer` needs; it runs once.
        answer: Function of an image and of what `load_network` returned.
        *helpers: Functions that these two call. All of them import what they use; of the notebook's names they may
            use `TRACK` alone.
        path: Path of the file.

    Returns:
        `Path` of the file.

    Raises:
        InputError: If there is no such track, the text of a function is not known, or the file cannot be written.
    """
    track_of(track)
    try:
        texts = [inspect.getsource(function).rstrip() for function in (*helpers, load_network, answer)]
    except (OSError, TypeError) as error:
        raise InputError(f"write_predict needs functions that a cell defines: {error}.") from None
    end = f"NETWORK = {load_network.__name__}()"
    wrapper = f"def predict(image):\n    return {answer.__name__}(image, NETWORK)\n"
    content = "\n\n\n".join([f'TRACK = "{track}"', *texts, end, wrapper])
    write_atomically(Path(path), content.encode())
    return Path(path)


def load_predict(path="predict.py", *, fresh=False):
    """Run a `predict.py` and return it as a module; the second time, the one that ran before.

    Args:
        path: Path of the file.
        fresh: Whether to run it again.

    Returns:
        The module, with `TRACK` and `predict`.

    Raises:
        NotImplementedError: If there is no such file.
        InputError: If it lacks `TRACK` or `predict`. What it raises itself is passed on.
    """
    path = Path(path).resolve()
    if fresh or path not in _loaded:
        if not path.is_file():
            raise NotImplementedError(f"{path.name} is missing: write it, and keep it beside the notebook")
        module = types.ModuleType(path.stem)
        module.__file__ = str(path)
        # Not by the import system, which would leave a folder with byte code behind.
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
        track_of(getattr(module, "TRACK", None))
        if not callable(getattr(module, "predict", None)):
            raise InputError(f"{path.name} must define predict(image).")
        _loaded[path] = module
    return _loaded[path]


def check_predict(path="predict.py", *, count=12, seed=0):
    """Look at a `predict.py` as the graders do, on public images, and say what is wrong.

    Args:
        path: Path of the file; its weights lie beside it.
        count: Number of images.
        seed: Seed of the images.

    Returns:
        List of problems, one line each; empty where it keeps the contract.

    Raises:
        NotImplementedError: If there is no such file.
    """
    path = Path(path)
    problems = [f"{name} has {megabytes:.0f} MB, {MOST_MB} are allowed" for name, megabytes in _too_large(path)]
    begun = time.perf_counter()
    try:
        program = load_predict(path, fresh=True)
    except NotImplementedError:
        raise
    except Exception as error:  # whatever a student's file raises
        return [*problems, f"{path.name} does not load: {type(error).__name__}: {' '.join(str(error).split())[:300]}"]
    loading = time.perf_counter() - begun
    images, truth = samples(program.TRACK, count, seed=seed)
    found = interview(program.TRACK, program.predict, images)
    problems += [text for text in (found.problem, found.unsteady) if text]
    if not found.problem:
        score = score_answers(program.TRACK, truth, found.answers)
        weights = count_parameters(path.parent)
        size = f"{weights:,} weights" if weights is not None else "no file with weights"
        print(f"{program.TRACK}: {track_of(program.TRACK).metric} {score:.3f} on {count} public images (seed {seed})")
        print(f"{found.milliseconds:.1f} ms per image, loaded in {loading:.1f} s, {size}")
    for problem in problems:
        print(f"To mend: {problem}")
    return problems


def count_parameters(folder="."):
    """Count the numbers in a folder's files with weights, by their headers alone.

    Args:
        folder: Path of the folder.

    Returns:
        How many there are in all `.npz` and `.safetensors`; `None` where there is no such file, or one is damaged.
    """
    counts = []
    for path in sorted(Path(folder).glob("*")):
        if path.suffix in WEIGHTS and path.is_file():
            try:
                counts.append(_npz_numbers(path) if path.suffix == ".npz" else _safetensors_numbers(path))
            except Exception:  # a damaged or hostile file can raise anything: zlib.error, struct.error, KeyError, ...
                return None
    return sum(counts) if counts else None


def _npz_numbers(path):
    total = 0
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist()[:10_000]:
            with archive.open(name) as member:
                major, _ = np.lib.format.read_magic(member)
                read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
                total += math.prod(read(member)[0])
    return total


def _safetensors_numbers(path):
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if size > _LONGEST_HEADER:
            raise ValueError("a header too long")
        header = json.loads(file.read(size))
    return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")


def _too_large(path):
    files = [each for each in path.parent.glob("*") if each.suffix in WEIGHTS and each.is_file()]
    sizes = [(each.name, each.stat().st_size / 2**20) for each in (path, *sorted(files)) if each.is_file()]
    return [(name, size) for name, size in sizes if size > MOST_MB]
