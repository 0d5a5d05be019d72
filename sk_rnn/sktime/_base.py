"""sktime's protocol around the scikit-learn forecasters."""

from __future__ import annotations

from copy import copy, deepcopy
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils._param_validation import (
    Interval,
    StrOptions,
    validate_parameter_constraints,
)
from sktime.datatypes import VectorizedDF, convert_to, update_data
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.base._base import _format_moving_cutoff_predictions

from sk_rnn._base import BaseRNNForecaster
from sk_rnn._series import check_length
from sk_rnn._window_scaling import METHODS, WindowScaler
from sk_rnn.sktime._exogenous import append_known, past_windows
from sk_rnn.sktime._horizon import Horizon, resolve, since_last_gap, spacing_of


class BaseSeriesForecaster(BaseForecaster):
    """Recurrent forecaster of a series; its final classes name the regressor."""

    _regressor_class: ClassVar[type[BaseRNNForecaster]]

    _tags: ClassVar[dict] = {
        "authors": "sk_rnn developers",
        "maintainers": "sk_rnn developers",
        "y_inner_mtype": "pd.Series",
        "X_inner_mtype": "pd.DataFrame",
        "capability:multivariate": False,
        "capability:exogenous": True,
        "capability:categorical_in_X": False,
        "capability:insample": True,
        "capability:missing_values": False,
        "capability:update": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
    }
    # What sktime would remember in _y and _X, _seen_y and _seen_X do. Its conformance
    # suite asks for the two attributes all the same.
    _config: ClassVar[dict] = {"remember_data": False}
    _y = _X = None

    # Of the parameters that the regressor does not have.
    _parameter_constraints: ClassVar[dict[str, list]] = {
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "strategy": [StrOptions({"direct", "recursive"})],
        "past_covariates": [list, tuple, None],
    }

    regressor_: BaseRNNForecaster

    def __init__(
        self,
        units=64,
        *,
        n_steps=12,
        strategy="direct",
        past_covariates=None,
        scaler="standard",
        window_scaler="last",
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
        callbacks=None,
        dtype=None,
        verbose=0,
        random_state=None,
    ):
        self.units = units
        self.n_steps = n_steps
        self.strategy = strategy
        self.past_covariates = past_covariates
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
        self.callbacks = callbacks
        self.dtype = dtype
        self.verbose = verbose
        self.random_state = random_state
        super().__init__()

    def __dynamic_tags__(self) -> None:
        """Set the tags that depend on the strategy."""
        is_direct = self.strategy == "direct"
        self.set_tags(
            **{
                "requires-fh-in-fit": is_direct,
                "capability:non_contiguous_X": is_direct,
            }
        )

    @classmethod
    def get_test_params(cls, parameter_set="default"):
        """Return parameters with which sktime's conformance suite is quick.

        Parameters
        ----------
        parameter_set : str, default="default"
            Not used.

        Returns
        -------
        list of dict
        """
        # Batches and a dtype that let all series share a few compiled programs.
        small = {"n_steps": 4, "epochs": 2, "batch_size": 16, "dtype": "float32"}
        small["random_state"] = 0
        recursive = {**small, "strategy": "recursive"}
        return [
            {**small, "units": 3},
            {**recursive, "units": 3},
            {**recursive, "units": 3, "scaler": "minmax", "window_scaler": "standard"},
        ]

    # ------------------------------------------------------- what sktime calls

    def _fit(self, y, X, fh):
        params = self.get_params(deep=False)
        own = {name: params.pop(name) for name in self._parameter_constraints}
        validate_parameter_constraints(
            self._parameter_constraints, own, caller_name=type(self).__name__
        )
        self._settle_columns(X)
        self._seen_y, self._seen_X = y.copy(), None if X is None else X.copy()
        self._spacing = spacing_of(y.index)
        before_gap = since_last_gap(y.index, self._spacing)
        if before_gap:
            raise ValueError(
                f"y has a gap after {y.index[before_gap - 1]}, its next time is "
                f"{y.index[before_gap]}. Fill in the missing values first."
            )
        self._steps = np.array([1])
        if self.strategy == "direct":
            steps = self._resolve(fh, y, X).steps
            if steps.max() > 0:
                self._steps = np.unique(steps[steps > 0])
        check_length(len(y), self.n_steps, int(self._steps[-1]), "y")
        params["window_scaler"] = self._window_scaler_by_position()
        self.regressor_ = self._regressor_class(**params)
        self.regressor_._span = int(self._steps[-1])
        if self._is_known.any():
            self.regressor_._n_ahead = len(self._steps)
        self.regressor_.fit(*self._training_rows(y, first=self.n_steps))
        self._trained_until = y.index[-1]
        return self

    def _window_scaler_by_position(self):
        """Return the scaler for the regressor, whose rows have no column labels."""
        scaler, names = self.window_scaler, [None, *self._columns]
        if isinstance(scaler, str) and scaler in METHODS:  # the series alone
            scaler = WindowScaler(scaler, unchanged=self._columns)
        if isinstance(scaler, WindowScaler):
            scaler = scaler.resolve(len(names), names).by_position()
        return scaler

    def update(self, y, X=None, update_params=True):
        """Add new data; a failure leaves the forecaster as it was.

        Parameters
        ----------
        y : series or panel of series
            New values. Those seen before may be among them.
        X : DataFrame, default=None
            Exogenous data at the times of ``y``.
        update_params : bool, default=True
            Whether to train for one pass over the windows whose targets are new.

        Returns
        -------
        self : object
        """
        before = self.__dict__.copy()
        if hasattr(self, "forecasters_"):  # one per series
            before["forecasters_"] = self.forecasters_.map(copy)
        try:
            return super().update(y, X=X, update_params=update_params)
        except BaseException:
            self.__dict__ = before
            raise

    def _update(self, y, X=None, update_params=True):
        self._check_columns(X, "update")
        self._seen_y = update_data(self._seen_y, y)
        self._seen_X = _merged(self._seen_X, X)
        self._values(y, self._seen_X)  # checks them
        history = self._seen_until_cutoff()  # checks their times
        if update_params:
            self._train_on_what_is_new(history)
        return self

    def _train_on_what_is_new(self, y) -> None:
        n_trained = y.index.searchsorted(self._trained_until, side="right")
        # The first window of which a target is new.
        first = max(self.n_steps, n_trained - self._steps[-1] + 1)
        if first + self._steps[-1] <= len(y) and n_trained < len(y):
            rows = self._training_rows(y, first=first)
            self.regressor_ = copy(self.regressor_).partial_fit(*rows)
            self._trained_until = y.index[-1]

    def _predict(self, fh, X):
        self._check_columns(X, "predict")
        y = self._seen_until_cutoff()
        X = _merged(self._seen_X, X)
        horizon = self._resolve(fh, y, X)
        is_ahead = horizon.steps > 0
        forecasts = np.full(len(is_ahead), np.nan)
        if is_ahead.any():
            forecasts[is_ahead] = self._forecasts(
                horizon.steps[is_ahead], y, X, horizon.ahead
            )
        if not is_ahead.all():
            forecasts[~is_ahead] = self._fitted_values(
                horizon.steps[~is_ahead], y, X, horizon.ahead
            )
        return pd.Series(forecasts, index=horizon.labels, name=y.name)

    def _predict_moving_cutoff(
        self, y, cv, X=None, update_params=True, reset_forecaster=True
    ):
        # sktime's own first shifts the cutoff before y, by a frequency that y may not
        # have. Every update moves the cutoff anyway.
        forecaster = deepcopy(self) if reset_forecaster else self
        y, X = (data.X if isinstance(data, VectorizedDF) else data for data in (y, X))
        forecasts, cutoffs = [], []
        for window, _ in cv.split(y):
            forecast = forecaster.update_predict_single(
                y.iloc[window], cv.get_fh(), X=X, update_params=update_params
            )
            mtype, store = self._y_metadata["mtype"], self._converter_store_y
            forecasts.append(convert_to(forecast, mtype, store=store))
            cutoffs.append(forecaster.cutoff)
        return _format_moving_cutoff_predictions(forecasts, cutoffs)

    # ------------------------------------------------------------------ the past

    def _settle_columns(self, X) -> None:
        """Note the columns of X, and which channels are known ahead."""
        self._columns = [] if X is None else list(X.columns)
        past = self.past_covariates or ()
        for name in past:
            if name not in self._columns:
                raise ValueError(
                    f"past_covariates names {name!r}, which is no column of X "
                    f"({self._columns or 'not given'}). Name columns of X only."
                )
        self._known_columns = [name for name in self._columns if name not in past]
        # Channel 0 is the series itself.
        self._is_known = np.array([False, *(c not in past for c in self._columns)])

    def _check_columns(self, X, method: str) -> None:
        if X is None:
            return  # what has been seen of X may do
        if not self._columns:
            raise ValueError(
                f"{method} was given an X, but fit was not. Pass it to both or to none."
            )
        missing = [name for name in self._columns if name not in X.columns]
        if missing:
            raise ValueError(
                f"The X given to {method} lacks the columns {missing} of fit's X. Pass "
                "the same columns to both."
            )

    def _seen_until_cutoff(self) -> pd.Series:
        """Return the series as it was known at the cutoff, since its last gap.

        ``update_predict`` moves the cutoff back, before values already seen.
        """
        y = self._seen_y.loc[: self.cutoff[0]]
        return y.iloc[since_last_gap(y.index, self._spacing) :]

    def _resolve(self, fh, y, X) -> Horizon:
        times = self._seen_y.index
        return resolve(
            fh,
            seen=y.index,
            later=times[times > y.index[-1]],
            known=times[:0] if X is None else X.index,
            spacing=self._spacing,
            n_ahead=int(self._steps[-1]),
        )

    # ------------------------------------------------------------------- windows

    def _values(self, y, X) -> NDArray:
        """Return the channels at the times of y, the series first."""
        values = y.to_numpy(float)[:, np.newaxis]
        if self._columns:
            X = X.reindex(y.index)[self._columns]
            missing = _first_missing(X)
            if missing is not None:
                raise ValueError(
                    f"X has no row for {missing}, a time of y. Pass X for all times of "
                    "y, to update too."
                )
            values = np.hstack([values, X.to_numpy(float)])
        is_finite = np.isfinite(values).all(axis=0)
        if not is_finite.all():
            channel = int(np.argmin(is_finite))
            name = f"Column {self._columns[channel - 1]!r} of X" if channel else "y"
            raise ValueError(f"{name} contains infinity. Replace such values.")
        return values

    def _known(self, X, times: pd.Index) -> pd.DataFrame:
        """Return the known channels at given times, NaN where X has no row."""
        if not self._known_columns:
            return pd.DataFrame(index=times)
        known = X.reindex(times)[self._known_columns]
        if np.isinf(known.to_numpy(float)).any():
            raise ValueError("X contains infinity. Replace such values.")
        return known

    def _rows(self, values, known, ends: range) -> NDArray:
        """Return the windows of the values before each of the ends."""
        windows = past_windows(values, self.n_steps)[ends.start : ends.stop]
        if self._is_known.any():
            times = np.add.outer(ends, self._steps - 1)
            windows = append_known(windows, known[times], self._is_known)
        return windows

    def _training_rows(self, y, first: int) -> tuple[NDArray, NDArray]:
        """Return windows and targets, from the window of ``first`` values on."""
        ends = range(first, len(y) - self._steps[-1] + 1)
        values = self._values(y, self._seen_X)
        targets = values[:, 0][np.add.outer(ends, self._steps - 1)]
        return self._rows(values, values[:, self._is_known], ends), targets

    # ----------------------------------------------------------------- forecasts

    def _fitted_values(self, steps, y, X, ahead) -> NDArray:
        """Forecast times already seen, each from what was known before it."""
        ends = len(y) + steps - self._steps[0]
        forecasts = np.full(len(steps), np.nan)
        has_past = ends > 0
        if has_past.any():
            rows = range(ends[has_past].min(), ends.max() + 1)
            # What lies ahead of the last few is not always known.
            known = self._known(X, y.index.append(ahead)).ffill().to_numpy(float)
            windows = self._rows(self._values(y, X), known, rows)
            outputs = self.regressor_.predict(windows)[:, 0]
            forecasts[has_past] = outputs[ends[has_past] - rows.start]
        return forecasts

    def _forecasts(self, steps, y, X, ahead) -> NDArray:
        """Forecast times after the cutoff."""
        is_direct = self.strategy == "direct"
        untrained = np.setdiff1d(steps, self._steps)
        if is_direct and len(untrained):
            raise ValueError(
                f"fh asks for the steps {untrained.tolist()} after {self.cutoff[0]}, "
                f"but the network was trained for {self._steps.tolist()}. Fit again "
                "with this fh, or use strategy='recursive'."
            )
        y = y.iloc[-self.n_steps :]  # all that the network reads of it
        needed = self._steps if is_direct else np.arange(1, steps.max() + 1)
        known_ahead = self._known(X, ahead[needed - 1])
        missing = _first_missing(known_ahead)
        if missing is not None:
            what = (
                f"the network forecasts the steps {needed.tolist()} together"
                if is_direct
                else f"strategy='recursive' passes through all {len(needed)} steps"
            )
            raise ValueError(
                f"X has no row for {missing}, but {what} and reads "
                f"{self._known_columns} at each. Pass these rows of X to predict (the "
                f"last one it has is {X.index[-1]}), or name columns that nobody knows "
                "in advance in past_covariates."
            )
        values = self._values(y, X)
        if is_direct:
            known = self._known(X, y.index.append(ahead)).to_numpy(float)
            window = self._rows(values, known, range(len(y), len(y) + 1))
            return self.regressor_.predict(window)[0, self._steps.searchsorted(steps)]
        if len(needed) > 1 and not self._is_known[1:].all():
            raise ValueError(
                f"fh asks for {len(needed)} steps, but from the second on, "
                f"strategy='recursive' would need the past of {self.past_covariates} "
                "at times to come. Use strategy='direct' with past_covariates."
            )
        from sk_rnn._recursion import continue_series

        past = past_windows(values, self.n_steps)[-1]
        others_ahead = np.repeat(past[-1:, 1:], len(needed), axis=0)
        others_ahead[:, self._is_known[1:]] = known_ahead
        return continue_series(self.regressor_, past, others_ahead)[steps - 1]


def _first_missing(X: pd.DataFrame) -> Any:
    """Return the first time without values, None if all have some."""
    missing = X.index[X.isna().any(axis=1)]
    return missing[0] if len(missing) else None


def _merged(seen: pd.DataFrame | None, new: pd.DataFrame | None) -> Any:
    """Add new rows to those seen; they win where both have one."""
    return seen if new is None or new.empty else update_data(seen, new)
