"""Data with a mask for every object: padded, turned together, cropped, the same for the same seed."""

import numpy as np
import pytest
from PIL import Image

from seglab.datasets.instance_sources import fluorescence, masks_of
from seglab.datasets.instances import load_instances, turned
from seglab.datasets.streets import STREETS, THINGS, draw_street
from seglab.datasets.synthetic import draw_cells
from seglab.errors import InputError


def batch_of(data, *, training=False, **options):
    stream = data.training(**options) if training else data.data
    images, targets = next(iter(stream))
    return images.numpy(), {name: tensor.numpy() for name, tensor in targets.items()}


def test_cells_are_those_of_the_generator():
    data = load_instances("cells", split="test", count=3)
    image, masks, classes = data[2]
    drawn, instances = draw_cells(2, split="test")
    assert np.array_equal(np.rint(image * 255), drawn)
    assert np.array_equal(masks, masks_of(instances)) and classes.tolist() == [0] * len(masks)
    assert not data.truth()[2]["masks"][0].all()
    assert np.array_equal(data[2][1], masks)  # unpacked again


def test_batches_are_padded_and_cut_to_one_shape():
    data = load_instances("cells", count=5, batch=4, most=6)
    images, targets = batch_of(data)
    assert images.shape == (4, 64, 64, 3) and targets["masks"].shape == (4, 6, 64, 64)
    for row in range(4):
        _, masks, _ = data[row]
        count = min(6, len(masks))
        assert np.array_equal(targets["masks"][row, :count], masks[:count])
        assert targets["classes"][row].tolist() == [0] * count + [-1] * (6 - count)
    assert [len(images) for images, _ in data.data] == [4, 1]


def test_streets_have_things_and_stuff():
    data = load_instances("streets", split="val", count=2, batch=2)
    _, targets = batch_of(data)
    assert (data.classes, data.stuff) == (("car", "person"), ("road", "building", "sky", "grass"))
    for row in range(2):
        _, panoptic = draw_street(row, size=(64, 96), split="val")
        category = panoptic // 1000
        things = targets["masks"][row].any(axis=0)
        assert np.array_equal(things, np.isin(category, THINGS))
        assert np.array_equal(targets["semantic"][row] == 4, things)
        assert np.array_equal(targets["semantic"][row][~things], category[~things])
        for mask, klass in zip(targets["masks"][row], targets["classes"][row], strict=True):
            if klass >= 0:
                assert {STREETS[number] for number in category[mask == 1]} == {data.classes[klass]}
    assert np.array_equal(data.semantic(), targets["semantic"])


def test_images_and_masks_are_turned_together():
    data = load_instances("streets", count=8, batch=8)
    images, targets = batch_of(data, training=True)
    plain, _ = batch_of(data)
    mirrored = 0
    for image, masks, semantic in zip(images, targets["masks"], targets["semantic"], strict=True):
        # Which of the eight is it, and was it mirrored? Brightness and contrast change, order does not.
        ranks = [np.corrcoef(image.ravel(), other.ravel())[0, 1] for one in plain for other in (one, one[:, ::-1])]
        index, flip = divmod(int(np.argmax(ranks)), 2)
        mirrored += flip
        _, expected, _ = data[index]
        expected = expected[:, :, ::-1] if flip else expected
        assert np.array_equal(masks[: len(expected)], expected)
        assert np.array_equal(semantic == 4, expected.any(axis=0))
    assert 0 < mirrored < 8


