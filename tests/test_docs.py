"""The pages in docs/: their links lead somewhere, and the commands of the quick start do what it says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link, heading in LINK.findall(page.read_text("utf-8")):
        if "://" in link:
            continue
        target = page.parent / link if link else page
        assert target.exists(), link
        if page.name != "README.md":  # all others are on the site, where nothing around docs/ is under its own name
            assert target.resolve() in (page, *DOCS), f"{link}: not on the site; name it in backticks"
        if heading:
            titles = [text.lower() for text in HEADING.findall(target.read_text("utf-8"))]
            assert heading in [re.sub(r"[^\w -]", "", title).replace(" ", "-") for title in titles], f"{link}#{heading}"


def test_the_quick_start_goes_from_release_to_feedback(tmp_path):
    for name in ("grader_config.py", "nbgrader_config.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("solutions/ex01_labels", "labs/ex01_labels", "tests/answers/ex01_labels"):
        shutil.copytree(ROOT / name, tmp_path / name)
    blocks = SHELL.findall((ROOT / "docs" / "quick_start.md").read_text("utf-8"))
    assert len(blocks) >= 6
    # `make labs` proves every sheet; here it would take longer than all the rest.
    script = "\n".join(blocks).replace("seglab release ex01_labels", "seglab release ex01_labels --unproven")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    scores = dict(re.findall(r"^(student\d) +(\S+) / 8", done.stdout, re.MULTILINE))
    assert scores == {"student1": "8", "student2": "7", "student3": "0"}
    for student in scores:
        page = (tmp_path / "feedback" / student / "ex01_labels" / "ex01_labels.html").read_text("utf-8")
        assert f"{scores[student]}" in page and "BEGIN HIDDEN TESTS" not in page
    rows = (tmp_path / "grades.csv").read_text("utf-8-sig").splitlines()
    assert len(rows) == 4 and all(any(student in row for row in rows) for student in scores)
    assert "<svg" in (tmp_path / "analysis.html").read_text("utf-8")
