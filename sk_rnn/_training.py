"""The epoch loop: a pure function from weights and rows to weights."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sk_rnn._architecture import Architecture
from sk_rnn._callbacks import Callbacks, Control
from sk_rnn._lazy_table import smallest_int
from sk_rnn._losses import Loss, levels_of, name_of, row_losses
from sk_rnn._network import initial_weights
from sk_rnn._optimizers import n_slots
from sk_rnn._programs import (
    PREDICTION_ROWS,
    group_function,
    prediction_function,
    program_length,
    shard_rows,
    training_function,
)
from sk_rnn._progress import Progress
from sk_rnn._runtime import on_cpu
from sk_rnn._scaling import Scaling

# A call into TensorFlow can't be interrupted and holds its rows in memory.
_MAX_CALL_SECONDS = 1.0
_MAX_CALL_BYTES = 8 * 2**20
_MAX_GATHERED_BYTES = 32 * 2**20  # of a table that is scaled once for all epochs


class Settings(NamedTuple):
    """How to train, whatever the network."""

    loss: Loss
    optimizer: str
    learning_rate: float
    learning_rate_decay: str | None
    batch_size: int
    epochs: int
    seed: int
    patience: int | None  # epochs without improvement; None trains to the end
    verbose: int


class Rows(NamedTuple):
    """Rows of a table of windows, gathered and scaled when they are needed."""

    windows: Any  # Windows, raw; or what the network reads, scaled
    chosen: NDArray | None  # (n_rows,), which of them; None: all, as a view
    scaling: Scaling | None  # None: they, and the targets, are scaled already
    targets: Any = None  # (n_all, horizon), of all windows
    weights: Any = None  # (n_all,), of mean 1 where chosen

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.windows if self.chosen is None else self.chosen)

    @property
    def shape(self) -> tuple[int, int]:
        """Steps and channels that the network reads of a row."""
        if self.scaling is None:
            return self.windows.shape[1:]
        return self.scaling.shape_of(self.windows)

    def take(self, part: NDArray | slice) -> NDArray:
        """Return the scaled windows of some of the rows."""
        windows = self.windows[self._places(part)]
        if self.scaling is None:
            return windows
        return self.scaling.windows_to_network(windows)

    def take_all(self, part: NDArray | slice) -> tuple[NDArray, NDArray, NDArray]:
        """Return the scaled windows and targets of some of the rows, and weights."""
        places = self._places(part)
        windows, targets = self.windows[places], self.targets[places]
        if self.scaling is not None:
            targets = self.scaling.targets_to_network(np.asarray(targets), windows)
            windows = self.scaling.windows_to_network(windows)
        return windows, targets, self.weights[places]

    def gathered_if_small(self) -> Rows:
        """Return the same rows, scaled in advance if they do not fill the memory."""
        if _row_bytes(self) * self.n_rows > _MAX_GATHERED_BYTES:
            return self
        windows, targets, weights = self.take_all(slice(None))
        return Rows(windows, None, None, targets, weights)

    def _places(self, part: NDArray | slice) -> NDArray | slice:
        return part if self.chosen is None else self.chosen[part]


class State(NamedTuple):
    """All that training changes."""

    weights: list[NDArray]
    slots: list[NDArray]  # of the optimizer: vectors as long as all weights together
    n_updates: int


@on_cpu()
def initial_state(architecture: Architecture, optimizer: str, seed: int) -> State:
    """Draw weights; start the optimizer from zero."""
    weights = initial_weights(architecture, seed)
    zeros = np.zeros((n_slots(optimizer), architecture.n_weights), architecture.dtype)
    slots = list(zeros)
    return State(weights, slots, n_updates=0)


@on_cpu()
def train(
    rows: Rows,
    validation: Rows | None,
    state: State,
    architecture: Architecture,
    settings: Settings,
    callbacks: Sequence[Any] = (),
    build_model: Callable[[], Any] | None = None,
) -> tuple[State, dict[str, list[float]], bool]:
    """Train a network for some epochs; score the validation rows after each.

    The batches of an epoch and what is dropped in it are drawn from ``settings.seed``
    and the number of updates so far, so two runs in a row equal one long run. Returned
    is the state after the last whole epoch, or with ``patience`` the best one, as
    arrays; the history; and whether the user interrupted. Keras callbacks get what
    ``build_model`` returns.
    """
    rows = rows.gathered_if_small()
    if validation is not None:
        validation = validation.gathered_if_small()
    epoch_of = _Epoch(rows, architecture, settings)
    best_loss, n_unimproved = np.inf, 0
    progress = Progress(settings.epochs, settings.verbose)

    n_batches = -(-rows.n_rows // settings.batch_size)
    params = {
        "epochs": settings.epochs,
        "steps": n_batches,
        "verbose": settings.verbose,
    }
    hooks = Callbacks(callbacks, build_model, **params)
    control = hooks.call("on_train_begin", Control(state, settings.learning_rate))
    if 0 < settings.epochs <= hooks.initial_epoch:
        warnings.warn(
            f"A callback has restored epoch {hooks.initial_epoch} of "
            f"{settings.epochs}, so nothing is left to train. Use another folder, or "
            "more epochs.",
            stacklevel=4,
        )
    best = state = control.state
    records: list[dict[str, Any]] = []  # one per epoch
    interrupted = False
    try:
        for epoch in range(hooks.initial_epoch, settings.epochs):
            # A factor, so that callbacks may change the learning rate, too.
            learning_rate = control.learning_rate * _decay(settings, epoch)
            control = control._replace(learning_rate=learning_rate)
            control = hooks.call("on_epoch_begin", control, epoch)
            own = {"learning_rate": control.learning_rate}
            control, own["loss"] = epoch_of(control, hooks)
            if validation is not None:
                control, own["val_loss"] = _validate(
                    control, hooks, validation, architecture, settings.loss
                )
            logs = dict(own)
            control = hooks.call("on_epoch_end", control, epoch, logs)
            state = control.state
            records.append(own | {name: _number(logs[name]) for name in logs})

            monitored = own.get("val_loss", own["loss"])
            n_unimproved += 1
            if monitored < best_loss:
                best, best_loss, n_unimproved = state, monitored, 0
            stop = control.stop or n_unimproved == settings.patience
            progress.tell(epoch + 1, {k: v for k, v in own.items() if "loss" in k})
            if stop:
                break
    except KeyboardInterrupt:
        if not records:
            raise
        interrupted = True
    finally:
        progress.end()
    if settings.patience is not None:
        state = best
    last = dict(records[-1]) if records else {}
    state = hooks.call("on_train_end", control._replace(state=state), last).state
    _require_finite(state.weights, "a weight", settings.learning_rate)
    names = {name: None for record in records for name in record}  # in order
    history = {name: [r.get(name, np.nan) for r in records] for name in names}
    return state, history, interrupted


class _Epoch:
    """One pass over the shuffled rows, in calls of bounded time and memory."""

    def __init__(self, rows: Rows, architecture: Architecture, settings: Settings):
        self._rows = rows
        self._architecture = architecture
        self._seed = settings.seed
        self._levels = levels_of(settings.loss)
        horizon = architecture.n_outputs // len(self._levels)
        self._output_levels = self._for_program(np.tile(self._levels, horizon))
        # The pinball loss has a gradient where both target and output are zero.
        means = np.full(architecture.n_outputs, 1 / architecture.n_outputs)
        self._output_weights = self._for_program(means)
        self._batch_size = min(settings.batch_size, rows.n_rows)
        self._shard_rows = shard_rows(settings.batch_size, rows.n_rows)
        self._n_shards = -(-self._batch_size // self._shard_rows)
        self._run = training_function(
            architecture.program(),
            name_of(settings.loss),
            settings.optimizer,
            architecture.dropout > 0,
            self._shard_rows,
            program_length(rows.shape[0]),
        )
        rows_per_call = _rows_per_call(architecture, rows)
        self._call_rows = max(1, rows_per_call // self._batch_size) * self._batch_size

    def __call__(self, control: Control, hooks: Callbacks) -> tuple[Control, float]:
        """Return what there is after the epoch, and the mean loss of its rows.

        A call is to callbacks what a step of several batches is in Keras.
        """
        n_rows, seed = self._rows.n_rows, [self._seed, control.state.n_updates]
        order = np.arange(n_rows, dtype=smallest_int(n_rows))
        np.random.default_rng(seed).shuffle(order)
        total, n_seen = 0.0, 0
        for start in range(0, n_rows, self._call_rows):
            first = start // self._batch_size
            control = hooks.call("on_train_batch_begin", control, first)
            state, learning_rate, _ = control
            sizes, batches = self._batches(order[start : start + self._call_rows])
            state, losses = self._updated(state, learning_rate, batches)
            _require_finite([losses], "the loss", learning_rate)
            total += losses @ sizes
            n_seen += sizes.sum()
            control = control._replace(state=state)
            last, logs = first + len(sizes) - 1, {"loss": float(total / n_seen)}
            control = hooks.call("on_train_batch_end", control, last, logs)
            if control.stop:
                break
        return control, float(total / n_seen)

    def _batches(self, part: NDArray) -> tuple[NDArray, tuple[NDArray, ...]]:
        """Return the sizes of batches, and their windows, targets and weights.

        Batches are padded to one size with rows of weight zero.
        """
        size = self._batch_size
        padded_size = self._n_shards * self._shard_rows
        n_batches = -(-len(part) // size)
        sizes = np.full(n_batches, size)
        sizes[-1] = len(part) - size * (n_batches - 1)
        is_row = np.arange(padded_size) < sizes[:, np.newaxis]
        # Padding repeats a row, for a weight of zero does not mask a NaN.
        padded = np.full(is_row.shape, part[0])
        padded[is_row] = part
        windows, targets, weights = self._rows.take_all(padded.ravel())
        targets = np.repeat(targets, len(self._levels), axis=1)
        weights = weights * (is_row / sizes[:, np.newaxis]).ravel()
        weights = weights.astype(targets.dtype)
        return sizes, (windows, self._for_program(targets), weights)

    def _for_program(self, by_output: NDArray) -> NDArray:
        """Fill values, (..., n_outputs), up with zeros to as many as are compiled."""
        a = self._architecture
        shape = *by_output.shape[:-1], a.program().n_outputs
        filled = np.zeros(shape, a.dtype)
        filled[..., : a.n_outputs] = by_output
        return filled

    def _updated(
        self, state: State, learning_rate: float, batches: tuple[NDArray, ...]
    ) -> tuple[State, NDArray]:
        """Return the state after some batches, and their losses."""
        a = self._architecture
        vector, slots, losses = self._run(
            tf.constant(a.widen(_joined(state.weights))),
            [tf.constant(a.widen(slot)) for slot in state.slots],
            tf.constant(state.n_updates, "int32"),
            tf.constant(learning_rate, a.dtype),
            tf.constant(self._seed, "int32"),
            tf.constant(a.dropout, a.dtype),
            (tf.constant(self._output_weights), tf.constant(self._output_levels)),
            tf.constant(self._n_shards, "int32"),
            *map(tf.constant, batches),
        )
        vector, *slots = (a.narrow(each.numpy()) for each in (vector, *slots))
        state = State(a.weights_of(vector), slots, state.n_updates + len(losses))
        return state, losses.numpy().astype(np.float64)


def forward_pass(
    weights: Sequence[NDArray], architecture: Architecture, n_steps: int
) -> Callable[[NDArray], NDArray]:
    """Prepare the network to be run on scaled windows of so many steps.

    Windows are (n_rows, n_steps, n_channels), of no more rows than memory bears.
    """
    program, length = architecture.program(), program_length(n_steps)
    vector = architecture.widen(_joined(weights))
    wide = [tf.constant(weight) for weight in program.weights_of(vector)]

    def run(scaled: NDArray) -> NDArray:
        if len(scaled) <= PREDICTION_ROWS:  # at once, without TensorFlow's executor
            rows = np.zeros(
                (PREDICTION_ROWS, length, program.n_channels), program.dtype
            )
            rows[tuple(map(slice, scaled.shape))] = scaled
            inputs = tf.constant(rows), tf.constant(n_steps, "int32")
            outputs = group_function(program, length)(wide, *inputs)
        else:
            inputs = tf.constant(vector), tf.constant(scaled)
            outputs = prediction_function(program, length)(*inputs)
        return outputs.numpy()[: len(scaled), : architecture.n_outputs]

    return run


def _joined(weights: Sequence[NDArray]) -> NDArray:
    return np.concatenate([weight.ravel() for weight in weights])


@on_cpu()
def outputs_of(rows: Rows, weights: Any, architecture: Architecture) -> NDArray:
    """Run the network on rows, in calls of bounded memory.

    Returned are the outputs in the network's units and dtype, (n_rows, n_outputs).
    """
    run = forward_pass(weights, architecture, rows.shape[0])
    outputs = np.empty((rows.n_rows, architecture.n_outputs), architecture.dtype)
    for part in _parts(rows, architecture):
        outputs[part] = run(rows.take(part))
    return outputs


def _parts(rows: Rows, architecture: Architecture) -> Iterator[slice]:
    """Cut rows in parts that one call may predict."""
    size = max(1, _rows_per_call(architecture, rows))
    return (
        slice(start, min(start + size, rows.n_rows))
        for start in range(0, rows.n_rows, size)
    )


def _decay(settings: Settings, epoch: int) -> float:
    """Return the factor by which the learning rate falls before an epoch.

    Along ``keras.optimizers.schedules.CosineDecay``, which would round to float32.
    """
    if settings.learning_rate_decay is None or epoch == 0:
        return 1.0
    half_waves = np.arange(epoch - 1, epoch + 1) * np.pi / settings.epochs
    before, now = 1 + np.cos(half_waves)
    return float(now / before)


def _validate(
    control: Control,
    hooks: Callbacks,
    rows: Rows,
    architecture: Architecture,
    loss: Loss,
) -> tuple[Control, float]:
    """Score the validation rows, to callbacks a test of one batch."""
    control = hooks.call("on_test_begin", control)
    control = hooks.call("on_test_batch_begin", control, 0)
    score = _score(control.state, rows, architecture, loss)
    control = hooks.call("on_test_batch_end", control, 0, {"loss": score})
    return hooks.call("on_test_end", control, {"loss": score}), score


def _number(value: Any) -> Any:
    """Return what a callback has put into the logs as a float, if it is one."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def _score(state: State, rows: Rows, architecture: Architecture, loss: Loss) -> float:
    """Return the weighted mean loss of rows."""
    outputs = outputs_of(rows, state.weights, architecture)
    losses, weights = np.empty((2, rows.n_rows))
    for part in _parts(rows, architecture):
        _, targets, weights[part] = rows.take_all(part)
        losses[part] = row_losses(loss)(targets, outputs[part])
    if not np.isfinite(losses).all():
        raise ValueError(
            "The validation loss is not finite. Look for outliers in the validation "
            "rows (X_val and y_val, or the last rows of X and y)."
        )
    return float(np.average(losses, weights=weights))


def _rows_per_call(architecture: Architecture, rows: Rows) -> int:
    """Return how many rows one call may train or predict."""
    # What training on a row costs, estimated generously. Never read from a clock: a fit
    # must not be run otherwise on another machine.
    n_products = architecture.n_weights
    n_loops = len(architecture.units) * architecture.n_directions
    seconds = 2e-5 + rows.shape[0] * (1e-10 * n_products + 5e-7 * n_loops)
    return int(min(_MAX_CALL_SECONDS / seconds, _MAX_CALL_BYTES / _row_bytes(rows)))


def _row_bytes(rows: Rows) -> int:
    """Bytes of one row in float64, the largest that scaling makes of it."""
    return math.prod(rows.shape) * 8


def _require_finite(arrays: Sequence[NDArray], what: str, learning_rate: float) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError(
            f"Training stopped because {what} is not finite any more. Use a smaller "
            f"learning_rate (now {learning_rate}), a scaler, or look for outliers in "
            "X and y."
        )
