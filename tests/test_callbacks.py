import csv
import threading

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

from sk_rnn import GRUForecaster, _training, make_windows


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
    losses = two_epochs.history_["loss"]
    assert halver.diary == list(enumerate(losses))


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


ARGUMENTS = {  # of each hook, beside the logs
    "on_train_begin": 0,
    "on_epoch_begin": 1,
    "on_train_batch_begin": 1,
    "on_test_begin": 0,
    "on_test_batch_begin": 1,
    "on_test_batch_end": 1,
    "on_test_end": 0,
    "on_train_batch_end": 1,
    "on_epoch_end": 1,
    "on_train_end": 0,
}


@pytest.mark.parametrize("hook", ARGUMENTS)
def test_every_hook_is_handed_logs_as_by_keras(hook, windows):
    """Those without a default for them, as lambdas are, could not be called else."""
    told = []

    class Teller(keras.callbacks.Callback):
        pass

    def tell(self, *args, **logs):
        told.append([*args, *logs.values()])

    setattr(Teller, hook, tell)
    fit(windows, [Teller()])
    ours = [len(args) for args in told]
    told.clear()
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    ones = np.ones((4, 1))
    data = {"validation_data": (ones, ones), "callbacks": [Teller()], "verbose": 0}
    model.fit(ones, ones, **data)
    assert {*ours} == {len(args) for args in told} == {ARGUMENTS[hook] + 1}


