"""The rules, each on a case worked by hand: which text becomes the answer, what is said, who is asked."""

import copy
import json

import pytest

from seglab.errors import InputError
from seglab.grading.repair import Form, graded_cells, repair
from seglab.grading.repair.roles import is_helper

MEAN = "def mean(values):\n    return sum(values) / len(values)"
OTHER = "def mean(values):\n    return sorted(values)[len(values) // 2]"
STACK = "class Stack(list):\n    def push(self, item):\n        self.append(item)"
STUB = 'def mean(values):\n    """Mean of a list of numbers."""\n    # YOUR CODE HERE\n    raise NotImplementedError()'


class Sheet:
    """The small sheet with functions, and shorthand to damage its release."""

    def __init__(self, small):
        self.cell, self.source = small.cell, small.functions()
        self.release = small.released(self.source)
        self.form = Form(self.source, release=self.release)

    def hand_in(self, **answers):
        """The release with some answers."""
        notebook = copy.deepcopy(self.release)
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = answers.get(name, cell["source"])
        return notebook

    def at(self, notebook, name):
        return next(
            i for i, c in enumerate(notebook["cells"]) if c["metadata"].get("nbgrader", {}).get("grade_id") == name
        )

    def repair(self, notebook):
        repaired = repair(self.form, json.dumps(notebook).encode())
        assert repair(self.form, json.dumps(repaired.notebook).encode()).notebook == repaired.notebook
        return repaired


@pytest.fixture
def sheet(small):
    return Sheet(small)


def text_of(repaired, name):
    return next(cell.source for cell in graded_cells(repaired.notebook) if cell.grade_id == name)


def slot(repaired, name):
    return next(slot for slot in repaired.slots if slot.grade_id == name)


def reasons(repaired, name):
    return [reason for reason in repaired.queue if reason.startswith(f"{name}: ")]


def helpers(repaired):
    return [cell["source"] for cell in repaired.notebook["cells"] if is_helper(cell)]


def test_untouched_is_an_honest_zero_and_missing_is_not(sheet):
    notebook = sheet.hand_in(mean=MEAN)
    del notebook["cells"][sheet.at(notebook, "stack")]
    repaired = sheet.repair(notebook)
    assert [(s.grade_id, s.state) for s in repaired.slots] == [
        ("mean", "answered"),
        ("stack", "missing"),
        ("cost", "unanswered"),
        ("drawing", "unanswered"),
        ("differently", "unanswered"),
    ]
    assert repaired.queue == ["stack: no cell for it was found"]
    assert text_of(repaired, "stack") == "class Stack:\n    # YOUR CODE HERE\n    raise NotImplementedError()"


@pytest.mark.parametrize(
    "text", ["", "# nothing yet", STUB.replace("    # YOUR CODE HERE\n", ""), STUB + "\n\n", STUB.replace("\n", "  \n")]
)
def test_an_emptied_answer_is_unanswered_too(sheet, text):
    repaired = sheet.repair(sheet.hand_in(mean=text))
    assert slot(repaired, "mean").state == "unanswered" and repaired.queue == []


def test_a_comment_on_an_untouched_answer_is_kept_for_a_person(sheet):
    text = STUB.replace("# YOUR CODE HERE", "# I ran out of time")
    assert text_of(sheet.repair(sheet.hand_in(mean=text)), "mean") == text


def test_the_two_halves_of_a_duplicate_stub_and_answer(sheet):
    notebook = sheet.hand_in(mean=MEAN)
    at = sheet.at(notebook, "mean")
    notebook["cells"].insert(at + 1, sheet.release["cells"][at])
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean") == MEAN and repaired.queue == [] and helpers(repaired) == []


def test_two_versions_the_one_that_the_tests_met_is_taken_and_a_person_asked(sheet):
    notebook = sheet.hand_in(mean=OTHER)
    at = sheet.at(notebook, "mean")
    notebook["cells"].insert(at + 1, {**notebook["cells"][at], "source": MEAN})
    notebook["cells"].append({**notebook["cells"][at], "source": MEAN.replace("sum", "max")})
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean") == MEAN
    assert reasons(repaired, "mean") == ["mean: 3 versions, in cells 4, 5, 17; that of cell 5 is taken"]


