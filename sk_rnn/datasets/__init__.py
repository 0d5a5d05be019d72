"""The price series of the worked examples, as DataFrames with a DatetimeIndex."""

from sk_rnn.datasets.mastercard import read_mastercard
from sk_rnn.datasets.sp500 import load_sp500

__all__ = ["load_sp500", "read_mastercard"]
