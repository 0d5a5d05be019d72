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

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sk_rnn._quantiles import at_levels

_ROUNDING = 1e-9  # (1 - 0.9) / 2 * 20 is less than 1


def split_in_time(
    times: NDArray, rows: NDArray, fraction: float, gap: int
) -> tuple[NDArray, NDArray]:
    """Split rows into earlier ones and the last fraction, with a gap of times between.

    ``times`` are those of all rows, (n_all,), as numbers from 0 on; ``rows`` are those
    used. Rows of one time stay together. Either part may be empty.
    """
    n_later = int(fraction * len(rows) + _ROUNDING)
    if not n_later:
        return rows, rows[:0]
    times = times[rows]
    start = np.sort(times)[-n_later]
    return rows[times < start - gap], rows[times >= start]


def ranks(level: float, n: NDArray | int) -> NDArray:
    """Return which of n sorted scores bounds the next one with the probability asked.

    From 1 to n; 0 or n + 1 where n scores are too few for that level. The next score
    is as likely to take any of n + 1 places: so a lower bound is rounded down, an upper
    one up.
    """
    place = (np.asarray(n) + 1) * level
    if level < 0.5:
        return np.floor(place + _ROUNDING).astype(int)
    return np.ceil(place - _ROUNDING).astype(int)


def n_needed(level: float) -> int:
    """Return the least number of scores that bound a level."""
    return int(np.ceil(1 / min(level, 1 - level) - 1 - _ROUNDING))


def quantile(scores: NDArray, level: float) -> NDArray:
    """Return the bound of scores, (n_rows, ...), at a level; infinite if they are few.

    Missing scores are NaN.
    """
    n = np.count_nonzero(~np.isnan(scores), axis=0)
    place = ranks(level, n)
    # Between minus and plus infinity; NaN is sorted behind what it must not displace.
    padded = np.pad(np.sort(scores, axis=0), [(1, 1)] + [(0, 0)] * (scores.ndim - 1))
    padded[0] = -np.inf
    bound = np.take_along_axis(padded, place[np.newaxis], axis=0)[0]
    return np.where(place > n, np.inf, bound)


def corrections(
    scores: NDArray, trained: Sequence[float], levels: Sequence[float]
) -> NDArray:
    """Return by how much to move forecasts at each level, (horizon, n_levels).

    ``scores`` are (n_rows, horizon, n_trained), infinite corrections mean too few.
    """
    by_level = [
        quantile(at_levels(scores, trained, [level])[..., 0], level) for level in levels
    ]
    return np.stack(by_level, axis=-1)
