"""The benchmark of semantic networks: what runs, what is not repeated, and the table of what is recorded."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seglab import measured
from seglab.errors import InputError
from seglab.models import slug

ROOT = Path(__file__).parents[1]
PROGRAM = str(ROOT / "benchmarks" / "models.py")
COST = {"steps": 900, "crf_ms": 130.0, "parameters": 1000, "memory_mb": 900, "cpu_seconds": 400}


@pytest.fixture
def benchmark(monkeypatch):
    names = runpy.run_path(PROGRAM)
    yield names["main"].__globals__
    sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture
def started(benchmark, monkeypatch):
    """The commands of the processes that would be started; each leaves its file, except for SegNet, which fails."""
    commands = []

    def start(command, **options):
        commands.append(command)
        name, model, _, seed = command[2:6]
        assert options["env"]["TF_NUM_INTRAOP_THREADS"] == "1"
        if model == "segnet":
            return subprocess.CompletedProcess(command, 1, "", "Traceback\nValueError: no such thing\n")
        model_name = next(one for one in benchmark["MODELS"] if slug(one) == model)
        write(Path(command[command.index("--results") + 1]), name, model_name, int(seed), 0.5)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", start)
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.setenv("SEGLAB_DATA_DIR", "anywhere")
    return commands


def write(folder, name, model_name, seed, iou, **changes):
    """A run's file: the CRF makes the IoU a little better and the boundary a little worse."""
    scores = {
        way: {"mIoU": round(iou + more, 4), "boundary IoU": round(0.4 - more, 4), "pixel accuracy": 0.9, "IoU pet": iou}
        for way, more in ((model_name, 0), (f"{model_name} + CRF", 0.05))
    }
    text = json.dumps({**COST, "scores": scores, **changes})
    (folder / f"{name}-{slug(model_name)}-{seed}.json").write_text(text)


def test_the_networks_are_fifteen_and_their_files_differ(benchmark):
    assert len({slug(name) for name in benchmark["MODELS"]}) == 15
    runs = benchmark["asked"]([], None)
    assert len(runs) == len(set(runs)) == 15 * (3 + 1 + 1)


def test_data_networks_and_seed_select_runs(benchmark):
    assert benchmark["asked"](["nuclei", "deeplab-v3+", "pets"], 0) == [
        ("nuclei", "DeepLab v3+", 0),
        ("pets", "DeepLab v3+", 0),
    ]
    assert benchmark["asked"](["u-net", "camvid"], 1) == []  # one seed only
    assert [seed for *_, seed in benchmark["asked"](["u-net", "pets"], None)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "pet u-net",
            r"^'pet' is no data set or network. Known are pets, nuclei, camvid, fcn-32s, .*, pspnet.*\.$",
        ),
        ("pets --budget 5", r"^--budget and --images only try the program, so --results must name another folder\.$"),
    ],
)
def test_bad_input_is_one_line(benchmark, words, message):
    with pytest.raises(InputError, match=message):
        benchmark["main"](words.split())


def test_what_is_recorded_is_not_repeated_and_a_failure_stops_nothing(benchmark, started, tmp_path, capsys):
    write(tmp_path, "pets", "U-Net", 1, 0.7)
    words = ["pets", "u-net", "segnet", "fcn-8s", "--jobs", "1", "--results", str(tmp_path)]
    assert benchmark["main"](words) == 1
    runs = [" ".join(command[2:6]) for command in started]
    first, later = ["pets u-net --seed 0", "pets segnet --seed 0", "pets fcn-8s --seed 0"], ["segnet", "fcn-8s"]
    assert runs == [
        *first,
        *(f"pets {model} --seed 1" for model in later),
        *(f"pets {model} --seed 2" for model in ("u-net", *later)),
    ]
    printed = capsys.readouterr().out
    assert "pets segnet --seed 2 failed: ValueError: no such thing" in printed
    assert "pets: 2 of 15 networks" in printed
    started.clear()
    assert benchmark["main"]([*words[:2], *words[3:]]) == 0  # without SegNet nothing is left
    assert started == []


def test_no_run_is_started_after_the_minutes(benchmark, started, tmp_path, capsys):
    assert benchmark["main"](["camvid", "u-net", "--minutes", "-1", "--results", str(tmp_path)]) == 0
    assert started == [] and "camvid u-net --seed 0 waits for another call" in capsys.readouterr().out


