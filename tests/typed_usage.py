"""A user's script, which mypy --strict reads; see test_typing.py.

An error that mypy must find is one that it is told to ignore: with no error there, it
complains that there is nothing to be ignored.
"""

from pathlib import Path
from typing import Any, assert_type

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import sk_rnn.sktime
from sk_rnn import (
    TRUSTED_TYPES,
    GRUForecaster,
    LSTMForecaster,
    PersistenceForecaster,
    RNNForecaster,
    WindowScaler,
    WindowTransformer,
    __version__,
    last_window,
    make_windows,
    show_versions,
)
from sk_rnn.datasets import load_sp500, read_mastercard
from sk_rnn.metrics import (
    coverage_score,
    interval_score,
    make_skill_scorer,
    skill_score,
)
from sk_rnn.plotting import (
    BacktestDisplay,
    ForecastDisplay,
    HorizonErrorDisplay,
    LossCurveDisplay,
    ResidualsDisplay,
)

Array = NDArray[Any]
Floats = NDArray[np.float64]

# Series and windows.
prices: pd.DataFrame = read_mastercard(Path("prices.csv"))
assert_type(load_sp500(), pd.DataFrame)
series: pd.Series = prices["High"]
X, y = make_windows(series, n_steps=60)
assert_type(X, pd.DataFrame)
assert_type(y, pd.Series)
_, several = make_windows(prices, 60, 5, target="High", ahead=["Open"], dropna=True)
assert_type(several, pd.Series | pd.DataFrame)
assert_type(make_windows(series.to_numpy(), 60), tuple[Array, Array])
assert_type(make_windows([1.0, 2.0, 3.0], 2), tuple[Array, Array])
assert_type(make_windows([series, series], 60), tuple[pd.DataFrame, pd.Series])
tomorrow = last_window(series, n_steps=60)
assert_type(tomorrow, pd.DataFrame)
assert_type(last_window(series.to_numpy(), 60), Array)
lazy_X, lazy_y = make_windows([series, series], 60, lazy=True)
assert_type(GRUForecaster().fit(lazy_X, lazy_y), GRUForecaster)
make_windows(series, "sixty")  # type: ignore[call-overload]
transformer = WindowTransformer(60, series=prices)
assert_type(transformer.fit(X), WindowTransformer)

# Forecasters of windows.
forecaster = GRUForecaster(
    (32, 16),
    n_steps=30,
    column_order=["lag_1", "lag_2"],
    window_scaler=WindowScaler("ratio", own=["Volume"]),
    early_stopping=True,
    dtype="float32",
    random_state=np.random.RandomState(0),
)
assert_type(forecaster.fit(X, y, X_val=X, y_val=y), GRUForecaster)
assert_type(forecaster.fit(X.to_numpy(), [1, 2, 3]), GRUForecaster)
assert_type(forecaster.predict(tomorrow), Floats)
assert_type(forecaster.partial_fit(X, y, sample_weight=np.ones(3)), GRUForecaster)
assert_type(forecaster.history_, dict[str, list[float]])
assert_type(forecaster.n_iter_, int)
forecaster.to_keras()
assert_type(LSTMForecaster(32, scaler=None).fit(X, y).predict(X), Floats)
assert_type(RNNForecaster(32, epochs=5).fit(X, y).predict(X), Floats)
assert_type(PersistenceForecaster(season=5).fit(X, y).predict(X), Floats)
GRUForecaster(units="many")  # type: ignore[arg-type]
GRUForecaster(unit=3)  # type: ignore[call-arg]
GRUForecaster(dtype="float16")  # type: ignore[arg-type]
forecaster.fit(X, y, epochs=50)  # type: ignore[call-arg]
forecaster.fit(X)  # type: ignore[call-arg]

# How sure they are.
sure = LSTMForecaster(quantiles=(0.1, 0.5, 0.9), calibration_fraction=0.2, callbacks=[])
assert_type(sure.fit(X, y).predict_quantiles(X), Array)
assert_type(sure.predict_quantiles(X, levels=[0.2, 0.8]), Array)
bounds = sure.predict_interval(X, coverage=0.8)
assert_type(bounds, Array)
assert_type(coverage_score(y, bounds), float | Array)
assert_type(interval_score(y, bounds, coverage=0.8), float | Array)
sure.predict_interval(X, level=0.8)  # type: ignore[call-arg]

# Forecasters of series.
direct = sk_rnn.sktime.GRUForecaster(units=8, past_covariates=["Close"])
assert_type(direct.fit(series, fh=[1, 2, 3]), sk_rnn.sktime.GRUForecaster)
assert_type(direct.fit(series, X=prices, fh=range(1, 4)), sk_rnn.sktime.GRUForecaster)
assert_type(direct.predict(), pd.Series | pd.DataFrame)
assert_type(direct.predict(fh=1, X=prices), pd.Series | pd.DataFrame)
assert_type(direct.update(series), sk_rnn.sktime.GRUForecaster)
sk_rnn.sktime.LSTMForecaster(strategy="recursive").fit(series).predict([1])
sk_rnn.sktime.RNNForecaster(units="many")  # type: ignore[arg-type]
sk_rnn.sktime.RNNForecaster(strategy="both")  # type: ignore[arg-type]

fixed = sk_rnn.sktime.GRUForecaster(horizon=range(1, 4), quantiles=(0.1, 0.5, 0.9))
assert_type(fixed.fit(series).predict_interval(coverage=0.8), pd.DataFrame)
assert_type(fixed.predict_quantiles(alpha=[0.1, 0.9]), pd.DataFrame)

# Errors and pictures.
error = skill_score(y, forecaster.predict(X), y_reference=np.zeros(3))
assert_type(error, float | Array)
make_skill_scorer(PersistenceForecaster())
shown = ForecastDisplay.from_estimator(forecaster, X, y).plot(true_kwargs={"lw": 1})
assert_type(shown, ForecastDisplay)
assert_type(LossCurveDisplay.from_estimator(forecaster), LossCurveDisplay)
assert_type(HorizonErrorDisplay.from_estimator(forecaster, X, y), HorizonErrorDisplay)
assert_type(ResidualsDisplay.from_estimator(forecaster, X, y), ResidualsDisplay)
assert_type(BacktestDisplay(scores=prices).plot(), BacktestDisplay)

# What a bug report and a stored model need.
show_versions()
assert_type(__version__, str)
trusted: list[str] = list(TRUSTED_TYPES)