def test_a_version_that_is_no_program_is_not_taken(sheet):
    notebook = sheet.hand_in(mean=MEAN)
    at = sheet.at(notebook, "mean")
    notebook["cells"].insert(at + 1, {**notebook["cells"][at], "source": "def mean(values):\n    return ("})
    assert text_of(sheet.repair(notebook), "mean") == MEAN


def test_the_stub_left_and_the_answer_in_a_cell_of_its_own(sheet):
    notebook = sheet.hand_in()
    notebook["cells"].insert(sheet.at(notebook, "mean") + 1, sheet.cell(MEAN))
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean") == MEAN and helpers(repaired) == []
    assert slot(repaired, "mean").method == "defined names" and repaired.queue == []


def test_two_answers_merged_into_one_cell(sheet):
    notebook = sheet.hand_in(mean=f"import math\n\n{MEAN}\n\n\n# my stack\n{STACK}")
    del notebook["cells"][sheet.at(notebook, "stack")]
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean") == f"import math\n\n{MEAN}"
    assert text_of(repaired, "stack") == f"# my stack\n{STACK}"
    assert repaired.queue == []


def test_a_question_answered_in_the_cell_of_another(sheet):
    repaired = sheet.repair(sheet.hand_in(mean=STACK))
    assert text_of(repaired, "stack") == STACK
    assert reasons(repaired, "mean") == ["mean: its cell holds no answer, but something else"]


def test_an_answer_and_the_test_below_it_merged(sheet):
    notebook = sheet.hand_in(mean=f"{MEAN}\n\nassert mean([1, 2, 3]) == 2\nassert mean([5]) == 5")
    del notebook["cells"][sheet.at(notebook, "mean-visible")]
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean") == MEAN and repaired.queue == []
    assert text_of(repaired, "mean-visible") == "assert mean([1, 2, 3]) == 2\nassert mean([5]) == 5"


@pytest.mark.parametrize("line", [1, 2])
@pytest.mark.parametrize("twin", [True, False])
def test_an_answer_split_in_the_middle(sheet, line, twin):
    text = "def mean(values):\n    total = sum(values)\n    return total / len(values)"
    lines = text.split("\n")
    notebook = sheet.hand_in(mean="\n".join(lines[:line]))
    at = sheet.at(notebook, "mean")
    second = {**notebook["cells"][at]} if twin else sheet.cell("")
    notebook["cells"].insert(at + 1, {**second, "source": "\n".join(lines[line:])})
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean") == text and repaired.queue == [] and helpers(repaired) == []


def test_an_answer_split_between_functions_is_whole_again_or_stays_in_order(sheet):
    helper = "def total(values):\n    return sum(values)"
    main = "def mean(values):\n    return total(values) / len(values)"
    for first, second in ((helper, main), (main, helper)):
        notebook = sheet.hand_in(mean=first)
        notebook["cells"].insert(sheet.at(notebook, "mean") + 1, sheet.cell(second))
        repaired = sheet.repair(notebook)
        code = [text_of(repaired, "mean"), *helpers(repaired)]
        assert "\n".join(code) == f"{first}\n{second}" and reasons(repaired, "mean") == []


def test_half_of_an_answer_far_away_goes_to_a_person(sheet):
    notebook = sheet.hand_in(mean="def mean(values):\n    total = sum(values)")
    notebook["cells"].append(sheet.cell("    return total / len(values)"))
    assert reasons(sheet.repair(notebook), "mean") == [
        "mean: cell 16 holds an indented piece of code that may belong here"
    ]


@pytest.mark.parametrize("kind", ["raw", "markdown"])
def test_half_of_an_answer_far_away_in_a_cell_of_text(sheet, kind):
    notebook = sheet.hand_in(mean="def mean(values):\n    for value in values:")
    notebook["cells"].append(sheet.cell("        return value", kind))
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean") == "def mean(values):\n    for value in values:\n        return value"
    reason = "mean: cell 16 holds an indented piece of code that may belong here"
    assert reasons(repaired, "mean") == [f"{reason}; it was put there"]
    notebook = sheet.hand_in(mean="def mean(values):\n    total = sum(values)")
    notebook["cells"].append(sheet.cell("    return total / len(values)", kind))
    assert reasons(sheet.repair(notebook), "mean") == [reason]
    notebook["cells"][-1]["source"] = "    I could not divide them."
    assert reasons(sheet.repair(notebook), "mean") == []


