import numpy as np
import pytest

from seglab import visualization
from seglab.errors import InputError
from seglab.labels import colorize
from seglab.visualization.gallery import image_scores, pick_cases


def test_image_scores_by_hand():
    truth = np.array([[[0, 0, 0, 1]], [[255, 255, 255, 255]]])
    found = np.array([[[[0, 0, 1, 1]], [[0, 0, 0, 0]]]])
    scores = image_scores(truth, found, 3, ignore_class=255)
    assert scores.shape == (1, 2)
    assert scores[0, 0] == pytest.approx((2 / 3 + 1 / 2) / 2)  # class 2 is absent and does not count
    assert np.isnan(scores[0, 1])


def test_cases_hold_best_median_and_worst_in_order():
    scores = [0.5, 0.1, 0.9, 0.7, 0.3, 0.8, 0.2, 0.6, 0.4, 0.65, np.nan]
    cases = pick_cases(scores, 6)
    assert [name for _, name in cases if name] == ["best", "median", "worst"]
    picked = [scores[index] for index, _ in cases]
    assert len(picked) == 6 and picked == sorted(picked, reverse=True)
    assert picked[0] == 0.9 and picked[-1] == 0.1 and 0.6 in picked


@pytest.mark.parametrize("count", range(9))
@pytest.mark.parametrize("images", range(7))
def test_cases_are_distinct_and_as_many_as_wanted(images, count):
    cases = pick_cases(np.linspace(0, 1, images), count)
    assert len(cases) == len({index for index, _ in cases}) == min(images, count)


def test_small_galleries():
    assert pick_cases([0.4]) == [(0, "")]
    assert pick_cases([0.4, 0.6]) == [(1, "best"), (0, "worst")]
    assert pick_cases([np.nan]) == []


@pytest.mark.parametrize(("names", "classes"), [(["a"], 2), (["a", "b", "c"], 21)])
def test_a_row_per_image_a_column_per_model(names, classes):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, (2, 9, 12))
    predictions = np.stack([labels] * len(names))
    figure = visualization.show_gallery(
        rng.random((2, 9, 12, 3)), labels, predictions, names, [f"c{k}" for k in range(classes)],
        captions=["easy", "hard"], title="All right",
    )  # fmt: skip
    grid = figure.axes
    assert len(grid) == 2 * (2 + len(names))
    assert [ax.get_title() for ax in grid[: 2 + len(names)]] == ["image", "truth", *names]
    assert all(ax.get_xlabel() == "mIoU 1.000" for ax in grid[2 : 2 + len(names)])
    assert grid[0].get_ylabel() == "easy"
    assert all(ax.images[0].get_interpolation() == "nearest" for ax in grid)
    assert len(figure.legends[0].get_texts()) == classes
    figure.canvas.draw()


def test_an_image_without_a_counted_pixel_reads_not_available():
    labels = np.full((1, 4, 4), 255)
    figure = visualization.show_gallery(
        np.zeros((1, 4, 4, 3)), labels, np.zeros((1, 1, 4, 4), int), ["a"], ["x", "y"], ignore_class=255
    )
    assert figure.axes[2].get_xlabel() == "mIoU n/a"
    assert figure.legends[0].get_texts()[-1].get_text() == "not counted"


@pytest.mark.parametrize(
    ("images", "labels", "predictions", "message"),
    [
        ((2, 4, 4, 3), (3, 4, 4), (1, 3, 4, 4), "images .* and labels .* must agree"),
        ((2, 4, 4, 3), (2, 4, 4), (2, 2, 4, 4), r"predictions must have shape \(1, 2, 4, 4\)"),
        ((0, 4, 4, 3), (0, 4, 4), (1, 0, 4, 4), "at least one image"),
    ],
)
def test_parts_that_do_not_fit_are_refused(images, labels, predictions, message):
    with pytest.raises(InputError, match=message):
        visualization.show_gallery(
            np.zeros(images), np.zeros(labels, int), np.zeros(predictions, int), ["a"], ["x", "y"]
        )


def test_every_cell_holds_its_own_picture():
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, (2, 6, 6))
    predictions = rng.integers(0, 3, (2, 2, 6, 6))
    images = rng.random((2, 6, 6, 3)).astype(np.float32)
    figure = visualization.show_gallery(images, labels, predictions, ["a", "b"], list("xyz"))
    pictures = [ax.images[0].get_array() for ax in figure.axes]
    for row in range(2):
        expected = [
            images[row],
            *(colorize(stack, 3) for stack in (labels[row], predictions[0, row], predictions[1, row])),
        ]
        for drawn, wanted in zip(pictures[4 * row : 4 * row + 4], expected, strict=True):
            np.testing.assert_array_equal(drawn, wanted)
