"""What fit notices before it trains: rows and sizes that cannot be meant so."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_rnn._architecture import Architecture
from sk_rnn._rows import Reading, Windows
from sk_rnn._scaling import Scaling
from sk_rnn.window_scaler import WindowScaling, sample

# Of series that go nowhere and of plain tables it is 2 to 3; with logarithms as targets
# of raw windows it is 10^5 and more.
_FAR_FROM_REFERENCE = 100
_FEW = 10  # rows, in which two values may be the same by chance
_ENOUGH_ROWS = 2**14  # to tell what most rows are like
_BLOCK_ROWS = 2**12


def check_rows(
    windows: Windows,
    y: NDArray,
    rows: NDArray,
    scaling: Scaling,
    reading: Reading,
    is_new: bool = True,
) -> None:
    """Refuse what no forecast can be learnt from, or scored on.

    ``rows`` are those used of ``windows`` and ``y``, (n_all, n_outputs). Where the
    network is not new, single values that are no longer positive are borne.
    """
    require_oldest_first(windows, y, rows)
    if scaling.of_window is not None:
        _require_positive(windows, y, rows, scaling.of_window, is_new)
        some = sample(rows, _ENOUGH_ROWS)
        _require_continuation(windows[some], np.asarray(y[some]), scaling, reading)


def check_features(
    windows: Windows,
    y: NDArray,
    rows: NDArray,
    scaling: Scaling,
    reading: Reading,
    labels: Sequence[Any] | None,
) -> None:
    """Refuse a feature that is y itself; warn of one that is a level of it."""
    some = sample(rows, _ENOUGH_ROWS)
    features, targets = np.asarray(windows.features[some], float), np.asarray(y[some])
    for number, column in enumerate(reading.features):
        label = column if labels is None else labels[column]
        feature = features[:, number, np.newaxis]
        is_same = (feature == targets).all(axis=0)
        for place in np.flatnonzero(is_same):  # in the other rows, too?
            everywhere = np.asarray(windows.features[rows, number])
            is_same[place] = np.array_equal(everywhere, np.asarray(y[rows, place]))
        if np.ptp(feature) > 0 and is_same.any():
            raise ValueError(
                f"The feature {label!r} equals y in every row: it gives away what is "
                "to be forecast. Drop it, or use its value of a time before."
            )
        error = np.square(targets - feature).mean()
        if scaling.of_window is not None and error < targets.var():
            warnings.warn(
                f"The feature {label!r} is a level of y, a moving average perhaps, but "
                f"window_scaler={scaling.of_window.method!r} shows the network changes "
                "only. Give the feature relative to the last value, or use "
                "window_scaler=None.",
                stacklevel=6,
            )


def require_oldest_first(windows: Windows, y: NDArray, rows: NDArray) -> None:
    """Refuse rows in time order that begin with the target of the row before.

    Told by rows whose target differs from the value that begins them: where nothing
    happens, as in a shop at night, all orders look the same.
    """
    steps, n_steps = windows.steps, windows.steps.shape[1]
    found = [rows[:0]]
    for start in range(0, len(rows), _ENOUGH_ROWS):  # of a lazy table not all at once
        part = rows[start : start + _ENOUGH_ROWS + 1]
        part = part[:-1][np.diff(part) == 1]
        begins = np.asarray(steps[part, 0, 0])
        found.append(part[np.asarray(y[part, 0]) != begins])
        if sum(map(len, found)) >= _ENOUGH_ROWS:
            break
    rows = np.concatenate(found)[:_ENOUGH_ROWS]
    if len(rows) < _FEW or n_steps == 1:
        return
    target, before = np.asarray(y[rows, 0]), np.asarray(steps[rows, 0, 0])
    first, second, last = (np.asarray(steps[rows + 1, i, 0]) for i in (0, 1, -1))
    if np.mean((first == target) & (second == before)) > 0.5 > np.mean(last == target):
        raise ValueError(
            "The rows of X have the newest value first: each begins with the y of the "
            "row before. Windows are read oldest step first. Give X as a frame with "
            "columns named lag_1, lag_2, …, or name them with "
            f'column_order=["lag_1", "lag_2", …, "lag_{n_steps}"] '
            "and, behind these, features by their names."
        )


def require_memory(architecture: Architecture, units: Any) -> None:
    """Refuse a network that the machine cannot hold, before it tries for minutes."""
    if not hasattr(os, "sysconf"):  # Windows does not say
        return
    n_weights = architecture.n_weights
    # Weights, gradient and the two slots of Adam.
    needed = 4 * n_weights * np.dtype(architecture.dtype).itemsize
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there:
        raise MemoryError(
            f"units={units} make a network of {n_weights:,} weights. Training needs "
            f"{needed:,} bytes for them, but this machine has {there:,}. Use fewer "
            "units."
        )


def _require_positive(
    windows: Windows, y: NDArray, rows: NDArray, scaling: WindowScaling, is_new: bool
) -> None:
    is_bad = np.zeros(len(rows), dtype=bool)
    for start in range(0, len(rows), _BLOCK_ROWS):
        part = slice(start, start + _BLOCK_ROWS)
        steps = windows[rows[part]].steps
        if scaling.log and is_new:
            is_bad[part] = (steps[:, :, scaling.logged] <= 0).any(axis=(1, 2))
            is_bad[part] |= (np.asarray(y[rows[part]]) <= 0).any(axis=1)
        else:
            is_bad[part] = ~scaling.are_positive(steps)
    bad = rows[is_bad]
    if len(bad):
        named = "log=True" if scaling.log else "the method 'ratio'"
        what = "divides by the last value of a window, which is"
        if scaling.log:
            what = "takes logarithms of windows and y, which are"
        raise ValueError(
            f"window_scaler with {named} {what} not positive in {len(bad)} row(s) of "
            f"X: {bad[:5].tolist()}{' and so on' if len(bad) > 5 else ''}. Use 'last' "
            "or 'standard' without logarithms, give these rows a sample_weight of 0, "
            "or let WindowScaler leave other channels than the first unchanged."
        )


def _require_continuation(
    windows: Windows, y: NDArray, scaling: Scaling, reading: Reading
) -> None:
    assert scaling.of_window is not None
    if len(y) < _FEW:
        return
    center, _ = scaling.reference(windows)
    targets = scaling.of_window.of_target(scaling.readable(y, windows))
    from_reference = np.square(targets - center)
    variance = targets.var()
    ratio = from_reference.mean() / variance if variance else 0
    # Of most rows, too: a machine that warms up is far off for a few.
    usual = np.median(np.square(targets - np.median(targets)))
    if np.median(from_reference) <= _FAR_FROM_REFERENCE * usual:
        return
    if ratio > _FAR_FROM_REFERENCE:
        name = "" if reading.names is None else f" ({reading.names[0]!r})"
        raise ValueError(
            f"y does not continue channel 0{name}, whose last value is read from "
            f"column {reading.steps[-1, 0]} of X: its mean square from the reference "
            f"of window_scaler={scaling.of_window.method!r} is {ratio:.2g} times that "
            "from its own mean. Pass X and y in the same units (transform both, or "
            "neither), say how many channels a row holds with n_channels, or use "
            "window_scaler=None."
        )
