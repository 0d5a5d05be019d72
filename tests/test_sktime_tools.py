"""The forecasters inside sktime's tools: evaluate, search, pipelines, saving."""

import pickle
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from sktime.base import load
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.split import ExpandingWindowSplitter, SlidingWindowSplitter
from sktime.transformations.series.difference import Differencer

from sk_rnn.sktime import GRUForecaster, LSTMForecaster

SMALL = {"units": 5, "n_steps": 6, "epochs": 3, "random_state": 0}


@pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
@pytest.mark.parametrize("window", ["expanding", "sliding"])
def test_evaluate_is_what_a_loop_over_folds_gives(strategy, window, airline):
    if window == "expanding":
        splitter = ExpandingWindowSplitter([1, 2], initial_window=60, step_length=24)
    else:
        splitter = SlidingWindowSplitter([1, 2], window_length=60, step_length=24)
    forecaster = GRUForecaster(**SMALL)
    results = evaluate(
        forecaster,
        splitter,
        airline,
        strategy=strategy,
        error_score="raise",
        return_data=True,
    )
    fitted = forecaster.clone()
    for i, (train, test) in enumerate(splitter.split(airline)):
        if i == 0 or strategy == "refit":
            fitted = forecaster.clone().fit(airline.iloc[train], fh=[1, 2])
        else:
            # Only what is new; evaluate hands over all.
            new = airline.iloc[train][fitted.cutoff[0] :][1:]
            fitted.update(new, update_params=strategy == "update")
        expected = fitted.predict()
        pd.testing.assert_series_equal(results.y_pred[i], expected)
        assert expected.index.equals(airline.index[test])
    assert len(results) == 4


def test_evaluate_in_threads_gives_the_same_scores(airline):
    splitter = ExpandingWindowSplitter([1, 2, 3], initial_window=80, step_length=10)
    scores = [
        evaluate(
            LSTMForecaster(**SMALL),
            splitter,
            airline,
            backend=backend,
            error_score="raise",
        )["test_MeanAbsolutePercentageError"]
        for backend in (None, "threading")
    ]
    pd.testing.assert_series_equal(*scores)


def test_grid_search_over_units_and_n_steps(airline):
    search = ForecastingGridSearchCV(
        GRUForecaster(epochs=3, random_state=0),
        ExpandingWindowSplitter([1, 2, 3], initial_window=60, step_length=20),
        {"units": [3, 5], "n_steps": [4, 12]},
        backend=None,
        error_score="raise",
    )
    search.fit(airline, fh=[1, 2, 3])
    assert len(search.cv_results_) == 4
    assert np.isfinite(search.best_score_)
    best = GRUForecaster(epochs=3, random_state=0, **search.best_params_)
    expected = best.fit(airline, fh=[1, 2, 3]).predict()
    pd.testing.assert_series_equal(search.predict(), expected)


def test_pipeline(airline):
    pipe = TransformedTargetForecaster(
        [("change", Differencer()), ("gru", GRUForecaster(**SMALL))]
    )
    forecasts = pipe.fit(airline, fh=[1, 2, 3]).predict()
    changes = GRUForecaster(**SMALL).fit(airline.diff().fillna(0), fh=[1, 2, 3])
    expected = airline.iloc[-1] + changes.predict().cumsum()
    np.testing.assert_allclose(forecasts, expected)
    shorter = Differencer() * GRUForecaster(**SMALL)
    np.testing.assert_array_equal(
        shorter.fit(airline, fh=[1, 2, 3]).predict(), forecasts
    )


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_saved_and_loaded(strategy, airline, tmp_path):
    forecaster = GRUForecaster(**SMALL, strategy=strategy).fit(airline, fh=[1, 2])
    expected = forecaster.predict()
    forecaster.save(tmp_path / "forecaster")
    for loaded in (
        load(str(tmp_path / "forecaster")),
        pickle.loads(pickle.dumps(forecaster)),
        deepcopy(forecaster),
    ):
        pd.testing.assert_series_equal(loaded.predict(), expected)
