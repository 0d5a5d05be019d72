"""The three forecasters; they differ in their regressor alone."""

from __future__ import annotations

import sk_rnn
from sk_rnn._docstrings import described
from sk_rnn.sktime._protocol import BaseSeriesForecaster


@described(layer="recurrent")
class RNNForecaster(BaseSeriesForecaster):
    """Plain recurrent network that forecasts a series, with sktime's interface.

    The series is cut into windows, on which :class:`sk_rnn.RNNForecaster` is trained.

    $parameters

    See Also
    --------
    sk_rnn.RNNForecaster : The same network for windows, a scikit-learn regressor.
    GRUForecaster : The same with GRU layers, which remember longer.
    LSTMForecaster : The same with LSTM layers.

    Notes
    -----
    $notes

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from sk_rnn.sktime import RNNForecaster
    >>> y = load_airline()
    >>> forecaster = RNNForecaster(units=16, epochs=20, random_state=0)
    >>> forecaster.fit(y, fh=[1, 2, 3])
    RNNForecaster(epochs=20, random_state=0, units=16)
    >>> forecaster.predict().index.astype(str).tolist()
    ['1961-01', '1961-02', '1961-03']
    """

    _regressor_class = sk_rnn.RNNForecaster


@described(layer="LSTM")
class LSTMForecaster(BaseSeriesForecaster):
    """LSTM network that forecasts a series, with sktime's interface.

    The series is cut into windows, on which :class:`sk_rnn.LSTMForecaster` is trained.

    $parameters

    See Also
    --------
    sk_rnn.LSTMForecaster : The same network for windows, a scikit-learn regressor.
    GRUForecaster : The same with GRU layers.
    RNNForecaster : The same with plain recurrent layers.

    Notes
    -----
    $notes

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


@described(layer="GRU")
class GRUForecaster(BaseSeriesForecaster):
    """GRU network that forecasts a series, with sktime's interface.

    The series is cut into windows, on which :class:`sk_rnn.GRUForecaster` is trained.

    $parameters

    See Also
    --------
    sk_rnn.GRUForecaster : The same network for windows, a scikit-learn regressor.
    LSTMForecaster : The same with LSTM layers.
    RNNForecaster : The same with plain recurrent layers.

    Notes
    -----
    $notes

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
