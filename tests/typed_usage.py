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
    GRUForecaster,
    LSTMForecaster,
    PersistenceForecaster,
    RNNForecaster,
    WindowScaler,
    WindowTransformer,
    last_window,
    make_windows,
)
from sk_rnn.datasets import load_sp500, read_mastercard
from sk_rnn.metrics import make_skill_scorer, skill_score
from sk_rnn.plotting import ForecastDisplay, LossCurveDisplay

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

# Errors and pictures.
error = skill_score(y, forecaster.predict(X), y_reference=np.zeros(3))
assert_type(error, float | Array)
make_skill_scorer(PersistenceForecaster())
shown = ForecastDisplay.from_estimator(forecaster, X, y).plot(true_kwargs={"lw": 1})
assert_type(shown, ForecastDisplay)
assert_type(LossCurveDisplay.from_estimator(forecaster), LossCurveDisplay)
