"""How often intervals hold what comes, how wide they are, and their interval score.

The networks stand beside the seasonal naive forecast, calibrated on the same rows, and
a linear quantile regression on the same windows; on the synthetic series beside the
exact answer, too. All parts lie in the order of time: to train on, to calibrate on, to
test. Standard errors are those of independent rows.

    python benchmarks/interval_coverage.py                     # all tasks, three seeds
    python benchmarks/interval_coverage.py --only ar --seeds 1 # one of them, one seed

The MasterCard and M4 files are looked for in the folder SK_RNN_DATA.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.linear_model import QuantileRegressor
from sktime.datasets import load_macroeconomic

import sk_rnn.sktime
from sk_rnn import GRUForecaster, PersistenceForecaster, WindowScaler, make_windows
from sk_rnn._calibration import corrections
from sk_rnn._rows import Windows
from sk_rnn._scaling import Scaling
from sk_rnn.datasets import read_mastercard
from sk_rnn.metrics import coverage_score, interval_score

COVERAGES = (0.5, 0.8, 0.95)
LEVELS = tuple(round((1 + sign * c) / 2, 3) for sign in (-1, 1) for c in COVERAGES)
TRAINED = tuple(sorted({*LEVELS, 0.5}))
CALIBRATION = 0.4
Bounds = dict[float, NDArray]  # by coverage, (n_rows, horizon, 2)


class Task(NamedTuple):
    """Windows to learn from, in the order of time, and windows to be tested on."""

    name: str
    X: Any
    y: Any
    X_test: NDArray
    y_test: NDArray
    season: int = 1
    exact: Callable[[NDArray, float], NDArray] | None = None  # windows, level
    weights: NDArray | None = None
    scale: NDArray | None = None  # of the scores
    params: dict = {}  # noqa: RUF012 - of the networks


# -------------------------------------------------------------------------- series


def autoregression(n_test: int, horizon: int = 6) -> Task:
    """Noise of one size: each step's forecast error has a known normal distribution."""
    rng, phi = np.random.default_rng(0), 0.8
    values = np.zeros(4 * n_test)
    for t in range(1, len(values)):
        values[t] = phi * values[t - 1] + rng.normal()
    steps = np.arange(1, horizon + 1)
    sizes = np.sqrt((1 - phi ** (2 * steps)) / (1 - phi**2))

    def exact(X, level):
        return X[:, -1:] * phi**steps + sizes * norm.ppf(level)

    return in_time("ar", values, 12, horizon, n_test, exact)


def growing_noise(n_test: int) -> Task:
    """Noise as large as the level says; one step, whose distribution is known."""
    rng, values = np.random.default_rng(1), np.full(4 * n_test, 50.0)
    for t in range(1, len(values)):
        before = values[t - 1]
        values[t] = max(1, 50 + 0.9 * (before - 50) + 0.1 * before * rng.normal())

    def exact(X, level):
        last = X[:, -1:]
        return np.maximum(1, 50 + 0.9 * (last - 50) + 0.1 * last * norm.ppf(level))

    return in_time("level", values, 12, 1, n_test, exact)


def in_time(
    name: str,
    values: NDArray,
    n_steps: int,
    horizon: int,
    n_test: int,
    exact=None,
    **more,
) -> Task:
    """Cut a series in windows, of which the last ones are to be tested on."""
    X, y = make_windows(values, n_steps, horizon)
    y = y.reshape(len(y), -1)
    n_train = len(X) - n_test - horizon + 1
    test = slice(len(X) - n_test, None)
    return Task(name, X[:n_train], y[:n_train], X[test], y[test], exact=exact, **more)


