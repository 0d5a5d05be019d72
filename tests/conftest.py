import os
from functools import wraps
from pathlib import Path

# Both are read when SciPy and matplotlib are imported.
os.environ["SCIPY_ARRAY_API"] = "1"  # else scikit-learn skips a check
os.environ["MPLBACKEND"] = "Agg"
if "PYTEST_XDIST_WORKER" in os.environ:  # one core for each worker
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import numpy as np
import pytest


@pytest.fixture
def data_folder():
    """The folder of the real data sets, which are not part of the repository."""
    folder = os.environ.get("SK_RNN_DATA")
    if not folder:
        pytest.skip("SK_RNN_DATA does not name the folder of the data sets")
    return Path(folder)


@pytest.fixture
def pyplot():
    """Matplotlib without a screen, all figures closed afterwards."""
    import matplotlib.pyplot as plt

    plt.close("all")
    yield plt
    plt.close("all")


@pytest.fixture(scope="session")
def wave():
    """A noisy wave: 300 time steps of a series that a network can learn."""
    rng = np.random.default_rng(0)
    return 10 + np.sin(np.arange(300) / 5) + rng.normal(0, 0.05, 300)


@pytest.fixture
def traces(monkeypatch):
    """Names of our functions, one for every time that TensorFlow traces them.

    Those that earlier tests have compiled are forgotten first.
    """
    import tensorflow as tf

    from sk_rnn import _programs

    names = []
    function = tf.function

    def hooked(*args, **kwargs):
        if args:  # Keras's own
            return function(*args, **kwargs)

        def decorate(body):
            @wraps(body)
            def traced(*inputs):
                names.append(body.__name__)
                return body(*inputs)

            return function(**kwargs)(traced)

        return decorate

    monkeypatch.setattr(tf, "function", hooked)
    _programs.training_function.cache_clear()
    _programs.prediction_function.cache_clear()
    return names
