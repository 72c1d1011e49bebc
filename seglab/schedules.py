"""How the learning rate changes during a training, and the running average of the weights.

The schedules are Keras's kind: pass one to an optimizer as its `learning_rate`. Steps are counted from 0, one per
batch. They can be saved with the model.
"""

import contextlib
import math
from numbers import Integral, Real

import keras
from keras import ops

from seglab.errors import InputError


@keras.saving.register_keras_serializable("seglab")
class PolyDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Let the learning rate fall to 0 as `learning_rate * (1 - step / steps)**power`.

    Source: Chen et al., "DeepLab" (2017), section 4.1.1: power 0.9.

    Args:
        learning_rate: Rate of the first step, above 0.
        steps: Number of steps of the whole training, at least 1. Beyond them the rate is 0.
        power: Exponent, above 0; 1 is a straight line.

    Raises:
        InputError: If a number is out of range.

    Example:
        >>> [round(float(PolyDecay(0.1, 4, power=1)(step)), 3) for step in range(5)]
        [0.1, 0.075, 0.05, 0.025, 0.0]
    """

    def __init__(self, learning_rate, steps, *, power=0.9):
        super().__init__()
        self.learning_rate = _positive("learning_rate", learning_rate)
        self.steps = _count("steps", steps)
        self.power = _positive("power", power)

    def __call__(self, step):
        """Give the learning rate of a step, a float32 scalar."""
        done = ops.minimum(ops.cast(step, "float32") / self.steps, 1.0)
        return self.learning_rate * ops.power(1 - done, self.power)

    def get_config(self):
        """Give the arguments as a dict."""
        return {"learning_rate": self.learning_rate, "steps": self.steps, "power": self.power}


@keras.saving.register_keras_serializable("seglab")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Let the learning rate rise along half a cosine to a peak, then fall along half a cosine to almost nothing.

    Source: Smith, Topin, "Super-Convergence" (2018), with cosines in place of straight lines; the momentum stays. The
    factors are those of PyTorch's `OneCycleLR`.

    Args:
        peak: Largest rate, above 0.
        steps: Number of steps of the whole training, at least 1. Beyond them the rate stays where the last step was.
        rise: Part of the steps before the peak, in (0, 1).
        start_factor: The first step has `peak / start_factor`; at least 1.
        end_factor: The last step has `peak / end_factor`; at least 1.

    Raises:
        InputError: If a number is out of range.

    Example:
        >>> cycle = OneCycle(1.0, 11, rise=0.2, start_factor=10, end_factor=100)
        >>> [round(float(cycle(step)), 3) for step in (0, 1, 2, 6, 10)]
        [0.1, 0.55, 1.0, 0.505, 0.01]
    """

    def __init__(self, peak, steps, *, rise=0.3, start_factor=25.0, end_factor=250_000.0):
        super().__init__()
        self.peak = _positive("peak", peak)
        self.steps = _count("steps", steps)
        if not isinstance(rise, Real) or not 0 < rise < 1:
            raise InputError(f"rise must lie in (0, 1), got {rise!r}. 0.3 is usual.")
        for name, factor in (("start_factor", start_factor), ("end_factor", end_factor)):
            if _positive(name, factor) < 1:
                raise InputError(f"{name} must be at least 1, got {factor!r}: the peak is divided by it.")
        self.rise, self.start_factor, self.end_factor = rise, start_factor, end_factor

    def __call__(self, step):
        """Give the learning rate of a step, a float32 scalar."""
        done = ops.minimum(ops.cast(step, "float32") / max(self.steps - 1, 1), 1.0)  # 1 at the last step
        up = ops.minimum(done / self.rise, 1.0)
        down = ops.maximum((done - self.rise) / (1 - self.rise), 0.0)
        first, last = self.peak / self.start_factor, self.peak / self.end_factor
        risen = first + (self.peak - first) * (1 - ops.cos(math.pi * up)) / 2
        return ops.where(done < self.rise, risen, last + (self.peak - last) * (1 + ops.cos(math.pi * down)) / 2)

    def get_config(self):
        """Give the arguments as a dict."""
        names = ("peak", "steps", "rise", "start_factor", "end_factor")
        return {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable("seglab")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Let the learning rate rise in equal steps to where another schedule starts, then follow that schedule.

    Source: Goyal et al., "Accurate, Large Minibatch SGD" (2017), section 2.2, "gradual warmup".

    Args:
        schedule: Keras schedule that takes over, or a constant learning rate, above 0.
        steps: Number of steps of the rise, at least 1: step `n` has `(n + 1) / (steps + 1)` of the schedule's first
            rate. The schedule's own step 0 is step `steps` here.

    Raises:
        InputError: If `steps` or a constant rate is out of range.

    Example:
        >>> warm = WarmUp(PolyDecay(0.4, 2, power=1), 3)
        >>> [round(float(warm(step)), 3) for step in range(6)]
        [0.1, 0.2, 0.3, 0.4, 0.2, 0.0]
    """

    def __init__(self, schedule, steps):
        super().__init__()
        self.schedule = schedule if callable(schedule) else _positive("schedule", schedule)
        self.steps = _count("steps", steps)

    def __call__(self, step):
        """Give the learning rate of a step, a float32 scalar."""
        step = ops.cast(step, "float32")
        after = ops.maximum(step - self.steps, 0.0)
        rate = self.schedule(after) if callable(self.schedule) else self.schedule
        return rate * ops.minimum((step + 1) / (self.steps + 1), 1.0)

    def get_config(self):
        """Give the arguments as a dict."""
        return {"schedule": keras.saving.serialize_keras_object(self.schedule), "steps": self.steps}

    @classmethod
    def from_config(cls, config):
        """Build it from what `get_config` gave.

        Args:
            config: Dict of the arguments.

        Returns:
            The schedule.
        """
        return cls(keras.saving.deserialize_keras_object(config["schedule"]), config["steps"])


class WeightAverage(keras.callbacks.Callback):
    """Keep an exponential moving average (EMA) of a model's weights while it trains.

    After every step, `average = decay * average + (1 - decay) * weight`, for the trained weights and for the statistics
    of batch normalization. The average jumps about less than the weights do and often predicts better. The training
    itself does not notice.

    The average starts with the model as it is and at first forgets fast, so that it does not hang on to random weights:
    the n-th update, from 0, uses `min(decay, (1 + n) / (10 + n))`. A second `fit` of the same model goes on. With
    `steps_per_execution` above 1, there is one update per execution.

    Source: Polyak, Juditsky, "Acceleration of Stochastic Approximation by Averaging" (1992), for the idea; the growing
    decay is that of TensorFlow 1's `ExponentialMovingAverage`.

    Args:
        decay: Part of the average that a step keeps, in [0, 1): 0.999 looks back about a thousand steps.

    Raises:
        InputError: If `decay` is out of range.

    Example:
        >>> import numpy as np
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(loss="mse")
        >>> average = WeightAverage(0.9)
        >>> _ = model.fit(np.ones((4, 1)), np.ones((4, 1)), callbacks=[average], verbose=0)
        >>> with average.applied():
        ...     _ = model.predict(np.ones((4, 1)), verbose=0)  # by the average
    """

    def __init__(self, decay=0.999):
        super().__init__()
        if not isinstance(decay, Real) or not 0 <= decay < 1:
            raise InputError(f"decay must lie in [0, 1), got {decay!r}. 0.999 is usual.")
        self.decay = float(decay)
        self._updates = keras.Variable(0, dtype="int32", trainable=False)
        self._averages = []

    @property
    def variables(self):
        """The whole state, for a checkpoint: the number of updates and the averages."""
        return [self._updates, *self._averages]

    def build(self, model):
        """Start from the weights of a model; `fit` does it where it has not been done.

        Args:
            model: Keras model, built.
        """
        self._averages = [
            keras.Variable(weight.numpy(), dtype=weight.dtype, trainable=False) for weight in model.weights
        ]

    def on_train_begin(self, logs=None):
        """Start from the weights of the model, or go on."""
        if not self._averages:
            self.build(self.model)
        shapes = [[tuple(variable.shape) for variable in side] for side in (self._averages, self.model.weights)]
        if shapes[0] != shapes[1]:
            raise InputError("a WeightAverage must stay with one model, got another. Make a new one for each model.")
        self._move = self._mover()

    def on_train_batch_end(self, batch, logs=None):
        """Move the averages towards the weights."""
        self._sync()
        updates = int(self._updates.numpy())
        decay = min(self.decay, (1 + updates) / (10 + updates))
        self._updates.assign(updates + 1)
        self._move(ops.convert_to_tensor(1 - decay, "float32"))

    def _mover(self):
        """Make the function that moves all averages by a share of the way, compiled where that saves time."""
        pairs = list(zip(self._averages, self.model.weights, strict=True))

        def move(share):
            for average, weight in pairs:
                if keras.backend.is_float_dtype(weight.dtype):
                    # As a difference, which leaves a frozen weight exactly as it is.
                    average.assign_add(ops.cast(share, weight.dtype) * (weight - average))
                else:
                    average.assign(weight)

        if keras.backend.backend() != "tensorflow":
            return move
        import tensorflow as tf

        return tf.function(move)  # one call in place of three for every weight

    def apply(self):
        """Give the model the averages for good.

        Raises:
            InputError: If nothing has been trained yet.
        """
        for average, weight in self._pairs():
            weight.assign(average.numpy())

    @contextlib.contextmanager
    def applied(self):
        """Give the model the averages within a `with` block and its own weights back after it.

        Yields:
            The model.

        Raises:
            InputError: If nothing has been trained yet.
        """
        own = [(weight, weight.numpy()) for _, weight in self._pairs()]
        self.apply()
        try:
            yield self.model
        finally:
            for weight, value in own:
                weight.assign(value)

    def _pairs(self):
        if not int(self._updates.numpy()):
            raise InputError("a WeightAverage has no average before the first step. Pass it to fit(callbacks=[...]).")
        self._sync()
        return list(zip(self._averages, self.model.weights, strict=True))

    def _sync(self):
        """Let the variables hold what has been trained: on JAX the steps keep it elsewhere."""
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()


def _positive(name, value):
    if not isinstance(value, Real) or not 0 < value < math.inf:
        raise InputError(f"{name} must be a finite number above 0, got {value!r}.")
    return float(value)


def _count(name, value):
    if not isinstance(value, Integral) or value < 1:
        raise InputError(f"{name} must be an integer of at least 1, got {value!r}.")
    return int(value)
