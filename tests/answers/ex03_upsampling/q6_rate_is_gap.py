"""Takes the rate for the number of pixels between two taps."""

CELL = "q6-field"
LOSES = {"q6-field-test-taps": 1}


def effective_size(k, dilation_rate):
    return k + (k - 1) * dilation_rate


def receptive_field(layers):
    field, step = 1, 1
    for kernel, stride, dilation in layers:
        field += (kernel - 1) * dilation * step
        step *= stride
    return field
