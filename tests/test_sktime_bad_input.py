"""sktime's interface: what is refused, and how it is said."""

import re

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.base import ForecastingHorizon

import sk_rnn.sktime
from sk_rnn import WindowScaler, make_windows
from sk_rnn.sktime import GRUForecaster, LSTMForecaster

SMALL = {"units": 5, "n_steps": 6, "epochs": 3, "random_state": 0}


def test_fit_without_fh(airline):
    with pytest.raises(ValueError, match="`fh` must be passed to `fit`"):
        LSTMForecaster(**SMALL).fit(airline)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_steps": 0}, "'n_steps' parameter of GRUForecaster must be an int"),
        ({"n_steps": "all"}, "'n_steps' parameter of GRUForecaster must be an int"),
        ({"strategy": "both"}, "'strategy' parameter of GRUForecaster must be a str"),
        ({"past_covariates": "a"}, "'past_covariates' parameter of GRUForecaster"),
        ({"units": 0}, "'units' parameter of GRUForecaster must be"),
        ({"past_covariates": ["a"]}, r"names 'a', which is no column of X \(not given"),
        ({"n_steps": 144}, "y has 144 time .*n_steps=144 and horizon=1 need at least"),
    ],
)
def test_bad_parameters(params, message, airline):
    with pytest.raises(ValueError, match=message):
        GRUForecaster(**{**SMALL, **params}).fit(airline, fh=[1])


def test_a_wrong_window_scaler_is_named(airline):
    message = "The 'window_scaler' parameter of GRUForecaster must be"
    with pytest.raises(ValueError, match=message):
        GRUForecaster(window_scaler="mean").fit(airline, fh=[1])
    named = GRUForecaster(window_scaler=WindowScaler(own=["price"]))
    with pytest.raises(ValueError, match="lists the channel 'price', which X does not"):
        named.fit(airline, fh=[1])


def test_bad_values(airline, exogenous):
    forecaster = GRUForecaster(**SMALL)
    with pytest.raises(ValueError, match="y contains infinity"):
        forecaster.fit(airline.where(airline < 600, np.inf), fh=[1])
    X = exogenous.where(exogenous < 7, np.inf)
    with pytest.raises(ValueError, match="Column 'price' of X contains infinity"):
        forecaster.fit(airline, X=X, fh=[1])


@pytest.mark.parametrize("columns", [1, 2])
def test_a_time_given_twice_is_named(columns):
    """The hour that comes twice when the clock is set back, without its zone."""
    hours = pd.date_range("2024-10-20", periods=200, freq="h", tz="Europe/Berlin")
    hours = hours.tz_localize(None)
    y = pd.Series(np.arange(200.0), hours, name="load")
    y = pd.DataFrame(dict.fromkeys(range(columns), y)) if columns > 1 else y
    X = pd.DataFrame({"price": np.arange(200.0)}, hours)
    y_once, X_once = (data[~hours.duplicated()] for data in (y, X))
    # 7 days, and the hours up to the second two o'clock.
    row = r"'2024-10-27 02:00:00'\)\D* of row 171 is missing, repeated"
    for data in {"y": y, "X": X_once}, {"y": y_once, "X": X}:
        with pytest.raises(ValueError, match=rf"[yX] must be sorted.*{row}"):
            GRUForecaster(**SMALL).fit(**data, fh=[1])
    forecaster = GRUForecaster(**SMALL).fit(y_once[:150], X=X_once[:150], fh=[1])
    for data in {"y": y[150:], "X": X_once}, {"y": y_once[150:], "X": X}:
        with pytest.raises(ValueError, match=r"[yX] must be sorted by time"):
            forecaster.update(**data)
    with pytest.raises(ValueError, match=rf"X must be sorted by time.*{row}"):
        forecaster.predict(X=X)
    forecaster.update(y_once[150:], X=X_once[150:])


def test_an_empty_series(airline):
    for strategy in "direct", "recursive":
        forecaster = GRUForecaster(**SMALL, strategy=strategy)
        message = r"y has 0 time step\(s\), but n_steps=6 and horizon=1 need at least 7"
        with pytest.raises(ValueError, match=message):
            forecaster.fit(airline[:0], fh=[1, 2])


def test_an_array_after_fit_does_not_tell_its_times(airline):
    """Else sktime counts from 0 again, over the first values."""
    forecaster = GRUForecaster(**SMALL).fit(airline.to_numpy(), fh=[1])
    expected = forecaster.predict()
    message = r"NumPy array, .* from 0 again, .* end with 143\. Pass a pandas Series"
    for method in "update", "update_predict", "update_predict_single":
        with pytest.raises(ValueError, match=message):
            getattr(forecaster, method)(np.array([400.0, 410.0]))
    np.testing.assert_array_equal(forecaster.predict(), expected)
    more = pd.Series([400.0, 410.0], index=[144, 145])
    assert forecaster.update(more).predict().index.tolist() == [146]


