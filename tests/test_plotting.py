import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.exceptions import NotFittedError as SktimeNotFittedError
from sktime.forecasting.naive import NaiveForecaster
from sktime.transformations.series.difference import Differencer

from sk_rnn import GRUForecaster, PersistenceForecaster, last_window, make_windows
from sk_rnn.plotting import (
    BacktestDisplay,
    ForecastDisplay,
    HorizonErrorDisplay,
    LossCurveDisplay,
    ResidualsDisplay,
)
from sk_rnn.sktime import GRUForecaster as SeriesGRUForecaster

DAYS = pd.DatetimeIndex(
    ["2021-01-04", "2021-01-05", "2021-01-06", "2021-01-07"], name="Date"
)
HIGH = pd.Series([356.4, 351.3, 352.3, 351.1], index=DAYS, name="High")
PREDICTED = [355.0, 356.4, 351.3, 352.3]


class Trained(RegressorMixin, BaseEstimator):
    """A forecaster that remembers the history it is given."""

    def __init__(self, history=None):
        self.history = history

    def fit(self, X, y):
        self.history_ = self.history
        return self

    def predict(self, X):
        return np.asarray(X)[:, -1]


@pytest.fixture
def trained():
    return Trained({"loss": [3.0, 2.0, 1.5], "learning_rate": [0.1, 0.1, 0.1]}).fit(
        [[0.0]], [0.0]
    )


class Sure(Trained):
    """A forecaster whose intervals reach as far as their coverage says."""

    def predict_interval(self, X, coverage=0.9):
        pred = np.asarray(self.predict(X))
        return np.stack([pred - coverage, pred + coverage], axis=-1)


