"""The forecasters inside scikit-learn's own tools."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from joblib import parallel_backend
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingRegressor, StackingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - enables halving
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_predict,
    cross_validate,
)
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sktime.split import ExpandingWindowSplitter

from sk_rnn import GRUForecaster, LSTMForecaster, WindowTransformer, make_windows

QUICK = {"units": 5, "epochs": 3, "random_state": 0}
GRID = {"units": [3, 5], "n_steps": [2, 10]}


@pytest.fixture(scope="module")
def windows(wave):
    return make_windows(wave, n_steps=10)


def test_pipeline(windows):
    X, y = windows
    pipe = make_pipeline(FunctionTransformer(), GRUForecaster(**QUICK))
    expected = GRUForecaster(**QUICK).fit(X, y).predict(X)
    np.testing.assert_array_equal(pipe.fit(X, y).predict(X), expected)


def test_transformed_target(windows):
    X, y = windows
    model = TransformedTargetRegressor(
        GRUForecaster(**QUICK), func=np.log, inverse_func=np.exp
    )
    expected = GRUForecaster(**QUICK).fit(X, np.log(y)).predict(X)
    np.testing.assert_allclose(model.fit(X, y).predict(X), np.exp(expected))


def test_grid_search_in_time(windows):
    X, y = windows
    search = GridSearchCV(
        LSTMForecaster(**QUICK), GRID, cv=TimeSeriesSplit(3), error_score="raise"
    ).fit(X, y)
    for candidate, score in zip(
        search.cv_results_["params"],
        search.cv_results_["split1_test_score"],
        strict=True,
    ):
        train, test = list(TimeSeriesSplit(3).split(X))[1]
        alone = LSTMForecaster(**QUICK).set_params(**candidate)
        assert alone.fit(X[train], y[train]).score(X[test], y[test]) == score
    assert search.predict(X[-1:]).shape == (1,)


def test_grid_search_with_an_expanding_window_of_sktime(windows):
    X, y = windows
    splitter = ExpandingWindowSplitter(
        fh=range(1, 31), initial_window=200, step_length=30
    )
    search = GridSearchCV(
        GRUForecaster(**QUICK), GRID, cv=list(splitter.split(y)), error_score="raise"
    ).fit(X, y)
    assert search.n_splits_ == 3
    fitted_on_first = GRUForecaster(**QUICK).set_params(**search.best_params_)
    fitted_on_first.fit(X[:200], y[:200])
    assert (
        fitted_on_first.score(X[200:230], y[200:230])
        == search.cv_results_["split0_test_score"][search.best_index_]
    )


def test_pipeline_searches_over_the_window(wave):
    days = pd.bdate_range("2020-01-01", periods=300)
    frame = pd.DataFrame({"High": wave}, index=days)
    pipe = Pipeline(
        [
            ("window", WindowTransformer(20, series=frame)),
            ("gru", GRUForecaster(**QUICK)),
        ]
    )
    search = GridSearchCV(
        pipe,
        {"window__n_steps": [5, 20], "gru__units": [3, 5]},
        cv=TimeSeriesSplit(3),
        error_score="raise",
    ).fit(frame.iloc[20:], frame.High.iloc[20:])
    tomorrow = search.predict(pd.DataFrame(index=[days[-1] + pd.offsets.BDay()]))
    best = search.best_params_
    X, y = make_windows(frame.High, best["window__n_steps"])
    alone = GRUForecaster(**{**QUICK, "units": best["gru__units"]})
    alone.fit(X.iloc[20 - best["window__n_steps"] :], y.loc[days[20] :])
    last = wave[np.newaxis, -best["window__n_steps"] :]
    with sklearn.config_context(assume_finite=True):
        forecast = alone.predict(pd.DataFrame(last, columns=X.columns))
    np.testing.assert_array_equal(tomorrow, forecast)


@pytest.mark.soak  # many fits
def test_halving_search(windows):
    X, y = windows
    search = HalvingGridSearchCV(
        GRUForecaster(**QUICK),
        GRID,
        cv=TimeSeriesSplit(3),
        random_state=0,
        error_score="raise",
    ).fit(X, y)
    assert set(search.best_params_) == {"units", "n_steps"}


def test_halving_search_over_epochs(windows):
    X, y = windows
    search = HalvingGridSearchCV(
        GRUForecaster(5, random_state=0),
        {"n_steps": [2, 5, 10]},
        resource="epochs",
        max_resources=9,
        cv=TimeSeriesSplit(2),
        error_score="raise",
    ).fit(X, y)
    assert search.best_estimator_.n_iter_ == 9


@pytest.mark.parametrize("horizon", [1, 3])
def test_cross_val_predict(horizon, wave):
    X, y = make_windows(wave, n_steps=10, horizon=horizon)
    forecasts = cross_val_predict(GRUForecaster(**QUICK), X, y, cv=KFold(3))
    assert forecasts.shape == y.shape
    train, test = next(KFold(3).split(X))
    alone = GRUForecaster(**QUICK).fit(X[train], y[train])
    np.testing.assert_array_equal(forecasts[test], alone.predict(X[test]))


def test_stacking(windows):
    X, y = windows
    stack = StackingRegressor(
        [("gru", GRUForecaster(**QUICK)), ("ridge", Ridge())], cv=KFold(3)
    ).fit(X, y)
    assert stack.score(X, y) > 0.9


def test_bagging_without_bootstrap_is_an_average_of_seeds(windows):
    X, y = windows
    bag = BaggingRegressor(
        GRUForecaster(5, epochs=2), n_estimators=3, bootstrap=False, random_state=0
    ).fit(X, y)
    seeds = {member.random_state for member in bag.estimators_}
    assert len(seeds) == 3
    members = [
        GRUForecaster(5, epochs=2, random_state=seed).fit(X, y).predict(X)
        for seed in (member.random_state for member in bag.estimators_)
    ]
    np.testing.assert_allclose(bag.predict(X), np.mean(members, axis=0))


def test_bagging_with_bootstrap(windows):
    X, y = windows
    bag = BaggingRegressor(GRUForecaster(**QUICK), n_estimators=2, random_state=0)
    assert np.isfinite(bag.fit(X, y).predict(X)).all()


def test_multi_output(wave):
    X, y = make_windows(wave, n_steps=10, horizon=2)
    model = MultiOutputRegressor(GRUForecaster(**QUICK)).fit(X, y)
    second = GRUForecaster(**QUICK).fit(X, y[:, 1])
    np.testing.assert_array_equal(model.predict(X)[:, 1], second.predict(X))


def test_permutation_importance_finds_the_lag_that_matters():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    forecaster = GRUForecaster(8, epochs=30, learning_rate=0.01, random_state=0)
    forecaster.fit(X, X[:, 1])
    importances = permutation_importance(
        forecaster, X, X[:, 1], n_repeats=2, random_state=0
    ).importances_mean
    assert importances.argmax() == 1
    assert importances[1] > 10 * np.delete(np.abs(importances), 1).max()


def test_sample_weight_is_routed(windows):
    X, y = windows
    weights = np.linspace(0.1, 1, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        forecaster = GRUForecaster(**QUICK).set_fit_request(sample_weight=True)
        # Older versions of scikit-learn do not route it to a pipeline's own score.
        score = get_scorer("r2").set_score_request(sample_weight=True)
        routed = cross_validate(
            make_pipeline(FunctionTransformer(), forecaster),
            X,
            y,
            cv=TimeSeriesSplit(2),
            params={"sample_weight": weights},
            scoring=score,
            return_estimator=True,
            error_score="raise",
        )["estimator"][1][-1]
    train, _ = list(TimeSeriesSplit(2).split(X))[1]
    by_hand = GRUForecaster(**QUICK).fit(X[train], y[train], weights[train])
    without = GRUForecaster(**QUICK).fit(X[train], y[train])
    np.testing.assert_array_equal(routed.weights_[0], by_hand.weights_[0])
    assert (routed.weights_[0] != without.weights_[0]).any()


@pytest.mark.parametrize(
    "backend", ["threading", pytest.param("loky", marks=pytest.mark.soak)]
)
def test_two_workers_give_the_same_scores(backend, windows):
    X, y = windows
    search = GridSearchCV(
        LSTMForecaster(**QUICK),
        {"units": [3, 16], "dtype": ["float32", "float64"]},
        cv=TimeSeriesSplit(3),
        error_score="raise",
    )
    alone = clone(search).fit(X, y)
    with parallel_backend(backend, n_jobs=2):
        together = clone(search).set_params(n_jobs=2).fit(X, y)
    # A process of loky computes on another number of threads.
    rounding = 0 if backend == "threading" else 1e-3
    for split in range(3):
        name = f"split{split}_test_score"
        np.testing.assert_allclose(
            alone.cv_results_[name], together.cv_results_[name], rtol=rounding
        )
    for ours, theirs in zip(
        alone.best_estimator_.weights_, together.best_estimator_.weights_, strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=rounding)
