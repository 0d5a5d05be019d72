"""
Four weeks ahead: how does the error grow?
==========================================

A forecast of tomorrow may be good, and that of the day in four weeks useless. One
network can forecast all of these days at once (direct), or the next day, and feed that
back (recursive). Which is better, and for how far?
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.linear_model import Ridge

from sk_rnn import GRUForecaster, PersistenceForecaster, make_windows
from sk_rnn.plotting import HorizonErrorDisplay

# %%
# All steps at once
# -----------------
# Each row holds four weeks of six open days, and ``y`` the four weeks after it. The
# last year is for the test. Between the two parts is a gap, so that no target of the
# training lies in the test. Sales are noisy, so training stops when the error on its
# own last rows does not fall any more.

table = pd.read_csv("daily_sales.csv", index_col="date", parse_dates=True)
sales = table["sales"]
HORIZON = 24
X, y = make_windows(sales, n_steps=24, horizon=HORIZON, dropna=True)
is_test = X.index >= "2024"
X_test, y_test = X[is_test], y[is_test]
X_train, y_train = X[~is_test][: -(HORIZON - 1)], y[~is_test][: -(HORIZON - 1)]

gru = GRUForecaster(32, early_stopping=True, random_state=0)
direct = clone(gru).fit(X_train, y_train)
week_before = PersistenceForecaster(season=6).fit(X_train, y_train)
ridge = Ridge().fit(X_train, y_train)

# %%
# One step, fed back
# ------------------
# The same network for the next day alone. Its forecast becomes the last value of the
# next window, and so on.

one_step = clone(gru).fit(X_train.to_numpy(), y_train.to_numpy()[:, 0])
windows = X_test.to_numpy()
fed_back = []
for _ in range(HORIZON):
    fed_back.append(one_step.predict(windows))
    windows = np.column_stack([windows[:, 1:], fed_back[-1]])
fed_back = np.column_stack(fed_back)

# %%
# The error of every step
# -----------------------

_, ax = plt.subplots(figsize=(9, 4), layout="constrained")
forecasts = {
    "the same weekday before": week_before.predict(X_test),
    "ridge, at once": ridge.predict(X_test),
    "GRU, at once": direct.predict(X_test),
    "GRU, fed back": fed_back,
}
for name, each in forecasts.items():
    HorizonErrorDisplay.from_predictions(y_test, each, name=name, ax=ax)

rows = {
    name: np.sqrt(np.mean((each - y_test.to_numpy()) ** 2, axis=0))[[0, 5, 11, 23]]
    for name, each in forecasts.items()
}
print(
    pd.DataFrame(rows, ["day 1", "week 1", "week 2", "week 4"]).T.round(1).to_string()
)

# %%
# Conclusion
# ----------
# The first days are easiest: there the network that is fed back and a linear model are
# far ahead of last week's sales. From the second week on nobody knows much more than
# the weekday, because nobody here knows the promotions. The linear model is best
# throughout. Of the networks, the one that is fed back is better for two weeks; the one
# that forecasts all steps at once has most to learn, and learns noise with it: it loses
# to last week's sales from the first week on, and in the fourth both do. Draw this
# picture before you promise a forecast of four weeks, and let a linear model compete.
#
# With the promotions known ahead the answer is another one:
# :ref:`sphx_glr_auto_examples_plot_promotions.py`.
