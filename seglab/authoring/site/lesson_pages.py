"""A lesson that was run, as a page of the site: pictures with words, live demos, keys of sources as links."""

import base64
import hashlib
import html
import io
import re
from pathlib import Path

from seglab.authoring import citations
from seglab.authoring.badges import colab_url
from seglab.authoring.site import live_demos

WAYS = (({"lossless": True}, 40_000), ({"quality": 80}, 90_000), ({"quality": 60}, None))
"""How a picture is written: without loss where that stays within so many bytes. Drawings do, photographs do not."""
BREAK = re.compile(r"^##+ .*Break it.*$", re.MULTILINE)


def page(notebook, path, static):
    """Turn a lesson that was run into the notebook that Sphinx reads; writes its pictures and demos.

    Args:
        notebook: The notebook with outputs, as `nbformat` reads it; it changes.
        path: The notebook's path in the course, such as `"course/week00_setup.ipynb"`.
        static: Folder of the site's static files; pictures go to `figures/`, scripts of demos to `demos/`.

    Returns:
        The notebook.
    """
    stem, up = Path(path).stem, "../" * (len(Path(path).parts) - 1)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = BREAK.sub(lambda found, cell=cell: f"({anchor(stem, cell.id)})=\n{found[0]}", cell.source)
            cell.source = cite(without_badge(text, path))
        else:
            outputs = [_shown(notebook, output, static, up) for output in cell.outputs]
            cell.outputs = [output for output in outputs if output is not None]
            if cell.id == "setup":
                cell.metadata["tags"] = ["hide-input"]
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    return notebook


def anchor(stem, cell_id):
    """Return the name of a cell's place in the site.

    Args:
        stem: File name of the notebook without its ending.
        cell_id: Id of the cell.

    Example:
        >>> anchor("week03a_transposed", "break-it")
        'week03a-transposed-break-it'
    """
    return f"{stem}-{cell_id}".replace("_", "-")


def without_badge(text, path):
    """Put a link in place of the badge, whose picture would come from another machine.

    Args:
        text: Markdown.
        path: The notebook's path in the course.

    Returns:
        Markdown.

    Example:
        >>> without_badge("[![Open in Colab](a.svg)](https://b)", "course/week00_setup.ipynb")[:24]
        '<a class="colab-button" '
    """
    button = f'<a class="colab-button" href="{html.escape(colab_url(path))}">Open in Colab</a>'
    return re.sub(r"\[!\[Open in Colab\]\([^)]*\)\]\([^)]*\)", lambda _: button, text)


def cite(text):
    """Make every key that a text cites a link to its entry.

    Args:
        text: Markdown.

    Returns:
        Markdown; code stays as it is.

    Example:
        >>> cite("As in [He2017], not `[He2017]`.")
        'As in [\\\\[He2017\\\\]](#he2017), not `[He2017]`.'
    """
    parts = re.split(r"(```.*?```|`[^`]*`)", text, flags=re.DOTALL)
    parts[::2] = [re.sub(citations.KEY, lambda key: f"[\\[{key[1]}\\]](#{key[1].lower()})", p) for p in parts[::2]]
    return "".join(parts)


def _shown(notebook, output, static, up):
    """An output as the page shows it; `None` for what is no use to its readers."""
    data = output.get("data", {})
    if output.output_type == "stream":
        return output if output.name == "stdout" else None
    if "image/png" not in data:
        return output
    picture = _picture(base64.b64decode(data["image/png"]), _words(output), static, up)
    if name := live_demos.name_of(notebook, data):
        _write(static / "demos" / f"{name}.js", live_demos.script(notebook, data).encode())
        picture = live_demos.markup(notebook, data, picture)
    output.data, output.metadata = {"text/html": picture}, {}
    return output


def _words(output):
    """What an output shows, in words: the demo or the figure says it itself."""
    found = output.metadata.get("image/png", {}).get("alt") or output.data.get("text/plain", "")
    return "" if found.startswith("<") else found


def _picture(png, words, static, up):
    """HTML of a picture; its file is named by its content and written once."""
    from PIL import Image

    name = f"{hashlib.sha256(png + repr(WAYS).encode()).hexdigest()[:16]}.webp"
    with Image.open(io.BytesIO(png)) as image:
        width, height = image.size
        if not (static / "figures" / name).is_file():
            _write(static / "figures" / name, _as_webp(image))
    source = f"{up}_static/figures/{name}"
    return f'<img class="figure" src="{source}" width="{width}" height="{height}" alt="{html.escape(words)}">'


def _as_webp(image):
    """The bytes of an image, by the first of the ways that makes it small enough."""
    for options, limit in WAYS:
        file = io.BytesIO()
        image.convert("RGB").save(file, format="webp", **options)
        if limit is None or file.tell() <= limit:
            return file.getvalue()


def _write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
