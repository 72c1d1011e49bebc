"""Leaves the hairs, and with them the specks at their ends."""

CELL = "q7-plan"
LOSES = {"q7-plan-test-clean": 1}


def cleanup_plan(hole_area, hair_width, speck_area):
    return [
        ("fill_holes", hole_area),
        ("remove_small", speck_area + 1),
    ]
