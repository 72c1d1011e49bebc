"""Fills every hole, the gap of the ring too."""

CELL = "q7-plan"
LOSES = {"q7-plan-test-clean": 1}


def cleanup_plan(hole_area, hair_width, speck_area):
    return [
        ("fill_holes", 10_000),
        ("opening", (hair_width + 1) / 2),
        ("remove_small", speck_area + 1),
    ]
