"""A page on this machine that labels photos: choose or drop one, and draw a slider between photo and labels.

The network is loaded once, in the process that serves the page, and takes one photo at a time; whoever asks meanwhile
waits. Photos are read from the request into memory, answered, and forgotten: nothing is written to the disk, and
nothing is sent anywhere else. The server listens on the loopback address only, and refuses what a page of another site
might ask it through the reader's browser (foreign `Origin`, or a `Host` that is not this machine).
"""

import base64
import contextlib
import io
import json
import re
import sys
import threading
import time
import webbrowser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image

from seglab import prediction, training
from seglab.datasets.files import read_image
from seglab.errors import InputError
from seglab.labels import class_colors, write_palette_png
from seglab.transforms import resize_image, resize_labels

LARGEST_UPLOAD = 64 * 2**20  # bytes; photos of 50 megapixels are below
LONGEST_SIDE = 1600  # pixels of the pictures on the page
_HOSTS = ("127.0.0.1", "localhost")
_FOLDER = Path(__file__).parent
_FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class PhotoServer(ThreadingHTTPServer):
    """The page of one run, for `serve_forever` and `shutdown`.

    Attributes:
        address: The page's address.
        about: Dict of what the page is told: `model`, `data`, `classes`, `height`, `width`, `largest_upload` (bytes).
    """

    daemon_threads = True

    def __init__(self, run_dir, *, port=0):
        """Load the network, warm it, and listen.

        Args:
            run_dir: Run folder of a trained network.
            port: Port on the loopback address; a free one if 0.

        Raises:
            InputError: If `run_dir` holds no trained network, or the port is taken.
        """
        self._model, config = training.load_run(run_dir)
        height, width, _ = config["input_shape"]
        self.about = {
            "model": config["model"],
            "data": re.split(r"[:/\\]", config["data"]["spec"].rstrip("/"))[-1],  # of a path the last name
            "classes": list(config["classes"]),
            "height": height,
            "width": width,
            "largest_upload": LARGEST_UPLOAD,
        }
        self._one_at_a_time = threading.Lock()
        prediction.label_photo(self._model, np.zeros((height, width, 3), np.uint8))  # the first call traces
        try:
            super().__init__(("127.0.0.1", port), _Request)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"port {port} cannot be used ({reason}); leave it out for a free one") from None
        self.address = f"http://127.0.0.1:{self.server_address[1]}/"

    def look(self, content, _options):
        """What the page shows of a photo, as JSON."""
        with self._one_at_a_time:
            start = time.perf_counter()
            photo, labels = self._labeled(content)
            size = _size_on_page(labels.shape)
            shown = Image.fromarray(resize_image(photo, size))
            seconds = time.perf_counter() - start
            shares = np.bincount(labels.ravel(), minlength=len(self.about["classes"])) / labels.size
        colors = class_colors(len(shares))
        answer = {
            "photo": _data_url(_bytes(shown, "JPEG", quality=90), "jpeg"),
            "labels": _data_url(_palette_png(resize_labels(labels, size), len(shares)), "png"),
            "height": labels.shape[0],
            "width": labels.shape[1],
            "seconds": seconds,
            "classes": [
                {"name": name, "color": "#{:02x}{:02x}{:02x}".format(*color), "share": share}
                for name, color, share in zip(self.about["classes"], colors, shares.tolist(), strict=True)
            ],
        }
        return json.dumps(answer).encode(), "application/json"

    def labels(self, content, _options):
        """The label map of a photo, of the photo's size, as a palette PNG."""
        with self._one_at_a_time:
            return _palette_png(self._labeled(content)[1], len(self.about["classes"])), "image/png"

    def overlay(self, content, options):
        """A photo under its class colors, of the photo's size, as a PNG."""
        try:
            alpha = float(options.get("alpha", prediction.ALPHA))
        except ValueError:
            alpha = -1.0
        if not 0 <= alpha <= 1:
            raise InputError(f"alpha must lie in [0, 1], got {options['alpha']!r}")
        with self._one_at_a_time:
            photo, labels = self._labeled(content)
            picture = prediction.overlay(photo, labels, len(self.about["classes"]), alpha=alpha)
            return _bytes(picture, "PNG", compress_level=1), "image/png"  # twelve megapixels in a second

    def handle_error(self, request, client_address):
        """Leave a reader who went away without a word; anything else is told as usual."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def _labeled(self, content):
        photo, _ = read_image(io.BytesIO(content), name="this file")
        return photo, prediction.label_photo(self._model, photo)


class _Request(BaseHTTPRequestHandler):
    server_version, sys_version = "seglab", ""
    timeout = 60  # seconds that a reader may be silent

    def do_GET(self):
        if not self._from_here():
            return
        path = urlsplit(self.path).path
        if path == "/run.json":
            self._answer(json.dumps(self.server.about).encode(), "application/json")
        elif path in _FILES:
            name, kind = _FILES[path]
            self._answer((_FOLDER / name).read_bytes(), kind)
        else:
            self._refuse(404, "no such page")

    def do_POST(self):
        if not self._from_here():
            return
        address = urlsplit(self.path)
        works = {"/look": self.server.look, "/labels.png": self.server.labels, "/overlay.png": self.server.overlay}
        length = self.headers.get("Content-Length", "")
        if address.path not in works:
            self._refuse(404, "no such page")
        elif not length.isdecimal():
            self._refuse(411, "the request does not say how long it is")
        elif int(length) > LARGEST_UPLOAD:
            self._refuse(413, f"this file is larger than {LARGEST_UPLOAD // 2**20} MB; save it smaller")
        else:
            content = self.rfile.read(int(length))
            try:
                if len(content) < int(length):
                    raise InputError("this file did not arrive whole; send it again")
                options = {name: values[0] for name, values in parse_qs(address.query).items()}
                self._answer(*works[address.path](content, options))
            except InputError as error:
                self._refuse(400, str(error))
            except MemoryError:
                self._refuse(507, "this photo needs more memory than this machine has; save it smaller")

    def _from_here(self):
        """Whether a page of this server asks, and not one of another site in the same browser."""
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if urlsplit(f"//{host}").hostname not in _HOSTS or origin not in (None, f"http://{host}"):
            self._refuse(403, "only pages of this server may ask")
            return False
        return True

    def _answer(self, content, kind, status=200):
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _refuse(self, status, line):
        self._answer(json.dumps({"error": " ".join(line.split())}).encode(), "application/json", status)

    def log_message(self, *_):
        """Keep quiet: the names of photos are in no log either."""


def serve(run_dir, *, port=0, open_browser=True, say=print):
    """Serve the page until Ctrl+C.

    Args:
        run_dir: Run folder of a trained network.
        port: Port on the loopback address; a free one if 0.
        open_browser: Whether the page is opened.
        say: Function that prints a line.

    Raises:
        InputError: If `run_dir` holds no trained network, or the port is taken.
    """
    with PhotoServer(run_dir, port=port) as server:
        say(f"{server.address} shows what {run_dir} says about your photos; Ctrl+C ends it")
        if open_browser:
            webbrowser.open(server.address)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


def _size_on_page(size):
    """The size, or the largest of its shape that the page shows."""
    shrink = min(1, LONGEST_SIDE / max(size))
    return tuple(max(1, round(side * shrink)) for side in size)


def _data_url(content, kind):
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _bytes(picture, kind, **options):
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def _palette_png(labels, num_classes):
    stream = io.BytesIO()
    write_palette_png(stream, labels, num_classes)
    return stream.getvalue()
