"""The course's one bibliography, `docs/bibliography.toml`: what its entries must be like, and how they read.

How notebooks cite it is the subject of `seglab.authoring.citations`.
"""

import re
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path

from seglab.errors import InputError

PATH = "docs/bibliography.toml"

NEEDED = {"authors": list, "title": str, "venue": str, "year": int}
ALLOWED = {"arxiv": str, "doi": str, "url": str, "note": str}
# Pattern and example. Marks of Markdown, and a colon where own words would begin, make a line ambiguous.
FORMS = {
    "title": (r"[^*\[\]`]+", "Mask R-CNN"),
    "venue": (r"[^*\[\]`:]+", "CVPR"),
    "note": (r"[^*\[\]`:]+", "first version 2018"),
    "arxiv": (r"\d{4}\.\d{4,5}", "1703.06870"),
    "doi": (r"10\.\d{4,9}/\S+", "10.2307/1932409"),
    "url": (r"https?://\S+", "https://distill.pub"),
}
ALL_NAMED = 5
"""With more authors than this, the first one is named, "and others"."""


def load(course_dir):
    """Read and check the bibliography of a course.

    Args:
        course_dir: The course, the folder that holds `docs/`.

    Returns:
        `dict` of the entries by key; empty for a course without a bibliography.

    Raises:
        InputError: If the file is no TOML or an entry is wrong; names the first fault.

    Example:
        >>> load("no-such-course")
        {}
    """
    path = Path(course_dir, PATH)
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as TOML: {error}.") from None
    for fault in faults(entries):
        raise InputError(f"{path}: {fault}.")
    return entries


def faults(entries):
    """Yield what is wrong with a bibliography, key and fault.

    Args:
        entries: `dict` of the entries by key, in the order of the file.

    Example:
        >>> list(faults({"He2017": {"authors": ["He, Kaiming"], "title": "Mask R-CNN", "year": 2017}}))
        ['He2017: venue is missing']
    """
    sound = {}
    for key, entry in entries.items():
        found = list(_faults_of_fields(entry))
        yield from (f"{key}: {fault}" for fault in found)
        if not found:
            sound[key] = entry
    yield from _faults_of_keys(sound)
    for field in ("title", "arxiv", "doi", "url"):
        first = {}
        for key, entry in sound.items():
            other = first.setdefault(entry.get(field, key).casefold(), key)
            if other != key:
                yield f"{key}: has the {field} of {other}; a source stands once"


def render(entry):
    """Return an entry as the Markdown text that notebooks show.

    Args:
        entry: `dict` of the entry's fields.

    Returns:
        Authors, title (a link where the entry has an address), venue, year and note.

    Example:
        >>> render({"authors": ["Yu, Fisher", "Koltun, Vladlen"], "title": "Dilation", "venue": "ICLR", "year": 2016})
        'Fisher Yu and Vladlen Koltun, *Dilation*, ICLR 2016'
    """
    names = [" ".join(reversed(name.split(", "))) for name in entry["authors"]]
    *first, last = names if len(names) <= ALL_NAMED else (names[0], "others")
    people = f"{', '.join(first)} and {last}" if first else last
    title, link = f"*{entry['title']}*", address(entry)
    text = f"{people}, {f'[{title}]({link})' if link else title}, {entry['venue']} {entry['year']}"
    return f"{text} ({entry['note']})" if "note" in entry else text


def address(entry):
    """Return where an entry can be read, `None` if it does not say; arXiv goes before the DOI, as all may read it.

    Args:
        entry: `dict` of the entry's fields.

    Example:
        >>> address({"doi": "10.2307/1932409"})
        'https://doi.org/10.2307/1932409'
    """
    if "url" in entry:
        return entry["url"]
    if "arxiv" in entry:
        return f"https://arxiv.org/abs/{entry['arxiv']}"
    return f"https://doi.org/{entry['doi']}" if "doi" in entry else None


def _faults_of_fields(entry):
    """Yield which fields of an entry are missing, unknown or of the wrong form."""
    if not isinstance(entry, dict):
        yield f"must be a table of {', '.join(NEEDED)}, got {entry!r}"
        return
    for field, kind in (NEEDED | ALLOWED).items():
        value = entry.get(field)
        if value is None:
            if field in NEEDED:
                yield f"{field} is missing"
        elif not isinstance(value, kind):
            yield f"{field} must be of type {kind.__name__}, got {value!r}"
        elif field in FORMS and not re.fullmatch(FORMS[field][0], value):
            yield f'{field} must be like "{FORMS[field][1]}", got {value!r}'
    names = entry.get("authors")
    if isinstance(names, list) and not (names and all(re.fullmatch(r"[^,]+(, [^,]+)?", str(name)) for name in names)):
        yield f'authors must be like ["He, Kaiming", "Girshick, Ross"], got {names!r}'
    for field in sorted(entry.keys() - NEEDED.keys() - ALLOWED.keys()):
        yield f"unknown field {field}; there are {', '.join(NEEDED | ALLOWED)}"


def _faults_of_keys(entries):
    """Yield which keys are out of order, or are not the first author's name and the year."""
    stems = {key: _stem(entry) for key, entry in entries.items()}
    count, seen, before = Counter(stems.values()), Counter(), ""
    for key, stem in stems.items():
        wanted = stem + ("abcdefghijklmnopqrstuvwxyz"[seen[stem]] if count[stem] > 1 else "")
        seen[stem] += 1
        if key != wanted:
            yield f"{key}: the key must be {wanted}"
        if key.casefold() < before:
            yield f"{key}: belongs further up, entries are sorted by key"
        before = key.casefold()


def _stem(entry):
    """Return the first author's surname in plain letters, a capital for each part of it, and the year."""
    name = entry["authors"][0]
    parts = name.split(", ")[0].split() if ", " in name else name.split()[:1]
    surname = unicodedata.normalize("NFKD", "".join(part[0].upper() + part[1:] for part in parts))
    return f"{re.sub('[^A-Za-z]', '', surname)}{entry['year']}"
