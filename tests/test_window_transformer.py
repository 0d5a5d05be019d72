"""WindowTransformer: rows looked up in a series, or made of the rows before."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal, assert_index_equal
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from sk_rnn import WindowTransformer, last_window, make_windows

DAYS = pd.date_range("2021-03-01", periods=6, name="Date")


# With series


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


def test_any_sorted_index_can_be_looked_up(sorted_index):
    series = pd.Series(range(len(sorted_index)), sorted_index, name="High")
    X, _ = make_windows(series, n_steps=2)
    windows = WindowTransformer(2, series=series).fit_transform(
        series.iloc[2:].to_frame()
    )
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


def test_mastercard(data_folder):
    path = data_folder / "Mastercard_stock_history.csv"
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


def test_time_zones_compare_by_instant():
    utc = pd.Series(range(6), DAYS.tz_localize("UTC"))
    # Midnight in New York is five hours after midnight in UTC.
    asked = pd.DataFrame(index=DAYS[2:3].tz_localize("America/New_York"))
    windows = WindowTransformer(1, series=utc).fit_transform(asked)
    assert_array_equal(windows, [[2]])


# Without series


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


# Bad input


@pytest.mark.parametrize("n_steps", [0, 1.0, "5"])
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


def test_a_panel_is_refused(panel):
    transformer = WindowTransformer(1, series=panel)
    with pytest.raises(ValueError, match="must be sorted by time"):
        transformer.fit_transform(panel)
    alone = panel.loc[["MA"]]
    with pytest.raises(ValueError, match="make_windows for a panel"):
        transformer.set_params(series=alone).fit_transform(alone.droplevel(0).iloc[2:])
    with pytest.raises(ValueError, match="panel without rows"):
        make_windows(panel.iloc[:0], 1)


def test_an_unsorted_series_is_told_in_fit():
    days = pd.to_datetime(["2021-01-02", "2021-01-01", "2021-01-03"])
    series = pd.Series([1.0, 2, 3], index=days)
    with pytest.raises(ValueError, match="sorted by time"):
        WindowTransformer(1, series=series).fit(pd.DataFrame(index=days))
