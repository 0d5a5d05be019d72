"""sktime's interface forecasts what the scikit-learn forecasters forecast."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.preprocessing import PowerTransformer
from sktime.forecasting.naive import NaiveForecaster
from sktime.split import temporal_train_test_split

import sk_rnn
from sk_rnn import WindowScaler, make_windows
from sk_rnn.sktime import GRUForecaster, LSTMForecaster, RNNForecaster
from sk_rnn.sktime._pool import Pool

CLASSES = [RNNForecaster, LSTMForecaster, GRUForecaster]
SMALL = {"units": 5, "n_steps": 6, "epochs": 3, "random_state": 0}


def regressor(forecaster):
    """The scikit-learn forecaster with the same parameters, not fitted."""
    own = {"n_steps", "strategy", "past_covariates", "calibration_fraction"}
    own |= {"adaptation_step", "horizon", "pooling", "fine_tune_epochs"}
    params = forecaster.get_params(deep=False)
    shared = {name: params[name] for name in params.keys() - own}
    return getattr(sk_rnn, type(forecaster).__name__)(**shared)


def test_construction_is_silent():
    """Where sktime's own forecasters announce a default of its next version."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        GRUForecaster()
        LSTMForecaster(strategy="recursive").clone()
    assert not caught


@pytest.mark.parametrize("forecaster_class", CLASSES)
def test_direct_is_one_regressor_of_all_steps(forecaster_class, airline):
    forecaster = forecaster_class(**SMALL, strategy="direct")
    forecasts = forecaster.fit(airline[:100], fh=[1, 3, 7]).predict()
    X, y = make_windows(airline[:107], n_steps=6, horizon=7)
    asked = y.iloc[:, [0, 2, 6]]
    expected = regressor(forecaster).fit(X[:88], asked[:88]).predict(X[94:95])
    np.testing.assert_array_equal(forecasts.to_numpy(), expected[0])
    assert forecasts.index.equals(airline.index[[100, 102, 106]])
    assert forecasts.name == airline.name


SCALERS = {
    "standard": {"window_scaler": "last"},
    "minmax of ratios, in segments": {
        "scaler": "minmax",
        "window_scaler": "ratio",
        "segment_length": 4,
    },
    "none": {"scaler": None, "window_scaler": None},
    "standard windows": {"window_scaler": "standard"},
    "not linear": {"scaler": PowerTransformer(), "window_scaler": "last"},
}


