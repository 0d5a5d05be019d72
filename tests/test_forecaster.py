import inspect
import os
import re
import signal
import time

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.preprocessing import KBinsDiscretizer, PowerTransformer
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import InvalidParameterError

import sk_rnn
import sk_rnn.sktime
from sk_rnn import (
    GRUForecaster,
    LSTMForecaster,
    RNNForecaster,
    last_window,
    make_windows,
)

FORECASTERS = [RNNForecaster, LSTMForecaster, GRUForecaster]
QUICK = {"units": 5, "epochs": 2, "random_state": 0}
QUICK |= {"learning_rate_decay": None, "window_scaler": None}


@pytest.fixture(scope="module")
def windows(wave):
    return make_windows(wave, n_steps=10)


def assert_same_weights(one, other):
    for ours, theirs in zip(one.weights_, other.weights_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def differ(one, other):
    pairs = zip(one.weights_, other.weights_, strict=True)
    return any((ours != theirs).any() for ours, theirs in pairs)


# ------------------------------------------------------------------ networks


@pytest.mark.parametrize(
    ("forecaster_class", "parameters"),
    [
        *((forecaster_class, {}) for forecaster_class in FORECASTERS),
        (LSTMForecaster, {"units": (8, 4), "dropout": 0.1}),
        (GRUForecaster, {"bidirectional": True}),
        (LSTMForecaster, {"dtype": "float64", "scaler": "minmax"}),
        (GRUForecaster, {"loss": "mae", "optimizer": "rmsprop"}),
        (LSTMForecaster, {"loss": "huber", "optimizer": "adamw"}),
        (GRUForecaster, {"loss": "log_cosh", "optimizer": "sgd", "learning_rate": 0.1}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
def test_every_network_learns_a_wave(forecaster_class, parameters, windows):
    X, y = windows
    constant = {"learning_rate_decay": None, "window_scaler": None}
    parameters = {"units": 8, "learning_rate": 0.01, **constant, **parameters}
    forecaster = forecaster_class(epochs=20, random_state=0, **parameters).fit(X, y)
    losses = forecaster.history_["loss"]
    assert losses[0] > 2 * losses[-1]
    assert forecaster.score(X, y) > 0.9
    outputs = forecaster.to_keras()(X[:, :, np.newaxis])
    np.testing.assert_allclose(outputs[:, 0], forecaster.predict(X), rtol=1e-6)


@pytest.mark.parametrize("forecaster_class", FORECASTERS)
def test_keras_model_of_several_channels_and_steps(forecaster_class, wave):
    X, y = make_windows(np.column_stack([wave, -wave]), 10, horizon=3, target=0)
    parameters = {"units": [6, 4], "bidirectional": True, "learning_rate": 0.01}
    forecaster = forecaster_class(
        **parameters, epochs=20, random_state=0, n_channels=2
    ).fit(X, y)
    losses = forecaster.history_["loss"]
    assert losses[0] > 2 * losses[-1]
    assert forecaster.score(X, y) > 0.9
    model = forecaster.to_keras()
    expected = forecaster.predict(X)
    np.testing.assert_allclose(model(X.reshape(-1, 10, 2)), expected, rtol=1e-6)
    assert len(model.get_weights()) == 14  # three of each direction, the head
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)


def test_keras_model_is_a_copy_that_can_be_saved_and_trained(windows, tmp_path):
    X, y = windows
    forecaster = GRUForecaster(**QUICK, scaler="minmax").fit(X, y)
    expected = forecaster.predict(X)
    forecaster.to_keras().save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    forecasts = model.predict(X[:, :, np.newaxis], verbose=0)[:, 0]
    np.testing.assert_allclose(forecasts, expected, rtol=1e-6)
    model = forecaster.to_keras()
    loss = model.evaluate(X[:, :, np.newaxis], y, verbose=0)
    model.fit(X[:, :, np.newaxis], y, verbose=0)
    assert model.evaluate(X[:, :, np.newaxis], y, verbose=0) != loss
    np.testing.assert_array_equal(forecaster.predict(X), expected)


@pytest.mark.parametrize("level", [1e5 + 0.1, 1e7 / 3])
@pytest.mark.parametrize("scaler", ["standard", "minmax"])
def test_keras_model_keeps_the_digits_of_a_level(scaler, level, windows):
    X, y = (level + 0.3 * part for part in windows)
    forecaster = GRUForecaster(**QUICK, scaler=scaler).fit(X, y)
    forecasts = forecaster.to_keras()(X[:, :, np.newaxis])[:, 0]
    np.testing.assert_allclose(forecasts, forecaster.predict(X), rtol=0, atol=1e-6)


def test_keras_model_needs_linear_scaling(windows):
    X, y = windows
    forecaster = GRUForecaster(**QUICK, scaler=PowerTransformer()).fit(X, y)
    with pytest.raises(ValueError, match=r"scaler=PowerTransformer\(\).*linear"):
        forecaster.to_keras()


# ------------------------------------------------------------------ forecasts


@pytest.mark.parametrize(
    ("forecaster_class", "dtype", "units"),
    [
        (RNNForecaster, "float32", 125),
        (LSTMForecaster, "float32", 33),
        (GRUForecaster, "float32", 125),
        (LSTMForecaster, "float64", 33),
    ],
)
def test_a_forecast_depends_on_its_neighbours_by_rounding_only(
    forecaster_class, dtype, units, windows
):
    X, y = windows
    forecaster = forecaster_class(units, epochs=1, dtype=dtype, random_state=0)
    forecasts = forecaster.fit(X[:40], y[:40]).predict(X)
    rounding = 1e-5 if dtype == "float32" else 1e-12
    for i in [0, 1, 7, 15, 16, 17, 100, 289]:
        alone = forecaster.predict(X[i : i + 1])
        np.testing.assert_allclose(alone, forecasts[i : i + 1], rtol=rounding)
    order = np.random.default_rng(0).permutation(len(X))
    shuffled = forecaster.predict(X[order])
    np.testing.assert_allclose(shuffled, forecasts[order], rtol=rounding)


@pytest.mark.parametrize(
    ("y_shape", "expected"), [((5,), (3,)), ((5, 1), (3, 1)), ((5, 4), (3, 4))]
)
def test_forecasts_have_the_form_of_y(y_shape, expected):
    rng = np.random.default_rng(0)
    forecaster = LSTMForecaster(**QUICK).fit(rng.normal(size=(5, 6)), np.ones(y_shape))
    forecasts = forecaster.predict(rng.normal(size=(3, 6)))
    assert forecasts.shape == expected
    assert forecasts.dtype == np.float64


def test_pandas_goes_in(wave):
    days = pd.date_range("2020-01-01", periods=300, name="day")
    series = pd.Series(wave, index=days, name="High")
    X, y = make_windows(series, n_steps=10)
    forecaster = GRUForecaster(**QUICK).fit(X, y)
    assert list(forecaster.feature_names_in_) == list(X.columns)
    tomorrow = forecaster.predict(last_window(series, n_steps=10))
    on_arrays = GRUForecaster(**QUICK).fit(X.to_numpy(), y.to_numpy())
    np.testing.assert_array_equal(tomorrow, on_arrays.predict([wave[-10:]]))


def test_n_steps_reads_the_most_recent_steps_only(windows):
    X, y = windows
    forecaster = GRUForecaster(**QUICK, n_steps=4).fit(X, y)
    assert_same_weights(forecaster, GRUForecaster(**QUICK).fit(X[:, -4:], y))
    changed = X.copy()
    changed[:, :-4] = 99
    np.testing.assert_array_equal(forecaster.predict(changed), forecaster.predict(X))
    assert forecaster.n_steps_ == 4
    assert forecaster.n_features_in_ == 10


def test_parameters_set_after_fit_do_not_change_forecasts(windows):
    X, y = windows
    forecaster = GRUForecaster(**QUICK).fit(X, y)
    forecasts = forecaster.predict(X)
    forecaster.set_params(
        units=9, n_steps=3, scaler=None, dtype="float64", bidirectional=True
    )
    forecaster.set_params(n_channels=2, column_order="channel", batch_size=1)
    np.testing.assert_array_equal(forecaster.predict(X), forecasts)


def test_a_future_value_changes_nothing_before_it(wave):
    """Leakage: alter a value; what was trained and forecast before it stays."""
    altered = wave.copy()
    altered[200] += 1
    results = []
    for series in (wave, altered):
        X, y = make_windows(series, n_steps=10)  # y[i] is series[i + 10]
        forecaster = GRUForecaster(**QUICK).fit(X[:190], y[:190])
        results.append((forecaster, forecaster.predict(X)))
    (one, before), (other, after) = results
    assert_same_weights(one, other)
    np.testing.assert_array_equal(one.scaler_.mean_, other.scaler_.mean_)
    np.testing.assert_array_equal(before[:191], after[:191])
    assert np.all(before[191:201] != after[191:201])  # the windows that hold it
    np.testing.assert_array_equal(before[201:], after[201:])


# ------------------------------------------------------------------ fresh starts


@pytest.mark.parametrize("forecaster_class", FORECASTERS)
def test_fit_is_a_fresh_start(forecaster_class, windows):
    X, y = windows
    forecaster = forecaster_class(**QUICK, dropout=0.2).fit(X, y)
    first = forecaster.predict(X)
    np.testing.assert_array_equal(forecaster.fit(X, y).predict(X), first)
    part = clone(forecaster).fit(X[:100], y[:100])
    never_saw_the_rest = forecaster_class(**QUICK, dropout=0.2).fit(X[:100], y[:100])
    assert_same_weights(part, never_saw_the_rest)
    assert_same_weights(forecaster.fit(X[:100], y[:100]), never_saw_the_rest)
    assert vars(forecaster).keys() == vars(never_saw_the_rest).keys()


def test_random_state(windows):
    X, y = windows
    parameters = {"units": 5, "epochs": 1}
    fits = [
        GRUForecaster(**parameters, random_state=state).fit(X, y)
        for state in (0, 0, 1, None, None, np.random.RandomState(0))
    ]
    assert_same_weights(fits[0], fits[1])
    assert differ(fits[0], fits[2])
    assert differ(fits[3], fits[4])
    assert_same_weights(fits[0], fits[5])


def test_global_random_state_is_left_alone(windows):
    the_global_one = check_random_state(None)
    before = the_global_one.get_state(legacy=False)["state"]
    GRUForecaster(**QUICK).fit(*windows)
    after = the_global_one.get_state(legacy=False)["state"]
    assert after["pos"] == before["pos"]
    np.testing.assert_array_equal(after["key"], before["key"])
    GRUForecaster(5, epochs=1, random_state=None).fit(*windows)  # it does draw
    assert the_global_one.get_state(legacy=False)["state"]["pos"] != before["pos"]


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_warm_start_continues(optimizer, windows):
    """Two fits of two epochs are one of four, slots and batches included."""
    X, y = windows
    parameters = {**QUICK, "optimizer": optimizer, "dropout": 0.2}
    whole = GRUForecaster(**{**parameters, "epochs": 4}).fit(X, y)
    warm = GRUForecaster(**parameters, warm_start=True).fit(X, y).fit(X, y)
    assert_same_weights(whole, warm)
    assert warm.history_ == whole.history_
    assert warm.n_iter_ == 4


def test_partial_fit_is_one_more_pass(windows):
    X, y = windows
    whole = LSTMForecaster(**{**QUICK, "epochs": 3}).fit(X, y)
    parts = LSTMForecaster(**QUICK)
    for n_passes in (1, 2, 3):
        parts.partial_fit(X, y)
        assert parts.n_iter_ == n_passes
    assert_same_weights(whole, parts)


def test_history_keeps_every_epoch(windows):
    """Epochs with and without validation rows, in any order."""
    X, y = windows
    forecaster = GRUForecaster(**QUICK, warm_start=True)
    forecaster.fit(X, y).fit(X, y, X_val=X, y_val=y).partial_fit(X, y)
    assert {len(values) for values in forecaster.history_.values()} == {5}
    missing = np.isnan(forecaster.history_["val_loss"])
    np.testing.assert_array_equal(missing, [True, True, False, False, True])


def test_partial_fit_keeps_scalers_and_dtype(windows):
    X, y = windows
    forecaster = GRUForecaster(**QUICK).partial_fit(X[:20], y[:20])
    assert forecaster.weights_[0].dtype == np.float64  # all rows fit in one batch
    mean = forecaster.scaler_.mean_.copy()
    forecaster.partial_fit(X + 100, y + 100)
    np.testing.assert_array_equal(forecaster.scaler_.mean_, mean)
    assert forecaster.weights_[0].dtype == np.float64


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"units": 6}, r"units changed from \(5,\) to \(6,\)"),
        ({"bidirectional": True}, "bidirectional changed from False to True"),
        ({"optimizer": "sgd"}, "optimizer changed from 'adam' to 'sgd'"),
        ({"dtype": "float64"}, "dtype changed from 'float32' to 'float64'"),
        ({"n_steps": 5}, "n_steps changed from None to 5"),
        ({"n_channels": 2}, "n_channels changed from 1 to 2"),
        ({"column_order": "channel"}, "column_order changed from 'step' to 'channel'"),
        ({"scaler": "minmax"}, "scaler changed from 'standard' to 'minmax'"),
    ],
)
def test_warm_start_refuses_another_network(changes, match, windows):
    X, y = windows
    forecaster = GRUForecaster(**QUICK, warm_start=True).fit(X, y)
    before = forecaster.predict(X)
    with pytest.raises(ValueError, match=match):
        forecaster.set_params(**changes).fit(X, y)
    np.testing.assert_array_equal(forecaster.predict(X), before)


