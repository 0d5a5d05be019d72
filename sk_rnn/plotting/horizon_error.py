"""How errors grow with every step ahead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import root_mean_squared_error
from sklearn.utils._optional_dependencies import check_matplotlib_support

from sk_rnn.plotting._drawing import BaseDisplay, draw_line, new_or_given_axes
from sk_rnn.plotting._forecasts import Table, name_of, predict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D


class HorizonErrorDisplay(BaseDisplay):
    """The error of forecasts, for every step ahead.

    Create one with :meth:`from_estimator` or :meth:`from_predictions`; all arguments
    are kept as attributes. Draw several on the same axes to compare forecasters.

    Parameters
    ----------
    errors : array-like of shape (horizon,)
        Error of every step, the first one first.
    metric_name : str or None, default=None
        What the errors are, for the label of the vertical axis. None means ``"Error"``.
    name : str or None, default=None
        What made the forecasts, for the legend.

    Attributes
    ----------
    line_ : matplotlib Line2D
        The errors.
    ax_ : matplotlib Axes
        Axes with the line.
    figure_ : matplotlib Figure
        Figure that holds the axes.

    See Also
    --------
    ForecastDisplay : Real values, forecasts and intervals over time.
    BacktestDisplay : The error of every fold of a backtest.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sk_rnn.plotting import HorizonErrorDisplay
    >>> display = HorizonErrorDisplay(errors=[0.9, 1.4, 1.6]).plot()
    >>> display.line_.get_xdata()
    array([1, 2, 3])
    >>> plt.close(display.figure_)
    """

    line_: Line2D

    def __init__(
        self,
        *,
        errors: ArrayLike,
        metric_name: str | None = None,
        name: str | None = None,
    ) -> None:
        self.errors = errors
        self.metric_name = metric_name
        self.name = name

    def plot(
        self, ax: Axes | None = None, *, line_kwargs: Mapping[str, Any] | None = None
    ) -> HorizonErrorDisplay:
        """Draw the errors.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to draw on, those of another display too. None creates a figure.
        line_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for the line.

        Returns
        -------
        HorizonErrorDisplay
            The object itself.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        from matplotlib.ticker import MaxNLocator

        ax = new_or_given_axes(ax)
        errors = np.asarray(self.errors)
        steps = np.arange(1, len(errors) + 1)
        style = {"marker": "o", "markersize": 4, "label": self.name or "Forecast"}
        self.line_ = draw_line(ax, steps, errors, style, line_kwargs)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.update_datalim([(1, 0)])  # sizes are compared: the axis starts from 0
        self.line_.sticky_edges.y.append(0)
        ax.set(xlabel="Step ahead", ylabel=self.metric_name or "Error")
        if self.name is not None:
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
        metric: Callable[..., Any] = root_mean_squared_error,
        name: str | None = None,
        ax: Axes | None = None,
        line_kwargs: Mapping[str, Any] | None = None,
    ) -> HorizonErrorDisplay:
        """Forecast windows with a fitted estimator and draw the error of every step.

        Parameters
        ----------
        estimator : estimator instance
            Any fitted regressor of several steps.
        X : array-like of shape (n_windows, n_features)
            Windows, one per row.
        y : array-like of shape (n_windows, horizon)
            The values that follow them.
        metric : callable, default=root_mean_squared_error
            See :meth:`from_predictions`.
        name : str or None, default=None
            Name for the legend. None takes the estimator's class.
        ax : matplotlib Axes or None, default=None
            Axes to draw on. None creates a figure.
        line_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for the line.

        Returns
        -------
        HorizonErrorDisplay
            The display, drawn.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sk_rnn import PersistenceForecaster, make_windows
        >>> from sk_rnn.plotting import HorizonErrorDisplay
        >>> X, y = make_windows(np.arange(20.0), n_steps=2, horizon=3)
        >>> persistence = PersistenceForecaster().fit(X, y)
        >>> display = HorizonErrorDisplay.from_estimator(persistence, X, y)
        >>> display.errors
        array([1., 2., 3.])
        >>> plt.close(display.figure_)
        """
        return cls.from_predictions(
            y,
            predict(estimator, X, y),
            metric=metric,
            name=name_of(estimator) if name is None else name,
            ax=ax,
            line_kwargs=line_kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        metric: Callable[..., Any] = root_mean_squared_error,
        name: str | None = None,
        ax: Axes | None = None,
        line_kwargs: Mapping[str, Any] | None = None,
    ) -> HorizonErrorDisplay:
        """Draw the error of every step of given forecasts.

        Parameters
        ----------
        y_true : array-like of shape (n_windows, horizon)
            Real values.
        y_pred : array-like of the shape of y_true
            Their forecasts.
        metric : callable, default=root_mean_squared_error
            Called as ``metric(y_true, y_pred, multioutput="raw_values")``, as most
            metrics of regression in scikit-learn can be.
        name : str or None, default=None
            What made the forecasts, for the legend.
        ax : matplotlib Axes or None, default=None
            Axes to draw on. None creates a figure.
        line_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for the line.

        Returns
        -------
        HorizonErrorDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the shapes of ``y_true`` and ``y_pred`` differ, or both are labelled and
            the labels differ.
        """
        every = np.arange(len(y_true))  # in any order, of any series
        table = Table.of(y_true, y_pred, every)
        metric_name = getattr(metric, "__name__", "error").replace("_", " ")
        display = cls(
            errors=metric(table.true, table.pred, multioutput="raw_values"),
            metric_name=metric_name.capitalize(),
            name=name,
        )
        return display.plot(ax, line_kwargs=line_kwargs)
