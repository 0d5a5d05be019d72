from typing import NamedTuple

import keras
import numpy as np
import pytest

from sk_rnn import _architecture, _training
from sk_rnn._architecture import Architecture
from sk_rnn._network import keras_model
from sk_rnn._programs import training_function
from sk_rnn._rows import Windows
from sk_rnn._scaling import Scaling
from sk_rnn._training import Rows, Settings, State, initial_state, train


class Result(NamedTuple):
    state: State
    history: dict
    interrupted: bool


RNG = np.random.default_rng(0)
WINDOWS = RNG.normal(size=(45, 12, 2))
TARGETS = WINDOWS[:, -1] + 0.1 * WINDOWS[:, :, 0].mean(axis=1, keepdims=True)
WEIGHTS = RNG.uniform(0.5, 1.5, 45)


def make_rows(dtype, chosen=None, weights=WEIGHTS):
    chosen = np.arange(len(WINDOWS)) if chosen is None else chosen
    return Rows(
        windows=Windows(WINDOWS, np.empty((45, 0))),
        chosen=chosen,
        scaling=Scaling(None, None, None, None, 1, dtype),
        targets=TARGETS.astype(dtype),
        weights=weights,
    )


def make_settings(**changes):
    settings = Settings(
        loss="mse",
        optimizer="rmsprop",
        learning_rate=0.01,
        learning_rate_decay=None,
        batch_size=10,
        epochs=3,
        seed=5,
        patience=None,
        verbose=0,
    )
    return settings._replace(**changes)


def make_architecture(**changes):
    return Architecture("gru", (6,), False, 0.0, 2, 2, "float64")._replace(**changes)


def run(architecture, settings, state=None, rows=None, validation=None):
    if state is None:
        state = initial_state(architecture, settings.optimizer, settings.seed)
    rows = rows or make_rows(architecture.dtype)
    return Result(*train(rows, validation, state, architecture, settings))


@pytest.mark.parametrize(
    ("cell", "optimizer", "loss", "dtype"),
    [
        ("rnn", "adam", "mse", "float32"),
        ("rnn", "rmsprop", "mae", "float64"),
        ("lstm", "rmsprop", "mse", "float32"),
        ("gru", "rmsprop", "mae", "float32"),
        ("lstm", "adam", "huber", "float64"),
        ("gru", "adam", "mse", "float32"),
        ("lstm", "adamw", "mse", "float32"),
        ("gru", "adamw", "log_cosh", "float64"),
        ("lstm", "sgd", "mse", "float32"),
        ("gru", "sgd", "mse", "float64"),
    ],
)
def test_training_ends_in_the_weights_of_keras_fit(cell, optimizer, loss, dtype):
    """Five batches an epoch, the last incomplete: the same weights as Model.fit."""
    architecture = make_architecture(cell=cell, dtype=dtype)
    settings = make_settings(optimizer=optimizer, loss=loss)
    initial = initial_state(architecture, optimizer, seed=5)
    result = run(architecture, settings, initial)

    model = keras_model(architecture, initial.weights, n_steps=12)
    keras_optimizer = keras.optimizers.get(optimizer)
    keras_optimizer.learning_rate = 0.01
    model.compile(keras_optimizer, loss, jit_compile=False)
    for epoch in range(3):
        order = np.random.default_rng([5, 5 * epoch]).permutation(45)
        history = model.fit(
            WINDOWS[order].astype(dtype),
            TARGETS[order].astype(dtype),
            sample_weight=WEIGHTS[order],
            batch_size=10,
            shuffle=False,
            verbose=0,
        )
        their_loss = history.history["loss"][0]
        assert result.history["loss"][epoch] == pytest.approx(their_loss, rel=1e-5)
    for ours, theirs in zip(result.state.weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=5e-6)
    moved = np.abs(result.state.weights[0] - initial.weights[0]).max()
    assert moved > 1e-3  # else the comparison would say nothing


# Keras takes long to compile such stacks; test_recurrence compares all cells, too.
@pytest.mark.soak
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_stack_over_long_windows_ends_in_the_weights_of_keras_fit(cell):
    """Two shards in a batch, more than 64 steps, two layers in both directions."""
    architecture = make_architecture(cell=cell, units=(18, 5), bidirectional=True)
    windows = np.random.default_rng(1).normal(size=(45, 70, 2))
    targets = windows[:, -1]
    rows = make_rows("float64", weights=np.ones(45))
    windows_read = Windows(windows, np.empty((45, 0)))
    rows = rows._replace(windows=windows_read, targets=targets)
    settings = make_settings(batch_size=20, epochs=1)
    initial = initial_state(architecture, "rmsprop", seed=5)
    result = run(architecture, settings, initial, rows)

    model = keras_model(architecture, initial.weights, n_steps=70)
    model.compile(keras.optimizers.RMSprop(0.01), "mse", jit_compile=False)
    order = np.random.default_rng([5, 0]).permutation(45)
    model.fit(windows[order], targets[order], batch_size=20, shuffle=False, verbose=0)
    for ours, theirs in zip(result.state.weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=5e-6)
    assert np.abs(result.state.weights[0] - initial.weights[0]).max() > 1e-3


