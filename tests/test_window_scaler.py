"""Windows relative to themselves, and steps joined into segments."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingRegressor
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.preprocessing import QuantileTransformer
from sklearn.utils._param_validation import InvalidParameterError
from sktime.datasets import load_airline

from sk_rnn import GRUForecaster, LSTMForecaster, WindowScaler, make_windows
from sk_rnn._rows import Windows
from sk_rnn._scaling import Scaling, in_segments
from sk_rnn.window_scaler import least_scale

METHODS = ["last", "ratio", "standard"]
SMALL = {"units": 5, "epochs": 3, "random_state": 0}


def relative_windows(of_window, windows):
    scaling = Scaling(of_window, None, None, None, 1, "float64")
    return scaling.windows_to_network(Windows(windows, np.empty((len(windows), 0))))


def relative_targets(of_window, windows, y, rows):
    scaling = Scaling(of_window, None, None, None, 1, "float64")
    windows = Windows(windows, np.empty((len(windows), 0)))
    return scaling.targets_to_network(y[rows], windows[rows])


# Two windows of three steps: High, Close, Volume.
WINDOWS = np.array(
    [
        [[1.0, 2.0, 10.0], [3.0, 1.0, 30.0], [2.0, 4.0, 20.0]],
        [[4.0, 8.0, 40.0], [4.0, 4.0, 40.0], [4.0, 2.0, 40.0]],
    ]
)


@pytest.fixture(scope="module")
def prices():
    rng = np.random.default_rng(0)
    high = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 150)))
    return pd.DataFrame(
        {
            "High": high,
            "Close": high * rng.uniform(0.97, 1, 150),
            "Volume": rng.integers(1_000, 5_000, 150),
        },
        index=pd.date_range("2021-01-01", periods=150),
    )


@pytest.fixture(scope="module")
def table(prices):
    return make_windows(prices, n_steps=8, horizon=2, target="High")


@pytest.mark.parametrize(
    ("method", "windows", "targets"),
    [
        (
            "last",  # High 2 and 4, Volume 20 and 40
            [
                [[-1, 2, -10], [1, 1, 10], [0, 4, 0]],
                [[0, 8, 0], [0, 4, 0], [0, 2, 0]],
            ],
            [[4, 0], [4, -2]],
        ),
        (
            "ratio",
            [
                [[-0.5, 2, -0.5], [0.5, 1, 0.5], [0, 4, 0]],
                [[0, 8, 0], [0, 4, 0], [0, 2, 0]],
            ],
            [[2, 0], [1, -0.5]],
        ),
        (
            "standard",  # mean 2, deviation sqrt(2/3); the second one is constant
            [
                [
                    [-(1.5**0.5), 2, -(1.5**0.5)],
                    [1.5**0.5, 1, 1.5**0.5],
                    [0, 4, 0],
                ],
                [[0, 8, 0], [0, 4, 0], [0, 2, 0]],
            ],
            [[4 * 1.5**0.5, 0], [1, -0.5]],
        ),
    ],
)
def test_by_hand(method, windows, targets):
    scaler = WindowScaler(method, own=["Volume"], unchanged=[1])
    scaling = scaler.resolve(3, ["High", "Close", "Volume"])
    np.testing.assert_allclose(relative_windows(scaling, WINDOWS), windows, atol=1e-15)
    y = np.array([[6.0, 2.0], [8.0, 2.0]])
    for rows in [0, 1], [1]:
        found = relative_targets(scaling, WINDOWS, y, np.array(rows))
        np.testing.assert_allclose(found, np.array(targets)[rows])


def test_all_channels_are_relative_to_the_first_one():
    scaling = WindowScaler("ratio").resolve(3, None)
    expected = WINDOWS / WINDOWS[:, -1:, :1] - 1
    np.testing.assert_allclose(relative_windows(scaling, WINDOWS), expected)


def test_nothing_is_relative_to_steps_ahead():
    ahead = np.concatenate([WINDOWS, np.full((2, 1, 3), 1e6)], axis=1)
    for method in METHODS:
        scaling = WindowScaler(method).resolve(3, None)
        expected = relative_windows(scaling, WINDOWS)
        scaling = WindowScaler(method, n_ahead=1).resolve(3, None)
        np.testing.assert_array_equal(relative_windows(scaling, ahead)[:, :3], expected)


def test_unsigned_integers_do_not_wrap_around():
    windows = np.array([[[3], [5]]], dtype=np.uint8)
    scaling = WindowScaler("last").resolve(1, None)
    assert relative_windows(scaling, windows).ravel().tolist() == [-2, 0]


def test_a_level_keeps_its_digits():
    """In float32, 1e9 and 1e9 + 1 are the same number."""
    X, y = make_windows(1e9 + np.sin(np.arange(80.0)), n_steps=8)
    forecaster = GRUForecaster(
        8, window_scaler="standard", epochs=200, dtype="float32", random_state=0
    )
    errors = forecaster.fit(X, y).predict(X) - y
    assert np.abs(errors).max() < 0.3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("forecaster_class", [LSTMForecaster, GRUForecaster])
def test_equals_a_forecaster_of_relative_values(forecaster_class, method, table):
    """The reference is rescaled outside: by pandas' columns, not by the package."""
    X, y = (data.to_numpy() for data in table)
    windows = X.reshape(-1, 8, 3)
    high = windows[:, :, 0]
    center, scale = {
        "last": (high[:, -1], 1),
        "ratio": (high[:, -1], high[:, -1]),
        "standard": (high.mean(axis=1), high.std(axis=1)),
    }[method]
    center, scale = center[:, None], np.broadcast_to(scale, len(X))[:, None]
    relative = (windows - center[..., None]) / scale[..., None]
    params = SMALL | {"dtype": "float64", "early_stopping": True}
    reference = forecaster_class(**params, window_scaler=None)
    reference.fit(relative, (y - center) / scale)
    expected = reference.predict(relative) * scale + center

    forecaster = forecaster_class(**params, window_scaler=method).fit(*table)
    np.testing.assert_allclose(forecaster.predict(table[0]), expected, rtol=1e-9)
    assert forecaster.history_["val_loss"] == pytest.approx(
        reference.history_["val_loss"], rel=1e-6
    )


