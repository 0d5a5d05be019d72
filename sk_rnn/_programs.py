"""The compiled functions, each built once per process."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from sk_rnn._network import (
    Architecture,
    forward,
    scale_windows,
    unscale_outputs,
    weight_shapes,
)
from sk_rnn._optimizers import slot_shapes, update
from sk_rnn._scaling import Affine, LinearScaling
from sk_rnn._window_scaling import WindowScaling

Tensor = Any

PREDICTION_ROWS = 8  # in every group of forecasts, so that none depends on others
_SIDE_BY_SIDE = 8  # shards computed at the same time, where there are cores for them
_MAX_PROGRAMS = 64


class Program(NamedTuple):
    """What shapes a compiled training function, and nothing else."""

    architecture: Architecture
    loss: str
    optimizer: str
    shard_rows: int  # rows whose gradient one call of an XLA program computes
    length: int  # most steps in a window


class ForwardProgram(NamedTuple):
    """What shapes a compiled forward pass."""

    architecture: Architecture
    length: int  # most steps in a window


class RecursionProgram(NamedTuple):
    """What shapes a loop over forecasts."""

    forward: ForwardProgram
    n_steps: int  # in a window
    n_channels: int
    of_window: WindowScaling | None
    segment_length: int


def shard_rows(batch_size: int) -> int:
    """Return the rows of a shard, the part of a batch that one core works on.

    XLA keeps one core busy, so shards are computed side by side. Their size never
    depends on the machine, so results do not either.
    """
    return 8 if batch_size <= 16 else 16


def program_length(n_steps: int) -> int:
    """Return the length of the sequences in which a compiled program works.

    Few lengths mean few programs. The loops run over the steps of a window only, but
    memory is set to zero at the whole length.
    """
    return 1 << (max(n_steps, 64) - 1).bit_length()


class _CompiledOnce:
    """Decorates what builds a function: the most recently used ones are kept.

    Each is built by one thread only, however many ask for it; XLA compiles it at its
    first call.
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

    It maps weights, slots, the number of updates so far, the learning rate, a seed, the
    number of shards in a batch, and the windows, targets and row weights of whole
    batches to weights, slots and the batches' losses.
    """
    architecture, dtype = program.architecture, program.architecture.dtype
    rows, n_outputs = program.shard_rows, architecture.n_outputs
    windows_shape = rows, program.length, architecture.n_channels
    row_loss = keras.losses.get(program.loss)
    shapes = weight_shapes(architecture)
    sizes = [math.prod(shape) for shape in shapes]
    n_slots = len(slot_shapes(program.optimizer, shapes)) // len(shapes)

    def spec(*shape, dtype=dtype):
        return tf.TensorSpec(shape, dtype)

    # All weights in one vector: few tensors make a batch cheap for TensorFlow.
    def flatten(tensors):
        return tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], axis=0)

    def unflatten(vector):
        parts = tf.split(vector, sizes)
        return [tf.reshape(p, shape) for p, shape in zip(parts, shapes, strict=True)]

    vector = spec(sum(sizes))
    slot_specs = [spec(*shape) for shape in slot_shapes(program.optimizer, shapes)]

    @tf.function(
        jit_compile=True,
        autograph=False,
        input_signature=[
            vector,
            spec(*windows_shape),
            spec(dtype="int32"),
            spec(rows, n_outputs),
            spec(rows),
            spec(2, dtype="int32"),
        ],
    )
    def shard_gradient(weights, windows, n_steps, targets, row_weights, seed):
        weights = unflatten(weights)
        with tf.GradientTape() as tape:
            tape.watch(weights)
            outputs = forward(architecture, weights, windows, n_steps, seed)
            loss = tf.reduce_sum(row_weights * row_loss(targets, outputs))
        return loss, flatten(tape.gradient(loss, weights))

    @tf.function(
        jit_compile=True,
        autograph=False,
        input_signature=[vector, [vector] * n_slots, vector, spec(), spec()],
    )
    def apply_gradient(weights, slots, gradient, learning_rate, step):
        (weights,), slots = update(
            program.optimizer, [weights], slots, [gradient], learning_rate, step
        )
        return weights, slots

    @tf.function(
        autograph=False,
        input_signature=[
            _weight_specs(architecture),
            slot_specs,
            spec(dtype="int32"),
            spec(),
            spec(dtype="int32"),
            spec(dtype="int32"),
            spec(None, None, architecture.n_channels),
            spec(None, n_outputs),
            spec(None),
        ],
    )
    def train(
        weights,
        slots,
        n_updates,
        learning_rate,
        seed,
        n_shards,
        windows,
        targets,
        row_weights,
    ):
        n_steps = tf.shape(windows)[1]

        def train_batch(batch, weights, slots, losses):
            def add_shard(shard, loss, gradient):
                part = slice(shard * rows, (shard + 1) * rows)
                shard_loss, more = shard_gradient(
                    weights,
                    _with_shape(windows[part], windows_shape),
                    n_steps,
                    tf.ensure_shape(targets[part], (rows, n_outputs)),
                    tf.ensure_shape(row_weights[part], (rows,)),
                    tf.stack([seed, n_updates * n_shards + shard]),
                )
                return shard + 1, loss + shard_loss, gradient + more

            first = batch * n_shards
            _, loss, gradient = tf.while_loop(
                lambda shard, *_: shard < first + n_shards,
                add_shard,
                (first, tf.zeros([], dtype), tf.zeros_like(weights)),
                parallel_iterations=_SIDE_BY_SIDE,
            )
            weights, slots = apply_gradient(
                weights,
                slots,
                gradient,
                learning_rate,
                tf.cast(n_updates + batch + 1, dtype),
            )
            return batch + 1, weights, slots, losses.write(batch, loss)

        n_batches = tf.shape(targets)[0] // (rows * n_shards)
        # The slots of one kind stand n_slots apart.
        slots = [flatten(slots[kind::n_slots]) for kind in range(n_slots)]
        _, weights, slots, losses = tf.while_loop(
            lambda batch, *_: batch < n_batches,
            train_batch,
            (0, flatten(weights), slots, tf.TensorArray(dtype, size=n_batches)),
        )
        slots = zip(*map(unflatten, slots), strict=True)
        slots = [slot for of_weight in slots for slot in of_weight]
        return unflatten(weights), slots, losses.stack()

    return train


@lru_cache(maxsize=_MAX_PROGRAMS)
def _forward_group(program: ForwardProgram) -> Callable:
    """Build the forward pass over ``PREDICTION_ROWS`` rows."""
    architecture = program.architecture
    shape = PREDICTION_ROWS, program.length, architecture.n_channels

    @tf.function(
        jit_compile=True,
        autograph=False,
        input_signature=[
            _weight_specs(architecture),
            tf.TensorSpec(shape, architecture.dtype),
            tf.TensorSpec([], "int32"),
        ],
    )
    def forward_group(weights, windows, n_steps):
        return forward(architecture, weights, windows, n_steps)

    return lambda weights, windows: forward_group(
        weights, _with_shape(windows, shape), tf.shape(windows)[1]
    )


@_CompiledOnce
def prediction_function(program: ForwardProgram) -> Callable:
    """Build the forward pass over consecutive groups of ``PREDICTION_ROWS`` rows.

    It maps weights and windows to outputs.
    """
    architecture = program.architecture
    forward_group = _forward_group(program)

    @tf.function(
        autograph=False,
        input_signature=[
            _weight_specs(architecture),
            tf.TensorSpec([None, None, architecture.n_channels], architecture.dtype),
        ],
    )
    def predict(weights, windows):
        n_groups = tf.shape(windows)[0] // PREDICTION_ROWS

        def add_group(group, outputs):
            rows = windows[group * PREDICTION_ROWS : (group + 1) * PREDICTION_ROWS]
            return group + 1, outputs.write(group, forward_group(weights, rows))

        outputs = tf.TensorArray(
            architecture.dtype,
            size=n_groups,
            element_shape=(PREDICTION_ROWS, architecture.n_outputs),
        )
        _, outputs = tf.while_loop(
            lambda group, _: group < n_groups,
            add_group,
            (0, outputs),
            parallel_iterations=_SIDE_BY_SIDE,
        )
        return outputs.concat()

    return predict


@_CompiledOnce
def recursion_function(program: RecursionProgram) -> Callable:
    """Build the loop in which a network of one output reads its own forecasts.

    It maps weights, center and scale of the channels and of the output, a series, the
    other channels and the number of values known of the series to the series, continued
    to its end. Data are float64 and unscaled.
    """
    architecture = program.forward.architecture
    forward_group = _forward_group(program.forward)

    def spec(*shape, dtype="float64"):
        return tf.TensorSpec(shape, dtype)

    @tf.function(
        autograph=False,
        input_signature=[
            _weight_specs(architecture),
            *[spec(program.n_channels)] * 2,
            *[spec(1)] * 2,
            spec(None),
            spec(None, program.n_channels - 1),
            spec(dtype="int32"),
        ],
    )
    def continue_series(
        weights, center, scale, center_out, scale_out, series, others, n_known
    ):
        times = tf.range(tf.shape(series)[0])
        scaling = LinearScaling(
            program.of_window,
            Affine(center, scale),
            program.segment_length,
            Affine(center_out, scale_out),
        )

        def add_forecast(t, series):
            part = slice(t - n_known, t - n_known + program.n_steps)
            window = tf.concat([series[part, tf.newaxis], others[part]], axis=1)
            windows = tf.ensure_shape(
                window[tf.newaxis], (1, program.n_steps, program.n_channels)
            )
            scaled = scale_windows(windows, scaling, architecture.dtype)
            rows = tf.tile(scaled, [PREDICTION_ROWS, 1, 1])
            output = forward_group(weights, rows)[:1]
            forecast = unscale_outputs(output, windows, scaling)
            # The best that is known of all later steps, too.
            return t + 1, tf.where(times < t, series, forecast[0])

        _, series = tf.while_loop(
            lambda t, _: t < tf.shape(series)[0], add_forecast, (n_known, series)
        )
        return series

    return continue_series


def _weight_specs(architecture: Architecture) -> list[tf.TensorSpec]:
    shapes = weight_shapes(architecture)
    return [tf.TensorSpec(shape, architecture.dtype) for shape in shapes]


def _with_shape(windows: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Fill windows up with zeros to the length of a shape; state the shape."""
    missing = shape[1] - tf.shape(windows)[1]
    windows = tf.pad(windows, [[0, 0], [0, missing], [0, 0]])
    return tf.ensure_shape(windows, shape)