def legend_of(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def bounds_of(band):
    """Lower and upper bounds of a band, in the order of time."""
    (path,) = band.get_paths()
    n = (len(path.vertices) - 3) // 2
    return path.vertices[1 : n + 1, 1], path.vertices[n + 2 : -1, 1][::-1]


def dates_of(line):
    return pd.DatetimeIndex(line.get_xdata())


def test_forecast_lines_carry_the_data(pyplot):
    display = ForecastDisplay.from_predictions(HIGH, PREDICTED)

    np.testing.assert_array_equal(display.true_line_.get_ydata(), HIGH)
    np.testing.assert_array_equal(display.line_.get_ydata(), PREDICTED)
    for line in (display.true_line_, display.line_):
        assert (dates_of(line) == DAYS).all()
        assert line in display.ax_.lines
    assert display.figure_ is display.ax_.figure
    assert pyplot.get_fignums() == [display.figure_.number]


def test_forecast_axes_are_labelled(pyplot):
    ax = ForecastDisplay.from_predictions(HIGH, PREDICTED, name="GRU").ax_

    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Date", "High")
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["Real", "GRU"]


def test_unnamed_data_get_plain_labels(pyplot):
    display = ForecastDisplay.from_predictions([1.0, 2.0], [1.5, 2.5])

    np.testing.assert_array_equal(display.line_.get_xdata(), [0, 1])
    assert display.ax_.get_xlabel() == "Row"
    assert display.ax_.get_ylabel() == "y"
    assert display.line_.get_label() == "Forecast"


def test_unnamed_dates_are_called_dates(pyplot):
    display = ForecastDisplay.from_predictions(
        HIGH.to_numpy(), PREDICTED, index=DAYS.to_list()
    )

    assert display.ax_.get_xlabel() == "Date"
    assert (dates_of(display.line_) == DAYS).all()


@pytest.mark.parametrize("n_days", [4, 195, 3872])
def test_date_labels_do_not_overlap(pyplot, n_days):
    days = pd.bdate_range("2006-05-25", periods=n_days)
    values = np.linspace(100, 400, n_days)
    display = ForecastDisplay.from_predictions(values, values, index=days)
    display.figure_.canvas.draw()

    drawn = [text for text in display.ax_.get_xticklabels() if text.get_text()]
    boxes = [text.get_window_extent() for text in drawn]
    assert len(boxes) >= 3
    assert all(a.x1 < b.x0 for a, b in pairwise(boxes))


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y%m%d", "%d/%m/%Y", "%d %b %Y"])
def test_dates_that_are_text_are_read(pyplot, form):
    """As a CSV holds them; the order is that of time, not of the text."""
    days = pd.bdate_range("2010-01-04", periods=3000)
    texts = pd.Index(days.strftime(form), name="day")
    values = pd.Series(np.arange(3000.0), texts)
    for display in (
        ForecastDisplay.from_predictions(values, values.to_numpy()),
        ForecastDisplay(y_true=values, y_pred=values, index=texts).plot(),
    ):
        assert (dates_of(display.line_) == days).all()
        np.testing.assert_array_equal(display.line_.get_ydata(), values)
        assert len(display.ax_.get_xticks()) <= 12
        assert display.ax_.get_xlabel() == "day"


def test_days_without_a_time_are_dates(pyplot):
    display = ForecastDisplay.from_predictions(HIGH, PREDICTED, index=list(DAYS.date))
    assert (dates_of(display.line_) == DAYS).all()
    assert display.ax_.get_xlabel() == "Date"


@pytest.mark.parametrize("n_texts", [3, 10, 11, 3000])
def test_text_that_is_no_date_gets_ten_ticks(pyplot, n_texts):
    texts = [f"week {k:04}" for k in range(n_texts)]
    display = ForecastDisplay.from_predictions(
        np.arange(n_texts), np.arange(n_texts), index=texts
    )
    display.figure_.canvas.draw()
    labels = [text.get_text() for text in display.ax_.get_xticklabels()]
    assert min(n_texts, 3) <= len(labels) <= 10
    shown = [label for label in labels if label]
    assert shown[0] == "week 0000"
    assert set(shown) <= set(texts)
    if n_texts <= 10:
        assert shown == texts


@pytest.mark.parametrize("texts", [["a", "b"], ["1", "2"], ["2021-01-04", "later"]])
def test_text_that_is_not_all_dates_stays_text(pyplot, texts):
    display = ForecastDisplay.from_predictions([1, 2], [1, 2], index=texts)
    assert list(display.line_.get_xdata()) == texts
    assert display.ax_.get_xlabel() == "Time"


def test_periods_are_drawn_at_their_start(pyplot):
    months = pd.period_range("1959-01", periods=3, freq="M")
    display = ForecastDisplay.from_predictions(
        pd.Series([1.0, 2, 3], months), [1, 2, 3]
    )

    assert (dates_of(display.line_) == months.to_timestamp()).all()


def test_time_zone_of_the_index_is_kept(pyplot):
    hours = pd.date_range("2021-01-01", periods=3, freq="h", tz="Asia/Tokyo")
    display = ForecastDisplay.from_predictions([1, 2, 3], [1, 2, 3], index=hours)

    formatter = display.ax_.xaxis.get_major_formatter()
    start = display.ax_.convert_xunits(hours[0])
    assert formatter.format_data_short(start) == "2021-01-01 00:00:00"


def test_rows_are_drawn_in_the_order_of_time(pyplot):
    shuffled = [2, 0, 3, 1]
    display = ForecastDisplay.from_predictions(
        HIGH.iloc[shuffled], np.array(PREDICTED)[shuffled]
    )

    assert (dates_of(display.line_) == DAYS).all()
    np.testing.assert_array_equal(display.true_line_.get_ydata(), HIGH)
    np.testing.assert_array_equal(display.line_.get_ydata(), PREDICTED)


def test_step_selects_the_column(pyplot):
    y = pd.DataFrame({"High[t]": [1.0, 2.0], "High[t+1]": [2.0, 3.0]})
    display = ForecastDisplay.from_predictions(y, y.to_numpy() + 0.5, step=1)

    np.testing.assert_array_equal(display.true_line_.get_ydata(), [2.0, 3.0])
    np.testing.assert_array_equal(display.line_.get_ydata(), [2.5, 3.5])
    assert display.ax_.get_ylabel() == "High"
    np.testing.assert_array_equal(display.line_.get_xdata(), [1, 2])


@pytest.mark.parametrize("step", [-1, 2])
def test_step_out_of_range(pyplot, step):
    y = np.ones((3, 2))

    with pytest.raises(ValueError, match=rf"step={step}, .* 2 step\(s\).* 0 and 1"):
        ForecastDisplay.from_predictions(y, y, step=step)


@pytest.mark.parametrize("step", [0.5, 1.0, True, "0"])
def test_step_must_be_a_count(pyplot, step):
    y = pd.DataFrame({"High[t]": [1.0, 2.0], "High[t+1]": [2.0, 3.0]})

    with pytest.raises(ValueError, match=rf"'step' parameter .* an int.* Got {step!r}"):
        ForecastDisplay.from_predictions(y, y, step=step)
    display = ForecastDisplay.from_predictions(y, y, step=np.uint8(1))
    np.testing.assert_array_equal(display.y_true, [2.0, 3.0])


@pytest.mark.parametrize("ax", [3, "ax", []], ids=repr)
def test_axes_must_be_axes(pyplot, trained, ax):
    message = r"'ax' parameter must be a matplotlib Axes or None\. Got "
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_predictions([1.0], [2.0], ax=ax)
    with pytest.raises(ValueError, match=message):
        LossCurveDisplay.from_estimator(trained, ax=ax)


@pytest.mark.parametrize("pred", [np.ones(3), np.ones((4, 2)), np.ones((4, 1))])
def test_shapes_must_be_equal(pyplot, pred):
    with pytest.raises(ValueError, match=r"shape \(4,\) and y_pred \("):
        ForecastDisplay.from_predictions(np.ones(4), pred)


def test_scalars_are_refused(pyplot):
    with pytest.raises(ValueError, match="y_true has 0 dimensions"):
        ForecastDisplay.from_predictions(1.0, 1.0)


def test_labels_must_agree(pyplot):
    yesterday = pd.Series(PREDICTED, index=DAYS - pd.Timedelta(days=1))

    with pytest.raises(ValueError, match=r"row 0 is .*2021-01-04.* and .*2021-01-03"):
        ForecastDisplay.from_predictions(HIGH, yesterday)


def test_index_must_have_a_label_per_row(pyplot):
    with pytest.raises(ValueError, match="index has 3 labels, but y_true has 4 rows"):
        ForecastDisplay.from_predictions(HIGH, PREDICTED, index=DAYS[:3])


def test_several_series_are_refused(pyplot):
    panel = pd.concat({"A": HIGH, "B": HIGH})

    with pytest.raises(ValueError, match=r"several series.*y\.xs\('A', level=0\)"):
        ForecastDisplay.from_predictions(panel, panel.to_numpy())


def test_from_estimator_forecasts(pyplot):
    X = pd.DataFrame({"High[t-1]": PREDICTED}, index=DAYS)
    display = ForecastDisplay.from_estimator(Trained().fit(X, HIGH), X, HIGH)

    np.testing.assert_array_equal(display.line_.get_ydata(), PREDICTED)
    assert (dates_of(display.line_) == DAYS).all()
    assert display.line_.get_label() == "Trained"


def test_from_estimator_takes_dates_from_X(pyplot):
    X = pd.DataFrame({"High[t-1]": PREDICTED}, index=DAYS)
    display = ForecastDisplay.from_estimator(
        Trained().fit(X, HIGH), X, HIGH.to_list(), name="last"
    )

    assert (dates_of(display.line_) == DAYS).all()
    assert display.line_.get_label() == "last"


def test_style_and_axes_are_taken(pyplot):
    _, ax = pyplot.subplots()
    display = ForecastDisplay.from_predictions(
        HIGH, PREDICTED, ax=ax, true_kwargs={"c": "red"}, pred_kwargs={"ls": ":"}
    )

    assert display.ax_ is ax
    assert display.true_line_.get_color() == "red"
    assert display.line_.get_linestyle() == ":"


def test_plot_returns_itself_and_draws_again(pyplot):
    display = ForecastDisplay(y_true=[1.0, 2.0], y_pred=[1.0, 3.0])

    assert display.plot() is display
    first = display.figure_
    assert display.plot().figure_ is not first


def test_one_row_is_visible(pyplot):
    display = ForecastDisplay.from_predictions([1.0], [1.5])

    assert display.line_.get_marker() == "o"


# ------------------------------------------------------------------ several steps


@pytest.fixture
def steps(airline):
    """A year ahead of every month, and forecasts of it."""
    _, y = make_windows(airline.rename("passengers"), n_steps=24, horizon=12)
    return y, y * 1.1


def shifts(display, y):
    """Tell how many months right of its row a value is drawn."""
    drawn = dates_of(display.line_).to_period("M").astype("int64")
    return set(drawn - y.index.astype("int64"))


def test_a_later_step_is_drawn_when_it_comes(pyplot, steps):
    y, pred = steps
    display = ForecastDisplay.from_predictions(y, pred, step=11, name="GRU")

    assert shifts(display, y) == {11}
    peak = dates_of(display.true_line_)[np.argmax(display.true_line_.get_ydata())]
    assert peak == pd.Timestamp("1960-07-01")
    assert display.line_.get_label() == "GRU, 12 steps ahead"
    assert display.ax_.get_xlabel() == "Period"


def test_the_first_step_says_that_it_is(pyplot, steps):
    for step in None, 0:
        display = ForecastDisplay.from_predictions(*steps, step=step)
        assert display.line_.get_label() == "1 step ahead"
        assert shifts(display, steps[0]) == {0}
    np.testing.assert_array_equal(display.line_.get_ydata(), steps[1].iloc[:, 0])


def test_steps_of_trading_days_skip_the_holidays(pyplot, prices):
    _, y = make_windows(prices.High, n_steps=3, horizon=5)
    display = ForecastDisplay.from_predictions(y, y, step=4)

    # The rows themselves are the calendar, and the last ones end with the prices.
    assert (dates_of(display.line_) == prices.index[3 + 4 :]).all()
    np.testing.assert_array_equal(display.line_.get_ydata(), prices.High[3 + 4 :])


def test_months_that_are_missing_are_counted(pyplot, airline):
    dates = airline.set_axis(airline.index.to_timestamp())
    gaps = dates.copy()
    gaps.iloc[[40, 90]] = np.nan
    _, y = make_windows(gaps, n_steps=3, horizon=3, dropna=True)
    display = ForecastDisplay.from_predictions(y, y, step=2)

    drawn = dates_of(display.line_)
    np.testing.assert_array_equal(display.line_.get_ydata(), dates[drawn])


@pytest.mark.parametrize("of", [np.asarray, lambda y: y.set_axis(y.index.astype(str))])
def test_rows_count_their_steps(pyplot, of, steps):
    """As numbers; text that is a month is a date."""
    y, pred = map(of, steps)
    display = ForecastDisplay.from_predictions(y, pred, step=3)
    first = display.line_.get_xdata()[0]
    assert first == (3 if of is np.asarray else np.datetime64("1951-04-01"))


def test_every_seventh_window_does_not_tell_how_long_a_step_is(pyplot):
    days = pd.date_range("2021-01-01", periods=60, name="Day")
    _, y = make_windows(pd.Series(np.arange(60.0) ** 2, days), 5, 3, stride=7)
    display = ForecastDisplay.from_predictions(y, y, step=2)

    assert (dates_of(display.line_) == y.index).all()
    assert display.ax_.get_xlabel() == "Day of the first step"


def test_periods_without_weekends(pyplot):
    """They are days, but a step over a weekend is three of them."""
    days = pd.bdate_range("2021-01-04", periods=60).to_period("D")
    series = pd.Series(np.arange(60.0), days)
    _, y = make_windows(series, n_steps=5, horizon=3)
    display = ForecastDisplay.from_predictions(y, y, step=2)
    assert (dates_of(display.line_) == days[7:].to_timestamp()).all()

    apart = ForecastDisplay.from_predictions(y[::4], y[::4], step=2)
    assert apart.ax_.get_xlabel() == "Date of the first step"


def test_every_seventh_period_does(pyplot, steps):
    y, pred = (each[::7] for each in steps)
    display = ForecastDisplay.from_predictions(y, pred, step=2)

    assert shifts(display, y) == {2}


def test_labels_without_a_calendar_keep_the_steps(pyplot):
    names = pd.Index([f"lap {k}" for k in range(9)], name="Lap")
    _, y = make_windows(np.arange(10.0), n_steps=2, horizon=2)
    y = pd.DataFrame(y[:6], names[:6])
    display = ForecastDisplay.from_predictions(y, y, step=1)

    assert list(display.line_.get_xdata()) == list(names[:6])
    assert display.ax_.get_xlabel() == "Lap of the first step"


def test_rows_of_every_kind_of_time_are_drawn(pyplot, sorted_index):
    n = len(sorted_index)
    y = pd.Series(np.arange(n, dtype=float), sorted_index)
    display = ForecastDisplay.from_predictions(y, y + 1)
    display.figure_.canvas.draw()
    np.testing.assert_array_equal(display.line_.get_ydata(), np.arange(n) + 1)

    several = pd.DataFrame({0: np.arange(n), 1: np.arange(n) + 1}, sorted_index)
    ForecastDisplay.from_predictions(several, several, step=1).figure_.canvas.draw()


def test_one_row_is_drawn_over_its_steps(pyplot, steps):
    y, pred = (each[-1:] for each in steps)
    display = ForecastDisplay.from_predictions(y, pred, name="GRU")

    assert (
        dates_of(display.line_) == pd.date_range("1960-01", "1960-12", freq="MS")
    ).all()
    np.testing.assert_array_equal(display.line_.get_ydata(), pred.iloc[0])
    np.testing.assert_array_equal(display.true_line_.get_ydata(), y.iloc[0])
    assert display.line_.get_label() == "GRU"

    bare = ForecastDisplay.from_predictions(y.to_numpy(), pred.to_numpy())
    np.testing.assert_array_equal(bare.line_.get_xdata(), range(1, 13))
    assert bare.ax_.get_xlabel() == "Step ahead"
    one = ForecastDisplay.from_predictions(y, pred, step=4)
    assert (dates_of(one.line_) == [pd.Timestamp("1960-05-01")]).all()


# ------------------------------------------------------------------- on the axes


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_the_truth_is_seen_on_every_style(pyplot, style):
    with pyplot.style.context(style):
        display = ForecastDisplay.from_predictions(HIGH, PREDICTED)
        assert display.true_line_.get_color() == pyplot.rcParams["text.color"]
    assert display.true_line_.get_zorder() > display.line_.get_zorder()


def test_many_points_are_drawn_thinly(pyplot):
    few, many = (
        ForecastDisplay.from_predictions(np.arange(n), np.arange(n)) for n in (50, 5000)
    )
    assert many.line_.get_linewidth() < few.line_.get_linewidth()
    for display in few, many:
        assert display.true_line_.get_linewidth() < display.line_.get_linewidth()
        for line in display.ax_.get_legend().get_lines():
            assert line.get_linewidth() == pyplot.rcParams["lines.linewidth"]


def test_forecasters_share_axes(pyplot):
    """Each has a colour of its own; the truth is drawn once."""
    first = ForecastDisplay.from_predictions(HIGH, PREDICTED, name="GRU")
    second = ForecastDisplay.from_predictions(
        HIGH, PREDICTED, name="LSTM", ax=first.ax_, true_kwargs={"lw": 5}
    )

    assert legend_of(second) == ["Real", "GRU", "LSTM"]
    assert first.line_.get_color() != second.line_.get_color()
    assert len(first.ax_.lines) == 3
    assert second.true_line_ is first.true_line_
    assert first.true_line_.get_linewidth() == 5


def test_other_truth_on_the_same_axes_is_drawn_too(pyplot):
    first = ForecastDisplay.from_predictions(HIGH[:3], PREDICTED[:3], name="GRU")
    second = ForecastDisplay.from_predictions(
        HIGH, PREDICTED, name="LSTM", ax=first.ax_
    )

    assert second.true_line_ is not first.true_line_
    assert legend_of(second) == ["Real", "GRU", "LSTM"]


@pytest.mark.parametrize("freq", ["M", "D", "B"])
def test_axes_that_pandas_drew(pyplot, freq):
    """They count periods; what comes after those drawn is in sight, too."""
    dates = pd.date_range("2021-01-04", periods=12, freq="MS" if freq == "M" else freq)
    series = pd.Series(np.arange(12.0), dates, name="High")
    if freq == "M":
        series = series.to_period("M")
    _, ax = pyplot.subplots()
    series[:8].plot(ax=ax)
    (drawn,) = ax.lines
    display = ForecastDisplay.from_predictions(series[4:], series[4:] + 1, ax=ax)
    display.figure_.canvas.draw()

    x = display.line_.get_xdata(orig=False)
    np.testing.assert_array_equal(x[:4], drawn.get_xdata(orig=False)[4:])
    low, high = ax.get_xlim()
    assert low <= x[0]
    assert x[-1] <= high
    assert ax.get_xlabel() == "Date"


def test_spans_of_time_get_a_unit(pyplot):
    for spans, x, unit in [
        (pd.timedelta_range("1h", periods=4, freq="3h"), [1, 4, 7, 10], "hours"),
        (pd.timedelta_range("1D", periods=4, freq="12h"), [1, 1.5, 2, 2.5], "days"),
        (pd.to_timedelta([1, 2, 3, 4], "min"), [1, 2, 3, 4], "minutes"),
        (pd.to_timedelta([0, 0.5, 1, 1.5], "s"), [0, 0.5, 1, 1.5], "seconds"),
    ]:
        display = ForecastDisplay.from_predictions(PREDICTED, PREDICTED, index=spans)
        np.testing.assert_allclose(display.line_.get_xdata(), x)
        assert display.ax_.get_xlabel() == f"Time ({unit})"


@pytest.mark.parametrize("index", [DAYS[:1], pd.RangeIndex(7, 8), ["a"]])
def test_one_time_is_labelled(pyplot, index):
    display = ForecastDisplay.from_predictions(
        [1.0], [1.5], index=index, interval=[[1.0, 2.0]]
    )
    display.figure_.canvas.draw()

    (label,) = [text.get_text() for text in display.ax_.get_xticklabels()]
    assert label == str(index[0]).removesuffix(" 00:00:00")
    assert len(display.bands_) == 1


# ---------------------------------------------------------------------- intervals


def test_bands_are_nested(pyplot):
    low, high = HIGH - 1, HIGH + 1
    display = ForecastDisplay.from_predictions(
        HIGH,
        PREDICTED,
        interval={0.5: np.c_[low, high], 0.95: np.c_[low - 2, high + 2]},
        name="GRU",
        interval_kwargs={"hatch": "/", "fc": "red"},
    )
    wide, narrow = display.bands_

    np.testing.assert_allclose(bounds_of(wide), [low - 2, high + 2])
    np.testing.assert_allclose(bounds_of(narrow), [low, high])
    assert legend_of(display) == [
        "Real", "GRU", "GRU, 95 % interval", "GRU, 50 % interval"
    ]  # fmt: skip
    assert wide.get_alpha() < narrow.get_alpha()
    assert wide.get_hatch() == "/"
    assert tuple(wide.get_facecolor()[0, :3]) == (1, 0, 0)


@pytest.fixture
def quantiles():
    """Frames as of sktime's predict_interval and predict_quantiles, with the bounds."""
    bounds = {0.5: np.c_[HIGH - 1, HIGH + 1], 0.9: np.c_[HIGH - 2, HIGH + 2]}
    columns = pd.MultiIndex.from_product([["High"], bounds, ["lower", "upper"]])
    intervals = pd.DataFrame(np.hstack([*bounds.values()]), DAYS, columns)
    levels = pd.MultiIndex.from_product([["High"], [0.5, 0.75, 0.05, 0.25, 0.95]])
    quantiles = np.c_[HIGH, bounds[0.5][:, 1], HIGH - 2, bounds[0.5][:, 0], HIGH + 2]
    return bounds, {
        "interval": intervals,
        "quantile": pd.DataFrame(quantiles, DAYS, levels),
    }


@pytest.mark.parametrize("kind", ["interval", "quantile"])
def test_frames_of_sktime_are_read(pyplot, kind, quantiles):
    bounds, frames = quantiles
    forecast = HIGH.rename("High")
    for display in (
        ForecastDisplay.from_forecast(None, forecast, interval=frames[kind]),
        ForecastDisplay.from_predictions(HIGH, HIGH, interval=frames[kind]),
        ForecastDisplay(y_pred=HIGH, interval=frames[kind], index=DAYS).plot(),
    ):
        wide, narrow = display.bands_
        np.testing.assert_allclose(bounds_of(wide), bounds[0.9].T)
        np.testing.assert_allclose(bounds_of(narrow), bounds[0.5].T)
        assert legend_of(display)[-2:] == ["90 % interval", "50 % interval"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda interval: ForecastDisplay.from_forecast(None, HIGH, interval=interval),
        lambda interval: ForecastDisplay.from_predictions(
            HIGH, HIGH, interval=interval
        ),
    ],
)
def test_intervals_must_be_those_of_the_forecast(pyplot, draw, quantiles):
    frame = quantiles[1]["interval"]
    with pytest.raises(ValueError, match="interval are labelled differently"):
        draw(frame.set_axis(DAYS + pd.Timedelta(days=1)))
    both = pd.concat([frame, frame.rename(columns={"High": "Low"})], axis=1)
    message = r"\['High', 'Low'\]. Select one, for example interval\[\['High'\]\]"
    with pytest.raises(ValueError, match=message):
        draw(both)
    with pytest.raises(ValueError, match=r"shape \(3, 2\), but .* need \(4, 2\)"):
        draw(np.zeros((3, 2)))
    for coverage in 90, "90 %":
        with pytest.raises(ValueError, match=r"coverage .?90.* Write 0\.9 for 90 %"):
            draw({coverage: np.zeros((4, 2))})


