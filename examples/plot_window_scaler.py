"""
Choosing ``window_scaler``: why do forecasts flatten out?
=========================================================

A network forecasts well only what looks like its training. A series that grows leaves
that range, and its forecasts stay behind. ``window_scaler`` lets the network forecast
the change instead of the level. This example draws the difference.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sktime.datasets import load_airline

from sk_rnn import GRUForecaster, PersistenceForecaster, WindowScaler, make_windows
from sk_rnn.plotting import ForecastDisplay

# %%
# Eight years to train, four to test
# ----------------------------------
# One month ahead, each time from the 24 months before. Every summer of the test lies
# above all that was seen in training.

series = load_airline().rename("Passengers (thousands)")
X, y = make_windows(series, n_steps=24)
is_test = X.index >= "1957"
X_train, y_train, X_test, y_test = X[~is_test], y[~is_test], X[is_test], y[is_test]
print(f"highest value: {y_train.max():.0f} in training, {y_test.max():.0f} in the test")

networks = {
    name: GRUForecaster(window_scaler=scaler, random_state=0).fit(X_train, y_train)
    for name, scaler in {
        "None": None,
        "'last'": "last",
        "'ratio'": "ratio",
        "'standard'": "standard",
        "log": WindowScaler(log=True),
        "'auto'": "auto",
    }.items()
}
networks["last month's value"] = PersistenceForecaster().fit(X_train, y_train)
print(f"'auto' took {networks[chr(39) + 'auto' + chr(39)].window_scaler_}")

# %%
# The flattening
# --------------

_, ax = plt.subplots(figsize=(9, 4), layout="constrained")
for name in "None", "'auto'":
    ForecastDisplay.from_estimator(
        networks[name], X_test, y_test, name=f"window_scaler={name}", ax=ax
    )
ax.axhline(
    y_train.max(), color="gray", linestyle=":", label="highest value of the training"
)
_ = ax.legend()

# %%
# The errors
# ----------

errors = pd.Series(
    {
        name: np.sqrt(np.mean((network.predict(X_test) - y_test) ** 2))
        for name, network in networks.items()
    }
).sort_values(ascending=False)
_, ax = plt.subplots(figsize=(9, 3.4), layout="constrained")
bars = ax.barh(errors.index, errors)
ax.bar_label(bars, fmt="%.0f", padding=3)
_ = ax.set(xlabel="Root mean squared error (thousands)", ylabel="window_scaler")

# %%
# Conclusion
# ----------
# On passengers as they are, the network cannot follow the summers: the smaller one of
# :ref:`scaling` loses to last month's value, this one does hardly better. On any kind
# of change it follows, at half the error or less. Which kind matters less: ``"auto"``
# took logarithms of the change, which is the best here.
