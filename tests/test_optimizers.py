import keras
import numpy as np
import pytest
import tensorflow as tf

from sk_rnn._optimizers import n_slots, update


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop", "sgd"])
def test_every_step_is_that_of_keras(name):
    rng = np.random.default_rng(0)
    initial = rng.normal(size=17)
    variable = keras.Variable(initial, dtype="float64")
    optimizer = keras.optimizers.get(name)
    optimizer.learning_rate = 0.01
    learning_rate = float(optimizer.learning_rate)  # Keras rounds it to float32
    weights = tf.constant(initial)
    slots = [tf.zeros(17, "float64") for _ in range(n_slots(name))]
    for step in range(1, 51):
        gradient = tf.constant(rng.normal(size=17))
        optimizer.apply([gradient], [variable])
        weights, slots = update(
            name,
            weights,
            gradient,
            slots,
            tf.constant(learning_rate, "float64"),
            tf.constant(step, "float64"),
        )
        # Keras rounds AdamW's weight decay to float32, a relative error of 1e-8.
        np.testing.assert_allclose(weights, variable, rtol=1e-9, atol=1e-10)
