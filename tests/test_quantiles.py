"""Quantiles: one network, all levels, the pinball loss."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
import skops.io
from scipy.stats import norm
from sklearn.base import clone
from sklearn.metrics import make_scorer, mean_pinball_loss
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.utils._param_validation import InvalidParameterError

from sk_rnn import GRUForecaster, make_windows
from sk_rnn._quantiles import at_levels, point_level, read_levels

LEVELS = (0.1, 0.5, 0.9)
QUICK = {"units": 4, "epochs": 2, "dtype": "float32", "random_state": 0}


@pytest.fixture(scope="module")
def windows(wave):
    return make_windows(wave, n_steps=8, horizon=3)


@pytest.fixture(scope="module")
def fitted(windows):
    return GRUForecaster(**QUICK, quantiles=LEVELS).fit(*windows)


# ------------------------------------------------------------------------- maths


def test_levels_in_between_are_interpolated():
    values = np.array([[0.0, 10.0, 30.0]])
    between = at_levels(values, (0.1, 0.5, 0.9), (0.9, 0.3, 0.5, 0.6, 0.1))
    np.testing.assert_allclose(between, [[30, 5, 10, 15, 0]])
    beyond = at_levels(values, (0.1, 0.5, 0.9), (0.01, 0.99))
    np.testing.assert_array_equal(beyond, [[0, 30]])


@pytest.mark.parametrize(
    ("levels", "place"), [((0.9,), 0), ((0.5, 0.9), 0), (LEVELS, 1), ((0.1, 0.9), None)]
)
def test_the_point_forecast_is_the_median_or_the_only_level(levels, place):
    assert point_level(levels) == place


@pytest.mark.parametrize(
    "levels", [(), (0.0, 0.5), (0.5, 1.0), "0.5", 0.5, ["low"], [[0.5]], (0.5, np.nan)]
)
def test_what_is_no_list_of_levels(levels):
    assert read_levels(levels) is None


# ----------------------------------------------------------------------- forecasts


def test_a_known_distribution_is_learnt():
    """Noise of a size that the window tells: every level is that of the normal."""
    rng = np.random.default_rng(0)
    size = rng.uniform(1, 3, 3000)
    X, y = np.repeat(size[:, np.newaxis], 2, axis=1), size * rng.normal(size=3000)
    network = GRUForecaster(**QUICK, quantiles=LEVELS, window_scaler=None)
    network.set_params(epochs=8, learning_rate=0.03)
    quantiles = network.fit(X, y).predict_quantiles(X)
    expected = size[:, np.newaxis] * norm.ppf(LEVELS)
    assert np.abs(quantiles - expected).mean(axis=0).max() < 0.15


def test_forecasts_have_the_form_of_y(windows, fitted):
    X, y = windows
    quantiles = fitted.predict_quantiles(X)
    assert quantiles.shape == (*y.shape, 3)
    assert quantiles.dtype == np.float64
    np.testing.assert_array_equal(fitted.predict(X), quantiles[..., 1])
    one_step = GRUForecaster(**QUICK, quantiles=LEVELS).fit(X, y[:, 0])
    assert one_step.predict_quantiles(X).shape == (len(X), 3)
    assert one_step.predict(X).shape == (len(X),)


def test_levels_come_as_asked(windows, fitted):
    X, _ = windows
    low, mid, high = np.moveaxis(fitted.predict_quantiles(X), 2, 0)
    asked = fitted.predict_quantiles(X, [0.9, 0.3, 0.3, 0.1])
    for got, expected in zip(
        np.moveaxis(asked, 2, 0),
        (high, (low + mid) / 2, (low + mid) / 2, low),
        strict=True,
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_the_order_of_the_parameter_does_not_matter(windows, fitted):
    X, y = windows
    other = GRUForecaster(**QUICK, quantiles=[0.9, 0.1, 0.5]).fit(X, y)
    assert other.quantiles_ == fitted.quantiles_ == LEVELS
    np.testing.assert_array_equal(
        other.predict_quantiles(X), fitted.predict_quantiles(X)
    )


@pytest.mark.parametrize("window_scaler", [None, "standard"])
def test_forecasts_never_cross(window_scaler, windows):
    """Those of a network that has hardly learnt do, before they are sorted."""
    X, y = windows
    network = GRUForecaster(**QUICK, quantiles=LEVELS, window_scaler=window_scaler)
    network.set_params(epochs=1, learning_rate=1e-4).fit(X, y)
    quantiles = network.predict_quantiles(X)
    assert (np.diff(quantiles) >= 0).all()
    assert (np.diff(quantiles) > 0).any()
    np.testing.assert_array_equal(network.predict(X), quantiles[..., 1])


def test_a_single_level_is_what_predict_gives(windows):
    X, y = windows
    network = GRUForecaster(**{**QUICK, "epochs": 40}, quantiles=(0.9,)).fit(X, y)
    np.testing.assert_array_equal(
        network.predict(X), network.predict_quantiles(X)[..., 0]
    )
    assert 0.8 < np.mean(y <= network.predict(X)) < 1


def test_a_scorer_of_the_level_finds_its_parameters(windows):
    X, y = windows
    scorer = make_scorer(mean_pinball_loss, alpha=0.9, greater_is_better=False)
    search = GridSearchCV(
        GRUForecaster(**QUICK, quantiles=(0.9,)),
        {"learning_rate": [1e-6, 0.01]},
        cv=TimeSeriesSplit(2, gap=2),
        scoring=scorer,
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_ == {"learning_rate": 0.01}


OPTIONS = {
    "a stack of changes": {"units": (5, 3), "bidirectional": True, "dropout": 0.2},
    "segments": {"segment_length": 2, "window_scaler": None, "scaler": "minmax"},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_options_and_the_keras_model(options, wave, tmp_path):
    """Several channels and a feature; the model names its outputs by level."""
    frame = pd.DataFrame(
        {"wave": wave, "other": wave[::-1], "hour": np.arange(300) % 5}
    )
    X, y = make_windows(frame, 8, horizon=2, target="wave", ahead=["hour"])
    network = GRUForecaster(**(QUICK | options), quantiles=LEVELS).fit(X, y)
    quantiles = network.predict_quantiles(X)
    losses = [
        mean_pinball_loss(y, quantiles[..., k], alpha=level)
        for k, level in enumerate(LEVELS)
    ]
    assert np.mean(losses) < 1
    network.to_keras().save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    windows = X.to_numpy()[:, :16].reshape(-1, 8, 2)
    outputs = model({"window": windows, "features": X.to_numpy()[:, 16:]})
    assert set(outputs) == {"0.1", "0.5", "0.9"}
    for place, level in enumerate(LEVELS):
        np.testing.assert_allclose(
            outputs[str(level)], quantiles[..., place], rtol=1e-5
        )


# ------------------------------------------------------------------------- training


def test_early_stopping_watches_the_pinball_loss(windows):
    X, y = (part - 10 for part in windows)
    network = GRUForecaster(
        **{**QUICK, "epochs": 30, "learning_rate": 0.03},
        quantiles=(0.9,),
        loss="huber",
        scaler=None,
        window_scaler=None,
        early_stopping=True,
        n_iter_no_change=2,
    ).fit(X[:-40], y[:-40], X_val=X[-40:], y_val=y[-40:])
    loss = mean_pinball_loss(y[-40:], network.predict(X[-40:]), alpha=0.9)
    assert min(network.history_["val_loss"]) == pytest.approx(loss, rel=1e-5)


def test_rows_of_weight_zero_are_left_out(windows):
    X, y = windows
    weights = (np.arange(len(X)) % 3 > 0).astype(float)
    network = GRUForecaster(**QUICK, quantiles=LEVELS)
    weighted = clone(network).fit(X, y, weights).predict_quantiles(X)
    kept = clone(network).fit(X[weights > 0], y[weights > 0]).predict_quantiles(X)
    np.testing.assert_array_equal(weighted, kept)


def test_training_continues(windows, fitted):
    X, y = windows
    network = GRUForecaster(**{**QUICK, "epochs": 1}, quantiles=LEVELS, warm_start=True)
    network.set_params(learning_rate_decay=None)
    long = clone(network).set_params(epochs=3).fit(X, y)
    network.fit(X, y).fit(X, y).partial_fit(X, y)
    np.testing.assert_array_equal(
        network.predict_quantiles(X), long.predict_quantiles(X)
    )


@pytest.mark.parametrize("changed", [(0.2, 0.5, 0.8), (0.5,), None])
def test_training_does_not_continue_with_other_levels(changed, windows):
    X, y = windows
    network = GRUForecaster(**QUICK, quantiles=LEVELS).fit(X, y)
    before = network.predict_quantiles(X)
    network.set_params(quantiles=changed)
    with pytest.raises(ValueError, match=r"quantiles changed from \(0.1, 0.5, 0.9\)"):
        network.partial_fit(X, y)
    np.testing.assert_array_equal(network.predict_quantiles(X), before)


def test_callbacks_see_the_network(windows):
    X, y = windows
    seen = []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(self.model(X[:2, :, np.newaxis])["0.5"])

    network = GRUForecaster(**QUICK, quantiles=LEVELS, callbacks=[Look()]).fit(X, y)
    np.testing.assert_allclose(seen[-1], network.predict(X[:2]), rtol=1e-6)


def test_one_program_serves_all_fits_of_the_levels(windows, traces):
    X, y = windows
    network = GRUForecaster(**QUICK, quantiles=LEVELS)
    network.fit(X, y).predict_quantiles(X)
    n_traces = len(traces)
    clone(network).set_params(random_state=1, n_steps=5).fit(X, y).predict(X)
    assert len(traces) == n_traces > 0


def test_stored_forecasters(windows, fitted, tmp_path):
    X, _ = windows
    expected = fitted.predict_quantiles(X)
    skops.io.dump(fitted, tmp_path / "network.skops")
    trusted = skops.io.get_untrusted_types(file=tmp_path / "network.skops")
    assert all(name.startswith("sk_rnn.forecasters.") for name in trusted)
    for loaded in (
        pickle.loads(pickle.dumps(fitted)),
        skops.io.load(tmp_path / "network.skops", trusted=trusted),
    ):
        assert loaded.quantiles_ == LEVELS
        np.testing.assert_array_equal(loaded.predict_quantiles(X), expected)


# ------------------------------------------------------------------------- bad input


@pytest.mark.parametrize("value", [(), (0.5, 0.5), (0, 0.5), "median", 0.5, [[0.5]]])
def test_bad_levels_are_named(value, windows):
    with pytest.raises(InvalidParameterError, match="The 'quantiles' parameter of GRU"):
        GRUForecaster(**QUICK, quantiles=value).fit(*windows)


def test_several_levels_need_the_median(windows):
    with pytest.raises(InvalidParameterError, match=r"must include 0\.5.*\(0\.1, 0\.9"):
        GRUForecaster(**QUICK, quantiles=(0.1, 0.9)).fit(*windows)


def test_levels_beyond_those_trained_are_refused(windows, fitted):
    with pytest.raises(
        ValueError, match=r"\[0\.05, 0\.95\] lie outside of .* 0\.1 to 0\.9"
    ):
        fitted.predict_quantiles(windows[0], [0.05, 0.5, 0.95])
    with pytest.raises(ValueError, match=r"levels=\[2\], but must be"):
        fitted.predict_quantiles(windows[0], [2])
