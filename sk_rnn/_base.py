"""scikit-learn's protocol around the network."""

from __future__ import annotations

import warnings
from abc import ABC
from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from numbers import Integral, Real
from pickle import PicklingError
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import joblib
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    StrOptions,
)
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from sk_rnn import _losses
from sk_rnn._architecture import Architecture
from sk_rnn._budget import suitable_epochs
from sk_rnn._calibration import split_in_time
from sk_rnn._compat import visual_block
from sk_rnn._intervals import IntervalMixin
from sk_rnn._lazy_table import as_columns, smallest_int
from sk_rnn._plausibility import check_features, check_rows, require_memory
from sk_rnn._quantiles import point_level
from sk_rnn._rows import Reading, Windows, read_windows
from sk_rnn._saving import checksum, unreadable
from sk_rnn._scaling import Scaling, suitable_segment_length
from sk_rnn._suggestions import explained, suggested_option
from sk_rnn._types import TargetsLike, Transformer, WindowsLike
from sk_rnn._version import __version__
from sk_rnn.window_scaler import (
    METHODS,
    WindowScaler,
    WindowScaling,
    sample,
    suitable_scaler,
)

if TYPE_CHECKING:
    import keras

    from sk_rnn._training import Rows, Settings

# What is asked for of a network's outputs, which are sorted by level.
Choice = Callable[[NDArray, Windows], NDArray]
# Keras's own spellings of what we call by its short names.
_ALIASES = {
    "Adam": "adam",
    "AdamW": "adamw",
    "RMSprop": "rmsprop",
    "SGD": "sgd",
}
# What later calls must keep, beside the architecture and the scaling of windows.
_KEPT = "optimizer", "n_steps", "column_order", "scaler", "segment_length"
_BLOCK_ROWS = 2**14  # gathered at a time
_ENOUGH_ROWS = 2**14  # to tell whether a network has run away
# By default.
LOSS, LARGE_LOSS, MANY_ROWS = "huber", "mae", 4000
BATCH_SIZE, LARGE_BATCH_SIZE, VERY_MANY_ROWS = 32, 128, 20_000
# Compared when a file is loaded.
_CHECKED = (
    *("weights_", "_slots", "scaler_", "feature_scaler_", "target_scaler_"),
    "_scores",
)
_LEARNT = (
    *_CHECKED,
    *("history_", "n_iter_", "n_steps_", "n_channels_", "n_features_in_"),
    *("_kept", "_n_updates", "_range", "_reading", "_seed", "_window_scaling"),
    *("_y_ndim", "window_scaler_", "segment_length_", "batch_size_", "loss_"),
    *("quantiles_", "_spreads", "_spread_exponent", "_is_calibrated_for_older"),
)


