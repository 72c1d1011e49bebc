"""Opens twice, and so needs four operations."""

CELL = "q7-plan"
LOSES = {"q7-plan-test-clean": 1}


def cleanup_plan(hole_area, hair_width, speck_area):
    return [
        ("opening", (hair_width + 1) / 2),
        ("fill_holes", hole_area),
        ("opening", (hair_width + 1) / 2),
        ("remove_small", speck_area + 1),
    ]
