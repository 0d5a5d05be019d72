import gc
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
import pandas as pd
import pytest

collect_ignore = ["smoke.py", "typed_usage.py"]  # scripts, for other tests

DAYS = pd.date_range("2021-03-01", periods=6, name="Date")
INDEXES = {
    "days": DAYS,
    "days without a frequency": DAYS.delete(2),
    "time zone": DAYS.tz_localize("Europe/Berlin"),
    "seconds": DAYS.as_unit("s"),
    "months": pd.period_range("2021-01", periods=6, freq="M", name="month"),
    "weeks": pd.period_range("2021-01", periods=6, freq="2W-WED"),
    "hours": pd.timedelta_range("1h", periods=6, freq="3h"),
    "range": pd.RangeIndex(4, 28, 4, name="step"),
    "integers": pd.Index([1, 2, 5, 7, 8, 9]),
    "floats": pd.Index([0.5, 1.0, 2.5, 2.75]),
    "strings": pd.Index(["2021-01", "2021-02", "2021-04", "2021-05"], name="month"),
    "objects": pd.Index(["a", "b", "c", "d"], dtype=object),
    "nullable": pd.Index([1, 2, 5, 7], dtype="Int64"),
    "categories": pd.CategoricalIndex(
        ["low", "mid", "top", "max"], ["low", "mid", "top", "max", "off"], ordered=True
    ),
}


def pytest_collection_finish():
    """Leave out what imports made when garbage is collected: millions of objects."""
    gc.freeze()


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
def prices():
    """Thirty trading days without a frequency: two weekdays of them are holidays."""
    days = pd.bdate_range("2021-01-04", periods=32, name="Date").delete([7, 15])
    rng = np.random.default_rng(0)
    high = 100 + rng.normal(size=30).cumsum()
    return pd.DataFrame({"High": high, "Close": high - rng.uniform(size=30)}, days)


@pytest.fixture
def panel():
    """Two stocks; the second is listed two days later and stored first."""
    index = pd.MultiIndex.from_arrays(
        [["V"] * 4 + ["MA"] * 6, [*DAYS[2:], *DAYS]], names=["stock", "Date"]
    )
    return pd.DataFrame(
        {"High": [32, 33, 34, 35, 0, 1, 2, 3, 4, 5], "Low": 0}, index=index
    )


@pytest.fixture(params=INDEXES.values(), ids=INDEXES)
def sorted_index(request):
    """Four to six labels of every kind that a series may have."""
    return request.param


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
    _programs.group_function.cache_clear()
    return names


@pytest.fixture(scope="session")
def airline():
    """Twelve years of monthly passengers, from sktime."""
    from sktime.datasets import load_airline

    return load_airline().astype(float)


@pytest.fixture(scope="session")
def exogenous(airline):
    """Noise in two columns, at the times of the airline."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"price": rng.normal(5, 1, len(airline)), "close": rng.normal(0, 1, 144)},
        index=airline.index,
    )
