"""Losses: of point forecasts by their names, of quantiles by their levels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def n_levels(loss: Loss) -> int:
    """Return how many outputs a network has for each target."""
    return 1 if isinstance(loss, str) else len(loss)


def row_losses(loss: Loss) -> Callable[[Any, Any], Any]:
    """Return what maps targets and outputs, arrays or tensors, to a loss per row.

    Targets are (n_rows, horizon), outputs (n_rows, horizon * n_levels), the levels of a
    step side by side.
    """
    import keras

    if isinstance(loss, str):
        return keras.losses.get(loss)

    def pinball(targets: Any, outputs: Any) -> Any:
        """Average the pinball loss [1]_ over steps and levels.

        .. [1] R. Koenker and G. Bassett, "Regression Quantiles", Econometrica 46(1),
           1978.
        """
        ops = keras.ops
        outputs = ops.reshape(outputs, (*targets.shape, len(loss)))
        levels = ops.convert_to_tensor(loss, outputs.dtype)
        errors = ops.expand_dims(targets, -1) - outputs
        return ops.mean(ops.maximum(levels * errors, (levels - 1) * errors), (1, 2))

    return pinball
