"""What Colab, Jupyter and students do to a notebook. Every function changes a list of cells by a seed.

A cell is a `dict` as in the file, its source one string; while it is damaged it also knows the `stub` of the answer
that it holds, and whether it is a `part` of one. `DAMAGES` lists what is done to cells, `WRITERS` how the
file is written; `damaged(notebook, rng, count)` composes them.
"""

import ast
import codecs
import copy
import json
import random
import re

CODE, TEXT = "code", "markdown"
NAMES = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
SCRATCH = (
    "import time\nstarted = time.time()",
    "def my_own_helper(x):\n    return x * 2",
    "print('am I still here?')",
    "!pip install seaborn\nimport google.colab",
    "for i in range(3):\n    print(i",
)
REMARKS = ("I asked myself why this works.", "# My notes\n\n- first\n- second", "TODO: look at this again tomorrow")


def known(cell):
    return cell["metadata"].get("nbgrader", {})


def slots(cells):
    return [i for i, cell in enumerate(cells) if known(cell).get("solution")]


def locked(cells, kind=CODE):
    return [
        i for i, cell in enumerate(cells) if known(cell).get("locked") and cell["cell_type"] == kind and cell["source"]
    ]


def random_name(rng, length=12):
    return "".join(rng.choice(NAMES) for _ in range(length))


def bare(cell, rng, source=None):
    """A new cell as Colab makes it."""
    made = {"cell_type": cell["cell_type"], "metadata": {"id": random_name(rng)}}
    made |= {"stub": cell["stub"]} if "stub" in cell else {}
    made["source"] = cell["source"] if source is None else source
    return made | {"outputs": [], "execution_count": None} if cell["cell_type"] == CODE else made


def is_marker(line):
    return re.match(r"\s*(#|<!--) seglab: ", line) is not None


def bare_text(text):
    return "\n".join(line for line in text.split("\n") if not is_marker(line))


# Metadata


def strip_nbgrader(cells, rng):
    for cell in cells:
        cell["metadata"].pop("nbgrader", None)


def strip_some_nbgrader(cells, rng):
    for cell in cells:
        if rng.random() < 0.5:
            cell["metadata"].pop("nbgrader", None)


def strip_metadata(cells, rng):
    for cell in cells:
        cell["metadata"] = {}
        cell.pop("id", None)


def regenerate_ids(cells, rng):
    for cell in cells:
        cell["metadata"]["id"] = random_name(rng)
        cell.pop("id", None)


def strip_markers(cells, rng):
    for cell in cells:
        if rng.random() < 0.8:
            cell["source"] = bare_text(cell["source"])


def colab_traces(cells, rng):
    for cell in cells:
        if cell["cell_type"] == CODE and rng.random() < 0.7:
            user = {"displayName": "A Student", "photoUrl": "https://example.org/me.png", "userId": "0123"}
            cell["metadata"]["executionInfo"] = {"elapsed": 7, "status": "ok", "timestamp": 1, "user": user}
            cell["metadata"] |= {"outputId": random_name(rng, 36), "colab": {"base_uri": "https://localhost:8080/"}}
            cell["execution_count"] = rng.randint(1, 99)
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["hello\n"]}]
        if rng.random() < 0.3:
            cell["metadata"] |= {"colab_type": "code", "cellView": "form"}


# Whole cells


def duplicate(cells, rng):
    """Copy and paste, which copies the metadata too."""
    at = rng.randrange(len(cells))
    twin = copy.deepcopy(cells[at])
    if rng.random() < 0.5:
        twin["metadata"]["id"] = random_name(rng)
        twin.pop("id", None)
    cells.insert(rng.choice((at, at + 1, len(cells))), twin)


def duplicate_answer(cells, rng):
    if slots(cells):
        at = rng.choice(slots(cells))
        cells.insert(at + rng.randint(0, 1), copy.deepcopy(cells[at]))


