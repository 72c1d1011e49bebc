"""One convolution per level."""

CELL = "q4-sizes"
LOSES = {"q4-sizes-test-crops": 1}


def is_legal(size, depth=4):
    return (size + 4) % 2**depth == 0 and size > 12 * 2**depth - 8


def skip_crops(size, depth=4):
    return [6 * 2**below - 4 for below in reversed(range(depth))]
