import keras
import numpy as np
import pytest
import tensorflow as tf

from sk_rnn._recurrence import gru, lstm

CELLS = {"lstm": (lstm, keras.layers.LSTM), "gru": (gru, keras.layers.GRU)}
SHAPES = [
    # n_steps, n_rows, n_inputs, units
    (1, 1, 1, 1),
    (5, 3, 2, 7),
    (13, 16, 1, 8),  # 208 step-rows: more than one block, the last one incomplete
]


def random_weights(cell, n_inputs, units, dtype):
    rng = np.random.default_rng(0)
    width = {"lstm": 4, "gru": 3}[cell] * units
    shapes = [(n_inputs, width), (units, width)]
    shapes.append((width,) if cell == "lstm" else (2, width))
    return [rng.normal(0, 0.5, shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("cell", CELLS)
def test_outputs_and_gradients_are_those_of_keras(cell, shape, dtype):
    recurrence, layer_class = CELLS[cell]
    n_steps, n_rows, n_inputs, units = shape
    rng = np.random.default_rng(1)
    inputs = tf.constant(rng.normal(size=(n_steps, n_rows, n_inputs)), dtype)
    upstream = tf.constant(rng.normal(size=(n_steps, n_rows, units)), dtype)
    weights = random_weights(cell, n_inputs, units, dtype)
    layer = layer_class(units, return_sequences=True, dtype=dtype, use_cudnn=False)
    layer.build((None, None, n_inputs))
    layer.set_weights(weights)

    def gradients(function, parameters):
        with tf.GradientTape() as tape:
            tape.watch([inputs, *parameters])
            outputs = function(inputs)
            loss = tf.reduce_sum(outputs * upstream)
        return outputs, *tape.gradient(loss, [inputs, *parameters])

    def by_keras(inputs):
        return tf.transpose(layer(tf.transpose(inputs, [1, 0, 2])), [1, 0, 2])

    tensors = [tf.constant(weight) for weight in weights]
    ours = gradients(lambda inputs: recurrence(inputs, *tensors), tensors)
    theirs = gradients(by_keras, [variable.value for variable in layer.weights])
    tolerance = {"float32": 2e-5, "float64": 1e-12}[dtype]
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our, their, rtol=tolerance, atol=tolerance)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_lstm_is_the_textbook_recurrence():
    kernel, recurrent, bias = random_weights("lstm", 2, 3, "float64")
    inputs = np.random.default_rng(1).normal(size=(6, 4, 2))
    h = c = np.zeros((4, 3))
    for t in range(6):
        i, f, g, o = np.split(inputs[t] @ kernel + h @ recurrent + bias, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    outputs = lstm(*map(tf.constant, (inputs, kernel, recurrent, bias)))
    np.testing.assert_allclose(outputs[-1], h, rtol=1e-12)


def test_gru_is_the_textbook_recurrence():
    kernel, recurrent, bias = random_weights("gru", 2, 3, "float64")
    inputs = np.random.default_rng(1).normal(size=(6, 4, 2))
    h = np.zeros((4, 3))
    for t in range(6):
        x_z, x_r, x_g = np.split(inputs[t] @ kernel + bias[0], 3, axis=-1)
        h_z, h_r, h_g = np.split(h @ recurrent + bias[1], 3, axis=-1)
        z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
        h = z * h + (1 - z) * np.tanh(x_g + r * h_g)
    outputs = gru(*map(tf.constant, (inputs, kernel, recurrent, bias)))
    np.testing.assert_allclose(outputs[-1], h, rtol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_equal_finite_differences(cell):
    recurrence, _ = CELLS[cell]
    rng = np.random.default_rng(2)
    arrays = [rng.normal(size=(4, 2, 1)), *random_weights(cell, 1, 3, "float64")]
    upstream = rng.normal(size=(4, 2, 3))

    def loss(arrays):
        return tf.reduce_sum(recurrence(*map(tf.constant, arrays)) * upstream).numpy()

    tensors = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = tf.reduce_sum(recurrence(*tensors) * upstream)
    for i, gradient in enumerate(tape.gradient(value, tensors)):
        for place in np.ndindex(arrays[i].shape):
            shifted = [np.copy(array) for array in arrays]
            shifted[i][place] += 1e-6
            above = loss(shifted)
            shifted[i][place] -= 2e-6
            slope = (above - loss(shifted)) / 2e-6
            assert gradient[place].numpy() == pytest.approx(slope, rel=1e-5, abs=1e-7)
