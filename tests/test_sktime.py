"""The forecasters with sktime's interface."""

import pickle
import warnings
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.preprocessing import PowerTransformer
from sktime.base import load
from sktime.datasets import load_airline
from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.forecasting.naive import NaiveForecaster
from sktime.split import (
    ExpandingWindowSplitter,
    SlidingWindowSplitter,
    temporal_train_test_split,
)
from sktime.transformations.series.difference import Differencer

import sk_rnn
from sk_rnn import WindowScaler, make_windows
from sk_rnn._programs import prediction_function, training_function
from sk_rnn.datasets import read_mastercard
from sk_rnn.sktime import GRUForecaster, LSTMForecaster, RNNForecaster

CLASSES = [RNNForecaster, LSTMForecaster, GRUForecaster]
SMALL = {"units": 5, "n_steps": 6, "epochs": 3, "random_state": 0}


@pytest.fixture(scope="module")
def airline():
    return load_airline().astype(float)


@pytest.fixture(scope="module")
def exogenous(airline):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"price": rng.normal(5, 1, len(airline)), "close": rng.normal(0, 1, 144)},
        index=airline.index,
    )


def regressor(forecaster):
    """The scikit-learn forecaster with the same parameters, not fitted."""
    own = {"n_steps", "strategy", "past_covariates"}
    params = forecaster.get_params(deep=False)
    shared = {name: params[name] for name in params.keys() - own}
    return getattr(sk_rnn, type(forecaster).__name__)(**shared)