@pytest.mark.parametrize("method", METHODS)
def test_forecasts_move_with_the_series(method):
    """A trained network forecasts a shifted or stretched series as it should."""
    rng = np.random.default_rng(0)
    X = 10 + rng.normal(size=(60, 8))
    y = X[:, -1] + rng.normal(size=60)
    forecaster = GRUForecaster(**SMALL, window_scaler=method, dtype="float64").fit(X, y)
    before = forecaster.predict(X)
    if method != "ratio":
        np.testing.assert_allclose(forecaster.predict(X + 50), before + 50, rtol=1e-9)
    if method != "last":
        np.testing.assert_allclose(forecaster.predict(X * 7), before * 7, rtol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_a_row_depends_on_itself_alone(method, table):
    X, y = table
    forecaster = GRUForecaster(**SMALL, window_scaler=method).fit(X[:100], y[:100])
    forecasts = forecaster.predict(X)
    by_column = pd.DataFrame(np.asfortranarray(X), X.index, X.columns)
    np.testing.assert_array_equal(forecaster.predict(by_column), forecasts)
    for i in range(0, 140, 7):
        alone = forecaster.predict(X[i : i + 1])[0]
        np.testing.assert_allclose(alone, forecasts[i], rtol=1e-5)


@pytest.mark.parametrize(("n_steps", "n_channels"), [(6, 1), (300, 2), (300, 4)])
def test_a_constant_window_is_told_from_a_sum(n_steps, n_channels):
    """The sum in a mean rounds: a deviation of 0 would hardly ever come out."""
    scaling = WindowScaler("standard").resolve(n_channels, None)
    levels = np.random.default_rng(0).uniform(-100, 100, (50, 1, n_channels))
    windows = np.repeat(levels, n_steps, axis=1)
    for xp in np, keras.ops:
        center, scale = map(np.asarray, scaling.center_and_scale(windows, xp))
        np.testing.assert_allclose(center, levels[..., :1], rtol=1e-12)
        np.testing.assert_allclose(scale, np.abs(levels[..., :1]), rtol=1e-12)


def test_flat_windows_do_not_rule_the_scale():
    """A forecast in other units is the same forecast, a constant window or not."""
    rng = np.random.default_rng(0)
    X = 100 + rng.normal(size=(60, 6))
    X[::7] = X[::7, :1]
    y = X[:, -1] + rng.normal(size=60)
    forecaster = GRUForecaster(**SMALL, window_scaler="standard", dtype="float64")
    expected = forecaster.fit(X, y).predict(X)
    in_millions = forecaster.fit(X * 1e6, y * 1e6).predict(X * 1e6)
    np.testing.assert_allclose(in_millions, expected * 1e6, rtol=1e-9)
    assert np.abs(expected - 100).max() < 20
    outputs = forecaster.to_keras()(1e6 * X[..., np.newaxis])[:, 0]
    np.testing.assert_allclose(outputs, in_millions, rtol=1e-9)


def test_float32_data_are_as_good_as_their_values_in_float64():
    """At this level a deviation of 0.3 is lost in float32."""
    rng = np.random.default_rng(0)
    X = (1e6 + rng.normal(0, 0.3, size=(40, 6))).astype("float32")
    y = X[:, -1]
    forecaster = GRUForecaster(**SMALL, window_scaler="standard", dtype="float32")
    expected = forecaster.fit(X.astype("float64"), y).predict(X.astype("float64"))
    np.testing.assert_array_equal(forecaster.fit(X, y).predict(X), expected)
    model = forecaster.to_keras()
    np.testing.assert_allclose(
        model.predict(X[..., np.newaxis], verbose=0)[:, 0], expected, rtol=1e-9
    )


def test_rows_of_weight_zero_are_left_out(table):
    X, y = (data.to_numpy(copy=True) for data in table)
    weights = np.ones(len(X))
    weights[4] = 0
    forecaster = GRUForecaster(**SMALL, n_channels=3, window_scaler="ratio")
    expected = forecaster.fit(X, y, weights).predict(X[:4])
    X[4, -3] = -1  # the last value of channel 0
    found = forecaster.fit(X, y, weights).predict(X[:4])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("window_scaler", "segment_length"),
    [
        (None, 3),
        ("last", 1),
        ("standard", 3),
        (WindowScaler("ratio", own=[2], unchanged=[1]), 1),
        (WindowScaler("standard", own=[2], unchanged=[1], log=True), 3),
    ],
)
def test_keras_model_forecasts_the_same(window_scaler, segment_length, table, tmp_path):
    X, y = table
    forecaster = LSTMForecaster(
        **SMALL, window_scaler=window_scaler, segment_length=segment_length
    ).fit(X, y)
    model = forecaster.to_keras()
    windows = X.to_numpy().reshape(-1, 8, 3)
    expected = forecaster.predict(X)
    np.testing.assert_allclose(model.predict(windows, verbose=0), expected, rtol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(windows, verbose=0), expected, rtol=1e-6)


