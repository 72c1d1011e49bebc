"""Takes every image to have three channels."""

CELL = "q2-table"
LOSES = {"q2-table-test-encoder": 1}


def parameter_table(channels, base_filters, depth, up_filters):
    rows, inputs = [], 3
    for level in range(depth + 1):
        filters = base_filters * 2**level
        rows += [(9 * inputs + 1) * filters, (9 * filters + 1) * filters]
        inputs = filters
    for level in reversed(range(depth)):
        rows.append((4 * filters + 1) * up_filters)
        inputs = up_filters + base_filters * 2**level
        filters = base_filters * 2 ** max(level, 1)
        rows += [(9 * inputs + 1) * filters, (9 * filters + 1) * filters]
        up_filters //= 2
    return [*rows, filters + 1]