def m4(n_series: int) -> Task:
    """M4 Hourly: two days ahead from a week, all windows a day apart."""
    path = Path(os.environ.get("SK_RNN_DATA", ".")) / "m4_hourly.parquet"
    frame = pd.read_parquet(path)
    series = [
        s.to_numpy(float) for _, s in frame.groupby("series_id", sort=False).value
    ]
    series = series[:: max(1, len(series) // n_series)]
    tables, times = [], []
    for each in series:
        tables.append(make_windows(each[:-48], 168, 48))
        times.append(np.arange(-len(tables[-1][0]) + 1, 1))  # from the end
    X, y = (np.concatenate(parts) for parts in zip(*tables, strict=True))
    time = np.concatenate(times)
    names = np.repeat(np.arange(len(series)), [len(each) for each in times])
    index = pd.MultiIndex.from_arrays([names, time])
    naive = [np.abs(s[24:-48] - s[:-72]).mean() for s in series]
    return Task(
        "m4",
        X,
        pd.DataFrame(y, index),
        np.stack([each[-48 - 168 : -48] for each in series]),
        np.stack([each[-48:] for each in series]),
        season=24,
        weights=(time % 24 == 0).astype(float),
        scale=np.array(naive),
        params={
            "units": 64,
            "segment_length": 24,
            "window_scaler": WindowScaler("standard", log=True),
        },
    )


# ---------------------------------------------------------------------- contenders


def by_network(task: Task, seed: int, **params) -> Bounds:
    network = GRUForecaster(random_state=seed, **task.params, **params)
    network.fit(task.X, task.y, task.weights)
    return {
        c: _steps(network.predict_interval(task.X_test, c), task) for c in COVERAGES
    }


def by_naive(task: Task) -> Bounds:
    """Calibrate the seasonal naive forecast as the networks are calibrated."""
    naive = PersistenceForecaster(season=task.season)
    X, y = np.asarray(task.X), np.asarray(task.y)
    naive.fit(X[:1], y[:1])
    if task.weights is not None:
        X, y = X[task.weights > 0], y[task.weights > 0]
        times = task.y.index.get_level_values(-1)[task.weights > 0]
        order = np.argsort(times, kind="stable")
        X, y = X[order], y[order]
    later = slice(-int(CALIBRATION * len(X)), None)
    scaling = Scaling(None, None, None, None, task.season, "float64")

    def spread(rows):
        windows = Windows(rows[:, :, np.newaxis], np.empty((len(rows), 0)))
        return np.maximum(scaling.spread(windows), 1e-9)[:, np.newaxis, np.newaxis]

    errors = (y - naive.predict(X))[later, :, np.newaxis]
    moves = corrections(errors / spread(X[later]), (0.5,), LEVELS)
    quantiles = naive.predict(task.X_test)[..., np.newaxis] + moves * spread(
        task.X_test
    )
    return _by_coverage(quantiles)


def by_line(task: Task) -> Bounds:
    """Regress each step's quantiles on the window, of at most 1,500 rows.

    On windows and targets as they are; on those of many series in the form of the
    networks, in logarithms and units of the window.
    """
    X, y = np.asarray(task.X), np.asarray(task.y)
    if task.weights is not None:
        used = np.flatnonzero(task.weights)
        used = np.random.default_rng(0).choice(used, size=1500, replace=False)
        X, y = X[used], y[used]
    X, y = X[-1500:], y[-1500:]
    if task.weights is None:
        return _by_coverage(_regressed(X, y, task.X_test))
    means, sizes = _form(X)
    new_means, new_sizes = _form(task.X_test)
    found = _regressed(
        (np.log(X) - means) / sizes,
        (np.log(y) - means) / sizes,
        (np.log(task.X_test) - new_means) / new_sizes,
    )
    return _by_coverage(np.exp(found * new_sizes[..., None] + new_means[..., None]))


def _form(X: NDArray) -> tuple[NDArray, NDArray]:
    """Return the mean and the deviation of logarithms, (n_windows, 1) each."""
    logs = np.log(X)
    return logs.mean(axis=1, keepdims=True), logs.std(axis=1, keepdims=True) + 1e-3


def _regressed(X: NDArray, y: NDArray, X_test: NDArray) -> NDArray:
    quantiles = np.empty((len(X_test), y.shape[1], len(LEVELS)))
    for step in range(y.shape[1]):
        for place, level in enumerate(LEVELS):
            line = QuantileRegressor(quantile=level, alpha=0).fit(X, y[:, step])
            quantiles[:, step, place] = line.predict(X_test)
    quantiles[..., np.argsort(LEVELS)] = np.sort(quantiles)
    return quantiles


def _by_coverage(quantiles: NDArray) -> Bounds:
    places = {level: place for place, level in enumerate(LEVELS)}
    pairs = {c: [round((1 - c) / 2, 3), round((1 + c) / 2, 3)] for c in COVERAGES}
    return {c: quantiles[..., [places[p] for p in pair]] for c, pair in pairs.items()}


def _steps(bounds: NDArray, task: Task) -> NDArray:
    return bounds.reshape(*task.y_test.shape, 2)


def contenders(task: Task, n_seeds: int) -> Iterator[tuple[str, list[Bounds]]]:
    if task.exact is not None:
        exact = [task.exact(task.X_test, level) for level in LEVELS]
        yield "exact", [_by_coverage(np.stack(exact, axis=-1))]
    yield "seasonal naive, calibrated", [by_naive(task)]
    yield "linear quantile regression", [by_line(task)]
    for name, params in {
        "GRU, calibrated": {"calibration_fraction": CALIBRATION},
        "GRU, quantiles": {"quantiles": TRAINED},
        "GRU, both": {"quantiles": TRAINED, "calibration_fraction": CALIBRATION},
    }.items():
        yield name, [by_network(task, seed, **params) for seed in range(n_seeds)]


# ------------------------------------------------------------------------ MasterCard


def run_mastercard(n_seeds: int, year: int) -> None:
    """Forecast each day of a year from those before, by update; adapted or not.

    Calibrated on the two years before.
    """
    path = Path(os.environ.get("SK_RNN_DATA", ".")) / "Mastercard_stock_history.csv"
    prices = read_mastercard(path).loc[f"{year - 9}" : f"{year}"]
    y, X = prices.High, prices[["Close"]]
    before, days = y.loc[: f"{year - 1}"], y.loc[f"{year}"].index
    n_calibration = len(before.loc[f"{year - 2}" :])
    values = y.loc[days].to_numpy()[:, np.newaxis]
    print(f"\nmastercard {year}, one day ahead by update, {len(days)} days")
    for step in (0.0, 0.005):
        name = f"naive, calibrated, step {step}"
        report(name, [naive_by_day(y, len(days), n_calibration, step)], values)
    report("linear quantile regression", [line_by_day(y, len(days))], values)
    for step in (0.0, 0.005):
        found = []
        for seed in range(n_seeds):
            forecaster = sk_rnn.sktime.GRUForecaster(
                n_steps=20,
                past_covariates=["Close"],
                window_scaler=WindowScaler("last", log=True),
                calibration_fraction=n_calibration / (len(before) - 20),
                adaptation_step=step,
                random_state=seed,
            )
            forecaster.fit(before, X.loc[before.index], fh=[1])
            rows = []
            for day in days:
                rows.append(forecaster.predict_quantiles(alpha=list(LEVELS)).to_numpy())
                one = slice(day, day)
                forecaster.update(y.loc[one], X.loc[one], update_params=False)
            found.append(_by_coverage(np.stack(rows)))
        report(f"GRU, calibrated, step {step}", found, values)


def naive_by_day(y: pd.Series, n_days: int, n_before: int, step: float) -> Bounds:
    """Move the last value by its own calibrated errors, in logarithms."""
    errors = np.diff(np.log(y.to_numpy()))[-n_days - n_before :, None, None]
    moves = [
        corrections(
            errors[:day],
            (0.5,),
            LEVELS,
            [(row, row) for row in range(n_before, day)],
            step,
        )
        for day in range(n_before, n_before + n_days)
    ]
    last = y.to_numpy()[-n_days - 1 : -1, None, None]
    return _by_coverage(last * np.exp(moves))


def line_by_day(y: pd.Series, n_days: int) -> Bounds:
    """Regress the quantiles of the next change on the last 20, in logarithms."""
    percent = 100 * np.diff(np.log(y.to_numpy()))  # smaller numbers are not solved
    X, following = make_windows(percent, 20)
    X, following = X.reshape(len(X), -1), following.reshape(len(X), 1)
    train = slice(-1500 - n_days, -n_days)
    moves = _regressed(X[train], following[train], X[-n_days:])
    last = y.to_numpy()[-n_days - 1 : -1, None, None]
    return _by_coverage(last * np.exp(moves / 100))


# ---------------------------------------------------------------------------- output


def report(name: str, found: list[Bounds], y: NDArray, task: Task | None = None):
    """Print a line for each coverage, and what holds of groups of rows and steps."""
    scale = None if task is None else task.scale
    for coverage in COVERAGES:
        bounds = [each[coverage] for each in found]
        by_step = {"multioutput": "raw_values"}
        steps = np.mean([coverage_score(y, each, **by_step) for each in bounds], axis=0)
        width = np.mean([np.diff(each)[..., 0] for each in bounds], axis=0)
        width = width.mean(axis=0) / (1 if scale is None else scale.mean())
        scores = np.mean(
            [
                interval_score(y, each, coverage=coverage, scale=scale, **by_step)
                for each in bounds
            ],
            axis=0,
        )
        error = np.sqrt(coverage * (1 - coverage) / len(y))
        print(
            f"  {name:28} {coverage:4.0%}  {steps.mean():6.1%} +- {error:4.1%}  steps "
            f"{steps.min():6.1%} to {steps.max():6.1%}  width {width.mean():8.3f}  "
            f"score {scores.mean():8.3f}",
            flush=True,
        )
        n_parts = 4 if len(steps) == 48 else len(steps)
        if n_parts > 1:
            parts = (each.reshape(n_parts, -1).mean(axis=1) for each in (width, scores))
            each = "in blocks of 12 steps" if len(steps) == 48 else "by step"
            covered = steps.reshape(n_parts, -1).mean(axis=1)
            print(f"{'':32}{each:21} {_percents(covered)}")
            for what, values in zip(("width", "score"), parts, strict=True):
                print(f"{'':32}{what:21}", *(f"{value:6.2f}" for value in values))
        if task is not None and task.name == "level":
            print(f"{'':32}in thirds, quietest first {_percents(thirds(bounds, task))}")


def thirds(found: list[NDArray], task: Task) -> list[float]:
    """Return the coverage where the exact interval is narrowest, between, widest."""
    assert task.exact is not None
    width = task.exact(task.X_test, 0.9) - task.exact(task.X_test, 0.1)
    parts = np.array_split(np.argsort(width.mean(axis=1), kind="stable"), 3)
    return [
        float(np.mean([coverage_score(task.y_test[rows], b[rows]) for b in found]))
        for rows in parts
    ]


def _percents(fractions) -> str:
    return " ".join(f"{each:6.1%}" for each in fractions)


def run(task: Task, n_seeds: int) -> None:
    print(f"\n{task.name}: {len(task.X)} windows, {len(task.X_test)} to test")
    for name, found in contenders(task, n_seeds):
        report(name, found, task.y_test, task)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=10_000, help="test rows, synthetic")
    parser.add_argument("--series", type=int, default=414, help="of M4")
    names = ["ar", "level", "gdp", "unemployment", "mastercard", "m4"]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    args = parser.parse_args()
    economy = load_macroeconomic().astype(float)
    tasks = {
        "ar": lambda: autoregression(args.rows),
        "level": lambda: growing_noise(args.rows),
        "gdp": lambda: in_time("gdp", economy.realgdp.to_numpy(), 12, 4, 50),
        "unemployment": lambda: in_time(
            "unemployment", economy.unemp.to_numpy(), 12, 4, 50
        ),
        "m4": lambda: m4(args.series),
    }
    for name in args.only:
        if name == "mastercard":
            run_mastercard(args.seeds, 2020)
            run_mastercard(args.seeds, 2021)
        else:
            run(tasks[name](), args.seeds)


if __name__ == "__main__":
    main()
