"""sktime's interface: updates, and that no forecast looks past its cutoff."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.base import ForecastingHorizon
from sktime.split import ExpandingWindowSplitter

from sk_rnn import make_windows
from sk_rnn.sktime import GRUForecaster, LSTMForecaster

SMALL = {"units": 5, "n_steps": 6, "epochs": 3, "random_state": 0}


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
    np.testing.assert_allclose(forecasts, expected, rtol=1e-5)


def test_update_predict_gives_back_what_it_is_given(airline):
    forecaster = GRUForecaster(**SMALL).fit(airline.to_frame("a"), fh=[1])
    splitter = ExpandingWindowSplitter([1], initial_window=100, step_length=20)
    forecasts = forecaster.update_predict(airline.to_frame("a"), splitter)
    assert forecasts.shape == (3, 1)
    assert forecasts.columns.tolist() == ["a"]


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
