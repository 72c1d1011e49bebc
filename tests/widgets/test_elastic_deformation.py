"""The elastic deformation moves image and labels alike, and says when it folds."""

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.transforms import elastic
from seglab.widgets import ElasticDeformation


def two_halves():
    """A picture whose red channel is its label."""
    labels = np.zeros((48, 64), np.uint8)
    labels[:, 32:] = 1
    return np.repeat(labels[..., None], 3, axis=-1).astype(np.float32), labels


def test_it_is_the_deformation_of_the_library():
    image, labels = two_halves()
    demo = ElasticDeformation(image, labels, sigma=5, grid=4, seed=3)
    expected = elastic(image, labels, np.random.default_rng(3), sigma=5, grid=4)
    axes = demo_axes(demo)
    np.testing.assert_array_equal(axes[1].images[0].get_array(), expected[0])
    np.testing.assert_array_equal(
        axes[2].images[0].get_array() == demo._colors[1], np.stack([expected[1] == 1] * 3, -1)
    )


def demo_axes(demo):
    from matplotlib.figure import Figure

    figure = Figure()
    demo.draw(figure, **demo.values)
    return figure.axes


def test_image_and_labels_move_together():
    axes = demo_axes(ElasticDeformation(*two_halves(), sigma=6, seed=2))
    image = np.asarray(axes[1].images[0].get_array())[..., 0]
    labels = np.asarray(axes[2].images[0].get_array())[..., 0] != 32  # the dark gray of the background
    sure = np.abs(image - 0.5) > 0.49  # away from the edge, where colors are mixed
    assert 0.8 < sure.mean() < 1
    np.testing.assert_array_equal(labels[sure], image[sure] > 0.5)


def test_no_color_appears_that_no_class_has():
    demo = ElasticDeformation(sigma=8, seed=5)
    colors = np.asarray(demo_axes(demo)[2].images[0].get_array()).reshape(-1, 3)
    assert {tuple(color) for color in colors.tolist()} <= {tuple(color) for color in demo._colors.tolist()}


def test_nothing_moves_at_zero():
    demo = ElasticDeformation(sigma=0)
    axes = demo_axes(demo)
    np.testing.assert_allclose(axes[1].images[0].get_array(), demo._image, atol=1e-6)
    assert demo.folded() == 0 and demo.describe().endswith("nothing moves.")


def test_folding_is_found_and_said():
    mild = ElasticDeformation(sigma=2, seed=1)
    wild = ElasticDeformation(sigma=20, grid=8, seed=1)
    assert mild.folded() == 0 and "nothing folds" in mild.describe()
    assert wild.folded() > 0.1 and "folded over itself" in wild.describe()


def test_another_seed_is_another_deformation():
    demo = ElasticDeformation(seed=1)
    before = bytes(demo._picture.value)
    demo.controls["seed"].value = 2
    assert bytes(demo._picture.value) != before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": np.zeros((8, 8, 3))}, "image and labels go together"),
        ({"sigma": 21}, r"sigma must lie in \[0.0, 20.0\], got 21"),
        ({"grid": 1}, r"grid must lie in \[2, 8\], got 1"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        ElasticDeformation(**arguments)
