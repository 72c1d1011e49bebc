"""The folder of a training run: `run.json`, `history.csv`, `checkpoint.npz`; each is replaced whole or not at all."""

import csv
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from seglab import __version__
from seglab.errors import InputError

CONFIG, HISTORY, CHECKPOINT = "run.json", "history.csv", "checkpoint.npz"


def write_atomically(path, content):
    """Write a file so that its name always holds the whole old content or the whole new one.

    Args:
        path: Path of the file. Its folder must exist.
        content: `bytes` to write.

    Raises:
        InputError: If the bytes cannot be written, for example on a full disk. The old file is then untouched and
            no other file is left.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "note.txt"
        >>> write_atomically(path, b"whole")
        >>> path.read_bytes()
        b'whole'
    """
    path = Path(path)
    # One fixed name: what a killed process leaves behind is overwritten by the next write.
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with open(unfinished, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(
            f"{path} cannot be written: {error.strerror}. What was there before is untouched; make room or choose "
            "another folder, then run the same command again."
        ) from error


def open_run(run_dir, config):
    """Begin a run in a folder, or take up the run of the same configuration that is there.

    Args:
        run_dir: Path of the folder. It is made if it is missing.
        config: Dict of JSON values: all that the result depends on.

    Returns:
        The folder as a `Path`.

    Raises:
        InputError: If the folder cannot be made, or holds a run of another configuration.
    """
    run_dir = Path(run_dir)
    config = json.loads(json.dumps(config, default=str))
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"run_dir {run_dir} cannot be made: {error.strerror}. Choose another folder.") from error
    for name in (CONFIG, HISTORY, CHECKPOINT):
        run_dir.joinpath(f".{name}.unfinished").unlink(missing_ok=True)
    if (run_dir / CONFIG).exists():
        before = read_config(run_dir)
        differences = [
            f"{key} = {_shown(old)} there, {_shown(new)} now" for key, old, new in _differences(before, config)
        ]
        if differences:
            raise InputError(
                f"{run_dir} holds another run ({'; '.join(differences)}). Choose another folder (--out), or delete "
                "this one."
            )
    elif (run_dir / CHECKPOINT).exists():
        raise InputError(f"{run_dir} holds {CHECKPOINT} without {CONFIG}. Choose another folder, or delete this one.")
    else:
        content = {**config, "seglab": __version__}
        write_atomically(run_dir / CONFIG, (json.dumps(content, indent=2) + "\n").encode())
    return run_dir


def read_config(run_dir):
    """Read what a run was begun with.

    Args:
        run_dir: Path of the folder of the run.

    Returns:
        The dict of `run.json`.

    Raises:
        InputError: If the folder holds no run, or `run.json` cannot be read.
    """
    path = Path(run_dir) / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{run_dir} is not the folder of a training run: it holds no {CONFIG}.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}). Delete {run_dir} and train again.") from error
    if not isinstance(config, dict):
        raise InputError(f"{path} must hold a JSON object, got {type(config).__name__}. Delete {run_dir}, train again.")
    return config


def save_checkpoint(run_dir, *, model, optimizer, best, history, average=None):
    """Write the state of a training after a whole epoch; state, best weights and history never fall apart.

    Args:
        run_dir: Path of the folder of the run.
        model: Keras model being trained.
        optimizer: Its built optimizer.
        best: List of arrays, the variables of the model after its best epoch (see `values_of`).
        history: Dict of lists with one entry per epoch.
        average: `WeightAverage` of the training, or `None`.

    Raises:
        InputError: If the files cannot be written; the previous checkpoint is then untouched.
    """
    arrays = {"history": np.array(json.dumps(history))}
    states = {"model": values_of(model), "optimizer": values_of(optimizer), "best": best}
    if average is not None:
        states["average"] = values_of(average)
    for part, values in states.items():
        arrays.update({f"{part}/{index:04d}": value for index, value in enumerate(values)})
    packed = io.BytesIO()  # packed in memory: what fails on the disk is then one plain write
    np.savez(packed, **arrays)
    write_atomically(Path(run_dir) / CHECKPOINT, packed.getbuffer())
    save_history(run_dir, history)


