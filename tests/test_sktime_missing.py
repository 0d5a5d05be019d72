"""sktime's interface: missing values and gaps."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.base import ForecastingHorizon

from sk_rnn import make_windows
from sk_rnn.sktime import GRUForecaster, LSTMForecaster
from sk_rnn.sktime._pool import Pool

SMALL = {"units": 5, "n_steps": 6, "epochs": 3, "random_state": 0, "dtype": "float64"}


def assert_same_network(forecaster, X, y):
    """Compare with a regressor trained on windows made by hand."""
    fitted = forecaster.regressor_
    params = {**fitted.get_params(deep=False), "validation_fraction": None}
    assert_same_weights(forecaster, type(fitted)(**params).fit(X, y).weights_)


def assert_same_weights(forecaster, weights):
    for held, kept in zip(weights, forecaster.regressor_.weights_, strict=True):
        np.testing.assert_array_equal(held, kept)


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_windows_with_missing_values_train_nothing(strategy, airline):
    y = airline.copy()
    y.iloc[[0, 1, 50, 51, 90]] = np.nan
    fh = [1, 3] if strategy == "direct" else [1]
    forecaster = GRUForecaster(**SMALL, strategy=strategy).fit(y, fh=fh)
    X, targets = make_windows(y.to_numpy(), 6, fh[-1])
    targets = targets.reshape(len(X), -1)[:, np.array(fh) - 1]
    # Of two steps ahead nothing is asked, so it may be missing there.
    kept = np.isfinite(X).all(axis=1) & np.isfinite(targets).all(axis=1)
    assert 60 < kept.sum() < len(X)
    assert_same_network(forecaster, X[kept], targets[kept])
    assert np.isfinite(forecaster.predict()).all()


def test_missing_values_of_X_train_nothing(airline, exogenous):
    """The past of a past covariate, and a known column at the times forecast too."""
    X = exogenous.copy()
    X.loc["1952-03", "close"] = np.nan
    X.loc["1956-03", "price"] = np.nan
    forecaster = GRUForecaster(**SMALL, past_covariates=["close"])
    forecaster.fit(airline, X=X, fh=[1, 2])
    pool = Pool.of([forecaster._past])
    rows, targets = np.asarray(pool.windows), np.asarray(pool.targets)
    assert np.isfinite(rows).all()
    # Windows of 6 steps, of 137: 6 hold the close, 8 read the price, 2 of them ahead.
    assert len(rows) == len(targets) == 137 - 6 - 8
    assert np.isfinite(forecaster.predict(X=X_after(X, 2))).all()


def X_after(X, n):
    index = pd.period_range(X.index[-1] + 1, periods=n, freq="M")
    return pd.DataFrame(1.0, index=index, columns=X.columns)


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_predict_names_the_first_missing_time(strategy, airline, exogenous):
    y = airline.copy()
    y.iloc[[137, 140, 141]] = np.nan
    message = (
        r"y is missing at 1960-09, but a forecast reads the last 6 values\. Fill in .*"
        r"interpolate or sktime's Imputer"
    )
    forecaster = GRUForecaster(**SMALL, strategy=strategy).fit(y, fh=[1])
    with pytest.raises(ValueError, match=message):
        forecaster.predict()
    forecaster.update(airline[140:])  # the values come in late
    assert np.isfinite(forecaster.predict()).all()

    X = exogenous.copy()
    X.loc["1960-08", "close"] = np.nan
    params = {**SMALL, "strategy": strategy, "past_covariates": ["close"]}
    forecaster = GRUForecaster(**params).fit(airline, X=X, fh=[1])
    with pytest.raises(ValueError, match="Column 'close' of X is missing at 1960-08"):
        forecaster.predict(X=X_after(X, 1))
    forecaster = GRUForecaster(**params).fit(airline, X=exogenous, fh=[1])
    with pytest.raises(ValueError, match="X has no value for 1961-01, but"):
        forecaster.predict(X=X_after(X, 1) * np.nan)


def test_a_series_that_starts_late_or_has_holes_in_a_wide_table(airline):
    table = pd.DataFrame({"a": airline, "b": airline.where(airline.index > "1953")})
    forecasts = GRUForecaster(**SMALL).fit(table, fh=[1, 2]).predict()
    late = GRUForecaster(**SMALL).fit(airline[airline.index > "1953"], fh=[1, 2])
    np.testing.assert_array_equal(forecasts["b"], late.predict())


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (
            lambda y: y * np.nan,
            r"144 of 144 time steps are missing in y, and no",
        ),
        (
            lambda y: y.where(np.arange(144) % 7 > 0),
            r"21 of 144 .* n_steps=6 and horizon=2 ask for 8 .* interpolate .* Imputer",
        ),
        (lambda y: y.drop(y.index[6:140]), "134 of 144 time steps are missing"),
    ],
    ids=["all", "every week", "a gap"],
)
def test_no_complete_window_is_refused_with_the_numbers(y, message, airline):
    with pytest.raises(ValueError, match=message):
        GRUForecaster(**SMALL).fit(y(airline), fh=[1, 2])


def test_an_update_with_missing_values(airline):
    y = airline.copy()
    y.iloc[105] = np.nan
    forecaster = GRUForecaster(**SMALL).fit(y[:100], fh=[1])
    weights = [weight.copy() for weight in forecaster.regressor_.weights_]
    expected = GRUForecaster(**SMALL).fit(y[:100], fh=[1]).regressor_
    forecaster.update(y[100:120])
    X, targets = make_windows(y[94:120].to_numpy(), n_steps=6, dropna=True)
    assert len(X) == 13  # of 20 new targets not this one, nor the 6 after it
    expected.partial_fit(X, targets[:, np.newaxis])
    assert_same_weights(forecaster, expected.weights_)
    # Nothing complete to train on: nothing is trained, and nothing is forgotten.
    other = GRUForecaster(**SMALL).fit(y[:100], fh=[1]).update(y[105:106])
    assert_same_weights(other, weights)


# Gaps


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
@pytest.mark.parametrize("kind", ["periods", "dates", "numbers"])
def test_no_training_window_spans_a_gap(kind, strategy, airline):
    if kind == "dates":
        airline = airline.set_axis(airline.index.to_timestamp())
    if kind == "numbers":
        airline = airline.reset_index(drop=True)
    gappy = airline.drop(airline.index[[5, 6, 70]])
    message = (
        r"y has a gap of 2 step\(s\) after .*; y has a gap of 1 .* Windows that span "
        r"a gap are left out"
    )
    forecaster = GRUForecaster(**SMALL, strategy=strategy)
    with pytest.warns(UserWarning, match=message) as caught:
        forecaster.fit(gappy, fh=[1, 2] if strategy == "direct" else [1])
    assert [warning.filename for warning in caught] == [__file__]
    horizon = 2 if strategy == "direct" else 1
    X, y = make_windows(
        gappy.reindex(airline.index).to_numpy(), 6, horizon, dropna=True
    )
    assert_same_network(forecaster, X, y.reshape(len(X), -1))


def test_a_gap_is_as_good_as_missing_values(airline):
    holey = airline.where(~airline.index.isin(airline.index[[5, 6, 70]]))
    with pytest.warns(UserWarning, match="gap"):
        gappy = GRUForecaster(**SMALL).fit(holey.dropna(), fh=[1, 2])
    expected = GRUForecaster(**SMALL).fit(holey, fh=[1, 2]).predict()
    pd.testing.assert_series_equal(gappy.predict(), expected)


def test_in_sample_forecasts_around_missing_values(airline):
    y = airline.copy()
    y.iloc[[70, 72]] = np.nan
    forecaster = GRUForecaster(**SMALL, strategy="recursive").fit(y)
    fitted = forecaster.predict(np.arange(-143, 1))
    assert fitted.index.equals(airline.index)
    # Nothing is known before the first; the windows of 71 to 78 hold a missing value.
    assert np.flatnonzero(fitted.isna()).tolist() == [0, *range(71, 79)]
    X, _ = make_windows(y.to_numpy(), n_steps=6)
    expected = forecaster.regressor_.predict(X[[64, 73]])[:, 0]
    np.testing.assert_allclose(fitted.iloc[[70, 79]], expected, rtol=1e-9)


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_in_sample_forecasts_around_a_gap(strategy, airline):
    """After a gap as at the start: the first value stands in for what is missing."""
    fh = np.arange(-143, 3)
    gappy = airline.drop(airline.index[70:73])
    with pytest.warns(UserWarning, match="gap of 3"):
        forecaster = LSTMForecaster(**SMALL, strategy=strategy).fit(gappy, fh=fh)
    fitted = forecaster.predict(fh)
    assert fitted.index[:144].equals(airline.index)
    # Right before the first, two of the gap, and the next, nothing is known.
    assert np.flatnonzero(fitted.isna()).tolist() == [0, 71, 72, 73]
    first, second = airline[73:75]
    windows = [airline[64:70], [first] * 6, [first] * 5 + [second]]
    expected = forecaster.regressor_.predict(np.array(windows))[:, 0]
    np.testing.assert_allclose(fitted.iloc[[70, 74, 75]], expected, rtol=1e-9)


def test_in_sample_forecasts_are_those_of_a_cutoff_moved_back(airline):
    gappy = airline.drop(airline.index[70:73])
    with pytest.warns(UserWarning, match="gap of 3"):
        forecaster = GRUForecaster(**SMALL, strategy="recursive").fit(gappy)
    fitted = forecaster.predict(np.arange(-143, 1))
    for n_known in 30, 70, 71, 75, 90:
        forecaster.update(gappy[:n_known], update_params=False)
        forecast = forecaster.predict([1])
        expected = fitted[forecast.index]
        np.testing.assert_allclose(forecast, expected, rtol=1e-9)


def test_known_values_around_a_gap(airline, exogenous):
    gappy = airline.drop(airline.index[70:73])
    forecaster = GRUForecaster(**SMALL, past_covariates=["close"])
    fh = [-80, -74, -73, -72, -70, -69, 1]
    with pytest.warns(UserWarning, match="gap of 3"):
        forecaster.fit(gappy, X=exogenous, fh=fh)
    fitted = forecaster.predict(fh, X=X_after(exogenous, 1))
    assert fitted.isna().tolist() == [False, False, False, True, True, False, False]
    whole = GRUForecaster(**SMALL, past_covariates=["close"])
    whole.fit(airline, X=exogenous, fh=fh).regressor_ = forecaster.regressor_
    expected = whole.predict(fh, X=X_after(exogenous, 1))
    np.testing.assert_allclose(fitted.iloc[:3], expected.iloc[:3], rtol=1e-9)


# Panels


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda y: y[:5], r"y has 5 time step\(s\), but n_steps=6 and horizon=1 need"),
        (lambda y: y[:0:-1][::-1].where(y < 600, np.inf), "y contains infinity"),
        (lambda y: y * np.nan, "144 of 144 time steps are missing in y"),
        (lambda y: y - 300, r"'ratio' divides by the last value of a window"),
    ],
    ids=["short", "infinite", "missing", "not positive"],
)
def test_a_message_about_a_panel_names_the_series(spoil, message, airline):
    panel = pd.concat({"A": airline, "B": spoil(airline)}, names=["store"]).to_frame()
    forecaster = GRUForecaster(**SMALL, window_scaler="ratio")
    with pytest.raises(ValueError, match=f"In series 'B': .*{message}"):
        forecaster.fit(panel, fh=[1])
    deep = pd.concat({"north": panel}, names=["region"])
    with pytest.raises(ValueError, match=rf"In series \('north', 'B'\): .*{message}"):
        forecaster.fit(deep, fh=[1])
    table = pd.DataFrame({"a": airline, "b": spoil(airline)})
    if len(spoil(airline)) == len(airline):
        with pytest.raises(ValueError, match=f"In column 'b': .*{message}"):
            forecaster.fit(table, fh=[1])
    panel = pd.concat({"A": airline, "B": airline + 300}, names=["store"]).to_frame()
    forecaster.fit(panel, fh=[1])


def test_a_bad_series_is_found_before_any_is_trained(airline, monkeypatch):
    panel = pd.concat({"A": airline, "B": airline[:5]}, names=["store"]).to_frame()
    monkeypatch.setattr(GRUForecaster, "_fit", None)
    with pytest.raises(ValueError, match="In series 'B'"):
        GRUForecaster(**SMALL).fit(panel, fh=[1])


def test_a_wrong_parameter_is_no_matter_of_a_series(airline):
    panel = pd.concat({"A": airline, "B": airline}, names=["store"]).to_frame()
    for params in {"n_steps": 0}, {"units": 0}:
        with pytest.raises(ValueError, match=r"^The '.*' parameter of GRUForecaster"):
            GRUForecaster(**{**SMALL, **params}).fit(panel, fh=[1])


def test_later_messages_about_a_panel_name_the_series_too(airline, tmp_path):
    gappy = airline.drop(airline.index[70:73])
    holey = airline.where(airline.index != "1960-11")
    panel = pd.concat({"A": gappy, "B": holey}, names=["store"]).to_frame()
    forecaster = GRUForecaster(**SMALL)
    with pytest.warns(UserWarning, match="In series 'A': y has a gap of 3") as caught:
        forecaster.fit(panel, fh=[1])
    assert len(caught) == 1
    with pytest.raises(ValueError, match="In series 'B': y is missing at 1960-11"):
        forecaster.predict()
    infinite = pd.concat({"A": airline[-1:], "B": airline[-1:] / 0.0}, names=["store"])
    with pytest.raises(ValueError, match="In series 'B': y contains infinity"):
        forecaster.update(infinite.to_frame())
    forecaster.update(
        pd.concat({"A": airline, "B": airline}, names=["store"]).to_frame()
    )
    assert np.isfinite(forecaster.predict()).all(axis=None)
    assert type(forecaster._yvec).__module__.startswith("sktime.")  # as it is stored


def test_a_short_series_of_a_panel_is_told_all_numbers(airline):
    """Also where the steps ahead are absolute, or the dates have no frequency."""
    months = airline.set_axis(airline.index.to_timestamp())
    panel = pd.concat({"A": months, "B": months[-7:]}, names=["store"]).to_frame()
    message = r"In series 'B': y has 7 time step\(s\), but n_steps=6 and horizon=4 need"
    fh = pd.date_range("1961-02-01", periods=3, freq="MS")
    for asked in [2, 3, 4], ForecastingHorizon(fh, is_relative=False):
        with pytest.raises(ValueError, match=message):
            GRUForecaster(**SMALL).fit(panel, fh=asked)
    days = pd.bdate_range("2021-01-04", periods=32).delete([7, 15])
    prices = pd.Series(np.arange(30.0), days)
    panel = pd.concat({"A": prices, "B": prices[-7:]}, names=["stock"]).to_frame()
    with pytest.raises(ValueError, match=message):
        GRUForecaster(**SMALL).fit(panel, fh=[4])


def test_no_window_spans_a_time_when_an_exchange_was_closed(airline):
    """Its holidays are no gaps, and its days have no frequency."""
    days = pd.date_range("2024-01-01", periods=171, freq="B")
    days = days.delete([10, *range(60, 86)])
    y = airline.set_axis(days)
    with pytest.warns(UserWarning, match=r"gap of 26 step\(s\) after 2024-03-22"):
        forecaster = GRUForecaster(**SMALL).fit(y, fh=[-90, -84, -83, 1])
    X, targets = make_windows(y.to_numpy(), n_steps=6)
    # Windows that end with 59 values or fewer, or begin with the 60th.
    kept = (np.arange(len(X)) + 6 < 59) | (np.arange(len(X)) >= 59)
    assert_same_network(forecaster, X[kept], targets[kept, np.newaxis])


def test_weekends_are_no_gaps(airline):
    """Days as periods have a frequency of days, whatever is left out."""
    days = pd.bdate_range("2024-01-01", periods=100).to_period("D")
    y = airline[:100].set_axis(days)
    forecaster = GRUForecaster(**SMALL).fit(y, fh=[1, 2])
    X, targets = make_windows(y.to_numpy(), n_steps=6, horizon=2)
    assert_same_network(forecaster, X, targets)
    ahead = pd.bdate_range(days[-1].to_timestamp(), periods=3)[1:].to_period("D")
    assert forecaster.predict().index.tolist() == ahead.tolist()
