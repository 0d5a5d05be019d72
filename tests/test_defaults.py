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

from sk_rnn import GRUForecaster, PersistenceForecaster, WindowScaler, make_windows
from sk_rnn._scaling import suitable_segment_length
from sk_rnn.sktime import GRUForecaster as SeriesForecaster
from sk_rnn.sktime._past import Past
from sk_rnn.sktime._pool import suitable_n_steps
from sk_rnn.window_scaler import suitable_scaler

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
    scaler = suitable_scaler(X[:, :, np.newaxis], y, np.arange(len(X)), weights)
    if isinstance(scaler, WindowScaler):
        assert scaler.log
        return f"log {scaler.method}"
    return scaler


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
    X, y = np.array([[0.0, 4, 5], [7, 3, 1]]), np.array([[6.0], [4.0]])
    assert chosen(X, y) is None  # changes of 1 and 3 vary as y does, 3 and 1/3 more
    X[1, 2] = 4.2
    assert chosen(X, y) == "last"  # 1 and -0.2
    X[:, :2] = [[6, 6.5], [3.8, 3.9]]
    # From the means 5.83 and 3.97: 0.17 and 0.03, or 2.8 and 0.8 percent of about 5.
    assert chosen(X, y) == "log standard"
    assert chosen(X - 10, y - 10) == "standard"
    assert chosen(X - [0, 10, 0], y) is None  # 3.4 from y, which varies by 1
    assert chosen(X, y, np.array([1.0, 0])) is None  # one row is its own mean
    X, y = np.array([[1.0], [9.0]]), np.array([[2.0], [11.0]])
    assert chosen(X, y) == "last"  # 1 and 2, or 69 and 20 percent
    y[0, 0] = 1.2
    assert chosen(X, y) == "log last"  # 0.2 and 2, or 18 and 20 percent


@pytest.mark.parametrize(
    ("n_steps", "length"),
    [
        (1, 1),
        (4, 1),
        (5, 2),
        (8, 2),
        (12, 3),
        (24, 6),
        (25, 3),
        (32, 4),
        (33, 3),
        (48, 6),
        (60, 10),
        (104, 13),
        (168, 24),
        (127, 16),
        (336, 24),
        (500, 20),
        (175, 24),
        (192, 24),
        (200, 20),
        (331, 24),
        (720, 24),
    ],
)
def test_windows_are_read_in_four_segments_or_some_eight(n_steps, length):
    assert suitable_segment_length(n_steps) == length


def test_segments_taken_are_those_named():
    X = RNG.normal(size=(10, 60))
    forecaster = GRUForecaster(3, epochs=1, random_state=0).fit(X, X[:, 0])
    assert forecaster.segment_length_ == 10
    named = clone(forecaster).set_params(segment_length=10).fit(X, X[:, 0])
    np.testing.assert_array_equal(forecaster.predict(X), named.predict(X))


@pytest.mark.parametrize(
    ("frequency", "length", "expected"),
    [
        ("M", 144, 24),
        ("M", 50, 24),  # as many windows as steps, one ahead and one to come
        ("M", 40, 12),  # a season is no more than the least
        ("M", 20, 10),
        ("M", 2, 1),
        ("W", 300, 104),
        ("W", 150, 52),
        ("D", 60, 14),
        ("h", 200, 48),
        ("Y", 60, 12),
    ],
)
def test_windows_of_a_series_span_two_seasons(frequency, length, expected):
    times = pd.period_range("2010-01-01", periods=length, freq=frequency)
    y = pd.Series(np.arange(1.0, length + 1), times)
    assert suitable_n_steps(Past.of(y, None)) == expected


def test_a_series_of_which_nothing_is_set():
    y = load_airline()
    forecaster = SeriesForecaster(5, epochs=1, random_state=0).fit(y, fh=[1, 2])
    assert forecaster.n_steps_ == forecaster.regressor_.n_steps_ == 24
    assert str(forecaster.window_scaler_) == "WindowScaler(log=True)"
    named = SeriesForecaster(
        5, n_steps=24, window_scaler=WindowScaler(log=True), epochs=1, random_state=0
    )
    expected = named.fit(y, fh=[1, 2]).predict()
    pd.testing.assert_series_equal(forecaster.predict(), expected)


