"""Knows the paper's depth only."""

CELL = "q4-sizes"
LOSES = {"q4-sizes-test-legal": 1}


def is_legal(size, depth=4):
    return size % 16 == 12 and size >= 188


def skip_crops(size, depth=4):
    return [12 * 2**below - 8 for below in reversed(range(depth))]
