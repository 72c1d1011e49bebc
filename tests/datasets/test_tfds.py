"""TensorFlow Datasets: small sets that the test builds itself, splits, classes, and every way to be wrong."""

import sys
import types

import numpy as np
import pytest

from seglab.datasets import load
from seglab.errors import InputError

tfds = pytest.importorskip("tensorflow_datasets")
if not hasattr(tfds, "builder"):
    pytest.skip("tensorflow_datasets cannot be imported whole", allow_module_level=True)


def draw(split, index):
    """A sample of 20 x 30 pixels whose first column tells the split and the index."""
    rng = np.random.default_rng([split, index])
    image = rng.integers(0, 256, (20, 30, 3), np.uint8)
    image[:, 0] = 10 * split + index
    return image, rng.integers(1, 4, (20, 30, 1), np.uint8)


class TinyPets(tfds.core.GeneratorBasedBuilder):
    """Trimaps with the values of Oxford-IIIT Pet, and with features that nobody needs."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=(None, None, 3), encoding_format="png"),
            "segmentation_mask": tfds.features.Image(shape=(None, None, 1), encoding_format="png"),
            "file_name": tfds.features.Text(),
        }
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(0, 9), "test": self._generate_examples(1, 3)}

    def _generate_examples(self, split, count):
        for index in range(count):
            image, mask = draw(split, index)
            yield index, {"image": image, "segmentation_mask": mask, "file_name": f"{index}.jpg"}


class TinyStreets(tfds.core.GeneratorBasedBuilder):
    """Named classes, gray images, all three splits."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        mask = tfds.features.LabeledImage(shape=(None, None, 1), labels=["road", "Void", "car"], encoding_format="png")
        image = tfds.features.Image(shape=(None, None, 1), encoding_format="png")
        features = tfds.features.FeaturesDict({"image": image, "segmentation_mask": mask})
        return self.dataset_info_from_configs(features=features)

    def _split_generators(self, dl_manager):
        return {name: self._generate_examples(index) for index, name in enumerate(("train", "validation", "test"))}

    def _generate_examples(self, split):
        for index in range(2):
            image, mask = draw(split, index)
            yield index, {"image": image[..., :1], "segmentation_mask": mask - 1}


class TinyFaults(tfds.core.GeneratorBasedBuilder):
    """An image of one size, a mask of another."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        image = tfds.features.Image(shape=(None, None, 3), encoding_format="png")
        mask = tfds.features.Image(shape=(None, None, 1), encoding_format="png")
        features = tfds.features.FeaturesDict({"image": image, "segmentation_mask": mask})
        return self.dataset_info_from_configs(features=features)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for index in range(4):
            image, mask = draw(0, index)
            yield index, {"image": image[1:], "segmentation_mask": mask - 1}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Folder with the three sets, as `download_and_prepare` leaves them; nothing is downloaded."""
    folder = tmp_path_factory.mktemp("tfds")
    offline = tfds.download.DownloadConfig(try_download_gcs=False)
    for builder in (TinyPets, TinyStreets, TinyFaults):
        builder(data_dir=str(folder)).download_and_prepare(download_config=offline)
    return folder


@pytest.fixture(autouse=True)
def data_dir(prepared, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(prepared))


def identities(data):
    return sorted(int(np.rint(255 * data[index][0][0, 0, 0])) for index in range(len(data)))


def test_trimap():
    data = load("tfds:tiny_pets", kind="trimap", split="test", size=(20, 30))
    assert (data.classes, data.ignore_class, len(data)) == (("background", "foreground"), 255, 3)
    for index in range(3):
        image, labels = data[index]
        truth, mask = draw(1, int(np.rint(255 * image[0, 0, 0])) - 10)
        np.testing.assert_array_equal(np.rint(255 * image), truth)
        np.testing.assert_array_equal(labels, np.array([9, 1, 0, 255])[mask[..., 0]])


@pytest.mark.parametrize(("border", "expected"), [("foreground", [1, 0, 1]), ("own", [1, 0, 2])])
def test_border(border, expected):
    data = load("tfds:tiny_pets", kind="trimap", split="test", size=(20, 30), border=border)
    image, labels = data[1]
    _, mask = draw(1, int(np.rint(255 * image[0, 0, 0])) - 10)
    np.testing.assert_array_equal(labels, np.array([9, *expected])[mask[..., 0]])
    assert (data.num_classes, data.ignore_class) == (max(expected) + 1, None)