def test_channels_keep_their_roles_in_the_other_column_order(table):
    X, y = table
    by_channel = X[[f"{c}[t-{k}]" for c in ("High", "Close", "Volume")
                    for k in range(8, 0, -1)]]  # fmt: skip
    params = SMALL | {
        "window_scaler": WindowScaler("last", own=["Volume"]),
        "n_steps": 5,
    }
    expected = GRUForecaster(**params).fit(X, y).predict(X)
    forecaster = GRUForecaster(**params, column_order="channel")
    np.testing.assert_array_equal(
        forecaster.fit(by_channel, y).predict(by_channel), expected
    )


def test_all_of_it_can_be_searched(table):
    X, y = table
    grid = [
        {"window_scaler": [None, "ratio"], "segment_length": [1, 2]},
        {
            "window_scaler": [WindowScaler(own=["Volume"])],
            "window_scaler__method": METHODS,
        },
        {
            "window_scaler": [WindowScaler(own=["Volume"], log=True)],
            "window_scaler__method": ["last", "standard"],
        },
    ]
    cv = TimeSeriesSplit(2, gap=1)
    search = GridSearchCV(GRUForecaster(**SMALL), grid, cv=cv, error_score="raise")
    search.fit(X, y)
    assert len(search.cv_results_["params"]) == 9
    assert np.unique(search.cv_results_["mean_test_score"]).size == 9