class BaseRNNForecaster(
    IntervalMixin, MultiOutputMixin, RegressorMixin, BaseEstimator, ABC
):
    """Recurrent forecaster; its final classes name the cell and put this text in.

    Parameters
    ----------
    units : int or tuple of int, default=64
        Units of the $layer layer, or of each layer of a stack, the first one first.
    n_steps : int or None, default=None
        How many of a window's most recent time steps the network reads. None reads
        all. It can be searched, and every candidate is scored on the same rows.
    n_channels : int or None, default=None
        Values per time step. None takes them from 3-D X, else from the labels of lags,
        else assumes one.
    column_order : {"step", "channel"} or list of str, default="step"
        How the values of a window follow each other in a row without labels: all
        channels of the oldest step first, as :func:`make_windows` writes them, or all
        steps of channel 0 first, as sktime's ``make_reduction`` does with exogenous
        data. A list labels the columns, as those of a frame would be; see Notes.
    scaler : None, {"standard", "minmax"} or transformer, default="standard"
        Learns one scale per channel, never per lag, from the training windows; a
        second one of the same kind scales the targets. "standard" learns from 262,144
        windows at random where there are more. A scikit-learn transformer needs an
        ``inverse_transform``.
    window_scaler : {"auto", "last", "ratio", "standard"}, WindowScaler or None, \
            default="auto"
        Re-expresses every window relative to itself, before `scaler`, so that the
        network forecasts the change: from the last value, as a fraction of it, or
        from the mean in standard deviations of the window. Channel 0 is the
        reference of all channels; a :class:`WindowScaler` says otherwise. Row by
        row, in float64, and inverted for the forecast. ``"auto"`` takes "last" or
        "standard" where the last value, or the mean, of the training windows forecasts
        ``y`` better than the mean of ``y`` does, the better of the two, and None where
        neither does; and their logarithms where all values are positive, and errors in
        percent more likely to be normal than those in the units of ``y``.
    segment_length : int or "auto", default="auto"
        Consecutive time steps that the network reads as one [1]_: with 24, a week of
        hours is read in 7 steps, faster, and further back than a network remembers.
        Where ``n_steps`` is no multiple, the first step is repeated in front.
        ``"auto"`` reads up to 24 steps in four segments, more of them in some eight of
        at most 24 steps, or else in more of these.
    bidirectional : bool, default=False
        Whether every layer also reads the window backwards.
    dropout : float, default=0.0
        Fraction, in [0, 1), of each layer's outputs that training drops, as a
        ``keras.layers.Dropout`` behind each recurrent layer does.
    loss : {"huber", "mse", "mae", "log_cosh"} or None, default=None
        What training minimises, in scaled units, with Keras's definitions. None takes
        "huber", which squares errors up to one standard deviation of the targets and
        counts larger ones less, and "mae" where there are more than 4,000 windows;
        "mse" is for forecasts that must add up to what comes on average. Not used with
        `quantiles`.
    quantiles : sequence of float or None, default=None
        Levels in (0, 1), in any order. One network forecasts the quantile of each level
        for every step, trained with the mean of their pinball losses; ``predict`` then
        gives the median. Levels, if several, must include 0.5.
    calibration_fraction : float or None, default=None
        Fraction, in (0, 1), of the rows on which forecasts are calibrated: always the
        last ones, by their times where X or y is a frame of several series. A second
        network like the first is trained on the rows before them, except for a gap of
        ``horizon - 1`` steps (of arrays: rows), and its errors on them say how far
        ``predict_interval`` and ``predict_quantiles`` reach. It takes as long as a
        second fit, and changes nothing about ``predict``.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adam"
        Update rule, with Keras's definitions and defaults.
    learning_rate : float, default=0.003
        Step size of the optimizer.
    learning_rate_decay : {"cosine"} or None, default="cosine"
        How the learning rate falls over the `epochs` of a fit: along half a cosine
        wave from `learning_rate` to nearly 0 [2]_, or not at all. A pass of
        ``partial_fit`` does not lower it.
    batch_size : int or None, default=None
        Windows per update of the weights. None takes 32, and 128 where there are more
        than 20,000 windows.
    epochs : int or None, default=None
        Passes over the training windows. None makes as many as give about 1,000
        updates of the weights, but at most 100 and no more than there are windows,
        counted in whole batches, and at least 10. It makes 10 where there is little to
        learn, as of prices: where ridge regressions on what the network reads, and on
        random functions of it, explain less than 2 percent of the targets' variance in
        rows that are left out, all taken as ranks.
    early_stopping : bool, default=False
        Whether to stop when the validation loss has not improved for
        `n_iter_no_change` epochs, and to restore the best weights.
    validation_fraction : float or None, default=0.1
        Fraction, in (0, 1), of the rows that early stopping holds out if it is not
        given ``X_val``: always the last rows, by their times where X or y is a frame of
        several series, with a gap of ``horizon - 1`` steps (of arrays: rows) in front
        of them. Rows of several arrays have no times in common: give a frame, or
        ``X_val`` and ``y_val``. With None, or where less than half of the rows would be
        left to train on, which is told in a warning, the training loss is watched.
    n_iter_no_change : int, default=10
        Epochs without improvement that early stopping waits for.
    warm_start : bool, default=False
        Whether ``fit`` continues from the weights, the optimizer's slots, the
        scalers, the seed and the dtype of the previous call. The learning rate
        starts anew.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Called before and after every epoch and test, with a real ``keras.Model``
        whose weights, learning rate and ``stop_training`` they may change. Hooks for
        batches are called once per call into the engine, which trains about a second:
        many batches, as with Keras's ``steps_per_execution``. ``fit`` works on
        shallow copies: what a callback binds to itself stays on its copy, what it
        refers to is yours. ``SwapEMAWeights`` is refused.
    dtype : {"float32", "float64"} or None, default=None
        Of the network. None means float32, except where all windows fit in one
        batch: there a sample weight is exactly a repetition of its row, and float64
        keeps it so. Settled at the first fit; later training keeps it.
    verbose : int, default=0
        0 is silent. 1 shows a progress bar with the losses and the time left; about ten
        lines where the output is no terminal, and nothing in workers. 2 writes a line
        per epoch.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the batches and the dropout. The same integer
        seed, machine, number of threads and versions give the same bits; anything
        else (another CPU, another number of threads, other neighbours in the batch)
        agrees to rounding.

    Attributes
    ----------
    weights_ : list of ndarray
        In the order of Keras's ``get_weights``.
    scaler_, feature_scaler_, target_scaler_ : transformer or None
        Fitted on the values of the training windows, on the features of the time to be
        forecast, and on the targets.
    history_ : dict of str to list of float
        Per epoch ``"loss"``, ``"learning_rate"`` and, where rows are held out or
        given, ``"val_loss"``; and what callbacks add to their logs. Losses are in
        scaled units.
    n_iter_ : int
        Epochs trained so far.
    window_scaler_ : {"last", "ratio", "standard"}, WindowScaler or None
        What `window_scaler` says, or what ``"auto"`` has taken.
    segment_length_, batch_size_ : int
        What `segment_length` and `batch_size` say, or what was taken for them.
    loss_ : {"huber", "mse", "mae", "log_cosh"}
        What `loss` says, or what was taken.
    quantiles_ : tuple of float or None
        The levels of `quantiles`, in ascending order.
    n_steps_ : int
        Time steps that the network reads.
    n_channels_ : int
        Values per time step.
    n_features_in_ : int
        Columns of X, ``n_steps * n_channels`` of a 3-D X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column labels of X, if it has any.

    Notes
    -----
    Training is not ``keras.Model.fit``, but ends in the same weights when given the
    same batches. The rows are shuffled before every epoch.

    Columns of a frame are read by their labels, in any order. A lag is what is called
    ``name[t-3]``, ``lag_3``, ``lag3`` or ``name_lag_3``, as in mlforecast, skforecast
    and feature-engine, ``name_target_lag-3`` (darts) or ``lag_2__name`` (sktime's
    DirectReductionForecaster, which counts from 0). The other columns are features of
    the time to be forecast: a month, a promotion. They are no steps of a window, and
    enter the network beside each. Without any such label, a row is read by position.
    """

    _cell: ClassVar[str]

    weights_: list[NDArray]
    history_: dict[str, list[float]]
    n_iter_: int
    n_steps_: int
    _range: NDArray | None  # of values that are read as they are
    _is_calibrated_for_older: bool
    _slots: list[NDArray]
    _n_updates: int

    _parameter_constraints: ClassVar[dict[str, list]] = {
        "units": [Interval(Integral, 1, None, closed="left"), tuple, list],
        "n_steps": [Interval(Integral, 1, None, closed="left"), None],
        "n_channels": [Interval(Integral, 1, None, closed="left"), None],
        "column_order": [StrOptions({"step", "channel"}), "array-like"],
        "scaler": [
            StrOptions({"standard", "minmax"}),
            HasMethods(["fit", "transform", "inverse_transform"]),
            None,
        ],
        "window_scaler": [StrOptions({"auto", *METHODS}), WindowScaler, None],
        "segment_length": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "bidirectional": ["boolean"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "loss": [StrOptions({*_losses.NAMES, *_losses.ALIASES}), None],
        "quantiles": ["array-like", None],
        "calibration_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "optimizer": [StrOptions({*_ALIASES.values(), *_ALIASES})],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "learning_rate_decay": [StrOptions({"cosine"}), None],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "epochs": [Interval(Integral, 1, None, closed="left"), None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "warm_start": ["boolean"],
        "callbacks": [list, tuple, None],
        "dtype": [StrOptions({"float32", "float64"}), None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    @explained
    def __init__(
        self,
        units: int | Sequence[int] = 64,
        *,
        n_steps: int | None = None,
        n_channels: int | None = None,
        column_order: str | Sequence[str] = "step",
        scaler: Literal["standard", "minmax"] | Transformer | None = "standard",
        window_scaler: str | WindowScaler | None = "auto",
        segment_length: int | Literal["auto"] = "auto",
        bidirectional: bool = False,
        dropout: float = 0.0,
        loss: str | None = None,
        quantiles: Sequence[float] | None = None,
        calibration_fraction: float | None = None,
        optimizer: str = "adam",
        learning_rate: float = 0.003,
        learning_rate_decay: Literal["cosine"] | None = "cosine",
        batch_size: int | None = None,
        epochs: int | None = None,
        early_stopping: bool = False,
        validation_fraction: float | None = 0.1,
        n_iter_no_change: int = 10,
        warm_start: bool = False,
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        dtype: Literal["float32", "float64"] | None = None,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.units = units
        self.n_steps = n_steps
        self.n_channels = n_channels
        self.column_order = column_order
        self.scaler = scaler
        self.window_scaler = window_scaler
        self.segment_length = segment_length
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.loss = loss
        self.quantiles = quantiles
        self.calibration_fraction = calibration_fraction
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.dtype = dtype
        self.verbose = verbose
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _sk_visual_block_(self):
        """Name the class in full: sk_rnn.sktime has others of the same name."""
        name = type(self).__name__
        if type(self).__module__.startswith("sk_rnn."):
            name = f"sk_rnn.{name}"
        return visual_block()("single", self, names=name, name_details=str(self))

    @explained
    def fit(
        self,
        X: WindowsLike,
        y: TargetsLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: WindowsLike | None = None,
        y_val: TargetsLike | None = None,
    ) -> Self:
        """Train the network, from fresh weights unless ``warm_start=True``.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_steps * n_channels) or \
                (n_windows, n_steps, n_channels)
            One window per row, the oldest step first.
        y : array-like of shape (n_windows,) or (n_windows, horizon)
            What comes next after each window.
        sample_weight : array-like of shape (n_windows,), default=None
            Weights of the rows. Rows of weight zero are left out; the others are
            scaled to a mean of 1.
        X_val : array-like of the form of X, default=None
            Windows to be scored after every epoch, and watched by early stopping.
        y_val : array-like of the form of y, default=None
            What comes next after each window of ``X_val``.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If the input is bad, or if the loss is not finite any more; the forecaster
            then stays as it was.
        """
        learnt = copy(self)
        resume = self.warm_start and hasattr(self, "weights_")
        learnt._learn(X, y, sample_weight, X_val, y_val, resume, is_whole_fit=True)
        return self._become(learnt)

    @explained
    def partial_fit(
        self, X: WindowsLike, y: TargetsLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train for one more pass over the given rows.

        The first call learns the scalers and the dtype, later ones keep them. Early
        stopping plays no part, and what ``fit`` has calibrated stays as it is.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_steps * n_channels) or \
                (n_windows, n_steps, n_channels)
            One window per row, the oldest step first.
        y : array-like of shape (n_windows,) or (n_windows, horizon)
            What comes next after each window.
        sample_weight : array-like of shape (n_windows,), default=None
            Weights of the rows.

        Returns
        -------
        self : object
            The fitted forecaster.
        """
        learnt = copy(self)
        resume = hasattr(self, "weights_")
        learnt._learn(X, y, sample_weight, None, None, resume, is_whole_fit=False)
        return self._become(learnt)

    @explained
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
            In the units and the form of the ``y`` of ``fit``. The forecast of a row
            does not depend on the other rows but by rounding.
        """
        return self._answer(X, self._points)

    def _answer(self, X: WindowsLike, choose: Choice) -> NDArray:
        """Forecast what is chosen of the outputs; see ``_forecast``."""
        check_is_fitted(self)
        windows, _, _ = read_windows(self, X, n_steps=self.n_steps_)
        forecasts = self._forecast(windows, choose)
        unanswered = ~self._can_be_scaled(windows)
        if unanswered.any():
            reason = "window_scaler='ratio' divides by the last value of a window, "
            reason += "which is not positive there. Use window_scaler='last'"
            if self._window_scaling.log:
                reason = "window_scaler takes logarithms, but no value of the window "
                reason += "is positive. Fit with window_scaler='last' or 'standard'"
            warnings.warn(
                f"{unanswered.sum()} row(s) of X get the forecast NaN, first row "
                f"{int(np.argmax(unanswered))}: {reason}.",
                stacklevel=3,
            )
        if not np.isfinite(forecasts[~unanswered]).all():
            raise ValueError(
                "A forecast is not finite: X holds values too large for the "
                f"{self._architecture.dtype} network after scaling, or for the "
                "exponential function, which undoes logarithms of window_scaler. Look "
                "for outliers in X."
            )
        if self._range is not None:
            self._warn_of_other_levels(windows, *self._range)
        return forecasts[:, 0] if self._y_ndim == 1 else forecasts

    def _forecast(self, windows: Windows, choose: Choice) -> NDArray:
        """Map windows to forecasts, (n_windows, horizon, ...); NaN where none is.

        ``choose`` maps sorted outputs, (n_windows, horizon, n_levels), and the windows
        to what is asked for, (n_windows, horizon, ...), in the units of the network.
        """
        from sk_rnn._training import Rows, outputs_of

        good = self._can_be_scaled(windows)
        if not good.all():
            none = np.empty((0, self._architecture.n_outputs))
            shape = choose(self._by_level(none), windows[:0]).shape[1:]
            forecasts = np.full((len(windows), *shape), np.nan)
            if good.any():
                forecasts[good] = self._forecast(windows[good], choose)
            return forecasts
        scaling = self._scaling
        rows = Rows(windows, None, scaling)
        outputs = outputs_of(rows, self.weights_, self._architecture)
        return self._to_data(choose(self._by_level(outputs), windows), windows)

    def _by_level(self, outputs: NDArray) -> NDArray:
        """Sort outputs, (n_windows, n_outputs), per step, so that none cross."""
        n_levels = len(self._trained_levels)
        return np.sort(outputs.reshape(len(outputs), self._horizon, n_levels))

    def _points(self, outputs: NDArray, windows: Windows | None = None) -> NDArray:
        """Choose the point forecast, (n_windows, horizon), of sorted outputs."""
        return outputs[..., point_level(self._trained_levels)]

    @property
    def _trained_levels(self) -> tuple[float, ...]:
        return self.quantiles_ or (0.5,)

    def _warn_of_other_levels(
        self, windows: Windows, low: NDArray, high: NDArray
    ) -> None:
        """Warn of values far from all that training has seen, channel by channel."""
        width = high - low
        lowest, highest = windows.steps.min(axis=1), windows.steps.max(axis=1)
        is_far = (lowest < low - width) | (highest > high + width)
        rows, channels = (is_far & (width > 0)).nonzero()
        if not len(rows):
            return
        first, last = (f"{each[channels[0]]:.4g}" for each in (low, high))
        warnings.warn(
            f"{len(np.unique(rows))} row(s) of X, first row {rows[0]}, lie outside of "
            f"what was seen in training, {first} to {last} in channel {channels[0]}, "
            "by more than its width. A network that reads values as they are cannot "
            "follow them there (window_scaler_ is None). Where y continues the "
            "windows, use window_scaler='last' or 'standard'.",
            stacklevel=4,
        )

    def _continue_series(self, past: NDArray, others_ahead: NDArray) -> NDArray:
        """Feed forecasts back to the network; see ``_recursion.continue_series``."""
        from sk_rnn._recursion import continue_series
        from sk_rnn._runtime import on_cpu
        from sk_rnn._training import forward_pass

        scaling = self._affine_scaling() or self._scaling
        n_segments = -(-self.n_steps_ // scaling.segment_length)

        def forecast(windows: Windows) -> NDArray:
            if not self._can_be_scaled(windows).all():
                return np.full((len(windows), 1), np.nan)
            outputs = self._by_level(run(scaling.windows_to_network(windows)))
            return scaling.to_data(self._points(outputs), windows)

        with on_cpu():
            run = forward_pass(self.weights_, self._architecture, n_segments)
            return continue_series(forecast, past, others_ahead, self.n_steps_)

    def _can_be_scaled(self, windows: Windows) -> NDArray:
        scaling = self._window_scaling
        every = np.ones(len(windows), dtype=bool)
        return every if scaling is None else scaling.are_positive(windows.steps)

    def to_keras(
        self, dtype: Literal["float32", "float64"] | None = None
    ) -> keras.Model:
        """Export the network, its scaling included.

        Parameters
        ----------
        dtype : {"float32", "float64"} or None, default=None
            Of inputs, scaling, network and outputs. None keeps the network's and scales
            in float64, as ``predict`` does, so that a large level loses no digits.
            LiteRT's built-in operators and many accelerators need "float32".

        Returns
        -------
        keras.Model
            Compiled, with copies of the weights. Maps windows of shape
            ``(n_windows, n_steps, n_channels)`` to forecasts of shape
            ``(n_windows, horizon)``, both in the units of the data. With `quantiles`
            these are a dict by level, ``model(windows)["0.9"]`` for one, and the model
            has no loss, since Keras has none of quantiles. With the window scaler
            ``"ratio"`` it does not check that last values are positive.

        Raises
        ------
        ValueError
            If the scaler is not linear, so that no Keras layer does the same.
        """
        import keras

        check_is_fitted(self)
        scaling = self._affine_scaling()
        if scaling is None:
            raise ValueError(
                f"A Keras model cannot do what scaler={self.scaler!r} does, only "
                "linear scaling. Fit with scaler=None, 'standard' or 'minmax', or "
                "scale X and y outside of the forecaster."
            )
        if dtype not in (None, "float32", "float64"):
            raise InvalidParameterError(
                f"The 'dtype' of to_keras must be 'float32', 'float64' or None. Got "
                f"{dtype!r} instead."
            )
        model = self._keras_model(scaling, dtype)
        # Keras exports to ONNX only what has been called.
        model(
            keras.tree.map_structure(
                lambda each: np.ones((1, *each.shape[1:]), each.dtype), model.input
            )
        )
        return model

    # ------------------------------------------------------------------ fitting

    def _validate_params(self) -> None:
        """Check the parameters; say what a word may have meant."""
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            params = self.get_params(deep=False)
            hint = suggested_option(self._parameter_constraints, params)
            raise InvalidParameterError(f"{error}{hint}") from None

    def _become(self, learnt: Self) -> Self:
        """Become the copy that has learnt, so that a failed fit changes nothing."""
        self.__dict__ = learnt.__dict__
        return self

    def _learn(
        self, X, y, sample_weight, X_val, y_val, resume: bool, is_whole_fit: bool
    ) -> None:
        """Train for all epochs, or for one more pass that nothing stops early."""
        from sk_rnn import _training

        self._validate_params()
        if (X_val is None) != (y_val is None):
            given, missing = ("y_val", "X_val") if X_val is None else ("X_val", "y_val")
            raise ValueError(
                f"{given} is given without {missing}. Pass both or neither."
            )
        y_given = y
        windows, y, weights = self._read_data(X, y, sample_weight, reset=not resume)
        used = _used(weights)
        gap = y.shape[1] - 1
        train, held_out = used, used[:0]
        stops_early = is_whole_fit and self.early_stopping
        times = partial(_times_of, len(y), gap, X, y_given)  # where they are needed
        if stops_early and X_val is None:
            parts = split_in_time(*times(), used, self.validation_fraction or 0.0)
            train, held_out = if_enough(*parts, used, gap, warnings.warn, stacklevel=5)

        if not resume:
            self.quantiles_ = self._levels()
        if self.window_scaler != "auto":
            self.window_scaler_ = clone(self.window_scaler, safe=False)
        elif not resume:
            self.window_scaler_ = suitable_scaler(windows.steps, y, train, weights)
        n_train = len(train)
        if self.batch_size is not None:
            self.batch_size_ = int(self.batch_size)
        elif not resume:
            is_large = n_train > VERY_MANY_ROWS
            self.batch_size_ = LARGE_BATCH_SIZE if is_large else BATCH_SIZE
        if self.loss is not None:
            self.loss_ = _losses.ALIASES.get(self.loss, self.loss)
        elif not resume:
            self.loss_ = LARGE_LOSS if n_train > MANY_ROWS else LOSS
        self.segment_length_ = (
            suitable_segment_length(self.n_steps_)
            if self.segment_length == "auto"
            else int(self.segment_length)
        )
        settled = self._settle(y.shape[1], len(train), resume)
        if resume:
            self._require_the_same(*settled)
            check_rows(
                windows, y, train, self._scaling, Reading(**self._reading), is_new=False
            )
            if self._range is not None:
                low, high = self._scaling.range_of(windows, train)
                self._range = np.array(
                    [np.minimum(low, self._range[0]), np.maximum(high, self._range[1])]
                )
        else:
            self._start_afresh(*settled, windows, y, weights, train)
        self._architecture = settled[0]  # dropout may change

        validation = None
        if X_val is not None:
            windows_val, y_val, weights_val = self._read_data(X_val, y_val)
            if y_val.shape[1] != y.shape[1]:
                raise ValueError(
                    f"y_val has {y_val.shape[1]} column(s), but y has {y.shape[1]}. "
                    "Pass the same horizon in both."
                )
            every = np.arange(len(y_val))
            reading = Reading(**self._reading)
            check_rows(windows_val, y_val, every, self._scaling, reading, is_new=False)
            validation = self._rows(windows_val, y_val, weights_val, every)
        elif len(held_out):
            validation = self._rows(windows, y, weights, held_out)

        rows = self._rows(windows, y, weights, train)
        state, history, interrupted = _training.train(
            rows,
            validation,
            _training.State(self.weights_, self._slots, self._n_updates),
            self._architecture,
            self._settings(
                epochs=self._n_epochs(rows) if is_whole_fit else 1,
                patience=int(self.n_iter_no_change) if stops_early else None,
            ),
            self.callbacks or (),
            lambda: self._keras_model(self._affine_scaling()),
        )
        self.weights_, self._slots, self._n_updates = state
        self._extend_history(history)
        # None, where a callback has restored all epochs from a backup.
        loss = history["loss"][-1] if history else 0.0
        _, targets, _ = rows.take_all(sample(np.arange(rows.n_rows), _ENOUGH_ROWS))
        if loss > 100 * (1 + float(np.square(targets, dtype=np.float64).mean())):
            warnings.warn(
                f"The last loss, {loss:.3g}, is far above that of a constant forecast: "
                "the network has run away. Use a smaller learning_rate (now "
                f"{self.learning_rate}).",
                stacklevel=4,
            )
        if interrupted:
            warnings.warn(
                f"Training interrupted by user after {self.n_iter_} whole epoch(s).",
                stacklevel=4,
            )
        if is_whole_fit or not resume:
            self._scores, self._spreads, self._spread_exponent = None, (1.0, 1.0), 1.0
            self._is_calibrated_for_older = False
        if is_whole_fit and self.calibration_fraction is not None:
            self._calibrate(windows, y, weights, times(), len(train))
        elif self._scores is not None and not self._is_calibrated_for_older:
            self._is_calibrated_for_older = True
            warnings.warn(
                "The weights change, but intervals and quantiles stay calibrated for "
                "those of the last fit. To calibrate them anew, call fit; with "
                "warm_start=True, it goes on from these weights.",
                stacklevel=4,
            )

    def _settings(self, epochs: int, patience: int | None = None) -> Settings:
        """Say how to train, whatever the network."""
        from sk_rnn._training import Settings

        return Settings(
            loss=self.quantiles_ or self.loss_,
            optimizer=self._kept["optimizer"],
            learning_rate=float(self.learning_rate),
            learning_rate_decay=self.learning_rate_decay,
            batch_size=self.batch_size_,
            epochs=epochs,
            seed=self._seed,
            patience=patience,
            verbose=int(self.verbose),
        )

    def _calibrate(
        self, windows, y, weights, times: tuple[NDArray, NDArray], n_train: int
    ) -> None:
        """Learn from rows that another network has not seen how far off forecasts are.

        ``times`` are those of the first and the last target of each row; ``n_train`` is
        how many rows this network saw.
        """
        fraction = self.calibration_fraction or 0.0
        used = _used(weights)
        gap = y.shape[1] - 1
        earlier, later = split_in_time(*times, used, fraction)
        if not (len(earlier) and len(later)):
            raise ValueError(
                f"calibration_fraction={fraction} of {len(used)} sample(s) leaves "
                f"{len(later)} to calibrate on and, behind a gap of {gap}, "
                f"{len(earlier)} to train on: both need at least 1 sample. Use more "
                "rows, a shorter horizon or another calibration_fraction."
            )
        other = self._trained_on(windows, y, weights, earlier, n_train)
        self._learn_spread(other, windows, y, earlier)
        scores = []
        for start in range(0, len(later), _BLOCK_ROWS):
            part = later[start : start + _BLOCK_ROWS]
            block = windows[part]
            forecasts = other._forecast(block, lambda outputs, _: outputs)
            of_block = self._scores_of(forecasts, block, np.asarray(y[part]))
            # Of a window that cannot be scaled there is no forecast.
            scores.append(of_block[~np.isnan(of_block).any(axis=(1, 2))])
        self._scores = np.concatenate(scores)

    def _trained_on(self, windows, y, weights, rows: NDArray, n_train: int) -> Self:
        """Train a network like this one on other rows, from fresh weights.

        With the same settings, seed and number of epochs; scales are learnt anew.
        ``n_train`` is how many rows this one was trained on.
        """
        from sk_rnn import _training

        other = copy(self)
        if other._window_scaling is not None:
            other._window_scaling = other._window_scaling._replace(floors=())
        other._learn_scales(windows, y, weights, rows)
        optimizer = self._kept["optimizer"]
        start = _training.initial_state(self._architecture, optimizer, self._seed)
        n_epochs = -(-self._n_updates // -(-n_train // self.batch_size_))
        state, _, interrupted = _training.train(
            other._rows(windows, y, weights, rows),
            None,
            start,
            self._architecture,
            self._settings(n_epochs),
        )
        if interrupted:
            warnings.warn(
                "Training of the calibrating network interrupted by user: intervals "
                "and quantiles are calibrated with its last whole epoch.",
                stacklevel=6,
            )
        other.weights_, other._slots, other._n_updates = state
        return other

    def _before(self, X: Any, y: Any, rows: NDArray, n_train: int) -> Self:
        """Train a network like this one on earlier rows, to be scored on later ones.

        ``n_train`` is how many rows this one was trained on.
        """
        windows, y, weights = self._read_data(X, y)
        other = self._trained_on(windows, y, weights, rows, n_train)
        self._learn_spread(other, windows, y, rows)
        return other

    def _relative(self, values: NDArray, windows: Windows) -> NDArray:
        """Express values of y, (n_rows, n_ahead, ...), in the units of the network."""
        scaling = self._scaling._replace(dtype="float64")
        return self._by_column(
            values, lambda part: scaling.targets_to_network(part, windows)
        )

    def _to_data(self, values: NDArray, windows: Windows) -> NDArray:
        """Express values in the units of y, those that are infinite too."""
        finite = np.where(np.isinf(values), 0, values)  # scalers refuse others
        data = self._by_column(
            finite, lambda part: self._scaling.to_data(part, windows)
        )
        return np.where(np.isinf(values), values, data)

    def _by_column(self, values: NDArray, change: Callable) -> NDArray:
        """Change values, (n_rows, n_ahead, ...), in parts of as many steps as y has."""
        changed = np.empty(values.shape)
        for start in range(0, values.shape[1], self._horizon):
            steps = slice(start, start + self._horizon)
            for place in np.ndindex(values.shape[2:]):
                part = (slice(None), steps, *place)
                changed[part] = change(values[part])
        return changed

    def _read_data(self, X, y, sample_weight=None, *, reset: bool = False):
        """Validate training or validation data; return y as a matrix of floats."""
        n_steps = self.n_steps if reset else self.n_steps_
        windows, y, reading = read_windows(self, X, y, n_steps=n_steps, reset=reset)
        if sample_weight is None:
            sample_weight = np.broadcast_to(1.0, len(windows))  # takes no memory
        else:
            sample_weight = _check_sample_weight(
                np.asarray(sample_weight),  # of a tensor, too
                windows.features,
                dtype=float,
                ensure_non_negative=True,
            )
        with np.errstate(over="ignore"):
            total = sample_weight.sum()
        if not np.isfinite(total):
            raise ValueError(
                "The sum of sample_weight is not finite. Divide it by its largest one."
            )
        if reset:
            self._reading = reading._asdict()  # plain data, for saving
            self.n_steps_, self.n_channels_ = windows.steps.shape[1:]
            self._y_ndim = y.ndim
        elif y.ndim != self._y_ndim:
            raise ValueError(
                f"y has {y.ndim} dimension(s), but the forecaster was fitted with a y "
                f"of {self._y_ndim}. Pass y in the same form."
            )
        return windows, as_columns(y), sample_weight

    def _settle(
        self, horizon: int, n_rows: int, resume: bool
    ) -> tuple[Architecture, WindowScaling | None]:
        """Find out what shapes the network, and what is done to each channel."""
        units = self.units if isinstance(self.units, tuple | list) else (self.units,)
        if not (units and all(isinstance(u, Integral) and int(u) >= 1 for u in units)):
            raise InvalidParameterError(
                f"The 'units' parameter of {type(self).__name__} must be an int in the "
                "range [1, inf) or a tuple of such ints, one per recurrent layer. Got "
                f"{self.units!r} instead."
            )
        if self.segment_length_ > self.n_steps_:
            raise ValueError(
                f"segment_length={self.segment_length_}, but a window has only "
                f"{self.n_steps_} time step(s). Use longer windows or a shorter "
                "segment."
            )
        # In a single batch a weight is exactly a repetition, and float64 keeps it so.
        dtype = "float64" if n_rows <= self.batch_size_ else "float32"
        architecture = Architecture(
            self._cell,
            tuple(int(u) for u in units),
            bool(self.bidirectional),
            float(self.dropout),
            self.n_channels_ * self.segment_length_ + self._n_features,
            horizon * len(self._levels() or [None]),
            self.dtype or (self._architecture.dtype if resume else dtype),
        )
        scaler = self.window_scaler_
        if scaler is None:
            return architecture, None
        scaler = WindowScaler(scaler) if isinstance(scaler, str) else scaler
        scaling = scaler.resolve(self.n_channels_, self._reading["names"])
        if scaling.n_ahead >= self.n_steps_:
            raise ValueError(
                f"n_ahead={scaling.n_ahead} of WindowScaler, but a window has only "
                f"{self.n_steps_} time step(s). Some of them must lie in the past."
            )
        return architecture, scaling

    def _n_epochs(self, rows: Rows) -> int:
        if self.epochs is not None:
            return int(self.epochs)
        return suitable_epochs(rows, self.batch_size_)

    def _require_the_same(
        self, architecture: Architecture, window_scaling: WindowScaling | None
    ) -> None:
        """Refuse to continue with another network, optimizer or scaling."""
        before = self._kept | self._architecture._asdict()
        now = self._to_keep() | architecture._asdict()
        before |= {
            "n_channels": self.n_channels_,
            "quantiles": self.quantiles_,
            "window_scaler": self._window_scaling
            and self._window_scaling._replace(floors=()),
        }
        now["n_channels"] = self.n_channels or self.n_channels_
        now["quantiles"] = self._levels()
        now["window_scaler"] = window_scaling
        changes = [
            f"{name} changed from {before[name]!r} to {value!r}"
            for name, value in now.items()
            if name != "dropout" and not _same(before[name], value)
        ]
        if changes:
            raise ValueError(
                "warm_start and partial_fit continue with the same network and "
                f"optimizer, but {', '.join(changes)}. Use warm_start=False for a "
                "fresh start."
            )

    def _to_keep(self) -> dict[str, Any]:
        kept = {name: clone(getattr(self, name), safe=False) for name in _KEPT}
        return kept | {
            "optimizer": _ALIASES.get(self.optimizer, self.optimizer),
            "segment_length": self.segment_length_,
        }

    def _start_afresh(
        self, architecture, window_scaling, windows, y, weights, train
    ) -> None:
        """Learn the scalers and draw the initial weights."""
        from sk_rnn._training import initial_state

        require_memory(architecture, self.units)
        self._architecture = architecture
        self._window_scaling = window_scaling
        self._kept = self._to_keep()
        self.scaler_ = self.feature_scaler_ = self.target_scaler_ = None
        reading = Reading(**self._reading)
        labels = getattr(self, "feature_names_in_", None)
        check_rows(windows, y, train, self._scaling, reading)
        check_features(windows, y, train, self._scaling, reading, labels)
        self._learn_scales(windows, y, weights, train)
        self._range = None
        if window_scaling is None:
            self._range = self._scaling.range_of(windows, _used(weights))
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        state = initial_state(architecture, self._kept["optimizer"], self._seed)
        self.weights_, self._slots, self._n_updates = state
        self.history_ = {}
        self.n_iter_ = 0

    def _learn_scales(self, windows, y, weights, rows: NDArray) -> None:
        """Learn the scale of each channel, feature and target from some rows."""
        scaling = self._scaling.learn(self.scaler, windows, y, rows, weights)
        self._window_scaling = scaling.of_window
        self.scaler_, self.target_scaler_ = scaling.inputs, scaling.outputs
        self.feature_scaler_ = scaling.features

    def _rows(self, windows, y, weights, chosen) -> Rows:
        """Describe some rows to the training."""
        from sk_rnn._training import Rows

        mean = weights[chosen].mean()
        weights = weights if mean == 1 else weights / mean
        return Rows(windows, chosen, self._scaling, targets=y, weights=weights)

    def _extend_history(self, history: dict[str, list[float]]) -> None:
        """Append new epochs; what was not recorded in some is NaN there."""
        n_before, n_new = self.n_iter_, len(history.get("loss", []))
        self.history_ = {
            name: self.history_.get(name, [np.nan] * n_before)
            + history.get(name, [np.nan] * n_new)
            for name in {**self.history_, **history}
        }
        self.n_iter_ = n_before + n_new

    @property
    def _scaling(self) -> Scaling:
        return Scaling(
            self._window_scaling,
            self.scaler_,
            self.feature_scaler_,
            self.target_scaler_,
            self._kept["segment_length"],
            self._architecture.dtype,
        )

    def _affine_scaling(self) -> Scaling | None:
        return self._scaling.affine(self.n_channels_, self._n_features, self._horizon)

    @property
    def _horizon(self) -> int:
        return self._architecture.n_outputs // len(self.quantiles_ or [None])

    @property
    def _n_features(self) -> int:
        return len(self._reading["features"])

    def _keras_model(
        self, scaling: Scaling | None, dtype: str | None = None
    ) -> keras.Model:
        """Build a model that reads the units of the data, if a graph can scale them."""
        import keras

        from sk_rnn._network import keras_model

        n_steps = self.n_steps_
        if scaling is None:
            n_steps = -(-n_steps // self._kept["segment_length"])
        architecture = self._architecture
        if scaling is not None and dtype is not None:
            architecture = architecture._replace(dtype=dtype)
            scaling = scaling.throughout_in(dtype)
        model = keras_model(
            architecture,
            self.weights_,
            n_steps,
            scaling,
            self._n_features,
            self.quantiles_,
        )
        optimizer = keras.optimizers.get(self._kept["optimizer"])
        optimizer.learning_rate = self.learning_rate
        model.compile(optimizer, None if self.quantiles_ else self.loss_)
        optimizer.build(model.trainable_variables)  # else a saved model won't load
        return model

    # ------------------------------------------------------------------- saving

    def __copy__(self) -> Self:
        """Copy as it is: only what is loaded is checked."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def __getstate__(self) -> dict:
        """Return plain data, so that a stored model names public classes only."""
        state = {**super().__getstate__(), "_sk_rnn_version": __version__}
        if "weights_" in state:
            state["_architecture"] = self._architecture._asdict()
            if self._window_scaling is not None:
                state["_window_scaling"] = self._window_scaling._asdict()
            state["_checksum"] = checksum([state[name] for name in _CHECKED])
        return state

    def __setstate__(self, state: dict) -> None:
        state = dict(state)
        version = state.pop("_sk_rnn_version", "unknown")
        try:
            missing = set(self._get_param_names()) - state.keys()
            if missing:
                raise ValueError(f"it lacks {sorted(missing)}")
            if "weights_" in state:
                self._restore(state)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise unreadable(type(self), version, error) from error
        super().__setstate__(state)

    def _restore(self, state: dict) -> None:
        """Rebuild what was stored as plain data; refuse what does not fit together."""
        missing = set(_LEARNT) - state.keys()
        if missing:
            raise ValueError(f"it lacks {sorted(missing)}")
        a = state["_architecture"] = Architecture(**state["_architecture"])
        if state["_window_scaling"] is not None:
            state["_window_scaling"] = WindowScaling(**state["_window_scaling"])
        shapes = [weight.shape for weight in state["weights_"]]
        if a.cell != self._cell or shapes != a.weight_shapes():
            raise ValueError(f"the weights of {a} have the shapes {shapes}")
        for array in state["weights_"] + state["_slots"]:
            if array.dtype != a.dtype or not np.isfinite(array).all():
                raise ValueError(f"an array is not finite, or not of dtype {a.dtype}")
        if state.pop("_checksum") != checksum([state[name] for name in _CHECKED]):
            raise ValueError("the checksum is another")


def _used(weights: NDArray) -> NDArray:
    """Return the rows that have a weight."""
    every = np.arange(len(weights), dtype=smallest_int(len(weights)))
    return every if weights.all() else every[weights != 0]


def _times_of(n_rows: int, gap: int, *tables: Any) -> tuple[NDArray, NDArray]:
    """Return the times of the first and of the last target of each row, as numbers.

    Read from labels of series and time, in either order, or of time; or from equal
    labels in order, as rows of several arrays have. Other rows are as many times. The
    last target is ``gap`` rows of its series later, or behind its end as many of its
    longest steps.
    """
    series = np.zeros(n_rows, int)
    for table in tables:
        index = getattr(table, "index", None)
        if isinstance(index, pd.MultiIndex):
            level = _time_level(index)
            times = index.get_level_values(level).factorize(sort=True)[0]
            series = index.droplevel(level).factorize()[0]
            break
        if isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):
            times = index.factorize(sort=True)[0]
            break
        if isinstance(index, pd.Index) and not index.is_unique:
            if index.is_monotonic_increasing:
                times = index.factorize()[0]
                return times, times + gap
            times = np.arange(n_rows)
            break
    else:
        times = np.arange(n_rows)
        return times, times + gap
    last_times = np.empty(n_rows, int)
    order = np.lexsort((times, series))
    is_same_series = np.diff(series[order]) == 0
    if (is_same_series & (np.diff(times[order]) == 0)).any():
        return times, times + gap  # which row goes on with which is not known
    ends = np.flatnonzero(~is_same_series) + 1
    for rows in np.split(order, ends):
        own = times[rows]
        longest = np.diff(own).max(initial=1)
        behind = own[-1] + longest * np.arange(1, gap + 1)
        last_times[rows] = np.append(own, behind)[gap:]
    return times, last_times


def _time_level(index: pd.MultiIndex) -> int:
    """Return which level holds times: the last one, if none has a type of times."""
    is_of_times = [
        level
        for level, values in enumerate(index.levels)
        if isinstance(values, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex)
    ]
    return is_of_times[-1] if is_of_times else index.nlevels - 1


def if_enough(
    earlier: NDArray,
    later: NDArray,
    used: NDArray,
    gap: int,
    warn: Callable,
    stacklevel: int,
) -> tuple[NDArray, NDArray]:
    """Return rows to train on, and those to hold out.

    All and none, where earlier ones are less than half of those used.
    """
    if not len(later) or 2 * len(earlier) >= len(used):
        return earlier, later
    warn(
        f"Of {len(used)} windows, early stopping would hold out {len(later)}, and "
        f"leave {len(earlier)} to train on: a target {gap + 1} steps ahead keeps those "
        "in between apart. None are held out, and the training loss is watched. Use a "
        "longer series, a shorter horizon, a smaller validation_fraction or "
        "early_stopping=False.",
        stacklevel=stacklevel,
    )
    return used, used[:0]


def _same(one: Any, other: Any) -> bool:
    """Compare parameters by value, transformers by that of their parameters."""
    if isinstance(one, BaseEstimator) and type(one) is type(other):
        return _same(
            *(list(each.get_params(deep=False).values()) for each in (one, other))
        )
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    try:
        return one is other or joblib.hash(one) == joblib.hash(other)
    except (PicklingError, AttributeError):  # a lambda
        return bool(np.array_equal(one, other))
