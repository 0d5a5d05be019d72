"""Our network inside other people's packages, and their callbacks inside ours.

They need other versions of pandas than we do: ``make test-clients`` has an environment
of its own.
"""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sk_rnn.sktime
from sk_rnn import GRUForecaster, make_windows

pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("default")]

LAGS = [1, 2, 3, 4]
LABELS = [f"lag_{lag}" for lag in LAGS]  # for clients that pass bare arrays
AHEAD = 6
MONTHS = pd.date_range("2008", periods=150, freq="MS")
HELD_OUT = 24


def network(**parameters):
    """A small network, in float64 so that nothing but its rows makes a difference."""
    parameters = {"units": 5, "epochs": 3, "window_scaler": "last"} | parameters
    return GRUForecaster(**parameters, dtype="float64", random_state=0)


@pytest.fixture(scope="module")
def series():
    """A series that nearly repeats the value of three steps ago."""
    values = np.random.default_rng(0).normal(scale=0.1, size=150)
    values[:3] += [1, 5, 3]
    for t in range(3, 150):
        values[t] += values[t - 3]
    return pd.Series(values + 20, MONTHS, name="air")


@pytest.fixture(scope="module")
def own_forecasts(series):
    """What the network forecasts from windows of our own, its forecasts fed back."""
    X, y = make_windows(series, n_steps=len(LAGS))
    forecaster = network().fit(X.to_numpy(), y.to_numpy())
    values = series.to_list()
    for _ in range(AHEAD):
        values.append(forecaster.predict([values[-len(LAGS) :]]).item())
    return values[-AHEAD:]


def long(series):
    """Put a series into the form of Nixtla's packages."""
    return pd.DataFrame({"unique_id": "air", "ds": series.index, "y": series.array})


def by_skforecast(series, steps):
    from skforecast.recursive import ForecasterRecursive

    model = ForecasterRecursive(network(column_order=LABELS), lags=LAGS)
    model.fit(y=series)
    return model.predict(steps=steps)


def by_skforecast_direct(series, steps):
    from skforecast.direct import ForecasterDirect

    model = ForecasterDirect(network(column_order=LABELS), lags=LAGS, steps=1)
    model.fit(y=series)
    for _ in range(steps):  # the next step, fed back here
        forecast = model.predict(last_window=series[-len(LAGS) :]).rename("air")
        series = pd.concat([series, forecast]).asfreq("MS")
    return series[-steps:]


def by_mlforecast(series, steps):
    from mlforecast import MLForecast

    model = MLForecast({"gru": network()}, freq="MS", lags=LAGS)
    return model.fit(long(series)).predict(steps).gru


def by_darts(series, steps):
    from darts import TimeSeries
    from darts.models import SKLearnModel

    model = SKLearnModel(lags=len(LAGS), model=network())
    model.fit(TimeSeries.from_series(series))
    return model.predict(steps).values()[:, 0]


def by_feature_engine(series, steps):
    from feature_engine.timeseries.forecasting import LagFeatures

    lags = LagFeatures(variables="air", periods=LAGS, drop_original=True)
    rows = lags.fit_transform(series.to_frame())[len(LAGS) :]
    forecaster = network().fit(rows, series[len(LAGS) :])
    for _ in range(steps):
        time = series.index[-1] + pd.offsets.MonthBegin()
        series = pd.concat([series, pd.Series([0.0], [time], name="air")])
        row = lags.transform(series.to_frame())[-1:]
        series.iloc[-1] = forecaster.predict(row).item()
    return series[-steps:]


@pytest.mark.parametrize(
    "client",
    [by_skforecast, by_skforecast_direct, by_mlforecast, by_darts, by_feature_engine],
)
def test_every_route_forecasts_what_our_own_windows_do(client, series, own_forecasts):
    """Were rows read in another order, or one too few, the network would be another."""
    np.testing.assert_allclose(client(series, AHEAD), own_forecasts, rtol=1e-6)


@pytest.mark.parametrize(
    "client", [by_skforecast, by_mlforecast, by_darts, by_feature_engine]
)
def test_a_network_taught_to_repeat_does_so(client, series, monkeypatch):
    """The value of three steps ago goes on, not that of another lag."""
    taught = {"units": 16, "epochs": 100, "learning_rate": 0.01}
    monkeypatch.setitem(
        globals(), "network", lambda **more: GRUForecaster(**taught, **more)
    )
    forecasts = np.array(client(series, AHEAD))
    assert np.abs(forecasts - np.tile(series[-3:], 2)).max() < 1


