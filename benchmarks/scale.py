"""How do time and memory grow with the length of a series, and with architectures?

::

    python benchmarks/scale.py

A GRU of 8 units learns for one epoch from all windows of 60 steps of a series, then
forecasts after each of them; every run in a process of its own. The peak of memory is
counted above that of the libraries, which compile and work on 100 windows first. The
script fails if a million steps take more than 400 MB.

Then networks whose units are drawn from 8 to 128 follow each other in one process, one
fit and one forecast each: of one layer, then of two as wide with dropout and up to 24
steps ahead. What is held after 1, 10 and 100 of them is counted above what is held
before. The script fails if that is more than 400 and 1,500 MB.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from sk_rnn import GRUForecaster, make_windows

LENGTHS = [10**3, 10**4, 10**5, 10**6]
N_STEPS = 60
MB = 10**6
MOST_MB = 400
MOST_MB_OF_TWO = 1500
ARCHITECTURES = 1, 10, 100


def main():
    arguments = parse_arguments()
    if arguments.length is not None:  # in a process that main has started
        print(json.dumps(measure(arguments.length, arguments.batch_size)))
        return
    print("Seconds, and MB of memory, by length of the series; medians over", end=" ")
    print(f"{arguments.runs} runs\n")
    print(f"{'':>42}MB above the    MB of all")
    print(f"{'steps':>10}{'windowing':>11}{'fit':>9}{'predict':>10}", end="")
    print(f"{'libraries':>14}{'windows':>13}{'loss':>9}")
    runs = {length: [] for length in arguments.lengths}
    for _ in range(arguments.runs):
        for length in runs:
            runs[length].append(measure_elsewhere(length, arguments.batch_size))
    for length, results in runs.items():
        result = {key: median(run[key] for run in results) for key in results[0]}
        print_line(length, result)
        if length <= 10**6 and result["peak"] > MOST_MB:
            sys.exit(f"{length:,} steps took more than {MOST_MB} MB.")
    print_architectures()


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lengths", nargs="+", type=int, default=LENGTHS)
    parser.add_argument("--runs", type=int, default=5, help="at least 5 (default)")
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--length", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def measure_elsewhere(length: int, batch_size: int) -> dict[str, float]:
    """Measure in a fresh process."""
    command = [sys.executable, __file__, "--length", str(length)]
    command += ["--batch-size", str(batch_size)]
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(child.stdout.splitlines()[-1])


def measure(length: int, batch_size: int) -> dict[str, float]:
    """Return seconds, the peak of memory and the loss."""
    forecaster = new_forecaster(8, batch_size)
    forecaster.fit(*windows(100 + N_STEPS))  # TensorFlow starts, and compiles
    forecaster.predict(windows(100 + N_STEPS)[0])
    before = peak_megabytes()

    start = perf_counter()
    X, y = windows(length)
    windowed = perf_counter()
    forecaster.fit(X, y)
    fitted = perf_counter()
    forecasts = forecaster.predict(X)
    predicted = perf_counter()
    assert forecasts.shape == y.shape
    return {
        "windowing": windowed - start,
        "fit": fitted - windowed,
        "predict": predicted - fitted,
        "peak": peak_megabytes() - before,
        "loss": forecaster.history_["loss"][-1],
    }


def print_architectures() -> None:
    """Print what is held after some architectures."""
    rng = random.Random(0)
    X, y = windows(300)
    new_forecaster(8).fit(X, y).predict(X)
    for n_layers, most in (1, MOST_MB), (2, MOST_MB_OF_TWO):
        before = held_megabytes()
        print(f"\n{f'layers: {n_layers}':>13}{'MB':>6}")
        for i in range(1, max(ARCHITECTURES) + 1):
            forecaster = new_forecaster([rng.randint(8, 128)] * n_layers)
            if n_layers > 1:
                X, y = windows(300, rng.randint(1, 24))
                forecaster.set_params(dropout=0.1)
            forecaster.fit(X, y).predict(X)
            if i in ARCHITECTURES:
                print(f"{i:13}{held_megabytes() - before:6.0f}", flush=True)
        if held_megabytes() - before > most:
            sys.exit(f"So many architectures hold more than {most} MB.")


def new_forecaster(units: int | list[int], batch_size: int = 32) -> GRUForecaster:
    """Return the network that is measured."""
    return GRUForecaster(
        units,
        window_scaler=None,
        segment_length=1,
        loss="mse",
        epochs=1,
        batch_size=batch_size,
        dtype="float32",
        random_state=0,
    )


def windows(length: int, horizon: int = 1):
    """Make a noisy sine and window it, which copies nothing."""
    noise = np.random.default_rng(0).normal(scale=0.3, size=length)
    return make_windows(np.sin(np.arange(length) / 4) + noise, N_STEPS, horizon)


def peak_megabytes() -> float:
    """Return the most memory that this process has held so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MB


def held_megabytes() -> float:
    """Return the memory that this process holds now; Linux only."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / MB


def print_line(length: int, result: dict[str, float]) -> None:
    materialised = (length - N_STEPS) * N_STEPS * 8 / MB
    print(f"{length:10,}{result['windowing']:11.3f}{result['fit']:9.2f}", end="")
    print(f"{result['predict']:10.2f}{result['peak']:14.0f}", end="")
    print(f"{materialised:13.0f}{result['loss']:9.3f}", flush=True)


if __name__ == "__main__":
    main()
