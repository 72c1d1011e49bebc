"""Folders: kinds, splits, and every way in which one can be wrong."""

import itertools

import numpy as np
import pytest
from PIL import Image

from seglab.datasets import load
from seglab.errors import InputError


@pytest.fixture
def make(tmp_path):
    """Return a function that writes a data set and gives its spec."""

    def write(names="abcdefgh", labels="labels", values=(0, 1, 2), images="images", **texts):
        for folder in (images, labels):
            (tmp_path / folder).mkdir(parents=True)
        rng = np.random.default_rng(0)
        for name in names:
            Image.fromarray(rng.integers(0, 256, (20, 30, 3), np.uint8)).save(tmp_path / images / f"{name}.png")
            marks = np.array(values)[rng.integers(0, len(values), (20, 30))]
            marks.flat[: len(values)] = values
            Image.fromarray(marks.astype(np.uint16 if max(values) > 255 else np.uint8)).save(
                tmp_path / labels / f"{name}.png"
            )
        for name, text in texts.items():
            (tmp_path / f"{name}.txt").write_text(text)
        return f"folder:{tmp_path}"

    return write


def names_of(data):
    return [data.name(index) for index in range(len(data))]


def splits_of(spec, **options):
    return {split: names_of(load(spec, split=split, **options)) for split in ("train", "val", "test")}


class TestKinds:
    def test_semantic_with_classes(self, make):
        data = load(make(classes="0 sky\n1 road\n2 Void\n"), size=(20, 30))
        assert (data.classes, data.num_classes, data.ignore_class) == (("sky", "road"), 2, 2)
        assert set(np.unique(data[0][1])) == {0, 1, 2}

    def test_semantic_without_classes(self, make):
        assert load(make()).classes == ("class 0", "class 1", "class 2")

    def test_masks_of_0_and_255(self, make):
        data = load(make(labels="masks", values=(0, 255)), size=(20, 30))
        assert (data.classes, data.ignore_class) == (("background", "foreground"), None)
        assert set(np.unique(data[0][1])) == {0, 1}

    def test_ignore(self, make):
        data = load(make(values=(0, 1, 9), classes="0 sky\n1 road\n"), ignore=9)
        assert data.ignore_class == 9
        assert set(np.unique(data[0][1])) == {0, 1, 9}

    def test_instances(self, make):
        data = load(make(labels="instances", values=(0, 1, 300, 65535)))
        assert (data.classes, data.ignore_class) == (("background", "foreground"), None)
        assert set(np.unique(data[0][1])) == {0, 1}

    @pytest.mark.parametrize(
        ("border", "classes", "ignore_class", "expected"),
        [
            ("ignore", ("background", "foreground"), 255, [1, 0, 255]),
            ("foreground", ("background", "foreground"), None, [1, 0, 1]),
            ("own", ("background", "foreground", "border"), None, [1, 0, 2]),
        ],
    )
    def test_trimap(self, make, border, classes, ignore_class, expected):
        data = load(make(labels="trimaps", values=(1, 2, 3)), border=border, size=(20, 30))
        assert (data.classes, data.ignore_class) == (classes, ignore_class)
        assert data[0][1][0, :3].tolist() == expected

    def test_palette(self, make):
        data = load(make(labels="SegmentationClass", images="JPEGImages", values=(0, 20, 255)), size=(20, 30))
        assert (data.num_classes, data.classes[20], data.ignore_class) == (21, "tvmonitor", 255)
        assert data[0][1][0, :3].tolist() == [0, 20, 255]

    def test_named_label_folder(self, make):
        spec = make(labels="annotations/observer1", values=(0, 1))
        with pytest.raises(InputError, match=r"no label folder of a known name \(annotations/\).*--labels DIR"):
            load(spec)
        with pytest.raises(InputError, match="'observer1' does not tell what its files hold"):
            load(spec, labels="annotations/observer1")
        with pytest.raises(InputError, match=r"no label folder 'observer2'; it has annotations/"):
            load(spec, labels="observer2")
        assert load(spec, labels="annotations/observer1", kind="semantic").num_classes == 2


