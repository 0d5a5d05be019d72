"""The two forecasters."""

from __future__ import annotations

from sk_rnn._base import BaseRNNForecaster


class LSTMForecaster(BaseRNNForecaster):
    """Forecaster with an LSTM network, a scikit-learn regressor.

    A row of X is one window, a self-contained piece of history, and y is what comes
    next. The windows pass through the scaler, LSTM layers and a dense layer; the
    forecasts come back in the units of y.

    Parameters
    ----------
    units : int or tuple of int, default=64
        Units of the LSTM layer, or of each layer of a stack, the first one first.
    n_steps : int or None, default=None
        How many of a window's most recent time steps the network reads. None reads
        all. It can be searched, and every candidate is scored on the same rows.
    n_channels : int or None, default=None
        Values per time step. None takes them from 3-D X, else from column labels of
        the form ``name[t-k]``, else assumes one.
    column_order : {"step", "channel"}, default="step"
        How the values of a window follow each other in a row: all channels of the
        oldest step first, as :func:`make_windows` writes them, or all steps of
        channel 0 first, as sktime's ``make_reduction`` does with exogenous data.
    scaler : None, {"standard", "minmax"} or transformer, default="standard"
        Learns one scale per channel, never per lag, from the training windows; a
        second one of the same kind scales the targets. A scikit-learn transformer
        needs an ``inverse_transform``.
    window_scaler : {"last", "ratio", "standard"}, WindowScaler or None, default=None
        Re-expresses every window relative to itself, before `scaler`, so that the
        network forecasts the change: from the last value, as a fraction of it, or from
        the mean in standard deviations of the window. Channel 0 is the reference of all
        channels; a :class:`WindowScaler` says otherwise. Row by row, in float64, and
        inverted for the forecast.
    segment_length : int, default=1
        Consecutive time steps that the network reads as one [1]_: with 24, a week of
        hours is read in 7 steps, faster, and further back than a network remembers.
        Where ``n_steps`` is no multiple, the first step is repeated in front.
    bidirectional : bool, default=False
        Whether every layer also reads the window backwards.
    dropout : float, default=0.0
        Fraction, in [0, 1), of each layer's outputs that training drops, as a
        ``keras.layers.Dropout`` behind each recurrent layer does.
    loss : {"mse", "mae", "huber", "log_cosh"}, default="mse"
        What training minimises, in scaled units, with Keras's definitions.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adam"
        Update rule, with Keras's definitions and defaults.
    learning_rate : float, default=0.003
        Step size of the optimizer.
    learning_rate_decay : {"cosine"} or None, default=None
        How the learning rate falls over the `epochs` of a fit: not at all, or along
        half a cosine wave from `learning_rate` to nearly 0 [2]_. A pass of
        ``partial_fit`` does not lower it.
    batch_size : int, default=32
        Rows per update.
    epochs : int, default=100
        Passes over the training rows.
    early_stopping : bool, default=False
        Whether to stop when the validation loss has not improved for
        ``n_iter_no_change`` epochs, and to restore the best weights.
    validation_fraction : float or None, default=0.1
        Fraction, in (0, 1), of the rows that early stopping holds out if it is not
        given ``X_val``: always the last rows, with a gap of ``horizon - 1`` rows in
        front of them. In a panel that gap spans rows of many series, too little time:
        give ``X_val``. Too few rows to hold any out, or None, and the training loss is
        watched.
    n_iter_no_change : int, default=10
        Epochs without improvement that early stopping waits for.
    warm_start : bool, default=False
        Whether ``fit`` continues from the weights, the optimizer's slots, the scalers,
        the seed and the dtype of the previous call. The learning rate starts anew.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Called before and after every epoch, with a real ``keras.Model`` whose weights,
        learning rate and ``stop_training`` they may change. ``fit`` works on deep
        copies: read ``history_``, not the callback. One that needs to be called at
        every batch or test is refused.
    dtype : {"float32", "float64"} or None, default=None
        Of the network. None means float32, except where all rows fit in one batch:
        there a sample weight is exactly a repetition of its row, and float64 keeps it
        so. Settled at the first fit; ``warm_start`` and ``partial_fit`` keep it.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar with the losses and the time left.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the batches and the dropout. The same int gives
        the same bits on one type of CPU.

    Attributes
    ----------
    weights_ : list of ndarray
        In the order of Keras's ``get_weights``.
    scaler_, target_scaler_ : transformer or None
        Fitted on the values of the training windows, and on the targets.
    history_ : dict of str to list of float
        Per epoch ``"loss"``, ``"learning_rate"`` and, where rows are held out or
        given, ``"val_loss"``. Losses are in scaled units.
    n_iter_ : int
        Epochs trained so far.
    n_steps_ : int
        Time steps that the network reads.
    n_channels_ : int
        Values per time step.
    n_features_in_ : int
        Columns of X, ``n_steps * n_channels`` of a 3-D X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column labels of X, if it has any.

    See Also
    --------
    GRUForecaster : The same with GRU layers.
    WindowScaler : Which channels of a window are relative to what.
    PersistenceForecaster : The forecast to beat.
    make_windows : Turns a series into windows and what comes next.

    Notes
    -----
    The layer is ``keras.layers.LSTM`` [3]_, its forget gates open at the start [4]_.
    Training is not ``keras.Model.fit``, but ends in the same weights when given the
    same batches. The rows are shuffled before every epoch.

    References
    ----------
    .. [1] S. Lin et al., "SegRNN: Segment Recurrent Neural Network for Long-Term Time
       Series Forecasting", arXiv:2308.11200, 2023.
    .. [2] I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm
       Restarts", ICLR 2017.
    .. [3] S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", Neural
       Computation 9(8), 1997.
    .. [4] F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to Forget: Continual
       Prediction with LSTM", Neural Computation 12(10), 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_rnn import LSTMForecaster, last_window, make_windows
    >>> series = np.sin(np.arange(200) / 5)
    >>> X, y = make_windows(series, n_steps=20)
    >>> forecaster = LSTMForecaster(units=16, epochs=20, random_state=0).fit(X, y)
    >>> forecaster.predict(last_window(series, n_steps=20)).shape
    (1,)
    >>> forecaster.score(X, y) > 0.95
    True
    """

    _cell = "lstm"


