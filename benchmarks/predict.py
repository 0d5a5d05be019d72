"""How fast are forecasts, in bulk and one at a time, beside Keras?

::

    python benchmarks/predict.py                          # everything
    python benchmarks/predict.py --runs 1 --windows 5000  # a quick look

The networks read 60 steps. Keras predicts with the model that ``to_keras`` returns,
which has the same weights and, with ``scaler=None``, does the same work; both get the
same float32 windows, uncopied, in one process and so with the same threads. Contenders
take turns, after two calls of each that nobody counts. The forecasts must agree, or
the script fails. Every figure is a median over the runs, of the latency a median over
the runs' medians of 200 calls.

In bulk there are 100,000 windows, but 20,000 for 125 units, or it would take half an
hour. "beside sk_rnn" is a contender's time divided by that of ``predict`` of sk_rnn.
"""

import argparse
import os
import sys
from statistics import median
from time import perf_counter

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.base import clone

from sk_rnn import GRUForecaster, LSTMForecaster, make_windows

N_STEPS, N_TRAIN, N_CALLS = 60, 1000, 200
NETWORKS = [  # class, units, windows in bulk
    (LSTMForecaster, 125, 20_000),
    (GRUForecaster, 125, 20_000),
    (GRUForecaster, 16, 100_000),
]
CHUNK = 1024


def main():
    arguments = parse_arguments()
    if arguments.runs < 5:
        print("Fewer than 5 runs: a try, not a result.")
    print(f"{os.cpu_count()} cores; TensorFlow {tf.__version__}, ", end="")
    print(f"Keras {keras.__version__}; {arguments.runs} run(s); float32")
    for forecaster_class, units, n_windows in NETWORKS:
        n_windows = min(n_windows, arguments.windows)
        unfitted = forecaster_class(
            units,
            scaler=None,
            window_scaler=None,
            segment_length=1,
            epochs=1,
            dtype="float32",
            random_state=0,
        )
        series = make_series(n_windows + N_STEPS)
        print_bulk(unfitted, series, arguments.runs)
        print_latency(unfitted, series[: N_TRAIN + N_STEPS], arguments.runs)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="at least 5 (default)")
    parser.add_argument(
        "--windows", type=int, default=100_000, help="at most so many in bulk"
    )
    return parser.parse_args()


def make_series(n_timesteps):
    t = np.arange(n_timesteps)
    noise = np.random.default_rng(0).normal(scale=0.1, size=n_timesteps)
    return (np.sin(t / 5) + noise).astype("float32")


def print_bulk(unfitted, series, n_runs):
    X, y = make_windows(series, N_STEPS)
    print(f"\n{unfitted.__class__.__name__}, {unfitted.units} units: ", end="")
    print(f"{len(X):,} windows\n")
    forecaster = clone(unfitted).fit(X[:N_TRAIN], y[:N_TRAIN])
    model, windows = forecaster.to_keras(), X[..., np.newaxis]
    contenders = {
        "sk_rnn predict": lambda: forecaster.predict(X),
        "model.predict": lambda: model.predict(windows, verbose=0),
        f"model.predict, batch_size={CHUNK}": lambda: model.predict(
            windows, batch_size=CHUNK, verbose=0
        ),
        f"model(x), {CHUNK} windows a call": lambda: in_chunks(model, windows),
    }
    seconds = race(contenders, n_runs, n_calls=1)
    print(f"{'':33}{'windows/s':>11}{'beside sk_rnn':>14}")
    ours = seconds["sk_rnn predict"]
    for contender, time in seconds.items():
        print(f"{contender:33}{len(X) / time:11,.0f}{time / ours:14.2f}")


def in_chunks(model, windows):
    starts = range(0, len(windows), CHUNK)
    return np.concatenate([model(windows[i : i + CHUNK]) for i in starts])


def print_latency(unfitted, series, n_runs):
    print(f"\n{unfitted.__class__.__name__}, {unfitted.units} units: one window\n")
    X, y = make_windows(series, N_STEPS)
    forecaster = clone(unfitted).fit(X, y)
    frames = make_windows(pd.Series(series), N_STEPS)
    forecaster_of_frames = clone(unfitted).fit(*frames)
    row, frame = X[:1], frames[0][:1]
    model, window = forecaster.to_keras(), row[..., np.newaxis]
    contenders = {
        "sk_rnn predict": lambda: forecaster.predict(row),
        "sk_rnn predict, DataFrame": lambda: forecaster_of_frames.predict(frame),
        "model.predict": lambda: model.predict(window, verbose=0),
        "model.predict_on_batch": lambda: model.predict_on_batch(window),
        "model(x)": lambda: model(window).numpy(),
    }
    seconds = race(contenders, n_runs, n_calls=N_CALLS)
    print(f"{'':33}{'ms':>11}{'beside sk_rnn':>14}")
    ours = seconds["sk_rnn predict"]
    for contender, time in seconds.items():
        print(f"{contender:33}{1000 * time:11.2f}{time / ours:14.2f}")


def race(contenders, n_runs, n_calls):
    """Return the median seconds of a call, by contender; exit if results differ."""
    for predict in contenders.values():
        predict()
    # Once more before the clock starts, as Keras traces again for a second shape.
    check_agreement({name: predict() for name, predict in contenders.items()})
    seconds = {name: [] for name in contenders}
    for _ in range(n_runs):
        for name, predict in contenders.items():
            seconds[name].append(median(call_seconds(predict) for _ in range(n_calls)))
    return {name: median(times) for name, times in seconds.items()}


def call_seconds(predict):
    start = perf_counter()
    predict()
    return perf_counter() - start


def check_agreement(forecasts):
    expected, *others = (np.ravel(forecast) for forecast in forecasts.values())
    difference = max(np.abs(other - expected).max() for other in others)
    print(f"largest forecast {np.abs(expected).max():.4f}, ", end="")
    print(f"largest difference {difference:.0e}")
    if not all(np.allclose(o, expected, rtol=1e-4, atol=1e-5) for o in others):
        sys.exit("The forecasts differ, so their times compare nothing.")


if __name__ == "__main__":
    main()
