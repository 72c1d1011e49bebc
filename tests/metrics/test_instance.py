"""Mask AP: by hand, against a slow loop, and against pycocotools."""

import contextlib
import io

import numpy as np
import pytest

from seglab import rle
from seglab.errors import InputError
from seglab.metrics import mask_ap

# pycocotools' order of its twelve numbers.
NUMBERS = (
    *("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large"),
    *("ar_1", "ar_10", "ar_100", "ar_small", "ar_medium", "ar_large"),
)


def blobs(rng, count, height, width):
    """Ellipses of all sizes, some cut by the border, as bool `(count, H, W)`."""
    row, col = np.arange(height)[:, None], np.arange(width)
    masks = np.zeros((count, height, width), bool)
    for mask in masks:
        center = rng.random(2) * (height, width)
        radii = np.exp(rng.uniform(np.log(4), np.log(height * 0.8), 2))
        mask[:] = ((row - center[0]) / radii[0]) ** 2 + ((col - center[1]) / radii[1]) ** 2 <= 1
    return masks


def moved(rng, mask):
    """A prediction of the mask: moved, eroded by a stripe, or as it is."""
    mask = np.roll(mask, rng.integers(-2, 3, 2), (0, 1))
    if rng.random() < 0.5:
        mask[:: rng.integers(2, 14)] = False
    return mask


def data_set(rng, num_images, num_instances, num_classes, height, width):
    """Truth with crowds and predictions with doubles, misses, wrong classes, equal scores and empty images."""
    y_true, y_pred = [], []
    for _ in range(num_images):
        masks = blobs(rng, rng.integers(0, num_instances + 1), height, width)
        if len(masks) > 2 and rng.random() < 0.2:
            masks[1] = masks[0]  # of equal overlap with everything
        classes = rng.integers(0, num_classes, len(masks))
        found = np.flatnonzero(rng.random(len(masks)) < 0.8)
        found = np.concatenate([found, found[rng.random(len(found)) < 0.3]])
        false_alarms = blobs(rng, rng.integers(0, 3), height, width)
        predicted = (
            np.concatenate([[moved(rng, masks[i]) for i in found], false_alarms]) if len(found) else false_alarms
        )
        pred_classes = np.concatenate([classes[found], rng.integers(0, num_classes, len(false_alarms))])
        wrong = rng.random(len(predicted)) < 0.1
        pred_classes[wrong] = rng.integers(0, num_classes, wrong.sum())
        order = rng.permutation(len(predicted))
        y_true.append({"masks": masks, "classes": classes, "crowd": rng.random(len(masks)) < 0.15})
        scores = rng.integers(0, 20, len(predicted)) / 20
        y_pred.append({"masks": predicted[order], "classes": pred_classes[order], "scores": scores})
    return y_true, y_pred


def encoded(images):
    return [{**image, "masks": rle.encode(image["masks"])} for image in images]


