"""The same answers from a source tree and from an installed package."""

import importlib
import sys

import pytest

from seglab import about

METADATA = """\
Metadata-Version: 2.4
Name: seglab
Version: 0.1.0
Requires-Python: >=3.11,<3.14
Requires-Dist: keras>=3.10,<3.16
Requires-Dist: numpy>=2.0
Requires-Dist: nbgrader>=0.9.5,<0.10 ; extra == "grading"
Requires-Dist: sphinx>=8 ; extra == "site"
Project-URL: Homepage, https://example.org
Project-URL: Source, https://github.com/someone/elsewhere/
Provides-Extra: grading
Provides-Extra: site
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Stands in for an installed package: metadata on the path, no source tree."""
    folder = tmp_path / "seglab-0.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(about, "_source_tree", lambda: None)
    importlib.invalidate_caches()


def test_source_tree_is_read_from_pyproject():
    assert about.source_url() == about._source_tree()["urls"]["Source"].rstrip("/")
    assert "nbgrader" in [needed.name for needed in about.requirements("grading")]
    assert about.python_range().contains("3.12.1")


def test_installed_package_is_read_from_its_metadata(installed):
    assert about.source_url() == "https://github.com/someone/elsewhere"
    assert [str(needed.name) for needed in about.requirements()] == ["keras", "numpy"]
    assert [needed.name for needed in about.requirements("grading")] == ["nbgrader"]
    assert not about.python_range().contains("3.14.0")


def test_range_of_a_package_decides(installed, monkeypatch):
    keras = about.requirements()[0]
    for version, expected in (("3.10.0", True), ("3.16.0", False), ("3.15.0rc1", True), (None, False)):
        monkeypatch.setattr(about, "installed_version", lambda name, version=version: version)
        assert about.is_supported(keras) is expected


def test_foreign_pyproject_is_not_taken_for_ours(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\n')
    (tmp_path / "seglab").mkdir()
    monkeypatch.setattr(about, "__file__", str(tmp_path / "seglab" / "about.py"))
    assert about._source_tree() is None
