import numpy as np
import pytest

from seglab import visualization
from seglab.errors import InputError
from seglab.visualization.confusion import percent, short_count


def texts(artist):
    return [text.get_text() for text in artist.axes.texts]


def test_rows_are_shares_of_the_true_class():
    artist = visualization.show_confusion([[3, 1], [2, 6]], ["background", "cell"], title="Cells leak")
    np.testing.assert_allclose(artist.get_array(), [[0.75, 0.25], [0.25, 0.75]])
    assert texts(artist) == ["75%", "3", "25%", "1", "25%", "2", "75%", "6"]
    assert [label.get_text() for label in artist.axes.get_yticklabels()] == ["background", "cell"]
    assert artist.axes.get_ylabel() == "true class" and artist.axes.get_title(loc="left") == "Cells leak"


def test_an_absent_class_reads_not_available_and_zeros_stay_quiet():
    artist = visualization.show_confusion([[4, 0, 0], [0, 0, 0], [0, 0, 5]], list("abc"))
    assert texts(artist) == ["100%", "4", "0", "0", "n/a", "0", "0", "100%", "5"]
    assert artist.get_array().mask.tolist() == [[False] * 3, [True] * 3, [False] * 3]


def test_eleven_classes_show_counts_and_twenty_one_show_shares_alone():
    eleven = texts(visualization.show_confusion(np.full((11, 11), 1234567), [str(k) for k in range(11)]))
    assert eleven.count("1.2M") == 121 and eleven.count("9%") == 121
    many = visualization.show_confusion(np.eye(21, dtype=int) * 7 + 1, [str(k) for k in range(21)])
    assert len(texts(many)) == 441 and "7" not in texts(many)
    many.axes.figure.canvas.draw()


def test_one_name_is_a_binary_task():
    assert visualization.show_confusion([[1, 0], [0, 1]], ["cell"]).axes.get_xticklabels()[1].get_text() == "cell"


def test_another_shape_is_refused():
    with pytest.raises(InputError, match=r"\(3, 3\) for 3 classes, got \(2, 2\)"):
        visualization.show_confusion([[1, 0], [0, 1]], list("abc"))


def test_numbers_are_never_rounded_to_all_or_nothing():
    assert [percent(share) for share in (0, 1e-9, 0.01, 0.994, 1)] == ["0%", "<1%", "1%", ">99%", "100%"]
    assert percent(0.5, sign=False) == "50"
    assert [short_count(n) for n in (0, 9_999, 10_000, 99_949, 99_950, 999_499, 999_500, 99_949_999, 123_456_789)] == [
        "0", "9,999", "10.0k", "99.9k", "100k", "999k", "1.0M", "99.9M", "123M",
    ]  # fmt: skip
