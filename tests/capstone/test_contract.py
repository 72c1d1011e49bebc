"""`predict.py`: loading without traces, starters that keep the contract, and a check that names what is wrong."""

import importlib
import io
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save

from seglab.capstone import (
    TRACKS,
    check_answer,
    check_predict,
    contract,
    interview,
    load_predict,
    samples,
    write_predict,
    write_starter,
)
from seglab.errors import InputError
from seglab.grading.settings import DEFAULTS

SATELLITE = "import numpy as np\nTRACK = 'satellite'\ndef predict(image):\n    {}\n"


def program(folder, body, text=SATELLITE):
    path = folder / "predict.py"
    path.write_text(text.format(body))
    return path


@pytest.mark.parametrize("name", TRACKS)
def test_a_starter_keeps_the_contract_and_is_a_copy_of_a_module(name, tmp_path, capsys):
    path = write_starter(name, tmp_path / "predict.py")
    assert check_predict(path, count=4) == []
    assert f"{name}: {TRACKS[name].metric} 0." in capsys.readouterr().out
    module = importlib.import_module(f"seglab.capstone.starters.{name}")
    image = samples(name, 1, seed=3)[0][0]
    check_answer(name, module.predict(image))
    assert os.listdir(tmp_path) == ["predict.py"]


def test_a_starter_replaces_nothing(tmp_path, capsys):
    path = program(tmp_path, "return 1")
    assert write_starter("cells", path).read_text().startswith("import numpy")
    assert "stays as it is" in capsys.readouterr().out
    with pytest.raises(InputError, match="TRACK must be one of"):
        write_starter("boats", tmp_path / "other.py")


def test_loading_runs_a_file_once_and_leaves_no_trace(tmp_path):
    path = program(tmp_path, "return image", SATELLITE + "print('run')")
    first = load_predict(path)
    assert load_predict(path) is first and load_predict(path, fresh=True) is not first
    assert os.listdir(tmp_path) == ["predict.py"]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (None, NotImplementedError, "predict.py is missing"),
        ("TRACK = 'cells'", InputError, r"must define predict\(image\)"),
        ("def predict(image): pass", InputError, "TRACK must be one of .* got 'None'"),
        ("TRACK = ['cells']", InputError, "TRACK must be one of"),
        ("TRACK = 'cells'\n1 / 0", ZeroDivisionError, "division"),
        ("def", SyntaxError, "invalid syntax"),
    ],
)
def test_what_is_no_program_is_refused(tmp_path, text, error, message):
    if text is not None:
        (tmp_path / "predict.py").write_text(text)
    with pytest.raises(error, match=message):
        load_predict(tmp_path / "predict.py")


PROBLEMS = {
    "return np.zeros((64, 80))": "image 1: the labels must be integers, got float64",
    "return np.zeros((80, 64), int)": r"image 1: .* got \(80, 64\): rows come first",
    "return undefined": "image 1: predict raised NameError: name 'undefined'",
    "raise SystemExit(3)": "image 1: predict raised SystemExit: 3",
    "return np.random.default_rng().integers(0, 3, (64, 80))": "image 1: asked once more, .* of the answer differ",
}


@pytest.mark.parametrize("body", PROBLEMS)
def test_the_check_names_what_is_wrong(tmp_path, body, capsys):
    problems = check_predict(program(tmp_path, body), count=3)
    assert len(problems) == 1
    with pytest.raises(AssertionError, match=PROBLEMS[body]):
        raise AssertionError(problems[0])
    assert f"To mend: {problems[0]}" in capsys.readouterr().out


def test_the_check_tells_of_files_that_do_not_load_and_of_large_ones(tmp_path, monkeypatch):
    path = program(tmp_path, "return 1", "1 / 0\n" + SATELLITE)
    monkeypatch.setattr(contract, "MOST_MB", 1)
    (tmp_path / "weights.npz").write_bytes(bytes(2**21))
    problems = check_predict(path)
    assert problems[0] == "weights.npz has 2 MB, 1 are allowed"
    assert problems[1].startswith("predict.py does not load: ZeroDivisionError: division")


def test_what_the_contract_allows_reaches_the_sandbox():
    assert contract.MOST_MB <= DEFAULTS["artifact_mb"] < DEFAULTS["disk_mb"]


def test_slow_programs(monkeypatch):
    """The first image may take its time; the third late one after it is one too many."""
    clock = iter(range(1000))
    monkeypatch.setattr(interview.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(interview, "SECONDS", 0.5)
    asked = []

    def ask(image):
        asked.append(image)
        return np.zeros((64, 80), int)

    images = np.zeros((9, 64, 80, 3), np.float32)
    found = interview.interview("satellite", ask, images)
    assert found.problem == "3 images took longer than 0.5 s each; one took 1.0 s." and len(asked) == 4
    monkeypatch.setattr(interview, "FIRST_SECONDS", 0.5)
    assert interview.interview("satellite", ask, images).problem == "the first image took 1 s, 0.5 s are allowed."


def test_programs_get_copies_of_the_images():
    images = np.ones((2, 64, 80, 3), np.float32)

    def ask(image):
        image[:] = 0
        return np.zeros((64, 80), int)

    assert interview.interview("satellite", ask, images).problem is None
    assert images.min() == 1


def test_repeated_answers_may_differ_in_a_few_pixels():
    images = np.zeros((2, 64, 80, 3), np.float32)
    for changed, steady in ((25, True), (26, False)):  # of 5120 pixels, 0.5 % are 25.6
        asked = []

        def ask(image, changed=changed, asked=asked):
            asked.append(1)
            labels = np.zeros((64, 80), int)
            labels.flat[:changed] = len(asked) > 2
            return labels

        assert (interview.interview("satellite", ask, images).unsteady is None) is steady


def load_nothing():
    return 2


def all_of_one(image, network):
    import numpy as np

    return helper(np.full(image.shape[:2], network))


def helper(labels):
    return labels


def test_a_program_is_made_of_functions(tmp_path):
    path = write_predict("satellite", load_nothing, all_of_one, helper, path=tmp_path / "predict.py")
    made = load_predict(path)
    assert made.TRACK == "satellite" and made.predict(np.zeros((64, 80, 3))).min() == 2
    done = subprocess.run([sys.executable, path], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    with pytest.raises(InputError, match="write_predict needs functions that a cell defines"):
        write_predict("satellite", len, all_of_one, path=path)


def test_parameters_are_counted_by_headers_alone(tmp_path):
    assert contract.count_parameters(tmp_path) is None
    np.savez(tmp_path / "weights.npz", one=np.zeros((3, 4)), two=np.zeros(5, np.float16), three=np.float32(1))
    assert contract.count_parameters(tmp_path) == 18
    (tmp_path / "more.safetensors").write_bytes(save({"a": np.zeros((2, 3), np.float32)}))
    assert contract.count_parameters(tmp_path) == 24
    (tmp_path / "predict.py").write_text("")
    assert contract.count_parameters(tmp_path) == 24


def test_damaged_and_hostile_files_have_no_count(tmp_path):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\x01\x00\x76\x00{'descr': '|O', 'fortran_order': False, 'shape': (")
    deep = b"[" * 100_000
    for content, suffix in (
        (b"", "npz"),
        (bomb.getvalue(), "npz"),
        (b"\xff" * 8 + b"{}", "safetensors"),
        (len(deep).to_bytes(8, "little") + deep, "safetensors"),
        (b"\x02" + bytes(7) + b"{}"[:1], "safetensors"),
    ):
        path = tmp_path / f"weights.{suffix}"
        path.write_bytes(content)
        assert contract.count_parameters(tmp_path) is None
        path.unlink()
