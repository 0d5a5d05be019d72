"""Tables whose rows are gathered from series when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_BLOCK_ROWS = 2**14


class Labels(NamedTuple):
    """The times of series, which label rows by the step behind each window."""

    times: list[pd.Index]  # of the series, in the order of their values
    n_channels: int  # values of each step
    n_steps: int  # of a window

    def of(self, places: NDArray) -> pd.Index:
        """Return the labels of the rows that begin at some places."""
        steps = places // self.n_channels + self.n_steps
        ends = np.cumsum([len(each) for each in self.times])
        used, series = np.unique(
            ends.searchsorted(steps, side="right"), return_inverse=True
        )
        times = [self.times[number] for number in used]
        if not times:
            return self.times[0][:0]
        lengths = [len(each) for each in times]
        # How far the series in use lie from where they would, were all in use.
        gaps = ends[used] - np.cumsum(lengths)
        return times[0].append(times[1:])[steps - gaps[series]]


class LazyTable:
    """Windows, or what follows them, that are views of series joined end to end.

    ``table[i, j]`` is ``values[places[i] + offsets[j]]``: a row costs the number of its
    place, whatever the columns. What ``make_windows(lazy=True)`` returns. Rows are
    chosen as those of an array, and are lazy again; NumPy, and with it scikit-learn,
    makes the table of it.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Of all series; of several channels, those of a step follow each other.
    places : ndarray of int of shape (n_rows,)
        Where each row begins.
    offsets : ndarray of int of any shape
        Where each column lies, from there on; its shape is that of a row.
    labels : Labels or None, default=None
        Of the rows.
    columns : list of str, str or None, default=None
        Labels of the columns, or of the only one.
    """

    def __init__(
        self,
        values: NDArray,
        places: NDArray,
        offsets: NDArray,
        labels: Labels | None = None,
        columns: Sequence[str] | str | None = None,
    ) -> None:
        self.values = values
        self.places = places
        self.offsets = np.asarray(offsets)
        self._labels = labels
        self.columns = columns

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the table."""
        return len(self.places), *self.offsets.shape

    @property
    def ndim(self) -> int:
        """How many dimensions the table has."""
        return 1 + self.offsets.ndim

    @property
    def dtype(self) -> np.dtype:
        """Of the values."""
        return self.values.dtype

    @property
    def size(self) -> int:
        """How many values the table has."""
        return len(self) * self.offsets.size

    @property
    def index(self) -> pd.Index | None:
        """The labels of the rows, if they have any."""
        return None if self._labels is None else self._labels.of(self.places)

    @property
    def name(self) -> Any:
        """The label of the only column, of a table of one dimension."""
        return self.columns if self.ndim == 1 else None

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, key: Any) -> Any:
        key = key if isinstance(key, tuple) else (key,)
        if key[0] is Ellipsis:
            key = (slice(None),) * (self.ndim - len(key) + 1) + key[1:]
        rows, columns = key[0], key[1:]
        if isinstance(rows, int | np.integer) and not isinstance(rows, bool):
            return np.asarray(self[[rows]])[(0, *columns)]
        n_lists = sum(np.ndim(part) > 0 for part in key if part is not Ellipsis)
        if n_lists > 1 or not (isinstance(rows, slice) or np.ndim(rows) == 1):
            raise IndexError(
                f"A LazyTable is indexed by a slice, a number or one list of rows, and "
                f"slices or numbers of columns, but the index is {key!r}. Use "
                "numpy.asarray(table), which makes the table."
            )
        offsets = self.offsets[columns]
        return LazyTable(
            self.values,
            self.places[rows],
            offsets,
            self._labels,
            self.columns if np.array_equal(offsets, self.offsets) else None,
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray:
        if copy is False:
            raise ValueError("A LazyTable has no array that could be shared.")
        flat = self.offsets.ravel()
        if not self.size:
            table = np.empty(self.shape, self.dtype)
        elif np.array_equal(flat, flat[0] + np.arange(len(flat))):
            rows = sliding_window_view(self.values, len(flat))
            table = rows[self.places + flat[0]].reshape(self.shape)
        else:
            columns = (np.newaxis,) * self.offsets.ndim
            table = self.values[self.places[:, *columns] + self.offsets]
        return table if dtype is None else table.astype(dtype, copy=False)

    def __repr__(self) -> str:
        return f"LazyTable of shape {self.shape}, dtype {self.dtype}"

    def with_offsets(self, offsets: NDArray) -> LazyTable:
        """Return the same rows with other columns, which have no labels."""
        return LazyTable(self.values, self.places, offsets, self._labels)

    def require_finite(self, name: str) -> None:
        """Refuse a row that holds NaN or infinity."""
        if np.isfinite(self.values).all():
            return
        for start in range(0, len(self), _BLOCK_ROWS):
            block = np.asarray(self[start : start + _BLOCK_ROWS])
            is_bad = ~np.isfinite(block.reshape(len(block), -1)).all(axis=1)
            if is_bad.any():
                row = start + int(np.argmax(is_bad))
                what, remedy = "infinity", "Replace such values in the series."
                if np.isnan(block[row - start]).any():
                    what = "NaN"
                    remedy = (
                        "Leave such windows out with make_windows(..., dropna=True), "
                        "or fill the series before."
                    )
                raise ValueError(
                    f"Input {name} contains {what}, first in row {row}. {remedy}"
                )

    def to_pandas(self) -> Any:
        """Return the table as pandas object, or as an array if it has no labels."""
        table = np.asarray(self)
        if self.columns is None:
            return table
        if table.ndim == 1:
            return pd.Series(table, self.index, name=self.columns, copy=False)
        return pd.DataFrame(table, self.index, [*self.columns], copy=False)


def smallest_int(largest: int) -> type[np.int32 | np.int64]:
    """Return the dtype that counts up to a number, of 4 bytes where they do."""
    return np.int32 if largest <= np.iinfo(np.int32).max else np.int64


def as_columns(y: Any) -> Any:
    """Return targets as a table of floats, a view where it can be.

    Those of one dimension become a column. A lazy table stays one.
    """
    if isinstance(y, LazyTable):
        values = y.values.astype(np.float64, copy=False)
        return LazyTable(values, y.places, y.offsets.reshape(-1), y._labels)
    return np.asarray(y, np.float64).reshape(len(y), -1)
