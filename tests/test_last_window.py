"""last_window: the row to forecast from, under the time that follows."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sk_rnn import last_window, make_windows

DAYS = pd.date_range("2021-03-01", periods=6, name="Date")


def test_last_window_continues_the_windows(prices):
    X, _ = make_windows(prices, n_steps=3, target="Close")
    last = last_window(prices, n_steps=3, target="Close")
    assert list(last) == list(X)
    assert_array_equal(last, prices[["Close", "High"]].to_numpy()[-3:].reshape(1, 6))
    # Thirty trading days, two holidays among them; the last one is a Tuesday.
    assert last.index.equals(pd.DatetimeIndex(["2021-02-17"]))
    assert last.index.name == "Date"


def test_last_window_of_arrays():
    assert_array_equal(last_window([1, 2, 3], n_steps=2), [[2, 3]])
    assert_array_equal(last_window([np.arange(3), np.arange(9)], 2), [[1, 2], [7, 8]])


@pytest.mark.parametrize(
    ("index", "following"),
    [
        (DAYS, pd.Timestamp("2021-03-07")),
        (
            pd.date_range("2021-03-26", periods=2, tz="Europe/Berlin"),
            pd.Timestamp("2021-03-28", tz="Europe/Berlin"),
        ),
        (pd.bdate_range("2021-03-04", periods=2), pd.Timestamp("2021-03-08")),
        (
            pd.period_range("2021-01", periods=6, freq="M", name="month"),
            pd.Period("2021-07", "M"),
        ),
        (pd.timedelta_range("1h", periods=6, freq="3h"), pd.Timedelta("19h")),
        (pd.RangeIndex(4, 28, 4, name="step"), 28),
        # A daily CSV.
        (pd.DatetimeIndex(DAYS, freq=None), pd.Timestamp("2021-03-07")),
        # A month is missing; and a shop that is closed on Sundays.
        (
            pd.DatetimeIndex(["2021-01-01", "2021-02-01", "2021-03-01", "2021-04-01"]),
            pd.Timestamp("2021-05-01"),
        ),
        (
            pd.date_range("2024-01-01", "2024-01-13").drop("2024-01-07"),
            pd.Timestamp("2024-01-15"),
        ),
        (pd.Index([1, 2, 3], name="day"), 4),
    ],
    ids=str,
)
def test_last_window_is_labelled_by_the_next_time(index, following):
    last = last_window(pd.Series(range(len(index)), index), n_steps=2)
    assert last.index[0] == following
    assert last.index.name == index.name
    if hasattr(index, "freq"):
        assert last.index.dtype == index.dtype


@pytest.mark.parametrize(
    "index",
    [
        DAYS.delete(2),
        DAYS.delete(2).tz_localize("UTC"),
        pd.DatetimeIndex(DAYS[:2], freq=None),
        pd.Index([1, 2, 5, 7, 8, 9]),
        pd.Index(["2021-01", "2021-02", "2021-04", "2021-05"], name="month"),
    ],
    ids=str,
)
def test_where_nothing_tells_the_next_time(index):
    series = pd.Series(range(len(index)), index)
    text = re.escape(str(index[-1]).removesuffix(" 00:00:00"))
    message = rf"which time follows {text} in series, .* NaT\. Give .* frequency"
    with pytest.warns(UserWarning, match=message) as caught:
        last = last_window(series, n_steps=2)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert last.index[0] is pd.NaT
    assert last.index.name == index.name
    if hasattr(index, "freq"):
        assert last.index.dtype == index.dtype


def test_gaps_are_named():
    """Months stay on their grid, whatever is missing."""
    months = pd.date_range("2018", periods=36, freq="MS").delete([19, 20])
    for index in months, months.to_period("M"):
        message = r"series has a gap of 2 step\(s\) after 2019-07.* \(2019-08"
        with pytest.warns(UserWarning, match=message) as caught:
            last = last_window(pd.Series(range(34), index), n_steps=3)
        assert len(caught) == 1
        assert caught[0].filename == __file__
        assert str(last.index[0]).startswith("2021-01")


def test_last_window_of_several_series(panel):
    last = last_window(panel, n_steps=2, target="High")
    next_day = pd.Timestamp("2021-03-07")
    assert list(last.index) == [("V", next_day), ("MA", next_day)]
    assert_array_equal(last["High[t-1]"], [35, 5])

    index = pd.MultiIndex.from_product([["V", "MA"], DAYS], names=["stock", "Date"])
    last = last_window(pd.Series(range(12), index, name="High"), n_steps=2)
    assert list(last.index) == [("V", next_day), ("MA", next_day)]

    # The second is listed two days before its end: the frequency is the panel's.
    last = last_window(pd.Series(range(8), index[[*range(6), 10, 11]]), n_steps=2)
    assert list(last.index) == [("V", next_day), ("MA", next_day)]

    known, unknown = pd.Series(range(6), DAYS), pd.Series(range(5), DAYS.delete(2))
    with pytest.warns(UserWarning, match=r"follows 2021-03-06 in series\[0\], so"):
        last = last_window([unknown, known], n_steps=2)
    assert last.index.equals(pd.DatetimeIndex([pd.NaT, "2021-03-07"]))


def test_series_of_a_panel_are_named_together():
    """Each has its own times: days, some days, months of which one is missing."""
    months = pd.date_range("2020", periods=9, freq="MS").delete(4)
    some = DAYS[[0, 1, 3, 4]]
    stores = {"A": DAYS, "B": some, "C": some, "D": months, "E": months}
    panel = pd.concat({k: pd.Series(1.0, v) for k, v in stores.items()})
    with pytest.warns(UserWarning, match=r"NaT|gap") as caught:
        last = last_window(panel, n_steps=2)
    texts = sorted(str(warning.message) for warning in caught)
    assert len(texts) == 2
    assert "follows 2021-03-05 in series 'B' and 1 more, so" in texts[0]
    assert texts[1].startswith(
        "series 'D' has a gap of 1 step(s) after 2020-04-01 (2020-05-01 is missing); "
        "series 'E' has a gap"
    )
    next_times = pd.DatetimeIndex(
        ["2021-03-07", None, None, "2020-10-01", "2020-10-01"]
    )
    assert last.index.equals(pd.MultiIndex.from_arrays([list("ABCDE"), next_times]))


def test_a_short_series_is_padded_with_its_first_value(panel):
    assert_array_equal(last_window([1, 2], n_steps=4), [[1, 1, 1, 2]])
    assert_array_equal(
        last_window(np.array([[1, 10], [2, 20]]), n_steps=3, target=1),
        [[10, 1, 10, 1, 20, 2]],
    )
    last = last_window(panel, n_steps=5, target="High")
    assert_array_equal(last["High[t-5]"], [32, 1])
    assert_array_equal(last["High[t-1]"], [35, 5])


def test_counts_of_any_integer_type():
    for count in np.uint8(3), np.int64(3), np.int8(3):
        assert_array_equal(last_window(np.arange(300.0), count), [[297, 298, 299]])
