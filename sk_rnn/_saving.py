"""What is stored: pandas objects as arrays, strings and numbers; a checksum.

skops holds no pandas objects. A part that these can't tell in full stays as it is, for
pickle: an offset with holidays, a zone of unknown name, objects, others' extensions.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import arrays
from pandas.api.types import pandas_dtype
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BaseOffset
from sklearn.base import BaseEstimator

from sk_rnn._version import __version__

TIME_INDEX = pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex


# Names of all public classes, for `skops.io.load(file, trusted=sk_rnn.TRUSTED_TYPES)`.
TRUSTED_TYPES = (
    "sk_rnn.forecasters.GRUForecaster",
    "sk_rnn.forecasters.LSTMForecaster",
    "sk_rnn.forecasters.RNNForecaster",
    "sk_rnn.persistence.PersistenceForecaster",
    "sk_rnn.sktime.forecasters.GRUForecaster",
    "sk_rnn.sktime.forecasters.LSTMForecaster",
    "sk_rnn.sktime.forecasters.RNNForecaster",
    "sk_rnn.window_scaler.WindowScaler",
    "sk_rnn.windows.WindowTransformer",
)


def pack(held: Any) -> Any:
    """Return an object of pandas as a dict that skops can hold, else what came."""
    match held:
        case pd.Series():
            return _pack("series", held.array, held.index, held.name)
        case pd.DataFrame():
            columns = [column.array for _, column in held.items()]
            return _pack("frame", held.index, held.columns, *columns)
        case pd.Index():
            return _pack_part(held)
        case pd.Timestamp() | pd.Timedelta() | pd.Period():
            index: Any = pd.Index([held])
            if not isinstance(held, pd.Period):  # pandas 2 makes nanoseconds of all
                index = index.as_unit(held.unit)
            packed = _pack("label", index)
            made = unpack(packed)
            return packed if (made, repr(made)) == (held, repr(held)) else held
        case BaseOffset() if isinstance(_name_of(held), str):
            return _pack("offset", _name_of(held))
    return held


def unpack(packed: Any) -> Any:
    """Restore what :func:`pack` made: values, dtypes, labels and frequency."""
    if isinstance(packed, dict) and "make" in packed:
        return MAKE[packed["make"]](*map(unpack, packed["of"]))
    return packed


def _pack(make: str, *parts: Any) -> dict:
    """Return which function of `MAKE` makes an object, and of what."""
    return {"make": make, "of": [_pack_part(part) for part in parts]}


def _pack_part(part: Any) -> Any:
    """Return an index or array as a dict, or as it is if that would lose anything."""
    match part:
        case pd.MultiIndex():
            packed = _pack("levels", np.array(part.codes), *part.levels)
        case pd.RangeIndex():
            packed = _pack("range", part.start, part.stop, part.step, part.name)
        case pd.DatetimeIndex() | pd.TimedeltaIndex():
            packed = _pack("index", part.array, part.name, _name_of(part.freq))
        case pd.Index():
            packed = _pack("index", part.array, part.name)
        case pd.Categorical():
            packed = _pack("codes", part.codes, part.categories, part.ordered)
        case arrays.IntervalArray():
            packed = _pack("sides", part.left, part.right, part.closed)
        case arrays.DatetimeArray() | arrays.PeriodArray():
            packed = _pack("array", part.view("int64"), str(part.dtype))
        case arrays.IntegerArray() | arrays.FloatingArray() | arrays.BooleanArray():
            values = part.to_numpy(part.dtype.type, na_value=0)
            packed = _pack("array", values, str(part.dtype), part.isna())
        case arrays.StringArray() | arrays.ArrowStringArray():
            texts = [text if isinstance(text, str) else None for text in part]
            packed = _pack("array", texts, str(part.dtype))
        case arrays.NumpyExtensionArray() if part.dtype.kind == "O":
            packed = _pack("array", part.tolist(), "object")
        case np.ndarray() | arrays.NumpyExtensionArray() | arrays.TimedeltaArray():
            return np.asarray(part).copy()
        case _:
            return part
    try:
        made = unpack(packed)
        is_index = isinstance(part, pd.Index)
        same = made.identical(part) if is_index else made.dtype == part.dtype
    except (TypeError, ValueError):  # pandas can't read a dtype or frequency
        same = False
    return packed if same else part


def _name_of(freq: Any) -> Any:
    """Return the name of a frequency, or itself where that does not tell all."""
    try:
        return freq.freqstr if to_offset(freq.freqstr) == freq else freq
    except (AttributeError, ValueError):  # no frequency, or a name pandas can't read
        return freq


def _make_series(array: Any, index: pd.Index, name: Any = None) -> pd.Series:
    """Return a Series that shares no values with what is packed."""
    # pandas 2 shares times in spite of copy=True.
    return pd.Series(array, index, array.dtype, name, copy=False).copy()


def _make_frame(index: pd.Index, columns: pd.Index, *values: Any) -> pd.DataFrame:
    """Return a DataFrame, whose columns may have the same name."""
    numbered = {n: _make_series(array, index) for n, array in enumerate(values)}
    return pd.DataFrame(numbered, index, copy=False).set_axis(columns, axis=1)


def _make_levels(codes: Any, *levels: Any) -> pd.MultiIndex:
    """Return a MultiIndex, whose levels have its names."""
    return pd.MultiIndex(levels, codes, names=[level.name for level in levels])


def _make_index(array: Any, name: Any, freq: Any = None) -> pd.Index:
    """Return an Index of the class that its values ask for."""
    index: Any = pd.Index(array, array.dtype, name=name)
    if freq is not None:
        index.freq = freq
    return index


def _make_array(values: Any, name: str, mask: Any = None) -> Any:
    """Return an array of the dtype of this name."""
    dtype: Any = pandas_dtype(name)
    if mask is not None:  # in pandas 2 a value can be NaN and not missing
        return dtype.construct_array_type()(values, mask)
    if isinstance(dtype, pd.PeriodDtype):  # pd.array makes none of numbers
        return arrays.PeriodArray(values, dtype)
    return pd.array(values, dtype)


MAKE: dict = {
    "series": _make_series,
    "frame": _make_frame,
    "levels": _make_levels,
    "range": lambda first, end, step, name: pd.RangeIndex(first, end, step, name=name),
    "index": _make_index,
    "codes": pd.Categorical.from_codes,
    "sides": arrays.IntervalArray.from_arrays,
    "array": _make_array,
    "label": lambda index: index[0],
    "offset": to_offset,
}


def unreadable(cls: type, version: str, problem: Any) -> ValueError:
    """Return the error of a state that does not fit this version."""
    return ValueError(
        f"This {cls.__name__} was altered, or saved by another version of sk_rnn (by "
        f"{version}, this is {__version__}): {problem}. Load it with the version that "
        "saved it, or fit it again."
    )


def checksum(held: Any) -> int:
    """Return one number that changes with the arrays in lists and estimators."""
    little_endian = (a.astype(a.dtype.newbyteorder("<")) for a in _arrays(held))
    return reduce(lambda crc, a: zlib.crc32(a.tobytes(), crc), little_endian, 0)


def _arrays(held: Any) -> Iterator[NDArray]:
    """Yield the arrays in lists, dicts and estimators, however deep."""
    if isinstance(held, np.ndarray) and held.dtype != object:
        yield held
    elif isinstance(held, np.ndarray):
        yield from _arrays(held.tolist())
    elif isinstance(held, BaseEstimator):
        yield from _arrays(vars(held))
    elif isinstance(held, dict | list | tuple):
        values = held.values() if isinstance(held, dict) else held
        for value in values:
            yield from _arrays(value)
