"""Archives and folders of strangers: safe names, hard limits, and a reason for whatever is refused."""

import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

from seglab.grading.collecting.extraction import FULL, MB, STUDENT, Member, write
from seglab.grading.collecting.filenames import Refused, is_junk, printable, safe_path

RATIO_FROM = 10 * MB  # smaller files may be as compressible as they like
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others can take any amount of memory
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class Archive:
    """A zip file, opened for reading only what is safe to read; a context manager.

    Args:
        path: The file.
        limits: The `Limits` for its directory.
        timezone: `tzinfo` of the times in the archive, which say none. The machine's own if `None`.

    Attributes:
        members: List of `Member`, in the archive's order.
        refused: List of `(name, reason)`, names made printable.

    Raises:
        Refused: If it is no zip file, or holds too many members.
    """

    def __init__(self, path, limits=STUDENT, timezone=None):
        self._file = _Capped(path, max(MB, 256 * limits.members))
        try:
            self._zip = zipfile.ZipFile(self._file)
        except BaseException as error:
            self._file.close()
            if isinstance(error, (*BROKEN, OSError)):
                raise Refused(f"no zip file, or cut off: {error}") from None
            raise
        self.members, self.refused = [], []
        infos = self._zip.infolist()
        if len(infos) > limits.members:
            self.close()
            raise Refused(f"{len(infos):,} members: an archive may have {limits.members:,}")
        overlapping = _overlapping(infos, self._zip.start_dir)
        found = {}
        for info in infos:
            name = info.orig_filename
            try:
                path = safe_path(_decoded(info))
                if info.is_dir() or is_junk(path):
                    continue
                _check(info, overlapping, limits)
            except Refused as error:
                self.refused.append((printable(name), str(error)))
                continue
            same = unicodedata.normalize("NFKC", path).casefold()
            if same in found:  # as every unpacking program has it: the later one stands
                self.refused.append((printable(path), "a later member has the same name"))
            found[same] = Member(path, info.file_size, _time(info, timezone), info)
        self.members = list(found.values())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Close the file."""
        self._zip.close()
        self._file.close()

    def extract(self, member, target, budget):
        """Write a member to a new file.

        Args:
            member: One of `members`.
            target: `Path` of the file; its folders are made.
            budget: The `Budget` it counts for.

        Raises:
            Refused: If a limit is passed or the member is damaged; then no file is left.
        """
        budget.admit(member.size)
        try:
            with self._zip.open(member.inside) as stream:
                write(stream, target, member)
        except BROKEN as error:
            raise Refused(f"damaged: {error}") from None
        except OSError as error:
            if error.errno in FULL:
                raise
            raise Refused(f"damaged: {error.strerror}") from None


class Folder:
    """The files of a folder, or one file, with the interface of `Archive`; links and devices are refused.

    Args:
        path: A folder or a file.
        limits: The `Limits` for the number of files.
    """

    def __init__(self, path, limits=STUDENT):
        path = Path(path)
        self._root = path if path.is_dir() else path.parent
        self.members, self.refused = [], []
        pending = [path] if self._root != path else sorted(path.iterdir(), reverse=True)
        while pending:
            each = pending.pop()
            name = each.relative_to(self._root).as_posix()
            if len(self.members) >= limits.members:
                self.refused.append((printable(name), f"more than {limits.members:,} files: this and the rest"))
                break
            try:
                status, inside = each.lstat(), safe_path(name)
                if is_junk(inside):
                    continue
                if stat.S_ISDIR(status.st_mode):
                    pending += sorted(each.iterdir(), reverse=True)
                    continue
                if not stat.S_ISREG(status.st_mode):
                    raise Refused("a link or a special file")
            except Refused as error:
                self.refused.append((printable(name), str(error)))
                continue
            except OSError as error:
                self.refused.append((printable(name), f"cannot be read: {error.strerror}"))
                continue
            self.members.append(Member(inside, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC), each))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def extract(self, member, target, budget):
        """Copy a file; see `Archive.extract`."""
        budget.admit(member.size)
        try:
            handle = os.open(member.inside, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        except OSError as error:
            raise Refused(f"cannot be read: {error.strerror}") from None
        with open(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise Refused("a link or a special file")
            write(stream, target, member)


def unpack(path, folder, budget, *, depth=1, timezone=None):
    """Unpack a student's archive and the archives in it, each into a folder of its own name.

    Args:
        path: The zip file.
        folder: `Path` of the folder it is unpacked to.
        budget: The student's `Budget`.
        depth: How deep in other archives it lies, from 1.
        timezone: As for `Archive`.

    Returns:
        List of `(name, reason)` of what was refused; names are paths through the archives.
    """
    name = Path(path).name
    if depth > budget.limits.depth:
        return [(printable(name), f"archives nested more than {budget.limits.depth} deep")]
    refused = []
    try:
        with Archive(path, budget.limits, timezone) as archive:
            refused += archive.refused
            for member in archive.members:
                target = folder / member.path
                try:
                    archive.extract(member, target, budget)
                except Refused as error:
                    refused.append((printable(member.path), str(error)))
                    continue
                if target.suffix.lower() == ".zip":
                    inner = target.with_name(f"{target.name}.unpacked")
                    refused += unpack(target, inner, budget, depth=depth + 1, timezone=timezone)
                    target.unlink()
    except Refused as error:
        refused.append(("", str(error)))
    return [(f"{printable(name)}/{member}".rstrip("/"), reason) for member, reason in refused]


class _Capped:
    """A file that gives no more than a fixed number of bytes at once, so that no directory fills the memory."""

    def __init__(self, path, most):
        try:
            self._file = open(path, "rb")  # noqa: SIM115 - closed by the archive
        except OSError as error:
            raise Refused(f"cannot be read: {error.strerror}") from None
        self._most = most
        self.seek, self.tell, self.close = self._file.seek, self._file.tell, self._file.close
        self.seekable = self._file.seekable

    def read(self, count=-1):
        if count > self._most:
            raise Refused(f"a directory of {count:,} bytes: too many members")
        return self._file.read(self._most if count < 0 else count)


def _check(info, overlapping, limits):
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Refused("a link or a special file")
    if info.flag_bits & 0x41:
        raise Refused("encrypted")
    if info.compress_type not in READABLE:
        raise Refused("compressed by a method other than deflate")
    if info in overlapping:
        raise Refused("overlaps another member")
    if info.file_size > RATIO_FROM and info.file_size > limits.ratio * max(1, info.compress_size):
        raise Refused(f"compressed more than {limits.ratio} times")


def _overlapping(infos, end):
    """Return the members whose data reaches into the next member or the directory."""
    found = set()
    for info in sorted(infos, key=lambda each: each.header_offset, reverse=True):
        name = info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437", "replace")
        # 30 bytes of local header, then the name, then the data: the least it can take
        if info.header_offset + 30 + len(name) + info.compress_size > end:
            found.add(info)
        end = min(end, info.header_offset)
    return found


def _decoded(info):
    """Return a member's name; many programs write UTF-8 without saying so, and backslashes for slashes."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.orig_filename
    return name.replace("\\", "/")


def _time(info, timezone):
    """Return when a member was written, `None` where the archive does not say."""
    extra = info.extra
    while len(extra) >= 4:
        tag, size = struct.unpack_from("<HH", extra)
        if tag == 0x5455 and size >= 5 and len(extra) >= 9 and extra[4] & 1:  # seconds since 1970, in UTC
            return datetime.fromtimestamp(struct.unpack_from("<I", extra, 5)[0], UTC)
        extra = extra[4 + size :]
    if info.date_time[0] <= 1980:
        return None
    try:
        written = datetime(*info.date_time)
        return (written.replace(tzinfo=timezone) if timezone else written).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
