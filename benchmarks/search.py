"""How fast is a grid search, beside one that builds a new Keras model for every fit?

::

    python benchmarks/search.py            # everything
    python benchmarks/search.py --runs 1   # a quick look, a few minutes

2 units x 3 n_steps x 5 folds on 600 windows of 60 steps, 10 epochs per fit, and a last
fit of the best candidate: 31 fits. Every search has a process of its own, in which
TensorFlow has started before the clock does, and the contenders take turns. Tracing
and compilation are part of a search and timed; with processes, so is the start of the
workers, with their import of TensorFlow. "second" is one more search in the same
process. Every figure is a median over the runs.

"Keras per fit" does what wrappers do. "The same batches" does it with the initial
weights of sk_rnn, and with its rows in its order, which one tf.data pipeline per fit
hands to ``Model.fit``. Its losses and scores must agree with those of sk_rnn, and all
searches of sk_rnn must have the same scores, or the script fails. The last columns
hold its seconds, or those of "Keras per fit", divided by "first".
"""

import argparse
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from statistics import median
from time import perf_counter

import joblib
import keras
import numpy as np
import tensorflow as tf
from keras_per_fit import BATCH_SIZE, EPOCHS, LEARNING_RATE, KerasPerFit
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from sk_rnn import GRUForecaster, make_windows

N_WINDOWS, N_STEPS = 600, 60
GRID = {"units": [32, 64], "n_steps": [15, 30, 60]}
OURS = ["sk_rnn", "sk_rnn, 2 threads", "sk_rnn, 2 processes"]
BACKENDS = {"sk_rnn, 2 threads": "threading", "sk_rnn, 2 processes": "loky"}
PER_FIT, SAME_BATCHES = RIVALS = ["Keras per fit", "Keras per fit, the same batches"]


def main():
    arguments = parse_arguments()
    if arguments.task:
        do_task(arguments.task, arguments.of)
        return
    if arguments.runs < 5:
        print("Fewer than 5 runs: a try, not a result.")
    print(f"{os.cpu_count()} cores; TensorFlow {tf.__version__}, ", end="")
    print(f"Keras {keras.__version__}; {arguments.runs} run(s); float32\n")
    results = race(arguments.runs)
    print_times(results)
    check_scores(results)
    losses = [in_new_process("losses", name) for name in (OURS[0], SAME_BATCHES)]
    require_close("final losses of the candidates on all windows", *losses)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="at least 5 (default)")
    parser.add_argument("--task", choices=["search", "losses"], help=argparse.SUPPRESS)
    parser.add_argument("--of", choices=OURS + RIVALS, help=argparse.SUPPRESS)
    return parser.parse_args()


def race(n_runs):
    """Return the results of all searches, by contender."""
    results = {name: [] for name in OURS + RIVALS}
    for run in range(1, n_runs + 1):
        for name in results:
            result = in_new_process("search", name)
            results[name].append(result)
            seconds = ", ".join(f"{s:.2f}" for s in result["seconds"])
            print(f"run {run}, {name}: {seconds} s", flush=True)
    return results


def make_data():
    t = np.arange(N_WINDOWS + N_STEPS)
    waves = np.sin(2 * np.pi * t / 24) + 0.7 * np.sin(2 * np.pi * t / 55)
    noise = np.random.default_rng(0).normal(scale=0.2, size=len(t))
    return make_windows(100 + 10 * (waves + noise), n_steps=N_STEPS)


def make_forecaster(name):
    if name in RIVALS:
        return KerasPerFit(same_batches=name == SAME_BATCHES)
    return GRUForecaster(
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
        learning_rate_decay=None,
        window_scaler=None,
        segment_length=1,
        loss="mse",
        dtype="float32",
        random_state=0,
    )


def time_searches(name):
    """Search twice, with Keras once, in this process."""
    X, y = make_data()
    n_jobs = 2 if name in BACKENDS else None
    seconds = []
    for _ in range(1 if name in RIVALS else 2):
        search = GridSearchCV(
            make_forecaster(name),
            GRID,
            cv=TimeSeriesSplit(5),
            n_jobs=n_jobs,
            error_score="raise",
        )
        backend = joblib.parallel_config(BACKENDS[name]) if n_jobs else nullcontext()
        begin = perf_counter()
        with backend:
            search.fit(X, y)
        seconds.append(perf_counter() - begin)
    return {
        "seconds": seconds,
        "scores": list(search.cv_results_["mean_test_score"]),
        "best": search.best_params_,
    }


def final_losses(name):
    """Fit every candidate to all windows; return the losses of the last epoch."""
    X, y = make_data()
    losses = []
    for units in GRID["units"]:
        for n_steps in GRID["n_steps"]:
            forecaster = make_forecaster(name).set_params(units=units, n_steps=n_steps)
            forecaster.fit(X, y)
            ours = name in OURS
            losses.append(forecaster.history_["loss"][-1] if ours else forecaster.loss_)
    return losses


def in_new_process(task, name):
    done = subprocess.run(
        [sys.executable, __file__, "--task", task, "--of", name],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{task} of {name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def do_task(task, name):
    tf.reduce_sum(tf.zeros(2))  # starts TensorFlow
    result = {"search": time_searches, "losses": final_losses}[task](name)
    print(json.dumps(result))


def print_times(results):
    first = {name: median(r["seconds"][0] for r in results[name]) for name in results}
    print(f"\n{'':32}{'first (s)':>10}{'second (s)':>11}", end="")
    print(f"{'per fit':>9}{'the same batches':>18}")
    for name, runs in results.items():
        second = f"{median(r['seconds'][1] for r in runs):.2f}" if name in OURS else ""
        print(f"{name:32}{first[name]:10.2f}{second:>11}", end="")
        print(f"{first[PER_FIT] / first[name]:9.1f}", end="")
        print(f"{first[SAME_BATCHES] / first[name]:18.1f}")
    print()
    for name, (run, *_) in results.items():
        print(f"{name:32} best R2 {max(run['scores']):.4f} with {run['best']}")


def check_scores(results):
    """Exit if the sk_rnn searches differ at all, or Keras's by more than 1%."""
    expected = results[OURS[0]][0]["scores"]
    for name in OURS:
        if any(run["scores"] != expected for run in results[name]):
            sys.exit(f"{name} has other scores than {OURS[0]}")
    print("\nThe sk_rnn searches have the same scores to the last bit.")
    rival = results[SAME_BATCHES][0]["scores"]
    require_close("mean test R2 of the candidates", expected, rival)


def require_close(what, ours, rival):
    difference = np.max(np.abs(np.subtract(ours, rival)) / np.abs(rival))
    print(f"\n{what}, sk_rnn and Keras given the same weights and batches:")
    print("  sk_rnn", *(f"{value:.6f}" for value in ours))
    print("  Keras ", *(f"{value:.6f}" for value in rival))
    print(f"  largest difference {difference:.1e} of the value")
    if not difference < 0.01:
        sys.exit(f"{what} differ by more than 1%")


if __name__ == "__main__":
    main()
