"""What a user gets who sets nothing."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import StackingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.multioutput import RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sktime.datasets import load_airline, load_macroeconomic
from statsmodels.datasets.sunspots import load_pandas

from sk_rnn import GRUForecaster, PersistenceForecaster, make_windows
from sk_rnn.sktime import GRUForecaster as SeriesForecaster
from sk_rnn.window_scaler import better_reference

RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=300)
SERIES = {
    "walk": (NOISE.cumsum(), "last"),
    "levels under noise": (np.repeat([0.0, 3, 0, 3, 0], 60) + NOISE, "standard"),
    "noise": (NOISE, None),
    "counts": (RNG.poisson(2, 300).astype(float), None),
    "constant": (np.ones(300), None),
}


def windows(series, n_steps=12, horizon=1):
    X, y = make_windows(np.asarray(series, float), n_steps, horizon)
    return X, y.reshape(len(y), -1)


def chosen(X, y, weights=None):
    weights = np.ones(len(X)) if weights is None else weights
    return better_reference(X, y, np.arange(len(X)), weights)


# ------------------------------------------------------------------ window_scaler


@pytest.mark.parametrize(("series", "expected"), SERIES.values(), ids=SERIES)
def test_windows_are_relative_to_what_forecasts_better_than_the_mean(series, expected):
    X, y = windows(series)
    assert chosen(X, y) == expected
    shuffled = RNG.permutation(len(X))
    assert chosen(X[shuffled], y[shuffled]) == expected
    frame = pd.DataFrame(X, columns=[f"lag_{k}" for k in range(12, 0, -1)])
    forecaster = GRUForecaster(5, epochs=1, random_state=0).fit(frame, y[:, 0])
    assert forecaster.window_scaler_ == expected
    forecaster.fit(X, y[:, 0])
    assert forecaster.window_scaler_ == expected
    by_name = clone(forecaster).set_params(window_scaler=expected).fit(X, y[:, 0])
    np.testing.assert_array_equal(forecaster.predict(X), by_name.predict(X))


def test_the_rule_by_hand():
    """Squares from the last values 5 and 1, and from the mean of y, 5."""
    X, y = np.array([[0.0, 4, 5], [7, 3, 1]]), np.array([[6.0], [4.0]])
    assert chosen(X, y) is None  # 1 and 9 from the last, 9 and 1/9 from the mean: 1, 1
    assert chosen(X, y, np.array([1.0, 0])) is None  # one row is its own mean
    X[1, 2] = 4.2
    assert chosen(X, y) == "last"  # 1 and 0.04
    X[:, :2] = [[6, 6.5], [3.8, 3.9]]
    assert chosen(X, y) == "standard"  # from 5.83 and 3.97: 0.03 and 0.001


def test_what_does_not_continue_the_windows_is_left_as_it_is():
    X, y = windows(100 * np.exp(np.cumsum(NOISE) / 30))
    assert chosen(X, y) == "last"
    for other in np.log(y), y / X[:, -1:] - 1, 1000 * NOISE[: len(y), np.newaxis]:
        assert chosen(X, other) is None


def test_later_training_keeps_what_was_taken():
    X, y = windows(NOISE.cumsum())
    forecaster = GRUForecaster(5, epochs=1, random_state=0).fit(X, y)
    forecaster.partial_fit(X[:20], y[:1].repeat(20, 0) + NOISE[:20, np.newaxis])
    assert forecaster.window_scaler_ == "last"


@pytest.mark.parametrize(
    ("strategy", "expected"), [("direct", "last"), ("recursive", None)]
)
def test_a_forecast_that_is_fed_back_must_hold_for_many_steps(strategy, expected):
    """The last value of a sine tells the next one, but not those after it."""
    sine = pd.Series(np.sin(2 * np.pi * np.arange(200) / 7))
    forecaster = SeriesForecaster(5, strategy=strategy, epochs=1).fit(sine, fh=[1])
    assert forecaster.window_scaler_ == expected


WRAPPERS = {
    "log": lambda model: TransformedTargetRegressor(
        model, func=np.log, inverse_func=np.exp
    ),
    "chain": lambda model: RegressorChain(model),
    "stack": lambda model: StackingRegressor([("gru", model)], LinearRegression()),
    "pipeline": lambda model: make_pipeline(FunctionTransformer(np.asarray), model),
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_inside_others_it_is_no_worse_than_none(wrap):
    X, y = make_windows(load_airline(), n_steps=12)
    if wrap is WRAPPERS["chain"]:
        X, y = make_windows(load_airline(), n_steps=12, horizon=2)
    errors = {}
    for scaler in "auto", None:
        model = wrap(GRUForecaster(5, window_scaler=scaler, random_state=0))
        forecasts = model.fit(X[:100], y[:100]).predict(X[100:])
        errors[scaler] = np.sqrt(np.mean((forecasts - y[100:].to_numpy()) ** 2))
    assert errors["auto"] < 1.05 * errors[None]


# ------------------------------------------------------------------------- epochs


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "expected"), [(9, 32, 100), (250, 1, 4), (600, 1, 3)]
)
def test_epochs_follow_from_a_budget_of_updates(n_rows, batch_size, expected):
    X = RNG.normal(size=(n_rows, 3))
    forecaster = GRUForecaster(5, batch_size=batch_size).fit(X, X[:, 0])
    assert forecaster.n_iter_ == expected
    rates = forecaster.history_["learning_rate"]
    waves = 0.0015 * (1 + np.cos(np.pi * np.arange(expected) / expected))
    np.testing.assert_allclose(rates, waves, rtol=1e-6)
    forecaster.partial_fit(X, X[:, 0])
    assert forecaster.n_iter_ == expected + 1
    assert forecaster.history_["learning_rate"][-1] == pytest.approx(0.003)


# -------------------------------------------------------------------------- skill


@pytest.mark.parametrize(
    ("series", "n_steps", "horizon", "n_test", "most"),
    [
        (load_airline(), 24, 12, 36, {"naive": 0.6}),
        (load_macroeconomic().realgdp, 12, 8, 50, {"naive": 0.7}),
        (load_pandas().data.SUNACTIVITY, 24, 1, 80, {"naive": 0.6, "linear": 1.0}),
        (load_macroeconomic().unemp, 12, 1, 50, {"naive": 0.8}),
    ],
    ids=["airline", "gdp", "sunspots", "unemployment"],
)
def test_the_default_beats_the_naive_forecast(series, n_steps, horizon, n_test, most):
    """Before, it forecast GDP with more than twice the error of its last value."""
    X, y = windows(series, n_steps, horizon)
    past, future = slice(len(X) - n_test - horizon + 1), slice(-n_test, None)

    def error(model):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            forecasts = model.fit(X[past], y[past]).predict(X[future])
        return np.sqrt(np.mean((forecasts.reshape(n_test, -1) - y[future]) ** 2))

    rivals = {"naive": PersistenceForecaster(), "linear": LinearRegression()}
    ours = np.mean([error(GRUForecaster(random_state=seed)) for seed in range(2)])
    for name, factor in most.items():
        assert ours < factor * error(rivals[name])
