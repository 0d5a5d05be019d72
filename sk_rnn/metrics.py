"""How much better a forecast is than the one to beat, how good an interval is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.metrics import root_mean_squared_error
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import _check_sample_weight

__all__ = ["coverage_score", "interval_score", "make_skill_scorer", "skill_score"]


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


def coverage_score(
    y_true: ArrayLike,
    y_interval: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    multioutput: Any = "uniform_average",
) -> float | NDArray:
    """Return the fraction of values that lie in their intervals, bounds included.

    Parameters
    ----------
    y_true : array-like of shape (n_windows,) or (n_windows, horizon)
        What came.
    y_interval : array-like of shape (n_windows, 2) or (n_windows, horizon, 2)
        Lower and upper bounds, as ``predict_interval`` returns them.
    sample_weight : array-like of shape (n_windows,), default=None
        Weights of the rows.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (horizon,), \
            default="uniform_average"
        Whether to return one fraction for each step ahead, or their plain or weighted
        average.

    Returns
    -------
    float or ndarray of shape (horizon,)
        To be held against the coverage asked for: in ``n`` independent rows, its
        standard error is ``sqrt(coverage * (1 - coverage) / n)``.

    See Also
    --------
    interval_score : Whether intervals are narrow, too.

    Examples
    --------
    >>> from sk_rnn.metrics import coverage_score
    >>> coverage_score([1, 2, 3, 4], [[0, 2], [0, 2], [0, 2], [0, 9]])
    0.75
    """
    y, low, high = _interval(y_true, y_interval)
    return _averaged((low <= y) & (y <= high), sample_weight, multioutput)


def interval_score(
    y_true: ArrayLike,
    y_interval: ArrayLike,
    *,
    coverage: float = 0.9,
    scale: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    multioutput: Any = "uniform_average",
) -> float | NDArray:
    """Return how wide intervals are, and how far values lie beyond them.

    Parameters
    ----------
    y_true : array-like of shape (n_windows,) or (n_windows, horizon)
        What came.
    y_interval : array-like of shape (n_windows, 2) or (n_windows, horizon, 2)
        Lower and upper bounds, as ``predict_interval`` returns them.
    coverage : float, default=0.9
        The coverage that was asked for, in (0, 1).
    scale : array-like of shape (n_windows,), default=None
        What the scores of a row are divided by, so that series of different levels
        count the same: with the mean absolute error of the seasonal naive forecast in
        the series' past, the result is the MSIS of the M4 competition [2]_.
    sample_weight : array-like of shape (n_windows,), default=None
        Weights of the rows.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (horizon,), \
            default="uniform_average"
        Whether to return one score for each step ahead, or their plain or weighted
        average.

    Returns
    -------
    float or ndarray of shape (horizon,)
        Mean of the width plus, where a value lies outside, ``2 / (1 - coverage)`` times
        its distance from the interval [1]_. The lower, the better.

    Raises
    ------
    ValueError
        If ``coverage`` is not in (0, 1), a value or a bound is missing, or the shapes
        do not fit together.

    See Also
    --------
    coverage_score : How many values lie in their intervals.

    References
    ----------
    .. [1] T. Gneiting and A. E. Raftery, "Strictly Proper Scoring Rules, Prediction,
       and Estimation", Journal of the American Statistical Association 102(477), 2007.
    .. [2] S. Makridakis, E. Spiliotis and V. Assimakopoulos, "The M4 Competition:
       100,000 time series and 61 forecasting methods", International Journal of
       Forecasting 36(1), 2020.

    Examples
    --------
    >>> from sk_rnn.metrics import interval_score
    >>> interval_score([1, 5], [[0, 2], [2, 4]], coverage=0.5)
    4.0
    """
    if not 0 < coverage < 1:
        raise ValueError(f"coverage={coverage!r}, but must be a number in (0, 1).")
    y, low, high = _interval(y_true, y_interval)
    beyond = np.maximum(low - y, 0) + np.maximum(y - high, 0)
    scores = high - low + 2 / (1 - coverage) * beyond
    if scale is not None:
        check_consistent_length(y, scale)
        scores = scores / np.reshape(scale, (-1, 1))
    return _averaged(scores, sample_weight, multioutput)


def _interval(y_true: ArrayLike, y_interval: ArrayLike) -> tuple[NDArray, ...]:
    """Return values and bounds, (n_windows, horizon) each; bounds may be infinite."""
    y = check_array(
        y_true, ensure_2d=False, allow_nd=True, dtype=float, input_name="y_true"
    )
    interval = np.asarray(y_interval, float)
    if interval.shape != (*y.shape, 2):
        raise ValueError(
            f"y_interval has the shape {interval.shape}, but a lower and an upper "
            f"bound for y_true, of shape {y.shape}, have the shape {(*y.shape, 2)}."
        )
    if np.isnan(interval).any():
        raise ValueError(
            "y_interval contains NaN: of these rows there is no interval. Leave them "
            "out of y_true and y_interval."
        )
    interval = interval.reshape(len(y), -1, 2)
    return y.reshape(len(y), -1), interval[..., 0], interval[..., 1]


def _averaged(
    scores: NDArray, sample_weight: ArrayLike | None, multioutput: Any
) -> float | NDArray:
    """Average scores, (n_windows, horizon), over rows, and over steps if asked."""
    row_weights = _check_sample_weight(sample_weight, scores)  # None: ones
    by_step = np.average(scores, axis=0, weights=row_weights)
    if isinstance(multioutput, str) and multioutput == "raw_values":
        return by_step
    if isinstance(multioutput, str) and multioutput == "uniform_average":
        return float(by_step.mean())
    weights = None if isinstance(multioutput, str) else np.asarray(multioutput)
    if weights is None or weights.shape != by_step.shape:
        raise ValueError(
            f"multioutput={multioutput!r}, but must be 'raw_values', 'uniform_average' "
            f"or a list of {len(by_step)} weight(s), one for each step ahead."
        )
    return float(np.average(by_step, weights=weights))


def _skill_of(reference, estimator, X, y, sample_weight=None):
    return skill_score(
        y,
        estimator.predict(X),
        y_reference=clone(reference).fit(X, y).predict(X),
        sample_weight=sample_weight,
    )
