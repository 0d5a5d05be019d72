"""What the networks forecast, beside what needs no network.

Everything is chosen on a validation part that lies before the test part. The linear
model's window, penalty and form of its inputs come from a grid, and so do the settings
of the networks on single series; those for MasterCard and M4 were settled by hand, the
latter with ``--validate``. The test part is scored once, with five seeds.

    python benchmarks/accuracy.py                       # all tasks
    python benchmarks/accuracy.py --only m4 --seeds 1   # one of them, one seed

The MasterCard and M4 files are looked for in the folder SK_RNN_DATA.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import ParameterGrid
from sktime.datasets import (
    load_airline,
    load_lynx,
    load_macroeconomic,
)
from sktime.performance_metrics.forecasting import (
    mean_absolute_percentage_error,
    mean_absolute_scaled_error,
)
from statsmodels.tsa.stattools import diebold_mariano_test

from sk_rnn import (
    GRUForecaster,
    LSTMForecaster,
    PersistenceForecaster,
    WindowScaler,
    last_window,
    make_windows,
)
from sk_rnn._rows import Windows
from sk_rnn._scaling import Scaling
from sk_rnn.datasets import read_mastercard

NETWORKS = {"LSTM": LSTMForecaster, "GRU": GRUForecaster}
METHODS = ["last", "ratio", "standard"]
ALPHAS = [1e-6, 1e-4, 1e-2, 1.0, 100.0, 1e4]
SELECTION_SEEDS = 2


class RelativeRidge:
    """Ridge regression on windows relative to themselves, as the networks see them.

    The method "log" is "last" on logarithms.
    """

    def __init__(self, alpha: float, method: str, n_channels: int = 1):
        self._ridge = Ridge(alpha=alpha)
        self._n_channels = n_channels
        self._in, self._out = (
            (np.log, np.exp) if method == "log" else (np.asarray, np.asarray)
        )
        of_window = WindowScaler("last" if method == "log" else method)
        self._scaling = Scaling(
            of_window.resolve(n_channels, None),
            inputs=None,
            features=None,
            outputs=None,
            segment_length=1,
            dtype="float64",
        )

    def _windows_and_inputs(self, X: Any) -> tuple[Windows, NDArray]:
        steps = np.asarray(X, float).reshape(len(X), -1, self._n_channels)
        windows = Windows(self._in(steps), np.empty((len(steps), 0)))
        inputs = self._scaling.windows_to_network(windows)
        return windows, inputs.reshape(len(inputs), -1)

    def fit(self, X: Any, y: Any) -> RelativeRidge:
        windows, inputs = self._windows_and_inputs(X)
        targets = self._in(np.asarray(y, float).reshape(len(y), -1))
        every = np.arange(len(targets))
        relative = self._scaling.targets_to_network(targets, windows, every)
        self._ridge.fit(inputs, relative)
        return self

    def predict(self, X: Any) -> NDArray:
        windows, inputs = self._windows_and_inputs(X)
        outputs = self._ridge.predict(inputs).reshape(len(X), -1)
        return self._out(self._scaling.to_data(outputs, windows))


def candidates_of(grid: dict[str, list]) -> list[dict]:
    """Return all combinations, their names in the order of the grid."""
    return [{name: each[name] for name in grid} for each in ParameterGrid(grid)]


def ridge_grid(n_steps: list[int], positive: bool) -> list[dict]:
    """Return the settings that the linear model is chosen from."""
    methods = [*METHODS, "log"] if positive else ["last", "standard"]
    return candidates_of({"n_steps": n_steps, "method": methods, "alpha": ALPHAS})


def rmse(errors: NDArray) -> float:
    return float(np.sqrt(np.mean(np.square(errors))))


def interval_of_difference(y: NDArray, forecasts: NDArray, reference: NDArray) -> str:
    """Return the 95% interval of the mean squared error minus that of a reference.

    Of several seeds, the losses are averaged day by day. The interval inverts the test
    of Diebold and Mariano (1995) with the correction of Harvey et al. (1997), and with
    the variance of Newey and West over as many lags as statsmodels chooses.
    """
    loss = np.mean(np.square(np.atleast_2d(forecasts) - y), axis=0)
    # The test takes forecasts: of 0 these have the losses that are compared.
    test = diebold_mariano_test(
        np.zeros(len(loss)),
        np.sqrt(loss),
        np.asarray(reference) - y,
        harvey_adj=True,
    )
    difference = np.mean(loss - np.square(reference - y))
    width = stats.t.ppf(0.975, len(loss) - 1) * abs(difference / test.statistic)
    return f"{difference:8.2f} ({difference - width:.2f} to {difference + width:.2f})"


# ------------------------------------------------------------- series of one channel


class Task(NamedTuple):
    """A series, a split and a horizon."""

    values: NDArray
    season: int
    horizon: int
    validation: tuple[int, int]  # its start and end; rows before are trained on
    test: tuple[int, int]
    n_steps: list[int]
    published: str = ""
    score: str = "RMSE"


class Split:
    """Windows whose targets all lie before a time, and those that start from it on."""

    def __init__(self, task: Task, n_steps: int, first: int, stop: int):
        X, y = make_windows(task.values[:stop], n_steps, task.horizon)
        y = y.reshape(len(y), -1)
        row = first - n_steps  # the first window whose targets start at ``first``
        n_train = row - task.horizon + 1
        self.X_train, self.y_train = X[:n_train], y[:n_train]
        self.X_test, self.y_test = X[row:], y[row:]  # the same y for any n_steps

    def errors(self, forecaster: Any) -> NDArray:
        forecaster.fit(self.X_train, self.y_train)
        return forecaster.predict(self.X_test) - self.y_test


def score(task: Task, split: Split, errors: NDArray) -> float:
    """RMSE of all steps, or the percentage error of the last one."""
    if task.score == "RMSE":
        return rmse(errors)
    return 100 * float(np.mean(np.abs(errors / split.y_test)[:, -1]))


def best_of(candidates: Iterable[dict], error: Callable[[dict], float]) -> dict:
    """Return the settings with the smallest error."""
    scored = [(error(settings), settings) for settings in candidates]
    return min(scored, key=lambda pair: pair[0])[1]


def choose(task: Task, make: Any, candidates: Iterable[dict], n_seeds: int) -> dict:
    """Return the settings that are best on the validation part."""

    def error(settings):
        split = Split(task, settings["n_steps"], *task.validation)
        errors = [split.errors(make(settings, seed)) for seed in range(n_seeds)]
        return float(np.mean([rmse(each) for each in errors]))

    return best_of(candidates, error)


def run_series(name: str, task: Task, n_seeds: int) -> None:
    print(f"\n{name}: {task.score}, {task.horizon} step(s) ahead", flush=True)
    longest = max(*task.n_steps, task.season)
    split = Split(task, longest, *task.test)
    seasonal = PersistenceForecaster(season=task.season)
    rows = [
        ("naive", [split.errors(PersistenceForecaster())], ""),
        ("seasonal naive", [split.errors(seasonal)], ""),
    ]

    def make_ridge(settings, seed):
        return RelativeRidge(settings["alpha"], settings["method"])

    positive = bool(task.values.min() > 0)
    candidates = ridge_grid(task.n_steps, positive)
    chosen = choose(task, make_ridge, candidates, n_seeds=1)
    split = Split(task, chosen["n_steps"], *task.test)
    rows.append(("ridge", [split.errors(make_ridge(chosen, 0))], describe(chosen)))

    for cell, network in NETWORKS.items():

        def make_network(settings, seed, network=network):
            settings = {k: v for k, v in settings.items() if k != "n_steps"}
            how = {"epochs": 100, "learning_rate_decay": None, **settings}
            return network(**how, random_state=seed)

        grid = {
            "n_steps": task.n_steps,
            "window_scaler": METHODS if positive else ["last", "standard"],
            "segment_length": [1, 4],
            "loss": ["mse", "mae"],
        }
        chosen = choose(task, make_network, candidates_of(grid), SELECTION_SEEDS)
        split = Split(task, chosen["n_steps"], *task.test)
        errors = [split.errors(make_network(chosen, seed)) for seed in range(n_seeds)]
        rows.append((cell, errors, describe(chosen)))

    print(f"{'':22}{'mean':>9}{'seeds +-':>9}  chosen on validation")
    for label, errors, settings in rows:
        scores = [score(task, split, each) for each in errors]
        spread = f"{np.std(scores, ddof=1):9.2f}" if len(scores) > 1 else " " * 9
        line = f"{label:22}{np.mean(scores):9.2f}{spread}  {settings}"
        print(line.rstrip(), flush=True)
    if task.published:
        print(f"published: {task.published}")


def describe(settings: dict) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items())


def series_tasks() -> dict[str, Task]:
    airline = load_airline().to_numpy(float)
    economy = load_macroeconomic()
    return {
        "AirPassengers, trained on the first 96 months": Task(
            airline,
            12,
            1,
            (72, 96),
            (96, 144),
            [13, 24],
            "LSTM(4) of a tutorial 47.53; ridge on logarithms, by hand, 15.7",
        ),
        "AirPassengers, from 1959 on": Task(
            airline,
            12,
            6,
            (72, 96),  # before the test part of the task above
            (120, 144),
            [13, 24],
            "darts LSTM(20) with calendar covariates 2.71%",
            "MAPE of the last step",
        ),
        "Lynx trappings (yearly)": Task(
            load_lynx().to_numpy(float), 10, 1, (66, 90), (90, 114), [10, 20]
        ),
        "US unemployment (quarterly)": Task(
            economy.unemp.to_numpy(float), 4, 4, (123, 163), (163, 203), [4, 12]
        ),
        "US real GDP (quarterly)": Task(
            economy.realgdp.to_numpy(float), 4, 4, (123, 163), (163, 203), [4, 12]
        ),
    }


# ----------------------------------------------------------------------- MasterCard

# The study's, settled on 2019 and 2020.
RELATIVE = {
    "units": 125,
    "window_scaler": "ratio",
    "learning_rate": 0.001,
    "learning_rate_decay": "cosine",
    "epochs": 20,
}
RELATIVE_STEPS = 3
STUDY_STEPS = 60  # its first part has no row for the first days
RIDGE_STEPS = [1, 2, 3, 5, 10, 20]
INPUTS = {"High": ["High"], "High, Close, Open, Low": ["High", "Close", "Open", "Low"]}


def mastercard_validation() -> Task:
    """Return the selection of the study as a task: two years, after five to train."""
    folder = Path(os.environ.get("SK_RNN_DATA", "."))
    prices = read_mastercard(folder / "Mastercard_stock_history.csv")
    high = prices.loc["2014":"2020", "High"]
    first = int((high.index < "2019").sum())
    n_days = len(high)
    return Task(high.to_numpy(), 1, 1, (first, n_days), (n_days, n_days), [12])


def mastercard_windows(
    prices: pd.DataFrame, train: slice, test: slice, columns: list[str], n_steps: int
) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame, pd.Series]:
    """Return windows and targets to train on, and to test on."""
    rows = prices.loc[train.start : test.stop]
    X, y = make_windows(rows[columns], n_steps, target="High")
    days = X.index[X.index >= rows.index[STUDY_STEPS]]
    X, y = X.loc[days], y.loc[days]
    return X.loc[train], y.loc[train], X.loc[test], y.loc[test]


def forecast_of_ridge(
    prices: pd.DataFrame, train: slice, test: slice, columns: list[str], settings: dict
) -> tuple[NDArray, NDArray]:
    """Return the forecasts of the linear model, and what came."""
    X, y, X_test, y_test = mastercard_windows(
        prices, train, test, columns, settings["n_steps"]
    )
    ridge = RelativeRidge(settings["alpha"], settings["method"], len(columns))
    return ridge.fit(X, y).predict(X_test)[:, 0], y_test.to_numpy()


def choose_mastercard_ridge(
    prices: pd.DataFrame, columns: list[str], n_steps: list[int]
) -> dict:
    """Return the settings of the ridge that are best on 2019 and 2020."""

    def error(settings):
        forecasts, y = forecast_of_ridge(
            prices, slice("2014", "2018"), slice("2019", "2020"), columns, settings
        )
        return rmse(forecasts - y)

    return best_of(ridge_grid(n_steps, positive=True), error)


def mastercard_forecasts(
    prices: pd.DataFrame, train: slice, test: slice, ridges: dict, n_seeds: int
) -> tuple[NDArray, dict[str, NDArray]]:
    """Return the Highs of the test days, and their forecasts, one row per seed."""
    X, y, X_test, y_test = mastercard_windows(prices, train, test, ["High", "Close"], 1)
    multiple = LinearRegression(fit_intercept=False).fit(X[["Close[t-1]"]], y)
    forecasts = {
        "persistence": X_test["High[t-1]"].to_numpy(),
        "constant x Close": multiple.predict(X_test[["Close[t-1]"]]),
    }
    for inputs, columns in INPUTS.items():
        for name, settings in ridges[inputs].items():
            forecasts[f"{name} on {inputs}"], _ = forecast_of_ridge(
                prices, train, test, columns, settings
            )
        X, y, X_test, y_test = mastercard_windows(
            prices, train, test, columns, RELATIVE_STEPS
        )
        for cell, network in NETWORKS.items():
            fits = [
                network(**RELATIVE, random_state=seed).fit(X, y)
                for seed in range(n_seeds)
            ]
            forecasts[f"{cell} on {inputs}"] = np.array(
                [fit.predict(X_test) for fit in fits]
            )
    return y_test.to_numpy(), forecasts


def differences(
    name: str, y: NDArray, forecasts: dict[str, NDArray], scale: float = 1.0
) -> str:
    """Return intervals of the difference from persistence and from both ridges."""
    if name == "persistence":
        return ""

    def from_(other):
        reference = np.atleast_2d(forecasts[other])[0]
        return interval_of_difference(
            scale * y, scale * forecasts[name], scale * reference
        )

    text = f"   {from_('persistence'):26}"
    model, _, inputs = name.partition(" on ")
    if model in NETWORKS:
        text += f"{from_(f'ridge on {inputs}'):26}{from_(f'3-day ridge on {inputs}')}"
    return text


def run_mastercard(n_seeds: int) -> None:
    folder = Path(os.environ.get("SK_RNN_DATA", "."))
    prices = read_mastercard(folder / "Mastercard_stock_history.csv")
    print(
        "\nMasterCard, High, one day ahead: trained on 2016 to 2020, tested on 2021 to "
        "11 October\n"
    )
    ridges = {
        inputs: {
            "ridge": choose_mastercard_ridge(prices, columns, RIDGE_STEPS),
            "3-day ridge": choose_mastercard_ridge(prices, columns, [RELATIVE_STEPS]),
        }
        for inputs, columns in INPUTS.items()
    }
    y, forecasts = mastercard_forecasts(
        prices, slice("2016", "2020"), slice("2021", "2021-10-11"), ridges, n_seeds
    )
    heading = (
        f"{'persistence':26}{'ridge, same columns':26}ridge, same columns and days"
    )
    print(
        f"{'':37}{'RMSE':>6}{'seeds +-':>9}   "
        "difference of mean squared errors, 95% interval, from"
    )
    print(f"{'':55}{heading}")
    for name, forecast in forecasts.items():
        scores = [rmse(each - y) for each in np.atleast_2d(forecast)]
        line = f"{name:37}{np.mean(scores):6.2f}"
        line += f"{np.std(scores, ddof=1):9.2f}" if len(scores) > 1 else " " * 9
        print((line + differences(name, y, forecasts)).rstrip(), flush=True)
    print()
    for inputs, both in ridges.items():
        for name, settings in both.items():
            print(f"{name} on {inputs}: {describe(settings)}")

    print("\nThe same by year, RMSE, each trained on all years before (*: selection)\n")
    table, ys, pooled = {}, [], []
    for year in range(2012, 2022):
        train, test = slice("2006", str(year - 1)), slice(str(year), str(year))
        y, forecasts = mastercard_forecasts(prices, train, test, ridges, n_seeds)
        label = f"{year}*" if year in (2019, 2020) else str(year)
        table[label] = {
            name: np.mean([rmse(each - y) for each in np.atleast_2d(forecast)])
            for name, forecast in forecasts.items()
        }
        if label == str(year):
            ys.append(y)
            pooled.append(forecasts)
    print(pd.DataFrame(table).to_string(float_format="{:.2f}".format))
    print(
        "\nAll but the selection years together, in percent of the last High; the same "
        "differences\n"
    )
    last = np.concatenate([each["persistence"] for each in pooled])
    y = np.concatenate(ys) / last
    together = {
        name: np.concatenate([np.atleast_2d(f[name]) for f in pooled], axis=1) / last
        for name in pooled[0]
    }
    for name, forecast in together.items():
        scores = [100 * rmse(each - y) for each in forecast]
        line = f"{name:37}{np.mean(scores):7.3f}"
        print((line + differences(name, y, together, 100)).rstrip(), flush=True)


# ------------------------------------------------------------------------ M4 Hourly

M4_HORIZON = 48
M4_STEPS = 14 * 24
M4 = {
    "units": 128,
    "window_scaler": "standard",
    "segment_length": 24,
    "loss": "mae",
    "learning_rate_decay": "cosine",
    "epochs": 20,
    "batch_size": 128,
}
M4_STRIDE = 4


def read_m4() -> list[NDArray]:
    path = Path(os.environ.get("SK_RNN_DATA", ".")) / "m4_hourly.parquet"
    frame = pd.read_parquet(path)
    return [each.to_numpy() for _, each in frame.groupby("series_id", sort=False).value]


def m4_scores(
    past: list[NDArray], future: list[NDArray], forecasts: NDArray
) -> tuple[float, float]:
    """Return sMAPE in percent, and MASE of season 24, as M4 defines them."""
    smape = [
        100 * mean_absolute_percentage_error(y, forecast, symmetric=True)
        for y, forecast in zip(future, forecasts, strict=True)
    ]
    mase = [
        mean_absolute_scaled_error(y, forecast, y_train=train, sp=24)
        for train, y, forecast in zip(past, future, forecasts, strict=True)
    ]
    return float(np.mean(smape)), float(np.mean(mase))


def choose_m4_ridge(series: list[NDArray]) -> dict:
    """Return the settings of the ridge that are best on the last two days."""
    past = [each[:-M4_HORIZON] for each in series]
    future = [each[-M4_HORIZON:] for each in series]
    X, y = make_windows(past, M4_STEPS, M4_HORIZON, stride=2 * M4_STRIDE)
    X_next = last_window(past, M4_STEPS)

    def error(settings):
        n_steps = settings["n_steps"]
        ridge = RelativeRidge(settings["alpha"], settings["method"])
        ridge.fit(X[:, -n_steps:], y)
        smape, _ = m4_scores(past, future, ridge.predict(X_next[:, -n_steps:]))
        return smape

    return best_of(ridge_grid([48, 168, M4_STEPS], positive=True), error)


def run_m4(n_seeds: int, cut: int = 0) -> None:
    """Score one network over all series; ``cut`` moves the test part back."""
    series = [each[: len(each) - cut] for each in read_m4()]
    past = [each[:-M4_HORIZON] for each in series]
    future = [each[-M4_HORIZON:] for each in series]
    X, y = make_windows(past, M4_STEPS, M4_HORIZON, stride=M4_STRIDE)
    X_test = last_window(past, M4_STEPS)
    part = "the validation part" if cut else "the test part"
    print(f"\nM4 Hourly, {len(series)} series, {len(X)} windows, on {part}\n")
    print(f"{'':22}{'sMAPE':>8}{'MASE':>8}{'minutes':>9}")

    def show(name, forecasts, seconds=None):
        smape, mase = m4_scores(past, future, forecasts)
        time = "" if seconds is None else f"{seconds / 60:9.1f}"
        print(f"{name:22}{smape:8.3f}{mase:8.3f}{time}", flush=True)
        return smape, mase

    for name, season in {"naive": 1, "seasonal naive": 24}.items():
        naive = PersistenceForecaster(season=season).fit(X, y)
        show(name, naive.predict(X_test))
    chosen = choose_m4_ridge(past)
    n_values = chosen["n_steps"]
    ridge = RelativeRidge(chosen["alpha"], chosen["method"])
    ridge.fit(X[:, -n_values:], y)
    show("ridge", ridge.predict(X_test[:, -n_values:]))
    print(f"  {describe(chosen)}")
    for cell, network in NETWORKS.items():
        scores, forecasts = [], []
        for seed in range(n_seeds):
            start = perf_counter()
            # Of logarithms, for sMAPE weighs errors in percent.
            forecaster = network(**M4, random_state=seed).fit(np.log(X), np.log(y))
            forecasts.append(np.exp(forecaster.predict(np.log(X_test))))
            seconds = perf_counter() - start
            scores.append(show(f"{cell}, seed {seed}", forecasts[-1], seconds))
        if n_seeds > 1:
            (smape, mase), spread = (
                np.mean(scores, axis=0),
                np.std(scores, axis=0, ddof=1),
            )
            print(
                f"{cell + ', mean':22}{smape:8.3f}{mase:8.3f}    "
                f"+- {spread[0]:.3f}, {spread[1]:.3f}"
            )
            show(f"{cell}s, averaged", np.mean(forecasts, axis=0))
    print("published: SimpleRNN of the organisers 14.698 / 3.048, winner 9.328 / 0.893")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ["mastercard", "m4", "series"]
    parser.add_argument("--only", choices=parts, nargs="+", default=parts)
    parser.add_argument("--seeds", type=int, default=5, help="0: only what has none")
    parser.add_argument(
        "--validate", action="store_true", help="M4's validation part, not its test"
    )
    args = parser.parse_args()
    if "mastercard" in args.only:
        run_mastercard(args.seeds)
    if "m4" in args.only:
        run_m4(args.seeds, cut=M4_HORIZON if args.validate else 0)
    if "series" in args.only:
        for name, task in series_tasks().items():
            run_series(name, task, args.seeds)


if __name__ == "__main__":
    main()
