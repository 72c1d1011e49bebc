"""Objects over their image: one outline each, and the names and scores of what was found."""

import numpy as np

from seglab.errors import InputError
from seglab.labels import class_colors, decode_panoptic
from seglab.visualization.canvas import axes_or_new, bare, set_title
from seglab.visualization.overlay import add_legend, as_image, legend_handles

_LINE_STYLES = ("-", "--", ":", "-.")


def show_instances(image, found, classes, *, alpha=0.35, names=True, legend=False, title=None, ax=None):
    """Draw objects: tinted in the color of their class, each with an outline of its own lightness.

    Args:
        image: Array (H, W, 3) or (H, W), float in [0, 1] or uint8.
        found: Dict of `masks` bool (n, H, W), `classes` int (n,), and optional `scores` float (n,).
        classes: Names of the object classes, background not among them.
        alpha: Opacity of the tint in [0, 1].
        names: Whether each object is marked with the name of its class and its score.
        legend: Whether to name the colors under the picture.
        title: The claim that the picture supports; `None` leaves the title alone.
        ax: Matplotlib axes; `None` draws in a figure of its own.

    Returns:
        The `AxesImage`.

    Raises:
        InputError: If masks and image differ in size, or a class has no name.

    Example:
        >>> found = {"masks": np.eye(4, dtype=bool)[None], "classes": [0], "scores": [0.9]}
        >>> ax = show_instances(np.ones((4, 4, 3)), found, ["line"]).axes
        >>> ax.texts[0].get_text()
        'line .90'
    """
    image, masks = as_image(image), np.asarray(found["masks"], bool)
    labels = np.asarray(found["classes"], int)
    if masks.shape != (len(labels), *image.shape[:2]):
        raise InputError(f"masks must have shape {(len(labels), *image.shape[:2])}, got {masks.shape}.")
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(classes):
        raise InputError(f"classes must lie in [0, {len(classes)}), got {labels.min()} to {labels.max()}.")
    all_names = ("background", *classes)
    colors = class_colors(len(all_names))[1:] / np.float32(255)
    picture = image.copy()
    for mask, label in zip(masks, labels, strict=True):
        picture[mask] += alpha * (colors[label] - picture[mask])
    ax = axes_or_new(ax, (4, 4.4))
    artist = ax.imshow(picture, interpolation="nearest")
    scores = found.get("scores")
    for number, (mask, label) in enumerate(zip(masks, labels, strict=True)):
        if not mask.any():
            continue
        # Neighbors of one class differ by their line, so that it is seen where one ends and the next begins.
        style = _LINE_STYLES[number % len(_LINE_STYLES)]
        # The first sample of the padded mask stands one pixel before the image, the last one pixel behind it.
        edges = (-1, mask.shape[1], -1, mask.shape[0])
        line = {"colors": [colors[label] * 0.75], "linewidths": 1.4, "linestyles": [style]}
        ax.contour(np.pad(mask, 1), [0.5], extent=edges, **line)
        if names:
            row = int(np.flatnonzero(mask.any(axis=1))[0])
            col = int(np.median(np.flatnonzero(mask[row])))
            text = classes[label] if scores is None else f"{classes[label]} {scores[number]:.2f}".replace(" 0.", " .")
            box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
            ax.text(col, row, text, fontsize=6, ha="center", va="bottom", bbox=box, clip_on=True)
    bare(ax)
    set_title(ax, title)
    ax.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
    if legend:
        add_legend(ax, legend_handles(all_names)[1:])
    return artist


def show_panoptic(panoptic, classes, *, image=None, alpha=0.55, legend=True, title=None, ax=None):
    """Draw a panoptic map: classes by color, objects of a class by lightness and a white line between segments.

    Args:
        panoptic: Integer array (H, W), `category * 1000 + instance`; category 255 is void and stays white.
        classes: The `K` class names in index order.
        image: Array (H, W, 3) or (H, W) to lay the colors over; the colors alone if `None`.
        alpha: Opacity of the colors over an image.
        legend: Whether to name the colors under the picture.
        title: The claim that the picture supports; `None` leaves the title alone.
        ax: Matplotlib axes; `None` draws in a figure of its own.

    Returns:
        The `AxesImage`.

    Raises:
        InputError: If a category is neither a class nor void.

    Example:
        >>> show_panoptic(np.array([[0, 1001, 1002, 255000]]), ["sky", "car"]).get_array().shape
        (1, 4, 3)
    """
    categories, instances = decode_panoptic(panoptic)
    void = categories == 255
    if (categories[~void] >= len(classes)).any():
        raise InputError(f"categories must lie in [0, {len(classes)}) or be 255, got {categories[~void].max()}.")
    colors = class_colors(len(classes)).astype(np.float32) / 255
    picture = colors[np.where(void, 0, categories)]
    shade = np.array([0.0, 0.45, -0.35, 0.2, -0.18], np.float32)[np.where(instances > 0, (instances - 1) % 5, 0)]
    toward = np.where(shade[..., None] > 0, 1.0, 0.0)  # lighter or darker
    picture = picture + np.abs(shade)[..., None] * (toward - picture)
    if image is not None:
        picture = as_image(image) * (1 - alpha) + picture * alpha
    picture[void] = 1.0
    edges = np.zeros(void.shape, bool)
    edges[:, :-1] |= (panoptic[:, :-1] != panoptic[:, 1:]) & (instances[:, :-1] + instances[:, 1:] > 0)
    edges[:-1] |= (panoptic[:-1] != panoptic[1:]) & (instances[:-1] + instances[1:] > 0)
    picture[edges] = 1.0
    ax = axes_or_new(ax, (4, 4.4))
    artist = ax.imshow(picture, interpolation="nearest")
    bare(ax)
    set_title(ax, title)
    if legend:
        add_legend(ax, legend_handles(classes))
    return artist
