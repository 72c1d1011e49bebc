import copy
import itertools
import math
import re
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pytest

from seglab.errors import InputError
from seglab.report import write_report
from seglab.report.pictures import Album, error_claim

VOID = {"meta", "img", "br", "link", "hr", "input"}


class Page(HTMLParser):
    """Structure of a page: balanced tags, images, headings, addresses, words."""

    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.headings, self.addresses, self.words, self.tags = [], [], [], [], [], []
        self.size = len(text)
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            self.images.append(attrs)
        self.addresses += [attrs[name] for name in ("src", "href", "srcset", "data", "action") if name in attrs]

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)
            if self.open and re.fullmatch("h[1-6]", self.open[-1]):
                self.headings.append((self.open[-1], data))

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def written(results, gallery, folder):
    path = folder / "report.html"
    write_report(results, gallery, path)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=["shapes", "street", "cells"])
def page(request, tmp_path_factory):
    results, gallery = request.getfixturevalue(request.param)
    return Page(written(results, gallery, tmp_path_factory.mktemp(request.param))), results, gallery


def test_nothing_is_fetched_and_every_link_leads_somewhere(page):
    found, _, _ = page
    names = {attrs["id"] for _, attrs in found.tags if "id" in attrs}
    for address in found.addresses:
        assert address.startswith("data:image/") or (address.startswith("#") and address[1:] in names), address[:60]
    assert not {tag for tag, _ in found.tags} & {"script", "link", "iframe", "object", "base"}


def test_every_image_says_what_is_seen(page):
    found, results, _ = page
    assert all(len(image["alt"].split()) >= 2 for image in found.images)
    assert any(image["alt"].startswith("Line chart of training loss") for image in found.images)
    matrices = [image["alt"] for image in found.images if image["alt"].startswith("Confusion matrix of")]
    assert len(matrices) == len(results["models"])


def test_headings_descend_without_a_gap(page):
    levels = [int(tag[1]) for tag, _ in page[0].headings]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert [text for tag, text in page[0].headings if tag == "h2"] == [
        "What the numbers say",
        "All numbers",
        "How training went",
        "What the models see",
        "Where the models are wrong",
        "How this was measured",
    ]


def test_tables_have_captions_and_scopes(page):
    tags = page[0].tags
    assert [tag for tag, _ in tags].count("caption") == [tag for tag, _ in tags].count("table") >= 1
    assert all("scope" in attrs for tag, attrs in tags if tag == "th")


def test_missing_numbers_read_not_available(page):
    assert not re.search(r"\b(nan|NaN|None|inf)\b", page[0].text)


def test_the_numbers_of_every_model_are_there(page):
    found, results, _ = page
    for model in results["models"]:
        assert f"{model['mean_iou']:.3f}" in found.text and f"{model['parameters']:,}" in found.text
        for value in model["iou"]:
            assert "n/a" in found.text if value is None else f"{value:.3f}" in found.text
    assert f"always {results['baseline']['class']}" in found.text
    assert "learning rate 0.002" in found.text and "keras 3.13.2" in found.text


def test_each_prediction_has_its_image_miou_beneath(page):
    found, results, gallery = page
    album = Album(results, gallery)
    assert found.text.count("Truth") == len(album.cases()) + len(album.error_cases())
    for index, _ in album.cases():
        for value in album.scores[:, index]:
            assert f"mIoU {value:.3f}" in found.text


def test_pages_are_small(page):
    assert page[0].size < 2_000_000


def test_large_photographs_are_shrunk(make, tmp_path):
    results, gallery = make(("background", "cell"), size=(480, 640), images=8, models=("FCN-8s", "U-Net"))
    assert len(written(results, gallery, tmp_path)) < 5_000_000


def test_the_same_results_give_the_same_page_and_stay_untouched(shapes, tmp_path):
    results, gallery = shapes
    before, figures = copy.deepcopy((results, gallery)), plt.get_fignums()
    state, style = np.random.get_state()[1].copy(), dict(plt.rcParams)
    first = written(results, gallery, tmp_path)
    assert written(results, gallery, tmp_path) == first
    assert before[0] == results
    assert all(np.array_equal(before[1][name], gallery[name]) for name in gallery)
    assert plt.get_fignums() == figures and dict(plt.rcParams) == style
    assert (np.random.get_state()[1] == state).all()
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_strings_are_escaped(shapes, tmp_path):
    results, gallery = copy.deepcopy(shapes[0]), shapes[1]
    nasty = '<script>alert("x")</script> & $x_1$'
    results["title"] = results["device"] = results["data"]["spec"] = nasty
    results["data"]["notes"] = [nasty]
    results["data"]["classes"][1] = nasty
    results["models"][0]["name"] = nasty
    results["baseline"]["class"] = nasty
    results["recipe"] = {nasty: nasty}
    text = written(results, gallery, tmp_path)
    page = Page(text)
    assert "<script>" not in text and page.text.count(nasty) >= 6
    assert any(nasty in image["alt"] for image in page.images)


