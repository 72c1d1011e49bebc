"""How a notebook cites the bibliography: by key, in running text and in the list under the heading "Sources".

An author types `- [He2017]`, or `- [He2017]: what the lesson takes from it.`; `mend` writes the entry behind the key:

    - [He2017] Kaiming He, Georgia Gkioxari, Piotr Dollár and Ross Girshick, *Mask R-CNN*, ICCV 2017: what the ...
"""

import re

from seglab.authoring.bibliography import PATH, render

OTHER_SOURCES = ("GitHub:", "Documentation:", "Lecture:")
"""How a source begins that is no entry: threads, manuals, and the lectures whose errors are corrected."""

KEY = r"\[([A-Z][A-Za-z]*(?:18|19|20)\d\d[a-z]?)\](?!\()"
LIST = re.compile(r"^##+ Sources$(?:\n(?!#).*)*", re.MULTILINE)
ITEM = re.compile(r"^- .*(?:\n[ \t]+\S.*)*", re.MULTILINE)


def cited(text):
    """Return the keys that a Markdown text cites.

    Args:
        text: Source of a Markdown cell.

    Returns:
        List of `str` in their order. What stands in code, or is the text of a link, is no key.

    Example:
        >>> cited("As in [He2017] and [Lin2017a]; `[He2016]` is code, [He2015](there) a link.")
        ['He2017', 'Lin2017a']
    """
    return re.findall(KEY, re.sub(r"`[^`]*`", "", text))


def has_list(text):
    """Return whether a Markdown text has the heading over a list of sources.

    Args:
        text: Source of a Markdown cell.
    """
    return LIST.search(text) is not None


def without_list(text):
    """Return a Markdown text without its list of sources, which is looked up rather than read.

    Args:
        text: Source of a Markdown cell.

    Example:
        >>> without_list("Seen." + chr(10) + "## Sources" + chr(10) + "- [He2017]")
        'Seen.\\n'
    """
    return LIST.sub("", text)


def mend(text, entries):
    """Write the lines of a list of sources anew, from their keys.

    Args:
        text: Source of a Markdown cell.
        entries: The bibliography, as `bibliography.load` returns it.

    Returns:
        The new text. Own words, behind a colon, stay; so do lines without a known key and all that is no list.

    Example:
        >>> entry = {"authors": ["Yu, Fisher"], "title": "Dilation", "venue": "ICLR", "year": 2016}
        >>> print(mend("## Sources" + chr(10) + "- [Yu2016]: its table.", {"Yu2016": entry}))
        ## Sources
        - [Yu2016] Fisher Yu, *Dilation*, ICLR 2016: its table.
    """
    return LIST.sub(lambda found: ITEM.sub(lambda item: _mended(item[0], entries), found[0]), text)


def faults(text, entries):
    """Yield how a Markdown text departs from the bibliography, and what to write.

    Args:
        text: Source of a Markdown cell.
        entries: The bibliography, as `bibliography.load` returns it.

    Example:
        >>> list(faults("As in [He2017].", {}))
        ['cites He2017, which is not in docs/bibliography.toml']
    """
    for key in dict.fromkeys(cited(text)):
        if key not in entries:
            yield f"cites {key}, which is not in {PATH}"
    starts = tuple(f"- {start}" for start in OTHER_SOURCES)
    for found in LIST.finditer(text):
        items = ITEM.findall(found[0])
        others = [line for line in ITEM.sub("", found[0]).split("\n")[1:] if line.strip()]
        for line in others if items or others else ["nothing"]:
            yield f'"Sources" is a list of lines like "- [He2017]", found {line}'
        for item in items:
            if _mended(item, entries) != item:
                yield f"write (notebooks.tidy does): {_mended(item, entries)}"
            elif not re.match(f"- {KEY}", item) and not item.startswith(starts):
                yield f"a source starts with a key, like [He2017], or with {', '.join(OTHER_SOURCES)} found {item}"


def _mended(item, entries):
    """Return an item of the list as it must read; it stays where it cites no entry."""
    match = re.match(f"- {KEY}(.*)", item, re.DOTALL)
    if match is None or match[1] not in entries:
        return item
    rest = " ".join(match[2].split())
    # The first colon may be inside of a title, so own words are looked for behind it.
    own = rest[1:] if rest.startswith(":") else re.split(r"\*[^*]*\*", rest, maxsplit=1)[-1].partition(": ")[2]
    return f"- [{match[1]}] {render(entries[match[1]])}" + (f": {own.strip()}" if own.strip() else ".")