def test_warm_start_refuses_another_form_of_y(windows):
    X, y = windows
    forecaster = GRUForecaster(**QUICK, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=r"2 dimension\(s\).*fitted with a y of 1"):
        forecaster.fit(X, np.column_stack([y, y]))


# ------------------------------------------------------------------ dtype, weights


@pytest.mark.parametrize(
    ("dtype", "n_rows", "expected"),
    [
        (None, 33, "float32"),
        (None, 32, "float64"),
        ("float64", 33, "float64"),
        ("float32", 32, "float32"),
    ],
)
def test_dtype(dtype, n_rows, expected, windows):
    X, y = windows
    forecaster = LSTMForecaster(**QUICK, dtype=dtype).fit(X[:n_rows], y[:n_rows])
    assert {weight.dtype.name for weight in forecaster.weights_} == {expected}


def test_rows_of_weight_zero_are_left_out(windows):
    X, y = windows
    weights = np.ones(len(y))
    weights[100:] = 0
    spoilt = y.copy()
    spoilt[100:] = 1e6
    weighted = GRUForecaster(**QUICK).fit(X, spoilt, sample_weight=weights)
    assert_same_weights(weighted, GRUForecaster(**QUICK).fit(X[:100], y[:100]))


def test_the_scale_of_weights_does_not_matter(windows):
    X, y = windows
    weights = np.random.default_rng(0).integers(1, 4, len(y))
    one = GRUForecaster(**QUICK).fit(X, y, sample_weight=weights)
    other = GRUForecaster(**QUICK).fit(X, y, sample_weight=weights * 64)
    assert_same_weights(one, other)
    assert differ(one, GRUForecaster(**QUICK).fit(X, y))


