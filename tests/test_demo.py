"""The main job on tiny data: every file it promises, and what happens when it is broken off."""

import dataclasses
import json

import numpy as np
import pytest

from seglab import demo, models, training
from seglab.datasets.unseen import unseen_images
from seglab.errors import InputError

TINY = dataclasses.replace(training.PROFILES["fast"], epochs=1, batch=4, base_filters=2)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    said = []
    results = demo.compare(
        "shapes", out, recipe=TINY, size=(32, 32), data_options={"count": 8}, progress=False, say=said.append
    )
    return out, results, "\n".join(said)


def test_results_are_complete_and_consistent(compared):
    out, results, said = compared
    assert json.loads((out / "results.json").read_text()) == results
    assert [row["name"] for row in results["models"]] == list(models.VARIANTS)
    for row in [results["baseline"], *results["models"]]:
        assert np.sum(row["confusion"]) == 8 * 32 * 32
    assert set(results["data"]["count"].values()) == {8}
    assert "U-Net without skips" in said


def test_report_is_one_file_that_names_every_network(compared):
    out, _, _ = compared
    page = (out / "report.html").read_text(encoding="utf-8")
    assert all(name in page for name in models.VARIANTS)
    assert 'src="http' not in page


def test_gallery_goes_from_the_worst_image_to_the_best(compared):
    out, results, _ = compared
    with np.load(out / "gallery.npz") as gallery:
        assert gallery["predictions"].shape == (5, 8, 32, 32)
        last, truth = gallery["predictions"][-1], gallery["labels"]
    # Every image of so small a test split is in the gallery, hence the scores are a sorted list of the results'.
    assert sorted(results["models"][-1]["image_mean_iou"])[0] < sorted(results["models"][-1]["image_mean_iou"])[-1]
    agreement = (last == truth).mean(axis=(1, 2))
    assert np.isfinite(agreement).all()


def test_predictions_for_the_lab_are_written_at_the_size_of_the_lab_only(compared, tmp_path):
    out, _, _ = compared
    assert not list(out.glob("predictions*"))
    networks = {name: models.VARIANTS[name]((64, 64, 3), 4, base_filters=2) for name in demo.LAB_PREDICTIONS}
    demo.predict_unseen(networks, tmp_path)
    for name in demo.LAB_PREDICTIONS.values():
        with np.load(tmp_path / name, allow_pickle=False) as file:
            assert file["labels"].dtype == np.uint8
            assert file["labels"].shape == unseen_images(demo.LAB).shape[:3]


def test_a_finished_comparison_starts_again_and_a_broken_one_refuses_other_settings(compared):
    out, _, _ = compared
    (out / "results.json").unlink()  # as if it had been interrupted before the end
    other = dataclasses.replace(TINY, epochs=2)
    with pytest.raises(InputError, match="epochs"):
        demo.compare("shapes", out, recipe=other, size=(32, 32), data_options={"count": 8}, progress=False, say=str)
