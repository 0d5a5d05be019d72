"""Forecasts of a one-step network fed back to it, as far ahead as asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sk_rnn._architecture import Architecture
from sk_rnn._programs import program_length, recursion_function
from sk_rnn._runtime import on_cpu
from sk_rnn._scaling import Scaling
from sk_rnn._training import Rows, outputs_of

_STEPS_PER_CALL = 100  # a call into TensorFlow can't be interrupted


def continue_series(
    past: NDArray,
    others_ahead: NDArray,
    *,
    n_steps: int,
    architecture: Architecture,
    weights: list[NDArray],
    scaling: Scaling,
) -> NDArray:
    """Continue a series, each forecast entering the window of the next one.

    ``past`` is (n_past, n_channels), the series first; ``others_ahead`` holds the other
    channels at the steps to be forecast, (n_ahead, n_channels - 1). The network reads
    windows of ``n_past`` steps or of one more. In the second case the last one is the
    step to be forecast: there the series is not known and repeats its last value.
    """
    n_past, n_ahead = len(past), len(others_ahead)
    others = np.concatenate([past[:, 1:], others_ahead])
    # What is not known repeats the last value that is.
    series = np.pad(past[:, 0].astype(np.float64), (0, n_ahead), mode="edge")
    of_window = scaling.of_window
    if of_window is not None:
        # The last values that later windows will have, but for the forecasts.
        last_values = np.column_stack([series, others])[n_past - 1 : -1]
        of_window.require_positive(last_values)
    affine = scaling.affine(past.shape[1], 1)
    if affine is None:
        _continue_in_python(
            series, others, n_past, n_steps, architecture, weights, scaling
        )
    else:
        _continue_in_graph(
            series, others, n_past, n_steps, architecture, weights, affine
        )
    _require_finite_and_positive(series, n_past, scaling)
    return series[n_past:]


def _require_finite_and_positive(series, n_past, scaling):
    """Refuse forecasts that ran away, and ratios to forecasts that are not positive."""
    if not np.isfinite(series).all():
        first = int(np.argmin(np.isfinite(series[n_past:]))) + 1
        raise ValueError(
            f"The forecast of step {first} is not finite: fed back, forecasts grew "
            "beyond all bounds. Use strategy='direct', or look for outliers in y and X."
        )
    read = series[n_past:-1]  # as the last values of later windows
    is_ratio = scaling.of_window is not None and scaling.of_window.method == "ratio"
    if is_ratio and (read <= 0).any():
        first = int(np.argmax(read <= 0))
        raise ValueError(
            f"The forecast of step {first + 1} is {read[first]:.6g}, but "
            "window_scaler with the method 'ratio' needs positive values to go on "
            "from. Use 'last' or 'standard', or strategy='direct'."
        )


def _continue_in_python(
    series, others, n_past, n_steps, architecture, weights, scaling
):
    """Fill in the series step by step: no graph knows what the scaler does."""
    for t in range(n_past, len(series)):
        part = slice(t - n_past, t - n_past + n_steps)
        windows = np.column_stack([series[part], others[part]])[np.newaxis]
        outputs = outputs_of(Rows(windows, None, scaling), weights, architecture)
        series[t:] = scaling.to_data(outputs, windows).item()


@on_cpu
def _continue_in_graph(
    series, others, n_past, n_steps, architecture, weights, scaling: Any
):
    """Fill in the series, in calls of bounded time."""
    length = program_length(-(-n_steps // scaling.segment_length))
    run = recursion_function(
        architecture,
        length,
        n_steps,
        others.shape[1] + 1,
        scaling.of_window,
        scaling.segment_length,
    )
    fixed = [
        [tf.convert_to_tensor(weight) for weight in weights],
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
