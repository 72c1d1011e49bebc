"""Takes half the width for the radius: hairs of odd width stay."""

CELL = "q7-plan"
LOSES = {"q7-plan-test-clean": 1}


def cleanup_plan(hole_area, hair_width, speck_area):
    return [
        ("fill_holes", hole_area),
        ("opening", hair_width / 2),
        ("remove_small", speck_area + 1),
    ]
