"""The epoch loop: a pure function from weights and rows to weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sk_rnn._callbacks import Callbacks, Control
from sk_rnn._network import Architecture, initial_weights, weight_shapes
from sk_rnn._optimizers import slot_shapes
from sk_rnn._programs import (
    PREDICTION_ROWS,
    Program,
    prediction_function,
    training_function,
)
from sk_rnn._runtime import on_cpu

# A call into TensorFlow can't be interrupted and holds its rows in memory.
_MAX_CALL_SECONDS = 1.0
_MAX_CALL_BYTES = 64 * 2**20
_XLA_PAYS_FROM_SECONDS = 1.0


class Settings(NamedTuple):
    """How to train, whatever the network."""

    loss: str
    optimizer: str
    learning_rate: float
    batch_size: int
    epochs: int
    seed: int
    patience: int | None  # epochs without improvement; None trains to the end
    verbose: int


class Rows(NamedTuple):
    """Rows of a table of windows, gathered and scaled when they are needed."""

    windows: NDArray  # (n_all, n_steps, n_channels), raw
    chosen: NDArray  # (n_rows,), which of them
    scale: Callable[[NDArray], NDArray]  # to the network's units and dtype
    targets: NDArray  # (n_rows, n_outputs), in the network's units and dtype
    weights: NDArray  # (n_rows,), of mean 1

    def take(self, part: NDArray | slice) -> NDArray:
        """Return the scaled windows of some of the rows."""
        return self.scale(self.windows[self.chosen[part]])

    def gathered_if_small(self) -> Rows:
        """Return the same rows, scaled in advance if they fit in one call."""
        if _window_bytes(self.windows, self.targets.dtype) * len(self.chosen) > (
            _MAX_CALL_BYTES
        ):
            return self
        windows = self.take(slice(None))
        return self._replace(
            windows=windows, chosen=np.arange(len(windows)), scale=lambda scaled: scaled
        )


class State(NamedTuple):
    """All that training changes."""

    weights: Sequence[Any]
    slots: Sequence[Any]
    n_updates: int


class Result(NamedTuple):
    """What a training run leaves behind."""

    state: State  # arrays
    history: dict[str, list[float]]
    interrupted: bool


@on_cpu
def initial_state(architecture: Architecture, optimizer: str, seed: int) -> State:
    """Draw weights; start the optimizer from zero.

    Parameters
    ----------
    architecture : Architecture
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}
    seed : int

    Returns
    -------
    State
    """
    shapes = slot_shapes(optimizer, weight_shapes(architecture))
    return State(
        weights=initial_weights(architecture, seed),
        slots=[np.zeros(shape, architecture.dtype) for shape in shapes],
        n_updates=0,
    )


@on_cpu
def train(
    rows: Rows,
    validation: Rows | None,
    state: State,
    architecture: Architecture,
    settings: Settings,
    callbacks: Callbacks,
) -> Result:
    """Train a network for some epochs.

    The batches are drawn from ``settings.seed`` alone, and what is dropped from the
    number of updates so far too, so two runs in a row equal one long run.

    Parameters
    ----------
    rows : Rows
        To train on.
    validation : Rows or None
        To be scored after every epoch.
    state : State
        To start from; not changed.
    architecture : Architecture
    settings : Settings
    callbacks : Callbacks

    Returns
    -------
    Result
        The state after the last whole epoch, or with ``patience`` the best one.

    Raises
    ------
    ValueError
        If the loss or a weight is not finite any more.
    """
    if validation is not None:
        validation = validation.gathered_if_small()
    epoch_of = _Epoch(rows, architecture, settings)
    best, best_loss, n_unimproved = state, np.inf, 0
    history: dict[str, list[float]] = {}
    bar = keras.utils.Progbar(
        settings.epochs,
        verbose=settings.verbose,
        unit_name="epoch",
        stateful_metrics=["loss", "val_loss"],
    )

    def call(hook: str, state: State, learning_rate: float, *args):
        control = callbacks.call(hook, Control(state.weights, learning_rate), *args)
        return state._replace(weights=control.weights), control

    interrupted = False
    state, control = call("on_train_begin", state, settings.learning_rate)
    try:
        for epoch in range(settings.epochs):
            before, control = call(
                "on_epoch_begin", state, control.learning_rate, epoch
            )
            logs = {"learning_rate": control.learning_rate}
            after, logs["loss"] = epoch_of(before, control.learning_rate)
            if validation is not None:
                logs["val_loss"] = _score(after, validation, architecture, settings)
            state, control = call(
                "on_epoch_end", after, control.learning_rate, epoch, dict(logs)
            )
            for name, value in logs.items():
                history.setdefault(name, []).append(value)

            monitored = logs.get("val_loss", logs["loss"])
            n_unimproved += 1
            if monitored < best_loss:
                best, best_loss, n_unimproved = state, monitored, 0
            stop = control.stop or n_unimproved == settings.patience
            if settings.verbose:
                shown = [(name, logs[name]) for name in logs if name != "learning_rate"]
                bar.update(epoch + 1, shown, finalize=stop or None)
            if stop:
                break
    except KeyboardInterrupt:
        interrupted = True
    if settings.patience is not None and history:
        state = best
    state, _ = call("on_train_end", state, control.learning_rate)
    state = _as_arrays(state)
    _require_finite(state.weights, "a weight", settings.learning_rate)
    return Result(state, history, interrupted)


class _Epoch:
    """One pass over the rows, in calls of bounded time and memory.

    The rows are shuffled once, so that every epoch has the same batches: they are
    gathered once too, if they are not too many, and a constant learning rate settles
    instead of being thrown about by whichever rows came last.
    """

    def __init__(self, rows: Rows, architecture: Architecture, settings: Settings):
        n_rows, n_steps = len(rows.chosen), rows.windows.shape[1]
        batch_size = settings.batch_size
        row_seconds = _plain_seconds_per_row(architecture, n_steps, batch_size)
        row_bytes = _window_bytes(rows.windows, architecture.dtype)
        xla_pays = row_seconds * n_rows * settings.epochs > _XLA_PAYS_FROM_SECONDS
        self._rows = rows
        self._seed = settings.seed
        self._program = Program(
            architecture,
            settings.loss,
            settings.optimizer,
            batch_size,
            n_steps if xla_pays else None,
        )
        self._run = training_function(self._program)
        call_rows = min(_MAX_CALL_SECONDS / row_seconds, _MAX_CALL_BYTES / row_bytes)
        call_rows = max(1, int(call_rows / batch_size)) * batch_size
        order = np.random.default_rng(settings.seed).permutation(n_rows)
        self._parts = [
            order[start : start + call_rows] for start in range(0, n_rows, call_rows)
        ]
        self._kept = None
        if row_bytes * n_rows <= _MAX_CALL_BYTES:
            self._kept = [self._batches(part) for part in self._parts]

    def __call__(self, state: State, learning_rate: float) -> tuple[State, float]:
        """Return the state after the epoch, and the mean loss of its rows."""
        dtype = self._program.architecture.dtype
        total = 0.0
        for batches, sizes in self._kept or map(self._batches, self._parts):
            weights, slots, losses = self._run(
                [tf.convert_to_tensor(weight) for weight in state.weights],
                [tf.convert_to_tensor(slot) for slot in state.slots],
                tf.constant(state.n_updates, "int32"),
                tf.constant(learning_rate, dtype),
                tf.constant(self._seed, "int32"),
                *batches,
            )
            state = State(weights, slots, state.n_updates + len(sizes))
            losses = np.asarray(losses, np.float64)
            _require_finite([losses], "the loss", learning_rate)
            total += losses @ sizes
        return state, float(total / len(self._rows.chosen))

    def _batches(self, part: NDArray) -> tuple[list[Any], NDArray]:
        """Lay out rows in batches; pad each with rows of weight zero.

        Returns windows, targets and weights as tensors, and the sizes of the batches.
        """
        size, padded_size = self._program.batch_size, self._program.batch_rows
        n_batches = -(-len(part) // size)
        sizes = np.full(n_batches, size)
        sizes[-1] = len(part) - size * (n_batches - 1)
        is_row = np.arange(padded_size) < sizes[:, np.newaxis]
        # Padding repeats a row, for a weight of zero does not mask a NaN.
        batches = np.full(is_row.shape, part[0])
        batches[is_row] = part
        weights = is_row * self._rows.weights[batches] / sizes[:, np.newaxis]
        rows = batches.ravel()
        targets = self._rows.targets[rows]
        weights = weights.ravel().astype(targets.dtype)
        arrays = (self._rows.take(rows), targets, weights)
        return [tf.constant(array) for array in arrays], sizes


@on_cpu
def predict(
    windows: NDArray,
    scale: Callable[[NDArray], NDArray],
    weights: Sequence[Any],
    architecture: Architecture,
) -> NDArray:
    """Run the network on windows, in calls of bounded memory.

    Parameters
    ----------
    windows : ndarray of shape (n_windows, n_steps, n_channels)
        Raw.
    scale : callable
        Maps some of the windows to the network's units and dtype.
    weights : sequence of ndarray
    architecture : Architecture

    Returns
    -------
    ndarray of shape (n_windows, n_outputs)
        In the network's units and dtype.
    """
    run = prediction_function(architecture)
    weights = [tf.convert_to_tensor(weight) for weight in weights]
    groups = max(
        1,
        _MAX_CALL_BYTES
        // (_window_bytes(windows, architecture.dtype) * PREDICTION_ROWS),
    )
    rows_per_call = groups * PREDICTION_ROWS
    outputs = []
    for start in range(0, len(windows), rows_per_call):
        scaled = scale(windows[start : start + rows_per_call])
        n_rows = len(scaled)
        padding = -n_rows % PREDICTION_ROWS
        scaled = np.pad(scaled, [(0, padding), (0, 0), (0, 0)])
        outputs.append(run(weights, tf.constant(scaled)).numpy()[:n_rows])
    return np.concatenate(outputs)


def _score(
    state: State, rows: Rows, architecture: Architecture, settings: Settings
) -> float:
    """Return the weighted mean loss of rows."""
    outputs = predict(
        rows.windows[rows.chosen], rows.scale, state.weights, architecture
    )
    row_losses = keras.losses.get(settings.loss)(rows.targets, outputs)
    return float(np.average(np.asarray(row_losses, np.float64), weights=rows.weights))


def _plain_seconds_per_row(
    architecture: Architecture, n_steps: int, batch_size: int
) -> float:
    """Estimate what training on one row costs without XLA on one core.

    Decides how a fit is run, never from a clock: results must not depend on the
    machine.
    """
    n_products = sum(np.prod(shape) for shape in weight_shapes(architecture))
    per_step = 6 * n_products / 3e10 + 2e-4 / min(batch_size, 32)
    return n_steps * len(architecture.units) * architecture.n_directions * per_step


def _window_bytes(windows: NDArray, dtype: Any) -> int:
    return int(np.prod(windows.shape[1:])) * np.dtype(dtype).itemsize


def _as_arrays(state: State) -> State:
    return state._replace(
        weights=[np.array(weight) for weight in state.weights],
        slots=[np.array(slot) for slot in state.slots],
    )


def _require_finite(arrays: Sequence[NDArray], what: str, learning_rate: float) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError(
            f"Training stopped because {what} is not finite any more. Use a smaller "
            f"learning_rate (now {learning_rate}), a scaler, or look for outliers in "
            "X and y."
        )
