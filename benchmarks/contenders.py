"""What fit.py races: sk_rnn and Keras, behind one small interface.

A contender is built for a case and then told to ``start`` from given weights, in the
order of Keras's ``get_weights``. Before each epoch it is ``fed`` with the order of the
rows, which is not timed; ``epoch`` then trains on them, batch by batch, and returns the
mean loss of the rows.

Each contender lives in a process of its own (``Remote``): thread pools of several
libraries in one process slow each other down, OpenMP's most of all.
"""

from __future__ import annotations

import importlib
import multiprocessing
import warnings
from time import perf_counter
from typing import NamedTuple, Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sk_rnn import make_windows
from sk_rnn._architecture import Architecture
from sk_rnn._callbacks import Callbacks, Control
from sk_rnn._training import Rows, Settings, State, _Epoch, initial_state

LEARNING_RATE = 0.001
RANDOM_STATE = 0
# The seed that a forecaster with this random_state trains with.
SEED = int(np.random.RandomState(RANDOM_STATE).randint(2**31 - 1))


class Case(NamedTuple):
    """What is trained, and on what."""

    cell: str = "lstm"
    dtype: str = "float32"
    units: int = 125
    n_steps: int = 60
    batch_size: int = 32
    n_rows: int = 1199
    fit_epochs: int = 50
    loss: str = "mse"  # or "huber"

    @property
    def n_batches(self) -> int:
        """Batches in an epoch."""
        return -(-self.n_rows // self.batch_size)

    @property
    def batch_sizes(self) -> list[int]:
        """Rows of each batch of an epoch."""
        starts = range(0, self.n_rows, self.batch_size)
        return [min(self.batch_size, self.n_rows - start) for start in starts]

    @property
    def architecture(self) -> Architecture:
        """The network, in sk_rnn's terms."""
        return Architecture(
            cell=self.cell,
            units=(self.units,),
            bidirectional=False,
            dropout=0.0,
            n_channels=1,
            n_outputs=1,
            dtype=self.dtype,
        )

    def order(self, epoch: int) -> NDArray:
        """Draw the order of the rows in an epoch, the same as sk_rnn does."""
        rng = np.random.default_rng([SEED, epoch * self.n_batches])
        return rng.permutation(self.n_rows)

    def initial_state(self) -> State:
        """Draw the weights to start from."""
        return initial_state(self.architecture, "rmsprop", SEED)


class Data(NamedTuple):
    """A series and its windows."""

    series: NDArray  # (n_rows + n_steps,)
    X: NDArray  # (n_rows, n_steps, 1)
    y: NDArray  # (n_rows, 1)


class Contender(Protocol):
    """What fit.py asks of all."""

    def start(self, weights: list[NDArray]) -> None: ...
    def feed(self, order: NDArray) -> None: ...
    def epoch(self) -> float: ...
    def stop(self) -> None: ...


class Remote:
    """A contender in a process of its own.

    Raises
    ------
    ImportError
        If the process cannot import what the contender needs.
    """

    def __init__(self, kind: type, case: Case, weights: list[NDArray], n_epochs: int):
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        arguments = theirs, kind.__module__, kind.__name__, case, weights, n_epochs
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        error = self._connection.recv()
        if error is not None:
            raise ImportError(error)

    def epoch(self, order: NDArray) -> tuple[float, float]:
        """Train on rows in an order; return the seconds and the loss."""
        self._connection.send(order)
        return self._connection.recv()

    def stop(self) -> None:
        """End the process."""
        self._connection.send(None)
        self._process.join()


def _serve(connection, module, kind, case, weights, n_epochs) -> None:
    """Build a contender, and train whenever an order of rows arrives."""
    warnings.simplefilter("ignore")  # Lightning's advice on settings
    keras.config.set_floatx(case.dtype)  # else Keras casts the data
    try:
        build = getattr(importlib.import_module(module), kind)
        contender = build(case, make_data(case), n_epochs)
    except ImportError as error:
        connection.send(str(error))
        return
    contender.start(weights)
    connection.send(None)
    while (order := connection.recv()) is not None:
        contender.feed(order)
        start = perf_counter()
        loss = contender.epoch()
        connection.send((perf_counter() - start, float(loss)))
    contender.stop()


def make_data(case: Case) -> Data:
    """Make a noisy sum of sines of mean 0 and variance 1, and window it."""
    time = np.arange(case.n_rows + case.n_steps)
    series = np.sin(2 * np.pi * time / 25) + 0.5 * np.sin(2 * np.pi * time / 90)
    series += np.random.default_rng(0).normal(scale=0.3, size=len(time))
    series = (series - series.mean()) / series.std()
    series = series.astype("float32").astype(case.dtype)  # the same in both dtypes
    X, y = make_windows(series, n_steps=case.n_steps)
    X = np.ascontiguousarray(X, case.dtype)[:, :, np.newaxis]
    return Data(series, X, np.ascontiguousarray(y, case.dtype)[:, np.newaxis])


class SkRnn:
    """One epoch of what ``fit`` runs; the only place that knows its internals."""

    def __init__(self, case: Case, data: Data, n_epochs: int):
        self._case = case
        rows = Rows(
            windows=data.X,
            chosen=None,
            scaling=None,
            targets=data.y,
            weights=np.ones(case.n_rows),
        )
        settings = Settings(
            loss=case.loss,
            optimizer="rmsprop",
            learning_rate=LEARNING_RATE,
            learning_rate_decay=None,
            batch_size=case.batch_size,
            epochs=case.fit_epochs,
            seed=SEED,
            patience=None,
            verbose=0,
        )
        self._epoch = _Epoch(rows.gathered_if_small(), case.architecture, settings)
        self._no_hooks = Callbacks((), None)

    def start(self, weights):
        state = self._case.initial_state()._replace(weights=weights)
        self._control = Control(state, LEARNING_RATE)

    def feed(self, order):
        """Draws the same order by itself, and gathers the rows inside the epoch."""

    def epoch(self):
        with tf.device("/CPU:0"):
            self._control, loss = self._epoch(self._control, self._no_hooks)
        return loss

    def stop(self):
        pass


class Keras:
    """``Model.fit`` for one epoch at a time."""

    jit_compile: bool | str = "auto"  # Keras's default

    def __init__(self, case: Case, data: Data, n_epochs: int):
        self._case, self._data = case, data

    def start(self, weights):
        self._model = keras_model(self._case, weights, self.jit_compile)

    def feed(self, order):
        self._X, self._y = self._data.X[order], self._data.y[order]

    def epoch(self):
        history = self._model.fit(
            self._X,
            self._y,
            batch_size=self._case.batch_size,
            epochs=1,
            shuffle=False,
            verbose=0,
        )
        return history.history["loss"][-1]

    def stop(self):
        pass


class KerasXLA(Keras):
    """The same, compiled by XLA."""

    jit_compile = True


def keras_model(
    case: Case, weights: list[NDArray], jit_compile: bool | str = "auto"
) -> keras.Model:
    """Build and compile the network as a user of Keras would."""
    layers = keras.layers
    layer = {"lstm": layers.LSTM, "gru": layers.GRU, "rnn": layers.SimpleRNN}[case.cell]
    model = keras.Sequential(
        [
            keras.Input((case.n_steps, 1), dtype=case.dtype),
            layer(case.units, dtype=case.dtype),
            keras.layers.Dense(1, dtype=case.dtype),
        ]
    )
    model.set_weights(weights)
    loss = keras.losses.MeanSquaredError if case.loss == "mse" else keras.losses.Huber
    model.compile(
        optimizer=keras.optimizers.RMSprop(LEARNING_RATE),
        loss=loss(dtype=case.dtype),
        jit_compile=jit_compile,
    )
    return model
