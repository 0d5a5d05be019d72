"""
Many shops, one network
=======================

Fifty shops sell the same goods. Each has a level of its own; all have the same week,
and promotions that are planned in advance. Networks of their own would each have to
learn the week and the promotions from one short series. With ``pooling="global"`` one
network learns them from the windows of all, and forecasts each shop from its own end.
Is it better than a network for each?
"""

import logging
from time import process_time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sk_rnn.plotting import BacktestDisplay, ForecastDisplay
from sk_rnn.sktime import GRUForecaster

# sktime announces a default of its next version whenever it makes a forecaster, and
# resets the filters that would stop it.
logging.captureWarnings(True)

# %%
# The sales
# ---------
# Made up, so that it is known what there is to be found: a promotion adds 60 % in a
# large shop and 20 % in a small one. ``large`` never changes within a shop. It is a
# column of X like any other.

rng = np.random.default_rng(0)
days = pd.date_range("2024-01-01", periods=203, freq="D", name="day")
week = np.array([1.0, 0.9, 0.9, 1.0, 1.3, 1.6, 0.6])[days.dayofweek]
sales, known = {}, {}
for number in range(50):
    large = float(number % 2)
    promotion = (rng.uniform(size=len(days)) < 0.15).astype(float)
    level = rng.uniform(20, 60) * (1 + 4 * large)
    trend = np.exp(rng.normal(0, 0.02, len(days)).cumsum())
    effect = 1 + promotion * (0.6 if large else 0.2)
    noise = rng.normal(1, 0.08, len(days))
    name = f"shop {number:02}"
    sales[name] = pd.DataFrame({"sales": level * trend * week * effect * noise}, days)
    known[name] = pd.DataFrame({"promotion": promotion, "large": large}, days)
y = pd.concat(sales, names=["shop"])
X = pd.concat(known, names=["shop"])
print(y.groupby(level="shop").sales.describe().round(1).head(3))

# %%
# One network
# -----------
# A frame with the shops in the first level of its index is all that it takes. Of ``X``,
# ``predict`` needs the values at the days to be forecast: the promotions planned. The
# quantiles give each shop a band of its own.

first = days[-28]  # of four weeks to be forecast
is_past = y.index.get_level_values("day") < first
forecaster = GRUForecaster(
    32, n_steps=14, pooling="global", quantiles=(0.1, 0.5, 0.9), random_state=0
)
start = process_time()
forecaster.fit(y[is_past], X=X[is_past], fh=range(1, 8))
print(f"{process_time() - start:.0f} CPU seconds for 50 shops")
forecasts = forecaster.predict(X=X)
bands = forecaster.predict_interval(X=X, coverage=0.8)

fig, axes = plt.subplots(2, 1, figsize=(8, 6), layout="constrained")
for ax, shop in zip(axes, ["shop 00", "shop 01"], strict=True):
    ForecastDisplay.from_forecast(
        y[is_past].loc[shop, "sales"].iloc[-28:],
        forecasts.loc[shop, "sales"],
        interval=bands.loc[shop],
        y_true=y.loc[shop, "sales"][first:].iloc[:7],
        name="One GRU",
        ax=ax,
    )
    ax.set_title(f"{shop}: {'large' if known[shop].large.iloc[0] else 'small'}")

# %%
# A backtest
# ----------
# Four weeks, each forecast from the day before. The network is trained once; after that
# ``update`` gives it the new days without training.


def forecasts_by_week(forecaster, y, X):
    """Return the forecasts of four weeks, each known before it began."""
    found = []
    for monday in pd.date_range(first, periods=4, freq="7D"):
        found.append(forecaster.predict(X=X))
        day = y.index.get_level_values("day")
        new = (day >= monday) & (day < monday + pd.Timedelta(7, "D"))
        forecaster.update(y[new], X=X[new], update_params=False)
    return pd.concat(found).sort_index()


# %%
# Beside it stand the same weekday of the week before, and networks of their own, for
# the first four shops, since fifty would take long. Each of these knows its own
# promotions only: some twenty-five days of them.

some = y.index.get_level_values("shop") < "shop 04"
own = GRUForecaster(32, n_steps=14, random_state=0)
start = process_time()
own.fit(y[some & is_past], X=X[some & is_past], fh=range(1, 8))
print(f"{process_time() - start:.0f} CPU seconds for 4 shops")

ways = {
    "one network": forecasts_by_week(forecaster, y, X),
    "networks of their own": forecasts_by_week(own, y[some], X[some]),
    "same day last week": y.groupby(level="shop").shift(7)[~is_past],
}
errors = pd.DataFrame(
    {
        name: ((y - forecast).abs() / y).sales[some & ~is_past]
        for name, forecast in ways.items()
    }
)
print(errors.mean().round(3).to_string())

weeks = pd.Grouper(level="day", freq="168h", origin=first)
scores = errors.groupby(weeks).mean()
scores.index = (scores.index - pd.Timedelta(1, "D")).date  # the last days known
BacktestDisplay(scores=scores, metric_name="Mean error, first four shops").plot()
plt.show()

# %%
# Conclusion
# ----------
# It is: every week the network that has seen the promotions of all shops is closest.
