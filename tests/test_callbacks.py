import csv

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

from sk_rnn import GRUForecaster, make_windows


@pytest.fixture(scope="module")
def windows(wave):
    return make_windows(wave, n_steps=6)


def fit(windows, callbacks, *, epochs=6, **parameters):
    """Train on the first 200 rows, score the others with targets upside down."""
    X, y = windows
    parameters = {"learning_rate_decay": None, "window_scaler": None} | parameters
    forecaster = GRUForecaster(
        4, epochs=epochs, random_state=0, callbacks=callbacks, **parameters
    )
    return forecaster.fit(X[:200], y[:200], X_val=X[200:], y_val=20 - y[200:])


def assert_same_weights(one, other):
    for ours, theirs in zip(one.weights_, other.weights_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_callbacks_that_do_nothing_change_nothing(windows):
    plain = fit(windows, None)
    watched = fit(windows, [keras.callbacks.Callback()])
    assert_same_weights(plain, watched)
    assert watched.history_ == plain.history_
    assert watched.n_iter_ == 6


def test_early_stopping_restores_weights(windows):
    stopper = keras.callbacks.EarlyStopping(
        "val_loss", patience=2, restore_best_weights=True
    )
    plain = fit(windows, None, epochs=60)
    losses = plain.history_["val_loss"]
    best = next(
        i for i in range(60) if min(losses[i + 1 : i + 3]) >= min(losses[: i + 1])
    )
    stopped = fit(windows, [stopper], epochs=60)
    assert plain.n_iter_ == 60
    assert stopped.n_iter_ == best + 3 < 60
    assert_same_weights(stopped, fit(windows, None, epochs=best + 1))


def test_reduce_on_plateau_lowers_the_learning_rate(windows):
    reducer = keras.callbacks.ReduceLROnPlateau(
        "val_loss", factor=0.5, patience=1, min_delta=100.0
    )
    plain, reduced = fit(windows, None), fit(windows, [reducer])
    assert plain.history_["learning_rate"] == [0.003] * 6
    # No epoch improves by 100; the first one still counts as an improvement.
    expected = 0.003 * 0.5 ** np.array([0, 0, 1, 2, 3, 4])
    np.testing.assert_allclose(reduced.history_["learning_rate"], expected, rtol=1e-6)
    assert reduced.history_["loss"][:2] == pytest.approx(plain.history_["loss"][:2])
    assert reduced.history_["loss"][3] != pytest.approx(plain.history_["loss"][3])


def test_a_lowered_learning_rate_decays_from_there(windows):
    reducer = keras.callbacks.ReduceLROnPlateau(
        "val_loss", factor=0.5, patience=1, min_delta=100.0
    )
    decay = {"learning_rate_decay": "cosine"}
    plain, reduced = fit(windows, None, **decay), fit(windows, [reducer], **decay)
    factors = np.divide(*(f.history_["learning_rate"] for f in (reduced, plain)))
    np.testing.assert_allclose(factors, [1, 1, 0.5, 0.25, 0.125, 0.0625], rtol=1e-6)


def test_learning_rate_scheduler_sets_the_epochs_rate(windows):
    rates = [0.01, 0.001, 0.1, 0.02, 0.0, 0.0]
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, _: rates[epoch])
    scheduled = fit(windows, [scheduler])
    np.testing.assert_allclose(scheduled.history_["learning_rate"], rates, rtol=1e-6)
    assert_same_weights(scheduled, fit(windows, [scheduler], epochs=4))  # then 0
    constant = keras.callbacks.LearningRateScheduler(lambda epoch: 0.01)
    np.testing.assert_allclose(
        fit(windows, [constant]).history_["loss"],
        fit(windows, None, learning_rate=0.01).history_["loss"],
        rtol=1e-5,
    )


def test_model_checkpoint_saves_every_epoch(windows, tmp_path):
    saver = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")
    fit(windows, [saver], epochs=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{epoch}.keras" for epoch in (1, 2, 3)
    ]
    X, _ = windows
    saved = keras.models.load_model(tmp_path / "2.keras")
    two_epochs = fit(windows, None, epochs=2)
    np.testing.assert_allclose(
        saved.predict(X[:, :, np.newaxis], verbose=0)[:, 0],
        two_epochs.predict(X),
        rtol=1e-6,
    )


