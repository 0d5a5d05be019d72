import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn import config_context

import sk_rnn
from sk_rnn import GRUForecaster, PersistenceForecaster, make_windows
from sk_rnn._rows import _lag_of, read_windows, window_labels

# Two channels, three steps: "a" counts 1, 2, 3 and "b" counts 10, 20, 30.
BY_STEP = np.array([[1.0, 10, 2, 20, 3, 30]])
BY_CHANNEL = np.array([[1.0, 2, 3, 10, 20, 30]])
WINDOW = np.array([[[1.0, 10], [2, 20], [3, 30]]])


def read(X, y=None, **parameters):
    """Return the windows that a forecaster of these parameters reads."""
    forecaster = PersistenceForecaster(**parameters)
    y = np.zeros(len(X)) if y is None else y
    return read_windows(forecaster, X, y, reset=True)[0]


@pytest.mark.parametrize(
    ("rows", "column_order"), [(BY_STEP, "step"), (BY_CHANNEL, "channel")]
)
def test_a_row_is_read_as_its_window(rows, column_order):
    windows = read(rows, n_channels=2, column_order=column_order)
    np.testing.assert_array_equal(windows.steps, WINDOW)
    assert windows.features.shape == (1, 0)


@pytest.mark.parametrize(
    ("parameters", "columns"),
    [
        ({"n_channels": 2}, slice(None)),
        ({"n_channels": 2, "column_order": "channel"}, slice(None)),
        ({"column_order": ["lag_3", "lag_2", "lag_1", *"xyz"]}, slice(None, 3)),
        ({"column_order": ["lag_1", "lag_2", "lag_3", *"xyz"]}, slice(2, None, -1)),
        ({"column_order": [*"xyz", "lag_1", "lag_2", "lag_3"]}, slice(5, 2, -1)),
    ],
)
def test_regular_steps_are_views(parameters, columns):
    rows = np.arange(60.0).reshape(10, 6)
    steps = read(rows, **parameters).steps
    assert np.shares_memory(steps, rows)
    assert not steps.flags.writeable
    if steps.shape[2] == 1:
        np.testing.assert_array_equal(steps[:, :, 0], rows[:, columns])


# Who writes such columns -> the columns, and what they hold of 1, 2, 3 and a month.
DIALECTS = {
    "make_windows": ["air[t-3]", "air[t-2]", "air[t-1]", "month"],
    "skforecast": ["lag_1", "lag_2", "lag_3", "month"],
    "mlforecast": ["lag1", "lag2", "lag3", "month"],
    "feature-engine": ["air", "air_lag_1", "air_lag_2", "air_lag_3"],
    "by hand": ["lag_3", "lag_2", "lag_1", "month"],
    "darts": [
        "air_target_lag-3",
        "air_target_lag-2",
        "air_target_lag-1",
        "m_futcov_lag0",
    ],
    "sktime, direct": ["lag_0__air", "lag_1__air", "lag_2__air", "month"],
    "sktime, recursive": ["lag_1__lag_0__a", "lag_1__lag_1__a", "lag_1__lag_2__a", "m"],
    "sktime, pooled": ["c0_lag_1", "month", "c0_lag_2", "c0_lag_3"],
    "mlforecast's transforms": ["expanding_mean_lag1", "lag1", "lag2", "lag3"],
}
VALUE_OF_AGE = {1: 3.0, 2: 2.0, 3: 1.0}  # the newest value is 3


def holding(labels):
    """One row: every lag holds the value of its age, a feature 100."""
    found = [_lag_of(label) for label in labels]
    values = [100.0 if lag is None else VALUE_OF_AGE[lag[2]] for lag in found]
    return pd.DataFrame([values, values], columns=labels)


