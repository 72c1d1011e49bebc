"""Asks for more pixels than an object has."""

CELL = "q7-plan"
LOSES = {"q7-plan-test-clean": 1}


def cleanup_plan(hole_area, hair_width, speck_area):
    return [
        ("fill_holes", hole_area),
        ("opening", (hair_width + 1) / 2),
        ("remove_small", 10 * speck_area),
    ]
