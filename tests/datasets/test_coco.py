"""COCO's files: what is written is read again, and by pycocotools; what contradicts itself is named."""

import json

import numpy as np
import pytest
from PIL import Image

from seglab.datasets.coco import (
    coco_instances,
    coco_panoptic,
    open_coco,
    polygon_mask,
    write_coco_instances,
    write_coco_panoptic,
)
from seglab.datasets.instances import load_instances
from seglab.datasets.streets import STREETS, THINGS, streets
from seglab.errors import InputError
from seglab.metrics import mask_ap

CORNER = {"size": [6, 9], "counts": [52, 2]}


def written(tmp_path, **changes):
    """A small file by hand, with some entries changed."""
    content = {
        "images": [{"id": 7, "file_name": "a.png", "height": 6, "width": 9}],
        "categories": [{"id": 5, "name": "dog"}, {"id": 3, "name": "cat"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 5, "segmentation": [[1, 1, 5, 1, 5, 4, 1, 4]], "area": 12},
            {
                "id": 2,
                "image_id": 7,
                "category_id": 3,
                "iscrowd": 1,
                "segmentation": {"size": [6, 9], "counts": [52, 2]},
            },
        ],
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**content, **changes}))
    return path


def test_a_file_by_hand(tmp_path):
    coco = open_coco(written(tmp_path))
    assert (coco.classes, coco.category_ids, coco.things) == (("cat", "dog"), (3, 5), (0, 1))
    found = coco_instances(coco, 0)
    assert found["classes"].tolist() == [1, 0] and found["crowd"].tolist() == [False, True]
    expected = np.zeros((2, 6, 9), bool)
    expected[0, 1:4, 1:5] = True
    expected[1, 4:, 8] = True
    assert np.array_equal(found["masks"], expected)
    assert found["areas"].tolist() == [12, 2]


def test_objects_come_back_and_overlap(tmp_path):
    rng = np.random.default_rng(0)
    samples = [
        {"masks": rng.random((3, 12, 17)) < 0.4, "classes": rng.integers(0, 2, 3), "crowd": [False, True, False]},
        {"masks": np.zeros((0, 5, 6), bool), "classes": []},
    ]
    write_coco_instances(tmp_path / "a.json", samples, ["cat", "dog"], file_names=["x.jpg", "y.jpg"])
    coco = open_coco(tmp_path / "a.json")
    assert [image["file_name"] for image in coco.images] == ["x.jpg", "y.jpg"]
    for index, sample in enumerate(samples):
        found = coco_instances(coco, index)
        for key in ("masks", "classes"):
            assert np.array_equal(found[key], sample[key])
    assert coco_instances(coco, 0)["crowd"].tolist() == [False, True, False]


def test_pycocotools_reads_it_and_measures_the_same(tmp_path):
    tools = pytest.importorskip("pycocotools.coco")
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    from seglab import rle

    truth = load_instances("cells", split="val", count=6).truth()
    rng = np.random.default_rng(1)
    found = [
        {
            "masks": np.roll(one["masks"], 1, axis=2),
            "classes": one["classes"],
            "scores": rng.random(len(one["classes"])),
        }
        for one in truth
    ]
    write_coco_instances(tmp_path / "a.json", truth, ["cell"])
    coco = tools.COCO(str(tmp_path / "a.json"))
    results = [
        {"image_id": number, "category_id": int(klass) + 1, "segmentation": rle.encode(mask), "score": float(score)}
        for number, one in enumerate(found, 1)
        for mask, klass, score in zip(one["masks"], one["classes"], one["scores"], strict=True)
    ]
    measured = evaluation.COCOeval(coco, coco.loadRes(results), "segm")
    measured.evaluate()
    measured.accumulate()
    measured.summarize()
    assert mask_ap(truth, found).ap == pytest.approx(measured.stats[0], abs=1e-9)


def test_panoptic_maps_come_back(tmp_path):
    maps = list(streets(3, size=(48, 64))[1])
    maps[0][:2] = 255_000  # nobody knows
    write_coco_panoptic(tmp_path / "p.json", tmp_path / "png", maps, STREETS, things=THINGS)
    coco = open_coco(tmp_path / "p.json")
    assert (coco.classes, coco.things) == (STREETS, THINGS)
    for index, panoptic in enumerate(maps):
        found, crowds = coco_panoptic(coco, index, tmp_path / "png")
        assert np.array_equal(found, panoptic) and crowds == ()


