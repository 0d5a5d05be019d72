"""What the defaults were chosen on: validation parts only.

    python benchmarks/defaults.py
    python benchmarks/defaults.py --only small   # without M4

Each line changes one setting of a network that reads windows in standard units. The
small tasks are those of accuracy.py and MasterCard's High, with five seeds; their
errors are divided by those of the last value, and averaged geometrically. M4 Hourly has
sMAPE and MASE, with one seed; its base reads days and minimises the absolute error.

The last lines try what is no parameter: a limit to the norm of the gradient, and other
biases of the LSTM's forget gate at the start.
"""

from __future__ import annotations

import argparse
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf
from accuracy import (
    M4_HORIZON,
    M4_STEPS,
    Split,
    m4_scores,
    mastercard_validation,
    read_m4,
    rmse,
    series_tasks,
)

from sk_rnn import (
    GRUForecaster,
    LSTMForecaster,
    PersistenceForecaster,
    _programs,
    last_window,
    make_windows,
)

BASE = {"window_scaler": "standard"}
SETTINGS = {
    "the base": {},
    "window_scaler=None": {"window_scaler": None},
    "window_scaler='last'": {"window_scaler": "last"},
    "learning_rate_decay='cosine'": {"learning_rate_decay": "cosine"},
    "'last' and 'cosine'": {"window_scaler": "last", "learning_rate_decay": "cosine"},
    "learning_rate=0.001": {"learning_rate": 0.001},
    "learning_rate=0.01": {"learning_rate": 0.01},
    "units=16": {"units": 16},
    "dropout=0.2": {"dropout": 0.2},
    "loss='mse'": {"loss": "mse"},
    "loss='mae'": {"loss": "mae"},
    "loss='huber'": {"loss": "huber"},
    "optimizer='rmsprop'": {"optimizer": "rmsprop"},
    "early_stopping=True": {"early_stopping": True},
    "segment_length=4": {"segment_length": 4},
    "LSTM": {"cell": LSTMForecaster},
}
CLIP_NORMS = [1.0, 0.3]
FORGET_BIASES = [0.0, 2.0]
SEEDS = 5
M4 = {"segment_length": 24, "loss": "mae", "epochs": 20, "batch_size": 128}


def network(settings: dict, **own) -> GRUForecaster | LSTMForecaster:
    settings = {"cell": GRUForecaster, **own, **BASE, **settings}
    return settings.pop("cell")(**settings)


def small_tasks(splits: list[Split], settings: dict) -> float:
    ratios = []
    for split in splits:
        naive = rmse(split.errors(PersistenceForecaster()))
        errors = [
            rmse(split.errors(network(settings, random_state=seed)))
            for seed in range(SEEDS)
        ]
        ratios.append(np.mean(errors) / naive)
    return float(np.exp(np.mean(np.log(ratios))))


class ForgetBias(keras.callbacks.Callback):
    """Sets the bias of the forget gates before training."""

    def __init__(self, value: float):
        super().__init__()
        self.value = value

    def on_train_begin(self, logs=None):
        weights = self.model.get_weights()
        units = len(weights[1])  # the recurrent kernel has a row for each unit
        weights[2][units : 2 * units] = self.value
        self.model.set_weights(weights)


@contextmanager
def clipped(norm: float):
    """Let all training limit the norm of a batch's gradient."""
    update = _programs.update

    def clip_and_update(optimizer, weights, gradient, *args):
        gradient = tf.clip_by_norm(gradient, norm)
        return update(optimizer, weights, gradient, *args)

    _programs.update = clip_and_update
    _programs.training_function.cache_clear()
    try:
        yield
    finally:
        _programs.update = update
        _programs.training_function.cache_clear()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ["small", "m4"]
    parser.add_argument("--only", choices=parts, nargs="+", default=parts)
    only = parser.parse_args().only
    splits = [
        Split(task, task.n_steps[0], *task.validation)
        for task in [*series_tasks().values(), mastercard_validation()]
    ]
    series = [each[:-M4_HORIZON] for each in read_m4()]
    past = [each[:-M4_HORIZON] for each in series]
    future = [each[-M4_HORIZON:] for each in series]
    X, y = make_windows(past, M4_STEPS, M4_HORIZON, stride=4)
    X_test = last_window(past, M4_STEPS)

    def show(name, settings):
        line = f"{name:31}"
        if "small" in only:
            line += f"{small_tasks(splits, settings):12.3f}"
        if "m4" in only:
            m4 = {key: M4[key] for key in M4.keys() - settings.keys()}
            forecaster = network(settings, **m4, random_state=0).fit(X, y)
            smape, mase = m4_scores(past, future, forecaster.predict(X_test))
            line += f"{smape:10.2f}{mase:9.3f}"
        print(line, flush=True)

    small = f"{'small tasks':>12}" if "small" in only else ""
    m4 = f"{'M4 sMAPE':>10}{'MASE':>9}" if "m4" in only else ""
    print(f"{'':31}{small}{m4}")
    for name, settings in SETTINGS.items():
        show(name, settings)
    for norm in CLIP_NORMS:
        with clipped(norm):
            show(f"gradient's norm up to {norm}", {})
    for bias in FORGET_BIASES:
        lstm = {"cell": LSTMForecaster, "callbacks": [ForgetBias(bias)]}
        show(f"LSTM, forget bias {bias}", lstm)


if __name__ == "__main__":
    main()
