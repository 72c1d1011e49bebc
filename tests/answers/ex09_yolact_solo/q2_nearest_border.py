"""Rounds to the nearest cell border."""

CELL = "q2-cell"
LOSES = {"q2-cell-test-values": 1}


def cell_of(center, image_size, grid):
    i, j = (min(round(place / side * grid), grid - 1) for place, side in zip(center, image_size, strict=True))
    return i, j, i * grid + j
