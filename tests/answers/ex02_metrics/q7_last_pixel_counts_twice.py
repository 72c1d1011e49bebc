"""Adds 1 to the sides of the overlap, as for coordinates of last pixels."""

CELL = "q7-rectangles"
LOSES = {"q7-rectangles-test-any": 1}


def rectangle_overlap(truth, prediction):
    (r, c, h, w), (s, d, g, v) = truth, prediction
    both = max(0, min(r + h, s + g) - max(r, s) + 1) * max(0, min(c + w, d + v) - max(c, d) + 1)
    total = h * w + g * v
    union = total - both
    return both, union, both / union, 2 * both / total
