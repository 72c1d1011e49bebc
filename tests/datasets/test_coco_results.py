"""COCO's result files: pycocotools loads what is written."""

import json

import numpy as np
import pytest

from seglab.datasets.coco import write_coco_instances
from seglab.datasets.coco_results import write_coco_results
from seglab.errors import InputError


def found(**changes):
    masks = np.zeros((2, 4, 6), bool)
    masks[0, 1:3, 2:5] = masks[1, 0, 0] = True
    return {"masks": masks, "classes": [1, 0], "scores": [0.9, 0.25], **changes}


def test_one_entry_per_object(tmp_path):
    write_coco_results(tmp_path / "r.json", [found(), found()], image_ids=[7, 9], category_ids=[3, 5])
    entries = json.loads((tmp_path / "r.json").read_text())
    assert [(entry["image_id"], entry["category_id"]) for entry in entries] == [(7, 5), (7, 3), (9, 5), (9, 3)]
    assert entries[0]["bbox"] == [2, 1, 3, 2] and entries[0]["score"] == 0.9


def test_pycocotools_loads_them(tmp_path):
    tools = pytest.importorskip("pycocotools.coco")
    write_coco_instances(tmp_path / "a.json", [found()], ["cat", "dog"])
    write_coco_results(tmp_path / "r.json", [found()], image_ids=[1], category_ids=[1, 2])
    loaded = tools.COCO(str(tmp_path / "a.json")).loadRes(str(tmp_path / "r.json"))
    for number, mask in enumerate(found()["masks"], 1):
        assert np.array_equal(loaded.annToMask(loaded.anns[number]), mask)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"classes": [1, 2]}, r"classes of image 7 must lie in \[0, 2\), got 2"),
        ({"masks": np.zeros((2, 4, 6), bool)}, "masks of image 7 must have a pixel each"),
    ],
)
def test_bad_objects_are_named(tmp_path, changes, words):
    with pytest.raises(InputError, match=words):
        write_coco_results(tmp_path / "r.json", [found(**changes)], image_ids=[7], category_ids=[3, 5])
    assert not (tmp_path / "r.json").exists()


def test_every_image_has_an_id(tmp_path):
    with pytest.raises(InputError, match="image_ids must name each of the 1 images, got 0"):
        write_coco_results(tmp_path / "r.json", [found()], image_ids=[], category_ids=[3, 5])
