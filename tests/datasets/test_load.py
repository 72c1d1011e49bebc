"""`load` by name: what comes back, and what it says when the name or an option is wrong."""

import subprocess
import sys

import numpy as np
import pytest

from seglab.datasets import load, satellite, synthetic, vessels
from seglab.errors import InputError


@pytest.mark.parametrize(("split", "count"), [("train", 320), ("val", 96), ("test", 96)])
def test_shapes(split, count):
    data = load("shapes", split=split, seed=3)
    assert (len(data), data.size, data.num_classes, data.ignore_class) == (count, (64, 64), 4, None)
    image, labels = data[5]
    images, truth = synthetic.shapes(6, seed=3, split=split)
    np.testing.assert_array_equal(image, images[5])
    np.testing.assert_array_equal(labels, truth[5])


def test_cells_are_one_class():
    data = load("cells", split="val", count=3, size=(48, 80))
    assert data.classes == ("background", "cell")
    _, instances = synthetic.cells(3, size=(48, 80), split="val")
    np.testing.assert_array_equal(data[2][1], instances[2] > 0)
    assert data.name(2) == "cells-val-2"


def test_vessels():
    data = load("vessels", split="test", count=4, seed=2)
    assert (len(data), data.classes, data.num_classes) == (4, ("background", "vessel"), 2)
    np.testing.assert_array_equal(data[3][1], vessels.vessels(4, seed=2, split="test")[1][3])


def test_satellite():
    data = load("satellite", split="val", count=4, seed=2)
    assert (len(data), data.classes, data.num_classes) == (4, ("land", "built", "water"), 3)
    np.testing.assert_array_equal(data[3][1], satellite.satellite(4, seed=2, split="val")[1][3])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "shape",
            r"data set 'shape' is not known; known are shapes, cells, vessels, satellite, folder:PATH and tfds:NAME\. "
            r"Did you mean shapes\?",
        ),
        ("folder", r"Did you mean folder:PATH\?"),
        ("zzz", r"satellite, folder:PATH and tfds:NAME\.$"),
        ("folder:", "is not known"),
        ("tfds", r"Did you mean tfds:NAME\?"),
        (None, "data set 'None' is not known"),
    ],
)
def test_unknown(spec, message):
    with pytest.raises(InputError, match=message):
        load(spec)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "validation"}, "split must be one of train, val, test, got 'validation'"),
        ({"count": 0}, "count must be an integer of at least 1 or None, got 0"),
        ({"count": 2.5}, "count must be"),
        ({"size": 8}, "size must be"),
        ({"seed": -3}, "seed must be"),
        ({"batch": 0}, "batch must be"),
        ({"labels": "x"}, "labels, kind, ignore and border are for folder:PATH and tfds:NAME, not for 'shapes'"),
        ({"ignore": 255}, "are for folder:PATH"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError, match=message) as caught:
        load("shapes", **options)
    assert "\n" not in str(caught.value)


def test_import_and_items_need_no_tensorflow():
    program = "import sys; from seglab.datasets import load; load('shapes')[0]; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
