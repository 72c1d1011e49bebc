"""Lets a pooling drop the odd row, as Keras does."""

CELL = "q4-sizes"
LOSES = {"q4-sizes-test-legal": 1}


def is_legal(size, depth=4):
    for _ in range(depth):
        size = (size - 4) // 2
    for _ in range(depth):
        size = 2 * (size - 4)
    return size - 4 > 0


def skip_crops(size, depth=4):
    return [12 * 2**below - 8 for below in reversed(range(depth))]
