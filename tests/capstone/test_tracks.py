"""The three tracks: data, the form of an answer with its messages, and scores worked by hand."""

import numpy as np
import pytest

from seglab.capstone import TRACKS, check_answer, samples, score_answers
from seglab.errors import InputError
from seglab.metrics import mask_ap

STREET = np.full((64, 96), 2000, np.int32)


def instances(*numbers):
    """A map on which each number has a square of 3 x 3 pixels."""
    labels = np.zeros((64, 80), np.int32)
    for place, number in enumerate(numbers):
        labels[5:8, 5 * place : 5 * place + 3] = number
    return labels


def scores(*values):
    return np.array(values, np.float32)


@pytest.mark.parametrize("name", TRACKS)
def test_samples_have_the_size_of_the_track_and_their_truth_is_a_perfect_answer(name):
    images, truth = samples(name, 3, seed=5)
    assert images.shape == (3, *TRACKS[name].size, 3) and images.dtype == np.float32
    assert truth.shape == images.shape[:3] and truth.dtype == np.int32
    assert images.min() >= 0 and images.max() <= 1
    height, width = TRACKS[name].size
    assert height != width
    answers = [(each, np.ones(each.max())) for each in truth] if name == "cells" else list(truth)
    for each in answers:
        check_answer(name, each)
    assert score_answers(name, truth, answers) == pytest.approx(1)
    more, _ = samples(name, 4, seed=5)
    np.testing.assert_array_equal(more[:3], images)
    assert not np.array_equal(samples(name, 1, seed=6)[0][0], images[0])


@pytest.mark.parametrize("name", TRACKS)
def test_what_is_more_counts_more(name):
    _, truth = samples(name, 12)
    amounts = [TRACKS[name].amount(each) for each in truth]
    empty = {"cells": 0, "satellite": 0, "street": 2000}[name]
    assert len(set(amounts)) > 1 and min(amounts) > 0
    assert TRACKS[name].amount(np.full_like(truth[0], empty)) == 0


GOOD = [
    ("cells", (instances(), scores())),
    ("cells", (instances(1, 2, 3), scores(0, 0.5, 1))),
    ("cells", [instances(2, 1).astype("uint8"), scores(0.5, 0.5).astype("float64")]),
    ("satellite", np.full((64, 80), 2, np.uint8)),
    ("street", STREET),
    ("street", np.where(np.arange(96) < 3, 4001, STREET)),
    ("street", np.where(np.arange(96) < 3, 255000, STREET)),
]


@pytest.mark.parametrize(("name", "answer"), GOOD)
def test_good_answers_pass(name, answer):
    assert check_answer(name, answer) is None


class Odd(np.ndarray):
    """An array of a class that nobody knows."""


BAD = [
    ("cells", instances(1), r"the pair \(instances, scores\), got ndarray"),
    ("cells", (instances(1), scores(1), 3), "got 3 things"),
    ("cells", (instances(1), [1.0]), r"scores must be a NumPy array \(n,\) of floats"),
    ("cells", (instances(1), np.array([1])), "of floats"),
    ("cells", (instances(1), scores(np.nan)), r"finite and lie in \[0, 1\]"),
    ("cells", (instances(1), scores(1.5)), r"finite and lie in \[0, 1\]"),
    ("cells", (instances(-1, 1), scores(1)), "at least 0, got -1: 0 is no cell, cells count from 1"),
    ("cells", (instances(1, 3), scores(1, 1)), "numbered 1 to 2, .* got 2 numbers up to 3"),
    ("cells", (instances(1), scores(1, 1)), "numbered 1 to 2, .* got 1 numbers up to 1"),
    ("cells", (instances(1).astype(float), scores(1)), "integers, got float64"),
    ("cells", (instances(1).T, scores(1)), r"shape \(64, 80\), got \(80, 64\): rows come first"),
    ("cells", (instances(1), np.ones(501)), "up to 500 cells, got 501"),
    ("satellite", np.zeros((64, 80), np.float32), "take argmax"),
    ("satellite", np.zeros((64, 80), bool), "integers, got bool"),
    ("satellite", np.zeros((64, 80, 3), int), r"got \(64, 80, 3\): one number per pixel"),
    ("satellite", np.zeros((64, 80), int).tolist(), "a NumPy array, got list"),
    ("satellite", np.zeros((64, 80), int).view(Odd), "a NumPy array, got Odd"),
    ("satellite", None, "a NumPy array, got NoneType"),
    ("satellite", np.full((64, 80), 3), r"lie in \[0, 3\), got values from 3 to 3: 0 land, 1 built, 2 water"),
    ("satellite", np.full((64, 80), -1), "got values from -1 to -1"),
    ("street", np.full((64, 96), 4), "stuff has instance 0, got id 4: road"),
    ("street", np.full((64, 96), 4000), "instances of a thing count from 1, got id 4000"),
    ("street", np.full((64, 96), 6000), "category below 6, or 255000 for void, got 6000"),
    ("street", np.full((64, 96), -5), "got -5"),
    ("street", 4001 + np.arange(64 * 96).reshape(64, 96) % 900, "up to 500 segments, got 900"),
    ("boats", STREET, "TRACK must be one of 'cells', 'satellite', 'street', got 'boats'"),
    (None, STREET, "got 'None'"),
]


@pytest.mark.parametrize(("name", "answer", "message"), BAD)
def test_bad_answers_are_told_what_is_wrong_in_one_line(name, answer, message):
    with pytest.raises(InputError, match=message) as caught:
        check_answer(name, answer)
    assert "\n" not in str(caught.value)


def test_iou_of_built_adds_up_all_images():
    truth = np.zeros((2, 64, 80), np.int32)
    answers = [truth[0].copy(), truth[1].copy()]
    truth[0, 0, :4], answers[0][0, 2:10] = 1, 1  # 2 of 4 found, 8 claimed: 2 / 10
    truth[1, 0, :2], answers[1][0, :2] = 1, 1  # 2 / 2
    truth[1, 5, :], answers[1][6, :] = 2, 2  # water does not count
    assert score_answers("satellite", truth, answers) == 4 / 12


def test_ap_ranks_by_score():
    """One cell, one right and one wrong answer: AP is 1 where the right one is surer, 1/2 where the wrong one is."""
    truth = instances(1)[None]
    found = instances(1, 2)
    assert score_answers("cells", truth, [(found, scores(0.9, 0.1))]) == 1
    assert score_answers("cells", truth, [(found, scores(0.1, 0.9))]) == 0.5
    assert score_answers("cells", truth, [(instances(), scores())]) == 0
    single = {"masks": found == np.arange(1, 3)[:, None, None], "classes": [0, 0], "scores": [0.1, 0.9]}
    assert mask_ap([{"masks": truth == 1, "classes": [0]}], [single], num_classes=1).ap == 0.5


def test_pq_is_the_mean_over_the_classes():
    truth = np.where(np.arange(96) < 48, 4001, STREET)[None]
    answer = np.where(np.arange(96) < 32, 4001, STREET)  # car: IoU 2/3; sky: 48 / 64 = 3/4
    assert score_answers("street", truth, [answer]) == pytest.approx((2 / 3 + 3 / 4) / 2)
