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
    """Return the column labels ``name[t-k]`` of a window, oldest step first.

    Parameters
    ----------
    names : sequence of length n_channels
        Names of the channels.
    n_steps : int
        Time steps in a window.

    Returns
    -------
    list of str of length n_steps * n_channels

    Examples
    --------
    >>> window_labels(["High", "Close"], 2)
    ['High[t-2]', 'Close[t-2]', 'High[t-1]', 'Close[t-1]']
    """
    return [f"{name}[t-{lag}]" for lag in range(n_steps, 0, -1) for name in names]


def are_window_labels(labels: Sequence[object]) -> bool:
    """Tell whether all labels have the form ``name[t-k]``."""
    return len(labels) > 0 and all(
        isinstance(label, str) and _LABEL.fullmatch(label) for label in labels
    )


def flatten_windows(X: Any, column_order: str) -> tuple[Any, int | None]:
    """Turn 3-D windows into rows; anything else is returned as it came.

    Parameters
    ----------
    X : array-like of shape (n_windows, n_features) or (n_windows, n_steps, n_channels)
    column_order : {"step", "channel"}
        The order in which the values of a window follow each other in a row.

    Returns
    -------
    rows : array-like of shape (n_windows, n_steps * n_channels)
    n_channels : int or None
        The length of the last axis of 3-D windows, None for anything else.
    """
    if _n_dimensions(X) != 3:
        return X, None
    windows = np.asarray(X)
    n_windows, n_steps, n_channels = windows.shape
    if column_order == "channel":
        windows = windows.swapaxes(1, 2)
    return windows.reshape(n_windows, n_steps * n_channels), n_channels


def _n_dimensions(X: Any) -> int:
    if isinstance(X, list | tuple) and X:
        return 1 + _n_dimensions(X[0])
    return getattr(X, "ndim", 0)


def settle_n_channels(
    n_channels: int | None,
    column_order: str,
    *,
    n_features: int,
    names: Sequence[str] | None,
    last_axis: int | None,
) -> int:
    """Find the number of channels from every source that tells it.

    The parameter, the last axis of 3-D windows and labels of the form ``name[t-k]``
    must agree; where none of them tells, a row has one channel.

    Parameters
    ----------
    n_channels : int or None
        The estimator's parameter.
    column_order : {"step", "channel"}
        The estimator's parameter.
    n_features : int
        Columns of a row.
    names : sequence of str or None
        Names of the channels that column labels tell.
    last_axis : int or None
        Length of the last axis of 3-D windows.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If two sources disagree, or the columns are not a multiple of the channels.
    """
    sources = {
        "the parameter n_channels": n_channels,
        "the last axis of X": last_axis,
        "the column labels": None if names is None else len(names),
    }
    told = {source: value for source, value in sources.items() if value is not None}
    if len(set(told.values())) > 1:
        stated = ", ".join(f"{value} by {source}" for source, value in told.items())
        raise ValueError(
            f"The number of channels is contradictory: {stated}. Leave n_channels=None "
            "to take it from X, or pass the windows that belong to n_channels."
        )
    settled = next(iter(told.values()), 1)
    if n_features % settled:
        raise ValueError(
            f"X has {n_features} columns, which is no multiple of "
            f"n_channels={settled}. A row holds n_steps * n_channels values."
        )
    return settled


def channel_names(labels: Sequence[str] | None, column_order: str) -> list[str] | None:
    """Return the channels that labels ``name[t-k]`` tell, None without such labels.

    Parameters
    ----------
    labels : sequence of str or None
        Column labels of a row.
    column_order : {"step", "channel"}
        How the values of a window follow each other in a row.

    Returns
    -------
    list of str, or None

    Raises
    ------
    ValueError
        If only some labels are of this form, or they are in another order.
    """
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

    Parameters
    ----------
    rows : ndarray of shape (n_windows, n_features)
    n_channels : int
        Values per time step.
    column_order : {"step", "channel"}
        The order in which the values of a window follow each other in a row.
    n_steps : int or None, default=None
        Most recent steps to keep. None keeps all.

    Returns
    -------
    ndarray of shape (n_windows, n_steps, n_channels)
        A view wherever NumPy allows one.

    Raises
    ------
    ValueError
        If a row holds fewer than ``n_steps`` steps.
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


def read_windows(
    estimator: Any,
    X: Any,
    y: Any = "no_validation",
    *,
    n_steps: int | None = None,
    reset: bool = False,
) -> Any:
    """Validate X, and y if given, for an estimator whose rows are windows.

    Parameters
    ----------
    estimator : estimator
        With the parameters ``n_channels`` and ``column_order``. ``reset`` gives it the
        attributes ``n_channels_``, ``_column_order``, ``n_features_in_`` and
        ``feature_names_in_``.
    X : array-like of shape (n_windows, n_steps * n_channels) or \
            (n_windows, n_steps, n_channels)
    y : array-like of shape (n_windows,) or (n_windows, horizon), optional
    n_steps : int or None, default=None
        Most recent steps to keep. None keeps all.
    reset : bool, default=False
        Whether to learn the form of X, or to hold X against what was learnt.

    Returns
    -------
    windows : ndarray of shape (n_windows, n_steps, n_channels)
        Of the dtype of X. A view of X wherever NumPy allows one.
    y : ndarray
        Only if y is given.
    """
    column_order = estimator.column_order if reset else estimator._column_order
    rows, last_axis = flatten_windows(X, column_order)
    has_y = not isinstance(y, str)
    checked = validate_data(
        estimator,
        rows,
        y,
        dtype="numeric",  # scaling makes floats of ints, block by block
        reset=reset,
        **({"multi_output": True, "y_numeric": True} if has_y else {}),
    )
    rows = checked[0] if has_y else checked
    n_channels = settle_n_channels(
        estimator.n_channels if reset else estimator.n_channels_,
        column_order,
        n_features=rows.shape[1],
        names=channel_names(
            getattr(estimator, "feature_names_in_", None), column_order
        ),
        last_axis=last_axis,
    )
    if reset:
        estimator.n_channels_ = n_channels
        estimator._column_order = column_order
    windows = as_windows(rows, n_channels, column_order, n_steps)
    return (windows, checked[1]) if has_y else windows