def test_csv_logger_writes_a_line_per_epoch(windows, tmp_path):
    logger = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    forecaster = fit(windows, [logger])
    with (tmp_path / "log.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [int(line["epoch"]) for line in lines] == list(range(6))
    for name, values in forecaster.history_.items():
        assert [float(line[name]) for line in lines] == pytest.approx(values)


class Halver(keras.callbacks.Callback):
    """Halves every weight after the second epoch, and keeps a diary."""

    def __init__(self):
        super().__init__()
        self.diary = []

    def on_epoch_end(self, epoch, logs=None):
        self.diary.append((epoch, logs["loss"]))
        if epoch == 1:
            halves = [weight / 2 for weight in self.model.get_weights()]
            self.model.set_weights(halves)


def test_a_users_own_callback_changes_weights(windows):
    halver = Halver()
    two_epochs = fit(windows, [halver], epochs=2)
    for ours, theirs in zip(
        two_epochs.weights_, fit(windows, None, epochs=2).weights_, strict=True
    ):
        np.testing.assert_array_equal(ours, theirs / 2)
    assert halver.diary == []  # fit works on a copy


@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_begin"])
def test_weights_changed_before_an_epoch_are_trained_on(windows, hook):
    """With a learning rate of next to nothing, what a callback sets stays."""

    class Setter(keras.callbacks.Callback):
        def set_ones(self, *_):
            self.model.set_weights([np.ones_like(w) for w in self.model.get_weights()])

    setattr(Setter, hook, Setter.set_ones)
    forecaster = fit(windows, [Setter()], epochs=1, optimizer="sgd", learning_rate=1e-9)
    for weight in forecaster.weights_:
        np.testing.assert_allclose(weight, 1, atol=1e-4)


def test_the_last_logs_are_told_at_the_end(windows):
    told = []
    teller = keras.callbacks.LambdaCallback(on_train_end=told.append)
    forecaster = fit(windows, [teller])
    assert told[0]["loss"] == forecaster.history_["loss"][-1]


def test_a_lambda_callback_tells_the_user(windows):
    seen = []
    teller = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(logs["val_loss"])
    )
    assert fit(windows, [teller]).history_["val_loss"] == seen


def test_callbacks_survive_clone_and_a_second_fit(windows):
    stopper = keras.callbacks.EarlyStopping("val_loss", patience=2)
    forecaster = fit(windows, [stopper])
    assert not hasattr(stopper, "wait") or stopper.wait == 0
    assert_same_weights(fit(windows, [stopper]), forecaster)
    X, y = windows
    clone(forecaster).fit(X, y, X_val=X, y_val=y)


def test_models_of_callbacks_do_not_need_linear_scaling(windows):
    from sklearn.preprocessing import QuantileTransformer

    scaler = QuantileTransformer(n_quantiles=50)
    assert_same_weights(
        fit(windows, [keras.callbacks.Callback()], scaler=scaler),
        fit(windows, None, scaler=scaler),
    )


class OnBatchEnd(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        """Would be called at every batch."""


@pytest.mark.parametrize(
    ("callback", "name"),
    [
        (OnBatchEnd(), "OnBatchEnd has the hook on_train_batch_end"),
        (
            keras.callbacks.ModelCheckpoint("never.keras", save_freq=10),
            "ModelCheckpoint has the hook on_train_batch_end",
        ),
        (keras.callbacks.TerminateOnNaN(), "TerminateOnNaN has the hook on_batch_end"),
        (keras.callbacks.SwapEMAWeights(), "SwapEMAWeights has the hook on_test_begin"),
        (keras.callbacks.BackupAndRestore("never"), "BackupAndRestore has the hook"),
        (
            keras.callbacks.LambdaCallback(on_train_batch_begin=lambda *_: None),
            "LambdaCallback has the hook on_train_batch_begin",
        ),
    ],
)
def test_batch_hooks_are_refused(windows, callback, name):
    with pytest.raises(ValueError, match=f"{name}.*once per epoch"):
        fit(windows, [callback])


def test_what_is_no_callback_is_refused(windows):
    with pytest.raises(
        InvalidParameterError, match=r"keras\.callbacks\.Callback. Got 'best'"
    ):
        fit(windows, ["best"])
