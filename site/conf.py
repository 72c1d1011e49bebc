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
extensions = ["myst_nb", "mathml"]

nb_execution_mode = "off"  # the lessons were run before
nb_code_prompt_show = "Show the set-up"
nb_code_prompt_hide = "Hide the set-up"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3  # a link to a heading works as it does on GitHub

html_theme = "sphinx_book_theme"
html_math_renderer = "mathml"
templates_path = ["_templates"]
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["site.css"]
html_js_files = ["demos/page_model.js", "live_demos.js", "site.js"]
html_context = {"default_mode": "auto"}
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "repository_url": about.source_url(),
    "use_repository_button": True,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "navbar_persistent": [],
    "home_page_in_toc": True,
    "show_toc_level": 2,
}


def add_print_button(app, pagename, templatename, context, doctree):
    """Put a button that prints the page beside the theme's own."""
    button = {"type": "javascript", "javascript": "window.print()", "icon": "fa-solid fa-print"}
    context["header_buttons"].append({**button, "text": "", "tooltip": "Print this page", "label": "print-button"})


def setup(app):
    """Ask to be called for each page, behind the theme."""
    app.connect("html-page-context", add_print_button, priority=900)
