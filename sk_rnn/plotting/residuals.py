"""What forecasts leave unexplained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils._optional_dependencies import check_matplotlib_support

from sk_rnn.plotting._drawing import (
    BaseDisplay,
    add_legend,
    draw_line,
    new_or_given_axes,
    width_of,
)
from sk_rnn.plotting._forecasts import Table, name_of, predict
from sk_rnn.plotting._times import coordinates, index_of, label_times, read_index

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D


class ResidualsDisplay(BaseDisplay):
    """Residuals over time, and their histogram.

    A good forecast leaves no pattern: residuals lie around 0, as wide in the end as in
    the beginning, and as often above as below. Create one with :meth:`from_estimator`
    or :meth:`from_predictions`; all arguments are kept as attributes.

    Parameters
    ----------
    residuals : array-like of shape (n_times,)
        Real values minus forecasts, in the order they are drawn.
    index : array-like of shape (n_times,) or None, default=None
        Where they are drawn: dates, also as text, spans of time or numbers. None counts
        the rows from 0.
    name : str or None, default=None
        What made the forecasts, for the legend.

    Attributes
    ----------
    line_ : matplotlib Line2D
        The residuals.
    ax_ : matplotlib Axes
        Axes with the line.
    histogram_ : matplotlib BarContainer
        The histogram.
    histogram_ax_ : matplotlib Axes
        Axes with the histogram, to the right of ``ax_``.
    figure_ : matplotlib Figure
        Figure that holds both.

    See Also
    --------
    ForecastDisplay : Real values, forecasts and intervals over time.
    sklearn.metrics.PredictionErrorDisplay : Residuals against forecasts.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sk_rnn.plotting import ResidualsDisplay
    >>> display = ResidualsDisplay(residuals=[0.5, -0.5, 0.0, 1.0]).plot()
    >>> int(sum(bar.get_width() for bar in display.histogram_))
    4
    >>> plt.close(display.figure_)
    """

    line_: Line2D
    histogram_: Any
    histogram_ax_: Axes

    def __init__(
        self, *, residuals: ArrayLike, index: Any = None, name: str | None = None
    ) -> None:
        self.residuals = residuals
        self.index = index
        self.name = name

    def plot(
        self, ax: Axes | None = None, *, line_kwargs: Mapping[str, Any] | None = None
    ) -> ResidualsDisplay:
        """Draw the residuals and their histogram.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to draw on; the histogram is put to the right of them. None creates a
            figure.
        line_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for the residuals over time; the histogram has the
            same colour.

        Returns
        -------
        ResidualsDisplay
            The object itself.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        from matplotlib import rcParams

        ax = new_or_given_axes(ax, layout="constrained")
        residuals = np.asarray(self.residuals, dtype=float)
        times: pd.Index = pd.RangeIndex(len(residuals), name="Row")
        if self.index is not None:
            times = read_index(self.index, len(residuals), "residuals")
        style = {"linewidth": width_of(len(residuals)), "label": self.name}
        self.line_ = draw_line(
            ax, coordinates(ax, times), residuals, style, line_kwargs
        )
        ax.axhline(0, color=rcParams["text.color"], linewidth=0.8, zorder=1)
        label_times(ax, times)
        ax.set_ylabel("Residual (real - forecast)")
        beside = ax.inset_axes((1.05, 0, 0.2, 1), sharey=ax)
        _, _, self.histogram_ = beside.hist(
            residuals[np.isfinite(residuals)],
            bins="auto",
            orientation="horizontal",
            color=self.line_.get_color(),
        )
        beside.axhline(0, color=rcParams["text.color"], linewidth=0.8)
        beside.tick_params(axis="y", labelleft=False)
        beside.set_xlabel("Count")
        if self.name is not None:
            add_legend(ax)
        self.ax_, self.histogram_ax_, self.figure_ = ax, beside, ax.figure
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        index: Any = None,
        step: int | None = None,
        name: str | None = None,
        ax: Axes | None = None,
        line_kwargs: Mapping[str, Any] | None = None,
    ) -> ResidualsDisplay:
        """Forecast with a fitted estimator and draw the residuals.

        Parameters
        ----------
        estimator : estimator instance
            Any fitted regressor or forecaster with sktime's interface.
        X, y : array-like
            As in :meth:`ForecastDisplay.from_estimator`.
        index : array-like of shape (n_windows,) or None, default=None
            Times of the rows. None takes the index of ``y``, else of ``X``, else counts
            the rows from 0.
        step : int or None, default=None
            Which of the ``horizon`` values is drawn, 0 the first; see
            :meth:`ForecastDisplay.from_predictions`.
        name : str or None, default=None
            Name for the legend. None takes the estimator's class.
        ax : matplotlib Axes or None, default=None
            Axes to draw on. None creates a figure.
        line_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for the residuals over time.

        Returns
        -------
        ResidualsDisplay
            The display, drawn.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sk_rnn import PersistenceForecaster, make_windows
        >>> from sk_rnn.plotting import ResidualsDisplay
        >>> X, y = make_windows(np.arange(5.0) ** 2, n_steps=2)
        >>> persistence = PersistenceForecaster().fit(X, y)
        >>> display = ResidualsDisplay.from_estimator(persistence, X, y)
        >>> display.residuals
        array([3., 5., 7.])
        >>> plt.close(display.figure_)
        """
        if index is None and index_of(y) is None:
            index = index_of(X)
        return cls.from_predictions(
            y,
            predict(estimator, X, y),
            index=index,
            step=step,
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
        index: Any = None,
        step: int | None = None,
        name: str | None = None,
        ax: Axes | None = None,
        line_kwargs: Mapping[str, Any] | None = None,
    ) -> ResidualsDisplay:
        """Draw the residuals of given forecasts.

        Parameters
        ----------
        y_true : array-like of shape (n_windows,) or (n_windows, horizon)
            Real values.
        y_pred : array-like of the shape of y_true
            Their forecasts.
        index, step, name, ax, line_kwargs
            As in :meth:`from_estimator`.

        Returns
        -------
        ResidualsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            As :meth:`ForecastDisplay.from_predictions`.
        """
        drawn = Table.of(y_true, y_pred, index).drawn(step, name)
        residuals = drawn.true - drawn.pred
        display = cls(residuals=residuals, index=drawn.times, name=drawn.name)
        return display.plot(ax, line_kwargs=line_kwargs)