def test_construction_is_silent():
    """Where sktime's own forecasters announce a default of its next version."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        GRUForecaster()
        LSTMForecaster(strategy="recursive").clone()
    assert not caught


# ------------------------------------------------------- against the regressors


@pytest.mark.parametrize("forecaster_class", CLASSES)
def test_direct_is_one_regressor_of_all_steps(forecaster_class, airline):
    forecaster = forecaster_class(**SMALL, strategy="direct")
    forecasts = forecaster.fit(airline[:100], fh=[1, 3, 7]).predict()
    X, y = make_windows(airline[:107], n_steps=6, horizon=7)
    asked = y.iloc[:, [0, 2, 6]]
    expected = regressor(forecaster).fit(X[:88], asked[:88]).predict(X[94:95])
    np.testing.assert_array_equal(forecasts.to_numpy(), expected[0])
    assert forecasts.index.equals(airline.index[[100, 102, 106]])
    assert forecasts.name == airline.name


SCALERS = {
    "standard": {},
    "minmax of ratios, in segments": {
        "scaler": "minmax",
        "window_scaler": "ratio",
        "segment_length": 4,
    },
    "none": {"scaler": None, "window_scaler": None},
    "standard windows": {"window_scaler": "standard"},
    "not linear": {"scaler": PowerTransformer()},
}


@pytest.mark.parametrize("forecaster_class", CLASSES)
@pytest.mark.parametrize("scaler", SCALERS.values(), ids=SCALERS)
def test_recursive_is_a_regressor_fed_its_own_forecasts(
    forecaster_class, scaler, airline
):
    series = airline / 100
    parameters = {**SMALL, **scaler, "units": (4, 2)}
    forecaster = forecaster_class(**parameters, strategy="recursive")
    forecasts = forecaster.fit(series).predict(fh=[1, 2, 5, 30])
    X, y = make_windows(series, n_steps=6)
    one_step = regressor(forecaster).fit(X.to_numpy(), y.to_numpy()[:, np.newaxis])
    continued = series.to_list()
    for _ in range(30):
        continued.append(one_step.predict([continued[-6:]]).item())
    expected = np.array(continued)[144:][[0, 1, 4, 29]]
    np.testing.assert_allclose(forecasts.to_numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_in_sample_forecasts_see_only_what_came_before(strategy, airline):
    fh = np.arange(-143, 1)
    forecaster = GRUForecaster(**SMALL, strategy=strategy).fit(airline, fh=fh)
    fitted = forecaster.predict(fh)
    assert fitted.index.equals(airline.index)
    assert fitted.isna().to_numpy().tolist() == [True] + [False] * 143
    X, _ = make_windows(airline, n_steps=6)
    expected = forecaster.regressor_.predict(X.to_numpy())[:, 0]
    np.testing.assert_array_equal(fitted[6:].to_numpy(), expected)
    # At the start the first value stands in for what was not seen.
    first, second = airline[:2]
    padded = forecaster.regressor_.predict([[first] * 6, [first] * 5 + [second]])
    np.testing.assert_array_equal(fitted[1:3].to_numpy(), padded[:, 0])


def test_in_sample_forecasts_of_a_network_for_later_steps(airline):
    """Without an output for the next step, they are made further ahead."""
    forecaster = GRUForecaster(**SMALL).fit(airline, fh=[-2, 3, 5])
    X, _ = make_windows(airline, n_steps=6, horizon=3)
    expected = forecaster.regressor_.predict(X[-3:-2].to_numpy())[0, 0]
    assert forecaster.predict().iloc[0] == expected


def test_early_stopping_keeps_the_targets_apart(airline):
    """The targets of a row span six months, though there are two of them."""
    forecaster = GRUForecaster(**SMALL, early_stopping=True, validation_fraction=0.2)
    forecaster.fit(airline, fh=[1, 6])
    X, y = make_windows(airline.to_numpy(), n_steps=6, horizon=6)
    y = y[:, [0, 5]]
    n_held_out = int(0.2 * len(X))
    n_train = len(X) - n_held_out - 5
    expected = regressor(forecaster).fit(
        X[:n_train], y[:n_train], X_val=X[-n_held_out:], y_val=y[-n_held_out:]
    )
    assert forecaster.regressor_.history_ == expected.history_


# --------------------------------------------------------------------- exogenous


def test_known_values_enter_where_they_belong(airline, exogenous):
    """One window by hand: the past of all channels, then the known ones ahead."""
    forecaster = GRUForecaster(**SMALL, past_covariates=["close"], window_scaler=None)
    forecaster.fit(airline[:100], X=exogenous[:100], fh=[1, 3])
    forecasts = forecaster.predict(X=exogenous[100:103])
    table = np.column_stack([airline, exogenous])
    window = np.concatenate([table[94:100], table[[99, 99]]])
    window[6:, 1] = exogenous.price.iloc[[100, 102]]
    expected = forecaster.regressor_.predict(window[np.newaxis])[0]
    np.testing.assert_array_equal(forecasts.to_numpy(), expected)
    # The first training window, as the scaler has seen it with all others.
    n_windows = 100 - 6 - 3 + 1
    rows = [np.r_[i : i + 6, i + 5, i + 5] for i in range(n_windows)]
    windows = table[np.array(rows)]
    for i in range(n_windows):
        windows[i, 6:, 1] = exogenous.price.iloc[[i + 6, i + 8]]
    np.testing.assert_allclose(
        forecaster.regressor_.scaler_.mean_, windows.reshape(-1, 3).mean(axis=0)
    )


def test_a_ratio_cannot_go_on_from_a_forecast_that_is_not_positive():
    series = pd.Series(np.linspace(100, 1, 60))
    forecaster = GRUForecaster(
        **SMALL, strategy="recursive", window_scaler="ratio"
    ).fit(series)
    forecaster.regressor_.weights_[-1][:] = -100  # the bias of the output
    assert forecaster.predict(fh=[1]).item() < 0
    with pytest.raises(ValueError, match=r"Step 2 cannot .* channel 0 is -.*'direct'"):
        forecaster.predict(fh=[3])


@pytest.mark.parametrize("price", [0, -1])
def test_a_ratio_needs_positive_values_ahead(price, airline, exogenous):
    prices = exogenous[["price"]].copy()
    relative = WindowScaler("ratio", own=["price"])
    forecaster = GRUForecaster(**SMALL, strategy="recursive", window_scaler=relative)
    forecaster.fit(airline[:100], X=prices[:100])
    prices.iloc[102] = price
    forecaster.predict(fh=[3], X=prices[100:103])  # no window ends with it
    with pytest.raises(ValueError, match=rf"Step 4 .* channel 1 is {price}\.0\. Use"):
        forecaster.predict(fh=[4], X=prices[100:104])


def test_a_wrong_window_scaler_is_named(airline):
    message = "The 'window_scaler' parameter of GRUForecaster must be"
    with pytest.raises(ValueError, match=message):
        GRUForecaster(window_scaler="mean").fit(airline, fh=[1])
    named = GRUForecaster(window_scaler=WindowScaler(own=["price"]))
    with pytest.raises(ValueError, match="lists the channel 'price', which X does not"):
        named.fit(airline, fh=[1])


def test_the_regressor_can_be_cloned(airline, exogenous):
    forecaster = GRUForecaster(
        **SMALL,
        past_covariates=["price", "close"],
        window_scaler=WindowScaler("last", own=["price"], unchanged=["close"]),
    ).fit(airline, X=exogenous, fh=[1])
    fitted = forecaster.regressor_
    rows = forecaster._past.training_rows(first=6)
    refitted = clone(fitted).fit(*rows)
    np.testing.assert_array_equal(refitted.predict(rows[0]), fitted.predict(rows[0]))


def test_windows_are_relative_to_the_last_known_value(airline, exogenous):
    """A name is about the series alone; a WindowScaler also names columns of X."""
    table = np.column_stack([airline, exogenous])[:100]
    n_windows = 100 - 6 - 3 + 1
    rows = [np.r_[i : i + 6, i + 5, i + 5] for i in range(n_windows)]
    windows = table[np.array(rows)]
    for i in range(n_windows):
        windows[i, 6:, 1] = table[[i + 6, i + 8], 1]
    last = windows[:, 5:6]  # the two steps behind it lie ahead
    relative = WindowScaler("last", own=["price"], unchanged=["close"])
    for window_scaler, levels in [
        ("last", last * [1, 0, 0]),
        (relative, last * [1, 1, 0]),
        (WindowScaler("last"), last[:, :, :1]),
    ]:
        forecaster = GRUForecaster(
            **SMALL, past_covariates=["close"], window_scaler=window_scaler
        )
        forecaster.fit(airline[:100], X=exogenous[:100], fh=[1, 3])
        expected = (windows - levels).reshape(-1, 3).mean(axis=0)
        means = forecaster.regressor_.scaler_.mean_
        np.testing.assert_allclose(means, expected, atol=1e-12)


@pytest.mark.parametrize("scaler", SCALERS.values(), ids=SCALERS)
def test_recursion_with_known_values(scaler, airline, exogenous):
    forecaster = LSTMForecaster(**SMALL, strategy="recursive", **scaler)
    prices = exogenous[["price"]]
    series = airline / 100
    forecaster.fit(series[:100], X=prices[:100])
    forecasts = forecaster.predict(fh=[1, 2, 9], X=prices[100:109])
    continued = series[:100].to_list()
    for t in range(100, 109):
        window = np.column_stack(
            [[*continued[-6:], continued[-1]], prices.price.iloc[t - 6 : t + 1]]
        )
        forecast = forecaster.regressor_.predict(window[np.newaxis]).item()
        continued.append(forecast)
    expected = np.array(continued)[[100, 101, 108]]
    np.testing.assert_allclose(forecasts.to_numpy(), expected, rtol=1e-6)


@pytest.fixture(scope="module")
def planned():
    """A series that follows its price, and the past of nothing else."""
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"price": rng.normal(10, 2, 400)})
    y = pd.Series(100 - 3 * X.price + rng.normal(0, 0.3, 400), name="demand")
    return y, X


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_a_planned_price_helps(planned, strategy):
    y, X = planned
    fh = np.arange(1, 6)

    def error(X):
        forecaster = GRUForecaster(
            16, n_steps=4, strategy=strategy, epochs=40, random_state=0
        )
        splitter = ExpandingWindowSplitter(fh, initial_window=350, step_length=5)
        results = evaluate(
            forecaster, splitter, y, X, strategy="no-update_params", return_data=True
        )
        errors = pd.concat(
            [test - pred for test, pred in results[["y_test", "y_pred"]].to_numpy()]
        )
        return np.sqrt(np.mean(errors**2))

    permuted = X.sample(frac=1, random_state=0).set_axis(X.index)
    assert error(X) < 1.5  # of a deviation of 6
    assert error(permuted) > 5
    assert error(None) > 5


def test_the_past_of_a_past_covariate_is_read():
    """Yesterday's close decides today's high; today's close is not looked at."""
    rng = np.random.default_rng(2)
    X = pd.DataFrame({"close": rng.normal(10, 2, 400)})
    y = X.close.shift(1, fill_value=10.0) + 1
    forecaster = LSTMForecaster(
        16, n_steps=4, past_covariates=["close"], epochs=40, random_state=0
    )
    forecaster.fit(y[:350], X=X[:350], fh=[1])
    errors, forecasts = [], []
    for t in range(350, 380):
        forecasts.append(forecaster.predict().item())
        errors.append(forecasts[-1] - y[t])
        altered = forecaster.predict(X=X[t : t + 1] + 1000).item()
        assert altered == forecasts[-1]
        forecaster.update(y[t : t + 1], X=X[t : t + 1], update_params=False)
    assert np.std(errors) < 0.5 < 1.5 < np.std(forecasts)


