"""The examples that a build of the documentation does not run by itself.

Studies need ``SK_RNN_DATA`` and minutes: ``make docs STUDIES=1`` runs them. Clients
need other packages: ``make test-clients`` runs them. A module, because Sphinx cannot
pickle what ``conf.py`` defines.
"""

from pathlib import Path

STUDIES = ["plot_mastercard_study", "plot_sktime_backtest"]
CLIENTS = ["plot_inside_other_packages", "plot_pruning"]


def arguments(gallery_conf, script_vars):
    """Return the command line of an example, which sphinx-gallery asks for."""
    if Path(script_vars["src_file"]).stem not in STUDIES:
        return []
    output = Path(gallery_conf["src_dir"], "_build", "study_output")
    return ["--quiet", "--output", str(output)]
