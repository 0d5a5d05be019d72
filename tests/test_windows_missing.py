"""make_windows, last_window and WindowTransformer: missing and masked values."""

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
NAN = np.nan


def test_dropna_by_hand():
    X, y = make_windows([0, 1, NAN, 3, 4, 5, 6], n_steps=2, dropna=True)
    # Value 2 is missing, so the windows of 3 and 4 hold it and 2 itself is a target.
    assert_array_equal(X, [[3, 4], [4, 5]])
    assert_array_equal(y, [5, 6])


def test_dropna_keeps_labels():
    frame = pd.DataFrame(
        {"High": [0, 1, 2, 3, 4, 5], "Low": [0, NAN, 0, 0, 0, NAN]}, index=DAYS
    )
    X, y = make_windows(frame, n_steps=1, horizon=2, target="High", dropna=True)
    # Day 1 is no window, but a target: only the first channel is forecast.
    assert_index_equal(X.index, DAYS[[1, 3, 4]], exact="equiv")
    assert_index_equal(y.index, X.index)
    assert_array_equal(y, [[1, 2], [3, 4], [4, 5]])


def test_missing_values_stay_by_default():
    X, y = make_windows([1.0, NAN, 3.0, np.inf], n_steps=2)
    assert_array_equal(X, [[1, NAN], [NAN, 3]])
    assert_array_equal(y, [3, np.inf])
    assert_array_equal(last_window([1.0, NAN], 2), [[1, NAN]])


@settings(max_examples=80, deadline=None)
@given(
    data=st.data(),
    n_steps=st.integers(1, 4),
    horizon=st.integers(1, 3),
    stride=st.integers(1, 3),
    n_series=st.integers(1, 3),
)
def test_dropna_is_dropna_of_the_table(data, n_steps, horizon, stride, n_series):
    """Of several series too, which pandas drops from the table of all of them."""
    lengths = st.integers(n_steps + horizon, 20)
    value = st.sampled_from([1.0, 2.0, 3.0, NAN])
    parts = []
    for _ in range(n_series):
        length = data.draw(lengths)
        columns = st.lists(value, min_size=length, max_size=length)
        a, b = data.draw(columns), data.draw(columns)
        parts.append(pd.DataFrame({"a": a, "b": b}, dtype=float))
    options = {"target": "b", "stride": stride}
    X, y = make_windows(parts, n_steps, horizon, **options)
    ahead = y.to_frame() if horizon == 1 else y
    # By position: rows of several series have the same labels.
    kept = ~(X.isna().any(axis=1) | ahead.isna().any(axis=1)).to_numpy()
    if not kept.any():
        with pytest.raises(ValueError, match=rf"none of {len(X)} window\(s\)"):
            make_windows(parts, n_steps, horizon, **options, dropna=True)
        return
    X_kept, y_kept = make_windows(parts, n_steps, horizon, **options, dropna=True)
    assert_frame_equal(X_kept, X[kept])
    assert_array_equal(y_kept, y[kept])


def test_dropna_of_a_panel(panel):
    panel.loc[("V", DAYS[3]), "High"] = NAN
    X, y = make_windows(panel, n_steps=1, target="High", dropna=True)
    assert list(y) == [1, 2, 3, 4, 35, 5]
    assert_index_equal(X.index, y.index)
    panel.loc["V", "High"] = NAN  # a series that is not there is no fault
    _, y = make_windows(panel, n_steps=1, target="High", dropna=True)
    assert list(y) == [1, 2, 3, 4, 5]


def test_dropna_of_nothing_is_a_view(prices):
    X, y = make_windows(prices["High"], n_steps=4, dropna=True)
    assert np.shares_memory(X.to_numpy(), prices["High"].to_numpy())
    assert np.shares_memory(y.to_numpy(), prices["High"].to_numpy())
    make_windows(np.arange(9), n_steps=2, dropna=True)  # integers hold no NaN


