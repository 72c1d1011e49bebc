"""Names of files and students that are safe as paths, everywhere and in every terminal."""

import re
import unicodedata

PATH_BYTES = 400
NAME_BYTES = 180
FOLDERS = 8
DEVICES = re.compile(r"(con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$", re.IGNORECASE)
JUNK = {"__macosx", ".ds_store", "thumbs.db", "desktop.ini", ".ipynb_checkpoints", "__pycache__"}
BIDIRECTIONAL = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
STUDENT_ID = re.compile(r"[^\W_][\w.@-]{0,79}")


class Refused(Exception):
    """A file that is not taken; the message is the reason."""


def safe_path(name):
    """Return a relative path that means the same on every system.

    Args:
        name: Path with slashes, as it stands in an archive.

    Returns:
        The path in normal form C, without `.` and empty parts.

    Raises:
        Refused: If it leaves its folder, is absolute, names a drive or a device, is too long, or holds
            characters that do not print or turn the direction of writing.

    Example:
        >>> safe_path("./lab1//lab1.ipynb")
        'lab1/lab1.ipynb'
        >>> safe_path("../lab1.ipynb")
        Traceback (most recent call last):
        seglab.grading.collecting.filenames.Refused: leaves its folder
    """
    for character in name:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise Refused(f"a control character in the name (U+{ord(character):04X})")
        if ord(character) in BIDIRECTIONAL:
            raise Refused(f"a character that turns the direction of the name (U+{ord(character):04X})")
    if name.startswith("/"):
        raise Refused("an absolute path")
    if ":" in name:
        raise Refused("a drive or a colon in the name")
    parts = [unicodedata.normalize("NFC", part) for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise Refused("leaves its folder")
    if not parts:
        raise Refused("no name")
    if len(parts) > FOLDERS:
        raise Refused(f"more than {FOLDERS} folders deep")
    if max(len(part.encode()) for part in parts) > NAME_BYTES or len("/".join(parts).encode()) > PATH_BYTES:
        raise Refused("the name is too long")
    for part in parts:
        if DEVICES.match(part):
            raise Refused("the name of a device")
        if part != part.rstrip(" ."):
            raise Refused("a name that ends in a space or a dot")
    return "/".join(parts)


def is_junk(path):
    """Return whether a path is what systems and notebooks leave behind, never a student's work.

    Args:
        path: Relative path with slashes.

    Returns:
        `bool`.

    Example:
        >>> is_junk("__MACOSX/._lab1.ipynb"), is_junk("lab1.ipynb")
        (True, False)
    """
    return any(part.casefold() in JUNK or part.startswith("._") for part in path.split("/"))


def printable(name):
    """Return a name that cannot harm a terminal or a report.

    Args:
        name: Any text.

    Returns:
        At most 200 characters, those that do not print written as escapes.

    Example:
        >>> printable("lab" + chr(27) + "[2J.ipynb")
        'lab\\\\x1b[2J.ipynb'
    """
    text = "".join(
        character
        if unicodedata.category(character)[0] != "C" and character not in "\u2028\u2029"
        else character.encode("unicode_escape").decode()
        for character in name[:200]
    )
    return text[:200]


def words(text):
    """Return the words of a name in the form in which names are compared: without accents, case and signs.

    Args:
        text: Any text.

    Returns:
        List of `str`.

    Example:
        >>> words("Núñez-Ø, José")
        ['nunez', 'ø', 'jose']
    """
    plain = "".join(
        character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character)
    )
    return re.findall(r"[^\W_]+", plain.casefold())


def is_student_id(text):
    """Return whether a text can name a student's folder: letters, digits, `_`, `.`, `@`, `-`; 80 at most.

    nbgrader takes `*`, `?` and `[` in it for patterns and `,` for a list.

    Args:
        text: Any text.

    Returns:
        `bool`.

    Example:
        >>> is_student_id("ada.l@uni.edu"), is_student_id("../ada"), is_student_id(".ada")
        (True, False, False)
    """
    return bool(STUDENT_ID.fullmatch(text)) and not DEVICES.match(text) and text == text.rstrip(".")
