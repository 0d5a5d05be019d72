"""The compiled functions, each built once per process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import keras
import tensorflow as tf

from sk_rnn._network import Architecture, forward, weight_shapes
from sk_rnn._optimizers import slot_shapes, update

PREDICTION_ROWS = 16  # every forward pass has this many rows, so none depends on others
_SHARD_ROWS = 8
_MAX_SHARDS = 4
_MAX_PROGRAMS = 64


class Program(NamedTuple):
    """What shapes a compiled training function, and nothing else."""

    architecture: Architecture
    loss: str
    optimizer: str
    batch_size: int
    n_steps: int | None  # None: any number of steps, not compiled by XLA

    @property
    def xla(self) -> bool:
        """Whether XLA compiles the program, which it does for one shape only."""
        return self.n_steps is not None

    @property
    def n_shards(self) -> int:
        """Parts of a batch whose gradients are computed side by side.

        XLA keeps one core busy, so shards pay there; without it, the time goes into
        dispatching operations, which shards only multiply. The number never depends on
        the machine, so results do not either.
        """
        return min(_MAX_SHARDS, -(-self.batch_size // _SHARD_ROWS)) if self.xla else 1

    @property
    def shard_rows(self) -> int:
        """Rows of a shard with its padding."""
        return -(-self.batch_size // self.n_shards)

    @property
    def batch_rows(self) -> int:
        """Rows of a batch with its padding."""
        return self.n_shards * self.shard_rows


class _CompiledOnce:
    """Decorates what builds a function: the most recently used ones are kept.

    Each is compiled by one thread only, however many ask for it.
    """

    def __init__(self, build: Callable):
        self._build = build
        self._compiling = threading.Lock()
        self._compile = lru_cache(maxsize=_MAX_PROGRAMS)(self._compile_anew)

    def _compile_anew(self, key):
        function = self._build(key)
        # Called by itself, several functions of one name look like retracing to
        # TensorFlow. It is kept all the same, for its count of traces.
        return function, function.get_concrete_function()

    def __call__(self, key):
        with self._compiling:
            return self._compile(key)[1]

    def cache_clear(self) -> None:
        """Forget every function."""
        self._compile.cache_clear()


@_CompiledOnce
def training_function(program: Program) -> Callable:
    """Build the function that trains on consecutive batches.

    It maps weights, slots, the number of updates so far, the learning rate, a seed and
    batches of windows, targets and row weights to weights, slots and the batches'
    losses.
    """
    architecture, dtype = program.architecture, program.architecture.dtype
    row_loss = keras.losses.get(program.loss)
    shapes = weight_shapes(architecture)
    window_shape = (program.n_steps, architecture.n_channels)

    def spec(*shape, dtype=dtype):
        return tf.TensorSpec(shape, dtype)

    weight_specs = [spec(*shape) for shape in shapes]
    rows = program.shard_rows

    @tf.function(
        jit_compile=program.xla,
        autograph=False,
        input_signature=[
            weight_specs,
            spec(rows, *window_shape),
            spec(rows, architecture.n_outputs),
            spec(rows),
            spec(2, dtype="int32"),
        ],
    )
    def shard_gradients(weights, windows, targets, row_weights, seed):
        with tf.GradientTape() as tape:
            tape.watch(weights)
            outputs = forward(architecture, weights, windows, dropout_seed=seed)
            loss = tf.reduce_sum(row_weights * row_loss(targets, outputs))
        return loss, tape.gradient(loss, weights)

    @tf.function(jit_compile=program.xla, autograph=False)
    def apply_gradients(weights, slots, shards, learning_rate, step):
        gradients = [tf.add_n(parts) for parts in zip(*shards, strict=True)]
        return update(program.optimizer, weights, slots, gradients, learning_rate, step)

    @tf.function(
        autograph=False,
        input_signature=[
            weight_specs,
            [spec(*shape) for shape in slot_shapes(program.optimizer, shapes)],
            spec(dtype="int32"),
            spec(),
            spec(dtype="int32"),
            spec(None, *window_shape),
            spec(None, architecture.n_outputs),
            spec(None),
        ],
    )
    def train(
        weights, slots, n_updates, learning_rate, seed, windows, targets, row_weights
    ):
        n_batches = tf.shape(targets)[0] // program.batch_rows

        def train_batch(batch, weights, slots, losses):
            update_number = n_updates + batch
            shards = []
            for shard in range(program.n_shards):
                start = batch * program.batch_rows + shard * rows
                part = slice(start, start + rows)
                shards.append(
                    shard_gradients(
                        weights,
                        tf.ensure_shape(windows[part], (rows, *window_shape)),
                        tf.ensure_shape(targets[part], (rows, architecture.n_outputs)),
                        tf.ensure_shape(row_weights[part], (rows,)),
                        tf.stack([seed, update_number * program.n_shards + shard]),
                    )
                )
            weights, slots = apply_gradients(
                weights,
                slots,
                [gradients for _, gradients in shards],
                learning_rate,
                tf.cast(update_number + 1, dtype),
            )
            loss = tf.add_n([loss for loss, _ in shards])
            return batch + 1, weights, slots, losses.write(batch, loss)

        _, weights, slots, losses = tf.while_loop(
            lambda batch, *_: batch < n_batches,
            train_batch,
            (0, weights, slots, tf.TensorArray(dtype, size=n_batches)),
        )
        return weights, slots, losses.stack()

    return train


@_CompiledOnce
def prediction_function(architecture: Architecture) -> Callable:
    """Build the forward pass over consecutive groups of ``PREDICTION_ROWS`` rows."""
    shape = (None, architecture.n_channels)

    def spec(*shape):
        return tf.TensorSpec(shape, architecture.dtype)

    @tf.function(
        autograph=False,
        input_signature=[
            [spec(*shape) for shape in weight_shapes(architecture)],
            spec(None, *shape),
        ],
    )
    def predict(weights, windows):
        n_groups = tf.shape(windows)[0] // PREDICTION_ROWS

        def predict_group(group, outputs):
            start = group * PREDICTION_ROWS
            rows = windows[start : start + PREDICTION_ROWS]
            rows = tf.ensure_shape(rows, (PREDICTION_ROWS, *shape))
            outputs = outputs.write(group, forward(architecture, weights, rows))
            return group + 1, outputs

        outputs = tf.TensorArray(
            architecture.dtype,
            size=n_groups,
            element_shape=(PREDICTION_ROWS, architecture.n_outputs),
        )
        _, outputs = tf.while_loop(
            lambda group, _: group < n_groups, predict_group, (0, outputs)
        )
        return outputs.concat()

    return predict