def older_version(cells, rng):
    """A copy of an answer that was worked on, before or after the final one."""
    if slots(cells):
        at = rng.choice(slots(cells))
        old = copy.deepcopy(cells[at])
        lines = old["source"].split("\n")
        stub = {line.strip() for line in bare_text(old.get("stub", "-")).split("\n")}
        if len(lines) > 1 and not stub <= {line.strip() for line in lines}:
            lines[-1] = re.match(r"\s*", lines[-1])[0] + "pass  # not sure"
            old["source"] = "\n".join(lines)
            old["part"] = cells[at]["part"] = True
            cells.insert(rng.choice((at, at + 1, len(cells))), old)


def delete(cells, rng):
    at = rng.randrange(len(cells))
    if len(cells) > 1 and "part" not in cells[at]:  # what is left looks whole: nobody could tell
        del cells[at]


def delete_many(cells, rng):
    """All texts, or all tests, gone."""
    kind = rng.choice((TEXT, CODE))
    cells[:] = [cell for cell in cells if "stub" in cell or cell["cell_type"] != kind] or cells[:1]


def move(cells, rng):
    cell = cells.pop(rng.randrange(len(cells)))
    cells.insert(rng.randint(0, len(cells)), cell)


def swap_blocks(cells, rng):
    a = rng.randrange(len(cells))
    cells[:] = cells[a:] + cells[:a]


def insert_scratch(cells, rng):
    for _ in range(rng.randint(1, 3)):
        made = {"cell_type": CODE, "metadata": {"id": random_name(rng)}, "source": rng.choice(SCRATCH), "outputs": []}
        cells.insert(rng.randint(0, len(cells)), made)


def insert_remark(cells, rng):
    made = {"cell_type": TEXT, "metadata": {"id": random_name(rng)}, "source": rng.choice(REMARKS)}
    cells.insert(rng.randint(0, len(cells)), made)


def insert_empty(cells, rng):
    for _ in range(rng.randint(1, 4)):
        made = {"cell_type": CODE, "metadata": {}, "source": rng.choice(("", " ", "\n\n")), "outputs": []}
        cells.insert(rng.randint(0, len(cells)), made)


# Text


def merge(cells, rng):
    """Colab and Jupyter merge a cell with the next of its type; the first one's metadata stays."""
    pairs = [i for i in range(len(cells) - 1) if cells[i]["cell_type"] == cells[i + 1]["cell_type"]]
    if pairs:
        at = rng.choice(pairs)
        put_together(cells, at, at + 1, rng.choice(("\n", "\n\n")))


def merge_answer(cells, rng):
    """An answer and the cell below it or above it."""
    pairs = [
        (i, j)
        for i in slots(cells)
        for j in (i - 1, i + 1)
        if 0 <= j < len(cells) and cells[i]["cell_type"] == cells[j]["cell_type"]
    ]
    if pairs:
        upper, lower = sorted(rng.choice(pairs))
        put_together(cells, upper, lower, "\n\n")


def put_together(cells, upper, lower, between):
    if any(cells[at]["cell_type"] == TEXT and "part" in cells[at] for at in (upper, lower)):
        return  # an essay that left its cell for that of another: only a reader sees it
    below = cells.pop(lower)
    cells[upper]["source"] += between + below["source"]
    for key in {"stub", "part"} & set(below):
        cells[upper].setdefault(key, below[key])


def split(cells, rng):
    """Split at a line; Jupyter gives both parts the metadata, Colab gives the second a fresh id."""
    long = [i for i in (slots(cells) if rng.random() < 0.8 else range(len(cells))) if "\n" in cells[i]["source"]]
    if long:
        at = rng.choice(long)
        lines = cells[at]["source"].split("\n")
        line = rng.choice(places_to_split(cells[at], rng))
        below = "\n".join(lines[line:])
        second = bare(cells[at], rng, below) if rng.random() < 0.5 else {**copy.deepcopy(cells[at]), "source": below}
        cells[at]["source"] = "\n".join(lines[:line])
        cells[at]["part"] = second["part"] = True
        cells.insert(at + 1, second)


def places_to_split(cell, rng):
    lines = cell["source"].split("\n")
    if cell["cell_type"] == CODE and rng.random() < 0.6:
        try:
            starts = [node.lineno - 1 for node in ast.parse(cell["source"]).body[1:]]
        except SyntaxError:
            starts = []
        if starts:
            return starts
    return range(1, len(lines))


