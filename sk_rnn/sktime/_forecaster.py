"""The two forecasters."""

from __future__ import annotations

import sk_rnn
from sk_rnn.sktime._base import BaseSeriesForecaster


class LSTMForecaster(BaseSeriesForecaster):
    """LSTM network that forecasts a series, with sktime's interface.

    The series is cut into windows, on which :class:`sk_rnn.LSTMForecaster` is trained.

    Parameters
    ----------
    units : int or tuple of int, default=64
        Units of the LSTM layer, or of each layer of a stack, the first one first.
    n_steps : int, default=12
        Time steps of the past that the network reads. At the start of a series,
        where fewer are known, the first value stands in for the missing ones.
    strategy : {"direct", "recursive"}, default="direct"
        How several steps are forecast. ``"direct"`` trains one network that forecasts
        all steps of ``fh`` at once; ``fit`` needs ``fh``. ``"recursive"`` trains a
        network that forecasts the next step, and feeds its forecasts back to it.
    past_covariates : list of str or None, default=None
        Columns of X whose future is not known when the forecast is made, the closing
        price of a stock for one. Only their past enters, whatever X holds. Of all
        other columns, a calendar for one, ``predict`` needs the values at the times
        to be forecast, and these enter too.
    scaler : None, {"standard", "minmax"} or transformer, default="standard"
        Learns one scale per channel, never per lag, from the training windows; a
        second one of the same kind scales the targets. A scikit-learn transformer
        needs an ``inverse_transform``.
    window_scaler : {"last", "ratio", "standard"}, WindowScaler or None, \
            default="last"
        Re-expresses every window relative to itself, before `scaler`, so that the
        network forecasts the change: from the last value, as a fraction of it, or from
        the mean in standard deviations of the window. A name is about the series alone,
        the columns of X stay as they are; a :class:`sk_rnn.WindowScaler` says which of
        them are relative to the series, and which to themselves. None suits a series
        that keeps its level, or whose level X tells.
    segment_length : int, default=1
        Consecutive time steps that the network reads as one: with 24, a week of hours
        is read in 7 steps. Where the steps, those ahead for known columns of X
        included, are no multiple, the first one is repeated in front.
    bidirectional : bool, default=False
        Whether every layer also reads the window backwards.
    dropout : float, default=0.0
        Fraction, in [0, 1), of each layer's outputs that training drops.
    loss : {"mse", "mae", "huber", "log_cosh"}, default="mse"
        What training minimises, in scaled units, with Keras's definitions.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adam"
        Update rule, with Keras's definitions and defaults.
    learning_rate : float, default=0.003
        Step size of the optimizer.
    learning_rate_decay : {"cosine"} or None, default=None
        How the learning rate falls over the `epochs` of ``fit``: not at all, or along
        half a cosine wave from `learning_rate` to nearly 0.
    batch_size : int, default=32
        Windows per update of the weights.
    epochs : int, default=100
        Passes over the training windows.
    early_stopping : bool, default=False
        Whether to stop when the loss on the held out windows has not improved for
        ``n_iter_no_change`` epochs, and to restore the best weights.
    validation_fraction : float or None, default=0.1
        Fraction, in (0, 1), of the windows that early stopping holds out: always the
        last ones, after a gap that keeps their targets out of training. With None,
        the training loss is watched.
    n_iter_no_change : int, default=10
        Epochs without improvement that early stopping waits for.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Called before and after every epoch, as by :class:`sk_rnn.LSTMForecaster`.
    dtype : {"float32", "float64"} or None, default=None
        Of the network. None means float32, except where all windows fit in one batch.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the batches and the dropout.

    Attributes
    ----------
    regressor_ : sk_rnn.LSTMForecaster
        The scikit-learn forecaster trained on the windows, with the weights, the
        losses of every epoch and ``to_keras``.

    See Also
    --------
    sk_rnn.LSTMForecaster : The same network for windows, a scikit-learn regressor.
    GRUForecaster : The same with GRU layers.

    Notes
    -----
    ``update`` keeps the new values. With ``update_params=True``, sktime's default, it
    also trains on for one pass over the windows whose targets are new; there is no
    ``warm_start``. On an index with a frequency no window spans values that an update
    left out, and there is nothing to train on until ``n_steps`` follow each other.

    In-sample forecasts are made from what was known before each time: one step ahead,
    or as far as the first step the network was trained for. Where nothing was known
    they are NaN.

    Dates without a frequency, like those of a stock exchange, are counted. Which dates
    follow is read from X, or from an ``fh`` of dates without a gap; else the spacing of
    the series goes on (working days, for a series that has no weekends).

    A frame of several series, or of several columns, gives one network each.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from sk_rnn.sktime import LSTMForecaster
    >>> y = load_airline()
    >>> forecaster = LSTMForecaster(units=16, epochs=20, random_state=0)
    >>> forecaster.fit(y, fh=[1, 2, 3])
    LSTMForecaster(epochs=20, random_state=0, units=16)
    >>> forecaster.predict().index.astype(str).tolist()
    ['1961-01', '1961-02', '1961-03']
    """

    _regressor_class = sk_rnn.LSTMForecaster


