"""What make_windows and last_window refuse, and how they say so."""

import numpy as np
import pandas as pd
import pytest

from sk_rnn import WindowTransformer, last_window, make_windows

DAYS = pd.date_range("2021-03-01", periods=6, name="Date")


@pytest.mark.parametrize("function", [make_windows, last_window])
@pytest.mark.parametrize("n_steps", [0, -1, 2.0, "2", None])
def test_n_steps_is_a_count(function, n_steps):
    message = (
        rf"'n_steps' parameter of {function.__name__} must be an int .* Got {n_steps!r}"
    )
    with pytest.raises(ValueError, match=message):
        function(range(9), n_steps)


@pytest.mark.parametrize("parameter", ["horizon", "stride"])
def test_horizon_and_stride_are_counts(parameter):
    for value in (0, 1.5):
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
    message = r"longest series, series 'MA', has 6 time step\(s\).* least 7"
    with pytest.raises(ValueError, match=message):
        make_windows(panel, n_steps=6, target="High")
    with pytest.raises(ValueError, match=r"least 7. Use a smaller n_steps or horizon"):
        make_windows(range(6), n_steps=5, horizon=2)
    with pytest.raises(ValueError, match=r"has 0 time step\(s\), but n_steps=1 need"):
        last_window([], n_steps=1)


@pytest.mark.parametrize(
    ("order", "row"), [([0, 2, 1, 3], 2), ([0, 1, 1, 2], 2), ([1, 0, 2, 3], 1)]
)
@pytest.mark.parametrize(
    "in_order",
    [
        DAYS,
        pd.period_range("2021-01", periods=6, freq="M"),
        pd.RangeIndex(4, 28, 4),
        pd.Index(["2021-01", "2021-02", "2021-04", "2021-05"]),
        pd.CategoricalIndex(
            ["low", "mid", "top", "max"],
            ["low", "mid", "top", "max", "off"],
            ordered=True,
        ),
    ],
    ids=["days", "months", "range", "strings", "categories"],
)
def test_an_unsorted_index_is_refused_at_its_first_fault(in_order, order, row):
    index = in_order[order]
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
    two = high.to_frame().assign(Low=0)
    with pytest.raises(ValueError, match=r"series\[1\] .*'Close'.* same channels"):
        make_windows([two, two.set_axis(["High", "Close"], axis=1)], 2, target="High")
    with pytest.raises(ValueError, match=r"series\[1\] has 1 channel\(s\) .*'High'"):
        make_windows([two, high], n_steps=2, target="High")
    with pytest.raises(ValueError, match=r"series\[1\] .*None: an array"):
        make_windows([high, high.to_numpy()], n_steps=2)
    with pytest.raises(ValueError, match=r"series\[1\] has 2 channel\(s\)"):
        make_windows([np.zeros((5, 1)), np.zeros((5, 2))], 2, target=0)
    with pytest.raises(TypeError, match="can't be compared"):
        make_windows([high, high.reset_index(drop=True)], n_steps=2)
    with pytest.raises(TypeError, match="can't be compared"):
        make_windows([high, high.tz_localize("UTC")], n_steps=2)


@pytest.mark.parametrize("value", [2**63, 10**30])
def test_counts_past_all_memory_are_named(value):
    for parameter in ("n_steps", "horizon", "stride"):
        counts = {"n_steps": 2, parameter: value}
        message = rf"'{parameter}' parameter of make_windows .* Got {value}"
        with pytest.raises(ValueError, match=message):
            make_windows(range(9), **counts)


@pytest.mark.parametrize("n_steps", [2**31, 10**9, 2**62])
def test_padding_past_all_memory_is_refused(n_steps):
    message = rf"n_steps={n_steps}, but .* has only 9 time step\(s\), and no more"
    with pytest.raises(ValueError, match=message):
        WindowTransformer(n_steps).fit(np.zeros((9, 1)))
    transformer = WindowTransformer(2).fit(np.zeros((9, 1)))
    with pytest.raises(ValueError, match=message):
        transformer.set_params(n_steps=n_steps).transform(np.zeros((9, 1)))
    with pytest.raises(ValueError, match=message):
        last_window(range(9), n_steps)
    with pytest.raises(ValueError, match=rf"n_steps={n_steps} and horizon=1 need"):
        make_windows(range(9), n_steps)


@pytest.mark.parametrize("target", [pd.NA, pd.NaT, float("nan"), (["High"],)], ids=str)
def test_a_target_that_equals_nothing_is_named(target):
    frame = pd.DataFrame({"High": range(5), "Low": range(5)})
    with pytest.raises(ValueError, match=r"target=.*, .*one of \['High', 'Low'\]"):
        make_windows(frame, n_steps=2, target=target)
    frame[pd.NA] = 1
    _, y = make_windows(frame, n_steps=2, target="Low")
    assert y.name == "Low[t]"


def test_counts_of_any_integer_type_are_read(prices):
    expected, _ = make_windows(prices, 3, 2, target="High", stride=4)
    for dtype in np.uint8, np.int16, np.uint64:
        X, _ = make_windows(prices, dtype(3), dtype(2), target="High", stride=dtype(4))
        pd.testing.assert_frame_equal(X, expected)
        transformer = WindowTransformer(dtype(3), series=prices)
        looked_up = transformer.fit_transform(prices.iloc[3:])
        pd.testing.assert_frame_equal(looked_up.loc[X.index], X)
        made = WindowTransformer(dtype(3)).fit_transform(prices)
        pd.testing.assert_frame_equal(made.loc[X.index], X)
