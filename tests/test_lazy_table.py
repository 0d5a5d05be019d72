"""Tables that are never made: the same rows, the same forecasts, little memory."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal, assert_index_equal, assert_series_equal
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from sk_rnn import (
    GRUForecaster,
    PersistenceForecaster,
    WindowScaler,
    make_windows,
)
from sk_rnn.sktime import GRUForecaster as SeriesForecaster

RNG = np.random.default_rng(0)
SMALL = {"units": 5, "epochs": 2, "random_state": 0}


def walks(*lengths):
    return [100 + RNG.normal(size=length).cumsum() for length in lengths]


def frames():
    """Return shops that open one after the other, with a promotion known ahead."""
    return {
        name: pd.DataFrame(
            {"price": RNG.normal(size=n), "sales": RNG.normal(size=n), "promo": n % 3},
            index=pd.date_range(start, periods=n, name="day"),
        )
        for name, start, n in [("a", "2021-03-01", 30), ("b", "2021-03-11", 25)]
    }


FORMS = {
    "arrays": (walks(30, 41), {}),
    "one array": (walks(30)[0], {}),
    "channels": ([RNG.normal(size=(n, 3)) for n in (30, 41)], {"target": 1}),
    "integers": ([np.arange(30), np.arange(41)], {}),
    "frames": ([*frames().values()], {"target": "sales", "ahead": ["promo"]}),
    "a panel": (pd.concat(frames(), names=["shop"]), {"target": "sales"}),
    "a frame": (frames()["a"], {"target": "sales", "ahead": ["promo"]}),
    "series": ([frame["sales"] for frame in frames().values()], {}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("stride", [1, 4])
def test_a_lazy_table_is_the_table(form, horizon, stride):
    series, options = FORMS[form]
    tables = make_windows(series, 5, horizon, **options, stride=stride)
    lazy = make_windows(series, 5, horizon, **options, stride=stride, lazy=True)
    for table, one in zip(tables, lazy, strict=True):
        assert one.shape == table.shape
        assert len(one) == len(table)
        assert one.ndim == table.ndim
        assert_array_equal(np.asarray(one), table)
        assert np.asarray(one).dtype == np.asarray(table).dtype
        if isinstance(table, np.ndarray):
            assert one.index is None
        elif table.ndim == 1:
            assert_series_equal(one.to_pandas(), table, check_freq=False)
        else:
            assert_index_equal(one.index, table.index)
            assert_frame_equal(one.to_pandas(), table, check_freq=False)


def test_rows_are_chosen_as_those_of_an_array():
    lazy, _ = make_windows(walks(30, 41), 5, lazy=True)
    table = np.asarray(lazy)
    flags = RNG.uniform(size=len(table)) > 0.5
    keys = [slice(3, 20, 2), np.array([5, 2, 5]), flags, [1, 2], slice(0, 0), 7, -1]
    keys += [(flags, ...), (slice(2, 9), slice(1, 3)), (slice(None), -1), (3, 2)]
    for key in keys:
        assert_array_equal(np.asarray(lazy[key]), table[key])


@pytest.mark.parametrize(
    "key",
    [None, True, ([0, 1], [2, 3]), [[0, 1], [2, 3]], (slice(None), [1], [2])],
)
def test_what_is_no_choice_of_rows_is_refused(key):
    lazy, _ = make_windows(walks(30, 41), 5, lazy=True)
    with pytest.raises(IndexError, match=r"A LazyTable is indexed by a slice, .* Use"):
        lazy[key]


def test_labels_stay_with_all_columns():
    lazy, _ = make_windows(pd.concat(frames()), 5, target="sales", lazy=True)
    for key in slice(2, 4), (slice(2, 4), ...), (slice(2, 4), slice(None)):
        assert lazy[key].columns == lazy.columns
        assert len(lazy[key].index) == 2
    assert lazy[:, :3].columns is None


def test_the_target_keeps_its_digits():
    large = np.arange(20) + 2**53
    frame = pd.DataFrame({"sales": large, "promo": np.arange(20) / 2})
    options = {"target": "sales", "ahead": ["promo"]}
    for y in (
        make_windows([frame], 5, **options, lazy=True)[1],
        make_windows([frame, frame], 5, **options)[1].iloc[::2],
    ):
        assert y.dtype == np.int64
        assert_array_equal(y, large[5:])


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32"])
def test_narrow_numbers_are_computed_with_as_floats(dtype):
    series = [RNG.integers(1, 100, size=n).astype(dtype) for n in (40, 50)]
    forecaster = GRUForecaster(**SMALL, window_scaler=WindowScaler("last", log=True))
    X, y = make_windows(series, 5, 2)
    expected = forecaster.fit(X, y).predict(X)
    found = forecaster.fit(*make_windows(series, 5, 2, lazy=True)).predict(X)
    assert_array_equal(found, expected)


def test_a_single_value_that_is_not_positive_is_seen():
    """Logarithms are taken where all values allow it, however many rows there are."""
    grows, falls = (100 * np.exp(0.01 * walks(40_000)[0]) for _ in range(2))
    falls[-1] = 0
    series = [grows, falls]
    assert len(make_windows(series, 3, lazy=True)[0]) > 2**16
    forecaster = GRUForecaster(2, epochs=1, batch_size=4096)
    for lazy in False, True:
        forecaster.fit(*make_windows(series, 3, lazy=lazy))
        assert not getattr(forecaster.window_scaler_, "log", False)


def test_what_cannot_be_learnt_is_found_in_many_rows():
    """Not only in those that are looked at first."""
    quiet = np.append(np.zeros(20_000), walks(20_000)[0])
    X, y = make_windows(quiet, 6)
    forecaster = GRUForecaster(2, epochs=1, batch_size=4096)
    with pytest.raises(ValueError, match="newest value first"):
        forecaster.fit(X[:, ::-1], y)
    X, y = make_windows(walks(40_000)[0], 3)
    X = pd.DataFrame(X, columns=["lag_3", "lag_2", "lag_1"]).assign(hint=y)
    with pytest.raises(ValueError, match="'hint' equals y in every row"):
        forecaster.fit(X, y)
    X.loc[X.index[7], "hint"] += 1
    with pytest.warns(UserWarning, match="'hint' is a level of y"):
        forecaster.fit(X, y)


def test_missing_values_are_left_out():
    series = walks(30, 41)
    series[1][20] = np.nan
    X, y = make_windows(series, 5, 2, dropna=True)
    lazy = make_windows(series, 5, 2, dropna=True, lazy=True)
    assert_array_equal(lazy[0], X)
    assert_array_equal(lazy[1], y)
    forecaster = GRUForecaster(**SMALL)
    expected = forecaster.fit(X, y).predict(X)
    assert_array_equal(forecaster.fit(*lazy).predict(X), expected)
    with pytest.raises(ValueError, match=r"Input X contains NaN, .* dropna=True"):
        forecaster.fit(*make_windows(series, 5, 2, lazy=True))
    with pytest.raises(ValueError, match=r"Input y contains NaN, the first one in row"):
        forecaster.fit(
            np.nan_to_num(X), make_windows(series, 5, 2, lazy=True)[1][: len(X)]
        )
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples"):
        forecaster.fit(lazy[0], lazy[1][:-1])
    series[0][7] = np.inf
    with pytest.raises(ValueError, match=r"Input X contains infinity, .* Replace"):
        forecaster.fit(*make_windows(series, 5, 2, dropna=True, lazy=True))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"window_scaler": None, "scaler": "minmax"},
        {"early_stopping": True, "calibration_fraction": 0.2},
        {"quantiles": (0.1, 0.5, 0.9), "window_scaler": "standard"},
    ],
)
def test_a_network_learns_the_same(changes):
    series = pd.concat(frames(), names=["shop"])
    options = {"target": "sales", "ahead": ["promo"]}
    X, y = make_windows(series, 5, 2, **options)
    lazy = make_windows(series, 5, 2, **options, lazy=True)
    forecaster = GRUForecaster(**SMALL, **changes)
    expected = forecaster.fit(X, y).predict(X)
    fitted = forecaster.fit(*lazy)
    assert_array_equal(fitted.predict(X), expected)
    assert_array_equal(fitted.predict(lazy[0]), expected)
    assert list(fitted.feature_names_in_) == list(X)
    assert fitted.score(*lazy) == fitted.score(X, y)


def test_scikit_learn_works_with_it():
    lazy = make_windows(walks(60, 71), 5, lazy=True)
    X, y = np.asarray(lazy[0]), np.asarray(lazy[1])
    splits = TimeSeriesSplit(3)
    for forecaster in GRUForecaster(**SMALL), PersistenceForecaster(), Ridge():
        expected = cross_val_score(forecaster, X, y, cv=splits)
        found = cross_val_score(forecaster, *lazy, cv=splits)
        np.testing.assert_allclose(found, expected)
    assert_array_equal(pickle.loads(pickle.dumps(lazy[0])), X)


def peak_of(call):
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_training_never_makes_the_table():
    """The windows and targets of 200 more series would fill 86 MB."""
    series = walks(*300 * [1000])
    forecaster = GRUForecaster(4, epochs=1, batch_size=4096, segment_length=24)

    def fit(series):
        forecaster.fit(*make_windows(series, 48, 12, lazy=True))

    fit(series[:10])  # compiles
    more = peak_of(lambda: fit(series)) - peak_of(lambda: fit(series[:100]))
    assert more < 0.1 * 200 * (1000 - 59) * (48 + 12) * 8


@pytest.mark.parametrize("with_X", [False, True])
def test_series_forecasters_never_make_the_table(with_X):
    times = pd.date_range("2021-03-01", periods=1000, freq="h")
    index = pd.MultiIndex.from_product([range(250), times])
    y = pd.DataFrame({"sales": np.concatenate(walks(*250 * [1000]))}, index)
    forecaster = SeriesForecaster(
        4,
        n_steps=48,
        pooling="global",
        segment_length=24,
        batch_size=4096,
        epochs=1,
    )

    def fit(n_series):
        part = y.loc[: n_series - 1]
        X = pd.DataFrame({"promo": part["sales"] % 3}) if with_X else None
        forecaster.fit(part, X=X, fh=range(1, 13))

    fit(5)  # compiles
    more = peak_of(lambda: fit(250)) - peak_of(lambda: fit(100))
    n_numbers = 48 + 12 + (48 + 2 * 12 if with_X else 0)
    assert more < 0.2 * 150 * (1000 - 59) * n_numbers * 8