def test_an_infinite_bound_reaches_beyond_the_axes(pyplot):
    bounds = np.c_[HIGH - 1, HIGH + 1]
    bounds[3] = -np.inf, np.inf
    display = ForecastDisplay.from_predictions(HIGH, PREDICTED, interval=bounds)
    display.figure_.canvas.draw()

    bottom, top = display.ax_.get_ylim()
    low, high = bounds_of(display.bands_[0])
    assert low[3] < bottom
    assert top < high[3]
    assert top - bottom < 10  # and the axes are those of the finite values


@pytest.mark.parametrize("coverage", [0.9, [0.5, 0.9], np.float64(0.9)])
def test_intervals_of_an_estimator(pyplot, coverage):
    X = pd.DataFrame({"a": PREDICTED, "b": PREDICTED}, index=DAYS)
    sure = Sure().fit(X, HIGH)
    scaled = make_pipeline(StandardScaler(), Sure()).fit(X, HIGH)
    search = GridSearchCV(sure, {"history": [None]}, cv=2).fit(X, HIGH)
    for estimator in sure, make_pipeline(sure), search, scaled:
        display = ForecastDisplay.from_estimator(estimator, X, HIGH, coverage=coverage)
        low, high = bounds_of(display.bands_[0])
        np.testing.assert_allclose(low, display.line_.get_ydata() - 0.9)
        np.testing.assert_allclose(high, display.line_.get_ydata() + 0.9)
        assert len(display.bands_) == np.size(coverage)
        assert display.line_.get_label() == "Sure"


