"""Downloading one file whose size and SHA-256 are known: in as many parts as the network takes, and checked."""

import hashlib
import http.client
import shutil
import urllib.error
import urllib.request

from seglab.errors import InputError

TIMEOUT = 30
"""Seconds without a byte after which a connection counts as cut."""

_BLOCK = 1 << 20


def fetch(url, path, *, size, sha256):
    """Download a file unless it is there, and check it, downloaded or not.

    What has arrived is kept as `NAME.part`: a connection that is cut is taken up again where it stopped, at once as
    long as each try brings something, else by the next call.

    Args:
        url: Address of the file.
        path: `pathlib.Path` that it gets; its folder is made.
        size: Number of bytes.
        sha256: Checksum in hexadecimal digits.

    Raises:
        InputError: If the address cannot be reached or holds something else, the disk is full, or the checksum is
            another one; in that case the file is removed.

    Example:
        >>> import hashlib, pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "hello.txt")
        ...     _ = path.write_bytes(b"hello")
        ...     fetch("http://localhost/hello.txt", path, size=5, sha256=hashlib.sha256(b"hello").hexdigest())
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")
            _fill(part, url, path, size)
            part.replace(path)
        _check(path, size, sha256)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}). Make room there, or set TFDS_DATA_DIR to a folder "
            "on another disk."
        ) from error


def _fill(part, url, path, size):
    """Ask until the file is whole or a try brings nothing."""
    while (have := _bytes_in(part)) < size:
        free = shutil.disk_usage(part.parent).free
        if free < size - have:
            raise InputError(
                f"{path.name} needs {_megabytes(size - have)} in {part.parent}, where {_megabytes(free)} are free. "
                "Make room there, or set TFDS_DATA_DIR to a folder on another disk."
            )
        print(f"Downloading {path.name}: {_megabytes(have)} of {_megabytes(size)} are there.", flush=True)
        reason = _receive(part, url, path, have, size)
        if _bytes_in(part) <= have:
            kept = f" {_megabytes(have)} are kept, the next try goes on there." if have else ""
            raise InputError(
                f"{url} cannot be downloaded ({reason}).{kept} Check the network and run it again, or save the file as "
                f"{path} by other means."
            )


def _receive(part, url, path, have, size):
    """Append what one connection brings; returns why it ended."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        return f"the server answers {error.code} {error.reason}"
    except (OSError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", error)) or type(error).__name__
    with answer:
        if not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            have = 0  # the server knows no parts and begins again
        offered = answer.headers.get("Content-Length")
        if offered is not None and have + int(offered) != size:
            raise InputError(
                f"{url} has {have + int(offered)} bytes, not the {size} of {path.name}. If the network has a page to "
                f"sign in, do so; else the file was changed there: save the right one as {path}."
            )
        with part.open("ab" if have else "wb") as file:
            while have <= size:
                try:
                    block = answer.read(_BLOCK)
                except (OSError, http.client.HTTPException) as error:
                    return str(error) or type(error).__name__
                if not block:
                    break
                file.write(block)
                have += len(block)
    return "the connection was cut"


def _check(path, size, sha256):
    """Compare size and checksum, and remove a file that is another one."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        bytes_there = path.stat().st_size
        path.unlink()
        what = f"the SHA-256 {found[:16]}... instead of {sha256[:16]}..." if bytes_there == size else "another size"
        raise InputError(
            f"{path} had {what} and was removed: it was damaged or exchanged on its way. Run it again; if that "
            "repeats, the file at the source has changed."
        )


def _bytes_in(part):
    return part.stat().st_size if part.exists() else 0


def _megabytes(count):
    return f"{count / 1e6:.1f} MB"
