"""Week 4a: what the lesson says in numbers, worked out another way."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from seglab.authoring import notebooks
from seglab.convolution import conv2d
from seglab.receptive_field import receptive_field

LESSON = Path(__file__).parents[2] / "course" / "week04a_classifier.ipynb"
CONVOLUTIONS = [(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2)]


def text():
    return "\n".join(cell["source"] for cell in notebooks.read(LESSON)["cells"] if cell["cell_type"] == "markdown")


def test_the_map_behind_a_crop_has_three_by_three_places():
    size = 24
    for kernel, strides in CONVOLUTIONS:
        size = (size - kernel) // strides + 1
    assert size == 3 and "3 × 3 × 16" in text()
    # The dense layer, read as a 3 x 3 convolution, sees the whole crop and moves by 4.
    field = receptive_field([*CONVOLUTIONS, (3, 1)])
    assert (field.size, field.stride) == (24, 4)


def test_most_of_vgg16_is_behind_flatten():
    channels = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    convolutions = sum(9 * before * after + after for before, after in pairwise(channels))
    dense = sum(before * after + after for before, after in pairwise([7 * 7 * 512, 4096, 4096, 1000]))
    assert (convolutions, dense) == (14_714_688, 123_642_856)
    assert round(dense / (convolutions + dense), 2) == 0.89
    assert (convolutions + dense) // 10**6 == 138 and "138 million" in text()


def test_a_dense_unit_is_a_kernel_as_large_as_the_map():
    small_map, dense = np.array([[3, 1], [0, 2]]), np.array([1, 2, 4, 8])
    assert small_map.ravel() @ dense == conv2d(small_map, dense.reshape(2, 2)).item() == 3 + 2 + 0 + 16


def test_a_pixel_in_the_middle_lies_in_36_windows():
    starts = np.arange(0, 240 - 24 + 1, 4)
    for pixel in range(100, 140):
        assert ((starts <= pixel) & (pixel < starts + 24)).sum() ** 2 == 36


def test_the_wrong_order_keeps_the_shape_and_moves_the_numbers():
    last = np.arange(3 * 3 * 16 * 2).reshape(3, 3, 16, 2)
    received = last.transpose(2, 0, 1, 3).reshape(144, 2)
    naive, careful = received.reshape(3, 3, 16, 2), received.reshape(16, 3, 3, 2).transpose(1, 2, 0, 3)
    assert (careful == last).all()
    assert naive.shape == last.shape and (naive == last).mean() < 0.05
    assert np.sort(naive, axis=None).tolist() == np.sort(last, axis=None).tolist()
