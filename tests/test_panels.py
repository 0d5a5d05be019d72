"""make_windows: rows of several series, in the order of time."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal, assert_index_equal, assert_series_equal
from sklearn.model_selection import TimeSeriesSplit

from sk_rnn import last_window, make_windows

DAYS = pd.date_range("2021-03-01", periods=6, name="Date")


def test_windows_never_cross_series():
    X, y = make_windows([np.array([1, 2, 3]), np.array([10, 20, 30, 40])], n_steps=2)
    # Steps count from each start: both forecast step 2, then only the second step 3.
    assert_array_equal(X, [[1, 2], [10, 20], [20, 30]])
    assert_array_equal(y, [3, 30, 40])


def test_a_list_of_numbers_is_one_series():
    X, _ = make_windows([np.float64(1), 2, 3.5], n_steps=2)
    assert_array_equal(X, [[1, 2]])


def test_a_list_of_frames_is_sorted_by_time():
    early = pd.DataFrame({"High": [1, 2, 3, 4], "Low": 0}, index=DAYS[:4])
    late = pd.DataFrame({"Low": 0, "High": [30, 40, 50]}, index=DAYS[2:5])
    X, y = make_windows([late, early], n_steps=1, target="High")
    # On days 3 (only late has no history yet) and 4 the first of the list comes first.
    expected = pd.Series([2, 3, 40, 4, 50], DAYS[[1, 2, 3, 3, 4]], name="High[t]")
    assert_series_equal(y, expected, check_freq=False)
    assert list(X) == ["High[t-1]", "Low[t-1]"]
    assert_array_equal(X["High[t-1]"], [1, 2, 30, 3, 40])


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


def test_series_too_short_are_left_out(panel):
    message = (
        r"1 of 2 series have fewer than 6 time steps, as n_steps=4 and horizon=2 need, "
        r"and are left out. The first of them is series 'V' with 4\."
    )
    with pytest.warns(UserWarning, match=message) as caught:
        X, y = make_windows(panel, n_steps=4, horizon=2, target="High")
    assert [warning.filename for warning in caught] == [__file__]
    expected = make_windows(panel.loc[["MA"]], n_steps=4, horizon=2, target="High")
    assert_frame_equal(X, expected[0])
    assert_frame_equal(y, expected[1])
    with pytest.warns(UserWarning, match=r"2 of 3 series .* is series\[0\] with 0\."):
        X, y = make_windows([np.arange(0), np.arange(4), np.arange(2)], n_steps=2)
    assert_array_equal(y, [2, 3])


def test_columns_of_a_wide_table_are_all_y():
    wide = pd.DataFrame({"A": [1, 2, 3], "B": [10, 20, 30]}, DAYS[:3])
    X, y = make_windows([wide["A"], wide["B"]], n_steps=2)
    assert list(X) == ["y[t-2]", "y[t-1]"]
    assert y.name == "y[t]"
    assert_array_equal(X, [[1, 2], [10, 20]])
    last = last_window([wide["A"], wide[["B"]]], n_steps=1)
    assert list(last) == ["y[t-1]"]
    assert_array_equal(last, [[3], [30]])
    # One name for all is kept, and asked for it is looked for in all.
    assert make_windows([wide["A"], wide["A"]], n_steps=2)[1].name == "A[t]"
    with pytest.raises(ValueError, match=r"target='A', .*column of series\[1\]"):
        make_windows([wide["A"], wide["B"]], n_steps=2, target="A")