def test_intervals_of_one_step_of_many(pyplot, steps):
    y, pred = steps
    bounds = np.stack([pred - np.arange(12), pred + np.arange(12)], axis=-1)
    order = np.random.default_rng(0).permutation(len(y))
    display = ForecastDisplay.from_predictions(
        y.iloc[order], pred.iloc[order], interval={0.8: bounds[order]}, step=3
    )
    expected = pred.iloc[:, 3]
    np.testing.assert_allclose(
        bounds_of(display.bands_[0]), [expected - 3, expected + 3]
    )
    row = ForecastDisplay.from_predictions(y[-1:], pred[-1:], interval=bounds[-1:])
    np.testing.assert_allclose(bounds_of(row.bands_[0]), bounds[-1].T)


def test_an_estimator_without_intervals(pyplot):
    X = pd.DataFrame({"High[t-1]": PREDICTED}, index=DAYS)
    message = r"coverage=0.9, but Trained has no method predict_interval"
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_estimator(Trained().fit(X, HIGH), X, HIGH, coverage=0.9)


# ------------------------------------------------------------- history and forecast


def test_a_forecast_goes_on_from_its_history(pyplot, airline):
    gru = PersistenceForecaster(season=12)
    gru.fit(*make_windows(airline, n_steps=12, horizon=6))
    forecast = gru.predict(last_window(airline, n_steps=12))
    bounds = np.stack([forecast - 9, forecast + 9], axis=-1)
    display = ForecastDisplay.from_forecast(
        airline[-24:], forecast, interval={0.9: bounds}, name="naive"
    )

    np.testing.assert_array_equal(display.true_line_.get_ydata(), airline[-24:])
    assert (display.index == pd.period_range("1961-01", "1961-06", freq="M")).all()
    assert dates_of(display.line_)[0] == pd.Timestamp("1960-12-01")
    np.testing.assert_array_equal(
        display.line_.get_ydata(), [airline.iloc[-1], *airline[-12:-6]]
    )
    low, high = bounds_of(display.bands_[0])
    assert low[0] == high[0] == airline.iloc[-1]
    np.testing.assert_array_equal(low[1:], airline[-12:-6] - 9)
    assert legend_of(display) == ["Real", "naive", "naive, 90 % interval"]
    assert display.ax_.get_ylabel() == "Number of airline passengers"


