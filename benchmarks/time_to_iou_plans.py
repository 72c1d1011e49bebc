"""What `time_to_iou.py` compares: two public recipes, ours, and ours with one thing changed."""

import dataclasses
from collections.abc import Callable
from functools import partial

import keras
from keras import layers

from seglab.ingredients import loss_of, optimizer_of
from seglab.models import residual_unet, unet
from seglab.models.unet import unet_six_level
from seglab.recipes import PROFILES, Recipe
from seglab.transforms import STRONG, Augmentation


def lecture_network(size, num_classes):
    """The lecture's network; it has one logit, whatever is asked for."""
    return unet_six_level()


def keras_docs_network(size, num_classes):
    """The network of the Keras documentation's pets example, without its softmax; 2,058,979 weights."""
    image = keras.Input((size, size, 3))
    x = layers.Rescaling(255.0)(image)  # the example does not divide its colors
    x = layers.Conv2D(32, 3, strides=2, padding="same")(x)
    around = x = layers.ReLU()(layers.BatchNormalization()(x))
    for filters in (64, 128, 256):
        for _ in range(2):
            x = layers.SeparableConv2D(filters, 3, padding="same")(layers.ReLU()(x))
            x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        # A convolution of size 1 with stride 2, in two steps: the gradient of one crashes TensorFlow 2.20 on a CPU.
        around = layers.Conv2D(filters, 1)(layers.MaxPooling2D(1, strides=2)(around))
        around = x = layers.Add()([x, around])
    for filters in (256, 128, 64, 32):
        for _ in range(2):
            x = layers.Conv2DTranspose(filters, 3, padding="same")(layers.ReLU()(x))
            x = layers.BatchNormalization()(x)
        around = layers.Conv2D(filters, 1)(layers.UpSampling2D(2)(around))
        around = x = layers.Add()([layers.UpSampling2D(2)(x), around])
    return keras.Model(image, layers.Conv2D(num_classes, 3, padding="same", dtype="float32")(x))


def slow_statistics(size, num_classes):
    """Our network with the momentum of batch normalization that is Keras's default."""
    model = our_network(size, num_classes)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.99
    return model


def our_network(size, num_classes, build=residual_unet, **options):
    """A network of the package."""
    return build((size, size, 3), num_classes, **options)


@dataclasses.dataclass(frozen=True)
class Plan:
    """How one of the recipes trains."""

    build: Callable = our_network  # of the size and the number of classes
    recipe: Recipe | None = PROFILES["good"]  # RMSprop and cross-entropy, no augmentation, if `None`
    size: int = 128
    batch: int = 16
    epochs: int = 40
    border: str = "own"  # of a pet: a class of its own
    flips: bool = True  # whether a prediction is the mean of that of the image and that of its mirror image
    threads: int | None = 1  # of one operation; as many as there are cores if `None`: small maps are not worth sharing

    def ingredients(self, steps):
        """Optimizer and loss of a training of so many steps."""
        if self.recipe is None:
            return keras.optimizers.RMSprop(1e-3), loss_of(dataclasses.replace(PROFILES["fast"], loss="ce"))
        return optimizer_of(self.recipe, steps), loss_of(self.recipe)


def changed(**changes):
    """Our recipe with some of its numbers changed."""
    return Plan(recipe=dataclasses.replace(PROFILES["good"], **changes))


PLANS = {
    "lecture": Plan(lecture_network, None, size=256, batch=32, border="foreground", flips=False, threads=None),
    "keras-docs": Plan(keras_docs_network, None, size=160, batch=32, flips=False, threads=None),
    "short": dataclasses.replace(
        changed(learning_rate=0.01, augment=Augmentation(), batch=8),
        build=partial(our_network, stem_stride=2, depth=2),
        size=96,
        batch=8,
        epochs=4,
    ),
    "good": Plan(),
    "long": Plan(epochs=140),
    "no-muon": changed(optimizer="adam", learning_rate=4e-3),
    "no-augmentation": changed(augment=False),
    "no-color": changed(augment=dataclasses.replace(STRONG, brightness=0.0, contrast=0.0, saturation=0.0)),
    "no-average": changed(ema_decay=None),
    "no-cycle": changed(schedule="cosine"),
    "no-dice": changed(loss="ce"),
    "no-border-class": Plan(border="foreground"),
    "no-flips": Plan(flips=False),
    "no-quick-statistics": Plan(slow_statistics),
    "no-stem": Plan(partial(our_network, stem_stride=1, depth=5), epochs=10),
    "no-residual-network": Plan(partial(our_network, build=unet, depth=4), epochs=10),
}
ABLATION = [name for name in PLANS if name.startswith("no-")]
