"""Which steps a forecasting horizon asks for, and the labels of the steps ahead."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sktime.forecasting.base import ForecastingHorizon

_MOST_HOLIDAYS = 0.1  # so few of the expected dates may be missing from a calendar


class Horizon(NamedTuple):
    """A forecasting horizon, resolved at a cutoff."""

    steps: NDArray  # ints; 1 is the first time after the cutoff, 0 the cutoff itself
    labels: pd.Index  # of the steps
    ahead: pd.Index  # labels of the steps 1, 2, ... after the cutoff


def spacing_of(times: pd.Index) -> Any:
    """Return what lies between two times of an index.

    Parameters
    ----------
    times : pandas.Index

    Returns
    -------
    pandas offset, int or None
        None where it varies: dates without a frequency, those of a stock exchange for
        one, and numbers with gaps.
    """
    if isinstance(times, pd.DatetimeIndex | pd.PeriodIndex):
        return times.freq
    spacings = np.unique(np.diff(times))
    return int(spacings[0]) if len(spacings) == 1 else None if len(times) > 1 else 1


def since_last_gap(times: pd.Index, spacing: Any) -> int:
    """Return how many times lie before the last gap, 0 if there is none.

    Parameters
    ----------
    times : pandas.Index
    spacing : pandas offset, int or None
        What lies between two times. None allows for no gap.

    Returns
    -------
    int
    """
    if spacing is None or len(times) < 2:
        return 0
    n_steps = _count(times[0], times[-1], spacing)
    if n_steps == len(times) - 1:
        return 0
    places = _regular(times[0], n_steps, spacing).get_indexer(times[1:])
    return int(np.flatnonzero(np.diff(places, prepend=-1) != 1)[-1]) + 1


def resolve(
    fh: ForecastingHorizon,
    seen: pd.Index,
    later: pd.Index,
    known: pd.Index,
    spacing: Any,
    n_ahead: int = 0,
) -> Horizon:
    """Resolve a forecasting horizon into steps and labels.

    Parameters
    ----------
    fh : ForecastingHorizon
        Relative or absolute. Relative steps are entries of the index.
    seen : pandas.Index
        The times up to the cutoff.
    later : pandas.Index
        Times of the series after the cutoff, where the cutoff has been moved back.
    known : pandas.Index
        Times of the exogenous data.
    spacing : pandas offset, int or None
        What lies between two times of the series.
    n_ahead : int, default=0
        How many labels ahead are needed at least.

    Returns
    -------
    Horizon

    Raises
    ------
    ValueError
        If the horizon names a time that no step has, or dates of which nobody can tell
        how many steps they are away.
    """
    cutoff, asked = seen[-1], fh.to_pandas()
    by_number = fh.is_relative and not isinstance(asked, pd.TimedeltaIndex)
    if by_number:
        n_ahead = max(n_ahead, asked.max())
    elif fh.is_relative:
        asked = cutoff + asked

    if spacing is None:
        # Exogenous data of other days too, weekends for one, tell no calendar.
        in_span = known[(known >= seen[0]) & (known <= cutoff)]
        dates = known[known > cutoff] if in_span.isin(seen).all() else known[:0]
        find = _steps_ahead if by_number else _dates_ahead
        ahead = find(asked, seen, later, dates, n_ahead)
    else:
        if not by_number:
            n_ahead = max(n_ahead, _count(cutoff, asked.max(), spacing))
        ahead = _regular(cutoff, n_ahead, spacing)

    timeline = seen.append(ahead)
    places = asked + len(seen) - 1 if by_number else timeline.get_indexer(asked)
    if (places < 0).any():
        raise ValueError(
            f"fh asks for {asked[np.argmax(places < 0)]!s}, but y has no such time: it "
            f"has {len(seen)} from {seen[0]} to {cutoff} without a gap. Ask for times "
            "of y or for later ones."
        )
    steps, labels = np.asarray(places) - len(seen) + 1, timeline[places]
    if isinstance(labels, pd.DatetimeIndex) and (np.diff(steps) == 1).all():
        labels = pd.DatetimeIndex(labels, freq=spacing)
    return Horizon(steps, labels, ahead)


def _steps_ahead(asked, seen, later, dates, n_ahead):
    """Label the steps ahead of a series without a frequency."""
    expected = later.append(_continued(seen.append(later), n_ahead - len(later)))
    steps = asked[asked > 0]
    if len(later) >= n_ahead or len(dates) < len(steps):
        return expected
    if len(dates) == len(steps):  # the rows of X that the horizon asks for, and no more
        labels = expected.to_numpy(copy=True)
        labels[steps - 1] = dates
        return pd.Index(labels)
    return dates if len(dates) >= n_ahead else expected


def _dates_ahead(asked, seen, later, dates, n_ahead):
    """List the steps up to the dates asked for, of a series without a frequency."""
    asked_ahead = asked[asked > seen[-1]]
    dates = dates.union(later)
    dates = dates[dates <= asked.max()].union(asked_ahead)
    if len(dates) == len(asked_ahead) > 0:  # nothing tells what lies between them
        expected = _continued(seen, 2 * len(dates) + 1)
        n_expected = int((expected <= dates[-1]).sum())
        if n_expected - len(dates) > _MOST_HOLIDAYS * n_expected:
            raise ValueError(
                f"fh asks for {[str(time) for time in asked[:3]]}, and y has no "
                "frequency: how many steps away they are cannot be told where times "
                "are left out. Pass fh as numbers, [1, 2, 3] for the next three."
            )
    return dates.append(_continued(seen.append(dates), n_ahead - len(dates)))


def _count(first: Any, last: Any, spacing: Any) -> int:
    """Count the steps of a regular index from one time to another."""
    if isinstance(first, pd.Period):
        return (last - first).n // spacing.n
    if isinstance(first, pd.Timestamp):
        return len(pd.date_range(first, last, freq=spacing)) - 1
    return int(last - first) // spacing


def _regular(start: Any, n: int, spacing: Any) -> pd.Index:
    """Return the n times that follow on a regular index."""
    if isinstance(start, pd.Period):
        return pd.period_range(start, periods=n + 1, freq=spacing)[1:]
    if isinstance(start, pd.Timestamp):
        return pd.date_range(start, periods=n + 1, freq=spacing)[1:]
    return pd.Index(start + spacing * np.arange(1, n + 1))


def _continued(times: Any, n: int) -> pd.Index:
    """Continue irregular times at the spacing they have."""
    if not isinstance(times, pd.DatetimeIndex):
        return _regular(times[-1], max(n, 0), int(np.median(np.diff(times))))
    freq: Any = pd.infer_freq(times) if len(times) > 2 else None
    if freq is None:
        spacings = np.diff(times) if len(times) > 1 else [np.timedelta64(1, "D")]
        freq = pd.Timedelta(np.median(spacings))
        if freq == pd.Timedelta(1, "D") and not (times.dayofweek > 4).any():
            freq = "B"  # an exchange; its holidays are not known
    return _regular(times[-1], max(n, 0), freq)