SHAPES = [
    ("rnn", "adamw", "huber", "float64", {"units": (5, 18), "bidirectional": True}),
    ("lstm", "rmsprop", (0.2, 0.9), "float64", {"units": (7,), "n_outputs": 4}),
    ("gru", "adam", (0.1,), "float32", {"units": (17,)}),
    ("lstm", "sgd", "mae", "float64", {"units": (3, 4)}),
    ("gru", "adamw", "mse", "float64", {"units": (6,), "bidirectional": True}),
    ("rnn", "adam", "mse", "float64", {"units": (9, 20), "dropout": 0.3}),
]


@pytest.mark.parametrize(("cell", "optimizer", "loss", "dtype", "changes"), SHAPES)
def test_what_fills_a_network_up_stays_zero_and_changes_nothing(
    cell, optimizer, loss, dtype, changes, monkeypatch
):
    """Programs of wider networks give what programs of the true shapes give."""
    architecture = make_architecture(cell=cell, dtype=dtype, **changes)
    settings = make_settings(optimizer=optimizer, loss=loss, epochs=2)
    wide = []

    def recording(*shape):
        run = training_function(*shape)

        def recorded(*inputs):
            weights, slots, losses = run(*inputs)
            wide.extend(each.numpy() for each in [weights, *slots])
            return weights, slots, losses

        return recorded

    monkeypatch.setattr(_training, "training_function", recording)
    ours = run(architecture, settings)
    assert wide
    for vector in wide:
        assert len(vector) > architecture.n_weights
        again = architecture.widen(architecture.narrow(vector))
        np.testing.assert_array_equal(again, vector)

    if architecture.dropout:  # another mask
        return
    monkeypatch.setattr(Architecture, "program", lambda a: a)
    monkeypatch.setattr(_architecture, "_places", _architecture._places.__wrapped__)
    reference = run(architecture, settings)
    tolerance = {"float32": 4e-6, "float64": 1e-13}[dtype]
    assert ours.history["loss"] == pytest.approx(reference.history["loss"], rel=1e-6)
    for mine, theirs in zip(
        ours.state.weights + ours.state.slots,
        reference.state.weights + reference.state.slots,
        strict=True,
    ):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ("loss", "n_outputs"), [("huber", 1), ("mse", 3), ("mae", 24), ("log_cosh", 24)]
)
def test_the_loss_in_training_is_that_of_keras(loss, n_outputs):
    """Of the initial network, whatever number of outputs is compiled."""
    architecture = make_architecture(n_outputs=n_outputs)
    targets = np.random.default_rng(1).normal(scale=2, size=(45, n_outputs))
    rows = make_rows("float64")._replace(targets=targets)
    settings = make_settings(loss=loss, batch_size=64, epochs=1)
    result = run(architecture, settings, rows=rows)
    initial = initial_state(architecture, "rmsprop", seed=5)
    model = keras_model(architecture, initial.weights, n_steps=12)
    losses = keras.losses.get(loss)(targets, model(WINDOWS))
    expected = np.sum(losses * WEIGHTS) / 45
    assert result.history["loss"][0] == pytest.approx(expected, rel=1e-12)


