import pytest

from seglab import unet_sizes
from seglab.errors import InputError


def slow_output_size(size, depth):
    """Walk through the network layer by layer; `None` where a map is odd before a pooling or nothing is left."""
    kept = []
    for _ in range(depth):
        size -= 4
        if size <= 0 or size % 2:
            return None
        kept.append(size)
        size //= 2
    size -= 4
    for skip in reversed(kept):
        size *= 2
        if size <= 0 or size > skip or (skip - size) % 2:
            return None
        size -= 4
    return size if size > 0 else None


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_legal_sizes_and_outputs_are_those_of_the_walk(depth):
    for size in range(1, 700):
        output = slow_output_size(size, depth)
        assert unet_sizes.is_legal(size, depth) == (output is not None), size
        if output is not None:
            assert unet_sizes.output_size(size, depth) == output
            assert output == size - 2 * unet_sizes.margin(depth)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_input_size_is_the_smallest_that_covers(depth):
    legal = [size for size in range(1, 900) if unet_sizes.is_legal(size, depth)]
    for wanted in range(1, 300):
        expected = min(size for size in legal if unet_sizes.output_size(size, depth) >= wanted)
        assert unet_sizes.input_size(wanted, depth) == expected


def test_numbers_of_the_paper():
    sizes = {188: 4, 540: 356, 556: 372, 572: 388, 588: 404, 604: 420}
    assert {size: unet_sizes.output_size(size) for size in sizes} == sizes
    assert {size % 16 for size in range(188, 900) if unet_sizes.is_legal(size)} == {12}
    assert unet_sizes.crops() == (88, 40, 16, 4)
    assert unet_sizes.margin() == 92
    assert list(unet_sizes.size_trace(572).items()) == [
        ("encoder1", (572, 570, 568)), ("encoder2", (284, 282, 280)), ("encoder3", (140, 138, 136)),
        ("encoder4", (68, 66, 64)), ("bottleneck", (32, 30, 28)), ("decoder4", (56, 54, 52)),
        ("decoder3", (104, 102, 100)), ("decoder2", (200, 198, 196)), ("decoder1", (392, 390, 388)),
    ]  # fmt: skip


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_crops_bridge_the_two_ends_of_every_skip(depth):
    trace = unet_sizes.size_trace(unet_sizes.input_size(50, depth), depth)
    for level, crop in enumerate(unet_sizes.crops(depth), start=1):
        assert trace[f"encoder{level}"][2] - 2 * crop == trace[f"decoder{level}"][0]


@pytest.mark.parametrize(
    ("size", "depth", "message"),
    [
        (512, 4, "at least 188 and 4 less than a multiple of 16 .* got 512. Nearest sizes: 508 or 524"),
        (172, 4, "got 172. Nearest sizes: 188"),
        (189, 4, "got 189. Nearest sizes: 188 or 204"),
        (40, 2, "at least 44 and 4 less than a multiple of 4"),
    ],
)
def test_an_illegal_size_names_the_nearest(size, depth, message):
    with pytest.raises(InputError, match=message):
        unet_sizes.output_size(size, depth)
    with pytest.raises(InputError, match="size must"):
        unet_sizes.size_trace(size, depth)


@pytest.mark.parametrize("bad", [0, -4, 2.0, True, None])
def test_arguments_are_positive_integers(bad):
    for function in (unet_sizes.is_legal, unet_sizes.output_size, unet_sizes.input_size, unet_sizes.size_trace):
        with pytest.raises(InputError, match="size must be an integer of at least 1"):
            function(bad)
        with pytest.raises(InputError, match="depth must be an integer of at least 1"):
            function(572, bad)
    for function in (unet_sizes.margin, unet_sizes.crops):
        with pytest.raises(InputError, match="depth must be"):
            function(bad)
