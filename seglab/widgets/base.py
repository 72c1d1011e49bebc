"""What all interactive demos share: one ES module each, one page without a notebook, one picture without a browser.

A demo is a file `name.py` with a subclass of `Demo` and a file `name.js` beside it. The JavaScript does all the
computing, so that a number follows the pointer; the traits only carry the state. `shared.js`, files of another demo
that it `borrows`, and `name_*.js` where a demo has more than one subject, go in front of the demo's own file: together
they are one module, without imports. Its exports are pure functions, whose twins in NumPy the tests hold against them.
`name.css` may add to `shared.css`.
"""

import base64
import html
import io
import json
import sys
from pathlib import Path

import anywidget
import numpy as np

from seglab.visualization.overlay import as_image

FOLDER = Path(__file__).parent


class Demo(anywidget.AnyWidget):
    """Base of the interactive demos; a subclass gives `title`, `describe` and `static`.

    Attributes:
        title: Name of the demo, the title of its page and its name for screen readers.
        borrows: Names of JavaScript files of other demos whose functions this one calls.
    """

    title = "Demo"
    borrows = ()

    def __init_subclass__(cls, **kwargs):
        """Read the JavaScript and the styles beside the file of the subclass; without any, it keeps its parent's."""
        own = Path(getattr(sys.modules[cls.__module__], "__file__", None) or "notebook").with_suffix(".js")
        # Each widget gets a class of its own, in which anywidget has made a trait of the text already.
        if "_esm" not in vars(cls) and own.exists():
            shared = [FOLDER / name for name in ("shared.js", *cls.borrows)]
            scripts = [*shared, *sorted(own.parent.glob(f"{own.stem}_*.js")), own]
            sheets = [FOLDER / "shared.css", *own.parent.glob(f"{own.stem}.css")]
            cls._esm = "\n".join(path.read_text(encoding="utf-8") for path in scripts)
            cls._css = "\n".join(path.read_text(encoding="utf-8") for path in sheets)
        super().__init_subclass__(**kwargs)

    def describe(self):
        """Return what the demo shows now, in one or two sentences: the text for who cannot see the picture."""
        raise NotImplementedError

    def static(self):
        """Return the demo as it starts, as a Matplotlib figure: the picture for who reads without a kernel."""
        raise NotImplementedError

    def to_html(self, path=None):
        """Return the demo as one page that needs no notebook, no kernel and no network.

        The page starts in the present state of the demo. Without JavaScript it shows the static picture.

        Args:
            path: File to write the page to; `None` writes none.

        Returns:
            The page as a string.

        Example:
            >>> from seglab.widgets import IoUPlayground
            >>> IoUPlayground().to_html().startswith("<!doctype html>")
            True
        """
        state = {name: value for name, value in self.get_state().items() if name in self._own_traits()}
        parts = {
            "title": html.escape(self.title),
            "css": self._css,
            "alt": html.escape(self.describe()),
            "picture": data_url(self._png()),
            "model": (FOLDER / "page_model.js").read_text(encoding="utf-8"),
            "state": _script_string(json.dumps(state, default=_bytes_as_text)),
            "module": _script_string(self._esm),
        }
        page = (FOLDER / "page.html").read_text(encoding="utf-8")
        for name, text in parts.items():
            page = page.replace("{{" + name + "}}", text, 1)
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    def _own_traits(self):
        """Names of the traits that the demo itself adds to a widget."""
        names = set(self.trait_names(sync=True)) - set(anywidget.AnyWidget.class_trait_names(sync=True))
        return {name for name in names if not name.startswith("_")}

    def _repr_mimebundle_(self, **kwargs):
        """The live demo, and the picture and its description for whoever cannot show that."""
        data, metadata = super()._repr_mimebundle_(**kwargs)
        data["text/plain"] = self.describe()
        data["image/png"] = base64.b64encode(self._png()).decode()
        return data, metadata

    def _png(self):
        buffer = io.BytesIO()
        self.static().savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()


def data_url(png):
    """Return the bytes of a PNG file as a URL that holds them.

    Args:
        png: Bytes of the file.

    Returns:
        A string.

    Example:
        >>> data_url(b"PNG")
        'data:image/png;base64,UE5H'
    """
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def picture_url(image):
    """Return an image as the data URL of a PNG file, the way `pixelsOf` in `shared.js` takes it.

    Args:
        image: Array `(H, W, 3)` or `(H, W)`, float in [0, 1] or uint8.

    Returns:
        A string.

    Example:
        >>> picture_url(np.zeros((2, 2, 3)))[:22]
        'data:image/png;base64,'
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.rint(as_image(image) * 255).astype(np.uint8)).save(buffer, format="png")
    return data_url(buffer.getvalue())


def bytes_from_front_end(value, _widget=None):
    """Turn what the front end sent for a trait into plain Python; use as `tag(sync=True, from_json=...)`.

    Binary data arrives as `memoryview`, which a `Bytes` trait drops without a word.

    Args:
        value: A value that came as JSON and buffers.
        _widget: The widget; ipywidgets passes it.

    Returns:
        The value with `bytes` for every `memoryview`.

    Example:
        >>> bytes_from_front_end({"size": [1, 1], "data": memoryview(b"x")})
        {'size': [1, 1], 'data': b'x'}
    """
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, dict):
        return {key: bytes_from_front_end(item) for key, item in value.items()}
    return value


def _bytes_as_text(value):
    return {"$bytes": base64.b64encode(value).decode()}


def _script_string(text):
    """A JavaScript string that can stand in a page: no tag in it ends the script."""
    return json.dumps(text).replace("<", "\\u003c")