# ----------------------------------------------------------------- update, leakage


def test_update_keeps_history_and_trains_only_if_asked(airline):
    fh = [1, 2, 3]
    forecaster = GRUForecaster(**SMALL, dtype="float64").fit(airline[:100], fh=fh)
    before = deepcopy(forecaster.regressor_)
    forecaster.update(airline[100:110], update_params=False)
    assert forecaster.cutoff[0] == airline.index[109]
    for held, kept in zip(before.weights_, forecaster.regressor_.weights_, strict=True):
        np.testing.assert_array_equal(held, kept)
    X, _ = make_windows(airline[:111], n_steps=6)
    expected = before.predict(X[-1:].to_numpy())[0]
    np.testing.assert_array_equal(forecaster.predict().to_numpy(), expected)

    forecaster.update(airline[110:120])
    # All windows with a target that fit has not seen, those of the first update too.
    X, y = make_windows(airline[:120].to_numpy(), n_steps=6, horizon=3)
    before.partial_fit(X[-20:], y[-20:])
    for held, kept in zip(before.weights_, forecaster.regressor_.weights_, strict=True):
        np.testing.assert_array_equal(held, kept)


def test_data_seen_twice_train_once(airline):
    forecaster = LSTMForecaster(**SMALL).fit(airline[:100], fh=[1])
    again = deepcopy(forecaster)
    forecaster.update(airline[100:112])
    again.update(airline[:112])  # as sktime's evaluate does
    again.update(airline[:112])
    again.update(airline[50:90])  # moves the cutoff back
    again.update(airline[90:112])
    assert again.predict().equals(forecaster.predict())


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
@pytest.mark.parametrize("update_params", [True, False])
def test_update_predict_does_not_look_past_its_cutoff(
    strategy, update_params, airline, exogenous
):
    fh = [1, 2] if strategy == "direct" else [1]
    forecaster = GRUForecaster(**SMALL, strategy=strategy, past_covariates=["close"])
    forecaster.fit(airline, X=exogenous, fh=fh)
    altered = deepcopy(forecaster)
    # The same network, but another future in its memory.
    altered.update(airline[100:] + 1000, X=exogenous[100:] + 1000, update_params=False)
    X = exogenous.copy()
    X.iloc[100:, X.columns.get_loc("close")] += 1000
    splitter = ExpandingWindowSplitter(fh, initial_window=1, step_length=7)
    forecasts = [
        f.update_predict(airline[:100], splitter, X=known, update_params=update_params)
        for f, known in [(forecaster, exogenous), (altered, X)]
    ]
    pd.testing.assert_frame_equal(*map(pd.DataFrame, forecasts))
    assert (pd.DataFrame(forecasts[0]).count() >= len(fh)).all()


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_nothing_before_a_changed_value_changes(strategy, airline):
    fh = np.arange(-143, 4)
    forecaster = GRUForecaster(**SMALL, strategy=strategy).fit(airline, fh=fh)
    before = forecaster.predict(fh)
    changed = airline.copy()
    changed.iloc[70] += 50
    after = forecaster.update(changed, update_params=False).predict(fh)
    same = (after == before).to_numpy()
    assert same[1:71].all()  # up to the forecast of the changed value itself
    assert not same[71:77].any()  # the six windows that read it
    assert same[77:].all()


