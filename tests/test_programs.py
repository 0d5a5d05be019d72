"""What is compiled, and how often."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from sk_rnn import GRUForecaster, LSTMForecaster, RNNForecaster, _programs, make_windows
from sk_rnn._architecture import Architecture


@pytest.mark.parametrize(
    "forecaster_class", [RNNForecaster, LSTMForecaster, GRUForecaster]
)
def test_second_fit_compiles_nothing(forecaster_class, wave, traces):
    X, y = make_windows(wave, n_steps=6)
    forecaster_class(5, epochs=2, random_state=0).fit(X, y).predict(X)
    # Each function once: nothing is traced again for other values. What loops call is
    # traced before them, where the stack that TensorFlow keeps is short.
    assert traces == [
        "shard_gradient",
        "apply_gradient",
        "train",
        "forward_group",
        "predict",
    ]
    for rows, seed, learning_rate in [(294, 1, 0.01), (100, 2, 0.1), (33, 0, 0.003)]:
        forecaster = forecaster_class(
            5, epochs=3, random_state=seed, learning_rate=learning_rate
        )
        forecaster.fit(X[:rows], y[:rows]).predict(X[:7])
    assert len(traces) == 5
    forecaster_class(17, epochs=2).fit(X, y)
    assert len(traces) > 5  # another architecture does compile


def n_programs(traces):
    return traces.count("train"), traces.count("predict")


def test_units_and_horizons_share_programs(wave, traces):
    """Of three widths and two numbers of outputs: the corners of each are asked for."""
    quick = {"epochs": 1, "dtype": "float32", "random_state": 0}
    for units in 17, 32, 64:
        for horizon in 1, 4, 24:
            X, y = make_windows(wave[:60], n_steps=4, horizon=horizon)
            RNNForecaster(units, **quick).fit(X, y).predict(X)
    assert n_programs(traces) == (4, 4)
    architectures = {
        Architecture("gru", (units,), False, 0.0, 1, horizon, "float32").program()
        for units in range(17, 65)
        for horizon in range(1, 25)
    }
    assert len(architectures) == 3 * 2


def test_what_is_an_argument_shapes_no_program(wave, traces):
    X, y = make_windows(wave[:60], n_steps=4, horizon=2)
    forecaster = GRUForecaster(3, epochs=1, dtype="float32", random_state=0)
    forecaster.fit(X, y).predict(X)
    for rate in np.arange(1, 11) / 20:
        forecaster.set_params(dropout=float(rate)).fit(X, y).predict(X)
    assert n_programs(traces) == (2, 1)  # with dropout and without
    forecaster.set_params(dropout=0.0)
    for levels in (0.5, 0.9), (0.2, 0.5), (0.05, 0.5):
        forecaster.set_params(quantiles=levels).fit(X, y).predict_quantiles(X)
    assert n_programs(traces) == (3, 1)  # the pinball loss is another one


def test_grid_search_compiles_once_per_architecture(wave, traces):
    X, y = make_windows(wave, n_steps=9)
    grid = {"units": [3, 5], "n_steps": [2, 5, 9], "learning_rate": [0.01, 0.02]}
    search = GridSearchCV(
        GRUForecaster(segment_length=1, epochs=1, random_state=0),
        grid,
        cv=TimeSeriesSplit(3),
    )
    for units in 3, 5:
        GRUForecaster(units, segment_length=1, epochs=1).fit(X, y).predict(X)
    before = len(traces)
    search.fit(X, y)
    assert len(traces) == before > 0


def test_a_program_remembers_no_stack_of_its_caller():
    """TensorFlow keeps the stack of every node: megabytes, under a search or a test."""
    function = _programs._CompiledOnce(
        lambda: tf.function(lambda: tf.constant(1) + 1)
    )()
    operations = function.graph.get_operations()
    files = {frame.filename for one in operations for frame in one.traceback}
    assert files
    assert not any("_pytest" in file for file in files)


XLA_COMPILATIONS = """
import sys
from pathlib import Path
from sk_rnn import GRUForecaster, make_windows
X, y = make_windows(range(100), n_steps=30)

def compilations(**parameters):
    parameters = {"units": 3, "epochs": 1, "dtype": "float32", **parameters}
    GRUForecaster(**parameters, segment_length=1).fit(X, y).predict(X)
    return len(list(Path(sys.argv[1]).glob("*before_optimizations.txt")))

first = compilations()
for changes in (
    {"n_steps": 29}, {"n_steps": 1}, {"epochs": 3}, {"random_state": 7},
    {"learning_rate": 0.1}, {"batch_size": 17}, {"batch_size": 64}, {"scaler": None},
    {"units": 16},
):
    print(changes, compilations(**changes) == first)
print("another architecture", compilations(units=17) > first)
"""


@pytest.mark.soak
def test_what_does_not_shape_a_program_compiles_nothing(tmp_path):
    """XLA writes down every module that it compiles: count them."""
    flags = f"--xla_dump_to={tmp_path} --xla_dump_hlo_as_text"
    lines = subprocess.run(
        [sys.executable, "-c", XLA_COMPILATIONS, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "XLA_FLAGS": flags},
    ).stdout.splitlines()
    assert lines
    assert all(line.endswith(" True") for line in lines), lines


def test_fits_in_threads_run_side_by_side(wave):
    """Each waits for the other in every epoch: a lock around training would block."""
    X, y = make_windows(wave, n_steps=6)
    both = Barrier(2, timeout=60)
    wait = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: both.wait())

    def fit(seed, callbacks=None):
        forecaster = GRUForecaster(
            4, epochs=3, callbacks=callbacks, random_state=seed, dtype="float32"
        )
        return forecaster.fit(X, y).predict(X)

    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda seed: fit(seed, [wait]), (1, 2)))
    for seed, forecasts in zip((1, 2), together, strict=True):
        np.testing.assert_array_equal(forecasts, fit(seed))


def test_the_cache_is_bounded():
    """Of more architectures than the cache holds, the least recent ones go."""
    bounded = _programs._CompiledOnce(lambda key: tf.function(lambda: tf.constant(key)))
    first = bounded(0)
    assert bounded(0) is first
    for key in range(1, _programs._MAX_PROGRAMS + 1):
        bounded(key)
    assert bounded(0) is not first


def test_training_twice_logs_no_retracing(wave, caplog):
    X, y = make_windows(wave, n_steps=6)
    for units in range(2, 5):
        forecaster = LSTMForecaster(units, epochs=1).fit(X, y)
        for n_rows in range(1, 9):
            forecaster.predict(X[:n_rows])
    assert "retracing" not in caplog.text
