"""Fitted estimators saved here and loaded in a fresh process predict the same bits."""

import copy
import itertools
import pickle
import pickletools
import subprocess
import sys
from contextlib import suppress

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    QuantileTransformer,
    StandardScaler,
)

import sk_rnn.sktime
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


THIRDS = np.full(1, 3.0)


def stretched(values, by):
    return values * by


def shrunk(values, by):
    return values / by


def edited_state(forecaster, edit):
    """Load a forecaster whose stored state was edited."""
    state = copy.deepcopy(forecaster.__getstate__())
    edit(state)
    return type(forecaster).__new__(type(forecaster)).__setstate__(state)


def arrays_of(state):
    """List where every array of a stored forecaster is, and in what."""
    for name in "weights_", "_slots":
        yield from ((state[name], i) for i in range(len(state[name])))
    for scaler in state["scaler_"], state["target_scaler_"]:
        held = vars(scaler)
        yield from ((held, k) for k in held if isinstance(held[k], np.ndarray))


def test_swapped_arrays_are_noticed(fitted):
    estimator, _ = fitted["gru"]
    n_arrays = len(list(arrays_of(estimator.__getstate__())))
    n_swaps = 0
    for one, other in itertools.combinations(range(n_arrays), 2):

        def swap(state, one=one, other=other):
            nonlocal n_swaps
            places = list(arrays_of(state))
            (a, i), (b, j) = places[one], places[other]
            a[i], b[j] = b[j], a[i]
            n_swaps += not np.array_equal(a[i], b[j])

        before = n_swaps
        with suppress(ValueError):
            edited_state(estimator, swap)
            assert n_swaps == before, (one, other)  # equal arrays were swapped
    assert n_swaps > 100


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda s: s["weights_"][0].__setitem__((0, 0), np.nan), "not finite"),
        (lambda s: s["weights_"].pop(), "have the shapes"),
        (lambda s: s["_architecture"].pop("dropout"), "dropout"),
        (lambda s: s.pop("segment_length"), r"lacks \['segment_length'\]"),
        (lambda s: s.update(_sk_rnn_version="0.0.1", _kept=1) or s.pop("units"), "0.0"),
        (lambda s: s.pop("_checksum"), "_checksum"),
        (
            lambda s: s.update(weights_=[w.astype("f8") for w in s["weights_"]]),
            "not of dtype float32",
        ),
    ],
)
def test_an_altered_state_says_so(edit, message, fitted):
    with pytest.raises(ValueError, match=rf"GRUForecaster was altered.*{message}"):
        edited_state(fitted["gru"][0], edit)


def test_an_unfitted_forecaster_is_stored_too():
    forecaster = pickle.loads(pickle.dumps(GRUForecaster(units=(3, 2), n_steps=4)))
    assert (
        forecaster.get_params() == GRUForecaster(units=(3, 2), n_steps=4).get_params()
    )


CONTINUE = """
import pickle, sys
from pathlib import Path
forecaster, X, y = pickle.loads(Path(sys.argv[1]).read_bytes())
print(forecaster.partial_fit(X, y).n_iter_)
"""


@pytest.mark.soak  # a process of its own
def test_training_continues_in_another_process(tmp_path):
    """Scalers are compared by value, not by a text that holds an address."""
    X = np.exp(np.random.default_rng(0).normal(size=(40, 4)))
    scaler = make_pipeline(FunctionTransformer(np.log, np.exp), StandardScaler())
    forecaster = GRUForecaster(5, epochs=1, scaler=scaler, window_scaler=None).fit(
        X, X[:, 0]
    )
    (tmp_path / "forecaster").write_bytes(pickle.dumps((forecaster, X, X[:, 0])))
    command = [sys.executable, "-c", CONTINUE, str(tmp_path / "forecaster")]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    assert answer.stdout == "2\n"
    scaler.set_params(functiontransformer__func=np.sqrt)
    with pytest.raises(ValueError, match="scaler changed from Pipeline"):
        forecaster.partial_fit(X, X[:, 0])


@pytest.mark.parametrize(
    "scaler",
    [
        KBinsDiscretizer(4, encode="ordinal", strategy="kmeans"),
        QuantileTransformer(n_quantiles=9, random_state=np.random.RandomState(0)),
        FunctionTransformer(
            stretched, shrunk, kw_args={"by": THIRDS}, inv_kw_args={"by": THIRDS}
        ),
        FunctionTransformer(lambda x: 2 * x, lambda x: x / 2),
    ],
    ids=lambda scaler: type(scaler).__name__,
)
def test_scalers_of_any_kind_are_kept_and_trained_on(scaler):
    X = np.random.default_rng(0).normal(size=(40, 4))
    forecaster = GRUForecaster(5, epochs=1, scaler=scaler, random_state=0)
    forecaster.fit(X, X[:, 0])
    restored = cloudpickle.loads(cloudpickle.dumps(forecaster))
    np.testing.assert_array_equal(restored.predict(X), forecaster.predict(X))
    assert restored.partial_fit(X, X[:, 0]).n_iter_ == 2
    assert copy.deepcopy(forecaster).partial_fit(X, X[:, 0]).n_iter_ == 2


def test_a_fit_starts_afresh_whatever_the_weights_hold():
    X = np.random.default_rng(0).normal(size=(40, 4))
    forecaster = GRUForecaster(5, epochs=1, random_state=0).fit(X, X[:, 0])
    expected = forecaster.predict(X)
    forecaster.weights_[0][0, 0] = np.nan
    np.testing.assert_array_equal(forecaster.fit(X, X[:, 0]).predict(X), expected)


def test_a_series_forecaster_is_stored_under_public_names():
    forecaster = sk_rnn.sktime.GRUForecaster(5, n_steps=4, epochs=1, random_state=0)
    forecaster.fit(pd.Series(np.arange(30.0)), fh=[1, 2])
    named = {
        argument
        for opcode, argument, _ in pickletools.genops(pickle.dumps(forecaster, 2))
        if opcode.name == "GLOBAL" and argument.startswith("sk_rnn")
    }
    assert named
    assert not any("._" in name for name in named), named
