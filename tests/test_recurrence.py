import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sk_rnn._cells import CELLS
from sk_rnn._recurrence import recurrence

TOLERANCE = {"float32": 2e-5, "float64": 1e-12}


def random_weights(cell, n_inputs, units, dtype):
    rng = np.random.default_rng(0)
    width = {"rnn": 1, "lstm": 4, "gru": 3}[cell] * units
    shapes = [(n_inputs, width), (units, width)]
    shapes.append((2, width) if cell == "gru" else (width,))
    spread = min(0.5, 2 / np.sqrt(units))  # many units must not saturate each other
    return [rng.normal(0, spread, shape).astype(dtype) for shape in shapes]


def outputs_and_gradients(function, inputs, parameters, by_outputs, by_last):
    """Differentiate a weighted sum of all outputs and, once more, of the last."""
    with tf.GradientTape() as tape:
        tape.watch([inputs, *parameters])
        outputs, last = function(inputs)
        loss = tf.reduce_sum(outputs * by_outputs) + tf.reduce_sum(last * by_last)
    return [outputs, last, *tape.gradient(loss, [inputs, *parameters])]


def assert_same_as_keras(cell, shape, dtype, *, reverse=False, xla=False):
    """Compare with Keras's layer and automatic differentiation."""
    n_steps, n_rows, n_inputs, units = shape
    rng = np.random.default_rng(1)
    inputs, by_outputs, by_last = (
        tf.constant(rng.normal(size=size), dtype)
        for size in [
            (n_steps, n_rows, n_inputs),
            (n_steps, n_rows, units),
            (n_rows, units),
        ]
    )
    weights = random_weights(cell, n_inputs, units, dtype)
    layer = getattr(keras.layers, CELLS[cell].layer)(
        units, return_sequences=True, go_backwards=reverse, dtype=dtype
    )
    layer.build((None, None, n_inputs))
    layer.set_weights(weights)

    def by_keras(inputs):
        outputs = tf.transpose(layer(tf.transpose(inputs, [1, 0, 2])), [1, 0, 2])
        return (outputs[::-1] if reverse else outputs), outputs[-1]

    @tf.function(jit_compile=xla, autograph=False)
    def by_us(inputs, *tensors):
        return outputs_and_gradients(
            lambda inputs: recurrence(
                CELLS[cell], inputs, tensors, n_steps, reverse=reverse
            ),
            inputs,
            tensors,
            by_outputs,
            by_last,
        )

    ours = by_us(inputs, *map(tf.constant, weights))
    parameters = [variable.value for variable in layer.weights]
    theirs = outputs_and_gradients(by_keras, inputs, parameters, by_outputs, by_last)
    for our, their in zip(ours, theirs, strict=True):
        size = max(1, np.abs(their).max())  # a sum of many terms has their error
        np.testing.assert_allclose(our, their, rtol=0, atol=TOLERANCE[dtype] * size)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "shape",
    [
        # n_steps, n_rows, n_inputs, units
        (1, 1, 1, 1),
        (70, 4, 5, 8),  # more than one block of steps, the last one incomplete
        (3, 16, 130, 160),
    ],
)
@pytest.mark.parametrize("cell", CELLS)
def test_outputs_and_gradients_are_those_of_keras(cell, shape, dtype):
    assert_same_as_keras(cell, shape, dtype)
    assert_same_as_keras(cell, shape, dtype, reverse=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cell", CELLS)
def test_xla_gives_the_same(cell, dtype):
    assert_same_as_keras(cell, (13, 16, 5, 24), dtype, xla=True)
    assert_same_as_keras(cell, (3, 2, 130, 160), dtype, xla=True, reverse=True)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    cell=st.sampled_from(sorted(CELLS)),
    n_steps=st.integers(1, 20),
    n_rows=st.integers(1, 40),
    n_inputs=st.integers(1, 9),
    units=st.integers(1, 40),
    reverse=st.booleans(),
)
@example(cell="lstm", n_steps=1, n_rows=1, n_inputs=9, units=1, reverse=False)
@example(cell="gru", n_steps=2, n_rows=1, n_inputs=1, units=7, reverse=True)
def test_any_shape(cell, n_steps, n_rows, n_inputs, units, reverse):
    shape = n_steps, n_rows, n_inputs, units
    assert_same_as_keras(cell, shape, "float64", reverse=reverse)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_only_the_first_steps_count(cell, reverse):
    """What follows the steps to read changes nothing and gets no gradient."""
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(19, 16, 2))
    weights = [tf.constant(w) for w in random_weights(cell, 2, 5, "float64")]

    def run(inputs, n_steps):
        length = inputs.shape[0]
        return outputs_and_gradients(
            lambda inputs: recurrence(
                CELLS[cell], inputs, weights, n_steps, reverse=reverse
            ),
            inputs,
            weights,
            tf.ones([length, 1, 1], "float64"),
            tf.ones([1, 1], "float64"),
        )

    plain = tf.function(run, autograph=False)
    compiled = tf.function(run, autograph=False, jit_compile=True)
    for n_steps in 1, 8, 13:
        expected = plain(inputs[:n_steps], tf.constant(n_steps))
        changed = inputs.copy()
        changed[n_steps:] = rng.normal(size=changed[n_steps:].shape)
        for function in plain, compiled:
            outputs, last, d_inputs, *others = function(changed, tf.constant(n_steps))
            np.testing.assert_array_equal(outputs[n_steps:], 0)
            np.testing.assert_array_equal(d_inputs[n_steps:], 0)
            counted = [outputs[:n_steps], last, d_inputs[:n_steps], *others]
            for ours, theirs in zip(counted, expected, strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-13)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_rnn_is_the_textbook_recurrence():
    kernel, recurrent, bias = random_weights("rnn", 2, 3, "float64")
    inputs = np.random.default_rng(1).normal(size=(6, 4, 2))
    h = np.zeros((4, 3))
    for t in range(6):
        h = np.tanh(inputs[t] @ kernel + h @ recurrent + bias)
    _, last = recurrence(CELLS["rnn"], inputs, [kernel, recurrent, bias], 6)
    np.testing.assert_allclose(last, h, rtol=1e-12)


