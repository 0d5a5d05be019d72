"""
A backtest: had we forecast MasterCard twice a year, how good would we have been?
=================================================================================

One test year says little. An expanding-window backtest forecasts again and again, each
time from all the days before, and shows how much the errors vary. Here an LSTM, a GRU,
a linear model and two naive forecasts look twenty trading days ahead, from 2016 on.

The prices are a file of Kaggle that you download yourself. Without it, the backtest
runs on the S&P 500 index.
"""

import argparse
import logging
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.dates import DateFormatter, MonthLocator
from sklearn.linear_model import LinearRegression
from sktime.forecasting.compose import make_reduction
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.naive import NaiveForecaster
from sktime.performance_metrics.forecasting import MeanAbsolutePercentageError
from sktime.split import ExpandingWindowSplitter
from sktime.transformations.series.boxcox import LogTransformer
from sktime.transformations.series.difference import Differencer

from sk_rnn.datasets import load_sp500, read_mastercard
from sk_rnn.sktime import GRUForecaster, LSTMForecaster

# sktime announces a default of its next version whenever it makes a forecaster, and
# resets the filters that would stop it.
logging.captureWarnings(True)

# %%
# The options of the script; each has a default.

parser = argparse.ArgumentParser(description="A backtest on MasterCard's prices.")
data_folder = Path(os.environ.get("SK_RNN_DATA", "."))
parser.add_argument(
    "--csv",
    type=Path,
    default=data_folder / "Mastercard_stock_history.csv",
    help="the MasterCard CSV file (default: the one in the folder SK_RNN_DATA)",
)
parser.add_argument(
    "--output",
    type=Path,
    default=Path("study_output"),
    help="folder for the figure and the table (default: study_output)",
)
parser.add_argument(
    "--seed", type=int, default=0, help="random_state of the networks (default: 0)"
)
parser.add_argument(
    "--quiet",
    action="store_true",
    help="print results only: no progress, no folder of the files",
)
args = parser.parse_args()

# sphinx_gallery_thumbnail_path = 'images/mastercard_backtest.png'

# %%
# The series
# ----------
# Trading days have no frequency: nothing but the file tells the holidays. sk_rnn counts
# such dates, but most forecasters of sktime refuse them. So all get numbered days.

try:
    prices, data, first_cutoff = read_mastercard(args.csv), "MasterCard", "2015-12-31"
except FileNotFoundError as error:
    print(f"{error}\nUntil then, this is the same backtest on the S&P 500 index.\n")
    prices, data, first_cutoff = load_sp500(), "S&P 500", "2008-12-31"
dates = prices.index
series = pd.Series(prices["High"].to_numpy(), name="High")

# %%
# The folds
# ---------
# Half a year of trading days lies between two cutoffs. Each fold trains on all that
# came before its cutoff; no day is forecast by a model that has seen it.

FH = np.arange(1, 21)
folds = ExpandingWindowSplitter(
    FH, initial_window=int((dates <= first_cutoff).sum()), step_length=125
)
print(f"{data}: {folds.get_n_splits(series)} folds, {len(FH)} days ahead each\n")

# %%
# The forecasters
# ---------------
# A network that reads prices has never seen the height of the next years. Ours, of
# which nothing is set but the window, forecast the change of the logarithm from the
# last price. The linear model forecasts its daily changes, and a pipeline adds them up.
# All read the last 60 days. "Drift" goes on as the price has risen since its first day,
# which a growing company gives away for free.

linear = make_reduction(LinearRegression(), strategy="multioutput", window_length=60)
NETWORK = {"n_steps": 60, "random_state": args.seed}
forecasters = {
    "Last price": NaiveForecaster(),
    "Drift": NaiveForecaster(strategy="drift"),
    "Linear": LogTransformer() * Differencer() * linear,
    "LSTM": LSTMForecaster(**NETWORK),
    "GRU": GRUForecaster(**NETWORK),
}
results = {}
for name, forecaster in forecasters.items():
    if not args.quiet:
        print(f"{data}: backtest of {name}")
    results[name] = evaluate(
        forecaster,
        folds,
        series,
        strategy="refit",
        scoring=MeanAbsolutePercentageError(symmetric=False),
        return_data=True,
        error_score="raise",
    )

# %%
# The table
# ---------
# The mean absolute percentage error of each fold: its mean and its spread. The spread
# is that of the market, so the forecasters are also compared fold by fold.

errors = 100 * pd.DataFrame(
    {name: r["test_MeanAbsolutePercentageError"] for name, r in results.items()}
)
gain = errors.rsub(errors["Last price"], axis=0)
table = pd.DataFrame(
    {
        "mean error (%)": errors.mean(),
        "spread over folds (%)": errors.std(),
        "gain on last price (%)": gain.mean(),
        "its standard error (%)": gain.sem(),
        "folds better": errors.lt(errors["Last price"], axis=0).sum(),
        "seconds per fit": [r["fit_time"].mean() for r in results.values()],
    }
).rename_axis("forecast")
args.output.mkdir(parents=True, exist_ok=True)
table.to_csv(args.output / "backtest.csv")
print(f"\n{data}: error over {len(errors)} folds")
print(table.to_string(float_format="{:.2f}".format))

# %%
# .. only:: not studies
#
#    .. literalinclude:: /tables/mastercard_backtest.txt
#       :language: none
#       :class: sphx-glr-script-out
#
# The forecasts
# -------------
# Every fold's forecasts, and the 60 days before.

columns = 4
rows = -(-len(errors) // columns)
figure, axes = plt.subplots(
    rows, columns, figsize=(12, 2.6 * rows), layout="constrained", squeeze=False
)
for ax in axes.flat[len(errors) :]:
    ax.remove()
for fold, ax in enumerate(axes.flat[: len(errors)]):
    known = results["GRU"]["y_train"][fold][-60:]
    real = results["GRU"]["y_test"][fold]
    ax.plot(dates[known.index], known, color="gray")
    ax.plot(dates[real.index], real, color="black", label="Real")
    for color, (name, result) in enumerate(results.items()):
        forecast = result["y_pred"][fold]
        ax.plot(dates[real.index], forecast, color=f"C{color}", label=name)
    ax.set_title(f"{dates[known.index[-1]]:%d %b %Y}", fontsize="medium")
    ax.xaxis.set_major_locator(MonthLocator())
    ax.xaxis.set_major_formatter(DateFormatter("1 %b"))
    ax.tick_params(axis="x", labelsize="small")
figure.suptitle(f"{data}: High of the day, forecast 20 days ahead from each cutoff")
figure.supylabel("High (dollars)" if data == "MasterCard" else "High (index points)")
figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=6)
figure.savefig(args.output / "backtest.png", dpi=120)
if not args.quiet:
    print(f"\nThe figure and the table are in {args.output.resolve()}")

# %%
# .. only:: not studies
#
#    .. image:: /images/mastercard_backtest.png
#       :alt: Forecasts of MasterCard's High from 12 cutoffs, and what came
#
# Conclusion
# ----------
# Over 12 folds the networks and the linear model came closer than the last price, by
# one to two standard errors: a hint, no proof. Among themselves they do not differ. The
# spread over folds is several times as large as anything between forecasters. A single
# test year could have shown anything.