def test_what_is_not_square_keeps_its_size():
    data = load_instances("cells", size=(48, 64), count=12, batch=12)
    images, targets = batch_of(data, training=True)
    assert images.shape == (12, 48, 64, 3) and targets["masks"].shape == (12, 24, 48, 64)
    plain, _ = batch_of(data)
    views = [view for one in plain for view in (one, one[:, ::-1], one[::-1], one[::-1, ::-1])]
    found = [np.argmax([np.corrcoef(image.ravel(), view.ravel())[0, 1] for view in views]) for image in images]
    assert {int(view) % 4 for view in found} == {0, 1, 2, 3}  # as it is, mirrored, and both upside down
    for image, masks, view in zip(images, targets["masks"], found, strict=True):
        assert np.corrcoef(image.ravel(), views[view].ravel())[0, 1] > 0.95
        _, expected, _ = data[int(view) // 4]
        expected = (expected, expected[..., ::-1], expected[:, ::-1], expected[:, ::-1, ::-1])[int(view) % 4]
        assert np.array_equal(masks[: len(expected)], expected)


def test_a_turn_is_a_turn():
    square = np.arange(9).reshape(3, 3)
    assert np.array_equal(turned(square, 1, False), np.rot90(square))
    assert np.array_equal(turned(square, 0, True), square[:, ::-1])
    stack = np.stack([square, square + 9])
    assert np.array_equal(turned(stack, 3, True, axes=(1, 2))[1], turned(square + 9, 3, True))


def test_the_stream_repeats_and_goes_on():
    data = load_instances("cells", count=8, batch=4)
    first = [images.numpy() for images, _ in data.training().take(6)]
    again = [images.numpy() for images, _ in data.training(first_epoch=1).take(4)]
    assert all(np.array_equal(one, other) for one, other in zip(first[2:], again, strict=True))
    assert not np.array_equal(first[0], first[2])
    assert data.steps_per_epoch == 2


@pytest.fixture
def folder(tmp_path):
    """Three images of 40 x 50 with four numbered squares each, and a small one."""
    for name in ("images", "instances"):
        (tmp_path / name).mkdir()
    rng = np.random.default_rng(0)
    for index, (height, width) in enumerate(((40, 50), (40, 50), (40, 50), (20, 24))):
        instances = np.zeros((height, width), np.uint16)
        for number in range(1, 5):
            row, col = rng.integers(0, height - 8), rng.integers(0, width - 8)
            instances[row : row + 8, col : col + 8] = number * 100
        Image.fromarray((instances > 0).astype(np.uint8) * 200).save(tmp_path / "images" / f"{index}.png")
        Image.fromarray(instances).save(tmp_path / "instances" / f"{index}.png")
    for split, names in {"train": "0 3", "val": "1", "test": "2"}.items():
        (tmp_path / f"{split}.txt").write_text("\n".join(names.split()))
    return tmp_path


def test_folders_are_cropped_and_padded(folder):
    data = load_instances(f"folder:{folder}", size=32, batch=2)
    images, targets = batch_of(data, training=True, augment=False)
    assert images.shape == (2, 32, 32, 3)
    for image, masks in zip(images, targets["masks"], strict=True):
        bright = image[..., 0] > 0.5
        # What is left of an object at the edge of a crop may be too small to be one.
        assert not (masks.any(axis=0) & ~bright).any() and (bright & ~masks.any(axis=0)).sum() < 4 * 12
    test = load_instances(f"folder:{folder}", split="test", size=32)
    assert len(test) == 2
    assert np.array_equal(test[0][0], load_instances(f"folder:{folder}", split="test", size=32)[0][0])


@pytest.mark.data
def test_nuclei_look_alike(data_dir):
    data = load_instances(f"folder:{data_dir / 'nuclei'}", split="val", kind_of_image="fluorescence")
    images = data.images()
    assert images.shape == (108, 128, 128, 3)
    inside = np.mean([image[masks.any(axis=0)].mean() for image, masks, _ in map(data.__getitem__, range(20))])
    outside = np.mean([image[~masks.any(axis=0)].mean() for image, masks, _ in map(data.__getitem__, range(20))])
    assert inside > outside + 0.2


def test_fluorescence_is_dark_around_bright_objects():
    image = np.full((20, 20, 3), 240, np.uint8)
    image[5:9, 5:9] = (100, 20, 100)  # stained tissue: dark objects
    out = fluorescence(image)
    assert out[6, 6, 0] > 200 and out[0, 0, 0] < 50


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: load_instances("shapes"), "has no instances"),
        (lambda: load_instances("cells", split="all"), "split"),
        (lambda: load_instances("cells", kind_of_image="x-ray"), "kind_of_image"),
        (lambda: load_instances("folder:/nowhere"), "not a folder"),
        (lambda: load_instances("cells", count=1).semantic(), "no labels besides"),
    ],
)
def test_bad_arguments_are_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
