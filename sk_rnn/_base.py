"""scikit-learn's protocol around the network."""

from __future__ import annotations

import warnings
from abc import ABC
from copy import copy
from functools import partial
from numbers import Integral, Real
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
)
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
)

from sk_rnn._rows import read_windows
from sk_rnn._scaling import (
    LinearScaling,
    Scaling,
    fit_scaler,
    make_scaler,
    relative_targets,
    relative_windows,
    scale,
)
from sk_rnn._settling import settle_network
from sk_rnn._window_scaling import METHODS, WindowScaler

if TYPE_CHECKING:
    import keras

    from sk_rnn._network import Architecture
    from sk_rnn._training import Rows


class BaseRNNForecaster(MultiOutputMixin, RegressorMixin, BaseEstimator, ABC):
    """Recurrent forecaster; its final classes name the cell."""

    _cell: ClassVar[str]

    weights_: list[NDArray]
    history_: dict[str, list[float]]
    n_iter_: int
    n_channels_: int
    n_steps_: int
    _network: dict
    _y_ndim: int
    # What only sk_rnn.sktime knows of its rows:
    _span: int | None = None  # steps that a row of y spans, if not one per column
    _n_ahead = 0  # steps at the end of a window that lie ahead

    _parameter_constraints: ClassVar[dict[str, list]] = {
        "units": [Interval(Integral, 1, None, closed="left"), tuple],
        "n_steps": [Interval(Integral, 1, None, closed="left"), None],
        "n_channels": [Interval(Integral, 1, None, closed="left"), None],
        "column_order": [StrOptions({"step", "channel"})],
        "scaler": [
            StrOptions({"standard", "minmax"}),
            HasMethods(["fit", "transform", "inverse_transform"]),
            None,
        ],
        "window_scaler": [StrOptions(set(METHODS)), WindowScaler, None],
        "segment_length": [Interval(Integral, 1, None, closed="left")],
        "bidirectional": ["boolean"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "loss": [StrOptions({"mse", "mae", "huber", "log_cosh"})],
        "optimizer": [StrOptions({"adam", "adamw", "rmsprop", "sgd"})],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "learning_rate_decay": [StrOptions({"cosine"}), None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "warm_start": ["boolean"],
        "callbacks": [list, tuple, None],
        "dtype": [StrOptions({"float32", "float64"}), None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        units=64,
        *,
        n_steps=None,
        n_channels=None,
        column_order="step",
        scaler="standard",
        window_scaler=None,
        segment_length=1,
        bidirectional=False,
        dropout=0.0,
        loss="mse",
        optimizer="adam",
        learning_rate=0.003,
        learning_rate_decay=None,
        batch_size=32,
        epochs=100,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        warm_start=False,
        callbacks=None,
        dtype=None,
        verbose=0,
        random_state=None,
    ):
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

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
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
        resume = self.warm_start and hasattr(self, "weights_")
        return self._replace_by(
            copy(self)._learn(
                X,
                y,
                sample_weight,
                X_val,
                y_val,
                epochs=self.epochs,
                resume=resume,
                early_stopping=self.early_stopping,
            )
        )

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train for one more pass over the given rows.

        The first call learns the scalers and the dtype, later ones keep them. Early
        stopping plays no part.

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
        return self._replace_by(
            copy(self)._learn(
                X,
                y,
                sample_weight,
                epochs=1,
                resume=hasattr(self, "weights_"),
                early_stopping=False,
            )
        )

    def predict(self, X: ArrayLike) -> NDArray:
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
            does not depend on the other rows, not even in its last bit.
        """
        check_is_fitted(self)
        from sk_rnn import _training

        architecture, scaling = self._architecture(), self._scaling()
        windows = read_windows(self, X, n_steps=self.n_steps_)
        outputs = _training.predict(
            windows, scaling.scale_windows, self.weights_, architecture
        )
        forecasts = scaling.unscale_outputs(outputs, windows)
        if not np.isfinite(forecasts).all():
            raise ValueError(
                "A forecast is not finite: X holds values too large for the "
                f"{architecture.dtype} network after scaling. Look for outliers in X."
            )
        return forecasts[:, 0] if self._y_ndim == 1 else forecasts

    def to_keras(self) -> keras.Model:
        """Export the network, its scaling included.

        Returns
        -------
        keras.Model
            Compiled, with copies of the weights. Maps windows of shape
            ``(n_windows, n_steps, n_channels)`` to forecasts of shape
            ``(n_windows, horizon)``, both in the units of the data. With the window
            scaler ``"ratio"`` it does not check that last values are positive.

        Raises
        ------
        ValueError
            If the scaler is not linear, so that no Keras layer does the same.
        """
        check_is_fitted(self)
        scaling = self._linear_scaling()
        if scaling is None:
            raise ValueError(
                f"A Keras model cannot do what scaler={self.scaler!r} does, only "
                "linear scaling. Fit with scaler=None, 'standard' or 'minmax', or "
                "scale X and y outside of the forecaster."
            )
        return self._keras_model(scaling, self.n_steps_)

    # ------------------------------------------------------------------ fitting

    def _replace_by(self, learnt: Self) -> Self:
        """Become the copy that has learnt, so that a failed fit changes nothing."""
        self.__dict__ = learnt.__dict__
        return self

    def _learn(
        self,
        X,
        y,
        sample_weight=None,
        X_val=None,
        y_val=None,
        *,
        epochs: int,
        resume: bool,
        early_stopping: bool,
    ) -> Self:
        from sk_rnn import _training
        from sk_rnn._callbacks import Callbacks

        self._validate_params()  # partial_fit of a fitted forecaster skips it
        if (X_val is None) != (y_val is None):
            given, missing = ("y_val", "X_val") if X_val is None else ("X_val", "y_val")
            raise ValueError(f"{given} is given without {missing}. Pass both or none.")
        windows, y, sample_weight = self._read_data(
            X, y, sample_weight, reset=not resume
        )
        train, held_out = np.flatnonzero(sample_weight), None
        if early_stopping and X_val is None and self.validation_fraction is not None:
            train, held_out = self._hold_out(train, gap=(self._span or y.shape[1]) - 1)
        self._network = settle_network(
            self, y.shape[1], len(train), before=self._network if resume else None
        )
        targets = self._targets(windows, y, train)
        if not resume:
            self._start_afresh(windows, targets, sample_weight, train)

        validation = None
        if X_val is not None:
            windows_val, y_val, weight_val = self._read_data(X_val, y_val, reset=False)
            if y_val.shape[1] != y.shape[1]:
                raise ValueError(
                    f"y_val has {y_val.shape[1]} column(s), but y has {y.shape[1]}. "
                    "Pass the same horizon in both."
                )
            every = np.arange(len(y_val))
            targets_val = self._targets(windows_val, y_val, every)
            validation = self._rows(windows_val, targets_val, weight_val, every)
        elif held_out is not None:
            targets_val = self._targets(windows, y, held_out)
            validation = self._rows(windows, targets_val, sample_weight, held_out)

        result = _training.train(
            self._rows(windows, targets, sample_weight, train),
            validation,
            _training.State(self.weights_, self._slots, self._n_updates),
            self._architecture(),
            _training.Settings(
                loss=self.loss,
                optimizer=self.optimizer,
                learning_rate=float(self.learning_rate),
                learning_rate_decay=self.learning_rate_decay,
                batch_size=int(self.batch_size),
                epochs=int(epochs),
                seed=self._seed,
                patience=int(self.n_iter_no_change) if early_stopping else None,
                verbose=int(self.verbose),
            ),
            Callbacks(
                self.callbacks or (),
                self._keras_model_for_callbacks,
                epochs=epochs,
                n_batches=-(-len(train) // self.batch_size),
                verbose=self.verbose,
            ),
        )
        self._keep(result.state)
        self._extend_history(result.history)
        if result.interrupted:
            warnings.warn(
                f"Training interrupted by user after {self.n_iter_} whole epoch(s).",
                stacklevel=4,
            )
        return self

    def _read_data(self, X, y, sample_weight=None, *, reset: bool):
        """Validate training or validation data; return y as a matrix of floats."""
        n_steps = self.n_steps if reset else self.n_steps_
        windows, y = read_windows(self, X, y, n_steps=n_steps, reset=reset)
        sample_weight = _check_sample_weight(
            sample_weight, windows[:, 0], dtype=np.float64, ensure_non_negative=True
        )
        if reset:
            self.n_steps_ = windows.shape[1]
            self._y_ndim = y.ndim
        elif y.ndim != self._y_ndim:
            raise ValueError(
                f"y has {y.ndim} dimension(s), but the forecaster was fitted with a y "
                f"of {self._y_ndim}. Pass y in the same form."
            )
        return windows, y.astype(np.float64).reshape(len(y), -1), sample_weight

    def _hold_out(self, index: NDArray, *, gap: int) -> tuple[NDArray, NDArray | None]:
        """Split off the last rows, with a gap; not where too few rows would remain."""
        n_held_out = int(self.validation_fraction * len(index))
        n_train = len(index) - n_held_out - gap
        if n_held_out < 1 or n_train < 1:
            return index, None
        return index[:n_train], index[-n_held_out:]

    def _architecture(self) -> Architecture:
        from sk_rnn._network import Architecture

        network = {name: self._network[name] for name in Architecture._fields}
        network["n_channels"] *= self._network["segment_length"]
        return Architecture(**network)

    def _targets(self, windows, y, index) -> NDArray:
        """Return the targets of some rows, relative to their windows if so asked."""
        scaling = self._network["window_scaler"]
        if scaling is None:
            return y[index]
        return relative_targets(scaling, windows, y, index)

    def _rows(self, windows, targets, sample_weight, index) -> Rows:
        """Describe some rows to the training, and their targets."""
        from sk_rnn._training import Rows

        scaling = self._scaling()
        return Rows(
            windows=windows,
            chosen=index,
            scale=scaling.scale_windows,
            targets=scale(scaling.outputs, targets, scaling.dtype),
            weights=sample_weight[index] / sample_weight[index].mean(),
        )

    def _start_afresh(self, windows, targets, sample_weight, train) -> None:
        """Learn the scalers and draw the initial weights."""
        from sk_rnn import _training

        weights = sample_weight[train]
        prepare = np.asarray
        if self._network["window_scaler"] is not None:
            prepare = partial(relative_windows, self._network["window_scaler"])
        self.scaler_ = fit_scaler(
            make_scaler(self.scaler), windows, train, weights, prepare
        )
        self.target_scaler_ = fit_scaler(
            make_scaler(self.scaler), targets, np.arange(len(train)), weights
        )
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        architecture = self._architecture()
        self._keep(_training.initial_state(architecture, self.optimizer, self._seed))
        self.history_ = {}
        self.n_iter_ = 0

    def _keep(self, state) -> None:
        self.weights_ = list(state.weights)
        self._slots = list(state.slots)
        self._n_updates = state.n_updates

    def _extend_history(self, history: dict[str, list[float]]) -> None:
        """Append new epochs; what was not recorded in some is NaN there."""
        n_before, n_new = self.n_iter_, len(history.get("loss", []))
        self.history_ = {
            name: self.history_.get(name, [np.nan] * n_before)
            + history.get(name, [np.nan] * n_new)
            for name in {**self.history_, **history}
        }
        self.n_iter_ = n_before + n_new

    def _scaling(self) -> Scaling:
        return Scaling(
            self._network["window_scaler"],
            self.scaler_,
            self._network["segment_length"],
            self.target_scaler_,
            self._network["dtype"],
        )

    def _linear_scaling(self) -> LinearScaling | None:
        return self._scaling().linear(self.n_channels_, self._network["n_outputs"])

    def _keras_model_for_callbacks(self) -> keras.Model:
        """Build a model that need not read the units of the data."""
        n_segments = -(-self.n_steps_ // self._network["segment_length"])
        scaling = self._linear_scaling()
        return self._keras_model(scaling, self.n_steps_ if scaling else n_segments)

    def _keras_model(self, scaling: LinearScaling | None, n_steps: int) -> keras.Model:
        import keras

        from sk_rnn._network import keras_model

        model = keras_model(
            self._architecture(), self.weights_, n_steps=n_steps, scaling=scaling
        )
        optimizer = keras.optimizers.get(self._network["optimizer"])
        optimizer.learning_rate = self.learning_rate
        model.compile(optimizer=optimizer, loss=self.loss)
        optimizer.build(model.trainable_variables)  # else a saved model won't load
        return model
