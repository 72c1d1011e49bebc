"""`make lab`: nbgrader's pages in JupyterLab know the course, its sheets and what was graded."""

import json
import subprocess
import sys

import pytest
from lab_server import ROOT

pytest.importorskip("nbgrader")
pytestmark = pytest.mark.browser

SHEET = "ex01_labels"
# The one thing that a page of JupyterLab asks the network for: the image in the notebook's link to Colab.
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"


@pytest.fixture(scope="module")
def graded(jupyter):
    """The course after `seglab grade`, with one submission that loses the point of question 4."""
    address, root = jupyter
    source = (root / "solutions" / SHEET / f"{SHEET}.ipynb").read_text()
    wrong = source.replace("trimap == 1, trimap == 3", "trimap == 1, trimap == 2")
    assert wrong != source
    folder = root / "submitted" / "student2" / SHEET
    folder.mkdir(parents=True)
    (folder / f"{SHEET}.ipynb").write_text(wrong)
    command = [sys.executable, "-m", "seglab", "grade", SHEET, "--workers", "1"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return address


@pytest.fixture
def lab_page(new_page):
    """Open an address of JupyterLab, wait until it has started."""

    def make(url):
        page = new_page(width=1400, refused=BADGE)
        page.goto(url, wait_until="domcontentloaded")
        page.wait_for_function("() => window.jupyterapp")
        page.evaluate("() => window.jupyterapp.restored")
        return page

    return make


def test_formgrader_lists_the_sheets_and_the_score_of_a_submission(graded, lab_page):
    page = lab_page(f"{graded}/lab?reset")
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    formgrader = page.frame_locator("iframe")
    row = formgrader.locator("tr", has_text=SHEET)
    row.get_by_role("link", name="1", exact=True).wait_for()
    rows = formgrader.locator("tbody tr").all_inner_texts()
    sheets = sorted(path.name for path in (ROOT / "solutions").iterdir())
    assert [text.split()[0] for text in rows] == sheets
    assert all("draft" in text.split() for text in rows)  # nbgrader's word for what is not in its exchange

    row.get_by_role("link", name="1", exact=True).click()  # the number of submissions
    submission = formgrader.locator("tr", has_text="student2")
    submission.wait_for()
    assert "graded" in submission.inner_text().split()
    assert "7 / 8" in submission.inner_text()


def test_create_assignment_shows_the_points_of_a_sheet(jupyter, lab_page):
    address, root = jupyter
    page = lab_page(f"{address}/lab/tree/solutions/{SHEET}/{SHEET}.ipynb?reset")
    page.locator(".jp-Notebook-cell").first.wait_for()
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Create assignment", exact=True).click()
    points = page.locator(".nbgrader-CellPoints:visible input")
    points.first.wait_for()
    cells = json.loads((root / "solutions" / SHEET / f"{SHEET}.ipynb").read_text())["cells"]
    roles = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    wanted = [role["points"] for role in roles if role.get("grade")]
    assert points.evaluate_all("inputs => inputs.map(input => Number(input.value))") == wanted
    assert page.locator(".nbgrader-TotalPointsInput:visible").input_value() == str(sum(wanted)) == "8"
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
