"""
Intervals: how sure is a forecast, and is it so?
================================================

A forecast without an interval says nothing about how far off it may be. There are two
ways to an interval, and they can be joined. ``quantiles`` trains one network for
several levels at once. ``calibration_fraction`` holds back the last rows, scores a
second network on them, and lets its errors say how far the intervals reach; the
forecast itself stays as it was. This example draws the bands, and counts how often they
hold what came.
"""

import logging

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sktime.datasets import load_airline

import sk_rnn.sktime
from sk_rnn import GRUForecaster, make_windows
from sk_rnn.metrics import coverage_score, interval_score
from sk_rnn.plotting import ForecastDisplay

# sktime announces a default of its next version whenever it makes a forecaster, and
# resets the filters that would stop it.
logging.captureWarnings(True)

# %%
# Bands of a series
# -----------------
# Dates in, bands out. Thirty of a hundred windows calibrate: enough for a coverage of
# 90 %, which needs 19, but not for 95 %, which needs 39.

series = load_airline().rename("Passengers (thousands)")
known, last_year = series[:-12], series[-12:]
forecaster = sk_rnn.sktime.GRUForecaster(calibration_fraction=0.3, random_state=0)
forecaster.fit(known, fh=range(1, 13))
_, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ForecastDisplay.from_forecast(
    known[-36:],
    forecaster.predict(),
    interval=forecaster.predict_interval(coverage=[0.5, 0.8, 0.9]),
    y_true=last_year,
    name="GRU",
    ax=ax,
)

# %%
# The bands lie lower than the forecast: on the windows that were held back, forecasts
# of the second network were too high, and errors of either side count by themselves.
#
# Do they hold what they promise?
# -------------------------------
# A long series tells. In this one the noise grows with the level, so an interval of one
# width would be too wide below and too narrow above.


def noisy_series(n, seed):
    """Make a series around 10 whose noise is a tenth of the value before."""
    noise = np.random.default_rng(seed).normal(size=n)
    values = [10.0]
    for each in noise:
        values.append(10 + 0.8 * (values[-1] - 10) + 0.1 * abs(values[-1]) * each)
    return np.array(values)


X, y = make_windows(noisy_series(4000, seed=0), n_steps=6)
X_test, y_test = make_windows(noisy_series(4000, seed=1), n_steps=6)
ways = {
    "quantiles": {"quantiles": (0.1, 0.5, 0.9)},
    "calibrated": {"calibration_fraction": 0.3},
    "both": {"quantiles": (0.1, 0.5, 0.9), "calibration_fraction": 0.3},
}
is_low = X_test[:, -1] < 9
rows = {}
for name, settings in ways.items():
    network = GRUForecaster(16, random_state=0, **settings).fit(X, y)
    interval = network.predict_interval(X_test, coverage=0.8)
    rows[name] = {
        "coverage": coverage_score(y_test, interval),
        "after low values": coverage_score(y_test[is_low], interval[is_low]),
        "after others": coverage_score(y_test[~is_low], interval[~is_low]),
        "mean width": np.mean(interval[:, 1] - interval[:, 0]),
        "interval score": interval_score(y_test, interval, coverage=0.8),
    }
table = pd.DataFrame(rows).T
print(table.to_string(float_format="{:.3f}".format))

# %%
# Conclusion
# ----------
# All hold about 80 % of what came, after low values and after others. Calibrated errors
# count relative to how much each window changes, which goes with the noise here; the
# quantiles see the level itself, are narrower, and have the better interval score,
# which counts width and misses together.