def test_a_forecaster_with_it_clones_and_is_saved(table):
    X, y = table
    scaler = WindowScaler("standard", own=["Volume"], unchanged=("Close",))
    forecaster = clone(GRUForecaster(**SMALL, window_scaler=scaler))
    assert forecaster.window_scaler is not scaler
    assert forecaster.window_scaler.get_params() == scaler.get_params()
    expected = forecaster.fit(X, y).predict(X)
    stored = skops.io.dumps(forecaster)
    names = skops.io.get_untrusted_types(data=stored)
    for loaded in (
        pickle.loads(pickle.dumps(forecaster)),
        skops.io.loads(stored, trusted=names),
    ):
        np.testing.assert_array_equal(loaded.predict(X), expected)


def test_warm_start_keeps_to_one_window_scaler(table):
    forecaster = GRUForecaster(**SMALL, window_scaler="last", warm_start=True)
    forecaster.fit(*table)
    forecaster.set_params(window_scaler=WindowScaler("last")).fit(*table)  # the same
    assert forecaster.n_iter_ == 6
    other = WindowScaler("ratio", own=["Close"], unchanged=["Volume"])
    changes = r"from WindowScaler\('last'\) to WindowScaler\('ratio', own=\(1,\), unch"
    with pytest.raises(ValueError, match=changes):
        forecaster.set_params(window_scaler=other).fit(*table)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"own": ["Open"]}, r"own .* 'Open', which X does not have.*\['Close', 'Vol"),
        ({"unchanged": [3]}, "unchanged .* 3, which X does not .* from 1 to 2"),
        ({"own": ["Close"], "unchanged": [1]}, "channel 1 twice"),
        ({"own": ["High"]}, "'High' though it is the one y continues"),
        ({"method": "first"}, "'method' parameter of WindowScaler must be"),
        ({"log": 1}, "'log' parameter of WindowScaler must be"),
        ({"method": "ratio", "log": True}, "a logarithm is the ratio already"),
        ({"own": 1}, "'own' parameter of WindowScaler must be an array-like"),
    ],
)
def test_errors_name_what_is_wrong(params, message, table):
    forecaster = GRUForecaster(window_scaler=WindowScaler(**params))
    with pytest.raises(ValueError, match=message):
        forecaster.fit(*table)


def test_one_channel_has_no_others():
    X, y = make_windows(np.arange(20.0), n_steps=4)
    with pytest.raises(ValueError, match="There is one channel only"):
        GRUForecaster(window_scaler=WindowScaler(own=[1])).fit(X, y)


def test_a_segment_fits_in_a_window():
    X, y = make_windows(np.arange(20.0), n_steps=4)
    with pytest.raises(ValueError, match="segment_length=5, but a window has only 4"):
        GRUForecaster(segment_length=5).fit(X, y)


def test_names_need_labels(table):
    forecaster = GRUForecaster(window_scaler=WindowScaler(own=["Volume"]), n_channels=3)
    with pytest.raises(ValueError, match=r"from 1 to 2 .X has no column labels"):
        forecaster.fit(table[0].to_numpy(), table[1])


@pytest.mark.parametrize("channel", [0, 2])
def test_a_ratio_needs_positive_values(channel, table):
    X, y = (data.to_numpy() for data in table)
    own = WindowScaler("ratio", own=[2])
    forecaster = GRUForecaster(**SMALL, n_channels=3, window_scaler=own).fit(X, y)
    expected = forecaster.predict(X)
    changed = X.copy()
    changed[[4, 9], channel - 3] = 0, -1
    with pytest.warns(UserWarning, match=r"2 row\(s\) .* NaN, first row 4"):
        forecasts = forecaster.predict(changed)
    assert np.isnan(forecasts).any(axis=1).nonzero()[0].tolist() == [4, 9]
    others = np.delete(np.arange(len(X)), [4, 9])
    np.testing.assert_allclose(forecasts[others], expected[others], rtol=1e-5)
    with pytest.raises(ValueError, match=r"in 2 row\(s\) of X: \[4, 9\]. Use 'last'"):
        forecaster.fit(changed, y)
    with pytest.warns(UserWarning, match=r"1 row\(s\)"):
        assert np.isnan(forecaster.predict(changed[4:5])).all()


