"""What the package says about itself: supported ranges, and where students find it.

Ranges and address are read from the package's metadata, which `pyproject.toml` alone writes. In a source
tree that is on the path without being installed, `pyproject.toml` itself is read.
"""

import tomllib
from importlib import metadata
from pathlib import Path

from seglab import __version__


def tag():
    """Return the tag of the students' tree that badges and Colab's install command point at.

    It follows the version, so that one number pins a term: what is installed, what is opened, what was handed in.

    Returns:
        The tag as `str`.

    Example:
        >>> tag() == f"v{__version__}"
        True
    """
    return f"v{__version__}"


def wheel():
    """Return the name of the file in the students' tree that Colab installs.

    Returns:
        The file's name as `str`.

    Example:
        >>> wheel().startswith("seglab-")
        True
    """
    return f"seglab-{__version__}-py3-none-any.whl"


def source_url():
    """Return the address of the students' tree, without a trailing slash.

    Returns:
        The address as `str`.

    Example:
        >>> source_url().startswith("https://")
        True
    """
    project = _source_tree()
    if project is not None:
        return project["urls"]["Source"].rstrip("/")
    entries = metadata.metadata("seglab").get_all("Project-URL") or []
    addresses = dict(entry.split(", ", 1) for entry in entries)
    return addresses["Source"].rstrip("/")


def requirements(extra=None):
    """Return what the package needs, as `packaging` requirements.

    Args:
        extra: Name of an extra, such as `"grading"`, whose own packages are meant. `None` means what
            every student needs.

    Returns:
        List of `packaging.requirements.Requirement`, in the order of the metadata.

    Example:
        >>> [str(needed.specifier) != "" for needed in requirements() if needed.name == "keras"]
        [True]
    """
    from packaging.requirements import Requirement

    project = _source_tree()
    if project is not None:
        lines = project["dependencies"] if extra is None else project["optional-dependencies"].get(extra, [])
        return [Requirement(line) for line in lines]
    needed = [Requirement(line) for line in metadata.requires("seglab") or []]
    if extra is None:
        return [item for item in needed if item.marker is None or "extra" not in str(item.marker)]
    return [
        item
        for item in needed
        if item.marker is not None and "extra" in str(item.marker) and item.marker.evaluate({"extra": extra})
    ]


def python_range():
    """Return the supported versions of Python.

    Returns:
        `packaging.specifiers.SpecifierSet`.

    Example:
        >>> python_range().contains("2.7")
        False
    """
    from packaging.specifiers import SpecifierSet

    project = _source_tree()
    return SpecifierSet(project["requires-python"] if project else metadata.metadata("seglab")["Requires-Python"])


def installed_version(name):
    """Return the installed version of a package without importing it.

    Args:
        name: The package's name as pip knows it.

    Returns:
        The version as `str`, or `None` where it is not installed.

    Example:
        >>> installed_version("no-such-package") is None
        True
    """
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def is_supported(needed):
    """Return whether the installed version of a package lies in its supported range.

    Args:
        needed: A `packaging` requirement, as `requirements` lists them.

    Returns:
        `bool`; `False` where the package is missing.

    Example:
        >>> from packaging.requirements import Requirement
        >>> is_supported(Requirement("numpy>=1000"))
        False
    """
    version = installed_version(needed.name)
    return version is not None and needed.specifier.contains(version, prereleases=True)


def _source_tree():
    """Return the `[project]` table of the source tree this package lies in, or `None` where it is installed."""
    path = Path(__file__).resolve().parent.parent / "pyproject.toml"
    if not path.is_file():
        return None
    project = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})
    return project if project.get("name") == "seglab" else None
