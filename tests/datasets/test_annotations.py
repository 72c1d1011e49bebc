"""labelme's shapes and Cityscapes' ids."""

import json

import numpy as np
import pytest

from seglab.datasets.annotations import CITYSCAPES, cityscapes_train_ids, read_labelme
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


def test_cityscapes_ids():
    ids = np.arange(-1, 34)
    train = cityscapes_train_ids(ids)
    scored = ids[train != 255]
    assert len(scored) == len(CITYSCAPES) == 19 and (np.diff(train[train != 255].astype(int)) == 1).all()
    assert CITYSCAPES[cityscapes_train_ids(np.array([26]))[0]] == "car"
    assert cityscapes_train_ids(np.array([-1, 0, 6, 29])).tolist() == [255] * 4
    with pytest.raises(InputError, match="labelIds"):
        cityscapes_train_ids(np.array([34]))
