from itertools import pairwise

import keras
import numpy as np
import pytest
from keras import layers

from seglab.errors import InputError
from seglab.models import fcn
from seglab.models.encoders import load_network, network_pixels
from seglab.models.fcn import _copy_vgg16, convert_classifier, dense_to_conv_kernel

VARIANTS = ("32s", "16s", "8s")
MAPS = {"32s": ["pool5"], "16s": ["pool4", "pool5"], "8s": ["pool3", "pool4", "pool5"]}
SIZES = {"pool3": (8, 12, 32), "pool4": (4, 6, 64), "pool5": (2, 3, 64)}  # of a 64x96 image


def head(model, variant):
    """The part behind the encoder: pooled maps to logits. Builds only if the logits need no other map."""
    return keras.Model([model.get_layer(name).output for name in MAPS[variant]], model.output)


def random_maps(variant):
    rng = np.random.default_rng(0)
    return [rng.random((1, *SIZES[name]), "float32") for name in MAPS[variant]]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("upsampling", ["fixed", "learned"])
@pytest.mark.parametrize(("filters", "num_classes"), [(8, 4), (4, 1)])
def test_weights_by_formula(variant, upsampling, filters, num_classes):
    channels = [3, filters, 2 * filters, 4 * filters, 8 * filters, 8 * filters]
    convs = sum(9 * cin * cout for cin, cout in pairwise(channels))
    norms = sum(4 * cout for cout in channels[1:])
    scored = {"32s": channels[5:], "16s": channels[4:], "8s": channels[3:]}[variant]
    scores = sum(cin * num_classes + num_classes for cin in scored)
    kernels = {"32s": [64], "16s": [4, 32], "8s": [4, 4, 16]}[variant]
    upsamplings = sum(size**2 * num_classes**2 for size in kernels)

    model = fcn((64, 96, 3), num_classes, variant=variant, base_filters=filters, upsampling=upsampling)
    assert model.count_params() == convs + norms + scores + upsamplings
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert trainable == convs + norms // 2 + scores + (upsamplings if upsampling == "learned" else 0)


def test_weights_at_the_default_width():
    # Without the fixed kernels, and each 184 below a build whose convolutions keep a bias before normalization.
    counts = [fcn((64, 64, 3), 4, variant=v).count_params() for v in VARIANTS]
    assert counts == [62_268 + 65_536, 62_528 + 256 + 16_384, 62_660 + 256 + 256 + 4_096]


@pytest.mark.parametrize("variant", VARIANTS)
def test_gradient_reaches_every_weight(variant, check_gradients):
    model = fcn((64, 96, 3), 3, variant=variant, upsampling="learned")
    check_gradients(model)


@pytest.mark.parametrize("variant", VARIANTS)
def test_saving(variant, check_saving):
    check_saving(fcn((64, 96, 3), 3, variant=variant))


@pytest.mark.parametrize("variant", VARIANTS)
def test_wiring_each_variant_scores_its_maps_and_no_other(variant):
    model = head(fcn((64, 96, 3), 4, variant=variant), variant)
    maps = random_maps(variant)
    before = model(maps).numpy()
    for index, name in enumerate(MAPS[variant]):
        changed = [m.copy() for m in maps]
        changed[index][0, 1, 1] += 1
        rows, cols = np.nonzero(np.abs(model(changed).numpy() - before)[0].max(-1) > 1e-6)
        stride = 64 // SIZES[name][0]
        assert rows.size, f"{name} does not arrive"
        assert max(rows.max(), cols.max()) < 3 * stride, f"{name} reaches beyond the neighbors of the changed cell"


def test_wiring_finer_maps_are_scored_only_where_the_variant_says():
    for variant in VARIANTS:
        names = {layer.name for layer in fcn((64, 96, 3), 4, variant=variant).layers}
        assert ("score3" in names, "score4" in names) == (variant == "8s", variant != "32s")


