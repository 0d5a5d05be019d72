"""The MasterCard stock prices that Kaggle publishes."""

from __future__ import annotations

import math
import os
from pathlib import Path
from reprlib import repr as shortened
from typing import Any

import numpy as np
import pandas as pd

_COLUMNS = ["Open", "High", "Low", "Close", "Volume", "Dividends", "Stock Splits"]


def read_mastercard(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read the daily MasterCard stock prices from the CSV file of Kaggle.

    The file is not part of the package. It is ``Mastercard_stock_history.csv`` of the
    data set `kalilurrahman/mastercard-stock-data-latest-and-updated
    <https://www.kaggle.com/datasets/kalilurrahman/mastercard-stock-data-latest-and-updated>`_.

    Parameters
    ----------
    path : str or path-like
        The CSV file.

    Returns
    -------
    DataFrame of shape (n_days, 7)
        One row per trading day, the oldest first, indexed by ``Date``
        (DatetimeIndex without a time zone). The columns are those of the file, as
        floats: ``Open``, ``High``, ``Low``, ``Close`` (dollars per share, adjusted for
        dividends and splits), ``Volume`` (shares), ``Dividends`` (dollars per share)
        and ``Stock Splits`` (new shares per old one; 0 on other days). Missing values
        stay missing.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no CSV file, lacks one of the columns, or holds something other
        than dates and numbers in them.

    See Also
    --------
    load_sp500 : Prices that need no download.

    Examples
    --------
    >>> from sk_rnn.datasets import read_mastercard
    >>> prices = read_mastercard("Mastercard_stock_history.csv")  # doctest: +SKIP
    >>> prices.loc["2021", "High"].max()  # doctest: +SKIP
    400.5214786597936
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no MasterCard CSV file at path={str(path)!r}. Download "
            "Mastercard_stock_history.csv from https://www.kaggle.com/datasets/"
            "kalilurrahman/mastercard-stock-data-latest-and-updated and pass its path."
        )
    try:
        table = pd.read_csv(path)
    except ValueError as error:
        raise _refusal(path, f"cannot be read as CSV: {error}") from error
    if not isinstance(table.index, pd.RangeIndex):  # pandas shifted the columns
        width = len(table.columns)
        raise _refusal(path, f"has rows of more values than its header names ({width})")
    missing = [name for name in ["Date", *_COLUMNS] if name not in table]
    if missing:
        columns = ", ".join(map(str, table.columns))
        raise _refusal(
            path, f"has no column {', '.join(missing)}; its columns are {columns}"
        )
    dates = pd.to_datetime(table["Date"], format="%Y-%m-%d", errors="coerce")
    if dates.isna().any():
        row = int(dates.isna().argmax())
        problem = f"holds Date={table['Date'][row]!r} in data row {row + 1}"
        raise _refusal(path, f"{problem}, which is not a date of the form YYYY-MM-DD")
    prices = table.drop(columns="Date").set_index(pd.DatetimeIndex(dates, name="Date"))
    for name in _COLUMNS:
        try:
            prices[name] = prices[name].astype(float)
            bad = np.isinf(prices[name])
        except (ValueError, OverflowError):
            bad = ~prices[name].map(_is_number)
        if bad.any():
            row = int(np.argmax(bad))
            cell = shortened(str(prices[name].iloc[row]))
            problem = f"{cell} in the column {name!r} of data row {row + 1}"
            raise _refusal(path, f"holds a price that is not a number: {problem}")
    return prices.sort_index(kind="stable")


def _is_number(cell: Any) -> bool:
    try:
        return not math.isinf(float(cell))
    except (ValueError, OverflowError):
        return False


def _refusal(path: Path, problem: str) -> ValueError:
    return ValueError(
        f"The file at path={str(path)!r} {problem}. Pass the CSV file as Kaggle "
        "publishes it."
    )
