"""Files beside a notebook - predictions as npz and PNG, weights as safetensors - judged on unseen images."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save

from seglab.grading.judging.worker import grade_job
from seglab.grading.processes.zygote import Zygote

sys.path.insert(0, str(Path(__file__).parent))
from sheets import cell, check, notebook, write_job

# The truth is drawn from a seed that stands in hidden lines only; students get the images, not the masks.
DRAW = """
rng = np.random.default_rng(SEED)
masks = rng.random((4, 8, 6)) > 0.6
images = np.clip(masks[..., None] * 0.6 + rng.random((4, 8, 6, 1)) * 0.35, 0, 1).astype("float32")
"""
IOU = "iou = (found & masks).sum() / (found | masks).sum()\nassert iou > 0.9, f'the IoU is {iou:.2f}'"


def judged(reading):
    hidden = f"SEED = 12345{DRAW}{IOU}"
    return f"{reading}\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"


NPZ = """found = np.load("predictions.npz", allow_pickle=False)["masks"]
assert found.shape == (4, 8, 6)
found = found > 0"""
PNG = """from PIL import Image
found = np.stack([np.asarray(Image.open(f"masks/{i}.png")) for i in range(4)])
assert found.shape == (4, 8, 6) and found.dtype == np.uint8
found = found == 255"""
WEIGHTS = f"""import keras
from seglab.weights import load_weights
inputs = keras.Input((None, None, 1))
model = keras.Model(inputs, keras.layers.Conv2D(1, 1)(inputs))
load_weights(model, "model.safetensors")
### BEGIN HIDDEN TESTS
SEED = 67890{DRAW}
found = np.asarray(model(images))[..., 0] > 0
{IOU}
### END HIDDEN TESTS"""
SHEET = notebook(
    cell("import numpy as np"), check(judged(NPZ), "npz"), check(judged(PNG), "png"), check(WEIGHTS, "weights")
)


def drawn(seed):
    space = {"np": np, "SEED": seed}
    exec(DRAW, space)
    return SimpleNamespace(masks=space["masks"], images=space["images"])


def handed_in(masks, slope):
    """The files of a student who predicts `masks`, with a network of one weight."""
    packed = io.BytesIO()
    np.savez_compressed(packed, masks=masks.astype(np.uint8))
    files = {"predictions.npz": packed.getvalue()}
    for number, mask in enumerate(masks):
        picture = io.BytesIO()
        Image.fromarray(mask.astype(np.uint8) * 255).save(picture, "PNG")
        files[f"masks/{number}.png"] = picture.getvalue()
    weights = {"0000/kernel": np.full((1, 1, 1, 1), slope), "0001/bias": np.full(1, -slope * 0.475)}
    return files | {"model.safetensors": save({name: value.astype(np.float32) for name, value in weights.items()})}


@pytest.fixture(scope="module")
def zygote():
    with Zygote(["numpy", "keras", "tensorflow"]) as running:
        yield running


RIGHT = handed_in(drawn(12345).masks, 10.0)
CASES = {
    "all right": (RIGHT, {"npz", "png", "weights"}),
    "another seed's masks, a network upside down": (handed_in(drawn(1).masks, -10.0), set()),
    "nothing": ({}, set()),
    "pickles under their names": (dict.fromkeys(RIGHT, b"\x80\x04cos\nsystem\n(S'true'\ntR."), set()),
    "a PNG for the npz, an npz for the weights": (
        RIGHT | {"predictions.npz": RIGHT["masks/0.png"], "model.safetensors": RIGHT["predictions.npz"]},
        {"png"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_files_earn_what_they_are_worth(zygote, tmp_path, name):
    files, earned = CASES[name]
    for path in files:
        (tmp_path / "job" / path).parent.mkdir(parents=True, exist_ok=True)
    result = grade_job(write_job(tmp_path / "job", SHEET, artifacts=files, allow_weak_sandbox=True), zygote)
    assert {name for name, entry in result["cells"].items() if entry["points"]} == earned, result["cells"]
    assert result["error"] is None
