"""Demos that must compute in Python: sliders, a picture drawn by Matplotlib, a strip of pictures without a kernel.

What an array library computes cannot follow the pointer as JavaScript does (see `base`): a change of a slider travels
to the kernel, and a new picture travels back. Changes that arrive while one waits are drawn together.
"""

import asyncio
import base64
import html
import io
from pathlib import Path

import ipywidgets

from seglab.errors import InputError
from seglab.widgets.base import data_url

DPI = 100
WAIT = 0.03  # seconds that a change waits for others before the picture is drawn

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  body {{ margin: 0 auto; padding: 12px; max-width: 1000px; font: 16px/1.5 system-ui, sans-serif; }}
  img {{ max-width: 100%; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{words}</p>
<img alt="{alt}" src="{picture}">
</main>
</body>
</html>
"""


class ComputedDemo(ipywidgets.VBox):
    """Base of the demos that Python draws; a subclass gives the four things below and `title`.

    - `make_controls()` returns a dict from each argument of `draw` to an ipywidgets widget with a `value` and a
      `description`.
    - `draw(figure, **values)` fills an empty Matplotlib figure, or a part of one, for one value of every control.
    - `strip` is a list of dicts of values: the pictures for who reads without a kernel. A control that a dict leaves
      out keeps its present value.
    - `describe()` says in words what the demo shows now; the text stands under the picture, as a status message.

    Attributes:
        title: Name of the demo, the title of its page and its name for screen readers.
        figsize: Width and height of one picture in inches.
        strip: Values of the pictures of the strip.
        strip_columns: Pictures of the strip that stand side by side.
        controls: Dict of the widgets that `make_controls` returned.

    Args:
        **values: Values to start with, by the names of the controls; the others start where `make_controls` puts them.

    Raises:
        InputError: If there is no control of a name, or it cannot take the value.

    Example:
        >>> class Line(ComputedDemo):
        ...     title = "Line"
        ...     strip = [{"slope": 0}, {"slope": 2}]
        ...     def make_controls(self):
        ...         return {"slope": ipywidgets.IntSlider(1, -3, 3, description="slope")}
        ...     def draw(self, figure, slope):
        ...         figure.add_subplot().plot([0, 1], [0, slope])
        ...     def describe(self):
        ...         return f"A line of slope {self.values['slope']}."
        >>> demo = Line(slope=3)
        >>> demo.values, demo.describe()
        ({'slope': 3}, 'A line of slope 3.')
        >>> len(demo.static().subfigs)
        2
    """

    title = "Demo"
    figsize = (7.0, 3.5)
    strip = ()
    strip_columns = 1

    # ipywidgets 7 displays by itself, without a picture, where this method is found.
    _ipython_display_ = None

    def __init__(self, **values):
        self.controls = self.make_controls()
        for name, value in values.items():
            _set(self.controls, name, value)
        width = f"{round(self.figsize[0] * DPI)}px"
        self._picture = ipywidgets.Image(format="png", layout={"max_width": "100%", "width": width})
        self._words = ipywidgets.HTML()
        self._waiting = None
        for control in self.controls.values():
            control.style.description_width = "initial"
            control.layout.width = "min(100%, 28em)"
            control.observe(self._later, "value")
        super().__init__([*self.controls.values(), self._picture, self._words])
        self.redraw()

    def make_controls(self):
        """Return a dict of ipywidgets widgets, by the names of the arguments of `draw`."""
        raise NotImplementedError

    def draw(self, figure, **values):
        """Draw one picture.

        Args:
            figure: Empty Matplotlib `Figure` or `SubFigure`; its `suptitle` is taken in the strip.
            **values: One value per control.
        """
        raise NotImplementedError

    def describe(self):
        """Return what the demo shows now, in one or two sentences: the text for who cannot see the picture."""
        raise NotImplementedError

    @property
    def values(self):
        """Dict of the present values of the controls."""
        return {name: control.value for name, control in self.controls.items()}

    def redraw(self):
        """Draw the present values now, without waiting for further changes."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        figure = _figure(self.figsize)
        self.draw(figure, **self.values)
        self._picture.value = _png(figure)
        self._words.value = f'<div role="status" aria-label="{html.escape(self.title)}">{self._said()}</div>'

    def static(self):
        """Return the pictures of `strip` as one Matplotlib figure: what a page without a kernel shows.

        Returns:
            A `matplotlib.figure.Figure` with one part per dict of `strip`, titled by its values.
        """
        pictures = [{**self.values, **values} for values in self.strip] or [self.values]
        columns = min(self.strip_columns, len(pictures))
        rows = -(-len(pictures) // columns)
        figure = _figure((self.figsize[0] * columns, (self.figsize[1] + 0.35) * rows))
        parts = figure.subfigures(rows, columns, squeeze=False).ravel()
        shown = self.strip or [self.values]
        for part, values, named in zip(parts, pictures, shown, strict=False):
            self.draw(part, **values)
            part.suptitle(self._caption(named), fontsize=13, fontweight="bold")
        return figure

    def to_html(self, path=None):
        """Return the strip and the description as one page that needs no notebook, no kernel and no network.

        Args:
            path: File to write the page to; `None` writes none.

        Returns:
            The page as a string.
        """
        words = html.escape(self.describe())
        page = _PAGE.format(
            title=html.escape(self.title), words=words, alt=words, picture=data_url(_png(self.static()))
        )
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    def _caption(self, values):
        return ", ".join(f"{self.controls[name].description} = {value}" for name, value in values.items())

    def _said(self):
        return html.escape(self.describe())

    def _later(self, _change):
        """Draw soon: changes that follow each other closely give one picture."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.redraw()  # a plain Python process has nothing to wait with
            return
        if self._waiting is None:
            self._waiting = loop.call_later(WAIT, self.redraw)

    def _repr_mimebundle_(self, **_kwargs):
        """The live demo, and the strip and the description for whoever cannot show that."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        data = {
            "application/vnd.jupyter.widget-view+json": view,
            "text/plain": self.describe(),
            "image/png": base64.b64encode(_png(self.static())).decode(),
        }
        return data, {}


def _figure(figsize):
    from matplotlib.figure import Figure

    return Figure(figsize=figsize, layout="constrained", dpi=DPI)


def _png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def _set(controls, name, value):
    """Give a control a value; a slider that would move it silently to its nearest end refuses it."""
    if name not in controls:
        raise InputError(f"there is no control {name!r}, the demo has {', '.join(controls)}.")
    control = controls[name]
    before = control.value
    try:
        control.value = value
    except Exception as error:
        raise InputError(f"{name} cannot be {value!r}: {error}") from error
    if control.value != value:
        control.value, limits = before, [getattr(control, end, None) for end in ("min", "max")]
        raise InputError(f"{name} must lie in [{limits[0]}, {limits[1]}], got {value!r}.")