# ------------------------------------------------------------------ early stopping


def test_early_stopping_holds_out_the_last_rows_behind_a_gap(wave):
    """What is held out, and the gap, must not change scalers nor weights."""
    X, y = make_windows(wave, n_steps=10, horizon=4)  # 287 rows, 28 held out
    parameters = {**QUICK, "early_stopping": True, "n_iter_no_change": 50}
    forecaster = GRUForecaster(**parameters).fit(X, y)
    assert len(forecaster.history_["val_loss"]) == 2
    for rows, changes in [(slice(256, 259), False), (slice(255, 256), True)]:
        X_other = X.copy()
        X_other[rows] += 3
        other = GRUForecaster(**parameters).fit(X_other, y)
        assert differ(forecaster, other) == changes
        same_loss = other.history_["val_loss"] == forecaster.history_["val_loss"]
        assert same_loss == (not changes)
    X_other = X.copy()
    X_other[259:] += 3
    other = GRUForecaster(**parameters).fit(X_other, y)
    np.testing.assert_array_equal(forecaster.scaler_.mean_, other.scaler_.mean_)
    assert other.history_["loss"] == forecaster.history_["loss"]
    assert other.history_["val_loss"] != forecaster.history_["val_loss"]


def test_early_stopping_watches_given_rows(windows):
    """Targets upside down: the better the fit, the worse the validation loss."""
    X, y = windows
    forecaster = GRUForecaster(
        4, epochs=60, early_stopping=True, n_iter_no_change=3, random_state=0
    )
    forecaster.fit(X[:200], y[:200], X_val=X[200:], y_val=20 - y[200:])
    losses = forecaster.history_["val_loss"]
    best = int(np.argmin(losses)) + 1
    assert forecaster.n_iter_ == len(losses) == best + 3 < 60
    until_best = clone(forecaster).set_params(epochs=best, early_stopping=False)
    assert_same_weights(forecaster, until_best.fit(X[:200], y[:200]))


