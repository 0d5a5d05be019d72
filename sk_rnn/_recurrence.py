"""The LSTM and GRU recurrences with hand-derived gradients.

Weights, gate order and results are those of ``keras.layers.LSTM`` and
``keras.layers.GRU(reset_after=True)``. All sequences are time-major,
``(length, n_rows, ...)``, of which the first ``n_steps`` elements count: the loops run
over these only, so that one compiled function serves all numbers of steps.

Automatic differentiation multiplies two small matrices per step for the weight
gradients and records every intermediate value. Here the forward loop keeps, for each
pre-activation, its derivative by what arrives from above; the backward loop turns these
in place into the gradients of the pre-activations; and the gradient of each weight is
then a product over blocks of steps and rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

Tensor = Any

# The order in which a product is summed depends on the number of threads if there is
# much to sum. Within these bounds it did not, for up to 256 units on 1 to 8 threads.
_BLOCK_STEP_ROWS = 128  # summed by one product of the weight gradients
_LARGEST_WHOLE_MATRIX = {tf.float32: 2**16, tf.float64: 2**14}  # else in parts
_LONGEST_WHOLE = 512
_PART_LENGTH = 64
_FEW_INPUTS = 4  # so few are multiplied in the loop that applies the activations


def lstm(
    inputs: Tensor,
    kernel: Tensor,
    recurrent_kernel: Tensor,
    bias: Tensor,
    n_steps: int | Tensor,
    *,
    reverse: bool = False,
    inputs_learn: bool = True,
) -> tuple[Tensor, Tensor]:
    """Run an LSTM over a sequence.

    Parameters
    ----------
    inputs : Tensor of shape (length, n_rows, n_inputs)
        The shape is known when the graph is built.
    kernel : Tensor of shape (n_inputs, 4 * units)
        Gates in Keras's order: input, forget, cell, output.
    recurrent_kernel : Tensor of shape (units, 4 * units)
    bias : Tensor of shape (4 * units,)
    n_steps : int or Tensor
        How many elements of the sequence to read, from its start.
    reverse : bool, default=False
        Whether to read them backwards.
    inputs_learn : bool, default=True
        Whether the gradient of the inputs is needed.

    Returns
    -------
    outputs : Tensor of shape (length, n_rows, units)
        The output at every step; zero where nothing was read.
    last : Tensor of shape (n_rows, units)
        The output of the step read last.
    """
    biases = tf.stack([bias, tf.zeros_like(bias)])
    weights = kernel, recurrent_kernel, biases
    return _run(_LSTM, inputs, weights, n_steps, reverse, inputs_learn)


def gru(
    inputs: Tensor,
    kernel: Tensor,
    recurrent_kernel: Tensor,
    bias: Tensor,
    n_steps: int | Tensor,
    *,
    reverse: bool = False,
    inputs_learn: bool = True,
) -> tuple[Tensor, Tensor]:
    """Run a GRU over a sequence, the reset gate applied after the product.

    Parameters
    ----------
    inputs : Tensor of shape (length, n_rows, n_inputs)
        The shape is known when the graph is built.
    kernel : Tensor of shape (n_inputs, 3 * units)
        Gates in Keras's order: update, reset, candidate.
    recurrent_kernel : Tensor of shape (units, 3 * units)
    bias : Tensor of shape (2, 3 * units)
        Biases of the inputs and of the previous outputs.
    n_steps, reverse, inputs_learn
        As in :func:`lstm`.

    Returns
    -------
    outputs, last : Tensor
        As in :func:`lstm`.
    """
    weights = kernel, recurrent_kernel, bias
    return _run(_GRU, inputs, weights, n_steps, reverse, inputs_learn)


class _Cell(NamedTuple):
    """One step of a recurrence and of its gradient.

    A step computes four pre-activations per unit. Those that the previous output
    reaches come first, one per gate; those that the inputs reach are listed.
    """

    n_gates: int
    of_inputs: tuple[int, ...]
    states: tuple[int, ...]  # widths of the state's arrays, in units
    n_gradients: int  # arrays of the state's gradient, that of the output first
    n_kept: int  # arrays that the backward step needs
    output: Callable  # of a state
    # (by_inputs, by_output, output, state) -> state, factors, kept. What the inputs and
    # the previous output add to the gates goes in, and that output itself. A factor is
    # the derivative of a pre-activation.
    forward: Callable
    # (gradients, kept) -> what multiplies the four factors, and the part of the
    # gradients that does not come through the gates
    backward: Callable


def _lstm_output(state):
    return state[0]


def _lstm_forward(by_inputs, by_output, output, state):
    _, c = state
    i, f, g, o = _activate(by_inputs + by_output, (0.5, 0.5, 1.0, 0.5))
    new_c = f * c + i * g
    tanh_c = tf.tanh(new_c)
    factors = [g * i * (1 - i), c * f * (1 - f), i * (1 - g * g), tanh_c * o * (1 - o)]
    return (o * tanh_c, new_c), factors, (f, o * (1 - tanh_c * tanh_c))


def _lstm_backward(gradients, kept):
    dh, dc = gradients
    f, c_by_h = kept
    dc = dc + dh * c_by_h
    return [dc, dc, dc, dh], (tf.zeros_like(dh), dc * f)


def _gru_output(state):
    # Computed from the gates when it is needed. In the step that computes the gates,
    # XLA would merge all into a single loop, and that one it does not vectorise.
    h, gates, g = state
    z = gates[:, : h.shape[-1]]
    return z * h + (1 - z) * g


def _gru_forward(by_inputs, by_output, output, state):
    width = output.shape[-1]
    gates = (by_inputs + by_output)[:, : 2 * width]
    gates = tf.concat(_activate(gates, (0.5, 0.5)), axis=-1)
    z, r = tf.split(gates, 2, axis=-1)
    h_g = by_output[:, 2 * width :]
    g = tf.tanh(by_inputs[:, 2 * width :] + r * h_g)
    by_g = (1 - z) * (1 - g * g)
    # z, r, what r multiplies, and g: the inputs reach all but the third.
    factors = [
        (output - g) * z * (1 - z),
        by_g * h_g * r * (1 - r),
        by_g * r,
        by_g,
    ]
    return (output, gates, g), factors, (z,)


def _gru_backward(gradients, kept):
    (dh,), (z,) = gradients, kept
    return [dh, dh, dh, dh], (dh * z,)


_LSTM = _Cell(
    n_gates=4,
    of_inputs=(0, 1, 2, 3),
    states=(1, 1),
    n_gradients=2,
    n_kept=2,
    output=_lstm_output,
    forward=_lstm_forward,
    backward=_lstm_backward,
)
_GRU = _Cell(
    n_gates=3,
    of_inputs=(0, 1, 3),
    states=(1, 2, 1),
    n_gradients=1,
    n_kept=1,
    output=_gru_output,
    forward=_gru_forward,
    backward=_gru_backward,
)


def _activate(gates: Tensor, slopes: tuple[float, ...]) -> list[Tensor]:
    """Apply tanh to gates of slope 1 and the logistic function to those of slope 1/2.

    The logistic function is a tanh of half its argument, so all gates are computed in
    one loop over contiguous numbers.
    """
    slope = tf.constant(np.repeat(slopes, gates.shape[-1] // len(slopes)), gates.dtype)
    return tf.split(tf.tanh(gates * slope) * slope + (1 - slope), len(slopes), axis=-1)


def _run(
    cell: _Cell,
    inputs: Tensor,
    weights: Sequence[Tensor],
    n_steps: int | Tensor,
    reverse: bool,
    inputs_learn: bool,
) -> tuple[Tensor, Tensor]:
    """Run a cell over a sequence; ``weights`` holds two biases."""
    units = weights[1].shape[0]
    # A loop over a width that is no multiple of 16 is not vectorised. The units that
    # fill it up stay at zero, and so do their gradients.
    width = -(-units // 16) * 16
    filling = width - units

    def widen(matrix):
        gates = tf.reshape(matrix, [-1, cell.n_gates, units])
        gates = tf.pad(gates, [[0, 0], [0, 0], [0, filling]])
        return tf.reshape(gates, [matrix.shape[0], cell.n_gates * width])

    kernel, recurrent_kernel, biases = map(widen, weights)
    recurrent_kernel = tf.pad(recurrent_kernel, [[0, filling], [0, 0]])

    @tf.custom_gradient
    def run(inputs, kernel, recurrent_kernel, biases):
        outputs, last, tape = _forward(
            cell, inputs, kernel, recurrent_kernel, biases, n_steps, reverse
        )

        def gradient(d_outputs, d_last):
            # Transposed once: a product with a transposed matrix does so every step.
            transposed = tf.transpose(recurrent_kernel), tf.transpose(kernel)
            d_gates, d_inputs = _backward(
                cell,
                tape,
                d_outputs,
                d_last,
                transposed,
                n_steps,
                reverse,
                inputs_learn,
            )
            d_weights = _weight_gradients(cell, inputs, tape.previous, d_gates, n_steps)
            return d_inputs, *d_weights

        return (outputs, last), gradient

    outputs, last = run(inputs, kernel, recurrent_kernel, biases)
    return outputs[..., :units], last[:, :units]


class _Tape(NamedTuple):
    """What the forward loop leaves to the backward loop."""

    previous: Tensor  # (length, n_rows, width): the output before each step
    factors: Tensor  # (length, n_rows, 4 * width)
    kept: list[Tensor]  # of shape (length, n_rows, width)


def _forward(cell, inputs, kernel, recurrent_kernel, biases, n_steps, reverse):
    """Return the output of each step, the last one, and the tape."""
    width = recurrent_kernel.shape[0]

    def step(t, state, arrays):
        output = cell.output(state)
        state, factors, kept = cell.forward(
            product(inputs[t], kernel) + biases[0],
            product(output, recurrent_kernel) + biases[1],
            output,
            state,
        )
        values = output, tf.concat(factors, axis=-1), *kept
        return state, [a.write(t, v) for a, v in zip(arrays, values, strict=True)]

    state = [tf.zeros([inputs.shape[1], n * width], inputs.dtype) for n in cell.states]
    widths = [width, 4 * width] + [width] * cell.n_kept
    arrays = [_array(inputs, n_columns) for n_columns in widths]
    state, (previous, factors, *kept) = _loop(
        n_steps, step, tuple(state), arrays, backwards=reverse
    )
    last = cell.output(state)
    # The output of a step is what the next one calls the previous output.
    if reverse:
        shifted, read_last = tf.concat([previous[-1:], previous[:-1]], axis=0), 0
    else:
        shifted, read_last = (
            tf.concat([previous[1:], previous[:1]], axis=0),
            n_steps - 1,
        )
    is_last = tf.range(inputs.shape[0])[:, tf.newaxis, tf.newaxis] == read_last
    return tf.where(is_last, last, shifted), last, _Tape(previous, factors, kept)


def _backward(
    cell, tape, d_outputs, d_last, transposed, n_steps, reverse, inputs_learn
):
    """Return the gradients of the pre-activations and, if needed, of the inputs."""
    recurrent_kernel, kernel = transposed

    def step(t, gradients, arrays):
        gates, *d_inputs = arrays
        gradients = gradients[0] + d_outputs[t], *gradients[1:]
        upstream, direct = cell.backward(gradients, [kept[t] for kept in tape.kept])
        # In place of the factors, and read back: a value used before it is written
        # would make XLA copy the whole array in every step.
        gates = gates.write(t, tf.concat(upstream, axis=-1) * gates.read(t))
        d_gates = gates.read(t)
        d_inputs = [
            array.write(t, product(_of_inputs(cell, d_gates), kernel))
            for array in d_inputs
        ]
        d_output = product(d_gates[:, : recurrent_kernel.shape[0]], recurrent_kernel)
        return (direct[0] + d_output, *direct[1:]), [gates, *d_inputs]

    arrays = [_array(tape.factors, tape.factors.shape[-1]).unstack(tape.factors)]
    if inputs_learn:
        arrays.append(_array(tape.factors, kernel.shape[1]))
    gradients = d_last, *(tf.zeros_like(d_last),) * (cell.n_gradients - 1)
    _, (d_gates, *d_inputs) = _loop(
        n_steps, step, gradients, arrays, backwards=not reverse
    )
    return d_gates, d_inputs[0] if inputs_learn else None


def _weight_gradients(cell, inputs, previous, d_gates, n_steps):
    """Return the gradients of kernel, recurrent kernel and biases.

    Sums over a fixed number of steps and rows at a time: a longer product would be
    summed in an order that depends on the number of threads.
    """
    width, n_inputs = previous.shape[-1], inputs.shape[-1]
    n_recurrent = cell.n_gates * width
    block_steps = max(1, _BLOCK_STEP_ROWS // inputs.shape[1])
    inputs = tf.concat([inputs, tf.ones_like(inputs[..., :1])], axis=-1)
    inputs, previous, d_gates = (
        _blocks(sequence, block_steps) for sequence in (inputs, previous, d_gates)
    )

    def add_block(j, sums, _):
        # One product for all weights of a gate: one of few rows would be summed in
        # another order on another number of threads.
        both = tf.concat([previous[j], inputs[j]], axis=-1)
        blocks = [tf.matmul(both, d_gates[j][:, :n_recurrent], transpose_a=True)]
        if n_recurrent < d_gates.shape[-1]:
            rest = d_gates[j][:, n_recurrent:]
            blocks.append(product(tf.transpose(inputs[j]), rest))
        return tuple(a + b for a, b in zip(sums, blocks, strict=True)), ()

    shapes = [(width + n_inputs + 1, n_recurrent)]
    if n_recurrent < d_gates.shape[-1]:
        shapes.append((n_inputs + 1, d_gates.shape[-1] - n_recurrent))
    zeros = tuple(tf.zeros(shape, d_gates.dtype) for shape in shapes)
    sums, _ = _loop(-(-n_steps // block_steps), add_block, zeros, ())
    d_recurrent_kernel = sums[0][:width]
    d_inputs = tf.concat([sums[0][width:], *sums[1:]], axis=-1)
    d_input_bias = _of_inputs(cell, d_inputs[n_inputs])
    d_output_bias = d_inputs[n_inputs, :n_recurrent]
    d_kernel = _of_inputs(cell, d_inputs[:n_inputs])
    return d_kernel, d_recurrent_kernel, tf.stack([d_input_bias, d_output_bias])


def _blocks(sequence: Tensor, block_steps: int) -> Tensor:
    """Cut a sequence in blocks of steps, steps and rows in one axis; pad the last."""
    missing = -sequence.shape[0] % block_steps
    sequence = tf.pad(sequence, [[0, missing], [0, 0], [0, 0]])
    n_step_rows = block_steps * sequence.shape[1]
    return tf.reshape(sequence, [-1, n_step_rows, sequence.shape[2]])


def _of_inputs(cell: _Cell, values: Tensor) -> Tensor:
    """Pick the gates that the inputs reach."""
    gates = tf.split(values, 4, axis=-1)
    return tf.concat([gates[gate] for gate in cell.of_inputs], axis=-1)


def product(rows: Tensor, matrix: Tensor) -> Tensor:
    """Multiply, in parts where the order of summation would depend on the threads.

    Parameters
    ----------
    rows : Tensor of shape (n_rows, n_inner)
    matrix : Tensor of shape (n_inner, n_columns)

    Returns
    -------
    Tensor of shape (n_rows, n_columns)
    """
    n_inner, n_columns = matrix.shape
    if n_inner <= _FEW_INPUTS:
        return tf.add_n([rows[:, j : j + 1] * matrix[j] for j in range(n_inner)])
    largest = _LARGEST_WHOLE_MATRIX[tf.as_dtype(matrix.dtype)]
    if n_inner <= _LONGEST_WHOLE and n_inner * n_columns <= largest:
        return rows @ matrix
    n_parts = -(-n_inner // _PART_LENGTH)
    part = -(-n_inner // n_parts)
    missing = n_parts * part - n_inner
    rows = tf.reshape(tf.pad(rows, [[0, 0], [0, missing]]), [-1, n_parts, part])
    matrix = tf.reshape(tf.pad(matrix, [[0, missing], [0, 0]]), [n_parts, part, -1])
    return tf.reduce_sum(tf.transpose(rows, [1, 0, 2]) @ matrix, axis=0)


def _loop(
    n: int | Tensor, step: Callable, state: Any, arrays: Any, *, backwards: bool = False
) -> tuple[Any, Any]:
    """Repeat ``state, arrays = step(t, state, arrays)`` for all t; stack the arrays.

    Nothing in a step may compute an index from ``n``: XLA would take it for a constant
    and compile anew for every number of steps.
    """
    n = tf.convert_to_tensor(n)
    _, state, arrays = tf.while_loop(
        lambda t, *_: t >= 0 if backwards else t < n,
        lambda t, state, arrays: (
            t + (-1 if backwards else 1),
            *step(t, state, arrays),
        ),
        (n - 1 if backwards else tf.zeros_like(n), state, arrays),
    )
    return state, [array.stack() for array in arrays]


def _array(like: Tensor, n_columns: int) -> tf.TensorArray:
    """Start an array as long and with as many rows as another sequence."""
    return tf.TensorArray(
        like.dtype,
        like.shape[0],
        clear_after_read=False,  # of importance outside of a graph only
        element_shape=(like.shape[1], n_columns),
    )
