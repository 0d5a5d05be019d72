"""How much better a forecast is than the one to beat."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.metrics import root_mean_squared_error

__all__ = ["make_skill_scorer", "skill_score"]


def skill_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    y_reference: ArrayLike,
    sample_weight: ArrayLike | None = None,
    multioutput: Any = "uniform_average",
) -> float | NDArray:
    """Return by which fraction a forecast's error is smaller than a reference's.

    Parameters
    ----------
    y_true : array-like of shape (n_windows,) or (n_windows, horizon)
        What came.
    y_pred : array-like of the shape of `y_true`
        The forecasts.
    y_reference : array-like of the shape of `y_true`
        The forecasts to beat, those of persistence for one.
    sample_weight : array-like of shape (n_windows,), default=None
        Weights of the rows.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (horizon,), \
            default="uniform_average"
        Whether to return one score for each step ahead, or one score from the plain
        or weighted average of their errors.

    Returns
    -------
    float or ndarray of shape (horizon,)
        ``1 - RMSE / RMSE of the reference`` [1]_, with the root mean squared error: 1
        for a perfect forecast, 0 for one as good as the reference, negative for a
        worse one. Of a perfect reference, 0 or minus infinity.

    See Also
    --------
    make_skill_scorer : The same for searches and cross-validation.

    References
    ----------
    .. [1] R. Marquez and C. F. M. Coimbra, "Proposed Metric for Evaluation of Solar
       Forecasting Models", Journal of Solar Energy Engineering 135, 2013.

    Examples
    --------
    >>> from sk_rnn.metrics import skill_score
    >>> skill_score([3, 4, 5], [3, 4, 4], y_reference=[2, 3, 4])
    0.42...
    """
    measure = partial(
        root_mean_squared_error, sample_weight=sample_weight, multioutput=multioutput
    )
    error = np.asarray(measure(y_true, y_pred))
    reference = np.asarray(measure(y_true, y_reference))
    with np.errstate(divide="ignore", invalid="ignore"):
        score = 1 - np.where(error == reference, 1.0, error / reference)
    return score if score.ndim else float(score)


def make_skill_scorer(reference: Any) -> Callable[..., float]:
    """Make a scorer that holds a forecaster against a reference.

    Parameters
    ----------
    reference : estimator
        What to beat, given the same rows: :class:`PersistenceForecaster` with the
        forecaster's `n_channels` and `column_order`, for one. It is cloned and fitted
        on the rows that are scored, so it must be one that learns nothing from ``y``.
        Where rows are labels, as in front of a :class:`WindowTransformer`, give a
        pipeline of both.

    Returns
    -------
    callable
        For the parameter ``scoring`` of scikit-learn's tools. Called with an estimator,
        ``X``, ``y`` and ``sample_weight=None``, it returns the :func:`skill_score`.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import TimeSeriesSplit, cross_val_score
    >>> from sk_rnn import PersistenceForecaster, make_windows
    >>> from sk_rnn.metrics import make_skill_scorer
    >>> X, y = make_windows([i % 5 for i in range(60)], n_steps=5)
    >>> skill = make_skill_scorer(PersistenceForecaster())
    >>> cross_val_score(Ridge(), X, y, cv=TimeSeriesSplit(2), scoring=skill).round(2)
    array([0.98, 0.99])
    """
    return partial(_skill_of, reference)


def _skill_of(reference, estimator, X, y, sample_weight=None):
    return skill_score(
        y,
        estimator.predict(X),
        y_reference=clone(reference).fit(X, y).predict(X),
        sample_weight=sample_weight,
    )
