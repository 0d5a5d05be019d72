"""What is known of the times to be forecast, beside windows."""

import numpy as np
import pandas as pd
import pytest

from sk_rnn import GRUForecaster, last_window, make_windows

DAYS = pd.date_range("2021-01-04", periods=8)
SALES = pd.DataFrame({"sales": np.arange(8.0), "promo": 10 * np.arange(8.0)}, DAYS)
COMING = pd.DataFrame({"promo": [80.0, 90.0]}, pd.date_range("2021-01-12", periods=2))


def test_the_value_of_the_time_forecast_follows_the_window():
    X, y = make_windows(SALES, n_steps=3, ahead=["promo"])
    assert list(X) == ["sales[t-3]", "sales[t-2]", "sales[t-1]", "promo"]
    np.testing.assert_array_equal(X.iloc[0], [0, 1, 2, 30])
    np.testing.assert_array_equal(X.promo, SALES.promo[3:])
    np.testing.assert_array_equal(y, SALES.sales[3:])
    last = last_window(SALES, n_steps=3, ahead=COMING[:1])
    np.testing.assert_array_equal(last, [[5, 6, 7, 80]])
    assert list(last) == list(X)
    assert last.index.equals(COMING.index[:1])
    without = last_window(SALES[["sales"]], n_steps=3, ahead=COMING[:1])
    pd.testing.assert_frame_equal(last, without)


def test_several_steps_and_columns():
    frame = SALES.assign(price=-SALES.promo)
    X, _ = make_windows(frame, 3, horizon=2, ahead=["promo", "price"])
    assert list(X)[3:] == ["promo[t]", "price[t]", "promo[t+1]", "price[t+1]"]
    np.testing.assert_array_equal(X.iloc[0, 3:], [30, -30, 40, -40])
    coming = COMING.assign(price=-COMING.promo)
    last = last_window(frame, 3, target="sales", ahead=coming)
    np.testing.assert_array_equal(last.iloc[0], [5, 6, 7, 80, -80, 90, -90])
    assert list(last) == list(X)


def test_arrays_lists_and_panels():
    X, _ = make_windows(SALES.to_numpy(), 3, ahead=[1])
    np.testing.assert_array_equal(X[0], [0, 1, 2, 30])
    X, _ = make_windows([SALES, SALES + 100], 3, ahead=["promo"])
    np.testing.assert_array_equal(X.iloc[:2, 3], [30, 130])
    panel = pd.concat({"a": SALES, "b": SALES + 100})
    of_panel, _ = make_windows(panel, 3, ahead=["promo"])
    np.testing.assert_array_equal(of_panel, X)
    coming = pd.concat({"a": COMING, "b": COMING + 100})
    last = last_window(panel, 3, ahead=coming)
    np.testing.assert_array_equal(last.iloc[1], [105, 106, 107, 180, 190])
    listed = last_window([SALES, SALES + 100], 3, ahead=[COMING, COMING + 100])
    np.testing.assert_array_equal(listed, last)


def test_positions_in_an_array_are_those_of_the_whole():
    array = SALES[["promo", "sales"]].assign(more=1000.0).to_numpy()
    for ahead, target, others in ([0], 1, [6, 1000]), ([1], 0, [60, 1000]):
        X, y = make_windows(array, 1, target=target, ahead=ahead)
        np.testing.assert_array_equal(y, array[1:, target])
        np.testing.assert_array_equal(X[-1, :2], others)
        np.testing.assert_array_equal(X[:, 2], array[1:, ahead[0]])
    with pytest.raises(ValueError, match=r"target=1 is one of ahead=\[1\]"):
        make_windows(array, 1, target=1, ahead=[1])
    with pytest.raises(ValueError, match="target='sales', but must name the column"):
        make_windows(array, 1, target="sales", ahead=[1])


def test_what_is_ahead_is_found_by_its_labels():
    panel = pd.concat({"a": SALES, "b": SALES + 100})
    coming = pd.concat({"b": COMING + 100, "a": COMING})
    last = last_window(panel, 3, ahead=coming)
    np.testing.assert_array_equal(last["promo[t]"], [80, 180])
    with pytest.raises(ValueError, match=r"no rows of the series \('a',\)"):
        last_window(panel, 3, ahead=coming.rename(index={"a": "c"}))
    with pytest.raises(ValueError, match=r"ahead holds 1 series of \[0\] time step"):
        last_window(SALES, 3, ahead=COMING[:0])
    unlabelled = last_window(SALES, 3, ahead=COMING.reset_index(drop=True))
    np.testing.assert_array_equal(unlabelled["promo[t]"], [80])


