"""Conformal calibration, per step ahead, from the errors of a network on later rows.

Scores are signed: how far y lies above a forecast. The network's quantile of a level,
or its point forecast where it has no levels, is moved by the quantile of the scores at
that level. Of point forecasts this is split conformal prediction [1]_, of quantiles
conformalised quantile regression [2]_, with each side calibrated by itself.

.. [1] J. Lei, M. G'Sell, A. Rinaldo, R. J. Tibshirani and L. Wasserman,
   "Distribution-Free Predictive Inference for Regression", Journal of the American
   Statistical Association 113(523), 2018.
.. [2] Y. Romano, E. Patterson and E. Candès, "Conformalized Quantile Regression",
   NeurIPS 2019, theorem 2.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from math import ceil, floor, inf, nan

import numpy as np
from numpy.typing import NDArray

from sk_rnn._quantiles import at_levels

_ROUNDING = 1e-9  # (1 - 0.9) / 2 * 20 is less than 1


def split_in_time(
    times: NDArray, last_times: NDArray, rows: NDArray, fraction: float
) -> tuple[NDArray, NDArray]:
    """Split rows into earlier ones and the last fraction.

    ``times`` and ``last_times`` are those of the first and of the last target of all
    rows, (n_all,), as numbers; ``rows`` are those used. The targets of earlier rows end
    before those of later ones begin. Rows of one time stay together. Either part may be
    empty.
    """
    n_later = int(fraction * len(rows) + _ROUNDING)
    if not n_later:
        return rows, rows[:0]
    start = np.sort(times[rows])[-n_later]
    return rows[last_times[rows] < start], rows[times[rows] >= start]


def rank(level: float, n: int, is_lower: bool) -> int:
    """Return which of n sorted scores bounds the next one with the probability asked.

    From 1 to n; 0 or n + 1 where n scores are too few for that level. The next score
    is as likely to take any of n + 1 places: so a lower bound is rounded down, an upper
    one up.
    """
    place = (n + 1) * level
    return floor(place + _ROUNDING) if is_lower else ceil(place - _ROUNDING)


def n_needed(level: float) -> int:
    """Return the least number of scores that bound a level."""
    return ceil(1 / min(level, 1 - level) - 1 - _ROUNDING)


def quantile(scores: NDArray, level: float, is_lower: bool | None = None) -> float:
    """Return the bound of scores, (n_rows,), at a level; infinite if they are few."""
    n = len(scores)
    place = rank(level, n, level < 0.5 if is_lower is None else is_lower)
    if place < 1:
        return -inf
    return inf if place > n else float(np.partition(scores, place - 1)[place - 1])


def corrections(
    scores: NDArray,
    trained: Sequence[float],
    levels: Sequence[float],
    later: Sequence[tuple[int, int]] = (),
    step_size: float = 0.0,
) -> NDArray:
    """Return by how much to move forecasts at each level, (horizon, n_levels).

    ``scores`` are (n_rows, horizon, n_trained). Infinite corrections mean too few, NaN
    an empty interval, both of whose bounds are the point forecast. Levels are adapted
    to the rows in ``later``; see :func:`adapted`.
    """
    moves = np.empty((scores.shape[1], len(levels)))
    for column, level in enumerate(levels):
        of_level = at_levels(scores, trained, [level])[..., 0]
        for step, of_step in enumerate(of_level.T):
            level_now = adapted(of_step, level, later, step_size)
            moves[step, column] = _bound(of_step, level_now, level)
    return moves


def adapted(
    scores: NDArray, level: float, later: Sequence[tuple[int, int]], step_size: float
) -> float:
    """Return the level to ask for now so that ``level`` is reached while data drift.

    Adaptive conformal inference [1]_: after each score that lay beyond its bound, the
    level moves outwards by ``step_size`` times the share that may lie within it, else
    inwards by ``step_size`` times the share that may not. ``scores``, (n_rows,), are in
    the order in which they became known; ``later`` names those that count for this, and
    how many were known when each was forecast. The level may leave (0, 1).

    .. [1] I. Gibbs and E. Candès, "Adaptive Conformal Inference Under Distribution
       Shift", NeurIPS 2021, equation 2.
    """
    if not (step_size and len(later)):
        return level
    is_lower = level < 0.5
    values = (scores if is_lower else -scores).tolist()
    allowed = now = level if is_lower else 1 - level  # the share beyond the bound
    known = sorted(values[: later[0][1]])
    changes = dict.fromkeys(range(len(values)), 0.0)
    for row, n_known in later:
        for new in range(len(known), n_known):
            insort(known, values[new])
            now += changes.pop(new)
        n_not_above = bisect_right(known, values[row])
        is_beyond = n_not_above < floor((len(known) + 1) * now + _ROUNDING)
        changes[row] = step_size * (allowed - is_beyond)
    now += sum(changes.values())
    return now if is_lower else 1 - now


def _bound(scores: NDArray, level: float, asked: float) -> float:
    """Return the bound at an adapted level; NaN where the interval is empty."""
    if 0 < level < 1:
        return quantile(scores, level, is_lower=asked < 0.5)
    if asked < 0.5:
        return -inf if level <= 0 else nan
    return inf if level >= 1 else nan
