"""The network: its first weights, its forward pass, the Keras model of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sk_rnn._architecture import Architecture
from sk_rnn._cells import CELLS
from sk_rnn._recurrence import product, recurrence
from sk_rnn._rows import Windows
from sk_rnn._runtime import start
from sk_rnn._scaling import Scaling

Tensor = Any


def initial_weights(architecture: Architecture, seed: int) -> list[NDArray]:
    """Draw initial weights from the distributions of Keras's layers."""
    a = architecture
    cell = CELLS[a.cell]
    rng = np.random.default_rng(seed)

    def draw(name: str, shape: tuple[int, ...]) -> NDArray:
        initializer = getattr(keras.initializers, name)(seed=int(rng.integers(2**31)))
        return np.array(initializer(shape, dtype=a.dtype))

    *recurrent, head, head_bias = a.weight_shapes()
    weights = []
    for i in range(0, len(recurrent), 3):
        kernel, recurrent_kernel, bias = recurrent[i : i + 3]
        weights += [
            draw("GlorotUniform", kernel),
            draw("Orthogonal", recurrent_kernel),
            np.zeros(bias, a.dtype),
        ]
        if "forget" in cell.gates:  # it starts open
            by_gate = weights[-1].reshape(cell.n_gates, -1)
            by_gate[cell.gates.index("forget")] = 1
    return [*weights, draw("GlorotUniform", head), np.zeros(head_bias, a.dtype)]


def forward(
    architecture: Architecture, weights, windows, n_steps, dropout=None
) -> Tensor:
    """Run the network on the first steps of windows.

    (n_windows, length, n_channels) -> (n_windows, n_outputs); the number of windows is
    known when the graph is built. Dropped is nothing, or at a rate with a seed, (2,)
    and int32.
    """
    a = architecture
    sequence = tf.transpose(windows, [1, 0, 2])
    *recurrent, head, head_bias = weights
    of_directions = iter(zip(*[iter(recurrent)] * 3, strict=True))
    for layer in range(len(a.units)):
        directions = [
            recurrence(
                CELLS[a.cell],
                sequence,
                next(of_directions),
                n_steps,
                reverse=direction == 1,
                inputs_learn=layer > 0,
            )
            for direction in range(a.n_directions)
        ]
        is_top = layer == len(a.units) - 1
        sequence = tf.concat(
            [last if is_top else outputs for outputs, last in directions], axis=-1
        )
        if dropout is not None:
            rate, seed = dropout
            seed = tf.random.experimental.stateless_fold_in(seed, layer)
            sequence = tf.nn.experimental.stateless_dropout(sequence, rate, seed)
    return product(sequence, head) + head_bias


def keras_model(
    architecture: Architecture,
    weights: Sequence[NDArray],
    n_steps: int,
    scaling: Scaling | None = None,
    n_features: int = 0,
    levels: Sequence[float] | None = None,
) -> keras.Model:
    """Build the Keras model of a network, not compiled.

    ``n_steps`` are those of a window. With an affine ``scaling`` the model reads
    windows, and features where there are some, and writes forecasts, in the units of
    the data. With ``levels`` of quantiles it writes them by level, sorted.
    """
    start()
    a = architecture
    layer_class = getattr(keras.layers, CELLS[a.cell].layer)

    if scaling is None:
        inputs = keras.Input((n_steps, a.n_channels), dtype=a.dtype, name="window")
        value = inputs
    else:
        n_channels = (a.n_channels - n_features) // scaling.segment_length
        dtype = scaling.data_dtype
        window = keras.Input((n_steps, n_channels), dtype=dtype, name="window")
        features = keras.Input((n_features,), dtype=dtype, name="features")
        windows = Windows(window, features)
        inputs = {"window": window, "features": features} if n_features else window
        scaled = scaling.windows_to_network(windows, keras.ops)
        value = keras.Model(inputs, scaled, name="scale")(inputs)
    for i, units in enumerate(a.units):
        is_top = i == len(a.units) - 1
        layer = layer_class(units, return_sequences=not is_top, dtype=a.dtype)
        if a.bidirectional:
            layer = keras.layers.Bidirectional(layer, dtype=a.dtype)
        value = layer(value)
        if a.dropout:
            value = keras.layers.Dropout(a.dropout, dtype=a.dtype)(value)
    value = keras.layers.Dense(a.n_outputs, dtype=a.dtype)(value)
    if scaling is not None:
        outputs = keras.Input((a.n_outputs,), dtype=a.dtype)
        if levels is None:
            forecasts = scaling.to_data(outputs, windows, keras.ops)
        else:
            forecasts = _by_level(outputs, windows, scaling, levels)
        needed = [window] if scaling.of_window is not None else []
        unscale = keras.Model([outputs, *needed], forecasts, name="unscale")
        value = unscale([value, *needed])
    model = keras.Model(inputs, value, name=a.cell)
    model.set_weights(weights)
    return model


def _by_level(outputs, windows, scaling: Scaling, levels: Sequence[float]) -> dict:
    """Turn outputs into sorted forecasts, (n_windows, horizon) for each level."""
    n_levels, ops = len(levels), keras.ops
    sorted_outputs = ops.sort(
        ops.reshape(outputs, (-1, outputs.shape[1] // n_levels, n_levels))
    )
    return {
        str(level): scaling.to_data(sorted_outputs[..., place], windows, ops)
        for place, level in enumerate(levels)
    }