@pytest.mark.parametrize(
    ("start", "kind"), [("2021-01-11", "D"), ("2021-01-13", "D"), ("2021-01-12", "h")]
)
def test_other_times_ahead_are_refused(start, kind):
    times = pd.date_range(start, periods=2, freq=kind)
    with pytest.raises(ValueError, match=r"but series ends with 2021-01-11.*next ones"):
        last_window(SALES, 3, ahead=COMING.set_axis(times))
    with pytest.raises(TypeError, match=r"labels of ahead .* can't be compared"):
        last_window(SALES, 3, ahead=COMING.set_axis(["first", "second"]))


def test_a_holiday_may_be_left_out():
    """Nothing tells the next weekday of an exchange but the calendar that is given."""
    weekdays = pd.bdate_range("2021-01-04", periods=8)  # ends on a Wednesday
    coming = COMING.set_axis(pd.to_datetime(["2021-01-15", "2021-01-18"]))
    last = last_window(SALES.set_axis(weekdays), 3, ahead=coming)
    np.testing.assert_array_equal(last.iloc[0, -2:], [80, 90])


def test_frames_of_polars():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({name: SALES[name].to_numpy() for name in SALES})
    X, _ = make_windows(frame, 3, ahead=["promo"])
    np.testing.assert_array_equal(X.promo, SALES.promo[3:])
    X, _ = make_windows([frame, frame], 3, ahead=["promo"])
    assert len(X) == 10
    coming = polars.DataFrame({"promo": [80.0, 90.0]})
    last = last_window(frame, 3, ahead=coming)
    np.testing.assert_array_equal(last.iloc[0], [5, 6, 7, 80, 90])


def test_stride_and_missing_values():
    gappy = SALES.copy()
    gappy.iloc[5, 1] = np.nan  # of the promotion
    X, y = make_windows(gappy, 3, ahead=["promo"], dropna=True)
    assert y.index.equals(DAYS[[3, 4, 6, 7]])
    assert X.promo.notna().all()
    X, y = make_windows(SALES, 3, ahead=["promo"], stride=2)
    assert y.index.equals(DAYS[[3, 5, 7]])
    np.testing.assert_array_equal(X.promo, SALES.promo.iloc[[3, 5, 7]])


def test_a_known_promotion_helps_and_no_other_future_enters():
    rng = np.random.default_rng(0)
    promo = (rng.random(400) < 0.2).astype(float)
    frame = pd.DataFrame({"sales": 100 + rng.normal(size=400) + 30 * promo})
    frame["promo"] = promo
    X, y = make_windows(frame, 6, horizon=2, target="sales", ahead=["promo"])
    forecaster = GRUForecaster(16, epochs=60, random_state=0, dtype="float32")
    errors = forecaster.fit(X[:300], y[:300]).predict(X[300:]) - y[300:]
    assert np.sqrt(np.mean(np.square(errors.to_numpy()))) < 3  # of a deviation of 12
    changed = frame.copy()
    changed.loc[350:] += 1
    X_changed, _ = make_windows(changed, 6, horizon=2, target="sales", ahead=["promo"])
    same = (X_changed == X).all(axis=1)
    assert same.index[~same][0] == 349  # whose second step is 350


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_windows(SALES, 3, ahead=["rain"]), r"ahead=\['rain'\] must name"),
        (
            lambda: make_windows(SALES.to_numpy(), 3, ahead=[2]),
            "positions in a two-dim",
        ),
        (lambda: make_windows(SALES.sales, 3, ahead=["promo"]), "must name columns"),
        (
            lambda: last_window([SALES, SALES], 3, ahead=[COMING]),
            r"holds 1 series of \[2\] time step.*series holds 2",
        ),
    ],
)
def test_what_is_not_there_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    with pytest.raises(TypeError, match="must be a DataFrame with a row for each time"):
        last_window(SALES, 3, ahead=[1.0])
