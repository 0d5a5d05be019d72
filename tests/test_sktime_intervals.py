"""Quantiles and calibrated intervals of a series."""

import pickle
import warnings
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.compose import (
    BaggingForecaster,
    EnsembleForecaster,
    TransformedTargetForecaster,
)
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.forecasting.reconcile import ReconcilerForecaster
from sktime.performance_metrics.forecasting.probabilistic import CRPS, PinballLoss
from sktime.split import ExpandingWindowSplitter
from sktime.transformations.bootstrap import MovingBlockBootstrapTransformer
from sktime.transformations.boxcox import LogTransformer

from sk_rnn import WindowScaler
from sk_rnn.sktime import GRUForecaster
from sk_rnn.sktime._forecasting import Scored
from sk_rnn.sktime._pool import Pool

QUICK = {"units": 4, "n_steps": 5, "epochs": 2, "dtype": "float32", "random_state": 0}
LEVELS = (0.05, 0.5, 0.95)
CALIBRATED = {"calibration_fraction": 0.4}
KINDS = {
    "quantiles": {"quantiles": LEVELS},
    "calibrated": CALIBRATED,
    "both": {"quantiles": LEVELS, **CALIBRATED},
    "recursive": {"strategy": "recursive", **CALIBRATED},
}
FH = [1, 2, 3]


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def kind(request):
    return request.param


@pytest.fixture(params=[k for k in KINDS.values() if "calibration_fraction" in k])
def calibrated(request):
    return request.param


@pytest.fixture(scope="module")
def series():
    """A random walk without a trend, as long as a year of months for ten years."""
    rng = np.random.default_rng(0)
    index = pd.period_range("2000-01", periods=150, freq="M")
    return pd.Series(50 + rng.normal(size=150).cumsum() * 0.3, index, name="y")


def fitted(series, fh=FH, **params):
    return GRUForecaster(**QUICK, **params).fit(series, fh=fh)


def test_quantiles_come_as_asked(kind, series):
    forecaster = fitted(series, **kind)
    quantiles = forecaster.predict_quantiles(alpha=[0.9, 0.1, 0.5])
    assert quantiles.columns.tolist() == [("y", a) for a in (0.9, 0.1, 0.5)]
    assert quantiles.index.equals(forecaster.predict().index)
    values = quantiles.to_numpy()
    assert (values[:, 1] < values[:, 2]).all()
    assert (values[:, 2] < values[:, 0]).all()
    interval = forecaster.predict_interval(coverage=0.8).to_numpy()
    np.testing.assert_array_equal(interval, values[:, [1, 0]])
    assert np.isfinite(forecaster.predict_var().to_numpy()).all()


def test_calibration_does_not_change_predict(calibrated, series):
    plain = {k: v for k, v in calibrated.items() if k != "calibration_fraction"}
    pd.testing.assert_series_equal(
        fitted(series, **calibrated).predict(), fitted(series, **plain).predict()
    )


def fitted_on_the_windows(forecaster, **params):
    """Fit the regressor of a forecaster, by itself, on the table of its windows."""
    pool = Pool.of([forecaster._past])
    own = forecaster._params_of_regressor()
    own["window_scaler"] = forecaster._window_scaler_by_position()
    regressor = forecaster._regressor_class(**own, **params)
    return regressor.fit(np.asarray(pool.windows), np.asarray(pool.targets))


def test_one_step_scores_are_those_of_the_regressor(series):
    """The same windows, split at the same place, give the same scores."""
    forecaster = fitted(series, fh=[1, 2, 3], **CALIBRATED)
    regressor = fitted_on_the_windows(forecaster, **CALIBRATED)
    (scores, *_), later = forecaster._scores(forecaster._pasts, 3)
    assert len(scores) == int(0.4 * len(Pool.of([forecaster._past]).windows))
    assert not later
    np.testing.assert_allclose(scores, regressor._scores, rtol=1e-12)


@pytest.mark.parametrize("calibration", [{}, CALIBRATED], ids=["trained", "calibrated"])
def test_levels_between_are_those_of_the_regressor(calibration, series):
    """Interpolated where the scores are, in the units of the network: in logarithms."""
    forecaster = fitted(
        np.exp(series / 20),
        fh=[1, 2, 3],
        quantiles=(0.1, 0.5, 0.9),
        window_scaler=WindowScaler("last", log=True),
        **calibration,
    )
    regressor = fitted_on_the_windows(forecaster, **calibration)
    found = forecaster.predict_quantiles(alpha=[0.25, 0.7]).to_numpy()
    last = forecaster._past.y.to_numpy()[-forecaster.n_steps_ :]
    expected = regressor.predict_quantiles(last[np.newaxis], [0.25, 0.7])
    np.testing.assert_allclose(found, expected[0], rtol=1e-9)


