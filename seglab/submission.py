"""Hand in a notebook: look it over, run it once, and pack it with its files into one archive."""

import hashlib
import io
import json
import os
import platform
import shutil
import zipfile
from datetime import datetime
from pathlib import Path

from seglab import __version__, about, google_drive, inspection
from seglab.errors import InputError

SECONDS_FOR_COLAB = 60
SYMBOLS = {"good": "✔", "open": "…", "bad": "✘"}


def submit(notebook=None, *, drive=False):
    """Pack a notebook and the files it names into one archive to hand in, after a look at both.

    Says for every question whether it is answered and whether its visible tests pass, runs the notebook from
    top to bottom in a fresh Python (training is skipped), and checks that the files are there and small enough.
    Whatever it finds, it packs: an incomplete submission is better than none. In Colab the notebook is taken
    as it stands on the page, and the archive is downloaded. Under grading nothing happens.

    Args:
        notebook: Path of the notebook, saved. `None` takes the one on the page, which works in Colab only.
        drive: Also copy the archive to Google Drive, into the folder `seglab`. After `setup(drive=True)` it lies there.

    Returns:
        `Path` of the archive, beside the notebook; `None` under grading.

    Raises:
        InputError: If the notebook cannot be read, or the archive cannot be written.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return None
    raw, name, folder = _live() if notebook is None else _saved(notebook)
    cells = _parse(raw, notebook or "the notebook on the page")
    stamp = inspection.stamp(cells)
    sheet = stamp.get("sheet") or Path(name).stem
    print(f"Handing in {sheet}: the notebook runs once in a fresh Python, without training. Interrupt to skip this.")
    files, missing = inspection.artifacts(cells, folder)
    run = inspection.rehearse(cells, files)
    slots = inspection.slots(cells)
    _print_table(_rows(stamp, slots, run, files, missing))

    content = {f"{sheet}.ipynb" if stamp else name: raw}
    content |= {name: path.read_bytes() for name, path in files.items()}
    manifest = _manifest(stamp, content, slots, run)
    path = folder / f"{sheet}-submission.zip"
    _write(path, {**content, "manifest.json": json.dumps(manifest, indent=1, sort_keys=True).encode()})
    others = f"{len(files)} {'file' if len(files) == 1 else 'files'}" if files else "no other file"
    print(f"Packed the notebook and {others}, {_size(path.stat().st_size)}: {path}")
    _deliver(path, drive)
    return path


def _live():
    """Return the notebook on Colab's page: `(bytes, file name, folder)`."""
    if not google_drive.in_colab():
        near = sorted(path.name for path in Path.cwd().glob("*.ipynb")) or ["FILE.ipynb"]
        calls = " or ".join(f'submit("{name}")' for name in near[:5])
        raise InputError(f"notebook: outside of Colab it must be named: save it, then call {calls}.")
    try:
        from google.colab import _message

        answer = _message.blocking_request("get_ipynb", request="", timeout_sec=SECONDS_FOR_COLAB)
        notebook = answer["ipynb"]
        raw = json.dumps(notebook, ensure_ascii=False, indent=1).encode()
    except Exception as error:  # whatever the page answers, or does not
        raise InputError(
            f"notebook: the page did not hand it over ({type(error).__name__}). "
            "Download it (File > Download > .ipynb), upload it to the folder at the left, "
            'and call submit("FILE.ipynb").'
        ) from None
    name = _get(notebook, "metadata", "colab", "name")
    name = Path(name).name if isinstance(name, str) and Path(name).stem else "notebook"
    return raw, name if name.endswith(".ipynb") else f"{name}.ipynb", Path.cwd()


def _saved(path):
    """Return a notebook from disk: `(bytes, file name, folder)`."""
    path = Path(path).absolute()
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"notebook: {path} cannot be read: {error.strerror}.") from None
    saved = datetime.fromtimestamp(path.stat().st_mtime)
    print(f"{path.name} as it was saved at {saved:%H:%M on %d %B}. Changed it since? Save it and call submit again.")
    return raw, path.name, path.parent