def test_only_the_rows_kept_are_copied():
    series = np.zeros(1_000_000)
    series[500:-500] = NAN
    tracemalloc.start()
    try:
        X, _ = make_windows(series, n_steps=60, dropna=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(X) == 440 + 440
    assert peak < 20e6  # some flags for each step; the table would be 480 MB


def test_nothing_complete_is_refused_with_the_numbers():
    message = (
        r"none of 5 window\(s\): n_steps=3 and horizon=1 ask for 4 time steps in a row "
        r"without a missing value.* interpolate or sktime's Imputer"
    )
    with pytest.raises(ValueError, match=message):
        make_windows([0, 1, 2, NAN, 4, 5, NAN, 7], n_steps=3, dropna=True)


@pytest.mark.parametrize("value", ["yes", None, 1])
def test_dropna_is_a_flag(value):
    with pytest.raises(ValueError, match="'dropna' parameter of make_windows must be"):
        make_windows(range(9), 2, dropna=value)


# Kinds of missing values

MISSING = {
    "None": pd.Series([1, 2, None, 4, 5, 6], dtype=object),
    "pd.NA in objects": pd.Series([1, 2, pd.NA, 4, 5, 6], dtype=object),
    "NaT in objects": pd.Series([1, 2, pd.NaT, 4, 5, 6], dtype=object),
    "Int64": pd.Series([1, 2, None, 4, 5, 6], dtype="Int64"),
    "Float64": pd.Series([1, 2, None, 4, 5, 6], dtype="Float64"),
    "Float32": pd.Series([1, 2, None, 4, 5, 6], dtype="Float32"),
    "category": pd.Series([1, 2, None, 4, 5, 6], dtype="category"),
    "sparse": pd.Series(pd.arrays.SparseArray([1, 2, NAN, 4, 5, 6])),
    "array of objects": np.array([1, 2, None, 4, 5, 6], dtype=object),
    "masked integers": np.ma.masked_equal([1, 2, -9, 4, 5, 6], -9),
    "masked floats": np.ma.masked_equal([1, 2, -9, 4, 5, 6.0], -9),
    "masked objects": np.ma.masked_equal(np.array([1, 2, -9, 4, 5, 6], object), -9),
}


@pytest.mark.parametrize("series", MISSING.values(), ids=MISSING)
def test_any_missing_value_is_nan(series):
    X, y = make_windows(series, n_steps=2)
    assert_array_equal(X, [[1, 2], [2, NAN], [NAN, 4], [4, 5]])
    assert_array_equal(y, [NAN, 4, 5, 6])
    assert_array_equal(last_window(series[:3], n_steps=2), [[2, NAN]])
    X, y = make_windows(series, n_steps=2, dropna=True)
    assert_array_equal(X, [[4, 5]])
    assert_array_equal(y, [6])
    frame = pd.DataFrame({"a": series, "b": range(6)})
    X, _ = make_windows(frame, n_steps=2, target="a", dropna=True)
    assert_array_equal(X, [[4, 3, 5, 4]])


def test_missing_flags_are_numbers():
    flags = pd.Series([True, None, False], dtype="boolean")
    X, y = make_windows(flags, n_steps=1)
    assert_array_equal(X, [[1], [NAN]])
    assert_array_equal(y, [NAN, 0])


def test_masked_arrays():
    temperatures = np.ma.masked_equal([[20, 1], [21, 1], [-9999, 1], [22, 1]], -9999)
    X, y = make_windows(temperatures, n_steps=1, target=0)
    assert_array_equal(X, [[20, 1], [21, 1], [NAN, 1]])
    assert_array_equal(y, [21, NAN, 22])
    assert_array_equal(last_window([temperatures], n_steps=2, target=0)[0, 0], NAN)
    X = WindowTransformer(1).fit_transform(temperatures)
    assert_array_equal(X[3], [NAN, 1])

    short = np.ma.masked_equal(np.array([1, 2, 3], "float32"), 2)
    assert make_windows(short, n_steps=1)[0].dtype == np.float32
    whole = np.ma.masked_array([1, 2, 3])
    X, y = make_windows(whole, n_steps=1)
    assert X.dtype == whole.dtype
    assert np.shares_memory(X, whole.data)
    for dates in (DAYS.to_numpy(), DAYS.astype(str).to_numpy("U10")):
        with pytest.raises(TypeError, match="must hold real numbers"):
            make_windows(np.ma.masked_array(dates, [True] + [False] * 5), n_steps=1)


# WindowTransformer: as make_windows without dropna


def test_missing_values_stay_in_a_pipeline(prices):
    prices.iloc[9, 0] = NAN
    X, _ = make_windows(prices, n_steps=3, target="High")
    looked_up = WindowTransformer(3, series=prices).fit_transform(prices.iloc[3:])
    assert_frame_equal(looked_up, X)
    made = WindowTransformer(3).fit_transform(prices)
    assert_frame_equal(made.iloc[3:], X)
    made = WindowTransformer(3).fit_transform(prices.astype("Float64"))
    assert_frame_equal(made.iloc[3:], X)
    prices.iloc[9, 0] = np.inf
    with pytest.raises(ValueError, match="X contains infinity"):
        WindowTransformer(3).fit(prices)


def test_a_series_of_masked_values_keeps_its_labels():
    masked = pd.Series(np.ma.masked_equal([1.0, -9, 3], -9), DAYS[:3], name="High")
    _, y = make_windows(masked, n_steps=1)
    expected = pd.Series([NAN, 3.0], DAYS[1:3], name="High[t]")
    assert_series_equal(y, expected, check_freq=False)
