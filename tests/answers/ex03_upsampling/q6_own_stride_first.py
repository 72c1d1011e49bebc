"""Lets a stride count for its own layer already."""

CELL = "q6-field"
LOSES = {"q6-field-test-layers": 1}


def effective_size(k, dilation_rate):
    return k + (k - 1) * (dilation_rate - 1)


def receptive_field(layers):
    field, step = 1, 1
    for kernel, stride, dilation in layers:
        step *= stride
        field += (kernel - 1) * dilation * step
    return field
