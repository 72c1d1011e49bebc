"""Forgets to multiply the row by the grid."""

CELL = "q2-cell"
LOSES = {"q2-cell-test-values": 1}


def cell_of(center, image_size, grid):
    i, j = (int(place / side * grid) for place, side in zip(center, image_size, strict=True))
    return i, j, i + j
