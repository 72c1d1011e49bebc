"""Own photos: what is wrong with their labels is named, and the label folder is what was drawn."""

import json

import numpy as np
import pytest
from PIL import Image

from seglab.datasets import load
from seglab.datasets.annotations import labelme_to_coco
from seglab.datasets.own_photos import find_faults, write_label_folder
from seglab.errors import InputError
from seglab.labels import read_palette_png

CLASSES = ("background", "leaf", "stem")
SQUARE = [[1, 1], [5, 1], [5, 5], [1, 5]]


def save(folder, name, *shapes, size=(8, 10), photo_size=None, turn=None):
    """A photo with its labelme file; each shape is (label, points)."""
    height, width = photo_size or size
    exif = Image.Exif()
    if turn:
        exif[0x0112] = turn
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[0] = 250  # the first row of the file
    Image.fromarray(pixels).save(folder / f"{name}.png", exif=exif)
    shapes = [{"label": label, "points": points, "shape_type": "polygon"} for label, points in shapes]
    content = {"imageHeight": size[0], "imageWidth": size[1], "imagePath": f"{name}.png", "shapes": shapes}
    (folder / f"{name}.json").write_text(json.dumps(content))


@pytest.fixture
def photos(tmp_path):
    """A folder of photos, and a function that reads its labels."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder, lambda: labelme_to_coco(folder, tmp_path / "labels.json")


def test_labels_without_fault(photos):
    folder, read = photos
    save(folder, "a", ("leaf", SQUARE), ("__ignore__", SQUARE), ("_background_", SQUARE))
    save(folder, "b", ("stem", [[0, 0], [8.9, 0], [8, 10]]), size=(10, 8))  # a hair outside is a hand, not a fault
    assert find_faults(read(), folder, CLASSES) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"shapes": [("laef", SQUARE)]}, "a.png, object 1 (laef): 'laef' is no class. Did you mean 'leaf'?"),
        ({"shapes": [("car", SQUARE)]}, "object 1 (car): 'car' is no class. Classes are background, leaf, stem."),
        (
            {"shapes": [("leaf", SQUARE), ("stem", [[2, 2], [30, 2], [2, 5]])]},
            "a.png, object 2 (stem): point x=30, y=2 lies outside of the photo, 10 wide and 8 high.",
        ),
        ({"photo_size": (4, 5)}, "a.png: the labels are of a photo of 8 x 10 (height x width), the file is 4 x 5."),
        ({"turn": 6}, "a.png: labeled as stored, 8 x 10 (height x width), but its EXIF tag turns it to 10 x 8."),
        ({"shapes": []}, "a.png: no object is labeled."),
    ],
)
def test_every_fault_is_named_and_told_from_its_neighbors(photos, changes, words):
    folder, read = photos
    shapes = changes.pop("shapes", [("leaf", SQUARE)])
    save(folder, "a", *shapes, **changes)
    faults = find_faults(read(), folder, CLASSES)
    assert len(faults) == 1 and words in faults[0]


def test_photos_that_miss_are_named(photos):
    folder, read = photos
    for name in ("a", "b", "c"):
        save(folder, name, ("leaf", SQUARE))
    coco = read()
    (folder / "a.png").unlink()
    (folder / "b.png").write_text("no photo")
    Image.fromarray(np.zeros((3, 3), np.uint8)).save(folder / "d.jpg")
    found = find_faults(coco, folder, CLASSES)
    assert [fault.split(".")[0] for fault in found] == ["a", "b", "d"]
    assert "no such photo" in found[0] and "cannot be read" in found[1] and "no labels" in found[2]


def test_run_lengths_have_no_points_outside(photos, tmp_path):
    folder, read = photos
    save(folder, "a", ("leaf", SQUARE))
    coco = read()
    coco.images[0]["annotations"][0]["segmentation"] = {"size": [8, 10], "counts": [0, 80]}
    assert find_faults(coco, folder, CLASSES) == []
    write_label_folder(coco, folder, tmp_path / "out", CLASSES)
    assert (read_palette_png(tmp_path / "out" / "labels" / "a.png")[0] == 1).all()


def test_the_folder_is_what_was_drawn(photos, tmp_path):
    folder, read = photos
    hole, corner = [[2, 2], [4, 2], [4, 4], [2, 4]], [[8, 6], [10, 6], [10, 8], [8, 8]]
    save(folder, "a", ("stem", SQUARE), ("leaf", hole), ("__ignore__", corner))
    save(folder, "b", ("leaf", SQUARE), ("_background_", hole))
    target = write_label_folder(read(), folder, tmp_path / "out", CLASSES)
    expected = np.zeros((8, 10), int)
    expected[1:5, 1:5] = 2
    expected[2:4, 2:4] = 1  # the later lies on top
    expected[6:, 8:] = 255
    assert np.array_equal(read_palette_png(target / "labels" / "a.png")[0], expected)
    labels, _ = read_palette_png(target / "labels" / "b.png")
    assert (labels == 1).sum() == 12 and not labels[2:4, 2:4].any()
    for split, name in {"train": "a", "val": "b"}.items():
        (target / f"{split}.txt").write_text(name)
    (target / "test.txt").write_text("c")
    save(folder, "c", ("leaf", SQUARE))
    write_label_folder(read(), folder, target, CLASSES)
    data = load(f"folder:{target}", split="val", size=(16, 20))
    assert (data.classes, data.ignore_class) == (CLASSES, 255)
    assert np.array_equal(data[0][1], labels.repeat(2, 0).repeat(2, 1))


def test_what_nobody_labeled_can_be_left_out(photos, tmp_path):
    folder, read = photos
    save(folder, "a", ("leaf", SQUARE))
    target = write_label_folder(read(), folder, tmp_path / "out", CLASSES, unlabeled="ignore")
    labels, _ = read_palette_png(target / "labels" / "a.png")
    assert (labels == 1).sum() == 16 and (labels == 255).sum() == 64
    with pytest.raises(InputError, match="unlabeled must be one of background, ignore"):
        write_label_folder(read(), folder, tmp_path / "out", CLASSES, unlabeled="void")


def test_a_turned_photo_is_written_as_a_viewer_shows_it(photos, tmp_path):
    folder, read = photos
    save(folder, "a", ("leaf", SQUARE), size=(10, 8), photo_size=(8, 10), turn=6)  # as labelme labels it
    assert find_faults(read(), folder, CLASSES) == []
    target = write_label_folder(read(), folder, tmp_path / "out", CLASSES)
    with Image.open(target / "images" / "a.png") as photo:
        assert photo.size == (8, 10) and photo.getexif().get(0x0112, 1) == 1
        assert (np.asarray(photo)[:, -1] == 250).all()  # the first row of the file is the right column of the picture


def test_a_fault_stops_the_writing(photos, tmp_path):
    folder, read = photos
    save(folder, "a", ("laef", SQUARE))
    with pytest.raises(InputError, match=r"a.png, an object: 'laef' is no class. Did you mean 'leaf'\?"):
        write_label_folder(read(), folder, tmp_path / "out", CLASSES)
    save(folder, "a", ("leaf", SQUARE), photo_size=(4, 5))
    with pytest.raises(InputError, match="the labels are of a photo of 8 x 10"):
        write_label_folder(read(), folder, tmp_path / "out", CLASSES)


def test_photos_of_one_name_or_of_another_set(photos, tmp_path):
    folder, read = photos
    save(folder, "a", ("leaf", SQUARE))
    write_label_folder(read(), folder, tmp_path / "out", CLASSES)
    write_label_folder(read(), folder, tmp_path / "out", CLASSES)  # again is fine
    (tmp_path / "out" / "images" / "old.png").write_text("")
    with pytest.raises(InputError, match=r"holds old.png, which is none of the photos"):
        write_label_folder(read(), folder, tmp_path / "out", CLASSES)
    coco = read()
    coco.images.append({**coco.images[0], "file_name": "more/a.jpg"})
    with pytest.raises(InputError, match="two photos are called a"):
        write_label_folder(coco, folder, tmp_path / "new", CLASSES)
