"""In which order sktime hands lags to a network.

A network is taught to repeat the value of some steps ago, on noise, in which nothing
else tells that value. Then every route must give back that very value.
"""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.compose import DirectReductionForecaster, make_reduction

import sk_rnn
from sk_rnn import GRUForecaster, make_windows
from sk_rnn.sktime import GRUForecaster as SeriesForecaster

N_STEPS, STEPS_AGO = 6, 2
EXOGENOUS = ["a", "b"]


@pytest.fixture(scope="module")
def noise():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.uniform(0, 10, (1500, 3)), columns=["y", *EXOGENOUS])
    return frame


def teach(frame, channel):
    """Train a network to repeat a channel's value of ``STEPS_AGO`` steps ago."""
    X, _ = make_windows(frame, n_steps=N_STEPS, target="y")
    echo = frame[channel].shift(STEPS_AGO)[N_STEPS:]
    network = GRUForecaster(
        16, window_scaler=None, epochs=60, learning_rate=0.01, random_state=0
    )
    network.fit(X, echo)
    assert network.score(X, echo) > 0.98
    return network


@pytest.fixture(scope="module")
def of_series(noise):
    return teach(noise[["y"]], "y")


@pytest.fixture(scope="module")
def of_exogenous(noise):
    return teach(noise, "b")


class Taught(GRUForecaster):
    """A forecaster that keeps what it was taught, whatever it is fitted on."""

    teacher = None

    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        for learnt in "weights_", "scaler_", "target_scaler_":
            setattr(self, learnt, getattr(self.teacher, learnt))
        return self


def taught(teacher, **params):
    Taught.teacher = teacher
    return Taught(**{**teacher.get_params(), "epochs": 1, **params})


def assert_echo(forecast, frame, channel, steps_ago=STEPS_AGO):
    assert forecast == pytest.approx(frame[channel].iloc[-steps_ago], abs=0.7)


def ends(frame):
    """Beginnings of the noise: as many series that end in different values."""
    return [frame[:n] for n in range(60, 72)]


@pytest.mark.parametrize("strategy", ["recursive", "direct", "multioutput"])
def test_make_reduction(strategy, noise, of_series):
    for frame in ends(noise):
        reduced = make_reduction(
            taught(of_series), window_length=N_STEPS, strategy=strategy
        )
        reduced.fit(frame.y, fh=[1])
        assert_echo(np.ravel(reduced.predict([1]))[0], frame, "y")


def test_make_reduction_feeds_forecasts_back_in_order(noise, of_series):
    reduced = make_reduction(
        taught(of_series), window_length=N_STEPS, strategy="recursive"
    ).fit(noise.y[:60])
    forecasts = reduced.predict([1, 2, 3, 4]).to_numpy()
    # The last two values, and then these as forecast.
    np.testing.assert_allclose(forecasts[:2], noise.y[58:60], atol=0.7)
    np.testing.assert_allclose(forecasts[2:], forecasts[:2], atol=0.7)


@pytest.mark.parametrize("strategy", ["recursive", "direct", "multioutput"])
def test_make_reduction_with_exogenous_data(strategy, noise, of_exogenous):
    by_channel = taught(of_exogenous, n_channels=3, column_order="channel")
    for frame in ends(noise):
        reduced = make_reduction(by_channel, window_length=N_STEPS, strategy=strategy)
        reduced.fit(frame.y, X=frame[EXOGENOUS], fh=[1])
        ahead = noise[EXOGENOUS][len(frame) : len(frame) + 1]
        assert_echo(np.ravel(reduced.predict([1], X=ahead))[0], frame, "b")


def test_the_other_order_of_columns_mixes_up_the_channels(noise, of_exogenous):
    """What column_order is for: the default reads these rows wrongly."""
    by_step = taught(of_exogenous, n_channels=3)
    errors = []
    for frame in ends(noise):
        reduced = make_reduction(by_step, window_length=N_STEPS, strategy="recursive")
        reduced.fit(frame.y, X=frame[EXOGENOUS])
        ahead = noise[EXOGENOUS][len(frame) : len(frame) + 1]
        forecast = reduced.predict([1], X=ahead).item()
        errors.append(abs(forecast - frame.b.iloc[-STEPS_AGO]))
    assert max(errors) > 3


@pytest.mark.parametrize("strategy", ["recursive", "direct"])
def test_the_native_forecaster(strategy, noise, of_series, monkeypatch):
    monkeypatch.setattr(SeriesForecaster, "_regressor_class", Taught)
    Taught.teacher = of_series
    for frame in ends(noise):
        forecaster = SeriesForecaster(
            16,
            n_steps=N_STEPS,
            strategy=strategy,
            window_scaler=None,
            epochs=1,
            dtype="float32",
        )
        assert_echo(forecaster.fit(frame.y, fh=[1]).predict([1]).item(), frame, "y")


def test_the_native_forecaster_with_exogenous_data(noise, of_exogenous, monkeypatch):
    monkeypatch.setattr(SeriesForecaster, "_regressor_class", Taught)
    Taught.teacher = of_exogenous
    for frame in ends(noise):
        forecaster = SeriesForecaster(
            16,
            n_steps=N_STEPS,
            past_covariates=EXOGENOUS,
            window_scaler=None,
            epochs=1,
            dtype="float32",
        )
        forecaster.fit(frame.y, X=frame[EXOGENOUS], fh=[1])
        assert_echo(forecaster.predict().item(), frame, "b")


# DirectReductionForecaster uses a keyword that pandas deprecates.
@pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_reductions_that_hand_over_the_newest_lag_first(noise, of_series):
    """Their labels say so."""
    for frame in ends(noise):
        panel = pd.concat({0: frame[["y"]], 1: frame[["y"]]}, names=["i", "t"])
        pooled = make_reduction(
            taught(of_series),
            window_length=N_STEPS,
            strategy="recursive",
            pooling="global",
        )
        forecast = pooled.fit(panel).predict([1]).iloc[0].item()
        assert_echo(forecast, frame, "y")
        direct = DirectReductionForecaster(taught(of_series), N_STEPS)
        forecast = direct.fit(frame[["y"]], fh=[1]).predict().iloc[0].item()
        assert_echo(forecast, frame, "y")


def test_the_class_is_an_ordinary_regressor_to_sktime():
    from sktime.utils.sklearn import is_sklearn_regressor

    assert is_sklearn_regressor(sk_rnn.GRUForecaster())
    assert is_sklearn_regressor(sk_rnn.LSTMForecaster())
