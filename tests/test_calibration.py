"""Calibration: how far forecasts reach, learnt from rows a network has not seen."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

from sk_rnn import GRUForecaster, WindowScaler, make_windows
from sk_rnn._calibration import (
    adapted,
    corrections,
    n_needed,
    quantile,
    rank,
    split_in_time,
)

QUICK = {"units": 4, "epochs": 2, "dtype": "float32", "random_state": 0}
LEVELS = (0.1, 0.5, 0.9)


@pytest.fixture(scope="module")
def windows(wave):
    return make_windows(wave, n_steps=8, horizon=3)


@pytest.fixture(scope="module")
def fitted(windows):
    return GRUForecaster(**QUICK, calibration_fraction=0.25).fit(*windows)


# -------------------------------------------------------------------------- maths


@pytest.mark.parametrize(
    ("level", "n", "place"),
    [
        (0.05, 19, 1),  # a lower bound is rounded down
        (0.05, 18, 0),
        (0.95, 19, 19),  # an upper one up
        (0.95, 18, 19),
        ((1 - 0.9) / 2, 19, 1),  # 0.04999999999999999
        (0.1, 29, 3),
        (0.9, 29, 27),
        (0.5, 4, 3),
        (0.5, 5, 3),
    ],
)
def test_ranks_by_hand(level, n, place):
    assert rank(level, n, is_lower=level < 0.5) == place


@pytest.mark.parametrize("level", [0.01, 0.05, 0.1, 0.25, 0.5, 0.8, 0.95, 0.99])
def test_so_many_scores_are_needed_and_no_fewer(level):
    n = n_needed(level)
    scores = np.random.default_rng(0).normal(size=n)
    assert np.isfinite(quantile(scores, level))
    assert np.isinf(quantile(scores[1:], level))


def test_a_bound_holds_as_often_as_its_rank_says():
    """Of n + 1 exchangeable scores, the last is below the k-th with k / (n + 1)."""
    scores = np.random.default_rng(0).normal(size=(10_000, 12))
    below = [row[-1] <= quantile(row[:-1], 0.8) for row in scores]
    assert np.mean(below) == pytest.approx(10 / 12, abs=0.012)
    above = [row[-1] >= quantile(row[:-1], 0.2) for row in scores]
    assert np.mean(above) == pytest.approx(10 / 12, abs=0.012)


def published(scores, level, n_before, delay, step_size):
    """Adapt as it is published, one row at a time, by the bounds and not by ranks."""
    alpha = min(level, 1 - level)
    path = [alpha] * (n_before + delay)
    for row in range(n_before, len(scores)):
        known = scores[: row - delay + 1]
        at = path[row] if level < 0.5 else 1 - path[row]
        bound = np.inf if at >= 1 else -np.inf
        if 0 < at < 1:
            bound = quantile(known, at, is_lower=level < 0.5)
        missed = scores[row] < bound if level < 0.5 else scores[row] > bound
        path.append(path[-1] + step_size * (alpha - missed))
    return path[-1] if level < 0.5 else 1 - path[-1]


@pytest.mark.parametrize("level", [0.1, 0.9])
@pytest.mark.parametrize("delay", [1, 4])
@pytest.mark.parametrize("drift", [3.0, -0.9])
@pytest.mark.parametrize("decimals", [9, 1])  # scores that are equal, too
def test_levels_adapt_as_published(level, delay, drift, decimals):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=80) * (1 + drift * (np.arange(80) > 40))
    scores = scores.round(decimals)
    later = [(row, row - delay + 1) for row in range(30, 80)]
    now = adapted(scores, level, later, 0.05)
    assert now == pytest.approx(published(scores, level, 30, delay, 0.05))
    outwards = level - now if level < 0.5 else now - level
    assert np.sign(outwards) == np.sign(drift)
    assert adapted(scores, level, later, 0.0) == level
    assert adapted(scores[:30], level, [], 0.05) == level


def test_a_level_outside_of_all_gives_all_or_nothing():
    """After many misses a bound is infinite; after none, it is the forecast (NaN)."""
    rising = np.append(np.zeros(20), np.cumprod(np.full(18, 2.0)))[:, None, None]
    for n_later, bound in ((1, [0.0, np.inf]), (18, [np.nan, np.inf])):
        later = [(row, row) for row in range(20, 20 + n_later)]
        scores = rising[: 20 + n_later]
        moves = corrections(scores, (0.5,), (0.1, 0.9), later, 0.51)
        np.testing.assert_array_equal(moves, [bound])
        moves = corrections(-scores, (0.5,), (0.1, 0.9), later, 0.51)
        np.testing.assert_array_equal(moves, [-np.array(bound)[::-1]])


def test_rows_are_split_by_their_times():
    """Two series stored one after the other: the gap is one of times."""
    times = np.tile(np.arange(10), 2)
    every = np.arange(20)
    earlier, later = split_in_time(times, times + 3, every, 0.2)
    np.testing.assert_array_equal(times[later], [8, 9, 8, 9])
    np.testing.assert_array_equal(times[earlier], [0, 1, 2, 3, 4] * 2)
    earlier, later = split_in_time(every, every, every[::2], 0.1)  # of those used
    np.testing.assert_array_equal(later, [18])
    np.testing.assert_array_equal(earlier, every[:17:2])


# ----------------------------------------------------------------------- forecasts


def by_hand(X, y, n_later, gap, X_new, level):
    """Calibrate by hand: a network on the earlier rows, its errors on the later ones.

    Of windows relative to nothing and targets unscaled, errors are those of the data.
    """
    network = GRUForecaster(**QUICK, window_scaler=None, scaler=None)
    n_earlier = len(X) - n_later - gap
    earlier = clone(network).fit(X[:n_earlier], y[:n_earlier])

    def change(rows):
        change = np.abs(np.diff(rows)).mean(axis=1)
        return np.sqrt(0.995 * change**2 + 0.005 * rows.var(axis=1))

    own_errors = np.abs(y[:n_earlier] - earlier.predict(X[:n_earlier])).mean(axis=1)
    slope, _ = np.polyfit(np.log(change(X[:n_earlier])), np.log(own_errors), 1)
    exponent = (1 + np.clip(slope, 0, 1)) / 2

    def spread(rows):
        return change(rows)[:, np.newaxis] ** exponent

    errors = (y - earlier.predict(X))[-n_later:] / spread(X[-n_later:])
    rank = (n_later + 1) * level
    rank = int(np.floor(rank) if level < 0.5 else np.ceil(rank))
    correction = np.sort(errors, axis=0)[rank - 1]
    return network.fit(X, y).predict(X_new) + correction * spread(X_new)


def test_intervals_by_hand(windows):
    X, y = windows
    network = GRUForecaster(**QUICK, window_scaler=None, scaler=None)
    network.set_params(calibration_fraction=60 / len(X))
    bounds = network.fit(X, y).predict_interval(X[:5], coverage=0.8)
    assert bounds.shape == (5, 3, 2)
    for side, level in enumerate((0.1, 0.9)):
        expected = by_hand(X, y, n_later=60, gap=2, X_new=X[:5], level=level)
        np.testing.assert_allclose(bounds[..., side], expected, rtol=1e-5)
    np.testing.assert_array_equal(bounds, network.predict_quantiles(X[:5], [0.1, 0.9]))


@pytest.mark.parametrize("quantiles", [None, LEVELS])
def test_coverage_on_rows_to_come(quantiles):
    """Noise of a size that the window tells, so that all rows are alike."""
    rng = np.random.default_rng(0)
    size = np.exp(rng.normal(0, 0.5, (2000, 1)))
    values = size * rng.normal(size=(2000, 11))
    X, y = values[:, :8], values[:, 8:]
    network = GRUForecaster(**QUICK, quantiles=quantiles, calibration_fraction=0.4)
    network.set_params(epochs=40).fit(X[:1000], y[:1000])
    for coverage in (0.5, 0.9):
        low, high = np.moveaxis(network.predict_interval(X[1000:], coverage), 2, 0)
        held = (low <= y[1000:]) & (y[1000:] <= high)
        assert held.mean(axis=0) == pytest.approx(coverage, abs=0.07)
        if quantiles is None:  # errors are relative to the spread of the window
            quiet = size[1000:, 0] < 1
            assert held[quiet].mean() == pytest.approx(coverage, abs=0.1)
            assert held[~quiet].mean() == pytest.approx(coverage, abs=0.1)


@pytest.mark.parametrize(
    "window_scaler",
    [None, "last", "ratio", "standard", WindowScaler("standard", log=True)],
)
def test_bounds_follow_the_units_of_the_data(window_scaler, windows):
    X, y = windows
    network = GRUForecaster(**QUICK, window_scaler=window_scaler)
    network.set_params(calibration_fraction=0.25)
    bounds = network.fit(X, y).predict_interval(X, 0.8)
    assert (bounds[..., 0] < bounds[..., 1]).all()
    held = (bounds[..., 0] <= y) & (y <= bounds[..., 1])
    assert 0.6 < held.mean() < 0.95
    times_thousand = clone(network).fit(1000 * X, 1000 * y)
    np.testing.assert_allclose(
        times_thousand.predict_interval(1000 * X, 0.8), 1000 * bounds, rtol=1e-3
    )


def interval_of(size, noise, factor=1.0):
    """Fit on windows of a given size; return the width of its interval by size."""
    X = size * noise[:, :8]
    network = GRUForecaster(**QUICK, window_scaler="last", calibration_fraction=0.4)
    network.fit(X, X[:, -1] + factor * noise[:, 8])
    low, high = network.predict_interval(X, 0.8).T
    return high - low, np.abs(np.diff(X)).mean(axis=1)


def test_widths_follow_the_change_of_windows_as_far_as_errors_do():
    """Noise of one size, or of the size of the window's: by the half or wholly."""
    rng = np.random.default_rng(0)
    noise, size = rng.normal(size=(2000, 9)), np.exp(rng.normal(size=(2000, 1)))
    for factor, exponent in ((1.0, 0.5), (size[:, 0], 1.0)):
        width, change = interval_of(size, noise, factor)
        slope, _ = np.polyfit(np.log(change), np.log(width), 1)
        assert slope == pytest.approx(exponent, abs=0.1)


