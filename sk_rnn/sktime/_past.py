"""What is known of one series: its values, its exogenous data, its calendar.

Of a known covariate, a calendar or a planned price, the values at the times to be
forecast enter the network too. They follow the past as further steps of the window, in
which all that is not known repeats its last value.

A gap ends one piece of the series and starts the next, as if they were two series.
Missing values stay in their piece: no row that holds one is trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sktime.datatypes import update_data
from sktime.forecasting.base import ForecastingHorizon

from sk_rnn._calendar import between, gaps, grid_of, warn_of_gaps
from sk_rnn._series import _check_order
from sk_rnn.sktime._horizon import Horizon, resolve, since_last_gap, spacing_of
from sk_rnn.sktime._panels import called
from sk_rnn.windows import view_windows

FORM = "columns", "is_known", "steps", "n_steps"


class Past(NamedTuple):
    """One series, and the columns of X as its further channels."""

    y: pd.Series
    X: pd.DataFrame | None  # may go on behind the series
    columns: list
    is_known: NDArray  # (n_channels,), ahead; the series, channel 0, is not
    spacing: Any  # what lies between two times: offset, int, None where it varies
    steps: NDArray = np.array([1])  # after a window that are to be forecast
    n_steps: int = 1  # of a window

    @classmethod
    def of(
        cls, y: pd.Series, X: pd.DataFrame | None, covariates: Sequence = ()
    ) -> Past:
        """Start with a first part; past ``covariates`` are not known ahead."""
        columns: list = [] if X is None else list(X.columns)
        for name in covariates:
            if name not in columns:
                raise ValueError(
                    f"past_covariates names {name!r}, which is no column of X "
                    f"({columns or 'not given'}). Name columns of X only."
                )
        _check_times(y, X)
        spacing = spacing_of(y.index)
        if since_last_gap(y.index, spacing) and grid_of(y.index) is None:
            spacing = None  # days without weekends: no gaps, the days are counted
        is_known = np.array([False, *(name not in covariates for name in columns)])
        X = None if X is None else X.copy()
        return cls(y.copy(), X, columns, is_known, spacing)

    @property
    def form(self) -> dict[str, Any]:
        """What all series that one network reads have in common."""
        return {name: getattr(self, name) for name in FORM}

    @property
    def reach(self) -> int:
        """How many steps after a window its last target lies."""
        return int(self.steps[-1])

    @property
    def known_columns(self) -> list:
        """The columns of X that are known ahead."""
        known = zip(self.columns, self.is_known[1:], strict=True)
        return [name for name, is_known in known if is_known]

    @property
    def times(self) -> pd.Index:
        """All times from the first to the last, those in gaps too."""
        times: Any = self.y.index
        step = grid_of(times) if self.spacing is None else self.spacing
        if not since_last_gap(times, step):
            return times
        return between(times[0], times[-1], step).astype(times.dtype)

    def pieces(self) -> list[tuple[int, Past]]:
        """Split the series at its gaps; before each piece, its place among all times.

        Raises ValueError if a time is none of the regular ones.
        """
        if self.spacing is not None and self.times is self.y.index:  # no gap
            return [(0, self)]
        places = self.times.get_indexer(self.y.index)
        is_start = np.diff(places, prepend=-2) != 1
        if self.spacing is None:  # of an exchange too, which was closed for a month
            before = self.y.index.isin([gap.after for gap in gaps(self.y.index)])
            is_start[1:] |= before[:-1]
        starts = np.flatnonzero(is_start)
        return [
            (int(places[start]), self._replace(y=self.y.iloc[start:end]))
            for start, end in zip(starts, [*starts[1:], len(places)], strict=True)
        ]

    def check_columns(self, X: pd.DataFrame | None, method: str) -> None:
        """Refuse an X that lacks columns; none at all may do."""
        if X is None:
            return
        if not self.columns:
            raise ValueError(
                f"{method} was given an X, but fit was not. Pass it to both or neither."
            )
        missing = [name for name in self.columns if name not in X.columns]
        if missing:
            raise ValueError(
                f"The X given to {method} lacks the columns {missing} of fit's X. Pass "
                "the same columns to both."
            )

    def warn_of_gaps(self, since: Any = None) -> None:
        """Say that windows are left out which span a gap."""
        named = [(called("y"), self.y.index)]
        warn_of_gaps(named, since=since, are_spanned=False, stacklevel=7)

    def extended(self, X: pd.DataFrame | None, y: pd.Series | None = None) -> Past:
        """Add new rows to those seen; they win where both have one."""
        _check_times(y, X)
        if y is not None:
            last, self = self.y.index[-1], self._replace(y=update_data(self.y, y))
            if self.spacing is None:
                self.warn_of_gaps(since=last)
        is_new = X is not None and not X.empty
        return self._replace(X=update_data(self.X, X)) if is_new else self

    def alone(self) -> Past:
        """Return the series without X."""
        return self._replace(X=None, columns=[], is_known=self.is_known[:1])

    def until(self, cutoff: Any) -> Past:
        """Return what was known at a cutoff of the series."""
        return self._replace(y=self.y.loc[:cutoff])

    def resolve(self, fh: ForecastingHorizon, times: pd.Index) -> Horizon:
        """Resolve a horizon; ``times`` are all that the series has ever had."""
        return resolve(
            fh,
            seen=self.times,
            later=times[times > self.y.index[-1]],
            known=times[:0] if self.X is None else self.X.index,
            spacing=self.spacing,
            n_ahead=self.reach,
        )

    def values(self) -> NDArray:
        """Return the channels at the times of the series, (n_timesteps, n_channels)."""
        values = self.y.to_numpy(float)[:, np.newaxis]
        if self.columns:
            assert self.X is not None
            is_there = self.y.index.isin(self.X.index)
            if not is_there.all():
                time = self.y.index[int(np.argmin(is_there))]
                raise ValueError(
                    f"X has no row for {time}, a time of y. Pass X for all times of y, "
                    "to update too."
                )
            X = self.X.reindex(self.y.index)[self.columns]
            values = np.hstack([values, X.to_numpy(float)])
        is_infinite = np.isinf(values).any(axis=0)
        if is_infinite.any():
            name = self._name_of(int(np.argmax(is_infinite)))
            raise ValueError(f"{name} contains infinity. Replace such values.")
        return values

    def _name_of(self, channel: int) -> str:
        return f"Column {self.columns[channel - 1]!r} of X" if channel else "y"

    def check_complete(self) -> None:
        """Refuse to forecast from missing values."""
        missing = np.argwhere(np.isnan(self.values()))
        if len(missing):
            row, channel = missing[0]
            raise ValueError(
                f"{self._name_of(channel)} is missing at {self.y.index[row]}, but a "
                f"forecast reads the last {len(self.y)} values. Fill in missing ones, "
                "for example with pandas' interpolate or sktime's Imputer."
            )

    def known_at(self, times: pd.Index) -> pd.DataFrame:
        """Return the known channels at given times, NaN where X has no value."""
        if self.X is None or not self.known_columns:
            return pd.DataFrame(index=times)
        known = self.X.reindex(times)[self.known_columns]
        if np.isinf(known.to_numpy(float)).any():
            raise ValueError("X contains infinity. Replace such values.")
        return known

    def windows(self) -> NDArray:
        """View the values before each time, and before the next one.

        (n_timesteps + 1, n_steps, n_channels); the first value stands in for what lies
        before it.
        """
        values = self.values()
        padded = np.pad(values, [(self.n_steps, 0), (0, 0)], mode="edge")
        windows = view_windows(padded, self.n_steps)
        return windows.reshape(-1, self.n_steps, values.shape[1])

    def rows(self, ends: range, known: NDArray) -> NDArray:
        """Return the windows of the values before each of the ends.

        ``known`` is (n_timesteps and more, n_known). Returned are (n_ends, n_steps,
        n_channels), or with a further step for each that is to be forecast.
        """
        windows = self.windows()[ends.start : ends.stop]
        if not self.is_known.any():
            return windows
        places = np.add.outer(np.arange(ends.start, ends.stop), self.steps - 1)
        return self.with_ahead(windows, known[places])

    def with_ahead(self, windows: NDArray, known: NDArray) -> NDArray:
        """Append a step for each that is to be forecast to windows.

        ``known`` are the known channels there, (n_windows, n_out, n_known).
        """
        ahead = np.repeat(windows[:, -1:], len(self.steps), axis=1)
        ahead[:, :, self.is_known] = known
        return np.concatenate([windows, ahead], axis=1)


def is_complete(rows: NDArray) -> NDArray:
    """Tell which rows hold no missing value, (n_rows,)."""
    return ~np.isnan(rows).any(axis=tuple(range(1, rows.ndim)))


def _check_times(y: pd.Series | None, X: pd.DataFrame | None) -> None:
    """Refuse times that are not in order, each once."""
    for name, data in ("y", y), ("X", X):
        if data is not None:
            _check_order(data.index, name)


def first_missing(X: pd.DataFrame) -> Any:
    """Return the first time without values, None if all have some."""
    missing = X.index[X.isna().any(axis=1)]
    return missing[0] if len(missing) else None


def as_data(pasts: dict) -> list:
    """Return what is known of series as plain data, to be stored."""
    return [(name, past._asdict()) for name, past in pasts.items()]


def from_data(stored: list) -> dict:
    """Invert ``as_data``."""
    return {name: Past(**past) for name, past in stored}
