"""The folder of a run: files that are whole or untouched, and runs that are not mixed up."""

import contextlib
import json
import resource
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from seglab import checkpoints
from seglab.errors import InputError
from seglab.models import VARIANTS

CONFIG = {"model": "FCN-32s", "input_shape": [32, 32, 3], "num_classes": 4, "base_filters": 2}
CONFIG["recipe"] = {"epochs": 2, "loss": "ce"}
HISTORY = {"loss": [0.1 + 0.2, 1e-9], "val_mean_iou": [0.25, 1 / 3]}


def small_model(filters=2):
    model = VARIANTS["FCN-32s"]((32, 32, 3), 4, base_filters=filters)
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)
    return model, optimizer


@pytest.fixture
def run(tmp_path):
    """`(folder, model, optimizer, best)` of a run with two epochs; the best weights are not the last ones."""
    model, optimizer = small_model()
    rng = np.random.default_rng(0)
    best = [rng.random(value.shape).astype(value.dtype) for value in checkpoints.values_of(model)]
    run_dir = checkpoints.open_run(tmp_path / "run", CONFIG)
    checkpoints.save_checkpoint(run_dir, model=model, optimizer=optimizer, best=best, history=HISTORY)
    return run_dir, model, optimizer, best


def assert_equal(values, expected):
    for value, wanted in zip(values, expected, strict=True):
        np.testing.assert_array_equal(value, wanted)


@contextlib.contextmanager
def files_of_at_most(length):
    """The kernel refuses longer files, as on a full disk; pytest cannot write a longer log then, either."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# Writing


def test_a_full_disk_keeps_the_old_file_and_leaves_no_other(tmp_path):
    path = tmp_path / "checkpoint.npz"
    checkpoints.write_atomically(path, b"old")
    refused = pytest.raises(InputError, match=r"checkpoint\.npz cannot be written: File too large.*make room")
    with files_of_at_most(1000), refused as error:
        checkpoints.write_atomically(path, bytes(10_000))
    assert "\n" not in str(error.value)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_a_full_disk_at_the_start_leaves_nothing(tmp_path):
    with files_of_at_most(10), pytest.raises(InputError, match=r"run\.json cannot be written"):
        checkpoints.open_run(tmp_path, CONFIG)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_named(tmp_path):
    with pytest.raises(InputError, match=r"note\.txt cannot be written: No such file or directory"):
        checkpoints.write_atomically(tmp_path / "gone" / "note.txt", b"")


KILLED_WHILE_WRITING = """
import os, signal, sys
from seglab.checkpoints import write_atomically