def test_what_came_is_drawn_with_the_history(pyplot, airline):
    display = ForecastDisplay.from_forecast(
        airline[-24:-6], airline[-6:] * 1.1, y_true=airline[-6:]
    )
    np.testing.assert_array_equal(display.true_line_.get_ydata(), airline[-24:])
    assert len(display.line_.get_ydata()) == 7
    overlapping = ForecastDisplay.from_forecast(
        airline[-24:], airline[-6:] * 1.1, y_true=airline[-6:]
    )
    np.testing.assert_array_equal(overlapping.true_line_.get_ydata(), airline[-24:])
    with pytest.raises(ValueError, match="y_true has 5 values, but forecast has 6"):
        ForecastDisplay.from_forecast(None, airline[-6:], y_true=airline[-5:])
    with pytest.raises(ValueError, match="and y_true are labelled differently"):
        ForecastDisplay.from_forecast(None, airline[-6:], y_true=airline[-7:-1])


def test_a_forecast_alone(pyplot):
    display = ForecastDisplay.from_forecast(
        None, [[3.0, 4.0]], interval=[[2, 4], [3, 5]]
    )

    np.testing.assert_array_equal(display.line_.get_xdata(), [1, 2])
    assert display.true_line_ is None
    assert legend_of(display) == ["Forecast", "Interval"]
    assert display.ax_.get_xlabel() == "Step ahead"
    assert repr(display) == (
        "ForecastDisplay(y_pred=<2 values>, index=<1 to 2>, interval=<2 x 2 values>)"
    )
    nothing_before = ForecastDisplay.from_forecast([], [3.0, 4.0])
    np.testing.assert_array_equal(nothing_before.line_.get_xdata(), [1, 2])


