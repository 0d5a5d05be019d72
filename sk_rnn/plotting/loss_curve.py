"""The loss over the epochs of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils.validation import check_is_fitted

from sk_rnn.plotting._drawing import BaseDisplay, draw_line, new_or_given_axes
from sk_rnn.plotting._forecasts import innermost, is_series_forecaster

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D


class LossCurveDisplay(BaseDisplay):
    """The loss of every epoch of training.

    Create one with :meth:`from_estimator`; all arguments are kept as attributes. A dot
    marks the epoch with the lowest validation loss.

    Parameters
    ----------
    loss : sequence of float of length n_epochs
        Training loss, in the units of the loss function on scaled targets.
    val_loss : sequence of float of length n_epochs or None, default=None
        Validation loss.
    name : str or None, default=None
        What was trained, for the legend.

    Attributes
    ----------
    line_ : matplotlib Line2D
        The training loss.
    val_line_ : matplotlib Line2D or None
        The validation loss, None without one.
    best_ : matplotlib Line2D or None
        The dot at the lowest validation loss, whose weights early stopping restores;
        None without one.
    ax_ : matplotlib Axes
        Axes with the lines.
    figure_ : matplotlib Figure
        Figure that holds the axes.

    See Also
    --------
    ForecastDisplay : Real values and their forecasts over time.
    sklearn.model_selection.LearningCurveDisplay : Scores over the number of samples.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sk_rnn.plotting import LossCurveDisplay
    >>> display = LossCurveDisplay(loss=[0.9, 0.4, 0.2], val_loss=[1.0, 0.6, 0.5])
    >>> display.plot().line_.get_xdata()
    array([1, 2, 3])
    >>> plt.close(display.figure_)
    """

    line_: Line2D
    val_line_: Line2D | None
    best_: Line2D | None

    def __init__(
        self,
        *,
        loss: Sequence[float],
        val_loss: Sequence[float] | None = None,
        name: str | None = None,
    ) -> None:
        self.loss = loss
        self.val_loss = val_loss
        self.name = name

    def plot(
        self,
        ax: Axes | None = None,
        *,
        loss_kwargs: Mapping[str, Any] | None = None,
        val_loss_kwargs: Mapping[str, Any] | None = None,
    ) -> LossCurveDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to draw on, those of another display too. None creates a figure.
        loss_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for the training loss.
        val_loss_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for the validation loss; it has the colour of the
            training loss and is dashed unless they say otherwise.

        Returns
        -------
        LossCurveDisplay
            The object itself.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        from matplotlib.ticker import MaxNLocator

        ax = new_or_given_axes(ax)
        epochs = np.arange(1, len(self.loss) + 1)
        suffix = "" if self.name is None else f", {self.name}"
        self.line_ = draw_line(
            ax, epochs, self.loss, {"label": f"Training loss{suffix}"}, loss_kwargs
        )
        color = self.line_.get_color()
        self.val_line_ = self.best_ = None
        if self.val_loss is not None:
            best = int(np.nanargmin(self.val_loss))
            style = {"color": color, "linestyle": "--"}
            style["label"] = f"Validation loss{suffix}, best in epoch {best + 1}"
            if len(epochs) == 1:
                style["marker"] = "s"
            self.val_line_ = draw_line(
                ax, epochs, self.val_loss, style, val_loss_kwargs
            )
            style = {"color": self.val_line_.get_color(), "marker": "o"}
            self.best_ = draw_line(
                ax, epochs[[best]], [self.val_loss[best]], style, {"zorder": 3}
            )
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.set(xlabel="Epoch", ylabel="Loss (scaled y)")
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        name: str | None = None,
        ax: Axes | None = None,
        loss_kwargs: Mapping[str, Any] | None = None,
        val_loss_kwargs: Mapping[str, Any] | None = None,
    ) -> LossCurveDisplay:
        """Draw the ``history_`` of a fitted forecaster.

        Parameters
        ----------
        estimator : estimator instance
            A fitted forecaster of ``sk_rnn`` or ``sk_rnn.sktime``, also at the end of a
            pipeline or in a finished search.
        name : str or None, default=None
            Name for the legend. None takes the forecaster's class.
        ax : matplotlib Axes or None, default=None
            Axes to draw on. None creates a figure.
        loss_kwargs, val_loss_kwargs : dict or None, default=None
            Keywords of ``Axes.plot`` for either line.

        Returns
        -------
        LossCurveDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the forecaster is not fitted.
        ValueError
            If the estimator keeps no training history.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sk_rnn import GRUForecaster
        >>> from sk_rnn.plotting import LossCurveDisplay
        >>> X, y = [[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]], [3.0, 4.0, 5.0]
        >>> gru = GRUForecaster(units=5, epochs=5, random_state=0).fit(X, y)
        >>> display = LossCurveDisplay.from_estimator(gru)
        >>> display.line_.get_label()
        'Training loss, GRUForecaster'
        >>> plt.close(display.figure_)
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        estimator = innermost(estimator)
        kind = type(estimator).__name__
        if is_series_forecaster(estimator):
            estimator.check_is_fitted()
        else:
            check_is_fitted(estimator)
        if not hasattr(estimator, "history_"):
            raise ValueError(
                f"estimator={kind} keeps no training history: it has no attribute "
                "history_. Pass a fitted LSTMForecaster or GRUForecaster; of several "
                "series, one of their forecasters, as forecasters_.iloc[0, 0]."
            )
        display = cls(
            loss=estimator.history_["loss"],
            val_loss=estimator.history_.get("val_loss"),
            name=kind if name is None else name,
        )
        return display.plot(
            ax, loss_kwargs=loss_kwargs, val_loss_kwargs=val_loss_kwargs
        )