def retype(cells, rng):
    """Code turned into text, with or without fences, or text turned into code."""
    at = rng.choice(slots(cells) if slots(cells) and rng.random() < 0.7 else range(len(cells)))
    cell = cells[at]
    if cell["cell_type"] == CODE:
        for key in ("outputs", "execution_count"):
            cell.pop(key, None)
        cell["cell_type"] = rng.choice((TEXT, TEXT, "raw"))
        if cell["cell_type"] == TEXT and rng.random() < 0.5:
            cell["source"] = f"```python\n{cell['source']}\n```"
    else:
        cell |= {"cell_type": CODE, "outputs": [], "execution_count": None}


def edit_locked(cells, rng):
    """A test made easier, or a sentence crossed out."""
    kind = rng.choice((CODE, TEXT))
    given = [i for i, cell in enumerate(cells) if cell["cell_type"] == kind and "stub" not in cell]
    if given:
        cell = cells[rng.choice(given)]
        lines = cell["source"].split("\n")
        lines[rng.randrange(len(lines))] = rng.choice(("# not needed", "x = 1", "I wrote this."))
        cell["source"] = "\n".join(lines)


def paste_test_below_answer(cells, rng):
    """The visible test, copied into the answer's own cell to try it."""
    for at in slots(cells):
        after = [i for i in locked(cells) if i > at]
        if cells[at]["cell_type"] == CODE and after and rng.random() < 0.5:
            cells[at]["source"] += "\n\n" + cells[after[0]]["source"]


def copy_test(cells, rng):
    if locked(cells):
        at = rng.choice(locked(cells))
        cells.insert(rng.randint(0, len(cells)), bare(cells[at], rng))


def spaces(cells, rng):
    for cell in cells:
        if rng.random() < 0.5:
            cell["source"] = "\n" * rng.randint(0, 2) + cell["source"].replace("\n", "  \n") + "\n" * rng.randint(0, 3)


def answer_below(cells, rng):
    """The stub left as it is, the answer written into a new cell below."""
    able = [i for i in slots(cells) if cells[i].get("stub") is not None]
    if able:
        at = rng.choice(able)
        cells.insert(at + 1, {**bare(cells[at], rng, bare_text(cells[at]["source"])), "part": True})
        cells[at]["source"] = cells[at]["stub"]


DAMAGES = (
    strip_nbgrader,
    strip_some_nbgrader,
    strip_metadata,
    regenerate_ids,
    strip_markers,
    colab_traces,
    duplicate,
    duplicate_answer,
    older_version,
    delete,
    delete_many,
    move,
    swap_blocks,
    insert_scratch,
    insert_remark,
    insert_empty,
    merge,
    merge_answer,
    split,
    retype,
    edit_locked,
    paste_test_below_answer,
    copy_test,
    spaces,
    answer_below,
)


# Files


def plain(notebook, rng):
    return json.dumps(notebook, indent=rng.choice((None, 1, 2))).encode()


def by_lines(notebook, rng):
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    return json.dumps({**notebook, "cells": cells}, ensure_ascii=False, indent=1).encode()


def carriage_returns(notebook, rng):
    cells = [{**cell, "source": cell["source"].replace("\n", "\r\n")} for cell in notebook["cells"]]
    return json.dumps({**notebook, "cells": cells}, indent=1).encode().replace(b"\n", b"\r\n")


def with_bom(notebook, rng):
    return codecs.BOM_UTF8 + plain(notebook, rng)


def utf16(notebook, rng):
    return json.dumps(notebook, ensure_ascii=False).encode("utf-16")


def format_4_0(notebook, rng):
    cells = [{key: value for key, value in cell.items() if key != "id"} for cell in notebook["cells"]]
    return plain({**notebook, "cells": cells, "nbformat_minor": 0}, rng)


def format_3(notebook, rng):
    cells = []
    for cell in notebook["cells"]:
        cell = {key: value for key, value in cell.items() if key != "id"}
        if cell["cell_type"] == CODE:
            cell["input"] = cell.pop("source")
        cells.append(cell)
    return plain({"worksheets": [{"cells": cells}], "metadata": {}, "nbformat": 3, "nbformat_minor": 0}, rng)


