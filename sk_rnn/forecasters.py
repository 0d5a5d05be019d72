"""The three forecasters; they differ in their cell alone."""

from __future__ import annotations

from sk_rnn._base import BaseRNNForecaster
from sk_rnn._docstrings import described


@described(layer="recurrent")
class RNNForecaster(BaseRNNForecaster):
    """Forecaster with a plain recurrent network, a scikit-learn regressor.

    A row of X is one window, some steps of a series, and y is what comes next. The
    windows pass through the scaler, $layer layers and a dense layer; the forecasts come
    back in the units of y. For a forecaster that takes the series itself, see
    :class:`sk_rnn.sktime.RNNForecaster`.

    $parameters

    See Also
    --------
    sk_rnn.sktime.RNNForecaster : The same network for a series.
    GRUForecaster : The same with GRU layers, which remember longer.
    LSTMForecaster : The same with LSTM layers.
    WindowScaler : Which channels of a window are relative to what.
    PersistenceForecaster : The forecast to beat.
    make_windows : Turns a series into windows and what comes next.

    Notes
    -----
    The layer is ``keras.layers.SimpleRNN`` with tanh [3]_, the plain network in which
    every tutorial starts. It hardly learns from what lies more than some ten steps back
    [4]_: read long windows in segments.

    $notes

    References
    ----------
    .. [1] S. Lin et al., "SegRNN: Segment Recurrent Neural Network for Long-Term Time
       Series Forecasting", arXiv:2308.11200, 2023.
    .. [2] I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm
       Restarts", ICLR 2017.
    .. [3] J. L. Elman, "Finding Structure in Time", Cognitive Science 14(2), 1990.
    .. [4] Y. Bengio, P. Simard and P. Frasconi, "Learning Long-Term Dependencies with
       Gradient Descent Is Difficult", IEEE Transactions on Neural Networks 5(2), 1994.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_rnn import RNNForecaster, last_window, make_windows
    >>> series = np.sin(np.arange(200) / 5)
    >>> X, y = make_windows(series, n_steps=20)
    >>> forecaster = RNNForecaster(units=16, epochs=20, random_state=0).fit(X, y)
    >>> forecaster.predict(last_window(series, n_steps=20)).shape
    (1,)
    >>> forecaster.score(X, y) > 0.95
    True
    """

    _cell = "rnn"


@described(layer="LSTM")
class LSTMForecaster(BaseRNNForecaster):
    """Forecaster with an LSTM network, a scikit-learn regressor.

    A row of X is one window, some steps of a series, and y is what comes next. The
    windows pass through the scaler, $layer layers and a dense layer; the forecasts come
    back in the units of y. For a forecaster that takes the series itself, see
    :class:`sk_rnn.sktime.LSTMForecaster`.

    $parameters

    See Also
    --------
    sk_rnn.sktime.LSTMForecaster : The same network for a series.
    GRUForecaster : The same with GRU layers.
    RNNForecaster : The same with plain recurrent layers.
    WindowScaler : Which channels of a window are relative to what.
    PersistenceForecaster : The forecast to beat.
    make_windows : Turns a series into windows and what comes next.

    Notes
    -----
    The layer is ``keras.layers.LSTM`` [3]_, its forget gates open at the start [4]_.

    $notes

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


@described(layer="GRU")
class GRUForecaster(BaseRNNForecaster):
    """Forecaster with a GRU network, a scikit-learn regressor.

    A row of X is one window, some steps of a series, and y is what comes next. The
    windows pass through the scaler, $layer layers and a dense layer; the forecasts come
    back in the units of y. For a forecaster that takes the series itself, see
    :class:`sk_rnn.sktime.GRUForecaster`.

    $parameters

    See Also
    --------
    sk_rnn.sktime.GRUForecaster : The same network for a series.
    LSTMForecaster : The same with LSTM layers.
    RNNForecaster : The same with plain recurrent layers.
    WindowScaler : Which channels of a window are relative to what.
    PersistenceForecaster : The forecast to beat.
    make_windows : Turns a series into windows and what comes next.

    Notes
    -----
    The layer is ``keras.layers.GRU`` [3]_, the reset gate applied after the recurrent
    product.

    $notes

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
