"""What students wrote as HTML that nothing can come out of: known tags, no scripts, no request."""

import base64
import binascii
import html
import re
from functools import cache, lru_cache

TAGS = frozenset(
    (
        *(
            "a",
            "b",
            "blockquote",
            "br",
            "code",
            "dd",
            "del",
            "details",
            "div",
            "dl",
            "dt",
            "em",
            "h1",
            "h2",
            "h3",
            "h4",
        ),
        *(
            "h5",
            "h6",
            "hr",
            "i",
            "img",
            "ins",
            "kbd",
            "li",
            "mark",
            "ol",
            "p",
            "pre",
            "q",
            "s",
            "samp",
            "small",
            "span",
        ),
        *("strong", "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul", "var"),
    )
)
ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x20]+", re.IGNORECASE)
DATA = re.compile(r"data:image/[a-z]{2,10};base64,([A-Za-z0-9+/=]+)")
SIGNATURES = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
MAX_TEXT = 10_000  # characters that are read as Markdown, which can take time that grows with their square
NO_ALT = "picture without a description"


def to_html(text, picture=None, attachments=None):
    """Turn Markdown into HTML.

    Args:
        text: Markdown, with any HTML in it.
        picture: Function from the address of a picture to bytes or `None`; `None` for no pictures but those inside.
        attachments: The cell's attachments, `dict` from name to `dict` from MIME type to base64 text.

    Returns:
        HTML text. Tags that are not known stand there as text; formulas keep their LaTeX.

    Example:
        >>> to_html("*a* <script>alert(1)</script> $x^2$").strip()
        '<p><em>a</em> &lt;script&gt;alert(1)&lt;/script&gt; <code>x^2</code></p>'
    """
    text = printable(text)
    inside = {}

    def take_out(found):
        name = f"inside-{len(inside)}"
        inside[name] = found[1]
        return f"attachment:{name}"

    text = DATA.sub(take_out, text)
    if len(text) > MAX_TEXT:
        return f"<pre>{html.escape(text)}</pre>\n"
    if not inside and not attachments and "![" not in text and "<img" not in text.lower():
        return _without_pictures(text)

    def find(address):
        if not address.startswith("attachment:"):
            return picture(address) if picture is not None else None
        name = address.removeprefix("attachment:")
        bundle = (attachments or {}).get(name)
        bundle = bundle if isinstance(bundle, dict) else {}
        return decode(inside.get(name) or next(filter(None, map(bundle.get, ("image/png", "image/jpeg"))), None))

    return _render(text, find)


def printable(text):
    """Return a text without signs that a page must not hold."""
    text = str(text).encode("utf-8", "replace").decode()
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text.replace("\r\n", "\n").replace("\r", "\n"))


def decode(text):
    """Return the bytes of base64 text, `None` if it is none."""
    try:
        return base64.b64decode("".join(text) if isinstance(text, list) else text, validate=False)
    except (TypeError, ValueError, binascii.Error):
        return None


def picture_uri(content):
    """Return a picture as a data URI.

    Args:
        content: Bytes, or `None`.

    Returns:
        The URI, `None` where the bytes are no PNG, JPEG, GIF or WebP picture.

    Example:
        >>> picture_uri(b"GIF89a"), picture_uri(b"<svg onload=alert(1)>")
        ('data:image/gif;base64,R0lGODlh', None)
    """
    kind = next((name for name, rule in SIGNATURES.items() if rule.match(content)), None) if content else None
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}" if kind else None


def shift_headings(text, above):
    """Put the headings of a piece of HTML below those above it, so that no level is left out.

    Args:
        text: What `to_html` made.
        above: Level of the heading above, from 2.

    Returns:
        `(text, level)`: the HTML, and the level of its last heading.

    Example:
        >>> shift_headings("<h1>a</h1><h3>b</h3><h2>c</h2>", 2)
        ('<h3>a</h3><h4>b</h4><h4>c</h4>', 4)
    """
    level = above

    def shift(found):
        nonlocal level
        if not found[1]:
            level = min(int(found[2]) + 2, level + 1, 6)
        return f"<{found[1]}h{level}>"

    return re.sub(r"<(/?)h([1-6])>", shift, text), level


@lru_cache(maxsize=1024)  # the sheet's own texts are the same for everybody
def _without_pictures(text):
    return _render(text, lambda address: None)


def _render(text, find):
    try:
        rough = _markdown()(text)
    except Exception:  # whatever the parser's depths raise: the text can still be read
        return f"<pre>{html.escape(text)}</pre>\n"
    return _cleaner(find)(rough)


@cache
def _markdown():
    """Markdown as notebooks have it, with formulas as code."""
    from mistune import import_plugin
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def block_code(self, code, info=None):
            return f"<pre><code>{html.escape(code)}</code></pre>\n"

        def inline_math(self, body):
            return f"<code>{html.escape(body)}</code>"

        def block_math(self, body):
            return f"<code>{html.escape(body.strip())}</code>"

        def latex_environment(self, name, body):
            return f"<code>\\begin{{{html.escape(name)}}}{html.escape(body)}\\end{{{html.escape(name)}}}</code>"

        def _embed_image_or_attachment(self, src):
            return src  # the cleaner finds all pictures, those of HTML too

    renderer = Renderer(escape=False, exclude_anchor_links=True)
    plugins = [import_plugin(name) for name in ("strikethrough", "table", "url", "def_list")]
    return lambda text: MarkdownWithMath(renderer=renderer, plugins=plugins).render(text)


def _cleaner(find):
    """Return a function that lets known tags through, and of their attributes what is made here anew."""
    from bleach.html5lib_shim import Filter
    from bleach.sanitizer import Cleaner

    class Known(Filter):
        def __iter__(self):
            for token in super().__iter__():
                if token["type"] in ("StartTag", "EmptyTag"):
                    given = {name: value for (_, name), value in token["data"].items()}
                    name, kept = token["name"], {}
                    if name == "img":
                        uri, alt = picture_uri(find(given.get("src", ""))), given.get("alt", "").strip()
                        if uri is None:
                            yield {"type": "Characters", "data": f"[picture not shown: {alt or NO_ALT}]"}
                            continue
                        kept = {"src": uri, "alt": alt or NO_ALT}
                    elif name == "a" and ADDRESS.fullmatch(given.get("href", "").strip()):
                        kept = {"href": given["href"].strip(), "rel": "noopener noreferrer"}
                    elif name == "th":
                        kept = {"scope": "col"}
                    token["data"] = {(None, key): value for key, value in kept.items()}
                yield token

    allowed = {"a": ["href"], "img": ["src", "alt"]}
    protocols = ("http", "https", "mailto", "attachment")
    return Cleaner(TAGS, attributes=allowed, protocols=protocols, filters=[Known]).clean