class TestSplits:
    def test_lists_are_followed_in_order(self, make):
        spec = make(train="c 1 2\na\n\n", val="h.png\n", test="b\ne\n")
        assert splits_of(spec) == {"train": ["c", "a"], "val": ["h"], "test": ["b", "e"]}

    def test_all_by_seed(self, make):
        spec = make(names=[f"{number:02}" for number in range(40)])
        splits = splits_of(spec)
        assert [len(names) for names in splits.values()] == [28, 6, 6]
        assert sorted(itertools.chain(*splits.values())) == [f"{number:02}" for number in range(40)]
        assert splits == splits_of(spec)
        assert splits != splits_of(spec, seed=2**70)

    def test_missing_validation_is_cut_from_train(self, make):
        splits = splits_of(make(train="a\nb\nc\nd\ne\nf\n", test="g\nh\n"))
        assert splits["test"] == ["g", "h"]
        assert len(splits["val"]) == 1
        assert sorted(splits["train"] + splits["val"]) == list("abcdef")

    def test_missing_test_is_cut_from_train(self, make):
        splits = splits_of(make(train="a\nb\nc\nd\ne\nf\n", val="g\nh\n"))
        assert splits["val"] == ["g", "h"]
        assert sorted(splits["train"] + splits["test"]) == list("abcdef")

    def test_train_is_the_rest(self, make):
        splits = splits_of(make(val="a\n", test="b\n"))
        assert splits["train"] == list("cdefgh")

    def test_voc_lists(self, make, tmp_path):
        spec = make(images="JPEGImages", labels="SegmentationClass", values=(0, 1))
        (tmp_path / "JPEGImages" / "g.png").rename(tmp_path / "JPEGImages" / "unlisted.png")
        lists = tmp_path / "ImageSets" / "Segmentation"
        lists.mkdir(parents=True)
        for split, text in {"train": "a\nb\n", "val": "c\n", "test": "d\n"}.items():
            (lists / f"{split}.txt").write_text(text)
        assert splits_of(spec, labels="SegmentationClass")["train"] == ["a", "b"]

    def test_count_chooses_by_seed_and_keeps_order(self, make):
        spec = make(train="h\ng\nf\ne\nd\n", val="a\n", test="b\n")
        few, more = (names_of(load(spec, count=count)) for count in (2, 4))
        assert set(few) < set(more)
        assert more == [name for name in "hgfed" if name in more]
        with pytest.raises(InputError, match=r"count is 6, but the train split of .* has 5 images"):
            load(spec, count=6)

    def test_in_two_lists(self, make):
        with pytest.raises(InputError, match=r"b is in train\.txt and in test\.txt"):
            load(make(train="a\nb\n", val="c\n", test="b\n"))

    def test_twice_in_a_list(self, make):
        with pytest.raises(InputError, match=r"a is twice in train\.txt"):
            load(make(train="a\na\n"))

    @pytest.mark.parametrize("texts", [{"val": "\n"}, {"train": "# none\n"}])
    def test_empty_list(self, make, texts):
        with pytest.raises(InputError, match=rf"{next(iter(texts))}\.txt lists no image"):
            load(make(**texts))

    def test_too_few_images(self, make):
        with pytest.raises(InputError, match=r"the train split of .* is empty"):
            load(make(names="ab"))

    def test_no_images(self, make):
        with pytest.raises(InputError, match=r"split of .* is empty"):
            load(make(names=""))


