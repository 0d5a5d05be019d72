"""
Inside skforecast and mlforecast: can they forecast with a network?
===================================================================

Both turn forecasting into regression: they write the lags of a series into a table,
train any scikit-learn regressor on it, and feed its forecasts back. Forecasters of
sk_rnn are such regressors, so backtests and prediction intervals of both packages work
with a recurrent network. Do they gain by it, on monthly airline passengers?
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from mlforecast import MLForecast
from mlforecast.utils import PredictionIntervals
from skforecast.model_selection import TimeSeriesFold, backtesting_forecaster
from skforecast.recursive import ForecasterRecursive
from sklearn.linear_model import LinearRegression
from sktime.datasets import load_airline

from sk_rnn import GRUForecaster

parser = argparse.ArgumentParser(description="sk_rnn inside other packages.")
parser.add_argument("--output", type=Path, default=Path("study_output"))
args = parser.parse_args()
args.output.mkdir(parents=True, exist_ok=True)

# sphinx_gallery_thumbnail_path = 'images/inside_other_packages.png'

series = load_airline().to_timestamp().asfreq("MS").rename("passengers")
n_lags = 24
first_year, last_year = series[-24:-12], series[-12:]

# %%
# skforecast
# ----------
# ``ForecasterRecursive`` hands over bare arrays, the newest lag first, so the network
# is told what the columns are (without that, ``fit`` refuses them). It cannot know that
# its forecasts are fed back, so windows are relative to their mean. Relative to the
# last value, which the default takes for a single step, errors would add up.

how = {"window_scaler": "standard", "random_state": 0}

labels = [f"lag_{lag}" for lag in range(1, n_lags + 1)]
network = GRUForecaster(**how, column_order=labels)
folds = TimeSeriesFold(steps=12, initial_train_size=len(series) - 24, refit=True)
errors = {}
for name, model in [("GRU", network), ("linear model", LinearRegression())]:
    forecaster = ForecasterRecursive(model, lags=n_lags)
    metric, _ = backtesting_forecaster(
        forecaster,
        y=series,
        cv=folds,
        metric="mean_absolute_percentage_error",
        show_progress=False,
    )
    errors["skforecast", name] = metric.mean_absolute_percentage_error.item()

# %%
# Its intervals are bootstrapped from the residuals of the training.

forecaster = ForecasterRecursive(network, lags=n_lags)
forecaster.fit(y=series[:-12], store_in_sample_residuals=True)
by_skforecast = forecaster.predict_interval(steps=12, interval=[0.1, 0.9], n_boot=100)

# %%
# mlforecast
# ----------
# It labels the columns ``lag1``, ``lag2``, … and may put calendar columns beside them.
# The labels are read: lags become the window, the month a feature of the time to be
# forecast.

frame = pd.DataFrame({"unique_id": "air", "ds": series.index, "y": series.array})
model = MLForecast(
    {
        "GRU": GRUForecaster(**how),
        "linear model": LinearRegression(),
    },
    freq="MS",
    lags=range(1, n_lags + 1),
    date_features=["month"],
)
forecasts = model.cross_validation(frame, n_windows=2, h=12, step_size=12)
for name in "GRU", "linear model":
    errors["mlforecast", name] = (forecasts[name] / forecasts.y - 1).abs().mean()

# %%
# Its intervals are conformal: from the errors of a backtest of its own.

model.fit(frame[:-12], prediction_intervals=PredictionIntervals(n_windows=3, h=12))
by_mlforecast = model.predict(12, level=[80]).set_index("ds")

# %%
# The errors
# ----------
# Over 1959 and 1960, each forecast from the months before; beside them, the value of
# the same month a year ago.

naive = [
    (series[-24 - 12 : -24].to_numpy() / first_year - 1).abs(),
    (first_year.to_numpy() / last_year - 1).abs(),
]
errors["", "a year ago"] = float(np.mean(np.concatenate(naive)))
table = pd.Series(errors).mul(100).rename("mean absolute percentage error")
table = table.rename_axis(["package", "model"]).reset_index()
table.to_csv(args.output / "inside_other_packages.csv", index=False)
print(table.to_string(index=False, float_format="{:.1f}".format))

# %%
# .. literalinclude:: /tables/inside_other_packages.txt
#    :language: none
#    :class: sphx-glr-script-out

figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True, layout="constrained")
intervals = {
    "skforecast: bootstrapped residuals": by_skforecast.set_axis(
        ["forecast", "low", "high"], axis=1
    ),
    "mlforecast: conformal": pd.DataFrame(
        {
            "forecast": by_mlforecast["GRU"],
            "low": by_mlforecast["GRU-lo-80"],
            "high": by_mlforecast["GRU-hi-80"],
        }
    ),
}
for ax, (title, interval) in zip(axes, intervals.items(), strict=True):
    ax.plot(series[-36:], color="black", label="Real")
    ax.plot(interval.forecast, color="C0", label="GRU")
    ax.fill_between(
        interval.index,
        interval.low,
        interval.high,
        alpha=0.3,
        label="80 % interval",
    )
    ax.set_title(title)
    ax.tick_params(axis="x", labelrotation=30)
axes[0].set_ylabel("Passengers (thousands)")
axes[0].legend()
figure.savefig(args.output / "inside_other_packages.png", dpi=120)

# %%
# .. image:: /images/inside_other_packages.png
#    :alt: Passengers of 1960, forecast by a GRU inside skforecast and mlforecast
#
# Conclusion
# ----------
# They can, and need no line of glue: one regressor serves both, with their backtests
# and their intervals, and more than halves the errors of last year's value. They gain
# nothing by it here: on twelve years of months, a linear model of the same lags is
# better. Let one compete in every backtest.