def coco_eval(y_true, y_pred, num_classes):
    """The same by pycocotools; `y_true` and `y_pred` with encoded masks."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    annotations, results = [], []
    for i, (truth, prediction) in enumerate(zip(y_true, y_pred, strict=True)):
        areas = truth.get("areas", rle.area(truth["masks"]))
        crowd = truth.get("crowd", np.zeros(len(areas), bool))
        for mask, k, is_crowd, area in zip(truth["masks"], truth["classes"], crowd, areas, strict=True):
            annotations.append(
                {"id": len(annotations) + 1, "image_id": i, "category_id": int(k), "segmentation": dict(mask)}
                | {"iscrowd": int(is_crowd), "area": float(area)}
            )
        for mask, k, score in zip(prediction["masks"], prediction["classes"], prediction["scores"], strict=True):
            results.append({"image_id": i, "category_id": int(k), "segmentation": dict(mask), "score": float(score)})
    images = [{"id": i, "height": 1, "width": 1} for i in range(len(y_true))]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": images,
            "annotations": annotations,
            "categories": [{"id": k} for k in range(num_classes)],
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def assert_equal_to_pycocotools(y_true, y_pred, num_classes):
    result = mask_ap(y_true, y_pred, num_classes=num_classes)
    expected = coco_eval(y_true, y_pred, num_classes)

    def absent_as_nan(values):
        return np.where(np.asarray(values) == -1, np.nan, values)

    numbers = [getattr(result, name) for name in NUMBERS]
    np.testing.assert_allclose(numbers, absent_as_nan(expected.stats), atol=1e-9, rtol=0)
    np.testing.assert_allclose(result.precision, absent_as_nan(expected.eval["precision"][..., 2]), atol=1e-9, rtol=0)
    np.testing.assert_allclose(result.recall, absent_as_nan(expected.eval["recall"]), atol=1e-9, rtol=0)
    np.testing.assert_allclose(result.ap_per_class, result.precision[..., 0].mean(axis=(0, 1)))
    return result


def square(row, col, height, width=None):
    mask = np.zeros((120, 120), bool)
    mask[row : row + height, col : col + (width or height)] = True
    return mask


def one_image(true_masks, pred_masks, scores, **truth):
    true_masks, pred_masks = np.array(true_masks), np.array(pred_masks)
    return mask_ap(
        [{"masks": true_masks, "classes": [0] * len(true_masks), **truth}],
        [{"masks": pred_masks, "classes": [0] * len(pred_masks), "scores": scores}],
    )


# Two true masks; predictions that overlap the one fully, the other by 75 of 100 pixels, and nothing.
FIRST, SECOND = square(0, 0, 10), square(50, 50, 10)
PART, NOTHING = square(50, 50, 10), square(80, 0, 10)
PART[50:55, 50:55] = False


@pytest.mark.parametrize(
    ("predictions", "scores", "ap", "ap50", "ap75"),
    [
        # Of 101 recalls, 51 are reached at precision 1, the others at 2/3.
        ([FIRST, NOTHING, PART], [0.9, 0.8, 0.7], (6 * (51 + 50 * 2 / 3) + 4 * 51) / 1010, 0.8350, 0.8350),
        ([FIRST, PART, NOTHING], [0.9, 0.8, 0.7], (6 * 101 + 4 * 51) / 1010, 1, 1),
        ([FIRST], [0.9], 51 / 101, 51 / 101, 51 / 101),
        # Found twice: the second time it is a false alarm.
        ([FIRST, FIRST, PART], [0.9, 0.8, 0.7], (6 * (51 + 50 * 2 / 3) + 4 * 51) / 1010, 0.8350, 0.8350),
        ([NOTHING, FIRST], [0.9, 0.8], 51 / 2 / 101, 51 / 2 / 101, 51 / 2 / 101),
    ],
)
def test_two_true_masks_by_hand(predictions, scores, ap, ap50, ap75):
    result = one_image([FIRST, SECOND], predictions, scores)
    assert (result.ap, result.ap50, result.ap75) == pytest.approx((ap, ap50, ap75), abs=5e-5)
    assert result.ap_small == result.ap
    assert np.isnan([result.ap_medium, result.ap_large, result.ar_medium, result.ar_large]).all()


def test_published_toy_values():
    assert one_image([FIRST, SECOND], [FIRST, NOTHING, PART], [0.9, 0.8, 0.7]).ap == pytest.approx(0.7030, abs=5e-5)
    assert one_image([FIRST, SECOND], [FIRST, PART, NOTHING], [0.9, 0.8, 0.7]).ap == pytest.approx(0.8020, abs=5e-5)
    assert one_image([FIRST, SECOND], [FIRST], [0.9]).ap == pytest.approx(0.50495, abs=5e-6)


def test_crowd_takes_any_number_and_costs_nothing():
    crowd = square(0, 60, 40, 60)
    inside = [square(0, 60, 10), square(20, 80, 10)]
    scores = [0.9, 0.8, 0.7]
    result = one_image([FIRST, crowd], [*inside, FIRST], scores, crowd=[False, True])
    assert result.ap == 1
    assert result.ar_1 == 0  # the best one lies in the crowd: it is no match of anything asked for
    assert result.ar_10 == 1
    # Without the flag both are false alarms before the match, and one true mask stays unfound.
    assert one_image([FIRST, crowd], [*inside, FIRST], scores).ap == pytest.approx(51 / 3 / 101)
    # What lies by half in the crowd is forgiven at threshold .50 and at no higher one.
    half = one_image([FIRST, crowd], [square(0, 55, 10), FIRST], [0.9, 0.8], crowd=[False, True])
    assert half.ap50 == 1
    assert half.ap == pytest.approx((1 + 9 / 2) / 10)
    assert np.isnan(one_image([crowd], inside, [0.9, 0.8], crowd=[True]).ap)


def test_a_counted_mask_is_preferred_to_a_better_overlap_with_the_crowd():
    crowd = square(0, 0, 40)
    assert one_image([PART, SECOND], [SECOND], [1], crowd=[True, False]).ap == 1
    result = one_image([square(0, 0, 10, 6), crowd], [FIRST], [1], crowd=[False, True])
    assert result.ap50 == 1  # IoU .6 with the one, wholly in the other
    assert result.ap == pytest.approx(0.3)  # forgiven above, which finds nothing


def test_of_equal_overlaps_the_later_is_taken():
    left, middle, right = square(0, 0, 10), square(0, 2, 10), square(0, 4, 10)  # IoU with the middle: 80 / 120
    # The middle one takes the true mask given last; whether the left one then finds its own depends on that.
    assert one_image([left, right], [middle, left], [0.9, 0.8]).ap50 == 1
    assert one_image([right, left], [middle, left], [0.9, 0.8]).ap50 == pytest.approx(51 / 101)


def test_what_the_area_range_does_not_ask_for_is_taken_last():
    for areas in ([100, 5000], [5000, 100]):
        result = one_image([FIRST, FIRST], [FIRST], [0.9], areas=areas)
        assert (result.ar_10, result.ar_small, result.ar_medium) == (0.5, 1, 1)


def test_area_ranges_share_their_limits():
    result = one_image([square(0, 0, 32)], [square(0, 0, 32)], [1])
    assert (result.ap_small, result.ap_medium, result.ar_small, result.ar_medium) == (1, 1, 1, 1)
    assert np.isnan(result.ap_large)
    result = one_image([square(0, 0, 96)], [square(0, 0, 96)], [1])
    assert (result.ap_medium, result.ap_large) == (1, 1)
    # A false alarm counts in its own range only.
    result = one_image([square(0, 0, 40)], [square(80, 80, 10), square(0, 0, 40)], [0.9, 0.8])
    assert (result.ap, result.ap_medium) == (0.5, 1)
    # A small prediction of a medium mask is right where the mask is asked for.
    result = one_image([square(0, 0, 40, 30)], [square(0, 0, 34, 30)], [1])
    assert result.ap_medium == result.ap == 0.8
    assert np.isnan(result.ap_small)


def test_most_detections():
    masks = np.array([square(10 * (i // 10), 12 * (i % 10), 9) for i in range(110)])
    result = one_image(masks, masks, np.linspace(1, 0, 110))
    assert (result.ar_1, result.ar_10, result.ar_100) == pytest.approx((1 / 110, 10 / 110, 100 / 110))
    assert result.ap == pytest.approx(91 / 101)  # recalls 0 to .90
    # Per class: with two classes, all are looked at.
    classes = np.arange(110) % 2
    truth = {"masks": masks, "classes": classes}
    assert mask_ap([truth], [{**truth, "scores": np.arange(110)}]).ar_100 == 1


def test_images_are_ranked_together():
    truth = [{"masks": FIRST[None], "classes": [0]}, {"masks": SECOND[None], "classes": [0]}]
    wrong, right = NOTHING[None], SECOND[None]
    for scores, ap in (((0.9, 0.8), 51 / 2 / 101), ((0.8, 0.9), 51 / 101), ((0.9, 0.9), 51 / 2 / 101)):
        prediction = [
            {"masks": masks, "classes": [0], "scores": [score]}
            for masks, score in zip((wrong, right), scores, strict=True)
        ]
        assert mask_ap(truth, prediction).ap == pytest.approx(ap)


def test_classes_apart():
    masks = np.array([FIRST, SECOND])
    truth = {"masks": masks, "classes": [0, 2]}
    result = mask_ap([truth], [{"masks": masks, "classes": [0, 1], "scores": [0.9, 0.8]}], num_classes=5)
    np.testing.assert_array_equal(result.ap_per_class, [1, np.nan, 0, np.nan, np.nan])
    assert result.ap == 0.5  # class 1 is only predicted: not in the mean
    assert result.precision.shape == (10, 101, 5, 4)
    assert result.recall.shape == (10, 5, 4, 3)
    assert mask_ap([truth], [{"masks": masks, "classes": [0, 1], "scores": [0.9, 0.8]}]).ap_per_class.shape == (3,)


def test_nothing_there():
    nothing = {"masks": [], "classes": [], "scores": []}
    one = {"masks": FIRST[None], "classes": [0], "scores": [1.0]}
    assert mask_ap([one, nothing], [nothing, nothing]).ap == 0
    assert mask_ap([nothing, one], [nothing, one]).ar_1 == 1
    for truth, prediction in (([nothing], [nothing]), ([nothing], [one]), ([], [])):
        result = mask_ap(truth, prediction, num_classes=2)
        assert np.isnan([getattr(result, name) for name in NUMBERS]).all()
        assert np.isnan(result.ap_per_class).tolist() == [True, True]
    empty = np.zeros((1, 120, 120), bool)
    assert one_image(empty, empty, [1]).ap == 0  # masks without pixels overlap nothing
    dense = {"masks": empty[:0], "classes": np.zeros(0), "scores": np.zeros(0)}
    assert mask_ap([one, dense], [dense, dense]).ap == 0


def test_equal_to_pycocotools_on_200_images_with_crowds():
    y_true, y_pred = data_set(np.random.default_rng(0), 200, 6, 3, 120, 160)
    before = [image["masks"].copy() for image in y_pred]
    result = assert_equal_to_pycocotools(encoded(y_true), encoded(y_pred), 4)
    assert np.isfinite([getattr(result, name) for name in NUMBERS]).all()
    assert np.isnan(result.ap_per_class).tolist() == [False] * 3 + [True]
    for form in (y_pred, [y_pred[0], *encoded(y_pred)[1:-1], y_pred[-1]]):
        np.testing.assert_array_equal(mask_ap(y_true, form, num_classes=4).precision, result.precision)
    assert all((image["masks"] == masks).all() for image, masks in zip(y_pred, before, strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_equal_to_pycocotools_on_anything(seed):
    rng = np.random.default_rng(seed)
    num_classes, (height, width) = rng.integers(1, 5), rng.integers(20, 130, 2)
    y_true, y_pred = data_set(rng, rng.integers(5, 30), rng.integers(3, 12), num_classes, height, width)
    for image in y_true[::2]:
        image["areas"] = np.exp(rng.uniform(3, 10, len(image["masks"])))
    assert_equal_to_pycocotools(encoded(y_true), encoded(y_pred), num_classes)


def test_equal_to_pycocotools_with_more_than_100_predictions_of_a_class():
    rng = np.random.default_rng(1)
    masks = blobs(rng, 60, 40, 50)
    predicted = np.array([moved(rng, mask) for mask in masks.repeat(3, axis=0)])
    y_true = [{"masks": rle.encode(masks), "classes": np.zeros(60, int), "crowd": rng.random(60) < 0.1}] * 2
    y_pred = [
        {"masks": rle.encode(predicted), "classes": (rng.random(180) < 0.2).astype(int), "scores": rng.random(180)}
        for _ in range(2)
    ]
    assert_equal_to_pycocotools(y_true, y_pred, 2)


@pytest.mark.slow
@pytest.mark.parametrize("num_classes", [1, 10])
def test_equal_to_pycocotools_on_200_large_images(num_classes):
    rng = np.random.default_rng(2)
    y_true, y_pred = [], []
    for _ in range(200):
        parts = data_set(rng, 1, 20, num_classes, 480, 640)
        y_true += encoded(parts[0])
        y_pred += encoded(parts[1])
    assert_equal_to_pycocotools(y_true, y_pred, num_classes)


def test_errors():
    truth = {"masks": np.array([FIRST, SECOND]), "classes": [0, 1]}
    prediction = {**truth, "scores": [0.5, 0.6]}
    with pytest.raises(InputError, match="one dict per image, got 2 and 1"):
        mask_ap([truth, truth], [prediction])
    with pytest.raises(InputError, match=r"y_pred must hold masks and classes, scores .*, image 0 has no .*score"):
        mask_ap([truth], [truth])
    with pytest.raises(InputError, match=r"scores of y_pred must have one value per mask, image 0 has 2 masks"):
        mask_ap([truth], [{**truth, "scores": [0.5]}])
    with pytest.raises(InputError, match="crowd of y_true must have one value per mask"):
        mask_ap([{**truth, "crowd": [True]}], [prediction])
    with pytest.raises(InputError, match=r"classes of y_true must lie in \[0, 1\), got 0 to 1"):
        mask_ap([truth], [prediction], num_classes=1)
    with pytest.raises(InputError, match=r"classes of y_pred must lie in \[0, 2\), got -1 to 0"):
        mask_ap([truth], [{**prediction, "classes": [0, -1]}])
    with pytest.raises(TypeError, match="classes of y_true must be of integer type, got float64"):
        mask_ap([{**truth, "classes": [0.0, 1.0]}], [prediction])
    with pytest.raises(InputError, match="scores of y_pred must be numbers, got 1 nan"):
        mask_ap([truth], [{**prediction, "scores": [0.5, np.nan]}])
    with pytest.raises(InputError, match=r"image 0 has \[100, 120\] and \[120, 120\]"):
        mask_ap([truth], [{**prediction, "masks": prediction["masks"][:, :100]}])
