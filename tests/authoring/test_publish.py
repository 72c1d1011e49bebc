"""The students' tree: what is in it and what is not, that it works alone, when a folder is written again or refused."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from seglab import about
from seglab.authoring import leaks, notebooks
from seglab.authoring.publish import RECORD, publish
from seglab.authoring.release import sheets
from seglab.cli import main
from seglab.errors import InputError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def small(course, released):
    """A small course with all that `publish` needs; its library is this one's."""
    shutil.copytree(released.path("labs"), course.path("labs"))
    for name in ("LICENSE", "LICENSE-text", "pyproject.toml", "seglab"):
        course.path(name).symlink_to(ROOT / name)
    return course


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def run(code, tree, *arguments, timeout=120):
    """Run Python with nothing of this checkout on its path but a tree."""
    start = f"import sys; sys.path[:] = [{str(tree)!r}] + [p for p in sys.path if p and p != {str(ROOT)!r}]\n"
    return subprocess.run(
        [sys.executable, "-c", start + code, *arguments],
        cwd=tree.parent,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def test_the_tree_holds_the_course_and_nothing_of_its_teachers(tree):
    names = list(files(tree))
    assert {name.split("/")[0] for name in names} == {
        *("course", "labs", "seglab", "LICENSE", "LICENSE-text", "README.md", "pyproject.toml", RECORD, about.wheel()),
    }
    assert {name.split("/")[1] for name in names if name.startswith("labs/")} == set(sheets(ROOT))
    assert {path.name for path in (ROOT / "course").glob("*.ipynb")} == {path.name for path in tree.glob("course/*")}
    ours = [path.relative_to(ROOT) for path in (ROOT / "seglab").rglob("*") if path.is_file()]
    for path in ours:
        left_out = {"authoring", "grading", "cli", "__pycache__"} & set(path.parts)
        assert left_out or path.as_posix() in names, f"{path} is missing: is its kind in publish.LIBRARY?"
    parts = {part for name in names for part in Path(name).parts}
    assert not parts & {
        "authoring",
        "grading",
        "solutions",
        "tests",
        "benchmarks",
        "gradebook.db",
        "__pycache__",
        ".git",
    }
    with zipfile.ZipFile(tree / about.wheel()) as wheel:
        packed = [name for name in wheel.namelist() if name.startswith("seglab/")]
    assert packed and set(packed) == {name for name in names if name.startswith("seglab/")}
    project = (tree / "pyproject.toml").read_text()
    assert "nbgrader" not in project and "[project.optional-dependencies]\ncourse = " in project


def test_badges_and_set_up_cells_point_at_the_tree(tree):
    address, tag = about.source_url().removeprefix("https://github.com/"), about.tag()
    for path in sorted(tree.rglob("*.ipynb")):
        name = path.relative_to(tree).as_posix()
        cells = notebooks.read(path)["cells"]
        assert f"(https://colab.research.google.com/github/{address}/blob/{tag}/{name})" in cells[0]["source"], name
        assert cells[1]["source"] == notebooks.SETUP_CELL, name
    assert f"/{address}/blob/{tag}/course/week00_setup.ipynb" in (tree / "README.md").read_text()
    assert f"https://github.com/{address}/raw/{tag}/{about.wheel()}" in notebooks.SETUP_CELL


def test_no_text_of_the_tree_shows_a_solution_or_a_hidden_test(tree, tmp_path):
    assert leaks.find(tree, ROOT) == []
    planted = tmp_path / "tree"
    shutil.copytree(tree / "course", planted / "course")
    notebook = notebooks.read(planted / "course" / "week02a_metrics.ipynb")
    notebook["cells"][5]["source"] += (
        "\nright, truth, prediction = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)"
    )
    notebooks.write(notebook, planted / "course" / "week02a_metrics.ipynb")
    place = f"course/week02a_metrics.ipynb:{notebook['cells'][5]['id']}"
    [finding] = leaks.find(planted, ROOT)
    assert finding.startswith(f"{place}: shows a line of a solution, ex02_metrics:q2-means: right, truth")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("seglab/twice.py", "def f(x):\n    twice = 2 * x\n\n    return twice", "seglab/twice.py:2: shows a solution"),
        ("notes.txt", "    assert double(value) == 2 * value\n\nassert double(-3) == -6", None),
        (
            "seglab/t.js",
            "for value in np.random.default_rng(1).integers(3, 99, 5):",
            ":1: shows a line of a hidden test",
        ),
        (
            "seglab/t.py",
            "    for value in np.random.default_rng(1).integers(3, 99, 5):",
            ":1: shows a line of a hidden test",
        ),
        ("README.md", "one\n### BEGIN SOLUTION", "README.md:2: holds a mark, BEGIN SOLUTION"),
        ("photo.jpg", b"\xff\xd8### BEGIN SOLUTION", None),
        (".git/x", "### BEGIN SOLUTION", None),
        ("seglab/fine.py", "    return twice\n    twice = 2 * x", None),
    ],
)
def test_what_counts_as_shown(course, tmp_path_factory, name, text, message):
    path = tmp_path_factory.mktemp("tree") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    root = path.parents[len(Path(name).parts) - 1]
    found = leaks.find(root, course.folder)
    assert (found == []) if message is None else (len(found) == 1 and message in found[0])