def save_history(run_dir, history):
    """Write `history.csv`: one row per epoch.

    Args:
        run_dir: Path of the folder of the run.
        history: Dict of lists with one entry per epoch.

    Raises:
        InputError: If the file cannot be written.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["epoch", *history])
    rows.writerows([epoch, *row] for epoch, row in enumerate(zip(*history.values(), strict=True), start=1))
    write_atomically(Path(run_dir) / HISTORY, text.getvalue().encode())


def restore_checkpoint(run_dir, *, model, optimizer, average=None):
    """Put a model and its optimizer into the state of the last whole epoch.

    Args:
        run_dir: Path of the folder of the run.
        model: Keras model, built.
        optimizer: Its optimizer, built.
        average: The `WeightAverage` of the training, built, or `None`.

    Returns:
        `(history, best)` as given to `save_checkpoint`, or `None` if no epoch was finished.

    Raises:
        InputError: If the checkpoint cannot be read or belongs to another model.
    """
    path = Path(run_dir) / CHECKPOINT
    if not path.exists():
        return None
    parts = _read(path)
    _assign(model, parts["model"], path)
    _assign(optimizer, parts["optimizer"], path)
    if average is not None:
        _assign(average, parts["average"], path)
    return json.loads(str(parts["history"])), parts["best"]


def restore_best(run_dir, model):
    """Give a model the weights of the best epoch of a run.

    Args:
        run_dir: Path of the folder of the run.
        model: Keras model, built as the one that was trained.

    Returns:
        The history of the run: a dict of lists with one entry per epoch.

    Raises:
        InputError: If the run has no checkpoint, or it belongs to another model.
    """
    path = Path(run_dir) / CHECKPOINT
    if not path.exists():
        raise InputError(f"{run_dir} holds no {CHECKPOINT}: no epoch was finished. Train it first.")
    parts = _read(path)
    _assign(model, parts["best"], path)
    return json.loads(str(parts["history"]))


def load_run(run_dir):
    """Rebuild the model of a run, with the weights of its best epoch.

    Args:
        run_dir: Folder that `train` wrote, with a `config` that named the model.

    Returns:
        `(model, config)`: the Keras model and the dict of `run.json`.

    Raises:
        InputError: If the folder holds no such run.
    """
    from seglab.models import NETWORKS

    config = read_config(run_dir)
    if config.get("model") not in NETWORKS:
        raise InputError(
            f"{Path(run_dir) / CONFIG} must name a model of {', '.join(NETWORKS)}, got {config.get('model')!r}. Build "
            "the model yourself and call restore_best(run_dir, model)."
        )
    build = NETWORKS[config["model"]]
    model = build(tuple(config["input_shape"]), config["num_classes"], base_filters=config["base_filters"])
    restore_best(run_dir, model)
    return model, config


def values_of(owner):
    """Copy all variables, those of random layers and of batch statistics included.

    Args:
        owner: Keras model, optimizer or `WeightAverage`, built.

    Returns:
        List of arrays in the order of its `variables`.
    """
    return [np.array(variable.numpy()) for variable in owner.variables]


def set_values(owner, values):
    """Undo what happened since `values_of`.

    Args:
        owner: Keras model, optimizer or `WeightAverage`, built.
        values: List of arrays that `values_of` gave.
    """
    for variable, value in zip(owner.variables, values, strict=True):
        variable.assign(value)


def _read(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            parts = {"history": file["history"]}
            for part in ("model", "optimizer", "best", "average"):
                parts[part] = [file[name] for name in sorted(file.files) if name.startswith(f"{part}/")]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read ({error}). Delete {path.parent} and train again.") from error
    return parts


def _assign(target, values, path):
    wanted = [tuple(variable.shape) for variable in target.variables]
    got = [value.shape for value in values]
    if wanted != got:
        raise InputError(
            f"{path} belongs to another model: it holds {len(got)} arrays of {sum(v.size for v in values)} numbers, "
            f"this one has {len(wanted)} of {sum(int(np.prod(s)) for s in wanted)}. Build the one it was made by."
        )
    set_values(target, values)


def _differences(before, now, prefix=""):
    """Yield `(key, before, now)` for what differs; nested dicts give dotted keys."""
    for key in sorted(before.keys() | now.keys()):
        if not prefix and key == "seglab":  # a newer version of the library may finish the run
            continue
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, f"{prefix}{key}.")
        elif old != new:
            yield f"{prefix}{key}", old, new


def _shown(value):
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