def test_half_of_an_answer_below_another_that_has_ended_goes_to_a_person(sheet):
    notebook = sheet.hand_in(mean=MEAN, stack=STACK)
    rest = "    def top(self):\n        return self[-1]"
    notebook["cells"].insert(sheet.at(notebook, "mean") + 1, sheet.cell(rest))
    repaired = sheet.repair(notebook)
    reason = "cell 5 holds an indented piece of code that may belong here"
    assert text_of(repaired, "mean") == MEAN and reasons(repaired, "stack") == [f"stack: {reason}"]


def test_half_of_an_answer_is_no_edited_copy_of_what_was_given(small):
    """The answer repeats most of the listing above it, of which a line was lost."""
    listing = "if True:\n    first = 1\n    second = 2\n    third = 3\n    print(first, second, third)"
    source = small.book(small.cell(listing), small.answer(STUB, "mean"), small.test("assert mean([1]) == 1", "test"))
    notebook = copy.deepcopy(source)
    notebook["cells"][0]["source"] = listing.replace("    third = 3\n", "# not needed\n")
    top, rest = "def mean(values):\n    zeroth = 0", "    first = 1\n    second = 2\n    third = 3\n    return first"
    notebook["cells"][1]["source"] = top
    notebook["cells"].insert(2, small.cell(rest))
    repaired = repair(source, json.dumps(notebook).encode())
    assert text_of(repaired, "mean") == f"{top}\n{rest}" and repaired.queue == []


def test_the_rest_of_a_split_answer_above_the_marker_of_the_next(sheet):
    text = "def mean(values):\n    total = (\n    sum(values))\n    return total / len(values)"
    first, rest = text.split("(\n")
    notebook = sheet.hand_in(mean=f"{first}(")
    at = sheet.at(notebook, "mean")
    notebook["cells"].insert(at + 1, sheet.cell(f"{rest}\n\n# seglab: stack (keep this line)\n{STACK}"))
    del notebook["cells"][sheet.at(notebook, "stack")]
    repaired = sheet.repair(notebook)
    assert (text_of(repaired, "mean"), text_of(repaired, "stack")) == (text, STACK)


def test_another_version_in_the_cell_of_another_answer_goes_to_a_person(sheet):
    notebook = sheet.hand_in(mean=MEAN, stack=f"{STACK}\n\n\n{OTHER}")
    assert sheet.repair(notebook).queue == ["mean: the cell of stack defines mean too"]
    assert sheet.repair(sheet.hand_in(mean=MEAN, stack=f"{STACK}\n\n\n{MEAN}  # as above")).queue == []


@pytest.mark.parametrize("text", [MEAN, f"```python\n{MEAN}\n```", f"```\n{MEAN}"])
@pytest.mark.parametrize("named", [True, False])
def test_code_turned_into_text_is_turned_back(sheet, text, named):
    notebook = sheet.hand_in(mean=text)
    cell = notebook["cells"][sheet.at(notebook, "mean")]
    cell["cell_type"] = "markdown"
    if not named:
        cell["metadata"] = {}
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean") == MEAN and repaired.queue == []
    assert "cell 4: code in a text cell, turned back into code" in repaired.log


def test_an_essay_turned_into_code_is_text_again(sheet):
    notebook = sheet.hand_in(cost="It is constant.")
    notebook["cells"][sheet.at(notebook, "cost")]["cell_type"] = "code"
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "cost") == "It is constant." and repaired.queue == []
    assert next(c.cell_type for c in graded_cells(repaired.notebook) if c.grade_id == "cost") == "markdown"


def test_locked_cells_come_from_the_master(sheet):
    notebook = sheet.hand_in(mean=OTHER)
    notebook["cells"][sheet.at(notebook, "mean-visible")]["source"] = "def fake(): pass\nassert True"
    notebook["cells"][sheet.at(notebook, "mean-hidden")]["source"] = "pass"
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean-visible").startswith("assert mean([1, 2, 3]) == 2")
    assert "BEGIN HIDDEN TESTS" in text_of(repaired, "mean-hidden")
    assert helpers(repaired) == ["def fake(): pass"]
    assert "cell 5: edited mean-visible, replaced by the sheet's, additions kept" in repaired.log
    points = {cell.grade_id: cell.points for cell in graded_cells(repaired.notebook) if cell.role == "test"}
    assert points == {"mean-visible": 1, "mean-hidden": 1, "stack-test": 2}


