"""skops holds every public estimator, and one tuple names what to trust."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import BaseEstimator
from sktime.base import BaseObject

import sk_rnn.sktime
from sk_rnn import TRUSTED_TYPES, WindowScaler
from sk_rnn.sktime import GRUForecaster

SMALL = {"units": 4, "epochs": 1, "n_steps": 4, "dtype": "float32", "random_state": 0}
Y = pd.Series(
    10 + np.sin(np.arange(40.0)), pd.period_range("2020-01", periods=40, freq="M")
)
X = pd.DataFrame({"price": np.arange(42.0)}, Y.index.append(Y.index[-2:] + 2))
DATES = Y.to_timestamp()
WORKDAYS = Y.set_axis(pd.bdate_range("2021-03-01", periods=42).delete([7, 20]))


def through_skops(forecaster):
    return skops.io.loads(skops.io.dumps(forecaster), trusted=TRUSTED_TYPES)


def through_pickle(forecaster):
    return pickle.loads(pickle.dumps(forecaster))


def test_the_types_are_all_public_estimators():
    public = [
        getattr(module, name)
        for module in (sk_rnn, sk_rnn.sktime)
        for name in module.__all__
    ]
    names = [
        f"{each.__module__}.{each.__name__}"
        for each in public
        if isinstance(each, type) and issubclass(each, (BaseEstimator, BaseObject))
    ]
    assert sorted(names) == list(TRUSTED_TYPES)


@pytest.mark.parametrize("y", [Y, DATES, WORKDAYS, Y.to_numpy(), Y.reset_index(drop=1)])
@pytest.mark.parametrize("trip", [through_skops, through_pickle, copy.deepcopy])
def test_a_fitted_series_forecaster_is_held(y, trip):
    forecaster = GRUForecaster(**SMALL, window_scaler=WindowScaler("last"))
    forecaster.fit(y, fh=[1, 3])
    stored = trip(forecaster)
    assert_same(stored, forecaster)
    if not isinstance(y, np.ndarray):
        assert_same(stored.update(y), forecaster.update(y))


def test_exogenous_data_and_dates_ahead_are_held():
    forecaster = GRUForecaster(**SMALL).fit(Y, X=X[:40], fh=Y.index[-2:] + 2)
    assert_same(through_skops(forecaster), forecaster, X=X)


def test_a_range_of_steps_comes_back():
    forecaster = GRUForecaster(**SMALL, horizon=range(1, 3)).fit(Y, fh=[1, 2])
    restored = through_skops(forecaster)
    assert restored.horizon == range(1, 3)
    assert_same(restored, forecaster)


@pytest.mark.parametrize("trip", [through_skops, through_pickle])
def test_forecasters_of_several_series_are_held(trip):
    frame = pd.DataFrame({"a": Y, "b": Y + 1})
    panel = frame.stack().swaplevel().sort_index().to_frame("value")
    for series in frame, panel:
        forecaster = GRUForecaster(**SMALL, strategy="recursive").fit(series)
        assert_same(trip(forecaster), forecaster, fh=[1, 2])


def assert_same(stored, forecaster, **kwargs):
    """Compare forecasts, and all that is held, by what it looks like when stored."""
    expected = forecaster.predict(**kwargs)
    if isinstance(expected, np.ndarray):
        np.testing.assert_array_equal(stored.predict(**kwargs), expected)
    elif isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(stored.predict(**kwargs), expected)
    else:
        pd.testing.assert_series_equal(stored.predict(**kwargs), expected)
    assert vars(stored).keys() == vars(forecaster).keys()
    assert repr(stored.__getstate__()) == repr(forecaster.__getstate__())


def test_a_series_forecaster_of_another_version_says_so():
    forecaster = GRUForecaster(**SMALL)
    state = forecaster.__getstate__()
    del state["segment_length"]
    with pytest.raises(ValueError, match=r"saved by another .*it lacks \['segment_len"):
        forecaster.__setstate__(state)
    fitted = forecaster.fit(Y, fh=[1]).__getstate__()
    del fitted["_pasts"][0][1]["spacing"]
    with pytest.raises(ValueError, match=r"GRUForecaster was altered.*'spacing'"):
        forecaster.__setstate__(fitted)