# ---------------------------------------------------------------- logarithms


@pytest.mark.parametrize("method", ["last", "standard"])
def test_equals_a_forecaster_of_logarithms(method, table):
    X, y = table
    windows = X.to_numpy().reshape(-1, 8, 3)
    logs = windows.copy()
    logs[..., [0, 2]] = np.log(windows[..., [0, 2]])
    roles = {"own": [2], "unchanged": [1]}

    def fitted(X, y, **log):
        scaler = WindowScaler(method, **roles, **log)
        return GRUForecaster(**SMALL, window_scaler=scaler).fit(X, y)

    expected = np.exp(fitted(logs, np.log(y)).predict(logs))
    forecaster = fitted(windows, y, log=True)
    np.testing.assert_allclose(forecaster.predict(windows), expected, rtol=1e-9)
    # In percent, the unit of the series does not matter.
    in_cents = windows * [100, 1, 1]
    np.testing.assert_allclose(
        fitted(in_cents, 100 * y, log=True).predict(in_cents), 100 * expected, rtol=1e-5
    )


def test_logarithms_of_what_is_not_positive(table):
    X, y = (data.to_numpy() for data in table)
    X, y = X[:, -15:].copy(), y.copy()  # five steps
    scaler = WindowScaler(own=[2], unchanged=[1], log=True)
    forecaster = GRUForecaster(**SMALL, n_channels=3, window_scaler=scaler)
    X[7, 1] = -5  # the Close, which is left as it is
    forecaster.fit(X, y)

    zero, least, none = X.copy(), X.copy(), X.copy()
    zero[3, [3, 12]] = 0, -1  # two Highs of five
    least[3, [3, 12]] = X[3, [0, 6, 9]].min()
    none[3, ::3] = 0
    expected = forecaster.predict(least)
    np.testing.assert_array_equal(forecaster.predict(zero), expected)
    model = forecaster.to_keras()
    np.testing.assert_allclose(
        model.predict(zero.reshape(-1, 5, 3), verbose=0), expected, rtol=1e-6
    )
    with pytest.warns(UserWarning, match=r"1 row.* first row 3: .* logarithms.* no"):
        forecasts = forecaster.predict(none)
    assert np.isnan(forecasts[3]).all()
    assert np.isfinite(np.delete(forecasts, 3, axis=0)).all()

    message = r"log=True takes logarithms .* 1 row\(s\) of X: \[3\]"
    with pytest.raises(ValueError, match=message):
        forecaster.fit(zero, y)
    y[3, 1] = 0
    with pytest.raises(ValueError, match=message):
        forecaster.fit(X, y)
    weights = np.ones(len(X))
    weights[3] = 0
    assert np.isfinite(forecaster.fit(zero, y, weights).predict(X)).all()


def test_a_later_zero_is_read_as_the_least_of_its_window():
    rng = np.random.default_rng(0)
    X, y = make_windows(100 * np.exp(np.cumsum(rng.normal(0, 0.02, 120))), n_steps=6)
    scaler = WindowScaler(log=True)
    forecaster = GRUForecaster(**SMALL, window_scaler=scaler, calibration_fraction=0.3)
    forecaster.fit(X[:80], y[:80])
    zero, least = y[80:].copy(), y[80:].copy()
    zero[[3, 7]] = 0, -5
    least[[3, 7]] = X[[83, 87]].min(axis=1)
    found, expected = (
        forecaster._scores_on(X[80:], np.full((34, 1, 1), 100.0), each[:, np.newaxis])
        for each in (zero, least)
    )
    np.testing.assert_array_equal(found, expected)
    with pytest.warns(UserWarning, match="stay calibrated"):
        forecaster.partial_fit(X[80:], zero)
    assert np.isfinite(forecaster.predict_interval(X, coverage=0.8)).all()
    stopped = GRUForecaster(**SMALL, window_scaler=scaler)
    stopped.fit(X[:80], y[:80], X_val=X[80:], y_val=zero)
    assert np.isfinite(stopped.history_["val_loss"]).all()


