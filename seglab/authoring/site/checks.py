"""What must hold for every page of the built site: links that lead somewhere, words for pictures, little weight."""

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LIMIT = 1_500_000  # bytes of a page with all that it loads


class Page(HTMLParser):
    """One page: its ids, where it leads, what it loads, and its pictures without words."""

    def __init__(self, path):
        super().__init__()
        self.path = Path(path)
        self.root, self.ids, self.links, self.loads, self.wordless = "", set(), [], [], []
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        """Note what one tag says."""
        attrs = dict(attrs)
        if tag == "html":
            self.root = attrs.get("data-content_root", "")
        self.ids |= {attrs[name] for name in ("id", "name") if attrs.get(name) and tag != "meta"}
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        if tag in ("img", "script") and attrs.get("src"):
            self.loads.append(attrs["src"])
        if tag == "link" and attrs.get("rel") == "stylesheet":
            self.loads.append(attrs["href"])
        if tag == "img" and not attrs.get("alt", "").strip():
            self.wordless.append(attrs.get("src", ""))
        if "data-demo" in attrs:
            self.loads.append(f"{self.root}_static/demos/{attrs['data-demo']}.js")


def faults(pages):
    """Yield what is wrong in a built site: `page: fault`.

    Args:
        pages: Folder of the site.
    """
    for path in html_files(pages):
        page, name = _read(path), path.relative_to(pages).as_posix()
        for address in dict.fromkeys([*page.links, *page.loads]):
            if not is_external(address) and (fault := _lost(path, address)):
                yield f"{name}: {address} {fault}"
        yield from (f"{name}: loads {address} from elsewhere" for address in page.loads if is_external(address))
        yield from (f"{name}: no words for {source}" for source in page.wordless)
        if (size := weight(path)) > LIMIT:
            yield f"{name}: weighs {size:,} bytes, at most {LIMIT:,}"


def html_files(pages):
    """Return the files of a site's pages, sorted; the theme leaves templates among its static files.

    Args:
        pages: Folder of the site.

    Returns:
        List of `Path`.
    """
    return sorted(path for path in Path(pages).rglob("*.html") if "_static" not in path.parts)


def weight(path):
    """Return the size of a page in bytes: its HTML, and the scripts, styles and pictures that it loads.

    Args:
        path: The page's file.

    Returns:
        `int`.
    """
    path = Path(path)
    files = {_target(path, address) for address in _read(path).loads if not is_external(address)}
    return path.stat().st_size + sum(file.stat().st_size for file in files if file.is_file())


def external(pages):
    """Return the addresses of other machines that the site links to, sorted.

    Args:
        pages: Folder of the site.

    Returns:
        List of `str`.
    """
    links = {link for path in html_files(pages) for link in _read(path).links}
    return sorted(link for link in links if is_external(link))


def is_external(address):
    """Tell whether an address leads out of the site.

    Example:
        >>> is_external("https://keras.io"), is_external("../index.html#top"), is_external("data:,")
        (True, False, False)
    """
    return urlsplit(address).scheme in ("http", "https", "mailto") or address.startswith("//")


@cache
def _read(path):
    return Page(path)


def _target(path, address):
    """The file that an address on a page means."""
    local = unquote(urlsplit(address).path)
    return (path.parent / local).resolve() if local else path


def _lost(path, address):
    """Why an address leads nowhere, `None` where it does."""
    if address.startswith("data:"):
        return None
    file, place = _target(path, address), unquote(urlsplit(address).fragment)
    if not file.is_file():
        return "does not exist"
    if place and file.suffix == ".html" and place not in _read(file).ids:
        return "has no such place"
    return None
