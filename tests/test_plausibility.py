"""Rows whose order tells that they are not windows, the oldest step first."""

import tracemalloc

import numpy as np
import pytest

from sk_rnn import GRUForecaster, PersistenceForecaster, make_windows
from sk_rnn._plausibility import require_oldest_first
from sk_rnn._rows import Windows

FORECASTERS = [GRUForecaster(5, epochs=1), PersistenceForecaster()]
SERIES = np.random.default_rng(0).normal(size=40).cumsum()


def windows(series, n_steps=4, **options):
    X, y = make_windows(series, n_steps=n_steps, **options)
    return np.array(X), np.array(y)


@pytest.mark.parametrize("forecaster", FORECASTERS, ids=lambda f: type(f).__name__)
@pytest.mark.parametrize("form", ["rows", "a month behind", "three axes", "two steps"])
def test_rows_with_the_newest_value_first_are_refused(form, forecaster):
    X, y = windows(SERIES)
    newest_first = X[:, ::-1]
    if form == "a month behind":
        newest_first = np.column_stack([newest_first, np.arange(len(X)) % 12])
    elif form == "three axes":
        newest_first = newest_first[:, :, np.newaxis]
    elif form == "two steps":
        y = np.column_stack([y, np.roll(y, -1)])
    with pytest.raises(ValueError, match=r'newest value first.*column_order=\["lag_1"'):
        forecaster.fit(newest_first, y)


# A shop is open from 9 to 18; its windows end when it closes.
HOURS = np.arange(24 * 30) % 24
SHOP = np.where((HOURS >= 9) & (HOURS < 18), 50 + SERIES[HOURS], 0)[: 24 * 30 - 6]
COUNTS = np.random.default_rng(2).poisson(0.1, 200).astype(float)


@pytest.mark.parametrize("forecaster", FORECASTERS, ids=lambda f: type(f).__name__)
@pytest.mark.parametrize(
    ("series", "n_steps", "stride"),
    [
        (SERIES, 4, 4),  # each window begins where the last one's target was
        (np.tile(SERIES[:4], 9), 4, 1),  # the newest value is that of four steps ago
        (np.ones(40), 4, 1),
        (COUNTS, 3, 2),
        (SHOP, 24, 24),
        ([0, 0, 1, 3, 0], 3, 1),  # two rows
    ],
    ids=["walk", "season", "constant", "counts", "shop", "two rows"],
)
def test_windows_are_not_refused(series, n_steps, stride, forecaster):
    X, y = windows(series, n_steps, stride=stride)
    shuffled = np.random.default_rng(1).permutation(len(X))
    for order in slice(None), shuffled, slice(None, None, -1):
        forecaster.fit(X[order], y[order])


def test_later_calls_and_validation_rows_are_checked_too():
    X, y = windows(SERIES)
    forecaster = GRUForecaster(5, epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="newest value first"):
        forecaster.partial_fit(X[:, ::-1], y)
    with pytest.raises(ValueError, match="newest value first"):
        forecaster.fit(X, y, X_val=X[:, ::-1], y_val=y)
    ratio = GRUForecaster(5, epochs=1, window_scaler="ratio").fit(X + 100, y + 100)
    for fit in (
        lambda: ratio.partial_fit(X - 100, y - 100),
        lambda: ratio.fit(X + 100, y + 100, X_val=X - 100, y_val=y - 100),
        lambda: ratio.set_params(warm_start=True).fit(X - 100, y - 100),
    ):
        with pytest.raises(ValueError, match=r"not positive in 36 row\(s\) of X"):
            fit()
    relative = GRUForecaster(5, epochs=1, window_scaler="last").fit(X + 100, y + 100)
    with pytest.raises(ValueError, match="y does not continue channel 0"):
        relative.partial_fit(X + 100, np.log(y + 100))


@pytest.mark.parametrize("method", ["last", "standard", "ratio"])
def test_a_machine_that_warms_up_continues(method):
    series = np.r_[np.linspace(20, 93, 12), 100 + 0.02 * SERIES]
    X, y = windows(series, 12)
    GRUForecaster(5, epochs=1, window_scaler=method).fit(X, y)


def test_the_order_can_be_told():
    X, y = windows(SERIES)
    lags = [f"lag_{lag}" for lag in range(1, 5)]
    forecaster = PersistenceForecaster(column_order=lags).fit(X[:, ::-1], y)
    np.testing.assert_array_equal(forecaster.predict(X[:, ::-1]), X[:, -1])


def test_a_million_rows_are_read_in_parts():
    """Of rows that are gathered when needed, not even a column is made at once."""
    series = np.random.default_rng(0).normal(size=500_000)
    X, y = make_windows([series, series], n_steps=4, horizon=2, lazy=True)
    steps = Windows(X[:, np.arange(4)[:, np.newaxis]], X[:, :0])
    rows = np.arange(len(X), dtype=np.int32)
    tracemalloc.start()
    require_oldest_first(steps, y, rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 2**20  # a column of numbers has as many bytes
