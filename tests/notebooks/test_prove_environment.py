"""The runner of `make test-all`: what it lets pass, and what it counts as an error."""

import json

import nbformat

from tests.notebooks import prove_environment


def write(path, *sources):
    cells = [nbformat.v4.new_code_cell(source, id=f"cell{number}") for number, source in enumerate(sources)]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_a_lesson_raises_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGLAB_PROFILE", "full")
    lesson = write(
        tmp_path / "course" / "week1.ipynb",
        "import os, sys\nprint('late', file=sys.stderr)\nassert 'SEGLAB_PROFILE' not in os.environ",
        "open('left.txt', 'w').close()\n1 / 0",
        "raise NotImplementedError('Question 1')",
    )
    row = prove_environment.run(lesson)
    assert row["errors"] == ["cell1: ZeroDivisionError: division by zero", "cell2: NotImplementedError: Question 1"]
    assert row["stderr"] == ["cell0"] and row["seconds"] > 0
    assert [path.name for path in lesson.parent.iterdir()] == ["week1.ipynb"]


def test_a_released_sheet_raises_what_is_unanswered_only(tmp_path):
    sheet = tmp_path / "labs" / "ex1" / "ex1.ipynb"
    write(sheet, "open('beside.txt').close()\nraise NotImplementedError('Question 1: Sum')", "missing")
    (sheet.parent / "beside.txt").touch()
    row = prove_environment.run(sheet)
    assert (row["errors"], row["unanswered"]) == (["cell1: NameError: name 'missing' is not defined"], 1)
    row = prove_environment.run(write(sheet, "1 + 1"))
    assert row["errors"] == ["notebook: nothing is unanswered: is this a released sheet?"]


def test_results_of_one_environment_leave_the_others(tmp_path, monkeypatch):
    results = tmp_path / "environments.json"
    results.write_text(json.dumps({"newest": {"notebooks": {}}}))
    monkeypatch.setattr(prove_environment, "RESULTS", results)
    prove_environment._record("colab", {"course/week1.ipynb": {"errors": []}})
    found = json.loads(results.read_text())
    assert set(found) == {"colab", "newest"} and set(found["colab"]["versions"]) >= {"python", "keras", "numpy"}


def test_the_log_of_tensorflow_is_no_complaint():
    log = "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    log += "I0000 00:00:1790000000.1  77 cpu_feature_guard.cc:227] This binary is optimized.\n"
    log += "To enable the following instructions: AVX2 AVX512F, rebuild TensorFlow.\n"
    outputs = [nbformat.v4.new_output("stream", name="stderr", text=text) for text in (log, "UserWarning: old\n")]
    outputs.append(nbformat.v4.new_output("stream", name="stdout", text="printed\n"))
    assert prove_environment.complaints(nbformat.v4.new_code_cell(outputs=outputs)) == ["UserWarning: old"]


def test_all_notebooks_are_run():
    found = {path.stem for path in prove_environment.notebooks_of(prove_environment.ROOT)}
    assert found >= {"week00_setup", "week10d_outlook", "ex01_labels", "ex10_panoptic", "lab1_fcn_unet", "capstone"}


def test_what_is_recorded_had_no_errors():
    for environment, found in json.loads(prove_environment.RESULTS.read_text()).items():
        assert {name: row["errors"] for name, row in found["notebooks"].items() if row["errors"]} == {}, environment