@pytest.mark.parametrize("forecast", [[], 4.0, np.ones((2, 3))])
def test_a_forecast_is_one_series(pyplot, forecast):
    with pytest.raises(ValueError, match="but must be one series"):
        ForecastDisplay.from_forecast([1.0, 2.0], forecast)


def test_no_rows(pyplot):
    with pytest.raises(ValueError, match="y_true is empty"):
        ForecastDisplay.from_predictions([], [])


def test_arrays_count_on(pyplot):
    display = ForecastDisplay.from_forecast([5.0, 6.0, 7.0], [8.0])
    np.testing.assert_array_equal(display.line_.get_xdata(), [2, 3])
    direct = ForecastDisplay(y_pred=[8.0], history=pd.Series([5.0, 6.0, 7.0])).plot()
    np.testing.assert_array_equal(direct.line_.get_xdata(), [2, 3])
    missing = ForecastDisplay.from_forecast([5.0, 6.0, np.nan], [8.0])
    np.testing.assert_array_equal(missing.line_.get_xdata(), [3])


def test_histories_that_do_not_fit(pyplot, airline, prices):
    with pytest.raises(ValueError, match=r"shape \(30, 2\), but must be one series"):
        ForecastDisplay.from_forecast(prices, [1.0])
    named = pd.Series([1.0, 2.0, 3.0], ["a", "b", "c"])
    with pytest.raises(ValueError, match="after 'c', the last one of history"):
        ForecastDisplay.from_forecast(named, [1.0])
    with pytest.raises(ValueError, match=r"Period\('1960-12', 'M'\), but .* Timestamp"):
        ForecastDisplay.from_forecast(airline, HIGH)
    with pytest.raises(ValueError, match=r"several series.*y\.xs\('A', level=0\)"):
        ForecastDisplay.from_forecast(pd.concat({"A": HIGH, "B": HIGH}), [1.0])


# ------------------------------------------------- series forecasters and searches


@pytest.fixture(scope="module")
def series_gru(airline):
    """One trained on all but the last year."""
    gru = SeriesGRUForecaster(4, n_steps=12, epochs=2, random_state=0)
    return gru.fit(airline[:-12], fh=range(1, 13))


def test_a_series_forecaster_forecasts_the_times_of_y(pyplot, airline, series_gru):
    test = airline[-12:]
    display = ForecastDisplay.from_estimator(series_gru, None, test)

    expected = series_gru.predict()
    assert (dates_of(display.line_) == test.index.to_timestamp()).all()
    np.testing.assert_array_equal(display.line_.get_ydata(), expected)
    assert display.line_.get_label() == "GRUForecaster"
    some = ForecastDisplay.from_estimator(series_gru, None, test[3:5])
    np.testing.assert_array_equal(some.line_.get_ydata(), expected[3:5])
    with pytest.raises(
        ValueError, match=r"1959-12.* was fitted for others, from .*-01"
    ):
        ForecastDisplay.from_estimator(series_gru, None, airline[-13:])
    with pytest.raises(ValueError, match="y is ndarray, which does not tell the times"):
        ForecastDisplay.from_estimator(series_gru, None, test.to_numpy())


def test_intervals_of_a_series_forecaster(pyplot, airline):
    naive = NaiveForecaster(sp=12).fit(airline[:-12])
    display = ForecastDisplay.from_estimator(
        naive, None, airline[-12:], coverage=[0.5, 0.9]
    )
    frame = naive.predict_interval(range(1, 13), coverage=[0.5, 0.9])
    for band, coverage in zip(display.bands_, (0.9, 0.5), strict=True):
        expected = frame.droplevel(0, axis=1)[coverage].to_numpy().T
        np.testing.assert_allclose(bounds_of(band), expected)


def test_losses_of_series_forecasters_and_searches(pyplot, airline, series_gru):
    losses = series_gru.regressor_.history_["loss"]
    one = LossCurveDisplay.from_estimator(series_gru)
    np.testing.assert_array_equal(one.line_.get_ydata(), losses)
    assert one.line_.get_label() == "Training loss, GRUForecaster"

    pipeline = Differencer() * series_gru.clone()
    pipeline.fit(airline, fh=range(1, 13))
    inside = LossCurveDisplay.from_estimator(pipeline)
    assert len(inside.line_.get_ydata()) == 2

    X = np.arange(8.0).reshape(-1, 1)
    search = GridSearchCV(Trained(), {"history": [{"loss": [2.0, 1.0]}]}, cv=2)
    found = LossCurveDisplay.from_estimator(search.fit(X, X[:, 0]))
    np.testing.assert_array_equal(found.line_.get_ydata(), [2.0, 1.0])
    with pytest.raises(SktimeNotFittedError, match="has not been fitted"):
        LossCurveDisplay.from_estimator(series_gru.clone())