class GRUForecaster(BaseRNNForecaster):
    """Forecaster with a GRU network, a scikit-learn regressor.

    A row of X is one window, a self-contained piece of history, and y is what comes
    next. The windows pass through the scaler, GRU layers and a dense layer; the
    forecasts come back in the units of y.

    Parameters
    ----------
    units : int or tuple of int, default=64
        Units of the GRU layer, or of each layer of a stack, the first one first.
    n_steps : int or None, default=None
        How many of a window's most recent time steps the network reads. None reads
        all. It can be searched, and every candidate is scored on the same rows.
    n_channels : int or None, default=None
        Values per time step. None takes them from 3-D X, else from column labels of
        the form ``name[t-k]``, else assumes one.
    column_order : {"step", "channel"}, default="step"
        How the values of a window follow each other in a row: all channels of the
        oldest step first, as :func:`make_windows` writes them, or all steps of
        channel 0 first, as sktime's ``make_reduction`` does with exogenous data.
    scaler : None, {"standard", "minmax"} or transformer, default="standard"
        Learns one scale per channel, never per lag, from the training windows; a
        second one of the same kind scales the targets. A scikit-learn transformer
        needs an ``inverse_transform``.
    window_scaler : {"last", "ratio", "standard"}, WindowScaler or None, default=None
        Re-expresses every window relative to itself, before `scaler`, so that the
        network forecasts the change: from the last value, as a fraction of it, or from
        the mean in standard deviations of the window. Channel 0 is the reference of all
        channels; a :class:`WindowScaler` says otherwise. Row by row, in float64, and
        inverted for the forecast.
    segment_length : int, default=1
        Consecutive time steps that the network reads as one [1]_: with 24, a week of
        hours is read in 7 steps, faster, and further back than a network remembers.
        Where ``n_steps`` is no multiple, the first step is repeated in front.
    bidirectional : bool, default=False
        Whether every layer also reads the window backwards.
    dropout : float, default=0.0
        Fraction, in [0, 1), of each layer's outputs that training drops, as a
        ``keras.layers.Dropout`` behind each recurrent layer does.
    loss : {"mse", "mae", "huber", "log_cosh"}, default="mse"
        What training minimises, in scaled units, with Keras's definitions.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adam"
        Update rule, with Keras's definitions and defaults.
    learning_rate : float, default=0.003
        Step size of the optimizer.
    learning_rate_decay : {"cosine"} or None, default=None
        How the learning rate falls over the `epochs` of a fit: not at all, or along
        half a cosine wave from `learning_rate` to nearly 0 [2]_. A pass of
        ``partial_fit`` does not lower it.
    batch_size : int, default=32
        Rows per update.
    epochs : int, default=100
        Passes over the training rows.
    early_stopping : bool, default=False
        Whether to stop when the validation loss has not improved for
        ``n_iter_no_change`` epochs, and to restore the best weights.
    validation_fraction : float or None, default=0.1
        Fraction, in (0, 1), of the rows that early stopping holds out if it is not
        given ``X_val``: always the last rows, with a gap of ``horizon - 1`` rows in
        front of them. In a panel that gap spans rows of many series, too little time:
        give ``X_val``. Too few rows to hold any out, or None, and the training loss is
        watched.
    n_iter_no_change : int, default=10
        Epochs without improvement that early stopping waits for.
    warm_start : bool, default=False
        Whether ``fit`` continues from the weights, the optimizer's slots, the scalers,
        the seed and the dtype of the previous call. The learning rate starts anew.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Called before and after every epoch, with a real ``keras.Model`` whose weights,
        learning rate and ``stop_training`` they may change. ``fit`` works on deep
        copies: read ``history_``, not the callback. One that needs to be called at
        every batch or test is refused.
    dtype : {"float32", "float64"} or None, default=None
        Of the network. None means float32, except where all rows fit in one batch:
        there a sample weight is exactly a repetition of its row, and float64 keeps it
        so. Settled at the first fit; ``warm_start`` and ``partial_fit`` keep it.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar with the losses and the time left.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the batches and the dropout. The same int gives
        the same bits on one type of CPU.

    Attributes
    ----------
    weights_ : list of ndarray
        In the order of Keras's ``get_weights``.
    scaler_, target_scaler_ : transformer or None
        Fitted on the values of the training windows, and on the targets.
    history_ : dict of str to list of float
        Per epoch ``"loss"``, ``"learning_rate"`` and, where rows are held out or
        given, ``"val_loss"``. Losses are in scaled units.
    n_iter_ : int
        Epochs trained so far.
    n_steps_ : int
        Time steps that the network reads.
    n_channels_ : int
        Values per time step.
    n_features_in_ : int
        Columns of X, ``n_steps * n_channels`` of a 3-D X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column labels of X, if it has any.

    See Also
    --------
    LSTMForecaster : The same with LSTM layers.
    WindowScaler : Which channels of a window are relative to what.
    PersistenceForecaster : The forecast to beat.
    make_windows : Turns a series into windows and what comes next.

    Notes
    -----
    The layer is ``keras.layers.GRU`` [3]_, the reset gate applied after the recurrent
    product. Training is not ``keras.Model.fit``, but ends in the same weights when
    given the same batches. The rows are shuffled before every epoch.

    References
    ----------
    .. [1] S. Lin et al., "SegRNN: Segment Recurrent Neural Network for Long-Term Time
       Series Forecasting", arXiv:2308.11200, 2023.
    .. [2] I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm
       Restarts", ICLR 2017.
    .. [3] K. Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder
       for Statistical Machine Translation", EMNLP 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_rnn import GRUForecaster, last_window, make_windows
    >>> series = np.sin(np.arange(200) / 5)
    >>> X, y = make_windows(series, n_steps=20)
    >>> forecaster = GRUForecaster(units=16, epochs=20, random_state=0).fit(X, y)
    >>> forecaster.predict(last_window(series, n_steps=20)).shape
    (1,)
    >>> forecaster.score(X, y) > 0.95
    True
    """

    _cell = "gru"
