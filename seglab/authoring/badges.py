"""The Colab badge of a notebook, made from the one address and tag of the students' tree."""

from pathlib import PurePosixPath

from seglab import about

BADGE_IMAGE = "https://colab.research.google.com/assets/colab-badge.svg"


def colab_url(path):
    """Return the address that opens a notebook of the students' tree in Colab.

    Args:
        path: The notebook's path relative to the tree's root.

    Returns:
        The address as `str`.

    Example:
        >>> colab_url("course/week00_setup.ipynb").endswith(f"/blob/{about.tag()}/course/week00_setup.ipynb")
        True
    """
    repository = about.source_url().removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{repository}/blob/{about.tag()}/{PurePosixPath(path)}"


def badge(path):
    """Return the Markdown of the badge that opens a notebook in Colab.

    Args:
        path: The notebook's path relative to the tree's root.

    Returns:
        One line of Markdown.

    Example:
        >>> badge("course/week00_setup.ipynb").startswith("[![Open in Colab](https://colab.")
        True
    """
    return f"[![Open in Colab]({BADGE_IMAGE})]({colab_url(path)})"
