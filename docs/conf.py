"""Sphinx configuration."""

import sk_rnn

project = "sk_rnn"
copyright = "the sk_rnn developers"
release = sk_rnn.__version__

default_role = "literal"
extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more: shapes and defaults
autosummary_generate = True
numpydoc_show_class_members = False  # the template of classes lists the methods

html_theme = "pydata_sphinx_theme"
html_title = f"sk_rnn {release}"
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
}
html_sidebars = {"index": [], "user_guide": [], "backtesting": [], "api": []}