def test_a_direct_horizon_of_dates_moves_into_the_sample(airline):
    fh = ForecastingHorizon(airline.index[100:103], is_relative=False)
    forecaster = GRUForecaster(**SMALL).fit(airline[:100], fh=fh)
    forecasts = forecaster.update(airline[100:102], update_params=False).predict()
    X, _ = make_windows(airline, n_steps=6)
    expected = forecaster.regressor_.predict(X[94:97].to_numpy())[:, 0]
    np.testing.assert_array_equal(forecasts.to_numpy(), expected)


# ------------------------------------------------------------------------ indexes


INDEXES = {
    "range": pd.RangeIndex(5, 149),
    "integers": pd.Index(np.arange(144)),
    "months": pd.period_range("2000-01", periods=144, freq="M"),
    "hours": pd.period_range("2000-01-01", periods=144, freq="h"),
    "month starts": pd.date_range("2000-01-01", periods=144, freq="MS"),
    "working days": pd.date_range("2000-01-03", periods=144, freq="B"),
    "zoned": pd.date_range("2020-03-28", periods=144, freq="h", tz="Europe/Berlin"),
    "exchange": pd.date_range("2020-01-01", periods=147, freq="B")[[*range(30)]].append(
        pd.date_range("2020-02-13", periods=114, freq="B")
    ),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_any_index(index, strategy, airline, exogenous):
    forecaster = GRUForecaster(**SMALL, strategy=strategy)
    plain = forecaster.clone()
    y, X = airline.set_axis(index), exogenous[["price"]].set_axis(index)
    fh = ForecastingHorizon(index[[90, 99, 100, 101, 102]], is_relative=False)
    forecaster.fit(y[:100], X=X[:100], fh=fh)
    forecasts = forecaster.predict(fh, X=X[100:103])
    assert forecasts.index.tolist() == index[[90, 99, 100, 101, 102]].tolist()
    plain.fit(airline[:100], X=exogenous[["price"]][:100], fh=[-9, 0, 1, 2, 3])
    expected = plain.predict([-9, 0, 1, 2, 3], X=exogenous[["price"]][100:103])
    np.testing.assert_array_equal(forecasts.to_numpy(), expected.to_numpy())


@pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
def test_backtest_of_a_stock(strategy, data_folder):
    """Trading days, holidays left out, as they come from the file."""
    prices = read_mastercard(data_folder / "Mastercard_stock_history.csv")
    high, close = prices.High[-300:], prices[["Close"]][-300:]
    assert high.index.freq is None
    splitter = ExpandingWindowSplitter([1, 2, 3], initial_window=250, step_length=20)
    results = evaluate(
        LSTMForecaster(**SMALL, past_covariates=["Close"]),
        splitter,
        high,
        X=close,
        strategy=strategy,
        error_score="raise",
        return_data=True,
    )
    assert len(results) == 3
    for _, fold in results.iterrows():
        assert fold.y_pred.index.equals(fold.y_test.index)
        assert np.isfinite(fold.y_pred).all()


@pytest.mark.parametrize("past_covariates", [None, ["Close"]])
@pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
def test_gappy_backtest_of_a_stock(strategy, past_covariates, data_folder):
    """sktime hands over the rows of X that the gappy horizon asks for."""
    prices = read_mastercard(data_folder / "Mastercard_stock_history.csv")[-300:]
    forecaster = LSTMForecaster(**SMALL, past_covariates=past_covariates)
    results = evaluate(
        forecaster,
        ExpandingWindowSplitter([2, 5], initial_window=250, step_length=9),
        prices.High,
        X=prices[["Close"]],
        strategy=strategy,
        error_score="raise",
        return_data=True,
    )
    for _, fold in results.iterrows():
        assert fold.y_pred.index.equals(fold.y_test.index)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(0, 288, 2),
        pd.date_range(
            "2020-01-01", periods=144, freq=pd.offsets.CDay(holidays=["2020-03-04"])
        ),
    ],
    ids=["every second", "with holidays"],
)
def test_backtest_on_unusual_indexes(index, airline):
    splitter = ExpandingWindowSplitter([1, 3], initial_window=40, step_length=3)
    results = evaluate(
        GRUForecaster(**SMALL),
        splitter,
        airline.set_axis(index),
        strategy="no-update_params",
        error_score="raise",
        return_data=True,
    )
    for _, fold in results.iterrows():
        assert fold.y_pred.index.equals(fold.y_test.index)


