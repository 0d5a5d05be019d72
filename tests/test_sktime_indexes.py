"""sktime's interface on every kind of index, with gaps and without a frequency."""

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