def test_given_code_that_may_be_changed_runs_as_given_and_then_as_changed(sheet):
    notebook = sheet.hand_in(mean=MEAN)
    notebook["cells"][1]["source"] = "import math\n\nimport numpy as np\n\nnumbers = np.arange(99)"
    repaired = sheet.repair(notebook)
    sources = [cell["source"] for cell in repaired.notebook["cells"][1:3]]
    assert sources[0].endswith("arange(10)") and sources[1].endswith("arange(99)")


def test_spaces_and_comments_alone_are_no_change(sheet):
    notebook = sheet.hand_in()
    notebook["cells"][1]["source"] = "import math\nimport numpy as np  # math\n\n\nnumbers = np.arange( 10 )\n"
    assert helpers(sheet.repair(notebook)) == []


def test_an_essay_written_under_its_question_goes_to_a_person(sheet):
    notebook = sheet.hand_in()
    notebook["cells"][9]["source"] += "\n\nIt is constant, because the list only shortens."
    repaired = sheet.repair(notebook)
    assert slot(repaired, "cost").state == "unanswered"
    assert helpers(repaired) == ["It is constant, because the list only shortens."]
    assert reasons(repaired, "cost") == ["cost: untouched, but the student wrote in cell 10"]


def test_an_essay_goes_on_in_the_cell_below(sheet):
    notebook = sheet.hand_in(cost="It is constant.", differently="Nothing.")
    notebook["cells"].insert(sheet.at(notebook, "cost") + 1, sheet.cell("And here is why.", "markdown"))
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "cost") == "It is constant.\n\nAnd here is why." and repaired.queue == []


def test_an_essay_below_that_of_another_question_goes_to_a_person(sheet):
    """The cell of the second question still holds its stub; its answer stands below the first."""
    notebook = sheet.hand_in(cost="It is constant.")
    at = sheet.at(notebook, "cost")
    notebook["cells"].insert(at + 1, sheet.cell("Nothing: every method is tested.", "markdown"))
    assert reasons(sheet.repair(notebook), "differently") == [
        "differently: untouched, unless what was taken for cost belongs here"
    ]


def test_a_renamed_function_without_a_name_goes_to_a_person(sheet):
    text = 'def average(values):\n    """Mean of a list of numbers."""\n    return sum(values) / len(values)'
    notebook = sheet.hand_in(mean=text)
    notebook["cells"][sheet.at(notebook, "mean")]["metadata"] = {}
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean") == text
    assert slot(repaired, "mean").method == "position" and reasons(repaired, "mean") != []


def test_helpers_stay_before_the_answer_that_needs_them(sheet):
    notebook = sheet.hand_in(mean=MEAN)
    at = sheet.at(notebook, "stack")
    notebook["cells"].insert(at, sheet.cell("LIMIT = 3"))
    cells = sheet.repair(notebook).notebook["cells"]
    place = next(i for i, cell in enumerate(cells) if is_helper(cell))
    assert cells[place]["source"] == "LIMIT = 3" and cells[place + 1]["source"].startswith("class Stack")


def test_a_copied_test_does_not_carry_the_helpers_below_it_away(sheet):
    notebook = sheet.hand_in(mean=MEAN)
    test = copy.deepcopy(notebook["cells"][sheet.at(notebook, "stack-test")])
    test["metadata"] = {}
    at = sheet.at(notebook, "mean")
    notebook["cells"][at:at] = [test, sheet.cell("LIMIT = 3")]
    cells = sheet.repair(notebook).notebook["cells"]
    place = next(i for i, cell in enumerate(cells) if is_helper(cell))
    assert cells[place + 1]["source"] == MEAN