@pytest.mark.parametrize("labels", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("shuffled", [False, True])
def test_lags_of_every_dialect_are_read_oldest_first(labels, shuffled):
    X = holding(labels)
    if shuffled:
        X = X.sample(frac=1, axis=1, random_state=1)
    windows = read(X)
    np.testing.assert_array_equal(windows.steps[0, :, 0], [1, 2, 3])
    np.testing.assert_array_equal(windows.features[0], [100])


@pytest.mark.parametrize("labels", DIALECTS.values(), ids=DIALECTS)
def test_labels_of_an_array_are_given_as_column_order(labels):
    windows = read(holding(labels).to_numpy(), column_order=labels)
    np.testing.assert_array_equal(windows.steps[0, :, 0], [1, 2, 3])
    np.testing.assert_array_equal(windows.features[0], [100])


def test_columns_learnt_by_name_are_read_by_position():
    """Clients fit frames and forecast arrays."""
    X = holding(["lag_1", "month", "lag_2", "lag_3"])
    forecaster = PersistenceForecaster(season=2).fit(X, [0, 0])
    with sklearn.config_context(assume_finite=True), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of missing feature names
        np.testing.assert_array_equal(forecaster.predict(X.to_numpy()), [2, 2])


@pytest.mark.parametrize(
    "label",
    [
        *["air_lag1", "rolling_mean_lag1_window_size4", "expanding_mean_lag1"],
        *["m_futcov_lag0", "m_futcov_lag1", "lag", "lag_0", "lag_1_mean", "flag_1"],
        *["air_lag_0", "lag-1", "air[t+1]", "air[t]"],
    ],
)
def test_other_labels_are_features(label):
    X = holding(["lag_1", "lag_2"]).assign(**{label: 7.0})
    assert read(X).features.tolist() == [[7], [7]]


@pytest.mark.parametrize(
    ("labels", "y_name", "channels"),
    [
        (["b_lag_1", "a_lag_1", "lag_1"], None, ["y", "b", "a"]),
        (["b_lag_1", "target_lag_1", "a_lag_1"], None, ["target", "b", "a"]),
        (["a_pastcov_lag-1", "b_target_lag-1"], None, ["b_target", "a_pastcov"]),
        (["a_lag_1", "b_lag_1"], "b", ["b", "a"]),
        (["a_lag_1", "b_target_lag_1"], "a", ["a", "b_target"]),  # a set point
        (["lag_0__a", "lag_0__b"], "b", ["b", "a"]),
        (["a[t-1]", "b[t-1]"], "b[t]", ["a", "b"]),  # make_windows writes it first
    ],
)
def test_which_channel_y_continues(labels, y_name, channels):
    X = pd.DataFrame(np.zeros((2, len(labels))), columns=labels)
    y = pd.Series([0.0, 0.0], name=y_name)
    forecaster = PersistenceForecaster().fit(X, y)
    assert forecaster._reading["names"] == channels
    assert forecaster.n_channels_ == len(channels)


@pytest.mark.parametrize(
    "feature", ["price_lag7d", "mean_lag4h", "is_lag_1a", "x_lag_2nd", "lag_1lag"]
)
def test_labels_like_lags_are_features(feature):
    X = pd.DataFrame(np.zeros((2, 2)), columns=["lag_1", feature])
    forecaster = PersistenceForecaster().fit(X, [0, 0])
    assert forecaster._reading["features"].tolist() == [1]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["lag_1", "lag_3"], r"no column for the lag\(s\) \[2\] of the series"),
        (["a_lag_1", "a_lag_2", "b_lag_1"], r"\[2\] of channel 'b'.*rename"),
        (["a[t-2]", "a[t-3]"], r"\[1\] of channel 'a'"),
        (["lag_1", "a[t-1]"], "'lag_1' and 'a\\[t-1\\]' write lags in different ways"),
        (["lag_1", "lag1"], "'lag_1' and 'lag1' are the same lag"),
        (["a_lag_1", "b_lag_1"], r"nothing tells which.*name of that channel"),
        (["air_lag_1D", "air_lag_2D"], "'air_lag_1D' is a lag with a unit of time"),
    ],
)
@pytest.mark.parametrize("forecaster_class", [GRUForecaster, PersistenceForecaster])
def test_lags_that_make_no_window_raise(forecaster_class, labels, message):
    X = pd.DataFrame(np.zeros((2, len(labels))), columns=labels)
    with pytest.raises(ValueError, match=message):
        forecaster_class().fit(X, [0, 0])