class GRUForecaster(BaseSeriesForecaster):
    """GRU network that forecasts a series, with sktime's interface.

    The series is cut into windows, on which :class:`sk_rnn.GRUForecaster` is trained.

    Parameters
    ----------
    units : int or tuple of int, default=64
        Units of the GRU layer, or of each layer of a stack, the first one first.
    n_steps : int, default=12
        Time steps of the past that the network reads. At the start of a series,
        where fewer are known, the first value stands in for the missing ones.
    strategy : {"direct", "recursive"}, default="direct"
        How several steps are forecast. ``"direct"`` trains one network that forecasts
        all steps of ``fh`` at once; ``fit`` needs ``fh``. ``"recursive"`` trains a
        network that forecasts the next step, and feeds its forecasts back to it.
    past_covariates : list of str or None, default=None
        Columns of X whose future is not known when the forecast is made, the closing
        price of a stock for one. Only their past enters, whatever X holds. Of all
        other columns, a calendar for one, ``predict`` needs the values at the times
        to be forecast, and these enter too.
    scaler : None, {"standard", "minmax"} or transformer, default="standard"
        Learns one scale per channel, never per lag, from the training windows; a
        second one of the same kind scales the targets. A scikit-learn transformer
        needs an ``inverse_transform``.
    window_scaler : {"last", "ratio", "standard"}, WindowScaler or None, \
            default="last"
        Re-expresses every window relative to itself, before `scaler`, so that the
        network forecasts the change: from the last value, as a fraction of it, or from
        the mean in standard deviations of the window. A name is about the series alone,
        the columns of X stay as they are; a :class:`sk_rnn.WindowScaler` says which of
        them are relative to the series, and which to themselves. None suits a series
        that keeps its level, or whose level X tells.
    segment_length : int, default=1
        Consecutive time steps that the network reads as one: with 24, a week of hours
        is read in 7 steps. Where the steps, those ahead for known columns of X
        included, are no multiple, the first one is repeated in front.
    bidirectional : bool, default=False
        Whether every layer also reads the window backwards.
    dropout : float, default=0.0
        Fraction, in [0, 1), of each layer's outputs that training drops.
    loss : {"mse", "mae", "huber", "log_cosh"}, default="mse"
        What training minimises, in scaled units, with Keras's definitions.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adam"
        Update rule, with Keras's definitions and defaults.
    learning_rate : float, default=0.003
        Step size of the optimizer.
    learning_rate_decay : {"cosine"} or None, default=None
        How the learning rate falls over the `epochs` of ``fit``: not at all, or along
        half a cosine wave from `learning_rate` to nearly 0.
    batch_size : int, default=32
        Windows per update of the weights.
    epochs : int, default=100
        Passes over the training windows.
    early_stopping : bool, default=False
        Whether to stop when the loss on the held out windows has not improved for
        ``n_iter_no_change`` epochs, and to restore the best weights.
    validation_fraction : float or None, default=0.1
        Fraction, in (0, 1), of the windows that early stopping holds out: always the
        last ones, after a gap that keeps their targets out of training. With None,
        the training loss is watched.
    n_iter_no_change : int, default=10
        Epochs without improvement that early stopping waits for.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Called before and after every epoch, as by :class:`sk_rnn.GRUForecaster`.
    dtype : {"float32", "float64"} or None, default=None
        Of the network. None means float32, except where all windows fit in one batch.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the batches and the dropout.

    Attributes
    ----------
    regressor_ : sk_rnn.GRUForecaster
        The scikit-learn forecaster trained on the windows, with the weights, the
        losses of every epoch and ``to_keras``.

    See Also
    --------
    sk_rnn.GRUForecaster : The same network for windows, a scikit-learn regressor.
    LSTMForecaster : The same with LSTM layers.

    Notes
    -----
    ``update`` keeps the new values. With ``update_params=True``, sktime's default, it
    also trains on for one pass over the windows whose targets are new; there is no
    ``warm_start``. On an index with a frequency no window spans values that an update
    left out, and there is nothing to train on until ``n_steps`` follow each other.

    In-sample forecasts are made from what was known before each time: one step ahead,
    or as far as the first step the network was trained for. Where nothing was known
    they are NaN.

    Dates without a frequency, like those of a stock exchange, are counted. Which dates
    follow is read from X, or from an ``fh`` of dates without a gap; else the spacing of
    the series goes on (working days, for a series that has no weekends).

    A frame of several series, or of several columns, gives one network each.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from sk_rnn.sktime import GRUForecaster
    >>> y = load_airline()
    >>> forecaster = GRUForecaster(units=16, epochs=20, random_state=0)
    >>> forecaster.fit(y, fh=[1, 2, 3])
    GRUForecaster(epochs=20, random_state=0, units=16)
    >>> forecaster.predict().index.astype(str).tolist()
    ['1961-01', '1961-02', '1961-03']
    """

    _regressor_class = sk_rnn.GRUForecaster
