"""The judge's side of the capstone: hidden images, the examination, and programs that would like to be better."""

import functools
import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from seglab.capstone import TRACKS, contract, score_answers
from seglab.errors import InputError
from seglab.grading import capstone, hidden
from seglab.grading.judging.worker import grade_job
from seglab.grading.processes.zygote import Zygote

sys.path.insert(0, str(Path(__file__).parent))
from sheets import cell, check, notebook, write_job

RUNNER = """
import seglab
@seglab.probe
def run_predict(image=None):
    from seglab.capstone import load_predict
    program = load_predict("predict.py")
    return program.TRACK if image is None else program.predict(image)
"""
EXAMINED = """### BEGIN HIDDEN TESTS
from seglab.grading.capstone import examine
found = examine(run_predict)
assert found.problem is None, found.problem
points = found.score
{}
### END HIDDEN TESTS
points"""
SHEET = notebook(
    cell(RUNNER), check(EXAMINED.format(""), "score"), check(EXAMINED.format("assert found.unsteady is None"), "steady")
)
ZEROS = 'import numpy as np\nTRACK = "satellite"\ndef predict(image):\n    {}\n    return np.zeros((64, 80), int)\n'


drawn = functools.cache(capstone.hidden_images)
SEEDS = 2**63 + 1, 2**63 + 2


@pytest.mark.parametrize("name", TRACKS)
def test_hidden_images_depend_on_the_seed_alone(name):
    images, truth = drawn(name, SEEDS[0])
    height, width = TRACKS[name].size
    assert images.shape == (capstone.COUNT[name], height, width, 3) and images.dtype == np.float32
    assert truth.shape == images.shape[:3] and truth.dtype == np.int32
    assert 0 <= images.min() < images.max() <= 1
    again = capstone.hidden_images(name, SEEDS[0])
    np.testing.assert_array_equal(images, again[0])
    np.testing.assert_array_equal(truth, again[1])
    assert not (truth == drawn(name, SEEDS[1])[1]).all()


@pytest.mark.parametrize("name", TRACKS)
def test_hidden_images_are_brighter_or_darker_and_noisier(name):
    """Every other image is of the public generator: a line through its pixels gives back gain, offset and noise."""
    track, facts = TRACKS[name], []
    for number in range(0, 16, 2):
        original, truth = track.draw(capstone.CANDIDATES * number, size=track.size, seed=SEEDS[0], split="test")
        images, answers = drawn(name, SEEDS[0])
        np.testing.assert_array_equal(truth, answers[number])
        inner = (original > 40) & (original < 190)  # what is not clipped
        x, y = original[inner] / 255, images[number][inner]
        gain, offset = np.polyfit(x, y, 1)
        facts.append((gain, offset, (y - gain * x - offset).std()))
    gains, offsets, noise = np.array(facts).T
    assert 0.83 < gains.min() < 0.95 and 1.05 < gains.max() < 1.17
    assert -0.05 < offsets.min() < -0.005 and 0.005 < offsets.max() < 0.05
    assert 0.009 < noise.min() < 0.02 < noise.max() < 0.032


@pytest.mark.parametrize("name", TRACKS)
def test_every_other_hidden_image_is_fuller(name):
    amounts = np.array([TRACKS[name].amount(each) for seed in SEEDS for each in drawn(name, seed)[1]])
    assert amounts[1::2].mean() > 1.1 * amounts[::2].mean()


def test_the_marks_rise():
    for track in TRACKS.values():
        assert 0 < track.marks[0] < track.marks[1] < track.marks[2] < 1


@pytest.fixture
def fresh(monkeypatch):
    """As in a process of its own."""
    monkeypatch.setattr(capstone, "_done", {})
    yield
    hidden.take_report()


def ask_of(name, predict):
    return lambda image=None: name if image is None else predict(image)


@pytest.mark.usefixtures("fresh")
def test_an_examination_asks_once_and_reports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("weights.npz", one=np.zeros((3, 4)))
    monkeypatch.setattr(hidden, "seed", lambda: 5)
    starter = importlib.import_module("seglab.capstone.starters.cells").predict
    calls = []
    found = capstone.examine(ask_of("cells", lambda image: (calls.append(1), starter(image))[1]))
    images, truth = capstone.hidden_images("cells", 5)
    assert found.score == score_answers("cells", truth, [starter(image) for image in images]) > 0
    assert (found.track, found.problem, found.unsteady) == ("cells", None, None)
    reported = hidden.take_report()
    assert reported.pop("milliseconds") > 0
    assert reported == {"track": "cells: mask AP", "score": round(found.score, 4), "parameters": 12}
    before = len(calls)
    assert capstone.examine(lambda: "cells") is found and len(calls) == before and hidden.take_report() == {}
    np.savez("weights.npz", one=np.zeros((3, 5)))  # a new training
    assert capstone.examine(ask_of("cells", starter)) is not found


