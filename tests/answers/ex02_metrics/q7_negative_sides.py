"""Lets a side be negative: two of them make an overlap of rectangles that are far apart."""

CELL = "q7-rectangles"
LOSES = {"q7-rectangles-test-any": 1}


def rectangle_overlap(truth, prediction):
    (r, c, h, w), (s, d, g, v) = truth, prediction
    both = (min(r + h, s + g) - max(r, s)) * (min(c + w, d + v) - max(c, d))
    total = h * w + g * v
    union = total - both
    return both, union, both / union, 2 * both / total
