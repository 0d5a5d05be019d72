"""The rows to train on of one series, or of several, in one table.

They are views of the values of all series, joined end to end: rows that reach from one
series into the next are in the table, but not among those that count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sk_rnn._calendar import season_of
from sk_rnn._series import check_length
from sk_rnn.sktime._past import Past
from sk_rnn.windows import view_windows

_LEAST_STEPS = 12  # of a window, by default, where the series is long enough


class Pool(NamedTuple):
    """Windows and targets of some series, and which of them are complete."""

    windows: NDArray  # (n_all, n_steps, n_channels)
    targets: NDArray  # (n_all, n_out)
    rows: NDArray  # (n_rows,), those without a missing value, a gap or another series
    series: NDArray  # (n_all,), which one, by number
    times: NDArray  # (n_all,), of the step after each window, as numbers from 0 on
    last_times: NDArray  # (n_all,), of the last target
    calendar: pd.Index  # the times that these numbers stand for

    @classmethod
    def of(cls, pasts: Iterable[Past]) -> Self:
        """Join the rows of series, all of the same steps and columns."""
        pieces = [
            (number, piece)
            for number, past in enumerate(pasts)
            for _, piece in past.pieces()
        ]
        first = pieces[0][1]
        n_steps, reach = first.n_steps, first.reach
        values = np.concatenate([piece.values() for _, piece in pieces])
        index = first.y.index.append([piece.y.index for _, piece in pieces[1:]])
        places, calendar = index.factorize(sort=True)
        lengths = np.array([len(piece.y) for _, piece in pieces])
        series = np.repeat([number for number, _ in pieces], lengths)
        # How many values of its piece lie behind each, itself included.
        left = np.repeat(lengths.cumsum(), lengths) - np.arange(len(values))

        n_rows = max(0, len(values) - n_steps - reach + 1)

        def after(step: int, of: NDArray) -> NDArray:
            """View what there is so many steps after each window."""
            return of[n_steps - 1 + step :][:n_rows]

        is_missing = np.isnan(values)
        n_missing = np.cumsum(np.append(0, is_missing.any(axis=1)))
        is_row = left[:n_rows] >= n_steps + reach
        is_row &= after(1, n_missing) == n_missing[:n_rows]
        is_read_ahead = first.is_known.copy()
        is_read_ahead[0] = True  # the targets
        for step in first.steps:
            is_row &= ~after(step, is_missing[:, is_read_ahead]).any(axis=1)
        values[is_missing] = 0.0  # of rows that do not count
        shape = n_rows, n_steps, values.shape[1]
        if not n_rows:
            windows, targets = np.empty(shape), np.empty((0, len(first.steps)))
        else:
            windows = view_windows(values, n_steps)[:n_rows].reshape(shape)
            targets = view_windows(values[:, :1].copy(), reach)[n_steps:][:n_rows]
            if len(first.steps) < reach:
                targets = targets[:, first.steps - 1]
        if first.is_known.any():
            known = values[:, first.is_known]
            ahead = np.stack([after(step, known) for step in first.steps], axis=1)
            windows = first.with_ahead(windows, ahead)
        return cls(
            windows,
            targets,
            np.flatnonzero(is_row),
            series[:n_rows],
            after(1, places),
            after(reach, places),
            pd.Index(calendar),
        )

    def in_time(self) -> NDArray:
        """Return the rows in the order of their times."""
        return self.rows[np.argsort(self.times[self.rows], kind="stable")]

    def split(self, fraction: float | None) -> tuple[NDArray, NDArray]:
        """Split the rows in time; return the earlier ones, and the last fraction.

        The targets of earlier rows end before those of the later ones begin. Rows of
        one time stay together.
        """
        n_later = int((fraction or 0.0) * len(self.rows) + 1e-9)
        if not n_later:
            return self.rows, self.rows[:0]
        times = self.times[self.rows]
        start = np.sort(times)[-n_later]
        is_earlier = self.last_times[self.rows] < start
        return self.rows[is_earlier], self.rows[times >= start]

    def n_times_until(self, ends: dict, names: Iterable) -> NDArray:
        """Return how many times of the calendar reach to the end of each series.

        0 where it has none.
        """
        places = [
            self.calendar.searchsorted(ends[name], side="right") if name in ends else 0
            for name in names
        ]
        return np.array(places)

    def is_of(self, rows: NDArray) -> NDArray:
        """Mark some rows by 1, the others by 0, (n_all,)."""
        marks = np.zeros(len(self.windows))
        marks[rows] = 1.0
        return marks


def suitable_n_steps(past: Past) -> int:
    """Return the steps of two seasons, of one where the series is short.

    It is long enough where it has as many windows as a window has steps.
    """
    bearable = max(1, (len(past.y) - past.reach + 1) // 2)
    candidates = list(range(min(_LEAST_STEPS, bearable), 0, -1))
    if bearable > _LEAST_STEPS:
        season = season_of(past.y.index) or 0
        seasons = [n for n in (2 * season, season) if _LEAST_STEPS < n <= bearable]
        candidates = seasons + candidates
    for n_steps in candidates:  # missing values leave windows out
        if len(Pool.of([past._replace(n_steps=n_steps)]).rows) >= n_steps:
            return n_steps
    return 1


def check_windows(past: Past) -> None:
    """Refuse a series without a window to train on."""
    check_length(len(past.y), past.n_steps, past.reach, "y")
    if not len(Pool.of([past]).rows):
        n_times = len(past.times)
        n_complete = sum(
            int((~np.isnan(piece.values()).any(axis=1)).sum())
            for _, piece in past.pieces()
        )
        raise ValueError(
            f"{n_times - n_complete} of {n_times} time steps are missing in y"
            f"{' or X' if past.columns else ''}, and no window is complete: "
            f"n_steps={past.n_steps} and horizon={past.reach} ask for "
            f"{past.n_steps + past.reach} time steps in a row. Use a smaller "
            "n_steps or horizon, or fill in missing values, for example with "
            "pandas' interpolate or sktime's Imputer."
        )
