"""How a row of a table is read as a window: labels, channels, column order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

_LABEL = re.compile(r"(?P<name>.*)\[t-(?P<lag>\d+)\]", re.DOTALL)


def window_labels(names: Sequence[object], n_steps: int) -> list[str]:
    """Return the labels ``name[t-k]`` of a window, all channels of the oldest first."""
    return [f"{name}[t-{lag}]" for lag in range(n_steps, 0, -1) for name in names]


def are_window_labels(labels: Sequence[object]) -> bool:
    """Tell whether all labels have the form ``name[t-k]``."""
    return len(labels) > 0 and all(
        isinstance(label, str) and _LABEL.fullmatch(label) for label in labels
    )


def read_windows(
    estimator, X, y="no_validation", *, n_steps: int | None = None, reset: bool = False
) -> Any:
    """Validate X, and y if given, for an estimator whose rows are windows.

    ``reset`` learns the form of X: the attributes ``n_channels_``, ``_column_order``,
    ``n_features_in_`` and ``feature_names_in_``; else X is held against them. Returned
    are the most recent steps of the windows, (n_windows, n_steps, n_channels), in the
    dtype of X and as a view where NumPy allows one, and y if given.
    """
    column_order = estimator.column_order if reset else estimator._column_order
    n_dimensions, last_axis = _n_dimensions(X), None
    if n_dimensions == 1:
        cell = getattr(estimator, "_cell", None)
        other = f"sk_rnn.sktime.{cell.upper()}Forecaster" if cell else "NaiveForecaster"
        raise ValueError(
            f"X has one dimension, as a series has. sk_rnn.{type(estimator).__name__} "
            "takes a table, one window per row: make it with make_windows, or Reshape "
            f"your data with X.reshape(1, -1) if X is one window. {other} takes a "
            "series."
        )
    if n_dimensions == 3:
        windows = np.asarray(X)
        last_axis = windows.shape[2]
        by_row = windows if column_order == "step" else windows.swapaxes(1, 2)
        X = by_row.reshape(len(windows), -1)
    has_y = not isinstance(y, str)
    checked = validate_data(
        estimator,
        X,
        y,
        dtype="numeric",  # scaling makes floats of ints, block by block
        reset=reset,
        **({"multi_output": True, "y_numeric": True} if has_y else {}),
    )
    rows = checked[0] if has_y else checked
    names = channel_names(getattr(estimator, "feature_names_in_", None), column_order)
    parameter = estimator.n_channels if reset else estimator.n_channels_
    sources = {
        "the parameter n_channels": parameter,
        "the last axis of X": last_axis,
        "the column labels": None if names is None else len(names),
    }
    n_channels = _settled_channels(rows.shape[1], sources)
    if reset:
        estimator.n_channels_ = n_channels
        estimator._column_order = column_order
    windows = as_windows(rows, n_channels, column_order, n_steps)
    return (windows, checked[1]) if has_y else windows


def _n_dimensions(X: Any) -> int:
    if isinstance(X, list | tuple) and X:
        return 1 + _n_dimensions(X[0])
    return getattr(X, "ndim", 0)


def _settled_channels(n_columns: int, sources: dict[str, int | None]) -> int:
    """Find the number of channels: all that tell it must agree; 1 if none does."""
    told = {source: value for source, value in sources.items() if value is not None}
    if len(set(told.values())) > 1:
        stated = ", ".join(f"{value} by {source}" for source, value in told.items())
        raise ValueError(
            f"The number of channels is contradictory: {stated}. Leave n_channels=None "
            "to take it from X, or pass the windows that belong to n_channels."
        )
    settled = next(iter(told.values()), 1)
    if n_columns % settled:
        raise ValueError(
            f"X has {n_columns} columns, which is no multiple of "
            f"n_channels={settled}. A row holds n_steps * n_channels values."
        )
    return settled


def channel_names(labels: Sequence[str] | None, column_order: str) -> list[str] | None:
    """Return the channels that labels ``name[t-k]`` tell, None without such labels."""
    if labels is None:
        return None
    matches = [_LABEL.fullmatch(label) for label in labels]
    if not any(matches):
        return None
    if not all(matches):
        other = labels[matches.index(None)]
        raise ValueError(
            f"Some column labels have the form name[t-k], but {other!r} has not. A row "
            "is one window: let make_windows add the series that should enter it, or "
            "drop the column."
        )
    found = [(match["name"], int(match["lag"])) for match in matches if match]
    names = list(dict.fromkeys(name for name, _ in found))
    lags = range(len(found) // len(names), 0, -1)
    by_step = [(name, lag) for lag in lags for name in names]
    by_channel = [(name, lag) for name in names for lag in lags]
    if found == (by_step if column_order == "step" else by_channel):
        return names
    if found == (by_channel if column_order == "step" else by_step):
        remedy = (
            f"they are in the other order; set column_order="
            f"{'channel' if column_order == 'step' else 'step'!r}"
        )
    else:
        remedy = (
            "a row holds consecutive steps, the oldest first, down to [t-1], for every "
            "channel; make_windows writes them so"
        )
    raise ValueError(
        f"The column labels {labels[0]!r} … {labels[-1]!r} "
        f"contradict column_order={column_order!r}: {remedy}."
    )


def as_windows(
    rows: NDArray, n_channels: int, column_order: str, n_steps: int | None = None
) -> NDArray:
    """View rows as windows, of their most recent steps only.

    (n_windows, n_columns) -> (n_windows, n_steps, n_channels)
    """
    held = rows.shape[1] // n_channels
    if n_steps is not None and n_steps > held:
        raise ValueError(
            f"n_steps={n_steps}, but a row of X holds only {held} time step(s) "
            f"({rows.shape[1]} column(s), n_channels={n_channels}). A row of X is one "
            "window: make windows from a series with make_windows or "
            "WindowTransformer, or use a smaller n_steps."
        )
    if column_order == "channel":
        windows = rows.reshape(len(rows), n_channels, held).swapaxes(1, 2)
    else:
        windows = rows.reshape(len(rows), held, n_channels)
    return windows[:, held - (n_steps or held) :]
