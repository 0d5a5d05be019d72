"""How fast do the networks learn, beside Keras, PyTorch and the hardware's limit?

::

    python -m pip install ".[bench]"
    python benchmarks/fit.py                # everything: some 20 minutes on two cores
    python benchmarks/fit.py --only epochs  # a few minutes; so is grid

``epochs``: seconds per epoch on the work of the study: 1,199 windows of 60 steps, 125
units, batches of 32. ``grid``: the same in other sizes, and where we lose. ``fits``:
seconds for a whole fit, tracing and compilation included.

Contenders for an epoch, each in a process of its own, take turns, one epoch each, after
an epoch of warm-up that nobody counts; whole fits follow each other in one process. All
start from the same weights and see the same batches in the same dtype, so their losses
must agree, or the script fails. Every figure is a median over the runs. An epoch of
Keras is a ``fit(epochs=1)``, whose set-up counts: 6 to 16% of it in smaller sizes.
"""

import argparse
import os
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import product
from statistics import median
from time import perf_counter

import keras
import numpy as np
import tensorflow as tf
from contenders import (
    LEARNING_RATE,
    RANDOM_STATE,
    Case,
    Keras,
    KerasXLA,
    Remote,
    SkRnn,
    keras_model,
    make_data,
)

from sk_rnn import GRUForecaster, LSTMForecaster
from sk_rnn._programs import training_function

CELLS = "lstm", "gru"
SIZES = [
    {"units": 32},
    {},
    {"units": 256},
    {"n_steps": 20},
    {"n_steps": 240},
    {"batch_size": 16},
    {"batch_size": 64},
    {"batch_size": 128},
    {"batch_size": 512},
    {"loss": "huber"},
]
TOLERANCE = 0.01


def main():
    arguments = parse_arguments()
    if arguments.runs < 5:
        print("Fewer than 5 runs: a try, not a result.")
    print_set_up()
    agree = True
    with tf.device("/CPU:0"):
        if "epochs" in arguments.only:
            agree &= print_epochs(arguments)
        if "grid" in arguments.only:
            agree &= print_grid(arguments)
        if "fits" in arguments.only:
            agree &= print_fits(arguments)
    if not agree:
        sys.exit("Some losses differ by more than 1%, so those times compare nothing.")


def parse_arguments():
    parts = ["epochs", "grid", "fits"]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--runs", type=int, default=5, help="at least 5 (default)")
    parser.add_argument("--epochs", type=int, default=50, help="of a whole fit")
    parser.add_argument("--rows", type=int, default=1199, help="windows to train on")
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS)
    parser.add_argument(
        "--dtypes", nargs="+", default=["float32", "float64"], help="not of the grid"
    )
    return parser.parse_args()


def print_set_up():
    """Print who computes with how many threads, and whether others compute too."""
    n_threads = tf.config.threading.get_intra_op_parallelism_threads()
    print(f"{os.cpu_count()} cores; TensorFlow {tf.__version__}, Keras", end=" ")
    print(f"{keras.__version__}: {n_threads or 'as many'} threads", end="")
    if find_spec("torch"):
        import torch

        print(f"; PyTorch {torch.__version__}: {torch.get_num_threads()} threads")
    else:
        print("; PyTorch is not installed")
    busy = os.getloadavg()[0]
    if busy > 0.5:
        print(f"Others keep {busy:.1f} cores busy, which slows some more than others.")


# --------------------------------------------------------------------- one epoch


def print_epochs(arguments) -> bool:
    """Print a table for each cell and dtype; tell whether all losses agree."""
    agree = True
    for dtype in arguments.dtypes:
        for cell in arguments.cells:
            case = Case(cell, dtype, n_rows=arguments.rows, fit_epochs=arguments.epochs)
            print(f"\n{describe(case)}: one epoch\n")
            kinds = {"sk_rnn": SkRnn, "Keras fit": Keras}
            kinds |= {"Keras fit, jit_compile": KerasXLA, **torch_kinds(cell)}
            seconds, losses = race(case, kinds, arguments.runs)
            print_table(seconds, losses)
            agree &= print_agreement(losses.values())
    return agree


