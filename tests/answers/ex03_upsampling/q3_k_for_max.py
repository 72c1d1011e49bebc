"""Takes the kernel where Keras takes the larger of kernel and stride."""

CELL = "q3-sizes"
LOSES = {"q3-sizes-test-size": 1}


def transposed_size(n, k, strides, padding):
    if padding == "same":
        return n * strides
    if padding == "valid":
        return (n - 1) * strides + k
    return (n - 1) * strides + k - 2 * padding


def same_crop(k, strides):
    cut = max(k - strides, 0)
    return cut // 2, cut - cut // 2
