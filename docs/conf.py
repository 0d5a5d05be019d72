"""Sphinx configuration."""

import logging
import os
import re
import sys
from pathlib import Path

from sphinx_gallery import gen_rst

import sk_rnn

sys.path.insert(0, str(Path(__file__).parent))
from studies import CLIENTS, STUDIES

project = "sk_rnn"
copyright = "the sk_rnn developers"
release = sk_rnn.__version__

default_role = "literal"
extensions = [
    "myst_parser",  # the changelog and the benchmarks are in Markdown
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more: shapes and defaults
autosummary_generate = True
numpydoc_show_class_members = False  # the template of classes lists the methods

intersphinx_mapping = {
    "python": ("https://docs.python.org/3", None),
    "numpy": ("https://numpy.org/doc/stable", None),
    "pandas": ("https://pandas.pydata.org/docs", None),
    "sklearn": ("https://scikit-learn.org/stable", None),
    "matplotlib": ("https://matplotlib.org/stable", None),
    "sktime": ("https://www.sktime.net/en/stable", None),
}
intersphinx_timeout = 10


def demote_offline(record):
    """Let a machine without internet build the same pages, with fewer links.

    The message has no type that ``suppress_warnings`` could name. An answer that says
    "not found" remains a warning.
    """
    offline = re.search(r"Connect|Timeout|Proxy", str(record.args))  # exceptions' names
    if "inventories" in record.msg and offline:
        record.levelno, record.levelname = logging.INFO, "INFO"
    return True


logging.getLogger("sphinx.sphinx.ext.intersphinx").addFilter(demote_offline)

copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

# `make docs STUDIES=1` sets the tag `studies`. The studies ask for it in their text: a
# page that is not run shows the figures and tables that are stored.
prices = Path(os.environ.get("SK_RNN_DATA", ""), "Mastercard_stock_history.csv")
if not prices.is_file():
    tags.remove("studies")  # noqa: F821 - Sphinx defines it
run_studies = tags.has("studies")  # noqa: F821 - Sphinx defines it
shown = CLIENTS if run_studies else CLIENTS + STUDIES

# sphinx-gallery keeps what an earlier build made: a study that was run, a script that
# another branch has.
for made in Path("auto_examples").glob("plot_*"):
    script = made.name.partition(".")[0]
    is_gone = not Path("..", "examples", f"{script}.py").is_file()
    if is_gone or script in shown:
        made.unlink()

# sktime announces a default of its next version whenever it makes a forecaster, and
# sphinx-gallery writes warnings into the page, whatever a script does about them.
show_warning = gen_rst._showwarning


def show_other_warnings(message, *details):
    """Keep the announcement, with the path of this machine, out of the pages."""
    if "remember_data" not in str(message):
        show_warning(message, *details)


gen_rst._showwarning = show_other_warnings

sphinx_gallery_conf = {
    "filename_pattern": f"/(?!{'|'.join(shown)})plot_",
    "within_subsection_order": "FileNameSortKey",
    "reset_argv": "studies.arguments",
    "remove_config_comments": True,
    "ignore_repr_types": "matplotlib|list|Display",  # what plotting returns
    "backreferences_dir": "auto_examples/backreferences",
    "doc_module": "sk_rnn",
    # Both sk_rnn and sk_rnn.sktime have a GRUForecaster: only the import tells which.
    "inspect_global_variables": False,
    "notebook_extensions": set(),  # the studies read a command line
    "download_all_examples": False,
    "write_computation_times": False,
}


html_theme = "pydata_sphinx_theme"
html_title = f"sk_rnn {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
}
html_sidebars = {
    page: [] for page in ("index", "getting_started", "coming_from", "benchmarks")
} | {page: [] for page in ("auto_examples/*", "faq", "glossary", "api", "changes")}
