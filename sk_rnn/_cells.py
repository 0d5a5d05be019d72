"""What an RNN, an LSTM and a GRU are: one table.

Weights, order of gates and results are those of the Keras layer that a cell names. A
cell computes one step of its recurrence, and of the gradient. It keeps, for each
pre-activation, the derivative by what arrives from above, its factor; the gradient of
the pre-activation is then the factor times that.

In the equations x, h and h' are the inputs, the previous and the new output; W, U and b
are kernel, recurrent kernel and bias, σ the logistic function. TensorFlow is handed in
as ``xp``, so that the table can be read without importing it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Tensor = Any


class Cell(NamedTuple):
    """One step of a recurrence and of its gradient.

    Pre-activations that the previous output reaches come first, one per gate; those
    that the inputs reach are listed.
    """

    layer: str  # in keras.layers
    gates: tuple[str, ...]  # in the order of Keras's kernels
    n_biases: int  # 2: one for the inputs, one for the previous output
    of_inputs: tuple[int, ...]
    states: tuple[int, ...]  # widths of the state's arrays, in units
    n_gradients: int  # arrays of the state's gradient, that of the output first
    n_kept: int  # arrays that the backward step needs beside the factors
    output: Callable  # of a state
    # (xp, by_inputs, by_output, output, state) -> state, factors, kept. What the inputs
    # and the previous output add to the gates goes in, and that output itself.
    forward: Callable
    # (xp, gradients, kept) -> what multiplies the factors, and the part of the
    # gradients that does not come through the gates
    backward: Callable

    @property
    def n_gates(self) -> int:
        """Pre-activations that the previous output reaches."""
        return len(self.gates)

    @property
    def n_factors(self) -> int:
        """Pre-activations per unit."""
        return self.of_inputs[-1] + 1


def _first(state):
    return state[0]


# RNN      h' = tanh(x W + h U + b)


def _rnn_forward(xp, by_inputs, by_output, output, state):
    h = xp.tanh(by_inputs + by_output)
    return (h,), [1 - h * h], ()


def _rnn_backward(xp, gradients, kept):
    (dh,) = gradients
    return [dh], (xp.zeros_like(dh),)


# LSTM     i, f, o = σ(x W + h U + b)      one W, U and b for each gate
#          g = tanh(x W + h U + b)
#          c' = f c + i g                  the cell state c is kept beside h
#          h' = o tanh(c')


def _lstm_forward(xp, by_inputs, by_output, output, state):
    _, c = state
    i, f, g, o = _activate(xp, by_inputs + by_output, (0.5, 0.5, 1.0, 0.5))
    new_c = f * c + i * g
    tanh_c = xp.tanh(new_c)
    factors = [g * i * (1 - i), c * f * (1 - f), i * (1 - g * g), tanh_c * o * (1 - o)]
    return (o * tanh_c, new_c), factors, (f, o * (1 - tanh_c * tanh_c))


def _lstm_backward(xp, gradients, kept):
    dh, dc = gradients
    f, c_by_h = kept
    dc = dc + dh * c_by_h
    return [dc, dc, dc, dh], (xp.zeros_like(dh), dc * f)


# GRU      z, r = σ(x W + b + h U + b)     reset_after: two biases for each gate
#          g = tanh(x W + b + r (h U + b))
#          h' = z h + (1 - z) g


def _gru_output(state):
    # Computed from the gates when it is needed. In the step that computes the gates,
    # XLA would merge all into a single loop, and that one it does not vectorise.
    h, gates, g = state
    z = gates[:, : h.shape[-1]]
    return z * h + (1 - z) * g


def _gru_forward(xp, by_inputs, by_output, output, state):
    width = output.shape[-1]
    gates = (by_inputs + by_output)[:, : 2 * width]
    gates = xp.concat(_activate(xp, gates, (0.5, 0.5)), axis=-1)
    z, r = xp.split(gates, 2, axis=-1)
    h_g = by_output[:, 2 * width :]
    g = xp.tanh(by_inputs[:, 2 * width :] + r * h_g)
    by_g = (1 - z) * (1 - g * g)
    # Of z, r, what r multiplies, and g: the inputs reach all but the third.
    factors = [
        (output - g) * z * (1 - z),
        by_g * h_g * r * (1 - r),
        by_g * r,
        by_g,
    ]
    return (output, gates, g), factors, (z,)


def _gru_backward(xp, gradients, kept):
    (dh,), (z,) = gradients, kept
    return [dh, dh, dh, dh], (dh * z,)


def _activate(xp: Any, gates: Tensor, slopes: tuple[float, ...]) -> list[Tensor]:
    """Apply tanh to gates of slope 1 and the logistic function to those of slope 1/2.

    The logistic function is a tanh of half its argument, so all gates are computed in
    one loop over contiguous numbers.
    """
    slope = np.repeat(slopes, gates.shape[-1] // len(slopes)).astype(gates.dtype.name)
    return xp.split(xp.tanh(gates * slope) * slope + (1 - slope), len(slopes), axis=-1)


CELLS = {
    "rnn": Cell(
        layer="SimpleRNN",
        gates=("state",),
        n_biases=1,
        of_inputs=(0,),
        states=(1,),
        n_gradients=1,
        n_kept=0,
        output=_first,
        forward=_rnn_forward,
        backward=_rnn_backward,
    ),
    "lstm": Cell(
        layer="LSTM",
        gates=("input", "forget", "cell", "output"),
        n_biases=1,
        of_inputs=(0, 1, 2, 3),
        states=(1, 1),
        n_gradients=2,
        n_kept=2,
        output=_first,
        forward=_lstm_forward,
        backward=_lstm_backward,
    ),
    "gru": Cell(
        layer="GRU",
        gates=("update", "reset", "candidate"),
        n_biases=2,
        of_inputs=(0, 1, 3),
        states=(1, 2, 1),
        n_gradients=1,
        n_kept=1,
        output=_gru_output,
        forward=_gru_forward,
        backward=_gru_backward,
    ),
}
