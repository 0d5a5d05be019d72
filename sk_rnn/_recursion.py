"""Forecasts of a one-step network fed back to it, as far ahead as asked."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sk_rnn._base import BaseRNNForecaster
from sk_rnn._programs import (
    ForwardProgram,
    RecursionProgram,
    program_length,
    recursion_function,
)
from sk_rnn._runtime import on_cpu

_STEPS_PER_CALL = 100  # a call into TensorFlow can't be interrupted


def continue_series(
    forecaster: BaseRNNForecaster, past: NDArray, others_ahead: NDArray
) -> NDArray:
    """Continue a series, each forecast entering the window of the next one.

    Parameters
    ----------
    forecaster : fitted BaseRNNForecaster of one output
        Reads windows of ``n_past`` or of ``n_past + 1`` steps. In the second case the
        last one is the step to be forecast: channel 0, the series, is not known there
        and repeats its last value.
    past : ndarray of shape (n_past, n_channels)
    others_ahead : ndarray of shape (n_ahead, n_channels - 1)
        The other channels at the steps to be forecast.

    Returns
    -------
    ndarray of shape (n_ahead,) and dtype float64

    Raises
    ------
    ValueError
        If a forecast is not finite, or if a ratio to a value that is not positive is
        asked for.
    """
    n_past, n_ahead = len(past), len(others_ahead)
    others = np.concatenate([past[:, 1:], others_ahead])
    # What is not known repeats the last value that is.
    series = np.pad(past[:, 0].astype(np.float64), (0, n_ahead), mode="edge")
    of_window = forecaster._network["window_scaler"]
    if of_window is not None:
        # The last values that later windows will have, but for the forecasts.
        last_values = np.column_stack([series, others])[n_past - 1 : -1]
        of_window.require_positive(last_values)
    scaling = forecaster._linear_scaling()
    if scaling is None:
        _continue_in_python(forecaster, series, others, n_past)
    else:
        _continue_in_graph(forecaster, series, others, n_past, scaling)
    if not np.isfinite(series).all():
        first = int(np.argmin(np.isfinite(series[n_past:]))) + 1
        raise ValueError(
            f"The forecast of step {first} is not finite: fed back, forecasts grew "
            "beyond all bounds. Use strategy='direct', or look for outliers in y and X."
        )
    if of_window is not None and of_window.method == "ratio":
        read = series[n_past:-1]  # as the last values of later windows
        if (read <= 0).any():
            first = int(np.argmax(read <= 0))
            raise ValueError(
                f"The forecast of step {first + 1} is {read[first]:.6g}, but "
                "window_scaler with the method 'ratio' needs positive values to go on "
                "from. Use 'last' or 'standard', or strategy='direct'."
            )
    return series[n_past:]


def _continue_in_python(forecaster, series, others, n_past):
    """Fill in the series step by step: no graph knows what the scaler does."""
    for t in range(n_past, len(series)):
        window = slice(t - n_past, t - n_past + forecaster.n_steps_)
        values = np.column_stack([series[window], others[window]])
        series[t:] = forecaster.predict(values[np.newaxis]).item()


@on_cpu
def _continue_in_graph(forecaster, series, others, n_past, scaling):
    """Fill in the series, in calls of bounded time."""
    n_steps, segment_length = forecaster.n_steps_, scaling.segment_length
    program = RecursionProgram(
        ForwardProgram(
            forecaster._architecture(), program_length(-(-n_steps // segment_length))
        ),
        n_steps,
        forecaster.n_channels_,
        scaling.of_window,
        segment_length,
    )
    run = recursion_function(program)
    fixed = [
        [tf.convert_to_tensor(weight) for weight in forecaster.weights_],
        *(tf.constant(number) for number in (*scaling.inputs, *scaling.outputs)),
    ]
    for start in range(0, len(series) - n_past, _STEPS_PER_CALL):
        part = slice(start, start + n_past + _STEPS_PER_CALL)
        forecasts = run(
            *fixed,
            tf.constant(series[part]),
            tf.constant(others[part], "float64"),
            tf.constant(n_past),
        )
        series[part] = forecasts
        series[part.stop :] = series[: part.stop][-1]
