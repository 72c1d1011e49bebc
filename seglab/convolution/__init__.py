"""Convolution, transposed convolution and atrous convolution in NumPy, with their sizes and their matrix.

Everything here is one idea read in two directions. A convolution *gathers*: each output pixel is a weighted sum of the
input pixels under the kernel. The transposed convolution *scatters*: each input pixel is multiplied by the whole kernel
and added to the output where a convolution would have read it. As matrices, one is the transpose of the other; it is
not the inverse.

As in Keras and PyTorch, "convolution" means cross-correlation: the kernel is not flipped. Terms and size formulas:
Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016).

Arrays are one image without a batch: `x` is `(H, W)` with a kernel `(kh, kw)`, or `(H, W, C_in)` with a kernel of four
axes. Integers stay integers (int64, so that uint8 images cannot overflow). Where an argument may be a number or a pair,
the pair is (rows, cols).
"""

from seglab.convolution.operators import (
    conv2d,
    conv_matrix,
    transposed_conv2d,
    transposed_conv_parts,
    zero_interleave,
)
from seglab.convolution.sizes import (
    conv_output_size,
    effective_kernel_size,
    mean_valid_taps,
    transposed_conv_output_size,
)

__all__ = [
    "conv2d",
    "conv_matrix",
    "conv_output_size",
    "effective_kernel_size",
    "mean_valid_taps",
    "transposed_conv2d",
    "transposed_conv_output_size",
    "transposed_conv_parts",
    "zero_interleave",
]
