"""Rows whose order tells that they are not windows, the oldest step first."""

import numpy as np
import pytest

from sk_rnn import GRUForecaster, PersistenceForecaster, make_windows

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


@pytest.mark.parametrize("forecaster", FORECASTERS, ids=lambda f: type(f).__name__)
@pytest.mark.parametrize(
    ("series", "options"),
    [
        (SERIES, {}),
        (SERIES, {"stride": 4}),  # each window begins where the last one's target was
        (np.tile(SERIES[:4], 9), {}),  # the newest value is that of four steps ago
        (np.ones(40), {}),
        (np.repeat([0.0, 3, 0, 0, 0, 5, 0, 0], 5), {}),  # sold now and then
    ],
    ids=["walk", "stride", "season", "constant", "intermittent"],
)
def test_windows_are_not_refused(series, options, forecaster):
    X, y = windows(series, **options)
    forecaster.fit(X, y)
    shuffled = np.random.default_rng(1).permutation(len(X))
    forecaster.fit(X[shuffled], y[shuffled])
    backwards = slice(None, None, -1)
    forecaster.fit(X[backwards], y[backwards])


def test_the_order_can_be_told():
    X, y = windows(SERIES)
    lags = [f"lag_{lag}" for lag in range(1, 5)]
    forecaster = PersistenceForecaster(column_order=lags).fit(X[:, ::-1], y)
    np.testing.assert_array_equal(forecaster.predict(X[:, ::-1]), X[:, -1])
