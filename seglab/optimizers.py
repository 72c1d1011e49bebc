"""Muon: steps that use every direction of a convolution's kernel alike."""

import math

import keras
from keras import ops

# Of the polynomial that moves singular values towards 1, from the authors' program.
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_MOMENTUM = 0.95
# Root mean square of a step of size 1, as that of Adam; so both take the same learning rate.
_RMS = 0.2


@keras.saving.register_keras_serializable("seglab")
class Muon(keras.optimizers.AdamW):
    """Adam for vectors; for kernels, momentum of which only the directions are used, not how long it is in each.

    The momentum of a kernel, as a matrix of inputs and outputs, has a few large singular values and many small ones: a
    plain step follows the few. Here all singular values are brought near to 1 first. Learns in fewer steps than Adam;
    a step takes a few matrix products per kernel more, which is little beside the convolutions of a whole batch.

    Biases, batch normalization, depthwise kernels and layers named in `plain` are left to AdamW. Only kernels decay.

    Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024), with the scale of Liu et
    al., "Muon is Scalable for LLM Training" (2025), section 2.2.

    Args:
        learning_rate: Step size or Keras schedule, about that of Adam.
        weight_decay: Part of a kernel that a step of size 1 takes away.
        plain: Parts of the names of layers that AdamW trains: those that give logits.
        **options: Further arguments of `keras.optimizers.AdamW`, such as `beta_2` and `global_clipnorm`.

    Example:
        >>> import numpy as np
        >>> kernel = keras.Variable(np.zeros((1, 1, 2, 2), "float32"), name="kernel")
        >>> Muon(1.0, weight_decay=0.0).apply([np.diag([9.0, 0.1]).reshape(1, 1, 2, 2)], [kernel])
        >>> kernel.numpy()[0, 0].round(1) + 0.0  # the same distance in both directions
        array([[-0.2,  0. ],
               [ 0. , -0.2]], dtype=float32)
    """

    def __init__(self, learning_rate=0.001, weight_decay=0.004, *, plain=("logits", "score"), name="muon", **options):
        super().__init__(learning_rate, weight_decay=weight_decay, name=name, **options)
        self.plain = tuple(plain)
        self.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])

    def build(self, variables):
        """Decide which of the variables are kernels."""
        super().build(variables)
        self._is_kernel = [
            len(variable.shape) in (2, 4)
            and min(variable.shape[-2:]) > 1
            and not any(part in variable.path for part in self.plain)
            for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        """Change one variable."""
        index = self._get_variable_index(variable)
        if not self._is_kernel[index]:
            return super().update_step(gradient, variable, learning_rate)
        momentum, shape = self._momentums[index], variable.shape
        gradient = ops.cast(gradient, variable.dtype)
        self.assign_add(momentum, (gradient - momentum) * (1 - _MOMENTUM))
        ahead = gradient + (momentum - gradient) * _MOMENTUM  # Nesterov's
        direction = orthogonalize(ops.reshape(ahead, (-1, shape[-1])))
        scale = _RMS * math.sqrt(max(math.prod(shape[:-1]), shape[-1]))
        step = ops.cast(learning_rate, variable.dtype) * scale * direction
        self.assign_sub(variable, ops.reshape(step, shape))

    def get_config(self):
        """Give the arguments as a dict."""
        return {**super().get_config(), "plain": list(self.plain)}


def orthogonalize(matrix, *, steps=5):
    """Bring all singular values of a matrix near to 1 and leave its directions as they are.

    Args:
        matrix: Float tensor (M, N), not all 0.
        steps: Iterations of Newton and Schulz with a polynomial of degree 5.

    Returns:
        Tensor (M, N) whose singular values lie in about [0.7, 1.2], unless they were thousands of times smaller than
        the largest.

    Example:
        >>> found = orthogonalize(ops.convert_to_tensor([[9.0, 0.0], [0.0, 0.1]]))
        >>> [round(float(value), 1) for value in (found[0, 0], found[1, 1])]
        [0.7, 0.8]
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else ops.transpose(matrix)
    x = x / (ops.norm(x) + 1e-7)
    a, b, c = _COEFFICIENTS
    for _ in range(steps):
        square = ops.matmul(x, ops.transpose(x))
        x = a * x + ops.matmul(b * square + c * ops.matmul(square, square), x)
    return x if wide else ops.transpose(x)
