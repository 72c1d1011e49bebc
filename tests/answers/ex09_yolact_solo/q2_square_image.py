"""Divides both coordinates by the height."""

CELL = "q2-cell"
LOSES = {"q2-cell-test-values": 1}


def cell_of(center, image_size, grid):
    i, j = (min(int(place / image_size[0] * grid), grid - 1) for place in center)
    return i, j, i * grid + j
