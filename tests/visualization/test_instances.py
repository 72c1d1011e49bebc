import numpy as np
import pytest

from seglab.errors import InputError
from seglab.labels import class_colors
from seglab.visualization import show_instances, show_panoptic

IMAGE = np.full((6, 8, 3), 0.5)


def found(**more):
    masks = np.zeros((2, 6, 8), bool)
    masks[0, 1:4, 1:4] = masks[1, 2:5, 5:7] = True
    return {"masks": masks, "classes": np.array([1, 0]), **more}


def test_objects_are_tinted_in_the_color_of_their_class():
    picture = show_instances(IMAGE, found(), ["car", "person"], alpha=1.0, names=False).get_array()
    colors = class_colors(3) / 255
    np.testing.assert_allclose(picture[2, 2], colors[2], atol=1e-6)
    np.testing.assert_allclose(picture[3, 5], colors[1], atol=1e-6)
    np.testing.assert_allclose(picture[0, 0], 0.5)
    assert (IMAGE == 0.5).all()


def test_each_object_has_an_outline_and_its_name_with_the_score():
    ax = show_instances(IMAGE, found(scores=[0.91, 0.5]), ["car", "person"], title="two").axes
    assert [text.get_text() for text in ax.texts] == ["person .91", "car .50"]
    corners = ax.collections[0].get_paths()[0].vertices  # of columns 1 to 3 and rows 1 to 3
    assert corners.min(axis=0).tolist() == [0.5, 0.5] and corners.max(axis=0).tolist() == [3.5, 3.5]
    assert len(ax.collections) == 2 and ax.get_title(loc="left") == "two"
    assert [text.get_text() for text in show_instances(IMAGE, found(), ["car", "person"]).axes.texts] == [
        "person",
        "car",
    ]


def test_nothing_found_is_the_image():
    nothing = {"masks": np.zeros((0, 6, 8), bool), "classes": []}
    assert np.array_equal(show_instances(IMAGE, nothing, ["car"]).get_array(), IMAGE.astype(np.float32))


def test_objects_of_a_class_differ_in_a_panoptic_map_and_void_is_white():
    panoptic = np.repeat([[0, 0, 1001, 1001, 1001, 1002, 1002, 255_000]], 3, axis=0)
    picture = show_panoptic(panoptic, ["road", "car"]).get_array()
    colors = class_colors(2) / 255
    np.testing.assert_allclose(picture[0, 0], colors[0], atol=1e-6)
    np.testing.assert_allclose(picture[0, 3], colors[1], atol=1e-6)
    assert np.abs(picture[0, 5] - picture[0, 3]).max() > 0.05
    assert (picture[:, 7] == 1).all()
    assert (picture[0, 4] == 1).all()  # the line between the two cars


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: show_instances(IMAGE[:5], found(), ["a", "b"]), "masks must have shape"),
        (lambda: show_instances(IMAGE, found(), ["a"]), r"classes must lie in \[0, 1\)"),
        (lambda: show_panoptic(np.array([[2000]]), ["a", "b"]), "categories must lie in"),
    ],
)
def test_errors_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
