"""The analysis of a sheet: numbers worked by hand, who wrote alike, and a page that runs and fetches nothing."""

import json
import re
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from seglab import cli
from seglab.errors import InputError
from seglab.grading.analysis import drawings, page, similarity, statistics
from seglab.grading.analysis.manifests import drift
from seglab.grading.analysis.reading import Cell, Material

sys.path.insert(0, str(Path(__file__).parent))
import graded
from small_class import course  # noqa: F401 - a fixture

EVIL = "</pre></details><script>alert(1)</script><img src=x onerror=alert(1)>"
AREA = """def area(labels, value):
    total = 0
    for row in range(labels.shape[0]):
        for column in range(labels.shape[1]):
            if labels[row, column] == value:
                total = total + 1
    return total / labels.size
"""
RENAMED = """# my own work
def area(image, k):
    n = 0
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            if image[i, j] == k:
                n = n + 1
    return n / image.size
"""
OTHERS = (
    """def area(labels, value):
    return float((labels == value).mean())
""",
    """def area(labels, value):
    counts = np.bincount(labels.ravel(), minlength=value + 1)
    return counts[value] / sum(counts)
""",
    """def area(labels, value):
    found, times = np.unique(labels, return_counts=True)
    return dict(zip(found, times))[value] / times.sum()
""",
)


@pytest.fixture
def material():
    """Six students, three questions; `q2` of `f` waits."""
    points = {"q1": [2, 2, 2, 0, 0, 0], "q2": [1, 1, 0, 1, 0, None], "q3": [3, 2, 2, 1, 0, 1]}
    cells = [Cell("nb", f"{name}-test", name, "test", most) for name, most in (("q1", 2.0), ("q2", 1.0), ("q3", 3.0))]
    found = Material("ps1", most=6.0, cells=cells)
    for place, student in enumerate("abcdef"):
        for name, row in points.items():
            found.points[student, "nb", f"{name}-test"] = row[place]
        found.totals[student] = float(sum(row[place] or 0 for row in points.values()))
    return found


def test_scores(material):
    found = statistics.scores(material, bins=3)
    # totals 6, 5, 4, 2, 0, 1 of 6 points: two in each third
    assert found["counts"] == [2, 1, 3]
    assert (found["mean"], found["median"], found["lowest"], found["highest"]) == (3, 3, 0, 6)
    assert found["deviation"] == pytest.approx((28 / 6) ** 0.5)  # squares 9, 4, 1, 1, 9, 4


def test_difficulty_and_discrimination(material):
    first, second, third = statistics.questions(material)
    assert (first["difficulty"], first["full"], first["none"], first["number"]) == (0.5, 0.5, 0.5, 6)
    assert (second["difficulty"], second["number"]) == (0.6, 5)  # what waits stays out
    assert third["difficulty"] == pytest.approx(9 / 18)
    # q1 against the rest, a loop of its own: 4/4, 3/4, 2/4, 2/4, 0 and, as q2 of f waits, 1/3
    share, rest = [1, 1, 1, 0, 0, 0], [1, 0.75, 0.5, 0.5, 0, 1 / 3]
    means = sum(share) / 6, sum(rest) / 6
    products = [sum((x - means[0]) * (y - means[1]) for x, y in zip(share, rest, strict=True))]
    products += [sum((x - mean) ** 2 for x in row) for row, mean in ((share, means[0]), (rest, means[1]))]
    assert first["discrimination"] == pytest.approx(products[0] / (products[1] * products[2]) ** 0.5)
    for key in [key for key in material.points if key[0] in "ef"]:
        material.points[key] = None
    assert [row["discrimination"] for row in statistics.questions(material)] == [None] * 3  # four are too few


def test_failing_tests_and_their_errors(material):
    def verdict(points, **facts):
        return {"points": points, "kind": None, "error": None, "detail": "", "seconds": 0.5, **facts}

    saw = [f"AssertionError: saw {number}, not 7\nline 3: assert x" for number in (3, -1.5)]
    verdicts = [verdict(2.0), verdict(0.0, kind="KeyError", error="KeyError: 'a'"), verdict(1.0, seconds=1.5)]
    verdicts += [verdict(0.0, kind="AssertionError", error=graded.HIDDEN, detail=text) for text in saw]
    for student, each in zip("abcde", verdicts, strict=True):
        material.results[student, "nb"] = {"cells": {"q1-test": each}, "seconds": 2.0, "limits_hit": ["cell time"]}
    rows = statistics.tests(material)
    assert [(row["test"], row["failed"], row["number"]) for row in rows] == [
        ("q1-test", 4, 5), ("q2-test", 0, 0), ("q3-test", 0, 0)
    ]  # fmt: skip
    assert rows[0]["errors"] == [
        (2, "AssertionError", "saw 3, not 7"),
        (1, "KeyError", "KeyError: 'a'"),
        (1, "no exception", "fewer points than the test can give"),
    ]
    assert rows[0]["seconds"]["median"] == 0.5 and rows[0]["seconds"]["most"] == 1.5
    found = statistics.costs(material, slowest=1)
    assert found["limits"] == {"cell time": 5} and found["slowest"] == [(2.0, None, "a", "nb")]
    assert found["notebooks"][0]["memory_mb"] is None