def print_grid(arguments) -> bool:
    """Print one table, a case per line; tell whether all losses agree."""
    print("\nOther sizes, float32: seconds per epoch, and beside sk_rnn\n")
    print(f"{'cell':5}{'units':>6}{'steps':>6}{'batch':>6} {'loss':6}", end="")
    print(f"{'sk_rnn':>9}{'Keras':>9}{'torch':>9}{'Keras':>8}{'torch':>8}  reached")
    agree = True
    for cell, size in [*product(arguments.cells, SIZES), ("rnn", {})]:
        case = Case(cell, n_rows=arguments.rows, fit_epochs=arguments.epochs, **size)
        kinds = {"sk_rnn": SkRnn, "Keras": Keras, **torch_kinds(cell, most=1)}
        seconds, losses = race(case, kinds, arguments.runs)
        print_line(case, list(seconds.values()), list(losses.values()))
        agree &= spread(losses.values()) < TOLERANCE
    return agree


def torch_kinds(cell: str, most: int = 3) -> dict:
    """Return the contenders on PyTorch that are installed, at most so many."""
    if not find_spec("torch"):
        return {}
    import torch_contenders as peers

    kinds = {
        f"torch.nn.{cell.upper()}": peers.Torch,
        "darts BlockRNNModel": peers.Darts,
        f"neuralforecast {cell.upper()}": peers.NeuralForecast,
    }
    return dict(list(kinds.items())[:most])


def race(case: Case, kinds: dict, n_runs: int):
    """Return the seconds per epoch, and the losses of the last one, by contender.

    The products' time is one more entry, without a loss.
    """
    contenders = entered(kinds, case, n_epochs=n_runs + 1)
    seconds = {name: [] for name in contenders}
    limit, losses = [], {}
    for epoch in range(n_runs + 1):
        for name, contender in contenders.items():
            time, losses[name] = contender.epoch(case.order(epoch))
            seconds[name].append(time)
        limit.append(product_seconds(case))
    for contender in contenders.values():
        contender.stop()
    medians = {name: median(times[1:]) for name, times in seconds.items()}
    rate = epoch_flops(case) / median(limit) / 1e9
    medians[f"matrix products at {rate:.0f} GFLOP/s"] = median(limit)
    return medians, losses


def entered(kinds: dict, case: Case, n_epochs: int) -> dict:
    weights = case.initial_state().weights
    contenders = {}
    for name, kind in kinds.items():
        try:
            contenders[name] = Remote(kind, case, weights, n_epochs)
        except ImportError as error:
            print(f"{name} is left out: {error}.")
    return contenders


@contextmanager
def floatx(dtype: str):
    """Let Keras take data of a dtype as they are."""
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before)


def epoch_flops(case: Case) -> float:
    """Count the three products of a step: forward, backward, weights' gradient."""
    width = {"lstm": 4, "gru": 3, "rnn": 1}[case.cell] * case.units
    return 3 * 2.0 * case.n_rows * case.n_steps * case.units * width


def product_seconds(case: Case, size: int = 2048) -> float:
    """Return what an epoch's products take at the speed of one large product.

    NumPy's or TensorFlow's, whichever is faster at the moment.
    """
    array = np.ones((size, size), case.dtype)
    tensor = tf.constant(array)
    times = []
    for multiply in (lambda: array @ array, lambda: (tensor @ tensor).numpy()):
        multiply()
        start = perf_counter()
        multiply()
        times.append(perf_counter() - start)
    return min(times) * epoch_flops(case) / (2 * size**3)


# --------------------------------------------------------------------- whole fits


def print_fits(arguments) -> bool:
    """Print a table for each cell and dtype; tell whether all losses agree."""
    agree = True
    for dtype in arguments.dtypes:
        for cell in arguments.cells:
            case = Case(cell, dtype, n_rows=arguments.rows, fit_epochs=arguments.epochs)
            print(f"\n{describe(case)}: a fit of {case.fit_epochs} epochs\n")
            seconds, losses = race_fits(case, arguments.runs)
            print_table(seconds, losses)
            agree &= print_agreement(losses.values())
    return agree


def race_fits(case: Case, n_runs: int):
    """Return the seconds of whole fits, and their final losses, by contender."""
    data = make_data(case)
    seconds: dict[str, list[float]] = {}
    losses = {}
    fit_forecaster(case._replace(fit_epochs=1), data)  # starts TensorFlow
    with floatx(case.dtype):
        for _ in range(n_runs):
            training_function.cache_clear()
            compiling, _ = fit_forecaster(case, data)
            compiled, loss = fit_forecaster(case, data)
            new, warm, keras_loss = fit_keras(case, data)
            for name, time in {
                "sk_rnn": compiled,
                "sk_rnn, first fit": compiling,
                "Keras, warmed up": warm,
                "Keras, new model": new,
            }.items():
                seconds.setdefault(name, []).append(time)
            losses = {"sk_rnn": loss, "Keras, new model": keras_loss}
    return {name: median(times) for name, times in seconds.items()}, losses


