"""Downloading a file from a real server that cuts, lies or is not there."""

import hashlib
import resource
import shutil
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pet_site import serve

from seglab.datasets.downloads import fetch
from seglab.errors import InputError

CONTENT = np.random.default_rng(0).bytes(3_000_000)
RIGHT = {"size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}


@pytest.fixture
def site():
    with serve({"photos.tar.gz": CONTENT}) as served:
        yield served


@pytest.fixture
def path(tmp_path):
    return tmp_path / "downloads" / "photos.tar.gz"


def download(site, path, **facts):
    fetch(f"{site.address}/photos.tar.gz", path, **{**RIGHT, **facts})


def ranges(site):
    return [wanted for _, wanted in site.requests]


def one_line(call, pattern):
    with pytest.raises(InputError, match=pattern) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_file_arrives_once(site, path, capsys):
    download(site, path)
    assert path.read_bytes() == CONTENT
    assert capsys.readouterr().out == "Downloading photos.tar.gz: 0.0 MB of 3.0 MB are there.\n"
    download(site, path)
    assert ranges(site) == [None]
    assert [each.name for each in path.parent.iterdir()] == ["photos.tar.gz"]


def test_a_cut_connection_is_taken_up_where_it_stopped(site, path):
    site.cuts = [1_100_000, 700_000]
    download(site, path)
    assert path.read_bytes() == CONTENT
    assert ranges(site) == [None, "bytes=1100000-", "bytes=1800000-"]


def test_a_server_without_parts_begins_again(site, path):
    site.cuts, site.parts = [2_000_000], False
    download(site, path)
    assert path.read_bytes() == CONTENT
    assert ranges(site) == [None, "bytes=2000000-"]


def test_half_a_download_of_an_earlier_run(site, path):
    site.cuts = [1_000_000, 0]
    one_line(lambda: download(site, path), r"\(the connection was cut\)\. 1\.0 MB are kept, the next try goes on there")
    assert not path.exists()
    download(site, path)
    assert path.read_bytes() == CONTENT
    assert ranges(site)[-1] == "bytes=1000000-"


def test_a_wrong_rest_is_found_and_the_next_run_begins_anew(site, path):
    path.parent.mkdir()
    part = path.with_name("photos.tar.gz.part")
    part.write_bytes(b"x" * 1000)
    one_line(lambda: download(site, path), r"photos\.tar\.gz had the SHA-256 .* instead of .* and was removed")
    assert not part.exists() and not path.exists()
    download(site, path)
    assert path.read_bytes() == CONTENT


def test_a_file_put_there_by_hand_is_checked(site, path):
    path.parent.mkdir()
    path.write_bytes(CONTENT[:-1])
    one_line(lambda: download(site, path), r"photos\.tar\.gz had another size and was removed")
    path.write_bytes(CONTENT)
    download(site, path)
    assert site.requests == []


def test_wrong_checksum(site, path):
    one_line(lambda: download(site, path, sha256="0" * 64), r"had the SHA-256 \w{16}\.\.\. instead of 0000000000000000")
    assert list(path.parent.iterdir()) == []


def test_a_page_instead_of_the_file(site, path):
    site.archives["photos.tar.gz"] = b"<html>Sign in to this network"
    one_line(lambda: download(site, path), r"/photos\.tar\.gz has 29 bytes, not the 3000000 of photos\.tar\.gz\. If")


def test_the_server_has_no_such_file(site, path):
    del site.archives["photos.tar.gz"]
    one_line(lambda: download(site, path), r"cannot be downloaded \(the server answers 404 Not Found\)\. Check")


def test_no_network(site, path):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # a port on which nobody listens
        site.address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        one_line(
            lambda: download(site, path), r"cannot be downloaded \(.*refused\)\. Check the network and run it again"
        )


def test_too_little_room(site, path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=500_000))
    one_line(lambda: download(site, path), r"photos\.tar\.gz needs 3\.0 MB in .*, where 0\.5 MB are free\. Make room")
    assert site.requests == []


def test_the_disk_gets_full(site, path):
    """The system refuses to let the file grow, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        one_line(
            lambda: download(site, path), r"photos\.tar\.gz cannot be written \(File too large\)\. Make room there"
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    download(site, path)
    assert path.read_bytes() == CONTENT and ranges(site)[-1] == "bytes=1048576-"
