"""Handing in: what is said of answers, files and the run, what is packed, and that nothing blocks it."""

import json
import os
import subprocess
import sys
import types
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from seglab import google_drive, inspection, submission
from seglab.authoring.notebooks import graded_metadata
from seglab.authoring.student_form import marker
from seglab.errors import InputError
from seglab.grading.collecting import extraction, selection
from seglab.grading.repair import markers

STUB = 'raise NotImplementedError("Question {}: no answer yet")'
GOOD = {"q1-size": "def size(x):\n    return len(x)", "q2-iou": "def iou():\n    return 0.5", "q3-why": "Because."}


def cell(kind, name, source, metadata=None):
    made = {"cell_type": kind, "id": name, "metadata": metadata or {}, "source": source}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def release(answers=GOOD, stamp=None):
    """Return a small sheet as students get it, filled in with some answers."""

    def answer(name, kind="code"):
        stub = f"def {name[3:]}(x=None):\n    {STUB.format(name[1])}" if kind == "code" else "YOUR ANSWER HERE"
        metadata = graded_metadata(name, "answer" if kind == "code" else "manual", None if kind == "code" else 2)
        return cell(kind, name, f"{marker(name, kind)}\n{answers.get(name, stub)}", metadata)

    def test(name, source):
        return cell("code", name, source, graded_metadata(name, "test", 1))

    cells = [
        cell("markdown", "title", "# Lab 1"),
        cell("code", "setup", "import os\nimport sys\n%pip install nothing\n!ls"),
        cell("code", "train", "if not os.environ.get('NBGRADER_EXECUTION'):\n    raise SystemExit('training')"),
        cell("markdown", "q1-question", "### Question 1 - Size (1 point)"),
        answer("q1-size"),
        test("q1-size-test", "assert size([1, 2]) == 2, 'two items'"),
        cell("markdown", "q2-question", "### Question 2 - IoU (1 point)"),
        answer("q2-iou"),
        test("q2-iou-test", "assert iou() == 0.5, 'a half'\nassert os.path.exists('preds.npz')"),
        cell("markdown", "q3-question", "### Question 3 - Why (2 points, manual)"),
        answer("q3-why", "markdown"),
        cell("code", "end", "import seglab.submission\nassert seglab.submission.submit() is None"),
    ]
    seglab = {"release": "0123456789ab", "sheet": "lab1", "version": "0.1.0", **(stamp or {})}
    return {"cells": cells, "metadata": {"seglab": seglab}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(autouse=True)
def plain(monkeypatch, tmp_path):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def no_run(monkeypatch):
    """Leave out the run, where a test is about something else."""
    monkeypatch.setattr(inspection, "rehearse", lambda *_: {"state": "done", "failed": {}, "seconds": 1.0})


def save(folder, notebook, name="lab1.ipynb"):
    path = folder / name
    path.write_text(json.dumps(notebook), "utf-8")
    return path


def packed(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def states(notebook):
    return {slot["id"]: slot["state"] for slot in inspection.slots(notebook)}


def test_a_finished_notebook_end_to_end(tmp_path, capsys):
    path = save(tmp_path, release())
    (tmp_path / "preds.npz").write_bytes(b"numbers")
    (tmp_path / "other.npz").write_bytes(b"not named in the notebook")
    made = submission.submit("lab1.ipynb")
    text = capsys.readouterr().out
    assert made == tmp_path / "lab1-submission.zip"
    files = packed(made)
    assert sorted(files) == ["lab1.ipynb", "manifest.json", "preds.npz"]
    assert files["lab1.ipynb"] == path.read_bytes()
    manifest = json.loads(files["manifest.json"])
    assert manifest["files"]["preds.npz"] == {"bytes": 7, "sha256": sha256(b"numbers").hexdigest()}
    assert manifest["release"] == "0123456789ab" and manifest["run"] == "done" and manifest["failed"] == {}
    assert manifest["slots"] == {"q1-size": "answered", "q2-iou": "answered", "q3-why": "answered"}
    assert "✔ q1-size    answered, its visible tests pass" in text and "To look at" not in text
    assert not list(tmp_path.glob(".*")), "nothing is left behind"
    before = made.read_bytes()
    assert submission.submit(path).read_bytes() == before, "the same notebook gives the same archive"


def test_an_untouched_notebook_is_packed_all_the_same(tmp_path, capsys):
    save(tmp_path, release({}))
    made = submission.submit("lab1.ipynb")
    text = capsys.readouterr().out
    assert json.loads(packed(made)["manifest.json"])["slots"] == dict.fromkeys(("q1-size", "q2-iou", "q3-why"), "open")
    assert text.count("not answered yet") == 3 and "preds.npz" in text
    assert "You can hand in as it is" in text


def test_failing_tests_and_failing_cells_are_told_apart(tmp_path, capsys):
    notebook = release({**GOOD, "q1-size": "def size(x):\n    return 3"})
    notebook["cells"].insert(2, cell("code", "mine", "1 / 0"))
    save(tmp_path, notebook)
    made = submission.submit("lab1.ipynb")
    text = capsys.readouterr().out
    assert "✘ q1-size    answered, but q1-size-test: AssertionError: two items" in text
    assert "✘ q2-iou     answered, but q2-iou-test: AssertionError" in text, "preds.npz is not handed in"
    assert "✘ cell mine  ZeroDivisionError: division by zero" in text
    assert json.loads(packed(made)["manifest.json"])["failed"]["mine"].startswith("ZeroDivisionError")


def test_states_of_answers():
    assert states(release()) == dict.fromkeys(GOOD, "answered")
    assert states(release({})) == dict.fromkeys(GOOD, "open")
    for broken in ("def size(x)\n    return 1", "def size(x):\n\treturn 1\n        return 2"):
        assert states(release({**GOOD, "q1-size": broken}))["q1-size"] == "broken"
    assert (
        states(
            release(
                {
                    **GOOD,
                    "q1-size": "%timeit 1\nclass A:\n    def f(self):\n        raise NotImplementedError('abstract')",
                }
            )
        )["q1-size"]
        == "answered"
    )
    assert (
        states(release({**GOOD, "q1-size": "def size(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"}))[
            "q1-size"
        ]
        == "open"
    )
    assert states(release({**GOOD, "q1-size": "# nothing"}))["q1-size"] == "open"
    assert states(release({**GOOD, "q3-why": "YOUR ANSWER HERE\n\nBecause."}))["q3-why"] == "answered"
    assert states(release({**GOOD, "q3-why": ""}))["q3-why"] == "open"
    [slot] = [each for each in inspection.slots(release({**GOOD, "q1-size": "x = ("})) if each["id"] == "q1-size"]
    assert slot["note"] == ": line 2"


def test_lost_and_doubled_answers_are_found():
    notebook = release()
    notebook["cells"] = [each for each in notebook["cells"] if each["id"] != "q2-iou"]
    assert states(notebook) == {"q1-size": "answered", "q3-why": "answered", "q2": "missing"}
    notebook["metadata"]["seglab"]["slots"] = list(GOOD)
    assert states(notebook) == {"q1-size": "answered", "q3-why": "answered", "q2-iou": "missing"}
    notebook = release()
    notebook["cells"].append(notebook["cells"][4])
    assert states(notebook)["q1-size"] == "twice"
    notebook = release()
    merged = notebook["cells"].pop(7)
    notebook["cells"][4]["source"] += "\n" + merged["source"]
    assert states(notebook) == dict.fromkeys(GOOD, "answered")
    assert inspection.slots(notebook)[1]["note"] == ", in one cell with q1-size"


def test_answers_are_found_when_colab_or_drive_took_the_metadata():
    notebook = release()
    for each in notebook["cells"]:
        each["metadata"] = {"id": each.pop("id")}  # the marker is left
    assert states(notebook) == dict.fromkeys(GOOD, "answered")
    assert inspection.slots(notebook)[0]["tests"] == ["q1-size-test"]
    for each in notebook["cells"]:
        each["source"] = inspection.MARKER.sub("", each["source"])  # the id is left
    notebook["metadata"]["seglab"]["slots"] = list(GOOD)
    assert states(notebook) == dict.fromkeys(GOOD, "answered")


def test_files_by_name_with_caps(tmp_path, monkeypatch):
    for name in ("a.npz", "big.png", "sub/b.csv", "c.json", "predict.py", "other.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * (200 if name == "big.png" else 40))
    (tmp_path / "link.csv").symlink_to("/etc/passwd")
    monkeypatch.setattr(inspection, "FILE_BYTES", 100)
    source = "f('a.npz', 'big.png', 'sub/b.csv', 'gone.png', 'predict.py', 'other.py')\n"
    source += "f('../up.csv', '/etc/a.csv', 'http://x/y.png', 'link.csv', '*.png', '.npz')"
    notebook = release()
    notebook["cells"].append(cell("code", "files", source))
    notebook["metadata"]["seglab"]["artifacts"] = ["c.json"]
    files, missing = inspection.artifacts(notebook, tmp_path)
    assert list(files) == ["c.json", "a.npz", "sub/b.csv", "predict.py"]
    assert set(missing) == {"preds.npz", "big.png", "gone.png"} and "too large" in missing["big.png"]
    monkeypatch.setattr(inspection, "TOTAL_BYTES", 85)
    files, missing = inspection.artifacts(notebook, tmp_path)
    assert list(files) == ["c.json", "a.npz"] and "sub/b.csv" in missing


def test_the_caps_and_the_marker_are_those_of_the_grader():
    assert selection.ARTIFACTS == inspection.ARTIFACTS and selection.PROGRAM == inspection.PROGRAM
    assert extraction.STUDENT.file_bytes == inspection.FILE_BYTES
    assert extraction.STUDENT.total_bytes == inspection.TOTAL_BYTES
    assert inspection.MARKER.pattern == markers.MARKER.pattern
    for kind in ("code", "markdown"):
        assert inspection.MARKER.search(f"{marker('q2-iou', kind)}\nx")[1] == "q2-iou"


def rehearse(*sources, **options):
    cells = [cell("code", f"c{number}", source) for number, source in enumerate(sources)]
    return inspection.rehearse({"cells": cells}, {}, **options)


def test_the_run_survives_whatever_a_cell_does():
    result = rehearse("import os", "os._exit(3)", "x = 1")
    assert result["state"] == "Python ended with code 3 in cell c1"
    result = rehearse("x = 1", "while True: pass", seconds=4)
    assert result["state"] == "stopped after 4 s in cell c1"


def test_the_run_is_a_graders():
    result = rehearse(
        "from google.colab import drive, files, output\ndrive.mount('/content/drive')\nfiles.download('x')",
        "import google.protobuf",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1]); plt.show()",
        "import os, sys\nassert os.environ['NBGRADER_EXECUTION'] == 'validate'",
        "assert os.listdir() == [] and os.environ['CUDA_VISIBLE_DEVICES'] == '-1'",
        "print('out'); print('err', file=sys.stderr)",
        "input()",
        "raise SystemExit",
        "assert False",
    )
    assert result["state"] == "done"
    assert result["failed"].keys() == {"c6", "c7", "c8"} and result["failed"]["c8"] == "AssertionError"


def test_an_interrupted_run_is_no_obstacle(monkeypatch, tmp_path, capsys):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(inspection.subprocess, "run", interrupt)
    save(tmp_path, release())
    assert json.loads(packed(submission.submit("lab1.ipynb"))["manifest.json"])["run"] == "interrupted"
    assert "interrupted" in capsys.readouterr().out


def test_under_grading_nothing_happens(monkeypatch, tmp_path):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    save(tmp_path, release())
    assert submission.submit("lab1.ipynb") is None and submission.submit() is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lab1.ipynb"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"cells": 3}',
        b'{"cells": [3]}',
        b"\xff\xfe",
        b'{"a":' * 100_000,
        b'{"cells": [{"source": 1}]}',
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path, content):
    (tmp_path / "lab1.ipynb").write_bytes(content)
    with pytest.raises(InputError, match=r"lab1\.ipynb is no notebook"):
        submission.submit("lab1.ipynb")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_notebook_must_be_named_outside_of_colab(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    save(tmp_path, release())
    with pytest.raises(InputError, match=r'submit\("lab1.ipynb"\)'):
        submission.submit()
    with pytest.raises(InputError, match="cannot be read"):
        submission.submit("none.ipynb")


def test_drive_outside_of_colab_is_said(tmp_path, capsys, no_run):
    save(tmp_path, release())
    assert submission.submit("lab1.ipynb", drive=True).is_file()
    assert "Colab only" in capsys.readouterr().out


def test_an_archive_that_cannot_be_written_is_an_error_of_one_line(tmp_path, no_run):
    save(tmp_path, release())
    (tmp_path / "lab1-submission.zip").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        submission.submit("lab1.ipynb")
    assert not list(tmp_path.glob(".*"))


def test_any_nbgrader_notebook_can_be_handed_in(tmp_path, capsys, no_run):
    notebook = release()
    del notebook["metadata"]["seglab"]
    save(tmp_path, notebook, "problem 1.ipynb")
    made = submission.submit("problem 1.ipynb")
    assert made.name == "problem 1-submission.zip" and "problem 1.ipynb" in packed(made)
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    submission.submit(save(tmp_path, empty, "empty.ipynb"))
    assert "no answer cell in this notebook" in capsys.readouterr().out


class Colab:
    """A stand-in for `google.colab`: what the page would answer, and what was asked of it."""

    def __init__(self, monkeypatch, tmp_path, answer):
        self.asked, self.downloaded, self.mounted, self.answer = [], [], [], answer
        parts = {
            "_message": {"blocking_request": self.blocking_request},
            "drive": {"mount": self.mount},
            "files": {"download": self.downloaded.append},
        }
        package = types.ModuleType("google.colab")
        monkeypatch.setitem(sys.modules, "google.colab", package)
        for name, content in parts.items():
            module = types.SimpleNamespace(**content)
            monkeypatch.setitem(sys.modules, f"google.colab.{name}", module)
            setattr(package, name, module)
        monkeypatch.setattr(google_drive, "MOUNT", tmp_path / "drive")

    def blocking_request(self, request_type, request="", timeout_sec=5, parent=None):
        self.asked.append((request_type, timeout_sec))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def mount(self, place):
        self.mounted.append(place)
        Path(place, "MyDrive").mkdir(parents=True)


def test_in_colab_the_live_notebook_is_packed_copied_and_downloaded(monkeypatch, tmp_path, capsys, no_run):
    notebook = release()
    notebook["metadata"]["colab"] = {"name": "Copy of lab1.ipynb"}
    for each in notebook["cells"]:  # as the page hands it over
        each["source"] = each["source"].splitlines(keepends=True)
        each["metadata"]["id"] = each.pop("id")
    colab = Colab(monkeypatch, tmp_path, {"ipynb": notebook})
    (tmp_path / "preds.npz").write_bytes(b"numbers")
    made = submission.submit(drive=True)
    assert colab.asked == [("get_ipynb", 60)]
    assert made == tmp_path / "lab1-submission.zip" and colab.downloaded == [str(made)]
    assert (tmp_path / "drive/MyDrive/seglab/lab1-submission.zip").read_bytes() == made.read_bytes()
    files = packed(made)
    assert json.loads(files["lab1.ipynb"]) == notebook and files["preds.npz"] == b"numbers"
    assert "Copied to Drive: MyDrive/seglab/lab1-submission.zip" in capsys.readouterr().out
    submission.submit()
    assert len(colab.mounted) == 1 and len(colab.downloaded) == 2


@pytest.mark.parametrize(
    "answer", [None, {}, {"ipynb": None}, {"error": "x"}, RuntimeError("no frontend"), {"ipynb": object()}]
)
def test_a_page_that_does_not_answer_leaves_a_way_out(monkeypatch, tmp_path, answer):
    Colab(monkeypatch, tmp_path, answer)
    with pytest.raises(InputError, match=r"upload it|no notebook of format 4"):
        submission.submit()


def test_failures_of_drive_and_browser_leave_the_archive(monkeypatch, tmp_path, capsys, no_run):
    colab = Colab(monkeypatch, tmp_path, {"ipynb": release()})

    def refuse(*_):
        raise RuntimeError("refused")

    sys.modules["google.colab.drive"].mount = sys.modules["google.colab.files"].download = refuse
    assert submission.submit(drive=True).is_file()
    text = capsys.readouterr().out
    assert "Not copied to Drive (RuntimeError: refused)" in text and "The download failed" in text
    assert colab.downloaded == []


def test_it_imports_nothing_heavy():
    code = (
        "import sys, seglab.submission\n"
        "heavy = {'IPython', 'nbformat', 'nbgrader', 'nbclient', 'ipywidgets', 'tensorflow', 'keras', 'numpy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))
