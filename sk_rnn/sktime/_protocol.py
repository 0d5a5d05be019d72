"""sktime's protocol around the scikit-learn forecasters."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Sequence
from contextlib import contextmanager
from copy import copy, deepcopy
from importlib.util import find_spec
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype as is_numeric
from sklearn.base import clone
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    StrOptions,
    validate_parameter_constraints,
)
from sktime.datatypes import VectorizedDF, convert_to
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.base._base import _format_moving_cutoff_predictions

from sk_rnn._base import BaseRNNForecaster, if_enough
from sk_rnn._calendar import warn_of_gaps
from sk_rnn._rows import are_window_labels
from sk_rnn._saving import unreadable
from sk_rnn._suggestions import explained
from sk_rnn._types import Pandas, TargetsLike, Transformer
from sk_rnn._version import __version__
from sk_rnn.sktime._forecasting import ForecastMixin, shape_of
from sk_rnn.sktime._horizon import read_steps
from sk_rnn.sktime._panels import (
    NamedPanel,
    called,
    each_series,
    joined,
    naming,
    require_names,
    warn,
)
from sk_rnn.sktime._past import FORM, Past, as_data, from_data
from sk_rnn.sktime._pool import Pool, check_windows, suitable_n_steps
from sk_rnn.sktime._storing import pack_all, unpack_all
from sk_rnn.window_scaler import METHODS, WindowScaler, suitable_scaler

if TYPE_CHECKING:
    import keras

_BETWEEN_QUARTILES = 1.3489795003921634  # of a normal distribution, in deviations
# Where calibration tells any level.
_LEVELS_OF_DISTRIBUTION = (0.01, 0.025, *(k / 20 for k in range(1, 20)), 0.975, 0.99)


def _require_numbers(X: Any) -> None:
    """Refuse columns of text or categories, which sktime does with no remedy."""
    if isinstance(X, pd.DataFrame):
        others = [name for name, dtype in X.dtypes.items() if not is_numeric(dtype)]
        if others:
            raise TypeError(
                f"X has the columns {others}, of text or categorical: networks read "
                "numbers only. Leave them out, or encode them, with scikit-learn's "
                "OneHotEncoder for one."
            )


def _require_names(y: Any, X: Any) -> None:
    """Refuse series without a name, and an X that does not say of which it is."""
    if isinstance(getattr(y, "index", None), pd.MultiIndex):
        require_names(y.index)
        if isinstance(X, pd.DataFrame):
            require_names(X.index)


_PANELS = ["pd-multiindex", "pd_multiindex_hier"]
# Attributes that are dicts by name.
_BY_SERIES = {"_trained_until", "_fit_until", "_cutoffs"}


class BaseSeriesForecaster(ForecastMixin, BaseForecaster):
    """Recurrent forecaster of a series; its final classes name the regressor.

    Parameters
    ----------
    units : int or tuple of int, default=64
        Units of the $layer layer, or of each layer of a stack, the first one first.
    n_steps : int or None, default=None
        Time steps of the past that the network reads. None takes two seasons of the
        calendar that the index tells: 24 months, 104 weeks, 14 days, 48 hours. Where
        that leaves fewer windows to train on than a window has steps it takes one
        season, else 12 steps, else fewer. At the start of a series, where fewer are
        known, the first value stands in for the missing ones.
    horizon : int, list of int, or None, default=None
        The steps that the network of the strategy "direct" forecasts, an int for all
        steps up to it. None takes those of the ``fh`` that ``fit`` is given. With a
        horizon ``fit`` needs no ``fh``, and ``predict`` takes any of these steps.
    strategy : {"direct", "recursive"}, default="direct"
        How several steps are forecast. ``"direct"`` trains one network that
        forecasts all steps of `horizon` or ``fh`` at once. ``"recursive"`` trains a
        network that forecasts the next step, and feeds its forecasts back to it.
    pooling : {"local", "global"}, default="local"
        Of a frame of several series, whether each gets a network of its own, or all
        get one in common, which is trained on the windows of all. Series may differ in
        length, and end at different times. Of several columns, each has its own.
    fine_tune_epochs : int, default=0
        Passes over the series given to ``fit`` with which a network trained before, by
        ``pretrain``, is trained on. With 0 ``fit`` only reads them. Without
        ``pretrain`` it says nothing.
    past_covariates : list of str or None, default=None
        Columns of X whose future is not known when the forecast is made, the
        closing price of a stock for one. Only their past enters, whatever X holds.
        Of all other columns, a calendar for one, ``predict`` needs the values at
        the times to be forecast, and these enter too.
    scaler : None, {"standard", "minmax"} or transformer, default="standard"
        Learns one scale per channel, never per lag, from the training windows; a
        second one of the same kind scales the targets. A scikit-learn transformer
        needs an ``inverse_transform``.
    window_scaler : {"auto", "last", "ratio", "standard"}, WindowScaler or None, \
            default="auto"
        Re-expresses every window relative to itself, before `scaler`, so that the
        network forecasts the change: from the last value, as a fraction of it, or
        from the mean in standard deviations of the window. A name changes the
        series only. To treat columns of X the same way, pass a
        :class:`sk_rnn.WindowScaler` and list them. ``"auto"`` takes "last" or
        "standard" where the last value, or the mean, of the windows forecasts the steps
        of ``fh`` better than the mean of the series does (with the strategy
        "recursive", the next `n_steps` steps), the better of the two, and None where
        neither does; and their logarithms where all values are positive, and errors in
        percent more likely to be normal than those in the units of the series.
    segment_length : int or "auto", default="auto"
        Consecutive time steps that the network reads as one: with 24, a week of
        hours is read in 7 steps. Where the steps, those ahead for known columns of
        X included, are no multiple, the first one is repeated in front. ``"auto"``
        reads up to 24 steps in four segments, more of them in some eight of at most 24
        steps, or else in more of these.
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
        ``predict_quantiles`` interpolates between them. With the strategy "recursive",
        `calibration_fraction` is needed too.
    calibration_fraction : float or None, default=None
        Fraction, in (0, 1), of the windows on which forecasts are calibrated: always
        the last ones in time. A second network like the first is trained on what lies
        before their targets, and its errors on them, for each step ahead, say how far
        ``predict_interval`` and ``predict_quantiles`` reach (split conformal
        prediction, with `quantiles` conformalised quantile regression). It takes as
        long as a second fit, and changes nothing about ``predict``.
    adaptation_step : float, default=0.005
        By how much calibrated levels move after each value given to ``update``, in
        units of probability: outwards where it lay beyond a bound, else inwards
        (adaptive conformal inference, with the step that Gibbs and Candès, 2021, use).
        With 0 they stay.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adam"
        Update rule, with Keras's definitions and defaults.
    learning_rate : float, default=0.003
        Step size of the optimizer.
    learning_rate_decay : {"cosine"} or None, default="cosine"
        How the learning rate falls over the `epochs` of ``fit``: along half a cosine
        wave from `learning_rate` to nearly 0, or not at all.
    batch_size : int or None, default=None
        Windows per update of the weights. None takes 32, and 128 where there are more
        than 20,000 windows.
    epochs : int or None, default=None
        Passes over the training windows. None makes as many as give about 1,000
        updates of the weights, but at most 100 and no more than there are windows,
        counted in whole batches, and at least 10. It makes 10 where there is little to
        learn, as of prices; see :class:`sk_rnn.GRUForecaster`.
    early_stopping : bool, default=False
        Whether to stop when the validation loss has not improved for
        `n_iter_no_change` epochs, and to restore the best weights.
    validation_fraction : float or None, default=0.1
        Fraction, in (0, 1), of the windows that early stopping holds out: always
        the last ones in time, whose targets begin after all those trained on. With
        None, or where less than half of the windows would be left to train on, which
        is told in a warning, the training loss is watched.
    n_iter_no_change : int, default=10
        Epochs without improvement that early stopping waits for.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Called before and after every epoch, as by the regressor.
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
    regressor_ : sk_rnn.$name
        The scikit-learn forecaster trained on the windows, with the weights, the
        losses of every epoch and ``to_keras``.
    window_scaler_ : {"last", "ratio", "standard"}, WindowScaler or None
        What `window_scaler` says, or what ``"auto"`` has taken.
    n_steps_ : int
        Time steps of the past that the network reads.
    pretrained_regressor_ : sk_rnn.$name
        After ``pretrain``, the network that it has trained; ``fit`` works on a copy.
    pretrained_windows_ : dict
        After ``pretrain``, what windows read and forecast, and what calibrates them.

    Notes
    -----
    ``update`` keeps the new values. With ``update_params=True``, sktime's default, it
    also trains on for one pass over the windows whose targets are new; there is no
    ``warm_start``.

    Windows that hold a missing value, or whose targets do, are left out of training,
    and so are those that span a gap, of which ``fit`` warns. ``predict`` reads the last
    `n_steps` values and raises where one of them is missing; in front of fewer, after a
    gap for one, the first one is repeated.

    In-sample forecasts are made from what was known before each time: one step ahead,
    or as far as the first step the network was trained for. Where nothing was known, or
    a value that would be read is missing, they are NaN.

    Dates without a frequency, like those of a stock exchange, are counted. Which times
    follow is read from X, or from an ``fh`` of dates without a gap. Else months,
    quarters and years go on, or the weekdays and times of day seen; where nothing
    tells, the median spacing does, and ``predict`` warns. Holidays are unknown.

    A frame of several series, or of several columns, gives one network each, unless
    ``pooling="global"``. Then the windows of all series are one table, each scaled
    relative to itself with most window scalers. Series without a complete window are
    left out of training, which is told in a warning, and forecast all the same.
    Calibration and early stopping split this table by time. Columns of X that do not
    change within a series tell the network which one it is; encode categories as
    numbers, with scikit-learn's ``OneHotEncoder`` for one.

    Calibrated intervals hold what comes with at least the given probability while the
    series goes on as in the windows calibrated on. After ``update``, with
    ``update_params=False`` too, the new windows are scored by the network as ``fit``
    has trained it, each once the farthest step of ``fh`` is known. A level for which
    there are too few of them has an infinite bound, and a warning says so. The bounds
    of times already seen are those one step ahead. With skpro, ``predict_proba`` gives
    distributions through the quantiles; their variance is not that of ``predict_var``,
    which is told from the quartiles.
    """

    _regressor_class: ClassVar[type[BaseRNNForecaster]]

    _tags: ClassVar[dict] = {
        "authors": "sk_rnn developers",
        "maintainers": "sk_rnn developers",
        "capability:categorical_in_X": False,
        "capability:missing_values": True,
        "capability:update": True,
        "capability:random_state": True,
        "capability:pred_int": True,
        "capability:pred_int:insample": True,
        "capability:pretrain": True,
        "pretrain:fitted_params": ["pretrained_regressor_", "pretrained_windows_"],
        "property:randomness": "derandomized",
    }
    # What sktime would remember in _y and _X, _past does. Its conformance
    # suite asks for the two attributes all the same.
    _config: ClassVar[dict] = {"remember_data": False}
    _y = _X = None

    # Of the parameters that the regressor is not given.
    _parameter_constraints: ClassVar[dict[str, list]] = {
        "n_steps": [Interval(Integral, 1, None, closed="left"), None],
        "horizon": [Interval(Integral, 1, None, closed="left"), "array-like", None],
        "strategy": [StrOptions({"direct", "recursive"})],
        "pooling": [StrOptions({"local", "global"})],
        "fine_tune_epochs": [Interval(Integral, 0, None, closed="left")],
        "past_covariates": [list, tuple, None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "calibration_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "adaptation_step": [Interval(Real, 0, 1, closed="left")],
    }

    regressor_: BaseRNNForecaster

    if TYPE_CHECKING:  # sktime has no types

        def predict(self, fh: Any = None, X: Pandas | None = None) -> Pandas: ...

    @explained
    def __init__(
        self,
        units: int | Sequence[int] = 64,
        *,
        n_steps: int | None = None,
        horizon: int | Sequence[int] | None = None,
        strategy: Literal["direct", "recursive"] = "direct",
        pooling: Literal["local", "global"] = "local",
        fine_tune_epochs: int = 0,
        past_covariates: Sequence[Hashable] | None = None,
        scaler: Literal["standard", "minmax"] | Transformer | None = "standard",
        window_scaler: str | WindowScaler | None = "auto",
        segment_length: int | Literal["auto"] = "auto",
        bidirectional: bool = False,
        dropout: float = 0.0,
        loss: str | None = None,
        quantiles: Sequence[float] | None = None,
        calibration_fraction: float | None = None,
        adaptation_step: float = 0.005,
        optimizer: str = "adam",
        learning_rate: float = 0.003,
        learning_rate_decay: Literal["cosine"] | None = "cosine",
        batch_size: int | None = None,
        epochs: int | None = None,
        early_stopping: bool = False,
        validation_fraction: float | None = 0.1,
        n_iter_no_change: int = 10,
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        dtype: Literal["float32", "float64"] | None = None,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.units = units
        self.n_steps = n_steps
        self.horizon = horizon
        self.strategy = strategy
        self.pooling = pooling
        self.fine_tune_epochs = fine_tune_epochs
        self.past_covariates = past_covariates
        self.scaler = scaler
        self.window_scaler = window_scaler
        self.segment_length = segment_length
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.loss = loss
        self.quantiles = quantiles
        self.calibration_fraction = calibration_fraction
        self.adaptation_step = adaptation_step
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
        """Set the tags that depend on parameters."""
        is_direct = self.strategy == "direct"
        self.set_tags(
            **{
                "requires-fh-in-fit": is_direct and self.horizon is None,
                "capability:non_contiguous_X": is_direct,
            }
        )
        if self.pooling == "global":
            self.set_tags(
                y_inner_mtype=["pd.Series", *_PANELS],
                X_inner_mtype=["pd.DataFrame", *_PANELS],
            )
        # One-step quantiles, fed back, would be too narrow further ahead.
        has_quantiles = self.quantiles is not None and is_direct
        tags = "capability:pred_int", "capability:pred_int:insample"
        is_sure = has_quantiles or self.calibration_fraction is not None
        self.set_tags(**dict.fromkeys(tags, is_sure))

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
        small = {"units": 5, "n_steps": 4, "epochs": 2, "batch_size": 16}
        small |= {"dtype": "float32", "random_state": 0}
        others = {"scaler": "minmax", "window_scaler": "standard"}
        return [small, {**small, **others, "strategy": "recursive"}]

    def __copy__(self) -> Self:
        """Copy as it is: only what is stored is plain data."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def __getstate__(self) -> dict:
        """Return plain data, so that a stored forecaster names public classes only."""
        state = self.__dict__.copy()
        if "_pasts" in state:
            state["_pasts"] = as_data(self._pasts)
        for name in _BY_SERIES & state.keys():  # pairs, as names may be tuples
            state[name] = list(state[name].items())
        return {**pack_all(state), "_sk_rnn_version": __version__}

    def __setstate__(self, state: dict) -> None:
        state = dict(state)
        version = state.pop("_sk_rnn_version", "unknown")
        try:
            missing = set(self.get_param_names()) - state.keys()
            if missing:
                raise ValueError(f"it lacks {sorted(missing)}")
            state = unpack_all(state)
            if "_pasts" in state:
                state["_pasts"] = from_data(state["_pasts"])
            for name in _BY_SERIES & state.keys():
                state[name] = dict(state[name])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise unreadable(type(self), version, error) from error
        self.__dict__.update(state)

    def _sk_visual_block_(self):
        """Name the class in full: sk_rnn has others of the same name."""
        from skbase.base._pretty_printing._object_html_repr import _VisualBlock

        name = type(self).__name__
        if type(self).__module__.startswith("sk_rnn."):
            name = f"sk_rnn.sktime.{name}"
        return _VisualBlock("single", self, names=name, name_details=str(self))

    # ------------------------------------------------------- what sktime calls

    @explained
    def fit(self, y: TargetsLike, X: Pandas | None = None, fh: Any = None) -> Self:
        """Train on a series; a failure leaves the forecaster as it was.

        Parameters
        ----------
        y : series, or panel of series
            In one of sktime's formats, a pandas Series for one. Values may be missing.
        X : DataFrame, default=None
            Exogenous data at the times of ``y``.
        fh : int, list of int, or ForecastingHorizon, default=None
            The steps to be forecast; ``strategy="direct"`` needs them, unless `horizon`
            is set or ``pretrain`` was given some.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If the input is bad or leaves no window to train on; of several series, it
            is named.
        """
        name = self._regressor_class.__name__
        if isinstance(y, pd.DataFrame) and are_window_labels([*y.columns]):
            raise TypeError(
                f"y has the columns {y.columns[0]!r} … {y.columns[-1]!r}: a table of "
                f"windows, which sk_rnn.{name} takes, as fit(X, y). "
                f"sk_rnn.sktime.{name} takes a series, as fit(y, fh=[1, 2, 3]), and "
                "makes windows itself."
            )
        _require_numbers(X)
        _require_names(y, X)
        is_needed = self.get_tag("requires-fh-in-fit")
        if fh is None and is_needed and self._state == "pretrained":
            fh = self.pretrained_windows_["steps"]
        with self._unchanged_by_failure():
            return super().fit(y, X=X, fh=fh)

    @explained
    def pretrain(self, y: TargetsLike, X: Pandas | None = None, fh: Any = None) -> Self:
        """Train one network on many series, whatever `pooling` says.

        ``fit`` then keeps the network, and only reads the series to be forecast, which
        may be others; with `fine_tune_epochs` it trains on. A second call of
        ``pretrain`` trains on with further series, on which it calibrates anew.

        Parameters
        ----------
        y : panel or hierarchy of series
            In one of sktime's formats, a DataFrame with a MultiIndex for one. Several
            columns are as many series.
        X : DataFrame, default=None
            Exogenous data at the times of ``y``, in the same format.
        fh : int, list of int, or ForecastingHorizon, default=None
            The steps to be forecast; ``strategy="direct"`` needs them, unless `horizon`
            is set.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If the input is bad or leaves no window to train on.
        """
        _require_numbers(X)
        _require_names(y, X)
        mtype = self.get_tag("X_inner_mtype")
        try:  # sktime lets panels through for y alone
            self.set_tags(X_inner_mtype=["pd.DataFrame", *_PANELS])
            with self._unchanged_by_failure():
                return super().pretrain(y, X=X, fh=fh)
        finally:
            self.set_tags(X_inner_mtype=mtype)

    @explained
    def update(
        self, y: TargetsLike, X: Pandas | None = None, update_params: bool = True
    ) -> Self:
        """Add new data; a failure leaves the forecaster as it was.

        Parameters
        ----------
        y : series or panel of series
            New values, labelled by their times. Those seen before may be among them.
        X : DataFrame, default=None
            Exogenous data at the times of ``y``.
        update_params : bool, default=True
            Whether to train for one pass over the windows whose targets are new.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If the input is bad, or an array, which does not tell its times.
        """
        self._require_times(y, "update")
        with self._unchanged_by_failure():
            return super().update(y, X=X, update_params=update_params)

    @explained
    def predict_interval(
        self, fh: Any = None, X: Pandas | None = None, coverage: Any = 0.90
    ) -> pd.DataFrame:
        """Forecast intervals, as in sktime; see ``calibration_fraction``."""
        self._require_capability("prediction intervals")
        return super().predict_interval(fh=fh, X=X, coverage=coverage)

    @explained
    def predict_quantiles(
        self, fh: Any = None, X: Pandas | None = None, alpha: Any = None
    ) -> pd.DataFrame:
        """Forecast quantiles, as in sktime; see ``quantiles``."""
        self._require_capability("quantile predictions")
        return super().predict_quantiles(fh=fh, X=X, alpha=alpha)

    def _require_capability(self, what: str) -> None:
        """Say what to set, which sktime cannot know."""
        if not self.get_tag("capability:pred_int"):
            self.check_is_fitted()
            raise NotImplementedError(
                f"{type(self).__name__} makes no {what}, as it does not know how sure "
                "its forecasts are. Set calibration_fraction=0.3, for one, or, with "
                "strategy='direct', quantiles=(0.05, 0.5, 0.95), and fit again."
            )

    def update_predict(
        self, y, cv=None, X=None, update_params=True, reset_forecaster=True
    ):
        """Update and forecast again and again, as the splitter ``cv`` says.

        As in sktime, but an array, which does not tell its times, is refused.
        """
        self._require_times(y, "update_predict")
        return super().update_predict(y, cv, X, update_params, reset_forecaster)

    def update_predict_single(self, y=None, fh=None, X=None, update_params=True):
        """Update once and forecast.

        As in sktime, but an array, which does not tell its times, is refused.
        """
        self._require_times(y, "update_predict_single")
        return super().update_predict_single(y, fh, X, update_params)

    def _require_times(self, y, method: str) -> None:
        """Refuse an array after fit: sktime would count its steps from 0 again."""
        if isinstance(y, np.ndarray):
            self.check_is_fitted()
            raise InvalidParameterError(
                f"y is a NumPy array, whose times {method} would count from 0 again, "
                f"over those of fit, which end with {self.cutoff[0]}. Pass a pandas "
                "Series indexed by the times of the values."
            )

    @contextmanager
    def _unchanged_by_failure(self):
        before = self.__dict__.copy()
        if hasattr(self, "forecasters_"):  # one per series
            before["forecasters_"] = self.forecasters_.map(copy)
        try:
            yield
        except BaseException:
            self.__dict__ = before
            raise

    def _fit(self, y, X, fh):
        params = self._params_of_regressor()
        pasts = self._pasts_of(y, X)
        self._names = list(y.index.names)
        if self._state == "pretrained":
            self._go_on_with(pasts, fh)
            if self.fine_tune_epochs:
                self._train_further(self.fine_tune_epochs)
            self._network_of_fit = self.regressor_
        else:
            self._train(pasts, fh, params)
        return self

    def _pretrain(self, y, X=None, fh=None):
        params = self._params_of_regressor()
        pasts = {}
        for name in y.columns:
            parts = self._pasts_of(y[[name]], X)
            one_of = {(part, name): past for part, past in parts.items()}
            pasts |= one_of if len(y.columns) > 1 else parts
        learnt = copy(self)
        if hasattr(self, "pretrained_regressor_"):
            learnt._go_on_with(pasts, fh)
            pool, n_train = learnt._train_further(params["epochs"])
            if self.calibration_fraction is not None:
                learnt._calibrate(pool, n_train)
        elif fh is None and self.strategy == "direct" and self.horizon is None:
            raise ValueError(
                "pretrain needs to know which steps will be forecast. Pass fh, or set "
                "horizon, or use strategy='recursive'."
            )
        else:
            learnt._train(pasts, fh, params)
        self.pretrained_regressor_ = learnt.regressor_
        self.pretrained_windows_ = learnt._form_of_windows()
        return self

    def _pasts_of(self, y, X) -> dict:
        """Return what is known of each series, by name; a single one is called None."""
        covariates = self.past_covariates or ()
        if not isinstance(y.index, pd.MultiIndex):
            return {None: Past.of(y, X, covariates)}
        Xs = {} if X is None else dict(each_series(X))
        pasts = {}
        for name, part in each_series(y):
            with naming(name, None):
                if X is not None and name not in Xs:
                    raise ValueError("X has no row. Pass X for every series, or none.")
                pasts[name] = Past.of(part.iloc[:, 0], Xs.get(name), covariates)
                pasts[name].values()  # checks them
        return pasts

    def _train(self, pasts: dict, fh, params: dict) -> None:
        """Train a network on all rows of some series."""
        self._pasts = self._with_windows(pasts, fh)
        self.n_steps_ = self._past.n_steps
        if len(pasts) == 1:
            check_windows(self._past)
        pool = Pool.of(self._pasts.values())
        self._require_windows(pool)
        called_by = {name: f"Series {name!r}" for name in pasts if name is not None}
        times = [
            (called_by.get(name, called("y")), past.y.index)
            for name, past in self._pasts.items()
        ]
        warn_of_gaps(times, are_spanned=False, stacklevel=7)
        self.window_scaler_ = self._settled_window_scaler(pool)
        params["window_scaler"] = self._window_scaler_by_position()
        self.regressor_ = self._regressor_class(validation_fraction=None, **params)
        n_train = self._fit_regressor(pool)
        ends = {name: past.y.index[-1] for name, past in self._pasts.items()}
        self._trained_until = self._fit_until = self._cutoffs = ends
        if self.calibration_fraction is not None:
            self._calibrate(pool, n_train)

    def _fit_regressor(self, pool: Pool) -> int:
        """Train on all rows but those that early stopping watches; say on how many."""
        # The regressor, which sees rows only, does not know how far targets reach.
        fraction = self.validation_fraction if self.early_stopping else None
        gap = self._past.reach - 1
        train, held_out = if_enough(
            *pool.split(fraction), pool.every, gap, warn, stacklevel=8
        )
        validation = {}
        if len(held_out):
            windows, targets = pool.windows[held_out], pool.targets[held_out]
            validation = {"X_val": windows, "y_val": targets}
        self.regressor_.fit(pool.windows[train], pool.targets[train], **validation)
        return len(train)

    def _require_windows(self, pool: Pool) -> None:
        """Refuse series without a window to train on; of several, leave out some."""
        counts = np.bincount(pool.series, minlength=len(self._pasts))
        lacking = [name for name, n in zip(self._pasts, counts, strict=True) if not n]
        if not lacking:
            return
        steps = f"n_steps={self._past.n_steps} and horizon={self._past.reach}"
        found = (
            f"{len(lacking)} of {len(self._pasts)} series have no complete window of "
            f"{steps}. The first of them is {lacking[0]!r} with "
            f"{len(self._pasts[lacking[0]].y)} time step(s)"
        )
        if len(lacking) == len(self._pasts):
            raise ValueError(f"{found}. Use a smaller n_steps or horizon.")
        warn(
            f"{found}. They are left out of training; predict repeats their first "
            "value in front of them.",
            stacklevel=7,
        )

    def _calibrate(self, pool: Pool, n_train: int) -> None:
        """Train a network on what lies before the targets that it is scored on."""
        earlier, later = pool.split(self.calibration_fraction)
        if not (len(earlier) and len(later)):
            raise ValueError(
                f"calibration_fraction={self.calibration_fraction} of "
                f"{len(pool.windows)} windows leaves {len(later)} to calibrate on and "
                f"{len(earlier) if len(later) else 0} to train on, whose targets, up "
                f"to {self._past.reach} step(s) ahead, lie before these. Use a longer "
                "series, a shorter horizon or another calibration_fraction."
            )
        self._network_before = self.regressor_._before(
            pool.windows, pool.targets, earlier, n_train
        )
        self._network_of_fit = self.regressor_
        self._calibrated_from = pool.calendar[pool.times[later].min()]

    def _with_windows(self, pasts: dict, fh) -> dict:
        """Note the steps of a window, and those after it that are to be forecast."""
        steps = np.array([1])
        if self.strategy == "direct":
            steps = self._steps_of(pasts, fh)
        pasts = {name: past._replace(steps=steps) for name, past in pasts.items()}
        n_steps = self.n_steps
        if n_steps is None:
            by_length = sorted(pasts.values(), key=lambda past: len(past.y))
            n_steps = suitable_n_steps(by_length[len(by_length) // 2])
        return {
            name: past._replace(n_steps=int(n_steps)) for name, past in pasts.items()
        }

    def _steps_of(self, pasts: dict, fh, default: Sequence[int] = (1,)) -> NDArray:
        """Return the steps that the network forecasts together, in ascending order.

        The default where no step of fh lies ahead.
        """
        if self.horizon is not None:
            steps = read_steps(self.horizon)
            assert steps is not None  # checked with the other parameters
            return steps
        found = []
        for name, past in pasts.items():
            if past.y.empty:
                continue
            with naming(name, None):
                steps = past.resolve(fh, past.y.index).steps
            found.append(np.unique(steps[steps > 0]))
            if fh.is_relative:
                break
        if not all(np.array_equal(found[0], steps) for steps in found):
            raise ValueError(
                "fh names times, which are not the same steps ahead of all series, as "
                "these end at different times. Pass steps, fh=[1, 2, 3] for one."
            )
        return found[0] if found and len(found[0]) else np.array(default)

    def _params_of_regressor(self) -> dict:
        """Check the parameters that the regressor is not given; return the others."""
        params = self.get_params(deep=False)
        own = {name: params.pop(name) for name in self._parameter_constraints}
        validate_parameter_constraints(
            self._parameter_constraints, own, caller_name=type(self).__name__
        )
        if self.horizon is not None and read_steps(self.horizon) is None:
            raise InvalidParameterError(
                f"The 'horizon' parameter of {type(self).__name__} must be an int, a "
                "list of different ints, all at least 1, or None. Got "
                f"{self.horizon!r} instead."
            )
        if self.horizon is not None and self.strategy == "recursive":
            raise InvalidParameterError(
                f"horizon={self.horizon!r} is for strategy='direct' only. The strategy "
                "'recursive' forecasts any number of steps: leave horizon=None."
            )
        return params

    def _settled_window_scaler(self, pool: Pool):
        """Return the window scaler, chosen by the series where none is named.

        ``pool`` holds the rows to be trained on, X among them.
        """
        if self.window_scaler != "auto":
            return clone(self.window_scaler, safe=False)
        alone = [past.alone() for past in self._pasts.values()]
        if self._past.columns:
            pool = Pool.of(alone)
        if self.strategy == "recursive":
            # Forecasts are fed back: what holds for one step must hold for many.
            steps = np.arange(1, self.n_steps_ + 1)
            several = Pool.of([past._replace(steps=steps) for past in alone])
            pool = several if len(several.windows) else pool
        weights = np.broadcast_to(1.0, len(pool.every))
        return suitable_scaler(pool.windows, pool.targets, pool.every, weights)

    def _window_scaler_by_position(self):
        """Return the scaler for the regressor, whose rows have no column labels."""
        scaler, columns = self.window_scaler_, self._past.columns
        if isinstance(scaler, str) and scaler in METHODS:  # the series alone
            scaler = WindowScaler(scaler, unchanged=columns)
        elif isinstance(scaler, WindowScaler) and isinstance(self.window_scaler, str):
            scaler = clone(scaler).set_params(unchanged=columns)
        if isinstance(scaler, WindowScaler):
            scaling = scaler.resolve(1 + len(columns), [None, *columns])
            n_ahead = len(self._past.steps) if self._past.is_known.any() else 0
            scaler = scaling._replace(n_ahead=n_ahead).by_position()
        return scaler

    def _go_on_with(self, pasts: dict, fh) -> None:
        """Forecast other series with the network that ``pretrain`` has trained."""
        form = dict(self.pretrained_windows_)
        steps = form["steps"]
        if self.strategy == "direct" and fh is not None:
            untrained = np.setdiff1d(self._steps_of(pasts, fh, default=steps), steps)
            if len(untrained):
                raise ValueError(
                    f"fh asks for the steps {untrained.tolist()}, but the network was "
                    f"pretrained for {steps.tolist()}. Pass fewer steps, or pretrain "
                    "with this fh."
                )
        for name, past in pasts.items():
            with naming(name, None):
                if set(past.columns) != set(form["columns"]):
                    raise ValueError(
                        f"X has the columns {past.columns}, but the network was "
                        f"pretrained with {form['columns']}. Pass the same to both."
                    )
        same = {name: form[name] for name in FORM}
        self._pasts = {name: past._replace(**same) for name, past in pasts.items()}
        self.n_steps_, self.window_scaler_ = form["n_steps"], form["window_scaler"]
        self.regressor_ = copy(self.pretrained_regressor_)
        ends = {name: past.y.index[-1] for name, past in self._pasts.items()}
        self._trained_until = self._fit_until = self._cutoffs = ends

    def _form_of_windows(self) -> dict:
        """Return what later series must have in common with those trained on."""
        n_steps, calibration = self._past.n_steps, None
        if self.calibration_fraction is not None:
            start = self._calibrated_from
            parts = {
                name: each._replace(
                    y=each.y.iloc[max(0, each.y.index.searchsorted(start) - n_steps) :]
                )
                for name, each in self._pasts.items()
                if each.y.index[-1] >= start
            }
            calibration = {
                "network": self._network_before,
                "start": start,
                "pasts": as_data(parts),
            }
        return {
            **self._past.form,
            "window_scaler": self.window_scaler_,
            "calibration": calibration,
        }

    def _train_further(self, epochs: int | None) -> tuple[Pool, int]:
        """Train the network for some more passes over the series.

        Returned are their rows, and on how many of them it was trained.
        """
        if len(self._pasts) == 1:
            check_windows(self._past)
        pool = Pool.of(self._pasts.values())
        self._require_windows(pool)
        before = self.regressor_
        self.regressor_ = copy(before).set_params(warm_start=True, epochs=epochs)
        n_train = self._fit_regressor(pool)
        self.regressor_._keep_spread_of(before)  # until it is calibrated anew
        return pool, n_train

    def _update(self, y, X=None, update_params=True):
        is_panel = isinstance(y.index, pd.MultiIndex)
        parts = dict(each_series(y)) if is_panel else {None: y}
        Xs = dict(each_series(X)) if is_panel and X is not None else {None: X}
        if is_panel != (None not in self._pasts):
            forms = {True: "several series", False: "a single series"}
            raise ValueError(
                f"y is {forms[is_panel]}, but fit was given {forms[not is_panel]}. "
                "Pass y to update in the form of fit, with the names of the series in "
                "the index where there are several."
            )
        pasts, ends = dict(self._pasts), dict(self._cutoffs)
        for name, part in parts.items():
            part = part.iloc[:, 0] if is_panel else part
            with naming(name, None):
                past = pasts.get(name, self._past)
                past.check_columns(Xs.get(name), "update")
                if name not in pasts:
                    if self._past.columns and Xs.get(name) is None:
                        raise ValueError(
                            f"X has no row, but fit was given {self._past.columns}. "
                            "Pass X for every new series, too."
                        )
                    past = Past.of(part, Xs.get(name), self.past_covariates or ())
                    pasts[name] = past._replace(**self._past.form)
                else:
                    pasts[name] = past.extended(Xs.get(name), part)
                pasts[name]._replace(y=part).values()  # checks them
                pasts[name].until(part.index[-1]).pieces()  # checks their times
            ends[name] = part.index[-1]
        for name in Xs.keys() & (pasts.keys() - parts.keys()):
            with naming(name, None):
                pasts[name].check_columns(Xs[name], "update")
                pasts[name] = pasts[name].extended(Xs[name])
        self._pasts, self._cutoffs = pasts, ends
        if update_params:
            self._train_on_what_is_new()
        return self

    def _cutoff_of(self, name: Hashable) -> Any:
        """Return up to which time a series counts: update_predict moves it back."""
        return self.cutoff[0] if name is None else self._cutoffs[name]

    def _train_on_what_is_new(self) -> None:
        pasts = {
            name: past.until(self._cutoff_of(name))
            for name, past in self._pasts.items()
        }
        pasts = {name: past for name, past in pasts.items() if len(past.y)}
        pool = Pool.of(pasts.values())
        n_trained = pool.n_times_until(self._trained_until, pasts)
        rows = np.flatnonzero(pool.last_times >= n_trained[pool.series])
        if len(rows):
            regressor = copy(self.regressor_)
            windows, targets = pool.windows[rows], pool.targets[rows]
            self.regressor_ = regressor.partial_fit(windows, targets)
            trained = [list(pasts)[number] for number in np.unique(pool.series[rows])]
            ends = {name: pasts[name].y.index[-1] for name in trained}
            self._trained_until = self._trained_until | ends

    def _vectorize(self, methodname, **kwargs):
        """Do for each of several series what sktime asks; name them in messages."""
        if "y" not in kwargs:  # predict, which changes nothing
            named = copy(self)
            named._yvec = NamedPanel.of(self._yvec)
            return super(BaseSeriesForecaster, named)._vectorize(methodname, **kwargs)
        panel = kwargs.pop("y")
        if methodname == "fit" and self.pooling == "local":
            self._look_over(panel, kwargs["fh"])
        outcome = super()._vectorize(methodname, y=NamedPanel.of(panel), **kwargs)
        self._yvec = panel  # else our own class would be stored with a forecaster
        return outcome

    def _look_over(self, panel: VectorizedDF, fh) -> None:
        """Find a series that cannot be trained on before the first one is trained."""
        self._params_of_regressor()  # checks the others
        for series, column, y in panel.items():
            with naming(series, column):
                past = Past.of(y.iloc[:, 0], None)
                if self._state == "pretrained":
                    continue
                if past.spacing is not None:  # else X may be needed to count the steps
                    past = self._with_windows({None: past}, fh)[None]
                check_windows(past)

    def _predict(self, fh, X):
        index, forecasts = self._forecast(fh, X, "predict")
        if isinstance(index, pd.MultiIndex):
            return pd.DataFrame(forecasts, index=index, columns=[self._past.y.name])
        return pd.Series(forecasts, index=index, name=self._past.y.name)

    def _predict_quantiles(self, fh, X, alpha):
        levels = [round(level, 12) for level in alpha]
        index, quantiles = self._forecast(fh, X, "predict_quantiles", levels)
        columns = self._get_columns("predict_quantiles", alpha=alpha)
        return pd.DataFrame(quantiles, index=index, columns=columns)

    def _forecast(self, fh, X, method: str, levels: list[float] | None = None):
        """Resolve a horizon and forecast its steps, at each level where there are.

        Returned are the labels and the forecasts of all series, end to end.
        """
        is_panel = None not in self._pasts
        Xs = dict(each_series(X)) if is_panel and X is not None else {None: X}
        pasts, horizons = {}, {}
        for name, past in self._pasts.items():
            with naming(name, None):
                past.check_columns(Xs.get(name), method)
                # update_predict moves the cutoff back, before values already seen.
                pasts[name] = past.until(self._cutoff_of(name)).extended(Xs.get(name))
                horizons[name] = pasts[name].resolve(fh, past.times)
                horizons[name].warn()
        shifts: dict = dict.fromkeys(pasts)
        if levels is not None:
            steps = [int(horizon.steps.max()) for horizon in horizons.values()]
            shifts = self._shifts(pasts, max(1, *steps), levels)
        ahead = self._forecasts(pasts, horizons, shifts)
        forecasts = []
        for name, past in pasts.items():
            steps, shift = horizons[name].steps, shifts[name]
            values = np.full((len(steps), *shape_of(shift)), np.nan)
            is_ahead = steps > 0
            if is_ahead.any():
                values[is_ahead] = ahead[name]
            if not is_ahead.all():
                values[~is_ahead] = self._fitted_values(
                    steps[~is_ahead], past, horizons[name].ahead, shift
                )
            forecasts.append(values)
        labels = [horizon.labels for horizon in horizons.values()]
        index = joined(pasts, labels, self._names) if is_panel else labels[0]
        return index, np.concatenate(forecasts)

    def _predict_var(self, fh, X, cov=False):
        """Return the variance of a normal distribution with the same quartiles."""
        quartiles = self._predict_quantiles(fh, X, [0.25, 0.75])
        if np.isinf(quartiles.to_numpy()).any():
            raise NotImplementedError(
                "The variance is told from the quartiles, for which there are too few "
                "windows to calibrate on. Use a longer series or a larger "
                "calibration_fraction."
            )
        deviations = np.diff(quartiles) / _BETWEEN_QUARTILES
        columns = self._get_columns("predict_var")
        return pd.DataFrame(deviations**2, index=quartiles.index, columns=columns)

    if find_spec("skpro"):  # without it, predict_proba is sktime's: a normal one

        def _predict_proba(self, fh, X, marginal=True):
            """Return distributions through the quantiles, uniform between them."""
            from skpro.distributions import HistogramQPD

            levels = {*(self.regressor_.quantiles_ or ())}
            if self.calibration_fraction is not None:
                levels |= {*_LEVELS_OF_DISTRIBUTION}
            with warnings.catch_warnings():  # levels out of reach are left out
                warnings.filterwarnings("ignore", ".* windows to calibrate on, but")
                quantiles = self._predict_quantiles(fh, X, sorted(levels))
            quantiles = quantiles.loc[:, np.isfinite(quantiles).all()]
            if quantiles.shape[1] < 2:
                raise NotImplementedError(
                    "A distribution goes through at least two quantiles of every time "
                    f"in fh, but there are {quantiles.shape[1]}. Use several levels "
                    "of quantiles, a longer series or a larger calibration_fraction, "
                    "and no times in fh before which nothing is known."
                )
            levels = quantiles.columns.get_level_values(-1)
            values = quantiles.to_numpy()
            # Equal ones would have no density in between.
            apart = 1e-9 * (np.abs(values).max() or 1.0) * np.arange(len(levels))
            by_level = pd.MultiIndex.from_product([levels, quantiles.index])
            columns = self._get_columns("predict_var")
            return HistogramQPD(
                pd.DataFrame(np.ravel((values + apart).T), by_level, columns),
                index=quantiles.index,
                columns=columns,
            )

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
