"""Takes closing for opening: hairs grow thicker."""

CELL = "q7-plan"
LOSES = {"q7-plan-test-clean": 1}


def cleanup_plan(hole_area, hair_width, speck_area):
    return [
        ("fill_holes", hole_area),
        ("closing", (hair_width + 1) / 2),
        ("remove_small", speck_area + 1),
    ]