def _parse(raw, name):
    """Return a notebook with the source of every cell as one string."""
    try:
        notebook = json.loads(raw.decode("utf-8-sig"))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell.get("source", ""))
            if not isinstance(cell.get("metadata"), dict):
                cell["metadata"] = {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f"notebook: {name} is no notebook of format 4. Hand in an .ipynb file.") from None
    return notebook


def _rows(stamp, slots, run, files, missing):
    """Return the lines of the table: `(kind, name, text)`."""
    rows = []
    if not slots:
        rows.append(("bad", "sheet", "no answer cell in this notebook: is it the course's own?"))
    for slot in slots:
        kind, text = inspection.VERDICTS[slot["state"]]
        failed = [f"{cell}: {error}" for cell, error in run["failed"].items() if cell in slot["tests"]]
        if kind == "good" and run["state"] == "done" and slot["tests"]:
            kind, text = ("bad", f"{text}, but {failed[0]}") if failed else (kind, f"{text}, its visible tests pass")
        rows.append((kind, slot["id"], f"{text}{slot['note']}"))
    for name, path in files.items():
        size = path.stat().st_size
        rows.append(("good", name, _size(size)))
    rows += [("bad", name, reason) for name, reason in missing.items()]
    tests = {cell for slot in slots for cell in slot["tests"]}
    own = {cell: error for cell, error in run["failed"].items() if cell not in tests}
    rows += [("bad", f"cell {cell}", error) for cell, error in own.items()]
    if run["state"] == "done":
        rows.append(("bad" if own else "good", "run", f"from top to bottom in {run['seconds']:.0f} s"))
    else:
        rows.append(("bad", "run", run["state"]))
    return rows


def _print_table(rows):
    width = max(len(name) for _, name, _ in rows)
    for kind, name, text in rows:
        print(f"{SYMBOLS[kind]} {name:{width}}  {' '.join(text.split())[:160]}")
    left = sum(kind != "good" for kind, _, _ in rows)
    if left:
        print(f"To look at: {left}. You can hand in as it is, or mend it and call submit again.")


def _manifest(stamp, content, slots, run):
    return {
        "failed": run["failed"],
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in content.items()
        },
        "format": 1,
        "release": stamp.get("release"),
        "run": run["state"],
        "sheet": stamp.get("sheet"),
        "slots": {slot["id"]: slot["state"] for slot in slots},
        "versions": {
            "python": platform.python_version(),
            "seglab": __version__,
            **{name: about.installed_version(name) for name in ("keras", "numpy", "tensorflow")},
        },
    }


def _write(path, content):
    """Write the archive whole or not at all; the same content gives the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            archive.writestr(zipfile.ZipInfo(name), content[name], zipfile.ZIP_DEFLATED)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(stream.getvalue())
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(f"{path}: the archive cannot be written: {error.strerror}.") from None


def _deliver(path, drive):
    """Bring the archive to Drive and to the student's computer; what fails is said, and the archive stays."""
    if google_drive.holds(path):
        print(f"It lies on Drive: {path.resolve().relative_to(google_drive.MOUNT.resolve())}")
    elif drive and not google_drive.in_colab():
        print("drive=True works in Colab only: the archive stays where it is.")
    elif drive:
        try:
            target = google_drive.mount() / path.name
            shutil.copyfile(path, target)
            print(f"Copied to Drive: {target.relative_to(google_drive.MOUNT)}")
        except Exception as error:  # refused by the student, by the browser, by Drive
            print(f"Not copied to Drive ({type(error).__name__}: {error}).")
    if google_drive.in_colab():
        try:
            from google.colab import files

            files.download(str(path))
            print("Your browser downloads it now. Hand that file in.")
        except Exception as error:  # a browser that blocks downloads
            print(f"The download failed ({type(error).__name__}): fetch the file from the folder at the left.")


def _get(content, *keys):
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _size(count):
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{max(1, round(count / 1e3))} kB"
