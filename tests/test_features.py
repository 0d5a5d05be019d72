"""Features of the time to be forecast: columns that are no lag."""

import pickle
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.preprocessing import QuantileTransformer

from sk_rnn import GRUForecaster, LSTMForecaster, RNNForecaster

SMALL = {"units": 5, "epochs": 2, "random_state": 0, "dtype": "float32"}


def table(n_lags=6, **features):
    """Lags of a slow series that a feature, a promotion, lifts by 30."""
    rng = np.random.default_rng(0)
    promotion = (rng.random(400) < 0.2).astype(float)
    slow = np.zeros(400)
    for t in range(1, 400):
        slow[t] = 0.7 * slow[t - 1] + rng.normal()
    y = pd.Series(100 + slow + 30 * promotion, name="sales")
    lags = {f"lag_{k}": y.shift(k) for k in range(1, n_lags + 1)}
    X = pd.DataFrame({**lags, "promotion": promotion, **features})
    return X[n_lags:], y[n_lags:]


def rmse(forecaster, X, y):
    forecaster.fit(X[:300], y[:300])
    return np.sqrt(np.mean(np.square(forecaster.predict(X[300:]) - y[300:])))


@pytest.mark.parametrize(
    "forecaster_class", [RNNForecaster, LSTMForecaster, GRUForecaster]
)
def test_a_feature_that_decides_helps_as_it_does_a_linear_model(forecaster_class):
    X, y = table()
    linear = rmse(Ridge(), X, y)
    parameters = {"units": 16, "learning_rate": 0.01, "random_state": 0}
    forecaster = forecaster_class(**parameters, epochs=60, dtype="float32")
    assert rmse(forecaster, X, y) < 1.2 * linear
    order = np.random.default_rng(1).permutation(len(X))
    permuted = X.assign(promotion=X.promotion.to_numpy()[order])
    assert rmse(forecaster, permuted, y) > 5 * linear


def test_the_month_is_not_the_last_step():
    """Behind the lags, it was read as the newest of them."""
    X, y = table(month=np.arange(400.0) % 12)
    forecaster = GRUForecaster(**SMALL).fit(X, y)
    assert forecaster.n_channels_ == 1
    assert forecaster.n_steps_ == 6
    assert forecaster.n_features_in_ == 8
    forecasts = forecaster.predict(X)
    columns = [f"lag_{k}" for k in range(6, 0, -1)]
    windows = X[columns].to_numpy()[:, :, np.newaxis]
    assert forecaster.scaler_.mean_ == pytest.approx([windows.mean()])
    features = X[["promotion", "month"]].to_numpy()
    np.testing.assert_allclose(forecaster.feature_scaler_.mean_, features.mean(axis=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of missing feature names
        np.testing.assert_array_equal(forecaster.predict(X.to_numpy()), forecasts)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"scaler": None},
        {"window_scaler": "last", "segment_length": 4},
        {"window_scaler": "standard", "n_steps": 3, "bidirectional": True},
    ],
    ids=str,
)
def test_the_keras_model_takes_them_as_a_second_input(parameters, tmp_path):
    X, y = table(month=np.arange(400.0) % 12)
    parameters = SMALL | parameters
    forecaster = GRUForecaster(**parameters).fit(X, y)
    expected = forecaster.predict(X)
    n_steps = forecaster.n_steps_
    lags = X[[f"lag_{k}" for k in range(n_steps, 0, -1)]].to_numpy()
    inputs = {
        "window": lags[:, :, np.newaxis],
        "features": X[["promotion", "month"]].to_numpy(),
    }
    model = forecaster.to_keras()
    assert set(model.input) == set(inputs)
    found = model.predict(inputs, verbose=0)[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(inputs, verbose=0)[:, 0], expected, 1e-5)


def test_features_with_a_scaler_of_your_own_and_callbacks():
    X, y = table(price=np.random.default_rng(1).lognormal(size=400))
    scaler = QuantileTransformer(n_quantiles=50)
    forecaster = GRUForecaster(
        **SMALL, scaler=scaler, callbacks=[keras.callbacks.Callback()]
    ).fit(X, y)
    assert np.isfinite(forecaster.predict(X)).all()
    assert forecaster.feature_scaler_.quantiles_.shape == (50, 2)


def test_features_are_kept_in_files_searches_and_more_training():
    X, y = table()
    forecaster = GRUForecaster(**SMALL, warm_start=True).fit(X, y)
    restored = pickle.loads(pickle.dumps(forecaster))
    np.testing.assert_array_equal(restored.predict(X), forecaster.predict(X))
    assert restored.partial_fit(X, y).n_iter_ == 3
    search = GridSearchCV(
        GRUForecaster(**SMALL), {"n_steps": [2, 6]}, cv=TimeSeriesSplit(2)
    )
    assert search.set_params(error_score="raise").fit(X, y).best_estimator_


def test_a_feature_of_the_future_changes_only_its_own_row():
    X, y = table()
    forecaster = GRUForecaster(**SMALL).fit(X, y)
    before = forecaster.predict(X)
    changed = X.copy()
    changed.iloc[50, -1] += 1
    after = forecaster.predict(changed)
    assert np.flatnonzero(before != after).tolist() == [50]


def test_a_feature_that_is_y_is_refused():
    X, y = table()
    with pytest.raises(ValueError, match=r"feature 'today' equals y in every row"):
        GRUForecaster(**SMALL).fit(X.assign(today=y), y)
    weights = np.ones(len(y))
    weights[0] = 0  # the row that is left out does not hide it
    X = X.assign(today=y.where(np.arange(len(y)) > 0, 0))
    with pytest.raises(ValueError, match=r"feature 'today' equals y"):
        GRUForecaster(**SMALL).fit(X, y, weights)


def test_a_feature_that_is_a_level_warns_beside_relative_windows():
    rng = np.random.default_rng(0)
    y = pd.Series(100 + rng.normal(size=200).cumsum())
    X = pd.DataFrame({f"lag_{k}": y.shift(k) for k in (1, 2, 3)})
    X["rolling_mean_lag1"] = y.shift(1).rolling(5).mean()
    X, y = X[6:], y[6:]
    with pytest.warns(
        UserWarning, match=r"'rolling_mean_lag1' is a level.*scaler=None"
    ):
        GRUForecaster(**SMALL, window_scaler="last").fit(X, y)
    GRUForecaster(**SMALL, window_scaler=None).fit(X, y)  # without them it does not
    GRUForecaster(**SMALL, window_scaler="last").fit(
        X.assign(rolling_mean_lag1=X.rolling_mean_lag1 - X.lag_1), y
    )
