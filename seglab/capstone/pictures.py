"""Answers and truths of the capstone as pictures, each track in the way it is usually shown."""

import numpy as np

from seglab.capstone.tracks import track_of
from seglab.datasets.satellite import SATELLITE
from seglab.datasets.streets import STREETS
from seglab.visualization import show_instances, show_labels, show_panoptic
from seglab.visualization.overlay import legend_handles

CLASSES = {"satellite": SATELLITE, "street": STREETS}


def show_answer(name, image, answer, *, title=None, ax=None):
    """Draw what belongs to one image of a track.

    Args:
        name: Name of the track.
        image: float32 array `(H, W, 3)` in [0, 1].
        answer: What `predict` returned, or the truth as `seglab.capstone.samples` gives it.
        title: Title of the picture; `None` for none.
        ax: Matplotlib axes; a figure of its own if `None`.

    Returns:
        The `AxesImage`.

    Raises:
        InputError: If there is no such track.

    Example:
        >>> from seglab.capstone import samples
        >>> images, truth = samples("satellite", 1)
        >>> show_answer("satellite", images[0], truth[0]).get_array().shape[:2]
        (64, 80)
    """
    track_of(name)
    if name == "satellite":
        return show_labels(answer, CLASSES[name], legend=False, title=title, ax=ax)
    if name == "street":
        return show_panoptic(answer, CLASSES[name], image=image, legend=False, title=title, ax=ax)
    instances = answer if isinstance(answer, np.ndarray) else answer[0]
    masks = instances == np.arange(1, instances.max() + 1)[:, None, None]
    found = {"masks": masks, "classes": np.zeros(len(masks), int)}
    return show_instances(image, found, ("cell",), names=False, title=title, ax=ax)


def add_legend(name, figure):
    """Name the colors of a track under a figure; cells have one color and need no names.

    Args:
        name: Name of the track.
        figure: Matplotlib figure.

    Raises:
        InputError: If there is no such track.
    """
    track_of(name)
    if name in CLASSES:
        handles = legend_handles(CLASSES[name])
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
