"""A pandas series as arrays, strings and numbers, for saving.

skops holds no pandas objects.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import pandas_dtype
from pandas.tseries.frequencies import to_offset
from sklearn.base import BaseEstimator

TIME_INDEX = pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex


def pack(series: Any) -> Any:
    """Return a Series or DataFrame as a dict that skops can hold, else what came."""
    if not isinstance(series, pd.Series | pd.DataFrame):
        return series
    packed: dict = {"index": _pack_labels(series.index)}
    if isinstance(series, pd.Series):
        return {**packed, "name": series.name, "values": [_pack_values(series)]}
    values = [_pack_values(column) for _, column in series.items()]
    return {**packed, "columns": _pack_labels(series.columns), "values": values}


def unpack(packed: Any) -> Any:
    """Restore what :func:`pack` made: values, dtypes, labels and frequency."""
    if not isinstance(packed, dict):
        return packed
    index = _unpack_labels(packed["index"])
    values = [
        pd.Series(held["values"], index, held["dtype"], copy=False)
        for held in packed["values"]
    ]
    if "name" in packed:
        return values[0].rename(packed["name"])
    frame = pd.DataFrame(dict(enumerate(values)), index=index, copy=False)
    return frame.set_axis(_unpack_labels(packed["columns"]), axis=1)


def _pack_values(values: pd.Series | pd.Index) -> dict:
    plain = isinstance(values.dtype, np.dtype) and values.dtype != object
    held = values.to_numpy() if plain else values.tolist()
    return {"values": held, "dtype": str(values.dtype)}


def _pack_labels(labels: pd.Index) -> Any:
    held: dict = {"dtype": str(labels.dtype)}
    try:
        pandas_dtype(held["dtype"])
    except TypeError:  # a time zone without a name; pickle holds it as it is
        return labels
    if isinstance(labels, pd.MultiIndex):
        return labels
    if isinstance(labels, pd.RangeIndex):
        held["range"] = [labels.start, labels.stop, labels.step]
    elif isinstance(labels, pd.CategoricalIndex):
        held["categories"] = _pack_labels(labels.categories)
        held |= {"codes": labels.codes, "ordered": bool(labels.ordered)}
    elif isinstance(labels, TIME_INDEX):
        held["integers"] = labels.astype("int64").to_numpy()
        held["freq"] = _pack_freq(labels.freq)
    else:
        held = _pack_values(labels)
    return {**held, "name": labels.name}


def _unpack_labels(held: Any) -> pd.Index:
    if not isinstance(held, dict):
        return held
    dtype = held["dtype"]
    labels: Any
    if "range" in held:
        labels = pd.RangeIndex(*held["range"])
    elif "codes" in held:
        kinds = pd.CategoricalDtype(_unpack_labels(held["categories"]), held["ordered"])
        labels = pd.CategoricalIndex(
            pd.Categorical.from_codes(held["codes"], dtype=kinds)
        )
    elif "integers" not in held:
        labels = pd.Index(held["values"], dtype=dtype)
    elif dtype.startswith("period"):
        kind: Any = pandas_dtype(dtype)
        labels = pd.PeriodIndex(pd.arrays.PeriodArray(held["integers"], dtype=kind))
    else:
        labels = pd.Index(held["integers"], dtype=dtype)
        labels.freq = held["freq"]
    return labels.rename(held["name"])


def _pack_freq(freq: Any) -> Any:
    """Return the name of a frequency, or itself where its name does not tell all."""
    try:
        return freq.freqstr if to_offset(freq.freqstr) == freq else freq
    except (AttributeError, ValueError):  # no frequency, or a name pandas can't read
        return freq


def checksum(held: Any) -> int:
    """Return one number that changes with the arrays in lists and estimators."""
    return reduce(lambda crc, array: zlib.crc32(array.tobytes(), crc), _arrays(held), 0)


def _arrays(held: Any) -> Iterator[NDArray]:
    """Yield the arrays in lists, dicts and estimators, however deep."""
    if isinstance(held, np.ndarray):
        yield held
    elif isinstance(held, BaseEstimator):
        yield from _arrays(vars(held))
    elif isinstance(held, dict | list | tuple):
        values = held.values() if isinstance(held, dict) else held
        for value in values:
            yield from _arrays(value)