@pytest.mark.parametrize("variant", VARIANTS)
def test_wiring_scores_are_summed(variant):
    # Scores 100, 10 and 1 everywhere, by bias alone: in the interior the logits are their sum.
    model = fcn((160, 224, 3), 2, variant=variant)
    for name, bias in (("score5", 100), ("score4", 10), ("score3", 1)):
        if name in {layer.name for layer in model.layers}:
            kernel, _ = model.get_layer(name).get_weights()
            model.get_layer(name).set_weights([0 * kernel, np.array([bias, -bias])])
    logits = model(np.zeros((1, 160, 224, 3), "float32")).numpy()
    expected = {"32s": 100, "16s": 110, "8s": 111}[variant]
    np.testing.assert_allclose(logits[0, 40:-40, 40:-40, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(logits[0, 40:-40, 40:-40, 1], -expected, rtol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_cell_of_a_map_stays_at_its_place(variant):
    # One cell at the middle row and column 1 of 7 must stay centered on the pixels that were pooled into it.
    model = head(fcn((160, 224, 3), 1, variant=variant), variant)
    names = MAPS[variant]
    maps = [np.zeros((1, *tensor.shape[1:]), "float32") for tensor in model.inputs]
    for layer in model.layers:
        if layer.name.startswith("score"):
            kernel, bias = layer.get_weights()
            layer.set_weights([np.ones_like(kernel), bias])
    for index, name in enumerate(names):
        stride = 2 ** int(name[-1])
        row, col = maps[index].shape[1] // 2, maps[index].shape[2] // 3
        single = [m.copy() for m in maps]
        single[index][0, row, col, 0] = 1
        response = model(single).numpy()[0, :, :, 0]
        rows, cols = np.mgrid[0:160, 0:224]
        center = (rows * response).sum() / response.sum(), (cols * response).sum() / response.sum()
        expected = (row + 0.5) * stride - 0.5, (col + 0.5) * stride - 0.5
        np.testing.assert_allclose(center, expected, atol=1e-3)


def train_once(model, image):
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", run_eagerly=True)
    model.train_on_batch(image, np.random.default_rng(3).random((2, 64, 96, 3)))


def test_fixed_upsampling_never_changes_and_learned_does(image):
    for upsampling in ("fixed", "learned"):
        model = fcn((64, 96, 3), 3, variant="16s", upsampling=upsampling)
        before = {name: model.get_layer(name).get_weights()[0] for name in ("upsample5", "logits", "score4")}
        train_once(model, image)
        changed = {name for name, kernel in before.items() if (model.get_layer(name).get_weights()[0] != kernel).any()}
        assert changed == ({"score4"} if upsampling == "fixed" else {"upsample5", "logits", "score4"})


def test_logits_are_not_probabilities(image):
    logits = fcn((64, 96, 3), 4)(10 * image).numpy()
    assert logits.min() < 0
    assert not np.allclose(logits.sum(-1), 1)


def test_any_legal_size_where_none_is_given(image):
    model = fcn((None, None, 3), 4)
    assert model(image).shape == (2, 64, 96, 4)
    assert model(image[:, :32]).shape == (2, 32, 96, 4)


def test_head_is_float32_under_mixed_precision(mixed_precision, image):
    model = fcn((64, 96, 3), 4)
    assert model.get_layer("conv5").compute_dtype == "float16"
    assert model(image).dtype == "float32"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variant": "4s"}, "variant must be one of '8s', '16s', '32s', got '4s'"),
        ({"encoder": "vgg19"}, "encoder must be one of 'slim', 'vgg16', got 'vgg19'"),
        ({"weights": "imagenet"}, "weights are those of VGG16 with 4096 filters, got encoder='slim'"),
        ({"weights": "imagenet", "encoder": "vgg16", "fc_filters": 8}, "and fc_filters=8. Take weights=None"),
        ({"encoder": "vgg16", "input_shape": (64, 96, 1)}, "takes RGB images, got 1 channels"),
        ({"upsampling": "nearest"}, "upsampling must be one of 'fixed', 'learned'"),
        ({"input_shape": (64, 80, 3)}, "divisible by 32, got 64 x 80. Nearest sizes: 64 or 96 for 80"),
        ({"num_classes": 0}, "num_classes"),
        ({"input_shape": (64, 64)}, "input_shape"),
    ],
)
def test_errors(options, message):
    arguments = {"input_shape": (64, 96, 3), "num_classes": 4, **options}
    with pytest.raises(InputError, match=message):
        fcn(**arguments)


def vgg16_weights(fc_filters, num_classes, scored):
    """Weights of the paper's network by formula; `scored` counts the channels of the finer maps that are scored."""
    convs = [3, 64, 64, 128, 128, *[256] * 3, *[512] * 6]
    encoder = sum(9 * cin * cout + cout for cin, cout in pairwise(convs))
    fc6 = 7 * 7 * 512 * fc_filters + fc_filters
    fc7 = fc_filters**2 + fc_filters
    return encoder + fc6 + fc7 + sum(channels * num_classes + num_classes for channels in (fc_filters, *scored))


@pytest.mark.parametrize(("variant", "scored"), [("32s", []), ("16s", [512]), ("8s", [512, 256])])
def test_vgg16_weights_by_formula(variant, scored):
    model = fcn((64, 96, 3), 21, variant=variant, encoder="vgg16", fc_filters=16)
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert trainable == vgg16_weights(16, 21, scored)


def test_vgg16_weights_of_the_paper():
    assert vgg16_weights(4096, 21, []) == 134_346_581
    assert vgg16_weights(4096, 21, [512]) == 134_357_354
    model = fcn((None, None, 3), 21, encoder="vgg16")
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert (trainable, model.count_params() - trainable) == (134_362_751, 127_008)


def test_vgg16_gradient_reaches_every_weight(check_gradients):
    keras.utils.set_random_seed(0)  # with Dropout, an unlucky draw of few filters could silence one
    check_gradients(fcn((64, 96, 3), 3, encoder="vgg16", fc_filters=64, upsampling="learned"))


def test_vgg16_saving(check_saving):
    check_saving(fcn((64, 96, 3), 3, encoder="vgg16", fc_filters=8))


def test_vgg16_wiring_scores_are_read_off_their_maps():
    model = fcn((64, 96, 3), 3, encoder="vgg16", fc_filters=8)
    shapes = {name: model.get_layer(name).input.shape[1:] for name in ("score3", "score4", "fc6", "score5")}
    assert shapes == {"score3": (8, 12, 256), "score4": (4, 6, 512), "fc6": (2, 3, 512), "score5": (2, 3, 8)}
    assert model.get_layer("fc6").kernel_size == (7, 7)
    # One cell of pool5 reaches its neighbors by fc6's kernel, so every cell of a map of 2x3.
    head = keras.Model(model.get_layer("fc6").input, model.get_layer("score5").output)
    cell = np.zeros((1, 2, 3, 512), "float32")
    before = head(cell).numpy()
    cell[0, 0, 0] = 1
    assert (np.abs(head(cell).numpy() - before).max(-1) > 0).all()


def test_vgg16_takes_over_a_classifier():
    # VGG16 with few fully connected units. At the size of the classifier, the middle of the 7x7 positions sees what its
    # fully connected layers see.
    pixels = keras.Input((224, 224, 3))
    x = pixels
    for layer in load_network("vgg16", None).layers[1:]:
        x = layer(x)
    x = layers.Flatten()(x)
    x = layers.Dense(16, activation="relu", name="fc1")(x)
    classifier = keras.Model(pixels, layers.Dense(16, activation="relu", name="fc2")(x))
    model = fcn((224, 224, 3), 3, variant="32s", encoder="vgg16", fc_filters=16)
    _copy_vgg16(model, classifier)

    image = np.random.default_rng(6).random((1, 224, 224, 3), "float32")
    scores = keras.Model(model.input, model.get_layer("fc7").output)(image)
    expected = classifier(network_pixels(image, "vgg16")).numpy()
    assert expected.max() > 0
    np.testing.assert_allclose(scores[:, 3, 3], expected, rtol=1e-3, atol=1e-3 * expected.max())


@pytest.mark.parametrize("use_bias", [True, False])
def test_a_converted_classifier_scores_every_window(use_bias):
    # Without padding every window of the larger image is seen exactly as the classifier sees a crop.
    classifier = keras.Sequential(
        [
            keras.Input((10, 14, 3)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(7, activation="relu", use_bias=use_bias),
            layers.Dropout(0.5),
            layers.Dense(5, activation="softmax", use_bias=use_bias),
        ]
    )
    for weight in classifier.weights:
        weight.assign(np.random.default_rng(4).normal(size=weight.shape))
    converted = convert_classifier(classifier)
    assert converted.count_params() == classifier.count_params()
    image = np.random.default_rng(5).random((2, 14, 20, 3), "float32")
    scores = converted(image).numpy()
    assert scores.shape == (2, 3, 4, 5)
    for row in range(3):
        for col in range(4):
            crop = image[:, 2 * row : 2 * row + 10, 2 * col : 2 * col + 14]
            np.testing.assert_allclose(scores[:, row, col], classifier(crop), atol=1e-6)


def test_errors_of_the_conversion():
    with pytest.raises(InputError, match="got 2 x 3 x 4 and 25"):
        dense_to_conv_kernel(np.zeros((25, 2)), (2, 3, 4))
    pooled = [keras.Input((8, 8, 3)), layers.GlobalAveragePooling2D(), layers.Dense(2)]
    with pytest.raises(InputError, match="must have one Flatten, got 0"):
        convert_classifier(keras.Sequential(pooled))
    normalized = [
        keras.Input((8, 8, 3)),
        layers.Conv2D(2, 3),
        layers.Flatten(),
        layers.BatchNormalization(),
        layers.Dense(2),
    ]
    with pytest.raises(InputError, match="got BatchNormalization"):
        convert_classifier(keras.Sequential(normalized))
