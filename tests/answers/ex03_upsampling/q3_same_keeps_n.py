"""Takes "same" for the size of the input."""

CELL = "q3-sizes"
LOSES = {"q3-sizes-test-size": 1}


def transposed_size(n, k, strides, padding):
    if padding == "same":
        return n
    if padding == "valid":
        return (n - 1) * strides + max(k, strides)
    return (n - 1) * strides + k - 2 * padding


def same_crop(k, strides):
    cut = max(k - strides, 0)
    return cut // 2, cut - cut // 2
