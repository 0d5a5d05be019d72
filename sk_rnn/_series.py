"""Reading series: one, several or a panel, checked and as arrays."""

from __future__ import annotations

import warnings
from bisect import bisect_left
from collections.abc import Hashable
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import infer_dtype

_OWN = np.ndarray | pd.Series | pd.DataFrame  # the kinds that are read as they are
_ENCODE = "Encode or drop it."


class SeriesArrays(NamedTuple):
    """One series, checked."""

    called: str  # in messages
    values: NDArray  # (n_timesteps, n_channels), the target first
    names: list | None  # of the channels; None for an array
    times: pd.Index  # of the steps; with several levels the last one is the time
    ahead: NDArray | None = None  # (n_timesteps, n_ahead), known for times to come


def as_frame(series: Any) -> Any:
    """Return a Series as a frame of one column, anything else as it came."""
    if isinstance(series, pd.Series):
        return series.to_frame("y" if series.name is None else series.name)
    return series


def read_ahead(known: Any) -> list[SeriesArrays]:
    """Read what is known of times to come, one frame for each series."""
    many = isinstance(known, list | tuple)
    known = [as_pandas(part) for part in known] if many else as_pandas(known)
    frame = known[0] if many else known
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            f"ahead is of type {type(frame).__name__}, but must be a DataFrame with a "
            "row for each time to be forecast, or a list of such frames."
        )
    return read(known, frame.columns[0])


def read(series: Any, target: Hashable, known: Any = None) -> list[SeriesArrays]:
    """Read one series, a list of series or a panel, all of the same channels.

    The channel ``target`` comes first; None takes the only one. ``known`` has the form
    of ``series`` and holds what is known ahead.
    """
    if known is not None:
        first = known[0] if isinstance(known, list) else known
        others = read(known, first.columns[0] if hasattr(first, "columns") else 0)
        pairs = zip(read(series, target), others, strict=True)
        return [part._replace(ahead=other.values) for part, other in pairs]
    series = as_pandas(series)
    parts = [("series", series)]
    if isinstance(series, list | tuple) and any(map(_is_series, series)):
        parts = [(f"series[{i}]", part) for i, part in enumerate(series)]
    elif isinstance(series, pd.Series | pd.DataFrame) and series.index.nlevels > 1:
        level = 0 if series.index.nlevels == 2 else [*range(series.index.nlevels - 1)]
        groups = series.groupby(level=level, sort=False, dropna=False, observed=True)
        parts = [(f"series {name!r}", part) for name, part in groups]
    if not parts:
        raise ValueError("series is a panel without rows. Give at least one series.")
    return _of_one_kind([read_one(*part, target) for part in parts])


def _of_one_kind(parts: list[SeriesArrays]) -> list[SeriesArrays]:
    """Refuse series of different channels, but for the columns of a wide table."""
    kinds = [(part.names, part.values.shape[1]) for part in parts]
    if all(names is not None and n_channels == 1 for names, n_channels in kinds):
        same = all(names == kinds[0][0] for names, _ in kinds)
        return parts if same else [part._replace(names=["y"]) for part in parts]
    for part, kind in zip(parts, kinds, strict=True):
        if kind != kinds[0]:
            raise ValueError(
                f"{part.called} has {kind[1]} channel(s) named {kind[0]}, but the "
                f"first series {kinds[0][1]} named {kinds[0][0]} (None: an array). "
                "Give all series the same kind and the same channels."
            )
    return parts


def read_one(called: str, series: Any, target: Hashable) -> SeriesArrays:
    """Check one series; copy it only where its channels have to be moved."""
    frame, array = as_frame(as_pandas(series)), None
    names: list
    times: pd.Index
    if isinstance(frame, pd.DataFrame):
        names, times = list(frame.columns), frame.index
        channels = [
            _column(frame.iloc[:, k].to_numpy(), name, called, alone=len(names) == 1)
            for k, name in enumerate(names)
        ]
    else:
        array = _as_numbers(np.asarray(unmasked(series)), called)
        if array.ndim not in (1, 2):
            raise ValueError(
                f"{called} has {array.ndim} dimension(s), but must have shape "
                "(n_timesteps,) or (n_timesteps, n_channels)."
            )
        channels = [array] if array.ndim == 1 else list(array.T)
        names, times = list(range(len(channels))), pd.RangeIndex(len(array))
    first = _position(target, names, called)
    _check_order(times.get_level_values(-1), called)
    channels.insert(0, channels.pop(first))
    names.insert(0, names.pop(first))
    if len(channels) == 1:
        values = channels[0][:, None]
    elif array is not None and first == 0 and array.flags.c_contiguous:
        values = array
    else:
        values = np.column_stack(channels)
    return SeriesArrays(called, values, names if array is None else None, times)


