import numpy as np
import pytest
import tensorflow as tf

from sk_rnn._architecture import Architecture
from sk_rnn._network import forward, initial_weights, keras_model
from sk_rnn._scaling import Affine, Scaling

ARCHITECTURES = [
    Architecture(cell, units, bidirectional, 0.0, n_channels, n_outputs, "float64")
    for cell in ("rnn", "lstm", "gru")
    for units, bidirectional, n_channels, n_outputs in [
        ((5,), False, 1, 1),
        ((4, 3), False, 2, 3),
        ((4,), True, 1, 2),
        ((3, 4, 2), True, 2, 1),
    ]
]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_forward_is_that_of_the_keras_model(architecture):
    weights = initial_weights(architecture, seed=0)
    windows = np.random.default_rng(0).normal(size=(6, 9, architecture.n_channels))
    model = keras_model(architecture, weights, n_steps=9)
    ours = forward(architecture, [tf.constant(w) for w in weights], windows, 9)
    np.testing.assert_allclose(ours, model(windows), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_weights_are_laid_out_as_keras_does(architecture):
    shapes = architecture.weight_shapes()
    model = keras_model(architecture, [np.zeros(shape) for shape in shapes], n_steps=2)
    assert [weight.shape for weight in model.get_weights()] == shapes


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_initial_weights_are_keras_distributions(dtype):
    architecture = Architecture("lstm", (64,), False, 0.0, 3, 1, dtype)
    kernel, recurrent, bias, head, head_bias = initial_weights(architecture, seed=3)
    assert all(w.dtype == dtype for w in (kernel, recurrent, bias, head, head_bias))
    limit = np.sqrt(6 / (3 + 256))  # Glorot and Bengio's uniform distribution
    assert 0.95 * limit < np.abs(kernel).max() <= limit
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(64), atol=1e-5)
    np.testing.assert_array_equal(bias, np.repeat([0, 1, 0, 0], 64))
    np.testing.assert_array_equal(head_bias, [0])


def test_initial_weights_follow_the_seed():
    architecture = ARCHITECTURES[1]
    first, again, other = (initial_weights(architecture, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    assert np.all(first[0] != other[0])
    assert not np.isin(first[0][0], first[3]).any()  # layers draw different numbers


def test_scaling_layers_work_in_float64():
    """1e9 + 0.1 and 1e9 + 0.4 are the same number in float32, and so are 0.3 * 1e9."""
    architecture = Architecture("gru", (4,), False, 0.0, 1, 1, "float32")
    weights = initial_weights(architecture, seed=0)
    affine = Affine(center=np.array([1e9 + 0.1]), scale=np.array([0.3]))
    scaling = Scaling(None, affine, None, affine, 1, "float32")
    model = keras_model(architecture, weights, n_steps=2, scaling=scaling)
    scaled = np.array([[[0.0], [1.0]]])
    levels = 1e9 + 0.1 + 0.3 * scaled
    outputs = forward(architecture, weights, scaled.astype("float32"), 2).numpy()
    expected = outputs.astype("float64") * 0.3 + (1e9 + 0.1)
    np.testing.assert_allclose(model(levels), expected, rtol=0, atol=1e-6)


def test_dropout_drops_and_rescales():
    architecture = Architecture("lstm", (50,), False, 0.5, 1, 1, "float64")
    weights = initial_weights(architecture, seed=0)
    weights[-2][:] = 1.0  # the output is the sum of what is not dropped
    windows = np.ones((400, 3, 1))
    whole = forward(architecture, weights, windows, 3).numpy()
    outputs = [
        forward(architecture, weights, windows, 3, (0.5, [0, seed])).numpy()
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert np.all(outputs[0] != outputs[2])
    assert len(np.unique(outputs[0])) > 300  # every row has a mask of its own
    assert outputs[0].mean() == pytest.approx(whole.mean(), rel=0.05)
