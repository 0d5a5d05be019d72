import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from sk_rnn import LSTMForecaster, _scaling
from sk_rnn._scaling import affine, fit_scaler, make_scaler, scale, unscale

RNG = np.random.default_rng(0)
WINDOWS = RNG.normal([100.0, -3.0], [10.0, 0.1], size=(50, 7, 2))


@pytest.mark.parametrize("scaler", ["standard", "minmax", RobustScaler()])
def test_one_scale_per_channel_never_per_lag(scaler):
    fitted = fit_scaler(make_scaler(scaler), WINDOWS, np.arange(50))
    scaled = scale(fitted, WINDOWS, "float64")
    flat = scaled.reshape(-1, 2)
    if scaler == "standard":
        np.testing.assert_allclose(flat.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(flat.std(axis=0), 1)
        assert np.abs(scaled.mean(axis=0)).max() > 0.01  # a lag has a mean of its own
    elif scaler == "minmax":
        np.testing.assert_allclose(flat.min(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(flat.max(axis=0), 1)
    np.testing.assert_allclose(unscale(fitted, flat), WINDOWS.reshape(-1, 2))


def test_blocks_change_nothing(monkeypatch):
    chosen = RNG.permutation(50)[:30]
    weights = RNG.uniform(size=30)
    whole = fit_scaler(StandardScaler(), WINDOWS, chosen, weights)
    monkeypatch.setattr(_scaling, "_BLOCK_BYTES", 4 * 7 * 2 * 8)
    parts = fit_scaler(StandardScaler(), WINDOWS, chosen, weights)
    np.testing.assert_allclose(parts.mean_, whole.mean_, rtol=1e-13)
    np.testing.assert_allclose(parts.scale_, whole.scale_, rtol=1e-13)
    expected = np.average(WINDOWS[chosen].mean(axis=1), axis=0, weights=weights)
    np.testing.assert_allclose(whole.mean_, expected)


def test_levels_keep_their_digits():
    """Cast to float32 before scaling, 1e9 and 1e9 + 1 would be the same."""
    values = 1e9 + np.arange(10.0).reshape(10, 1, 1)
    fitted = fit_scaler(StandardScaler(), values, np.arange(10))
    scaled = scale(fitted, values, "float32")
    assert scaled.dtype == np.float32
    assert len(np.unique(scaled)) == 10


def test_none_leaves_values_alone():
    assert fit_scaler(make_scaler(None), WINDOWS, np.arange(50)) is None
    np.testing.assert_array_equal(scale(None, WINDOWS, "float64"), WINDOWS)
    np.testing.assert_array_equal(unscale(None, WINDOWS[0]), WINDOWS[0])


def test_the_users_transformer_is_not_fitted():
    mine = StandardScaler()
    X = WINDOWS[:, :, 0]
    forecaster = LSTMForecaster(2, epochs=1, scaler=mine).fit(X, X[:, -1])
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
    center, width = affine(scaler.fit(flat), 2)
    np.testing.assert_allclose(
        (flat - center) / width, scaler.transform(flat), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize(
    "scaler",
    [
        PowerTransformer(),
        MinMaxScaler(clip=True),
        QuantileTransformer(n_quantiles=50),
        FunctionTransformer(np.square, np.sqrt, check_inverse=False),
        FunctionTransformer(np.square, np.zeros_like, check_inverse=False),
    ],
)
@pytest.mark.parametrize("level", [0.0, 2500.0])
def test_other_scalers_are_not(scaler, level):
    assert affine(scaler.fit(level + WINDOWS.reshape(-1, 2)), 2) is None
