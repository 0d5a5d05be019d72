"""Axes and lines; matplotlib is imported when something is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sklearn.utils._param_validation import InvalidParameterError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D


def new_or_given_axes(ax: Axes | None) -> Axes:
    """Return the given axes, or those of a new figure."""
    if ax is None:
        import matplotlib.pyplot as plt

        return plt.subplots()[1]
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
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    if len(x) == 1:  # a line of one point would not be seen
        style = {"marker": "o", **style}
    return ax.plot(x, y, **(style | normalize_kwargs(dict(kwargs or {}), Line2D)))[0]