def test_rows_of_skforecast_are_not_read_the_other_way_round(series):
    from skforecast.recursive import ForecasterRecursive

    model = ForecasterRecursive(network(), lags=LAGS)
    with pytest.raises(ValueError, match=r"newest value first.*column_order"):
        model.fit(y=series)


# ------------------------------------------------------------------- calendars


def of_holidays(shuffled):
    """A series that holidays alone decide, and these, known or shuffled."""
    rng = np.random.default_rng(1)
    holiday = rng.integers(0, 2, len(MONTHS))  # no lag tells it
    series = pd.Series(100 + 10 * holiday + rng.normal(size=len(MONTHS)), MONTHS)
    told = rng.permutation(holiday) if shuffled else holiday
    return series.rename("air"), pd.DataFrame({"holiday": told.astype(float)}, MONTHS)


def calendar_by_skforecast(model, series, holiday):
    from skforecast.recursive import ForecasterRecursive

    model.set_params(column_order=[*LABELS, "holiday"])
    forecaster = ForecasterRecursive(model, lags=LAGS)
    forecaster.fit(y=series[:-HELD_OUT], exog=holiday[:-HELD_OUT])
    return forecaster.predict(HELD_OUT, exog=holiday[-HELD_OUT:])


def calendar_by_mlforecast(model, series, holiday):
    from mlforecast import MLForecast

    frame = long(series).assign(holiday=holiday.holiday.to_numpy())
    forecaster = MLForecast({"gru": model}, freq="MS", lags=LAGS)
    forecaster.fit(frame[:-HELD_OUT], static_features=[])
    return forecaster.predict(HELD_OUT, X_df=frame.drop(columns="y")[-HELD_OUT:]).gru


def calendar_by_darts(model, series, holiday):
    from darts import TimeSeries
    from darts.models import SKLearnModel

    forecaster = SKLearnModel(lags=len(LAGS), lags_future_covariates=[0], model=model)
    if model.column_order == "step":
        model.set_params(
            column_order=[*(f"air_target_lag-{lag}" for lag in LAGS[::-1]), "holiday"]
        )
    known = TimeSeries.from_dataframe(holiday)
    past = TimeSeries.from_series(series[:-HELD_OUT])
    forecaster.fit(past, future_covariates=known)
    return forecaster.predict(HELD_OUT, future_covariates=known).values()[:, 0]


@pytest.mark.parametrize(
    "client", [calendar_by_skforecast, calendar_by_mlforecast, calendar_by_darts]
)
def test_a_calendar_that_decides_helps_and_a_shuffled_one_does_not(client):
    errors = {}
    for shuffled in False, True:
        series, holiday = of_holidays(shuffled)
        model = GRUForecaster(16, epochs=40, learning_rate=0.01, random_state=0)
        forecasts = np.array(client(model, series, holiday))
        errors[shuffled] = np.abs(forecasts - series[-HELD_OUT:]).mean()
    assert errors[False] < 2  # the noise alone is 0.8
    assert errors[True] > 4  # the mean alone is 5


# ------------------------------------------------- backtests and intervals of theirs


def test_backtests_and_intervals_of_skforecast(series):
    from skforecast.model_selection import TimeSeriesFold, backtesting_forecaster
    from skforecast.recursive import ForecasterRecursive

    model = ForecasterRecursive(network(column_order=LABELS), lags=LAGS)
    folds = TimeSeriesFold(steps=AHEAD, initial_train_size=120, refit=True)
    errors, forecasts = backtesting_forecaster(
        model, series, folds, metric="mean_absolute_error", show_progress=False
    )
    assert len(forecasts) == 30
    assert errors.mean_absolute_error.item() < 5
    model.fit(y=series, store_in_sample_residuals=True)
    interval = model.predict_interval(steps=3, method="bootstrapping", n_boot=20)
    assert (interval.lower_bound < interval.upper_bound).all()


def test_backtests_and_intervals_of_mlforecast(series):
    from mlforecast import MLForecast
    from mlforecast.utils import PredictionIntervals

    model = MLForecast({"gru": network()}, freq="MS", lags=LAGS)
    frame = long(series)
    forecasts = model.cross_validation(frame, n_windows=2, h=AHEAD)
    assert (forecasts.gru - forecasts.y).abs().mean() < 5
    intervals = PredictionIntervals(n_windows=2, h=AHEAD)
    model.fit(frame, prediction_intervals=intervals)
    forecasts = model.predict(AHEAD, level=[80])
    assert (forecasts["gru-lo-80"] < forecasts["gru-hi-80"]).all()


