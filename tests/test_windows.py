"""make_windows: rows, labels and views of one series."""

import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal, assert_index_equal, assert_series_equal

from sk_rnn import WindowTransformer, last_window, make_windows

DAYS = pd.date_range("2021-03-01", periods=6, name="Date")


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


def test_stride_counts_from_the_end():
    X, y = make_windows(range(9), n_steps=3, horizon=2, stride=3)
    # The newest values are the last targets: windows start at 4 and 1.
    assert_array_equal(X, [[1, 2, 3], [4, 5, 6]])
    assert_array_equal(y, [[4, 5], [7, 8]])
    X, y = make_windows(range(9), n_steps=3, stride=sys.maxsize)
    assert_array_equal(X, [[5, 6, 7]])
    assert_array_equal(y, [8])


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
    rows, targets, start = [], [], (length - n_steps - horizon) % stride
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


# Labels


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
    assert_series_equal(y, pd.Series([5], DAYS[5:6], name="High[t]"), check_freq=False)


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


def test_any_sorted_index_works(sorted_index):
    series = pd.Series(range(len(sorted_index)), sorted_index, name="High")
    X, y = make_windows(series, n_steps=2)
    assert_index_equal(X.index, sorted_index[2:], exact=True)
    assert_index_equal(y.index, sorted_index[2:], exact=True)


# Views


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


@pytest.mark.skipif(pd.__version__ < "3", reason="pandas 3 copies on write")
def test_frames_of_views_are_copied_when_written_to(prices):
    kept = prices.copy()
    for series, target in ((prices["High"], None), (prices, "High")):
        X, y = make_windows(series, n_steps=4, horizon=2, target=target)
        train = X[:20]
        for frame in (X, y, train, last_window(series, 4, target=target)):
            frame.fillna(0, inplace=True)
            frame.iloc[0, 0] = -1.0
            frame[frame > 100] = 0.0
            assert frame.iloc[0, 0] == -1.0
            assert (frame <= 100).all(axis=None)
        # Parts are copied too when there is no whole any more.
        X, y = (part[5:] for part in make_windows(series, n_steps=4, target=target))
        for part in (X, y, WindowTransformer(2).fit_transform(prices)[5:]):
            part.clip(upper=100, inplace=True)
            part.iloc[0] = -1.0
            assert (part.iloc[0] == -1.0).all()
            assert part.to_numpy().max() <= 100
        assert_frame_equal(prices, kept)


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
