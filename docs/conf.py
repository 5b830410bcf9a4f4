"""Settings of the documentation site; `make docs` builds it."""

import os
import warnings

import aurita

warnings.filterwarnings("ignore")
os.environ.setdefault("MPLBACKEND", "agg")

project = "aurita"
author = "The aurita developers"
version = release = aurita.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = [
    "_build",
    "gallery/*.ipynb",
    "gallery/*.py",
    "sg_execution_times.rst",
    "gallery/sg_execution_times.rst",
]
suppress_warnings = ["myst.xref_missing", "config.cache"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_title = f"aurita {version}"
# Nothing is fetched from elsewhere when a page is read.
html_theme_options = {"show_prev_next": False, "navigation_with_keys": True, "secondary_sidebar_items": ["page-toc"]}

sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": r"plot_",
    "download_all_examples": False,
    "remove_config_comments": True,
    "abort_on_example_error": True,
}
