"""An audit log shows what was changed in it."""

import json

import pytest

from seglab.errors import InputError
from seglab.grading.records import audit


@pytest.fixture
def path(tmp_path):
    with audit.Log(tmp_path / "deep" / "audit.jsonl") as log:
        for number, student in enumerate(["ann", "bob", "cyd"]):
            log.add("graded", student=student, score=number / 2)
    return log.path


def lines(path):
    return path.read_text().splitlines(keepends=True)


def test_log_reads_back_in_order_and_is_clean(path):
    entries = [json.loads(line) for line in lines(path)]
    assert [(entry["event"], entry["student"], entry["score"]) for entry in entries] == [
        ("graded", "ann", 0.0),
        ("graded", "bob", 0.5),
        ("graded", "cyd", 1.0),
    ]
    assert entries[0]["previous"] == audit.START
    assert audit.check(path) == []


def test_log_goes_on_where_it_stopped(path):
    with audit.Log(path) as log:
        before = log.head
        log.add("graded", student="dan")
        assert log.head != before
    assert json.loads(lines(path)[3])["previous"] == before
    assert audit.check(path) == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda text: [text[0].replace("0.0", "9.0"), *text[1:]], "line 2: does not follow"),
        (lambda text: [text[0], text[2]], "line 2: does not follow"),
        (lambda text: text[1:], "line 1: does not follow"),
        (lambda text: [text[1], text[0], text[2]], "line 1: does not follow"),
        (lambda text: [text[0], text[0], *text[1:]], "line 2: does not follow"),
        (lambda text: [text[0], "free text\n", *text[1:]], "line 2: is no line of the log"),
        (lambda text: [*text, "free text\n"], "line 4: is no line of the log"),
        (lambda text: [*text, "{"], "line 4: was cut short"),
    ],
    ids=["changed", "taken-out", "first-taken-out", "swapped", "repeated", "put-in", "put-at-the-end", "cut"],
)
def test_every_change_shows(path, change, finding):
    path.write_text("".join(change(lines(path))))
    assert finding in audit.check(path)[0]


def test_line_that_a_crash_cut_short_is_told_and_the_log_goes_on(path):
    with path.open("a") as file:
        file.write('{"event": "gra')
    with audit.Log(path) as log:
        log.add("graded", student="dan")
        log.add("graded", student="eve")
    assert audit.check(path) == []
    entries = lines(path)
    assert json.loads(entries[4])["after_torn_line"] is True
    path.write_text("".join([*entries[:3], '{"event": "forged\n', *entries[4:]]))
    assert audit.check(path) == ["line 5: does not follow the line before it"]


def test_long_line_before_the_end_is_hashed_whole(tmp_path):
    path = tmp_path / "audit.jsonl"
    with audit.Log(path) as log:
        log.add("graded", log=["x" * 300_000])
    with audit.Log(path) as again:
        assert again.head == log.head
        again.add("graded", log=[])
    assert audit.check(path) == []


def test_missing_log_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        audit.check(tmp_path / "none")
