"""The command line: what it prints, and one line with exit code 2 for whatever a user can get wrong."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from seglab.cli import build_parser, main
from seglab.cli.networks import recipe_of
from seglab.recipes import PROFILES
from seglab.transforms import MULTI_SCALE, STRONG


def write_folder(root, count=6, size=32, classes=3):
    """A folder data set of random label maps whose images show them."""
    rng = np.random.default_rng(3)
    for name in ("images", "labels"):
        (root / name).mkdir(parents=True)
    (root / "classes.txt").write_text("".join(f"{k} class{k}\n" for k in range(classes)))
    for i in range(count):
        labels = np.kron(rng.integers(0, classes, (4, 4)), np.ones((size // 4, size // 4))).astype(np.uint8)
        Image.fromarray(labels).save(root / "labels" / f"{i}.png")
        Image.fromarray(np.stack([labels * 80] * 3, -1)).save(root / "images" / f"{i}.png")
    for split, names in (("train", (0, 1, 2)), ("val", (3,)), ("test", (4, 5))):
        (root / f"{split}.txt").write_text("\n".join(map(str, names)) + "\n")
    return root


TINY = "--size 32 --epochs 1 --batch 2 --base-filters 2 --quiet"


def fails(capsys, *argv):
    """Run a command that must end with one line and code 2; return the line."""
    assert main([str(part) for part in argv]) == 2
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("seglab: error: ")
    return lines[0]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder of one short training on a folder data set."""
    root = write_folder(tmp_path_factory.mktemp("data") / "tiny")
    out = tmp_path_factory.mktemp("runs") / "tiny"
    assert main(f"train --model u-net --data folder:{root} {TINY} --out {out}".split()) == 0
    return root, out


def test_help_of_every_command(capsys):
    for command in ("demo", "datasets", "train", "evaluate", "predict", "report", "doctor", "release", "lint"):
        with pytest.raises(SystemExit) as stop:
            build_parser().parse_args([command, "--help"])
        assert stop.value.code == 0
        assert command in capsys.readouterr().out


def test_module_and_command_are_the_same():
    done = subprocess.run([sys.executable, "-m", "seglab", "--version"], capture_output=True, text=True)
    assert done.stdout.startswith("seglab ")


def test_datasets_lists_and_describes(capsys, tmp_path):
    assert main(["datasets"]) == 0
    assert "shapes" in capsys.readouterr().out
    root = write_folder(tmp_path / "tiny")
    assert main(["datasets", f"folder:{root}", "--size", "16x32"]) == 0
    out = capsys.readouterr().out
    assert "3 classes: class0, class1, class2" in out
    assert "16x32" in out