def test_recursive_scores_are_those_of_forecasts_fed_back(series):
    """Errors of the network of before, fed back by hand from each window."""
    forecaster = fitted(series, strategy="recursive", window_scaler=None, **CALIBRATED)
    (scores, *_), _ = forecaster._scores(forecaster._pasts, 3)
    network, regressor = forecaster._network_before, forecaster.regressor_
    values = series.to_numpy()
    for row, start in enumerate(range(len(series) - len(scores) - 7, 142, 20)):
        window = list(values[start : start + 5])
        for _ in range(3):
            window.append(network.predict([window[-5:]])[0, 0])
        errors = values[start + 5 : start + 8] - window[5:]
        steps = np.diff(values[start : start + 5])
        spread = 0.995 * np.abs(steps).mean() ** 2
        spread = np.sqrt(spread + 0.005 * values[start : start + 5].var())
        spread = np.clip(spread, *regressor._spreads) ** regressor._spread_exponent
        expected = errors / spread / regressor.target_scaler_.scale_
        np.testing.assert_allclose(scores[20 * row, :, 0], expected, rtol=1e-4)


# ------------------------------------------------------------------------ leakage


def bounds(forecaster, **kwargs):
    return forecaster.predict_interval(coverage=0.6, **kwargs)


def test_values_after_the_cutoff_change_no_bound(calibrated, series):
    """Seen in update and taken back by another cutoff, as update_predict does."""
    later = series.copy()
    later.iloc[120:] *= 5
    found = []
    for each in (series, later):
        forecaster = fitted(each.iloc[:120], **calibrated)
        before = bounds(forecaster)
        forecaster.update(each, update_params=False)
        forecaster._set_cutoff(each.index[119:120])
        pd.testing.assert_frame_equal(bounds(forecaster), before)
        found.append(before)
    pd.testing.assert_frame_equal(*found)


