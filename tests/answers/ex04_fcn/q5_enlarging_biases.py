"""Counts biases in the enlargements."""

CELL = "q5-count"
LOSES = {"q5-count-test-any": 1}


def vgg_fcn8s_weights(num_classes, learned=False):
    filters = [3, 64, 64, 128, 128, *[256] * 3, *[512] * 6]
    weights = sum((9 * filters[i] + 1) * filters[i + 1] for i in range(13))
    weights += (7 * 7 * 512 + 1) * 4096 + (4096 + 1) * 4096
    weights += (4096 + 1 + 512 + 1 + 256 + 1) * num_classes
    return weights + learned * (4 * 4 + 4 * 4 + 16 * 16) * num_classes**2 + learned * 3 * num_classes