def least_scale_by_trial(squares, scales, weights):
    """Bisect for the least floor."""
    most = 10 * max(1, np.median(squares / scales**2)) * weights.sum()

    def enough(floor):
        return (weights * squares / np.maximum(scales, floor) ** 2).sum() <= most

    if enough(0):
        return 0.0
    low, high = 0.0, 1e9
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def test_the_floor_is_the_least_that_does():
    rng = np.random.default_rng(0)
    n_floors = 0
    for n_rows in rng.integers(2, 60, 200):
        spread = rng.choice([0.1, 3], 2)
        squares, scales = np.exp(rng.normal(size=(2, n_rows)) * spread[:, np.newaxis])
        weights = rng.uniform(0.1, 2, n_rows)
        found = least_scale(squares, scales, weights)
        expected = least_scale_by_trial(squares, scales, weights)
        assert found == pytest.approx(expected, rel=1e-6)
        n_floors += found > 0
    assert 50 < n_floors < 150


def inverter(rng):
    """Sixty days of a solar inverter, hourly, in watts: next to nothing at night."""
    t = np.arange(24 * 60)
    sun = np.clip(np.sin((t % 24 - 6) / 12 * np.pi), 0, None)
    power = sun * 5000 * rng.uniform(0.3, 1, 60).repeat(24)
    return np.where(power > 0, power, -0.2 + rng.normal(size=len(t)) * 0.02)


def standby(rng):
    """A machine that is off nine hours of ten."""
    is_on = np.convolve(rng.random(1440) < 0.007, np.ones(20))[:1440] > 0
    noise = rng.normal(size=1440)
    return np.where(is_on, 1000 + 100 * noise, 0.05 * noise)


@pytest.mark.parametrize("make", [inverter, standby])
def test_quiet_windows_do_not_rule_the_training(make):
    series = make(np.random.default_rng(0))
    X, y = make_windows(series, 12)
    forecaster = GRUForecaster(
        8, epochs=40, window_scaler="standard", dtype="float32", random_state=0
    )
    forecasts = forecaster.fit(X[:1000], y[:1000]).predict(X[1000:])
    error, of_last_value = (
        np.sqrt(np.mean(np.square(each - y[1000:])))
        for each in (forecasts, X[1000:, -1])
    )
    assert error < 1.1 * of_last_value
    exported = forecaster.to_keras().predict(X[1000:, :, np.newaxis], verbose=0)[:, 0]
    np.testing.assert_allclose(exported, forecasts, rtol=1e-5, atol=1e-2)


def test_one_quiet_series_moves_a_panel_by_its_share():
    rng = np.random.default_rng(0)
    series = [10.0**size + 10**size * rng.normal(size=200) / 9 for size in range(4)]
    quiet = np.r_[rng.normal(size=150) * 1e-6, 500 + rng.normal(size=50)]
    parameters = SMALL | {"window_scaler": "standard", "dtype": "float64"}
    X, y = make_windows(series, 12)
    expected = GRUForecaster(**parameters, loss="mae").fit(X, y)
    with_quiet = GRUForecaster(**parameters, loss="mae")
    with_quiet.fit(*make_windows([*series, quiet], 12))
    errors = [np.abs(f.predict(X) / y - 1).mean() for f in (expected, with_quiet)]
    assert errors[1] < 1.1 * errors[0]


def test_windows_of_ordinary_series_have_no_floor(table):
    for method in "standard", "ratio":
        forecaster = GRUForecaster(**SMALL, window_scaler=method).fit(*table)
        assert not any(forecaster._window_scaling.floors)


@pytest.mark.parametrize("method", METHODS)
def test_a_target_in_other_units_is_refused(method):
    """Logarithms as y of raw windows: the forecasts would be off by powers of ten."""
    X, y = make_windows(load_airline(), 24)
    model = TransformedTargetRegressor(
        GRUForecaster(**SMALL, window_scaler=method), func=np.log, inverse_func=np.exp
    )
    message = r"y does not continue channel 0 \('Number.*column 23 of X.*n_channels"
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    GRUForecaster(**SMALL, window_scaler=method).fit(np.log(X), np.log(y))


