"""LSTM, GRU and plain recurrent forecasters that are scikit-learn estimators.

::

    series -> windows -> scaled -> network -> forecast

    make_windows          a series to windows (X) and what comes next (y)
    last_window           the window from which the next value is forecast
    WindowTransformer     the same inside a Pipeline
    LSTMForecaster        windows to forecasts, scaling included
    GRUForecaster
    RNNForecaster
    WindowScaler          which channels of a window are relative to what
    PersistenceForecaster the forecast to beat

Each row of X holds the last values before a time, each y the value at that time; so
rows can be split, shuffled and searched like any table. TensorFlow is imported by the
first ``fit``.
"""

from sk_rnn._saving import TRUSTED_TYPES
from sk_rnn._version import __version__
from sk_rnn.forecasters import GRUForecaster, LSTMForecaster, RNNForecaster
from sk_rnn.persistence import PersistenceForecaster
from sk_rnn.versions import show_versions
from sk_rnn.window_scaler import WindowScaler
from sk_rnn.windows import WindowTransformer, last_window, make_windows

__all__ = [
    "TRUSTED_TYPES",
    "GRUForecaster",
    "LSTMForecaster",
    "PersistenceForecaster",
    "RNNForecaster",
    "WindowScaler",
    "WindowTransformer",
    "__version__",
    "last_window",
    "make_windows",
    "show_versions",
]
