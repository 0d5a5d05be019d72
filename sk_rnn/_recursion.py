"""Forecasts of the next step fed back, as far ahead as asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sk_rnn._rows import Windows


def continue_series(
    forecast: Callable[[Windows], NDArray],
    past: NDArray,
    others_ahead: NDArray,
    n_steps: int,
) -> NDArray:
    """Continue series, each forecast entering the window of the next one.

    ``forecast`` maps windows of ``n_steps`` steps, one of each series, to the next
    values, (n_series, 1). ``past`` is (n_series, n_past, n_channels), the series first;
    ``others_ahead`` holds the other channels at the steps to be forecast, (n_series,
    n_ahead, n_channels - 1). Windows have ``n_past`` steps or one more. In the second
    case the last one is the step to be forecast: there the series is not known and
    repeats its last value. Returned are the forecasts, (n_series, n_ahead).
    """
    n_past, n_ahead = past.shape[1], others_ahead.shape[1]
    ahead = np.concatenate([past[:, -1:, :1].repeat(n_ahead, 1), others_ahead], axis=2)
    values = np.concatenate([past, ahead], axis=1)
    no_features = np.empty((len(past), 0))
    for step in range(n_ahead):
        steps = values[:, step : step + n_steps]
        next_values = forecast(Windows(steps, no_features))
        if not np.isfinite(next_values).all():
            raise ValueError(
                f"Step {step + 1} cannot be forecast: fed back, forecasts grew beyond "
                "all bounds or, with window_scaler='ratio', a last value was not "
                "positive. Use strategy='direct', another window_scaler, or look for "
                "outliers in y and X."
            )
        # The best that is known of all later steps, too.
        values[:, n_past + step :, 0] = next_values
    return values[:, n_past:, 0]
