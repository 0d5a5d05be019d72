"""Windows of a series: as a table, for the next forecast, inside a pipeline."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Hashable, Sequence
from contextlib import suppress
from numbers import Integral
from typing import Any, ClassVar, Literal, Self, overload

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype
from pandas.tseries.offsets import BaseOffset
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import (
    _check_feature_names_in,
    check_is_fitted,
    validate_data,
)

from sk_rnn._calendar import (
    TimesOfWeek,
    following,
    step_of,
    text_of,
    warn_of_gaps,
)
from sk_rnn._lazy_table import Labels, LazyTable, smallest_int
from sk_rnn._rows import window_labels
from sk_rnn._saving import TIME_INDEX, pack, unpack
from sk_rnn._series import (
    SeriesArrays,
    as_frame,
    as_pandas,
    check_length,
    read,
    read_ahead,
    read_one,
    unmasked,
)
from sk_rnn._types import Arrays, Decorator, Labelled, Pandas

_COUNT = Interval(Integral, 1, sys.maxsize, closed="both")  # NumPy counts no further
_MOST_PADDING = 1_000_000  # steps; more is a slip that would fill the memory
_SECOND: Any = pd.Series([0.0])  # stands for a second owner of values, see _labelled

_checking_parameters: Decorator = _fit_context(prefer_skip_nested_validation=True)
_validated: Decorator = validate_params(
    {
        "n_steps": [_COUNT],
        "horizon": [_COUNT],
        "target": [Hashable],
        "ahead": ["array-like", pd.DataFrame, None],
        "stride": [_COUNT],
        "dropna": ["boolean"],
        "lazy": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)


@overload
def make_windows(
    series: Labelled,
    n_steps: int,
    horizon: Literal[1] = 1,
    *,
    target: Hashable = None,
    ahead: Sequence[Hashable] | None = None,
    stride: int = 1,
    dropna: bool = False,
    lazy: Literal[False] = False,
) -> tuple[pd.DataFrame, pd.Series]: ...


@overload
def make_windows(
    series: Labelled,
    n_steps: int,
    horizon: int,
    *,
    target: Hashable = None,
    ahead: Sequence[Hashable] | None = None,
    stride: int = 1,
    dropna: bool = False,
    lazy: Literal[False] = False,
) -> tuple[pd.DataFrame, Pandas]: ...


@overload
def make_windows(
    series: Labelled | Arrays,
    n_steps: int,
    horizon: int = 1,
    *,
    target: Hashable = None,
    ahead: Sequence[Hashable] | None = None,
    stride: int = 1,
    dropna: bool = False,
    lazy: Literal[True],
) -> tuple[LazyTable, LazyTable]: ...


@overload
def make_windows(
    series: Arrays,
    n_steps: int,
    horizon: int = 1,
    *,
    target: Hashable = None,
    ahead: Sequence[Hashable] | None = None,
    stride: int = 1,
    dropna: bool = False,
    lazy: Literal[False] = False,
) -> tuple[NDArray, NDArray]: ...


@_validated
def make_windows(
    series: Any,
    n_steps: int,
    horizon: int = 1,
    *,
    target: Hashable = None,
    ahead: Any = None,
    stride: int = 1,
    dropna: bool = False,
    lazy: bool = False,
) -> tuple[Any, Any]:
    """Cut a series into windows and the values that follow them.

    A row of ``X`` is one window, `n_steps` consecutive time steps, the oldest first;
    the same row of ``y`` holds the next `horizon` values of the target::

        n_steps=3, horizon=2      0   1   2   3   4   5   6     time step

        X[0] = series[0:3]      [ x   x   x ] y   y             y[0] = series[3:5]
        X[1] = series[1:4]          [ x   x   x ] y   y         y[1] = series[4:6]
        X[2] = series[2:5]              [ x   x   x ] y   y     y[2] = series[5:7]

    With ``n = n_timesteps - n_steps - horizon`` and ``s = n % stride + i * stride``,
    ``X[i]`` is ``series[s : s + n_steps]`` and ``y[i]`` is
    ``series[s + n_steps : s + n_steps + horizon]``. There are ``n // stride + 1`` rows,
    and the last one ends with the series, whatever the stride.

    Parameters
    ----------
    series : array-like or DataFrame of shape (n_timesteps,) or \
            (n_timesteps, n_channels), or list of these
        Values in time order. A list of arrays or pandas objects is several series of
        the same channels; single channels may have different names, and are then all
        called ``y``. A MultiIndex makes a panel: its last level is the time, the others
        name the series. Frames of polars, pyarrow and the like are read as pandas'.
    n_steps : int
        Time steps in a window.
    horizon : int, default=1
        Time steps to forecast.
    target : hashable, default=None
        The channel to forecast: a column's name, or its position in an array. It
        becomes channel 0. None takes the only channel there is.
    ahead : list of hashable, default=None
        Columns whose values are known for the times to be forecast, a promotion or a
        calendar: names, or positions in an array. They are no channels; their values at
        these times follow each window, as features.
    stride : int, default=1
        Time steps from the start of one window to the start of the next, counted from
        the end: the newest values are always among the targets.
    dropna : bool, default=False
        Whether to leave out the windows that hold missing values, or whose targets do.
        By default they stay, as NaN.
    lazy : bool, default=False
        Whether ``X`` and ``y`` are lazy tables, whose rows are gathered when they are
        needed: for many series, whose windows would fill the memory. Forecasters train
        on them without ever making the table. See Notes.

    Returns
    -------
    X : ndarray or DataFrame of shape (n_windows, n_steps * n_channels)
        All channels of the oldest step first. The columns of a frame are
        ``High[t-3]``, ``High[t-2]``, ``High[t-1]``; an unnamed Series is called ``y``.
        Columns of `ahead` come last, under their own names, or as ``promo[t]``,
        ``promo[t+1]`` where the horizon is longer.
    y : ndarray, Series or DataFrame of shape (n_windows,) or (n_windows, horizon)
        1-D for ``horizon=1``; named ``High[t]``, ``High[t+1]``. The rows of pandas
        objects are labelled by the time of the first value forecast. With `lazy`, both
        are lazy tables.

    Warns
    -----
    UserWarning
        If some series of several are shorter than ``n_steps + horizon``. They are left
        out.

    Raises
    ------
    ValueError
        If the only series, or every one, is shorter than ``n_steps + horizon``; if
        time labels are not strictly increasing, `target` is not one of the channels,
        or `dropna` leaves no window.
    TypeError
        If a series does not hold real numbers.

    See Also
    --------
    last_window : The row from which the first unknown value is forecast.
    WindowTransformer : Windows inside a pipeline, whose `n_steps` can be searched.

    Notes
    -----
    The rows of one series are read-only views: a million time steps do not become
    sixty million numbers, and a series changed in place changes its windows. Use
    ``X.copy()`` for a table to write to; pandas 3 makes this copy by itself. Copied,
    once, are several channels that are not stored step by step, target first, and the
    rows kept where `dropna` leaves some out.

    The dtype is the series' own. What is masked, None or ``pd.NA`` becomes NaN, and
    integers with such values floats.

    A lazy table has the shape, dtype, ``index`` and ``columns`` of the table, and its
    rows are chosen as those of an array, ``X[10:20]`` or ``X[[3, 5]]``, so that
    splitters and searches of scikit-learn work on it. ``numpy.asarray`` makes the
    table, and so do other estimators than those of sk_rnn.

    Windows never cross the end of a series. The rows of several series are sorted by
    time, within a time by series, so that a split by rows is a split in time; arrays
    count their steps from their start. With ``horizon > 1`` the targets of
    neighbouring rows overlap: split with ``TimeSeriesSplit(gap=horizon - 1)``, and rows
    of several series with ``gap=n_series * (horizon - 1)``. `early_stopping` and
    `calibration_fraction` count that gap in times: of a panel; of a list in the times
    that its series share. Where these have times of their own, at another hour for
    one, give a panel, or ``X_val`` and ``y_val``.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_rnn import make_windows
    >>> X, y = make_windows([0, 1, 2, 3, 4, 5, 6], n_steps=3, horizon=2)
    >>> X.tolist(), y.tolist()
    ([[0, 1, 2], [1, 2, 3], [2, 3, 4]], [[3, 4], [4, 5], [5, 6]])
    >>> days = pd.date_range("2021-03-01", periods=4)
    >>> prices = pd.DataFrame({"High": [5, 6, 8, 7], "Low": [4, 5, 6, 5]}, index=days)
    >>> X, y = make_windows(prices, n_steps=2, target="High")
    >>> X
                High[t-2]  Low[t-2]  High[t-1]  Low[t-1]
    2021-03-03          5         4          6         5
    2021-03-04          6         5          8         6
    >>> y
    2021-03-03    8
    2021-03-04    7
    Freq: D, Name: High[t], dtype: int64
    """
    n_steps, horizon, stride = int(n_steps), int(horizon), int(stride)
    ahead = [] if ahead is None else list(ahead)
    series, known, target = _split(series, ahead, target)
    parts = _long_enough(read(series, target, known), n_steps, horizon)
    begins = [_begins(part, n_steps, horizon, stride, dropna) for part in parts]
    if not any(isinstance(each, slice) or len(each) for each in begins):
        n_windows = [len(part.times) - n_steps - horizon + 1 for part in parts]
        raise ValueError(
            f"dropna=True leaves none of {sum(-(-n // stride) for n in n_windows)} "
            f"window(s): n_steps={n_steps} and horizon={horizon} ask for "
            f"{n_steps + horizon} time steps in a row without a missing value. Use a "
            "smaller n_steps or horizon, or fill in the series first, for example with "
            "pandas' interpolate or sktime's Imputer."
        )
    names, columns, labels = parts[0].names, None, None
    if names is not None:
        labels = _labels_ahead([names[0]], horizon)
        columns = window_labels(names, n_steps)
        columns += _labels_ahead(ahead, horizon) if horizon > 1 else map(str, ahead)
    of_y = labels[0] if labels and horizon == 1 else labels
    if lazy or len(parts) > 1:
        tables = _joined(parts, begins, n_steps, horizon, columns, of_y)
        return tables if lazy else tuple(table.to_pandas() for table in tables)
    X, y, times = _cut(parts[0], begins[0], n_steps, horizon)
    if columns is None:
        return X, y
    return _labelled(X, times, columns), _labelled(y, times, of_y)


@overload
def last_window(
    series: Labelled,
    n_steps: int,
    *,
    target: Hashable = None,
    ahead: pd.DataFrame | Sequence[pd.DataFrame] | None = None,
) -> pd.DataFrame: ...


@overload
def last_window(
    series: Arrays, n_steps: int, *, target: Hashable = None, ahead: None = None
) -> NDArray: ...


@_validated
def last_window(
    series: Any, n_steps: int, *, target: Hashable = None, ahead: Any = None
) -> Any:
    """Return the window from which the first unknown value is forecast.

    Parameters
    ----------
    series : array-like or DataFrame of shape (n_timesteps,) or \
            (n_timesteps, n_channels), or list of these
        As for `make_windows`; missing values stay. In front of a series shorter than
        a window, its first value is repeated.
    n_steps : int
        Time steps in a window.
    target : hashable, default=None
        The channel to forecast.
    ahead : DataFrame of shape (horizon, n_ahead) or list of these, default=None
        What is known of the times to be forecast, as `make_windows` takes it from the
        columns that it names `ahead`. Of a panel, with the same levels; of a list, one
        frame for each series.

    Returns
    -------
    ndarray or DataFrame of shape (n_series, n_steps * n_channels)
        One row for each series, in their order, with the columns of `make_windows`.
        Rows of a frame are labelled by the time that follows.

    Warns
    -----
    UserWarning
        If nothing tells which time follows (the label is ``NaT``), or if times are
        missing in the series.

    Notes
    -----
    The time that follows is told by the frequency of the index, months, quarters or
    years of which some may be missing, a frequency that pandas infers and that gives
    back every label, or the weekdays and times of day that come back week by week.
    Holidays are unknown, so the label may fall on one.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_rnn import last_window
    >>> days = pd.date_range("2021-03-01", periods=4)
    >>> last_window(pd.Series([5, 6, 8, 7], index=days, name="High"), n_steps=2)
                High[t-2]  High[t-1]
    2021-03-05          8          7
    """
    n_steps = int(n_steps)
    following = [] if ahead is None else read_ahead(ahead)
    known = list(following[0].names or ()) if following else []
    series = as_pandas(series)
    named = [name for name in known if _has(series, name)]
    series, _, target = _split(series, named, target)
    parts = read(series, target)
    rows = [_last_row(part, n_steps) for part in parts]
    if following:
        rows = _with_ahead(parts, rows, following)
    X = rows[0] if len(rows) == 1 else np.concatenate(rows)
    names = parts[0].names
    if names is None:
        return X
    horizon = len(following[0].times) if following else 1
    columns = window_labels(names, n_steps)
    columns += _labels_ahead(known, horizon) if horizon > 1 else map(str, known)
    return _labelled(X, _next_labels(parts), columns)


class WindowTransformer(TransformerMixin, BaseEstimator):
    """Turn the rows of X into windows, inside a pipeline.

    With `series`, the row of ``X`` labelled t becomes the `n_steps` values of
    `series` strictly before t; the values of ``X`` are not used. A row depends on
    its label alone: the scores of folds equal those of windows made before the split,
    one row at a time equals a batch, and tomorrow can be asked for.

    Without `series`, ``X`` itself is the series, its rows in time order, and each row
    becomes the `n_steps` rows before it. The start is padded with the first row, the
    only one that appears in its own window. A test part then begins without the history
    in the training part: use this form for a single fit.

    Missing values stay in the windows, in both forms.

    Parameters
    ----------
    n_steps : int
        Time steps in a window.
    series : Series or DataFrame, default=None
        Values in time order, labelled by time; the first column is the one that
        ``y`` continues. All that is known belongs here, the test period included: a
        row never sees its own time or a later one.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of ``X`` seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these columns, where all of them are strings.

    See Also
    --------
    make_windows : The same windows, with their targets, of a series that is there.

    Notes
    -----
    Labels past the end of `series` all get its last window: only the first of them
    is a forecast of one step. When new data arrive, ``set_params(series=longer)`` is
    enough: `fit` learns nothing. Search with ``error_score="raise"``: by default a
    candidate without enough history is scored NaN, and loses silently.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_rnn import WindowTransformer
    >>> days = pd.date_range("2021-03-01", periods=4)
    >>> high = pd.Series([5, 6, 8, 7], index=days, name="High")
    >>> tomorrow = pd.DataFrame(index=[pd.Timestamp("2021-03-05")])
    >>> WindowTransformer(2, series=high).fit_transform(tomorrow)
                High[t-2]  High[t-1]
    2021-03-05          8          7
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_steps": [_COUNT],
        "series": [pd.Series, pd.DataFrame, None],
    }

    def __init__(self, n_steps: int, *, series: Any = None) -> None:
        self.n_steps = n_steps
        self.series = series

    @_checking_parameters
    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the input; there is nothing to learn.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            As for `transform`.
        y : None
            Ignored.

        Returns
        -------
        self : object
        """
        if self.series is None:
            _check_padding(int(self.n_steps), len(self._read_X(X, reset=True)), "X")
        else:
            validate_data(self, X, skip_check_array=True)
            self._read_series()
        return self

    def transform(self, X: Any) -> Any:
        """Return the windows that belong to the rows of X.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            With `series`, a DataFrame: the labels of its rows are looked up, and it
            may have no columns. Without, the series.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_steps * n_channels)
            A DataFrame with columns ``name[t-k]`` where ``X`` is one.
        """
        check_is_fitted(self)
        self._validate_params()  # set_params may have changed them since fit
        n_steps = int(self.n_steps)
        if self.series is None:
            values = self._read_X(X, reset=False)
            windows = view_windows(_padded(values, n_steps, "X")[:-1], n_steps)
        else:
            windows = _windows_before(X, self._read_series(), n_steps)
        if not isinstance(X, pd.DataFrame):
            return windows
        return _labelled(windows, X.index, self.get_feature_names_out())

    def _read_X(self, X: Any, reset: bool) -> NDArray:
        """Return X as the series that it is without `series`."""
        X = unmasked(X)
        return validate_data(self, X, reset=reset, ensure_all_finite="allow-nan")

    def _read_series(self) -> SeriesArrays:
        first = next(iter(as_frame(self.series).columns), None)
        one = read_one("series", self.series, first)
        check_length(len(one.times), int(self.n_steps), 0, one.called)
        return one

    def get_feature_names_out(self, input_features: Any = None) -> NDArray:
        """Return the labels ``name[t-k]`` of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of ``X``; not used with `series`.

        Returns
        -------
        ndarray of str of shape (n_steps * n_channels,)
        """
        check_is_fitted(self)
        if self.series is None:
            names = _check_feature_names_in(self, input_features)
        else:
            names = as_frame(self.series).columns
        return np.array(window_labels(names, int(self.n_steps)), dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32", "int64", "int32"]
        return tags

    def __getstate__(self) -> dict:
        return {**super().__getstate__(), "series": pack(self.series)}

    def __setstate__(self, state: dict) -> None:
        super().__setstate__({**state, "series": unpack(state["series"])})


def view_windows(values: NDArray, n_steps: int) -> NDArray:
    """View (n_timesteps, n_channels) as (n_windows, n_steps * n_channels)."""
    n_channels = values.shape[1]
    return sliding_window_view(values.reshape(-1), n_steps * n_channels)[::n_channels]


def _labels_ahead(names: Any, horizon: int) -> list[str]:
    """Return the labels of what is forecast, or known, time after time."""
    times = ["[t]", *(f"[t+{k}]" for k in range(1, horizon))]
    return [f"{name}{time}" for time in times for name in names]


def _has(series: Any, name: Hashable) -> bool:
    part = series[0] if isinstance(series, list | tuple) and series else series
    return name in getattr(part, "columns", ())


def _split(series: Any, ahead: list, target: Hashable) -> tuple[Any, Any, Hashable]:
    """Split off the columns known ahead; of several series, from each.

    The last one returned is the target among the columns left.
    """
    if not ahead:
        return series, None, target
    if isinstance(series, list | tuple) and not isinstance(series[0], list | float):
        parts = [_split(part, ahead, target) for part in series]
        return [part[0] for part in parts], [part[1] for part in parts], parts[0][2]
    series = as_pandas(series)
    if not hasattr(series, "columns"):
        array = np.asarray(unmasked(series))
        if array.ndim == 2 and set(ahead) <= set(range(array.shape[1])):
            if target in ahead:
                raise ValueError(f"target={target!r} is one of ahead={ahead}.")
            if isinstance(target, Integral):
                target -= sum(column < target for column in ahead)
            return np.delete(array, ahead, axis=1), array[:, ahead], target
    elif all(name in series.columns for name in ahead):
        return series.drop(columns=ahead), series[ahead], target
    columns = list(getattr(series, "columns", []))
    raise ValueError(
        f"ahead={ahead} must name columns of series, {columns}, or their positions in "
        "a two-dimensional array."
    )


def _with_ahead(
    parts: list[SeriesArrays], rows: list[NDArray], following: list[SeriesArrays]
) -> list[NDArray]:
    """Append to the last window of each series what is known of the times ahead."""
    lengths = {len(known.times) for known in following}
    if len(following) != len(parts) or len(lengths) > 1 or lengths == {0}:
        raise ValueError(
            f"ahead holds {len(following)} series of {sorted(lengths)} time step(s), "
            f"but series holds {len(parts)}. Give the same number of times, the "
            "horizon, for each of them."
        )
    if parts[0].times.nlevels > 1:  # of a panel, whose series have names
        named = {_name(known): known for known in following}
        missing = [name for name in map(_name, parts) if name not in named]
        if missing:
            raise ValueError(
                f"ahead has no rows of the series {missing[0]}. Give it the levels "
                f"of series, {parts[0].times.names}."
            )
        following = [named[_name(part)] for part in parts]
    for part, known in zip(parts, following, strict=True):
        _require_next(part, known.times.get_level_values(-1))
    flat = [known.values.reshape(1, -1) for known in following]
    return [np.hstack(pair) for pair in zip(rows, flat, strict=True)]


def _name(one: SeriesArrays) -> Hashable:
    return one.times[0][:-1]


def _require_next(part: SeriesArrays, ahead: pd.Index) -> None:
    """Refuse labels ahead that do not follow those of a series."""
    times = part.times.get_level_values(-1)
    if isinstance(ahead, pd.RangeIndex):  # no labels
        return
    try:
        is_later = ahead[0] > times[-1] and ahead.is_monotonic_increasing
    except TypeError as error:
        raise TypeError(
            f"The labels of ahead ({ahead.dtype}) and of {part.called} ({times.dtype}) "
            "can't be compared. Give both the same kind of index."
        ) from error
    # Holidays are unknown: of weekdays, only what lies behind is wrong.
    step = step_of(times)
    is_told = step is not None and not isinstance(step, TimesOfWeek | BaseOffset)
    is_told |= isinstance(step, BaseOffset) and "B" not in step.freqstr
    if not is_later or (is_told and np.any(following(times, len(ahead)) != ahead)):
        raise ValueError(
            f"ahead has the times {text_of(ahead[0])} to {text_of(ahead[-1])}, but "
            f"{part.called} ends with {text_of(times[-1])}. Give the rows of the times "
            "to be forecast, the next ones."
        )


def _long_enough(
    parts: list[SeriesArrays], n_steps: int, horizon: int
) -> list[SeriesArrays]:
    """Leave out series too short for a window, with a warning; refuse all of them."""
    lengths = [len(part.times) for part in parts]
    long = [part for part in parts if len(part.times) >= n_steps + horizon]
    if not long:
        called = parts[int(np.argmax(lengths))].called
        called = called if len(parts) == 1 else f"The longest series, {called},"
        check_length(max(lengths), n_steps, horizon, called)
    if len(long) < len(parts):
        first = next(part for part in parts if len(part.times) < n_steps + horizon)
        warnings.warn(
            f"{len(parts) - len(long)} of {len(parts)} series have fewer than "
            f"{n_steps + horizon} time steps, as n_steps={n_steps} and "
            f"horizon={horizon} need, and are left out. The first of them is "
            f"{first.called} with {len(first.times)}.",
            stacklevel=4,  # scikit-learn's validation lies in between
        )
    return long


def _begins(
    one: SeriesArrays, n_steps: int, horizon: int, stride: int, dropna: bool
) -> slice | NDArray:
    """Return where the windows of a series begin, a slice where none is left out."""
    n_windows = len(one.times) - n_steps - horizon + 1
    counted = slice((n_windows - 1) % stride, n_windows, stride)  # the last one always
    if not dropna:
        return counted
    is_missing = np.isnan(one.values)
    lacks = view_windows(is_missing, n_steps)[counted].any(axis=1)
    lacks |= view_windows(is_missing[n_steps:, :1], horizon)[counted].any(axis=1)
    if one.ahead is not None:
        ahead = view_windows(np.isnan(one.ahead[n_steps:]), horizon)
        lacks |= ahead[counted].any(axis=1)
    return np.arange(n_windows)[counted][~lacks] if lacks.any() else counted


def _cut(
    one: SeriesArrays, begins: slice | NDArray, n_steps: int, horizon: int
) -> tuple[NDArray, NDArray, pd.Index]:
    """View one series as windows, targets and the times of these."""
    X = view_windows(one.values, n_steps)[begins]
    if one.ahead is not None:
        X = np.hstack([X, view_windows(one.ahead[n_steps:], horizon)[begins]])
    y = view_windows(one.values[n_steps:, :1], horizon)[begins]
    return X, y[:, 0] if horizon == 1 else y, one.times[n_steps:][begins]


def _joined(
    parts: list[SeriesArrays],
    begins: list[slice | NDArray],
    n_steps: int,
    horizon: int,
    columns: list[str] | None,
    of_y: list[str] | str | None,
) -> tuple[LazyTable, LazyTable]:
    """Join several series; their windows and targets are sorted by time."""
    rows, order = _in_time(parts, begins, n_steps, has_labels=columns is not None)
    rows = rows[order]
    del order  # as large as the values
    values = channels = np.concatenate([part.values for part in parts])
    if parts[0].ahead is not None:
        values = np.hstack([channels, np.concatenate([part.ahead for part in parts])])
    n_columns, n_channels = values.shape[1], channels.shape[1]
    past, ahead = np.split(np.arange(n_steps + horizon), [n_steps])
    own, known = np.split(np.arange(n_columns), [n_channels])
    of_X = np.append(
        np.add.outer(past * n_columns, own), np.add.outer(ahead * n_columns, known)
    )
    of_target = n_channels * (ahead[0] if horizon == 1 else ahead)
    of_rows: list[Labels | None] = [None, None]
    if columns is not None:
        times = [part.times for part in parts]
        of_rows = [Labels(times, n, n_steps) for n in (n_columns, n_channels)]
    count = smallest_int(values.size)
    in_channels = rows * count(n_channels)
    in_values = in_channels if n_columns == n_channels else rows * count(n_columns)
    return (
        LazyTable(values.ravel(), in_values, of_X, of_rows[0], columns),
        LazyTable(channels.ravel(), in_channels, of_target, of_rows[1], of_y),
    )


def _in_time(
    parts: list[SeriesArrays],
    begins: list[slice | NDArray],
    n_steps: int,
    has_labels: bool,
) -> tuple[NDArray, NDArray]:
    """Return where windows begin among the steps of all series, and their order."""
    lengths = [len(part.times) for part in parts]
    count = smallest_int(sum(lengths))
    kept = list(zip(parts, begins, strict=True))
    n_rows = [len(np.arange(len(part.times))[begin]) for part, begin in kept]
    rows, times = np.empty((2, sum(n_rows)), count)  # in all series, and in each
    ends = np.cumsum(n_rows)
    for end, n, first, (part, begin) in zip(
        ends, n_rows, np.cumsum(lengths) - lengths, kept, strict=True
    ):
        times[end - n : end] = np.arange(len(part.times))[begin]
        rows[end - n : end] = times[end - n : end] + first
    try:
        if has_labels:
            times = _times_of_rows(kept, n_steps, sum(n_rows))
        # Stable: at equal times the series keep their order.
        return rows, times.argsort(kind="stable")
    except (TypeError, ValueError) as error:
        raise TypeError(
            "The time labels of the series can't be compared. Give all series the same "
            "kind of index, with the same time zone or frequency."
        ) from error


def _times_of_rows(
    kept: list[tuple[SeriesArrays, slice | NDArray]], n_steps: int, n_rows: int
) -> Any:
    """Return the times of rows, dates of one kind as numbers, series by series."""
    labels: Any = (
        one.times.get_level_values(-1)[n_steps:][begin] for one, begin in kept
    )
    kinds = [one.times[:1].get_level_values(-1) for one, _ in kept]
    if not hasattr(kinds[0], "asi8") or len({kind.dtype for kind in kinds}) > 1:
        first, *others = labels
        return first.append(others)
    numbers, end = np.empty(n_rows, np.int64), 0  # sorted in less memory
    for each in labels:
        numbers[end : end + len(each)] = each.asi8
        end += len(each)
    return numbers


def _padded(values: NDArray, n_steps: int, called: str) -> NDArray:
    """Repeat the first value in front, as the window of a first step needs it."""
    _check_padding(n_steps, len(values), called)
    return np.concatenate([np.repeat(values[:1], n_steps, axis=0), values])


def _check_padding(n_steps: int, length: int, called: str) -> None:
    """Refuse to fill the memory with repetitions of one value."""
    if n_steps - length > _MOST_PADDING:
        raise ValueError(
            f"n_steps={n_steps}, but {called} has only {length} time step(s), and no "
            f"more than {_MOST_PADDING} are filled in. Use a smaller n_steps."
        )


def _last_row(one: SeriesArrays, n_steps: int) -> NDArray:
    """View the last window of a series; copy only one that has to be padded."""
    recent = one.values[-n_steps:]
    if not len(recent):
        check_length(0, n_steps, 0, one.called)
    if len(recent) < n_steps:
        recent = _padded(recent, n_steps, one.called)[-n_steps:]
    return view_windows(recent, n_steps)


def _labelled(values: NDArray, index: pd.Index, columns: Any) -> Any:
    """Return values as a frame, or 1-D ones as a Series, without a copy."""
    if values.ndim == 1:
        labelled: Any = pd.Series(values, index=index, name=columns, copy=False)
    else:
        labelled = pd.DataFrame(values, index=index, columns=columns, copy=False)
    if not values.flags.writeable:
        # pandas 3 copies what it writes to if a second object has the same values. Only
        # its private parts can be told so; without them, writing raises as in pandas 2.
        with suppress(AttributeError):
            labelled._mgr.blocks[0].refs.add_reference(_SECOND._mgr.blocks[0])
    return labelled


def _windows_before(X: Any, series: SeriesArrays, n_steps: int) -> NDArray:
    """Copy the windows of a series that end right before the labels of X."""
    if not isinstance(X, pd.DataFrame):
        raise TypeError(
            f"X is of type {type(X).__name__}, but with series it must be a DataFrame: "
            "the labels of its rows are looked up. Pass pd.DataFrame(X, index=times)."
        )
    if X.index.nlevels > 1 or series.times.nlevels > 1:
        raise ValueError(
            "The index of X or of series has several levels, but WindowTransformer "
            "looks up the labels of one series. Use make_windows for a panel."
        )
    ends = _rows_before(X.index, series.times)
    if (ends < n_steps).any():
        row = int(np.argmax(ends < n_steps))
        raise ValueError(
            f"X has the label {X.index[row]!r}, but series has only {ends[row]} time "
            f"step(s) before it and n_steps={n_steps}. Leave out the first rows of X "
            "and y, or use a smaller n_steps or a series that starts earlier."
        )
    return view_windows(series.values, n_steps)[ends - n_steps]


def _rows_before(labels: pd.Index, times: pd.Index) -> NDArray:
    """Count the sorted times before each label."""
    if labels.hasnans:
        raise ValueError(
            f"X has a missing label in row {np.argmax(labels.isna())}. Label each row "
            "by the time it forecasts; any one past the end of series is its next."
        )
    try:
        # NumPy would compare a time difference with a number.
        if is_numeric_dtype(labels.dtype) != is_numeric_dtype(times.dtype):
            raise TypeError("numbers on one side only")
        return np.asarray(times.searchsorted(labels, side="left"))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"The labels of X ({labels.dtype}) and of series ({times.dtype}) can't be "
            "compared. Give both the same kind of index, with the same time zone and "
            "unit."
        ) from error


def _next_labels(parts: list[SeriesArrays]) -> pd.Index:
    """Return the label that follows each series, NaT where nothing tells it."""
    names = [_called(part.times, k, len(parts)) for k, part in enumerate(parts)]
    times = [_time_level(part.times) for part in parts]
    labels = [following(known, 1) for known in times]
    warn_of_gaps(zip(names, times, strict=True), stacklevel=5)
    unknown = [k for k, label in enumerate(labels) if label is None]
    if unknown:
        more = f" and {len(unknown) - 1} more" if unknown[1:] else ""
        warnings.warn(
            f"Nothing tells which time follows {text_of(times[unknown[0]][-1])} in "
            f"{names[unknown[0]]}{more}, so the label is NaT. Give the series a "
            "frequency, asfreq('D') for one, or label the row: "
            "last_window(...).set_axis([time]).",
            UserWarning,
            stacklevel=4,
        )
    index = [
        _under(part.times, _not_a_time(known) if label is None else label)
        for part, known, label in zip(parts, times, labels, strict=True)
    ]
    return index[0].append(index[1:])


def _called(index: pd.Index, place: int, n_series: int) -> str:
    """Name a series as `read` does."""
    if index.nlevels > 1:
        key = index[-1][:-1]
        return f"series {key[0] if len(key) == 1 else key!r}"
    return "series" if n_series == 1 else f"series[{place}]"


def _time_level(index: Any) -> Any:
    """Return the times of a series; of a panel's frequency, if they have it."""
    times = index.get_level_values(-1)
    if isinstance(index, pd.MultiIndex) and not isinstance(times, pd.PeriodIndex):
        freq = getattr(index.levels[-1], "freq", None)
        with suppress(ValueError):  # some of the panel's times are missing
            return times if freq is None else type(times)(times, freq=freq)
    return times


def _under(index: pd.Index, label: pd.Index) -> pd.Index:
    """Put a label under the names of the last row's series."""
    if index.nlevels == 1:
        return label
    levels = [index.get_level_values(k)[-1:] for k in range(index.nlevels - 1)]
    return pd.MultiIndex.from_arrays([*levels, label])


def _not_a_time(times: pd.Index) -> pd.Index:
    dtype = times.dtype if isinstance(times, TIME_INDEX) else None
    return pd.Index([pd.NaT], dtype=dtype, name=times.name)