def test_publishing_again_gives_the_same_and_takes_away_what_is_gone(small, tmp_path_factory, capsys, monkeypatch):
    folder = tmp_path_factory.mktemp("out") / "tree"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    monkeypatch.chdir(small.folder)
    assert main(["publish", str(folder)]) == 0
    assert f"tag them {about.tag()}" in capsys.readouterr().out
    first = files(folder)
    publish(folder)
    assert files(folder) == first and ".git/HEAD" in first
    (folder / "mine.txt").write_text("a file of the teacher's")
    small.path("course/week02_other.ipynb").write_bytes(small.path(small.lesson).read_bytes())
    notebooks.tidy(small.path("course/week02_other.ipynb"))
    publish(folder)
    assert "course/week02_other.ipynb" in files(folder)
    small.path("course/week02_other.ipynb").unlink()
    publish(folder)
    assert files(folder) == {**first, "mine.txt": b"a file of the teacher's"}


def test_a_tree_that_gives_something_away_is_not_written(small, tmp_path_factory, capsys, monkeypatch):
    folder = tmp_path_factory.mktemp("out") / "tree"
    small.replace(
        small.lesson, "show-three", "2 * 3", "for value in np.random.default_rng(1).integers(3, 99, 5):\n    pass"
    )
    monkeypatch.chdir(small.folder)
    assert main(["publish", str(folder)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert (
        "course/week01_double.ipynb:show-three: shows a line of a hidden test, ex01_double:q1-double-test-pos" in error
    )
    assert not folder.exists()


def test_what_is_not_in_order_is_refused_in_one_line(small, tmp_path_factory):
    foreign = tmp_path_factory.mktemp("foreign")
    (foreign / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="holds files that publish did not write"):
        publish(foreign, small.folder)
    assert [path.name for path in foreign.iterdir()] == ["thesis.tex"]
    with pytest.raises(InputError, match="DIR names no folder"):
        publish("", small.folder)
    new = foreign / "new"
    small.replace("labs/ex01_double/ex01_double.ipynb", "setup", about.tag(), "v9.9")
    with pytest.raises(InputError, match=r"labs/ex01_double/ex01_double\.ipynb:setup: .*make labs"):
        publish(new, small.folder)
    small.replace("labs/ex01_double/ex01_double.ipynb", "setup", "v9.9", about.tag())
    small.edit(small.lesson, lambda notebook, cells: cells["show-one"].update(outputs=[{"output_type": "stream"}]))
    with pytest.raises(InputError, match=r"course/week01_double\.ipynb:show-one: has outputs"):
        publish(new, small.folder)
    shutil.rmtree(small.path("labs/ex01_double"))
    with pytest.raises(InputError, match="labs/ex01_double: not released yet"):
        publish(new, small.folder)
    assert not new.exists()


EVERYTHING = """
import importlib, pkgutil, seglab
assert seglab.__file__.startswith(sys.path[0]), seglab.__file__
names = [found.name for found in pkgutil.walk_packages(seglab.__path__, "seglab.") if found.name != "seglab.__main__"]
for name in names:
    importlib.import_module(name)
assert len(names) > 100 and "seglab.student" in names
assert not [name for name in sys.modules if name.startswith(("seglab.grading", "seglab.authoring", "nbgrader"))]
from seglab.cli import build_parser
commands = set(build_parser()._subparsers._group_actions[0].choices)
assert {"train", "predict", "doctor", "demo"} <= commands and not commands & {"grade", "release", "lint", "publish"}
"""


def test_every_module_of_the_tree_imports_without_grading_and_authoring(tree):
    done = run(EVERYTHING, tree)
    assert done.returncode == 0, done.stderr


WORK = """
import json, os
import seglab
from seglab import student_shell
from seglab.cli import main
shell = student_shell.make_shell()
for cell in json.load(open(f"{sys.path[0]}/course/week01b_labels.ipynb"))["cells"][:12]:
    if cell["cell_type"] == "code":
        error, _ = student_shell.run_cell(shell, "".join(cell["source"]))
        assert error is None, (cell["id"], error)
assert main(["doctor"]) == 0
train = ["train", "--model", "u-net", "--data", "shapes", "--size", "32", "--epochs", "1", "--quiet", "--out", "run"]
assert main(train) == 0
seglab.submit("ex01_labels.ipynb")
"""


@pytest.mark.slow
def test_students_work_with_the_tree_alone(tree, tmp_path):
    shutil.copytree(tree, tmp_path / "tree")
    shutil.copy(tree / "labs" / "ex01_labels" / "ex01_labels.ipynb", tmp_path)
    done = run(WORK, tmp_path / "tree", timeout=300)
    assert done.returncode == 0, done.stderr
    assert "best validation mIoU" in done.stdout and "from top to bottom in" in done.stdout
    with zipfile.ZipFile(tmp_path / "ex01_labels-submission.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert set(manifest["slots"].values()) == {"open"} and manifest["run"] == "done"
