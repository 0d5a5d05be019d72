"""Forecasts of any regressor or series forecaster, beside what was to be forecast."""

from __future__ import annotations

import re
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils._param_validation import InvalidParameterError

from sk_rnn.plotting._times import (
    index_of,
    name_of_times,
    read_index,
    shifted,
    times_ahead,
)

_STEP_LABEL = re.compile(r"(.+)\[t(\+\d+)?\]", re.DOTALL)  # of make_windows
# Where scikit-learn, sktime and sk_rnn.sktime keep what they have trained.
_INNER = ("best_estimator_", "best_forecaster_", "forecaster_", "regressor_")

Bands = dict[float | None, NDArray]  # coverage: lower and upper, (n_rows, 2)


# ------------------------------------------------------------------- of estimators


def predict(estimator: Any, X: Any, y: Any) -> Any:
    """Forecast y by a regressor from X, by a series forecaster at the times of y."""
    if is_series_forecaster(estimator):
        return _at_times_of(y, estimator, estimator.predict, X=X)
    return estimator.predict(X)


def predict_interval(estimator: Any, X: Any, y: Any, coverage: Any) -> Any:
    """Give the bounds of forecasts as `predict` makes them, one pair per coverage."""
    coverages = [coverage] if np.isscalar(coverage) else list(coverage)
    if is_series_forecaster(estimator):
        interval = estimator.predict_interval
        return _at_times_of(y, estimator, interval, X=X, coverage=coverages)
    while not hasattr(estimator, "predict_interval"):
        if isinstance(estimator, Pipeline):
            X = estimator[:-1].transform(X) if len(estimator) > 1 else X
            estimator = estimator[-1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            raise ValueError(
                f"coverage={coverage!r}, but {type(estimator).__name__} has no method "
                "predict_interval. Leave coverage out, or pass a forecaster that has."
            )
    return {each: estimator.predict_interval(X, coverage=each) for each in coverages}


def is_series_forecaster(estimator: Any) -> bool:
    """Tell whether an estimator has sktime's interface, a search by sktime included."""
    get_tag = getattr(estimator, "get_tag", None)
    return callable(get_tag) and "forecaster" in get_tag("object_type", "", False)


def name_of(estimator: Any) -> str:
    """Name the class that forecasts, inside of searches and pipelines."""
    return type(innermost(estimator)).__name__


def innermost(estimator: Any) -> Any:
    """Return what is trained inside of pipelines, finished searches and the like."""
    while True:
        if isinstance(estimator, Pipeline):
            inner = estimator[-1]
        else:
            found = (getattr(estimator, name, None) for name in _INNER)
            inner = next((each for each in found if each is not None), None)
        if inner is None:
            return estimator
        estimator = inner


def _at_times_of(y: Any, forecaster: Any, method: Any, **kwargs: Any) -> Any:
    """Call a method of a series forecaster for the times of y."""
    index, name = index_of(y), type(forecaster).__name__
    if index is None:
        raise ValueError(
            f"y is {type(y).__name__}, which does not tell the times that {name} is to "
            "forecast. Pass a pandas Series indexed by them."
        )
    if not forecaster.get_tag("requires-fh-in-fit"):
        from sktime.forecasting.base import ForecastingHorizon

        return method(fh=ForecastingHorizon(index, is_relative=False), **kwargs)
    forecasts = method(**kwargs)  # of the times that fit was told
    missing = index.difference(forecasts.index)
    if len(missing):
        raise ValueError(
            f"y has the time {missing[0]!r}, but {name} was fitted for others, from "
            f"{forecasts.index[0]!r} to {forecasts.index[-1]!r}. Pass the values at "
            "those, or some of them."
        )
    return forecasts.loc[index]


# ------------------------------------------------------------------------ of tables


class Table(NamedTuple):
    """Real values and their forecasts, one row per window, in order of time."""

    true: NDArray  # (n_rows, horizon)
    pred: NDArray  # (n_rows, horizon)
    times: pd.Index | None
    target_name: str | None
    order: NDArray  # (n_rows,), the places of these rows in what was given

    @classmethod
    def of(cls, y_true: Any, y_pred: Any, index: Any = None) -> Table:
        """Read and check what a display is given."""
        check_same_labels(y_true, y_pred)
        true, pred = _matrix(y_true, "y_true"), _matrix(y_pred, "y_pred")
        if np.shape(y_true)[1:] != np.shape(y_pred)[1:] or len(true) != len(pred):
            raise ValueError(
                f"y_true has the shape {np.shape(y_true)} and y_pred "
                f"{np.shape(y_pred)}. Pass the forecasts of the same rows."
            )
        order = np.arange(len(true))
        if index is None:
            index = index_of(y_true)
        if index is not None:
            index = read_index(index, len(true))
            if not index.is_monotonic_increasing:
                order = index.argsort(kind="stable")
                index = index[order]
        return cls(true[order], pred[order], index, target_name(y_true), order)

    @property
    def horizon(self) -> int:
        """How many steps a row holds."""
        return self.true.shape[1]

    def drawn(self, step: Any, name: str | None) -> Drawn:
        """Take what is drawn: one step of every row, or all steps of a single row."""
        if step is None and len(self.true) == 1 and self.horizon > 1:
            return Drawn(0, self.true[0], self.pred[0], self._times_of_row(), name)
        chosen = self._check_step(step)
        if self.horizon > 1:
            ahead = f"{chosen + 1} step{'s' if chosen else ''} ahead"
            name = ahead.capitalize() if name is None else f"{name}, {ahead}"
        place = (slice(None), chosen)
        times = self._times_of_step(chosen)
        return Drawn(place, self.true[place], self.pred[place], times, name)

    def _check_step(self, step: Any) -> int:
        if step is None:
            return 0
        if isinstance(step, bool) or not isinstance(step, Integral):
            raise InvalidParameterError(
                "The 'step' parameter must be an int, 0 for the first step, or None. "
                f"Got {step!r} instead."
            )
        if int(step) not in range(self.horizon):
            raise ValueError(
                f"step={step}, but y_true holds {self.horizon} step(s) per row. step "
                f"must be between 0 and {self.horizon - 1}."
            )
        return int(step)

    def _times_of_step(self, step: int) -> pd.Index:
        """Return when the values of one step of each row are."""
        own = pd.RangeIndex(len(self.true), name="Row")
        index = own if self.times is None else self.times
        times = shifted(index, step, self.true)
        if times is None:
            return index.rename(f"{name_of_times(index)} of the first step")
        return times

    def _times_of_row(self) -> pd.Index:
        """Return when the values of a single row are."""
        ahead = None
        if self.times is not None:
            ahead = times_ahead(self.times, self.horizon - 1)
        if self.times is None or ahead is None:
            return pd.RangeIndex(1, self.horizon + 1, name="Step ahead")
        return self.times.append(ahead)


class Drawn(NamedTuple):
    """What is drawn of a table."""

    place: Any  # of it in an array of the table's shape
    true: NDArray  # (n_times,)
    pred: NDArray  # (n_times,)
    times: pd.Index
    name: str | None  # what made it, and how many steps ahead


def target_name(y: Any) -> str | None:
    """Return what is forecast, without the step that make_windows writes behind."""
    name = y.columns[0] if isinstance(y, pd.DataFrame) else getattr(y, "name", None)
    if name is None or isinstance(name, int):  # pandas numbers what has no name
        return None
    match = _STEP_LABEL.fullmatch(str(name))
    return match[1] if match else str(name)


def check_same_labels(
    values: Any, others: Any, called: str = "y_true", others_called: str = "y_pred"
) -> None:
    """Refuse pandas' rows of other times."""
    index, other = index_of(values), index_of(others)
    if index is None or other is None or len(index) != len(other):
        return
    if index.equals(other):
        return
    row = int(np.argmax(index != other))
    raise ValueError(
        f"{called} and {others_called} are labelled differently: row {row} is "
        f"{index[row]!r} in {called} and {other[row]!r} in {others_called}. Pass the "
        "values of the same rows, in the same order."
    )


def _matrix(y: Any, parameter: str) -> NDArray:
    values = np.asarray(y)
    if values.ndim not in (1, 2):
        raise ValueError(
            f"{parameter} has {values.ndim} dimensions. It must have one row per "
            "window and, for several steps, one column per step."
        )
    if values.size == 0:
        raise ValueError(f"{parameter} is empty. Pass at least one row.")
    return values.reshape(len(values), -1)


# ------------------------------------------------------------------------- of bands


def read_bands(interval: Any, shape: tuple[int, ...]) -> Bands:
    """Read bounds of values of a shape, from sktime's frames or arrays.

    Returned are arrays of that shape and 2, by coverage, the widest first. The coverage
    of a bare array is not known: it is None.
    """
    bands: dict[float | None, Any]
    if interval is None:
        return {}
    if isinstance(interval, pd.DataFrame) and isinstance(
        interval.columns, pd.MultiIndex
    ):
        bands = dict(_bands_of_frame(interval))
    else:
        bands = dict(interval) if isinstance(interval, Mapping) else {None: interval}
    wanted = (*shape, 2)
    for coverage, bounds in bands.items():
        is_number = isinstance(coverage, Real)
        if coverage is not None and not (is_number and 0 < coverage < 1):
            raise ValueError(
                f"interval has the coverage {coverage!r}, which must be between 0 and "
                "1. Write 0.9 for 90 %."
            )
        values = np.asarray(bounds, dtype=float)
        if _longer_than_one(values.shape) != _longer_than_one(wanted):
            raise ValueError(
                f"interval has the shape {values.shape}, but the forecasts need "
                f"{wanted}: lower and upper bound of each. Pass an array of that "
                "shape, a dict of coverage to such arrays, or what predict_interval "
                "or predict_quantiles of sktime return."
            )
        bands[coverage] = values.reshape(wanted)
    return dict(sorted(bands.items(), key=lambda each: -(each[0] or 0)))


def kept(bands: Bands) -> Any:
    """Return bands as a display keeps them: a bare array if coverage is not known."""
    return bands.get(None, bands) if bands else None


def _longer_than_one(shape: tuple[int, ...]) -> list[int]:
    return [n for n in shape if n != 1]


def _bands_of_frame(frame: pd.DataFrame) -> Any:
    """Yield coverage and bounds of sktime's frames of intervals or quantiles."""
    variables = frame.columns.unique(0)
    if len(variables) > 1:
        raise ValueError(
            f"interval holds several variables: {list(variables)}. Select one, for "
            f"example interval[[{variables[0]!r}]]."
        )
    frame = frame.droplevel(0, axis=1)
    if frame.columns.nlevels == 2:
        for coverage in frame.columns.unique(0):
            yield coverage, frame[coverage][["lower", "upper"]]
        return
    frame = frame.loc[:, ~frame.columns.duplicated()].sort_index(axis=1)
    for k in range(frame.shape[1] // 2):  # the lowest and the highest, and so on
        pair = frame.columns[[k, -1 - k]]
        yield round(float(np.ptp(pair)), 10), frame[pair]
