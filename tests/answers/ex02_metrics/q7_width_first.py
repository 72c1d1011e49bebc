"""Reads a rectangle as (row, col, width, height); squares do not show it."""

CELL = "q7-rectangles"
LOSES = {"q7-rectangles-test-any": 1}


def rectangle_overlap(truth, prediction):
    (r, c, h, w), (s, d, g, v) = truth, prediction
    both = max(0, min(r + w, s + v) - max(r, s)) * max(0, min(c + h, d + g) - max(c, d))
    total = h * w + g * v
    union = total - both
    return both, union, both / union, 2 * both / total
