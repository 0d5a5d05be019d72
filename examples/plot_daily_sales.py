"""
Daily sales: closed days, missing days, and a forecast of four weeks
====================================================================

A shop is closed on Sundays and holidays, and on some days the till was broken. Does
that need any preparation, and is the forecast better than last week's sales? The data
are made up, so that it is known what is to be found.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sk_rnn.plotting import ForecastDisplay
from sk_rnn.sktime import GRUForecaster

# %%
# The data
# --------
# A row per open day. Sundays and holidays have no row, which is right: nothing is
# missing there. On nine days the sales are.

table = pd.read_csv("daily_sales.csv", index_col="date", parse_dates=True)
sales, promotion = table["sales"], table[["promotion"]]
print(f"{len(sales)} open days, sales missing on {sales.isna().sum()} of them")

_, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
summer = table["2024-06":"2024-08"]
ax.plot(summer["sales"], marker=".")
ax.set_ylabel("Sales")
ax.fill_between(
    summer.index,
    0,
    1,
    where=summer["promotion"] == 1,
    alpha=0.2,
    transform=ax.get_xaxis_transform(),
    label="promotion",
)
_ = ax.legend()

# %%
# The forecast
# ------------
# Four weeks of six open days are 24 steps. The network is trained on all windows of
# four weeks without a missing day. It is told the promotions, which are planned; dates
# come from there, too.

known, coming = slice(None, -24), slice(-24, None)
gru = GRUForecaster(n_steps=24, calibration_fraction=0.3, random_state=0)
gru.fit(sales[known], X=promotion[known], fh=range(1, 25))
forecast = gru.predict(X=promotion[coming])
interval = gru.predict_interval(X=promotion[coming], coverage=[0.5, 0.8])

_, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
_ = ForecastDisplay.from_forecast(
    sales[known][-60:],
    forecast,
    interval=interval,
    y_true=sales[coming],
    name="GRU",
    ax=ax,
)

# %%
# Is it any good?
# ---------------
# Beside it, the sales of the same weekdays in the week before the forecast, and in the
# four weeks before.


def error(forecast):
    """Mean absolute error in percent of what came."""
    return 100 * np.mean(np.abs(np.asarray(forecast) / sales[coming] - 1))


history = sales[known].ffill().to_numpy()
errors = {
    "the week before": error(np.tile(history[-6:], 4)),
    "the four weeks before": error(history[-24:]),
}
errors["GRU"] = error(forecast)
print(pd.Series(errors, name="error (%)").round(1).to_string())

# %%
# Conclusion
# ----------
# No preparation was needed: closed days have no row, missing days cost the windows that
# hold them, and the dates of the forecast are open days. The error is less than a third
# of that of last week's sales, which were sales of a promotion. Most of that is the
# plan of promotions: :ref:`sphx_glr_auto_examples_plot_promotions.py` has its worth.