def test_losses_of_one_series_of_several(pyplot, airline, series_gru):
    several = pd.concat({"a": airline, "b": airline}, axis=1)
    both = series_gru.clone().fit(several, fh=range(1, 13))

    with pytest.raises(ValueError, match=r"one of their .*forecasters_\.iloc"):
        LossCurveDisplay.from_estimator(both)
    one = LossCurveDisplay.from_estimator(both.forecasters_.iloc[0, 0])
    assert len(one.line_.get_ydata()) == 2


# ----------------------------------------------------------------- in other words


def test_displays_say_what_they_hold(pyplot, trained):
    display = ForecastDisplay.from_predictions(
        HIGH, PREDICTED, interval={0.9: np.c_[PREDICTED, PREDICTED]}, name="GRU"
    )
    assert repr(display) == (
        "ForecastDisplay(y_pred=<4 values>, y_true=<4 values>, index=<2021-01-04 to "
        "2021-01-07>, interval={0.9}, name='GRU', target_name='High')"
    )
    assert repr(LossCurveDisplay.from_estimator(trained)) == (
        "LossCurveDisplay(loss=<3 values>, name='Trained')"
    )
    scores = pd.DataFrame({"GRU": [1.0, 2.0]})
    assert repr(BacktestDisplay(scores=scores)) == (
        "BacktestDisplay(scores=<2 x 1 values>)"
    )


# ------------------------------------------------------------------ loss of epochs


