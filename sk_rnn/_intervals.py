"""How sure forecasts are: quantiles and intervals, trained or calibrated or both."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.validation import check_is_fitted

from sk_rnn._calibration import corrections, n_needed
from sk_rnn._quantiles import (
    at_levels,
    point_level,
    read_levels,
    require_between,
)
from sk_rnn._rows import Windows, read_windows
from sk_rnn._suggestions import explained
from sk_rnn._types import WindowsLike
from sk_rnn.window_scaler import sample

# Of windows in which nothing happens, in medians; of those with a glitch, in maxima.
_LEAST_SPREAD, _MOST_SPREAD = 0.1, 3.0
_ENOUGH_ROWS = 2**16  # to learn how errors grow
_ROUNDING = 1e-6  # of logarithms of spreads that are all the same


class IntervalMixin(BaseEstimator):
    """What a forecaster with `quantiles` or `calibration_fraction` forecasts besides.

    Its `_forecast` gives the outputs of the network, sorted by level. `_scores` are
    those of rows that another network has not seen, (n_rows, horizon, n_levels); None
    where nothing was calibrated.
    """

    quantiles_: tuple[float, ...] | None
    _scores: NDArray | None
    _spreads: tuple[float, float]  # the least and the most that is taken of a window
    _spread_exponent: float

    @explained
    def predict_quantiles(
        self, X: WindowsLike, levels: Sequence[float] | None = None
    ) -> NDArray:
        """Forecast quantiles of what comes after each window.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_steps * n_channels) or \
                (n_windows, n_steps, n_channels)
            One window per row, the oldest step first.
        levels : sequence of float, default=None
            Levels in (0, 1). Between two trained levels, the forecasts are
            interpolated; beyond them, `calibration_fraction` is needed. None gives the
            trained ones, `quantiles_`.

        Returns
        -------
        ndarray of shape (n_windows, n_levels) or (n_windows, horizon, n_levels), \
                dtype float64
            In the units of the ``y`` of ``fit``, for each of its columns; calibrated
            where `calibration_fraction` is set. Of the levels of a call, a higher one
            has never a lower forecast: they are sorted [1]_.

        Raises
        ------
        ValueError
            If the forecaster was fitted with neither `quantiles` nor
            `calibration_fraction`, or a level lies outside of what they allow.

        References
        ----------
        .. [1] V. Chernozhukov, I. Fernández-Val and A. Galichon, "Quantile and
           Probability Curves Without Crossing", Econometrica 78(3), 2010.

        Examples
        --------
        >>> import numpy as np
        >>> from sk_rnn import GRUForecaster, make_windows
        >>> X, y = make_windows(np.sin(np.arange(200) / 5), n_steps=20)
        >>> forecaster = GRUForecaster(8, quantiles=(0.1, 0.5, 0.9), epochs=5)
        >>> forecaster.fit(X, y).predict_quantiles(X, [0.2, 0.8]).shape
        (180, 2)
        """
        check_is_fitted(self)
        asked = self._levels_asked(levels, "predict_quantiles")
        return self._answer(X, partial(self._quantiles, levels=asked))

    @explained
    def predict_interval(self, X: WindowsLike, coverage: float = 0.9) -> NDArray:
        """Forecast intervals that hold what comes with a given probability.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_steps * n_channels) or \
                (n_windows, n_steps, n_channels)
            One window per row, the oldest step first.
        coverage : float, default=0.9
            Probability, in (0, 1), of what comes to lie between the bounds. Beyond
            either lies half of the rest.

        Returns
        -------
        ndarray of shape (n_windows, 2) or (n_windows, horizon, 2), dtype float64
            Lower and upper bounds, the quantiles at ``(1 - coverage) / 2`` and
            ``(1 + coverage) / 2``; for each step by itself, not for all at once.

        Raises
        ------
        ValueError
            If the forecaster was fitted with neither `quantiles` nor
            `calibration_fraction`, or these do not reach as far as the bounds.

        Notes
        -----
        With `calibration_fraction` alone this is split conformal prediction [1]_ for
        each step ahead, of the errors of either side by themselves and relative to how
        much the window changes, as far as errors grow with that; with `quantiles` too
        it is conformalised quantile regression [2]_. Over windows like those calibrated
        on, which a series that drifts does not have, about the given coverage is
        reached.

        References
        ----------
        .. [1] J. Lei et al., "Distribution-Free Predictive Inference for Regression",
           Journal of the American Statistical Association 113(523), 2018.
        .. [2] Y. Romano, E. Patterson and E. Candès, "Conformalized Quantile
           Regression", NeurIPS 2019.

        Examples
        --------
        >>> import numpy as np
        >>> from sk_rnn import GRUForecaster, make_windows
        >>> X, y = make_windows(np.sin(np.arange(200) / 5), n_steps=20)
        >>> forecaster = GRUForecaster(8, calibration_fraction=0.2, epochs=5)
        >>> forecaster.fit(X, y).predict_interval(X, coverage=0.8).shape
        (180, 2)
        """
        check_is_fitted(self)
        # Rounded, for levels are, to 12 decimals: one of 0 would be none.
        if not (isinstance(coverage, Real) and 0 < round(float(coverage), 11) < 1):
            raise ValueError(
                f"coverage={coverage!r}, but must be a number in (0, 1), the "
                "probability of an interval."
            )
        bounds = (1 - coverage) / 2, (1 + coverage) / 2
        asked = self._levels_asked(bounds, "predict_interval")
        return self._answer(X, partial(self._quantiles, levels=asked))

    def _levels_asked(self, levels: Any, method: str) -> tuple[float, ...]:
        """Check that quantiles can be forecast, and at which levels."""
        trained = self.quantiles_
        if self._scores is None and self.calibration_fraction is not None:
            raise ValueError(
                f"calibration_fraction={self.calibration_fraction}, but {method} finds "
                "nothing calibrated: only fit does that, partial_fit does not. Call "
                "fit first."
            )
        if trained is None and self._scores is None:
            raise ValueError(
                f"{method} needs to know how sure forecasts are, but the forecaster "
                "was fitted with quantiles=None and calibration_fraction=None. Fit "
                "with quantiles=(0.05, 0.5, 0.95), with calibration_fraction=0.2, for "
                "one, or with both."
            )
        if levels is None and trained is None:
            raise ValueError(
                "levels=None, but the forecaster was fitted with quantiles=None. Pass "
                "the levels to be forecast, levels=[0.1, 0.9] for one."
            )
        asked = trained if levels is None else read_levels(levels)
        if asked is None:
            raise ValueError(
                f"levels={levels!r}, but must be a list of numbers in (0, 1)."
            )
        if self._scores is not None:
            n_rows = len(self._scores)
            for level in asked:
                if n_needed(level) > n_rows:
                    raise ValueError(
                        f"The level {level:g} needs at least {n_needed(level)} "
                        f"calibration rows, but there are {n_rows}. Ask for a level "
                        "nearer to 0.5 or a smaller coverage, or fit with more rows or "
                        "a larger calibration_fraction."
                    )
            return asked
        assert trained is not None
        require_between(asked, trained)
        return asked

    def _quantiles(
        self, outputs: NDArray, windows: Windows, levels: Sequence[float]
    ) -> NDArray:
        """Choose quantiles, (n_windows, horizon, n_levels), of sorted outputs."""
        quantiles = at_levels(outputs, self._trained_levels, levels)
        if self._scores is None:
            return quantiles
        moves = corrections(self._scores, self._trained_levels, levels)
        return self._moved(quantiles, windows, levels, moves)

    def _moved(
        self, quantiles: NDArray, windows: Windows, levels: Sequence[float], moves
    ) -> NDArray:
        """Move quantiles in units of the network; sort them by level once more."""
        moved = quantiles + moves * self._spread(windows)
        moved[..., np.argsort(levels, kind="stable")] = np.sort(moved)
        return moved

    def _levels(self) -> tuple[float, ...] | None:
        """Check the levels of quantiles; return them in ascending order."""
        if self.quantiles is None:
            return None
        levels = read_levels(self.quantiles)
        if levels is None or len(set(levels)) < len(levels):
            raise InvalidParameterError(
                f"The 'quantiles' parameter of {type(self).__name__} must be None or a "
                "list of different numbers in (0, 1), the levels to be forecast. Got "
                f"{self.quantiles!r} instead."
            )
        if point_level(levels) is None:
            raise InvalidParameterError(
                f"The 'quantiles' parameter of {type(self).__name__} must include 0.5, "
                "the median, which predict returns, where it has several levels. Got "
                f"{self.quantiles!r} instead."
            )
        return tuple(sorted(levels))

    # -------------------------------------------------------------- calibration

    def _levels_of(self, X: NDArray) -> NDArray:
        """Forecast all trained levels, (n_windows, horizon, n_levels)."""
        windows, _, _ = read_windows(self, X, n_steps=self.n_steps_)
        return self._forecast(windows, lambda outputs, _: outputs)

    def _scores_on(self, X: NDArray, forecasts: NDArray, y: NDArray) -> NDArray:
        """Return the same as ``_scores_of`` for the windows X."""
        windows, _, _ = read_windows(self, X, n_steps=self.n_steps_)
        return self._scores_of(forecasts, windows, y)

    def _scores_of(self, forecasts: NDArray, windows: Windows, y: NDArray) -> NDArray:
        """Return how far y, (n_rows, n_ahead), lies above forecasts.

        These and the scores are (n_rows, n_ahead, n_levels), the latter in the units in
        which the network forecasts, relative to the spread of each window.
        """
        targets = self._relative(y[..., np.newaxis], windows)
        return (targets - self._relative(forecasts, windows)) / self._spread(windows)

    def _shifted(
        self, forecasts: NDArray, X: NDArray, levels: Sequence[float], moves: NDArray
    ) -> NDArray:
        """Move forecasts of the windows X, (n_rows, n_ahead, n_trained), at each level.

        ``moves``, (n_ahead, n_levels), are those of ``corrections``. Forecasts may have
        been fed back, and reach further than the network does.
        """
        windows, _, _ = read_windows(self, X, n_steps=self.n_steps_)
        trained = self._trained_levels if forecasts.shape[2] > 1 else (0.5,)
        relative = self._relative(forecasts, windows)
        quantiles = at_levels(relative, trained, levels)
        point = relative[..., [point_level(trained)]]
        is_empty = np.isnan(moves)
        quantiles = np.where(is_empty, point, quantiles)
        moves = np.where(is_empty, 0.0, moves)
        return self._to_data(self._moved(quantiles, windows, levels, moves), windows)

    def _learn_spread(
        self, other: Self, windows: Windows, y: Any, rows: NDArray
    ) -> None:
        """Learn how errors grow with the spread of windows.

        From those of another network on rows that it was trained on: so nothing is
        learnt from the errors that calibrate. The logarithm of the mean absolute error
        is regressed on that of the spread. A slope of 0 is that of noise of one size, a
        slope of 1 that of noise that each window tells exactly. Half-way between the
        slope and 1 is taken: rows of one regime do not show how errors grow in the
        next.
        """
        rows = sample(rows, _ENOUGH_ROWS)
        windows, y = windows[rows], np.asarray(y[rows])
        spread = self._scaling.spread(windows)
        if not spread.any():
            return
        least = _LEAST_SPREAD * float(np.median(spread[spread > 0]))
        self._spreads = least, _MOST_SPREAD * float(spread.max())
        forecasts = other._forecast(windows, other._points)
        errors = self._relative(y, windows) - self._relative(forecasts, windows)
        errors = np.abs(errors).mean(axis=1)
        logs = np.log(np.maximum(spread, least))
        is_off = errors > 0
        if is_off.any() and np.ptp(logs[is_off]) > _ROUNDING:
            logs = logs[is_off] - logs[is_off].mean()
            slope = float(logs @ np.log(errors[is_off]) / (logs @ logs))
            self._spread_exponent = (1 + min(max(slope, 0.0), 1.0)) / 2

    def _keep_spread_of(self, other: Self) -> None:
        """Take over how errors grow with the spread of windows."""
        self._spreads = other._spreads
        self._spread_exponent = other._spread_exponent

    def _spread(self, windows: Windows) -> NDArray:
        """Return what the size of errors is relative to, (n_windows, 1, 1)."""
        spread = np.clip(self._scaling.spread(windows), *self._spreads)
        return (spread**self._spread_exponent)[:, np.newaxis, np.newaxis]
