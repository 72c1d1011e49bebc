import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from seglab import visualization
from seglab.errors import InputError
from seglab.labels import class_colors
from seglab.visualization.overlay import as_image, diagonals, legend_handles, outlines

NAMES = ("background", "circle", "square")
LABELS = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 255, 255]])


def axes():
    return Figure().add_subplot()


def test_one_name_is_the_foreground_of_a_binary_task():
    assert visualization.class_names(["cell"]) == ("background", "cell")
    assert visualization.class_names(("a", "b", "c")) == ("a", "b", "c")
    with pytest.raises(InputError, match="classes must hold at least one name"):
        visualization.class_names([])


def test_background_is_the_first_class_of_that_name_only():
    assert visualization.background_class(["Background ", "cell"]) == 0
    assert visualization.background_class(["cell"]) == 0
    assert visualization.background_class(["sky", "background"]) is None


def test_tint_leaves_background_and_mixes_objects_by_alpha():
    image = np.full((3, 4, 3), 0.5, np.float32)
    tinted = visualization.tinted_image(image, LABELS, NAMES, alpha=0.25, ignore_class=255)
    colors = class_colors(3) / 255
    np.testing.assert_allclose(tinted[0, 0], 0.5)  # background: the photograph
    np.testing.assert_allclose(tinted[0, 3], 0.5 + (colors[1] - 0.5) * 0.25, atol=1e-6)  # inside an object
    np.testing.assert_allclose(tinted[2, 1], colors[2], atol=1e-6)  # its outline
    assert sorted({float(v) for v in tinted[2, 2:].ravel()}) in (
        [0.5],
        [0.5, 1.0],
    )  # ignored: photograph or white stripe
    assert tinted.dtype == np.float32


def test_a_class_zero_that_is_no_background_is_tinted_too():
    image = np.ones((2, 2, 3))
    tinted = visualization.tinted_image(image, np.zeros((2, 2), int), ["sky", "road"], alpha=1.0)
    np.testing.assert_allclose(tinted, np.broadcast_to(class_colors(1)[0] / 255, (2, 2, 3)), atol=1e-6)


def test_uint8_gray_and_rgb_are_the_same_image():
    gray = np.array([[0, 255]], np.uint8)
    np.testing.assert_array_equal(as_image(gray), as_image(np.stack([gray / 255] * 3, axis=-1)))


@pytest.mark.parametrize("shape", [(2, 3, 3, 3), (4,), (2, 2, 4)])
def test_an_image_of_another_shape_is_refused(shape):
    with pytest.raises(InputError, match="image must have shape"):
        as_image(np.zeros(shape))


def test_sizes_that_differ_and_a_wild_alpha_are_refused():
    with pytest.raises(InputError, match=r"one size, got \(2, 2\) and \(3, 4\)"):
        visualization.tinted_image(np.zeros((2, 2, 3)), LABELS, NAMES, ignore_class=255)
    with pytest.raises(InputError, match=r"alpha must lie in \[0, 1\], got 45"):
        visualization.tinted_image(np.zeros((3, 4, 3)), LABELS, NAMES, alpha=45, ignore_class=255)


def test_outlines_are_the_pixels_before_a_change():
    assert outlines(np.array([[1, 1, 2], [1, 1, 2], [3, 3, 3]])).tolist() == [
        [False, True, False],
        [True, True, True],
        [False, False, False],
    ]


def test_stripes_rise_to_the_right_or_fall():
    assert diagonals((2, 3)).tolist() == [[True, True, False], [True, False, False]]
    assert diagonals((2, 3), rising=False).tolist() == [[True, True, False], [False, True, True]]


@pytest.mark.parametrize("count", [2, 11, 21])
def test_legend_names_every_class_in_its_own_color(count):
    names = [f"class {k}" for k in range(count)]
    handles = legend_handles(names)
    assert [handle.get_label() for handle in handles] == names
    painted = [tuple(np.round(np.array(handle.get_facecolor()[:3]) * 255).astype(int)) for handle in handles]
    assert painted == [tuple(color) for color in class_colors(count).tolist()]


def test_show_labels_draws_nearest_with_a_legend_that_knows_ignored_pixels():
    ax = axes()
    artist = visualization.show_labels(LABELS, NAMES, ignore_class=255, title="Two objects", ax=ax)
    assert artist.axes is ax and artist.get_interpolation() == "nearest"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [*NAMES, "not counted"]
    assert ax.get_title(loc="left") == "Two objects"
    np.testing.assert_array_equal(artist.get_array()[2, 2], [255, 255, 255])
    bare = axes()
    visualization.show_labels(LABELS, NAMES, ignore_class=255, legend=False, ax=bare)
    assert bare.get_legend() is None and bare.get_title(loc="left") == ""


def test_show_overlay_draws_the_tinted_image():
    image = np.full((3, 4, 3), 0.5, np.float32)
    artist = visualization.show_overlay(image, LABELS, NAMES, ignore_class=255, ax=axes())
    expected = visualization.tinted_image(image, LABELS, NAMES, ignore_class=255)
    np.testing.assert_array_equal(artist.get_array(), expected)


def test_nothing_touches_pyplot_or_the_arguments():
    before, labels = plt.get_fignums(), LABELS.copy()
    image = np.full((3, 4, 3), 0.5, np.float32)
    visualization.show_labels(labels, NAMES, ignore_class=255)
    visualization.show_overlay(image, labels, NAMES, ignore_class=255)
    visualization.show_errors(labels, np.zeros_like(labels), ignore_class=255)
    visualization.show_curves({"a": {"loss": [1.0]}}, "loss")
    visualization.show_confusion(np.eye(2, dtype=int), ["a", "b"])
    visualization.show_class_bars({"a": [1.0, 0.5]}, ["a", "b"])
    visualization.show_gallery(image[None], labels[None], labels[None, None], ["a"], NAMES, ignore_class=255)
    assert plt.get_fignums() == before
    np.testing.assert_array_equal(labels, LABELS)
    assert (image == 0.5).all()