def test_a_glitch_in_a_window_does_not_make_its_interval_absurd(wave):
    scaler = WindowScaler("last", log=True)
    X, y = make_windows(wave, n_steps=8)
    network = GRUForecaster(**QUICK, window_scaler=scaler, calibration_fraction=0.25)
    window = X[-1:].copy()
    low, high = network.fit(X, y).predict_interval(window, 0.8)[0]
    window[0, 3] *= 1e30
    wide_low, wide_high = network.predict_interval(window, 0.8)[0]
    assert high - low < wide_high - wide_low < 10 * (high - low)


def test_wider_intervals_hold_the_narrower_ones(windows, fitted):
    levels = [0.95, 0.05, 0.2, 0.5, 0.8]
    quantiles = fitted.predict_quantiles(windows[0], levels)
    assert (np.diff(quantiles[..., np.argsort(levels)]) >= 0).all()
    one_by_one = [fitted.predict_quantiles(windows[0], [level]) for level in levels]
    np.testing.assert_array_equal(quantiles, np.concatenate(one_by_one, axis=2))


def test_a_window_in_which_nothing_happens_has_an_interval(windows, fitted):
    bounds = fitted.predict_interval(np.full((1, 8), 10.0))
    assert (bounds[..., 0] < bounds[..., 1]).all()


