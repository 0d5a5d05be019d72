"""Tables whose rows are gathered from series when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_BLOCK_ROWS = 2**14


class LazyTable:
    """Windows, or what follows them, that are views of series joined end to end.

    ``table[i, j]`` is ``values[places[i] + offsets[j]]``: a row costs the number of its
    place, whatever the columns. What ``make_windows(lazy=True)`` returns. Indexed like
    an array, and then lazy again; NumPy, and with it scikit-learn, makes the table of
    it.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Of all series; of several channels, those of a step follow each other.
    places : ndarray of int of shape (n_rows,)
        Where each row begins.
    offsets : ndarray of int of any shape
        Where each column lies, from there on; its shape is that of a row.
    index : Index or None, default=None
        Labels of the rows.
    columns : list of str, str or None, default=None
        Labels of the columns, or of the only one.
    """

    def __init__(
        self,
        values: NDArray,
        places: NDArray,
        offsets: NDArray,
        index: pd.Index | None = None,
        columns: Sequence[str] | str | None = None,
    ) -> None:
        self.values = values
        self.places = places
        self.offsets = np.asarray(offsets)
        self.index = index
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
    def name(self) -> Any:
        """The label of the only column, of a table of one dimension."""
        return self.columns if self.ndim == 1 else None

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, key: Any) -> Any:
        rows, *columns = key if isinstance(key, tuple) else (key,)
        if isinstance(rows, int | np.integer):
            return np.asarray(self[[rows]])[(0, *columns)]
        return LazyTable(
            self.values,
            self.places[rows],
            self.offsets[tuple(columns)],
            None if self.index is None else self.index[rows],
            self.columns if all(part is Ellipsis for part in columns) else None,
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
        """Return the same rows with columns of other places, and without labels."""
        return LazyTable(self.values, self.places, offsets, self.index)

    def first_not_finite(self) -> int | None:
        """Return the first row with a value that is not finite, if there is one."""
        if np.isfinite(self.values).all():
            return None
        for start in range(0, len(self), _BLOCK_ROWS):
            block = np.asarray(self[start : start + _BLOCK_ROWS])
            is_bad = ~np.isfinite(block.reshape(len(block), -1)).all(axis=1)
            if is_bad.any():
                return start + int(np.argmax(is_bad))
        return None

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
    """Return an array or a lazy table of one dimension as one with a column."""
    if isinstance(y, LazyTable):
        return y.with_offsets(y.offsets.reshape(-1))
    return y.reshape(len(y), -1)