def test_train_then_evaluate_then_predict(run, capsys, tmp_path):
    _, out = run
    assert main(["evaluate", "--run", str(out), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert sum(map(sum, measured["confusion"])) == 2 * 32 * 32  # every pixel of the two test images, once

    photo = tmp_path / "photo.jpg"
    Image.fromarray(np.zeros((50, 70, 3), np.uint8)).save(photo)
    assert main(["predict", str(photo), "--run", str(out), "--out", str(tmp_path / "p")]) == 0
    with Image.open(tmp_path / "p" / "photo.labels.png") as labels:
        assert labels.size == (70, 50)
        assert labels.mode == "P"
        assert set(np.unique(labels)) <= {0, 1, 2}
    with Image.open(tmp_path / "p" / "photo.overlay.png") as overlay:
        assert overlay.size == (70, 50)


def test_predict_serves_the_page_of_a_run(run, capsys, tmp_path, monkeypatch):
    _, out = run
    pages = []
    monkeypatch.setattr("seglab.photo_page.PhotoServer.serve_forever", lambda server: pages.append(server.about))
    assert main(["predict", "--page", "--no-browser", "--run", str(out)]) == 0
    assert (pages[0]["model"], pages[0]["classes"]) == ("U-Net", ["class0", "class1", "class2"])
    assert capsys.readouterr().out.startswith("http://127.0.0.1:")
    assert "--page" in fails(capsys, "predict", "--run", out)
    assert "--page" in fails(capsys, "predict", "a.jpg", "--page", "--run", out)


def test_a_finished_run_is_not_trained_again(run, capsys):
    root, out = run
    before = (out / "history.csv").read_bytes()
    command = f"train --model u-net --data folder:{root} {TINY} --out {out}"
    assert main(command.split()) == 0
    assert (out / "history.csv").read_bytes() == before


def test_a_run_folder_of_another_configuration_is_refused(run, capsys):
    root, out = run
    line = fails(capsys, *f"train --model u-net --data folder:{root} --size 32 --epochs 2 --quiet --out {out}".split())
    assert "epochs" in line
    assert "another folder" in line


def test_bad_arguments(capsys, tmp_path, run):
    root, out = run
    assert "u-net" in fails(capsys, "train", "--model", "unet9", "--data", "shapes", "--out", tmp_path / "r")
    assert "shapes" in fails(capsys, "train", "--data", "shaeps", "--out", tmp_path / "r")
    assert "32" in fails(capsys, "train", "--data", f"folder:{root}", "--size", "30", "--out", tmp_path / "r")
    assert "loss must be one of" in fails(capsys, "train", "--loss", "cee", "--out", tmp_path / "r")
    assert "nowhere" in fails(capsys, "datasets", f"folder:{tmp_path / 'nowhere'}")
    assert "nowhere" in fails(capsys, "evaluate", "--run", tmp_path / "nowhere")
    assert "classes" in fails(capsys, "evaluate", "--run", out, "--data", "cells", "--size", "32")
    assert "nothing.json" in fails(capsys, "report", tmp_path / "nothing.json")
    assert "--all" in fails(capsys, "release")
    assert "no_such_sheet" in fails(capsys, "release", "no_such_sheet")
    assert "no_such.ipynb" in fails(capsys, "lint", tmp_path / "no_such.ipynb")
    assert not (tmp_path / "r").exists()  # nothing half-written is left behind


def test_recipe_options_reach_the_recipe():
    given = (
        "--loss focal+dice --class-weights median --schedule poly --warm-up 5 --ema-decay 0.99 --augment multi-scale"
    )
    recipe = recipe_of(build_parser().parse_args(["train", "--out", "r", *given.split()]))
    assert (recipe.loss, recipe.class_weights, recipe.schedule) == ("focal+dice", "median", "poly")
    assert (recipe.warm_up, recipe.ema_decay, recipe.augment) == (5, 0.99, MULTI_SCALE)
    assert recipe_of(build_parser().parse_args(["train", "--out", "r"])) == PROFILES["good"]
    assert recipe_of(build_parser().parse_args(["demo"])) == PROFILES["fast"]
    fitted = ["train", "--out", "r", "--optimizer", "sgd", "--weight-decay", "0.1", "--augment", "strong"]
    recipe = recipe_of(build_parser().parse_args(fitted))
    assert (recipe.optimizer, recipe.weight_decay, recipe.augment) == ("sgd", 0.1, STRONG)
    full = ["train", "--out", "r", "--profile", "full", "--augment"]
    assert [recipe_of(build_parser().parse_args([*full, name])).augment for name in ("none", "photo")] == [False, True]


def test_bad_photos(capsys, tmp_path, run):
    _, out = run
    text = tmp_path / "text.jpg"
    text.write_text("not a picture")
    good = tmp_path / "good.png"
    Image.new("RGB", (40, 40)).save(good)
    assert "text.jpg" in fails(capsys, "predict", good, text, "--run", out, "--out", tmp_path / "p")
    assert "gone.png" in fails(capsys, "predict", tmp_path / "gone.png", "--run", out, "--out", tmp_path / "p")
    twin = tmp_path / "sub" / "good.png"
    twin.parent.mkdir()
    Image.new("RGB", (40, 40)).save(twin)
    assert "good" in fails(capsys, "predict", good, twin, "--run", out, "--out", tmp_path / "p")
    assert not (tmp_path / "p").exists()


def damaged_folder(root, damage):
    """A folder data set with one fault; returns what the error must name."""
    write_folder(root)
    if damage == "image without label":
        (root / "labels" / "1.png").unlink()
    elif damage == "sizes differ":
        Image.new("L", (16, 16)).save(root / "labels" / "1.png")
    elif damage == "label outside the class table":
        Image.fromarray(np.full((32, 32), 7, np.uint8)).save(root / "labels" / "1.png")
    elif damage == "corrupt PNG":
        data = (root / "images" / "1.png").read_bytes()
        (root / "images" / "1.png").write_bytes(data[: len(data) // 2])
    elif damage == "wrong number of channels":
        Image.new("RGB", (32, 32), (1, 2, 3)).save(root / "labels" / "1.png")
    elif damage == "empty split":
        (root / "train.txt").write_text("")
        return "train.txt"
    return "1.png"


@pytest.mark.parametrize(
    "damage",
    [
        "image without label",
        "sizes differ",
        "label outside the class table",
        "corrupt PNG",
        "wrong number of channels",
        "empty split",
    ],
)
def test_damaged_data_is_named_and_leaves_nothing_behind(damage, capsys, tmp_path):
    named = damaged_folder(tmp_path / "data", damage)
    out = tmp_path / "run"
    argv = f"train --data folder:{tmp_path / 'data'} {TINY} --out {out}"
    assert named in fails(capsys, *argv.split())
    assert not out.exists() or not list(out.rglob("*.unfinished"))


def test_a_parser_error_is_exit_code_2(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "--size", "abc", "--out", "x"])
    assert stop.value.code == 2
    assert "96x128" in capsys.readouterr().err