def test_one_model_without_history_gallery_or_baseline(tmp_path):
    results = {"data": {"classes": ["sky", "road"]}, "models": [{"name": "U-Net", "mean_iou": 0.5}]}
    for gallery in (None, {}, {"images": np.zeros((0, 4, 4, 3)), "labels": np.zeros((0, 4, 4), int),
                               "predictions": np.zeros((1, 0, 4, 4), int)}):  # fmt: skip
        page = Page(written(results, gallery, tmp_path))
        assert "No training history was recorded." in page.text and "No sample images" in page.text
        assert "U-Net has a dataset mIoU of 0.500." in page.text


def test_nothing_but_missing_values(tmp_path):
    row = {
        key: None for key in ("mean_iou", "iou", "mean_dice", "confusion", "image_mean_iou", "parameters", "history")
    }
    results = {
        "data": {"classes": ["a"], "size": None, "count": None},
        "models": [{"name": "A", **row}],
        "recipe": None,
    }
    results["baseline"] = {"class": "a", "mean_iou": math.nan, "iou": [None, None]}
    page = Page(written(results, None, tmp_path))
    assert "No model has a dataset mIoU" in page.text
    assert not re.search(r"\b(nan|None)\b", page.text)


@pytest.mark.parametrize("models", [("U-Net",), ("FCN-8s", "U-Net")])
@pytest.mark.parametrize("shown", [1, 2, 3])
def test_small_galleries_and_a_history_of_one_epoch(make, models, shown, tmp_path):
    results, gallery = make(("background", "cell"), size=(24, 32), images=3, shown=shown, models=models)
    for model in results["models"]:
        model["history"] = {"loss": [0.5], "val_mean_iou": [0.4]}
    page = Page(written(results, gallery, tmp_path))
    assert "after 1 epoch." in page.text
    assert page.text.count("Truth") == shown + len(Album(results, gallery).error_cases())


def test_twenty_one_classes_and_one_name(make, tmp_path):
    results, gallery = make([f"class {k}" for k in range(21)], images=4, models=("U-Net",))
    assert "class 20" in Page(written(results, gallery, tmp_path)).text
    results, gallery = make(("background", "cell"), images=4, models=("U-Net",))
    results["data"]["classes"] = ["cell"]
    assert "2: background, cell" in Page(written(results, gallery, tmp_path)).text


def test_a_gallery_whose_pixels_are_all_ignored(make, tmp_path):
    results, gallery = make(("sky", "road"), images=3, ignore=255, models=("U-Net",))
    gallery["labels"] = np.full_like(gallery["labels"], 255)
    assert "No sample image has a pixel that counts." in Page(written(results, gallery, tmp_path)).text


def test_error_maps_ask_about_objects_or_about_the_class_that_divides_the_models(shapes, street):
    assert Album(*shapes).asked_class() is None
    album = Album(*street)
    spread = np.ptp(np.array([model["iou"] for model in street[0]["models"]], float), axis=0)
    shares = np.array([(album.labels == klass).mean() for klass in range(11)])
    assert spread[album.asked_class()] == np.nanmax(spread[shares > 0.02])
    assert all((album.labels[index] == album.asked_class()).any() for _, index, _ in album.error_cases())


def test_the_claim_over_the_error_maps_is_counted(make):
    results, gallery = make(("background", "cell"), size=(10, 10), images=1, models=("FCN-8s", "U-Net"))
    gallery["labels"][0] = 0
    gallery["predictions"][:, 0] = 0
    gallery["predictions"][0, 0, :2] = 1  # 20 of 100 pixels
    assert error_claim(Album(results, gallery)) == "On this image U-Net gets 0% of the pixels wrong, FCN-8s 20%."


def test_an_unwritable_place_leaves_nothing_behind(shapes, tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_report(shapes[0], None, tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_results_that_do_not_fit_are_refused_before_anything_is_written(shapes, tmp_path):
    with pytest.raises(InputError, match="must hold the entry 'data'"):
        write_report({}, None, tmp_path / "report.html")
    with pytest.raises(InputError, match="predictions must have shape"):
        write_report({**shapes[0], "models": shapes[0]["models"][:2]}, shapes[1], tmp_path / "report.html")
    assert not list(tmp_path.iterdir())