def test_early_stopping_on_the_training_loss(windows):
    X, y = windows
    forecaster = GRUForecaster(
        4,
        epochs=60,
        early_stopping=True,
        validation_fraction=None,
        n_iter_no_change=2,
        learning_rate=0.1,
        random_state=0,
    ).fit(X, y)
    losses = forecaster.history_["loss"]
    assert "val_loss" not in forecaster.history_
    assert len(losses) == int(np.argmin(losses)) + 3 < 60


def test_too_few_rows_are_not_split():
    X, y = np.arange(12.0).reshape(4, 3), np.arange(4.0)
    forecaster = GRUForecaster(**QUICK, early_stopping=True).fit(X, y)
    assert "val_loss" not in forecaster.history_


def test_early_stopping_leaves_most_rows_to_train_on():
    """Of 20 rows with targets 10 steps ahead, 2 held out leave 9."""
    X = np.arange(40.0).reshape(20, 2)
    y = X[:, :1] + np.arange(10)
    forecaster = GRUForecaster(**QUICK, early_stopping=True)
    message = "Of 20 windows, .* hold out 2, and leave 9 to train on: a target 10 steps"
    with pytest.warns(UserWarning, match=message) as caught:
        forecaster.fit(X, y)
    assert [warning.filename for warning in caught] == [__file__]
    assert "val_loss" not in forecaster.history_
    assert "val_loss" in forecaster.fit(X, y[:, :9]).history_


