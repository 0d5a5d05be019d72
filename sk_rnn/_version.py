"""The version of sk_rnn."""

__version__ = "0.1.0"
