import math

import pytest

from seglab.report.standings import ranked
from seglab.report.words import conclusions, findings, headline


def model(name, mean_iou, **others):
    return {"name": name, "mean_iou": mean_iou, **others}


def results(*models, baseline=0.2, classes=("background", "circle", "square"), **base):
    found = {"data": {"classes": list(classes)}, "models": list(models)}
    if baseline is not None:
        found["baseline"] = {"class": classes[0], "mean_iou": baseline, **base}
    return found


def told(found, subject):
    return {topic: f"{claim} {detail}".strip() for topic, claim, detail in findings(found)}.get(subject)


def test_the_best_model_and_its_lead_as_a_reader_would_subtract():
    found = results(model("FCN", 0.6156), model("U-Net", 0.8364))
    assert headline(found) == (
        "U-Net is the best of 2 models, with a dataset mIoU of 0.836; predicting background everywhere has 0.200."
    )
    assert told(found, "Best model").startswith(
        "U-Net is the best model: its dataset mIoU of 0.836 is 0.220 above FCN, the next one. "
        "In order of dataset mIoU: U-Net 0.836 and FCN 0.616."
    )


def test_the_best_need_not_be_the_u_net():
    found = results(model("FCN-8s", 0.7), model("U-Net without skips", 0.6), model("U-Net", 0.5))
    assert headline(found).startswith("FCN-8s is the best of 3 models")
    assert told(found, "Skips").startswith("Skips cost 0.100 of dataset mIoU here: U-Net has 0.500 with them")


def test_a_small_lead_is_no_verdict():
    found = results(model("FCN", 0.710), model("Other", 0.5), model("U-Net", 0.715))
    assert headline(found).startswith("U-Net and FCN are level at the top, with a dataset mIoU near 0.7")
    text = told(found, "Best model")
    assert text.startswith("U-Net and FCN are level: less than 0.02 of dataset mIoU separates them, too little")
    assert "best model" not in text


def test_wins_are_counted_over_images_that_both_were_scored_on():
    found = results(
        model("A", 0.8, image_mean_iou=[0.9, 0.5, 0.7, None]), model("B", 0.7, image_mean_iou=[0.8, 0.6, 0.7, 0.1])
    )
    assert "A scores above B on 1 of 3 test images and below it on 1." in told(found, "Best model")
    found["models"][1]["image_mean_iou"] = [0.1]
    assert "test images" not in told(found, "Best model")


def test_every_model_beats_the_baseline():
    found = results(
        model("FCN", 0.215, iou=[0.6, 0.05, 0.0]),
        model("U-Net", 0.8, iou=[0.95, 0.8, 0.65]),
        iou=[0.6, 0.0, 0.0],
    )
    text = told(found, "Against the baseline")
    assert text == (
        "Every model beats predicting background everywhere (dataset mIoU 0.200): by 0.015 (FCN) at the least and by "
        "0.600 (U-Net) at the most. For FCN the gain is below 0.02, next to nothing. "
        "In IoU, U-Net gains +0.80 on circle, +0.65 on square and +0.35 on background."
    )


def test_a_model_worse_than_the_baseline_is_named():
    found = results(model("FCN", 0.15), model("U-Net", 0.8))
    assert told(found, "Against the baseline").startswith(
        "FCN (−0.050) does not beat predicting background everywhere (dataset mIoU 0.200)."
    )


def test_no_model_beats_the_baseline():
    found = results(model("FCN", 0.15, iou=[0.4, 0.0, 0.05]), model("U-Net", 0.2), iou=[0.6, 0.0, 0.0])
    assert headline(found) == (
        "No model beats predicting background everywhere (dataset mIoU 0.200): the best of them, U-Net, has 0.200."
    )
    assert told(found, "Against the baseline").startswith(
        "No model beats predicting background everywhere (dataset mIoU 0.200): U-Net (+0.000) and FCN (−0.050)."
    )
    alone = results(model("FCN", 0.15))
    assert headline(alone).endswith("everywhere (dataset mIoU 0.200): it has 0.150.")
    assert told(alone, "Against the baseline").startswith("FCN (−0.050) does not beat")


def test_missed_and_absent_classes():
    names = ("background", "circle", "square", "star", "moon")
    found = results(
        model("A", 0.3, iou=[0.9, 0.05, 0.3, 0.02, None]),
        model("B", 0.4, iou=[0.9, 0.08, 0.09, 0.5, None]),
        model("C", 0.5, iou=[0.9, 0.01, 0.04, 0.6, math.nan]),
        classes=names,
    )
    text = told(found, "Class by class")
    assert text == (
        "Every model misses circle (IoU below 0.1). C and B also miss square. A also misses star. "
        "Absent from truth and predictions, and so from every mean: moon."
    )


def test_the_hardest_class_when_none_is_missed():
    found = results(model("A", 0.5, iou=[0.9, 0.3, 0.6]), model("B", 0.6, iou=[0.8, 0.45, 0.0]))
    assert told(found, "Class by class") == (
        "No class is missed by every model; the hardest is circle, where the best IoU is 0.450 (B). "
        "B misses square (IoU below 0.1)."
    )