def test_loss_curve_carries_the_history(pyplot, trained):
    display = LossCurveDisplay.from_estimator(trained)

    np.testing.assert_array_equal(display.line_.get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(display.line_.get_ydata(), [3.0, 2.0, 1.5])
    assert display.val_line_ is None
    assert display.line_.get_label() == "Training loss, Trained"
    assert display.ax_.get_xlabel() == "Epoch"
    assert display.ax_.get_ylabel() == "Loss (scaled y)"
    assert display.figure_ is display.ax_.figure


def test_validation_loss_is_drawn(pyplot):
    forecaster = Trained({"loss": [3.0, 2.0], "val_loss": [4.0, 3.5]}).fit([[0]], [0])
    display = LossCurveDisplay.from_estimator(forecaster, val_loss_kwargs={"lw": 3})

    np.testing.assert_array_equal(display.val_line_.get_ydata(), [4.0, 3.5])
    assert display.val_line_.get_color() == display.line_.get_color()
    assert display.val_line_.get_linestyle() == "--"
    assert display.val_line_.get_linewidth() == 3


def test_loss_curves_share_axes(pyplot, trained):
    first = LossCurveDisplay.from_estimator(trained, name="LSTM")
    second = LossCurveDisplay.from_estimator(trained, name="GRU", ax=first.ax_)

    assert len(first.ax_.lines) == 2
    assert first.line_.get_color() != second.line_.get_color()
    legend = [text.get_text() for text in first.ax_.get_legend().get_texts()]
    assert legend == ["Training loss, LSTM", "Training loss, GRU"]


def test_epochs_are_whole_numbers(pyplot, trained):
    ax = LossCurveDisplay.from_estimator(trained).ax_

    assert all(tick == int(tick) for tick in ax.get_xticks())


def test_loss_curve_of_a_pipeline(pyplot):
    pipeline = make_pipeline(StandardScaler(), Trained({"loss": [2.0, 1.0]}))
    display = LossCurveDisplay.from_estimator(pipeline.fit([[0.0], [1.0]], [0.0, 1.0]))

    np.testing.assert_array_equal(display.line_.get_ydata(), [2.0, 1.0])


def test_loss_curve_needs_a_fitted_forecaster(pyplot):
    with pytest.raises(NotFittedError, match="Trained instance is not fitted"):
        LossCurveDisplay.from_estimator(Trained())


def test_loss_curve_needs_a_history(pyplot):
    ridge = Ridge().fit([[0.0], [1.0]], [0.0, 1.0])

    with pytest.raises(ValueError, match="estimator=Ridge keeps no training history"):
        LossCurveDisplay.from_estimator(ridge)


def test_displays_of_a_real_forecaster(pyplot):
    rng = np.random.default_rng(0)
    series = pd.Series(rng.normal(size=20).cumsum(), name="level")
    X, y = make_windows(series, n_steps=4)
    gru = GRUForecaster(units=5, epochs=3, random_state=0).fit(X, y, X_val=X, y_val=y)

    loss = LossCurveDisplay.from_estimator(gru)
    forecast = ForecastDisplay.from_estimator(gru, X, y)

    np.testing.assert_array_equal(loss.line_.get_ydata(), gru.history_["loss"])
    np.testing.assert_array_equal(loss.val_line_.get_ydata(), gru.history_["val_loss"])
    np.testing.assert_array_equal(forecast.line_.get_ydata(), gru.predict(X))
    np.testing.assert_array_equal(forecast.line_.get_xdata(), range(4, 20))


def test_the_best_epoch_is_marked(pyplot):
    display = LossCurveDisplay(
        loss=[3.0, 2.0, 1.0], val_loss=[4.0, 2.5, 3.0], name="GRU"
    ).plot()

    np.testing.assert_array_equal(display.best_.get_xydata(), [[2, 2.5]])
    assert display.best_.get_color() == display.line_.get_color()
    assert legend_of(display) == [
        "Training loss, GRU",
        "Validation loss, GRU, best in epoch 2",
    ]
    assert LossCurveDisplay(loss=[3.0, 2.0]).plot().best_ is None


def test_one_epoch_has_one_tick(pyplot):
    display = LossCurveDisplay(loss=[3.0], val_loss=[4.0]).plot()
    display.figure_.canvas.draw()
    low, high = display.ax_.get_xlim()
    assert [tick for tick in display.ax_.get_xticks() if low <= tick <= high] == [1]
    assert display.line_.get_marker() != display.val_line_.get_marker()


# -------------------------------------------------------- errors, residuals, folds


def test_errors_by_step(pyplot, steps):
    y, pred = steps
    display = HorizonErrorDisplay.from_predictions(y, pred, name="GRU")
    expected = np.sqrt(np.square(0.1 * y.to_numpy()).mean(axis=0))

    np.testing.assert_allclose(display.line_.get_ydata(), expected)
    np.testing.assert_array_equal(display.line_.get_xdata(), range(1, 13))
    assert display.ax_.get_ylabel() == "Root mean squared error"
    second = HorizonErrorDisplay.from_predictions(
        y, 3 * pred, name="LSTM", ax=display.ax_, metric=mean_absolute_error
    )
    np.testing.assert_allclose(second.errors, 2.3 * y.mean(axis=0))
    assert second.line_.get_color() != display.line_.get_color()
    assert legend_of(second) == ["GRU", "LSTM"]
    low, high = display.ax_.get_ylim()
    assert low == 0
    assert high > second.errors.max()


def test_errors_of_one_step(pyplot):
    display = HorizonErrorDisplay.from_predictions([1.0, 2.0], [1.0, 4.0])
    np.testing.assert_allclose(display.errors, [np.sqrt(2)])
    with pytest.raises(ValueError, match=r"shape \(4,\) and y_pred \(3,\)"):
        HorizonErrorDisplay.from_predictions(np.ones(4), np.ones(3))


def test_residuals_over_time(pyplot):
    display = ResidualsDisplay.from_predictions(HIGH, PREDICTED, name="GRU")

    np.testing.assert_allclose(display.line_.get_ydata(), HIGH - PREDICTED)
    assert (dates_of(display.line_) == DAYS).all()
    widths = [bar.get_width() for bar in display.histogram_]
    assert sum(widths) == len(HIGH)
    display.figure_.canvas.draw()
    assert display.histogram_ax_.get_ylim() == display.ax_.get_ylim()
    color = to_rgba(display.line_.get_color())
    assert display.histogram_[0].get_facecolor() == color


def test_residuals_of_a_step(pyplot, steps):
    y, pred = steps
    display = ResidualsDisplay.from_predictions(y, pred, step=11)
    assert shifts(display, y) == {11}
    np.testing.assert_allclose(display.residuals, -0.1 * y.iloc[:, 11])

    X = pd.DataFrame({"High[t-1]": PREDICTED}, index=DAYS)
    estimated = ResidualsDisplay.from_estimator(
        Trained().fit(X, HIGH), X, HIGH.to_list()
    )
    assert (dates_of(estimated.line_) == DAYS).all()
    assert legend_of(estimated) == ["Trained"]


@pytest.fixture
def results():
    """As sktime's evaluate returns them, of two metrics."""
    cutoffs = pd.period_range("2019", periods=3, freq="Y")
    return pd.DataFrame(
        {
            "test_MAE": [1.0, 2.0, 3.0],
            "test_MSE": 4.0,
            "fit_time": 1.0,
            "cutoff": cutoffs,
        }
    )


def test_folds_are_bars(pyplot, results):
    other = results.assign(test_MAE=[3.0, 3.0, 6.0])
    display = BacktestDisplay.from_results(
        {"GRU": results, "naive": other}, metric="MAE"
    )

    heights = [[bar.get_height() for bar in bars] for bars in display.bars_]
    assert heights == [[1, 2, 3], [3, 3, 6]]
    assert [line.get_ydata()[0] for line in display.mean_lines_] == [2, 4]
    assert legend_of(display) == ["GRU, mean 2", "naive, mean 4"]
    labels = [text.get_text() for text in display.ax_.get_xticklabels()]
    assert labels == ["2019", "2020", "2021"]
    assert display.ax_.get_ylabel() == "MAE"


def test_one_backtest_and_many_folds(pyplot, results):
    many = pd.concat([results] * 20, ignore_index=True)
    many["cutoff"] = pd.bdate_range("2021-01-04", periods=60)
    display = BacktestDisplay.from_results(many, metric="test_MSE")
    display.figure_.canvas.draw()

    assert legend_of(display) == ["Mean 4"]
    boxes = [text.get_window_extent() for text in display.ax_.get_xticklabels()]
    assert len(boxes) >= 3
    assert all(a.x1 < b.x0 for a, b in pairwise(boxes))


@pytest.mark.parametrize("metric", [None, "RMSE"])
def test_a_score_must_be_named(pyplot, results, metric):
    message = rf"metric={metric!r}, but .* \['test_MAE', 'test_MSE'\]"
    with pytest.raises(ValueError, match=message):
        BacktestDisplay.from_results(results, metric=metric)


def test_importing_the_plots_imports_no_matplotlib():
    code = "import sys, sk_rnn.plotting; sys.exit('matplotlib' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("caller", "call"),
    [
        (
            "ForecastDisplay.plot",
            lambda: ForecastDisplay(y_true=[1], y_pred=[1]).plot(),
        ),
        (
            "ForecastDisplay.from_predictions",
            lambda: ForecastDisplay.from_predictions([1], [1]),
        ),
        ("LossCurveDisplay.plot", LossCurveDisplay(loss=[1.0]).plot),
        ("ResidualsDisplay.plot", ResidualsDisplay(residuals=[1.0]).plot),
        ("HorizonErrorDisplay.plot", HorizonErrorDisplay(errors=[1.0]).plot),
        ("BacktestDisplay.plot", BacktestDisplay(scores=pd.DataFrame([1.0])).plot),
    ],
)
def test_without_matplotlib_the_caller_is_named(monkeypatch, caller, call):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(ImportError, match=f"{caller} requires matplotlib"):
        call()