def test_calibrated_quantiles_never_cross_and_go_beyond_those_trained(windows):
    X, y = windows
    network = GRUForecaster(**QUICK, quantiles=LEVELS, calibration_fraction=0.25)
    quantiles = network.fit(X, y).predict_quantiles(X, [0.05, *LEVELS, 0.95])
    assert (np.diff(quantiles) >= 0).all()
    bounds = network.predict_interval(X, 0.9)
    np.testing.assert_array_equal(bounds, quantiles[..., [0, -1]])


def test_one_dimensional_y(windows):
    X, y = windows
    network = GRUForecaster(**QUICK, calibration_fraction=0.25).fit(X, y[:, 0])
    assert network.predict_interval(X).shape == (len(X), 2)
    assert network.predict_quantiles(X, [0.2, 0.5, 0.8]).shape == (len(X), 3)


@pytest.mark.parametrize("quantiles", [None, LEVELS])
@pytest.mark.parametrize(
    "random_state", [lambda: 3, lambda: np.random.RandomState(3), lambda: None]
)
def test_calibration_does_not_change_predict(random_state, quantiles, windows):
    X, y = windows
    forecasts = []
    for fraction in (None, 0.25):
        np.random.seed(7)  # noqa: NPY002 - None draws from it
        network = GRUForecaster(**QUICK, quantiles=quantiles)
        network.set_params(random_state=random_state(), calibration_fraction=fraction)
        network.fit(X, y).fit(X, y)
        forecasts.append(network.predict(X))
    np.testing.assert_array_equal(*forecasts)


