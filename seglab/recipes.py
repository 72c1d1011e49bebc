"""How to train: the numbers of a training, apart from the model and the data, and the two sets of them in use."""

import dataclasses
import math

from seglab.errors import InputError

LOSS_NAMES = ("ce", "dice", "ce+dice")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train, apart from the model and the data.

    Args:
        epochs: Number of passes over the training data.
        batch: Images per step. The data must be loaded with the same number.
        learning_rate: Step size of Adam at the start; it falls to 0 along a half cosine.
        loss: `"ce"` (cross-entropy), `"dice"`, or `"ce+dice"` (their sum).
        base_filters: Filters of the first block of the models.
        augment: Whether training images are flipped, scaled, rotated and recolored at random.

    Raises:
        InputError: If a value is outside its range.

    Example:
        >>> import dataclasses
        >>> dataclasses.replace(PROFILES["fast"], epochs=3).epochs
        3
    """

    epochs: int
    batch: int
    learning_rate: float
    loss: str
    base_filters: int
    augment: bool

    def __post_init__(self):
        for name in ("epochs", "batch", "base_filters"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise InputError(f"{name} must be an integer of at least 1, got {value!r}.")
        if not 0 < self.learning_rate < math.inf:
            raise InputError(f"learning_rate must be above 0, got {self.learning_rate!r}. 1e-3 is a good start.")
        if self.loss not in LOSS_NAMES:
            raise InputError(f"loss must be one of {', '.join(LOSS_NAMES)}, got {self.loss!r}.")

    def to_dict(self):
        """Give the fields as a dict of JSON values."""
        return dataclasses.asdict(self)


PROFILES = {
    "fast": Recipe(epochs=10, batch=16, learning_rate=4e-3, loss="ce+dice", base_filters=8, augment=False),
    "full": Recipe(epochs=40, batch=16, learning_rate=1e-3, loss="ce+dice", base_filters=32, augment=True),
}
