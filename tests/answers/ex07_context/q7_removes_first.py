"""Removes specks before the opening has cut them off."""

CELL = "q7-plan"
LOSES = {"q7-plan-test-clean": 1}


def cleanup_plan(hole_area, hair_width, speck_area):
    return [
        ("remove_small", speck_area + 1),
        ("fill_holes", hole_area),
        ("opening", (hair_width + 1) / 2),
    ]
