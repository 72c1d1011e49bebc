"""Adds up the classes too: large classes then outvote small ones."""

CELL = "q4-two-means"
LOSES = {"q4-two-means-test-absent": 1}


def image_and_dataset_mean(intersections, unions):
    counted = unions.any(axis=1)
    per_image = intersections[counted].sum(axis=1) / unions[counted].sum(axis=1)
    return float(per_image.mean()), float(intersections.sum() / unions.sum())
