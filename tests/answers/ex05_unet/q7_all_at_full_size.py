"""Every level at the size of the image."""

CELL = "q7-memory"
LOSES = {"q7-memory-test-bytes": 1}


def kept_bytes(height, width, filters):
    pixels = height * width
    return 4 * pixels * sum(filters), pixels * sum(filters) // 16