def test_lstm_is_the_textbook_recurrence():
    kernel, recurrent, bias = random_weights("lstm", 2, 3, "float64")
    inputs = np.random.default_rng(1).normal(size=(6, 4, 2))
    h = c = np.zeros((4, 3))
    for t in range(6):
        i, f, g, o = np.split(inputs[t] @ kernel + h @ recurrent + bias, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    _, last = recurrence(CELLS["lstm"], inputs, [kernel, recurrent, bias], 6)
    np.testing.assert_allclose(last, h, rtol=1e-12)


def test_gru_is_the_textbook_recurrence():
    kernel, recurrent, bias = random_weights("gru", 2, 3, "float64")
    inputs = np.random.default_rng(1).normal(size=(6, 4, 2))
    h = np.zeros((4, 3))
    for t in range(6):
        x_z, x_r, x_g = np.split(inputs[t] @ kernel + bias[0], 3, axis=-1)
        h_z, h_r, h_g = np.split(h @ recurrent + bias[1], 3, axis=-1)
        z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
        h = z * h + (1 - z) * np.tanh(x_g + r * h_g)
    _, last = recurrence(CELLS["gru"], inputs, [kernel, recurrent, bias], 6)
    np.testing.assert_allclose(last, h, rtol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_equal_finite_differences(cell):
    rng = np.random.default_rng(2)
    arrays = [rng.normal(size=(4, 2, 1)), *random_weights(cell, 1, 3, "float64")]
    upstream = rng.normal(size=(4, 2, 3))

    @tf.function(autograph=False)
    def loss(arrays):
        outputs, _ = recurrence(CELLS[cell], arrays[0], arrays[1:], 4)
        return tf.reduce_sum(outputs * upstream)

    tensors = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        outputs, _ = recurrence(CELLS[cell], tensors[0], tensors[1:], 4)
        value = tf.reduce_sum(outputs * upstream)
    for i, gradient in enumerate(tape.gradient(value, tensors)):
        for place in np.ndindex(arrays[i].shape):
            shifted = [np.copy(array) for array in arrays]
            shifted[i][place] += 1e-6
            above = loss([*map(tf.constant, shifted)])
            shifted[i][place] -= 2e-6
            slope = (above - loss([*map(tf.constant, shifted)])).numpy() / 2e-6
            assert gradient[place].numpy() == pytest.approx(slope, rel=1e-5, abs=1e-7)
