"""Which steps a forecasting horizon asks for, and the labels of the steps ahead."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sktime.forecasting.base import ForecastingHorizon


class Horizon(NamedTuple):
    """A forecasting horizon, resolved at a cutoff."""

    steps: NDArray  # ints; 1 is the first time after the cutoff, 0 the cutoff itself
    labels: pd.Index  # of the steps
    ahead: pd.Index  # labels of the steps 1, 2, ... after the cutoff


def resolve(
    fh: ForecastingHorizon,
    cutoff: pd.Index,
    seen: pd.Index,
    known: pd.Index,
    n_ahead: int = 0,
) -> Horizon:
    """Resolve a forecasting horizon into steps and labels.

    A step back is an entry of the index seen, a step ahead one of its frequency. Where
    there is none, as on the dates of a stock exchange, the steps ahead are the dates
    that follow in ``known`` and in the horizon itself, and where these end, dates at
    the spacing seen so far.

    Parameters
    ----------
    fh : ForecastingHorizon
        Relative or absolute.
    cutoff : pandas.Index of length 1
        The last time seen, with the frequency of the series if it has one.
    seen : pandas.Index
        All times up to the cutoff.
    known : pandas.Index
        Times that are known, of exogenous data for one.
    n_ahead : int, default=0
        How many labels ahead are needed at least.

    Returns
    -------
    Horizon

    Raises
    ------
    ValueError
        If the horizon names a time that no step has.
    """
    asked = fh.to_pandas()
    by_number = fh.is_relative and not isinstance(asked, pd.TimedeltaIndex)
    if not by_number:
        asked = cutoff[0] + asked if fh.is_relative else asked
    n_ahead = max(n_ahead, asked.max() if by_number else 0)
    if isinstance(cutoff, pd.DatetimeIndex) and cutoff.freq is None:
        ahead = known if by_number else known.union(asked)
        ahead = ahead[ahead > cutoff[0]]
        n_missing = n_ahead - len(ahead)
        if n_missing > 0:
            ahead = ahead.append(_continued(seen.append(ahead), n_missing))
    else:
        if not by_number:
            n_ahead = max(n_ahead, _count(cutoff, asked.max()))
        following = ForecastingHorizon(np.arange(1, n_ahead + 1), is_relative=True)
        ahead = following.to_absolute_index(cutoff)

    timeline = seen.append(ahead)
    places = asked + len(seen) - 1 if by_number else timeline.get_indexer(asked)
    if (places < 0).any():
        raise ValueError(
            f"fh asks for {asked[np.argmax(places < 0)]!s}, but y has no such time: it "
            f"has {len(seen)} from {seen[0]} to {seen[-1]}. Ask for times of y or for "
            "later ones."
        )
    return Horizon(np.asarray(places) - len(seen) + 1, timeline[places], ahead)


def _count(cutoff: pd.Index, last: Any) -> int:
    """Count the steps from the cutoff to a time, on an index with a frequency."""
    if isinstance(cutoff, pd.PeriodIndex):
        return (last - cutoff[0]).n
    if isinstance(cutoff, pd.DatetimeIndex):
        return len(pd.date_range(cutoff[0], last, freq=cutoff.freq)) - 1
    return int(last - cutoff[0])


def _continued(times: Any, n: int) -> pd.DatetimeIndex:
    """Continue dates without a frequency at the spacing they have."""
    freq: Any = pd.infer_freq(times) if len(times) > 2 else None
    if freq is None:
        spacings = np.diff(times) if len(times) > 1 else [np.timedelta64(1, "D")]
        freq = pd.Timedelta(np.median(spacings))
        if freq == pd.Timedelta(1, "D") and not (times.dayofweek > 4).any():
            freq = "B"  # an exchange; its holidays are not known
    return pd.date_range(times[-1], periods=n + 1, freq=freq)[1:]