def test_the_log_is_ready_for_json_and_names_the_file(sheet):
    repaired = sheet.repair(sheet.hand_in(mean=MEAN))
    told = json.loads(json.dumps(repaired.to_dict()))
    assert set(told) == {"log", "queue", "sha256", "slots"} and len(told["sha256"]) == 64
    assert told["slots"][0] == {
        "grade_id": "mean",
        "method": "grade_id",
        "confidence": 1.0,
        "note": "",
        "state": "answered",
    }


def test_ids_that_disagree_the_grade_id_counts_most(sheet):
    notebook = sheet.hand_in(mean=MEAN)
    notebook["cells"][sheet.at(notebook, "mean")]["metadata"]["id"] = "stack"
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean") == MEAN and slot(repaired, "stack").state == "unanswered"


def test_a_master_that_is_no_sheet(small):
    with pytest.raises(InputError, match="must be a notebook"):
        repair({"cells": 3}, b"{}")
    source = small.functions()
    source["cells"].append(copy.deepcopy(source["cells"][3]))
    with pytest.raises(InputError, match="'mean' occurs twice"):
        repair(source, b"{}")


def test_neither_the_master_nor_the_release_is_changed(small):
    source = small.functions()
    release = small.released(source)
    before = copy.deepcopy((source, release))
    repaired = repair(source, json.dumps(release).encode(), release=release)
    repaired.notebook["cells"][0]["metadata"]["mine"] = 1
    assert (source, release) == before
    assert "mine" not in repair(source, json.dumps(release).encode()).notebook["cells"][0]["metadata"]


def test_a_renamed_function_is_known_by_its_description(lab):
    notebook = copy.deepcopy(lab.solved)
    cell = next(cell for cell in notebook["cells"] if cell["id"] == "q4-constant")
    cell |= {"id": "fresh", "metadata": {}}
    cell["source"] = cell["source"].split("\n", 1)[1].replace("best_constant", "my_constant")
    repaired = repair(Form(lab.source, release=lab.release), json.dumps(notebook).encode())
    assert slot(repaired, "q4-constant").method == "similarity" and repaired.queue == []
    assert "def my_constant(" in text_of(repaired, "q4-constant")


def test_another_notebook_is_said_to_be_one(sheet):
    other = {"cells": [sheet.cell("print('hello')"), sheet.cell("# My diary", "markdown")], "metadata": {}}
    repaired = sheet.repair(other)
    assert repaired.queue[0] == "file: nothing of this sheet is in it. Is it another notebook?"
    assert {slot.state for slot in repaired.slots} == {"missing"}


def test_an_older_release_is_noted(lab):
    old = {**lab.solved, "metadata": {"seglab": {"release": "0123456789ab"}}}
    repaired = repair(Form(lab.source, release=lab.release), json.dumps(old).encode())
    assert repaired.log == [
        f"made from release 0123456789ab of the sheet, repaired against {lab.release['metadata']['seglab']['release']}"
    ]
    assert repaired.queue == []


def test_a_test_pasted_into_the_fence_of_a_retyped_answer_is_taken_out_at_once(sheet):
    test = "assert mean([1, 2, 3]) == 2\nassert mean([5]) == 5"
    notebook = sheet.hand_in(mean=f"This is mine:\n```python\n{MEAN}\n\n{test}\n```\nIt works.")
    notebook["cells"][sheet.at(notebook, "mean")]["cell_type"] = "markdown"
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean") == MEAN
    assert "This is mine:" in "\n".join(helpers(repaired))


def test_the_stub_left_and_the_answer_below_it_split_in_the_middle(sheet):
    notebook = sheet.hand_in()
    at = sheet.at(notebook, "mean") + 1
    notebook["cells"][at:at] = [sheet.cell("def mean(values):"), sheet.cell("    return sum(values) / len(values)")]
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "mean") == MEAN and reasons(repaired, "mean") == []


def test_an_answer_that_was_moved_keeps_its_helpers(sheet):
    notebook = sheet.hand_in(mean=MEAN)
    answer = notebook["cells"].pop(sheet.at(notebook, "stack"))
    notebook["cells"][:0] = [{**answer, "source": STACK}, sheet.cell("Stack.limit = 3")]
    cells = sheet.repair(notebook).notebook["cells"]
    place = next(i for i, cell in enumerate(cells) if is_helper(cell))
    assert cells[place - 1]["source"] == STACK


