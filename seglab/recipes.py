"""How to train: the numbers of a training, apart from the model and the data, and the sets of them in use."""

import dataclasses
import math

from seglab.errors import InputError
from seglab.transforms import STRONG

LOSS_NAMES = ("ce", "dice", "focal", "tversky", "lovasz")
WEIGHTED_LOSSES = ("ce", "focal")
CLASS_WEIGHTS = ("median", "inverse")
SCHEDULES = ("cosine", "poly", "one-cycle")
OPTIMIZERS = ("adam", "sgd", "muon")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train, apart from the model and the data.

    Args:
        epochs: Number of passes over the training data.
        batch: Images per step. The data must be loaded with the same number.
        learning_rate: Largest step size of the optimizer: that of the start, or of the peak of "one-cycle".
        loss: `"ce"` (cross-entropy), `"dice"`, `"focal"`, `"tversky"`, `"lovasz"`, or several joined by `+`, such as
            `"ce+dice"`: their sum.
        base_filters: Filters of the first block of the models.
        augment: Whether training images are flipped, scaled, rotated and recolored at random; or the
            `transforms.Augmentation` that does it, such as `transforms.MULTI_SCALE`.
        class_weights: `"median"` or `"inverse"`: cross-entropy and focal loss weigh each class by its frequency in the
            training labels, see `seglab.balancing`. Every class counts alike if `None`.
        optimizer: `"adam"`, `"sgd"` with a momentum of 0.9, or `"muon"`, see `seglab.optimizers`.
        weight_decay: Part of a weight that a step of size 1 takes away, apart from the gradient, at least 0.
        schedule: How the step size falls: `"cosine"` (half a cosine to 0), `"poly"` (DeepLab's power of 0.9), or
            `"one-cycle"` (up and down again), see `seglab.schedules`.
        warm_up: Number of steps before that in which the step size rises to `learning_rate`.
        ema_decay: Part of a running average of the weights that each step keeps, such as 0.999, see
            `seglab.schedules.WeightAverage`; the average is then what is validated and what training leaves in the
            model. No average if `None`.

    Raises:
        InputError: If a value is outside its range.

    Example:
        >>> import dataclasses
        >>> dataclasses.replace(PROFILES["fast"], epochs=3, loss="ce+lovasz", schedule="poly").loss
        'ce+lovasz'
    """

    epochs: int
    batch: int
    learning_rate: float
    loss: str
    base_filters: int
    augment: object
    class_weights: str | None = None
    optimizer: str = "adam"
    weight_decay: float = 0.0
    schedule: str = "cosine"
    warm_up: int = 0
    ema_decay: float | None = None

    def __post_init__(self):
        for name, least in (("epochs", 1), ("batch", 1), ("base_filters", 1), ("warm_up", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise InputError(f"{name} must be an integer of at least {least}, got {value!r}.")
        if not 0 < self.learning_rate < math.inf:
            raise InputError(f"learning_rate must be above 0, got {self.learning_rate!r}. 1e-3 is a good start.")
        if not 0 <= self.weight_decay < math.inf:
            raise InputError(f"weight_decay must be at least 0, got {self.weight_decay!r}. 0.02 is usual.")
        terms = self.loss.split("+")
        if len(set(terms)) < len(terms) or not set(terms) <= set(LOSS_NAMES):
            raise InputError(
                f"loss must be one of {', '.join(LOSS_NAMES)}, or different ones joined by +, got {self.loss!r}."
            )
        for name, choices in (("schedule", SCHEDULES), ("optimizer", OPTIMIZERS)):
            if getattr(self, name) not in choices:
                raise InputError(f"{name} must be one of {', '.join(choices)}, got {getattr(self, name)!r}.")
        if self.class_weights is not None:
            if self.class_weights not in CLASS_WEIGHTS:
                raise InputError(
                    f"class_weights must be None or one of {', '.join(CLASS_WEIGHTS)}, got {self.class_weights!r}."
                )
            if not set(terms) & set(WEIGHTED_LOSSES):
                raise InputError(
                    f"class_weights need a loss that has them ({', '.join(WEIGHTED_LOSSES)}), got {self.loss!r}: "
                    "overlap losses count every class alike."
                )
        if self.warm_up and self.schedule == "one-cycle":
            raise InputError(f"warm_up must be 0 with one-cycle, which has its own rise, got {self.warm_up}.")
        if self.ema_decay is not None and not 0 <= self.ema_decay < 1:
            raise InputError(f"ema_decay must be None or lie in [0, 1), got {self.ema_decay!r}. 0.999 is usual.")
        if not isinstance(self.augment, bool) and not callable(self.augment):
            raise InputError(f"augment must be True, False or an Augmentation, got {self.augment!r}.")

    def to_dict(self):
        """Give the fields as a dict of JSON values."""
        return dataclasses.asdict(self)


# "fast" takes minutes on a CPU, "full" wants a GPU; "good" is what came furthest soonest from a few hundred photos, see
# benchmarks/time_to_iou.py.
PROFILES = {
    "fast": Recipe(epochs=10, batch=16, learning_rate=4e-3, loss="ce+dice", base_filters=8, augment=False),
    "full": Recipe(epochs=40, batch=16, learning_rate=1e-3, loss="ce+dice", base_filters=32, augment=True),
    "good": Recipe(
        epochs=40,
        batch=16,
        learning_rate=0.02,
        loss="ce+dice",
        base_filters=8,
        augment=STRONG,
        optimizer="muon",
        weight_decay=0.02,
        schedule="one-cycle",
        ema_decay=0.99,
    ),
}
