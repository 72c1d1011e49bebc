"""Feedback on hostile submissions in a real browser: it asks for nothing, runs nothing, and keys lead through it."""

import sys
from pathlib import Path

import pytest

from seglab.grading.course import Course
from seglab.grading.feedback.writing import write_feedback

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))
import graded
from graded import quick_gradebooks  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
NARROW = 320  # CSS pixels


@pytest.fixture(scope="module")
def paths(tmp_path_factory, quick_gradebooks):  # noqa: F811
    folder = graded.course_for_feedback(tmp_path_factory.mktemp("course"))
    return {(each["student"], each["notebook"]): Path(each["path"]) for each in write_feedback(Course(folder), "ps1")}


@pytest.fixture
def show(new_page):
    """Open a page and collect what it asks for and what pops up."""

    def make(path, **options):
        page, seen = new_page(strict=True, **options), []
        page.on("dialog", lambda dialog: (seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: seen.append(request.url) if not request.url.startswith("data:") else None)
        page.goto(path.as_uri())
        page.wait_for_timeout(200)  # what would run late
        assert seen == [path.as_uri()]
        return page

    return make


def test_no_page_asks_for_anything_or_runs_anything(paths, show):
    for path in paths.values():
        page = show(path)
        assert page.evaluate("document.scripts.length + document.querySelectorAll('iframe, object, link').length") == 0
        assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")


def test_roles_and_names_are_those_of_a_document(paths, show):
    page = show(paths["hal", "basics"])
    assert page.get_by_role("heading", level=1).all_inner_texts() == ["Feedback on basics"]
    assert page.get_by_role("heading", level=2).all_inner_texts() == [
        "Points",
        "How this notebook was read",
        "The notebook",
    ]
    assert page.get_by_role("navigation", name="Parts of this page").get_by_role("link").count() == 3
    table = page.get_by_role("table", name="Points by question. Names lead to the cell.")
    assert table.get_by_role("columnheader").count() == 4
    assert table.get_by_role("row", name="q1-positive passed 2 of 2").count() == 1
    assert page.get_by_role("region", name="Test q1-positive").count() == 1
    assert page.get_by_role("img").count() == 2


def test_keys_lead_past_the_top_and_to_a_cell(paths, show):
    page = show(paths["bob", "basics"])
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the points")
    assert skip.evaluate("link => link === document.activeElement && link.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector(':target').getAttribute('aria-label')") == "Test q1-positive"


def test_page_fits_a_narrow_screen(paths, show):
    for path in paths.values():
        page = show(path, width=NARROW)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
