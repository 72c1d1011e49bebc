"""Image, truth and each model's labels side by side, with that image's mIoU beneath each prediction."""

import numpy as np

from seglab.errors import InputError
from seglab.labels import colorize
from seglab.metrics import confusion_matrix, mean_iou
from seglab.visualization.canvas import bare
from seglab.visualization.overlay import as_image, class_names, legend_handles


def image_scores(labels, predictions, num_classes, *, ignore_class=None):
    """Compute the mIoU of each image under each model, over the classes that the image or the prediction holds.

    Args:
        labels: Integer array `(N, H, W)`, the ground truth.
        predictions: Integer array `(M, N, H, W)`, one stack per model.
        num_classes: Number of classes `K`.
        ignore_class: Label in `labels` whose pixels are not counted; `None` if there are none.

    Returns:
        Float array `(M, N)`; `nan` where an image has no counted pixel.

    Example:
        >>> truth = np.array([[[0, 0, 1, 1]]])
        >>> image_scores(truth, np.array([truth, 0 * truth]), 2)
        array([[1.  ],
               [0.25]])
    """
    return np.array(
        [
            [
                mean_iou(confusion_matrix(truth, found, num_classes, ignore_class=ignore_class))
                for truth, found in zip(labels, stack, strict=True)
            ]
            for stack in predictions
        ],
        float,
    ).reshape(len(predictions), len(labels))


def pick_cases(scores, count=8):
    """Choose images that span the scores: the best, the median, the worst, and others evenly between.

    Args:
        scores: Float sequence `(N,)`, one score per image; images with `nan` are passed over.
        count: Number of images wanted.

    Returns:
        List of `(index, name)` from best to worst; `name` is "best", "median", "worst" or "".

    Example:
        >>> pick_cases([0.2, 0.9, 0.5, 0.7, 0.6], 3)
        [(1, 'best'), (4, 'median'), (0, 'worst')]
    """
    scores = np.asarray(scores, float)
    ranked = [int(i) for i in np.argsort(-np.nan_to_num(scores, nan=-1), kind="stable") if np.isfinite(scores[i])]
    if not ranked or count < 1:
        return []
    middle, last = (len(ranked) - 1) // 2, len(ranked) - 1
    places = {0, middle, last} if count >= 3 else set(list({0: None, last: None})[:count])
    for place in np.linspace(0, last, min(count, len(ranked))).round().astype(int).tolist() + list(range(len(ranked))):
        if len(places) >= min(count, len(ranked)):
            break
        places.add(place)
    names = {middle: "median", last: "worst", 0: "best"} if len(ranked) > 2 else {last: "worst", 0: "best"}
    return [(ranked[place], names.get(place, "") if len(ranked) > 1 else "") for place in sorted(places)]


def show_gallery(images, labels, predictions, names, classes, *, ignore_class=None, captions=None, title=None):
    """Draw one row per image: the image, its truth, and each model's labels with that image's mIoU beneath.

    Args:
        images: Array `(N, H, W, 3)`, float in [0, 1] or uint8.
        labels: Integer array `(N, H, W)`, the ground truth.
        predictions: Integer array `(M, N, H, W)`, one stack per model.
        names: The `M` model names.
        classes: The `K` class names in index order; one name alone is the foreground of a binary task.
        ignore_class: Label in `labels` whose pixels are not counted, drawn white; `None` if there are none.
        captions: `N` words written left of the rows; `None` for none.
        title: The claim that the picture supports; `None` for none.

    Returns:
        The `Figure`, which pyplot does not know.

    Raises:
        InputError: If the numbers of images, labels, predictions or names do not fit together, or are zero.

    Example:
        >>> truth = np.zeros((2, 8, 8), int)
        >>> figure = show_gallery(np.ones((2, 8, 8, 3)), truth, truth[None], ["U-Net"], ["background", "cell"])
        >>> figure.axes[2].get_xlabel()
        'mIoU 1.000'
    """
    from matplotlib.figure import Figure

    labels, predictions = np.asarray(labels), np.asarray(predictions)
    check_gallery(images, labels, predictions, names)
    if len(labels) == 0:
        raise InputError("images must hold at least one image, got none")
    kinds = class_names(classes)
    scores = image_scores(labels, predictions, len(kinds), ignore_class=ignore_class)
    columns = 2 + len(names)
    height, width = labels.shape[1:]
    size = 1.5
    figure = Figure(figsize=(size * columns, size * len(labels) * height / width + 0.26 * len(labels) + 0.8))
    figure.set_layout_engine("constrained", h_pad=0.02, w_pad=0.03)
    grid = figure.subplots(len(labels), columns, squeeze=False)
    for row, cells in enumerate(grid):
        pictures = [as_image(images[row])]
        pictures += [
            colorize(stack, len(kinds), ignore_class=ignore_class) for stack in (labels[row], *predictions[:, row])
        ]
        for ax, picture in zip(cells, pictures, strict=True):
            ax.imshow(picture, interpolation="nearest")
            bare(ax)
        for ax, score in zip(cells[2:], scores[:, row], strict=True):
            ax.set_xlabel(f"mIoU {score:.3f}" if np.isfinite(score) else "mIoU n/a", fontsize="small", labelpad=2)
        if captions is not None:
            cells[0].set_ylabel(captions[row])
    for ax, name in zip(grid[0], ("image", "truth", *names), strict=True):
        ax.set_title(name, fontsize="medium")
    ignored = ignore_class is not None and bool((labels == ignore_class).any())
    handles = legend_handles(kinds, ignored=ignored)
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 2 * columns), frameon=False)
    if title is not None:
        figure.suptitle(title, x=0.01, ha="left")
    return figure


def check_gallery(images, labels, predictions, names):
    """Check that a gallery's parts fit together.

    Args:
        images: Array `(N, H, W, 3)`.
        labels: Integer array `(N, H, W)`.
        predictions: Integer array `(M, N, H, W)`.
        names: The `M` model names.

    Raises:
        InputError: If shapes do not agree, with the shapes that arrived.

    Example:
        >>> check_gallery(np.ones((1, 2, 2, 3)), np.ones((1, 2, 2)), np.ones((1, 1, 2, 2)), ["U-Net"])
    """
    images, labels, predictions = np.asarray(images), np.asarray(labels), np.asarray(predictions)
    if labels.ndim != 3 or images.shape[:3] != labels.shape:
        raise InputError(f"images (N, H, W, 3) and labels (N, H, W) must agree, got {images.shape} and {labels.shape}")
    if predictions.shape != (len(names), *labels.shape):
        raise InputError(
            f"predictions must have shape {(len(names), *labels.shape)} (models, N, H, W), got {predictions.shape}"
        )
