"""labelme's shapes and Cityscapes' ids."""

import json

import numpy as np
import pytest

from seglab.datasets.annotations import CITYSCAPES, cityscapes_train_ids, labelme_to_coco, read_labelme
from seglab.datasets.coco import coco_instances
from seglab.errors import InputError


def save(path, *shapes, **changes):
    content = {"imageHeight": 8, "imageWidth": 10, "imagePath": "photo.jpg", "shapes": list(shapes)}
    path.write_text(json.dumps({**content, **changes}))
    return path


def shape(label, points, kind="polygon"):
    return {"label": label, "shape_type": kind, "points": points}


def test_shapes_become_masks_and_the_later_lies_on_top(tmp_path):
    square = shape("leaf", [[1, 1], [5, 1], [5, 5], [1, 5]])
    box = shape("stem", [[8, 7], [4, 4]], "rectangle")
    found = read_labelme(save(tmp_path / "a.json", square, box), ["leaf", "stem"])
    assert found["masks"].sum(axis=(1, 2)).tolist() == [16, 12] and found["classes"].tolist() == [0, 1]
    assert found["labels"][4, 4] == 2 and found["labels"][2, 2] == 1 and found["labels"][7, 9] == 0
    assert found["image_file"] == "photo.jpg"


def test_a_circle_is_a_middle_and_a_point_on_it(tmp_path):
    found = read_labelme(save(tmp_path / "a.json", shape("leaf", [[4, 4], [7, 4]], "circle")), ["leaf"])
    assert found["masks"][0, 3:5, 1:7].all() and found["masks"].sum() == 32


def test_a_photo_without_shapes(tmp_path):
    found = read_labelme(save(tmp_path / "a.json"), ["leaf"])
    assert found["masks"].shape == (0, 8, 10) and not found["labels"].any()


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ([shape("tree", [[0, 0], [1, 0], [1, 1]])], "shape 1 is labeled 'tree'; classes are leaf"),
        ([shape("leaf", [[0, 0], [1, 0]])], "polygon of 2 points"),
        ([shape("leaf", [[0, 0]], "point")], "point of 1 points"),
    ],
)
def test_bad_shapes_are_named(tmp_path, shapes, words):
    with pytest.raises(InputError, match=words):
        read_labelme(save(tmp_path / "a.json", *shapes), ["leaf"])


def test_other_files_are_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_labelme(tmp_path / "none.json", ["leaf"])
    with pytest.raises(InputError, match="no file of labelme"):
        read_labelme(save(tmp_path / "a.json", imageHeight=None), ["leaf"])


def test_a_folder_becomes_one_coco_file(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    box, square = shape("stem", [[8, 7], [4, 4]], "rectangle"), shape("leaf", [[1, 1], [5, 1], [5, 5], [1, 5]])
    save(folder / "a.json", square, box, shape("leaf", [[4, 4], [7, 4]], "circle"))
    save(folder / "b.json", shape("laef", [[-3, 0], [1, 0], [1, 1]]), imagePath="..\\sub\\b.jpg")
    coco = labelme_to_coco(folder, tmp_path / "a.json")
    assert coco.classes == ("leaf", "stem", "laef")
    assert [image["file_name"] for image in coco.images] == ["photo.jpg", "../sub/b.jpg"]
    assert coco.images[1]["annotations"][0]["segmentation"] == [[-3, 0, 1, 0, 1, 1]]
    objects, expected = coco_instances(coco, 0), read_labelme(folder / "a.json", ["leaf", "stem"])
    assert np.array_equal(objects["classes"], expected["classes"])
    assert np.array_equal(objects["masks"], expected["masks"])


def test_shapes_of_one_group_are_one_object(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    parts = [{**shape("leaf", [[x, 0], [x + 2, 0], [x + 2, 2], [x, 2]]), "group_id": 4} for x in (0, 5)]
    save(folder / "a.json", parts[0], {**parts[1], "label": "stem"}, parts[1], shape("leaf", [[0, 4], [2, 4], [2, 6]]))
    coco = labelme_to_coco(folder, tmp_path / "a.json")
    objects = coco_instances(coco, 0)
    assert objects["classes"].tolist() == [0, 1, 0] and objects["masks"][0].sum() == 8


def test_a_folder_that_cannot_become_one(tmp_path):
    with pytest.raises(InputError, match="has no JSON file"):
        labelme_to_coco(tmp_path, tmp_path / "a.json")
    save(tmp_path / "a.json", shape("leaf", [[0, 0]], "point"))
    with pytest.raises(InputError, match="path lies, too"):
        labelme_to_coco(tmp_path, tmp_path / "b.json")
    with pytest.raises(InputError, match=r"a.json: shape 1 is a point of 1 points"):
        labelme_to_coco(tmp_path, tmp_path.parent / "b.json")


def test_cityscapes_ids():
    ids = np.arange(-1, 34)
    train = cityscapes_train_ids(ids)
    scored = ids[train != 255]
    assert len(scored) == len(CITYSCAPES) == 19 and (np.diff(train[train != 255].astype(int)) == 1).all()
    assert CITYSCAPES[cityscapes_train_ids(np.array([26]))[0]] == "car"
    assert cityscapes_train_ids(np.array([-1, 0, 6, 29])).tolist() == [255] * 4
    with pytest.raises(InputError, match="labelIds"):
        cityscapes_train_ids(np.array([34]))
