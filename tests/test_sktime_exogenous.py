"""sktime's interface: exogenous data, known in advance or of the past only."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import ExpandingWindowSplitter

from sk_rnn import WindowScaler
from sk_rnn.sktime import GRUForecaster, LSTMForecaster

SMALL = {"units": 5, "n_steps": 6, "epochs": 3, "random_state": 0}


def test_known_values_enter_where_they_belong(airline, exogenous):
    """One window by hand: the past of all channels, then the known ones ahead."""
    forecaster = GRUForecaster(**SMALL, past_covariates=["close"], window_scaler=None)
    forecaster.fit(airline[:100], X=exogenous[:100], fh=[1, 3])
    forecasts = forecaster.predict(X=exogenous[100:103])
    table = np.column_stack([airline, exogenous])
    window = np.concatenate([table[94:100], table[[99, 99]]])
    window[6:, 1] = exogenous.price.iloc[[100, 102]]
    expected = forecaster.regressor_.predict(window[np.newaxis])[0]
    np.testing.assert_array_equal(forecasts.to_numpy(), expected)
    # The first training window, as the scaler has seen it with all others.
    n_windows = 100 - 6 - 3 + 1
    rows = [np.r_[i : i + 6, i + 5, i + 5] for i in range(n_windows)]
    windows = table[np.array(rows)]
    for i in range(n_windows):
        windows[i, 6:, 1] = exogenous.price.iloc[[i + 6, i + 8]]
    np.testing.assert_allclose(
        forecaster.regressor_.scaler_.mean_, windows.reshape(-1, 3).mean(axis=0)
    )


def test_windows_are_relative_to_the_last_known_value(airline, exogenous):
    """A name is about the series alone; a WindowScaler also names columns of X."""
    table = np.column_stack([airline, exogenous])[:100]
    n_windows = 100 - 6 - 3 + 1
    rows = [np.r_[i : i + 6, i + 5, i + 5] for i in range(n_windows)]
    windows = table[np.array(rows)]
    for i in range(n_windows):
        windows[i, 6:, 1] = table[[i + 6, i + 8], 1]
    last = windows[:, 5:6]  # the two steps behind it lie ahead
    relative = WindowScaler("last", own=["price"], unchanged=["close"])
    for window_scaler, levels in [
        ("last", last * [1, 0, 0]),
        (relative, last * [1, 1, 0]),
        (WindowScaler("last"), last[:, :, :1]),
    ]:
        forecaster = GRUForecaster(
            **SMALL, past_covariates=["close"], window_scaler=window_scaler
        )
        forecaster.fit(airline[:100], X=exogenous[:100], fh=[1, 3])
        expected = (windows - levels).reshape(-1, 3).mean(axis=0)
        means = forecaster.regressor_.scaler_.mean_
        np.testing.assert_allclose(means, expected, atol=1e-12)


@pytest.mark.parametrize("price", [0, -1])
def test_a_ratio_needs_positive_values_ahead(price, airline, exogenous):
    prices = exogenous[["price"]].copy()
    relative = WindowScaler("ratio", own=["price"])
    forecaster = GRUForecaster(**SMALL, strategy="recursive", window_scaler=relative)
    forecaster.fit(airline[:100], X=prices[:100])
    prices.iloc[102] = price
    forecaster.predict(fh=[3], X=prices[100:103])  # no window ends with it
    with pytest.raises(ValueError, match=r"Step 4 cannot .*not positive"):
        forecaster.predict(fh=[4], X=prices[100:104])


@pytest.fixture(scope="module")
def planned():
    """A series that follows its price, and the past of nothing else."""
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"price": rng.normal(10, 2, 400)})
    y = pd.Series(100 - 3 * X.price + rng.normal(0, 0.3, 400), name="demand")
    return y, X


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_a_planned_price_helps(planned, strategy):
    y, X = planned
    fh = np.arange(1, 6)

    def error(X):
        forecaster = GRUForecaster(
            16, n_steps=4, strategy=strategy, epochs=40, random_state=0
        )
        splitter = ExpandingWindowSplitter(fh, initial_window=350, step_length=5)
        results = evaluate(
            forecaster, splitter, y, X, strategy="no-update_params", return_data=True
        )
        errors = pd.concat(
            [test - pred for test, pred in results[["y_test", "y_pred"]].to_numpy()]
        )
        return np.sqrt(np.mean(errors**2))

    permuted = X.sample(frac=1, random_state=0).set_axis(X.index)
    assert error(X) < 1.5  # of a deviation of 6
    assert error(permuted) > 5
    assert error(None) > 5


def test_the_past_of_a_past_covariate_is_read():
    """Yesterday's close decides today's high; today's close is not looked at."""
    rng = np.random.default_rng(2)
    X = pd.DataFrame({"close": rng.normal(10, 2, 400)})
    y = X.close.shift(1, fill_value=10.0) + 1
    forecaster = LSTMForecaster(
        16, n_steps=4, past_covariates=["close"], epochs=40, random_state=0
    )
    forecaster.fit(y[:350], X=X[:350], fh=[1])
    errors, forecasts = [], []
    for t in range(350, 380):
        forecasts.append(forecaster.predict().item())
        errors.append(forecasts[-1] - y[t])
        altered = forecaster.predict(X=X[t : t + 1] + 1000).item()
        assert altered == forecasts[-1]
        forecaster.update(y[t : t + 1], X=X[t : t + 1], update_params=False)
    assert np.std(errors) < 0.5 < 1.5 < np.std(forecasts)


def test_more_columns_and_rows_of_X_than_needed(airline, exogenous):
    forecaster = GRUForecaster(**SMALL)
    forecaster.fit(airline[:100], X=exogenous[["close", "price"]], fh=[1, 3])
    expected = forecaster.predict()  # fit has seen X ahead
    more = exogenous.assign(other=1.0)
    pd.testing.assert_series_equal(forecaster.predict(X=more), expected)


def test_an_empty_X_is_none(airline, exogenous):
    forecaster = GRUForecaster(**SMALL, past_covariates=["price", "close"])
    forecaster.fit(airline[:100], X=exogenous[:100], fh=[1, 2])
    expected = forecaster.predict()
    pd.testing.assert_series_equal(forecaster.predict(X=exogenous[:0]), expected)