def test_two_runs_in_a_row_equal_one_long_run():
    architecture = make_architecture(dropout=0.3)
    long = run(architecture, make_settings(epochs=4))
    first = run(architecture, make_settings(epochs=1))
    second = run(architecture, make_settings(epochs=3), first.state)
    assert first.history["loss"] + second.history["loss"] == long.history["loss"]
    for ours, theirs in zip(second.state.weights, long.state.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_calls_of_bounded_size_change_nothing(monkeypatch):
    """A fit whose rows do not fit in one call is trained and scored the same."""
    architecture, settings = make_architecture(), make_settings()
    validation = make_rows("float64", np.arange(30, 45))
    whole = run(architecture, settings, validation=validation)
    monkeypatch.setattr(_training, "_MAX_CALL_BYTES", 20 * 12 * 2 * 8)
    parts = run(architecture, settings, validation=validation)
    for name, losses in whole.history.items():
        assert parts.history[name] == pytest.approx(losses, rel=1e-12)
    for ours, theirs in zip(parts.state.weights, whole.state.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_weight_is_a_repetition_in_a_full_batch():
    architecture, settings = make_architecture(), make_settings(batch_size=64)
    repeated = np.repeat(np.arange(45), np.arange(45) % 3)
    kept = np.flatnonzero(np.arange(45) % 3)
    counts = (np.arange(45) % 3) / (kept % 3).mean()
    weighted = run(
        architecture, settings, rows=make_rows("float64", kept, weights=counts)
    )
    by_repetition = run(
        architecture, settings, rows=make_rows("float64", repeated, np.ones(45))
    )
    for ours, theirs in zip(
        weighted.state.weights, by_repetition.state.weights, strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_every_epoch_has_other_batches():
    """Without learning, the loss of an epoch changes with its order alone."""
    architecture = make_architecture()
    rows = make_rows("float64", weights=np.ones(45))
    settings = make_settings(optimizer="sgd", learning_rate=0.1, epochs=1)
    initial = initial_state(architecture, "sgd", 5)
    first = run(architecture, settings, initial, rows)
    later = run(architecture, settings, initial._replace(n_updates=5), rows)
    assert first.history["loss"] != later.history["loss"]


def test_every_update_drops_other_units():
    """The batch is the same, all rows; what it drops follows from the update."""
    architecture = make_architecture(dropout=0.5)
    settings = make_settings(epochs=1, batch_size=64, optimizer="sgd")
    initial = initial_state(architecture, "sgd", 5)
    losses = [
        run(architecture, settings, initial._replace(n_updates=n)).history["loss"][0]
        for n in range(4)
    ]
    assert len(np.unique(np.round(losses, 6))) == 4


def test_a_huge_batch_is_not_padded_without_end():
    """A batch size beyond the rows costs no more than the rows do."""
    architecture = make_architecture()
    some, huge = (
        run(architecture, make_settings(batch_size=size)) for size in (64, 10**6)
    )
    for ours, theirs in zip(some.state.weights, huge.state.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_validation_loss_that_is_not_finite_stops_training():
    architecture = make_architecture(dtype="float32")
    rows = make_rows("float32")
    validation = rows._replace(targets=rows.targets * np.float32(1e30))
    with pytest.raises(ValueError, match=r"validation loss is not finite.*X_val"):
        run(architecture, make_settings(patience=2), rows=rows, validation=validation)


def test_dropout_makes_training_different():
    plain = run(make_architecture(), make_settings())
    dropped = run(make_architecture(dropout=0.5), make_settings())
    assert plain.history["loss"] != dropped.history["loss"]


def test_patience_restores_the_best_weights():
    """Validation targets of the wrong sign get worse the more the network learns."""
    architecture = make_architecture()
    rows = make_rows("float64")
    validation = rows._replace(targets=-rows.targets)
    settings = make_settings(epochs=50, patience=4)
    result = run(architecture, settings, validation=validation)
    losses = result.history["val_loss"]
    best = int(np.argmin(losses)) + 1
    assert len(losses) == best + 4 < 50
    until_best = run(architecture, make_settings(epochs=best))
    for ours, theirs in zip(
        result.state.weights, until_best.state.weights, strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_validation_loss_is_that_of_the_weights_after_the_epoch():
    architecture, settings = make_architecture(), make_settings(epochs=2)
    result = run(architecture, settings, validation=make_rows("float64"))
    model = keras_model(architecture, result.state.weights, n_steps=12)
    errors = np.square(model.predict(WINDOWS, verbose=0) - TARGETS).mean(axis=1)
    expected = np.average(errors, weights=WEIGHTS)
    assert result.history["val_loss"][-1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("part", ["targets", "weights"])
def test_what_is_not_finite_stops_training(part):
    architecture = make_architecture(dtype="float32")
    rows = make_rows("float32")
    if part == "targets":
        rows = rows._replace(targets=rows.targets * 1e30)
        with pytest.raises(ValueError, match=r"the loss is not finite.*learning_rate"):
            run(architecture, make_settings(), rows=rows)
    else:
        rows = rows._replace(targets=rows.targets * 1e3)
        state = initial_state(architecture, "sgd", 0)
        settings = make_settings(
            optimizer="sgd", learning_rate=1e38, epochs=1, batch_size=64
        )
        with pytest.raises(ValueError, match="a weight is not finite"):
            run(architecture, settings, state, rows)


def test_state_is_not_changed_in_place():
    architecture = make_architecture()
    state = initial_state(architecture, "adam", 0)
    before = [np.copy(weight) for weight in state.weights]
    run(architecture, make_settings(optimizer="adam"), State(*state))
    for ours, theirs in zip(state.weights, before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_cosine_decay_is_that_of_keras():
    schedule = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=5)
    settings = make_settings(epochs=5, learning_rate_decay="cosine")
    history = run(make_architecture(), settings).history
    expected = [float(schedule(epoch)) for epoch in range(5)]
    np.testing.assert_allclose(history["learning_rate"], expected, rtol=1e-6)
