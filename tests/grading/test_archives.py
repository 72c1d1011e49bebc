"""Hostile archives: nothing leaves its folder, memory stays bounded, and every refusal has its reason."""

import io
import os
import random
import stat
import struct
import tracemalloc
import zipfile
import zlib
from datetime import UTC, datetime

import pytest

from seglab.grading.collecting.archives import Archive, Folder, unpack
from seglab.grading.collecting.extraction import MB, STUDENT, Budget, Limits
from seglab.grading.collecting.filenames import Refused, is_student_id, printable, safe_path


def zipped(path, members, method=zipfile.ZIP_DEFLATED):
    """Write an archive of `(name or ZipInfo, bytes)`."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content, compress_type=method)
    return path


def special(name, mode):
    info = zipfile.ZipInfo(name)
    info.external_attr = (mode | 0o777) << 16
    return info


def extract_all(path, folder, limits=STUDENT):
    """Unpack and return `(files, reasons)`: contents by name, reasons by name."""
    refused = unpack(path, folder, Budget(limits))
    files = {each.relative_to(folder).as_posix(): each for each in folder.rglob("*") if each.is_file()}
    return files, {name.removeprefix(f"{path.name}/"): reason for name, reason in refused}


def outside(folder, tmp_path):
    return sorted(path.name for path in tmp_path.iterdir() if path != folder)


HOSTILE_NAMES = {
    "../out.txt": "leaves",
    "a/../../out.txt": "leaves",
    "/etc/passwd": "absolute",
    "C:/windows/out.txt": "drive",
    "..\\out.txt": "leaves",
    "C:\\out.txt": "drive",
    "file.txt:stream": "colon",
    "nul": "device",
    "lab/COM1.ipynb": "device",
    "new\nline.txt": "control",
    "esc\x1b[2J.txt": "control",
    "lab\u202egnp.exe": "direction",
    "a/b/c/d/e/f/g/h/i.txt": "deep",
    "x" * 200: "long",
    "dots. /a.txt": "space or a dot",
}


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_refused_one_by_one(tmp_path, name):
    path = zipped(tmp_path / "in.zip", [(name, b"bad"), ("good.txt", b"good")])
    folder = tmp_path / "out"
    files, reasons = extract_all(path, folder)
    assert list(files) == ["good.txt"] and files["good.txt"].read_bytes() == b"good"
    assert len(reasons) == 1
    [(shown, reason)] = reasons.items()
    assert HOSTILE_NAMES[name] in reason
    assert shown.isprintable()
    assert outside(folder, tmp_path) == ["in.zip"]


def test_a_nul_in_a_name_hides_nothing(tmp_path):
    path = zipped(tmp_path / "in.zip", [("lab1.ipynbXevil.sh", b"bad"), ("good.txt", b"good")])
    path.write_bytes(path.read_bytes().replace(b"lab1.ipynbX", b"lab1.ipynb\0"))
    files, reasons = extract_all(path, tmp_path / "out")
    assert list(files) == ["good.txt"]
    assert reasons == {"lab1.ipynb\\x00evil.sh": "a control character in the name (U+0000)"}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_and_special_files_are_refused(tmp_path, kind):
    path = zipped(tmp_path / "in.zip", [(special("link", kind), b"/etc/passwd"), (special("file", stat.S_IFREG), b"1")])
    files, reasons = extract_all(path, tmp_path / "out")
    assert list(files) == ["file"] and reasons == {"link": "a link or a special file"}


def test_a_bomb_is_refused_before_and_while_it_is_written(tmp_path):
    zeros = bytes(MB)
    path = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bomb.bin", "w", force_zip64=True) as stream,
    ):
        for _ in range(200):
            stream.write(zeros)
    assert path.stat().st_size < 250_000
    with Archive(path) as archive:
        assert archive.members == [] and archive.refused == [("bomb.bin", "compressed more than 200 times")]
    # The same bomb that lies about its size: no more than it announced is ever written.
    lying = path.read_bytes()
    place = lying.rindex(b"PK\x01\x02")
    lying = lying[: place + 24] + struct.pack("<I", 1000) + lying[place + 28 :]
    path.write_bytes(lying)
    tracemalloc.start()
    files, reasons = extract_all(path, tmp_path / "out")
    assert tracemalloc.get_traced_memory()[1] < 8 * MB
    tracemalloc.stop()
    assert files == {} and "damaged" in reasons["bomb.bin"]


def test_bytes_and_files_are_counted_over_nested_archives(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        for number in range(5):
            archive.writestr(f"{number}.bin", os.urandom(1000))
    path = zipped(tmp_path / "in.zip", [("a.bin", os.urandom(1000)), ("more.zip", inner.getvalue())])
    files, reasons = extract_all(path, tmp_path / "out", Limits(total_bytes=1000 + len(inner.getvalue()) + 2500))
    assert sorted(files) == ["a.bin", "more.zip.unpacked/0.bin", "more.zip.unpacked/1.bin"]
    assert set(reasons) == {f"more.zip/{number}.bin" for number in (2, 3, 4)}
    files, reasons = extract_all(path, tmp_path / "few", Limits(members=5))
    assert len(files) == 4 and set(reasons) == {"more.zip/3.bin", "more.zip/4.bin"}


def test_archives_nested_thirty_deep_stop_at_the_limit(tmp_path):
    content = b"bottom"
    for level in range(30):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("next.zip" if level else "bottom.txt", content)
            archive.writestr("beside.txt", b"1")
        content = stream.getvalue()
    (tmp_path / "in.zip").write_bytes(content)
    files, reasons = extract_all(tmp_path / "in.zip", tmp_path / "out")
    assert len(files) == 3
    assert reasons == {"next.zip/next.zip/next.zip": "archives nested more than 3 deep"}


def test_a_hundred_thousand_members_cost_little(tmp_path):
    path = tmp_path / "many.zip"
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, 0, 0, 6, 0)
    with open(path, "wb") as file:
        for number in range(100_000):
            file.write(local + b"%06d" % number)
        start = file.tell()
        for number in range(100_000):
            entry = (20, 20, 0, 0, 0, 33, 0, 0, 0, 6, 0, 0, 0, 0, 0, number * 36)
            file.write(struct.pack("<4s6H3I5H2I", b"PK\1\2", *entry) + b"%06d" % number)
        size = file.tell() - start
        file.write(struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, size, start, 0))
    tracemalloc.start()
    with pytest.raises(Refused, match="too many members"):
        Archive(path)
    assert tracemalloc.get_traced_memory()[1] < 4 * MB
    tracemalloc.stop()
    few = zipped(tmp_path / "few.zip", [(str(number), b"") for number in range(11)])
    with pytest.raises(Refused, match="11 members: an archive may have 10"):
        Archive(few, Limits(members=10))


def test_overlapping_members_are_refused(tmp_path):
    path = zipped(tmp_path / "in.zip", [("a.txt", b"a" * 100), ("b.txt", b"b" * 100)], zipfile.ZIP_STORED)
    raw = bytearray(path.read_bytes())
    # The first member's data is made to reach over the second: both entries of the directory and its own header.
    first = raw.index(b"PK\x01\x02")
    for place in (18, first + 20):
        raw[place : place + 4] = struct.pack("<I", 235)
    for place in (22, first + 24):
        raw[place : place + 4] = struct.pack("<I", 235)
    path.write_bytes(raw)
    files, reasons = extract_all(path, tmp_path / "out")
    assert list(files) == ["b.txt"] and reasons == {"a.txt": "overlaps another member"}


def test_one_member_listed_many_times_is_unpacked_once(tmp_path):
    path = zipped(tmp_path / "in.zip", [("a.txt", b"a" * 100)])
    raw = path.read_bytes()
    start, end = raw.index(b"PK\1\2"), raw.index(b"PK\5\6")
    entry = raw[start:end]
    entries = b"".join(entry.replace(b"a.txt", b"%c.txt" % letter) for letter in b"bcd") + entry
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 4, 4, len(entries), start, 0)
    path.write_bytes(raw[:start] + entries + tail)
    files, reasons = extract_all(path, tmp_path / "out")
    assert len(files) <= 1 and [reason for reason in reasons.values() if "overlaps" in reason]


def test_damage_is_named_and_costs_one_member(tmp_path):
    path = zipped(tmp_path / "in.zip", [("a.txt", b"a" * 100), ("b.txt", b"b" * 100)], zipfile.ZIP_STORED)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"a" * 100, b"a" * 99 + b"x"))
    files, reasons = extract_all(path, tmp_path / "out")
    assert list(files) == ["b.txt"] and "CRC" in reasons["a.txt"]
    path.write_bytes(raw[:200])
    with pytest.raises(Refused, match="no zip file, or cut off"):
        Archive(path)
    path.write_bytes(b"")
    with pytest.raises(Refused, match="no zip file"):
        Archive(path)


def test_encrypted_and_unusual_members_are_refused(tmp_path):
    path = zipped(tmp_path / "in.zip", [("a.txt", b"a" * 100), ("b.txt", b"b" * 100)])
    raw = bytearray(path.read_bytes())
    raw[6] |= 1
    place = raw.index(b"PK\1\2")
    raw[place + 8] |= 1
    path.write_bytes(raw)
    files, reasons = extract_all(path, tmp_path / "out")
    assert list(files) == ["b.txt"] and reasons == {"a.txt": "encrypted"}
    path = zipped(tmp_path / "lzma.zip", [("a.txt", b"a")], zipfile.ZIP_LZMA)
    assert extract_all(path, tmp_path / "lzma")[1] == {"a.txt": "compressed by a method other than deflate"}


def test_of_one_name_twice_the_later_stands(tmp_path):
    with pytest.warns(UserWarning):
        path = zipped(tmp_path / "in.zip", [("lab.ipynb", b"old"), ("LAB.ipynb", b"other"), ("lab.ipynb", b"new")])
    files, reasons = extract_all(path, tmp_path / "out")
    assert files["lab.ipynb"].read_bytes() == b"new" and len(files) == 1
    assert reasons == {"lab.ipynb": "a later member has the same name", "LAB.ipynb": "a later member has the same name"}


def test_a_file_and_a_folder_of_one_name(tmp_path):
    path = zipped(tmp_path / "in.zip", [("a", b"file"), ("a/b", b"inside"), ("c", b"1")])
    files, reasons = extract_all(path, tmp_path / "out")
    assert sorted(files) == ["a", "c"] and list(reasons) == ["a/b"]


def test_names_without_a_sign_of_their_encoding_are_read_as_utf_8_where_they_are(tmp_path):
    path = zipped(tmp_path / "in.zip", [("N\u00fa\u00f1ez.txt", b"1")])
    raw = bytearray(path.read_bytes())
    for place in (6, raw.index(b"PK\1\2") + 8):
        raw[place + 1] &= ~8  # the flag that says UTF-8
    path.write_bytes(raw)
    with Archive(path) as archive:
        assert [member.path for member in archive.members] == ["N\u00fa\u00f1ez.txt"]
    path.write_bytes(bytes(raw).replace("N\u00fa\u00f1ez".encode(), b"N\x82\xff\xfe\x9a\x82z"))
    with Archive(path) as archive:
        assert len(archive.members) == 1  # code page 437, as the format says


def test_times_in_utc_are_preferred_and_1980_is_unknown(tmp_path):
    exact = zipfile.ZipInfo("a", (2026, 1, 10, 9, 0, 0))
    exact.extra = struct.pack("<HHBI", 0x5455, 5, 1, int(datetime(2026, 1, 10, 12, tzinfo=UTC).timestamp()))
    plain = zipfile.ZipInfo("b", (2026, 1, 10, 9, 0, 0))
    path = zipped(tmp_path / "in.zip", [(exact, b""), (plain, b""), (zipfile.ZipInfo("c"), b"")])
    with Archive(path, timezone=UTC) as archive:
        times = {member.path: member.time for member in archive.members}
    assert times["a"].hour == 12 and times["b"].hour == 9 and times["c"] is None


def test_a_folder_gives_its_files_and_refuses_links_and_pipes(tmp_path):
    root = tmp_path / "in"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "a.txt").write_text("a")
    (root / "link").symlink_to("/etc/passwd")
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "pipe")
    (root / ".ipynb_checkpoints").mkdir()
    (root / ".ipynb_checkpoints" / "x").write_text("x")
    with Folder(root) as folder:
        assert [member.path for member in folder.members] == ["sub/a.txt"]
        assert {name for name, _ in folder.refused} == {"link", "loop", "pipe"}
        [member] = folder.members
        (root / "sub" / "a.txt").unlink()
        (tmp_path / "secret").write_text("s")
        (root / "sub" / "a.txt").symlink_to(tmp_path / "secret")  # changed between the listing and the reading
        with pytest.raises(Refused):
            folder.extract(member, tmp_path / "out.txt", Budget())
    assert not (tmp_path / "out.txt").exists()
    with Folder(root / "sub", Limits(members=0)) as folder:
        assert folder.members == [] and folder.refused[0][1].startswith("more than 0 files")


def test_an_existing_file_is_never_written_over(tmp_path):
    path = zipped(tmp_path / "in.zip", [("a.txt", b"new")])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_bytes(b"old")
    _, reasons = extract_all(path, tmp_path / "out")
    assert (tmp_path / "out" / "a.txt").read_bytes() == b"old" and list(reasons) == ["a.txt"]


def test_random_damage_never_raises_anything_else(tmp_path):
    members = [(f"{letter}.txt", zlib.adler32(letter.encode()).to_bytes(4) * 50) for letter in "abcd"]
    path = zipped(tmp_path / "in.zip", members)
    raw, generator = path.read_bytes(), random.Random(0)
    for trial in range(300):
        damaged = bytearray(raw)
        for _ in range(generator.randint(1, 6)):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        path.write_bytes(damaged[: generator.choice([len(damaged), generator.randrange(len(damaged))])])
        unpack(path, tmp_path / "out" / str(trial), Budget())
    assert outside(tmp_path / "out", tmp_path) == ["in.zip"]


def test_names_of_students():
    assert is_student_id("ada") and is_student_id("ada@uni.edu") and is_student_id("王小明") and is_student_id("12345")
    for name in ("", ".", "..", "a/b", "a*", "a?", "[a]", "a,b", "-a", "con", "a\n", "x" * 81, "a."):
        assert not is_student_id(name), name


def test_safe_paths():
    assert safe_path("e\u0301.txt") == "\u00e9.txt"
    assert printable("a\u202eb\u2028c") == "a\\u202eb\\u2028c"
    for name in ("", ".", "./", "/"):
        with pytest.raises(Refused):
            safe_path(name)
