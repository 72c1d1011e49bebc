"""Forgets to take off what is counted twice."""

CELL = "q7-rectangles"
LOSES = {"q7-rectangles-test-any": 1}


def rectangle_overlap(truth, prediction):
    (r, c, h, w), (s, d, g, v) = truth, prediction
    both = max(0, min(r + h, s + g) - max(r, s)) * max(0, min(c + w, d + v) - max(c, d))
    total = h * w + g * v
    union = total
    return both, union, both / union, 2 * both / total
