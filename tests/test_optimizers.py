import keras
import numpy as np
import pytest
import tensorflow as tf

from sk_rnn._optimizers import slot_shapes, update


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop", "sgd"])
def test_every_step_is_that_of_keras(name):
    rng = np.random.default_rng(0)
    initial = [rng.normal(size=shape) for shape in [(3, 4), (4,)]]
    variables = [keras.Variable(array, dtype="float64") for array in initial]
    optimizer = keras.optimizers.get(name)
    optimizer.learning_rate = 0.01
    learning_rate = float(optimizer.learning_rate)  # Keras rounds it to float32
    weights = [tf.constant(array) for array in initial]
    shapes = slot_shapes(name, [array.shape for array in initial])
    slots = [tf.zeros(shape, "float64") for shape in shapes]
    for step in range(1, 51):
        gradients = [tf.constant(rng.normal(size=array.shape)) for array in initial]
        optimizer.apply(gradients, variables)
        weights, slots = update(
            name,
            weights,
            slots,
            gradients,
            tf.constant(learning_rate, "float64"),
            tf.constant(step, "float64"),
        )
        for ours, theirs in zip(weights, variables, strict=True):
            # Keras rounds AdamW's weight decay to float32, a relative error of 1e-8.
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10)
