"""Sphinx's settings for the site; `python -m seglab.authoring.site` writes the pages it reads."""

import sys
from pathlib import Path

from seglab import __version__, about

sys.path.insert(0, str(Path(__file__).parent))

project = "SegLab"
author = "the authors of SegLab"
version = release = __version__
html_title = "SegLab"
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "mathml"]

nb_execution_mode = "off"  # the lessons were run before
myst_enable_extensions = ["dollarmath"]

# The docstrings write `code` in single backticks, and types in words.
default_role = "literal"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_param = False

html_theme = "sphinx_book_theme"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["demos/page_model.js", "live_demos.js"]
html_context = {"default_mode": "auto"}
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "repository_url": about.source_url(),
    "use_repository_button": True,
    "use_download_button": True,
    "use_fullscreen_button": False,
    "home_page_in_toc": True,
    "show_toc_level": 2,
}
