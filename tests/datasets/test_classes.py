"""Class tables: file values to labels, void classes, and tables told from the files."""

import numpy as np
import pytest
from PIL import Image

from seglab.datasets.classes import class_table, find_classes, read_classes
from seglab.errors import InputError


def written(tmp_path, text):
    path = tmp_path / "classes.txt"
    path.write_text(text)
    return path


def test_ignored_value_beyond_the_classes_is_kept():
    table = class_table({0: "sky", 1: "road", 2: "void"}, {2})
    assert table.classes == ("sky", "road")
    assert table.ignore_class == 2
    np.testing.assert_array_equal(table.encode(np.array([[0, 1, 2]])), [[0, 1, 2]])


def test_ignored_value_among_the_classes_becomes_255():
    table = class_table({0: "void", 1: "sky", 2: "road"}, {0})
    assert table.classes == ("sky", "road")
    assert table.ignore_class == 255
    np.testing.assert_array_equal(table.encode(np.array([[0, 1, 2]])), [[255, 0, 1]])


def test_several_ignored_values_share_a_label():
    table = class_table({0: "sky", 1: "road"}, {7, 255})
    np.testing.assert_array_equal(table.encode(np.array([[0, 7, 255]])), [[0, 255, 255]])


def test_two_values_one_class():
    table = class_table({0: "background", 1: "cell", 2: "cell"})
    assert table.classes == ("background", "cell")
    assert table.ignore_class is None
    np.testing.assert_array_equal(table.encode(np.array([[2, 1, 0]], np.uint16)), [[1, 1, 0]])


def test_check_accepts_every_value_of_the_table():
    table = class_table({0: "sky", 4: "road"}, {255})
    for values in ([[0, 4]], [[4, 4]], [[0, 4, 255]]):
        table.check(np.array(values, np.uint8), "a")


def test_check_finds_a_value_in_a_gap():
    with pytest.raises(InputError, match="a holds label 3"):
        class_table({0: "sky", 4: "road"}).check(np.array([[0, 3, 4]], np.uint8), "a")


@pytest.mark.parametrize("value", [2, 254, 256, 60000, -1])
def test_value_outside_the_table(value):
    table = class_table({0: "sky", 1: "road"}, {255})
    message = rf"masks/a\.png holds label {value}; legal are 0 to 1 and 255 \(not counted\).*--ignore {value}"
    with pytest.raises(InputError, match=message):
        table.check(np.array([[0, value, 1]]), "masks/a.png")


@pytest.mark.parametrize("ignore", [-1, 256, 1.5, True])
def test_bad_ignore(ignore):
    with pytest.raises(InputError, match="ignore must be an integer in"):
        class_table({0: "sky"}, {ignore})


def test_no_class_left():
    with pytest.raises(InputError, match="has 0"):
        class_table({0: "void"}, {0})


def test_read_classes_orders_and_skips(tmp_path):
    names, ignored = read_classes(written(tmp_path, "\ufeff# a comment\n1 street light\n\n0 sky\n9 Unlabelled\n"))
    assert list(names.items()) == [(0, "sky"), (1, "street light"), (9, "Unlabelled")]
    assert ignored == {9}


@pytest.mark.parametrize("line", ["sky", "x sky", "0", "-1 sky", "256 sky", "² sky"])
def test_bad_line(tmp_path, line):
    with pytest.raises(InputError, match=r"classes\.txt, line 2 must read INDEX NAME"):
        read_classes(written(tmp_path, f"1 road\n{line}\n"))


@pytest.mark.parametrize("text", ["0 sky\n0 road\n", "0 sky\n1 sky\n"])
def test_repeated_line(tmp_path, text):
    with pytest.raises(InputError, match="line 2 repeats"):
        read_classes(written(tmp_path, text))


def test_empty_table(tmp_path):
    with pytest.raises(InputError, match="names no class"):
        read_classes(written(tmp_path, "# nothing\n"))


@pytest.mark.parametrize(
    ("values", "names", "ignored"),
    [
        ([0, 255], {0: "background", 255: "foreground"}, set()),
        ([0, 1], {0: "class 0", 1: "class 1"}, set()),
        ([0, 1, 2, 255], {0: "class 0", 1: "class 1", 2: "class 2"}, {255}),
    ],
)
def test_find_classes(tmp_path, values, names, ignored):
    paths = []
    for value in values:  # one value per file: the table comes from all of them
        paths.append(tmp_path / f"{value}.png")
        Image.fromarray(np.full((2, 3), value, np.uint8)).save(paths[-1])
    assert find_classes(paths) == (names, ignored)


@pytest.mark.parametrize(("values", "shown"), [([0, 38, 75], "0, 38, 75"), ([1, 2, 3, 255], "1 to 3")])
def test_find_classes_with_gaps(tmp_path, values, shown):
    Image.fromarray(np.array([values], np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match=rf"values {shown}, with gaps, and there is no classes\.txt"):
        find_classes([tmp_path / "a.png"])
