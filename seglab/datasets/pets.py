"""Oxford-IIIT Pet from the site of its makers, without TensorFlow Datasets: two archives, checked and unpacked once.

The result is a folder as `seglab.datasets.folder` reads it: `images/`, `trimaps/`, and the lists `train.txt` and
`test.txt`, which are the set's `trainval.txt` and `test.txt` in alphabetical order. It lies where TensorFlow Datasets
keeps its own: in the folder that the environment variable TFDS_DATA_DIR names, else in `~/tensorflow_datasets`.
"""

import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath

from seglab.datasets.downloads import fetch
from seglab.errors import InputError

ADDRESS = "https://thor.robots.ox.ac.uk/~vgg/data/pets"
ARCHIVES = {
    "annotations.tar.gz": (19_173_078, "52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91"),
    "images.tar.gz": (791_918_971, "67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d"),
}
"""Size in bytes and SHA-256 of each archive."""

NAME = "oxford_iiit_pet_files"
_LISTS = {"train": "trainval", "test": "test"}
# What is wanted of the archives: folder and ending there, and the folder here.
_WANTED = {
    ("images", ".jpg"): "images",
    ("annotations/trimaps", ".png"): "trimaps",
    ("annotations", ".txt"): "lists",
}


def prepare():
    """Download the set unless it is there.

    Returns:
        `pathlib.Path` of the folder; a folder that is there is whole.

    Raises:
        InputError: If an archive cannot be downloaded, is another one than it should be, or cannot be unpacked.
    """
    root = Path(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()
    folder, unfinished = root / NAME, root / f"{NAME}.part"
    if folder.is_dir():
        return folder
    archives = [root / "downloads" / name for name in ARCHIVES]
    for archive in archives:
        size, sha256 = ARCHIVES[archive.name]
        fetch(f"{ADDRESS}/{archive.name}", archive, size=size, sha256=sha256)
    shutil.rmtree(unfinished, ignore_errors=True)  # of a run that was killed
    try:
        for archive in archives:
            _unpack(archive, unfinished)
        for ours, theirs in _LISTS.items():
            lines = (unfinished / "lists" / f"{theirs}.txt").read_text(encoding="utf-8").splitlines()
            names = sorted(line.split()[0] for line in lines if line.strip() and not line.startswith("#"))
            (unfinished / f"{ours}.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
        shutil.rmtree(unfinished / "lists")
        unfinished.rename(folder)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise InputError(
            f"{' and '.join(map(str, archives))} cannot be unpacked ({error}). Make room on the disk, or set "
            "TFDS_DATA_DIR to a folder on another one."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    for archive in archives:
        archive.unlink()
    return folder


def _unpack(archive, folder):
    """Write the wanted files of an archive, by names that are made here."""
    with tarfile.open(archive) as members:
        for member in members:
            path = PurePosixPath(member.name)
            if path.is_absolute() or ".." in path.parts:
                raise InputError(f"{archive} holds {member.name!r}, a path that leads out of it. Do not use this file.")
            place = _WANTED.get((str(path.parent), path.suffix))
            if place is None or not member.isfile() or path.name.startswith("."):
                continue
            (folder / place).mkdir(parents=True, exist_ok=True)
            with members.extractfile(member) as source, (folder / place / path.name).open("wb") as target:
                shutil.copyfileobj(source, target)
