"""Opens before it fills: the thin walls of the holes are torn."""

CELL = "q7-plan"
LOSES = {"q7-plan-test-clean": 1}


def cleanup_plan(hole_area, hair_width, speck_area):
    return [
        ("opening", (hair_width + 1) / 2),
        ("fill_holes", hole_area),
        ("remove_small", speck_area + 1),
    ]