def test_early_stopping_and_callbacks_belong_to_the_network_that_forecasts(windows):
    X, y = windows
    network = GRUForecaster(**QUICK, early_stopping=True, n_iter_no_change=1)
    network.set_params(epochs=6, learning_rate=0.05)
    plain = clone(network).fit(X, y)
    calibrated = network.set_params(calibration_fraction=0.25).fit(X, y)
    assert calibrated.history_ == plain.history_
    np.testing.assert_array_equal(calibrated.predict(X), plain.predict(X))


# ------------------------------------------------------------------------ leakage


def test_the_calibrating_network_sees_nothing_of_what_it_is_scored_on(
    windows, monkeypatch
):
    """Other values after its rows, in the gap too, change none of its weights."""
    X, y = windows
    seen = []
    trained_on = GRUForecaster._trained_on

    def spy(self, *args):
        seen.append(trained_on(self, *args))
        return seen[-1]

    monkeypatch.setattr(GRUForecaster, "_trained_on", spy)
    n_earlier = len(X) - 72 - 2
    network = GRUForecaster(
        **QUICK, window_scaler="standard", calibration_fraction=0.25
    )
    network.fit(X, y)
    y_other, X_other = y.copy(), X.copy()
    y_other[n_earlier:] *= 3
    X_other[n_earlier:] += 1
    clone(network).fit(X_other, y_other)
    one, other = seen
    for ours, theirs in zip(one.weights_, other.weights_, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert one._window_scaling == other._window_scaling
    np.testing.assert_array_equal(one.target_scaler_.mean_, other.target_scaler_.mean_)


def test_the_future_of_a_series_changes_no_bound(wave):
    """Whatever comes after the rows of fit and the window asked for."""
    bounds = []
    for later in (0.0, 100.0):
        series = wave.copy()
        series[200:] += later
        X, y = make_windows(series[:200], n_steps=8, horizon=3)
        network = GRUForecaster(**QUICK, calibration_fraction=0.25).fit(X, y)
        X_all, _ = make_windows(series, n_steps=8, horizon=3)
        bounds.append(network.predict_interval(X_all)[: 200 - 7])
    np.testing.assert_array_equal(*bounds)


def test_a_panel_is_split_by_time(wave, monkeypatch):
    """Rows of both series of the last times calibrate, in whatever order they come.

    Of 2 x 140 rows these are 2 x 28; behind a gap of 2 times, 2 x 110 are trained on.
    """
    index = pd.MultiIndex.from_product([["a", "b"], range(150)], names=["s", "t"])
    panel = pd.DataFrame({"v": wave}, index=index)
    X, y = make_windows(panel, n_steps=8, horizon=3)
    network = GRUForecaster(**QUICK, calibration_fraction=0.2)
    sizes = []
    trained_on = GRUForecaster._trained_on

    def spy(self, windows, y, weights, rows, n_train):
        sizes.append(len(rows))
        return trained_on(self, windows, y, weights, rows, n_train)

    monkeypatch.setattr(GRUForecaster, "_trained_on", spy)
    for rows, targets in ((X, y), (X.sort_index(), y.sort_index()), (X, y.to_numpy())):
        assert len(clone(network).fit(rows, targets)._scores) == 2 * 28
    assert sizes == [2 * 110] * 3


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_times_are_found_in_either_level(order, wave):
    days = pd.date_range("2024-01-01", periods=150)
    index = pd.MultiIndex.from_product([["a", "b"], days], names=["shop", "day"])
    X, y = make_windows(pd.DataFrame({"v": wave}, index=index), n_steps=8, horizon=3)
    X, y = X.reorder_levels(order), y.reorder_levels(order)
    scores = GRUForecaster(**QUICK, calibration_fraction=0.2).fit(X, y)._scores
    assert len(scores) == 2 * 28


# ------------------------------------------------------------------- later training


def test_partial_fit_keeps_the_calibration_and_warns_once(windows):
    X, y = windows
    network = GRUForecaster(**QUICK, calibration_fraction=0.25).fit(X, y)
    scores = network._scores
    with pytest.warns(UserWarning, match="stay calibrated for those of the last fit"):
        network.partial_fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network.partial_fit(X, y)
    assert network._scores is scores
    network.fit(X, y)
    with pytest.warns(UserWarning, match="stay calibrated"):
        network.partial_fit(X, y)


def test_partial_fit_alone_does_not_calibrate(windows):
    X, y = windows
    network = GRUForecaster(**QUICK, calibration_fraction=0.25).partial_fit(X, y)
    network.partial_fit(X, y)
    with pytest.raises(ValueError, match=r"=0\.25, but predict_interval finds nothing"):
        network.predict_interval(X)
    network.fit(X, y).predict_interval(X)


def test_quantiles_that_should_be_calibrated_and_are_not_are_refused(windows):
    X, y = windows
    network = GRUForecaster(**QUICK, quantiles=LEVELS, calibration_fraction=0.25)
    network.partial_fit(X, y)
    with pytest.raises(ValueError, match=r"predict_quantiles finds .* Call fit first"):
        network.predict_quantiles(X)


def test_bounds_too_large_for_a_float_are_refused_for_what_they_are(wave):
    """The forecast is finite still; its upper bound is not."""
    scaler = WindowScaler("last", log=True)
    X, y = make_windows(np.exp(wave), n_steps=8)
    network = GRUForecaster(**QUICK, window_scaler=scaler, calibration_fraction=0.25)
    network.fit(X, y)
    huge = np.geomspace(1e200, 1.7e308, 8)[np.newaxis]
    assert np.isfinite(network.predict(huge))
    with pytest.raises(ValueError, match="exponential function, which undoes logarit"):
        network.predict_interval(huge)


def test_warm_start_calibrates_anew(windows):
    """With a fresh network, trained for as many epochs as that one has had by now."""
    X, y = windows
    network = GRUForecaster(**QUICK, calibration_fraction=0.25, warm_start=True)
    network.set_params(learning_rate_decay=None, window_scaler=None)
    long = clone(network).set_params(epochs=4).fit(X, y)
    network.fit(X, y).fit(X, y)
    np.testing.assert_array_equal(network.predict_interval(X), long.predict_interval(X))


def test_rows_of_weight_zero_do_not_calibrate(windows):
    X, y = windows
    weights = np.where(np.arange(len(X)) % 2, 3.0, 0.0)
    network = GRUForecaster(**QUICK, calibration_fraction=0.25)
    some = clone(network).fit(X, y, weights)
    assert len(some._scores) == 36
    y_other = np.where(weights[:, np.newaxis] > 0, y, y + 1)
    other = clone(network).fit(X, y_other, weights)
    np.testing.assert_array_equal(some.predict_interval(X), other.predict_interval(X))


@pytest.mark.parametrize("quantiles", [None, LEVELS])
def test_stored_forecasters(quantiles, windows, tmp_path):
    X, y = windows
    network = GRUForecaster(**QUICK, quantiles=quantiles, calibration_fraction=0.25)
    expected = network.fit(X, y).predict_interval(X)
    skops.io.dump(network, tmp_path / "network.skops")
    trusted = skops.io.get_untrusted_types(file=tmp_path / "network.skops")
    assert all(name.startswith("sk_rnn.forecasters.") for name in trusted)
    for loaded in (
        pickle.loads(pickle.dumps(network)),
        skops.io.load(tmp_path / "network.skops", trusted=trusted),
    ):
        np.testing.assert_array_equal(loaded.predict_interval(X), expected)
    state = network.__getstate__()
    state["_scores"] = state["_scores"][::-1].copy()
    with pytest.raises(ValueError, match="checksum"):
        GRUForecaster.__new__(GRUForecaster).__setstate__(state)


# ----------------------------------------------------------------------- bad input


@pytest.mark.parametrize("value", [0, 1, 1.5, "some", 10])
def test_a_bad_fraction_is_named(value, windows):
    match = "The 'calibration_fraction' parameter of GRUForecaster must be"
    with pytest.raises(InvalidParameterError, match=match):
        GRUForecaster(calibration_fraction=value).fit(*windows)


def test_too_few_rows_for_a_level_name_both_numbers(windows, fitted):
    assert len(fitted._scores) == 72
    with pytest.raises(ValueError, match=r"0\.01 needs at least 99.*there are 72"):
        fitted.predict_interval(windows[0], 0.98)
    with pytest.raises(ValueError, match=r"0\.999 needs at least 999.*there are 72"):
        fitted.predict_quantiles(windows[0], [0.5, 0.999])


@pytest.mark.parametrize(
    ("fraction", "n_rows", "numbers"),
    [(0.1, 9, "leaves 0 to .* gap of 2, 9 to"), (0.9, 20, "18 .* gap of 2, 0 to")],
)
def test_no_row_to_calibrate_or_to_train_on(fraction, n_rows, numbers, windows):
    X, y = (part[:n_rows] for part in windows)
    network = GRUForecaster(**QUICK, calibration_fraction=fraction)
    with pytest.raises(ValueError, match=numbers):
        network.fit(X, y)
    assert not hasattr(network, "weights_")


def test_what_cannot_be_asked_for(windows, fitted):
    X, y = windows
    for coverage in (0, 1, "wide", 90):
        with pytest.raises(ValueError, match=rf"coverage={coverage!r}, but must be"):
            fitted.predict_interval(X, coverage)
    with pytest.raises(ValueError, match=r"levels=None.*levels=\[0\.1, 0\.9\]"):
        fitted.predict_quantiles(X)
    network = GRUForecaster(**QUICK).fit(X, y)
    for method in "predict_quantiles", "predict_interval":
        with pytest.raises(ValueError, match=rf"{method} needs to know.*calibration_f"):
            getattr(network, method)(X)


def test_quantiles_alone_give_intervals_as_far_as_they_reach(windows):
    X, y = windows
    network = GRUForecaster(**QUICK, quantiles=LEVELS).fit(X, y)
    expected = network.predict_quantiles(X, [0.1, 0.9])
    np.testing.assert_array_equal(network.predict_interval(X, 0.8), expected)
    with pytest.raises(ValueError, match=r"levels \[0\.05, 0\.95\] lie outside"):
        network.predict_interval(X)
    expected = network.predict_interval(X, 0.8)
    found = network.predict_interval(X, np.float32(0.8))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_list_of_series_is_split_by_time():
    """Its rows have the times of several series, in order; a panel's are labelled."""
    rng = np.random.default_rng(0)
    months = pd.period_range("2000-01", periods=60, freq="M")
    series = {
        name: pd.Series(50 + rng.normal(size=60).cumsum(), months, name="y")
        for name in "abcde"
    }
    scores = []
    for form in list(series.values()), pd.concat(series, names=["shop", "month"]):
        X, y = make_windows(form, n_steps=6, horizon=4)
        forecaster = GRUForecaster(
            5, calibration_fraction=0.3, epochs=1, random_state=0
        )
        scores.append(forecaster.fit(X, y)._scores)
    assert len(scores[0]) == 5 * 16  # of 51 times
    np.testing.assert_array_equal(*scores)