def test_channels_lost_on_the_way_are_noticed():
    """Bagging hands over arrays: the volume would be read as the last price."""
    rng = np.random.default_rng(0)
    prices = pd.DataFrame(
        {
            "price": 100 + rng.normal(size=200).cumsum(),
            "volume": 5e4 + rng.normal(size=200),
        }
    )
    X, y = make_windows(prices, 8, target="price")
    bag = BaggingRegressor(GRUForecaster(**SMALL, window_scaler="last"), 2)
    with pytest.raises(ValueError, match=r"column 15 of X.*how many channels"):
        bag.fit(X, y)
    bag.set_params(estimator__n_channels=2).fit(X, y)


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_series_that_go_nowhere_are_not_refused(noise):
    rng = np.random.default_rng(0)
    for series in (
        rng.poisson(2, 300) + 0.5,
        np.sin(np.arange(300)) + noise * rng.normal(size=300),
        np.full(300, 5.0),
    ):
        X, y = make_windows(series, 12, horizon=6)
        for method in "last", "standard":
            GRUForecaster(**SMALL, window_scaler=method).fit(X, y)


@pytest.mark.parametrize("value", ["mean", 3, [WindowScaler()]])
def test_window_scaler_is_checked_in_fit(value, table):
    with pytest.raises(InvalidParameterError, match="The 'window_scaler' parameter"):
        GRUForecaster(window_scaler=value).fit(*table)


# ------------------------------------------------------------------------ segments


def test_segments_by_hand():
    windows = np.arange(10).reshape(1, 5, 2)
    assert in_segments(windows, 1) is windows
    # The first step is repeated in front.
    expected = [[[0, 1, 0, 1, 2, 3], [4, 5, 6, 7, 8, 9]]]
    np.testing.assert_array_equal(in_segments(windows, 3), expected)


def test_equals_a_network_that_reads_days(table):
    """Of one channel, segments are channels; only the scaling tells them apart."""
    series = np.sin(np.arange(200) / 4)
    X, y = make_windows(series, n_steps=24, horizon=4)
    params = SMALL | {"scaler": None, "window_scaler": None, "dtype": "float64"}
    days = X.reshape(-1, 4, 6)
    expected = LSTMForecaster(**params).fit(days, y).predict(days)
    forecaster = LSTMForecaster(**params, segment_length=6).fit(X, y)
    np.testing.assert_array_equal(forecaster.predict(X), expected)
    assert forecaster.weights_[0].shape == (6, 20)


def test_segments_share_one_scale():
    X, y = make_windows(np.arange(50.0), n_steps=12)
    forecaster = GRUForecaster(**SMALL, segment_length=4).fit(X, y)
    assert forecaster.scaler_.mean_.shape == (1,)


@pytest.mark.parametrize(
    ("scaler", "shape"),
    [("minmax", (None, 8, 3)), (QuantileTransformer(n_quantiles=20), (None, 3, 9))],
)
def test_callbacks_get_a_model_of_segments(scaler, shape):
    """It reads days where it can scale them, and else what the network reads."""
    X = np.random.default_rng(0).normal(size=(40, 24))
    shapes = []

    class Note(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            shapes.append(self.model.input_shape)

    GRUForecaster(
        **SMALL, scaler=scaler, segment_length=3, n_channels=3, callbacks=[Note()]
    ).fit(X, X[:, 0])
    assert shapes == [shape]


@pytest.mark.parametrize("parameter", ["own", "unchanged"])
def test_channels_must_be_a_list(parameter):
    scaler = WindowScaler(**{parameter: np.array(3)})
    message = rf"'{parameter}' parameter of WindowScaler must be a list .* array\(3\)"
    with pytest.raises(ValueError, match=message):
        GRUForecaster(5, window_scaler=scaler).fit(np.eye(3), np.zeros(3))


def test_a_segment_length_of_any_integer_type():
    X, y = make_windows(np.arange(40.0), n_steps=5)
    one, other = (
        GRUForecaster(5, epochs=1, segment_length=length, random_state=0).fit(X, y)
        for length in (2, np.uint8(2))
    )
    np.testing.assert_array_equal(one.predict(X), other.predict(X))