def test_a_row_alone_does_not_lose_the_frequency(airline):
    y = airline.set_axis(pd.date_range("1949-01-01", periods=144, freq="MS"))
    forecaster = GRUForecaster(**SMALL).fit(y[:100], fh=[1, 3])
    forecasts = forecaster.update(y[100:101], update_params=False).predict()
    assert forecasts.index.tolist() == y.index[[101, 103]].tolist()
    ahead = GRUForecaster(**SMALL).fit(y[:100], fh=[1, 2, 3]).predict()
    assert ahead.index.freq == y.index.freq


def test_no_window_spans_a_gap(airline):
    """What an update leaves out is not glued together."""
    forecaster = GRUForecaster(**SMALL, dtype="float64").fit(airline[:60], fh=[1])
    before = deepcopy(forecaster.regressor_)
    forecaster.update(airline[70:73])
    first = airline.iloc[70]
    window = [first, first, first, *airline[70:73]]
    assert forecaster.predict().item() == before.predict([window]).item()
    forecaster.update(airline[73:80])  # 10 values in a row, 4 windows
    X, y = make_windows(airline[70:80].to_numpy(), n_steps=6)
    before.partial_fit(X, y[:, np.newaxis])
    for held, kept in zip(before.weights_, forecaster.regressor_.weights_, strict=True):
        np.testing.assert_array_equal(held, kept)


def test_update_predict_of_a_stock(airline):
    """An index without a frequency cannot be shifted back to before its start."""
    exchange = INDEXES["exchange"]
    splitter = ExpandingWindowSplitter([1, 2], initial_window=20, step_length=40)
    forecaster = GRUForecaster(**SMALL).fit(airline, fh=[1, 2])
    expected = forecaster.update_predict(airline, splitter, update_params=False)
    dated = GRUForecaster(**SMALL).fit(airline.set_axis(exchange), fh=[1, 2])
    forecasts = dated.update_predict(
        airline.set_axis(exchange), splitter, update_params=False
    )
    places = airline.index.get_indexer(expected.index)
    assert forecasts.index.tolist() == exchange[places].tolist()
    np.testing.assert_array_equal(forecasts.to_numpy(), expected.to_numpy())


