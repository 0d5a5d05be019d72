"""One network over many series, with sktime's interface."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import KFold
from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.reconcile import ReconcilerForecaster
from sktime.split import ExpandingWindowSplitter, InstanceSplitter, SingleWindowSplitter

import sk_rnn
from sk_rnn import make_windows
from sk_rnn._calibration import split_in_time
from sk_rnn.sktime import GRUForecaster, LSTMForecaster, RNNForecaster
from sk_rnn.sktime._past import Past
from sk_rnn.sktime._pool import Pool

SMALL = {"units": 5, "n_steps": 6, "epochs": 3, "random_state": 0}
GLOBAL = {**SMALL, "pooling": "global", "window_scaler": "standard"}
LENGTHS = {"a": 40, "b": 30, "c": 50}


def frame_of(parts, names=("shop", "day")):
    return pd.concat({k: v.to_frame("sales") for k, v in parts.items()}, names=names)


@pytest.fixture(scope="module")
def parts():
    """Three shops, which opened and closed on different days."""
    rng = np.random.default_rng(0)
    found = {}
    for number, (name, n) in enumerate(LENGTHS.items()):
        index = pd.date_range(
            "2021-01-04", periods=n, freq="D"
        ) + number * pd.Timedelta(3, "D")
        level = 10.0 ** (number + 1)
        wave = 1 + 0.3 * np.sin(2 * np.pi * index.dayofweek / 7)
        found[name] = pd.Series(level * wave * rng.uniform(0.9, 1.1, n), index)
    return found


@pytest.fixture(scope="module")
def shops(parts):
    return frame_of(parts)


def regressor(**params):
    own = {"pooling", "n_steps", "horizon", "fine_tune_epochs"}
    shared = {k: v for k, v in {**GLOBAL, **params}.items() if k not in own}
    return sk_rnn.GRUForecaster(**shared)


def assert_same(weights, others):
    assert all(map(np.array_equal, weights, others))


def table_of(parts, horizon):
    """Windows and targets, series after series."""
    tables = [make_windows(part.to_numpy(), 6, horizon) for part in parts.values()]
    X, y = (np.concatenate(each) for each in zip(*tables, strict=True))
    return X, y


# ------------------------------------------------------------------ one network


def test_one_network_is_trained_on_the_windows_of_all(parts, shops):
    forecasts = GRUForecaster(**GLOBAL).fit(shops, fh=[1, 2]).predict()
    X, y = table_of(parts, 2)
    last = np.array([part.to_numpy()[-6:] for part in parts.values()])
    expected = regressor().fit(X, y).predict(last)
    assert_array_equal(forecasts["sales"].to_numpy(), expected.ravel())
    assert forecasts.index.names == ["shop", "day"]
    for name, part in parts.items():
        after = pd.date_range(part.index[-1], periods=3, freq="D")[1:]
        assert list(forecasts.loc[name].index) == list(after)


def test_forecasts_are_fed_back_for_each_series(parts, shops):
    forecaster = GRUForecaster(**GLOBAL, strategy="recursive").fit(shops)
    forecasts = forecaster.predict(fh=[1, 3])
    for name, part in parts.items():
        window = list(part.to_numpy())
        for _ in range(3):
            window.append(forecaster.regressor_.predict([window[-6:]])[0, 0])
        expected = [window[-3], window[-1]]
        np.testing.assert_allclose(forecasts.loc[name, "sales"], expected, rtol=1e-5)


def test_windows_with_a_missing_value_train_nothing(parts):
    parts = {name: part.copy() for name, part in parts.items()}
    parts["b"].iloc[12] = np.nan
    forecaster = GRUForecaster(**GLOBAL).fit(frame_of(parts), fh=[1, 2])
    X, y = table_of(parts, 2)
    kept = np.isfinite(X).all(axis=1) & np.isfinite(y).all(axis=1)
    assert 0 < (~kept).sum() == 6 + 2
    expected = regressor().fit(X[kept], y[kept])
    assert_same(forecaster.regressor_.weights_, expected.weights_)


def test_a_series_too_short_is_told_and_forecast(parts):
    parts = {**parts, "new": parts["a"].iloc[-4:]}
    message = (
        r"1 of 4 series have no complete window of n_steps=6 and horizon=2\. The first "
        r"of them is 'new' with 4 time step\(s\)\. They are left out of training"
    )
    with pytest.warns(UserWarning, match=message) as caught:
        forecaster = GRUForecaster(**GLOBAL).fit(frame_of(parts), fh=[1, 2])
    assert [warning.filename for warning in caught] == [__file__]
    values = parts["new"].to_numpy()
    padded = [[values[0], values[0], *values]]
    forecast = forecaster.predict().loc["new", "sales"]
    np.testing.assert_allclose(forecast, forecaster.regressor_.predict(padded)[0])


def test_all_too_short(parts):
    short = frame_of({name: part.iloc[:7] for name, part in parts.items()})
    with pytest.raises(ValueError, match=r"3 of 3 series .* Use a smaller n_steps"):
        GRUForecaster(**GLOBAL).fit(short, fh=[1, 2])


@pytest.mark.parametrize("forecaster_class", [RNNForecaster, LSTMForecaster])
def test_the_other_cells_and_hierarchies(forecaster_class, parts):
    deep = pd.concat({"north": frame_of(parts), "south": frame_of(parts)}, names=["r"])
    forecaster = forecaster_class(**GLOBAL, calibration_fraction=0.3)
    forecasts = forecaster.fit(deep, fh=[1, 2]).predict()
    assert forecasts.index.names == ["r", "shop", "day"]
    assert_array_equal(forecasts.loc["north"], forecasts.loc["south"])
    assert forecaster.predict_interval(coverage=0.8).index.equals(forecasts.index)


def test_in_sample_forecasts(parts, shops):
    forecaster = GRUForecaster(**GLOBAL).fit(shops, fh=[-1, 0, 1])
    forecasts = forecaster.predict()
    for name, part in parts.items():
        values = part.to_numpy()
        windows = [values[-8:-2], values[-7:-1], values[-6:]]
        expected = forecaster.regressor_.predict(windows)[:, 0]
        np.testing.assert_allclose(forecasts.loc[name, "sales"], expected, rtol=1e-6)


def test_times_are_the_same_steps_of_all_or_refused(parts, shops):
    times = ForecastingHorizon(pd.DatetimeIndex(["2021-02-14"]), is_relative=False)
    with pytest.raises(ValueError, match="not the same steps ahead of all series"):
        GRUForecaster(**GLOBAL).fit(shops, fh=times)


def test_a_long_series_does_not_decide_n_steps_alone(parts, shops):
    forecaster = GRUForecaster(**{**GLOBAL, "n_steps": None}).fit(shops, fh=[1])
    assert forecaster.n_steps_ == 14  # two weeks, of the shop of 40 days


# ------------------------------------------------------------------ split in time


def test_rows_are_split_by_time(parts):
    pasts = [
        Past.of(part, None)._replace(steps=np.array([1, 2, 3]), n_steps=6)
        for part in parts.values()
    ]
    pool = Pool.of(pasts)
    earlier, later = pool.split(0.25)
    assert len(later) >= int(0.25 * len(pool.windows))
    assert pool.last_times[earlier].max() < pool.times[later].min()
    assert set(pool.series[earlier]) == {0, 1, 2}
    assert set(pool.series[later]) == {0, 2}  # "b" had ended before
    # Only rows with a target on either side are in neither part.
    split = np.concatenate([earlier, later])
    between = np.setdiff1d(np.arange(len(pool.windows)), split)
    start = pool.times[later].min()
    assert (pool.times[between] < start).all()
    assert (pool.last_times[between] >= start).all()


def test_early_stopping_watches_the_last_days_of_all(parts, shops):
    forecaster = GRUForecaster(
        **GLOBAL, early_stopping=True, validation_fraction=0.25
    ).fit(shops, fh=[1, 2])
    X, y = table_of(parts, 2)
    days = np.concatenate([part.index[6:-1] for part in parts.values()])
    start = np.sort(days)[-int(0.25 * len(days))]
    held_out = days >= start
    train = days + np.timedelta64(1, "D") < start
    expected = regressor(early_stopping=True).fit(
        X[train], y[train], X_val=X[held_out], y_val=y[held_out]
    )
    assert forecaster.regressor_.history_ == expected.history_


def test_a_regressor_splits_a_panel_by_time(shops):
    X, y = make_windows(shops, n_steps=6, horizon=2)
    shuffled = np.random.default_rng(0).permutation(len(X))
    X, y = X.iloc[shuffled], y.iloc[shuffled]
    days = X.index.get_level_values("day")
    start = days.sort_values()[-int(0.2 * len(X))]
    held_out = days >= start
    train = days + pd.Timedelta(1, "D") < start
    params = {**SMALL, "n_steps": None, "early_stopping": True}
    ours = sk_rnn.GRUForecaster(**params, validation_fraction=0.2).fit(X, y)
    expected = sk_rnn.GRUForecaster(**params).fit(
        X[train], y[train], X_val=X[held_out], y_val=y[held_out]
    )
    assert ours.history_ == expected.history_


def test_later_values_of_a_series_change_no_earlier_bound(parts):
    """Of what is fitted on the first days, whatever the series do afterwards."""
    params = {**GLOBAL, "calibration_fraction": 0.3, "quantiles": (0.1, 0.5, 0.9)}
    until = pd.Timestamp("2021-02-05")

    def bounds(parts):
        y = frame_of({name: part.loc[:until] for name, part in parts.items()})
        return GRUForecaster(**params).fit(y, fh=[1, 2]).predict_interval(coverage=0.7)

    altered = {
        name: part.where(part.index <= until, 1e6) for name, part in parts.items()
    }
    pd.testing.assert_frame_equal(bounds(parts), bounds(altered), check_exact=True)


# ------------------------------------------------------------------------- update


def test_update_adds_to_each_and_trains_on_what_is_new(parts, shops):
    first = frame_of({name: part.iloc[:-3] for name, part in parts.items()})
    rest = frame_of({name: part.iloc[-5:] for name, part in parts.items()})
    forecaster = GRUForecaster(**GLOBAL).fit(first, fh=[1, 2])
    fitted = forecaster.regressor_
    forecaster.update(rest)
    X, y = table_of(parts, 2)
    is_new = np.concatenate(
        [np.arange(len(part) - 7) >= len(part) - 7 - 3 for part in parts.values()]
    )
    expected = pickle.loads(pickle.dumps(fitted)).partial_fit(X[is_new], y[is_new])
    assert_same(forecaster.regressor_.weights_, expected.weights_)
    assert forecaster.predict().index.equals(
        GRUForecaster(**GLOBAL).fit(shops, fh=[1, 2]).predict().index
    )


def test_update_of_one_series_moves_its_bounds_alone(parts, shops):
    params = {**GLOBAL, "calibration_fraction": 0.3, "adaptation_step": 0.2}
    first = frame_of({name: part.iloc[:-6] for name, part in parts.items()})
    forecaster = GRUForecaster(**params).fit(first, fh=[1])
    before = forecaster.predict_interval(coverage=0.5)
    soaring = parts["a"].iloc[-6:] * np.arange(2, 8)
    forecaster.update(frame_of({"a": soaring}), update_params=False)
    after = forecaster.predict_interval(coverage=0.5)
    pd.testing.assert_frame_equal(before.loc[["b", "c"]], after.loc[["b", "c"]])
    assert after.loc["a"].index[0] == before.loc["a"].index[0] + pd.Timedelta(6, "D")


def test_update_with_a_series_not_seen_before(parts, shops):
    forecaster = GRUForecaster(**GLOBAL).fit(shops.loc[["a", "b"]], fh=[1])
    forecaster.update(shops.loc[["c"]], update_params=False)
    last = parts["c"].to_numpy()[-6:]
    forecast = forecaster.predict().loc["c", "sales"]
    assert_array_equal(forecast, forecaster.regressor_.predict([last])[0])


def test_backtest(shops):
    cv = ExpandingWindowSplitter(initial_window=25, step_length=3, fh=[1, 2])
    forecaster = GRUForecaster(**GLOBAL)
    same_days = shops.loc[["a", "c"]].groupby(level=0).tail(40)
    results = evaluate(forecaster, cv, same_days, error_score="raise", return_data=True)
    assert len(results) == 5
    assert results.iloc[:, 0].between(0, 1).all()


# ------------------------------------------------------------------ exogenous data


def test_what_is_known_ahead_and_what_never_changes(parts, shops):
    """A promotion doubles sales, of the large shops only: both columns are needed."""
    rng = np.random.default_rng(1)
    rows, sales = {}, {}
    for name in "abcdefgh":
        promotion = (rng.uniform(size=120) < 0.3).astype(float)
        is_large = float(name < "e")
        index = pd.date_range("2021-01-04", periods=120, freq="D")
        factor = 1 + promotion * is_large
        noise = rng.uniform(0.98, 1.02, 120)
        sales[name] = pd.Series(100 * factor * noise, index)
        rows[name] = pd.DataFrame({"promotion": promotion, "large": is_large}, index)
    X = pd.concat(rows, names=["shop", "day"])
    y = frame_of(sales)
    is_past = y.index.get_level_values("day") < "2021-04-26"
    forecaster = GRUForecaster(
        16, n_steps=4, pooling="global", epochs=60, learning_rate=0.01, random_state=0
    ).fit(y[is_past], X=X[is_past], fh=range(1, 9))
    forecasts = forecaster.predict(X=X[~is_past])
    # Without the promotion of the day errors are some 30, without the size some 15.
    assert (forecasts - y[~is_past]).abs().mean().item() < 8


def test_categories_are_refused_with_the_remedy(shops):
    X = pd.DataFrame({"kind": pd.Categorical(["x"] * len(shops))}, shops.index)
    with pytest.raises(TypeError, match=r"'kind'.*encode.*OneHotEncoder"):
        GRUForecaster(**GLOBAL).fit(shops, X=X, fh=[1])


def test_X_of_every_series(shops):
    X = pd.DataFrame({"price": 1.0}, shops.loc[["a", "b"]].index)
    with pytest.raises(ValueError, match=r"series 'c'.*X has no row"):
        GRUForecaster(**GLOBAL).fit(shops, X=X, fh=[1])


# ------------------------------------------------------------------------ pretrain


@pytest.fixture(scope="module")
def pretrained(shops):
    return GRUForecaster(**SMALL, window_scaler="standard").pretrain(shops, fh=[1, 2])


def test_pretrain_is_a_global_fit(pretrained, shops):
    expected = GRUForecaster(**GLOBAL).fit(shops, fh=[1, 2]).regressor_.weights_
    assert_same(pretrained.pretrained_regressor_.weights_, expected)


def test_a_series_never_seen_is_forecast(pretrained):
    """Even one shorter than a window; nothing is trained."""
    series = pd.Series([5.0, 6, 7, 8], pd.date_range("2022-01-01", periods=4, freq="D"))
    forecaster = pretrained.clone().fit(series, fh=[1, 2])
    window = [[5.0, 5, 5, 6, 7, 8]]
    expected = pretrained.pretrained_regressor_.predict(window)[0]
    np.testing.assert_allclose(forecaster.predict(), expected, rtol=1e-12)
    assert forecaster.predict(fh=[1, 2]).index[0] == pd.Timestamp("2022-01-05")


def test_after_pretrain_its_steps_are_forecast(pretrained, parts):
    told = pretrained.clone().fit(parts["a"], fh=[1, 2]).predict()
    pd.testing.assert_series_equal(pretrained.clone().fit(parts["a"]).predict(), told)


def test_fine_tuning_starts_from_what_pretrain_has_trained(pretrained, parts):
    forecaster = GRUForecaster(
        **SMALL, window_scaler="standard", fine_tune_epochs=2
    ).pretrain(frame_of(parts), fh=[1, 2])
    first = forecaster.fit(parts["a"], fh=[1, 2]).predict()
    assert forecaster.regressor_.n_iter_ == 3 + 2
    assert forecaster.pretrained_regressor_.n_iter_ == 3
    again = forecaster.fit(parts["a"], fh=[1, 2]).predict()
    pd.testing.assert_series_equal(again, first)
    plain = pretrained.clone().fit(parts["a"], fh=[1, 2]).predict()
    assert (first != plain).all()


def test_pretrain_on_more_series_trains_on(parts, shops):
    forecaster = GRUForecaster(**SMALL, horizon=2).pretrain(shops.loc[["a", "b"]])
    forecaster.pretrain(shops.loc[["b", "c"]])
    assert forecaster.pretrained_regressor_.n_iter_ == 6
    assert len(forecaster.fit(parts["c"]).predict(fh=[1, 2])) == 2


def test_later_training_stops_early_too(shops, parts):
    """It watches the last days, as the first training does."""
    params = {**SMALL, "early_stopping": True, "validation_fraction": 0.3}
    forecaster = GRUForecaster(**params, horizon=2, fine_tune_epochs=2)
    forecaster.pretrain(shops).pretrain(shops)
    watched = forecaster.pretrained_regressor_.history_["val_loss"]
    assert np.isfinite(watched).all()
    forecaster.fit(parts["c"])
    watched = forecaster.regressor_.history_["val_loss"]
    assert len(watched) == 3 + 3 + 2
    assert np.isfinite(watched).all()


@pytest.mark.parametrize("window_scaler", ["last", "standard", None])
def test_fine_tuning_keeps_the_calibration(window_scaler, shops, parts):
    """With hardly a step, forecasts stay, and so do the bounds."""
    params = {**SMALL, "window_scaler": window_scaler, "calibration_fraction": 0.3}
    params["learning_rate"] = 1e-12
    bounds = []
    for epochs in 0, 1:
        forecaster = GRUForecaster(**params, horizon=2, fine_tune_epochs=epochs)
        forecaster.pretrain(shops).fit(parts["a"])
        bounds.append(forecaster.predict_interval(fh=[1, 2], coverage=0.8))
    pd.testing.assert_frame_equal(*bounds, rtol=1e-6)


def test_times_already_seen_after_pretrain(pretrained, parts):
    forecaster = pretrained.clone().fit(parts["a"], fh=[-1, 0])
    assert len(forecaster.predict()) == 2


def test_pretrain_says_what_it_needs(shops, parts):
    with pytest.raises(ValueError, match="pretrain needs to know which steps"):
        GRUForecaster(**SMALL).pretrain(shops)
    forecaster = GRUForecaster(**SMALL).pretrain(shops, fh=[1, 2])
    with pytest.raises(ValueError, match=r"asks for the steps \[3\], .*for \[1, 2\]"):
        forecaster.fit(parts["a"], fh=[1, 3])


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_a_pretrained_network_is_calibrated(strategy, shops, parts):
    params = {**SMALL, "window_scaler": "standard", "calibration_fraction": 0.3}
    params["strategy"] = strategy
    forecaster = GRUForecaster(**params).pretrain(shops, fh=[1, 2])
    bounds = forecaster.fit(parts["a"], fh=[1, 2]).predict_interval(coverage=0.8)
    expected = GRUForecaster(**params, pooling="global").fit(shops, fh=[1, 2])
    expected = expected.predict_interval(coverage=0.8).loc["a"]
    np.testing.assert_allclose(bounds.to_numpy(), expected.to_numpy(), rtol=1e-9)


def test_global_benchmark_of_sktime(shops):
    """One shop is forecast by a network that others, before that, have trained."""
    same_days = shops.loc[["a", "c"]].groupby(level=0).tail(40)
    results = evaluate(
        GRUForecaster(**SMALL, horizon=2, window_scaler="standard"),
        cv=ExpandingWindowSplitter(initial_window=8, step_length=2, fh=[1, 2]),
        y=same_days,
        cv_global=InstanceSplitter(KFold(2)),
        cv_global_temporal=SingleWindowSplitter(fh=range(1, 13)),
        error_score="raise",
    )
    assert len(results) == 2 * 2
    assert results.iloc[:, 0].between(0, 2).all()


# ------------------------------------------------------------------------- horizon


@pytest.mark.parametrize(("horizon", "steps"), [(3, [1, 2, 3]), ([5, 2], [2, 5])])
def test_a_horizon_is_trained_for_whatever_is_asked(horizon, steps, airline):
    forecaster = GRUForecaster(**SMALL, horizon=horizon).fit(airline)
    expected = GRUForecaster(**SMALL).fit(airline, fh=steps).predict()
    pd.testing.assert_series_equal(forecaster.predict(fh=steps), expected)
    some = forecaster.predict(fh=steps[1:])
    pd.testing.assert_series_equal(some, expected.iloc[1:])
    with pytest.raises(ValueError, match=r"asks for the steps \[7\]"):
        forecaster.predict(fh=[7])


@pytest.mark.parametrize("horizon", [0, [], [1, 1], [0, 1], "three", [1.5], [[1]]])
def test_a_bad_horizon(horizon, airline):
    with pytest.raises(ValueError, match="'horizon' parameter of GRUForecaster"):
        GRUForecaster(**SMALL, horizon=horizon).fit(airline, fh=[1])


def test_a_horizon_is_for_the_direct_strategy(airline):
    with pytest.raises(ValueError, match=r"horizon=3 is for strategy='direct' only"):
        GRUForecaster(**SMALL, horizon=3, strategy="recursive").fit(airline)


def test_pooling_of_sktimes_third_kind_is_refused(shops):
    with pytest.raises(ValueError, match="'pooling' parameter of GRUForecaster"):
        GRUForecaster(**SMALL, pooling="panel").fit(shops, fh=[1])


@pytest.mark.filterwarnings("ignore:Found elements in the index of X named '__total'")
@pytest.mark.parametrize("pooling", ["local", "global"])
def test_reconciliation_by_residuals(pooling, parts):
    same_days = {name: part.iloc[-30:] for name, part in parts.items() if name != "b"}
    for part in same_days.values():
        part.index = pd.date_range("2021-01-04", periods=30, freq="D")
    forecaster = GRUForecaster(**SMALL, horizon=2, pooling=pooling)
    reconciled = ReconcilerForecaster(forecaster, method="mint_shrink")
    forecasts = reconciled.fit(frame_of(same_days), fh=[1, 2]).predict()
    bottom = forecasts.drop("__total").groupby(level=-1).sum()
    np.testing.assert_allclose(forecasts.loc["__total"], bottom, rtol=1e-6)


# ------------------------------------------------------------------------- storing


def test_it_is_stored_and_copied(shops, pretrained):
    forecaster = GRUForecaster(**GLOBAL, calibration_fraction=0.3).fit(shops, fh=[1])
    restored = pickle.loads(pickle.dumps(forecaster))
    expected = forecaster.predict_interval()
    pd.testing.assert_frame_equal(restored.predict_interval(), expected)
    again = pickle.loads(pickle.dumps(pretrained)).fit(shops.loc["a", "sales"], fh=[1])
    assert len(again.predict()) == 1


# ---------------------------------------------------------- what a reviewer would try


def test_pretrain_reads_the_X_of_each_series(shops, parts):
    X = pd.DataFrame({"price": np.arange(len(shops), dtype=float)}, shops.index)
    local = GRUForecaster(**SMALL, horizon=2, past_covariates=["price"])
    local.pretrain(shops, X=X)
    pooled = local.clone().set_params(pooling="global").pretrain(shops, X=X)
    assert_same(*(f.pretrained_regressor_.weights_ for f in (local, pooled)))
    assert local.get_tag("X_inner_mtype") == "pd.DataFrame"
    forecaster = local.fit(parts["a"], X=X.loc["a"])
    assert np.isfinite(forecaster.predict(fh=[1, 2], X=X.loc["a"])).all()


def test_pretrain_on_more_series_calibrates_anew():
    """A hundred times the noise, a hundred times the width."""
    rng = np.random.default_rng(0)

    def panel(size):
        days = pd.date_range("2021", periods=60, freq="D")
        parts = {k: pd.Series(rng.normal(0, size, 60), days) for k in "abc"}
        return frame_of(parts), parts["a"]

    params = {**SMALL, "window_scaler": None, "calibration_fraction": 0.4}
    forecaster = GRUForecaster(**params, horizon=1)
    widths = []
    for size in 1, 100:
        y, one = panel(size)
        forecaster = forecaster.pretrain(y)
        bounds = forecaster.clone().fit(one).predict_interval(fh=[1], coverage=0.8)
        widths.append(np.diff(bounds.to_numpy()).item())
    assert widths[1] > 30 * widths[0]


@pytest.mark.parametrize("is_panel", [True, False])
def test_update_in_another_form_is_refused(is_panel, shops, parts):
    forms = (shops, parts["a"]) if is_panel else (parts["a"], shops)
    forecaster = GRUForecaster(**GLOBAL).fit(forms[0], fh=[1])
    before = forecaster.predict()
    with pytest.raises(ValueError, match="Pass y to update in the form of fit"):
        forecaster.update(forms[1])
    assert before.equals(forecaster.predict())


def test_bounds_of_the_same_day_after_different_ends(parts):
    """One step ahead of one series, four of another."""
    shops = frame_of({"long": parts["c"], "short": parts["c"].iloc[:-3]})
    forecaster = GRUForecaster(
        **GLOBAL, strategy="recursive", calibration_fraction=0.4
    ).fit(shops)
    day = parts["c"].index[-1:] + pd.Timedelta(1, "D")
    days = ForecastingHorizon(day, is_relative=False)
    bounds = forecaster.predict_interval(fh=days, coverage=0.5)
    points = forecaster.predict(fh=days)
    assert bounds.index.equals(points.index)
    assert np.isfinite(bounds.to_numpy()).all()


def test_a_new_series_needs_its_X(shops):
    X = pd.DataFrame({"price": 1.0}, shops.index)
    forecaster = GRUForecaster(**GLOBAL, past_covariates=["price"])
    forecaster.fit(shops.loc[["a", "b"]], X=X.loc[["a", "b"]], fh=[1])
    with pytest.raises(ValueError, match=r"In series 'c': X has no row, but fit was"):
        forecaster.update(shops.loc[["c"]])


def test_update_keeps_the_X_of_series_without_new_values(shops, parts):
    def planned(shop, first, n):
        days = pd.date_range(first, periods=n, freq="D")
        index = pd.MultiIndex.from_product([[shop], days], names=shops.index.names)
        return pd.DataFrame({"price": 1.0}, index)

    ends = {name: part.index[-1] for name, part in parts.items()}
    day = pd.Timedelta(1, "D")
    X = pd.DataFrame({"price": 1.0}, shops.index)
    forecaster = GRUForecaster(**GLOBAL).fit(shops, X=X, fh=[1, 2])
    new = planned("a", ends["a"] + day, 3)
    ahead = [planned(shop, ends[shop] + day, 2) for shop in "bc"]
    y = new.iloc[:1].rename(columns={"price": "sales"})
    forecaster.update(y, X=pd.concat([new, *ahead]), update_params=False)
    assert len(forecaster.predict()) == 2 * 3


@pytest.mark.parametrize("pooling", ["local", "global"])
def test_a_series_without_a_name_is_refused(pooling, shops):
    y = shops.rename(index={"b": None}, level=0)
    with pytest.raises(ValueError, match="A series has no name"):
        GRUForecaster(**SMALL, pooling=pooling).fit(y, fh=[1])


@pytest.mark.parametrize("pooling", ["local", "global"])
def test_X_without_names_is_refused(pooling, shops, parts):
    X = pd.DataFrame({"price": 1.0}, parts["c"].index)
    forecaster = GRUForecaster(**SMALL, pooling=pooling)
    with pytest.raises(ValueError, match="X is labelled by times alone, but y by"):
        forecaster.fit(shops, X=X, fh=[1])
    X_of_all = pd.DataFrame({"price": 1.0}, shops.index)
    forecaster.fit(shops, X=X_of_all, fh=[1])
    if pooling == "global":
        with pytest.raises(ValueError, match="X is labelled by times alone, but y by"):
            forecaster.predict(X=X)


def test_a_bad_value_names_its_series(shops):
    y = shops.copy()
    y.iloc[45] = np.inf
    with pytest.raises(ValueError, match=r"In series 'b': y contains infinity"):
        GRUForecaster(**GLOBAL).fit(y, fh=[1])


def test_names_may_be_tuples(parts):
    names = pd.Index([("x", 1), ("x", 2)], tupleize_cols=False)
    frames = [parts["a"].to_frame("sales"), parts["c"].to_frame("sales")]
    arrays = names.repeat([40, 50]), frames[0].index.append(frames[1].index)
    y = pd.concat(frames).set_axis(pd.MultiIndex.from_arrays(arrays))
    forecasts = GRUForecaster(**GLOBAL).fit(y, fh=[1]).predict()
    assert list(forecasts.index.get_level_values(0)) == list(names)


def test_a_regressor_knows_which_series_a_row_goes_on_with(parts):
    """A stock has no weekends: its fifth target lies a week ahead."""
    days = pd.date_range("2021-01-04", periods=70, freq="D")
    every = pd.Series(np.arange(70.0), days)
    y = frame_of({"daily": every, "stock": every[days.dayofweek < 5] + 1000})
    X, y = make_windows(y, n_steps=3, horizon=5)
    times = sk_rnn._base._times_of(len(X), 4, X)
    earlier, later = split_in_time(*times, np.arange(len(X)), 0.3)
    for name in "daily", "stock":
        trained, held_out = (
            y.iloc[rows].xs(name, level="shop").to_numpy() for rows in (earlier, later)
        )
        assert len(trained) > 20
        assert trained.max() < held_out.min()
