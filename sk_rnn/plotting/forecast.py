"""Real values and forecasts over time."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pandas.api.types import infer_dtype
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils._param_validation import InvalidParameterError

from sk_rnn.plotting._drawing import draw_line, new_or_given_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

_MOST_TEXTS = 10  # on the axis of times that are no dates


class ForecastDisplay:
    """Real values and their forecasts over time.

    Create one with :meth:`from_estimator` or :meth:`from_predictions`; all arguments
    are kept as attributes.

    Parameters
    ----------
    y_true : array-like of shape (n_windows,)
        Real values, in the order they are drawn.
    y_pred : array-like of shape (n_windows,)
        Their forecasts.
    index : array-like of shape (n_windows,) or None, default=None
        Where the values are drawn: dates, also as text, or numbers. None counts the
        rows from 0.
    name : str or None, default=None
        What made the forecasts, for the legend.
    target_name : str or None, default=None
        What is forecast, for the label of the vertical axis. None means ``"y"``.

    Attributes
    ----------
    line_ : matplotlib Line2D
        The forecasts.
    true_line_ : matplotlib Line2D
        The real values.
    ax_ : matplotlib Axes
        Axes with both lines.
    figure_ : matplotlib Figure
        Figure that holds the axes.

    See Also
    --------
    LossCurveDisplay : The loss of every epoch of training.
    sklearn.metrics.PredictionErrorDisplay : Residuals against forecasts.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sk_rnn.plotting import ForecastDisplay
    >>> display = ForecastDisplay(y_true=[1.0, 2.0, 4.0], y_pred=[1.0, 1.5, 3.5])
    >>> display.plot().line_.get_ydata()
    array([1. , 1.5, 3.5])
    >>> plt.close(display.figure_)
    """

    line_: Line2D
    true_line_: Line2D
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        *,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        index: Any = None,
        name: str | None = None,
        target_name: str | None = None,
    ) -> None:
        self.y_true = y_true
        self.y_pred = y_pred
        self.index = index
        self.name = name
        self.target_name = target_name

    def plot(
        self,
        ax: Axes | None = None,
        *,
        true_kwargs: Mapping[str, Any] | None = None,
        pred_kwargs: Mapping[str, Any] | None = None,
    ) -> ForecastDisplay:
        """Draw both lines.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to draw on. None creates a figure.
        true_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for the line of the real values.
        pred_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for the line of the forecasts.

        Returns
        -------
        ForecastDisplay
            The object itself.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        ax = new_or_given_axes(ax)
        times = _times(self.index, len(np.asarray(self.y_true)))
        predicted = "Predicted" if self.name is None else f"Predicted, {self.name}"
        self.true_line_ = draw_line(
            ax, times, self.y_true, {"label": "Real", "color": "black"}, true_kwargs
        )
        self.line_ = draw_line(
            ax, times, self.y_pred, {"label": predicted, "color": "C1"}, pred_kwargs
        )
        if isinstance(times, pd.DatetimeIndex):
            _format_dates(ax, times.tz)
        elif times.nunique() > _MOST_TEXTS:
            _thin_texts(ax)
        ax.set(xlabel=str(times.name), ylabel=self.target_name or "y")
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        index: Any = None,
        step: int = 0,
        name: str | None = None,
        ax: Axes | None = None,
        true_kwargs: Mapping[str, Any] | None = None,
        pred_kwargs: Mapping[str, Any] | None = None,
    ) -> ForecastDisplay:
        """Forecast windows with a fitted estimator and draw the outcome.

        Parameters
        ----------
        estimator : estimator instance
            Any fitted regressor, or a pipeline that ends in one.
        X : array-like of shape (n_windows, n_features)
            Windows, one per row.
        y : array-like of shape (n_windows,) or (n_windows, horizon)
            The values that follow them.
        index : array-like of shape (n_windows,) or None, default=None
            Times of the rows. None takes the index of ``y``, else of ``X``, else counts
            the rows from 0.
        step : int, default=0
            Which of the ``horizon`` values is drawn; see :meth:`from_predictions`.
        name : str or None, default=None
            Name for the legend. None takes the estimator's class.
        ax : matplotlib Axes or None, default=None
            Axes to draw on. None creates a figure.
        true_kwargs, pred_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for either line.

        Returns
        -------
        ForecastDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            As :meth:`from_predictions`.

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
        'Predicted, Ridge'
        >>> plt.close(display.figure_)
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        if index is None:
            index = _index_of(y) if _index_of(y) is not None else _index_of(X)
        return cls.from_predictions(
            y,
            estimator.predict(X),
            index=index,
            step=step,
            name=type(estimator).__name__ if name is None else name,
            ax=ax,
            true_kwargs=true_kwargs,
            pred_kwargs=pred_kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        index: Any = None,
        step: int = 0,
        name: str | None = None,
        ax: Axes | None = None,
        true_kwargs: Mapping[str, Any] | None = None,
        pred_kwargs: Mapping[str, Any] | None = None,
    ) -> ForecastDisplay:
        """Draw given forecasts beside the real values.

        Rows are drawn in the order of their times, whatever order they come in.

        Parameters
        ----------
        y_true : array-like of shape (n_windows,) or (n_windows, horizon)
            Real values.
        y_pred : array-like of the shape of y_true
            Their forecasts.
        index : array-like of shape (n_windows,) or None, default=None
            Times of the rows. None takes the index of ``y_true``, or counts the rows
            from 0.
        step : int, default=0
            Which of the ``horizon`` values is drawn, 0 the first. Every row is drawn at
            its own time, which :func:`sk_rnn.make_windows` sets to that of the first
            value forecast: a later value belongs ``step`` time steps further right.
        name : str or None, default=None
            What made the forecasts, for the legend.
        ax : matplotlib Axes or None, default=None
            Axes to draw on. None creates a figure.
        true_kwargs, pred_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for either line.

        Returns
        -------
        ForecastDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the shapes of ``y_true`` and ``y_pred`` differ, both are labelled and the
            labels differ, ``step`` is no column of them, or ``index`` has another
            length or holds several series.

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
        _check_same_labels(y_true, y_pred)
        true, target_name = _column(y_true, "y_true", step)
        pred, _ = _column(y_pred, "y_pred", step)
        if np.shape(y_true)[1:] != np.shape(y_pred)[1:] or len(true) != len(pred):
            raise ValueError(
                f"y_true has the shape {np.shape(y_true)} and y_pred "
                f"{np.shape(y_pred)}. Pass the forecasts of the same rows."
            )
        if index is None:
            index = _index_of(y_true)
        if index is not None:
            index = _check_index(index, len(true))
            if not index.is_monotonic_increasing:
                order = index.argsort(kind="stable")
                index, true, pred = index[order], true[order], pred[order]
        display = cls(
            y_true=true, y_pred=pred, index=index, name=name, target_name=target_name
        )
        return display.plot(ax, true_kwargs=true_kwargs, pred_kwargs=pred_kwargs)


