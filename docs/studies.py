"""The examples that need ``SK_RNN_DATA`` and minutes: run by ``make docs STUDIES=1``.

A module, because Sphinx cannot pickle what ``conf.py`` defines.
"""

from pathlib import Path

STUDIES = ["plot_mastercard_study", "plot_sktime_backtest"]


def arguments(gallery_conf, script_vars):
    """Return the command line of an example, which sphinx-gallery asks for."""
    if Path(script_vars["src_file"]).stem not in STUDIES:
        return []
    output = Path(gallery_conf["src_dir"], "_build", "study_output")
    return ["--quiet", "--output", str(output)]