def test_copies_are_found_under_other_names():
    key = ("nb", "q1")
    answers = {"ann": {key: AREA}, "bob": {key: RENAMED}}
    answers |= {f"s{number}": {key: text} for number, text in enumerate(OTHERS)}
    (pair,), number = similarity.similar_pairs(answers, [])
    assert (pair.first, pair.second, pair.question, number) == ("ann", "bob", key, 1)
    assert pair.share > 0.9 and pair.shared > 60
    text, marked = (
        "".join(part for part, is_shared in pair.excerpts[1] if is_shared in kinds) for kinds in ((0, 1), (1,))
    )
    assert text == RENAMED and "for i in range" in marked and "my own work" not in marked


def test_what_was_given_and_what_is_common_does_not_count():
    key = ("nb", "q1")
    answers = {"ann": {key: AREA}, "bob": {key: RENAMED}, "cyd": {key: OTHERS[0]}}
    assert similarity.similar_pairs(answers, [AREA])[0] == []
    many = {f"s{number}": {key: AREA} for number in range(5)}
    assert similarity.similar_pairs(many, [])[0] == []
    assert len(similarity.similar_pairs({name: many[name] for name in ("s1", "s2", "s3")}, [])[0]) == 3
    other = {"ann": {key: AREA}, "bob": {("nb", "q2"): AREA}}
    assert similarity.similar_pairs(other, [])[0] == []  # the same words under another question
    assert similarity.similar_pairs({}, []) == ([], 0)


def test_excerpts_keep_the_text():
    text = "".join(f"line {number}\n" for number in range(100))
    parts = similarity.excerpt(text, np.array([200]), np.array([220]))
    joined = "".join(part for part, _ in parts)
    assert text[200:220] in "".join(part for part, is_shared in parts if is_shared)
    assert joined.count("\n") == similarity.LINES and joined.endswith("...")


def test_versions_differ_from_the_second_number_on():
    versions = {"a": {"numpy": "2.1.9"}, "b": {"numpy": "1.26.4"}, "c": {"numpy": "1.26.4"}, "d": {"torch": "2.6"}}
    assert drift(versions, {"numpy": "2.1.3"}) == [
        {"package": "numpy", "graded_with": "2.1.3", "seen": {"1.26.4": 2, "2.1.9": 1}, "other": 2},
        {"package": "torch", "graded_with": None, "seen": {"2.6": 1}, "other": 0},
    ]


def test_drawings_say_what_they_show():
    svg = drawings.histogram([1, 0, 3], 6)
    assert "The tallest, 3 of 4 submissions, stands over 4 to 6 points." in svg and svg.count("<rect") == 3
    row = {"question": "<Q1>", "difficulty": 0.5, "discrimination": None}
    svg = drawings.question_bars([row])
    assert "&lt;Q1&gt;: share 0.50, discrimination n/a" in svg and "<Q1>" not in svg


def test_page_of_a_graded_sheet(course, tmp_path, capsys):  # noqa: F811
    for path in (course.root / ".seglab" / "jobs" / "ps1").glob("*/result.json"):
        result = json.loads(path.read_text())
        for cell in result["cells"].values():
            cell["detail"] = f"AssertionError: {EVIL}" if cell["error"] else ""
        path.write_text(json.dumps(result))
    out = tmp_path / "page.html"
    assert cli.main(["analyze", "ps1", "--course", str(course.root), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}: 3 submissions, 1 wait for a person, 0 similar pairs\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    text = out.read_text(encoding="utf-8")
    assert "<script" not in text and "<img" not in text and "&lt;script&gt;alert(1)" in text
    tags = " ".join(re.findall(r"<[a-z][^>]*>", text))
    assert not re.search(r"""src=|\bon\w+=|href="[^#]""", tags) and not re.search(r"https?://|@import|url\(", text)
    for name, title in page.SECTIONS:
        assert f'<h2 id="{name}">{title}</h2>' in text and f'href="#{name}"' in text
    assert "For instructors only" in text and text.count("<svg") == text.count('role="img"') == 2
    plain = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "3 submissions, mean 9.47 of 16 points" in plain  # 14, 8.4 and 6
    assert "Late: 1. Waiting for a person, so that the score can still change: 1." in plain
    assert "q1-negative q1 2 of 3" in plain and f"numpy {np.__version__} 1.26.4 (1) 1" in plain
    assert "q5-mean (files) its points are not certain 1 cyd" in plain


def test_page_lands_in_the_courses_own_folder(course, capsys):  # noqa: F811
    assert cli.main(["analyze", "ps1", "--course", str(course.root), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["out"] == str(course.root / ".seglab" / "analysis" / "ps1.html") and Path(facts["out"]).is_file()
    assert facts["version_count"] == 1 and facts["scores"]["late"] == 1
    assert cli.main(["analyze", "ps1", "--course", str(course.root), "--similar", "0"]) == 2
    assert "--similar must be a share above 0" in capsys.readouterr().err
    with pytest.raises(InputError, match="has no 'ps9'"):
        page.analyze(course, "ps9")
