"""The server of the photo page: what it answers, what it refuses, and one photo at a time."""

import base64
import http.client
import io
import json
import socket
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seglab import photo_page
from seglab.errors import InputError
from seglab.labels import class_colors

sys.path.insert(0, str(Path(__file__).parent))
from primary_colors import CLASSES, load_run, serving


@pytest.fixture(scope="module")
def server():
    with serving() as running:
        yield running


@pytest.fixture
def ask(server):
    """Ask the server: `ask("GET", "/", body, headers)` returns status, headers and content."""

    def make(method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=60)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    return make


def png(pixels):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def picture(content):
    """Pixels of a file, or of a data URL."""
    if isinstance(content, str):
        content = base64.b64decode(content.partition(",")[2])
    with Image.open(io.BytesIO(content)) as opened:
        return np.asarray(opened)


def quarter_red():
    """A photo of 40 x 80 pixels: the left quarter red, the rest blue."""
    photo = np.full((40, 80, 3), (0, 0, 250), np.uint8)
    photo[:, :20] = 250, 0, 0
    return photo


def test_an_answer_holds_the_photo_its_labels_and_the_shares(ask):
    status, _, content = ask("POST", "/look", png(quarter_red()))
    answer = json.loads(content)
    assert status == 200 and (answer["height"], answer["width"]) == (40, 80)
    assert np.abs(picture(answer["photo"]).astype(int) - quarter_red()).mean() < 8  # a JPEG
    labels = picture(answer["labels"])
    assert labels.shape == (40, 80) and (labels[:, :18] == 0).all() and (labels[:, 23:] == 2).all()
    assert [one["name"] for one in answer["classes"]] == list(CLASSES)
    assert [one["share"] for one in answer["classes"]] == pytest.approx([0.25, 0, 0.75], abs=0.02)
    assert answer["classes"][2]["color"] == "#{:02x}{:02x}{:02x}".format(*class_colors(3)[2])


def test_files_have_the_size_of_the_photo_even_where_the_page_shows_less(ask, monkeypatch):
    monkeypatch.setattr(photo_page, "LONGEST_SIDE", 40)
    answer = json.loads(ask("POST", "/look", png(quarter_red()))[2])
    assert picture(answer["photo"]).shape == (20, 40, 3) and picture(answer["labels"]).shape == (20, 40)
    assert picture(ask("POST", "/labels.png", png(quarter_red()))[2]).shape == (40, 80)
    mixed = picture(ask("POST", "/overlay.png?alpha=0.5", png(quarter_red()))[2])
    assert mixed.shape == (40, 80, 3)
    assert np.abs(mixed[20, 70] - (np.array([0, 0, 250]) + class_colors(3)[2]) / 2).max() <= 1


def test_the_page_is_all_that_is_served(ask, server):
    status, headers, content = ask("GET", "/")
    assert status == 200 and b"Label your own photo" in content
    assert "default-src 'none'" in headers["Content-Security-Policy"] and headers["Cache-Control"] == "no-store"
    assert json.loads(ask("GET", "/run.json")[2]) == server.about
    assert server.about["data"] == "street"  # no path of this machine
    for path in ("/page.css", "/page.js"):
        assert ask("GET", path)[0] == 200
    for path in ("/__init__.py", "/page.html", "/../__init__.py", "/%2e%2e/cli/__init__.py", "//etc/passwd", "/x"):
        assert ask("GET", path)[0] == 404
    assert ask("POST", "/")[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "photos.example:80"},  # a name that somebody let point at this machine
        {"Host": "127.0.0.1.example"},
        {"Host": ""},
        {"Origin": "https://photos.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},  # another program of this machine
    ],
)
def test_pages_of_others_are_refused(ask, headers):
    for method, path in (("GET", "/"), ("POST", "/look")):
        assert ask(method, path, b"x" if method == "POST" else None, headers)[0] == 403


def test_a_forwarded_port_and_the_own_origin_are_welcome(ask, server):
    assert ask("GET", "/", headers={"Host": "localhost:9000"})[0] == 200  # `ssh -L 9000:...`
    host = f"127.0.0.1:{server.server_address[1]}"
    assert ask("POST", "/labels.png", png(quarter_red()), {"Origin": f"http://{host}"})[0] == 200


def test_only_this_machine_reaches_it(server):
    assert server.server_address[0] == "127.0.0.1"


def test_bad_files_are_one_line_each(ask):
    whole = png(quarter_red())
    floats = io.BytesIO()
    Image.fromarray(np.ones((4, 4), np.float32)).save(floats, "TIFF")
    for content, words in (
        (b"words", "no image of a known kind"),
        (b"", "no image of a known kind"),
        (whole[: len(whole) // 2], "cannot be read"),
        (floats.getvalue(), "floating-point"),
    ):
        status, _, answer = ask("POST", "/look", content)
        line = json.loads(answer)["error"]
        assert status == 400 and line.startswith("this file ") and words in line and "\n" not in line
        assert "BytesIO" not in line
    assert ask("POST", "/look", whole)[0] == 200  # the server is well
    for alpha in ("2", "-1", "nan", "x"):
        assert "alpha must lie" in json.loads(ask("POST", f"/overlay.png?alpha={alpha}", whole)[2])["error"]


def test_too_large_too_short_and_of_unknown_length(ask, server, monkeypatch):
    monkeypatch.setattr(photo_page, "LARGEST_UPLOAD", 100)
    status, _, answer = ask("POST", "/look", bytes(101))
    assert status == 413 and "larger than" in json.loads(answer)["error"]
    assert ask("POST", "/look", iter([b"x"]), {"Transfer-Encoding": "chunked"})[0] == 411
    with socket.create_connection(server.server_address) as half:
        half.sendall(b"POST /look HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90\r\n\r\nabc")
        half.shutdown(socket.SHUT_WR)
        assert b"did not arrive whole" in half.makefile("rb").read()


def test_one_photo_at_a_time(ask, server, monkeypatch):
    inside, most, label_photo = [], [], photo_page.prediction.label_photo
    free = threading.Event()

    def slow(model, photo):
        inside.append(1)
        most.append(len(inside))
        free.wait(0.2)
        inside.pop()
        return label_photo(model, photo)

    monkeypatch.setattr(photo_page.prediction, "label_photo", slow)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(ask("POST", "/look", png(quarter_red()))[0])) for _ in "abc"
    ]
    for thread in threads:
        thread.start()
    assert ask("GET", "/")[0] == 200  # the page does not wait
    for thread in threads:
        thread.join()
    assert answers == [200] * 3 and most == [1, 1, 1]


def test_a_port_in_use_is_told(server, monkeypatch):
    monkeypatch.setattr(photo_page.training, "load_run", load_run)
    for port in (server.server_address[1], 99_999):
        with pytest.raises(InputError, match=rf"port {port} cannot be used \(.+\); leave it out"):
            photo_page.PhotoServer("runs/none", port=port)


def test_serving_says_where_and_opens_the_page(monkeypatch):
    said, opened = [], []
    monkeypatch.setattr(photo_page.training, "load_run", load_run)
    monkeypatch.setattr(photo_page.webbrowser, "open", opened.append)

    def interrupt(_server):
        raise KeyboardInterrupt

    monkeypatch.setattr(photo_page.PhotoServer, "serve_forever", interrupt)
    photo_page.serve("runs/mine", say=said.append)
    assert len(said) == 1 and said[0].startswith(opened[0]) and "runs/mine" in said[0]
    photo_page.serve("runs/mine", open_browser=False, say=said.append)
    assert len(opened) == 1