def test_given_rows_are_scored_without_early_stopping(windows):
    X, y = windows
    plain = GRUForecaster(**QUICK, loss="mse").fit(X[:200], y[:200])
    scored = clone(plain).fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    assert_same_weights(plain, scored)
    errors = (scored.predict(X[200:]) - y[200:]) / scored.target_scaler_.scale_
    assert scored.history_["val_loss"][-1] == pytest.approx(
        np.mean(errors**2), rel=1e-5
    )


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("units", 0),
        ("units", "many"),
        ("n_steps", 0),
        ("n_channels", 1.5),
        ("column_order", "row"),
        ("scaler", "max"),
        ("bidirectional", "no"),
        ("dropout", 1.0),
        ("loss", "mape"),
        ("optimizer", "lbfgs"),
        ("learning_rate", 0),
        ("batch_size", 0),
        ("epochs", 0),
        ("early_stopping", None),
        ("validation_fraction", 1.0),
        ("n_iter_no_change", 0),
        ("warm_start", 2),
        ("callbacks", "best"),
        ("dtype", "float16"),
        ("verbose", -1),
        ("random_state", "zero"),
    ],
)
def test_a_bad_parameter_is_named_in_fit(parameter, value, windows):
    forecaster = LSTMForecaster(**{parameter: value})
    match = rf"The '{parameter}' parameter of LSTMForecaster must be .* Got {value!r}"
    with pytest.raises(InvalidParameterError, match=match):
        forecaster.fit(*windows)


