"""LSTM and GRU forecasters that are scikit-learn estimators.

::

    series -> windows -> scaled -> network -> forecast

    make_windows          a series to windows (X) and what comes next (y)
    last_window           the window from which tomorrow is forecast
    WindowTransformer     the same inside a Pipeline
    LSTMForecaster        windows to forecasts, scaling included
    GRUForecaster
    WindowScaler          which channels of a window are relative to what
    PersistenceForecaster the forecast to beat

A row of X is one window, a self-contained piece of history. Whatever scikit-learn does
to rows, no forecast sees its own future. TensorFlow is imported by the first ``fit``.
"""

from sk_rnn._forecaster import GRUForecaster, LSTMForecaster
from sk_rnn._persistence import PersistenceForecaster
from sk_rnn._window_scaling import WindowScaler
from sk_rnn._windows import WindowTransformer, last_window, make_windows

__all__ = [
    "GRUForecaster",
    "LSTMForecaster",
    "PersistenceForecaster",
    "WindowScaler",
    "WindowTransformer",
    "last_window",
    "make_windows",
]
__version__ = "0.1.0"
