"""The transposed convolutions never become thinner."""

CELL = "q2-table"
LOSES = {"q2-table-test-decoder": 1}


def parameter_table(channels, base_filters, depth, up_filters):
    rows, inputs = [], channels
    for level in range(depth + 1):
        filters = base_filters * 2**level
        rows += [(9 * inputs + 1) * filters, (9 * filters + 1) * filters]
        inputs = filters
    for level in reversed(range(depth)):
        rows.append((4 * filters + 1) * up_filters)
        inputs = up_filters + base_filters * 2**level
        filters = base_filters * 2 ** max(level, 1)
        rows += [(9 * inputs + 1) * filters, (9 * filters + 1) * filters]
    return [*rows, filters + 1]