@pytest.mark.usefixtures("fresh")
def test_an_examination_without_a_score_reports_none():
    found = capstone.examine(ask_of("satellite", lambda image: np.full((64, 80), 3)))
    assert found.score == 0 and found.problem.startswith("image 1: the labels must lie in [0, 3)")
    assert hidden.take_report() == {"track": "satellite: IoU of built"}


@pytest.mark.usefixtures("fresh")
def test_an_examination_that_is_stopped_is_not_begun_again():
    def stop(image):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        capstone.examine(ask_of("cells", stop))
    assert capstone.examine(lambda: "cells").problem == "it was stopped before it came to an end"


@pytest.mark.usefixtures("fresh")
def test_nobody_is_examined_in_an_unknown_track():
    with pytest.raises(InputError, match="TRACK must be one of"):
        capstone.examine(ask_of("boats", None))


@pytest.fixture(scope="module")
def zygote():
    with Zygote(["numpy", "seglab.capstone", "seglab.grading.capstone"]) as running:
        yield running


def judged(folder, zygote, program, **options):
    files = {"predict.py": program.encode() if isinstance(program, str) else program}
    result = grade_job(write_job(folder, SHEET, artifacts=files, allow_weak_sandbox=True, **options), zygote)
    assert result["error"] is None, result
    return result["cells"]


@pytest.mark.parametrize("name", TRACKS)
def test_the_judge_scores_a_rule_and_puts_it_on_record(zygote, tmp_path, name):
    starter = Path(contract.__file__).with_name("starters") / f"{name}.py"
    cells = judged(tmp_path, zygote, starter.read_bytes())
    reported = cells["score"]["reported"]
    assert reported["track"] == f"{name}: {TRACKS[name].metric}" and reported["milliseconds"] > 0
    assert cells["score"]["points"] == cells["steady"]["points"] == pytest.approx(reported["score"], abs=1e-4)
    assert 0 < reported["score"] < TRACKS[name].marks[0]


HOSTILE = {
    "ends its process": "import os; os._exit(0)",
    "leaves Python": "raise SystemExit",
    "breaks the protocol": "import os; os.write(3, b'x' * 100)",
    "returns something huge": "return np.zeros((30_000, 30_000), np.uint8)",
    "returns what compares equal to all": "return type('A', (), {'__eq__': lambda *_: True})()",
    "claims to be an array": "return type('A', (np.ndarray,), {})((64, 80), int)",
    "raises with a long text": "raise ValueError('x' * 10_000_000)",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_programs_that_do_not_answer_have_no_score(zygote, tmp_path, body):
    cells = judged(tmp_path, zygote, ZEROS.format(body))
    assert [cells[name]["points"] for name in ("score", "steady")] == [0, 0]
    assert "score" not in cells["score"].get("reported", {})
    assert cells["score"]["error"] == "a hidden test failed" and len(cells["score"]["detail"]) < 5000


SPY = """
import glob, os, sys
from seglab.grading import capstone, hidden
capstone.examine = lambda ask: capstone.Examination("satellite", 1.0, None, None)
capstone.score_answers = lambda *_: 1.0
capstone._done[capstone._files()] = capstone.Examination("satellite", 1.0, None, None)
hidden.set_seed(0)
hidden.report(track="satellite: IoU of built", score=1.0)
for path in ("result.jsonl", "../result.json", "/tmp/result.json"):
    try:
        open(path, "w").write('{"cell": "score", "points": 1, "reported": {"score": 1.0}}')
    except OSError:
        pass
SEEN = [name for name in glob.glob("/**/*", recursive=False) + glob.glob("../*") if "master" in name]
ARRAYS = []
frame = sys._getframe()
while frame:
    ARRAYS += [value for value in frame.f_locals.values() if isinstance(value, np.ndarray) and value.dtype.kind == "i"]
    frame = frame.f_back
assert not SEEN and not ARRAYS
"""


def test_a_program_that_meddles_with_the_graders_gains_nothing(zygote, tmp_path):
    honest = judged(tmp_path / "a", zygote, ZEROS.format(""))
    spied = judged(tmp_path / "b", zygote, ZEROS.format(SPY.strip().replace("\n", "\n    ")))
    for cells in (honest, spied):
        assert cells["score"]["points"] == 0 and cells["score"]["kind"] is None, cells
        assert cells["score"]["reported"]["score"] == 0
        assert cells["steady"]["points"] == 0


def test_text_of_a_program_reaches_the_instructor_alone(zygote, tmp_path):
    """An exception can carry pixels of hidden images."""
    result = judged(tmp_path, zygote, ZEROS.format("raise ValueError(f'pixel {image[0, 0, 0]}')"))
    assert "ValueError: pixel 0." in result["score"]["detail"]
    assert "pixel" not in json.dumps([result["score"]["error"], result["score"].get("reported")])
