import numpy as np
import pandas as pd
import pytest

import sk_rnn
from sk_rnn import GRUForecaster, PersistenceForecaster, make_windows
from sk_rnn._rows import as_windows, window_labels

# Two channels, three steps: "a" counts 1, 2, 3 and "b" counts 10, 20, 30.
BY_STEP = np.array([[1.0, 10, 2, 20, 3, 30]])
BY_CHANNEL = np.array([[1.0, 2, 3, 10, 20, 30]])
WINDOW = np.array([[[1.0, 10], [2, 20], [3, 30]]])


@pytest.mark.parametrize(
    ("rows", "column_order"), [(BY_STEP, "step"), (BY_CHANNEL, "channel")]
)
def test_a_row_is_read_as_its_window(rows, column_order):
    np.testing.assert_array_equal(as_windows(rows, 2, column_order), WINDOW)


@pytest.mark.parametrize("column_order", ["step", "channel"])
def test_n_steps_keeps_the_most_recent(column_order):
    rows = BY_STEP if column_order == "step" else BY_CHANNEL
    window = as_windows(rows, 2, column_order, n_steps=2)
    np.testing.assert_array_equal(window, WINDOW[:, 1:])


def test_windows_are_views():
    rows = np.arange(12.0).reshape(2, 6)
    assert np.shares_memory(as_windows(rows, 2, "step", 2), rows)
    assert np.shares_memory(as_windows(rows, 2, "channel", 2), rows)


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


@pytest.mark.parametrize(
    ("labels", "column_order"), [(STEP_LABELS, "step"), (CHANNEL_LABELS, "channel")]
)
def test_labels_tell_the_channels(labels, column_order):
    X = labelled(BY_STEP, labels)
    forecaster = PersistenceForecaster(column_order=column_order).fit(X, [4.0])
    assert forecaster.n_channels_ == 2


@pytest.mark.parametrize(
    ("labels", "parameters", "match"),
    [
        (STEP_LABELS, {"n_channels": 3}, "3 by the parameter n_channels, 2 by the col"),
        (STEP_LABELS, {"column_order": "channel"}, "set column_order='step'"),
        (CHANNEL_LABELS, {}, "set column_order='channel'"),
        (STEP_LABELS[::-1], {}, "oldest first"),  # the newest lag first
        (window_labels(["a"], 7)[:6], {}, "down to"),  # a[t-7] ... a[t-2]
        ([*window_labels(["a"], 5), "weekday"], {}, "'weekday' has not"),
    ],
)
@pytest.mark.parametrize("forecaster_class", [GRUForecaster, PersistenceForecaster])
def test_labels_that_contradict_raise(forecaster_class, labels, parameters, match):
    with pytest.raises(ValueError, match=match):
        forecaster_class(**parameters).fit(labelled(BY_STEP, labels), [4.0])


def test_other_labels_are_one_channel():
    X = labelled(BY_STEP, list("uvwxyz"))
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
    with pytest.raises(ValueError, match=r"takes a table.*NaiveForecaster takes a"):
        PersistenceForecaster().fit(series, series)


def test_both_orders_and_forms_train_the_same_network():
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(40, 5, 2))
    y = windows[:, -1, 0]
    by_step = windows.reshape(40, -1)
    by_channel = windows.swapaxes(1, 2).reshape(40, -1)
    parameters = {"units": 4, "epochs": 2, "random_state": 0}
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