def test_labels_of_another_number_of_columns_raise():
    with pytest.raises(ValueError, match=r"holds 2 labels, but .* 6 columns"):
        PersistenceForecaster(column_order=["lag_1", "lag_2"]).fit(BY_STEP, [4.0])
    with pytest.raises(ValueError, match=r"holds 6 labels.*in 3 dimensions"):
        PersistenceForecaster(column_order=list("abcdef")).fit(WINDOW, [4.0])


def test_a_frame_of_single_steps_warns():
    frame = pd.DataFrame({"air": np.arange(9.0)})
    with pytest.warns(UserWarning, match=r"\(air\).*one step.*make_windows"):
        PersistenceForecaster().fit(frame, frame.air)


@pytest.mark.parametrize("horizon", [1, 2])
def test_three_dimensions_take_no_features(horizon):
    X = holding(["lag_1", "lag_2", "month"])
    forecaster = PersistenceForecaster().fit(X, np.zeros((2, horizon)))
    with pytest.raises(ValueError, match=r"1 feature\(s\).*3-D X takes no features"):
        forecaster.predict(np.zeros((4, 2, 1)))
    forecaster = PersistenceForecaster().fit(np.zeros((4, 3, 2)), np.zeros(4))
    with pytest.raises(ValueError, match=r"\(4, 2, 3\), but .* \(3, 2\)"):
        forecaster.predict(np.zeros((4, 2, 3)))


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.zeros((2, 3, 1)), np.zeros((2, 3, 1)), "y has 3 dimensions.*Of several"),
        (np.zeros((2, 3, 1, 1)), np.zeros(2), "X has 4 dimensions.*two or three"),
    ],
)
def test_too_many_dimensions_name_the_argument(X, y, message):
    with pytest.raises(ValueError, match=message):
        GRUForecaster().fit(X, y)


def test_the_first_missing_value_is_named():
    X, y = make_windows(pd.Series([1, 2, np.nan, 4, 5, 6, 7], name="air"), n_steps=2)
    where = r"X contains NaN.*row 1 \(3\), column 'air\[t-1\]'.*dropna=True.*Imputer"
    with pytest.raises(ValueError, match=where):
        GRUForecaster().fit(X, y.fillna(3))
    with pytest.raises(ValueError, match=r"y contains NaN.*row 0 \(2\).*interpolate"):
        GRUForecaster().fit(X.fillna(3), y)
    fitted = PersistenceForecaster().fit(X[3:], y[3:])
    with pytest.raises(ValueError, match=where):
        fitted.predict(X)


@pytest.mark.parametrize("form", ["nested lists", "list of arrays", "array"])
def test_every_form_of_three_dimensions_is_read(form):
    X = {
        "nested lists": WINDOW.tolist(),
        "list of arrays": list(WINDOW),
        "array": WINDOW,
    }[form]
    forecaster = PersistenceForecaster().fit(X, [4.0])
    assert forecaster.n_channels_ == 2
    assert forecaster.n_features_in_ == 6
    np.testing.assert_array_equal(forecaster.predict(X), [3.0])


def labelled(rows, labels):
    return pd.DataFrame(rows, columns=labels)


STEP_LABELS = window_labels(["a", "b"], 3)
CHANNEL_LABELS = STEP_LABELS[::2] + STEP_LABELS[1::2]


@pytest.mark.parametrize("column_order", ["step", "channel"])
@pytest.mark.parametrize(
    ("labels", "rows"), [(STEP_LABELS, BY_STEP), (CHANNEL_LABELS, BY_CHANNEL)]
)
def test_labels_tell_more_than_column_order(labels, rows, column_order):
    X = pd.DataFrame(rows, columns=labels)
    windows = read(X, column_order=column_order)
    np.testing.assert_array_equal(windows.steps, WINDOW)


def test_labels_that_contradict_n_channels_raise():
    X = pd.DataFrame(BY_STEP, columns=STEP_LABELS)
    with pytest.raises(
        ValueError, match=r"3 by the parameter n_channels, 2 by the col"
    ):
        PersistenceForecaster(n_channels=3).fit(X, [4.0])


