import copy
import datetime as dt
import os
import pickle
import subprocess
import sys
import tracemalloc
from io import BytesIO
from pathlib import Path

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal, assert_index_equal, assert_series_equal
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from sk_rnn import WindowTransformer, last_window, make_windows

DAYS = pd.date_range("2021-03-01", periods=6, name="Date")


@pytest.fixture
def prices():
    """Thirty trading days without a frequency: two weekdays of them are holidays."""
    days = pd.bdate_range("2021-01-04", periods=32, name="Date").delete([7, 15])
    rng = np.random.default_rng(0)
    high = 100 + rng.normal(size=30).cumsum()
    return pd.DataFrame({"High": high, "Close": high - rng.uniform(size=30)}, days)


# make_windows: one series


def test_windows_by_hand():
    X, y = make_windows([10, 11, 12, 13, 14], n_steps=2)
    # The first two have nothing before them to forecast them from, so three rows.
    assert_array_equal(X, [[10, 11], [11, 12], [12, 13]])
    assert_array_equal(y, [12, 13, 14])


def test_horizon_and_stride_by_hand():
    X, y = make_windows(range(9), n_steps=3, horizon=2, stride=2)
    # Windows start at 0, 2 and 4; one from 6 would have no continuation.
    assert_array_equal(X, [[0, 1, 2], [2, 3, 4], [4, 5, 6]])
    assert_array_equal(y, [[3, 4], [5, 6], [7, 8]])


def test_channels_by_hand():
    series = np.array([[1, 10], [2, 20], [3, 30]])
    X, y = make_windows(series, n_steps=2, target=1)
    # All channels of the oldest step first, the target first in each step.
    assert_array_equal(X, [[10, 1, 20, 2]])
    assert_array_equal(y, [30])


def test_shortest_series_gives_one_row():
    X, y = make_windows([1, 2, 3], n_steps=1, horizon=2)
    assert_array_equal(X, [[1]])
    assert_array_equal(y, [[2, 3]])


@settings(max_examples=150, deadline=None)
@given(
    data=st.data(),
    n_steps=st.integers(1, 5),
    horizon=st.integers(1, 4),
    stride=st.integers(1, 4),
    n_channels=st.integers(1, 3),
    layout=st.sampled_from(["C", "F", "reversed", "frame", "sorted list"]),
)
def test_equals_a_naive_double_loop(data, n_steps, horizon, stride, n_channels, layout):
    length = data.draw(st.integers(n_steps + horizon, 25))
    target = data.draw(st.integers(0, n_channels - 1))
    series = np.arange(length * n_channels).reshape(length, n_channels)
    given_as = {
        "C": series,
        "F": np.asfortranarray(series),
        "reversed": series[::-1].copy()[::-1],
        "frame": pd.DataFrame(series),
        "sorted list": [series, series + 1000],
    }[layout]
    X, y = make_windows(given_as, n_steps, horizon, target=target, stride=stride)
    X_last = last_window(given_as, n_steps, target=target)

    order = [target, *(c for c in range(n_channels) if c != target)]
    rows, targets, start = [], [], 0
    while start + n_steps + horizon <= length:
        shifts = (0, 1000) if layout == "sorted list" else (0,)
        for shift in shifts:
            window = []
            for step in range(start, start + n_steps):
                window += [series[step, c] + shift for c in order]
            rows.append(window)
            ends = range(start + n_steps, start + n_steps + horizon)
            targets.append([series[step, target] + shift for step in ends])
        start += stride
    assert_array_equal(X, rows)
    assert_array_equal(np.reshape(y, (len(X), horizon)), targets)
    assert_array_equal(np.asarray(X_last)[0], series[-n_steps:, order].ravel())


def test_a_future_value_changes_no_earlier_window(prices):
    changed = prices.copy()
    changed.iloc[20] = -1.0
    X, _ = make_windows(prices, n_steps=5, target="High")
    X_changed, _ = make_windows(changed, n_steps=5, target="High")
    day = prices.index[20]
    assert_frame_equal(X[:day], X_changed[:day])  # the row of the day itself included
    assert not X[day:].iloc[1:6].eq(X_changed[day:].iloc[1:6]).all(axis=1).any()


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", "float16", "int64", "int8", "uint16", "bool"]
)
@pytest.mark.parametrize("kind", [np.array, pd.Series, pd.DataFrame])
def test_dtype_is_kept(kind, dtype):
    X, y = make_windows(kind(np.ones((9,), dtype=dtype)), n_steps=3)
    assert set(np.atleast_1d(getattr(X, "dtypes", getattr(X, "dtype", None)))) == {
        np.dtype(dtype)
    }
    assert y.dtype == dtype


def test_mixed_columns_take_their_common_dtype():
    frame = pd.DataFrame({"a": np.ones(5, "int16"), "b": np.ones(5, "float32")})
    X, _ = make_windows(frame, n_steps=2, target="a")
    assert set(X.dtypes) == {np.dtype("float32")}


