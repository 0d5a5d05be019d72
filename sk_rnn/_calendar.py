"""The times that follow, and the gaps before them; from labels alone, never values.

An index tells its next times by the first of these that it has:

1. a frequency or a step of its own,
2. months, quarters or years, some of which may be missing,
3. a frequency that pandas infers and that gives back every label,
4. the weekdays and times of day that come back week by week,
5. an even step of which few are missing, and never many in a row.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BMonthBegin, BMonthEnd, MonthBegin, MonthEnd, Week

_DAY, _WEEK = np.timedelta64(1, "D"), np.timedelta64(7, "D")
_A_MONDAY = np.datetime64("1969-12-29")
_LAST_YEAR = 53  # weeks; a shop may have opened on Sundays since
_MOST = 0.8  # so many steps must be those of a calendar; others skip holidays
_MANY = 5  # times the longest usual step make a gap
_LONGEST_SEASON = 100  # steps
_CYCLES = [
    *(pd.DateOffset(years=1), pd.DateOffset(weeks=1), pd.DateOffset(days=1)),
    *(pd.DateOffset(hours=1), pd.DateOffset(minutes=1)),
]
_FEW = 3  # usual steps from one time to the next, where the clock never rests
_NAMED = 3  # gaps in one warning


class TimesOfWeek(NamedTuple):
    """Weekdays and times of day, by the clock on the wall."""

    since_monday: NDArray  # sorted time differences

    def between(self, first: Any, last: Any) -> pd.Index:
        """List the times from one to another."""
        if isinstance(first, pd.Period):
            times = self.between(first.to_timestamp(), last.to_timestamp())
            return times.to_period(first.freq)  # type: ignore[attr-defined] # are dates
        week, last_week = (
            (time.tz_localize(None).to_numpy() - _A_MONDAY) // _WEEK
            for time in (first, last)
        )
        mondays = _A_MONDAY + np.arange(week, last_week + 1) * _WEEK
        times = np.add.outer(mondays, self.since_monday).ravel()
        # The hour that the clock leaves out does not come, one that it repeats once.
        zoned = pd.DatetimeIndex(times).tz_localize(
            first.tz, ambiguous=np.ones(len(times), bool), nonexistent="NaT"
        )
        return zoned[(zoned >= first) & (zoned <= last)]


class Gap(NamedTuple):
    """Times that are missing."""

    after: Any  # the label before them
    first: Any  # the first one, None where no calendar tells it
    length: int  # in steps


def following(times: pd.Index, n: int) -> pd.Index | None:
    """Return the n times that follow, None where nothing tells them.

    Parameters
    ----------
    times : pandas.Index
        Sorted labels, each once; at least one.
    n : int
        How many times to return.

    Returns
    -------
    pandas.Index or None
    """
    step = step_of(times)
    return None if step is None else after(times, n, step)


def season_of(times: Any) -> int | None:
    """Return the steps of a season: the longest cycle of the calendar with few steps.

    Of a year, a week, a day, an hour and a minute, it is the first that holds at most
    100 steps: 12 months, 52 weeks, 7 days or the 5 of an exchange, 24 hours, 96
    quarters of an hour. None where there is no calendar, or no cycle has two steps.

    Parameters
    ----------
    times : pandas.Index
        Sorted labels, each once; at least one.

    Returns
    -------
    int or None
    """
    if not isinstance(times, pd.DatetimeIndex | pd.PeriodIndex):
        return None
    ahead: Any = following(times, _LONGEST_SEASON + 1)
    if ahead is None:
        return None
    if isinstance(times, pd.PeriodIndex):
        times, ahead = times.to_timestamp(), ahead.to_timestamp()
    elif times.tz is not None:  # a day may have 23 hours there
        times, ahead = times.tz_convert("UTC"), ahead.tz_convert("UTC")
    # Business months do not end on the same day every year.
    last = times[-1] + (ahead[0] - times[-1]) / 2
    for cycle in _CYCLES:
        season = int((ahead <= last + cycle).sum())
        if season <= _LONGEST_SEASON:
            return season if season > 1 else None
    return None


def step_of(times: Any) -> Any:
    """Return what leads from one time to the next: offset, number or TimesOfWeek.

    None where nothing tells.
    """
    if isinstance(times, pd.PeriodIndex):
        if _is_whole(times) or isinstance(times.freq, Week):
            return times.freq
        week = _week(times.to_timestamp())
        return week if isinstance(week, TimesOfWeek) else times.freq
    known = getattr(times, "step", getattr(times, "freq", None))
    if known is not None or len(times) < 3:
        return known
    if isinstance(times, pd.DatetimeIndex):
        # Months first: 365 days from 15 March lead to 14 March in a leap year.
        return grid_of(times) or _inferred(times) or _week(times) or _clock(times)
    if isinstance(times, pd.TimedeltaIndex):
        return _inferred(times) or _clock(times)
    return _even_step(times) if _is_number(times) else None


def grid_of(times: Any) -> Any:
    """Return the step of a grid without holidays, None for all other times.

    Such are periods, months, quarters, years and whole numbers.
    """
    if isinstance(times, pd.PeriodIndex):
        step = step_of(times)
        return None if isinstance(step, TimesOfWeek) else step
    if is_integer_dtype(times.dtype):
        return step_of(times)
    if not isinstance(times, pd.DatetimeIndex) or len(times) < 3:
        return None
    months = np.diff(times.year * 12 + times.month)
    step = int(np.gcd.reduce(months))
    if step == 0 or np.median(months) != step or len(set(times.time)) > 1:
        return None
    for offset in MonthBegin, MonthEnd, BMonthBegin, BMonthEnd:
        if all(map(offset().is_on_offset, times)):
            return offset(step)
    # Of the other days, those that every month has.
    same_day = len(set(times.day)) == 1 and times[0].day <= 28
    return pd.DateOffset(months=step) if same_day else None


def after(times: Any, n: int, step: Any) -> Any:
    """Return the n times after the last one, at a step that `step_of` found."""
    last = times[-1]
    if isinstance(step, TimesOfWeek) and isinstance(last, pd.Period):
        return after(times.to_timestamp(), n, step).to_period(times.freq)
    if isinstance(step, TimesOfWeek):
        n_weeks = n // len(step.since_monday) + 2
        ahead = step.between(last, last + pd.Timedelta(7 * n_weeks, "D"))
    elif isinstance(last, pd.Period):
        ahead = pd.period_range(last, periods=n + 1, freq=step)
    elif isinstance(last, pd.Timestamp):
        ahead = pd.date_range(last, periods=n + 1, freq=step)
    elif isinstance(last, pd.Timedelta):
        ahead = pd.timedelta_range(last, periods=n + 1, freq=step)
    else:
        ahead = pd.Index(last + step * np.arange(n + 1))
    return ahead[ahead > last][:n].astype(times.dtype).rename(times.name)


def between(first: Any, last: Any, step: Any) -> Any:
    """Return all times from one to another, at a step that `step_of` found."""
    if isinstance(step, TimesOfWeek):
        return step.between(first, last)
    if isinstance(first, pd.Period):
        return pd.period_range(first, last, freq=step)
    if isinstance(first, pd.Timestamp):
        return pd.date_range(first, last, freq=step)
    return pd.Index(np.arange(first, last + 1, step))


def gaps(times: Any) -> list[Gap]:
    """Find the holes of a grid, and what is many times the usual step elsewhere.

    Parameters
    ----------
    times : pandas.Index
        Sorted labels, each once.

    Returns
    -------
    list of Gap
    """
    step = step_of(times)
    if step is None:
        return _jumps(times)
    if _is_whole(times):
        return []
    line = between(times[0], times[-1], step)
    places = line.searchsorted(times, side="right")
    n_missing = np.diff(places) - 1
    is_gap = n_missing > 0
    if grid_of(times) is None:
        is_gap &= _steps(times) > _MANY * _steps(line).max()
    return [
        Gap(times[k], line[places[k]], int(n_missing[k]))
        for k in np.flatnonzero(is_gap).tolist()
    ]


def warn_of_gaps(
    series: Iterable[tuple[str, pd.Index]],
    *,
    since: Any = None,
    are_spanned: bool = True,
    stacklevel: int = 3,
) -> None:
    """Name the gaps in the times of series, those since a label, in one warning."""
    named = [
        f"{called} has a gap of {gap.length} step(s) after {text_of(gap.after)}"
        + ("" if gap.first is None else f" ({text_of(gap.first)} is missing)")
        for called, times in series
        for gap in gaps(times)
        if since is None or gap.after >= since
    ]
    if named:
        more = len(named) - _NAMED
        more_text = f"; and {more} more" if more > 0 else ""
        outcome = (
            "The values before and after are treated as neighbours"
            if are_spanned
            else "Windows that span a gap are left out"
        )
        warnings.warn(
            f"{'; '.join(named[:_NAMED])}{more_text}. {outcome}. Fill in the missing "
            "ones (asfreq, then interpolate), or start after the gap.",
            UserWarning,
            stacklevel=stacklevel,
        )


def text_of(label: Any) -> str:
    """Write a label, a day without its midnight."""
    return str(label).removesuffix(" 00:00:00")


def _is_number(times: Any) -> bool:
    return is_numeric_dtype(times.dtype) and not is_bool_dtype(times.dtype)


def _is_whole(times: Any) -> bool:
    """Say whether no time is missing between others, where a step is known."""
    if isinstance(times, pd.PeriodIndex):
        return len(between(times[0], times[-1], times.freq)) == len(times)
    if isinstance(times, pd.DatetimeIndex):
        return times.freq is not None
    return not is_integer_dtype(times.dtype) or isinstance(times, pd.RangeIndex)


def _steps(times: Any) -> Any:
    """Return the difference of each time to the next."""
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp()
    return times[1:] - times[:-1]


def _inferred(times: Any) -> Any:
    """Return the frequency that pandas infers, if it gives back every label."""
    freq = times.inferred_freq
    if freq is None:
        return None
    is_date = isinstance(times, pd.DatetimeIndex)
    make = pd.date_range if is_date else pd.timedelta_range
    again = make(times[0], periods=len(times), freq=freq)
    return to_offset(freq) if (again == times).all() else None


def _even_step(times: Any) -> Any:
    """Return the step of numbers, None where it varies; whole ones may lack a few."""
    steps = _steps(times).to_numpy()
    if is_integer_dtype(times.dtype):
        return _few_missing(steps)
    return steps[0].item() if np.allclose(steps, steps[0], rtol=1e-9, atol=0) else None


def _clock(times: Any) -> Any:
    """Return the even step of times that never rest, some of which are missing."""
    step = _few_missing(_steps(times).to_numpy())
    # Some days may be missing for what they are: Sundays.
    is_day = step is not None and _DAY <= step < _WEEK
    return None if step is None or is_day else to_offset(pd.Timedelta(step))


def _few_missing(steps: NDArray) -> Any:
    """Return the usual step if all others are few, and small multiples of it."""
    usual = np.sort(steps)[len(steps) // 2]
    multiples = steps // usual
    is_even = (multiples * usual == steps).all() and multiples.max() <= _FEW
    return usual if is_even and (multiples == 1).mean() >= _MOST else None


def _week(times: pd.DatetimeIndex) -> Any:
    """Return what comes back week by week, an offset if it comes without a pause."""
    since = times.tz_localize(None).to_numpy() - _A_MONDAY
    weeks = since // _WEEK
    recent = weeks >= np.unique(weeks)[-_LAST_YEAR:][0]
    usual = _usual(weeks[recent], since[recent] % _WEEK)
    if usual is None:
        return None
    step: Any = TimesOfWeek(usual)
    pauses = np.diff(np.append(usual, usual[0] + _WEEK))
    if pauses[0] <= _DAY and (pauses == pauses[0]).all():
        # Days are those of the calendar, what is less is of an even clock.
        step = to_offset("D" if pauses[0] == _DAY else pd.Timedelta(pauses[0]))
    times = times[recent]
    places = between(times[0], times[-1], step).searchsorted(times, side="right")
    return step if (np.diff(places) == 1).mean() >= _MOST else None


def _usual(weeks: NDArray, times: NDArray) -> NDArray | None:
    """Return the times of the week seen in most weeks, and more than once."""
    seen, counts = np.unique(times, return_counts=True)
    n_weeks = len(np.unique(weeks))
    # The first and the last week are not whole.
    chances = n_weeks - (seen < times[0]) - (seen > times[-1])
    usual = counts >= chances / 2
    if usual.any() and counts[usual].min() > 1:
        return seen[usual]
    # Fewer are enough where they are working days, on both sides of a weekend.
    if n_weeks == 1 or seen[-1] >= 5 * _DAY:
        return None
    of_day, counts = np.unique(times % _DAY, return_counts=True)
    n_days = len(np.unique(weeks * 7 + times // _DAY))
    of_day = of_day[counts > n_days / 2]
    return np.add.outer(np.arange(5) * _DAY, of_day).ravel() if len(of_day) else None


def _jumps(times: Any) -> list[Gap]:
    """Find steps many times as long as any that comes back, on no calendar."""
    is_time = isinstance(times, pd.DatetimeIndex | pd.TimedeltaIndex)
    if not (is_time or _is_number(times)) or len(times) < 10:
        return []
    steps = _steps(times).to_numpy()
    ordered = np.sort(steps)
    # A night comes back with the same length, a pause of any kind more than twice.
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    longest, median = max([ordered[-3], *repeated[-1:]]), np.median(steps)
    return [
        Gap(times[k], None, round(steps[k] / median) - 1)
        for k in np.flatnonzero(steps > _MANY * longest).tolist()
    ]