def test_backtests_of_darts(series):
    from darts import TimeSeries
    from darts.models import SKLearnModel

    model = SKLearnModel(lags=len(LAGS), model=network())
    forecasts = model.historical_forecasts(
        TimeSeries.from_series(series), start=0.9, forecast_horizon=3, retrain=True
    )
    expected = series[forecasts.time_index]
    assert np.abs(forecasts.values()[:, 0] - expected).mean() < 5


def test_intervals_of_mapie(series):
    from mapie.regression import TimeSeriesRegressor
    from mapie.subsample import BlockBootstrap

    X, y = make_windows(series, n_steps=len(LAGS))
    model = TimeSeriesRegressor(
        network(),
        method="enbpi",
        cv=BlockBootstrap(n_resamplings=30, n_blocks=5, random_state=0),
        agg_function="mean",
    )
    model.fit(X[:120], y[:120])
    forecasts, intervals = model.predict(X[120:], confidence_level=0.8)
    assert np.isfinite(forecasts).all()
    assert (intervals[:, 0] < intervals[:, 1]).all()


# ------------------------------------------------------------ distributions of skpro


def of_series(**parameters):
    parameters = {"units": 5, "epochs": 3, "n_steps": 4} | parameters
    return sk_rnn.sktime.GRUForecaster(**parameters, random_state=0)


@pytest.mark.parametrize(
    "parameters",
    [
        {"quantiles": (0.1, 0.5, 0.9)},
        {"calibration_fraction": 0.4},
        {"quantiles": (0.1, 0.5, 0.9), "calibration_fraction": 0.4},
    ],
    ids=["quantiles", "calibrated", "both"],
)
def test_distributions_go_through_the_quantiles(parameters, series):
    forecaster = of_series(**parameters).fit(series, fh=range(1, AHEAD + 1))
    distribution = forecaster.predict_proba()
    for level in 0.1, 0.5, 0.9:
        expected = forecaster.predict_quantiles(alpha=[level])[series.name, level]
        quantiles = distribution.ppf(level)[series.name]
        pd.testing.assert_series_equal(quantiles, expected, check_names=False)
    truth = series[-AHEAD:].set_axis(expected.index).to_frame()
    assert (distribution.energy(truth) > 0).all(axis=None)


def test_distributions_are_scored(series):
    """A network that has learnt has a smaller CRPS than one that has not."""
    from sktime.forecasting.model_evaluation import evaluate
    from sktime.performance_metrics.forecasting.probabilistic import CRPS
    from sktime.split import ExpandingWindowSplitter

    splitter = ExpandingWindowSplitter([1, 2, 3], initial_window=120, step_length=20)
    scores = [
        evaluate(
            of_series(calibration_fraction=0.4, epochs=epochs, learning_rate=0.01),
            splitter,
            series,
            scoring=CRPS(),
            error_score="raise",
        ).test_CRPS.mean()
        for epochs in (1, 60)
    ]
    assert scores[1] < 0.7 * scores[0]


def test_equal_quantiles_have_a_distribution_and_missing_ones_have_none(series):
    constant = pd.Series(5.0, series.index, name=series.name)
    forecaster = of_series(calibration_fraction=0.4).fit(constant, fh=[1])
    assert np.allclose(forecaster.predict_proba().ppf(0.3), 5, rtol=1e-3)
    assert np.isfinite(forecaster.predict_proba().var()).all(axis=None)
    first = of_series(calibration_fraction=0.4).fit(series, fh=[1 - len(series), 1])
    with pytest.raises(NotImplementedError, match="two quantiles of every time"):
        first.predict_proba()
    short = of_series(calibration_fraction=0.4).fit(series[:8], fh=[1])
    with pytest.raises(NotImplementedError, match=r"but there are 1\. Use several"):
        short.predict_proba()


# ---------------------------------------------------------------- callbacks of theirs


@pytest.fixture(scope="module")
def parts(series):
    """Windows, the last of them for validation."""
    X, y = make_windows(series, n_steps=len(LAGS))
    later = {"X_val": X[100:], "y_val": y[100:]}
    return X[:100], y[:100], later


def test_optuna_prunes_by_the_trial_that_a_callback_refers_to(parts):
    import optuna
    from optuna.trial import TrialState
    from optuna_integration import KerasPruningCallback

    X, y, later = parts
    rates = [0.01, 0.01, 1e-9, 1e-9]  # the last two learn nothing

    def objective(trial):
        forecaster = network(
            epochs=5,
            learning_rate=rates[trial.number],
            callbacks=[KerasPruningCallback(trial, "val_loss")],
        )
        return forecaster.fit(X, y, **later).history_["val_loss"][-1]

    pruner = optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=1)
    study = optuna.create_study(pruner=pruner)  # in memory
    study.optimize(objective, n_trials=4)
    states = [trial.state for trial in study.trials]
    assert states == [TrialState.COMPLETE] * 2 + [TrialState.PRUNED] * 2
    epochs = [len(trial.intermediate_values) for trial in study.trials]
    assert epochs == [5, 5, 2, 2]