@pytest.mark.parametrize("units", [(), (4, 0), (4, 2.5), ("a",)])
def test_a_bad_stack_is_named(units, windows):
    match = (
        rf"The 'units' parameter.*one per recurrent layer. Got {re.escape(str(units))}"
    )
    with pytest.raises(ValueError, match=match):
        GRUForecaster(units).fit(*windows)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_named(bad, windows):
    X, y = windows
    X_bad, y_bad = X.copy(), y.copy()
    X_bad[3, 3] = y_bad[3] = bad
    name = "NaN" if np.isnan(bad) else "infinity"
    for args in [(X_bad, y), (X, y_bad)]:
        with pytest.raises(ValueError, match=name):
            GRUForecaster(**QUICK).fit(*args)
    forecaster = GRUForecaster(**QUICK).fit(X, y)
    with pytest.raises(ValueError, match=name):
        forecaster.predict(X_bad)
    with pytest.raises(ValueError, match=name):
        forecaster.fit(X, y, X_val=X_bad, y_val=y)


def test_a_forecast_that_is_not_finite_is_an_error(windows):
    X, y = windows
    forecaster = GRUForecaster(**QUICK, scaler=None, n_channels=2).fit(X, y)
    too_large = np.full((1, 10), 1e39)  # infinity in float32
    match = "too large for the float32 network"
    with pytest.raises(ValueError, match=match):  # and no warning
        forecaster.predict(too_large)


def test_validation_targets_of_another_horizon_raise(windows):
    X, y = windows
    pair = np.column_stack([y, y])
    with pytest.raises(ValueError, match=r"y_val has 1 column\(s\), but y has 2"):
        GRUForecaster(**QUICK).fit(X, pair, X_val=X, y_val=y[:, np.newaxis])


def test_partial_fit_checks_parameters_too(windows):
    forecaster = GRUForecaster(**QUICK).partial_fit(*windows)
    with pytest.raises(InvalidParameterError, match="'batch_size' parameter"):
        forecaster.set_params(batch_size=0).partial_fit(*windows)


def test_a_scaler_must_keep_the_shape(windows):
    scaler = KBinsDiscretizer(3, strategy="kmeans")
    with pytest.raises(ValueError, match=r"scaler=KBinsDiscretizer.*must keep it"):
        GRUForecaster(**QUICK, scaler=scaler).fit(*windows)


def test_validation_rows_need_targets(windows):
    X, y = windows
    with pytest.raises(ValueError, match="X_val is given without y_val"):
        GRUForecaster(**QUICK).fit(X, y, X_val=X)


def test_a_failed_fit_leaves_the_forecaster_as_it_was(windows):
    X, y = windows
    forecaster = LSTMForecaster(**QUICK, scaler=None, loss="mse").fit(X, y)
    before = dict(vars(forecaster))
    with pytest.raises(ValueError, match="not finite any more"):
        forecaster.fit(X[:, :5], 1e30 * y)
    assert vars(forecaster) == before


