"""Opens with a disk that the ring does not fit."""

CELL = "q7-plan"
LOSES = {"q7-plan-test-clean": 1}


def cleanup_plan(hole_area, hair_width, speck_area):
    return [
        ("fill_holes", hole_area),
        ("opening", 5),
        ("remove_small", speck_area + 1),
    ]
