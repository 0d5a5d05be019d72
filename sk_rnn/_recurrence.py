"""The recurrence of any cell over a sequence, with its gradient derived by hand.

All sequences are time-major, ``(length, n_rows, ...)``, of which the first ``n_steps``
elements count: the loops run over these only, so that one compiled function serves all
numbers of steps.

Automatic differentiation multiplies two small matrices per step for the weight
gradients and records every intermediate value. Here the forward loop keeps the factor
of each pre-activation; the backward loop turns these in place into the gradients of the
pre-activations; and the gradient of all weights is then one product over all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from sk_rnn._cells import Cell

Tensor = Any

_BLOCK_STEPS = 16  # summed by one product, of which the last one may be half empty
_FEW_INPUTS = 4  # so few are multiplied in the loop that applies the activations


def recurrence(
    cell: Cell, inputs, weights, n_steps, *, reverse=False, inputs_learn=True
) -> tuple[Tensor, Tensor]:
    """Run a cell over a sequence, backwards if asked.

    The shape of the inputs, (length, n_rows, n_inputs), is known when the graph is
    built; the weights are kernel, recurrent kernel and bias. ``inputs_learn=False``
    saves the gradient of the inputs. Returned are the outputs, (length, n_rows, units),
    zero where nothing was read, and the output of the step read last, (n_rows, units).
    """
    kernel, recurrent_kernel, bias = weights
    biases = tf.stack([bias, tf.zeros_like(bias)]) if cell.n_biases == 1 else bias

    @tf.custom_gradient
    def run(inputs, *weights):
        outputs, last, tape = _forward(cell, inputs, weights, n_steps, reverse)

        def gradient(*d_outputs):
            d_gates, d_inputs = _backward(
                cell, tape, d_outputs, weights, n_steps, reverse, inputs_learn
            )
            d_weights = _weight_gradients(cell, inputs, tape.previous, d_gates, n_steps)
            return d_inputs, *d_weights

        return (outputs, last), gradient

    return run(inputs, kernel, recurrent_kernel, biases)


class _Tape(NamedTuple):
    """What the forward loop leaves to the backward loop."""

    previous: Tensor  # (length, n_rows, width): the output before each step
    factors: Tensor  # (length, n_rows, n_factors * width)
    kept: list[Tensor]  # of shape (length, n_rows, width)


def _forward(cell, inputs, weights, n_steps, reverse):
    """Return the output of each step, the last one, and the tape."""
    kernel, recurrent_kernel, biases = weights
    width = recurrent_kernel.shape[0]

    def step(t, state, arrays):
        output = cell.output(state)
        state, factors, kept = cell.forward(
            tf,
            product(inputs[t], kernel) + biases[0],
            output @ recurrent_kernel + biases[1],
            output,
            state,
        )
        values = output, tf.concat(factors, axis=-1), *kept
        return state, [a.write(t, v) for a, v in zip(arrays, values, strict=True)]

    state = [tf.zeros([inputs.shape[1], n * width], inputs.dtype) for n in cell.states]
    widths = [width, cell.n_factors * width] + [width] * cell.n_kept
    arrays = [_array(inputs, n_columns) for n_columns in widths]
    state, (previous, factors, *kept) = _loop(
        n_steps, step, tuple(state), arrays, backwards=reverse
    )
    last = cell.output(state)
    # The output of a step is what the next one calls the previous output.
    by = 1 if reverse else -1
    read_last = 0 if reverse else n_steps - 1
    is_last = tf.range(inputs.shape[0])[:, tf.newaxis, tf.newaxis] == read_last
    outputs = tf.where(is_last, last, tf.roll(previous, by, axis=0))
    return outputs, last, _Tape(previous, factors, kept)


def _backward(cell, tape, d_outputs, weights, n_steps, reverse, inputs_learn):
    """Return the gradients of the pre-activations and, if needed, of the inputs."""
    # Transposed once: a product with a transposed matrix does so every step.
    kernel, recurrent_kernel = (tf.transpose(matrix) for matrix in weights[:2])
    d_outputs, d_last = d_outputs

    def step(t, gradients, arrays):
        gates, *d_inputs = arrays
        gradients = gradients[0] + d_outputs[t], *gradients[1:]
        upstream, direct = cell.backward(tf, gradients, [kept[t] for kept in tape.kept])
        # In place of the factors, and read back: a value used before it is written
        # would make XLA copy the whole array in every step.
        gates = gates.write(t, tf.concat(upstream, axis=-1) * gates.read(t))
        d_gates = gates.read(t)
        d_inputs = [
            array.write(t, product(_of_inputs(cell, d_gates), kernel))
            for array in d_inputs
        ]
        d_output = d_gates[:, : recurrent_kernel.shape[0]] @ recurrent_kernel
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

    Past the steps that were read, ``d_gates`` is zero and adds nothing.
    """
    width, n_inputs = previous.shape[-1], inputs.shape[-1]
    n_recurrent = cell.n_gates * width
    inputs, previous, d_gates = map(_blocks, (inputs, previous, d_gates))
    ones = tf.ones([1, d_gates.shape[1]], d_gates.dtype)

    def add_block(block, sums, _):
        # Transposed before they are joined: XLA would fold a transposition into the
        # product, which then takes a slow path.
        of_output = tf.transpose(previous[block])
        of_inputs = tf.concat([tf.transpose(inputs[block]), ones], axis=0)
        both = tf.concat([of_output, of_inputs], axis=0)
        products = [both @ d_gates[block][:, :n_recurrent]]
        if cell.n_factors > cell.n_gates:
            products.append(product(of_inputs, d_gates[block][:, n_recurrent:]))
        return tuple(a + b for a, b in zip(sums, products, strict=True)), ()

    shapes = [(width + n_inputs + 1, n_recurrent)]
    if cell.n_factors > cell.n_gates:
        shapes.append((n_inputs + 1, d_gates.shape[-1] - n_recurrent))
    zeros = tuple(tf.zeros(shape, d_gates.dtype) for shape in shapes)
    sums, _ = _loop(-(-n_steps // _BLOCK_STEPS), add_block, zeros, ())
    d_inputs = tf.concat([sums[0][width:], *sums[1:]], axis=-1)
    d_input_bias = _of_inputs(cell, d_inputs[n_inputs])
    d_output_bias = d_inputs[n_inputs, :n_recurrent]
    d_kernel = _of_inputs(cell, d_inputs[:n_inputs])
    return d_kernel, sums[0][:width], tf.stack([d_input_bias, d_output_bias])


def _blocks(sequence: Tensor) -> Tensor:
    """Cut a sequence in blocks of steps, steps and rows in one axis; pad the last."""
    length, n_rows, n_columns = sequence.shape
    sequence = tf.pad(sequence, [[0, -length % _BLOCK_STEPS], [0, 0], [0, 0]])
    return tf.reshape(sequence, [-1, _BLOCK_STEPS * n_rows, n_columns])


def _of_inputs(cell: Cell, values: Tensor) -> Tensor:
    """Pick the gates that the inputs reach."""
    gates = tf.split(values, cell.n_factors, axis=-1)
    return tf.concat([gates[gate] for gate in cell.of_inputs], axis=-1)


def product(rows: Tensor, matrix: Tensor) -> Tensor:
    """Multiply (n_rows, n_inner) with (n_inner, n_columns), of which n_inner is few."""
    n_inner, _ = matrix.shape
    if n_inner > _FEW_INPUTS:
        return rows @ matrix
    return tf.add_n([rows[:, j : j + 1] * matrix[j] for j in range(n_inner)])


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
