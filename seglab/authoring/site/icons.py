"""The icons of the theme, cut down to those that the site shows: all of them would be more than a page may weigh."""

import re
from pathlib import Path

USED = re.compile(r"\bfa-([a-z0-9-]+)")
ICON = re.compile(r'"?([a-z0-9-]+)"?:\[\d+,\d+,(\[[^\]]*\]),"[0-9a-f]+",(?:"[^"]*"|\[[^\]]*\])\],?')


def prune(pages):
    """Rewrite the script of the icons in a built site, without those that no page and no other script names.

    Args:
        pages: Folder of the built site.

    Returns:
        The size of the script in bytes, before and after; `(0, 0)` without one.
    """
    pages = Path(pages)
    script = pages / "_static" / "scripts" / "fontawesome.js"
    if not script.is_file():
        return 0, 0
    others = [path for path in (*pages.rglob("*.html"), *pages.rglob("*.js")) if path != script]
    used = {name for path in others for name in USED.findall(path.read_text(encoding="utf-8"))}
    text = script.read_text(encoding="utf-8")
    small = kept(text, used)
    script.write_text(small, encoding="utf-8")
    return len(text.encode()), len(small.encode())


def kept(text, used):
    """Return the script without the icons that are not used.

    Args:
        text: The script.
        used: Set of names, without `fa-`.

    Returns:
        `str`.

    Example:
        >>> kept('{bars:[1,2,["navicon"],"f0c9","M0"],x:[1,2,[],"f00d",["M1","M2"]]}', {"navicon"})
        '{bars:[1,2,["navicon"],"f0c9","M0"],}'
    """

    def needed(icon):
        names = {icon[1], *re.findall(r'"([^"]+)"', icon[2])}
        return icon[0] if names & used else ""

    return ICON.sub(needed, text)
