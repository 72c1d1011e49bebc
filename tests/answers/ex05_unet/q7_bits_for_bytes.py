"""Returns bits."""

CELL = "q7-memory"
LOSES = {"q7-memory-test-bytes": 1}


def kept_bytes(height, width, filters):
    maps = indices = 0
    for level, channels in enumerate(filters):
        pixels = (height // 2**level) * (width // 2**level)
        maps += 4 * pixels * channels
        indices += pixels // 4 * channels // 4
    return 8 * maps, 8 * indices