write_atomically(sys.argv[1], b"old")
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
write_atomically(sys.argv[1], b"new" * 100_000)
"""


def test_a_process_killed_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "checkpoint.npz"
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(path)], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 2
    path.unlink()
    checkpoints.open_run(tmp_path, CONFIG)
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


# Taking up a run


def test_a_checkpoint_restores_everything(run):
    run_dir, model, optimizer, best = run
    optimizer.apply_gradients([(np.ones(v.shape, "float32"), v) for v in model.trainable_variables])
    history = {name: [*values, 0.5] for name, values in HISTORY.items()}
    checkpoints.save_checkpoint(run_dir, model=model, optimizer=optimizer, best=best, history=history)
    other, its_optimizer = small_model()
    restored = checkpoints.restore_checkpoint(run_dir, model=other, optimizer=its_optimizer)
    assert restored[0] == history  # every float to its last bit
    assert_equal(restored[1], best)
    assert_equal(checkpoints.values_of(other), checkpoints.values_of(model))
    assert_equal(checkpoints.values_of(its_optimizer), checkpoints.values_of(optimizer))
    assert int(its_optimizer.iterations) == 1


def test_a_run_without_an_epoch_has_no_checkpoint(tmp_path):
    model, optimizer = small_model()
    assert checkpoints.restore_checkpoint(tmp_path, model=model, optimizer=optimizer) is None


def test_copied_values_do_not_follow_the_model():
    model, _ = small_model()
    values = checkpoints.values_of(model)
    before = [value.copy() for value in values]
    checkpoints.set_values(model, [value + 1 for value in values])
    assert_equal(values, before)


def test_history_is_a_table(run):
    assert (run[0] / "history.csv").read_text().splitlines() == [
        "epoch,loss,val_mean_iou",
        "1,0.30000000000000004,0.25",
        "2,1e-09,0.3333333333333333",
    ]


def test_the_same_configuration_is_taken_up(run):
    content = (run[0] / "run.json").read_text()
    assert checkpoints.open_run(run[0], {**CONFIG, "input_shape": (32, 32, 3)}) == run[0]
    assert (run[0] / "run.json").read_text() == content


def test_a_newer_library_may_finish_a_run(run):
    path = run[0] / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "seglab": "0.0.1"}))
    assert checkpoints.open_run(run[0], CONFIG) == run[0]


def test_another_configuration_is_refused_by_name(run):
    before = {path.name: path.read_bytes() for path in run[0].iterdir()}
    with pytest.raises(InputError, match=r'model = "FCN-32s" there, "U-Net" now; recipe\.loss = "ce" there, null now'):
        checkpoints.open_run(run[0], {**CONFIG, "model": "U-Net", "recipe": {"epochs": 2}})
    assert {path.name: path.read_bytes() for path in run[0].iterdir()} == before


def test_foreign_folders_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made: File exists"):
        checkpoints.open_run(tmp_path / "file", CONFIG)
    (tmp_path / "checkpoint.npz").write_text("")
    with pytest.raises(InputError, match=r"holds checkpoint\.npz without run\.json"):
        checkpoints.open_run(tmp_path, CONFIG)
    for content, message in (("{", "cannot be read"), ("[]", "must hold a JSON object, got list")):
        (tmp_path / "run.json").write_text(content)
        with pytest.raises(InputError, match=message):
            checkpoints.open_run(tmp_path, CONFIG)


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: b"PK\x03\x04", lambda whole: whole[:-100]])
def test_a_damaged_checkpoint_is_refused(run, damage):
    run_dir, model, optimizer, _ = run
    path = run_dir / "checkpoint.npz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=r"checkpoint\.npz cannot be read .*Delete .* and train again"):
        checkpoints.restore_checkpoint(run_dir, model=model, optimizer=optimizer)


def test_checkpoints_hold_no_pickle(run, tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    np.savez(run[0] / "checkpoint.npz", history=np.array([Trap()], dtype=object))
    with pytest.raises(InputError, match="cannot be read"):
        checkpoints.load_run(run[0])
    assert not (tmp_path / "sprung").exists()


# The run folder as input


def test_a_run_rebuilds_its_model_with_its_best_weights(run):
    run_dir, model, _, best = run
    rebuilt, config = checkpoints.load_run(run_dir)
    assert {key: config[key] for key in CONFIG} == CONFIG and config["seglab"]
    assert rebuilt.name == model.name
    assert_equal(checkpoints.values_of(rebuilt), best)
    assert checkpoints.restore_best(run_dir, model) == HISTORY
    assert_equal(checkpoints.values_of(model), best)


def test_what_cannot_be_rebuilt_is_named(run, tmp_path):
    run_dir, model, _, _ = run
    with pytest.raises(InputError, match=r"nowhere is not the folder of a training run: it holds no run\.json"):
        checkpoints.load_run(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"belongs to another model: it holds \d+ arrays of \d+ numbers"):
        checkpoints.restore_best(run_dir, small_model(filters=4)[0])
    (run_dir / "checkpoint.npz").unlink()
    with pytest.raises(InputError, match="no epoch was finished"):
        checkpoints.restore_best(run_dir, model)
    (run_dir / "run.json").write_text(json.dumps({**CONFIG, "model": None}))
    with pytest.raises(InputError, match=r"must name a model of FCN-32s.*got None.*restore_best\(run_dir, model\)"):
        checkpoints.load_run(run_dir)
