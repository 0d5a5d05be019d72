"""What is known of one series: its values, its exogenous data, its calendar.

Of a known covariate, a calendar or a planned price, the values at the times to be
forecast enter the network too. They follow the past as further steps of the window, in
which all that is not known repeats its last value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sktime.datatypes import update_data
from sktime.forecasting.base import ForecastingHorizon

from sk_rnn._calendar import warn_of_gaps
from sk_rnn._series import _check_order
from sk_rnn.sktime._horizon import Horizon, resolve, since_last_gap, spacing_of
from sk_rnn.windows import view_windows


class Past(NamedTuple):
    """One series, and the columns of X as its further channels."""

    y: pd.Series
    X: pd.DataFrame | None  # may go on behind the series
    columns: list
    is_known: NDArray  # (n_channels,), ahead; the series, channel 0, is not
    spacing: Any  # what lies between two times: offset, int, None where it varies
    n_steps: int  # of a window
    steps: NDArray = np.array([1])  # after a window that are to be forecast

    @classmethod
    def of(
        cls, y: pd.Series, X: pd.DataFrame | None, covariates: Sequence, n_steps: int
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
        warn_of_gaps([("y", y.index)], stacklevel=6)
        spacing = spacing_of(y.index)
        if since_last_gap(y.index, spacing):
            spacing = None  # the times are counted, as those of a stock exchange are
        is_known = np.array([False, *(name not in covariates for name in columns)])
        X = None if X is None else X.copy()
        return cls(y.copy(), X, columns, is_known, spacing, n_steps)

    @property
    def reach(self) -> int:
        """How many steps after a window its last target lies."""
        return int(self.steps[-1])

    @property
    def known_columns(self) -> list:
        """The columns of X that are known ahead."""
        known = zip(self.columns, self.is_known[1:], strict=True)
        return [name for name, is_known in known if is_known]

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

    def extended(self, X: pd.DataFrame | None, y: pd.Series | None = None) -> Past:
        """Add new rows to those seen; they win where both have one."""
        _check_times(y, X)
        if y is not None:
            last, self = self.y.index[-1], self._replace(y=update_data(self.y, y))
            if self.spacing is None:  # else windows do not span gaps
                warn_of_gaps([("y", self.y.index)], since=last, stacklevel=6)
        is_new = X is not None and not X.empty
        return self._replace(X=update_data(self.X, X)) if is_new else self

    def until(self, cutoff: Any) -> Past:
        """Return what was known at a cutoff of the series since its last gap."""
        y = self.y.loc[:cutoff]
        return self._replace(y=y.iloc[since_last_gap(y.index, self.spacing) :])

    def resolve(self, fh: ForecastingHorizon, times: pd.Index) -> Horizon:
        """Resolve a horizon; ``times`` are all that the series has ever had."""
        return resolve(
            fh,
            seen=self.y.index,
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
            X = self.X.reindex(self.y.index)[self.columns]
            missing = first_missing(X)
            if missing is not None:
                raise ValueError(
                    f"X has no row for {missing}, a time of y. Pass X for all times of "
                    "y, to update too."
                )
            values = np.hstack([values, X.to_numpy(float)])
        is_finite = np.isfinite(values).all(axis=0)
        if not is_finite.all():
            channel = int(np.argmin(is_finite))
            name = f"Column {self.columns[channel - 1]!r} of X" if channel else "y"
            raise ValueError(f"{name} contains infinity. Replace such values.")
        return values

    def known_at(self, times: pd.Index) -> pd.DataFrame:
        """Return the known channels at given times, NaN where X has no row."""
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
        ahead = np.repeat(windows[:, -1:], len(self.steps), axis=1)
        ahead[:, :, self.is_known] = known[np.add.outer(ends, self.steps - 1)]
        return np.concatenate([windows, ahead], axis=1)

    def training_rows(self, first: int) -> tuple[NDArray, NDArray]:
        """Return windows and targets, from the window of ``first`` values on."""
        ends = range(first, len(self.y) - self.reach + 1)
        values = self.values()
        targets = values[:, 0][np.add.outer(ends, self.steps - 1)]
        return self.rows(ends, values[:, self.is_known]), targets


def _check_times(y: pd.Series | None, X: pd.DataFrame | None) -> None:
    """Refuse times that are not in order, each once."""
    for called, data in ("y", y), ("X", X):
        if data is not None:
            _check_order(data.index, called)


def first_missing(X: pd.DataFrame) -> Any:
    """Return the first time without values, None if all have some."""
    missing = X.index[X.isna().any(axis=1)]
    return missing[0] if len(missing) else None