def test_growth_hides_no_season():
    """From the mean of its window, a trend is a constant change."""
    airline = load_airline()[:72]
    for n_steps in 12, 24:
        assert chosen(*windows(airline, n_steps, 6)) == "log standard"


def test_what_does_not_continue_the_windows_is_left_as_it_is():
    X, y = windows(100 * np.exp(np.cumsum(NOISE) / 30))
    assert chosen(X, y) == "log last"
    for other in np.log(y), y / X[:, -1:] - 1, 1000 * NOISE[: len(y), np.newaxis]:
        assert chosen(X, other) is None


def test_what_is_taken_is_never_refused():
    """A y of other units varies with the windows, but lies elsewhere."""
    X, y = windows(20 + NOISE.cumsum())
    for other in y + 273, 3 * y + 1000:
        assert chosen(X, other) is None
        GRUForecaster(5, epochs=1).fit(X, other[:, 0])


def test_the_largest_of_several_series_does_not_decide_alone():
    """Many seasonal series, and a walk of a thousand times their size."""
    quarters = 10 + 5 * np.sin(np.pi / 2 * np.arange(60)) + NOISE[:60] - 8
    many = [quarters * size for size in (1, 2, 3, 4, 5)]
    walk = 1000 * NOISE.cumsum()[:60]
    X, y = make_windows([*many, walk], n_steps=8, horizon=8)
    assert chosen(X, y) == "standard"
    X, y = make_windows(walk, n_steps=8, horizon=2)
    assert chosen(X, y) == "last"


def test_rows_of_weight_zero_take_no_part():
    X, y = windows(100 * np.exp(np.cumsum(NOISE) / 30))
    X, y = np.vstack([X, -X[:1]]), np.append(y, -1)
    forecaster = GRUForecaster(5, epochs=1).fit(X, y, np.arange(len(y)) < len(y) - 1)
    assert str(forecaster.window_scaler_) == "WindowScaler(log=True)"


def test_missing_values_leave_enough_windows():
    y = pd.Series(NOISE.cumsum(), pd.period_range("2000-01", periods=300, freq="M"))
    y[::21] = np.nan
    forecaster = SeriesForecaster(5, epochs=1).fit(y, fh=[1])
    assert forecaster.n_steps_ == 12  # of 24, none would be complete


def test_percent_is_a_matter_of_growth():
    """Steps of one size are no percentages, and what may be 0 or less has none."""
    growing = 100 * np.exp(np.cumsum(NOISE / 100 + 0.02))
    level = 100 + np.cumsum(NOISE)
    for series, expected in (growing, "log last"), (level - level.min() + 1, "last"):
        assert chosen(*windows(series)) == expected
    assert chosen(*windows(growing - 200)) == "last"


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


def test_rows_far_from_all_that_was_seen_are_named():
    rng = np.random.default_rng(0)
    X = rng.uniform(2, 4, (50, 6))
    X[:, 1::2] *= 10  # the second channel
    y, weights = rng.normal(size=50), np.ones(50)
    X[7], weights[7] = 1000, 0
    forecaster = GRUForecaster(5, n_channels=2, epochs=1, random_state=0)
    forecaster.fit(X, y, weights)
    assert forecaster.window_scaler_ is None
    near, far = X[:5].copy(), X[:5].copy()
    near[3, 0], far[[2, 3], 4] = 0.1, -0.1
    forecaster.predict(near)
    message = r"2 row\(s\) of X, first row 2, .* 2\..* to 3\..* channel 0, by more"
    with pytest.warns(UserWarning, match=message):
        forecaster.predict(far)
    forecaster.set_params(window_scaler="last").fit(X, y, weights).predict(far)


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
    ("n_rows", "batch_size", "expected"),
    [
        (9, None, 32),
        (40, None, 64),
        (97, None, 100),
        (30, 2, 30),
        (60, 1, 17),
        (250, 1, 10),
        (4001, None, 10),
        (20_001, None, 10),
    ],
)
def test_epochs_follow_from_a_budget_of_updates(n_rows, batch_size, expected):
    X = RNG.normal(size=(n_rows, 3))
    forecaster = GRUForecaster(5, batch_size=batch_size).fit(X, X[:, 0])
    assert forecaster.n_iter_ == expected
    assert forecaster.batch_size_ == (batch_size or (128 if n_rows > 20_000 else 32))
    assert forecaster.loss_ == ("mae" if n_rows > 4000 else "huber")
    rates = forecaster.history_["learning_rate"]
    waves = 0.0015 * (1 + np.cos(np.pi * np.arange(expected) / expected))
    np.testing.assert_allclose(rates, waves, rtol=1e-6)
    forecaster.partial_fit(X, X[:, 0])
    assert forecaster.n_iter_ == expected + 1
    assert forecaster.history_["learning_rate"][-1] == pytest.approx(0.003)