def test_half_of_the_variables_elsewhere_go_to_a_person(small):
    source = small.variables()
    notebook = small.released(source)
    notebook["cells"][3]["source"] = "ordered = sorted(data)"
    notebook["cells"].append(small.cell("first = ordered[0]"))
    repaired = repair(source, json.dumps(notebook).encode())
    assert reasons(repaired, "p1") == ["p1: cell 12 sets first too"]
    notebook["cells"].insert(4, notebook["cells"].pop())
    repaired = repair(source, json.dumps(notebook).encode())
    assert text_of(repaired, "p1") == "ordered = sorted(data)\nfirst = ordered[0]" and reasons(repaired, "p1") == []


def test_a_test_that_goes_on_indented_is_an_edited_test_not_two_pieces(lab):
    """The lab's own source handed in: hidden tests stand indented below the visible ones."""
    repaired = repair(lab.release, json.dumps(lab.source).encode())
    assert repaired.queue == [] and helpers(repaired) == []
    assert "cell 18: edited q1-fusion-test-shape, replaced by the sheet's" in repaired.log


def test_given_cells_with_the_same_text_are_told_apart_by_their_order(small):
    source = small.book(
        small.cell("show_results()"),
        small.answer("def f():\n    pass", "f"),
        small.cell("show_results()"),
        small.answer("def g():\n    pass", "g"),
        small.cell("show_results()"),
    )
    notebook = copy.deepcopy(source)
    notebook["cells"].insert(3, small.cell("helper = 1"))
    repaired = repair(source, json.dumps(notebook).encode())
    assert [is_helper(cell) for cell in repaired.notebook["cells"]] == [False, False, False, True, False, False]
    assert not any("second copy" in line for line in repaired.log)


def test_an_id_that_stands_for_two_cells_is_the_answers(small):
    text = small.cell("Some words about the first question.", "markdown")
    text["id"] = "one"
    source = small.book(text, small.answer("pass", "one"))
    handed_in = {**small.cell("x = 1"), "id": "one", "metadata": {}}
    repaired = repair(source, json.dumps({"cells": [handed_in]}).encode())
    assert text_of(repaired, "one") == "x = 1"


def test_a_pasted_test_that_was_split_with_its_cell_is_taken_out_at_once(sheet):
    notebook = sheet.hand_in(mean=f"{MEAN}\n\nassert mean([1, 2, 3]) == 2")
    at = sheet.at(notebook, "mean")
    notebook["cells"].insert(at + 1, {**notebook["cells"][at], "source": "assert mean([5]) == 5"})
    assert text_of(sheet.repair(notebook), "mean") == MEAN


def test_versions_that_are_nested_too_deep_to_compare_still_count_as_two(sheet):
    deep = "def mean(values):\n    return 0" + " + 1" * 1500
    notebook = sheet.hand_in(mean=deep)
    at = sheet.at(notebook, "mean")
    notebook["cells"].insert(at + 1, {**notebook["cells"][at], "source": deep + " + values"})
    assert "2 versions" in reasons(sheet.repair(notebook), "mean")[0]


def test_a_test_that_students_see_nothing_of_keeps_its_place(small):
    source = small.functions()
    release = small.released(source)
    ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in release["cells"]]
    at = ids.index("mean-hidden")
    assert release["cells"][at]["source"] == ""
    release["cells"].insert(at + 1, small.cell("mine = 1"))
    for master in (source, small.released(source)):
        repaired = repair(master, json.dumps(release).encode())
        assert is_helper(repaired.notebook["cells"][at + 1])
        assert repair(master, json.dumps(repaired.notebook).encode()).notebook == repaired.notebook


def test_code_found_by_its_place_alone_goes_to_a_person(sheet):
    """An answer may have been deleted, and something else written there."""
    notebook = sheet.hand_in(mean=MEAN, drawing="print('cost: ' + '-' * 20)", cost="Constant.")
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    repaired = sheet.repair(notebook)
    assert text_of(repaired, "drawing").startswith("print(")
    assert reasons(repaired, "drawing") == ["drawing: found by position only (confidence 0.50)"]
    assert text_of(repaired, "cost") == "Constant." and reasons(repaired, "cost") == []
