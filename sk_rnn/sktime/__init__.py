"""The forecasters with sktime's interface: a series in, forecasts with dates out.

::

    series, X -> windows -> scikit-learn forecaster -> forecasts -> dates
"""

from sk_rnn.sktime._forecaster import GRUForecaster, LSTMForecaster

__all__ = ["GRUForecaster", "LSTMForecaster"]