def test_nullable_and_object_numbers_are_read():
    expected, _ = make_windows(np.arange(5.0), n_steps=2)
    for dtype in ["Float64", "Int64", "object"]:
        X, _ = make_windows(pd.Series(range(5)).astype(dtype), n_steps=2)
        assert_array_equal(X, expected)


def test_missing_values_stay():
    X, y = make_windows([1.0, np.nan, 3.0, np.inf], n_steps=2)
    assert_array_equal(X, [[1, np.nan], [np.nan, 3]])
    assert_array_equal(y, [3, np.inf])


# make_windows: labels


def test_labels_of_a_frame():
    frame = pd.DataFrame({"Close": range(6), "High": range(6)}, index=DAYS)
    X, y = make_windows(frame, n_steps=2, horizon=2, target="High")
    assert list(X) == ["High[t-2]", "Close[t-2]", "High[t-1]", "Close[t-1]"]
    assert list(y) == ["High[t]", "High[t+1]"]
    # The first value forecast is the third; the last row needs two days ahead.
    assert_index_equal(X.index, DAYS[2:5])
    assert_index_equal(y.index, DAYS[2:5])


def test_labels_of_a_series():
    X, y = make_windows(pd.Series(range(6), DAYS, name="High"), n_steps=4, stride=2)
    assert list(X) == ["High[t-4]", "High[t-3]", "High[t-2]", "High[t-1]"]
    assert_series_equal(y, pd.Series([4], DAYS[4:5], name="High[t]"), check_freq=False)


@pytest.mark.parametrize(
    ("series", "name"),
    [
        (pd.Series(range(4)), "y"),
        (pd.Series(range(4), name=7), "7"),
        (pd.DataFrame({0: range(4)}), "0"),
        (pd.DataFrame({("High", "MA"): range(4)}), "('High', 'MA')"),
    ],
    ids=str,
)
def test_labels_are_strings(series, name):
    X, y = make_windows(series, n_steps=1)
    assert list(X) == [f"{name}[t-1]"]
    assert y.name == f"{name}[t]"


