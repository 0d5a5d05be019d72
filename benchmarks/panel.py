"""One network over many series: M4 Hourly in one call, and 10,000 series in how long?

::

    python benchmarks/panel.py --only m4 --seeds 2
    python benchmarks/panel.py --only synthetic

M4 Hourly goes through ``sk_rnn.sktime``, with nothing set but the two weeks that are
read, and with the settings chosen for it, once per seed. Of the synthetic series, 1,000
steps each, all windows of 48 steps are read to forecast 12 more; every contender makes
as many updates with batches of as many windows (128, the default of sk_rnn for so many
and of neuralforecast), in a process of its own, its loader and its reading of the frame
included. Memory is the peak above that of the libraries and the frame.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from time import perf_counter
from typing import ClassVar

import numpy as np
import pandas as pd

N_STEPS, HORIZON, LENGTH = 48, 12, 1000
UNITS = 64
MB = 1024  # ru_maxrss is in KB


def run_m4(n_seeds: int) -> None:
    from competitions import m4_hourly

    from sk_rnn import WindowScaler
    from sk_rnn.sktime import GRUForecaster, LSTMForecaster

    panel = m4_hourly()
    y = pd.concat(
        {number: pd.DataFrame({"y": past}) for number, past in enumerate(panel.past)}
    )
    chosen = {
        "units": 128,
        "window_scaler": WindowScaler("standard", log=True),
        "segment_length": 24,
        "loss": "mae",
        "epochs": 5,
        "batch_size": 128,
    }
    print("M4 Hourly, 48 hours ahead, sMAPE, MASE, minutes\n")
    for label, settings in {"nothing set": {}, "chosen": chosen}.items():
        for kind in LSTMForecaster, GRUForecaster:
            for seed in range(n_seeds):
                start = perf_counter()
                forecaster = kind(
                    n_steps=336, pooling="global", **settings, random_state=seed
                )
                forecasts = forecaster.fit(y, fh=range(1, 49)).predict()
                minutes = (perf_counter() - start) / 60
                smape, mase = panel.scores(forecasts.to_numpy().reshape(-1, 48))
                name = f"{kind.__name__}, {label}, seed {seed}"
                print(f"{name:36}{smape:8.3f}{mase:8.3f}{minutes:8.1f}", flush=True)


def random_walks(n_series: int) -> pd.DataFrame:
    values = np.random.default_rng(0).normal(size=(n_series, LENGTH))
    times = pd.date_range("2020-01-01", periods=LENGTH, freq="h")
    index = pd.MultiIndex.from_product([range(n_series), times], names=["id", "ds"])
    return pd.DataFrame({"y": 100 + values.cumsum(axis=1).ravel() / 10}, index)


def settings_of(frame: pd.DataFrame, n_updates: int, batch_size: int) -> dict:
    """Return what makes sk_rnn train like the others, for so many updates."""
    import keras

    class StopAfter(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch + 1 >= n_updates:
                self.model.stop_training = True

    n_rows = len(frame) // LENGTH * (LENGTH - N_STEPS - HORIZON + 1)
    return {
        "units": UNITS,
        "epochs": max(1, n_updates * batch_size // n_rows),
        "batch_size": batch_size,
        "segment_length": 1,
        "callbacks": [StopAfter()],
    }


def sk_rnn_fit(cell: str):
    import tensorflow  # noqa: F401  # part of the libraries, not of the fit

    from sk_rnn import sktime

    def fit(frame, n_updates, batch_size):
        forecaster = getattr(sktime, f"{cell}Forecaster")(
            n_steps=N_STEPS,
            pooling="global",
            **settings_of(frame, n_updates, batch_size),
        )
        forecaster.fit(frame, fh=range(1, HORIZON + 1))
        return forecaster.regressor_._n_updates

    return fit


def make_windows_fit(cell: str):
    import tensorflow  # noqa: F401  # part of the libraries, not of the fit

    import sk_rnn

    def fit(frame, n_updates, batch_size):
        X, y = sk_rnn.make_windows(frame, N_STEPS, HORIZON, lazy=True)
        forecaster = getattr(sk_rnn, f"{cell}Forecaster")(
            **settings_of(frame, n_updates, batch_size)
        )
        return forecaster.fit(X, y)._n_updates

    return fit


def nothing_fit(cell: str):
    """What sktime itself takes to hand a panel over."""
    from sktime.forecasting.base import BaseForecaster

    class Nothing(BaseForecaster):
        _tags: ClassVar[dict] = {"y_inner_mtype": ["pd.Series", "pd-multiindex"]}

        def _fit(self, y, X, fh):
            return self

    def fit(frame, n_updates, batch_size):
        Nothing().fit(frame, fh=range(1, HORIZON + 1))
        return 0

    return fit


def neuralforecast_fit(cell: str):
    from neuralforecast import NeuralForecast
    from neuralforecast.models import GRU, LSTM

    def fit(frame, n_updates, batch_size):
        model = {"GRU": GRU, "LSTM": LSTM}[cell](
            h=HORIZON,
            input_size=N_STEPS,
            encoder_n_layers=1,
            encoder_hidden_size=UNITS,
            decoder_layers=1,
            recurrent=False,
            max_steps=n_updates,
            batch_size=32,
            windows_batch_size=batch_size,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
        )
        table = frame.reset_index().rename(columns={"id": "unique_id"})
        NeuralForecast([model], freq="h").fit(table)
        return n_updates

    return fit


def darts_fit(cell: str):
    from darts import TimeSeries
    from darts.models import BlockRNNModel

    def fit(frame, n_updates, batch_size):
        n_rows = len(frame) // LENGTH * (LENGTH - N_STEPS - HORIZON + 1)
        table = frame.astype(np.float32).reset_index()
        series = TimeSeries.from_group_dataframe(
            table, group_cols="id", time_col="ds", value_cols="y", verbose=False
        )
        model = BlockRNNModel(
            N_STEPS,
            HORIZON,
            model=cell,
            hidden_dim=UNITS,
            batch_size=batch_size,
            n_epochs=max(1, n_updates * batch_size // n_rows),
            pl_trainer_kwargs={
                "accelerator": "cpu",
                "logger": False,
                "enable_progress_bar": False,
                "enable_model_summary": False,
            },
        )
        model.fit(series, verbose=False)
        return n_updates

    return fit


CONTENDERS = {
    "sk_rnn GRU": (sk_rnn_fit, "GRU"),
    "sk_rnn LSTM": (sk_rnn_fit, "LSTM"),
    "sk_rnn GRU, make_windows": (make_windows_fit, "GRU"),
    "sktime, no network": (nothing_fit, ""),
    "neuralforecast GRU": (neuralforecast_fit, "GRU"),
    "neuralforecast LSTM": (neuralforecast_fit, "LSTM"),
    "darts GRU": (darts_fit, "GRU"),
    "darts LSTM": (darts_fit, "LSTM"),
}


def measure(
    name: str, n_series: int, n_updates: int, batch_size: int
) -> dict[str, float]:
    make, cell = CONTENDERS[name]
    fit = make(cell)
    frame = random_walks(n_series)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = perf_counter()
    n_made = fit(frame, n_updates, batch_size)
    seconds = perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    rows = n_made * batch_size
    return {"seconds": seconds, "rows": rows / seconds, "peak": peak / MB}


def run_synthetic(n_series: int, n_updates: int, batch_size: int) -> None:
    print(f"\n{n_series:,} series of {LENGTH:,} steps, batches of {batch_size:,}\n")
    print(f"{'':26}{'seconds':>9}{'rows a second':>15}{'MB above':>10}")
    for name in CONTENDERS:
        command = [sys.executable, __file__, "--contender", name]
        command += ["--series", str(n_series), "--updates", str(n_updates)]
        command += ["--batch-size", str(batch_size)]
        output = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(output.stdout.splitlines()[-1])
        line = f"{name:26}{found['seconds']:9.1f}{found['rows']:15,.0f}"
        print(f"{line}{found['peak']:10,.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=["m4", "synthetic"], nargs="+")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.contender:  # in a process that run_synthetic has started
        sizes = args.series, args.updates, args.batch_size
        print(json.dumps(measure(args.contender, *sizes)))
        return
    parts = args.only or ["m4", "synthetic"]
    if "m4" in parts:
        run_m4(args.seeds)
    if "synthetic" in parts:
        run_synthetic(args.series, args.updates, args.batch_size)


if __name__ == "__main__":
    main()