def widget_state(notebook, rng):
    """tqdm in Colab: models where the standard wants them under `state`."""
    model = {"model_module": "@jupyter-widgets/controls", "model_name": "HBoxModel", "state": {"value": float("nan")}}
    metadata = {**notebook["metadata"], "widgets": {"application/vnd.jupyter.widget-state+json": {"0a1b": model}}}
    return plain({**notebook, "metadata": metadata}, rng)


def odd_types(notebook, rng):
    notebook = copy.deepcopy(notebook)
    for cell in notebook["cells"]:
        if rng.random() < 0.2:
            cell["source"] = [*cell["source"].splitlines(keepends=True), rng.choice((None, 3, [], {}))]
        if rng.random() < 0.1 and not known(cell):
            cell["metadata"] = rng.choice((None, [], "none", 0))
    notebook["cells"].insert(rng.randint(0, len(notebook["cells"])), rng.choice((None, 5, "cell", [], {})))
    notebook["metadata"] = rng.choice((None, [], {"kernelspec": 3}))
    return plain(notebook, rng)


WRITERS = (
    plain,
    by_lines,
    carriage_returns,
    with_bom,
    utf16,
    format_4_0,
    format_3,
    widget_state,
    odd_types,
)


def damaged(notebook, stubs, seed):
    """Damage a notebook in one to four ways.

    Args:
        notebook: What an honest student would hand in.
        stubs: `dict` from `grade_id` to the released text of an answer.
        seed: Decides everything.

    Returns:
        `(bytes, names)`: the file, and what was done.
    """
    rng = random.Random(seed)
    notebook = copy.deepcopy(notebook)
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if known(cell).get("grade_id") in stubs:
            cell["stub"] = stubs[known(cell)["grade_id"]]
    names = []
    for damage in rng.choices(DAMAGES, k=rng.randint(1, 4)):
        damage(notebook["cells"], rng)
        names.append(damage.__name__)
    for cell in notebook["cells"]:
        cell.pop("stub", None)
        cell.pop("part", None)
    writer = rng.choice((plain, *WRITERS))
    return writer(notebook, rng), [*names, writer.__name__]


def saved_by_colab(notebook, seed, *, edited=None):
    """Open in Colab, run, save: what is kept, dropped and added, as seen in public notebooks.

    Args:
        notebook: The notebook as `dict`.
        seed: For ids, counts and times.
        edited: `dict` from `metadata.id` to a new text.

    Returns:
        The bytes of the file.
    """
    rng = random.Random(seed)
    cells = []
    for number, cell in enumerate(notebook["cells"]):
        metadata = dict(cell["metadata"])
        metadata.setdefault("id", random_name(rng))
        source = (edited or {}).get(metadata["id"], "".join(cell["source"]))
        made = {"cell_type": cell["cell_type"], "source": source.splitlines(keepends=True), "metadata": metadata}
        if cell["cell_type"] == CODE:
            user = {"displayName": "A Student", "userId": "01234567890123456789", "photoUrl": "https://example.org/p"}
            metadata["executionInfo"] = {"status": "ok", "timestamp": 1700000000000 + number, "user_tz": -120}
            metadata["executionInfo"] |= {"elapsed": rng.randint(1, 9000), "user": user}
            metadata["colab"] = {"base_uri": "https://localhost:8080/", "height": 17}
            metadata["outputId"] = random_name(rng, 36)
            if "# @title" in source:
                metadata["cellView"] = "form"
            made["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["hello\n"]}]
            made["execution_count"] = number + 1
        cells.append(made)
    colab = {"provenance": [], "private_outputs": True, "toc_visible": True, "gpuType": "T4", "name": "Copy of it"}
    metadata = {**notebook["metadata"], "colab": colab, "accelerator": "GPU"}
    widget = {"model_module": "@jupyter-widgets/base", "model_name": "LayoutModel", "state": {"_view_count": None}}
    metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {random_name(rng, 32): widget}}
    saved = {"nbformat": 4, "nbformat_minor": 0, "metadata": metadata, "cells": cells}
    return json.dumps(saved, ensure_ascii=False, indent=2).encode()
