import copy
import json

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.report import read_results
from seglab.report.reading import check_pictures, check_results

GOOD = {
    "data": {"classes": ["a", "b"]},
    "models": [{"name": "U-Net", "iou": [0.5, None], "confusion": [[1, 0], [0, 1]]}],
    "baseline": {"class": "a", "iou": [0.5, 0.0]},
}


def changed(**parts):
    return {**copy.deepcopy(GOOD), **parts}


def test_what_was_written_is_read(shapes, tmp_path):
    results, gallery = shapes
    (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")
    assert read_results(tmp_path / "results.json") == (results, {})
    np.savez_compressed(tmp_path / "gallery.npz", **gallery)
    again, pictures = read_results(tmp_path / "results.json")
    assert again == results
    assert all(np.array_equal(pictures[name], gallery[name]) for name in gallery)


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "cannot be read"), ("{", "not a JSON file"), ("[]", "must hold the entry 'data'"), ("{}", "entry 'data'")],
)
def test_a_file_that_is_no_results_is_named(text, message, tmp_path):
    path = tmp_path / "results.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        read_results(path)
    assert "results.json" in str(caught.value) and "\n" not in str(caught.value)


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "results.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not a JSON file"):
        read_results(tmp_path / "results.json")


def test_a_broken_gallery_is_named(tmp_path):
    (tmp_path / "results.json").write_text(json.dumps(GOOD), encoding="utf-8")
    (tmp_path / "gallery.npz").write_bytes(b"PK no archive")
    with pytest.raises(InputError, match=r"gallery\.npz: not a gallery"):
        read_results(tmp_path / "results.json")
    np.savez(tmp_path / "gallery.npz", images=np.zeros((1, 2, 2, 3)))
    with pytest.raises(InputError, match=r"gallery\.npz: not a gallery"):
        read_results(tmp_path / "results.json")


@pytest.mark.parametrize(
    ("results", "message"),
    [
        (changed(data={"classes": []}), r"data\.classes must be a list of class names, got \[\]"),
        (changed(data={"classes": "ab"}), "must be a list of class names"),
        (changed(models=None), "'models' must be a list of dicts with a name, got NoneType"),
        (changed(models=[{"iou": []}]), "list of dicts with a name"),
        (changed(models=[]), "'models' is empty"),
        (changed(models=[{"name": "A"}, {"name": "A"}]), "names of their own, got A, A"),
        (changed(models=[{"name": "A", "iou": [0.1]}]), "iou of A must have 2 entries, one per class, got 1"),
        (changed(models=[{"name": "A", "confusion": [[1]]}]), "confusion of A must have 2 entries"),
        (changed(baseline={"iou": [0.1, 0.2]}), "baseline must name its 'class'"),
        (changed(baseline={"class": "a", "dice": [0.1]}), "dice of baseline must have 2 entries"),
    ],
)
def test_a_missing_or_wrong_part_is_named(results, message):
    check_results(GOOD)
    with pytest.raises(InputError, match=message):
        check_results(results)


def test_pictures_must_be_complete_and_fit_the_models():
    with pytest.raises(InputError, match="labels and predictions missing"):
        check_pictures(GOOD, {"images": np.zeros((1, 2, 2, 3))})
    parts = {"images": np.zeros((1, 2, 2, 3)), "labels": np.zeros((1, 2, 2)), "predictions": np.zeros((2, 1, 2, 2))}
    with pytest.raises(InputError, match="predictions must have shape"):
        check_pictures(GOOD, parts)
