"""Fitted estimators saved here and loaded in a fresh process predict the same bits."""

import copy
import pickle
import subprocess
import sys

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.pipeline import make_pipeline

from sk_rnn import (
    GRUForecaster,
    LSTMForecaster,
    PersistenceForecaster,
    WindowTransformer,
    make_windows,
)


def dump_pickle(estimator, path):
    path.write_bytes(pickle.dumps(estimator))


def dump_cloudpickle(estimator, path):
    path.write_bytes(cloudpickle.dumps(estimator))


DUMP = {
    "pickle": dump_pickle,
    "cloudpickle": dump_cloudpickle,
    "joblib": joblib.dump,
    "skops": skops.io.dump,
}
KINDS = ["lstm", "gru", "persistence", "pipeline"]
LOAD_AND_PREDICT = f"""
import os, pickle, sys
import joblib, numpy as np, pandas as pd, skops.io

def load_skops(path):
    names = skops.io.get_untrusted_types(file=path)
    assert all(name.startswith("sk_rnn.") for name in names), names
    return skops.io.load(path, trusted=names)

load = {{
    "pickle": lambda path: pickle.load(open(path, "rb")),
    "cloudpickle": lambda path: pickle.load(open(path, "rb")),
    "joblib": lambda path: joblib.load(path, mmap_mode="r"),
    "skops": load_skops,
}}
os.chdir(sys.argv[1])
loaded = {{
    (kind, name): load[name](f"{{kind}}.{{name}}") for kind in {KINDS} for name in load
}}
assert "tensorflow" not in sys.modules  # loading starts nothing
for (kind, name), estimator in loaded.items():
    forecasts = estimator.predict(pd.read_pickle(f"{{kind}}.X"))
    np.save(f"{{kind}}.{{name}}.npy", forecasts)
"""


@pytest.fixture(scope="module")
def fitted(wave):
    days = pd.bdate_range("2020-01-01", periods=300, tz="Europe/Berlin")
    frame = pd.DataFrame({"High": wave, "Close": wave - 0.1}, index=days)
    X, y = make_windows(frame, n_steps=10, target="High")
    quick = {"units": 8, "epochs": 2, "random_state": 0}
    labels = frame.iloc[20:]
    in_pipeline = make_pipeline(
        WindowTransformer(10, series=frame), GRUForecaster(**quick)
    )
    return {
        "lstm": (LSTMForecaster(**quick, scaler="minmax").fit(X, y), X),
        "gru": (GRUForecaster(**{**quick, "units": (4, 3)}).fit(X, y), X),
        "persistence": (PersistenceForecaster().fit(X, y), X),
        "pipeline": (in_pipeline.fit(labels, labels.High), labels),
    }


def test_a_fresh_process_predicts_the_same_bits(fitted, tmp_path):
    for kind, (estimator, X) in fitted.items():
        for name, dump in DUMP.items():
            dump(estimator, tmp_path / f"{kind}.{name}")
        X.to_pickle(tmp_path / f"{kind}.X")
    command = [sys.executable, "-c", LOAD_AND_PREDICT, str(tmp_path)]
    subprocess.run(command, check=True)
    for kind, (estimator, X) in fitted.items():
        expected = estimator.predict(X)
        for name in DUMP:
            forecasts = np.load(tmp_path / f"{kind}.{name}.npy")
            np.testing.assert_array_equal(forecasts, expected, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_deep_copy_predicts_the_same_bits(kind, fitted):
    estimator, X = fitted[kind]
    other = copy.deepcopy(estimator)
    np.testing.assert_array_equal(other.predict(X), estimator.predict(X))


def test_a_loaded_forecaster_continues_training(fitted):
    estimator, X = fitted["lstm"]
    y = np.ones(len(X))
    loaded = pickle.loads(pickle.dumps(estimator)).partial_fit(X, y)
    expected = copy.deepcopy(estimator).partial_fit(X, y)
    np.testing.assert_array_equal(loaded.predict(X), expected.predict(X))


@pytest.mark.parametrize("damage", ["cut", "altered", "from elsewhere"])
def test_a_damaged_skops_file_raises(damage, fitted, tmp_path):
    path = tmp_path / "forecaster.skops"
    skops.io.dump(fitted["gru"][0], path)
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "altered":
        middle = len(content) // 2
        path.write_bytes(content[:middle] + b"altered" + content[middle + 7 :])
    else:
        path.write_bytes(pickle.dumps(fitted["gru"][0]))
    with pytest.raises(Exception, match=r"(?i)zip|crc|magic|header|decompress"):
        skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))


def test_an_untrusted_type_is_not_executed(fitted, tmp_path):
    path = tmp_path / "forecaster.skops"
    skops.io.dump(fitted["gru"][0], path)
    with pytest.raises(Exception, match=r"[Uu]ntrusted"):
        skops.io.load(path, trusted=[])


def test_a_saved_forecaster_is_small(fitted):
    estimator, _ = fitted["lstm"]
    n_bytes = sum(weight.nbytes for weight in estimator.weights_)
    assert len(pickle.dumps(estimator)) < 3 * n_bytes + 5_000  # Adam has two slots