# ------------------------------------------------------------------- other libraries


def _is_series(part: Any) -> bool:
    return isinstance(part, _OWN) or _is_foreign(part)


def _is_foreign(series: Any) -> bool:
    """Tell whether something is a frame or series of polars, pyarrow or the like."""
    if isinstance(series, _OWN):
        return False
    return hasattr(series, "to_pandas") or hasattr(series, "__dataframe__")


def as_pandas(series: Any) -> Any:
    """Return another library's frame or series as pandas', anything else as it came."""
    if not _is_foreign(series):
        return series
    converted = _converted(series)
    unnamed = isinstance(converted, pd.Series) and converted.name == ""  # in polars
    return converted.rename(None) if unnamed else converted


def _converted(series: Any) -> Any:
    """Convert by the way that keeps most: names, values, and the index if there is."""
    if hasattr(series, "to_pandas"):
        with suppress(ImportError):  # polars needs pyarrow for it
            return series.to_pandas()
    with suppress(ImportError):  # comes with scikit-learn from 1.9 on
        import narwhals

        read = narwhals.from_native(
            series, eager_only=True, allow_series=True, pass_through=True
        )
        if isinstance(read, narwhals.Series):
            return pd.Series(read.to_numpy(), name=read.name, copy=False)
        if isinstance(read, narwhals.DataFrame):
            columns = {name: read[name].to_numpy() for name in read.columns}
            return pd.DataFrame(columns, copy=False)
    with warnings.catch_warnings():  # pandas 3 has deprecated the protocol
        warnings.simplefilter("ignore", DeprecationWarning)
        return pd.api.interchange.from_dataframe(series)


# -------------------------------------------------------------------- values and labels


def unmasked(array: Any) -> Any:
    """Return a masked array with NaN for what is masked, anything else as it came."""
    if not isinstance(array, np.ma.MaskedArray):
        return array
    if not np.ma.is_masked(array) or array.dtype.kind not in "biufO":
        return array.data
    dtype = float if array.dtype.kind in "biu" else array.dtype
    return np.ma.filled(array.astype(dtype), np.nan)


def _as_numbers(values: NDArray, called: str, remedy: str = _ENCODE) -> NDArray:
    try:
        if values.dtype == object:
            values = np.where(pd.isna(values), np.nan, values).astype(float)
        if values.dtype.kind not in "biuf":
            raise TypeError("not a dtype of real numbers")
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{called} has dtype {values.dtype}, but must hold real numbers: {error}. "
            f"{remedy}"
        ) from error
    return values


def _column(values: NDArray, name: Hashable, called: str, alone: bool) -> NDArray:
    """Return a column of a frame as numbers; say of dates where they belong."""
    called = f"column {name!r} of {called}"
    if not alone and values.dtype.kind not in "biuf" and _are_times(values):
        remedy = (
            "It holds dates or times: set it as the index of a pandas frame, as "
            f"set_index({name!r}) does, or drop it."
        )
        return _as_numbers(values, called, remedy)
    return _as_numbers(values, called)


def _are_times(values: NDArray) -> bool:
    """Tell whether values are dates, times or periods, as such or as text."""
    some = pd.Series(values).dropna().head(3)
    kind = infer_dtype(some)
    if kind == "string":
        read = pd.to_datetime(some, format="ISO8601", errors="coerce")
        return bool(read.notna().all())
    return kind.startswith(("date", "time", "period"))


def _position(target: Hashable, names: list, called: str) -> int:
    if len(set(map(str, names))) < len(names):
        raise ValueError(f"{called} has two columns of one name: {names}. Rename them.")
    if target is None and len(names) == 1:
        return 0
    with suppress(TypeError):  # a tuple that holds a list
        # By hash: pd.NA is equal to nothing, and says so by raising.
        positions = {name: k for k, name in enumerate(names)}
        if target in positions:
            return positions[target]
    raise ValueError(
        f"target={target!r}, but must name the column of {called} to forecast, one "
        f"of {names}."
    )


def _check_order(times: pd.Index, called: str) -> None:
    def unordered(stop: int) -> bool:
        # In pandas 2, a slice inherits what the whole has found out about itself.
        head = times if stop == len(times) else times.take(np.arange(stop))
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
    """Refuse a series too short for one window and what follows it."""
    if length < n_steps + horizon:
        asked, smaller = f"n_steps={n_steps}", "n_steps"
        if horizon:
            asked, smaller = f"{asked} and horizon={horizon}", "n_steps or horizon"
        raise ValueError(
            f"{called} has {length} time step(s), but {asked} need at least "
            f"{n_steps + horizon}. Use a smaller {smaller} or a longer series."
        )
