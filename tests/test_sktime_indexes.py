"""sktime's interface on every kind of index, with gaps and without a frequency."""

from contextlib import nullcontext
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import ExpandingWindowSplitter

from sk_rnn import make_windows
from sk_rnn.datasets import read_mastercard
from sk_rnn.sktime import GRUForecaster, LSTMForecaster

SMALL = {"units": 5, "n_steps": 6, "epochs": 3, "random_state": 0}
INDEXES = {
    "range": pd.RangeIndex(5, 149),
    "integers": pd.Index(np.arange(144)),
    "months": pd.period_range("2000-01", periods=144, freq="M"),
    "hours": pd.period_range("2000-01-01", periods=144, freq="h"),
    "month starts": pd.date_range("2000-01-01", periods=144, freq="MS"),
    "working days": pd.date_range("2000-01-03", periods=144, freq="B"),
    "zoned": pd.date_range("2020-03-28", periods=144, freq="h", tz="Europe/Berlin"),
    "exchange": pd.date_range("2020-01-01", periods=147, freq="B")[[*range(30)]].append(
        pd.date_range("2020-02-13", periods=114, freq="B")
    ),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_any_index(index, strategy, airline, exogenous):
    forecaster = GRUForecaster(**SMALL, strategy=strategy)
    plain = forecaster.clone()
    y, X = airline.set_axis(index), exogenous[["price"]].set_axis(index)
    fh = ForecastingHorizon(index[[90, 99, 100, 101, 102]], is_relative=False)
    forecaster.fit(y[:100], X=X[:100], fh=fh)
    forecasts = forecaster.predict(fh, X=X[100:103])
    assert forecasts.index.tolist() == index[[90, 99, 100, 101, 102]].tolist()
    plain.fit(airline[:100], X=exogenous[["price"]][:100], fh=[-9, 0, 1, 2, 3])
    expected = plain.predict([-9, 0, 1, 2, 3], X=exogenous[["price"]][100:103])
    np.testing.assert_array_equal(forecasts.to_numpy(), expected.to_numpy())


@pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
def test_backtest_of_a_stock(strategy, data_folder):
    """Trading days, holidays left out, as they come from the file."""
    prices = read_mastercard(data_folder / "Mastercard_stock_history.csv")
    high, close = prices.High[-300:], prices[["Close"]][-300:]
    assert high.index.freq is None
    splitter = ExpandingWindowSplitter([1, 2, 3], initial_window=250, step_length=20)
    results = evaluate(
        LSTMForecaster(**SMALL, past_covariates=["Close"]),
        splitter,
        high,
        X=close,
        strategy=strategy,
        error_score="raise",
        return_data=True,
    )
    assert len(results) == 3
    for _, fold in results.iterrows():
        assert fold.y_pred.index.equals(fold.y_test.index)
        assert np.isfinite(fold.y_pred).all()


@pytest.mark.parametrize("past_covariates", [None, ["Close"]])
@pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
def test_gappy_backtest_of_a_stock(strategy, past_covariates, data_folder):
    """sktime hands over the rows of X that the gappy horizon asks for."""
    prices = read_mastercard(data_folder / "Mastercard_stock_history.csv")[-300:]
    forecaster = LSTMForecaster(**SMALL, past_covariates=past_covariates)
    results = evaluate(
        forecaster,
        ExpandingWindowSplitter([2, 5], initial_window=250, step_length=9),
        prices.High,
        X=prices[["Close"]],
        strategy=strategy,
        error_score="raise",
        return_data=True,
    )
    for _, fold in results.iterrows():
        assert fold.y_pred.index.equals(fold.y_test.index)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(0, 288, 2),
        pd.date_range(
            "2020-01-01", periods=144, freq=pd.offsets.CDay(holidays=["2020-03-04"])
        ),
    ],
    ids=["every second", "with holidays"],
)
def test_backtest_on_unusual_indexes(index, airline):
    splitter = ExpandingWindowSplitter([1, 3], initial_window=40, step_length=3)
    results = evaluate(
        GRUForecaster(**SMALL),
        splitter,
        airline.set_axis(index),
        strategy="no-update_params",
        error_score="raise",
        return_data=True,
    )
    for _, fold in results.iterrows():
        assert fold.y_pred.index.equals(fold.y_test.index)


def test_a_row_alone_does_not_lose_the_frequency(airline):
    y = airline.set_axis(pd.date_range("1949-01-01", periods=144, freq="MS"))
    forecaster = GRUForecaster(**SMALL).fit(y[:100], fh=[1, 3])
    forecasts = forecaster.update(y[100:101], update_params=False).predict()
    assert forecasts.index.tolist() == y.index[[101, 103]].tolist()
    ahead = GRUForecaster(**SMALL).fit(y[:100], fh=[1, 2, 3]).predict()
    assert ahead.index.freq == y.index.freq


def test_no_window_spans_a_gap(airline):
    """What an update leaves out is not glued together."""
    forecaster = GRUForecaster(**SMALL, dtype="float64").fit(airline[:60], fh=[1])
    before = deepcopy(forecaster.regressor_)
    forecaster.update(airline[70:73])
    first = airline.iloc[70]
    window = [first, first, first, *airline[70:73]]
    assert forecaster.predict().item() == before.predict([window]).item()
    forecaster.update(airline[73:80])  # 10 values in a row, 4 windows
    X, y = make_windows(airline[70:80].to_numpy(), n_steps=6)
    before.partial_fit(X, y[:, np.newaxis])
    for held, kept in zip(before.weights_, forecaster.regressor_.weights_, strict=True):
        np.testing.assert_array_equal(held, kept)


