"""What the defaults were chosen on: validation parts only.

    python benchmarks/defaults.py
    python benchmarks/defaults.py --only plain small   # without M4

The first table has the root mean squared errors of a GRU of which nothing is set,
beside the last value, a linear model of changes with the same windows, the defaults of
before and larger budgets of updates; three seeds.

Each line of the second changes one setting of a network that reads windows in standard
units. The small tasks are those of accuracy.py and MasterCard's High, with five seeds;
their errors are divided by those of the last value, and averaged geometrically. M4
Hourly has sMAPE and MASE, with one seed; its base reads days and minimises the absolute
error.

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
    RelativeRidge,
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
    _base,
    _programs,
    last_window,
    make_windows,
)

BEFORE = {"window_scaler": None, "learning_rate_decay": None, "epochs": 100}
BUDGETS = [1000, 2000, 4000]
PLAIN_SEEDS = 3
BASE = {"window_scaler": "standard", "learning_rate_decay": None, "epochs": 100}
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


def show_plain(splits: dict[str, Split]) -> None:
    """Print what who sets nothing gets, and how it depends on the budget."""
    names = ["last value", "linear", "before", *map(str, BUDGETS), "taken"]
    print(f"{'':42}{''.join(f'{name:>12}' for name in names)}")

    def mean_error(split: Split, settings: dict) -> tuple[float, GRUForecaster]:
        models = [GRUForecaster(**settings, random_state=i) for i in range(PLAIN_SEEDS)]
        return np.mean([rmse(split.errors(model)) for model in models]), models[0]

    for name, split in splits.items():
        rivals = PersistenceForecaster(), RelativeRidge(1e-6, "last")
        errors = [rmse(split.errors(model)) for model in rivals]
        errors.append(mean_error(split, BEFORE)[0])
        for _base.UPDATES in BUDGETS:
            error, model = mean_error(split, {})
            errors.append(error)
        line = "".join(f"{error:12.4g}" for error in errors)
        print(f"{name:42}{line}{model.window_scaler_!s:>12}", flush=True)
    _base.UPDATES = BUDGETS[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ["plain", "small", "m4"]
    parser.add_argument("--only", choices=parts, nargs="+", default=parts)
    only = parser.parse_args().only
    tasks = series_tasks() | {"MasterCard": mastercard_validation()}
    by_name = {
        name: Split(task, task.n_steps[0], *task.validation)
        for name, task in tasks.items()
    }
    splits = list(by_name.values())
    if "plain" in only:
        show_plain(by_name)
    if not {"small", "m4"} & set(only):
        return
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