@pytest.mark.parametrize(
    ("forecaster_class", "scaler"),
    [
        *((forecaster_class, SCALERS["standard"]) for forecaster_class in CLASSES),
        *((GRUForecaster, SCALERS[name]) for name in SCALERS if name != "standard"),
    ],
)
def test_recursive_is_a_regressor_fed_its_own_forecasts(
    forecaster_class, scaler, airline
):
    series = airline / 100
    forecaster = forecaster_class(**SMALL, **scaler, strategy="recursive")
    forecasts = forecaster.fit(series).predict(fh=[1, 2, 5, 30])
    X, y = make_windows(series, n_steps=6)
    one_step = regressor(forecaster).fit(X.to_numpy(), y.to_numpy()[:, np.newaxis])
    continued = series.to_list()
    for _ in range(30):
        continued.append(one_step.predict([continued[-6:]]).item())
    expected = np.array(continued)[144:][[0, 1, 4, 29]]
    np.testing.assert_allclose(forecasts.to_numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("scaler", SCALERS.values(), ids=SCALERS)
def test_recursion_with_known_values(scaler, airline, exogenous):
    forecaster = LSTMForecaster(**SMALL, strategy="recursive", **scaler)
    prices = exogenous[["price"]]
    series = airline / 100
    forecaster.fit(series[:100], X=prices[:100])
    forecasts = forecaster.predict(fh=[1, 2, 9], X=prices[100:109])
    continued = series[:100].to_list()
    for t in range(100, 109):
        window = np.column_stack(
            [[*continued[-6:], continued[-1]], prices.price.iloc[t - 6 : t + 1]]
        )
        forecast = forecaster.regressor_.predict(window[np.newaxis]).item()
        continued.append(forecast)
    expected = np.array(continued)[[100, 101, 108]]
    np.testing.assert_allclose(forecasts.to_numpy(), expected, rtol=1e-6)


def test_a_ratio_cannot_go_on_from_a_forecast_that_is_not_positive():
    series = pd.Series(np.linspace(100, 1, 60))
    forecaster = GRUForecaster(
        **SMALL, strategy="recursive", window_scaler="ratio"
    ).fit(series)
    forecaster.regressor_.weights_[-1][:] = -100  # the bias of the output
    assert forecaster.predict(fh=[1]).item() < 0
    with pytest.raises(ValueError, match=r"Step 2 cannot .*not positive.*'direct'"):
        forecaster.predict(fh=[3])


def test_forecasts_that_run_away_are_an_error(airline):
    forecaster = GRUForecaster(
        **SMALL, strategy="recursive", scaler=None, window_scaler="last"
    )
    forecaster.fit(airline)
    weights = forecaster.regressor_.weights_
    weights[-2][:] = np.finfo(weights[-2].dtype).max
    with pytest.raises(ValueError, match=r"Step .* cannot be forecast: fed back"):
        forecaster.predict(np.arange(1, 50))


def test_a_forecast_that_wanders_off_is_told():
    """Calls per day go nowhere; forecasts of changes, fed back, go up and up."""
    calls = pd.Series(np.random.default_rng(0).poisson(2, 100).astype(float))
    forecaster = GRUForecaster(**SMALL, strategy="recursive", window_scaler="last")
    forecaster.fit(calls)
    forecaster.regressor_.weights_[-1][:] = 0.1  # the bias of the output
    bound = 2 * calls.max() - calls.min()
    assert (forecaster.predict([1, 2, 3]) < bound).all()  # and without a warning
    message = r"From step \d+ \(.*\) on, .* 0 to \d, by more .*'standard' or None"
    with pytest.warns(UserWarning, match=message) as caught:
        forecasts = forecaster.predict(np.arange(1, 200))
    assert [warning.filename for warning in caught] == [__file__]
    told = int(re.search(r"step (\d+)", str(caught[0].message))[1])
    assert told == 1 + (forecasts > bound).to_numpy().argmax()


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_in_sample_forecasts_see_only_what_came_before(strategy, airline):
    fh = np.arange(-143, 1)
    forecaster = GRUForecaster(**SMALL, strategy=strategy).fit(airline, fh=fh)
    fitted = forecaster.predict(fh)
    assert fitted.index.equals(airline.index)
    assert fitted.isna().to_numpy().tolist() == [True] + [False] * 143
    X, _ = make_windows(airline, n_steps=6)
    expected = forecaster.regressor_.predict(X.to_numpy())[:, 0]
    np.testing.assert_allclose(fitted[6:], expected, rtol=1e-5)
    # At the start the first value stands in for what was not seen.
    first, second = airline[:2]
    padded = forecaster.regressor_.predict([[first] * 6, [first] * 5 + [second]])
    np.testing.assert_allclose(fitted[1:3], padded[:, 0], rtol=1e-5)


def test_in_sample_forecasts_of_a_network_for_later_steps(airline):
    """Without an output for the next step, they are made further ahead."""
    forecaster = GRUForecaster(**SMALL).fit(airline, fh=[-2, 3, 5])
    X, _ = make_windows(airline, n_steps=6, horizon=3)
    expected = forecaster.regressor_.predict(X[-3:-2].to_numpy())[0, 0]
    assert forecaster.predict().iloc[0] == pytest.approx(expected, rel=1e-5)


def test_early_stopping_keeps_the_targets_apart(airline):
    """The targets of a row span six months, though there are two of them."""
    forecaster = GRUForecaster(**SMALL, early_stopping=True, validation_fraction=0.2)
    forecaster.fit(airline, fh=[1, 6])
    X, y = make_windows(airline.to_numpy(), n_steps=6, horizon=6)
    y = y[:, [0, 5]]
    n_held_out = int(0.2 * len(X))
    n_train = len(X) - n_held_out - 5
    expected = regressor(forecaster).fit(
        X[:n_train], y[:n_train], X_val=X[-n_held_out:], y_val=y[-n_held_out:]
    )
    assert forecaster.regressor_.history_ == expected.history_


@pytest.mark.parametrize("past_covariates", [["close"], ["price", "close"]])
@pytest.mark.parametrize("method", ["last", "standard"])
def test_the_regressor_can_be_cloned(past_covariates, method, airline, exogenous):
    """All that shapes it is among its parameters, known steps ahead included."""
    forecaster = GRUForecaster(
        **SMALL,
        past_covariates=past_covariates,
        window_scaler=WindowScaler(method, own=["price"], unchanged=["close"]),
    ).fit(airline, X=exogenous, fh=[1, 2])
    fitted = forecaster.regressor_
    pool = Pool.of([forecaster._past])
    rows = np.asarray(pool.windows)
    refitted = clone(fitted).fit(rows, np.asarray(pool.targets))
    np.testing.assert_array_equal(refitted.predict(rows), fitted.predict(rows))


def test_the_data_are_left_alone_and_remembered(airline):
    y = airline.copy()
    forecaster = GRUForecaster(**SMALL).fit(y, fh=[1])
    expected = forecaster.predict()
    pd.testing.assert_series_equal(y, airline)
    y.iloc[-1] = -500
    pd.testing.assert_series_equal(forecaster.predict(), expected)


def test_it_learns(wave):
    train, test = temporal_train_test_split(pd.Series(wave), test_size=10)
    fh = np.arange(1, 11)
    for strategy in "direct", "recursive":
        # The wave keeps its level.
        forecaster = GRUForecaster(
            16, strategy=strategy, window_scaler=None, epochs=60, random_state=0
        )
        error = forecaster.fit(train, fh=fh).score(test, fh=fh)
        assert error < 0.3 * NaiveForecaster().fit(train).score(test, fh=fh)


@pytest.mark.parametrize(
    ("length", "fraction", "numbers"),
    [
        (36, 0.1, "Of 13 windows, .* would hold out 1, and leave 1 to train"),
        (35, 0.1, "Of 12 windows, .* would hold out 1, and leave 0 to train"),
        (48, 0.2, "Of 25 windows, .* would hold out 5, and leave 9 to train"),
    ],
)
def test_early_stopping_leaves_most_windows_to_train_on(
    length, fraction, numbers, airline
):
    params = {**SMALL, "n_steps": 12, "dtype": "float64", "early_stopping": True}
    forecaster = GRUForecaster(**params, validation_fraction=fraction)
    message = (
        f"{numbers} on: .* shorter horizon.* validation_fraction or early_stopping="
    )
    with pytest.warns(UserWarning, match=message) as caught:
        forecaster.fit(airline[:length], fh=np.arange(1, 13))
    assert [warning.filename for warning in caught] == [__file__]
    # The training loss is watched, over all windows.
    expected = forecaster.clone().set_params(validation_fraction=None)
    expected.fit(airline[:length], fh=np.arange(1, 13))
    assert forecaster.regressor_.history_ == expected.regressor_.history_
    # Where they are many, some are held out without a warning.
    forecaster.fit(airline[:length], fh=[1])
    assert "val_loss" in forecaster.regressor_.history_


def test_counts_of_any_integer_type(airline):
    forecaster = GRUForecaster(**{**SMALL, "n_steps": np.uint8(6)})
    forecasts = forecaster.fit(airline, fh=np.array([1, 2], np.uint8)).predict()
    expected = GRUForecaster(**SMALL).fit(airline, fh=[1, 2]).predict()
    pd.testing.assert_series_equal(forecasts, expected)
