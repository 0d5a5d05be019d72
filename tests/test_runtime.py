"""TensorFlow in processes: imports, forks, thread shares, thread counts."""

import os
import pickle
import subprocess
import sys
from functools import cache

import keras
import numpy as np
import pytest

from sk_rnn import GRUForecaster, LSTMForecaster, _runtime
from sk_rnn._programs import group_function, prediction_function, training_function

PREPARE = """
import numpy as np
from sk_rnn import GRUForecaster, LSTMForecaster, RNNForecaster, make_windows
X, y = make_windows(np.sin(np.arange(200) / 5), n_steps=10)
"""


def run(code, *arguments, timeout=120, **environment):
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TF_NUM_")}
    return subprocess.run(
        [sys.executable, "-c", PREPARE + code, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=True,
        env={**inherited, **environment},
    ).stdout.strip()


def test_import_starts_nothing():
    code = """
import sys
print(any(name in sys.modules for name in
          ("tensorflow", "keras", "sktime", "matplotlib")))
"""
    assert run(code) == "False"


def test_showing_a_fitted_forecaster_starts_nothing(tmp_path):
    X = np.arange(12.0).reshape(6, 2)
    fitted = GRUForecaster(5, epochs=1).fit(X, X[:, 0])
    path = tmp_path / "fitted.pickle"
    path.write_bytes(pickle.dumps(fitted))
    code = f"""
import pickle, sys
fitted = pickle.load(open({str(path)!r}, "rb"))
html = fitted._repr_html_()
repr(fitted)
print("GRUForecaster" in html, any(name in sys.modules for name in
      ("tensorflow", "keras", "sktime", "matplotlib")))
"""
    assert run(code) == "True False"


FORK = """
import multiprocessing
def fit(queue):
    try:
        queue.put(len(GRUForecaster(4, epochs=1).fit(X, y).weights_))
    except RuntimeError as error:
        queue.put(str(error))

import tensorflow, keras
def fit_after_starting(queue):
    tensorflow.ones(3) + 1
    fit(queue)
def in_fork(target):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=target, args=(queue,))
    process.start()
    answer = queue.get(timeout=60)
    process.join(timeout=60)
    return answer
print(in_fork(fit))
print(in_fork(fit_after_starting))
tensorflow.ones(3) + 1
print(in_fork(fit))
GRUForecaster(4, epochs=1).fit(X, y)
print(in_fork(fit))
"""


@pytest.mark.soak  # many processes
def test_a_fork_computes_or_is_told_what_to_do():
    """Of a process that imported TensorFlow, that started it, that used it."""
    imported, started_in_fork, started, used = run(FORK).splitlines()
    assert imported == started_in_fork == "5"  # importing does not start it
    for answer in started, used:
        assert "forked after TensorFlow had started" in answer
        assert "'loky'" in answer


@pytest.mark.soak  # a process of its own
def test_threads_may_start_tensorflow_together():
    code = """
from concurrent.futures import ThreadPoolExecutor
import sk_rnn._runtime as runtime, time
original = runtime._is_running
def slowly():
    answer = original()
    time.sleep(0.5)
    return answer
runtime._is_running = slowly
def fit(seed):
    return GRUForecaster(3, epochs=1, random_state=seed).fit(X, y).predict(X)
with ThreadPoolExecutor(4) as pool:
    together = list(pool.map(fit, range(4)))
print(all((fit(seed) == together[seed]).all() for seed in range(4)))
"""
    assert run(code) == "True"


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(_runtime, "_started_by", None)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    X = np.arange(12.0).reshape(6, 2)
    with pytest.raises(RuntimeError, match=r"'jax'.*KERAS_BACKEND=tensorflow"):
        GRUForecaster(5, epochs=1).fit(X, X[:, 0])


@pytest.mark.soak  # many processes
def test_a_joblib_worker_takes_its_share_of_threads():
    code = """
from joblib import Parallel, delayed
def threads():
    import tensorflow as tf
    import sk_rnn._runtime
    sk_rnn._runtime.start()
    settings = tf.config.threading
    return (settings.get_intra_op_parallelism_threads(),
            settings.get_inter_op_parallelism_threads())
print(Parallel(n_jobs=2)(delayed(threads)() for _ in range(2)))
print(threads())
"""
    share = max(1, os.cpu_count() // 2)
    workers, parent = run(code).splitlines()
    assert workers == str([(share, share)] * 2)
    assert parent == "(0, 0)"


@pytest.fixture
def half_precision():
    """Keras set to other dtypes than the forecaster's."""
    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()

    def set_them():
        keras.config.set_dtype_policy("mixed_float16")
        keras.config.set_floatx("float64")

    yield set_them
    keras.config.set_dtype_policy(policy)
    keras.config.set_floatx(floatx)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_global_dtype_policy_changes_nothing(dtype, half_precision):
    X = np.sin(np.arange(60.0)).reshape(20, 3)

    def forecasts():
        forecaster = LSTMForecaster(5, epochs=2, random_state=0, dtype=dtype)
        model = forecaster.fit(X, X[:, 0]).to_keras()
        return [forecaster.predict(X), *forecaster.weights_, model(X[:, :, np.newaxis])]

    before = forecasts()
    half_precision()
    training_function.cache_clear()
    group_function.cache_clear()
    prediction_function.cache_clear()
    for ours, theirs in zip(forecasts(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


AT_THE_END = """
import atexit, threading
import numpy as np
from sk_rnn import GRUForecaster, make_windows

X, y = make_windows(np.sin(np.arange(60) / 5), n_steps=6)
forecaster = GRUForecaster(4, epochs=1, dtype="float32", random_state=0)
atexit.register(lambda: print(len(forecaster.predict(X[:1]))))

def fit():
    threading.main_thread().join()
    print(forecaster.fit(X, y) is forecaster)

threading.Thread(target=fit).start()
"""


@pytest.mark.soak
def test_compiles_when_the_main_thread_has_ended():
    done = subprocess.run(
        [sys.executable, "-c", AT_THE_END], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.splitlines() == ["True", "1"], done.stderr


FIT = """
rng = np.random.default_rng(0)
series = rng.normal(size=(100, 6)).cumsum(axis=0)

def results(forecaster_class, units, dtype, n_channels=1, horizon=1, **parameters):
    X, y = make_windows(series[:, :n_channels], 20, horizon, target=0)
    parameters |= {"n_channels": n_channels, "epochs": 1, "random_state": 0}
    parameters |= {"optimizer": "sgd", "learning_rate": 0.01}  # nothing amplifies
    forecaster = forecaster_class(units, dtype=dtype, **parameters).fit(X, y)
    return [*forecaster.weights_, forecaster.predict(X)]

import sys
found = results(LSTMForecaster, 125, "float32", 6, 30)
found += results(GRUForecaster, 64, "float32", horizon=50, bidirectional=True)
np.savez(sys.argv[1], *found)
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Weights and forecasts of some networks, trained in a fresh process."""

    @cache
    def train(threads, repetition=0):
        path = tmp_path_factory.mktemp("results") / "results.npz"
        run(FIT, str(path), timeout=300, TF_NUM_INTRAOP_THREADS=threads)
        with np.load(path) as found:
            return list(found.values())

    return train


@pytest.mark.soak  # many processes
def test_a_fresh_process_gives_the_same_bits(trained):
    for one, other in zip(trained("2"), trained("2", repetition=1), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.soak  # two processes
def test_the_number_of_threads_changes_rounding_only(trained):
    for one, other in zip(trained("1"), trained("2"), strict=True):
        tolerance = 1e-4 * np.abs(one).max()  # float32 has seven digits
        np.testing.assert_allclose(other, one, rtol=0, atol=tolerance)


def test_graph_mode_is_told_apart():
    code = """
import tensorflow as tf
tf.compat.v1.disable_eager_execution()
try:
    GRUForecaster(5, epochs=1).fit(X, y)
except RuntimeError as error:
    print(error)
"""
    assert "needs TensorFlow's eager execution. Remove" in run(code)
