"""The forecasters with sktime's interface: a series in, forecasts with dates out.

::

    series, X -> windows -> scikit-learn forecaster -> forecasts -> dates
"""

from sk_rnn.sktime.forecasters import GRUForecaster, LSTMForecaster, RNNForecaster

__all__ = ["GRUForecaster", "LSTMForecaster", "RNNForecaster"]
