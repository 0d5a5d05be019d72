"""The compiled functions, each built once per process."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from typing import Any

import tensorflow as tf

from sk_rnn._architecture import Architecture
from sk_rnn._losses import output_losses
from sk_rnn._network import forward
from sk_rnn._optimizers import n_slots, update
from sk_rnn._runtime import on_cpu

Tensor = Any

PREDICTION_ROWS = 8  # in every group: products of other sizes would round otherwise
_SIDE_BY_SIDE = 8  # shards computed at the same time, where there are cores for them
_MAX_PROGRAMS = 64


def shard_rows(batch_size: int, n_rows: int) -> int:
    """Return the rows of a shard, the part of a batch that one core works on.

    XLA keeps one core busy, so shards are computed side by side. Of large batches there
    are no more shards than that: the more rows, the less a step costs for each. In
    batches of up to 128, fits of few rows take the programs of many.
    """
    rows = 8 if batch_size <= 16 else 16
    while rows < 64 and min(batch_size, n_rows) > rows * _SIDE_BY_SIDE:
        rows *= 2
    return rows


def program_length(n_steps: int) -> int:
    """Return the length of the sequences in which a compiled program works.

    Few lengths mean few programs. The loops run over the steps of a window only, but
    memory is set to zero at the whole length.
    """
    return 1 << (max(n_steps, 32) - 1).bit_length()


class _CompiledOnce:
    """Decorates what builds a function: the most recently used ones are kept.

    Each is built by one thread only, however many ask for it; XLA compiles it at its
    first call.
    """

    def __init__(self, build: Callable):
        @on_cpu()
        def trace(*shape):
            # A concrete one: several functions of one name look like retracing.
            return build(*shape).get_concrete_function()

        def compile_anew(*shape):
            # TensorFlow keeps the Python stack of whatever is traced, node by node: in
            # a thread of its own it is short, inside of a search or a test it is not.
            traced = Future()

            def run():
                try:
                    traced.set_result(trace(*shape))
                except BaseException as error:
                    traced.set_exception(error)

            try:
                threading.Thread(target=run).start()
            except RuntimeError:  # none can be started any more: the process ends
                return trace(*shape)
            return traced.result()

        self._compiling = threading.Lock()
        self._compiled = lru_cache(maxsize=_MAX_PROGRAMS)(compile_anew)
        self.cache_clear = self._compiled.cache_clear

    def __call__(self, *shape):
        with self._compiling:
            return self._compiled(*shape)


@_CompiledOnce
def training_function(
    architecture: Architecture,
    loss: str,
    optimizer: str,
    has_dropout: bool,
    rows: int,
    length: int,
) -> Callable:
    """Build the function that trains on consecutive batches, in shards of some rows.

    It maps all weights, slots, the number of updates so far, the learning rate, a seed,
    the rate of dropout, the weights and levels of outputs, the number of shards in a
    batch, and the windows, targets and row weights of whole batches to weights, slots
    and the batches' losses. Windows may have fewer channels than the network.
    """
    dtype, n_outputs = architecture.dtype, architecture.n_outputs
    shape = rows, length, architecture.n_channels
    vector = tf.TensorSpec([architecture.n_weights], dtype)
    per_output = tf.TensorSpec([n_outputs], dtype)
    number, integer = tf.TensorSpec([], dtype), tf.TensorSpec([], "int32")
    # Traced before the loops that call them, for the same reason as in a thread.
    shard_gradient = _shard_gradient(architecture, loss, has_dropout, shape)
    apply_gradient = _apply_gradient(optimizer, vector)

    @tf.function(
        autograph=False,
        input_signature=[
            vector,
            [vector] * n_slots(optimizer),
            integer,
            number,
            integer,
            number,
            (per_output, per_output),
            integer,
            tf.TensorSpec([None, None, None], dtype),
            tf.TensorSpec([None, n_outputs], dtype),
            tf.TensorSpec([None], dtype),
        ],
    )
    def train(weights, slots, n_updates, learning_rate, seed, dropout, *data):
        by_output, n_shards, windows, targets, row_weights = data
        n_steps = tf.shape(windows)[1]

        def train_batch(batch, weights, slots, losses):
            def add_shard(shard, loss, gradient):
                part = slice(shard * rows, (shard + 1) * rows)
                shard_seed = tf.stack([seed, n_updates * n_shards + shard])
                shard_loss, more = shard_gradient(
                    weights,
                    _with_shape(windows[part], shape),
                    n_steps,
                    tf.ensure_shape(targets[part], [rows, n_outputs]),
                    tf.ensure_shape(row_weights[part], [rows]),
                    by_output,
                    (dropout, shard_seed),
                )
                return shard + 1, loss + shard_loss, gradient + _flat(more)

            _, loss, gradient = tf.while_loop(
                lambda shard, *_: shard < (batch + 1) * n_shards,
                add_shard,
                (batch * n_shards, tf.zeros([], dtype), tf.zeros_like(weights)),
                parallel_iterations=_SIDE_BY_SIDE,
            )
            step = tf.cast(n_updates + batch + 1, dtype)
            state = apply_gradient(weights, slots, gradient, learning_rate, step)
            return batch + 1, *state, losses.write(batch, loss)

        n_batches = tf.shape(targets)[0] // (rows * n_shards)
        _, weights, slots, losses = tf.while_loop(
            lambda batch, *_: batch < n_batches,
            train_batch,
            (0, weights, slots, tf.TensorArray(dtype, size=n_batches)),
        )
        return weights, slots, losses.stack()

    return train


def _shard_gradient(
    architecture: Architecture, loss: str, has_dropout: bool, shape: tuple[int, ...]
) -> Callable:
    """Build the loss of a shard and its gradients by the weights.

    They are joined outside: XLA fuses the join of large weights with what computes
    them, and with several threads it does not vectorise that loop.
    """
    losses_of = output_losses(loss)
    dtype, n_outputs = architecture.dtype, architecture.n_outputs
    number, per_output = tf.TensorSpec([], dtype), tf.TensorSpec([n_outputs], dtype)

    @tf.function(
        jit_compile=True,
        autograph=False,
        input_signature=[
            tf.TensorSpec([architecture.n_weights], dtype),
            tf.TensorSpec(shape, dtype),
            tf.TensorSpec([], "int32"),
            tf.TensorSpec([shape[0], n_outputs], dtype),
            tf.TensorSpec([shape[0]], dtype),
            (per_output, per_output),
            (number, tf.TensorSpec([2], "int32")),
        ],
    )
    def shard_gradient(
        vector, windows, n_steps, targets, row_weights, by_output, dropout
    ):
        output_weights, levels = by_output
        weights = _unflat(vector, architecture)
        dropout = dropout if has_dropout else None
        with tf.GradientTape() as tape:
            tape.watch(weights)
            outputs = forward(architecture, weights, windows, n_steps, dropout)
            losses = losses_of(targets, outputs, levels)
            loss = tf.reduce_sum(row_weights[:, tf.newaxis] * output_weights * losses)
        return loss, tape.gradient(loss, weights)

    return shard_gradient.get_concrete_function()


def _apply_gradient(optimizer: str, vector: tf.TensorSpec) -> Callable:
    """Build the step of an optimizer."""
    number, slots = tf.TensorSpec([], vector.dtype), [vector] * n_slots(optimizer)

    @tf.function(
        jit_compile=True,
        autograph=False,
        input_signature=[vector, slots, vector, number, number],
    )
    def apply_gradient(weights, slots, gradient, learning_rate, step):
        return update(optimizer, weights, gradient, slots, learning_rate, step)

    return apply_gradient.get_concrete_function()


@_CompiledOnce
def group_function(architecture: Architecture, length: int) -> Callable:
    """Build the forward pass of ``PREDICTION_ROWS`` rows.

    It maps the weights, windows, (PREDICTION_ROWS, length, n_channels), and how many of
    their steps count to outputs.
    """
    dtype = architecture.dtype

    @tf.function(
        jit_compile=True,
        autograph=False,
        input_signature=[
            [tf.TensorSpec(shape, dtype) for shape in architecture.weight_shapes()],
            tf.TensorSpec([PREDICTION_ROWS, length, architecture.n_channels], dtype),
            tf.TensorSpec([], "int32"),
        ],
    )
    def forward_group(weights, windows, n_steps):
        return forward(architecture, weights, windows, n_steps)

    return forward_group


@_CompiledOnce
def prediction_function(architecture: Architecture, length: int) -> Callable:
    """Build the forward pass over consecutive groups of ``PREDICTION_ROWS`` rows.

    It maps all weights, and windows of no more channels than the network has, to
    outputs.
    """
    dtype = architecture.dtype
    shape = PREDICTION_ROWS, length, architecture.n_channels
    forward_group = group_function(architecture, length)

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec([architecture.n_weights], dtype),
            tf.TensorSpec([None, None, None], dtype),
        ],
    )
    def predict(vector, windows):
        weights = _unflat(vector, architecture)
        n_rows, n_steps, n_channels = tf.unstack(tf.shape(windows))
        missing = -n_rows % PREDICTION_ROWS
        padded = tf.pad(windows, [[0, missing], [0, 0], [0, 0]])
        groups = tf.reshape(padded, [-1, PREDICTION_ROWS, n_steps, n_channels])
        outputs = tf.map_fn(
            lambda rows: forward_group(weights, _with_shape(rows, shape), n_steps),
            groups,
            parallel_iterations=_SIDE_BY_SIDE,
            fn_output_signature=dtype,
        )
        return tf.reshape(outputs, [-1, architecture.n_outputs])[:n_rows]

    return predict


# Inside a program all weights are one vector: few tensors make a batch cheap.


def _flat(tensors: list[Tensor]) -> Tensor:
    return tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], axis=0)


def _unflat(vector: Tensor, architecture: Architecture) -> list[Tensor]:
    shapes = architecture.weight_shapes()
    parts = tf.split(vector, [math.prod(shape) for shape in shapes])
    return [tf.reshape(p, shape) for p, shape in zip(parts, shapes, strict=True)]


def _with_shape(windows: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Fill windows up with zeros, in steps and channels, to a shape; state it."""
    missing = tf.constant(shape) - tf.shape(windows)
    windows = tf.pad(windows, tf.stack([tf.zeros_like(missing), missing], axis=1))
    return tf.ensure_shape(windows, shape)
