"""Sphinx configuration: numpydoc API pages, a gallery run from ``examples/``, warnings as errors in CI."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

here = Path(__file__).parent
sys.path[:0] = [str(here.parent / "src"), str(here)]
sys.path.append(str(here.parent / "benchmarks"))

# Examples run while the pages are built: without a window and without reporting to anyone.
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# What they record goes to a folder that is gone afterwards.
own = tempfile.mkdtemp()
atexit.register(shutil.rmtree, own, ignore_errors=True)
os.environ.setdefault("MLFLOW_TRACKING_URI", f"sqlite:///{own}/mlflow.db")
os.environ.setdefault("MLSYS_FOLDER", own)

import layers  # noqa: E402  these lie beside this file
import reference  # noqa: E402

import listed  # noqa: E402  and this one in benchmarks
from mlsys.version import __version__  # noqa: E402

(here / "generated").mkdir(exist_ok=True)
(here / "generated" / "benchmarks.txt").write_text(listed.index(), encoding="utf-8")
(here / "generated" / "benchmarks_data.txt").write_text(listed.data_table(), encoding="utf-8")
layers.draw(here.parent / "pyproject.toml", here / "_static" / "layers.svg")

project = "mlsys"
author = "The mlsys maintainers"
copyright = "The mlsys maintainers, Apache-2.0"
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "reference",
    "gallery",
]
exclude_patterns = ["_build", "auto_examples/*.ipynb", "auto_examples/*.py"]
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["wide.css"]
nitpicky = False

autosummary_generate = True
autosummary_context = {"members_shown": {name: reference.members(name) for name in reference.pages().values()}}
autodoc_typehints = "signature"  # of methods; fields of a class have their types in its list of parameters
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 120
numpydoc_show_class_members = False  # the template of the API's pages shows them, with all they say

html_theme = "pydata_sphinx_theme"
html_title = "mlsys"
html_show_sourcelink = False
# Pages without pages below them need no list of these, and code of examples needs the room.
html_sidebars = {page.stem: [] for page in here.glob("*.rst") if page.stem not in {"api", "benchmarks"}}
html_sidebars["auto_examples/*"] = []
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}

sphinx_gallery_conf = {
    "examples_dirs": str(here.parent / "examples"),
    "gallery_dirs": "auto_examples",
    "copyfile_regex": r"index\.rst",  # the groups of the gallery are written by hand
    # Pages of the API show the examples that use a name, and names in the examples lead to their page.
    "doc_module": ("mlsys",),
    "reference_url": {"mlsys": None},
    "backreferences_dir": "generated/backreferences",
    "image_scrapers": ("gallery",),
    # flight_delays.py is run by `make demo`, whose output is kept in _static/flight_delays.txt; plot_* run here.
    "filename_pattern": r"[\\/]plot_",
    "within_subsection_order": "FileNameSortKey",
    "minigallery_sort_order": "gallery.order",
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "abort_on_example_error": True,
    "ignore_repr_types": r"matplotlib\.(text|axes)",
    "default_thumb_file": str(here / "_static" / "flights.png"),
}