def test_tensorboard_shows_every_epoch(parts, tmp_path):
    import keras
    import tensorflow
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    X, y, later = parts
    board = keras.callbacks.TensorBoard(
        tmp_path, histogram_freq=1, update_freq=1, write_steps_per_second=True
    )
    history = network(callbacks=[board]).fit(X, y, **later).history_
    for folder, name in ("train", "loss"), ("validation", "val_loss"):
        events = EventAccumulator(str(tmp_path / folder)).Reload()
        values = [
            tensorflow.make_ndarray(event.tensor_proto).item()
            for event in events.Tensors("epoch_loss")
        ]
        np.testing.assert_allclose(values, history[name], rtol=1e-6)


def test_mlflow_logs_every_epoch(parts, tmp_path, monkeypatch):
    import mlflow
    import mlflow.keras

    X, y, later = parts
    monkeypatch.chdir(tmp_path)  # where artifacts go
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    with mlflow.start_run() as run:
        logger = mlflow.keras.MlflowCallback()
        history = network(callbacks=[logger]).fit(X, y, **later).history_
    logged = mlflow.MlflowClient().get_metric_history(run.info.run_id, "val_loss")
    values = [metric.value for metric in sorted(logged, key=lambda m: m.step)]
    np.testing.assert_allclose(values, history["val_loss"])


def test_mlflow_stores_and_serves_a_forecaster(parts, tmp_path, monkeypatch):
    import mlflow.sklearn

    X, y, _ = parts
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    forecaster = network().fit(X, y)
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(
            forecaster,
            name="gru",
            serialization_format="skops",
            skops_trusted_types=[*sk_rnn.TRUSTED_TYPES],
            pip_requirements=[],
        )
    served = mlflow.pyfunc.load_model(logged.model_uri)
    np.testing.assert_array_equal(served.predict(X), forecaster.predict(X))


def test_wandb_logs_every_epoch(parts, tmp_path):
    import wandb
    from wandb.integration.keras import WandbMetricsLogger

    X, y, later = parts
    with wandb.init(mode="offline", dir=tmp_path) as run:
        forecaster = network(callbacks=[WandbMetricsLogger()]).fit(X, y, **later)
        logged = run.summary["epoch/val_loss"]
    assert logged == pytest.approx(forecaster.history_["val_loss"][-1])


# ---------------------------------------------------------------- the network of ours


@pytest.mark.parametrize("dtype", ["float32", None])
@pytest.mark.parametrize("window_scaler", [None, "last", "standard"])
def test_onnxruntime_forecasts_the_same(parts, window_scaler, dtype, tmp_path):
    import onnxruntime

    X, y, _ = parts
    forecaster = network(window_scaler=window_scaler).fit(X, y)
    model = forecaster.to_keras(dtype=dtype)
    path = str(tmp_path / "gru.onnx")
    model.export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path)
    windows = X.to_numpy()[:, :, np.newaxis].astype(dtype or "float64")
    (forecasts,) = session.run(None, {session.get_inputs()[0].name: windows})
    rtol = 1e-5 if dtype else 1e-9
    np.testing.assert_allclose(forecasts[:, 0], forecaster.predict(X), rtol=rtol)


# ---------------------------------------------------------------- the examples


@pytest.mark.parametrize("name", ["inside_other_packages", "pruning"])
def test_an_example_prints_what_its_page_shows(name, tmp_path):
    root = Path(__file__).parents[1]
    script = root / "examples" / f"plot_{name}.py"
    printed, shown = (
        re.split(r"(\d+(?:\.\d)?)", text)
        for text in (
            subprocess.run(
                [sys.executable, script, "--output", tmp_path],
                capture_output=True,
                text=True,
                check=True,
            ).stdout,
            (root / "docs" / "tables" / f"{name}.txt").read_text("utf-8"),
        )
    )
    assert [text.split() for text in printed[::2]] == [t.split() for t in shown[::2]]
    # Types of CPU round differently, and training amplifies it.
    numbers, expected = (np.array(text[1::2], float) for text in (printed, shown))
    np.testing.assert_allclose(numbers, expected, rtol=0.1)
