"""
Drawing forecasts: which display shows what?
============================================

``sk_rnn.plotting`` draws what is to be known of a forecast: how it goes on, how sure it
is, how its error grows with every step ahead, what it leaves unexplained, and how much
luck there was. Here a GRU forecasts airline passengers a year ahead; beside it stands
the value of the same month one year before.
"""

import logging

import matplotlib.pyplot as plt
import numpy as np
from sktime.datasets import load_airline
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.naive import NaiveForecaster
from sktime.performance_metrics.forecasting import MeanAbsolutePercentageError
from sktime.split import ExpandingWindowSplitter

import sk_rnn.sktime
from sk_rnn import GRUForecaster, PersistenceForecaster, make_windows
from sk_rnn.plotting import (
    BacktestDisplay,
    ForecastDisplay,
    HorizonErrorDisplay,
    LossCurveDisplay,
    ResidualsDisplay,
)

# sktime announces a default of its next version whenever it makes a forecaster, and
# resets the filters that would stop it.
logging.captureWarnings(True)

# A year of months is read as one step, relative to the last value.
NETWORK = {"window_scaler": "ratio", "segment_length": 12, "random_state": 0}
series = load_airline().rename("Passengers (thousands)")
known, last_year = series[:-12], series[-12:]

# %%
# How does it go on?
# ------------------
# ``ForecastDisplay.from_forecast`` draws the past, the forecast and, as bands, the
# intervals of sktime's ``predict_interval``. A second forecast on the same axes takes
# the next colour; what came is drawn once.

naive = NaiveForecaster(sp=12).fit(known, fh=range(1, 13))
gru = sk_rnn.sktime.GRUForecaster(32, n_steps=24, **NETWORK)
gru.fit(known, fh=range(1, 13))

_, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ForecastDisplay.from_forecast(
    known[-36:],
    naive.predict(),
    interval=naive.predict_interval(coverage=[0.5, 0.8, 0.95]),
    y_true=last_year,
    name="a year before",
    ax=ax,
)
ForecastDisplay.from_forecast(
    known[-36:], gru.predict(), y_true=last_year, name="GRU", ax=ax
)

# %%
# And one step of many?
# ---------------------
# A row of a table of windows holds all twelve steps. ``step=11`` draws the last of
# them, at the months to which it belongs.

X, y = make_windows(series, n_steps=24, horizon=12)
X_train, y_train, X_test, y_test = X[:-48], y[:-48], X[-37:], y[-37:]
network = GRUForecaster(
    32,
    learning_rate=0.01,
    epochs=200,
    early_stopping=True,
    n_iter_no_change=25,
    **NETWORK,
)
network.fit(X_train, y_train)
persistence = PersistenceForecaster(season=12).fit(X_train, y_train)

_, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ForecastDisplay.from_estimator(network, X_test, y_test, step=0, ax=ax)
ForecastDisplay.from_estimator(network, X_test, y_test, step=11, ax=ax)

# %%
# How does the error grow?
# ------------------------
# A forecast that is good for the next month need not be good for the next year.

_, ax = plt.subplots(figsize=(8, 4), layout="constrained")
for forecaster in network, persistence:
    HorizonErrorDisplay.from_estimator(forecaster, X_test, y_test, ax=ax)

# %%
# What is left unexplained?
# -------------------------
# Residuals around zero, without a pattern, leave nothing to be learnt. Most of these
# lie below zero, and those of 1958 far below: the network expected the growth of the
# years before to go on.

_, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ResidualsDisplay.from_estimator(network, X_test, y_test, step=11, ax=ax)

# %%
# How much luck was there?
# ------------------------
# A backtest forecasts from many cutoffs. Its folds are bars, by the last month known,
# and the dashed lines are the means.

folds = ExpandingWindowSplitter(np.arange(1, 13), initial_window=84, step_length=12)
results = {
    name: evaluate(
        forecaster,
        folds,
        series,
        scoring=MeanAbsolutePercentageError(symmetric=False),
        error_score="raise",
    )
    for name, forecaster in [("a year before", naive), ("GRU", gru)]
}
_, ax = plt.subplots(figsize=(8, 4), layout="constrained")
BacktestDisplay.from_results(results, ax=ax)

# %%
# Was the training long enough?
# -----------------------------
# Early stopping keeps the weights of the epoch with the dot.

_, ax = plt.subplots(figsize=(8, 4), layout="constrained")
LossCurveDisplay.from_estimator(network, ax=ax)

# %%
# Conclusion
# ----------
# In the backtest, a year ahead, the network makes half the error of last year's value.
# The picture of one good year would have hidden that it was wrong in 1958, and the mean
# that it was right in all the others.
