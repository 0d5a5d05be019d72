"""What the defaults were chosen on: validation parts only.

    python benchmarks/defaults.py

Each line changes one setting of a network that reads windows in standard units. The
small tasks are those of accuracy.py and MasterCard's High; their errors are divided by
those of the last value, and averaged geometrically. M4 Hourly has sMAPE and MASE.
"""

from __future__ import annotations

import numpy as np
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
    last_window,
    make_windows,
)

BASE = {"window_scaler": "standard"}
SETTINGS = {
    "the base": {},
    "window_scaler=None": {"window_scaler": None},
    "window_scaler='last'": {"window_scaler": "last"},
    "learning_rate_decay='cosine'": {"learning_rate_decay": "cosine"},
    "learning_rate=0.001": {"learning_rate": 0.001},
    "learning_rate=0.01": {"learning_rate": 0.01},
    "units=16": {"units": 16},
    "dropout=0.2": {"dropout": 0.2},
    "loss='mae'": {"loss": "mae"},
    "loss='huber'": {"loss": "huber"},
    "optimizer='rmsprop'": {"optimizer": "rmsprop"},
    "early_stopping=True": {"early_stopping": True},
    "segment_length=4": {"segment_length": 4},
    "LSTM": {"cell": LSTMForecaster},
}
SEEDS = 2
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


def main() -> None:
    splits = [
        Split(task, task.n_steps[0], *task.bounds[:2])
        for task in [*series_tasks().values(), mastercard_validation()]
    ]
    series = [each[:-M4_HORIZON] for each in read_m4()]
    past = [each[:-M4_HORIZON] for each in series]
    future = [each[-M4_HORIZON:] for each in series]
    X, y = make_windows(past, M4_STEPS, M4_HORIZON, stride=4)
    X_test = last_window(past, M4_STEPS)
    print(f"{'':31}{'small tasks':>12}{'M4 sMAPE':>10}{'MASE':>9}")
    for name, settings in SETTINGS.items():
        error = small_tasks(splits, settings)
        m4 = {key: M4[key] for key in M4.keys() - settings.keys()}
        forecaster = network(settings, **m4, random_state=0).fit(X, y)
        smape, mase = m4_scores(past, future, forecaster.predict(X_test))
        print(f"{name:31}{error:12.3f}{smape:10.2f}{mase:9.3f}", flush=True)


if __name__ == "__main__":
    main()
