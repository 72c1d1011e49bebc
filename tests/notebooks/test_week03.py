"""Week 3: what the lessons say in numbers."""

import numpy as np
import pytest

from seglab import convolution, resampling
from seglab.receptive_field import receptive_field

CHECKERBOARD = np.array([[1, -1, 1], [-1, 1, -1], [1, -1, 1]])


def test_the_picture_that_the_lecture_lost():
    x = np.array([[0, 1], [2, 3]])
    sheet = [[0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 9]]
    assert convolution.transposed_conv2d(x, x, strides=2).tolist() == sheet
    matrix = convolution.conv_matrix((4, 4), x, strides=2)
    assert matrix.shape == (4, 16)
    assert (matrix.T @ x.ravel()).reshape(4, 4).tolist() == sheet
    assert (matrix.T[:, 2] * 2)[matrix.T[:, 2] > 0].tolist() == [2, 4, 6]  # the third pixel's stamp, less its zero
    assert convolution.transposed_conv2d(x, x).tolist() == [[0, 0, 1], [0, 4, 6], [4, 12, 9]]
    assert convolution.transposed_conv2d(x, x, padding=1).tolist() == [[4]]
    assert convolution.transposed_conv2d(x, x, strides=2, padding=1).tolist() == [[0, 2], [2, 0]]


def test_there_is_no_way_back():
    picture, kernel = np.arange(9).reshape(3, 3), np.array([[1, 2], [3, 4]])
    small = convolution.conv2d(picture, kernel)
    back = [[27, 91, 74], [138, 400, 282], [171, 429, 268]]
    assert convolution.transposed_conv2d(small, kernel).tolist() == back
    assert convolution.conv2d(picture + CHECKERBOARD, kernel).tolist() == small.tolist()


def test_a_realistic_matrix_is_nearly_all_zeros():
    matrix = convolution.conv_matrix((32, 32), np.ones((4, 4)), strides=2, padding=1)
    assert matrix.shape == (256, 1024) and round((matrix == 0).mean(), 3) == 0.985


def test_a_kernel_of_three_stamps_unequally():
    counts = convolution.transposed_conv2d(np.ones((4, 4)), np.ones((3, 3)), strides=2, padding="same")
    assert counts[4:6, 4:6].tolist() == [[4, 2], [2, 1]]
    for size, each in ((2, 1), (4, 4)):
        counts = convolution.transposed_conv2d(np.ones((4, 4)), np.ones((size, size)), strides=2, padding="same")
        assert set(counts[1:-1, 1:-1].ravel()) == {each}


def test_the_numbers_of_the_second_lesson():
    assert resampling.upsample_bilinear(np.array([[0, 2]]), 2)[0].tolist() == [0, 0.5, 1.5, 2]
    weights = resampling.bilinear_weights(32, 21)
    assert weights.size == 1_806_336 and np.count_nonzero(weights) == 86_016
    assert round(1 - np.count_nonzero(weights) / weights.size, 2) == 0.95
    result = convolution.conv2d(np.arange(1, 8)[None], np.array([[1, 0, -1]]), dilation_rate=2)
    assert result.tolist() == [[-4, -4, -4]]
    assert [receptive_field([(3, 1, rate) for rate in rates]).size for rates in ((1, 2, 4), (4, 4, 4))] == [15, 25]
    vgg16 = [layer for convs in (2, 2, 3, 3, 3) for layer in [(3, 1, 1)] * convs + [(2, 2, 1)]]
    assert receptive_field(vgg16).size == 212 and receptive_field([*vgg16, (7, 1, 1)]).size == 404
    assert convolution.mean_valid_taps(8, 3, 12) == 1 and convolution.mean_valid_taps(8, 3, 6) == 2.25


@pytest.mark.slow  # imports TensorFlow
def test_the_old_grid_reads_three_and_a_half_pixels_away():
    tf = pytest.importorskip("tensorflow")
    ramp = np.arange(16, dtype="float32")[None, None, :, None]
    new, old = (
        tf.raw_ops.ResizeBilinear(images=ramp, size=(1, 128), half_pixel_centers=half).numpy().ravel()
        for half in (True, False)
    )
    np.testing.assert_allclose((old - new)[8:112] * 8, 3.5, atol=1e-4)