# ------------------------------------------------------------------ several series


def test_a_panel_gets_one_network_each_and_compiles_once(airline):
    training_function.cache_clear()
    prediction_function.cache_clear()
    panel = pd.concat({"a": airline[:80], "b": 2 * airline[:90]}, names=["line"])
    forecaster = LSTMForecaster(**{**SMALL, "units": 7}).fit(
        panel.to_frame(), fh=[1, 2]
    )
    forecasts = forecaster.predict()
    for line, series in [("a", airline[:80]), ("b", 2 * airline[:90])]:
        alone = LSTMForecaster(**{**SMALL, "units": 7}).fit(series, fh=[1, 2])
        np.testing.assert_array_equal(
            forecasts.loc[line].to_numpy()[:, 0], alone.predict().to_numpy()
        )
    assert training_function._compile.cache_info().misses == 1
    assert prediction_function._compile.cache_info().misses == 1


def test_a_panel_in_threads_gives_the_same_bits(airline):
    panel = pd.concat({i: airline[:80] + i for i in range(4)}, names=["line"])
    forecaster = GRUForecaster(**SMALL)
    expected = forecaster.fit(panel.to_frame(), fh=[1, 2]).predict()
    forecaster = forecaster.clone().set_config(**{"backend:parallel": "threading"})
    pd.testing.assert_frame_equal(
        forecaster.fit(panel.to_frame(), fh=[1, 2]).predict(), expected
    )


def test_several_columns_get_one_network_each(airline):
    frame = pd.DataFrame({"a": airline, "b": airline[::-1].to_numpy()})
    forecasts = GRUForecaster(**SMALL).fit(frame, fh=[1, 2]).predict()
    alone = GRUForecaster(**SMALL).fit(frame.b, fh=[1, 2]).predict()
    assert forecasts.columns.tolist() == ["a", "b"]
    np.testing.assert_array_equal(forecasts.b.to_numpy(), alone.to_numpy())


# -------------------------------------------------------------- inside sktime's tools


@pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
@pytest.mark.parametrize("window", ["expanding", "sliding"])
def test_evaluate_is_what_a_loop_over_folds_gives(strategy, window, airline):
    if window == "expanding":
        splitter = ExpandingWindowSplitter([1, 2], initial_window=60, step_length=24)
    else:
        splitter = SlidingWindowSplitter([1, 2], window_length=60, step_length=24)
    forecaster = GRUForecaster(**SMALL)
    results = evaluate(
        forecaster,
        splitter,
        airline,
        strategy=strategy,
        error_score="raise",
        return_data=True,
    )
    fitted = forecaster.clone()
    for i, (train, test) in enumerate(splitter.split(airline)):
        if i == 0 or strategy == "refit":
            fitted = forecaster.clone().fit(airline.iloc[train], fh=[1, 2])
        else:
            # Only what is new; evaluate hands over all.
            new = airline.iloc[train][fitted.cutoff[0] :][1:]
            fitted.update(new, update_params=strategy == "update")
        expected = fitted.predict()
        pd.testing.assert_series_equal(results.y_pred[i], expected)
        assert expected.index.equals(airline.index[test])
    assert len(results) == 4


def test_evaluate_in_threads_gives_the_same_scores(airline):
    splitter = ExpandingWindowSplitter([1, 2, 3], initial_window=80, step_length=10)
    scores = [
        evaluate(
            LSTMForecaster(**SMALL),
            splitter,
            airline,
            backend=backend,
            error_score="raise",
        )["test_MeanAbsolutePercentageError"]
        for backend in (None, "threading")
    ]
    pd.testing.assert_series_equal(*scores)


def test_grid_search_over_units_and_n_steps(airline):
    search = ForecastingGridSearchCV(
        GRUForecaster(epochs=3, random_state=0),
        ExpandingWindowSplitter([1, 2, 3], initial_window=60, step_length=20),
        {"units": [3, 5], "n_steps": [4, 12]},
        backend=None,
        error_score="raise",
    )
    search.fit(airline, fh=[1, 2, 3])
    assert len(search.cv_results_) == 4
    assert np.isfinite(search.best_score_)
    best = GRUForecaster(epochs=3, random_state=0, **search.best_params_)
    expected = best.fit(airline, fh=[1, 2, 3]).predict()
    pd.testing.assert_series_equal(search.predict(), expected)


