"""The forecast to beat: the value of some steps ago."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sk_rnn._lazy_table import as_columns
from sk_rnn._plausibility import require_oldest_first
from sk_rnn._rows import read_windows
from sk_rnn._types import Decorator, TargetsLike, WindowsLike

_checking_parameters: Decorator = _fit_context(prefer_skip_nested_validation=True)


class PersistenceForecaster(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Forecast that the value of ``season`` steps ago comes again.

    With ``season=1`` every forecast is the last value of the window, the naive
    forecast; with a longer season it is the seasonal naive forecast [1]_. It learns
    nothing, and a network that does not beat it has learnt nothing of use.

    Parameters
    ----------
    season : int, default=1
        Length of the season in time steps of the series. A horizon longer than the
        season repeats the last season.
    n_channels : int or None, default=None
        Values per time step; channel 0 is forecast. None takes them from 3-D X, else
        from the labels of lags, else assumes one.
    column_order : {"step", "channel"} or list of str, default="step"
        How the values of a window follow each other in a row without labels: all
        channels of the oldest step first, as :func:`make_windows` writes them, or all
        steps of channel 0 first. A list labels the columns, as those of a frame would
        be: ``["lag_1", "lag_2", "month"]``.

    Attributes
    ----------
    n_channels_ : int
        Values per time step.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column labels of X, if it has any.

    See Also
    --------
    sk_rnn.LSTMForecaster : A forecaster that learns.

    References
    ----------
    .. [1] R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and
       Practice", 3rd edition, OTexts, 2021, section 5.2.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_rnn import PersistenceForecaster, make_windows
    >>> X, y = make_windows(np.array([1.0, 2.0, 3.0, 1.0, 2.0, 3.0]), n_steps=3)
    >>> PersistenceForecaster().fit(X, y).predict(X)
    array([3., 1., 2.])
    >>> PersistenceForecaster(season=3).fit(X, y).predict(X)
    array([1., 2., 3.])
    """

    _parameter_constraints: ClassVar[dict[str, list]] = {
        "season": [Interval(Integral, 1, None, closed="left")],
        "n_channels": [Interval(Integral, 1, None, closed="left"), None],
        "column_order": [StrOptions({"step", "channel"}), "array-like"],
    }

    def __init__(
        self,
        season: int = 1,
        *,
        n_channels: int | None = None,
        column_order: str | Sequence[str] = "step",
    ) -> None:
        self.season = season
        self.n_channels = n_channels
        self.column_order = column_order

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.regressor_tags.poor_score = True
        return tags

    @_checking_parameters
    def fit(self, X: WindowsLike, y: TargetsLike) -> Self:
        """Check the windows and note the form of y.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_steps * n_channels) or \
                (n_windows, n_steps, n_channels)
            One window per row, the oldest step first.
        y : array-like of shape (n_windows,) or (n_windows, horizon)
            What comes next after each window.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If a window is shorter than ``season``, or holds the newest value first.
        """
        windows, targets, reading = read_windows(self, X, y, reset=True)
        self._reading = reading._asdict()  # plain data, for saving
        held, self.n_channels_ = windows.steps.shape[1:]
        if self.season > held:
            raise ValueError(
                f"season={self.season}, but a row of X holds only {held} time step(s) "
                f"(n_channels={self.n_channels_}). Use longer windows or a shorter "
                "season."
            )
        every = np.arange(len(windows))
        require_oldest_first(windows, as_columns(targets), every)
        self._season, self._horizon = int(self.season), targets.shape[1:]
        return self

    def predict(self, X: WindowsLike) -> NDArray[np.float64]:
        """Forecast what comes after each window.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_steps * n_channels) or \
                (n_windows, n_steps, n_channels)
            One window per row, the oldest step first.

        Returns
        -------
        ndarray of shape (n_windows,) or (n_windows, horizon), dtype float64
            In the form of the ``y`` of ``fit``.
        """
        check_is_fitted(self)
        windows = read_windows(self, X)[0].steps
        horizon = int(np.prod(self._horizon))
        steps_ago = self._season - np.arange(horizon) % self._season
        forecasts = windows[:, windows.shape[1] - steps_ago, 0].astype(np.float64)
        return forecasts.reshape(len(forecasts), *self._horizon)