def test_a_hook_bound_in_the_constructor_belongs_to_the_copy(windows):
    class Reporter(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.on_epoch_end = self._report

        def _report(self, epoch, logs=None):
            self.n_weights = len(self.model.get_weights())

    reporter = Reporter()
    fit(windows, [reporter])
    assert not hasattr(reporter, "n_weights")


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


# ---------------------------------------------------------------- copies


class Counter(keras.callbacks.Callback):
    """Holds what nobody can copy deeply, and counts epochs on itself."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()
        self.n_epochs = 0

    def on_train_begin(self, logs=None):
        self.losses = []

    def on_epoch_end(self, epoch, logs=None):
        with self.lock:
            self.n_epochs += 1
            self.losses.append(logs["loss"])
            logs["n_epochs"] = self.n_epochs


def test_copies_are_shallow(windows):
    counter = Counter()
    for _ in range(2):
        forecaster = fit(windows, [counter], epochs=3)
        assert forecaster.history_["n_epochs"] == [1, 2, 3]
    assert counter.n_epochs == 0
    assert not hasattr(counter, "losses")
    assert counter.model is None


# ---------------------------------------------------------------- logs


def test_what_a_callback_adds_to_the_logs_is_recorded(windows):
    """As Keras's History does, which hears of an epoch last."""

    class Adder(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["rmse"] = np.sqrt(np.float32(logs["loss"]))
            if epoch == 2:
                logs["late"] = keras.ops.convert_to_tensor(2.0)

    heard = []
    listener = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: heard.append(logs["rmse"])
    )
    history = fit(windows, [Adder(), listener], epochs=4).history_
    np.testing.assert_allclose(np.square(history["rmse"]), history["loss"], rtol=1e-6)
    assert history["rmse"] == heard
    assert history["late"] == pytest.approx([np.nan, np.nan, 2, np.nan], nan_ok=True)
    assert {type(value) for values in history.values() for value in values} == {float}


def test_logs_that_a_callback_empties_stop_no_early_stopping(windows):
    emptier = keras.callbacks.LambdaCallback(on_epoch_end=lambda _, logs: logs.clear())
    settings = {"epochs": 60, "early_stopping": True, "n_iter_no_change": 2}
    emptied = fit(windows, [emptier], **settings)
    plain = fit(windows, None, **settings)
    assert emptied.history_ == plain.history_
    assert_same_weights(emptied, plain)


# ---------------------------------------------------------------- hooks of batches


class Recorder(keras.callbacks.Callback):
    """Notes every hook that is called, with its epoch or batch."""

    def __init__(self):
        super().__init__()
        self.calls = []


def _recording(hook):
    def record(self, *args, **_):
        self.calls.append((hook, *(arg for arg in args if isinstance(arg, int))))

    return record


HOOKS = [
    f"on_{what}_{when}"
    for what in ("train", "test", "epoch", "train_batch", "test_batch")
    for when in ("begin", "end")
]
for _hook in HOOKS:
    setattr(Recorder, _hook, _recording(_hook))


def keras_calls(n_batches, steps_per_call):
    """Return the calls of Keras's fit with several batches per step."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=steps_per_call)
    X, recorder = np.ones((32 * n_batches, 1)), Recorder()
    model.fit(
        *(X, X), epochs=2, verbose=0, callbacks=[recorder], validation_data=(X, X)
    )
    return [call for call in recorder.calls if call[0] not in HOOKS[8:]]


@pytest.mark.parametrize("batches_per_call", [7, 1])
def test_hooks_are_called_as_in_a_fit_with_steps_of_several_batches(
    windows, batches_per_call, monkeypatch
):
    row_bytes = 6 * 8
    monkeypatch.setattr(_training, "_MAX_CALL_BYTES", batches_per_call * 32 * row_bytes)
    recorder = Recorder()
    fit(windows, [recorder], epochs=2)
    tests = [call for call in recorder.calls if call[0] in HOOKS[8:]]
    assert tests == [("on_test_batch_begin", 0), ("on_test_batch_end", 0)] * 2
    calls = [call for call in recorder.calls if call not in tests]
    expected = keras_calls(n_batches=7, steps_per_call=batches_per_call)
    if (
        batches_per_call == 7
    ):  # Keras 3.10 tells the first batch of a step, not the last
        last = ("on_train_batch_end", 6)
        expected = [last if call[0] == last[0] else call for call in expected]
    assert calls == expected


def test_callbacks_change_weights_and_stop_between_two_calls(windows, monkeypatch):
    monkeypatch.setattr(_training, "_MAX_CALL_BYTES", 3 * 32 * 6 * 8)

    class Stopper(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.set_weights([np.ones_like(w) for w in self.model.get_weights()])
            if batch == 5:
                self.model.stop_training = True

    stopped = fit(windows, [Stopper()])
    assert stopped.n_iter_ == 1
    assert all((weight == 1).all() for weight in stopped.weights_)


def test_losses_of_calls_are_means_so_far(windows, monkeypatch):
    monkeypatch.setattr(_training, "_MAX_CALL_BYTES", 3 * 32 * 6 * 8)
    losses = []
    teller = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: losses.append(logs["loss"])
    )
    forecaster = fit(windows, [teller], epochs=1)
    assert len(set(losses)) == 3
    assert losses[-1] == pytest.approx(forecaster.history_["loss"][0])


# ---------------------------------------------------------------- Keras's own


def test_a_backup_is_restored_as_if_nothing_had_happened(windows, tmp_path):
    class PowerCut(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 4:
                raise OSError("power cut")

    decay = {"learning_rate_decay": "cosine"}
    whole = fit(windows, None, **decay)
    backup = keras.callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)
    with pytest.raises(OSError, match="power cut"):
        fit(windows, [backup, PowerCut()], **decay)
    resumed = fit(windows, [backup], **decay)
    assert resumed.n_iter_ == 2
    rates = whole.history_["learning_rate"][4:]
    np.testing.assert_allclose(resumed.history_["learning_rate"], rates, rtol=1e-6)
    # Keras keeps the learning rate in float32.
    for ours, theirs in zip(resumed.weights_, whole.weights_, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    with pytest.warns(UserWarning, match="restored epoch 6 of 6, .* left to train"):
        done = fit(windows, [backup], **decay)
    assert done.n_iter_ == 0
    assert_same_weights(done, resumed)


def test_terminate_on_nan_stops_as_always(windows):
    watched = fit(windows, [keras.callbacks.TerminateOnNaN()])
    assert_same_weights(watched, fit(windows, None))
    with pytest.raises(ValueError, match="not finite any more"):
        fit(windows, [keras.callbacks.TerminateOnNaN()], learning_rate=1e300)


def test_progbar_logger_counts_to_the_end(windows, capsys):
    fit(windows, [keras.callbacks.ProgbarLogger()], epochs=2, verbose=1)
    printed = capsys.readouterr().out
    assert "Epoch 2/2" in printed
    assert "7/7" in printed


def test_model_checkpoint_counts_batches(windows, tmp_path):
    saver = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras", save_freq=10)
    forecaster = fit(windows, [saver], epochs=4)
    # Ten batches are seen in the second epoch, and again in the fourth.
    assert {path.name for path in tmp_path.iterdir()} == {"2.keras", "4.keras"}
    saved = keras.models.load_model(tmp_path / "2.keras")
    assert int(saved.optimizer.iterations) == 2 * 7
    assert forecaster.n_iter_ == 4


def test_swapping_averaged_weights_is_refused(windows):
    with pytest.raises(ValueError, match="SwapEMAWeights needs an optimizer with"):
        fit(windows, [keras.callbacks.SwapEMAWeights()])


def test_what_is_no_callback_is_refused(windows):
    with pytest.raises(
        InvalidParameterError, match=r"keras\.callbacks\.Callback. Got 'best'"
    ):
        fit(windows, ["best"])