def test_update_predict_of_a_stock(airline):
    """An index without a frequency cannot be shifted back to before its start."""
    exchange = INDEXES["exchange"]
    splitter = ExpandingWindowSplitter([1, 2], initial_window=20, step_length=40)
    forecaster = GRUForecaster(**SMALL).fit(airline, fh=[1, 2])
    expected = forecaster.update_predict(airline, splitter, update_params=False)
    dated = GRUForecaster(**SMALL).fit(airline.set_axis(exchange), fh=[1, 2])
    forecasts = dated.update_predict(
        airline.set_axis(exchange), splitter, update_params=False
    )
    places = airline.index.get_indexer(expected.index)
    assert forecasts.index.tolist() == exchange[places].tolist()
    np.testing.assert_array_equal(forecasts.to_numpy(), expected.to_numpy())


# ------------------------------------------------- no frequency: what tells the times


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_a_shop_is_forecast_for_the_days_it_opens(strategy):
    """From Monday to Saturday; X is a calendar of all days."""
    all_days = pd.date_range("2024-01-01", "2024-04-14")
    X = pd.DataFrame({"monday": 1.0 * (all_days.dayofweek == 0)}, all_days)
    open_days = all_days[all_days.dayofweek < 6]
    y = 20 + 100 * X.monday[open_days].rename("sales")
    fh = range(1, 13)
    forecaster = GRUForecaster(**SMALL, strategy=strategy)
    forecaster.fit(y[:"2024-03-30"], X=X, fh=fh)
    forecasts = forecaster.predict(fh, X=X)
    # 1 April is a Monday.
    expected = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13]
    assert forecasts.index.strftime("%m").unique().tolist() == ["04"]
    assert forecasts.index.day.tolist() == expected
    altered = X.copy()
    altered[all_days.dayofweek == 6] = 2.0
    pd.testing.assert_series_equal(forecasts, forecaster.predict(fh, X=altered))
    altered.loc["2024-04-01"] = 2.0
    assert forecaster.predict(fh, X=altered).iloc[0] != forecasts.iloc[0]


MISSING = pd.date_range("2018", periods=36, freq="MS").delete(20)


@pytest.mark.parametrize(
    ("index", "ahead"),
    [
        (MISSING, pd.date_range("2021", periods=4, freq="MS")),
        (MISSING.to_period("M"), pd.period_range("2021-01", periods=4, freq="M")),
    ],
    ids=["dates", "periods"],
)
def test_a_month_is_missing(index, ahead):
    """One warning names the gap, and the labels stay on the grid."""
    y = pd.Series(np.arange(35.0), index)
    X = pd.DataFrame({"price": np.arange(39.0)}, index.append(ahead))
    message = r"^y has a gap of 1 step\(s\) after 2019-08(-01)? \(2019-09(-01)? is"
    for known in X, None:
        forecaster = GRUForecaster(**SMALL)
        with pytest.warns(UserWarning, match=message) as caught:
            forecaster.fit(y, X=known, fh=[1, 2, 3])
        assert len(caught) == 1
        assert caught[0].filename == __file__
        forecasts = forecaster.predict(X=known)
        assert forecasts.index.tolist() == ahead[:3].tolist()
    forecaster.update(pd.Series([35.0], ahead[:1]))
    assert forecaster.predict().index.tolist() == ahead[1:].tolist()
    # What is left out now is named, and nothing that has been named before; with a
    # frequency no window spans it.
    message = r"^y has a gap of 2 step\(s\) after 2021-01.* \(2021-02.* missing\)\. "
    counted = pytest.warns(UserWarning, match=message)
    with nullcontext() if isinstance(index, pd.PeriodIndex) else counted:
        forecaster.update(pd.Series([38.0], ahead[3:]))


@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_bars_go_on_at_the_next_opening(zone):
    times = pd.timedelta_range("9:30:00", "15:30:00", freq="30min")
    days = pd.bdate_range("2024-02-19", periods=15)  # the clocks change on 10 March
    bars = pd.DatetimeIndex([day + time for day in days for time in times], tz=zone)
    y = pd.Series(np.arange(195.0), bars)
    forecasts = GRUForecaster(**SMALL).fit(y, fh=[1, 2, 14]).predict()
    expected = ["2024-03-11 9:30", "2024-03-11 10:00", "2024-03-12 9:30"]
    assert forecasts.index.tolist() == pd.DatetimeIndex(expected, tz=zone).tolist()


def test_where_nothing_tells_the_times_the_median_spacing_goes_on():
    days = np.cumsum([1, 2, 4, 2, 3, 1, 2, 9, 2, 2, 5, 2, 1, 6, 2])
    y = pd.Series(
        np.arange(15.0), pd.Timestamp("2024-01-01") + pd.to_timedelta(days, "D")
    )
    forecaster = GRUForecaster(**SMALL).fit(y, fh=[1, 2])
    message = "follow 2024-02-14 in y, .* median spacing, 2 days. Give y a frequency"
    with pytest.warns(UserWarning, match=message) as caught:
        forecasts = forecaster.predict()
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert forecasts.index.astype(str).tolist() == ["2024-02-16", "2024-02-18"]


def test_an_exchange_that_was_closed_for_a_month(airline):
    days = pd.date_range("2024-01-01", periods=170, freq="B").delete(range(60, 86))
    y = airline.set_axis(days)
    message = r"^y has a gap of 26 step\(s\) after 2024-03-22 \(2024-03-25 is missing"
    with pytest.warns(UserWarning, match=message):
        forecaster = GRUForecaster(**SMALL).fit(y, fh=[1, 2])
    expected = ["2024-08-26", "2024-08-27"]
    assert forecaster.predict().index.astype(str).tolist() == expected
