"""The LSTM and GRU recurrences with hand-derived gradients.

Weights, gate order and results are those of ``keras.layers.LSTM`` and
``keras.layers.GRU(reset_after=True)``. All sequences are time-major,
``(n_steps, n_rows, ...)``.

Automatic differentiation multiplies two small matrices per step for the weight
gradients and records every intermediate value. Here the backward scan computes the
gradients of the pre-activations only; the gradient of each weight is then one product
over all steps and rows. Whatever does not depend on the incoming gradient is computed
for all steps at once, outside the scan.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Tensor = Any

_BLOCK = 64


@tf.custom_gradient
def lstm(inputs: Tensor, kernel: Tensor, recurrent_kernel: Tensor, bias: Tensor):
    """Run an LSTM over a sequence.

    Parameters
    ----------
    inputs : Tensor of shape (n_steps, n_rows, n_inputs)
    kernel : Tensor of shape (n_inputs, 4 * units)
        Gates in Keras's order: input, forget, cell, output.
    recurrent_kernel : Tensor of shape (units, 4 * units)
    bias : Tensor of shape (4 * units,)

    Returns
    -------
    Tensor of shape (n_steps, n_rows, units)
        The output of every step.
    """
    zeros = _zero_state(inputs, recurrent_kernel)
    projected = _dot(inputs, kernel) + bias

    def step(t, state):
        h, c = state
        i, f, g, o = tf.split(projected[t] + h @ recurrent_kernel, 4, axis=-1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        c = f * c + i * g
        h = o * tf.tanh(c)
        return (h, c), (h, c, i, f, g, o)

    outputs, cells, i, f, g, o = _scan(step, (zeros, zeros), inputs, n_collected=6)

    def gradient(upstream):
        tanh_c = tf.tanh(cells)
        previous_cells = _shift(cells, zeros)
        # Derivatives of the pre-activations by dh (output gate) and by dc (the others).
        by_o = tanh_c * o * (1 - o)
        by_c = tf.concat(
            [g * i * (1 - i), previous_cells * f * (1 - f), i * (1 - g * g)], axis=-1
        )
        c_by_h = o * (1 - tanh_c * tanh_c)

        def step_back(t, state):
            dh, dc = state
            dh = dh + upstream[t]
            dc = dc + dh * c_by_h[t]
            dz = tf.concat([tf.tile(dc, [1, 3]) * by_c[t], dh * by_o[t]], axis=-1)
            dh = tf.matmul(dz, recurrent_kernel, transpose_b=True)
            return (dh, dc * f[t]), (dz,)

        (dz,) = _scan(step_back, (zeros, zeros), inputs, n_collected=1, reverse=True)
        return (
            _dot(dz, tf.transpose(kernel)),
            _weight_gradient(inputs, dz),
            _weight_gradient(_shift(outputs, zeros), dz),
            tf.reduce_sum(dz, axis=[0, 1]),
        )

    return outputs, gradient


@tf.custom_gradient
def gru(inputs: Tensor, kernel: Tensor, recurrent_kernel: Tensor, bias: Tensor):
    """Run a GRU over a sequence, the reset gate applied after the product.

    Parameters
    ----------
    inputs : Tensor of shape (n_steps, n_rows, n_inputs)
    kernel : Tensor of shape (n_inputs, 3 * units)
        Gates in Keras's order: update, reset, candidate.
    recurrent_kernel : Tensor of shape (units, 3 * units)
    bias : Tensor of shape (2, 3 * units)
        Biases of the inputs and of the previous outputs.

    Returns
    -------
    Tensor of shape (n_steps, n_rows, units)
        The output of every step.
    """
    zeros = _zero_state(inputs, recurrent_kernel)
    projected = _dot(inputs, kernel) + bias[0]
    recurrent_bias = broadcast_bias(bias[1], zeros)

    def step(t, state):
        (h,) = state
        x_z, x_r, x_g = tf.split(projected[t], 3, axis=-1)
        h_z, h_r, h_g = tf.split(h @ recurrent_kernel + recurrent_bias, 3, axis=-1)
        z, r = tf.sigmoid(x_z + h_z), tf.sigmoid(x_r + h_r)
        g = tf.tanh(x_g + r * h_g)
        h = z * h + (1 - z) * g
        return (h,), (h, z, r, g, h_g)

    outputs, z, r, g, h_g = _scan(step, (zeros,), inputs, n_collected=5)

    def gradient(upstream):
        previous = _shift(outputs, zeros)
        # Derivatives by dh of the pre-activations z, r and g, and of h_g.
        by_g = (1 - z) * (1 - g * g)
        by_z = (previous - g) * z * (1 - z)
        by_r = by_g * h_g * r * (1 - r)
        by_h = tf.concat([by_z, by_r, by_g * r], axis=-1)

        def step_back(t, state):
            dh = state[0] + upstream[t]
            da = tf.tile(dh, [1, 3]) * by_h[t]
            back = tf.matmul(da, recurrent_kernel, transpose_b=True)
            return (dh * z[t] + back,), (dh, da)

        dh, d_recurrent = _scan(
            step_back, (zeros,), inputs, n_collected=2, reverse=True
        )
        units = tf.shape(recurrent_kernel)[0]
        d_input = tf.concat([d_recurrent[..., : 2 * units], dh * by_g], axis=-1)
        return (
            _dot(d_input, tf.transpose(kernel)),
            _weight_gradient(inputs, d_input),
            _weight_gradient(previous, d_recurrent),
            tf.stack(
                [
                    tf.reduce_sum(d_input, axis=[0, 1]),
                    tf.reduce_sum(d_recurrent, axis=[0, 1]),
                ]
            ),
        )

    return outputs, gradient


def broadcast_bias(bias: Tensor, rows: Tensor) -> Tensor:
    """Repeat a bias for every row.

    Added to a float64 product as it is, a bias makes TensorFlow's graph optimiser log a
    warning for each function.
    """
    return tf.broadcast_to(bias, [_length(rows, 0), bias.shape[0]])


def _zero_state(inputs: Tensor, recurrent_kernel: Tensor) -> Tensor:
    shape = [_length(inputs, 1), recurrent_kernel.shape[0]]
    return tf.zeros(shape, inputs.dtype)


def _scan(step, state, sequence, *, n_collected: int, reverse: bool = False):
    """Apply ``step`` to every time step; stack what it collects along time."""
    n_steps = _length(sequence, 0)

    def body(i, state, collected):
        t = n_steps - 1 - i if reverse else i
        state, values = step(t, state)
        collected = tuple(
            array.write(t, value)
            for array, value in zip(collected, values, strict=True)
        )
        return i + 1, state, collected

    arrays = tuple(
        tf.TensorArray(sequence.dtype, size=n_steps) for _ in range(n_collected)
    )
    _, _, arrays = tf.while_loop(
        lambda i, *_: i < n_steps, body, (0, state, arrays), maximum_iterations=n_steps
    )
    return tuple(array.stack() for array in arrays)


def _length(tensor: Tensor, axis: int) -> int | Tensor:
    """Length of an axis: a number where the graph knows it, else a tensor."""
    static = tensor.shape[axis]
    return tf.shape(tensor)[axis] if static is None else static


def _shift(sequence: Tensor, first: Tensor) -> Tensor:
    """Delay a sequence by one step."""
    return tf.concat([first[tf.newaxis], sequence[:-1]], axis=0)


def _dot(sequence: Tensor, matrix: Tensor) -> Tensor:
    """Multiply every element of a sequence by a matrix, in one product."""
    n_steps, n_rows = _length(sequence, 0), _length(sequence, 1)
    flat = tf.reshape(sequence, [-1, sequence.shape[2]])
    return tf.reshape(flat @ matrix, [n_steps, n_rows, matrix.shape[1]])


def _weight_gradient(inputs: Tensor, gradient: Tensor) -> Tensor:
    """Sum the outer products of inputs and gradients over all steps and rows.

    A long sum is split in blocks of fixed length: the order in which a single product
    over all steps and rows is summed depends on the number of threads.
    """
    blocks = [_blocks(inputs), _blocks(gradient)]
    return tf.reduce_sum(tf.matmul(*blocks, transpose_a=True), axis=0)


def _blocks(sequence: Tensor) -> Tensor:
    """Cut a sequence in blocks of ``_BLOCK`` step-rows, the last one zero-padded."""
    n_step_rows = _length(sequence, 0) * _length(sequence, 1)
    flat = tf.reshape(sequence, [-1, sequence.shape[2]])
    flat = tf.pad(flat, [[0, -n_step_rows % _BLOCK], [0, 0]])
    return tf.reshape(flat, [-1, _BLOCK, sequence.shape[2]])
