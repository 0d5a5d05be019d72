"""What an installed wheel must do, without any of what the tests need."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd

import sk_rnn.sktime

root = Path(__file__).parents[1] / "sk_rnn"
assert Path(sk_rnn.__file__).parent != root, "the wheel is not what is imported"
assert (Path(sk_rnn.__file__).parent / "py.typed").is_file()
sk_rnn.show_versions()

steps = np.arange(100.0)
X, y = sk_rnn.make_windows(steps, n_steps=4)
forecaster = sk_rnn.GRUForecaster(4, epochs=2, random_state=0).fit(X, y)
restored = pickle.loads(pickle.dumps(forecaster))
tomorrow = sk_rnn.last_window(steps, n_steps=4)
assert np.array_equal(restored.predict(tomorrow), forecaster.predict(tomorrow))

months = pd.Series(steps, pd.period_range("2020-01", periods=100, freq="M"))
series = sk_rnn.sktime.GRUForecaster(4, epochs=2, random_state=0)
assert len(series.fit(months, fh=[1, 2]).predict()) == 2
