"""The pets from their own site, and that TensorFlow Datasets gives the same ones; FULL trains on both."""

import dataclasses
import logging
import os
import sys
import types
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import pet_site

from seglab.datasets import load, pets, tfds
from seglab.errors import InputError

NAME = "tfds:oxford_iiit_pet"
SIZE = (40, 60)  # that of the files: nothing is resized


@pytest.fixture
def site(tmp_path, monkeypatch):
    with pet_site.small_pets(monkeypatch, tmp_path) as served:
        yield served


@pytest.fixture
def without_tfds(monkeypatch):
    """A package that is imported as Colab's sometimes is: without its names."""
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", types.ModuleType("tensorflow_datasets"))
    tfds._say_once.cache_clear()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Folder with the set as the real code of TensorFlow Datasets prepares it from the small archives."""
    package = pet_site.package_or_skip()
    folder = tmp_path_factory.mktemp("tfds")
    with pytest.MonkeyPatch.context() as patch:
        pet_site.prepare_by_package(package, patch, folder)
    return folder


def samples(data):
    return {data.name(index): data[index] for index in range(len(data))}


def check_samples(data, names, *, codes=(1, 0, 255)):
    """Compare with what was drawn: all labels of pet, background and border, and the colors nearly."""
    found = samples(data)
    assert set(found) == set(names)
    for name, (image, labels) in found.items():
        photo, trimap = pet_site.draw(name)
        np.testing.assert_array_equal(labels, np.array([9, *codes])[trimap])
        assert np.abs(255 * image - photo).max() <= 30  # JPEG's own loss


def test_the_makers_files(site, without_tfds, capsys):
    data = {split: load(NAME, split=split, size=SIZE) for split in ("train", "val", "test")}
    told, *downloading = capsys.readouterr().out.splitlines()
    assert told.startswith("oxford_iiit_pet is read from its own site's files: module 'tensorflow_datasets' has no")
    assert [line.split(":")[0] for line in downloading] == [f"Downloading {name}" for name in pets.ARCHIVES]
    assert [len(data[split]) for split in data] == [7, 1, 6]
    learned = {**samples(data["train"]), **samples(data["val"])}
    assert set(learned) == set(pet_site.TRAINVAL)
    check_samples(data["test"], pet_site.TEST)
    assert (data["train"].classes, data["train"].ignore_class) == (("background", "foreground"), 255)
    assert [name for name, _ in site.requests] == list(pets.ARCHIVES), "each archive is asked for once"


def test_what_is_kept_on_the_disk(site, tmp_path):
    folder = pets.prepare()
    assert folder == tmp_path / "oxford_iiit_pet_files"
    assert sorted(path.name for path in folder.iterdir()) == ["images", "test.txt", "train.txt", "trimaps"]
    everything = sorted(pet_site.TRAINVAL + pet_site.TEST)
    for place, ending in (("images", "jpg"), ("trimaps", "png")):
        assert sorted(path.name for path in (folder / place).iterdir()) == [f"{name}.{ending}" for name in everything]
    assert (folder / "train.txt").read_text().split() == sorted(pet_site.TRAINVAL)
    assert list((tmp_path / "downloads").iterdir()) == []
    site.requests.clear()
    assert pets.prepare() == folder and site.requests == []


@pytest.mark.parametrize(("border", "codes"), [("foreground", (1, 0, 1)), ("own", (1, 0, 2))])
def test_border(site, without_tfds, border, codes):
    check_samples(load(NAME, split="test", size=SIZE, border=border), pet_site.TEST, codes=codes)


def test_the_package_is_not_there_at_all(site, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    tfds._say_once.cache_clear()
    assert len(load(NAME, split="test", size=16)) == 6
    assert "import of tensorflow_datasets halted" in capsys.readouterr().out


def test_half_an_import_is_told_in_one_line(site, monkeypatch, tmp_path, capsys, caplog):
    """What the package does where protobuf is too old: it logs the error, and has none of its names."""
    source = "import logging\ntry:\n    1 / 0\nexcept Exception as error:\n    logging.exception(error)\n"
    (tmp_path / "tensorflow_datasets.py").write_text(source)
    monkeypatch.delitem(sys.modules, "tensorflow_datasets", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    tfds._say_once.cache_clear()
    load(NAME, split="test", size=16)
    assert len(capsys.readouterr().out.splitlines()) == 3  # the line, and one for each archive
    assert caplog.messages == []
    logging.error("others are heard")
    assert caplog.messages == ["others are heard"]


def test_other_sets_need_the_package(without_tfds):
    with pytest.raises(InputError, match="tfds:NAME needs the package tensorflow-datasets, which cannot be imported"):
        load("tfds:coco")


@pytest.mark.parametrize("seed", [0, 3])
def test_both_ways_give_the_same(site, prepared, monkeypatch, capsys, seed):
    options = {"size": SIZE, "seed": seed}
    with monkeypatch.context() as patch:
        patch.setenv("TFDS_DATA_DIR", str(prepared))
        first = {split: load(NAME, split=split, **options) for split in ("train", "val", "test")}
        found = {split: samples(data) for split, data in first.items()}
        few = load(NAME, count=3, **options)
    assert "oxford_iiit_pet is read" not in capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    for split, data in first.items():
        other = load(NAME, split=split, **options)
        assert (other.classes, other.ignore_class) == (data.classes, data.ignore_class)
        assert list(samples(other)) == list(found[split]), "the same names in the same order"
        for name, (image, labels) in samples(other).items():
            np.testing.assert_array_equal(labels, found[split][name][1])
            assert np.abs(255 * image - 255 * found[split][name][0]).max() <= 4
    assert list(samples(load(NAME, count=3, **options))) == list(samples(few))


def test_mocked_data(prepared):
    """The road of a real set through the package's own mock: only the examples are made up."""
    import tensorflow as tf
    from tensorflow_datasets import testing

    asked = []

    def as_dataset(self, split, **options):
        asked.append(str(split))
        examples = {
            "file_name": [b"d.jpg", b"b.jpg", b"c.jpg"],
            "image": np.arange(3, dtype=np.uint8)[:, None, None, None] + np.zeros((20, 30, 3), np.uint8),
            "segmentation_mask": np.full((3, 20, 30, 1), 1, np.uint8),
        }
        return tf.data.Dataset.from_tensor_slices(examples)

    with testing.mock_data(data_dir=str(prepared), as_dataset_fn=as_dataset):
        data = load(NAME, split="test", size=(20, 30))
        found = samples(data)
    assert list(found) == ["b", "c", "d"] and set(asked) == {"test"}
    assert [int(np.rint(255 * found[name][0].max())) for name in "bcd"] == [1, 2, 0]
    assert all(labels.min() == 1 for _, labels in found.values())


