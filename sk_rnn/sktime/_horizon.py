"""Which steps a forecasting horizon asks for, and the labels of the steps ahead."""

from __future__ import annotations

from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sktime.forecasting.base import ForecastingHorizon

from sk_rnn._calendar import after, between, grid_of, step_of, text_of
from sk_rnn.sktime._panels import warn

_MOST_HOLIDAYS = 0.1  # so few of the expected dates may be missing from a calendar


class Horizon(NamedTuple):
    """A forecasting horizon, resolved at a cutoff."""

    steps: NDArray  # ints; 1 is the first time after the cutoff, 0 the cutoff itself
    labels: pd.Index  # of the steps
    ahead: pd.Index  # labels of the steps 1, 2, ... after the cutoff
    doubt: str = ""  # about labels ahead that nothing tells

    def warn(self) -> None:
        """Say that labels are a guess, where steps ahead are asked for."""
        if self.doubt and self.steps.max() > 0:
            warn(self.doubt, stacklevel=5)


def read_steps(horizon: Any) -> NDArray | None:
    """Return the steps that a parameter names, in ascending order.

    An int stands for all steps up to it. None is returned of anything else.
    """
    is_number = isinstance(horizon, Integral)
    steps = np.arange(1, int(horizon) + 1) if is_number else np.asarray(horizon)
    if steps.ndim != 1 or not steps.size or steps.dtype.kind not in "iu":
        return None
    ordered = np.unique(steps)
    return ordered if len(ordered) == len(steps) and ordered[0] >= 1 else None


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
    if len(times) < 2:
        return 1
    first, *others = np.unique(np.diff(times))
    return None if others else int(first)


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

    Raises
    ------
    ValueError
        If a time is none of the regular ones.
    """
    if spacing is None or len(times) < 2 or _is_regular(times, spacing):
        return 0
    regular = after(times[:1], _count(times[0], times[-1], spacing), spacing)
    if regular.equals(times[1:]):
        return 0
    places = regular.get_indexer(times[1:])
    if (places < 0).any():
        raise ValueError(
            f"y has the time {times[int(np.argmax(places < 0)) + 1]}, which does not "
            f"belong to a series from {times[0]} with a spacing of {spacing}."
        )
    return int(np.flatnonzero(np.diff(places, prepend=-1) != 1)[-1]) + 1


def _is_regular(times: pd.Index, spacing: Any) -> bool:
    """Tell fast of most indexes that no time is missing; False does not say it is."""
    if isinstance(times, pd.DatetimeIndex):
        return times.freq is not None and times.freq == spacing
    if isinstance(times, pd.PeriodIndex):
        return bool((np.diff(times.asi8) == spacing.n).all())
    return isinstance(spacing, int) and bool((np.diff(times) == spacing).all())


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
    elif isinstance(seen, pd.PeriodIndex) and isinstance(asked, pd.DatetimeIndex):
        asked = asked.to_period(seen.freqstr)

    doubt = ""
    if spacing is None:
        ahead, step = _irregular_ahead(asked, by_number, seen, later, known, n_ahead)
        told = known.union(later) if by_number else asked
        if step is None and not ahead.isin(told).all():
            doubt = _doubt(seen)
    else:
        if not by_number:
            n_ahead = max(n_ahead, _count(cutoff, asked.max(), spacing))
        ahead = _continued(seen, n_ahead, spacing)

    timeline = seen.append(ahead)
    places = asked + len(seen) - 1 if by_number else timeline.get_indexer(asked)
    if (places < 0).any():
        raise ValueError(
            f"fh asks for {asked[np.argmax(places < 0)]!s}, but y has no such time: it "
            f"has {len(seen)} times, from {seen[0]} to {cutoff}. Ask for these or for "
            "later ones."
        )
    steps = np.asarray(places) - len(seen) + 1
    labels = timeline[places].rename(None)  # as those of sktime's own forecasters
    if isinstance(labels, pd.DatetimeIndex) and (np.diff(steps) == 1).all():
        labels = pd.DatetimeIndex(labels, freq=spacing)
    return Horizon(steps, labels, ahead, doubt)


def _trading_days(known: Any, seen: Any) -> Any:
    """Return the times of exogenous data that tell what follows on a series' times."""
    in_span = known[(known >= seen[0]) & (known <= seen[-1])]
    ahead = known[known > seen[-1]]
    if ahead.empty or not in_span.isin(seen).all():
        return ahead[:0]  # exogenous data of other days too tell no calendar
    step = step_of(seen)
    if step is not None:
        return ahead[ahead.isin(between(seen[-1], ahead[-1], step))]
    if isinstance(seen, pd.DatetimeIndex) and seen[-1] - seen[0] > pd.Timedelta("14D"):
        return ahead[ahead.dayofweek.isin(seen.dayofweek)]
    return ahead


