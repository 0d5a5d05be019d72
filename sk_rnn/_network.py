"""What shapes a network; its weights; its forward pass; the Keras model of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sk_rnn._recurrence import gru, lstm, product
from sk_rnn._runtime import start
from sk_rnn._scaling import LinearScaling, in_segments

Tensor = Any


class Architecture(NamedTuple):
    """What shapes a network: equal architectures share their compiled functions."""

    cell: str  # "lstm" or "gru"
    units: tuple[int, ...]  # one number per recurrent layer
    bidirectional: bool
    dropout: float
    n_channels: int  # of the steps that it reads
    n_outputs: int
    dtype: str

    def layers(self) -> Iterator[tuple[int, int]]:
        """Yield the number of inputs and of units of each recurrent layer."""
        n_inputs = self.n_channels
        for units in self.units:
            yield n_inputs, units
            n_inputs = units * self.n_directions

    @property
    def n_directions(self) -> int:
        """Directions in which a layer reads a window."""
        return 2 if self.bidirectional else 1

    @property
    def weights_per_layer(self) -> int:
        """Arrays of one recurrent layer: kernel, recurrent kernel, bias."""
        return 3 * self.n_directions


_N_GATES = {"lstm": 4, "gru": 3}
_RECURRENCES = {"lstm": lstm, "gru": gru}


def weight_shapes(architecture: Architecture) -> list[tuple[int, ...]]:
    """Return the shapes of the weights, in the order of Keras's ``get_weights``.

    A recurrent layer has a kernel, a recurrent kernel and a bias per direction; the
    kernel and the bias of the dense output come last.
    """
    a = architecture
    shapes: list[tuple[int, ...]] = []
    for n_inputs, units in a.layers():
        width = _N_GATES[a.cell] * units
        bias = (width,) if a.cell == "lstm" else (2, width)
        shapes += [(n_inputs, width), (units, width), bias] * a.n_directions
    return [*shapes, (a.units[-1] * a.n_directions, a.n_outputs), (a.n_outputs,)]


def initial_weights(architecture: Architecture, seed: int) -> list[NDArray]:
    """Draw initial weights from the distributions of Keras's layers.

    Parameters
    ----------
    architecture : Architecture
    seed : int

    Returns
    -------
    list of ndarray
        Of the shapes that :func:`weight_shapes` tells.
    """
    a = architecture
    rng = np.random.default_rng(seed)

    def draw(name: str, shape: tuple[int, ...]) -> NDArray:
        initializer = getattr(keras.initializers, name)(seed=int(rng.integers(2**31)))
        return np.array(initializer(shape, dtype=a.dtype))

    *recurrent, head, head_bias = weight_shapes(a)
    weights = []
    for i in range(0, len(recurrent), 3):
        kernel, recurrent_kernel, bias = recurrent[i : i + 3]
        weights += [
            draw("GlorotUniform", kernel),
            draw("Orthogonal", recurrent_kernel),
            np.zeros(bias, a.dtype),
        ]
        if a.cell == "lstm":
            units = recurrent_kernel[0]
            weights[-1][units : 2 * units] = 1  # the forget gate starts open
    return [*weights, draw("GlorotUniform", head), np.zeros(head_bias, a.dtype)]


def forward(
    architecture: Architecture,
    weights: Sequence[Tensor],
    windows: Tensor,
    n_steps: int | Tensor,
    dropout_seed: Tensor | None = None,
) -> Tensor:
    """Run the network.

    Parameters
    ----------
    architecture : Architecture
    weights : sequence of Tensor
    windows : Tensor of shape (n_windows, length, n_channels)
        The number of windows is known when the graph is built.
    n_steps : int or Tensor
        How many steps of the windows to read, from their start.
    dropout_seed : Tensor of shape (2,) and dtype int32, or None
        None switches dropout off.

    Returns
    -------
    Tensor of shape (n_windows, n_outputs)
    """
    a = architecture
    sequence = tf.transpose(windows, [1, 0, 2])
    for layer in range(len(a.units)):
        first = layer * a.weights_per_layer
        directions = [
            _RECURRENCES[a.cell](
                sequence,
                weights[first + 3 * direction],
                weights[first + 3 * direction + 1],
                weights[first + 3 * direction + 2],
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
        if dropout_seed is not None and a.dropout:
            sequence = _drop(sequence, a.dropout, dropout_seed, layer)
    return product(sequence, weights[-2]) + weights[-1]


def _drop(sequence: Tensor, rate: float, seed: Tensor, layer: int) -> Tensor:
    seed = tf.random.experimental.stateless_fold_in(seed, layer)
    return tf.nn.experimental.stateless_dropout(sequence, rate, seed)


def keras_model(
    architecture: Architecture,
    weights: Sequence[NDArray],
    *,
    n_steps: int,
    scaling: LinearScaling | None = None,
) -> keras.Model:
    """Build the Keras model of a network.

    Parameters
    ----------
    architecture : Architecture
    weights : sequence of ndarray
    n_steps : int
        Time steps in a window.
    scaling : LinearScaling or None
        Makes the model read windows, and write forecasts, in the units of the data.

    Returns
    -------
    keras.Model
        Not compiled.
    """
    start()
    a = architecture
    layer_class = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[a.cell]

    n_channels = a.n_channels // (scaling.segment_length if scaling else 1)
    dtype = "float64" if scaling else a.dtype
    window = keras.Input((n_steps, n_channels), dtype=dtype, name="window")
    value = window
    if scaling is not None:
        scaled = scale_windows(window, scaling, a.dtype)
        value = keras.Model(window, scaled, name="scale")(window)
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
        forecasts = unscale_outputs(outputs, window, scaling)
        needed = [window] if scaling.of_window is not None else []
        unscale = keras.Model([outputs, *needed], forecasts, name="unscale")
        value = unscale([value, *needed])
    model = keras.Model(window, value, name=a.cell)
    model.set_weights(weights)
    return model


def scale_windows(windows: Tensor, scaling: LinearScaling, dtype: str) -> Tensor:
    """Scale windows for the network, in float64, and cast them afterwards.

    Parameters
    ----------
    windows : Tensor of shape (n_windows, n_steps, n_channels) and dtype float64
    scaling : LinearScaling
    dtype : str
        Of the network.

    Returns
    -------
    Tensor of shape (n_windows, n_segments, segment_length * n_channels)
    """
    if scaling.of_window is not None:
        center, scale = scaling.of_window.center_and_scale(windows, keras.ops)
        windows = (windows - center) / scale
    windows = (windows - scaling.inputs.center) / scaling.inputs.scale
    windows = in_segments(windows, scaling.segment_length, keras.ops)
    return keras.ops.cast(windows, dtype)


def unscale_outputs(outputs: Tensor, windows: Tensor, scaling: LinearScaling) -> Tensor:
    """Turn outputs into forecasts.

    Parameters
    ----------
    outputs : Tensor of shape (n_windows, n_outputs)
    windows : Tensor of shape (n_windows, n_steps, n_channels) and dtype float64
        Raw.
    scaling : LinearScaling

    Returns
    -------
    Tensor of shape (n_windows, n_outputs) and dtype float64
    """
    outputs = keras.ops.cast(outputs, "float64")
    forecasts = outputs * scaling.outputs.scale + scaling.outputs.center
    if scaling.of_window is not None:
        center, scale = scaling.of_window.center_and_scale(windows, keras.ops)
        forecasts = forecasts * scale[:, 0, :1] + center[:, 0, :1]
    return forecasts