def test_pipeline(airline):
    pipe = TransformedTargetForecaster(
        [("change", Differencer()), ("gru", GRUForecaster(**SMALL))]
    )
    forecasts = pipe.fit(airline, fh=[1, 2, 3]).predict()
    changes = GRUForecaster(**SMALL).fit(airline.diff().fillna(0), fh=[1, 2, 3])
    expected = airline.iloc[-1] + changes.predict().cumsum()
    np.testing.assert_allclose(forecasts, expected)
    shorter = Differencer() * GRUForecaster(**SMALL)
    np.testing.assert_array_equal(
        shorter.fit(airline, fh=[1, 2, 3]).predict(), forecasts
    )


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_saved_and_loaded(strategy, airline, tmp_path):
    forecaster = GRUForecaster(**SMALL, strategy=strategy).fit(airline, fh=[1, 2])
    expected = forecaster.predict()
    forecaster.save(tmp_path / "forecaster")
    for loaded in (
        load(str(tmp_path / "forecaster")),
        pickle.loads(pickle.dumps(forecaster)),
        deepcopy(forecaster),
    ):
        pd.testing.assert_series_equal(loaded.predict(), expected)


# ---------------------------------------------------------------------- bad input


def test_fit_without_fh(airline):
    with pytest.raises(ValueError, match="`fh` must be passed to `fit`"):
        LSTMForecaster(**SMALL).fit(airline)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_steps": 0}, "'n_steps' parameter of GRUForecaster must be an int"),
        ({"n_steps": None}, "'n_steps' parameter of GRUForecaster must be an int"),
        ({"strategy": "both"}, "'strategy' parameter of GRUForecaster must be a str"),
        ({"past_covariates": "a"}, "'past_covariates' parameter of GRUForecaster"),
        ({"units": 0}, "'units' parameter of GRUForecaster must be"),
        ({"past_covariates": ["a"]}, r"names 'a', which is no column of X \(not given"),
        ({"n_steps": 144}, "y has 144 time .*n_steps=144 and horizon=1 need at least"),
    ],
)
def test_bad_parameters(params, message, airline):
    with pytest.raises(ValueError, match=message):
        GRUForecaster(**{**SMALL, **params}).fit(airline, fh=[1])


def test_bad_values(airline, exogenous):
    forecaster = GRUForecaster(**SMALL)
    with pytest.raises(ValueError, match="missing data"):
        forecaster.fit(airline.where(airline.index != "1950-03"), fh=[1])
    with pytest.raises(ValueError, match="y contains infinity"):
        forecaster.fit(airline.where(airline < 600, np.inf), fh=[1])
    X = exogenous.where(exogenous < 7, np.inf)
    with pytest.raises(ValueError, match="Column 'price' of X contains infinity"):
        forecaster.fit(airline, X=X, fh=[1])
    with pytest.raises(ValueError, match="gap after 1949-05, its next time is 1949-08"):
        forecaster.fit(airline.drop(airline.index[[5, 6]]), fh=[1])


def test_bad_exogenous_data(airline, exogenous):
    forecaster = GRUForecaster(**SMALL)
    forecaster.fit(airline[:100], X=exogenous[:100], fh=[1, 3])
    with pytest.raises(ValueError, match=r"no row for 1957-05, .* \[1, 3\] together"):
        forecaster.predict()
    with pytest.raises(ValueError, match=r"no row for 1957-07, .* it has is 1957-06\)"):
        forecaster.predict(X=exogenous[100:102])
    assert len(forecaster.predict(X=exogenous.iloc[[100, 102]])) == 2
    with pytest.raises(ValueError, match=r"predict lacks the columns \['close'\]"):
        forecaster.predict(X=exogenous[["price"]])
    with pytest.raises(ValueError, match="X has no row for 1957-05, a time of y"):
        forecaster.update(airline[100:101])
    without = GRUForecaster(**SMALL).fit(airline[:100], fh=[1])
    with pytest.raises(ValueError, match="predict was given an X, but fit was not"):
        without.predict(X=exogenous)
    recursive = GRUForecaster(**SMALL, strategy="recursive")
    recursive.fit(airline[:100], X=exogenous[:100])
    with pytest.raises(ValueError, match=r"1957-06, .* passes through all 3 steps"):
        recursive.predict([1, 3], X=exogenous.iloc[[100, 102]])


def test_more_columns_and_rows_of_X_than_needed(airline, exogenous):
    forecaster = GRUForecaster(**SMALL)
    forecaster.fit(airline[:100], X=exogenous[["close", "price"]], fh=[1, 3])
    expected = forecaster.predict()  # fit has seen X ahead
    more = exogenous.assign(other=1.0)
    pd.testing.assert_series_equal(forecaster.predict(X=more), expected)


