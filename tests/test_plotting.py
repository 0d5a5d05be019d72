import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_rnn import GRUForecaster, make_windows
from sk_rnn.plotting import ForecastDisplay, LossCurveDisplay

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
    assert legend == ["Real", "Predicted, GRU"]


def test_unnamed_data_get_plain_labels(pyplot):
    display = ForecastDisplay.from_predictions([1.0, 2.0], [1.5, 2.5])

    np.testing.assert_array_equal(display.line_.get_xdata(), [0, 1])
    assert display.ax_.get_xlabel() == "Row"
    assert display.ax_.get_ylabel() == "y"
    assert display.line_.get_label() == "Predicted"


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
    assert display.ax_.get_ylabel() == "High[t+1]"


@pytest.mark.parametrize("step", [-1, 2])
def test_step_out_of_range(pyplot, step):
    y = np.ones((3, 2))

    with pytest.raises(ValueError, match=rf"step={step}, .* 2 step\(s\).* 0 and 1"):
        ForecastDisplay.from_predictions(y, y, step=step)


@pytest.mark.parametrize("step", [0.5, 1.0, True, "0", None])
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
    assert display.line_.get_label() == "Predicted, Trained"


def test_from_estimator_takes_dates_from_X(pyplot):
    X = pd.DataFrame({"High[t-1]": PREDICTED}, index=DAYS)
    display = ForecastDisplay.from_estimator(
        Trained().fit(X, HIGH), X, HIGH.to_list(), name="last"
    )

    assert (dates_of(display.line_) == DAYS).all()
    assert display.line_.get_label() == "Predicted, last"


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
    ],
)
def test_without_matplotlib_the_caller_is_named(monkeypatch, caller, call):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(ImportError, match=f"{caller} requires matplotlib"):
        call()
