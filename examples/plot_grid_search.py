"""
A grid search: how many units, how long a window?
=================================================

``units`` and ``n_steps`` are parameters like those of any scikit-learn estimator, so
``GridSearchCV`` searches them. Which matters more, and does the best candidate hold on
data that the search has not seen?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sktime.datasets import load_airline

from sk_rnn import GRUForecaster, PersistenceForecaster, make_windows

# %%
# The search
# ----------
# Every row has 24 months; ``n_steps`` says how many of them the network reads, so all
# candidates are scored on the same rows. ``dtype="float32"`` lets small and large folds
# share what is compiled. The last two years are kept out of the search.

series = load_airline()
X, y = make_windows(series, n_steps=24)
X_train, y_train, X_test, y_test = X[:-24], y[:-24], X[-24:], y[-24:]
GRID = {"units": [8, 64], "n_steps": [6, 12, 24]}
search = GridSearchCV(
    GRUForecaster(epochs=40, dtype="float32", random_state=0),
    GRID,
    cv=TimeSeriesSplit(2, test_size=12),
    scoring="neg_root_mean_squared_error",
    error_score="raise",
)
search.fit(X_train, y_train)
n_fits = len(search.cv_results_["params"]) * 2 + 1
print(f"{n_fits} fits; the best: {search.best_params_}")

# %%
# The scores
# ----------

results = search.cv_results_
scores = np.zeros([len(each) for each in GRID.values()])
for params, score in zip(results["params"], -results["mean_test_score"], strict=True):
    scores[tuple(GRID[name].index(params[name]) for name in GRID)] = score

_, ax = plt.subplots(figsize=(6, 3), layout="constrained")
image = ax.imshow(scores, cmap="Blues", aspect="auto", vmax=1.5 * scores.max())
for (i, j), score in np.ndenumerate(scores):
    ax.text(j, i, f"{score:.0f}", ha="center", va="center", color="black")
ax.set_xticks(range(len(GRID["n_steps"])), GRID["n_steps"])
ax.set_yticks(range(len(GRID["units"])), GRID["units"])
ax.set(xlabel="n_steps", ylabel="units")
_ = plt.colorbar(image, label="RMSE (thousands of passengers)")

# %%
# On the last two years
# ---------------------


def rmse(forecaster):
    return np.sqrt(np.mean((forecaster.predict(X_test) - y_test) ** 2))


for name, forecaster in {
    "the best of the search": search,
    "the defaults": GRUForecaster(random_state=0).fit(X_train, y_train),
    "the same month a year before": PersistenceForecaster(season=12).fit(
        X_train, y_train
    ),
}.items():
    print(f"{name:30} {rmse(forecaster):.0f}")

# %%
# Conclusion
# ----------
# Both matter: with six months the network does not see the season, and eight units are
# too few for 40 epochs. What was best in the search is good on the last two years, too,
# but hardly better than the defaults, which cost no search. Report the score of the
# last two years, not that of the search, which chose by it.