def test_a_failed_update_changes_nothing(airline, exogenous):
    forecaster = GRUForecaster(**SMALL, dtype="float64", learning_rate=0.01)
    forecaster.fit(airline[:100], X=exogenous, fh=[1, 2])
    expected = forecaster.predict()
    infinite = airline[100:110].where(airline.index[100:110] != "1957-08", np.inf)
    with pytest.raises(ValueError, match="y contains infinity"):
        forecaster.update(infinite, X=exogenous)
    with pytest.raises(ValueError, match=r"update lacks the columns \['close'\]"):
        forecaster.update(airline[100:110], X=exogenous[["price"]])
    pd.testing.assert_series_equal(forecaster.predict(), expected)


def test_a_failed_update_of_a_panel_changes_nothing(airline):
    panel = pd.concat({"a": airline[:50], "b": airline[:50]}, names=["line"]).to_frame()
    forecaster = GRUForecaster(**SMALL).fit(panel, fh=[1])
    expected = forecaster.predict()
    more = pd.concat({"a": airline[50:60], "b": airline[50:60] / 0.0}, names=["line"])
    with pytest.raises(ValueError, match="y contains infinity"):
        forecaster.update(more.to_frame())
    assert forecaster.cutoff[0] == airline.index[49]
    pd.testing.assert_frame_equal(forecaster.predict(), expected)


def test_update_predict_gives_back_what_it_is_given(airline):
    forecaster = GRUForecaster(**SMALL).fit(airline.to_frame("a"), fh=[1])
    splitter = ExpandingWindowSplitter([1], initial_window=100, step_length=20)
    forecasts = forecaster.update_predict(airline.to_frame("a"), splitter)
    assert forecasts.shape == (3, 1)
    assert forecasts.columns.tolist() == ["a"]


def test_an_empty_X_is_none(airline, exogenous):
    forecaster = GRUForecaster(**SMALL, past_covariates=["price", "close"])
    forecaster.fit(airline[:100], X=exogenous[:100], fh=[1, 2])
    expected = forecaster.predict()
    pd.testing.assert_series_equal(forecaster.predict(X=exogenous[:0]), expected)


def test_infinity_ahead_is_not_read(airline, exogenous):
    X = exogenous.copy()
    X.iloc[101, 0] = np.inf
    for strategy in "direct", "recursive":
        forecaster = GRUForecaster(**SMALL, strategy=strategy)
        forecaster.fit(airline[:100], X=exogenous[:100], fh=[1, 2, 3])
        with pytest.raises(ValueError, match="X contains infinity"):
            forecaster.predict([1, 2, 3], X=X[100:103])


def test_the_data_are_left_alone_and_remembered(airline):
    y = airline.copy()
    forecaster = GRUForecaster(**SMALL).fit(y, fh=[1])
    expected = forecaster.predict()
    pd.testing.assert_series_equal(y, airline)
    y.iloc[-1] = -500
    pd.testing.assert_series_equal(forecaster.predict(), expected)


def test_unforeseeable_horizons(airline, exogenous):
    forecaster = GRUForecaster(**SMALL).fit(airline[:100], fh=[2, 3])
    dates = ForecastingHorizon(airline.index[101:103], is_relative=False)
    forecaster = GRUForecaster(**SMALL).fit(airline[:100], fh=dates)
    forecaster.update(airline[100:101], update_params=False)
    with pytest.raises(ValueError, match=r"steps \[1\] after 1957-05, .* for \[2, 3\]"):
        forecaster.predict()
    recursive = GRUForecaster(
        **SMALL, strategy="recursive", past_covariates=["close"]
    ).fit(airline[:100], X=exogenous[:100])
    assert len(recursive.predict([1], X=exogenous[100:101])) == 1
    with pytest.raises(ValueError, match=r"fh asks for 2 steps, .*strategy='direct'"):
        recursive.predict([2], X=exogenous[100:102])


def test_forecasts_that_run_away_are_an_error(airline):
    forecaster = GRUForecaster(**SMALL, strategy="recursive", scaler=None)
    forecaster.fit(airline)
    weights = forecaster.regressor_.weights_
    weights[-2][:] = np.finfo(weights[-2].dtype).max
    with pytest.raises(ValueError, match=r"forecast of step .* is not finite"):
        forecaster.predict(np.arange(1, 50))


def test_it_learns(wave):
    train, test = temporal_train_test_split(pd.Series(wave), test_size=10)
    fh = np.arange(1, 11)
    for strategy in "direct", "recursive":
        # The wave keeps its level.
        forecaster = GRUForecaster(
            16, strategy=strategy, window_scaler=None, epochs=60, random_state=0
        )
        error = forecaster.fit(train, fh=fh).score(test, fh=fh)
        assert error < 0.3 * NaiveForecaster().fit(train).score(test, fh=fh)
