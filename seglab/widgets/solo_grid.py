"""SOLO grid: objects to drag over S x S cells, the cells that each of them owns, and the objects that lose theirs."""

import numpy as np
import traitlets

from seglab.errors import InputError
from seglab.labels import class_colors
from seglab.widgets.base import Demo
from seglab.widgets.iou_playground import cropped, rasterize
from seglab.widgets.stride_explorer import drawn_shapes

CELLS = (2, 40)
WIDEST_REGION = 0.6
MOST_OBJECTS = 26
_SIZE = (96, 128)
# From back to front: a person in front of the middle of a car, a small disc in a ring, two discs side by side.
_SCENE = (
    ("car", [50, 10, 27, 54]),
    ("person", [46, 32, 40, 16]),
    ("ring", [12, 78, 38, 38]),
    ("disc", [24, 90, 14, 14]),
    ("disc", [64, 84, 18, 18]),
    ("disc", [66, 104, 18, 18]),
    ("triangle", [8, 20, 22, 22]),
)


class SoloGrid(Demo):
    """Which cells of SOLO's grids predict which object: those that the middle region of the object touches.

    The region lies around the center of mass of what is visible of an object; objects later in the list stand in front.
    Its sides are `center` times those of the object's box, and it reaches at most one cell beyond the cell of the
    center. A cell draws one mask: where several objects claim it, the smallest gets it. Of two grids the fine one takes
    the objects below `limit`, one with half as many rows the others.

    Args:
        masks: Bool array `(N, H, W)`, your own objects, none of them empty; `None` for a drawn scene.
        cells: S, the rows and columns of the (fine) grid, from 2 to 40.
        center: Sides of the middle region as a part of the object's, from 0 to 0.6.
        two_grids: Whether large objects have a grid of their own.
        limit: Square root of the area in pixels from which on an object is large; `None` for halfway between the
            smallest and the largest.

    Raises:
        InputError: If an argument is not as described.

    Example:
        >>> demo = SoloGrid(cells=5)
        >>> demo.scores()["lost"]
        2
        >>> demo.two_grids = True
        >>> demo.scores()["lost"]
        0
    """

    title = "SOLO grid"
    borrows = ("iou_playground_masks.js", "iou_playground_drawing.js")

    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    shapes = traitlets.List().tag(sync=True)
    boxes = traitlets.List().tag(sync=True)
    cells = traitlets.Int().tag(sync=True)
    center = traitlets.Float().tag(sync=True)
    two_grids = traitlets.Bool().tag(sync=True)
    limit = traitlets.Int().tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)
    colors = traitlets.List().tag(sync=True)
    numbers = traitlets.Dict().tag(sync=True)

    def __init__(self, masks=None, *, cells=5, center=0.2, two_grids=False, limit=None):
        height, width = _SIZE
        if masks is None:
            drawn = drawn_shapes()
            shapes, boxes = zip(*((drawn[name], list(box)) for name, box in _SCENE), strict=True)
        else:
            masks = _checked_masks(masks)
            height, width = masks.shape[1:]
            shapes, boxes = zip(*(cropped("masks", mask) for mask in masks), strict=True)
        super().__init__(
            height=height,
            width=width,
            shapes=list(shapes),
            boxes=list(boxes),
            cells=cells,
            center=center,
            two_grids=two_grids,
            colors=class_colors(len(shapes) + 1)[1:].tolist(),
        )
        if limit is None:
            sides = [np.sqrt(area) for area in self.visible().sum(axis=(1, 2)) if area]
            limit = round((min(sides) + max(sides)) / 2)
        self.limit = limit
        self.numbers = self.scores()

    @traitlets.validate("cells")
    def _check_cells(self, proposal):
        if not CELLS[0] <= proposal.value <= CELLS[1]:
            raise InputError(f"cells must be a whole number from {CELLS[0]} to {CELLS[1]}, got {proposal.value}.")
        return proposal.value

    @traitlets.validate("center")
    def _check_center(self, proposal):
        if not 0 <= proposal.value <= WIDEST_REGION:
            raise InputError(f"center must lie in [0, {WIDEST_REGION}], got {proposal.value}.")
        return proposal.value

    @traitlets.validate("selected")
    def _check_selected(self, proposal):
        if not 0 <= proposal.value < len(self.shapes):
            raise InputError(f"selected must lie in [0, {len(self.shapes)}), got {proposal.value}.")
        return proposal.value

    def visible(self):
        """Return the visible pixels of each object, bool `(N, H, W)`: those in front hide those behind."""
        masks = np.zeros((len(self.shapes), self.height, self.width), bool)
        for number, (shape, box) in enumerate(zip(self.shapes, self.boxes, strict=True)):
            masks[:, mask := rasterize(shape, box, self.height, self.width)] = False
            masks[number] = mask
        return masks

    def grids(self):
        """Return the grids as `(cells, smallest, largest)`: square roots of areas, the lower limit included."""
        if not self.two_grids:
            return [(self.cells, 0, np.inf)]
        return [(self.cells, 0, self.limit), ((self.cells + 1) // 2, self.limit, np.inf)]

    def claims(self, grids=None):
        """Find in Python the cells that each object claims.

        Args:
            grids: List as `grids()` gives it; `None` for the grids of the demo.

        Returns:
            List of bool arrays `(N, S, S)`, one per grid.

        Example:
            >>> mask = np.zeros((1, 10, 10), bool)
            >>> mask[0, 0:4, 2:8] = True  # center of mass at row 2, column 5
            >>> SoloGrid(mask, cells=2, center=0).claims()[0][0].astype(int)
            array([[0, 1],
                   [0, 0]])
        """
        masks, found = self.visible(), []
        for cells, smallest, largest in self.grids() if grids is None else grids:
            claimed = np.zeros((len(masks), cells, cells), bool)
            for number, mask in enumerate(masks):
                if mask.any() and smallest**2 <= mask.sum() < largest**2:
                    rows, cols = (self._touched(mask.any(axis=axis), mask.sum(axis=axis), cells) for axis in (1, 0))
                    claimed[number, rows, cols] = True
            found.append(claimed)
        return found

    def _touched(self, filled, counts, cells):
        """Slice of the cells along one axis that the middle region touches; see `seglab.models.solo.loss`."""
        side, place = len(counts), np.arange(len(counts)) + 0.5
        middle = (counts * place).sum() / counts.sum()
        reach = self.center * (np.flatnonzero(filled)[-1] + 1 - np.flatnonzero(filled)[0]) / 2
        own = int(middle / side * cells)
        first = max(int(np.floor((middle - reach) / side * cells)), own - 1, 0)
        last = min(int(np.floor((middle + reach) / side * cells)), own + 1, cells - 1)
        return slice(first, last + 1)

    def owners(self, grids=None):
        """Find in Python the object of each cell: of those that claim it the smallest.

        Args:
            grids: As for `claims`.

        Returns:
            List of int arrays `(S, S)`, one per grid; -1 where there is none.
        """
        areas = self.visible().sum(axis=(1, 2))
        found = []
        for claimed in self.claims(grids):
            size = np.where(claimed, areas[:, None, None], np.inf)
            found.append(np.where(claimed.any(axis=0), size.argmin(axis=0), -1))
        return found

    def scores(self, grids=None):
        """Count in Python what the demo counts in the browser.

        Args:
            grids: As for `claims`.

        Returns:
            Dict of `objects` (those that are visible), `owned` and `contested` cells of all grids, and `lost`: objects
            without a cell.
        """
        claims, owners = self.claims(grids), self.owners(grids)
        kept = {int(one) for grid in owners for one in np.unique(grid) if one >= 0}
        objects = int(self.visible().any(axis=(1, 2)).sum())
        return {
            "objects": objects,
            "owned": int(sum(np.sum(grid >= 0) for grid in owners)),
            "contested": int(sum(np.sum(claimed.sum(axis=0) > 1) for claimed in claims)),
            "lost": objects - len(kept),
        }

    def describe(self):
        """Return the grids and the fate of the objects in words."""
        scores = self.scores()
        grids = " and ".join(f"{cells} x {cells}" for cells, _, _ in self.grids())
        return (
            f"{scores['objects']} objects on {self.height} x {self.width} pixels over a grid of {grids} cells: "
            f"{scores['owned']} cells own an object, {scores['contested']} are claimed by more than one, and "
            f"{scores['lost']} objects are left without a cell."
        )

    def static(self):
        """Return the objects, and the cells that own them on this grid and on one twice as fine, as a figure."""
        from seglab.widgets.solo_grid_picture import picture

        return picture(self)


def _checked_masks(masks):
    masks = np.asarray(masks)
    if masks.dtype != bool or masks.ndim != 3:
        raise InputError(f"masks must be bool of shape (N, H, W), got {masks.dtype} {masks.shape}.")
    if not 1 <= len(masks) <= MOST_OBJECTS or not masks.any(axis=(1, 2)).all():
        raise InputError(f"masks must hold 1 to {MOST_OBJECTS} objects, none of them empty, got {len(masks)}.")
    return masks