@pytest.mark.data
def test_the_sample_of_coco(data_dir):
    folder = data_dir / "coco_panoptic_sample"
    coco = open_coco(folder / "panoptic.json")
    assert (len(coco.classes), len(coco.things)) == (133, 80)
    for index, (void, num_crowds) in enumerate(((2712, 1), (7189, 2))):
        panoptic, crowds = coco_panoptic(coco, index, folder / "panoptic")
        assert (panoptic // 1000 == 255).sum() == void and len(crowds) == num_crowds


def test_a_png_that_disagrees_with_its_json(tmp_path):
    maps = list(streets(1, size=(48, 64))[1])
    write_coco_panoptic(tmp_path / "p.json", tmp_path / "png", maps, STREETS, things=THINGS)
    coco = open_coco(tmp_path / "p.json")
    (png,) = (tmp_path / "png").iterdir()
    rgb = np.array(Image.open(png))
    rgb[0, 0] = 200
    Image.fromarray(rgb).save(png)
    with pytest.raises(InputError, match=rf"{png.name} and .*p.json disagree: ids hold segment"):
        coco_panoptic(coco, 0, tmp_path / "png")
    Image.fromarray(rgb[:40]).save(png)
    with pytest.raises(InputError, match=r"is \(40, 64\), but .* says \(48, 64\)"):
        coco_panoptic(coco, 0, tmp_path / "png")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"categories": [{"id": 5, "name": "dog"}]}, "annotation 2 of a.png has category 3, which is not listed"),
        ({"categories": [{"id": 3, "name": "cat"}] * 2}, "twice"),
        ({"images": []}, "annotation 1 is of image 7, which is not listed"),
        ({"annotations": None}, "no COCO file"),
    ],
)
def test_contradictions_are_named(tmp_path, changes, words):
    with pytest.raises(InputError, match=words):
        open_coco(written(tmp_path, **changes))


@pytest.mark.parametrize(
    ("segmentation", "words"),
    [
        ([[1, 1, 2, 2]], "at least three points"),
        (None, "no segmentation"),
        ({"size": [4, 4], "counts": [16]}, r"mask of \[4, 4\], the image is \[6, 9\]"),
        ({"size": [6, 9], "counts": [3, 2]}, "broken run lengths"),
    ],
)
def test_bad_segmentations_are_named(tmp_path, segmentation, words):
    annotation = {"id": 4, "image_id": 7, "category_id": 3, "segmentation": segmentation}
    coco = open_coco(written(tmp_path, annotations=[annotation]))
    with pytest.raises(InputError, match=words):
        coco_instances(coco, 0)


def test_no_file_and_no_json(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        open_coco(tmp_path / "none.json")
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read as JSON"):
        open_coco(tmp_path / "a.json")


def test_an_object_outside_of_the_image_is_left_out(tmp_path):
    annotation = {"id": 4, "image_id": 7, "category_id": 3, "segmentation": [[20, 20, 30, 20, 30, 30]]}
    found = coco_instances(open_coco(written(tmp_path, annotations=[annotation])), 0)
    assert found["masks"].shape == (0, 6, 9) and found["classes"].shape == (0,)


def test_writing_refuses_what_has_no_name(tmp_path):
    sample = {"masks": np.ones((1, 2, 2), bool), "classes": [3]}
    with pytest.raises(InputError, match=r"\[0, 1\), got 3"):
        write_coco_instances(tmp_path / "a.json", [sample], ["cat"])
    with pytest.raises(InputError, match="file_names"):
        write_coco_instances(tmp_path / "a.json", [sample], ["cat"], file_names=[])


def test_a_polygon_holds_the_pixels_whose_middles_lie_inside():
    triangle = polygon_mask([[0, 0], [4, 0], [0, 4]], (5, 5))
    row, col = np.nonzero(triangle)
    inside = (row + 0.5) + (col + 0.5) <= 4
    assert inside.all() and triangle.sum() in (6, 10)  # the middles on the long side may count or not
