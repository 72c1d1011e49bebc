"""One byte per index, as arrays of uint8 keep them."""

CELL = "q7-memory"
LOSES = {"q7-memory-test-bytes": 1}


def kept_bytes(height, width, filters):
    maps = indices = 0
    for level, channels in enumerate(filters):
        pixels = (height // 2**level) * (width // 2**level)
        maps += 4 * pixels * channels
        indices += pixels // 4 * channels
    return maps, indices