def fit_forecaster(case: Case, data) -> tuple[float, float]:
    """Return the seconds of a fit and its final loss."""
    kind = {"lstm": LSTMForecaster, "gru": GRUForecaster}[case.cell]
    forecaster = kind(
        units=case.units,
        scaler=None,
        optimizer="rmsprop",
        learning_rate=LEARNING_RATE,
        learning_rate_decay=None,
        window_scaler=None,
        segment_length=1,
        loss="mse",
        batch_size=case.batch_size,
        epochs=case.fit_epochs,
        dtype=case.dtype,
        random_state=RANDOM_STATE,
    )
    start = perf_counter()
    forecaster.fit(data.X, data.y)
    return perf_counter() - start, forecaster.history_["loss"][-1]


def fit_keras(case: Case, data) -> tuple[float, float, float]:
    """Return the seconds of a fit, of one without tracing, and the final loss."""
    ends = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append(perf_counter())
    )
    start = perf_counter()
    model = keras_model(case, case.initial_state().weights)
    history = model.fit(
        batches(case, data),
        epochs=case.fit_epochs,
        steps_per_epoch=case.n_batches,
        verbose=0,
        callbacks=[clock],
    )
    new = perf_counter() - start
    # The first epoch traces; the others tell what a fit takes without.
    warm = (ends[-1] - ends[0]) * len(ends) / max(1, len(ends) - 1)
    return new, warm, history.history["loss"][-1]


def batches(case: Case, data) -> tf.data.Dataset:
    """Return the batches of all epochs as sk_rnn draws them.

    Built the way Keras feeds arrays: from row numbers, gathered ahead of time.
    """
    orders = np.stack([case.order(epoch) for epoch in range(case.fit_epochs)])
    starts = tf.data.Dataset.range(0, case.n_rows, case.batch_size)
    rows = tf.data.Dataset.from_tensor_slices(orders).flat_map(
        lambda order: starts.map(lambda i: order[i : i + case.batch_size])
    )
    X, y = tf.constant(data.X), tf.constant(data.y)
    return rows.map(
        lambda part: (tf.gather(X, part), tf.gather(y, part)), tf.data.AUTOTUNE
    ).prefetch(tf.data.AUTOTUNE)


# ------------------------------------------------------------------------- tables


def describe(case: Case) -> str:
    return (
        f"{case.cell.upper()}, {case.dtype}, {case.units} units, {case.n_rows:,} "
        f"windows of {case.n_steps} steps, batches of {case.batch_size}"
    )


def print_table(seconds: dict[str, float], losses: dict[str, float]) -> None:
    print(f"{'':34}{'seconds':>9}{'/ sk_rnn':>10}{'loss':>12}")
    for name, time in seconds.items():
        loss = f"{losses[name]:12.6f}" if name in losses else ""
        print(f"{name:34}{time:9.3f}{time / seconds['sk_rnn']:10.2f}{loss}")


def print_line(case: Case, seconds: list[float], losses: list[float]) -> None:
    *times, _ = seconds  # the last one is the limit
    ours, *others = times
    print(
        f"{case.cell.upper():5}{case.units:6}{case.n_steps:6}{case.batch_size:6}",
        f"{case.loss:6}",
        *(f"{time:8.3f}" for time in times),
        *(f"{time / ours:7.2f}" for time in others),
        f" {losses[0]:.4f}",
        *(["slower than the fastest"] if min(others) < ours else []),
        *(["LOSSES DIFFER"] if not spread(losses) < TOLERANCE else []),
    )


def print_agreement(losses) -> bool:
    """Print how far losses are apart; tell whether that is little enough."""
    print(f"Losses differ by {100 * spread(losses):.3f}%.")
    return spread(losses) < TOLERANCE


def spread(losses) -> float:
    """Return how far losses are apart; NaN if one of them is."""
    losses = list(losses)
    return float(np.max(losses) / np.min(losses) - 1)


if __name__ == "__main__":
    main()