def test_the_network_before_sees_nothing_it_is_scored_on(calibrated, series):
    forecaster = fitted(series, **calibrated)
    start = forecaster._calibrated_from
    other = series.copy()
    other[start:] += 20
    one, two = (
        fitted(each, window_scaler="last", **calibrated)._network_before
        for each in (series, other)
    )
    for ours, theirs in zip(one.weights_, two.weights_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


# ------------------------------------------------------------------------- update


def test_new_values_count_once(calibrated, series):
    forecaster = fitted(series.iloc[:120], **calibrated, adaptation_step=0.1)
    in_parts = pickle.loads(pickle.dumps(forecaster))
    forecaster.update(series.iloc[120:], update_params=False)
    for start in range(90, 150, 10):  # overlapping
        in_parts.update(series.iloc[start : start + 20], update_params=False)
    pd.testing.assert_frame_equal(bounds(forecaster), bounds(in_parts))


@pytest.mark.parametrize("update_params", [True, False])
def test_a_bound_moves_outwards_when_values_lie_beyond(
    update_params, calibrated, series
):
    """More than by their scores alone, which enter with a step of 0 too."""
    soaring = series.iloc[:120].copy()
    soaring.iloc[110:] += np.arange(1, 11) ** 2
    high = {}
    for step in (0.0, 0.05):
        forecaster = fitted(soaring.iloc[:110], **calibrated, adaptation_step=step)
        forecaster.update(soaring.iloc[110:], update_params=update_params)
        told = pytest.warns(UserWarning, match="adapted") if step else nullcontext()
        with told:  # the bound has become infinite
            high[step] = bounds(forecaster).iloc[:, 1]
    assert (high[0.05] > high[0.0]).all()


def test_a_level_adapted_beyond_all_errors_is_told(series):
    """Enough values were there for the level that is asked for."""
    forecaster = fitted(series.iloc[:100], adaptation_step=0.1, **CALIBRATED)
    later = series.iloc[100:110].copy()
    later += 1000 * np.arange(1, 11)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bounds(forecaster)
    forecaster.update(later, update_params=False)
    with pytest.warns(UserWarning, match=r"levels \[0\.8\], adapted, .* infinite"):
        upper = bounds(forecaster).to_numpy()[:, 1]
    assert np.isinf(upper).any()


def test_an_empty_interval_is_the_forecast(series):
    """With quantiles too, whose corrections move them and not the forecast."""
    forecaster = fitted(series.iloc[:100], adaptation_step=0.52, **KINDS["both"])
    later = series.iloc[100:110] + 1000 * np.arange(1, 11)  # none below a lower bound
    forecaster.update(later, update_params=False)
    low = forecaster.predict_quantiles(alpha=0.2).to_numpy()[:, 0]
    np.testing.assert_allclose(low, forecaster.predict(), rtol=1e-12)


def test_levels_adapt_to_what_was_known_when_a_row_was_forecast():
    """Of a panel, the scores of one time are known at the same time."""
    before = Scored(np.arange(6.0), np.repeat([0, 1, 2], 2), np.repeat([1, 2, 3], 2))
    own = Scored(np.array([6.0, 7.0]), np.array([3, 4]), np.array([4, 5]))
    scores, later = before.followed_by(own)
    np.testing.assert_array_equal(scores, np.arange(8.0))
    assert later == [(6, 4), (7, 6)]  # at 3, those whose last target came before


def test_update_predict_goes_with_intervals(series):
    forecaster = fitted(series.iloc[:120], fh=[1], **CALIBRATED)
    splitter = ExpandingWindowSplitter(fh=[1], initial_window=125, step_length=5)
    forecasts = forecaster.update_predict(series, splitter, update_params=False)
    assert len(forecasts) == 5
    assert np.isfinite(bounds(forecaster).to_numpy()).all()


# ------------------------------------------------------------------ few, none, tags


def test_too_few_windows_for_a_level_make_its_bound_infinite(series):
    forecaster = fitted(series.iloc[:40], **CALIBRATED)
    match = r"0\.005 needs at least 199 windows to calibrate on, but there are 13"
    with pytest.warns(UserWarning, match=match):
        interval = forecaster.predict_interval(coverage=0.99).to_numpy()
    np.testing.assert_array_equal(interval, [[-np.inf, np.inf]] * 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(bounds(forecaster).to_numpy()).all()


def test_the_variance_is_never_infinite(series):
    forecaster = fitted(series.iloc[:14], calibration_fraction=0.3)
    with (
        pytest.warns(UserWarning, match="0.25 needs at least 3 windows"),
        pytest.raises(NotImplementedError, match="too few windows"),
    ):
        forecaster.predict_var()


def test_no_window_to_calibrate_on(series):
    match = r"calibration_fraction=0\.05 of 13 windows leaves 0 to calibrate on"
    with pytest.raises(ValueError, match=match):
        fitted(series.iloc[:20], calibration_fraction=0.05)


@pytest.mark.parametrize(
    ("params", "is_sure"),
    [
        ({}, False),
        ({"quantiles": LEVELS}, True),
        (CALIBRATED, True),
        ({"quantiles": LEVELS, "strategy": "recursive"}, False),
        ({"quantiles": LEVELS, "strategy": "recursive", **CALIBRATED}, True),
    ],
)
def test_tags_tell_who_forecasts_intervals(params, is_sure):
    forecaster = GRUForecaster(**params)
    for tag in "capability:pred_int", "capability:pred_int:insample":
        assert forecaster.get_tag(tag) is is_sure
        assert GRUForecaster.get_class_tag(tag)
    changed = GRUForecaster().set_params(**params)
    assert changed.get_tag("capability:pred_int") is is_sure


def test_levels_beyond_those_trained_are_refused(series):
    forecaster = fitted(series, quantiles=LEVELS)
    with pytest.raises(ValueError, match=r"\[0\.01\] lie outside.*0\.05 to 0\.95"):
        forecaster.predict_quantiles(alpha=[0.01, 0.5])


# ----------------------------------------------------------------- in other clothes


def test_bounds_of_times_already_seen(kind, series):
    """One step ahead; of the first time, before which nothing is known, none."""
    fh = ForecastingHorizon(np.arange(-149, 2), is_relative=True)
    forecaster = fitted(series, fh=fh, **kind)
    interval = forecaster.predict_interval(coverage=0.8).to_numpy()
    assert np.isnan(interval[0]).all()
    low, high = interval[1:].T
    assert (low < high).all()
    if "calibration_fraction" in kind:
        held = (low[:-1] < series[1:]) & (series[1:] < high[:-1])
        assert held.mean() > 0.5


def test_known_columns_of_times_ahead(calibrated, series):
    X = pd.DataFrame({"month": series.index.month.astype(float)}, series.index)
    forecaster = GRUForecaster(**QUICK, **calibrated)
    forecaster.fit(series.iloc[:120], X.iloc[:120], fh=FH)
    interval = bounds(forecaster, X=X.iloc[120:]).to_numpy()
    assert (interval[:, 0] < interval[:, 1]).all()


def test_stored_forecasters(kind, series):
    forecaster = fitted(series, **kind)
    loaded = pickle.loads(pickle.dumps(forecaster))
    pd.testing.assert_frame_equal(bounds(loaded), bounds(forecaster))


# ------------------------------------------------------------------- sktime's tools


@pytest.fixture(scope="module")
def seasonal():
    """Five months that repeat, and a little noise."""
    index = pd.period_range("2000-01", periods=150, freq="M")
    noise = np.random.default_rng(0).normal(scale=0.1, size=150)
    return pd.Series(10 + np.arange(150) % 5 + noise, index, name="y")


splitter = ExpandingWindowSplitter(fh=FH, initial_window=120, step_length=15)
METRICS = {"pinball": PinballLoss(alpha=[0.1, 0.9]), "crps": CRPS()}
metrics = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
normal = pytest.mark.filterwarnings("ignore:.*predict_proba requires skpro")


@normal
@metrics
def test_backtests_are_scored(metric, kind, seasonal):
    """As by hand; a series that repeats is forecast better than by its deviation."""
    forecaster = GRUForecaster(**{**QUICK, "epochs": 40}, **kind)
    forecaster.set_params(learning_rate=0.03)
    results = evaluate(
        forecaster,
        splitter,
        seasonal,
        scoring=metric,
        error_score="raise",
        return_data=True,
    )
    scores = results[f"test_{metric.name}"]
    forecasts = results.filter(regex="^y_pred").iloc[0, 0]
    assert scores[0] == pytest.approx(metric(results.y_test[0], forecasts))
    assert scores.max() < 0.3 * seasonal.std()


@normal
@metrics
def test_searches_are_scored(metric, seasonal):
    search = ForecastingGridSearchCV(
        GRUForecaster(**{**QUICK, "epochs": 20}, **KINDS["both"]),
        cv=splitter,
        param_grid={"learning_rate": [1e-6, 0.03]},
        scoring=metric,
        error_score="raise",
    ).fit(seasonal, fh=FH)
    assert search.best_params_ == {"learning_rate": 0.03}
    assert np.isfinite(search.predict_interval(coverage=0.8).to_numpy()).all()


def test_a_pipeline_turns_the_bounds_back(kind, series):
    pipeline = TransformedTargetForecaster(
        [("log", LogTransformer()), ("gru", GRUForecaster(**QUICK, **kind))]
    ).fit(series, fh=FH)
    alone = fitted(np.log(series), **kind)
    pd.testing.assert_frame_equal(bounds(pipeline), np.exp(bounds(alone)))


def test_ensembles_and_bags_forecast(kind, series):
    members = [
        (str(seed), GRUForecaster(**{**QUICK, "random_state": seed}, **kind))
        for seed in (0, 1)
    ]
    ensemble = EnsembleForecaster(members).fit(series, fh=FH)
    each = [member.clone().fit(series, fh=FH).predict() for _, member in members]
    pd.testing.assert_series_equal(ensemble.predict(), sum(each) / 2, check_names=False)
    bootstrap = MovingBlockBootstrapTransformer(n_series=3, random_state=0)
    bag = BaggingForecaster(bootstrap, GRUForecaster(**QUICK, **kind), random_state=0)
    assert bag.fit(series, fh=FH).predict().between(*series.quantile([0, 1])).all()


def test_panels_have_intervals(kind, series):
    index = pd.MultiIndex.from_product([["a", "b"], series.index[:75]])
    panel = pd.DataFrame({"y": series.to_numpy()}, index)
    forecaster = GRUForecaster(**QUICK, **kind).fit(panel, fh=FH)
    alone = fitted(series.iloc[:75], **kind)
    np.testing.assert_allclose(bounds(forecaster).loc["a"], bounds(alone))


# sktime aggregates twice itself.
@pytest.mark.filterwarnings("ignore:Found elements in the index of X named '__total'")
@pytest.mark.parametrize(
    ("method", "name"),
    [("bu", "calibrated"), ("bu", "both"), ("mint_shrink", "recursive")],
)
def test_forecasts_of_a_hierarchy_add_up(method, name, series):
    index = pd.MultiIndex.from_product(
        [["shop"], ["a", "b"], series.index[:75]], names=["all", "shop", "month"]
    )
    bottom = pd.DataFrame({"y": series.to_numpy()}, index)
    forecaster = ReconcilerForecaster(GRUForecaster(**QUICK, **KINDS[name]), method)
    forecasts = forecaster.fit(bottom, fh=FH).predict().y
    total = forecasts.loc["__total", "__total"]
    parts = forecasts.loc["shop", "a"] + forecasts.loc["shop", "b"]
    np.testing.assert_allclose(total, parts)
