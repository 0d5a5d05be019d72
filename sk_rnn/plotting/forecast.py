"""Real values, forecasts and their intervals over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._optional_dependencies import check_matplotlib_support

from sk_rnn.plotting._drawing import (
    BaseDisplay,
    add_legend,
    draw_band,
    draw_line,
    draw_truth,
    new_or_given_axes,
    width_of,
)
from sk_rnn.plotting._forecasts import (
    Table,
    check_same_labels,
    kept,
    name_of,
    predict,
    predict_interval,
    read_bands,
    target_name,
)
from sk_rnn.plotting._times import (
    as_dates,
    coordinates,
    index_of,
    label_times,
    read_index,
    times_ahead,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import Collection
    from matplotlib.lines import Line2D

_ALPHA = 0.15  # of the widest of many bands


class ForecastDisplay(BaseDisplay):
    """Real values, their forecasts and intervals over time.

    Create one with :meth:`from_estimator`, :meth:`from_predictions` or
    :meth:`from_forecast`; all arguments are kept as attributes. Several displays may be
    drawn on the same axes: each takes the next colour, and the real values are drawn
    once.

    Parameters
    ----------
    y_pred : array-like of shape (n_times,)
        Forecasts, in the order they are drawn.
    y_true : array-like of shape (n_times,) or None, default=None
        Real values at the same times, if they are known.
    index : array-like of shape (n_times,) or None, default=None
        Where the values are drawn: dates, also as text, spans of time or numbers. None
        counts the rows, from 0 or from the end of ``history``.
    history : Series or None, default=None
        Real values before the forecasts, indexed by their times.
    interval : array-like of shape (n_times, 2), dict, DataFrame or None, default=None
        Lower and upper bounds of the forecasts; a dict holds one such array per
        coverage, between 0 and 1. What sktime's ``predict_interval`` and
        ``predict_quantiles`` return is read, too: of quantiles, the lowest and the
        highest are a band, and so on to the middle.
    name : str or None, default=None
        What made the forecasts, for the legend.
    target_name : str or None, default=None
        What is forecast, for the label of the vertical axis. None means ``"y"``.

    Attributes
    ----------
    line_ : matplotlib Line2D
        The forecasts. With ``history`` it starts at the last value of that.
    true_line_ : matplotlib Line2D or None
        The real values, history included; None where there are none. Another display's,
        if that drew the same values on the same axes.
    bands_ : list of matplotlib Collection
        The intervals, the widest first.
    ax_ : matplotlib Axes
        Axes with all of them.
    figure_ : matplotlib Figure
        Figure that holds the axes.

    See Also
    --------
    HorizonErrorDisplay : The error of every step ahead.
    ResidualsDisplay : What forecasts leave unexplained, over time.
    LossCurveDisplay : The loss of every epoch of training.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sk_rnn.plotting import ForecastDisplay
    >>> display = ForecastDisplay(y_true=[1.0, 2.0, 4.0], y_pred=[1.0, 1.5, 3.5])
    >>> display
    ForecastDisplay(y_pred=<3 values>, y_true=<3 values>)
    >>> display.plot().line_.get_ydata()
    array([1. , 1.5, 3.5])
    >>> plt.close(display.figure_)
    """

    line_: Line2D
    true_line_: Line2D | None
    bands_: list[Collection]

    def __init__(
        self,
        *,
        y_pred: ArrayLike,
        y_true: ArrayLike | None = None,
        index: Any = None,
        history: pd.Series | None = None,
        interval: Any = None,
        name: str | None = None,
        target_name: str | None = None,
    ) -> None:
        self.y_pred = y_pred
        self.y_true = y_true
        self.index = index
        self.history = history
        self.interval = interval
        self.name = name
        self.target_name = target_name

    def plot(
        self,
        ax: Axes | None = None,
        *,
        true_kwargs: Mapping[str, Any] | None = None,
        pred_kwargs: Mapping[str, Any] | None = None,
        interval_kwargs: Mapping[str, Any] | None = None,
    ) -> ForecastDisplay:
        """Draw all there is.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to draw on, those of another display or of pandas too. None creates a
            figure.
        true_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for the line of the real values.
        pred_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for the line of the forecasts.
        interval_kwargs : dict or None, default=None
            Keywords of ``Axes.fill_between`` for the bands.

        Returns
        -------
        ForecastDisplay
            The object itself.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        ax = new_or_given_axes(ax)
        pred = np.asarray(self.y_pred, dtype=float)
        bands = read_bands(self.interval, pred.shape)
        times, true = self._times_and_truth(len(pred))
        x = coordinates(ax, times)
        first = len(x) - len(pred)
        if first and x[first - 1] < x[first] and np.isfinite(true[first - 1]):
            first -= 1  # all go on from what is known
            pred = np.append(true[first], pred)
            bands = {k: np.insert(v, 0, true[first], axis=0) for k, v in bands.items()}
        self.true_line_ = None
        if len(true):
            self.true_line_ = draw_truth(ax, x[: len(true)], true, true_kwargs)
        style = {"label": self.name or "Forecast", "linewidth": width_of(len(x))}
        self.line_ = draw_line(ax, x[first:], pred, style, pred_kwargs)
        self.bands_ = []
        for k, (coverage, bounds) in enumerate(bands.items(), start=1):
            style = {
                "label": self._label_of_band(coverage),
                "facecolor": self.line_.get_color(),
                "alpha": _ALPHA * (1 + k / len(bands)),
            }
            band = draw_band(ax, x[first:], bounds, style, interval_kwargs)
            self.bands_.append(band)
        label_times(ax, times)
        ax.set_ylabel(self.target_name or ax.get_ylabel() or "y")
        add_legend(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _times_and_truth(self, n_pred: int) -> tuple[pd.Index, NDArray]:
        """Return the times of history and forecasts, and what is known at the first."""
        past = pd.Series(dtype=float) if self.history is None else self.history
        if self.index is None:
            name = "Row" if self.history is None else None
            times: pd.Index = pd.RangeIndex(len(past), len(past) + n_pred, name=name)
        else:
            times = as_dates(pd.Index(self.index))
        if len(past):
            earlier = as_dates(past.index)
            times = earlier.append(times).rename(earlier.name or times.name)
        true: ArrayLike = [] if self.y_true is None else np.asarray(self.y_true)
        return times, np.concatenate([past, true]).astype(float)

    def _label_of_band(self, coverage: float | None) -> str:
        label = "interval" if coverage is None else f"{100 * coverage:.4g} % interval"
        return f"{self.name}, {label}" if self.name else label.capitalize()

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        coverage: float | Sequence[float] | None = None,
        index: Any = None,
        step: int | None = None,
        name: str | None = None,
        ax: Axes | None = None,
        true_kwargs: Mapping[str, Any] | None = None,
        pred_kwargs: Mapping[str, Any] | None = None,
        interval_kwargs: Mapping[str, Any] | None = None,
    ) -> ForecastDisplay:
        """Forecast with a fitted estimator and draw the outcome.

        Parameters
        ----------
        estimator : estimator instance
            Any fitted regressor, also at the end of a pipeline or in a finished search;
            or a fitted forecaster with sktime's interface, those of ``sk_rnn.sktime``
            among them.
        X : array-like of shape (n_windows, n_features)
            Windows, one per row. Of a series forecaster the exogenous data at the times
            of ``y``, or None.
        y : array-like of shape (n_windows,) or (n_windows, horizon)
            The values that follow the windows. Of a series forecaster a Series, whose
            times are forecast.
        coverage : float, sequence of float or None, default=None
            Coverage, between 0 and 1, of the intervals that are drawn; the estimator
            needs ``predict_interval``. None draws none.
        index : array-like of shape (n_windows,) or None, default=None
            Times of the rows. None takes the index of ``y``, else of ``X``, else counts
            the rows from 0.
        step : int or None, default=None
            Which of the ``horizon`` values is drawn; see :meth:`from_predictions`.
        name : str or None, default=None
            Name for the legend. None takes the estimator's class.
        ax : matplotlib Axes or None, default=None
            Axes to draw on. None creates a figure.
        true_kwargs, pred_kwargs, interval_kwargs : dict or None, default=None
            Keywords for the artists, as those of :meth:`plot`.

        Returns
        -------
        ForecastDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If ``coverage`` is asked of an estimator without ``predict_interval``, and
            as :meth:`from_predictions`.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn.linear_model import Ridge
        >>> from sk_rnn.plotting import ForecastDisplay
        >>> X = np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]])
        >>> y = [3.0, 4.0, 5.0]
        >>> display = ForecastDisplay.from_estimator(Ridge().fit(X, y), X, y)
        >>> display.line_.get_label()
        'Ridge'
        >>> plt.close(display.figure_)
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        if index is None and index_of(y) is None:
            index = index_of(X)
        interval = None
        if coverage is not None:
            interval = predict_interval(estimator, X, y, coverage)
        return cls.from_predictions(
            y,
            predict(estimator, X, y),
            interval=interval,
            index=index,
            step=step,
            name=name_of(estimator) if name is None else name,
            ax=ax,
            true_kwargs=true_kwargs,
            pred_kwargs=pred_kwargs,
            interval_kwargs=interval_kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        interval: Any = None,
        index: Any = None,
        step: int | None = None,
        name: str | None = None,
        ax: Axes | None = None,
        true_kwargs: Mapping[str, Any] | None = None,
        pred_kwargs: Mapping[str, Any] | None = None,
        interval_kwargs: Mapping[str, Any] | None = None,
    ) -> ForecastDisplay:
        """Draw given forecasts beside the real values.

        Rows are drawn in the order of their times, whatever order they come in. One row
        of several steps is drawn over these steps.

        Parameters
        ----------
        y_true : array-like of shape (n_windows,) or (n_windows, horizon)
            Real values.
        y_pred : array-like of the shape of y_true
            Their forecasts.
        interval : array-like of shape (n_windows, 2) or (n_windows, horizon, 2), \
                dict, DataFrame or None, default=None
            Lower and upper bounds, in the forms that :class:`ForecastDisplay` names.
        index : array-like of shape (n_windows,) or None, default=None
            Times of the rows. None takes the index of ``y_true``, or counts the rows
            from 0.
        step : int or None, default=None
            Which of the ``horizon`` values is drawn, 0 the first. None draws the first,
            of a single row all. The time of a row is that of its first value, as
            :func:`sk_rnn.make_windows` writes it; a later value is drawn as many time
            steps to the right. How long these are is known of weeks, months and longer
            periods, and of rows that follow each other, which their values tell.
            Elsewhere it is drawn at the time of the row, and the axis says so.
        name : str or None, default=None
            What made the forecasts, for the legend.
        ax : matplotlib Axes or None, default=None
            Axes to draw on. None creates a figure.
        true_kwargs, pred_kwargs, interval_kwargs : dict or None, default=None
            Keywords for the artists, as those of :meth:`plot`.

        Returns
        -------
        ForecastDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the shapes of ``y_true`` and ``y_pred`` differ, both are labelled and the
            labels differ, ``step`` is no column of them, ``index`` has another length
            or holds several series, or ``interval`` has another shape.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import pandas as pd
        >>> from sk_rnn.plotting import ForecastDisplay
        >>> days = pd.date_range("2021-01-04", periods=3, name="Date")
        >>> high = pd.Series([351.4, 348.9, 343.6], index=days, name="High")
        >>> display = ForecastDisplay.from_predictions(high, [353.0, 351.4, 348.9])
        >>> display.ax_.get_xlabel(), display.ax_.get_ylabel()
        ('Date', 'High')
        >>> plt.close(display.figure_)
        """
        check_matplotlib_support(f"{cls.__name__}.from_predictions")
        table = Table.of(y_true, y_pred, index)
        check_same_labels(y_true, interval, "y_true", "interval")
        shape = (*table.true.shape, 2)
        bands = {
            coverage: bounds.reshape(shape)[table.order]
            for coverage, bounds in read_bands(interval, np.shape(y_true)).items()
        }
        drawn = table.drawn(step, name)
        display = cls(
            y_pred=drawn.pred,
            y_true=drawn.true,
            index=drawn.times,
            interval=kept({k: each[drawn.place] for k, each in bands.items()}),
            name=drawn.name,
            target_name=table.target_name,
        )
        return display.plot(
            ax,
            true_kwargs=true_kwargs,
            pred_kwargs=pred_kwargs,
            interval_kwargs=interval_kwargs,
        )

    @classmethod
    def from_forecast(
        cls,
        history: Any,
        forecast: Any,
        interval: Any = None,
        *,
        y_true: Any = None,
        name: str | None = None,
        ax: Axes | None = None,
        true_kwargs: Mapping[str, Any] | None = None,
        pred_kwargs: Mapping[str, Any] | None = None,
        interval_kwargs: Mapping[str, Any] | None = None,
    ) -> ForecastDisplay:
        """Draw a forecast of what comes next, with its past and its intervals.

        Parameters
        ----------
        history : array-like of shape (n_past,), Series or None
            Known values. Pass as many of the last ones as the picture is to show.
        forecast : array-like of shape (horizon,) or (1, horizon), or Series
            The values that follow: what a forecaster of ``sk_rnn`` makes of
            :func:`sk_rnn.last_window`, or what a series forecaster returns. Without an
            index of its own it goes on where ``history`` ends.
        interval : array-like of shape (horizon, 2), dict, DataFrame or None, \
                default=None
            Lower and upper bounds, in the forms that :class:`ForecastDisplay` names.
        y_true : array-like of shape (horizon,) or None, default=None
            What came, if that is known.
        name : str or None, default=None
            What made the forecast, for the legend.
        ax : matplotlib Axes or None, default=None
            Axes to draw on. None creates a figure.
        true_kwargs, pred_kwargs, interval_kwargs : dict or None, default=None
            Keywords for the artists, as those of :meth:`plot`.

        Returns
        -------
        ForecastDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If several series are given, ``interval`` or ``y_true`` do not fit
            ``forecast``, or nothing tells the times of ``forecast``.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import pandas as pd
        >>> from sk_rnn.plotting import ForecastDisplay
        >>> months = pd.period_range("2021-01", periods=4, freq="M", name="Month")
        >>> sales = pd.Series([3.0, 5.0, 4.0, 6.0], index=months, name="Sales")
        >>> display = ForecastDisplay.from_forecast(
        ...     sales, [6.0, 7.0], interval={0.9: [[5.0, 7.0], [5.5, 8.5]]}
        ... )
        >>> [band.get_label() for band in display.bands_]
        ['90 % interval']
        >>> display.index[-1]
        Period('2021-06', 'M')
        >>> plt.close(display.figure_)
        """
        check_matplotlib_support(f"{cls.__name__}.from_forecast")
        past = None
        if history is not None and len(history):
            past = _series(history, "history")
        ahead = _series(forecast, "forecast")
        if index_of(forecast) is None or _is_one_row(forecast):
            ahead.index = _times_after(past, len(ahead))
        _check_same_kind(past, ahead)
        bands = read_bands(interval, ahead.shape)
        check_same_labels(ahead, interval, "forecast", "interval")
        true = None if y_true is None else _series(y_true, "y_true")
        if true is not None and len(true) != len(ahead):
            raise ValueError(
                f"y_true has {len(true)} values, but forecast has {len(ahead)}. Pass "
                "what came at the times forecast, NaN where it is not known."
            )
        if index_of(y_true) is not None:
            check_same_labels(ahead, true, "forecast", "y_true")
        if true is not None and past is not None:
            past = past[past.index < ahead.index[0]]  # the rest is drawn as y_true
        display = cls(
            y_pred=ahead.to_numpy(),
            y_true=None if true is None else true.to_numpy(),
            index=ahead.index,
            history=past,
            interval=kept(bands),
            name=name,
            target_name=target_name(history) or target_name(forecast),
        )
        return display.plot(
            ax,
            true_kwargs=true_kwargs,
            pred_kwargs=pred_kwargs,
            interval_kwargs=interval_kwargs,
        )


def _times_after(past: pd.Series | None, n: int) -> pd.Index:
    if past is None:
        return pd.RangeIndex(1, n + 1, name="Step ahead")
    times = times_ahead(past.index, n)
    if times is None:
        raise ValueError(
            f"forecast has no index, and the times after {past.index[-1]!r}, the last "
            "one of history, are not known. Pass forecast as a Series indexed by its "
            "times."
        )
    return times


def _check_same_kind(past: pd.Series | None, ahead: pd.Series) -> None:
    if past is None:
        return
    both = past.index.append(ahead.index)
    if both.dtype == object and not past.index.dtype == ahead.index.dtype == object:
        raise ValueError(
            f"history ends with {past.index[-1]!r}, but forecast begins with "
            f"{ahead.index[0]!r}, a time of another kind. Give both the same kind of "
            "index."
        )


def _is_one_row(values: Any) -> bool:
    """Tell whether these are the steps of one window, labelled by the first."""
    return np.ndim(values) == 2 and np.shape(values)[0] == 1


def _series(values: Any, parameter: str) -> pd.Series:
    """Read one series, whatever holds it."""
    array = np.asarray(values)
    if array.size == 0 or array.size != max(array.shape, default=0):
        raise ValueError(
            f"{parameter} has the shape {array.shape}, but must be one series. Select "
            "one column, or one row."
        )
    index = None if _is_one_row(values) else index_of(values)
    if index is not None:
        index = read_index(index, array.size, parameter)
    return pd.Series(array.ravel(), index)
