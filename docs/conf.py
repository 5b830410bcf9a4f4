"""Settings of the documentation site; `make docs` builds it."""

import os
import sys
import warnings
from pathlib import Path

import aurita

sys.path.insert(0, str(Path(__file__).parent))
warnings.filterwarnings("ignore")
os.environ.setdefault("MPLBACKEND", "agg")

project = "aurita"
author = "The aurita developers"
version = release = aurita.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = [
    "_build",
    "gallery/**/*.ipynb",
    "gallery/**/*.py",
    "**/sg_execution_times.rst",
    "sg_execution_times.rst",
]
suppress_warnings = ["myst.xref_missing", "config.cache"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = f"aurita {version}"
# Nothing is fetched from elsewhere when a page is read.
html_theme_options = {"show_prev_next": False, "navigation_with_keys": True, "secondary_sidebar_items": ["page-toc"]}

sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": r"plot_",
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ("matplotlib", "site_parts.drawn"),
    "capture_repr": (),
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_signature": False,
    "abort_on_example_error": True,
}


def setup(app: object) -> None:
    """Make what is made of the code itself."""
    import site_parts

    app.connect("builder-inited", site_parts.write_commands)  # type: ignore[attr-defined]
    app.connect("autodoc-process-docstring", site_parts.as_text, priority=400)  # type: ignore[attr-defined]
    app.connect("source-read", site_parts.add_further_pages)  # type: ignore[attr-defined]
