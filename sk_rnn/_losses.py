"""Losses: of point forecasts by their names, of quantiles by their levels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

NAMES = ("mse", "mae", "huber", "log_cosh")
# Keras's own spellings of what we call by its short names.
ALIASES = {
    "MSE": "mse",
    "MeanSquaredError": "mse",
    "mean_squared_error": "mse",
    "MAE": "mae",
    "MeanAbsoluteError": "mae",
    "mean_absolute_error": "mae",
    "Huber": "huber",
    "LogCosh": "log_cosh",
    "logcosh": "log_cosh",
}

Loss = str | tuple[float, ...]  # a name, or the levels of the pinball loss


def levels_of(loss: Loss) -> tuple[float, ...]:
    """Return the levels of the outputs that a network has for each target."""
    return (0.5,) if isinstance(loss, str) else loss


def name_of(loss: Loss) -> str:
    """Return what shapes a program: the levels are numbers that it is given."""
    return loss if isinstance(loss, str) else "pinball"


def output_losses(name: str) -> Callable[[Any, Any, Any], Any]:
    """Return what maps targets, outputs and their levels to a loss per output.

    Targets and outputs are arrays or tensors of shape (n_rows, n_outputs), as the
    losses are; levels, which only the pinball loss reads, are (n_outputs,).
    """
    import keras

    ops = keras.ops
    if name == "pinball":

        def pinball(targets: Any, outputs: Any, levels: Any) -> Any:
            """Compute the pinball loss [1]_.

            .. [1] R. Koenker and G. Bassett, "Regression Quantiles", Econometrica
               46(1), 1978.
            """
            errors = targets - outputs
            return ops.maximum(levels * errors, (levels - 1) * errors)

        return pinball
    if name == "huber":

        def huber(targets: Any, outputs: Any, levels: Any) -> Any:
            # Keras's own chooses between two formulas: what XLA makes of that is five
            # times as slow from 128 units on.
            errors = targets - outputs
            clipped = ops.clip(errors, -1, 1)
            return clipped * (errors - clipped / 2)

        return huber
    average = keras.losses.get(name)  # over the last axis, here of one output

    def point(targets: Any, outputs: Any, levels: Any) -> Any:
        return average(*(ops.expand_dims(each, -1) for each in (targets, outputs)))

    return point


def row_losses(loss: Loss) -> Callable[[Any, Any], Any]:
    """Return what maps targets and outputs, arrays, to a loss per row.

    Targets are (n_rows, horizon), outputs (n_rows, horizon * n_levels), the levels of a
    step side by side.
    """
    losses = output_losses(name_of(loss))

    def mean(targets: Any, outputs: Any) -> Any:
        horizon, levels = targets.shape[1], levels_of(loss)
        targets = np.repeat(targets, len(levels), axis=1)
        by_output = losses(targets, outputs, np.tile(levels, horizon))
        return np.asarray(by_output, np.float64).mean(axis=1)

    return mean