class TestErrors:
    def test_no_folder(self, tmp_path):
        with pytest.raises(InputError, match=r"nothing is not a folder\. Check the path"):
            load(f"folder:{tmp_path / 'nothing'}")

    def test_no_image_folder(self, tmp_path):
        with pytest.raises(InputError, match="no folder images/ or JPEGImages/"):
            load(f"folder:{tmp_path}")

    def test_two_image_folders(self, make, tmp_path):
        spec = make()
        (tmp_path / "JPEGImages").mkdir()
        with pytest.raises(InputError, match="has both images/ and JPEGImages/"):
            load(spec)

    def test_two_label_folders(self, make, tmp_path):
        spec = make()
        (tmp_path / "instances").mkdir()
        with pytest.raises(InputError, match=r"more than one label folder \(instances/, labels/\)"):
            load(spec)
        assert load(spec, labels="labels").num_classes == 3

    @pytest.mark.parametrize(("option", "value"), [("kind", "panoptic"), ("border", "dilate")])
    def test_bad_choice(self, make, option, value):
        with pytest.raises(InputError, match=f"{option} must be one of .*, got '{value}'"):
            load(make(), **{option: value})

    def test_image_without_labels(self, make, tmp_path):
        spec = make()
        (tmp_path / "labels" / "c.png").unlink()
        with pytest.raises(InputError, match=r"images/c\.png has no label file in .*labels"):
            load(spec)

    def test_labels_without_image(self, make, tmp_path):
        spec = make()
        (tmp_path / "images" / "c.png").unlink()
        with pytest.raises(InputError, match=r"labels/c\.png has no image in .*images"):
            load(spec)

    def test_listed_without_files(self, make):
        with pytest.raises(InputError, match=r"zebra has no image in .*images"):
            load(make(train="a\nzebra\n"))

    def test_same_name_twice(self, make, tmp_path):
        spec = make()
        Image.new("RGB", (30, 20)).save(tmp_path / "images" / "a.jpg")
        with pytest.raises(InputError, match=r"images/a\.jpg and a\.png have the same name"):
            load(spec)

    def test_hidden_and_other_files_are_skipped(self, make, tmp_path):
        spec = make()
        (tmp_path / "images" / "._a.png").write_bytes(b"x")
        (tmp_path / "images" / "notes.mat").write_bytes(b"x")
        assert sum(len(names) for names in splits_of(spec).values()) == 8

    def test_labels_are_of_the_photo_as_a_viewer_shows_it(self, make, tmp_path):
        spec, exif = make(train="a\n", val="d\n", test="e\n"), Image.Exif()
        exif[0x0112] = 6  # a camera held upright
        Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(tmp_path / "images" / "a.png", exif=exif)
        with pytest.raises(InputError, match=r"a\.png is 30x20 .*turned, if its EXIF tag says so, but .* 20x30"):
            self.read(spec, "item")
        with Image.open(tmp_path / "labels" / "a.png") as labels:
            labels.rotate(-90, expand=True).save(tmp_path / "labels" / "a.png")
        self.read(spec, "item")

    @pytest.mark.parametrize("stream", ["data", "training", "item"])
    def test_sizes_differ(self, make, tmp_path, stream):
        spec = make(train="a\nb\nc\n", val="d\n", test="e\n")
        Image.new("L", (30, 21)).save(tmp_path / "labels" / "b.png")
        with pytest.raises(InputError, match=r"images/b\.png is 20x30 .* but .*labels/b\.png is 21x30"):
            self.read(spec, stream)

    @pytest.mark.parametrize("stream", ["data", "training", "item"])
    def test_label_outside_the_table(self, make, stream):
        spec = make(train="a\nb\n", val="d\n", test="e\n", values=(0, 1, 17), classes="0 sky\n1 road\n")
        with pytest.raises(InputError, match=r"labels/.\.png holds label 17; legal are 0 to 1\. .*--ignore 17"):
            self.read(spec, stream)

    @pytest.mark.parametrize("stream", ["data", "training", "item"])
    def test_broken_image(self, make, tmp_path, stream):
        spec = make(train="a\nb\nc\n", val="d\n", test="e\n")
        path = tmp_path / "images" / "b.png"
        path.write_bytes(path.read_bytes()[:300])
        with pytest.raises(InputError, match=r"images/b\.png cannot be read"):
            self.read(spec, stream)

    def test_colored_labels(self, make, tmp_path):
        spec = make(classes="0 sky\n1 road\n2 car\n")
        for path in (tmp_path / "labels").iterdir():
            Image.new("RGB", (30, 20)).save(path)
        with pytest.raises(InputError, match=r"labels/.\.png has 3 channels"):
            self.read(spec, "data")

    @staticmethod
    def read(spec, stream):
        data = load(spec)
        if stream == "item":
            list(data)
        elif stream == "data":
            _ = data.data
        else:
            data.training()


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "options", "classes", "ignore_class", "counts"),
    [
        ("nuclei", {}, ("background", "foreground"), None, (332, 54, 54)),
        ("pets", {}, ("background", "foreground"), 255, (305, 54, 168)),
        ("pets", {"border": "own"}, ("background", "foreground", "border"), None, (305, 54, 168)),
        ("camvid", {}, None, 11, (367, 101, 148)),
        ("membrane", {}, ("class 0", "class 1"), None, (20, 4, 6)),
        ("voc_sample", {}, None, 255, (5, 1, 1)),
        ("chase_db1", {"labels": "vessels_observer2", "kind": "semantic"}, ("class 0", "class 1"), None, (17, 3, 8)),
    ],
)
def test_real_data(data_dir, name, options, classes, ignore_class, counts):
    for split, count in zip(("train", "val", "test"), counts, strict=True):
        data = load(f"folder:{data_dir / name}", split=split, **options)
        assert len(data) == count
        assert classes is None or data.classes == classes
        assert data.ignore_class == ignore_class
        image, labels = data[0]
        assert image.shape == (128, 128, 3)
        assert image.std() > 0.02
        assert set(np.unique(labels)) <= {*range(data.num_classes), ignore_class}
    assert data.num_classes == {"camvid": 11, "voc_sample": 21}.get(name, len(data.classes))
