import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_validate
from sklearn.pipeline import make_pipeline

from sk_rnn import (
    GRUForecaster,
    PersistenceForecaster,
    WindowTransformer,
    make_windows,
)
from sk_rnn.metrics import make_skill_scorer, skill_score


@pytest.mark.parametrize(
    ("y_pred", "expected"),
    [
        ([1.0, 2.0, 3.0], 1),  # perfect
        ([0.0, 2.0, 3.0], 0),  # the reference itself
        ([1.0, 2.0, 5.0], -1),  # twice its error
        ([1.0, 2.0, 2.5], 0.5),
    ],
)
def test_by_hand(y_pred, expected):
    score = skill_score([1, 2, 3], y_pred, y_reference=[0, 2, 3])
    assert type(score) is float
    assert score == pytest.approx(expected)


def test_several_steps_and_weights():
    y = np.zeros((2, 2))
    y_pred, y_reference = [[1, 1], [1, 3]], [[2, 2], [2, 2]]
    raw = skill_score(y, y_pred, y_reference=y_reference, multioutput="raw_values")
    np.testing.assert_allclose(raw, [0.5, 1 - 5**0.5 / 2])
    first = skill_score(y, y_pred, y_reference=y_reference, sample_weight=[1, 0])
    assert first == pytest.approx(0.5)
    average = skill_score(y, y_pred, y_reference=y_reference)
    assert average == pytest.approx(1 - (1 + 5**0.5) / 4)


def test_of_a_perfect_reference():
    assert skill_score([1, 2], [1, 2], y_reference=[1, 2]) == 0
    assert skill_score([1, 2], [1, 3], y_reference=[1, 2]) == -np.inf


def test_persistence_has_no_skill_and_a_line_has():
    X, y = make_windows(pd.Series(np.arange(40.0) ** 1.5), n_steps=5)
    scorers = {
        "skill": make_skill_scorer(PersistenceForecaster()),
        "error": "neg_root_mean_squared_error",
    }
    cv = TimeSeriesSplit(3)
    persistence, line = (
        cross_validate(forecaster, X, y, cv=cv, scoring=scorers)
        for forecaster in (PersistenceForecaster(), LinearRegression())
    )
    np.testing.assert_array_equal(persistence["test_skill"], 0)
    ratio = line["test_error"] / persistence["test_error"]
    np.testing.assert_allclose(line["test_skill"], 1 - ratio)


def test_the_reference_reads_its_own_channels():
    """An array of two channels has no labels to tell them."""
    frame = pd.DataFrame({"a": np.sin(np.arange(60)), "b": np.arange(60.0)})
    X, y = make_windows(frame, n_steps=4, target="a")
    forecaster = GRUForecaster(5, n_channels=2, epochs=2, random_state=0).fit(X, y)
    expected = make_skill_scorer(PersistenceForecaster())(forecaster, X, y)
    forecaster.fit(X.to_numpy(), y.to_numpy())
    skill = make_skill_scorer(PersistenceForecaster(n_channels=2))
    assert skill(forecaster, X.to_numpy(), y) == expected


def test_search_over_pipelines_of_labels():
    """Rows are labels here, so the reference is a pipeline, too."""
    series = pd.Series(np.sin(np.arange(90)), name="wave")
    rows, y = pd.DataFrame(index=series.index[20:]), series[20:]
    pipeline = make_pipeline(
        WindowTransformer(5, series=series), GRUForecaster(5, epochs=2, random_state=0)
    )
    reference = make_pipeline(
        WindowTransformer(5, series=series), PersistenceForecaster()
    )
    search = GridSearchCV(
        pipeline,
        {"windowtransformer__n_steps": [3, 20]},
        scoring=make_skill_scorer(reference),
        cv=TimeSeriesSplit(2),
        error_score="raise",
    ).fit(rows, y)
    best = search.best_estimator_.predict(rows)
    naive = series.shift()[20:]
    expected = skill_score(y, best, y_reference=naive)
    assert search.score(rows, y) == pytest.approx(expected)