@pytest.mark.parametrize("path", ["../images/beagle_2.jpg", "images/../../beagle_2.jpg", "/images/beagle_2.jpg"])
def test_a_path_that_leads_out(site, without_tfds, monkeypatch, tmp_path, path):
    contents = pet_site.files()["images.tar.gz"]
    site.archives["images.tar.gz"] = pet_site.pack({**contents, path: b"not wanted"})
    pet_site.trust(site, monkeypatch)
    with pytest.raises(InputError, match=rf"images.tar.gz holds '{path}', a path that leads out of it") as caught:
        load(NAME)
    assert "\n" not in str(caught.value)
    assert [each.name for each in tmp_path.iterdir()] == ["downloads"]


def test_a_link_is_not_followed(site, monkeypatch, tmp_path):
    contents = pet_site.files()["images.tar.gz"]
    site.archives["images.tar.gz"] = pet_site.pack({"images/secret.jpg": str(Path(__file__)), **contents})
    pet_site.trust(site, monkeypatch)
    assert not (pets.prepare() / "images" / "secret.jpg").exists()


def test_a_damaged_archive(site, without_tfds, monkeypatch, tmp_path):
    site.archives["images.tar.gz"] = site.archives["images.tar.gz"][:2000]
    pet_site.trust(site, monkeypatch)
    with pytest.raises(
        InputError, match=r"annotations.tar.gz and .*images.tar.gz cannot be unpacked \(.+\)\."
    ) as caught:
        load(NAME)
    assert "\n" not in str(caught.value)
    assert [each.name for each in tmp_path.iterdir()] == ["downloads"]


def test_a_run_killed_while_it_unpacked(site, tmp_path):
    left = tmp_path / "oxford_iiit_pet_files.part" / "images"
    left.mkdir(parents=True)
    (left / "half.jpg").write_bytes(b"half")
    assert not (pets.prepare() / "images" / "half.jpg").exists()
    assert not left.parent.exists()


def test_errors_of_the_download_arrive(site, without_tfds):
    del site.archives["images.tar.gz"]
    with pytest.raises(InputError, match=r"images.tar.gz cannot be downloaded \(the server answers 404 Not Found\)"):
        load(NAME)


@pytest.mark.slow
def test_full_trains_the_same_model_either_way(site, prepared, monkeypatch):
    """FULL's recipe, two steps: the losses differ by the rounding of colors only."""
    from seglab import student, training
    from seglab.models.unet import unet

    monkeypatch.setenv("SEGLAB_PROFILE", "full")
    recipe = dataclasses.replace(training.PROFILES[student.profile()], epochs=2, batch=4, base_filters=4, augment=False)

    def histories():
        data = [load(NAME, split=split, size=32, batch=4) for split in ("train", "val")]
        training.set_seeds(0)
        model = unet((32, 32, 3), 2, base_filters=recipe.base_filters, depth=2)
        return training.train(model, *data, recipe=recipe, progress=False)

    with monkeypatch.context() as patch:
        patch.setenv("TFDS_DATA_DIR", str(prepared))
        by_package = histories()
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    by_files = histories()
    assert os.environ["TFDS_DATA_DIR"] != str(prepared)
    assert len(by_files["loss"]) == 2 and by_files["loss"][1] < by_files["loss"][0]
    np.testing.assert_allclose(by_package["loss"], by_files["loss"], rtol=0.02)
