"""last_window: the row to forecast from, under the time that follows."""

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
    assert last.index.equals(pd.DatetimeIndex([pd.NaT]))
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
        (DAYS.delete(2), pd.NaT),
        (DAYS.delete(2).tz_localize("UTC"), pd.NaT),
        (pd.Index([1, 2, 5, 7, 8, 9]), pd.NaT),
        (pd.Index(["2021-01", "2021-02", "2021-04", "2021-05"], name="month"), pd.NaT),
    ],
    ids=str,
)
def test_last_window_is_labelled_by_the_next_time(index, following):
    last = last_window(pd.Series(range(len(index)), index), n_steps=2)
    assert last.index[0] is following or last.index[0] == following
    assert last.index.name == index.name
    if hasattr(index, "freq"):
        assert last.index.dtype == index.dtype


def test_last_window_of_several_series(panel):
    last = last_window(panel, n_steps=2, target="High")
    assert list(last.index.get_level_values("stock")) == ["V", "MA"]
    assert last.index.get_level_values("Date").isna().all()
    assert_array_equal(last["High[t-1]"], [35, 5])

    index = pd.MultiIndex.from_product([["V", "MA"], DAYS], names=["stock", "Date"])
    last = last_window(pd.Series(range(12), index, name="High"), n_steps=2)
    assert list(last.index) == [
        (stock, pd.Timestamp("2021-03-07")) for stock in ["V", "MA"]
    ]

    known, unknown = pd.Series(range(6), DAYS), pd.Series(range(5), DAYS.delete(2))
    last = last_window([unknown, known], n_steps=2)
    assert last.index.equals(pd.DatetimeIndex([pd.NaT, "2021-03-07"]))


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
