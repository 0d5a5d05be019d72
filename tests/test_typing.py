"""What type checkers find in a user's script."""

import re
from pathlib import Path

from mypy import api

import sk_rnn.datasets
import sk_rnn.metrics
import sk_rnn.plotting
import sk_rnn.sktime

ROOT = Path(__file__).parents[1]


def test_a_users_script_is_typed_in_full(monkeypatch):
    """As if installed: what lies inside of sk_rnn is not the user's to check."""
    monkeypatch.chdir(ROOT)
    found, problems, _ = api.run(
        [
            "--strict",
            "--config-file=",
            "--follow-imports=silent",
            "tests/typed_usage.py",
        ]
    )
    assert not problems
    assert "Success: no issues found" in found, found


def test_the_script_uses_every_public_name():
    script = (ROOT / "tests" / "typed_usage.py").read_text()
    modules = sk_rnn, sk_rnn.datasets, sk_rnn.metrics, sk_rnn.plotting, sk_rnn.sktime
    names = {name for module in modules for name in module.__all__}
    assert not {name for name in names if not re.search(rf"\b{name}\b", script)}