def test_bad_exogenous_data(airline, exogenous):
    forecaster = GRUForecaster(**SMALL)
    forecaster.fit(airline[:100], X=exogenous[:100], fh=[1, 3])
    with pytest.raises(ValueError, match=r"no row for 1957-05, .* \[1, 3\] together"):
        forecaster.predict()
    with pytest.raises(ValueError, match=r"no row for 1957-07, .* it has is 1957-06\)"):
        forecaster.predict(X=exogenous[100:102])
    assert len(forecaster.predict(X=exogenous.iloc[[100, 102]])) == 2
    with pytest.raises(ValueError, match=r"predict lacks the columns \['close'\]"):
        forecaster.predict(X=exogenous[["price"]])
    with pytest.raises(ValueError, match="X has no row for 1957-05, a time of y"):
        forecaster.update(airline[100:101])
    without = GRUForecaster(**SMALL).fit(airline[:100], fh=[1])
    with pytest.raises(ValueError, match="predict was given an X, but fit was not"):
        without.predict(X=exogenous)
    recursive = GRUForecaster(**SMALL, strategy="recursive")
    recursive.fit(airline[:100], X=exogenous[:100])
    with pytest.raises(ValueError, match=r"1957-06, .* passes through all 3 steps"):
        recursive.predict([1, 3], X=exogenous.iloc[[100, 102]])


def test_infinity_ahead_is_not_read(airline, exogenous):
    X = exogenous.copy()
    X.iloc[101, 0] = np.inf
    for strategy in "direct", "recursive":
        forecaster = GRUForecaster(**SMALL, strategy=strategy)
        forecaster.fit(airline[:100], X=exogenous[:100], fh=[1, 2, 3])
        with pytest.raises(ValueError, match="X contains infinity"):
            forecaster.predict([1, 2, 3], X=X[100:103])


def test_unforeseeable_horizons(airline, exogenous):
    forecaster = GRUForecaster(**SMALL).fit(airline[:100], fh=[2, 3])
    dates = ForecastingHorizon(airline.index[101:103], is_relative=False)
    forecaster = GRUForecaster(**SMALL).fit(airline[:100], fh=dates)
    forecaster.update(airline[100:101], update_params=False)
    with pytest.raises(ValueError, match=r"steps \[1\] after 1957-05, .* for \[2, 3\]"):
        forecaster.predict()
    recursive = GRUForecaster(
        **SMALL, strategy="recursive", past_covariates=["close"]
    ).fit(airline[:100], X=exogenous[:100])
    assert len(recursive.predict([1], X=exogenous[100:101])) == 1
    with pytest.raises(ValueError, match=r"fh asks for 2 steps, .*strategy='direct'"):
        recursive.predict([2], X=exogenous[100:102])


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize(
    "columns",
    [
        ["air[t-3]", "air[t-2]", "air[t-1]"],
        ["air[t-1]", "month", "price"],
        ["lag_1", "lag_2", "month"],
    ],
    ids=" ".join,
)
def test_a_table_of_windows_names_both_classes(columns, name, airline):
    X, y = make_windows(airline, n_steps=3)
    X = X.set_axis(columns, axis=1)
    message = (
        rf"columns '{re.escape(columns[0])}' … .*sk_rnn\.{name}Forecaster takes, as "
        rf"fit\(X, y\)\. sk_rnn\.sktime\.{name}Forecaster takes a series"
    )
    forecaster = getattr(sk_rnn.sktime, f"{name}Forecaster")()
    with pytest.raises(TypeError, match=message):
        forecaster.fit(X, y)


@pytest.mark.parametrize("columns", [1, 2])
def test_a_failed_fit_changes_nothing(columns, airline):
    """The reason may be found before training, or in it; in one column of two."""
    good = pd.concat(dict.fromkeys(range(columns), airline), axis=1)
    forecaster = GRUForecaster(**SMALL).fit(good, fh=[1, 2])
    expected = forecaster.predict()
    bad = good.copy()
    bad.iloc[-1, -1] = np.inf
    for y in bad, good[:5]:
        with pytest.raises(ValueError, match=r"infinity|need at least"):
            forecaster.fit(y, fh=[1, 2])
        pd.testing.assert_frame_equal(forecaster.predict(), expected)
