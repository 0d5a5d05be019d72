"""Reading series: one, several or a panel, checked and as arrays."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class SeriesArrays(NamedTuple):
    """One series, checked."""

    values: NDArray  # (n_timesteps, n_channels), the target first
    names: list | None  # of the channels; None for an array
    times: pd.Index  # of the steps; with several levels the last one is the time


def as_frame(series: Any) -> Any:
    """Return a Series as a frame of one column, anything else as it came."""
    if isinstance(series, pd.Series):
        return series.to_frame("y" if series.name is None else series.name)
    return series


def read(
    series: Any, target: Hashable, n_steps: int, horizon: int = 0
) -> list[SeriesArrays]:
    """Read one series, a list of series or a panel.

    Parameters
    ----------
    series : array-like, Series or DataFrame, or list of these
    target : hashable
        The channel to put first; None takes the only one.
    n_steps, horizon : int
        A series must have at least so many time steps together.

    Returns
    -------
    list of SeriesArrays
    """
    kinds = np.ndarray | pd.Series | pd.DataFrame
    parts = [("series", series)]
    if isinstance(series, list | tuple) and any(isinstance(s, kinds) for s in series):
        parts = [(f"series[{i}]", part) for i, part in enumerate(series)]
    elif isinstance(series, pd.Series | pd.DataFrame) and series.index.nlevels > 1:
        level = 0 if series.index.nlevels == 2 else [*range(series.index.nlevels - 1)]
        groups = series.groupby(level=level, sort=False, dropna=False, observed=True)
        parts = [(f"series {name!r}", part) for name, part in groups]
    if not parts:
        raise ValueError("series is a panel without rows. Give at least one series.")
    read = [read_one(*part, target, n_steps, horizon) for part in parts]
    kept = [(one.names, one.values.shape[1]) for one in read]
    for (called, _), kind in zip(parts, kept, strict=True):
        if kind != kept[0]:
            raise ValueError(
                f"{called} has {kind[1]} channel(s) named {kind[0]}, but the first "
                f"series {kept[0][1]} named {kept[0][0]} (None: an array). Give all "
                "series the same kind and the same channels."
            )
    return read


def read_one(
    called: str, series: Any, target: Hashable, n_steps: int, horizon: int = 0
) -> SeriesArrays:
    """Check one series; copy it only where its channels have to be moved."""
    frame, array = as_frame(series), None
    names: list
    times: pd.Index
    if isinstance(frame, pd.DataFrame):
        names, times = list(frame.columns), frame.index
        channels = [
            _as_numbers(frame.iloc[:, k].to_numpy(), f"column {name!r} of {called}")
            for k, name in enumerate(names)
        ]
    else:
        array = _as_numbers(np.asarray(series), called)
        if array.ndim not in (1, 2):
            raise ValueError(
                f"{called} has {array.ndim} dimension(s), but must have shape "
                "(n_timesteps,) or (n_timesteps, n_channels)."
            )
        channels = [array] if array.ndim == 1 else list(array.T)
        names, times = list(range(len(channels))), pd.RangeIndex(len(array))
    first = _position(target, names, called)
    _check_order(times.get_level_values(-1), called)
    check_length(len(times), n_steps, horizon, called)
    channels.insert(0, channels.pop(first))
    names.insert(0, names.pop(first))
    if len(channels) == 1:
        values = channels[0][:, None]
    elif array is not None and first == 0 and array.flags.c_contiguous:
        values = array
    else:
        values = np.column_stack(channels)
    return SeriesArrays(values, names if array is None else None, times)


def _as_numbers(values: NDArray, called: str) -> NDArray:
    try:
        values = values.astype(float) if values.dtype == object else values
        if values.dtype.kind not in "biuf":
            raise TypeError("not a dtype of real numbers")
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{called} has dtype {values.dtype}, but must hold real numbers: {error}. "
            "Encode or drop it."
        ) from error
    return values


def _position(target: Hashable, names: list, called: str) -> int:
    if len(set(map(str, names))) < len(names):
        raise ValueError(f"{called} has two columns of one name: {names}. Rename them.")
    if target is None and len(names) == 1:
        return 0
    if target not in names:
        raise ValueError(
            f"target={target!r}, but must name the column of {called} to forecast, one "
            f"of {names}."
        )
    return names.index(target)


def _check_order(times: pd.Index, called: str) -> None:
    def unordered(stop: int) -> bool:
        head = times[:stop]
        return not (head.is_monotonic_increasing and head.is_unique)

    if unordered(len(times)):
        # The shortest beginning that is out of order ends with the culprit.
        row = bisect_left(range(1, len(times)), True, key=unordered)
        raise ValueError(
            f"{called} must be sorted by time, each label once, but the label "
            f"{times[row]!r} of row {row} is missing, repeated or earlier than the one "
            "before it. Use sort_index, and drop or merge repeated labels."
        )


def check_length(length: int, n_steps: int, horizon: int, called: str) -> None:
    if length < n_steps + horizon:
        asked, smaller = f"n_steps={n_steps}", "n_steps"
        if horizon:
            asked, smaller = f"{asked} and horizon={horizon}", "n_steps or horizon"
        raise ValueError(
            f"{called} has {length} time step(s), but {asked} need at least "
            f"{n_steps + horizon}. Use a smaller {smaller} or a longer series."
        )