def test_pixel_accuracy_as_a_trap_and_as_the_same_story():
    found = results(
        model("FCN", 0.247, pixel_accuracy=0.877), model("U-Net", 0.836, pixel_accuracy=0.973), pixel_accuracy=0.88
    )
    assert told(found, "Pixel accuracy") == (
        "Pixel accuracy flatters: FCN gets 87.7% of the pixels right, but its dataset mIoU is 0.247. Predicting "
        "background everywhere already gets 88.0% right, which FCN does not reach. The models span 0.096 in pixel "
        "accuracy and 0.589 in dataset mIoU."
    )
    assert told(results(model("A", 0.8, pixel_accuracy=0.9)), "Pixel accuracy").startswith(
        "Pixel accuracy and dataset mIoU tell the same story here"
    )


def test_boundaries():
    found = results(model("A", 0.8, mean_boundary_iou=0.4), model("B", 0.7, mean_boundary_iou=0.5))
    assert told(found, "Outlines") == (
        "Outlines are harder than areas: A has a dataset mIoU of 0.800, a boundary IoU of 0.400. "
        "By boundary IoU B leads with 0.500, not A. From mIoU to boundary IoU, A loses most, 0.400."
    )
    assert told(results(model("A", 0.8, mean_boundary_iou=0.81)), "Outlines").startswith("A is as good at outlines")


@pytest.mark.parametrize(
    ("with_skips", "without", "start"),
    [
        (0.8, 0.6, "Skips buy 0.200 of dataset mIoU: U-Net has 0.800 with them and 0.600 without."),
        (0.8, 0.79, "Skips make no difference in dataset mIoU that one run could show"),
        (0.5, 0.6, "Skips cost 0.100 of dataset mIoU here"),
    ],
)
def test_what_skips_buy(with_skips, without, start):
    found = results(
        model("U-Net without skips", without, mean_boundary_iou=0.3, parameters=100),
        model("U-Net", with_skips, mean_boundary_iou=0.45, parameters=110),
    )
    text = told(found, "Skips")
    assert text.startswith(start)
    assert text.endswith(
        "At the outlines a skip adds 0.150 of boundary IoU. With skips, U-Net has 10% more parameters."
    )
    assert told(results(model("U-Net", 0.8)), "Skips") is None


@pytest.mark.parametrize(
    ("scores", "start"),
    [
        ((0.2, 0.5, 0.6), "Each finer fusion helps the FCN"),
        ((0.2, 0.5, 0.5), "Finer fusion helps the FCN in one step"),
        ((0.5, 0.4, 0.3), "Finer fusion does not help"),
    ],
)
def test_fcn_fusion(scores, start):
    names = ("FCN-32s", "FCN-16s", "FCN-8s")
    text = told(results(*(model(*pair) for pair in zip(names, scores, strict=True))), "FCN fusion")
    assert text.startswith(start) and f"FCN-32s {scores[0]:.3f}" in text


def test_image_and_dataset_miou():
    text = told(results(model("A", 0.8, image_mean_iou=[0.9, 0.5, None, 0.4])), "Image by image")
    assert text.startswith("Averaged over images, A has an mIoU of 0.600, 0.200 below its dataset mIoU. "
                           "Single images range from 0.400 to 0.900, with a median of 0.500.")  # fmt: skip


def test_costs():
    found = results(
        model("A", 0.8, parameters=1234567, seconds_to_train=36.64, ms_per_image=2.0),
        model("B", 0.5, parameters=10, seconds_to_train=1, ms_per_image=0.5),
    )
    assert told(found, "Cost") == (
        "A costs 1,234,567 parameters, 36.6 s of training and 2.00 ms per image. The fastest, B, needs 0.50 ms "
        "(A takes 4.0 times as long) and gives up 0.300 of dataset mIoU."
    )
    assert told(results(model("A", 0.8, parameters=12)), "Cost") == "A costs 12 parameters."


def test_missing_numbers_leave_their_sentence_out():
    assert findings(results(model("A", None), model("B", math.nan))) == [
        ("Best model", "No model has a dataset mIoU, so none can be called best.", "")
    ]
    assert headline(results(model("A", None))) == "No model has a dataset mIoU."
    assert conclusions(results(model("A", 0.5), baseline=None)) == [
        "A is the only model measured. Its dataset mIoU is 0.500."
    ]
    assert [m["name"] for m in ranked(results(model("A", None), model("B", 0.1), model("C", 0.2)))] == ["C", "B"]


def test_sentences_are_whole_on_full_results(shapes, street, cells):
    for found, _ in (shapes, street, cells):
        sentences = conclusions(found)
        assert len(sentences) == 9
        for sentence in sentences:
            assert sentence[0].isupper() and sentence.endswith(".")
            assert "nan" not in sentence.split() and "None" not in sentence and "  " not in sentence