def test_oxford_pets_are_trimaps(monkeypatch):
    monkeypatch.setattr("seglab.datasets.tfds.TRIMAPS", ("tiny_pets",))
    assert load("tfds:tiny_pets").classes == ("background", "foreground")
    assert load("tfds:tiny_pets:1.0.0").size == (128, 128)


def test_named_classes_and_gray_images():
    data = load("tfds:tiny_streets", split="val", size=(20, 30))
    assert (data.classes, data.ignore_class, len(data)) == (("road", "car"), 255, 2)
    image, labels = data[0]
    _, mask = draw(1, int(np.rint(255 * image[0, 0, 0])) - 10)
    np.testing.assert_array_equal(labels, np.array([9, 0, 255, 1])[mask[..., 0]])
    assert np.ptp(image, axis=-1).max() == 0


def test_classes_by_the_values_of_all_splits():
    with pytest.raises(InputError, match=r"the labels hold the values 1 to 3, with gaps"):
        load("tfds:tiny_pets", kind="semantic")
    assert load("tfds:tiny_faults").classes == ("class 0", "class 1", "class 2")


def test_missing_validation_is_cut_from_train():
    data = {split: load("tfds:tiny_pets", kind="trimap", split=split) for split in ("train", "val", "test")}
    assert [len(data[split]) for split in data] == [8, 1, 3]
    assert sorted(identities(data["train"]) + identities(data["val"])) == list(range(9))
    assert identities(data["test"]) == [10, 11, 12]
    other = load("tfds:tiny_pets", kind="trimap", split="val", seed=4)
    assert identities(other) != identities(data["val"])


def test_count_chooses_by_seed():
    few, more = (load("tfds:tiny_pets", kind="trimap", count=count) for count in (2, 5))
    assert set(identities(few)) < set(identities(more))
    assert few.name(0) in {str(number) for number in range(9)}, "that of the file, 4.jpg say"
    with pytest.raises(InputError, match="count is 10, but the train split of tfds:tiny_pets has 8 images"):
        load("tfds:tiny_pets", kind="trimap", count=10)


def test_names_in_their_order():
    pets, streets = load("tfds:tiny_pets", kind="trimap", split="test"), load("tfds:tiny_streets", split="test")
    assert [pets.name(index) for index in range(3)] == ["0", "1", "2"]
    assert identities(pets) == [int(np.rint(255 * pets[index][0][0, 0, 0])) for index in range(3)] == [10, 11, 12]
    assert streets.name(1) == "test-1", "a set that names no files"


def test_streams():
    data = load("tfds:tiny_pets", kind="trimap", size=16, batch=4)
    images, labels = next(iter(data.training()))
    assert (images.shape, labels.dtype) == ((4, 16, 16, 3), "int32")
    assert sum(len(images) for images, _ in data.data) == 8


def test_sizes_differ():
    with pytest.raises(InputError, match=r"image of tfds:tiny_faults train-\d has \(19, 30\) pixels, its mask \(20"):
        _ = load("tfds:tiny_faults").data


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("tfds:no_such_set", {}, r"tfds:no_such_set is not known to tensorflow-datasets"),
        ("tfds:mnist", {}, r"tfds:mnist has no segmentation_mask, only image, label\. .*folder:PATH"),
        ("tfds:tiny_pets", {"kind": "palette"}, "kind must be one of semantic, trimap for tfds:tiny_pets"),
        ("tfds:tiny_pets", {"labels": "trimaps"}, "labels is for folder:PATH"),
        ("tfds:tiny_pets", {"kind": "trimap", "border": "dilate"}, "border must be one of ignore, foreground, own"),
    ],
)
def test_errors(spec, options, message):
    with pytest.raises(InputError, match=message) as caught:
        load(spec, **options)
    assert "\n" not in str(caught.value)


def test_download_fails(monkeypatch):
    def no_network(*arguments, **options):
        raise ConnectionError("no route to host\nand much more")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", no_network)
    with pytest.raises(InputError, match=r"oxford_iiit_pet is not in .* cannot be downloaded \(no route to host\)\."):
        load("tfds:oxford_iiit_pet")


@pytest.mark.parametrize("module", [None, types.ModuleType("tensorflow_datasets")])
def test_package_is_missing_or_half_imported(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", module)
    with pytest.raises(InputError, match=r"needs the package tensorflow-datasets, .* imported \(.+\)\. pip"):
        load("tfds:tiny_pets")
