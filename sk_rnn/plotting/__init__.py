"""Plots of forecasts and of training, as scikit-learn's Display objects."""

from sk_rnn.plotting.forecast import ForecastDisplay
from sk_rnn.plotting.loss_curve import LossCurveDisplay

__all__ = ["ForecastDisplay", "LossCurveDisplay"]
