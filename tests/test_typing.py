"""What type checkers find in a user's script."""

from pathlib import Path

from mypy import api

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
