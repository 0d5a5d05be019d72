"""Axes, lines and bands; matplotlib is imported when something is drawn."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils._param_validation import InvalidParameterError

from sk_rnn._calendar import text_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import Collection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

_MANY = 500  # points of a line, beyond which it gets thinner
_TRUTH = "sk_rnn: real values"  # the name of their line on the axes
_FAR = 1e3  # ranges of the finite values, where a bound is infinite


class BaseDisplay:
    """A picture's data, which are what it was made of; ``plot`` draws them."""

    ax_: Axes
    figure_: Figure | SubFigure

    def __repr__(self) -> str:
        names = inspect.signature(type(self)).parameters
        given = {name: getattr(self, name) for name in names}
        told = [f"{k}={_told(v)}" for k, v in given.items() if v is not None]
        return f"{type(self).__name__}({', '.join(told)})"


def _told(value: Any) -> str:
    """Describe an argument in a few words."""
    if isinstance(value, str | int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(map(str, value))}}}"
    if isinstance(value, pd.Index) and len(value):
        return f"<{text_of(value[0])} to {text_of(value[-1])}>"
    return f"<{' x '.join(map(str, np.shape(value)))} values>"


def new_or_given_axes(ax: Axes | None, **of_figure: Any) -> Axes:
    """Return the given axes, or those of a new figure."""
    if ax is None:
        import matplotlib.pyplot as plt

        return plt.subplots(**of_figure)[1]
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise InvalidParameterError(
            f"The 'ax' parameter must be a matplotlib Axes or None. Got {ax!r} instead."
        )
    return ax


def draw_line(
    ax: Axes, x: Any, y: Any, style: dict[str, Any], kwargs: Mapping[str, Any] | None
) -> Line2D:
    """Draw one line in the given style, which kwargs override under any alias."""
    if len(x) == 1:  # a line of one point would not be seen
        style = {"marker": "o", **style}
    return ax.plot(x, y, **(style | _line_kwargs(kwargs)))[0]


def draw_truth(
    ax: Axes, x: Any, y: NDArray, kwargs: Mapping[str, Any] | None
) -> Line2D:
    """Draw the real values above all forecasts, once for all on the same axes."""
    from matplotlib import rcParams

    style = {"label": "Real", "color": rcParams["text.color"], "gid": _TRUTH}
    style |= {"zorder": 2.5, "linewidth": 0.7 * width_of(len(x))}
    if len(x) > 2 * _MANY:  # the forecasts behind are seen through it
        style["alpha"] = 0.5
    earlier = [line for line in ax.lines if line.get_gid() == _TRUTH]
    line = draw_line(ax, x, y, style, kwargs)
    for other in earlier:
        if np.array_equal(other.get_xydata(), line.get_xydata(), equal_nan=True):
            line.remove()
            other.set(**_line_kwargs(kwargs))
            return other
        line.set_label("_Real")  # the legend says it already
    return line


def draw_band(
    ax: Axes,
    x: Any,
    bounds: NDArray,
    style: dict[str, Any],
    kwargs: Mapping[str, Any] | None,
) -> Collection:
    """Fill what lies between bounds; an infinite one lies beyond the axes.

    The style, which kwargs override under any alias, names a facecolor.
    """
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.collections import Collection

    style = style | normalize_kwargs(dict(kwargs or {}), Collection)
    finite = bounds[np.isfinite(bounds)]
    bottom, top = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
    far = _FAR * (top - bottom or 1.0)
    low, high = bounds.clip(bottom - far, top + far).T
    before = ax.dataLim.frozen()
    band: Collection
    if len(x) == 1:  # a band of no width would not be seen
        style = {"color": style.pop("facecolor"), "linewidth": 12, **style}
        band = ax.vlines(x, low, high, **style)
    else:
        band = ax.fill_between(x, low, high, **{"linewidth": 0, **style})
    if len(finite):
        ax.dataLim.intervaly = min(before.y0, bottom), max(before.y1, top)
    return band


def width_of(n_points: int) -> float:
    """Return the width of a line: the more points, the thinner."""
    from matplotlib import rcParams

    return rcParams["lines.linewidth"] * max(0.6, min(1, (_MANY / n_points) ** 0.25))


def add_legend(ax: Axes) -> None:
    """Add a legend, in which thin lines are as wide as others."""
    from matplotlib import rcParams

    width = rcParams["lines.linewidth"]
    for line in ax.legend().get_lines():
        line.set_linewidth(max(width, line.get_linewidth()))


def _line_kwargs(kwargs: Mapping[str, Any] | None) -> dict[str, Any]:
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    return normalize_kwargs(dict(kwargs or {}), Line2D)
