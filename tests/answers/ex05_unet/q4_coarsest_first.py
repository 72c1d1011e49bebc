"""In the order in which the decoder meets them."""

CELL = "q4-sizes"
LOSES = {"q4-sizes-test-crops": 1}


def is_legal(size, depth=4):
    return (size + 4) % 2**depth == 0 and size > 12 * 2**depth - 8


def skip_crops(size, depth=4):
    return [12 * 2**below - 8 for below in range(depth)]
