"""What search.py and backtest.py race against: a new Keras model for every fit."""

import keras
import numpy as np
import tensorflow as tf
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_random_state

from sk_rnn._architecture import Architecture
from sk_rnn._network import initial_weights

EPOCHS, BATCH_SIZE, LEARNING_RATE = 10, 32, 0.003


class KerasPerFit(RegressorMixin, BaseEstimator):
    """A network in Keras, built and traced anew in every fit, as wrappers do."""

    def __init__(
        self, units=64, n_steps=60, epochs=EPOCHS, cell="gru", same_batches=False
    ):
        self.units = units
        self.n_steps = n_steps
        self.epochs = epochs
        self.cell = cell
        self.same_batches = same_batches

    def fit(self, X, y):
        keras.utils.set_random_seed(0)
        X = X[:, -self.n_steps :]
        self.scaling_ = X.mean(), X.std(), y.mean(), y.std()
        windows = self._scaled(X)
        targets = ((y - self.scaling_[2]) / self.scaling_[3]).astype("float32")
        inputs = keras.Input((self.n_steps, 1))
        layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[self.cell]
        self.model_ = keras.Sequential(
            [inputs, layer(self.units), keras.layers.Dense(1)]
        )
        self.model_.compile(keras.optimizers.Adam(LEARNING_RATE), loss="mse")
        if self.same_batches:
            data = self._start_like_sk_rnn(windows, targets)
        else:
            data = {"x": windows, "y": targets, "batch_size": BATCH_SIZE}
        history = self.model_.fit(**data, epochs=self.epochs, verbose=0)
        self.loss_ = history.history["loss"][-1]
        return self

    def predict(self, X):
        outputs = self.model_.predict(self._scaled(X[:, -self.n_steps :]), verbose=0)
        return outputs[:, 0] * self.scaling_[3] + self.scaling_[2]

    def _scaled(self, X):
        scaled = (X - self.scaling_[0]) / self.scaling_[1]
        return scaled.astype("float32")[..., np.newaxis]

    def _start_like_sk_rnn(self, windows, targets):
        """Set sk_rnn's initial weights; return its batches, for ``Model.fit``."""
        seed = int(check_random_state(0).randint(2**31 - 1))
        architecture = Architecture(
            self.cell, (self.units,), False, 0.0, 1, 1, "float32"
        )
        self.model_.set_weights(initial_weights(architecture, seed))
        n_rows, n_batches = len(windows), -(-len(windows) // BATCH_SIZE)
        orders = [
            np.random.default_rng([seed, epoch * n_batches]).permutation(n_rows)
            for epoch in range(self.epochs)
        ]
        dataset = tf.data.Dataset.from_tensor_slices
        batches = (
            dataset(np.stack(orders))
            .flat_map(lambda order: dataset(order).batch(BATCH_SIZE))
            .map(lambda rows: (tf.gather(windows, rows), tf.gather(targets, rows)))
            .prefetch(tf.data.AUTOTUNE)
        )
        return {"x": batches, "shuffle": False, "steps_per_epoch": n_batches}
