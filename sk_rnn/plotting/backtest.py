"""The folds of a backtest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils._optional_dependencies import check_matplotlib_support

from sk_rnn._calendar import text_of
from sk_rnn.plotting._drawing import BaseDisplay, new_or_given_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CHARACTERS = 60  # of all labels below an axis
_WIDTH = 0.8  # of the bars of a fold


class BacktestDisplay(BaseDisplay):
    """The score of every fold of a backtest, as bars, by its cutoff.

    Create one with :meth:`from_results`; all arguments are kept as attributes. A dashed
    line is the mean over the folds.

    Parameters
    ----------
    scores : DataFrame of shape (n_folds, n_forecasters)
        Scores; the columns name the forecasters, the index holds the cutoffs.
    metric_name : str or None, default=None
        What the scores are, for the label of the vertical axis. None means ``"Score"``.

    Attributes
    ----------
    bars_ : list of matplotlib BarContainer
        One per forecaster, of one bar per fold.
    mean_lines_ : list of matplotlib Line2D
        The mean of each forecaster.
    ax_ : matplotlib Axes
        Axes with all of them.
    figure_ : matplotlib Figure
        Figure that holds the axes.

    See Also
    --------
    HorizonErrorDisplay : The error of every step ahead.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from sk_rnn.plotting import BacktestDisplay
    >>> scores = pd.DataFrame({"GRU": [5.0, 4.0], "naive": [7.0, 3.0]}, [2020, 2021])
    >>> display = BacktestDisplay(scores=scores, metric_name="MAPE").plot()
    >>> [bars.get_label() for bars in display.bars_]
    ['GRU, mean 4.5', 'naive, mean 5']
    >>> plt.close(display.figure_)
    """

    bars_: list[Any]
    mean_lines_: list[Any]

    def __init__(self, *, scores: pd.DataFrame, metric_name: str | None = None) -> None:
        self.scores = scores
        self.metric_name = metric_name

    def plot(
        self, ax: Axes | None = None, *, bar_kwargs: Mapping[str, Any] | None = None
    ) -> BacktestDisplay:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to draw on. None creates a figure.
        bar_kwargs : dict or None, default=None
            Keywords of ``Axes.bar``.

        Returns
        -------
        BacktestDisplay
            The object itself.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        ax = new_or_given_axes(ax)
        n_folds, n_forecasters = self.scores.shape
        folds, width = np.arange(n_folds), _WIDTH / n_forecasters
        self.bars_, self.mean_lines_ = [], []
        for k, (name, scores) in enumerate(self.scores.items()):
            mean = scores.mean()
            label = f"{name}, mean {mean:.3g}" if name else f"Mean {mean:.3g}"
            style = {"color": f"C{k}", "label": label}
            places = folds + (k - (n_forecasters - 1) / 2) * width
            bars = ax.bar(places, scores, width, **(style | dict(bar_kwargs or {})))
            self.bars_.append(bars)
            line = ax.axhline(mean, color=bars[0].get_facecolor(), linestyle="--")
            self.mean_lines_.append(line)
        texts = [text_of(cutoff) for cutoff in self.scores.index]
        every = -(-sum(len(text) + 2 for text in texts) // _CHARACTERS)
        ax.set_xticks(folds[::every], texts[::every])
        ax.margins(y=0.1 * n_forecasters)  # for the legend
        ax.set(xlabel="Cutoff", ylabel=self.metric_name or "Score")
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_results(
        cls,
        results: pd.DataFrame | Mapping[str, pd.DataFrame],
        *,
        metric: str | None = None,
        ax: Axes | None = None,
        bar_kwargs: Mapping[str, Any] | None = None,
    ) -> BacktestDisplay:
        """Draw what sktime's ``evaluate`` returns.

        Parameters
        ----------
        results : DataFrame or dict of str to DataFrame
            Results of one forecaster, or of several by name, with the same folds.
        metric : str or None, default=None
            Which of several scores is drawn: the name of a column, with or without the
            ``"test_"`` in front. None takes the only one.
        ax : matplotlib Axes or None, default=None
            Axes to draw on. None creates a figure.
        bar_kwargs : dict or None, default=None
            Keywords of ``Axes.bar``.

        Returns
        -------
        BacktestDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there is no such score, or none is named of several.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import pandas as pd
        >>> from sk_rnn.plotting import BacktestDisplay
        >>> results = pd.DataFrame(
        ...     {"test_MAPE": [0.06, 0.04], "fit_time": 1.0, "cutoff": [2020, 2021]}
        ... )
        >>> display = BacktestDisplay.from_results({"GRU": results})
        >>> display.ax_.get_ylabel(), display.bars_[0].get_label()
        ('MAPE', 'GRU, mean 0.05')
        >>> plt.close(display.figure_)
        """
        frames = {"": results} if isinstance(results, pd.DataFrame) else dict(results)
        first = next(iter(frames.values()))
        found = [name for name in map(str, first) if name.startswith("test_")]
        wanted = [n for n in found if metric in (None, n, n.removeprefix("test_"))]
        if len(wanted) != 1:
            raise ValueError(
                f"metric={metric!r}, but the results hold the scores {found}. Name one "
                "of them."
            )
        scores = pd.DataFrame({k: each[wanted[0]] for k, each in frames.items()})
        scores.index = pd.Index(first["cutoff"])
        metric_name = wanted[0].removeprefix("test_")
        return cls(scores=scores, metric_name=metric_name).plot(
            ax, bar_kwargs=bar_kwargs
        )