def test_other_labels_are_one_channel():
    X = pd.DataFrame(BY_STEP, columns=list("uvwxyz"))
    assert PersistenceForecaster().fit(X, [4.0]).n_channels_ == 1


def test_last_axis_that_contradicts_raises():
    with pytest.raises(ValueError, match=r"1 by the parameter .*, 2 by the last axis"):
        PersistenceForecaster(n_channels=1).fit(WINDOW, [4.0])


def test_columns_that_are_no_multiple_raise():
    with pytest.raises(ValueError, match=r"X has 6 columns.*n_channels=4"):
        GRUForecaster(n_channels=4).fit(BY_STEP, [4.0])


def test_a_raw_series_given_as_X_names_the_remedy():
    series = np.arange(100.0).reshape(-1, 1)
    with pytest.raises(
        ValueError, match=r"n_steps=60.*only 1 time step.*make_windows or"
    ):
        GRUForecaster(n_steps=60).fit(series, series.ravel())


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_series_given_as_X_names_both_classes(name):
    series = pd.Series(np.arange(100.0))
    message = (
        rf"sk_rnn\.{name}Forecaster takes a table.*make_windows.*"
        rf"sk_rnn\.sktime\.{name}Forecaster takes a series"
    )
    forecaster = getattr(sk_rnn, f"{name}Forecaster")()
    with pytest.raises(ValueError, match=message):
        forecaster.fit(series, series)
    with pytest.raises(
        ValueError, match=r"takes a table.*sktime's NaiveForecaster takes a"
    ):
        PersistenceForecaster().fit(series, series)


def test_both_orders_and_forms_train_the_same_network():
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(40, 5, 2))
    y = windows[:, -1, 0]
    by_step = windows.reshape(40, -1)
    by_channel = windows.swapaxes(1, 2).reshape(40, -1)
    parameters = {"units": 5, "epochs": 2, "random_state": 0}
    expected = GRUForecaster(n_channels=2, **parameters).fit(by_step, y)
    forecasts = expected.predict(by_step)
    for X, more in [
        (windows, {}),
        (by_channel, {"n_channels": 2, "column_order": "channel"}),
        (windows, {"column_order": "channel"}),
    ]:
        forecaster = GRUForecaster(**parameters, **more).fit(X, y)
        np.testing.assert_array_equal(forecaster.predict(X), forecasts)
    np.testing.assert_array_equal(expected.predict(windows), forecasts)


def test_labels_of_make_windows_are_understood():
    frame = pd.DataFrame({"a": np.arange(9.0), "b": np.arange(9.0) * 10})
    X, y = make_windows(frame, n_steps=3, target="b")
    forecaster = PersistenceForecaster().fit(X, y)
    assert forecaster.n_channels_ == 2
    np.testing.assert_array_equal(forecaster.predict(X), y - 10)


class Tensor:
    """An array of another library that NumPy can read."""

    def __init__(self, values):
        self._values = np.asarray(values)
        self.shape, self.ndim = self._values.shape, self._values.ndim

    def __array__(self, dtype=None, copy=None):
        return self._values

    def __array_namespace__(self, api_version=None):
        raise AssertionError("nothing is computed in the other library")

    def __len__(self):
        return len(self._values)


@pytest.mark.parametrize("dispatch", [False, True])
@pytest.mark.parametrize("axes", [2, 3])
def test_tensors_become_arrays(dispatch, axes):
    X, y = make_windows(np.arange(30.0), n_steps=4)
    X = X if axes == 2 else X[:, :, np.newaxis]
    parameters = {"units": 4, "epochs": 1, "random_state": 0}
    expected = GRUForecaster(**parameters).fit(X, y).predict(X)
    with config_context(array_api_dispatch=dispatch):
        forecaster = GRUForecaster(**parameters)
        weight = Tensor(np.ones(len(y)))
        forecaster.fit(Tensor(X), Tensor(y), weight, X_val=Tensor(X), y_val=Tensor(y))
        forecasts = forecaster.predict(Tensor(X))
    assert isinstance(forecasts, np.ndarray)
    np.testing.assert_array_equal(forecasts, expected)
