"""Any bytes: a clear reason, never an exception."""

import copy
import json
import random
import time

import pytest

from seglab.grading.repair import Form, repair
from seglab.grading.repair import parse as parsing


@pytest.fixture
def sheet(small):
    source = small.functions()
    return Form(source, release=small.released(source))


def book(*cells, **more):
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | more).encode()


def answer(source, **more):
    return {
        "cell_type": "code",
        "metadata": {"nbgrader": {"grade_id": "mean", "solution": True}},
        "source": source,
    } | more


def text_of(repaired, name="mean"):
    cells = repaired.notebook["cells"]
    return next(cell["source"] for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)


GOOD = "def mean(values):\n    return sum(values) / len(values)"


@pytest.mark.parametrize(
    "raw, reason",
    [
        (b"", "empty"),
        (b" \n\t\0", "empty"),
        (b"PK\x03\x04abc", "a ZIP archive"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x89PNG\r\n", "a picture"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"import numpy as np\nprint(1)", "plain text"),
        (b"[1, 2, 3]", "a list"),
        (b"3", "a number"),
        (b'{"a": 1}', "no list of cells"),
        (b'{"cells": {"a": 1}}', "no list of cells"),
        (b'{"cells": null, "worksheets": 7}', "no list of cells"),
        (b'{"cells": [}', "damaged JSON in line 1"),
        (b'{"cells": [' + b"1" * 5000 + b"]}", "damaged JSON"),
        (b'{"cells": ' + b"[" * 3000 + b"]" * 3000 + b"}", "deep"),
        (b'{"cells": [], "x": ' + b'{"a":' * 3000 + b"1" + b"}" * 3000 + b"}", "deep"),
        (b"[" * 200_000, "deep"),
        (b'{"cells": [], "x": ' + b"[" * 150 + b"]" * 150 + b"}", "deep"),
        (b"\xff\xfe{\x00\xd8", "no text"),
        (b'{"cells": [' + b",".join([b"{}"] * 2001) + b"]}", "2001 cells"),
        (b'{"x": [' + b"[]," * 2_000_000 + b"1]}", "lists and objects"),
    ],
)
def test_what_is_no_notebook_gets_a_reason(sheet, raw, reason):
    repaired = repair(sheet, raw)
    assert repaired.notebook is None and repaired.slots == []
    assert len(repaired.queue) == 1 and repaired.queue[0].startswith("unreadable: ") and reason in repaired.queue[0]


def test_too_large_files_are_not_even_parsed(sheet):
    begin = time.process_time()
    repaired = repair(sheet, b" " * 60_000_000 + b"{}")
    assert "more than 50 MB" in repaired.queue[0] and time.process_time() - begin < 5


def test_too_much_code_is_refused(sheet):
    lines = "x = 1\n" * 20_000
    repaired = repair(sheet, book(*(answer(lines) for _ in range(40))))
    assert "characters of code" in repaired.queue[0]


def test_every_cut_of_a_file_is_said_to_be_cut_off(lab):
    raw = json.dumps(lab.solved, indent=1).encode()
    form = Form(lab.source, release=lab.release)
    for size in range(2, len(raw) - 1, len(raw) // 97):
        repaired = repair(form, raw[:size])
        assert repaired.notebook is None
        assert "cut off" in repaired.queue[0] or "damaged" in repaired.queue[0], raw[size - 20 : size]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(sheet, encoding):
    source = GOOD + "  # Ελλάδα 😀"
    raw = json.dumps(json.loads(book(answer(source))), ensure_ascii=False).encode(encoding)
    repaired = repair(sheet, raw)
    assert text_of(repaired) == source
    assert not [reason for reason in repaired.queue if reason.startswith("file: ")]


def test_bytes_that_are_no_text_are_reported_but_do_not_cost_the_rest(sheet):
    repaired = repair(sheet, book(answer(GOOD + "  # caf@")).replace(b"@", b"\xe9"))
    assert text_of(repaired).startswith(GOOD)
    assert "file: the file is not UTF-8: some characters could not be read" in repaired.queue


def test_nan_huge_outputs_and_widgets_are_no_concern(sheet):
    output = {"output_type": "display_data", "data": {"x": [float("nan"), float("inf"), 10**300]}}
    widgets = {"application/vnd.jupyter.widget-state+json": {"0a": {"model_name": "HBoxModel"}}}
    raw = book(answer(GOOD, outputs=[output] * 50, execution_count=7), metadata={"widgets": widgets})
    repaired = repair(sheet, raw)
    assert text_of(repaired) == GOOD and "widgets" not in json.dumps(repaired.notebook)
    json.dumps(repaired.notebook, allow_nan=False)


def test_characters_that_no_file_can_hold(sheet):
    repaired = repair(sheet, book(answer(GOOD + "  # \ud800 \0")))
    assert text_of(repaired).startswith(GOOD)
    json.dumps(repaired.notebook, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "cell",
    [
        None,
        5,
        [],
        {},
        {"cell_type": "code"},
        {"cell_type": ["code"], "source": {}},
        {"cell_type": "code", "source": [1, None, ["x"]], "metadata": []},
        {"cell_type": "code", "source": "x", "metadata": {"nbgrader": [], "id": 5, "seglab": 3}, "id": {}},
        {"cell_type": "code", "source": "x", "metadata": {"nbgrader": {"grade_id": {"a": []}}}},
        {"cell_type": "markdown", "source": "x", "attachments": {"a": [1], "b": {"image/png": 5}}},
        {"cell_type": "heading", "level": [2], "source": "x"},
    ],
)
def test_cells_of_wrong_types_do_not_disturb_the_others(sheet, cell):
    repaired = repair(sheet, book(cell, answer(GOOD), cell))
    assert text_of(repaired) == GOOD


def test_only_pictures_are_carried_over_as_attachments(sheet):
    name = {"nbgrader": {"grade_id": "cost", "solution": True, "grade": True}}
    attachments = {
        "a.png": {"image/png": ["aGVs", "bG8="]},
        "b.svg": {"image/svg+xml": "<svg onload='alert(1)'/>", "text/html": "<script>"},
    }
    cell = {"cell_type": "markdown", "metadata": name, "source": "![](attachment:a.png)", "attachments": attachments}
    repaired = repair(sheet, book(cell))
    made = next(cell for cell in repaired.notebook["cells"] if "attachments" in cell)
    assert made["attachments"] == {"a.png": {"image/png": "aGVsbG8="}}
    assert repair(sheet, json.dumps(repaired.notebook).encode()).notebook == repaired.notebook


def test_format_3_is_read(sheet):
    cells = [{"cell_type": "code", "input": GOOD.splitlines(keepends=True), "metadata": answer("")["metadata"]}]
    cells.append({"cell_type": "heading", "level": 2, "source": "Mine"})
    raw = json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}).encode()
    repaired = repair(sheet, raw)
    assert text_of(repaired) == GOOD and "nbformat 3 raised to 4.5" in repaired.log
    assert any(cell["source"] == "## Mine" for cell in repaired.notebook["cells"])


