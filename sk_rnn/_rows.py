"""How a row of a table is read: lags of any dialect as steps, the rest as features."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    validate_data,
)

from sk_rnn._lazy_table import LazyTable

# All of a label must match: `expanding_mean_lag1` is no lag. The second number is what
# an age is more than the number in the label, where the newest lag is 0.
_DIALECTS = [
    (re.compile(r"(?P<name>.*)\[t-(?P<lag>[1-9]\d*)\]", re.DOTALL), 0),  # make_windows
    (re.compile(r"(?P<name>.*_(target|pastcov|futcov))_lag-(?P<lag>[1-9]\d*)"), 0),
    (re.compile(r"lag_1__lag_(?P<lag>\d+)__(?P<name>.*)"), 1),  # sktime, recursive
    (re.compile(r"lag_(?P<lag>\d+)__(?P<name>.*)"), 1),  # sktime, direct
    (re.compile(r"(lag_?|(?P<name>.*)_lag_)(?P<lag>[1-9]\d*)"), 0),
]
_UNITS = "D|B|W|M|MS|ME|Q|QS|QE|Y|YS|YE|h|H|min|T|s|S|ms|us|ns"
_WITH_UNIT = re.compile(rf"(lag_?|.*_lag_)\d+({_UNITS})")


@dataclass
class Windows:
    """Rows, read: steps of the past, and features of the time to be forecast."""

    steps: Any  # (n_windows, n_steps, n_channels)
    features: Any  # (n_windows, n_features)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, rows: Any) -> Windows:
        """Return some of the rows, gathered where they are lazy."""
        return Windows(np.asarray(self.steps[rows]), np.asarray(self.features[rows]))


class Reading(NamedTuple):
    """Which columns of a row are what: learnt by name, applied by position."""

    steps: NDArray  # (n_steps, n_channels), the oldest step first
    features: NDArray  # (n_features,)
    names: list[str] | None  # of the channels

    def windows(self, rows: Any, n_steps: int) -> Windows:
        """Read rows, (n_windows, n_columns); regular steps are viewed."""
        columns = self.steps[len(self.steps) - n_steps :]
        if isinstance(rows, LazyTable):
            return Windows(rows[:, columns], rows[:, self.features])
        first = columns[0, 0]
        by_step, by_channel = (
            int(np.take(columns, 1, axis)[0] - first) if columns.shape[axis] > 1 else 0
            for axis in (0, 1)
        )
        steps, channels = np.ogrid[: columns.shape[0], : columns.shape[1]]
        if np.array_equal(columns, first + by_step * steps + by_channel * channels):
            by_row, by_column = rows.strides
            view = as_strided(
                rows[:, first:],
                (len(rows), *columns.shape),
                (by_row, by_step * by_column, by_channel * by_column),
                writeable=False,
            )
            return Windows(view, rows[:, self.features])
        return Windows(rows[:, columns], rows[:, self.features])


def window_labels(names: Sequence[object], n_steps: int) -> list[str]:
    """Return the labels ``name[t-k]`` of a window, all channels of the oldest first."""
    return [f"{name}[t-{lag}]" for lag in range(n_steps, 0, -1) for name in names]


def are_window_labels(labels: Sequence[object]) -> bool:
    """Tell whether labels are those of a table of windows, features among them."""
    lags = [_lag_of(str(label)) for label in labels]
    # One label alone might be the name of a series.
    return any(lag and lag[0] == 0 for lag in lags) or sum(map(bool, lags)) > 1


def read_windows(
    estimator, X, y="no_validation", *, n_steps: int | None = None, reset: bool = False
) -> tuple[Windows, Any, Reading]:
    """Validate X, and y if given, for an estimator whose rows are windows.

    ``reset`` learns how rows are read; else they are as the estimator's ``_reading``
    says. Returned are windows of the most recent steps, in the dtype of X, y if given,
    and the reading.
    """
    n_dimensions = _n_dimensions(X)
    if n_dimensions == 1:
        cell = getattr(estimator, "_cell", None)
        ours, others = "sk_rnn.PersistenceForecaster", "sktime's NaiveForecaster"
        if cell:
            ours, others = (
                f"sk_rnn{m}.{cell.upper()}Forecaster" for m in ("", ".sktime")
            )
        raise ValueError(
            f"X has one dimension, as a series has. {ours} takes a table, one window "
            "per row: make it with make_windows. If X is one window: Reshape your data "
            f"with X.reshape(1, -1). {others} takes a series."
        )
    if n_dimensions > 3:
        raise ValueError(
            f"X has {n_dimensions} dimensions. It must have two or three: (n_windows, "
            "n_columns) or (n_windows, n_steps, n_channels)."
        )
    has_y = not isinstance(y, str)
    if has_y and _n_dimensions(y) > 2:
        raise ValueError(
            f"y has {_n_dimensions(y)} dimensions. It must have one or two: (n_windows,"
            ") or (n_windows, horizon). Of several targets, train a forecaster each."
        )
    is_frame, last_axis = getattr(X, "columns", None) is not None, None
    reading = None if reset else Reading(**estimator._reading)
    if isinstance(X, LazyTable) and not has_y:
        X = X.to_pandas()
    if n_dimensions == 3:
        X = X if isinstance(X, LazyTable) else np.asarray(X)
        last_axis = X.shape[2]
        if X.size:
            reading = reading or _learn(estimator, X[0].size, None, last_axis)
            X = _flat(X, reading)
        else:
            X = X.reshape(len(X), 0)  # refused below
    try:
        # The network computes elsewhere: tensors of others become arrays.
        with config_context(array_api_dispatch=False):
            rows, targets = _validated(estimator, X, y, reset)
    except ValueError as error:
        if "contains NaN" in str(error) and not isinstance(X, LazyTable):
            raise ValueError(_first_missing(X, y if has_y else None)) from None
        raise
    reading = reading or _learn(estimator, rows.shape[1], _name_of(y), None)
    held, n_channels = reading.steps.shape
    if (n_steps or 0) > held:
        raise ValueError(
            f"n_steps={n_steps}, but a row of X holds only {held} time step(s) "
            f"({rows.shape[1]} column(s), n_channels={n_channels}). A row "
            "of X is one window: make windows from a series with make_windows or "
            "WindowTransformer, or use a smaller n_steps."
        )
    if reset and is_frame and held == 1 and reading.names is None:
        warnings.warn(
            f"X is a frame without lags among its labels ({', '.join(map(str, X))}): "
            "every row is read as a window of one step. Make windows of several steps "
            "from a series with make_windows.",
            stacklevel=5,
        )
    return reading.windows(rows, n_steps or held), targets, reading


def _validated(estimator, X, y, reset: bool) -> tuple[Any, Any]:
    """Check X, and y if given, as scikit-learn does; of lazy tables, all values."""
    to_numbers = {"dtype": "numeric"}  # scaling makes floats of ints, block by block
    if isinstance(y, str):
        return validate_data(estimator, X, reset=reset, **to_numbers), None
    if y is None or not isinstance(X, LazyTable):
        targets = {"multi_output": True, "y_numeric": True}
        return validate_data(estimator, X, y, reset=reset, **to_numbers, **targets)
    check_consistent_length(X, y)
    X.require_finite("X")
    validate_data(estimator, X[:1].to_pandas(), reset=reset, **to_numbers)
    if isinstance(y, LazyTable):
        y.require_finite("y")
    else:
        y = check_array(y, ensure_2d=False, input_name="y", **to_numbers)
    return X, y


def _n_dimensions(X: Any) -> int:
    if isinstance(X, list | tuple) and X:
        return 1 + _n_dimensions(X[0])
    return getattr(X, "ndim", 0)


def _first_missing(X: Any, y: Any) -> str:
    """Say where the first NaN is, and what to do about it."""
    y = np.asarray(y) if isinstance(y, LazyTable) else y
    frames = {"X": pd.DataFrame(X), "y": pd.DataFrame(y)}
    name = "X" if frames["X"].isna().any(axis=None) else "y"
    frame = frames[name]
    rows, columns = np.nonzero(frame.isna().to_numpy())
    row, label = rows[0], frame.index[rows[0]]
    where = row if row == label else f"{row} ({label})"
    return (
        f"Input {name} contains NaN, the first one in row {where}, column "
        f"{frame.columns[columns[0]]!r}. Leave such windows out with "
        "make_windows(..., dropna=True), or fill the series before it is cut into "
        "windows: with its method interpolate, or with sktime's Imputer."
    )


def _name_of(y: Any) -> str | None:
    """Return the channel that the label of y, or of its first column, tells."""
    labels = getattr(y, "columns", None)
    name = getattr(y, "name", None)
    if labels is not None and getattr(y, "ndim", 0) == 2:
        name = labels[0]
    return None if name is None else str(name).removesuffix("[t]")


def _flat(X: Any, reading: Reading) -> Any:
    """Turn 3-D windows into rows that are read as these windows."""
    if len(reading.features) or X.shape[1:] != reading.steps.shape:
        raise ValueError(
            f"X has the shape {X.shape}, but rows were fitted that hold "
            f"{reading.steps.shape} (n_steps, n_channels) values and "
            f"{len(reading.features)} feature(s). Pass windows of the same form; 3-D X "
            "takes no features."
        )
    if isinstance(X, LazyTable):
        offsets = np.empty(reading.steps.size, int)
        offsets[reading.steps] = X.offsets
        return X.with_offsets(offsets)
    rows = np.empty((len(X), reading.steps.size), X.dtype)
    rows[:, reading.steps] = X
    return rows


def _learn(
    estimator: Any, n_columns: int, y_name: str | None, last_axis: int | None
) -> Reading:
    """Learn how rows are read, from labels, the last axis of 3-D X or parameters."""
    order, n_channels = estimator.column_order, estimator.n_channels
    labels = getattr(estimator, "feature_names_in_", None)
    if not isinstance(order, str):
        labels = order
        if len(order) != n_columns or last_axis is not None:
            raise ValueError(
                f"column_order holds {len(order)} labels, but a row of X has "
                f"{n_columns} columns{'' if last_axis is None else ', in 3 dimensions'}"
                ". Give one label for each column of a two-dimensional X."
            )
    if last_axis is None and labels is not None:
        reading = _by_name([str(label) for label in labels], y_name)
        if reading is not None:
            _require_the_same(n_channels, reading.steps.shape[1], "the column labels")
            return reading
    if last_axis is not None:
        _require_the_same(n_channels, last_axis, "the last axis of X")
    n_channels = int(last_axis or n_channels or 1)
    if n_columns % n_channels:
        raise ValueError(
            f"X has {n_columns} columns, which is no multiple of "
            f"n_channels={n_channels}. A row holds n_steps * n_channels values."
        )
    columns = np.arange(n_columns)
    if order == "channel":
        steps = columns.reshape(n_channels, -1).T
    else:
        steps = columns.reshape(-1, n_channels)
    return Reading(steps, columns[:0], None)


def _require_the_same(n_channels: int | None, told: int, by: str) -> None:
    if n_channels not in (None, told):
        raise ValueError(
            f"The number of channels is contradictory: {n_channels} by the parameter "
            f"n_channels, {told} by {by}. Leave n_channels=None to take it from X, or "
            "pass the windows that belong to n_channels."
        )


def _by_name(labels: list[str], y_name: str | None) -> Reading | None:
    """Read columns by their labels; None where no label is that of a lag."""
    columns: dict[str | None, dict[int, int]] = {}  # by channel and age
    features, dialects = [], {}
    lags = [_lag_of(label) for label in labels]
    if not any(lag is not None and lag[0] == 0 for lag in lags):  # of make_windows
        for label in filter(_WITH_UNIT.fullmatch, labels):
            raise ValueError(
                f"The column {label!r} is a lag with a unit of time, but windows count "
                "steps. Name lags by numbers: lag_1, lag_2 and so on."
            )
    for column, (label, lag) in enumerate(zip(labels, lags, strict=True)):
        if lag is None:
            features.append(column)
            continue
        dialect, name, age = lag
        dialects[dialect] = label
        ages = columns.setdefault(name, {})
        if age in ages:
            raise ValueError(f"{labels[ages[age]]!r} and {label!r} are the same lag.")
        ages[age] = column
    if not columns:
        return None
    if len(dialects) > 1:
        raise ValueError(
            f"The labels {' and '.join(map(repr, dialects.values()))} write lags in "
            "different ways. Use one of them for all lags of a table."
        )
    n_steps = max(max(ages) for ages in columns.values())
    for name, ages in columns.items():
        missing = sorted(set(range(1, n_steps + 1)) - ages.keys())
        if missing:
            channel = "the series" if name is None else f"channel {name!r}"
            raise ValueError(
                f"X has no column for the lag(s) {missing} of {channel}, but a window "
                f"holds all steps from {n_steps} to 1, of every channel. Add these "
                "lags, or rename columns that are no steps of a window."
            )
    first = _first_channel(list(columns), y_name, *dialects)
    names = [first, *(name for name in columns if name != first)]
    steps = [[columns[name][age] for name in names] for age in range(n_steps, 0, -1)]
    named = [str(y_name or "y") if name is None else name for name in names]
    return Reading(np.array(steps), np.array(features, dtype=int), named)


def _lag_of(label: str) -> tuple[int, str | None, int] | None:
    """Return dialect, channel and age that a label tells, None if it is no lag's."""
    for dialect, (pattern, newest) in enumerate(_DIALECTS):
        match = pattern.fullmatch(label)
        if match:
            return dialect, match["name"], int(match["lag"]) + newest
    return None


def _first_channel(
    names: list[str | None], y_name: str | None, dialect: int
) -> str | None:
    """Find the channel that y continues."""
    if dialect == 0 or len(names) == 1:  # make_windows writes it first
        return names[0]
    if None in names:
        return None
    of_darts = ".*_target" if dialect == 1 else "target"
    targets = [name for name in names if name and re.fullmatch(of_darts, name)]
    if len(targets) == 1:
        return targets[0]
    if y_name in names:
        return y_name
    raise ValueError(
        f"X holds the lags of {names}, and nothing tells which of them y continues. "
        "Give y the name of that channel, as a Series."
    )
