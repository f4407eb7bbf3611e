"""How the documentation is built."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from adams_edge import write_adams_edge  # noqa: E402
from bars import escape_docstring  # noqa: E402
from benched import write_benchmark  # noqa: E402
from claims import claim_role, write_claims  # noqa: E402
from elsewhere import types, write_inventories  # noqa: E402
from explored import Explorer, write_explorer  # noqa: E402
from measured import write_tables  # noqa: E402
from monitored import write_monitored  # noqa: E402
from real_runs import write_real_runs  # noqa: E402
from rooms import write_rooms  # noqa: E402
from tables import write_pages  # noqa: E402

import gandyn  # noqa: E402

project = "gandyn"
author = "The gandyn authors"
copyright = "The gandyn authors"
version = release = gandyn.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinx-mathjax-offline",
]
exclude_patterns = [
    "_build",
    "gallery",
    "questions",
    "generated/crosscheck_*.md",
    "generated/adams_edge_*.md",
    "generated/real_runs_*.md",
]
templates_path = ["_templates"]

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "dollarmath"]
myst_heading_anchors = 3

default_role = "obj"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = types()
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf = {
    "examples_dirs": ["questions", "gallery"],
    "gallery_dirs": ["generated/questions", "generated/gallery"],
    "filename_pattern": r"\.py$",
    "image_srcset": ["2x"],
    "download_all_examples": False,
    "remove_config_comments": True,
    "abort_on_example_error": True,
    "write_computation_times": False,
    "show_signature": False,
    "capture_repr": (),
}

html_theme = "pydata_sphinx_theme"
html_title = "gandyn"
html_static_path = ["_static"]
html_css_files = ["gandyn.css"]
html_js_files = ["gandyn.js"]
html_extra_path = ["generated/explorer"]
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 8,
}

write_pages(HERE / "generated")
intersphinx_mapping = write_inventories(HERE / "generated" / "inventories")
write_tables(HERE / "generated")
write_real_runs(HERE / "generated")
write_benchmark(HERE / "generated")
write_claims(HERE / "generated")
write_adams_edge(HERE / "generated")
write_monitored(HERE / "generated")
write_explorer(HERE / "generated" / "explorer")
write_rooms(HERE / "generated", HERE.parent / "pyproject.toml")


def setup(app: Any) -> None:
    """Connect what reads docstrings, before numpydoc at 500, and what pages add."""
    app.connect("autodoc-process-docstring", escape_docstring, priority=400)
    app.add_role("claim", claim_role)
    app.add_directive("explorer", Explorer)
