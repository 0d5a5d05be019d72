"""The axis of times: dates, periods, spans of time, numbers or text."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import infer_dtype

from sk_rnn._calendar import after, between, following, grid_of, text_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_TEXTS = 10  # on the axis of times that are no dates
_UNITS = {
    "days": pd.Timedelta(days=1),
    "hours": pd.Timedelta(hours=1),
    "minutes": pd.Timedelta(minutes=1),
    "seconds": pd.Timedelta(seconds=1),
}


# ------------------------------------------------------------------- reading labels


def index_of(values: Any) -> Any:
    """Return the labels of pandas' rows, None of anything else."""
    return values.index if isinstance(values, pd.Series | pd.DataFrame) else None


def read_index(index: Any, n_rows: int, rows_of: str = "y_true") -> pd.Index:
    """Check that there is one time per row; read text as dates."""
    if isinstance(index, pd.MultiIndex):
        raise ValueError(
            f"index has {index.nlevels} levels {list(index.names)}, so the rows belong "
            "to several series. Draw one series at a time, for example the rows "
            f"selected by y.xs({index[0][0]!r}, level=0)."
        )
    index = pd.Index(index)
    if len(index) != n_rows:
        raise ValueError(
            f"index has {len(index)} labels, but {rows_of} has {n_rows} rows. Pass one "
            "label per row."
        )
    return as_dates(index)


def as_dates(times: pd.Index) -> pd.Index:
    """Read text as dates, if all of it is."""
    if infer_dtype(times) not in ("string", "date"):
        return times
    for dayfirst in False, True:
        with warnings.catch_warnings():  # of a format that pandas tries in vain
            warnings.simplefilter("ignore")
            try:
                dates = pd.to_datetime(times, dayfirst=dayfirst)
            except (ValueError, TypeError, OverflowError):
                continue
        if not dates.hasnans:
            return dates
    return times


def times_ahead(times: pd.Index, n: int) -> pd.Index | None:
    """Return the n times that follow the last one, None where nothing tells them."""
    return following(times, n) if times.is_unique else None


def shifted(times: pd.Index, step: int, y: NDArray) -> pd.Index | None:
    """Return the times that lie ``step`` time steps after those of rows.

    None where the length of a time step is not known. Weeks, months and longer periods
    tell it. Other times do if each row holds the values of the row before it but the
    first: else the table may hold every seventh window only. ``y`` is of shape (n_rows,
    horizon), the rows in order of time.
    """
    if step == 0:
        return times
    if not times.is_unique:
        return None
    if not _are_consecutive(y):
        return times + step if _never_rest(times) else None
    grid = grid_of(times)
    if grid is None:  # nothing but the rows tells which days are holidays
        ahead = times_ahead(times, step)
        return None if ahead is None else times.append(ahead)[step:]
    line = between(times[0], times[-1], grid).append(after(times, step, grid))
    return line[line.searchsorted(times) + step].rename(times.name)


def _never_rest(times: Any) -> bool:
    """Tell whether these are periods too long for weekends and holidays."""
    is_period = isinstance(times, pd.PeriodIndex)
    return is_period and times[0].end_time - times[0].start_time > pd.Timedelta(days=2)


def _are_consecutive(y: NDArray) -> bool:
    before, row = y[:-1, 1:], y[1:, :-1]
    is_same = (before == row) | (pd.isna(before) & pd.isna(row))
    # Windows with missing values may have been left out here and there.
    return row.size > 0 and is_same.all(axis=1).mean() > 0.5


# -------------------------------------------------------------------- on the axes


def coordinates(ax: Axes, times: pd.Index) -> pd.Index:
    """Turn times into what matplotlib can draw on these axes."""
    if _counts_periods(ax) and isinstance(times, pd.DatetimeIndex | pd.PeriodIndex):
        return _in_periods(times, ax.freq)  # type: ignore[attr-defined] # set by pandas
    if isinstance(times, pd.PeriodIndex):
        return times.to_timestamp()
    if isinstance(times, pd.TimedeltaIndex):
        return times / _UNITS[unit_of(times)]
    if isinstance(times, pd.CategoricalIndex):
        return times.astype(times.categories.dtype)
    return times


def name_of_times(times: pd.Index) -> str:
    """Return the name of an index, or what it holds."""
    if times.name is not None:
        return str(times.name)
    is_date = isinstance(times, pd.DatetimeIndex | pd.PeriodIndex)
    return "Date" if is_date else "Time"


def label_times(ax: Axes, times: pd.Index) -> None:
    """Name and format the axis on which times were drawn."""
    is_date = isinstance(times, pd.DatetimeIndex | pd.PeriodIndex)
    if _counts_periods(ax):
        _widen(ax)  # pandas formats its axes itself, but fixes their ends
    elif times.nunique() == 1:
        ax.set_xticks(coordinates(ax, times[:1]), [text_of(times[0])])
    elif is_date:
        _format_dates(ax, getattr(times, "tz", None))
    elif times.nunique() > _MOST_TEXTS:
        _thin_texts(ax)
    unit = f" ({unit_of(times)})" if isinstance(times, pd.TimedeltaIndex) else ""
    ax.set_xlabel(name_of_times(times) + unit)


def unit_of(spans: pd.TimedeltaIndex) -> str:
    """Return the largest unit of which spans of time last at least two."""
    longest = max(abs(spans.min()), abs(spans.max()))
    fitting = [name for name, unit in _UNITS.items() if longest >= 2 * unit]
    return fitting[0] if fitting else "seconds"


def _counts_periods(ax: Axes) -> bool:
    """Tell whether pandas drew here: its axes of regular dates count periods."""
    return getattr(ax, "freq", None) is not None


def _in_periods(times: Any, freq: Any) -> pd.PeriodIndex:
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp()
    with warnings.catch_warnings():  # pandas will count business days no more
        warnings.simplefilter("ignore", FutureWarning)
        return times.tz_localize(None).to_period(freq)


def _widen(ax: Axes) -> None:
    left, right = ax.get_xlim()
    ax.set_xlim(min(left, ax.dataLim.x0), max(right, ax.dataLim.x1))


def _format_dates(ax: Axes, tz: Any) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(tz=tz)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=tz))


def _thin_texts(ax: Axes) -> None:
    """Label a few of many texts, of which matplotlib labels all."""
    from matplotlib.category import StrCategoryLocator
    from matplotlib.ticker import MaxNLocator

    if isinstance(ax.xaxis.get_major_locator(), StrCategoryLocator):
        ax.xaxis.set_major_locator(MaxNLocator(_MOST_TEXTS - 1, integer=True))
