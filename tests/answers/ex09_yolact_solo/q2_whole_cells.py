"""Makes cells a whole number of pixels wide."""

CELL = "q2-cell"
LOSES = {"q2-cell-test-values": 1}


def cell_of(center, image_size, grid):
    i, j = (min(int(place // (side // grid)), grid - 1) for place, side in zip(center, image_size, strict=True))
    return i, j, i * grid + j
