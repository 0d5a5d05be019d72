"""Scaling per window: each is re-expressed relative to its own past values."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from numbers import Integral
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    StrOptions,
)

from sk_rnn._lazy_table import LazyTable

METHODS = ("last", "ratio", "standard")
_MOST = 10.0  # mean square in units of the windows, in medians
_EXPLAINED = 0.9  # of the variance of y; of few rows, chance explains some percent
_ELSEWHERE = 4.0  # times the variance of y; of white noise it is 2
_BLOCK_ROWS = 4096
_ENOUGH_ROWS = 2**16
_SMALL = 1e-6  # of the largest mean square
_PERCENT = 0.01
_ROUNDING = 10 * float(np.finfo(np.float64).eps)


class WindowScaler(BaseEstimator):
    """How each window is re-expressed relative to itself, channel by channel.

    A network that reads absolute values meets levels that it has never seen whenever a
    series leaves the range of its training years. Relative to its own window, a value
    says how the series has changed, and so does the forecast. Nothing is learnt: each
    row is re-expressed by itself, and its forecast is turned back by the same numbers.

    Parameters
    ----------
    method : {"last", "ratio", "standard"}, default="last"
        ``"last"`` subtracts the last value. ``"ratio"`` gives the relative change from
        the last value, which must be positive. ``"standard"`` subtracts the mean of the
        window and divides by its standard deviation [1]_; where the window is constant,
        by the size of the mean, and by 1 where that is 0.
    own : sequence of str or int, default=()
        Channels taken relative to their own values, by name or else by position. All
        others are taken relative to the values of channel 0, the one that ``y``
        continues: so the closing price says how far it lies from the last highest
        price.
    unchanged : sequence of str or int, default=()
        Channels left as they are: a calendar, for one.
    log : bool, default=False
        Whether logarithms are taken first, of all channels but those `unchanged`, and
        undone in the forecast: changes are then in percent, whatever the level. For
        ``"last"`` and ``"standard"``; ``fit`` asks for positive values. Later a value
        that is not positive is read as the smallest positive one of its window.
    n_ahead : int, default=0
        Time steps at the end of a window that lie ahead, as those of a planned price
        do: nothing is relative to them. ``sk_rnn.sktime`` sets it itself.

    See Also
    --------
    GRUForecaster : Takes it as its parameter `window_scaler`.

    Notes
    -----
    Names are those of column labels ``name[t-k]``. In a search, the parameters are
    called ``window_scaler__method`` and so on.

    In units of a window that is nearly constant, what follows would be huge, and rule
    the training. Where the targets show this, ``fit`` learns a floor of the scale.

    References
    ----------
    .. [1] T. Kim et al., "Reversible Instance Normalization for Accurate Time-Series
       Forecasting against Distribution Shift", ICLR 2022.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_rnn import GRUForecaster, WindowScaler, make_windows
    >>> days = pd.date_range("2021-03-01", periods=40)
    >>> prices = pd.DataFrame({"High": range(101, 141), "Volume": 5000}, index=days)
    >>> X, y = make_windows(prices, n_steps=3, target="High")
    >>> relative = WindowScaler("ratio", own=["Volume"])
    >>> forecaster = GRUForecaster(window_scaler=relative, random_state=0).fit(X, y)
    """

    _parameter_constraints: ClassVar[dict[str, list]] = {
        "method": [StrOptions(set(METHODS))],
        "own": ["array-like"],
        "unchanged": ["array-like"],
        "log": ["boolean"],
        "n_ahead": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        method: str = "last",
        *,
        own: Sequence[Hashable] = (),
        unchanged: Sequence[Hashable] = (),
        log: bool = False,
        n_ahead: int = 0,
    ) -> None:
        self.method = method
        self.own = own
        self.unchanged = unchanged
        self.log = log
        self.n_ahead = n_ahead

    def resolve(self, n_channels: int, names: Sequence[str] | None) -> WindowScaling:
        """Settle what is done to each channel.

        Parameters
        ----------
        n_channels : int
        names : sequence of str of length n_channels, or None

        Returns
        -------
        WindowScaling

        Raises
        ------
        ValueError
            If a channel does not exist, is listed twice, or is listed though it is
            channel 0; or for a ratio of logarithms.
        """
        self._validate_params()
        for name in "own", "unchanged":
            if np.ndim(getattr(self, name)) != 1:
                raise InvalidParameterError(
                    f"The {name!r} parameter of WindowScaler must be a list of "
                    f"channels. Got {getattr(self, name)!r} instead."
                )
        if self.log and self.method == "ratio":
            raise ValueError(
                "WindowScaler has method='ratio' and log=True: the change of a "
                "logarithm is the ratio already. Use method='last' with log=True, or "
                "log=False."
            )
        references: list[int | None] = [0] * n_channels
        listed = [("own", channel) for channel in self.own]
        listed += [("unchanged", channel) for channel in self.unchanged]
        seen = set()
        for parameter, channel in listed:
            position = _position(parameter, channel, n_channels, names)
            if position in seen or position == 0:
                reason = "twice" if position else "though it is the one y continues"
                raise ValueError(
                    f"WindowScaler lists channel {channel!r} {reason}. List each "
                    "channel but the first once, in own or in unchanged."
                )
            seen.add(position)
            references[position] = position if parameter == "own" else None
        return WindowScaling(
            self.method, tuple(references), int(self.n_ahead), bool(self.log)
        )


def _position(
    parameter: str, channel: Any, n_channels: int, names: Sequence[str] | None
) -> int:
    names = [] if names is None else list(names)
    if channel in names:
        return names.index(channel)
    if channel in range(n_channels):
        return int(channel)
    if n_channels == 1:
        allowed = "There is one channel only: leave own and unchanged empty"
    else:
        allowed = f"It must be a position from 1 to {n_channels - 1}"
        allowed += f" or one of {names[1:]}" if names else " (X has no column labels)"
    raise ValueError(
        f"{parameter} of WindowScaler lists the channel {channel!r}, which X does not "
        f"have. {allowed}."
    )


def least_scale(squares: NDArray, scales: NDArray, weights: NDArray) -> float:
    """Return the least floor that keeps rows of small scale to their share.

    With scales of at least that much, the weighted mean of ``squares / scales**2`` is
    at most `_MOST` times its median, or times 1 if that is more; 0 where it is anyway.
    All are (n_rows,).
    """
    order = np.argsort(scales)
    squares, scales, weights = squares[order], np.abs(scales[order]), weights[order]
    ratios = squares / np.square(scales)
    most = _MOST * max(1.0, float(np.median(ratios))) * weights.sum()
    # With the first k rows at the floor f: floored / f**2 + others <= most.
    floored = np.cumsum(weights * squares)
    others = np.append(np.cumsum((weights * ratios)[::-1])[::-1], 0.0)
    if others[0] <= most:
        return 0.0
    room = np.maximum(most - others[1:], 0)
    with np.errstate(divide="ignore"):
        floors = np.sqrt(floored / room)
    return float(floors[np.argmax(floors <= np.append(scales[1:], np.inf))])


def suitable_scaler(
    windows: Any, y: Any, rows: NDArray, weights: NDArray
) -> str | WindowScaler | None:
    """Return what ``"auto"`` takes: a method, one with logarithms, or None.

    ``windows`` are (n_all, n_steps, n_channels), ``y`` what follows channel 0, (n_all,
    n_outputs), ``weights`` (n_all,); ``rows`` says which of them count. ``"last"``
    where the change from the last value varies least, ``"standard"`` where that from
    the mean of the window does, relative to the size of each window, by the mean of the
    variances of all outputs. None where y itself varies hardly more, or lies elsewhere:
    it then does not continue the windows, or has no memory.

    Logarithms are taken of positive values where these changes are more likely to be
    normal in percent than in the units of y. The likelihoods are those of Box and Cox,
    "An Analysis of Transformations", JRSS B 26(2), 1964, for their exponents 0 and 1.
    """
    tables, every = (windows, y), rows
    rows = sample(rows, _ENOUGH_ROWS)  # more would tell the same
    weights, sizes, means = weights[rows], [], []
    for part in _blocks(rows):
        block = np.asarray(windows[part, :, 0])
        with np.errstate(over="ignore"):
            sizes.append(np.square(block, dtype=np.float64).mean(axis=1))
        means.append(block.mean(axis=1, keepdims=True, dtype=float))
    size = np.concatenate(sizes)
    # Else the largest of several series would decide alone.
    floor = _SMALL * size.max()
    of_size = weights / np.maximum(size, floor) if 0 < floor < np.inf else weights
    references = {
        "last": np.asarray(windows[rows, -1:, 0], np.float64),
        "standard": np.concatenate(means),
    }
    y = np.asarray(y[rows])

    def variance(values: NDArray, weights: NDArray) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            deviations = values - np.average(values, axis=0, weights=weights)
            return np.average(np.square(deviations).mean(axis=1), weights=weights)

    variances = {name: variance(y - each, of_size) for name, each in references.items()}
    best = min(variances, key=variances.__getitem__)
    changes, of_y = y - references[best], variance(y, weights)
    is_elsewhere = (
        np.average(np.square(changes).mean(axis=1), weights=weights) > _ELSEWHERE * of_y
    )
    if is_elsewhere or not variance(changes, weights) < _EXPLAINED * of_y:
        return None
    if y.min() <= 0 or not all(_are_positive(table, every) for table in tables):
        return best
    geometric_mean = np.exp(np.average(np.log(y).mean(axis=1), weights=weights))
    in_percent = variance(geometric_mean * np.log(y / references[best]), weights)
    is_likelier = in_percent < variance(changes, weights)
    return WindowScaler(best, log=True) if is_likelier else best


def sample(rows: NDArray, most: int) -> NDArray:
    """Return some of the rows, in their order, where they are more than needed.

    At random: every k-th row might be of the same series always.
    """
    if len(rows) <= most:
        return rows
    rng = np.random.default_rng(0)
    return rows[np.sort(rng.choice(len(rows), most, replace=False, shuffle=False))]


def _blocks(rows: NDArray) -> Iterator[NDArray]:
    return (rows[i : i + _BLOCK_ROWS] for i in range(0, len(rows), _BLOCK_ROWS))


def _are_positive(table: Any, rows: NDArray) -> bool:
    """Tell whether all values of some rows are positive."""
    if isinstance(table, LazyTable) and table.values.min() > 0:
        return True
    return all(np.asarray(table[part]).min() > 0 for part in _blocks(rows))


class WindowScaling(NamedTuple):
    """What is done to each channel of each window."""

    method: str
    references: tuple[int | None, ...]  # the channel each is relative to, if any
    n_ahead: int  # steps at the end of a window that nothing is relative to
    log: bool = False
    floors: tuple[float, ...] = ()  # of the scale, one per channel; none before a fit

    def __repr__(self) -> str:
        scaler = self.by_position()
        lists = {"own": scaler.own, "unchanged": scaler.unchanged}
        named = [f", {name}={channels}" for name, channels in lists.items() if channels]
        log = ", log=True" if self.log else ""
        return f"WindowScaler({self.method!r}{''.join(named)}{log})"

    def by_position(self) -> WindowScaler:
        """Return the parameters that say the same, with channels by position."""
        others = list(enumerate(self.references))[1:]
        own = tuple(channel for channel, source in others if source == channel)
        unchanged = tuple(channel for channel, source in others if source is None)
        return WindowScaler(
            self.method,
            own=own,
            unchanged=unchanged,
            log=self.log,
            n_ahead=self.n_ahead,
        )

    def center_and_scale(self, windows: Any, xp: Any = np) -> tuple[Any, Any]:
        """Return what each window is relative to, (n_windows, 1, n_channels) each.

        Or ``(n_windows, 1, 1)``, where all channels are relative to channel 0. ``xp``
        is NumPy, or ``keras.ops`` for tensors; the windows are in float64, and in
        logarithms where these are taken.
        """
        past = windows[:, : windows.shape[1] - self.n_ahead]
        if self.method == "standard":
            center = xp.mean(past, axis=1, keepdims=True)
            scale = xp.std(past, axis=1, keepdims=True)
            # A constant window has no scale but the floor or, where all windows are
            # constant, its level; in logarithms one percent. Its deviation tells less
            # well than its range: the sum in the mean leaves some of it.
            level = xp.abs(center)
            level = xp.where(level > 0, level, 1.0)
            highest = xp.max(past, axis=1, keepdims=True)
            lowest = xp.min(past, axis=1, keepdims=True)
            flat = xp.full_like(level, _PERCENT) if self.log else level
            flat = xp.zeros_like(level) if any(self.floors) else flat
            scale = xp.where(highest - lowest > _ROUNDING * level, scale, flat)
        else:
            center = past[:, -1:]
            scale = center if self.method == "ratio" else xp.ones_like(center)
        if any(self.floors):
            scale = xp.maximum(scale, np.array(self.floors))
        if set(self.references) == {0}:
            return center[..., :1], scale[..., :1]
        sources = [channel or 0 for channel in self.references]
        is_relative = np.array([channel is not None for channel in self.references])
        center, scale = (xp.take(each, sources, axis=-1) for each in (center, scale))
        return center * is_relative, xp.where(is_relative, scale, 1.0)

    def of(self, windows: Any, xp: Any = np) -> tuple[Any, Any, Any]:
        """Return windows in float64 or as logarithms, with their center and scale."""
        if xp is np:  # of one layout, or sums would depend on how the rows came
            windows = np.ascontiguousarray(windows, np.float64)
        windows = self._in_logarithms(windows, xp)
        return windows, *self.center_and_scale(windows, xp)

    def _in_logarithms(self, windows: Any, xp: Any) -> Any:
        """Take logarithms, of what is not positive that of the least that is."""
        if not self.log:
            return windows
        least = xp.min(xp.where(windows > 0, windows, np.inf), axis=1, keepdims=True)
        logarithms = xp.log(xp.where(windows > 0, windows, least))
        is_logged = np.isin(np.arange(len(self.references)), self.logged)
        return xp.where(is_logged, logarithms, windows)

    def of_target(self, y: NDArray) -> NDArray:
        """Return targets, or their logarithms."""
        return np.log(y) if self.log else y

    def to_target(self, values: Any, xp: Any = np) -> Any:
        """Invert ``of_target``; what is too large for a float becomes infinite."""
        with np.errstate(over="ignore"):
            return xp.exp(values) if self.log else values

    def with_floors(
        self, blocks: Iterable[tuple[NDArray, NDArray]], weights: NDArray
    ) -> WindowScaling:
        """Learn the least scale of each channel that is relative to itself.

        Of windows, (n_rows, n_steps, n_channels), and of what follows channel 0,
        (n_rows, n_outputs), block by block. What follows a window that is quiet by
        chance would be huge in its units, and rule the training.
        """
        if self.method == "last":
            return self
        squares, scales = [], []
        for windows, y in blocks:
            alone = self._replace(references=(*range(windows.shape[2]),), floors=())
            windows = self._in_logarithms(np.ascontiguousarray(windows, float), np)
            center, scale = alone.center_and_scale(windows)
            deviations = np.square(windows - center).mean(axis=1)
            y = self.of_target(y)
            deviations[:, 0] = np.square(y - center[:, 0, :1]).mean(axis=1)
            squares.append(deviations)
            scales.append(scale[:, 0])
        columns = zip(np.concatenate(squares).T, np.concatenate(scales).T, strict=True)
        return self._replace(
            floors=tuple(least_scale(*column, weights) for column in columns)
        )

    @property
    def logged(self) -> list[int]:
        """The channels of which logarithms are taken."""
        relative = [i for i, each in enumerate(self.references) if each is not None]
        return relative if self.log else []

    def are_positive(self, windows: NDArray) -> NDArray:
        """Tell for which windows, (n_windows, ...), a ratio can be taken, or logs."""
        if self.method == "ratio":
            used = sorted({each for each in self.references if each is not None})
            return np.all(windows[:, -1 - self.n_ahead][:, used] > 0, axis=1)
        return np.all(np.any(windows[:, :, self.logged] > 0, axis=1), axis=1)
