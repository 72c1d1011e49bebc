"""Demos in a page of the site: what a notebook kept of a widget, turned into HTML that runs without kernel and network.

The script of a demo, `demos/NAME.js`, is shared by the pages that show it; `live_demos.js` of the site starts them.
"""

import base64
import gzip
import html
import json

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


def name_of(notebook, data):
    """Return the name of the demo that an output shows, `None` if it is none that runs in a browser alone.

    Args:
        notebook: The notebook with outputs, as `nbformat` reads it.
        data: The output's dict from MIME type to content.

    Returns:
        Name of the file of the demo, such as `"iou_playground"`.
    """
    model = _model(notebook, data)
    if model is None or "_anywidget_id" not in model["state"]:
        return None
    return model["state"]["_anywidget_id"].split(".")[-2]


def script(notebook, data):
    """Return the script that brings a demo to a page: its module and its styles.

    Args:
        notebook: The notebook with outputs.
        data: Data of an output that shows the demo.

    Returns:
        JavaScript as `str`, to be loaded by a plain script element, from a server or a file.
    """
    state = _model(notebook, data)["state"]
    parts = (name_of(notebook, data), state["_esm"], state["_css"])
    return f"seglabDemos.take({', '.join(json.dumps(str(part)) for part in parts)});\n"


def markup(notebook, data, picture):
    """Return the HTML of a demo: its state, and the picture that stands there until the demo runs.

    Args:
        notebook: The notebook with outputs.
        data: Data of an output that shows the demo.
        picture: HTML of the picture.

    Returns:
        HTML as `str`.
    """
    model = _model(notebook, data)
    # What a widget has besides the demo's own traits begins with an underscore, or is one of these.
    state = {
        name: value
        for name, value in model["state"].items()
        if not name.startswith("_") and name not in ("layout", "tabbable", "tooltip")
    }
    state = json.loads(json.dumps(state))
    for buffer in model.get("buffers", []):
        *way, last = buffer["path"]
        holder = state
        for step in way:
            holder = holder[step]
        holder[last] = {"$bytes": buffer["data"]}
    # Label maps travel as bytes, which shrink to a hundredth.
    text = base64.b64encode(gzip.compress(json.dumps(state).encode(), mtime=0)).decode()
    name = html.escape(name_of(notebook, data))
    return f'<div class="seglab-live" data-demo="{name}">{picture}<script type="text/plain">{text}</script></div>'


def _model(notebook, data):
    models = notebook.get("metadata", {}).get("widgets", {}).get(STATE, {}).get("state", {})
    return models.get(data.get(VIEW, {}).get("model_id"))
