"""Pictures of truths and answers: one per track, and the names of its colors."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from seglab.capstone import TRACKS, samples
from seglab.capstone.pictures import add_legend, show_answer
from seglab.errors import InputError


@pytest.mark.parametrize("name", TRACKS)
def test_truth_and_answer_are_drawn_alike(name):
    images, truth = samples(name, 1, seed=3)
    answer = (truth[0], np.ones(truth[0].max())) if name == "cells" else truth[0]
    _, axes = plt.subplots(1, 2)
    drawn = [
        show_answer(name, images[0], each, title="t", ax=ax) for each, ax in zip((truth[0], answer), axes, strict=True)
    ]
    np.testing.assert_array_equal(*(artist.get_array() for artist in drawn))
    assert drawn[0].get_array().shape[:2] == TRACKS[name].size
    assert len(axes[0].collections) == len(axes[1].collections)
    plt.close("all")


@pytest.mark.parametrize(("name", "words"), [("cells", None), ("satellite", "land built water"), ("street", "road")])
def test_colors_have_names_where_there_are_several(name, words):
    figure = plt.figure()
    add_legend(name, figure)
    found = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert found == [] if words is None else " ".join(found).startswith(words)
    plt.close(figure)


def test_unknown_tracks_have_no_picture():
    with pytest.raises(InputError, match="TRACK must be one of"):
        show_answer("boats", np.zeros((4, 4, 3)), np.zeros((4, 4), int))
    with pytest.raises(InputError, match="TRACK must be one of"):
        add_legend("boats", None)