class CtrlC(keras.callbacks.Callback):
    """Sends this process the signal of Ctrl-C at the end of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)  # the signal arrives here


def test_ctrl_c_keeps_the_last_whole_epoch(windows):
    forecaster = GRUForecaster(**{**QUICK, "epochs": 9}, callbacks=[CtrlC(epoch=3)])
    with pytest.warns(UserWarning, match="interrupted by user after 3 whole epoch"):
        forecaster.fit(*windows)
    assert forecaster.n_iter_ == len(forecaster.history_["loss"]) == 3
    assert_same_weights(
        forecaster, GRUForecaster(**{**QUICK, "epochs": 3}).fit(*windows)
    )


def test_ctrl_c_in_the_first_epoch_leaves_the_forecaster_as_it_was(windows):
    forecaster = GRUForecaster(**QUICK).fit(*windows)
    before = dict(vars(forecaster))
    forecaster.callbacks = [CtrlC(epoch=0)]
    with pytest.raises(KeyboardInterrupt):
        forecaster.fit(*windows)
    forecaster.callbacks = None
    assert vars(forecaster) == before


# ------------------------------------------------------------------ output


def test_silent_by_default(windows, capfd):
    X, y = windows
    GRUForecaster(**QUICK).fit(X, y).predict(X)  # TensorFlow's own first lines
    capfd.readouterr()
    LSTMForecaster(5, epochs=2).fit(X, y).predict(X)
    LSTMForecaster(5, epochs=2, dtype="float64").fit(X, y).predict(X)
    assert capfd.readouterr() == ("", "")


def test_progress_shows_losses(windows, capsys):
    X, y = windows
    gru = GRUForecaster(**QUICK, verbose=1)
    gru.fit(X[:200], y[:200], X_val=X, y_val=y)
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("Epoch 1/2 - ")
    losses = (gru.history_[name][-1] for name in ("loss", "val_loss"))
    assert last.endswith("loss: {:.4g} - val_loss: {:.4g}".format(*losses))


def test_progress_ends_with_the_training(windows, capsys):
    """At the epoch at which early stopping stops, which is no round number."""
    X, y = windows
    stops = {"early_stopping": True, "n_iter_no_change": 1, "learning_rate": 1}
    gru = GRUForecaster(5, epochs=40, verbose=1, **stops)
    gru.fit(X[:200], y[:200])
    assert gru.n_iter_ < 40
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith(f"Epoch {gru.n_iter_:2}/40 - ")


@pytest.mark.parametrize("module", [sk_rnn, sk_rnn.sktime], ids=lambda m: m.__name__)
def test_docstrings_are_filled_in(module):
    for name in "RNNForecaster", "LSTMForecaster", "GRUForecaster":
        forecaster_class = getattr(module, name)
        text = inspect.getdoc(forecaster_class)
        assert "$" not in text
        documented = re.findall(r"^(\w+) : ", text, flags=re.M)
        parameters = list(inspect.signature(forecaster_class).parameters)
        assert documented[: len(parameters)] == parameters
        assert f"{name.removesuffix('Forecaster')} layer" in text or name[:3] == "RNN"


# ------------------------------------------------------------------ what fit notices


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"optimizer": "RMSprop"}, {"optimizer": "rmsprop"}),
        ({"loss": "mean_absolute_error"}, {"loss": "mae"}),
        ({"units": [5]}, {"units": 5}),
    ],
)
def test_spellings_of_keras_and_of_json(theirs, ours, windows):
    expected = GRUForecaster(**(QUICK | ours)).fit(*windows)
    forecaster = GRUForecaster(**(QUICK | theirs), warm_start=True).fit(*windows)
    assert_same_weights(forecaster, expected)
    forecaster.set_params(**ours).fit(*windows)  # the same, so it goes on
    assert forecaster.n_iter_ == 4
    for name in "optimizer", "loss":
        with pytest.raises(InvalidParameterError, match=f"'{name}' parameter"):
            GRUForecaster(**{name: "RMSPROP"}).fit(*windows)


def test_a_network_that_runs_away_warns(windows):
    with pytest.warns(UserWarning, match=r"far above.*smaller learning_rate \(now 1"):
        GRUForecaster(**QUICK, learning_rate=1e10, dtype="float64").fit(*windows)


def test_weights_without_a_finite_sum_are_named(windows):
    X, y = windows
    with pytest.raises(ValueError, match="sum of sample_weight is not finite"):
        GRUForecaster(**QUICK).fit(X, y, np.full(len(y), 1e308))


def test_a_network_too_large_for_the_machine(windows):
    message = r"units=1000000 make a network of 4,00.* weights.*bytes.*fewer units"
    with pytest.raises(MemoryError, match=message):
        LSTMForecaster(10**6).fit(*windows)
