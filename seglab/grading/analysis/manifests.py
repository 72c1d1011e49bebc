"""The versions that students worked with, as `submit` wrote them into the archives that they handed in."""

import json
import zipfile

from seglab.grading.collecting.originals import Originals
from seglab.grading.jobs import open_plain

MANIFEST = "manifest.json"
MOST = 1 << 16


def read_versions(course, sheet, student):
    """Read the versions in the manifest of the attempt that counts.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        student: Name of the student.

    Returns:
        `dict` from package to version, empty where there is no manifest, or none that can be read.
    """
    originals = Originals(course.root, sheet)
    now = originals.current(student)["now"]
    if now is None:
        return {}
    folder = originals.files(student, now["attempt"])
    for path in sorted(folder.rglob("*")):
        try:
            if path.name == MANIFEST:
                with open_plain(path) as file:
                    found = _versions(file.read(MOST))
            elif path.suffix.lower() == ".zip":
                with open_plain(path) as file, zipfile.ZipFile(file) as archive:
                    name = next(each for each in archive.namelist() if each.rpartition("/")[2] == MANIFEST)
                    with archive.open(name) as member:  # no more is unpacked than is read
                        found = _versions(member.read(MOST))
            else:
                continue
        except (OSError, ValueError, StopIteration, zipfile.BadZipFile, NotImplementedError, RuntimeError):
            continue  # RuntimeError: an archive with a password
        if found:
            return found
    return {}


def drift(versions, graded_with):
    """Say where students worked with other versions than the grading.

    Args:
        versions: `dict` from student to `dict` from package to version.
        graded_with: `dict` from package to version of the grading.

    Returns:
        List of `dict`, one per package: `package`, `graded_with` (`None` where the grading has none), `seen`, a `dict`
        from version to the number of submissions, most first, and `other`, how many differ before the last number.

    Example:
        >>> drift({"ann": {"numpy": "1.26.4"}, "bob": {"numpy": "2.1.9"}}, {"numpy": "2.1.3"})
        [{'package': 'numpy', 'graded_with': '2.1.3', 'seen': {'1.26.4': 1, '2.1.9': 1}, 'other': 1}]
    """
    rows = []
    for package in sorted({name for known in versions.values() for name in known}):
        seen = {}
        for known in versions.values():
            if package in known:
                seen[known[package]] = seen.get(known[package], 0) + 1
        ours = graded_with.get(package)
        other = sum(number for version, number in seen.items() if ours is not None and _near(version) != _near(ours))
        seen = dict(sorted(seen.items(), key=lambda each: (-each[1], each[0])))
        rows.append({"package": package, "graded_with": ours, "seen": seen, "other": other})
    return rows


def _near(version):
    return version.split(".")[:2]


def _versions(content):
    try:
        known = json.loads(content)["versions"]
        return {str(name)[:40]: str(version)[:40] for name, version in list(known.items())[:20] if version}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
