"""What lesson 7a says in numbers."""

import re
from pathlib import Path

import numpy as np
import pytest

from seglab.authoring import notebooks
from seglab.convolution import conv2d, effective_kernel_size, mean_valid_taps

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "course" / "week07a_atrous.ipynb"
SOURCES = {cell["id"]: cell["source"] for cell in notebooks.read(LESSON)["cells"]}


def definitions(*cells):
    """What the cells of the lesson define, without what they draw and print."""
    found = {"np": np, "effective_kernel_size": effective_kernel_size}
    for cell in cells:
        for part in re.findall(r"^def .*?(?=^\S(?!ef ))", SOURCES[cell] + "\nend", re.MULTILINE | re.DOTALL):
            exec(part, found)
    return found


def test_every_second_result_is_the_old_one():
    row = np.array([[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]])
    first, second = np.array([[1, 1, 1]]), np.array([[1, -2, 1]])
    old = conv2d(conv2d(row, first, strides=2), second)
    dense = conv2d(conv2d(row, first), second, dilation_rate=2)
    assert dense[:, ::2].tolist() == old.tolist() == [[4, -9, 3]]
    assert not (conv2d(conv2d(row, first), second)[:, :5:2] == old).any()


def test_largefov_spans_what_the_dense_layer_spanned():
    assert effective_kernel_size(7, 4) == effective_kernel_size(3, 12) == 25
    assert (7 * 7 * 512 * 4096, 3 * 3 * 512 * 1024) == (102_760_448, 4_718_592)


def test_the_best_rate_halves_with_the_map():
    lesson = definitions("rings", "vote-code")
    rates = (1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 64)
    best = {}
    for size in (64, 32, 16):
        train, test = (lesson["ring_scenes"](count, size, seed) for count, seed in ((300, 0), (100, 1)))
        scores = [lesson["best_iou"](train, test, rate) for rate in rates]
        best[size] = rates[int(np.argmax(scores))]
        assert max(scores) > 0.4 and max(scores[rates.index(24) :]) < 0.01
    assert best == {64: 8, 32: 4, 16: 2}


def test_patterns_number_the_nine_cells():
    lesson = definitions("vote-code")
    corner = np.zeros((1, 5, 5), bool)
    corner[0, 0, 0] = True
    numbers = lesson["patterns"](corner, 2)[0]
    assert numbers[0, 0] == 2**4 and numbers[2, 2] == 2**8 and numbers[2, 0] == 2**7
    assert np.count_nonzero(numbers) == 4


def test_the_table_of_degeneration():
    table = {(size, rate): round(mean_valid_taps(size, 3, rate), 2) for size in (65, 33, 8) for rate in (6, 12, 18, 65)}
    assert [table[65, rate] for rate in (6, 12, 18, 65)] == [7.93, 6.92, 5.98, 1.0]
    assert [table[8, rate] for rate in (6, 12, 18)] == [2.25, 1.0, 1.0]


def test_rates_are_divided_by_the_ratio_of_the_maps():
    scaled = definitions("divide-code")["scaled_rates"]
    assert {size: scaled(size) for size in (33, 16, 8)} == {33: (6, 12, 18), 16: (3, 6, 9), 8: (1, 3, 4)}


def test_the_sum_of_four_branches_is_one_kernel():
    merged_kernel = definitions("aspp-merged")["merged_kernel"]
    kernels, rates = np.random.default_rng(0).normal(size=(4, 3, 3)), (6, 12, 18, 24)
    merged = merged_kernel(kernels, rates)
    assert merged.shape == (49, 49) and np.count_nonzero(merged) == 33 == 4 * 8 + 1
    x = np.random.default_rng(1).normal(size=(33, 33))
    branches = sum(conv2d(x, kernel, dilation_rate=r, padding=r) for kernel, r in zip(kernels, rates, strict=True))
    np.testing.assert_allclose(conv2d(x, merged, padding=24), branches, atol=1e-12)


def test_weights_of_the_pyramid():
    one = 2048 * 256
    assert one + 3 * 9 * one + one + 5 * 256 * 256 == 15_532_032
    assert 9 * 2048 + one == 542_720 and round(9 * one / 542_720, 1) == 8.7


def test_no_score_is_quoted_that_nobody_looked_up():
    text = SOURCES["lineage"]
    assert re.findall(r"\d\d\.\d", text) == ["66.4", "79.7", "85.7", "87.8", "89.0", "79.7", "87.8"]


@pytest.mark.slow  # imports TensorFlow
def test_stride_8_repeats_stride_32_at_the_shared_positions():
    keras = pytest.importorskip("keras")
    from seglab.models.encoders import build_encoder

    image = np.random.default_rng(0).random((1, 64, 96, 3), np.float32)
    coarse, fine = (build_encoder("slim", output_stride=stride) for stride in (32, 8))
    fine.set_weights(coarse.get_weights())
    shared = keras.ops.convert_to_numpy(fine(image)[-1])[:, ::4, ::4]
    np.testing.assert_allclose(shared, keras.ops.convert_to_numpy(coarse(image)[-1]), atol=1e-5)