INDEXES = {
    "days": DAYS,
    "days without a frequency": DAYS.delete(2),
    "time zone": DAYS.tz_localize("Europe/Berlin"),
    "seconds": DAYS.as_unit("s"),
    "months": pd.period_range("2021-01", periods=6, freq="M", name="month"),
    "weeks": pd.period_range("2021-01", periods=6, freq="2W-WED"),
    "hours": pd.timedelta_range("1h", periods=6, freq="3h"),
    "range": pd.RangeIndex(4, 28, 4, name="step"),
    "integers": pd.Index([1, 2, 5, 7, 8, 9]),
    "floats": pd.Index([0.5, 1.0, 2.5, 2.75]),
    "strings": pd.Index(["2021-01", "2021-02", "2021-04", "2021-05"], name="month"),
    "objects": pd.Index(["a", "b", "c", "d"], dtype=object),
    "nullable": pd.Index([1, 2, 5, 7], dtype="Int64"),
    "categories": pd.CategoricalIndex(
        ["low", "mid", "top", "max"], ["low", "mid", "top", "max", "off"], ordered=True
    ),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_any_sorted_index_works(index):
    series = pd.Series(range(len(index)), index, name="High")
    X, y = make_windows(series, n_steps=2)
    assert_index_equal(X.index, index[2:], exact=True)
    assert_index_equal(y.index, index[2:], exact=True)


# make_windows: views


def test_one_series_is_viewed(prices):
    table = np.ascontiguousarray(prices)
    for series in (table[:, 0], table[::-2, 1], table, table[:, :1]):
        target = 0 if series.ndim == 2 else None
        X, y = make_windows(series, n_steps=4, horizon=2, target=target)
        assert np.shares_memory(X, series)
        assert np.shares_memory(y, series)
        assert np.shares_memory(last_window(series, 4, target=target), series)
    for series in (prices["High"], prices[["High"]]):
        X, y = make_windows(series, n_steps=4)
        assert np.shares_memory(X.to_numpy(), series.to_numpy())
        assert np.shares_memory(y.to_numpy(), series.to_numpy())


def test_views_can_not_be_written_through():
    X, y = make_windows(np.arange(9.0), n_steps=3)
    for view in (X, y):
        with pytest.raises(ValueError, match="read-only"):
            view[0] = 0


MILLION = 1_000_000


@pytest.mark.parametrize(
    ("series", "megabytes"),
    [
        (np.zeros(MILLION), 1),
        (np.zeros((MILLION, 2)), 1),
        (pd.Series(np.zeros(MILLION)), 1),
        (pd.DataFrame({"High": np.zeros(MILLION)}), 1),
        (pd.Series(0.0, pd.date_range("2000", periods=MILLION, freq="min")), 1),
        # One copy of 16 MB, stored step by step.
        (pd.DataFrame(np.zeros((MILLION, 2))), 17),
    ],
    ids=["array", "channels", "Series", "frame", "dates", "frame of two"],
)
def test_a_million_steps_stay_a_million_numbers(series, megabytes):
    target = 0 if series.ndim == 2 and series.shape[1] > 1 else None
    tracemalloc.start()
    try:
        X, _ = make_windows(series, n_steps=60, target=target)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert X.shape[0] == MILLION - 60
    assert peak < megabytes * 1e6


def test_several_series_cost_the_result_and_one_copy():
    parts = [np.zeros((100_000, 2)), np.zeros((50_000, 2))]
    frame = pd.concat(map(pd.DataFrame, parts), keys=["a", "b"])
    for series in (parts, frame):
        tracemalloc.start()
        try:
            X, y = make_windows(series, n_steps=20, target=0)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        result = np.asarray(X).nbytes + y.nbytes  # 49 MB
        # A copy of the series is 2.4 MB; times, their order and labels cost some too.
        assert peak < 1.35 * result


# make_windows: several series


def test_windows_never_cross_series():
    X, y = make_windows([np.array([1, 2, 3]), np.array([10, 20, 30, 40])], n_steps=2)
    # Steps count from each start: both forecast step 2, then only the second step 3.
    assert_array_equal(X, [[1, 2], [10, 20], [20, 30]])
    assert_array_equal(y, [3, 30, 40])


def test_a_list_of_frames_is_sorted_by_time():
    early = pd.DataFrame({"High": [1, 2, 3, 4], "Low": 0}, index=DAYS[:4])
    late = pd.DataFrame({"Low": 0, "High": [30, 40, 50]}, index=DAYS[2:5])
    X, y = make_windows([late, early], n_steps=1, target="High")
    # On days 3 (only late has no history yet) and 4 the first of the list comes first.
    expected = pd.Series([2, 3, 40, 4, 50], DAYS[[1, 2, 3, 3, 4]], name="High[t]")
    assert_series_equal(y, expected, check_freq=False)
    assert list(X) == ["High[t-1]", "Low[t-1]"]
    assert_array_equal(X["High[t-1]"], [1, 2, 30, 3, 40])


@pytest.fixture
def panel():
    """Two stocks; the second is listed two days later and stored first."""
    index = pd.MultiIndex.from_arrays(
        [["V"] * 4 + ["MA"] * 6, [*DAYS[2:], *DAYS]], names=["stock", "Date"]
    )
    return pd.DataFrame(
        {"High": [32, 33, 34, 35, 0, 1, 2, 3, 4, 5], "Low": 0}, index=index
    )


def test_a_panel_is_sorted_by_time(panel):
    X, y = make_windows(panel, n_steps=2, target="High")
    assert y.index.names == ["stock", "Date"]
    assert y.index.get_level_values("Date").is_monotonic_increasing
    # V forecasts from its third day on, the fifth of all, and is listed first.
    assert list(y.index.get_level_values("stock")) == ["MA", "MA", "V", "MA", "V", "MA"]
    assert list(y) == [2, 3, 34, 4, 35, 5]
    assert list(X["High[t-2]"]) == [0, 1, 32, 2, 33, 3]
    assert_index_equal(X.index, y.index)


def test_a_panel_equals_its_series_one_by_one(panel):
    X, y = make_windows(panel, n_steps=2, horizon=2, target="High", stride=2)
    for stock in ("MA", "V"):
        X_one, y_one = make_windows(
            panel.loc[stock], n_steps=2, horizon=2, target="High", stride=2
        )
        assert_frame_equal(X.loc[stock], X_one, check_freq=False)
        assert_frame_equal(y.loc[stock], y_one, check_freq=False)


def test_a_panel_may_be_stored_by_time(panel):
    by_time = panel.sort_index(level="Date", sort_remaining=False, kind="stable")
    X, y = make_windows(panel, n_steps=2, target="High")
    X_by_time, y_by_time = make_windows(by_time, n_steps=2, target="High")
    assert_frame_equal(X.sort_index(), X_by_time.sort_index())
    assert_series_equal(y.sort_index(), y_by_time.sort_index())


def test_a_panel_series_and_more_levels(panel):
    deep = pd.concat({"US": panel["High"]}, names=["market"])
    _, y = make_windows(deep, n_steps=2)
    assert y.index.names == ["market", "stock", "Date"]
    assert list(y) == [2, 3, 34, 4, 35, 5]


def test_a_split_of_a_panel_is_a_split_in_time(panel):
    X, _ = make_windows(panel, n_steps=1, target="High")
    times = X.index.get_level_values("Date")
    for train, test in TimeSeriesSplit(3).split(X):
        assert times[train].max() <= times[test].min()


def test_a_list_of_numbers_is_one_series():
    X, _ = make_windows([np.float64(1), 2, 3.5], n_steps=2)
    assert_array_equal(X, [[1, 2]])


# last_window


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
        (INDEXES["days"], pd.Timestamp("2021-03-07")),
        (
            pd.date_range("2021-03-26", periods=2, tz="Europe/Berlin"),
            pd.Timestamp("2021-03-28", tz="Europe/Berlin"),
        ),
        (pd.bdate_range("2021-03-04", periods=2), pd.Timestamp("2021-03-08")),
        (INDEXES["months"], pd.Period("2021-07", "M")),
        (INDEXES["hours"], pd.Timedelta("19h")),
        (INDEXES["range"], 28),
        (INDEXES["days without a frequency"], pd.NaT),
        (INDEXES["days without a frequency"].tz_localize("UTC"), pd.NaT),
        (INDEXES["integers"], pd.NaT),
        (INDEXES["strings"], pd.NaT),
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


# Bad input


@pytest.mark.parametrize("function", [make_windows, last_window])
@pytest.mark.parametrize("n_steps", [0, -1, 2.0, "2", None, True])
def test_n_steps_is_a_count(function, n_steps):
    message = (
        rf"'n_steps' parameter of {function.__name__} must be an int .* Got {n_steps!r}"
    )
    with pytest.raises(ValueError, match=message):
        function(range(9), n_steps)


@pytest.mark.parametrize("parameter", ["horizon", "stride"])
def test_horizon_and_stride_are_counts(parameter):
    for value in (0, 1.5, True):
        with pytest.raises(
            ValueError, match=rf"'{parameter}' parameter .* Got {value}"
        ):
            make_windows(range(9), 2, **{parameter: value})
    make_windows(range(9), np.int64(2), **{parameter: np.uint8(2)})


def test_a_short_series_is_refused_with_all_numbers(panel):
    message = (
        r"series has 6 time step\(s\), but n_steps=5 and horizon=2 need at least 7"
    )
    with pytest.raises(ValueError, match=message):
        make_windows(range(6), n_steps=5, horizon=2)
    with pytest.raises(ValueError, match=r"series\[1\] has 2 time step\(s\).* least 3"):
        make_windows([np.arange(9), np.arange(2)], n_steps=2)
    with pytest.raises(ValueError, match=r"series 'V' has 4 time step\(s\).* least 6"):
        make_windows(panel, n_steps=5, target="High")
    with pytest.raises(ValueError, match=r"least 7. Use a smaller n_steps or horizon"):
        make_windows(range(6), n_steps=5, horizon=2)
    with pytest.raises(ValueError, match=r"has 0 time step\(s\), but n_steps=1 need"):
        last_window([], n_steps=1)


@pytest.mark.parametrize(
    ("order", "row"), [([0, 2, 1, 3], 2), ([0, 1, 1, 2], 2), ([1, 0, 2, 3], 1)]
)
@pytest.mark.parametrize("name", ["days", "months", "range", "strings", "categories"])
def test_an_unsorted_index_is_refused_at_its_first_fault(name, order, row):
    index = INDEXES[name][order]
    series = pd.Series(range(4), index)
    message = rf"label {re_escape(index[row])} of row {row} is"
    with pytest.raises(ValueError, match=message):
        make_windows(series, n_steps=1)
    with pytest.raises(ValueError, match=message):
        last_window(series, n_steps=1)
    transformer = WindowTransformer(1, series=series)
    with pytest.raises(ValueError, match=message):
        transformer.fit_transform(pd.DataFrame(index=index))


def re_escape(label):
    return "".join(f"[{char}]" if char in "()" else char for char in repr(label))


def test_missing_times_are_refused():
    days = pd.DatetimeIndex(["2021-03-01", None, "2021-03-03"])
    with pytest.raises(ValueError, match="label NaT of row 1 is missing"):
        make_windows(pd.Series(range(3), days), n_steps=1)


def test_unsorted_series_of_several_are_named(panel):
    with pytest.raises(ValueError, match=r"series 'MA' must be sorted by time"):
        make_windows(panel.iloc[[0, 1, 5, 4, 6]], n_steps=1, target="High")
    series = pd.Series(range(6), DAYS)
    with pytest.raises(ValueError, match=r"series\[1\] must be sorted by time"):
        make_windows([series, series[::-1]], n_steps=1)


def test_the_target_must_be_told():
    frame = pd.DataFrame({"High": range(5), "Low": range(5)})
    for target in (None, "Close", 0):
        with pytest.raises(ValueError, match=rf"target={target!r}, .*'High', 'Low'"):
            make_windows(frame, n_steps=2, target=target)
    with pytest.raises(ValueError, match=r"target=2, .*of \[0, 1\]"):
        last_window(frame.to_numpy(), n_steps=2, target=2)
    with pytest.raises(ValueError, match="'target' parameter"):
        make_windows(frame, n_steps=2, target=frame["High"])
    with pytest.raises(ValueError, match="two columns of one name"):
        make_windows(frame[["High", "High"]], n_steps=2, target="High")
    with pytest.raises(ValueError, match=r"of series to forecast, one of \[\]"):
        make_windows(frame[[]], n_steps=2)


@pytest.mark.parametrize(
    "series",
    [
        ["a", "b", "c"],
        pd.Series(["a", "b", "c"]),
        pd.Series(DAYS),
        pd.Series([1, 2, None], dtype="category"),
        np.array([1, 2j, 3]),
        np.array(["2021", "2022"], dtype="M8[Y]"),
        {"High": [1, 2, 3]},
    ],
    ids=["strings", "str", "dates", "category", "complex", "datetime64", "dict"],
)
def test_only_numbers_are_accepted(series):
    if getattr(series, "dtype", None) == "category":
        series = series.cat.rename_categories(["a", "b"])
    with pytest.raises(TypeError, match=r"must hold real numbers.*Encode or drop"):
        make_windows(series, n_steps=1)


def test_the_column_that_is_no_number_is_named():
    frame = pd.DataFrame({"High": [1, 2, 3], "stock": ["MA"] * 3})
    with pytest.raises(TypeError, match="column 'stock' of series"):
        make_windows(frame, n_steps=1, target="High")


def test_three_dimensions_are_refused():
    with pytest.raises(ValueError, match=r"3 dimension\(s\), but must have shape"):
        make_windows(np.zeros((2, 3, 4)), n_steps=1)


def test_series_of_a_list_must_be_alike():
    high = pd.Series(range(6), DAYS, name="High")
    with pytest.raises(ValueError, match=r"series\[1\] .*'Low'.* same channels"):
        make_windows([high, high.rename("Low")], n_steps=2)
    with pytest.raises(ValueError, match=r"series\[1\] .*None: an array"):
        make_windows([high, high.to_numpy()], n_steps=2)
    with pytest.raises(ValueError, match=r"series\[1\] has 2 channel\(s\)"):
        make_windows([np.zeros((5, 1)), np.zeros((5, 2))], 2, target=0)
    with pytest.raises(TypeError, match="can't be compared"):
        make_windows([high, high.reset_index(drop=True)], n_steps=2)
    with pytest.raises(TypeError, match="can't be compared"):
        make_windows([high, high.tz_localize("UTC")], n_steps=2)


# WindowTransformer with series


def test_rows_are_looked_up_by_hand():
    high = pd.Series([5, 6, 8, 7], DAYS[[0, 1, 3, 5]], name="High")
    asked = pd.DataFrame(index=DAYS[[4, 2, 3, 2]])
    windows = WindowTransformer(2, series=high).fit_transform(asked)
    # Day 4 lies after day 3; days 2 and 3 both have only days 0 and 1 before them.
    expected = pd.DataFrame(
        [[6, 8], [5, 6], [5, 6], [5, 6]],
        index=asked.index,
        columns=["High[t-2]", "High[t-1]"],
    )
    assert_frame_equal(windows, expected)


@pytest.mark.parametrize("columns", [["High"], ["High", "Close"]], ids=len)
def test_equals_windowing_first(prices, columns):
    X, _ = make_windows(prices[columns], n_steps=4, target="High")
    transformer = WindowTransformer(4, series=prices[columns])
    windows = transformer.fit_transform(prices.iloc[4:])
    assert_frame_equal(windows, X)
    assert list(transformer.get_feature_names_out()) == list(X)


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_any_sorted_index_can_be_looked_up(index):
    series = pd.Series(range(len(index)), index, name="High")
    X, _ = make_windows(series, n_steps=2)
    windows = WindowTransformer(2, series=series).fit_transform(series[2:].to_frame())
    assert_frame_equal(windows, X)


def test_a_future_value_changes_no_row_up_to_its_own(prices):
    changed = prices.copy()
    changed.iloc[20] = np.nan
    asked = prices.iloc[5:]
    rows = WindowTransformer(5, series=prices).fit_transform(asked)
    rows_changed = WindowTransformer(5, series=changed).fit_transform(asked)
    day = prices.index[20]
    assert_frame_equal(rows[:day], rows_changed[:day])
    assert rows_changed[day:].iloc[1].isna().any()


def test_one_day_at_a_time_equals_a_batch(prices):
    transformer = WindowTransformer(3, series=prices).fit(prices.iloc[3:])
    batch = transformer.transform(prices.iloc[3:])
    days = [transformer.transform(prices.iloc[[i]]) for i in range(3, len(prices))]
    assert_frame_equal(pd.concat(days), batch, check_freq=False)
    shuffled = prices.iloc[3:].sample(frac=1, random_state=0)
    assert_frame_equal(transformer.transform(shuffled), batch.loc[shuffled.index])


def forecaster(prices, n_steps):
    window = WindowTransformer(n_steps, series=prices)
    return Pipeline([("window", window), ("ridge", Ridge(alpha=0.1))])


@pytest.mark.parametrize("columns", [["High"], ["High", "Close"]], ids=len)
@pytest.mark.parametrize(
    "split", [{}, {"test_size": 1}, {"test_size": 3, "gap": 2}], ids=str
)
def test_fold_scores_equal_windowing_first(prices, columns, split):
    cv = TimeSeriesSplit(4, **split)
    X, y = make_windows(prices[columns], n_steps=5, target="High")
    options = {"cv": cv, "scoring": "neg_mean_squared_error", "error_score": "raise"}
    expected = cross_val_score(Ridge(alpha=0.1), X, y, **options)
    pipe = forecaster(prices[columns], 5)
    scores = cross_val_score(pipe, prices.iloc[5:], prices["High"].iloc[5:], **options)
    assert_allclose(scores, expected, rtol=1e-9)


def test_the_number_of_steps_can_be_searched(prices):
    y = prices["High"].iloc[10:]
    search = GridSearchCV(
        forecaster(prices, 1),
        {"window__n_steps": [1, 4, 10]},
        cv=TimeSeriesSplit(3),
        error_score="raise",
    ).fit(prices.iloc[10:], y)
    best = search.best_params_["window__n_steps"]
    X, _ = make_windows(prices, n_steps=best, target="High")
    ridge = Ridge(alpha=0.1).fit(X.loc[y.index], y)

    tomorrow = pd.DataFrame(index=[prices.index[-1] + pd.Timedelta("1D")])
    expected = ridge.predict(last_window(prices, n_steps=best, target="High"))
    assert_allclose(search.predict(tomorrow), expected, rtol=1e-9)

    search.set_params(param_grid={"window__n_steps": [4, 11]})
    with pytest.raises(
        ValueError, match=r"only 10 time step\(s\) before .* n_steps=11"
    ):
        search.fit(prices.iloc[10:], y)


def test_new_data_need_no_new_fit(prices):
    pipe = forecaster(prices[:25], 4).fit(prices.iloc[4:25], prices["High"].iloc[4:25])
    weeks = pd.DataFrame(index=prices.index[25:])
    # All labels past the end get the last window.
    assert len(pipe["window"].transform(weeks).drop_duplicates()) == 1
    pipe.set_params(window__series=prices)
    X, _ = make_windows(prices, n_steps=4, target="High")
    expected = pipe["ridge"].predict(X.iloc[-5:])
    assert_allclose(pipe.predict(weeks), expected, rtol=1e-9)


def test_mastercard():
    if "SK_RNN_DATA" not in os.environ:
        pytest.skip("SK_RNN_DATA names no folder with Mastercard_stock_history.csv")
    path = Path(os.environ["SK_RNN_DATA"]) / "Mastercard_stock_history.csv"
    stock = pd.read_csv(path, index_col="Date", parse_dates=True)
    stock = stock[["High", "Close"]]
    assert stock.index.freq is None
    X, y = make_windows(stock, n_steps=60, target="High")
    assert X.shape == (len(stock) - 60, 120)
    assert_index_equal(X.index, stock.index[60:])
    options = {"cv": TimeSeriesSplit(5, test_size=195, gap=3)}
    pipe = forecaster(stock, 60)
    scores = cross_val_score(pipe, stock.iloc[60:], y, **options)
    assert_allclose(scores, cross_val_score(pipe["ridge"], X, y, **options), rtol=1e-9)
    tomorrow = pd.DataFrame(index=[stock.index[-1] + pd.Timedelta("1D")])
    assert_allclose(
        pipe.fit(stock.iloc[60:], y).predict(tomorrow),
        pipe["ridge"].predict(last_window(stock, n_steps=60, target="High")),
        rtol=1e-9,
    )


def test_columns_are_not_needed(prices):
    no_columns = pd.DataFrame(index=prices.index[4:])
    pipe = forecaster(prices, 4).fit(no_columns, prices["High"].iloc[4:])
    expected = forecaster(prices, 4).fit(prices.iloc[4:], prices["High"].iloc[4:])
    assert_array_equal(pipe.predict(no_columns), expected.predict(no_columns))


def test_the_copy_can_be_written(prices):
    before = prices.copy()
    windows = WindowTransformer(2, series=prices).fit_transform(prices.iloc[2:])
    windows.iloc[:] = 0.0
    assert_frame_equal(prices, before)


def test_output_containers(prices):
    transformer = WindowTransformer(2, series=prices)
    default = transformer.fit_transform(prices.iloc[2:])
    transformer.set_output(transform="pandas")
    assert_frame_equal(transformer.fit_transform(prices.iloc[2:]), default)
    labels = transformer.get_feature_names_out()
    assert labels.dtype == object
    assert list(labels) == ["High[t-2]", "Close[t-2]", "High[t-1]", "Close[t-1]"]


def test_clone_and_display(prices):
    transformer = WindowTransformer(2, series=prices)
    copied = clone(transformer)
    assert copied.series is not prices
    assert_frame_equal(copied.series, prices)
    assert "WindowTransformer" in repr(transformer)
    assert "WindowTransformer" in transformer._repr_html_()


# WindowTransformer: bad input


@pytest.mark.parametrize("n_steps", [0, 1.0, "5", True])
def test_n_steps_is_checked_in_fit(n_steps):
    transformer = WindowTransformer(n_steps)
    with pytest.raises(ValueError, match="'n_steps' parameter of WindowTransformer"):
        transformer.fit(np.zeros((5, 1)))


def test_parameters_are_checked_again_in_transform(prices):
    transformer = WindowTransformer(2, series=prices).fit(prices.iloc[2:])
    transformer.set_params(series=prices.to_numpy())
    with pytest.raises(TypeError, match=r"'series' parameter .* instance of 'pandas"):
        transformer.transform(prices.iloc[2:])


def test_series_needs_labels(prices):
    transformer = WindowTransformer(2, series=prices["High"].to_numpy())
    with pytest.raises(TypeError, match=r"'series' parameter .* instance of 'pandas"):
        transformer.fit(prices)


def test_X_needs_labels(prices):
    transformer = WindowTransformer(2, series=prices)
    with pytest.raises(TypeError, match=r"must be a DataFrame.*index=times"):
        transformer.fit_transform(prices.to_numpy())


def test_a_label_without_history_is_named(prices):
    transformer = WindowTransformer(3, series=prices)
    message = r"label Timestamp\('2021-01-06.*only 2 time step\(s\) before .* n_steps=3"
    with pytest.raises(ValueError, match=message):
        transformer.fit_transform(prices.iloc[[5, 2, 1]])
    transformer.set_params(n_steps=31)
    with pytest.raises(
        ValueError, match=r"series has 30 time step\(s\), but n_steps=31"
    ):
        transformer.fit_transform(prices)


def test_a_missing_label_is_refused(prices):
    asked = pd.DataFrame(index=pd.DatetimeIndex(["2021-02-01", None]))
    with pytest.raises(ValueError, match="missing label in row 1"):
        WindowTransformer(3, series=prices).fit_transform(asked)


@pytest.mark.parametrize(
    "index",
    [
        DAYS.tz_localize("UTC"),
        pd.RangeIndex(6),
        pd.period_range("2021-01", periods=6, freq="M"),
        pd.timedelta_range("1D", periods=6),
    ],
    ids=lambda index: str(index.dtype),
)
def test_labels_must_compare(index):
    for one, other in [(DAYS, index), (index, DAYS), (pd.RangeIndex(6), index)]:
        if one.equals(other):
            continue
        transformer = WindowTransformer(1, series=pd.Series(range(6), one))
        with pytest.raises(TypeError, match="can't be compared"):
            transformer.fit_transform(pd.DataFrame(index=other))


def test_time_zones_compare_by_instant():
    utc = pd.Series(range(6), DAYS.tz_localize("UTC"))
    # Midnight in New York is five hours after midnight in UTC.
    asked = pd.DataFrame(index=DAYS[2:3].tz_localize("America/New_York"))
    windows = WindowTransformer(1, series=utc).fit_transform(asked)
    assert_array_equal(windows, [[2]])


def test_a_panel_is_refused(panel):
    transformer = WindowTransformer(1, series=panel)
    with pytest.raises(ValueError, match="must be sorted by time"):
        transformer.fit_transform(panel)
    alone = panel.loc[["MA"]]
    with pytest.raises(ValueError, match="make_windows for a panel"):
        transformer.set_params(series=alone).fit_transform(alone.droplevel(0).iloc[2:])
    with pytest.raises(ValueError, match="panel without rows"):
        make_windows(panel.iloc[:0], 1)


# WindowTransformer without series


def test_padded_rows_by_hand():
    windows = WindowTransformer(2).fit_transform([[1, 10], [2, 20], [3, 30]])
    # Row 0 repeats itself; the others hold what came before them.
    assert_array_equal(windows, [[1, 10, 1, 10], [1, 10, 1, 10], [1, 10, 2, 20]])


def test_padded_rows_equal_windowing_first_after_the_start(prices):
    X, _ = make_windows(prices, n_steps=4, target="High")
    windows = WindowTransformer(4).fit_transform(prices)
    assert_frame_equal(windows.iloc[4:], X)
    assert_index_equal(windows.index, prices.index)


def test_a_future_row_changes_no_padded_row_up_to_its_own():
    series = np.arange(10.0)[:, None]
    changed = series.copy()
    changed[6] = -1
    windows, windows_changed = (
        WindowTransformer(3).fit_transform(X) for X in (series, changed)
    )
    assert_array_equal(windows[:7], windows_changed[:7])


BY_NATURE = "a row's window holds the rows before it: rows are ordered in time"
EXPECTED_FAILURES = {
    "check_methods_sample_order_invariance": BY_NATURE,
    "check_methods_subset_invariance": BY_NATURE,
}


@parametrize_with_checks(
    [WindowTransformer(3)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
    xfail_strict=True,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# The checks themselves mix frames with arrays.
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names")
@pytest.mark.parametrize(
    "name",
    [
        "check_dataframe_column_names_consistency",
        "check_get_feature_names_out_error",
        "check_inplace_ensure_writeable",
        "check_param_validation",
        "check_set_output_transform",
        "check_set_output_transform_pandas",
        "check_transformer_get_feature_names_out",
        "check_transformer_get_feature_names_out_pandas",
    ],
)
def test_checks_scikit_learn_keeps_for_itself(name):
    getattr(estimator_checks, name)("WindowTransformer", WindowTransformer(3))


# Persistence


def through_skops(transformer):
    return skops.io.loads(
        skops.io.dumps(transformer), trusted=["sk_rnn._windows.WindowTransformer"]
    )


def through_joblib(transformer):
    file = BytesIO()
    joblib.dump(transformer, file)
    file.seek(0)
    return joblib.load(file)


ROUND_TRIPS = {
    "pickle": lambda transformer: pickle.loads(pickle.dumps(transformer)),
    "cloudpickle": lambda transformer: pickle.loads(cloudpickle.dumps(transformer)),
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
    "skops": through_skops,
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
@pytest.mark.parametrize("trip", ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_a_saved_series_is_the_same(index, trip):
    high = pd.Series(np.arange(len(index), dtype="float32"), index, name="High")
    mixed = pd.DataFrame({"High": high, "Volume": range(len(index)), "Open": True})
    numbered = pd.DataFrame(np.ones((len(index), 2)), index)
    for series in (high, high.rename(None), mixed, mixed.astype("Float64"), numbered):
        loaded = trip(WindowTransformer(2, series=series)).series
        assert_index_equal(loaded.index, series.index, exact=True)
        assert getattr(loaded.index, "freq", None) == getattr(index, "freq", None)
        if isinstance(series, pd.Series):
            assert_series_equal(loaded, series)
        else:
            assert_index_equal(loaded.columns, series.columns, exact=True)
            assert_frame_equal(loaded, series)


def test_any_index_and_frequency_is_pickled(panel):
    holidays = pd.offsets.CustomBusinessDay(holidays=["2021-03-03"])
    calendar = pd.date_range("2021-03-01", periods=4, freq=holidays)
    offset = pd.date_range("2021-03-01", periods=4, freq=pd.DateOffset(days=2))
    unnamed_zone = dt.timezone(dt.timedelta(hours=1), "here")
    for index in (calendar, offset, DAYS[:4].tz_localize(unnamed_zone)):
        series = pd.Series(range(4), index)
        loaded = pickle.loads(pickle.dumps(WindowTransformer(2, series=series))).series
        assert_series_equal(loaded, series)
        assert loaded.index.freq == index.freq
        assert loaded.index.dtype == index.dtype
    for kept in (panel, panel["High"], panel.unstack("stock"), "no series"):
        loaded = copy.deepcopy(WindowTransformer(2, series=kept)).series
        assert kept.equals(loaded) if hasattr(kept, "equals") else kept == loaded


def test_missing_values_are_saved():
    series = pd.DataFrame({"a": [1.0, np.nan], "b": pd.array([1, None], dtype="Int64")})
    loaded = pickle.loads(pickle.dumps(WindowTransformer(1, series=series))).series
    assert_frame_equal(loaded, series)


def test_saving_changes_nothing(prices):
    transformer = WindowTransformer(2, series=prices)
    pickle.dumps(transformer)
    assert transformer.series is prices


def test_a_mapped_file_works(prices, tmp_path):
    asked = prices.iloc[3:]
    transformer = WindowTransformer(3, series=prices).fit(asked)
    joblib.dump(transformer, tmp_path / "transformer")
    mapped = joblib.load(tmp_path / "transformer", mmap_mode="r")
    assert_frame_equal(mapped.transform(asked), transformer.transform(asked))


LOAD = """
import pickle, sys
import numpy as np, pandas as pd, skops.io
with open(sys.argv[1], "rb") as file:
    pipe = pickle.load(file)
trusted = ["sk_rnn._windows.WindowTransformer"]
tomorrow = pd.DataFrame(index=pd.PeriodIndex(["2023-07"], freq="M"))
for loaded in (pipe, skops.io.load(sys.argv[2], trusted=trusted)):
    print(float(loaded.predict(tomorrow)[0]).hex())
"""


def test_a_saved_pipeline_predicts_in_another_process(tmp_path):
    months = pd.period_range("2021-01", periods=30, freq="M")
    series = pd.DataFrame({"High": np.sin(np.arange(30.0)), "Low": 0.0}, months)
    pipe = forecaster(series, 3).fit(series.iloc[3:], series["High"].iloc[3:])
    (tmp_path / "pickle").write_bytes(pickle.dumps(pipe))
    skops.io.dump(pipe, tmp_path / "skops")
    command = [sys.executable, "-c", LOAD, tmp_path / "pickle", tmp_path / "skops"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    tomorrow = pd.DataFrame(index=pd.PeriodIndex(["2023-07"], freq="M"))
    assert printed.split() == [float(pipe.predict(tomorrow)[0]).hex()] * 2


def test_an_unsorted_series_is_told_in_fit():
    days = pd.to_datetime(["2021-01-02", "2021-01-01", "2021-01-03"])
    series = pd.Series([1.0, 2, 3], index=days)
    with pytest.raises(ValueError, match="sorted by time"):
        WindowTransformer(1, series=series).fit(pd.DataFrame(index=days))