def _irregular_ahead(asked, by_number, seen, later, known, n_ahead):
    """List the times ahead of a series without a regular spacing.

    Also returned is what leads from one to the next, None where that is a guess.
    """
    on_grid = grid_of(seen.append(later)) is not None
    # A grid has no holidays that exogenous data could tell.
    dates = known[:0] if on_grid else _trading_days(known, seen)
    told = later.union(dates)  # all times up to its last one
    step = step_of(seen.append(told))
    asked_ahead = asked[asked > (0 if by_number else seen[-1])]
    if by_number and len(dates) == len(asked_ahead) and len(later) < n_ahead:
        ahead = _at_steps(asked_ahead, dates, seen, step)
        if ahead is not None:
            n_more = n_ahead - len(ahead)
            return ahead.append(_continued(seen.append(ahead), n_more, step)), step
    if on_grid and not by_number:
        n_beyond = _count(seen.append(told)[-1], asked.max(), step)
        n_ahead = max(n_ahead, len(told) + n_beyond)
    elif not by_number:
        if dates.isin(asked).all():  # they tell nothing more
            told = later
        beyond = asked_ahead[asked_ahead > told[-1]] if len(told) else asked_ahead
        _require_no_gap(beyond, seen.append(told), step)
        told = told.append(beyond)
    return told.append(_continued(seen.append(told), n_ahead - len(told), step)), step


def _at_steps(steps, dates, seen, spacing):
    """Label steps by the rows of X that were handed over for them, if these can be."""
    times = seen
    for step, date in zip(steps, dates, strict=True):
        n_between = step - 1 - (len(times) - len(seen))
        times = times.append(_continued(times, n_between, spacing))
        if date <= times[-1]:
            return None
        times = times.append(pd.Index([date]))
    return times[len(seen) :]


def _require_no_gap(times: pd.Index, before: pd.Index, spacing: Any) -> None:
    """Raise where more times are left out than holidays explain."""
    expected = _continued(before, 2 * len(times) + 1, spacing)
    n_expected = int((expected <= times[-1]).sum()) if len(times) else 0
    if n_expected - len(times) > _MOST_HOLIDAYS * n_expected:
        raise ValueError(
            f"fh asks for {[str(time) for time in times[:3]]}, but y has no regular "
            "spacing, and nothing tells how many steps away they are. Pass fh as "
            "numbers, [1, 2, 3] for the next three."
        )


def _count(first: Any, last: Any, spacing: Any) -> int:
    """Count the steps of a regular index from one time to another."""
    if isinstance(first, pd.Period):
        return (last - first).n // spacing.n
    if isinstance(first, pd.Timestamp):
        return len(pd.date_range(first, last, freq=spacing)) - 1
    return int(last - first) // spacing


def _continued(times: Any, n: int, spacing: Any) -> Any:
    """Return the n times that follow, at the median spacing if nothing tells."""
    if n <= 0:
        return times[:0]
    return after(times, n, _median(times) if spacing is None else spacing)


def _median(times: Any) -> Any:
    """Return the median spacing of irregular times."""
    steps = times[1:] - times[:-1]
    if not isinstance(times, pd.DatetimeIndex):
        return max(1, int(np.median(steps)))
    median = steps.median() if len(steps) else pd.Timedelta(1, "D")
    if median == pd.Timedelta(1, "D"):
        # Of the calendar, not of 24 hours. An exchange's holidays are not known.
        return "D" if (times.dayofweek > 4).any() else "B"
    return median


def _doubt(times: Any) -> str:
    """Say that the median spacing goes on where nothing tells the times ahead."""
    median = _median(times)
    spacing = {"D": "a day", "B": "a working day"}.get(median, text_of(median))
    return (
        f"Nothing tells which times follow {text_of(times[-1])} in y, so the forecasts "
        f"are labelled at its median spacing, {spacing}. Give y a frequency, "
        "asfreq('D') for one, or pass the times to be forecast as fh."
    )
