"""The leaderboard: the judge's last word on each student, ranked, as text and as a page."""

import argparse
import json
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from seglab.cli import leaderboard as command
from seglab.errors import InputError
from seglab.grading.leaderboard import as_text, standings, write_page
from seglab.grading.records import audit


def graded(log, student, score=None, track="cells: mask AP", **facts):
    reported = {"test": {"track": track, **({} if score is None else {"score": score}), **facts}}
    log.add("graded", sheet="cap", notebook="cap", student=student, original=f"{student:x<8}hash", reported=reported)


@pytest.fixture
def course(tmp_path):
    with audit.Log(tmp_path / ".seglab" / "audit.jsonl") as log:
        log.add("started", sheet="cap", students=5)
        graded(log, "ann", 0.9)  # the first of two gradings
        graded(log, "bob", 0.5, milliseconds=12.34, parameters=121_908)
        graded(log, "ann", 0.25, milliseconds=3.0)
        graded(log, "cy", 0.5)
        graded(log, "<b>di</b>")
        graded(log, "eve", 0.75, track="street: PQ")
        log.add("graded", sheet="other", notebook="other", student="ann", reported={"t": {"track": "x", "score": 1.0}})
        log.add("graded", sheet="cap", notebook="cap", student="fay", original="f" * 64)
        log.add("graded", sheet="plain", notebook="plain", student="ann")
    return SimpleNamespace(root=tmp_path)


def test_the_last_grading_counts_and_equal_scores_share_a_rank(course):
    tracks, warnings = standings(course, "cap")
    assert warnings == [] and list(tracks) == ["cells: mask AP", "street: PQ"]
    rows = [(row["rank"], row["student"], row["score"]) for row in tracks["cells: mask AP"]]
    assert rows == [(1, "bob", 0.5), (1, "cy", 0.5), (3, "ann", 0.25), (None, "<b>di</b>", None)]
    assert [row["student"] for row in tracks["street: PQ"]] == ["eve"]


def test_text(course):
    lines = as_text(standings(course, "cap")[0])
    assert lines[:5] == [
        "cells: mask AP",
        "rank  student     score  ms per image     weights",
        "   1  bob        0.5000          12.3     121,908",
        "   1  cy         0.5000                          ",
        "   3  ann        0.2500           3.0            ",
    ]
    assert lines[5].split() == ["<b>di</b>", "none"] and lines[6] == "" and lines[7] == "street: PQ"


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data.strip())


def test_page(course, tmp_path):
    write_page(standings(course, "cap")[0], "cap", tmp_path / "board.html")
    page = Page((tmp_path / "board.html").read_text(encoding="utf-8"))
    names = [tag for tag, _ in page.tags]
    assert names.count("table") == names.count("caption") == 2 and names.count("tr") == 2 + 5
    assert {"script", "img", "link", "b"}.isdisjoint(names)
    assert {"<b>di</b>", "121,908", "Leaderboard of cap", "street: PQ"} <= set(page.words)
    assert not [attrs for _, attrs in page.tags if "src" in attrs or "href" in attrs]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".seglab", "board.html"]


def test_codes_in_place_of_names(course, tmp_path):
    tracks, _ = standings(course, "cap", anonymous=True)
    assert [row["student"] for row in tracks["cells: mask AP"]][:3] == ["bobxxxxx", "cyxxxxxx", "annxxxxx"]


def test_a_log_that_was_changed_is_told(course):
    path = course.root / ".seglab" / "audit.jsonl"
    path.write_text(path.read_text().replace('"score": 0.25', '"score": 0.95'))
    tracks, warnings = standings(course, "cap")
    assert tracks["cells: mask AP"][0]["student"] == "ann"
    assert len(warnings) == 1 and warnings[0].startswith("audit.jsonl: line ")


@pytest.mark.parametrize(
    ("sheet", "message"),
    [("nothing", "nothing of 'nothing' has been graded"), ("plain", "no test of 'plain' reports a score")],
)
def test_errors(course, sheet, message):
    with pytest.raises(InputError, match=message):
        standings(course, sheet)


def test_no_course_has_no_standings(tmp_path):
    with pytest.raises(InputError, match="has been graded"):
        standings(SimpleNamespace(root=tmp_path), "cap")


def run(*argv):
    parser = argparse.ArgumentParser()
    command.leaderboard_options(parser)
    return command.leaderboard(parser.parse_args([str(part) for part in argv]))


def test_the_command(course, tmp_path, capsys):
    assert run("cap", "--course", tmp_path, "--html", tmp_path / "board.html") == 0
    out = capsys.readouterr().out
    assert "   1  bob" in out and out.endswith(f"wrote {tmp_path / 'board.html'}\n")
    assert run("cap", "--course", tmp_path, "--json", "--anonymous") == 0
    assert json.loads(capsys.readouterr().out)["street: PQ"][0]["student"] == "evexxxxx"
    path = tmp_path / ".seglab" / "audit.jsonl"
    path.write_text(path.read_text().replace("0.25", "0.35"))
    assert run("cap", "--course", tmp_path) == 1
    assert "LOOK  audit.jsonl: line" in capsys.readouterr().err