def chaos(n_steps):
    """Of the logistic map: no value is correlated with any before it."""
    values = [0.3]
    for _ in range(n_steps - 1):
        values.append(4 * values[-1] * (1 - values[-1]))
    return np.array(values)


WALK = 50 * np.exp(np.cumsum(0.01 * RNG.standard_t(4, size=700)))
WEEK = np.cumsum(RNG.normal(size=700) + 3 * (np.arange(700) % 7 == 0)) + 100


@pytest.mark.parametrize(
    ("series", "horizon", "expected"),
    [(WALK, 1, 10), (WALK, 5, 10), (WEEK, 1, 46), (chaos(700), 1, 46)],
)
def test_noise_gets_the_least_passes(series, horizon, expected):
    X, y = make_windows(series, 14, horizon)
    forecaster = GRUForecaster(2).fit(X, y)
    assert forecaster.n_iter_ == expected
    weights = np.where(np.arange(len(y)) < 8, 0.0, 3.0)
    assert forecaster.fit(X, y, sample_weight=weights).n_iter_ == expected
    assert GRUForecaster(2, epochs=11).fit(X, y).n_iter_ == 11


def test_a_product_is_something_to_learn_from():
    """Neither of two values says anything about it by itself."""
    X = np.random.default_rng(0).normal(size=(700, 12))
    assert GRUForecaster(2).fit(X, X[:, 3] * X[:, 7]).n_iter_ == 46


def test_an_outlier_does_not_hide_what_there_is_to_learn():
    values = np.sin(np.arange(712) * np.pi / 6)
    values[350] = 100.0
    X, y = make_windows(values, 12)
    assert GRUForecaster(2).fit(X, y).n_iter_ == 46


def test_values_that_overflow_are_left_to_training():
    X = 1e200 * np.random.default_rng(0).normal(size=(100, 4))
    forecaster = GRUForecaster(
        2, window_scaler=None, scaler=None, loss="mse", dtype="float64"
    )
    with pytest.raises(ValueError, match="loss is not finite any more"):
        forecaster.fit(X, X[:, 0])


def test_a_feature_is_something_to_learn_from():
    X, y = make_windows(pd.Series(WALK, name="price"), 14)
    noise = np.random.default_rng(0).normal(size=(2, len(y)))
    X["known"] = np.sign(y - X["price[t-1]"]) + noise[0]
    assert GRUForecaster(2).fit(X, y).n_iter_ == 46
    X["known"] = noise[1]
    assert GRUForecaster(2).fit(X, y).n_iter_ == 10


# -------------------------------------------------------------------------- skill


@pytest.mark.parametrize(
    ("series", "n_steps", "horizon", "n_test", "most"),
    [
        (load_airline(), 24, 12, 36, {"naive": 0.6}),
        (load_airline(), 24, 1, 36, {"naive": 0.45}),
        (load_macroeconomic().realgdp, 12, 8, 50, {"naive": 0.7}),
        (load_pandas().data.SUNACTIVITY, 24, 1, 80, {"naive": 0.75}),
        (load_macroeconomic().unemp, 12, 1, 50, {"naive": 0.8}),
        (load_macroeconomic().unemp, 12, 4, 50, {"naive": 0.8, "linear": 1.0}),
    ],
    ids=["a year", "a month", "gdp", "sunspots", "a quarter", "four quarters"],
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
