import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_validate
from sklearn.pipeline import make_pipeline

from sk_rnn import (
    GRUForecaster,
    PersistenceForecaster,
    WindowTransformer,
    make_windows,
)
from sk_rnn.metrics import (
    coverage_score,
    interval_score,
    make_skill_scorer,
    skill_score,
)


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


# --------------------------------------------------------------------- intervals

Y = np.array([[1.0, 5.0], [3.0, 0.0]])
BOUNDS = np.array([[[0, 2], [2, 4]], [[3, 4], [1, 2]]])


def test_scores_of_intervals_by_hand():
    """Of four values one lies on its bound, two lie 1 outside."""
    assert coverage_score(Y, BOUNDS) == 0.5
    by_step = coverage_score(Y, BOUNDS, multioutput="raw_values")
    np.testing.assert_array_equal(by_step, [1, 0])
    scores = [2, 2 + 10, 1, 1 + 10]  # 2 / (1 - 0.8) = 10
    assert interval_score(Y, BOUNDS, coverage=0.8) == pytest.approx(np.mean(scores))
    by_step = interval_score(Y, BOUNDS, coverage=0.8, multioutput="raw_values")
    np.testing.assert_allclose(by_step, [1.5, 11.5])
    scaled = interval_score(
        Y, BOUNDS, coverage=0.8, scale=[1, 2], sample_weight=[0, 1], multioutput=[1, 3]
    )
    assert scaled == pytest.approx((0.5 + 3 * 5.5) / 4)


def test_the_interval_score_is_that_of_its_quantiles():
    """It is the sum of their pinball losses, times 2 / (1 - coverage)."""
    rng = np.random.default_rng(0)
    y, bounds = rng.normal(size=50), np.sort(rng.normal(size=(50, 2)))
    losses = [
        mean_pinball_loss(y, bounds[:, k], alpha=a) for k, a in ((0, 0.1), (1, 0.9))
    ]
    score = interval_score(y, bounds, coverage=0.8)
    assert score == pytest.approx(sum(losses) * 2 / 0.2)


def test_intervals_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 2\), but .* shape \(2, 2, 2\)"):
        coverage_score(Y, BOUNDS[..., 0])
    with pytest.raises(ValueError, match="coverage=90, but must be"):
        interval_score(Y, BOUNDS, coverage=90)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        interval_score(Y, BOUNDS, scale=[1.0, 2.0, 3.0])


def test_missing_values_are_refused_and_infinite_bounds_are_not():
    """Else a missing value would count as one outside of its interval."""
    with pytest.raises(ValueError, match="y_true contains NaN"):
        coverage_score([np.nan, 1.0], [[0, 2], [0, 2]])
    with pytest.raises(ValueError, match="y_interval contains NaN"):
        coverage_score([1.0, 1.0], [[np.nan, 2], [0, 2]])
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        coverage_score([], np.empty((0, 2)))
    assert coverage_score([1.0, 3.0], [[-np.inf, np.inf], [0, 2]]) == 0.5
    assert interval_score([1.0], [[0, np.inf]]) == np.inf


@pytest.mark.parametrize("multioutput", ["raw_value", [1.0], 2])
def test_another_way_to_average_is_named(multioutput):
    with pytest.raises(ValueError, match="but must be 'raw_values', 'uniform_average'"):
        coverage_score(Y, BOUNDS, multioutput=multioutput)
