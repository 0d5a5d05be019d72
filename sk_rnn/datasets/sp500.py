"""The S&P 500 index that ships with the arch package."""

from __future__ import annotations

import pandas as pd


def load_sp500() -> pd.DataFrame:
    """Load the daily S&P 500 index, 1999 to 2018, from the ``arch`` package.

    Nothing is downloaded: the data are a file of ``arch``, which
    ``pip install sk_rnn[study]`` installs.

    Returns
    -------
    DataFrame of shape (5031, 6)
        One row per trading day, the oldest first, indexed by ``Date``
        (DatetimeIndex without a time zone). The columns are floats: ``Open``,
        ``High``, ``Low``, ``Close``, ``Adj Close`` (index points) and ``Volume``
        (shares).

    Raises
    ------
    ImportError
        If ``arch`` is not installed.

    See Also
    --------
    read_mastercard : The prices of the MasterCard study, from a CSV file.

    Examples
    --------
    >>> from sk_rnn.datasets import load_sp500
    >>> load_sp500().loc["2018-09-18":"2018-09-21", ["High", "Close"]].round(2)
                   High    Close
    Date
    2018-09-18  2911.17  2904.31
    2018-09-19  2912.36  2907.95
    2018-09-20  2934.80  2930.75
    2018-09-21  2940.91  2929.67
    """
    try:
        from arch.data import sp500
    except ImportError as error:
        raise ImportError(
            "load_sp500 requires arch. You can install it with "
            "`pip install sk_rnn[study]`."
        ) from error
    return sp500.load().astype(float)
