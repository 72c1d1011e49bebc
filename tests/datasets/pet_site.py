"""A site with two small archives like those of Oxford-IIIT Pet, on loopback, which can be as bad as a real one."""

import contextlib
import hashlib
import io
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from seglab.datasets import pets

TRAINVAL = ("beagle_12", "Abyssinian_1", "pug_3", "Bengal_101", "beagle_2", "Sphynx_7", "Abyssinian_100", "boxer_9")
TEST = ("samoyed_5", "Persian_44", "havanese_8", "Birman_20", "keeshond_6", "Ragdoll_1")


def draw(name):
    """A photo, uint8 (40, 60, 3), of patches that JPEG keeps well, and its trimap, uint8 (40, 60)."""
    rng = np.random.default_rng(list(name.encode()))
    trimap = rng.integers(1, 4, (5, 6), np.uint8).repeat(8, 0).repeat(10, 1)
    photo = rng.integers(0, 256, (1, 1, 3), np.uint8).repeat(40, 0).repeat(60, 1)
    return photo // 2 + (30 * trimap)[..., None], trimap


def picture(array, form):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, form, **({"quality": 95, "subsampling": 0} if form == "JPEG" else {}))
    return buffer.getvalue()


def pack(files):
    """Bytes of a `.tar.gz` with these files, a dict from path to bytes, or to the target of a symbolic link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                archive.addfile(member)
            else:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def files():
    """Contents of the two archives, with all that lies in the real ones and is not wanted."""
    images = {f"images/{name}.jpg": picture(draw(name)[0], "JPEG") for name in TRAINVAL + TEST}
    images["images/Abyssinian_100.mat"] = b"no picture"
    annotations = {f"annotations/trimaps/{name}.png": picture(draw(name)[1], "PNG") for name in TRAINVAL + TEST}
    annotations["annotations/trimaps/._beagle_2.png"] = b"left by another system"
    for file, names in (("trainval", TRAINVAL), ("test", TEST), ("list", TRAINVAL + TEST)):
        rows = [f"{name} {number % 37 + 1} {number % 2 + 1} 1" for number, name in enumerate(names)]
        annotations[f"annotations/{file}.txt"] = "\n".join([*rows, ""]).encode()
    annotations["annotations/README"] = b"read me"
    annotations["annotations/list.txt"] = b"#Image CLASS-ID SPECIES BREED ID\n" + annotations["annotations/list.txt"]
    return {"images.tar.gz": images, "annotations.tar.gz": annotations}


def archives():
    """The two archives, by name."""
    return {name: pack(contents) for name, contents in files().items()}


class Site:
    """Serves `archives`, a dict from name to bytes.

    Attributes:
        address: Address of the folder, without a slash at its end.
        cuts: Numbers of bytes after which the next answers break off, the first first.
        parts: Whether it knows the header Range.
        requests: Pairs (name, Range or `None`) of all that was asked for.
    """

    def __init__(self, archives):
        self.archives, self.cuts, self.parts, self.requests = archives, [], True, []


@contextlib.contextmanager
def serve(archives):
    """Run a `Site` on a free port of loopback."""
    site = Site(archives)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name, wanted = self.path.rpartition("/")[2], self.headers.get("Range")
            site.requests.append((name, wanted))
            if name not in site.archives:
                self.send_error(404)
                return
            content, start = site.archives[name], 0
            if wanted and site.parts:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            end = start + site.cuts.pop(0) if site.cuts else len(content)
            self.wfile.write(content[start:end])

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}/pets"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def small_pets(patch, folder):
    """A `Site` with the small archives, which the loader takes for the real one; what it downloads goes to `folder`."""
    with serve(archives()) as site:
        trust(site, patch)
        patch.setattr(pets, "ADDRESS", site.address)
        patch.setenv("TFDS_DATA_DIR", str(folder))
        yield site


def trust(site, patch):
    """Let the loader know the archives of a site by their size and checksum."""
    known = {name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in site.archives.items()}
    patch.setattr(pets, "ARCHIVES", {name: known[name] for name in pets.ARCHIVES})


def package_or_skip():
    """The package tensorflow_datasets; the test is skipped where it is missing, or has only half of its names."""
    package = pytest.importorskip("tensorflow_datasets")
    if not hasattr(package, "builder"):
        pytest.skip("tensorflow_datasets cannot be imported whole: protobuf is older than tensorflow-metadata wants")
    return package


def prepare_by_package(package, patch, folder):
    """Let the real code of TensorFlow Datasets, `package`, prepare the set from the small archives."""
    module = sys.modules[package.builder_cls("oxford_iiit_pet").__module__]
    with serve(archives()) as site:
        patch.setattr(module, "_BASE_URL", site.address)
        package.builder("oxford_iiit_pet", data_dir=str(folder)).download_and_prepare()
