"""Open in Colab, work, save: what comes back is the sheet again."""

import copy
import json

import pytest

from seglab.grading.repair import Form, repair
from seglab.grading.repair.roles import is_helper, nbgrader_metadata


def sources(notebook):
    return [cell["source"] for cell in notebook["cells"]]


@pytest.mark.parametrize("seed", range(3))
def test_a_release_that_was_only_opened_and_saved_is_the_release(sheet, damage, seed):
    form = Form(sheet.release)
    original = repair(form, json.dumps(sheet.release).encode())
    saved = repair(form, damage.saved_by_colab(sheet.release, seed))
    assert saved.notebook == original.notebook
    assert saved.queue == [] and {slot.state for slot in saved.slots} == {"unanswered"}
    assert sources(saved.notebook) == sources(sheet.release)


def test_the_labs_release_comes_back_whole_ids_and_metadata_too(lab, damage):
    assert repair(lab.release, damage.saved_by_colab(lab.release, 0)).notebook == lab.release


def test_answers_written_in_colab_come_back_and_nothing_else(sheet, damage):
    form = Form(sheet.source, release=sheet.release)
    plain = repair(form, json.dumps(sheet.solved).encode())
    saved = repair(form, damage.saved_by_colab(sheet.solved, 1))
    assert saved.notebook == plain.notebook and saved.queue == []
    text = json.dumps(saved.notebook)
    for trace in ("executionInfo", "A Student", "0123456789", "outputId", "hello", "widget", "provenance", "base_uri"):
        assert trace not in text


def test_drive_stripped_the_metadata_but_not_colabs_ids(lab, damage):
    stripped = copy.deepcopy(lab.solved)
    for cell in stripped["cells"]:
        cell["metadata"] = {"id": cell["metadata"]["id"]}
    form = Form(lab.source, release=lab.release)
    saved = repair(form, damage.saved_by_colab(stripped, 2))
    assert saved.notebook == repair(form, json.dumps(lab.solved).encode()).notebook and saved.queue == []
    assert {slot.method for slot in saved.slots} == {"metadata.id"}


def test_without_any_metadata_the_markers_find_the_answers(lab, damage):
    stripped = copy.deepcopy(lab.solved)
    for cell in stripped["cells"]:
        cell["metadata"] = {}
    form = Form(lab.source, release=lab.release)
    saved = repair(form, damage.saved_by_colab(stripped, 3))
    assert saved.notebook == repair(form, json.dumps(lab.solved).encode()).notebook and saved.queue == []
    assert {slot.method for slot in saved.slots} == {"marker"}


def test_without_markers_the_functions_do(lab, damage):
    stripped = copy.deepcopy(lab.solved)
    for cell in stripped["cells"]:
        cell["metadata"] = {}
        cell["source"] = damage.bare_text(cell["source"])
    form = Form(lab.source, release=lab.release)
    saved = repair(form, damage.saved_by_colab(stripped, 4))
    assert saved.notebook == repair(form, json.dumps(lab.solved).encode()).notebook and saved.queue == []
    methods = {slot.grade_id: slot.method for slot in saved.slots}
    assert methods["q1-fusion"] == "defined names" and methods["q6-how-sure"] == "position"


def test_cells_that_the_student_added_stay_where_they_were(lab, damage):
    solved = copy.deepcopy(lab.solved)
    at = next(i for i, cell in enumerate(solved["cells"]) if cell["id"] == "q2-unet")
    source = "import functools\n!pip install einops\nfrom google.colab import files"
    mine = {"cell_type": "code", "metadata": {}, "source": source}
    solved["cells"].insert(at, mine)
    repaired = repair(Form(lab.source, release=lab.release), damage.saved_by_colab(solved, 5))
    cells = repaired.notebook["cells"]
    added = [i for i, cell in enumerate(cells) if is_helper(cell)]
    assert [cells[i]["source"] for i in added] == [mine["source"]]
    assert nbgrader_metadata(cells[added[0] + 1])["grade_id"] == "q2-unet"
    assert any("not run here: !pip install einops" in line for line in repaired.log)
    assert any("google.colab" in line for line in repaired.log)


@pytest.mark.parametrize("old, new", [("/raw/v", "/raw/another-"), ("SAVE_TO_DRIVE = False", "SAVE_TO_DRIVE = True")])
def test_a_set_up_cell_of_another_tag_or_with_drive_is_replaced_by_the_sheets(lab, old, new):
    given = copy.deepcopy(lab.solved)
    [setup] = [cell for cell in given["cells"] if cell["id"] == "setup"]
    assert old in setup["source"]
    setup["source"] = setup["source"].replace(old, new)
    form = Form(lab.source, release=lab.release)
    repaired, plain = (repair(form, json.dumps(notebook).encode()) for notebook in (given, lab.solved))
    kept = [cell for cell in repaired.notebook["cells"] if not is_helper(cell)]
    assert repaired.queue == [] and [cell["source"] for cell in kept] == sources(plain.notebook)
    assert not [cell for cell in repaired.notebook["cells"] if is_helper(cell) and "\n!" in f"\n{cell['source']}"]
