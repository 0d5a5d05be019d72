"""Plots of forecasts and of training, as scikit-learn's Display objects."""

from sk_rnn.plotting.backtest import BacktestDisplay
from sk_rnn.plotting.forecast import ForecastDisplay
from sk_rnn.plotting.horizon_error import HorizonErrorDisplay
from sk_rnn.plotting.loss_curve import LossCurveDisplay
from sk_rnn.plotting.residuals import ResidualsDisplay

__all__ = [
    "BacktestDisplay",
    "ForecastDisplay",
    "HorizonErrorDisplay",
    "LossCurveDisplay",
    "ResidualsDisplay",
]