def _times(index: Any, n_rows: int) -> pd.Index:
    """Turn an index into named times that matplotlib can draw."""
    if index is None:
        return pd.RangeIndex(n_rows, name="Row")
    times = _as_dates(pd.Index(index))
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp()
    if times.name is None:
        dated = isinstance(times, pd.DatetimeIndex)
        times = times.rename("Date" if dated else "Time")
    return times


def _as_dates(times: pd.Index) -> pd.Index:
    """Read text as dates, if all of it is."""
    if infer_dtype(times) not in ("string", "date"):
        return times
    for dayfirst in False, True:
        with warnings.catch_warnings():  # of a format that pandas tries in vain
            warnings.simplefilter("ignore")
            try:
                dates = pd.to_datetime(times, dayfirst=dayfirst)
            except (ValueError, TypeError, OverflowError):
                continue
        if not dates.hasnans:
            return dates
    return times


def _thin_texts(ax: Axes) -> None:
    """Label a few of many texts, of which matplotlib labels all."""
    from matplotlib.category import StrCategoryLocator
    from matplotlib.ticker import MaxNLocator

    if isinstance(ax.xaxis.get_major_locator(), StrCategoryLocator):
        ax.xaxis.set_major_locator(MaxNLocator(_MOST_TEXTS - 1, integer=True))


def _format_dates(ax: Axes, tz: Any) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(tz=tz)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=tz))


def _index_of(values: Any) -> Any:
    return values.index if isinstance(values, pd.Series | pd.DataFrame) else None


def _check_index(index: Any, n_rows: int) -> pd.Index:
    if isinstance(index, pd.MultiIndex):
        raise ValueError(
            f"index has {index.nlevels} levels {list(index.names)}, so the rows belong "
            "to several series. Draw one series at a time, for example the rows "
            f"selected by y.xs({index[0][0]!r}, level=0)."
        )
    index = pd.Index(index)
    if len(index) != n_rows:
        raise ValueError(
            f"index has {len(index)} labels, but y_true has {n_rows} rows. Pass one "
            "label per row."
        )
    return _as_dates(index)


def _check_same_labels(y_true: Any, y_pred: Any) -> None:
    true, pred = _index_of(y_true), _index_of(y_pred)
    if true is None or pred is None or len(true) != len(pred) or true.equals(pred):
        return
    row = int(np.argmax(true != pred))
    raise ValueError(
        f"y_true and y_pred are labelled differently: row {row} is {true[row]!r} in "
        f"y_true and {pred[row]!r} in y_pred. Pass the forecasts of the same rows, in "
        "the same order."
    )


def _column(y: Any, parameter: str, step: int) -> tuple[NDArray, str | None]:
    """Take one step of y, and the name it has in a Series or DataFrame."""
    values = np.asarray(y)
    if values.ndim not in (1, 2):
        raise ValueError(
            f"{parameter} has {values.ndim} dimensions. It must have one row per "
            "window and, for several steps, one column per step."
        )
    horizon = 1 if values.ndim == 1 else values.shape[1]
    if isinstance(step, bool) or not isinstance(step, Integral):
        raise InvalidParameterError(
            f"The 'step' parameter must be an int, 0 for the first step. Got {step!r} "
            "instead."
        )
    if not 0 <= step < horizon:
        raise ValueError(
            f"step={step}, but {parameter} holds {horizon} step(s) per row. step must "
            f"be between 0 and {horizon - 1}."
        )
    name = getattr(y, "name", None)
    if isinstance(y, pd.DataFrame):
        name = y.columns[step]
    column = values if values.ndim == 1 else values[:, step]
    return column, None if name is None else str(name)
