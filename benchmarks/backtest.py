"""How fast is a backtest, beside one that builds a new Keras model for every fit?

::

    python benchmarks/backtest.py            # everything
    python benchmarks/backtest.py --runs 1   # a quick look, a few minutes

sktime's ``evaluate`` with an expanding window: 20 folds, refitted, the largest of 1,199
windows of 60 steps, 125 units, 10 epochs, one step ahead. sk_rnn is its own sktime
forecaster; its rivals are ``make_reduction`` over a regressor that builds a new Keras
model per fit, as wrappers do. Every backtest has a process of its own, in which
TensorFlow has started before the clock does, and the contenders take turns. Tracing and
compilation are part of it and timed. Every figure is a median over the runs.

"The same batches" starts from the weights of sk_rnn and trains on its rows in its
order. It runs once: its forecasts must agree with those of sk_rnn, or the script fails.
"""

import argparse
import json
import os
import subprocess
import sys
from statistics import median
from time import perf_counter

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras_per_fit import BATCH_SIZE, EPOCHS, LEARNING_RATE, KerasPerFit
from sktime.forecasting.compose import make_reduction
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import ExpandingWindowSplitter

from sk_rnn.sktime import GRUForecaster, LSTMForecaster

UNITS, N_STEPS, N_WINDOWS, N_FOLDS, STEP_LENGTH = 125, 60, 1199, 20, 20
OURS, PER_FIT, SAME_BATCHES = CONTENDERS = [
    "sk_rnn",
    "Keras per fit",
    "Keras per fit, the same batches",
]
CLASSES = {"lstm": LSTMForecaster, "gru": GRUForecaster}


def main():
    arguments = parse_arguments()
    if arguments.of:
        print(json.dumps(backtest(arguments.of, arguments.cell)))
        return
    if arguments.runs < 5:
        print("Fewer than 5 runs: a try, not a result.")
    print(f"{os.cpu_count()} cores; TensorFlow {tf.__version__}, ", end="")
    print(f"Keras {keras.__version__}; {arguments.runs} run(s); float32")
    for cell in CLASSES:
        results = {name: [] for name in CONTENDERS}
        for run in range(arguments.runs):
            for name in CONTENDERS if run == 0 else [OURS, PER_FIT]:
                results[name].append(in_new_process(name, cell))
        print_table(cell, results)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="at least 5 (default)")
    parser.add_argument("--of", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--cell", choices=CLASSES, help=argparse.SUPPRESS)
    return parser.parse_args()


def make_series():
    t = np.arange(N_WINDOWS + N_STEPS + 1)
    waves = np.sin(2 * np.pi * t / 24) + 0.7 * np.sin(2 * np.pi * t / 55)
    noise = np.random.default_rng(0).normal(scale=0.2, size=len(t))
    return pd.Series(100 + 10 * (waves + noise))


def make_forecaster(name, cell):
    if name == OURS:
        return CLASSES[cell](
            UNITS,
            n_steps=N_STEPS,
            window_scaler=None,
            segment_length=1,
            loss="mse",
            epochs=EPOCHS,
            batch_size=BATCH_SIZE,
            learning_rate=LEARNING_RATE,
            learning_rate_decay=None,
            dtype="float32",
            random_state=0,
        )
    same = name == SAME_BATCHES
    rival = KerasPerFit(UNITS, N_STEPS, cell=cell, same_batches=same)
    return make_reduction(rival, window_length=N_STEPS, strategy="direct")


def backtest(name, cell):
    """Return the seconds of a backtest, and its forecasts."""
    tf.reduce_sum(tf.zeros(2))  # starts TensorFlow
    series = make_series()
    initial = len(series) - 1 - STEP_LENGTH * (N_FOLDS - 1)
    folds = ExpandingWindowSplitter([1], initial, STEP_LENGTH)
    forecaster = make_forecaster(name, cell)
    begin = perf_counter()
    results = evaluate(forecaster, folds, series, return_data=True, error_score="raise")
    seconds = perf_counter() - begin
    assert len(results) == N_FOLDS
    return {
        "seconds": seconds,
        "first": results["fit_time"].iloc[0],
        "forecasts": [float(forecast.iloc[0]) for forecast in results["y_pred"]],
        "errors": list(100 * results["test_MeanAbsolutePercentageError"]),
    }


def in_new_process(name, cell):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--of", name, "--cell", cell],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def print_table(cell, results):
    print(f"\n{cell.upper()}: {N_FOLDS} folds, refitted\n")
    print(f"{'':32}{'seconds':>9}{'/ sk_rnn':>10}{'first fit':>11}{'error (%)':>11}")
    seconds = {n: median(run["seconds"] for run in results[n]) for n in CONTENDERS}
    for name, runs in results.items():
        first = median(run["first"] for run in runs)
        error = np.mean(runs[0]["errors"])
        print(
            f"{name:32}{seconds[name]:9.2f}{seconds[name] / seconds[OURS]:10.2f}",
            end="",
        )
        print(f"{first:11.2f}{error:11.3f}", flush=True)
    ours, rival = (results[name][0]["forecasts"] for name in (OURS, SAME_BATCHES))
    difference = np.max(np.abs(np.subtract(ours, rival)) / np.abs(rival))
    print("Forecasts of sk_rnn and of Keras given the same batches differ by ", end="")
    print(f"{100 * difference:.3f}%.")
    if not difference < 0.01:
        sys.exit("That is more than 1%.")


if __name__ == "__main__":
    main()
