"""What is slow by nature: many fits, kills, clusters. Run by ``make soak``."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import psutil
import pytest
from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.split import ExpandingWindowSplitter

from sk_rnn import GRUForecaster, LSTMForecaster, make_windows
from sk_rnn import sktime as series_forecasters

pytestmark = pytest.mark.soak

ROUNDING = 1e-3  # other processes compute on another number of threads


@pytest.fixture(scope="module")
def windows(wave):
    return make_windows(wave, n_steps=20)


def resident_megabytes():
    return psutil.Process().memory_info().rss / 2**20


@pytest.mark.parametrize("forecaster_class", [LSTMForecaster, GRUForecaster])
def test_memory_grows_with_architectures_only(forecaster_class, windows):
    X, y = windows

    def fit(seed, units):
        forecaster = forecaster_class(units, epochs=1 + seed % 3, random_state=seed)
        forecaster.set_params(
            learning_rate=0.001 * (seed + 1), n_steps=1 + seed % 20, dtype="float32"
        )
        n_rows = 100 + seed % 100
        return forecaster.fit(X[:n_rows], y[:n_rows]).predict(X)

    for seed in range(30):
        fit(seed, 8)
    before = resident_megabytes()
    for seed in range(200):
        fit(seed, 8)
    assert resident_megabytes() - before < 15
    before = resident_megabytes()
    for units in range(10, 20):
        fit(0, units)
    assert (resident_megabytes() - before) / 10 < 50  # the user guide says about 30


def kill_self(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_is_an_error_not_a_hang(windows):
    with pytest.raises(TerminatedWorkerError):
        Parallel(n_jobs=2)(delayed(kill_self)() for _ in range(2))
    X, y = windows
    search = GridSearchCV(
        GRUForecaster(4, epochs=2, random_state=0),
        {"n_steps": [5, 10]},
        cv=TimeSeriesSplit(2),
        n_jobs=2,
        error_score="raise",
    )
    assert search.fit(X, y).best_score_ <= 1  # the pool comes back


LONG_FIT = """
import sys, warnings
import numpy as np
from sk_rnn import LSTMForecaster, make_windows
X, y = make_windows(np.sin(np.arange(1300) / 9), n_steps=60)
LSTMForecaster(125, epochs=1).fit(X, y)
print("ready", flush=True)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    forecaster = LSTMForecaster(125, epochs=10_000).fit(X, y)
print(caught[0].message, np.isfinite(forecaster.predict(X)).all(), flush=True)
"""


def test_ctrl_c_stops_a_long_fit_soon():
    command = [sys.executable, "-c", LONG_FIT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            time.sleep(10)
            process.send_signal(signal.SIGINT)
            start = time.monotonic()
            answer = process.stdout.readline()
            assert time.monotonic() - start < 20
        finally:
            process.kill()
    assert "interrupted by user after" in answer
    assert answer.endswith("True\n")


def test_a_dask_cluster_gives_the_same_scores(windows):
    distributed = pytest.importorskip("distributed", reason="needs dask's cluster")
    X, y = windows
    search = GridSearchCV(
        GRUForecaster(8, epochs=3, random_state=0),
        {"n_steps": [5, 20], "units": [4, 8]},
        cv=TimeSeriesSplit(2),
        error_score="raise",
    ).fit(X, y)
    expected = search.cv_results_["mean_test_score"]
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        parallel_config("dask"),
    ):
        search.fit(X, y)
    found = search.cv_results_["mean_test_score"]
    np.testing.assert_allclose(found, expected, rtol=ROUNDING)


@pytest.fixture(scope="module")
def backtest(wave):
    """A backtest, by its backend."""
    splitter = ExpandingWindowSplitter([1, 2, 3], initial_window=200, step_length=20)

    def scores(backend):
        return evaluate(
            series_forecasters.GRUForecaster(units=8, epochs=3, random_state=0),
            splitter,
            pd.Series(wave),
            backend=backend,
            backend_params={"n_jobs": 2},
            error_score="raise",
        )["test_MeanAbsolutePercentageError"].to_numpy()

    return scores


def test_a_backtest_in_processes_gives_the_same_scores(backtest):
    expected = backtest(None)
    assert len(expected) == 5
    np.testing.assert_array_equal(backtest("threading"), expected)
    np.testing.assert_allclose(backtest("loky"), expected, rtol=ROUNDING)


def test_a_backtest_in_forks_says_what_to_do(backtest):
    backtest(None)  # TensorFlow has started
    with pytest.raises(RuntimeError, match="forked after TensorFlow had started"):
        backtest("multiprocessing")


def test_a_search_in_processes_gives_the_same_scores(wave):
    def scores(**kwargs):
        search = ForecastingGridSearchCV(
            series_forecasters.LSTMForecaster(epochs=3, random_state=0),
            ExpandingWindowSplitter([1, 2], initial_window=200, step_length=40),
            {"units": [4, 8], "n_steps": [6, 12]},
            error_score="raise",
            **kwargs,
        ).fit(pd.Series(wave), fh=[1, 2])
        return search.cv_results_["mean_test_MeanAbsolutePercentageError"].to_numpy()

    # loky by default
    np.testing.assert_allclose(scores(), scores(backend=None), rtol=ROUNDING)
