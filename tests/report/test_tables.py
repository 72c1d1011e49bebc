import copy

import pytest

from seglab.report.tables import columns, format_table, table


def test_four_classes_fit_a_terminal_in_one_block(shapes):
    text = format_table(shapes[0])
    lines = text.splitlines()
    assert max(map(len, lines)) <= 120
    assert len(lines) == 3 + 6 + 2  # two headings, a rule, baseline and five models, a gap and the legend
    assert lines[3].startswith("always background") and lines[8].startswith("U-Net ")
    ends = {line.rstrip("* ").rfind(".") for line in lines[4:9]}
    assert len(ends) == 1, "numbers are aligned at the decimal point"


def test_long_names_are_cut_to_fit(shapes):
    results = copy.deepcopy(shapes[0])
    results["data"]["classes"] = [name * 8 for name in results["data"]["classes"]]
    results["baseline"]["class"] *= 5
    results["models"][0]["name"] = "a name that does not end " * 3
    assert max(map(len, format_table(results).splitlines())) <= 120


def test_eleven_classes_get_a_block_of_their_own(street):
    text = format_table(street[0])
    first, second, legend = text.split("\n\n")
    assert "pedestrian" not in first and second.startswith("IoU of each class")
    assert max(map(len, text.splitlines())) <= 120
    (row,) = [line for line in second.splitlines() if line.startswith("bicyclist")]
    assert row.split() == ["bicyclist"] + ["n/a"] * 6
    assert "below of its row" in legend


def test_the_best_of_a_column_is_marked_and_equals_are_equal():
    models = [
        {"name": "A", "mean_iou": 0.70004, "parameters": 10, "ms_per_image": 2.0},
        {"name": "B", "mean_iou": 0.7, "parameters": 20, "ms_per_image": None},
    ]
    base = {"class": "sky", "mean_iou": 0.1, "pixel_accuracy": 0.9, "parameters": 0, "ms_per_image": 0.0}
    laid = {column.title: column.cells for column in columns({"models": models, "baseline": base})}
    assert [cell.best for cell in laid["Dataset mIoU"]] == [False, True, True]
    assert [cell.best for cell in laid["Parameters"]] == [False, True, False]
    assert laid["Parameters"][0].text == "n/a", "a baseline has no cost to compare"
    assert [cell.text for cell in laid["ms per image"]] == ["n/a", "2.00", "n/a"]


def test_a_baseline_that_is_best_is_marked_as_best():
    models = [{"name": "A", "mean_iou": 0.1}]
    cells = columns({"models": models, "baseline": {"class": "sky", "mean_iou": 0.3}})[0].cells
    assert [cell.best for cell in cells] == [True, False]


def test_one_row_without_a_baseline_marks_nothing():
    text = format_table(
        {"data": {"classes": ["a", "b"]}, "models": [{"name": "U-Net", "mean_iou": 0.5, "iou": [1, 0]}]}
    )
    assert "*" not in text and "baseline" not in text
    assert text.splitlines()[-1].split() == ["U-Net", "0.500", "1.000", "0.000"] + ["n/a"] * 7


@pytest.mark.parametrize("classes", [["cell"], [f"c{k}" for k in range(21)]])
def test_table_has_a_cell_for_every_heading(classes):
    rows = table({"data": {"classes": classes}, "models": [{"name": "A"}], "baseline": {"class": "c"}})
    assert len(rows) == 3
    assert {len(row) for row in rows} == {9 + max(2, len(classes))}
