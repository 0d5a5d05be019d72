"""The rows to train on of one series, or of several, in one table.

They are gathered from the values of all series, joined end to end, when needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sk_rnn._calendar import season_of
from sk_rnn._calibration import split_in_time
from sk_rnn._lazy_table import LazyTable, smallest_int
from sk_rnn._series import check_length
from sk_rnn.sktime._past import Past

_LEAST_STEPS = 12  # of a window, by default, where the series is long enough


@dataclass(eq=False)
class Pool:
    """The complete windows of some series, and their targets."""

    windows: LazyTable  # (n_rows, n_steps, n_channels), known steps ahead among them
    targets: LazyTable  # (n_rows, n_out)
    n_steps: int  # of the past
    reach: int  # steps from a window to its last target
    starts: NDArray  # (n_pieces,), of the pieces of series, among all values
    numbers: NDArray  # (n_pieces,), which series each is of
    indexes: list[pd.Index]  # their times

    @classmethod
    def of(cls, pasts: Iterable[Past]) -> Self:
        """Join the rows of series, all of the same steps and columns.

        Rows without a missing value, in a row of times without a gap.
        """
        pieces = [
            (number, piece)
            for number, past in enumerate(pasts)
            for _, piece in past.pieces()
        ]
        first = pieces[0][1]
        n_steps, steps, is_known = first.n_steps, first.steps, first.is_known
        values = np.concatenate([piece.values() for _, piece in pieces])
        lengths = [len(piece.y) for _, piece in pieces]
        ends = np.cumsum(lengths)
        starts = ends - lengths
        is_missing = np.isnan(values)
        count = smallest_int(values.size)
        rows = [
            start + _complete(is_missing[start:end], first).astype(count)
            for start, end in zip(starts.astype(count), ends, strict=True)
        ]
        values[is_missing] = 0.0  # of rows that do not count
        n_channels = len(is_known)
        places = np.concatenate(rows) * count(n_channels)
        ahead = n_steps - 1 + steps
        read = np.concatenate([np.arange(n_steps), ahead if is_known.any() else []])
        columns = np.repeat(read[:, np.newaxis].astype(int), n_channels, axis=1)
        # Of what is not known ahead, the last value stands there once more.
        columns[n_steps:, ~is_known] = n_steps - 1
        columns = columns * n_channels + np.arange(n_channels)
        return cls(
            LazyTable(values.ravel(), places, columns),
            LazyTable(values.ravel(), places, ahead * n_channels),
            n_steps,
            first.reach,
            starts,
            np.array([number for number, _ in pieces]),
            [piece.y.index for _, piece in pieces],
        )

    @property
    def every(self) -> NDArray:
        """All rows, by number."""
        n_rows = len(self.windows)
        return np.arange(n_rows, dtype=smallest_int(n_rows))

    @property
    def _first(self) -> NDArray:
        """Where each window begins, among the times of all series, (n_rows,)."""
        n_channels = self.windows.shape[2]
        return self.windows.places // smallest_int(n_channels)(n_channels)

    @property
    def series(self) -> NDArray:
        """Which series each row is of, by number, (n_rows,)."""
        rows = self.starts.searchsorted(self._first, side="right") - 1
        return self.numbers[rows]

    @property
    def times(self) -> NDArray:
        """The time of the first step after each window, as number from 0 on."""
        return self._calendar[0][self._first + self.n_steps]

    @property
    def last_times(self) -> NDArray:
        """The time of the last target of each window, in the same way."""
        return self._calendar[0][self._first + self.n_steps + self.reach - 1]

    @property
    def calendar(self) -> pd.Index:
        """The times that these numbers stand for."""
        return self._calendar[1]

    @cached_property
    def _calendar(self) -> tuple[NDArray, pd.Index]:
        index = self.indexes[0].append(self.indexes[1:])
        numbers, calendar = index.factorize(sort=True)
        return numbers.astype(smallest_int(len(index))), pd.Index(calendar)

    def in_time(self) -> NDArray:
        """Return the rows in the order of their times."""
        return np.argsort(self.times, kind="stable")

    def split(self, fraction: float | None) -> tuple[NDArray, NDArray]:
        """Split the rows in time; return the earlier ones, and the last fraction.

        The targets of earlier rows end before those of the later ones begin. Rows of
        one time stay together.
        """
        if not fraction:
            return self.every, self.every[:0]
        return split_in_time(self.times, self.last_times, self.every, fraction)

    def n_times_until(self, ends: dict, names: Iterable) -> NDArray:
        """Return how many times of the calendar reach to the end of each series.

        0 where it has none.
        """
        places = [
            self.calendar.searchsorted(ends[name], side="right") if name in ends else 0
            for name in names
        ]
        return np.array(places)


def _complete(is_missing: NDArray, past: Past) -> NDArray:
    """Return where windows begin of which no value is missing, nor of their targets.

    ``is_missing`` is (n_timesteps, n_channels), of one piece of a series.
    """
    n_steps = past.n_steps
    n_rows = max(0, len(is_missing) - n_steps - past.reach + 1)
    if not is_missing.any():
        return np.arange(n_rows)
    n_missing = np.cumsum(np.append(0, is_missing.any(axis=1)))
    is_complete = n_missing[n_steps:][:n_rows] == n_missing[:n_rows]
    is_read_ahead = past.is_known.copy()
    is_read_ahead[0] = True  # the targets
    for step in past.steps:
        ahead = is_missing[n_steps - 1 + step :][:n_rows]
        is_complete &= ~ahead[:, is_read_ahead].any(axis=1)
    return np.flatnonzero(is_complete)


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
        if len(Pool.of([past._replace(n_steps=n_steps)]).windows) >= n_steps:
            return n_steps
    return 1


def check_windows(past: Past) -> None:
    """Refuse a series without a window to train on."""
    check_length(len(past.y), past.n_steps, past.reach, "y")
    if not len(Pool.of([past]).windows):
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
