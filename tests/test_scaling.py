import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from sk_rnn import LSTMForecaster, WindowScaler, _scaling
from sk_rnn._rows import Windows
from sk_rnn._scaling import Scaling, _affine

RNG = np.random.default_rng(0)
WINDOWS = RNG.normal([100.0, -3.0], [10.0, 0.1], size=(50, 7, 2))
READ = Windows(WINDOWS, np.empty((50, 0)))
Y = RNG.normal([20.0, 30.0, 40.0], 5.0, size=(50, 3))
ALL = np.arange(50)


def learn(scaler, rows=ALL, weights=None, dtype="float64"):
    of_all = np.ones(50)
    if weights is not None:
        of_all[rows] = weights
    return Scaling(None, None, None, None, 1, dtype).learn(
        scaler, READ, Y, rows, of_all
    )


@pytest.mark.parametrize("scaler", ["standard", "minmax", RobustScaler()])
def test_one_scale_per_channel_never_per_lag(scaler):
    scaled = learn(scaler).windows_to_network(READ)
    flat = scaled.reshape(-1, 2)
    if scaler == "standard":
        np.testing.assert_allclose(flat.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(flat.std(axis=0), 1)
        assert np.abs(scaled.mean(axis=0)).max() > 0.01  # a lag has a mean of its own
    elif scaler == "minmax":
        np.testing.assert_allclose(flat.min(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(flat.max(axis=0), 1)


@pytest.mark.parametrize("scaler", [None, "standard", "minmax", RobustScaler()])
@pytest.mark.parametrize("method", [None, "last", "standard"])
def test_forecasts_come_back_in_the_units_of_the_data(scaler, method):
    of_window = method and WindowScaler(method).resolve(2, None)
    scaling = Scaling(of_window, None, None, None, 1, "float64")
    scaling = scaling.learn(scaler, READ, Y, ALL, np.ones(50))
    targets = scaling.targets_to_network(Y, READ)
    np.testing.assert_allclose(scaling.to_data(targets, READ), Y)
    some = np.array([7, 3])
    found = scaling.targets_to_network(Y[some], READ[some])
    np.testing.assert_allclose(found, targets[some])


def test_blocks_change_nothing(monkeypatch):
    chosen = RNG.permutation(50)[:30]
    weights = RNG.uniform(size=30)
    whole = learn("standard", chosen, weights).inputs
    monkeypatch.setattr(_scaling, "_BLOCK_BYTES", 4 * 7 * 2 * 8)
    parts = learn("standard", chosen, weights).inputs
    np.testing.assert_allclose(parts.mean_, whole.mean_, rtol=1e-13)
    np.testing.assert_allclose(parts.scale_, whole.scale_, rtol=1e-13)
    expected = np.average(WINDOWS[chosen].mean(axis=1), axis=0, weights=weights)
    np.testing.assert_allclose(whole.mean_, expected)


def test_of_very_many_rows_some_tell_the_standard_scale(monkeypatch):
    """Means and deviations come close; the extremes of "minmax" are read from all."""
    whole = {name: learn(name) for name in ("standard", "minmax")}
    monkeypatch.setattr(_scaling, "_ENOUGH_ROWS", 30)
    some = learn("standard").inputs
    assert some.n_samples_seen_ == 30 * 7
    np.testing.assert_allclose(some.mean_, whole["standard"].inputs.mean_, rtol=0.03)
    np.testing.assert_allclose(some.scale_, whole["standard"].inputs.scale_, rtol=0.1)
    np.testing.assert_array_equal(
        learn("minmax").inputs.data_max_, whole["minmax"].inputs.data_max_
    )


def test_levels_keep_their_digits():
    """Cast to float32 before scaling, 1e9 and 1e9 + 1 would be the same."""
    values = 1e9 + np.arange(10.0).reshape(10, 1, 1)
    windows = Windows(values, np.empty((10, 0)))
    scaling = Scaling(None, None, None, None, 1, "float32").learn(
        "standard", windows, values[:, 0], np.arange(10), np.ones(10)
    )
    scaled = scaling.windows_to_network(windows)
    assert scaled.dtype == np.float32
    assert len(np.unique(scaled)) == 10


def test_none_leaves_values_alone():
    scaling = learn(None)
    assert scaling.inputs is scaling.outputs is None
    np.testing.assert_array_equal(scaling.windows_to_network(READ), WINDOWS)
    np.testing.assert_array_equal(scaling.to_data(Y, READ), Y)


def test_the_users_transformer_is_not_fitted():
    mine = StandardScaler()
    X = WINDOWS[:, :, 0]
    forecaster = LSTMForecaster(5, epochs=1, scaler=mine, window_scaler=None)
    forecaster.fit(X, X[:, -1])
    assert not hasattr(mine, "mean_")
    assert forecaster.scaler is mine
    assert forecaster.scaler_.mean_ == pytest.approx(X.mean())
    assert forecaster.target_scaler_.mean_ == pytest.approx(X[:, -1].mean())


@pytest.mark.parametrize(
    "scaler",
    [
        StandardScaler(),
        MinMaxScaler(feature_range=(-1, 1)),
        MaxAbsScaler(),
        RobustScaler(),
        make_pipeline(MinMaxScaler(), StandardScaler()),
    ],
)
@pytest.mark.parametrize("level", [0.0, 2500.0, 1e7])
def test_linear_scalers_are_recognised(scaler, level):
    flat = level + WINDOWS.reshape(-1, 2)
    center, width = _affine(scaler.fit(flat), 2)
    np.testing.assert_allclose(
        (flat - center) / width, scaler.transform(flat), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize(
    "scaler",
    [
        FunctionTransformer(np.arcsinh, np.sinh),
        MinMaxScaler(clip=True),
        QuantileTransformer(n_quantiles=50),
        FunctionTransformer(np.square, np.sqrt, check_inverse=False),
        FunctionTransformer(np.square, np.zeros_like, check_inverse=False),
    ],
)
@pytest.mark.parametrize("level", [0.0, 2500.0])
def test_other_scalers_are_not(scaler, level):
    assert _affine(scaler.fit(level + WINDOWS.reshape(-1, 2)), 2) is None
