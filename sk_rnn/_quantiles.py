"""Levels of quantiles: checked, and forecasts at levels between those trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 1e-7  # of a level in float32


def read_levels(levels: Any) -> tuple[float, ...] | None:
    """Return levels as floats, None if they are no list of numbers in (0, 1).

    Rounded, so that the bounds of an interval, 0.5 - 0.9 / 2 for one, are levels.
    """
    try:
        read = np.asarray(levels, dtype=float).round(12)
    except (TypeError, ValueError):
        return None
    inside = read.ndim == 1 and read.size and ((read > 0) & (read < 1)).all()
    return tuple(read.tolist()) if inside else None


def point_level(levels: Sequence[float]) -> int | None:
    """Return the place of the point forecast: of the median, or of the only level."""
    if len(levels) == 1:
        return 0
    return levels.index(0.5) if 0.5 in levels else None


def require_between(levels: Sequence[float], trained: Sequence[float]) -> None:
    """Refuse levels outside of those that a network was trained for."""
    low, high = trained[0] - _ROUNDING, trained[-1] + _ROUNDING
    outside = [level for level in levels if not low <= level <= high]
    if outside:
        raise ValueError(
            f"The levels {outside} lie outside of what the network was trained for, "
            f"{trained[0]} to {trained[-1]}. Ask for less, or fit with quantiles that "
            "span these levels, or with calibration_fraction."
        )


def at_levels(
    values: NDArray, trained: Sequence[float], levels: Sequence[float]
) -> NDArray:
    """Interpolate between levels, (..., n_trained) -> (..., n_levels).

    A level outside of the trained ones gets the value of the outermost one.
    """
    places = np.interp(levels, trained, np.arange(len(trained)))
    below = places.astype(int)
    above = np.ceil(places).astype(int)
    share = places - below
    return values[..., below] * (1 - share) + values[..., above] * share