def test_the_table_trains_nothing_and_has_the_best_first(benchmark, started, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(benchmark, "RESULTS", tmp_path)
    monkeypatch.setitem(benchmark, "PACKED", tmp_path / "packed.json")
    words = ["--table", "--results", str(tmp_path)]
    benchmark["main"](words)
    assert not (tmp_path / "packed.json").exists()  # nothing is recorded, so nothing is claimed
    write(tmp_path, "nuclei", "FCN-8s", 0, 0.6)
    write(tmp_path, "nuclei", "U-Net", 0, 0.8)
    benchmark["main"](words)
    assert started == []
    printed = capsys.readouterr().out
    assert printed.index("U-Net ") < printed.index("FCN-8s ") and "pets:" not in printed
    packed = json.loads((tmp_path / "packed.json").read_text())
    assert packed["conditions"]["program"] == "benchmarks/models.py"
    assert packed["rows"] == benchmark["summary"](tmp_path)


def test_the_median_of_three_seeds_without_and_with_the_crf(benchmark, tmp_path):
    for seed, iou in enumerate((0.7, 0.4, 0.6)):
        write(tmp_path, "pets", "U-Net", seed, iou, crf_ms=130.0 - 10 * seed)
    (tmp_path / "ms.json").write_text('{"ms": {"U-Net": 9.0}}')
    rows = {(row["data"], row["method"]): row for row in benchmark["summary"](tmp_path)}
    assert len(rows) == 3 * 15 * 2
    plain, crf = rows["pets", "U-Net"], rows["pets", "U-Net + CRF"]
    assert [plain[key] for key in ("median", "lowest", "highest", "seeds", "ms")] == [0.6, 0.4, 0.7, 3, 9.0]
    assert plain["scores"] == {"mIoU": 0.6, "boundary IoU": 0.4, "pixel accuracy": 0.9}
    assert [crf[key] for key in ("median", "lowest", "highest", "network")] == [0.65, 0.45, 0.75, "U-Net"]
    assert crf["scores"]["boundary IoU"] == 0.35
    assert crf["ms"] == 129.0  # 9, and the median of 130, 120 and 110
    missing = rows["camvid", "PSPNet + CRF"]
    assert (missing["seeds"], missing["median"], missing["ms"], missing["scores"]) == (0, None, None, {})


def test_scores_worked_by_hand(benchmark):
    class Data:
        num_classes, ignore_class, classes = 3, 9, ("sky", "road", "nowhere")

    truth = np.array([[[0, 0, 0, 0], [1, 1, 1, 9]]])
    y_pred = np.array([[[0, 0, 0, 1], [1, 1, 0, 0]]])
    found = benchmark["scores"](truth, y_pred, Data)
    # Sky: 3 pixels shared, 5 in either; road: 2 and 4. All pixels lie at a contour, so boundaries score the same.
    assert (found["IoU sky"], found["IoU road"], found["IoU nowhere"]) == (0.6, 0.5, None)
    assert (found["mIoU"], found["pixel accuracy"], found["boundary IoU"]) == (0.55, 0.7143, 0.55)


def test_a_real_run_takes_the_steps_of_another_seed(benchmark, tiny_pets, tmp_path, monkeypatch):
    monkeypatch.setitem(benchmark, "SIZE", 32)
    write(tmp_path, "pets", "FCN-32s", 1, 0.5, steps=4)
    words = ["pets", "fcn-32s", "--seed", "0", "--here", "--budget", "1", "--results", str(tmp_path)]
    assert benchmark["main"](words) == 0
    found = json.loads((tmp_path / "pets-fcn-32s-0.json").read_text())
    assert found["steps"] == 4
    assert set(found["scores"]) == {"FCN-32s", "FCN-32s + CRF"}
    assert all(0 < values["mIoU"] < 1 for values in found["scores"].values())
    assert found["crf_ms"] > 0 and found["memory_mb"] > 100
    # Five 3x3 convolutions, scale and shift of their 184 channels, and the scores; the bilinear kernel is fixed.
    convolutions = 9 * (3 * 8 + 8 * 16 + 16 * 32 + 32 * 64 + 64 * 64)
    assert found["parameters"] == convolutions + 2 * 184 + (64 + 1) * 2


def test_networks_are_timed_with_one_output_each(benchmark, monkeypatch):
    for name in benchmark["ONE_THREAD"]:
        monkeypatch.setenv(name, "2")
    program = runpy.run_path(str(ROOT / "benchmarks" / "models_ms.py"))
    sys.path.remove(str(ROOT / "benchmarks"))
    networks = {name: benchmark["MODELS"][name] for name in ("FCN-32s", "PSPNet")}  # the second one has two outputs
    found = program["time_networks"](networks, size=32, rounds=1)
    assert list(found["ms"]) == list(networks) and min(found["ms"].values()) > 0 and found["load"] >= 0


@pytest.mark.slow  # the program and the run each start TensorFlow; and steps are timed
def test_a_process_of_its_own(tiny_pets, tmp_path):
    words = f"pets fcn-32s --seed 0 --budget 0.2 --results {tmp_path / 'results'}".split()
    done = subprocess.run([sys.executable, PROGRAM, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "pets fcn-32s --seed 0 done" in done.stdout and "pets: 1 of 15 networks" in done.stdout
    (file,) = (tmp_path / "results").iterdir()
    assert file.name == "pets-fcn-32s-0.json" and json.loads(file.read_text())["steps"] >= 2


def test_the_packed_rows_are_those_of_the_results_folder(benchmark):
    rows = json.loads(json.dumps(benchmark["summary"]()))
    if any(row["seeds"] for row in rows):
        assert measured.measured("models") == rows, "run `python benchmarks/models.py --table`"
    else:
        assert "models" not in measured.names()