HOSTILE = {
    "sum": "x = 1" + "+1" * 40_000,
    "minus": "x = " + "-" * 50_000 + "1",
    "brackets": "(" * 50_000,
    "dots": "x = a" + ".b" * 30_000,
    "spaces": " " * 90_000 + "!",
    "assigned": "a," * 45_000 + "% x",
    "questions": "a" * 90_000 + "?" * 5,
    "quotes": "'''" * 30_000,
    "fences": "```a\n" * 18_000,
    "lines": "    x\n" * 15_000,
    "markers": "# seglab: mean\n" * 6_000,
    "defs": "def mean(): pass\n" * 5_000,
    "tests": "assert mean([1, 2, 3]) == 2\nassert mean([5]) == 5\n" * 1_800,
    "nesting": "".join(" " * i + "if 1:\n" for i in range(90)) + " " * 90 + "pass",
}


@pytest.mark.parametrize("kind", ["code", "markdown"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_long(sheet, name, kind):
    cells = [answer(HOSTILE[name], cell_type=kind), {"cell_type": kind, "source": HOSTILE[name], "metadata": {}}]
    begin = time.process_time()
    repaired = repair(sheet, book(*cells))
    assert time.process_time() - begin < 5
    assert repair(sheet, json.dumps(repaired.notebook).encode()).notebook == repaired.notebook


@pytest.mark.parametrize("text", ["    x = (", "def f():", "    return 1", "x = 1", "def mean(v):", "# seglab: mean"])
def test_many_small_cells_do_not_take_long(sheet, text):
    begin = time.process_time()
    repair(sheet, book(*({"cell_type": "code", "source": text, "metadata": {}} for _ in range(parsing.MAX_CELLS))))
    assert time.process_time() - begin < 5


def test_damaged_bytes_never_raise(lab):
    raw, form = json.dumps(lab.solved).encode(), Form(lab.source, release=lab.release)
    readable = 0
    for seed in range(300):
        rng, bad = random.Random(seed), bytearray(raw)
        for _ in range(rng.randint(1, 20)):
            at = rng.randrange(len(bad))
            if rng.random() < 0.5:
                bad[at] = rng.randrange(256)
            else:
                del bad[at : at + rng.randint(1, 200)]
        repaired = repair(form, bytes(bad))
        readable += repaired.notebook is not None
        assert repaired.notebook is not None or repaired.queue
    assert readable > 10


ODD = (
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x",
    [],
    {},
    [None],
    {"a": None},
    "\ud800",
    [["x"]],
    {"nbgrader": {"grade_id": "mean"}},
)


def test_damaged_structure_never_raises(small):
    source = small.functions()
    form = Form(source, release=small.released(source))
    for seed in range(600):
        rng = random.Random(seed)
        notebook = small.solved(source, small.released(source))[0]
        for _ in range(rng.randint(1, 4)):
            node = notebook
            while True:
                keys = list(node) if isinstance(node, dict) else list(range(len(node)))
                if not keys:
                    break
                key = rng.choice(keys)
                if isinstance(node[key], dict | list) and rng.random() < 0.8:
                    node = node[key]
                    continue
                node[key] = copy.deepcopy(rng.choice(ODD))
                break
        repaired = repair(form, json.dumps(notebook).encode())
        assert repaired.notebook is not None or repaired.queue
        if repaired.notebook is not None:
            assert repair(form, json.dumps(repaired.notebook).encode()).notebook == repaired.notebook, seed


def test_every_way_to_write_a_file_gives_the_same_notebook(lab, damage):
    form = Form(lab.source, release=lab.release)
    expected = repair(form, json.dumps(lab.solved).encode())
    for writer in damage.WRITERS:
        if writer is not damage.odd_types:
            repaired = repair(form, writer(lab.solved, random.Random(0)))
            assert repaired.notebook == expected.notebook, writer.__name__
            assert repaired.queue == []
