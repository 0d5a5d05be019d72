"""Horizons resolved at a cutoff, with and without a frequency."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.base import ForecastingHorizon

from sk_rnn.sktime._horizon import resolve, since_last_gap, spacing_of

# Ten trading days around the fourth of July, a Thursday and a holiday.
EXCHANGE = pd.date_range("2024-06-26", "2024-07-10", freq="B").drop("2024-07-04")
INDEXES = {
    "range": pd.RangeIndex(20),
    "range from 7": pd.RangeIndex(7, 27),
    "integers": pd.Index(np.arange(3, 23)),
    "every second integer": pd.RangeIndex(0, 40, 2),
    "months": pd.period_range("2020-01", periods=20, freq="M"),
    "quarters": pd.period_range("2020-01", periods=20, freq="Q"),
    "days": pd.date_range("2024-02-20", periods=20, freq="D"),
    "working days": pd.date_range("2024-02-20", periods=20, freq="B"),
    "an exchange": pd.date_range(
        "2024-02-20", periods=20, freq=pd.offsets.CDay(holidays=["2024-03-06"])
    ),
    "month starts": pd.date_range("2020-01-01", periods=20, freq="MS"),
    "15 minutes, zoned": pd.date_range(
        "2024-03-30 20:00", periods=20, freq="15min", tz="Europe/Berlin"
    ),
}


def resolved(fh, index, n_seen, known=(), later=(), **kwargs):
    """Resolve a horizon after the first times of an index."""
    seen = index[:n_seen]
    if not isinstance(fh, ForecastingHorizon):
        fh = ForecastingHorizon(fh)
    known, later = (seen[:0] if len(times) == 0 else times for times in (known, later))
    return resolve(fh, seen, later, known, spacing_of(index), **kwargs)


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
@pytest.mark.parametrize("is_relative", [True, False])
def test_a_regular_index(index, is_relative):
    steps = np.array([-11, -3, 0, 1, 4, 8])
    fh = ForecastingHorizon(
        steps if is_relative else index[steps + 11], is_relative=is_relative
    )
    horizon = resolved(fh, index, 12)
    np.testing.assert_array_equal(horizon.steps, steps)
    assert horizon.labels.tolist() == index[steps + 11].tolist()
    assert horizon.ahead.tolist() == index[12:].tolist()


@pytest.mark.parametrize("index", [INDEXES["months"], INDEXES["days"]])
def test_labels_are_those_that_sktime_expects(index):
    fh = ForecastingHorizon([1, 2, 3], is_relative=True)
    expected = fh.to_absolute_index(index[11:12])
    labels = resolved(fh, index.rename("time"), 12).labels
    pd.testing.assert_index_equal(labels, expected, exact="equiv")
    assert labels.freq == expected.freq


def test_a_horizon_of_time_differences():
    fh = ForecastingHorizon(pd.to_timedelta([-1, 2], unit="D"), is_relative=True)
    horizon = resolved(fh, INDEXES["days"], 12)
    assert horizon.steps.tolist() == [-1, 2]
    assert horizon.labels.tolist() == INDEXES["days"][[10, 13]].tolist()


def test_gaps():
    for name, index in INDEXES.items():
        spacing = spacing_of(index)
        assert since_last_gap(index, spacing) == 0, name
        gappy = index.delete([3, 4, 9])
        assert since_last_gap(gappy, spacing) == 7, name
        assert since_last_gap(index[:1], spacing) == 0, name
    assert since_last_gap(EXCHANGE, None) == 0
    assert spacing_of(pd.Index([0, 2, 4])) == 2
    assert spacing_of(pd.Index([0, 2, 5])) is None
    assert spacing_of(EXCHANGE) is None


def test_a_time_that_the_series_has_not():
    for fh in [-12], ForecastingHorizon(INDEXES["months"][:1] - 1, is_relative=False):
        with pytest.raises(ValueError, match=r"no such time: it has 12 .* from 2020"):
            resolved(fh, INDEXES["months"], 12)


# ------------------------------------------------------- dates without a frequency


@pytest.mark.parametrize("n_known", [0, 5, 10])
def test_dates_in_a_row_are_counted(n_known):
    """Over the holiday, which a few dates more make plain to be one."""
    days = pd.date_range("2024-06-26", "2024-07-19", freq="B").drop("2024-07-04")
    fh = ForecastingHorizon(days[[0, 4, *range(5, 17)]], is_relative=False)
    horizon = resolved(fh, days, 5, known=days[:n_known])
    assert horizon.steps.tolist() == [-4, *range(13)]
    assert horizon.labels.tolist() == days[[0, 4, *range(5, 17)]].tolist()


def test_dates_that_leave_some_out_are_not_guessed():
    fh = ForecastingHorizon(EXCHANGE[[6, 8]], is_relative=False)
    with pytest.raises(ValueError, match="Pass fh as numbers"):
        resolved(fh, EXCHANGE, 5)
    # X that knows all dates tells them.
    assert resolved(fh, EXCHANGE, 5, known=EXCHANGE).steps.tolist() == [2, 4]
    # So does the series itself, when its cutoff has been moved back.
    assert resolved(fh, EXCHANGE, 5, later=EXCHANGE[5:]).steps.tolist() == [2, 4]


def test_a_date_more_of_X_closes_no_gap():
    fh = ForecastingHorizon(EXCHANGE[[8]], is_relative=False)
    with pytest.raises(ValueError, match="Pass fh as numbers"):
        resolved(fh, EXCHANGE, 5, known=EXCHANGE[:6])


def test_rows_of_X_at_other_steps_are_not_mistaken():
    """The rows of the next two steps, where the second and fourth are asked for."""
    horizon = resolved([2, 4], EXCHANGE, 7, known=EXCHANGE[:9])
    assert horizon.labels.astype(str).tolist() == ["2024-07-09", "2024-07-11"]


def test_steps_take_their_dates_from_the_rows_of_X():
    """sktime hands over the rows that the horizon asks for, and no others."""
    horizon = resolved([2, 4], EXCHANGE, 5, known=EXCHANGE[[*range(5), 6, 8]])
    assert horizon.labels.tolist() == EXCHANGE[[6, 8]].tolist()
    horizon = resolved([2, 4], EXCHANGE, 5, later=EXCHANGE[5:])
    assert horizon.labels.tolist() == EXCHANGE[[6, 8]].tolist()


def test_X_of_other_days_is_no_calendar():
    """The series leaves weekends out, X does not."""
    every_day = pd.date_range(EXCHANGE[0], periods=20)
    horizon = resolved([1, 2, 3], EXCHANGE, 7, known=every_day)  # ends on a Friday
    assert horizon.labels.tolist() == EXCHANGE[7:].tolist()
    # Also if X begins after the series: it never had a weekend.
    long = pd.date_range("2024-06-03", "2024-07-05", freq="B").drop("2024-07-04")
    ahead = pd.date_range("2024-07-06", periods=5)
    assert resolved([1], long, len(long), known=ahead).labels[0].day_name() == "Monday"


def test_a_time_off_the_grid():
    times = INDEXES["month starts"][:5].append(pd.DatetimeIndex(["2020-06-15"]))
    with pytest.raises(ValueError, match="2020-06-15 00:00:00, which does not belong"):
        since_last_gap(times, INDEXES["month starts"].freq)


def test_days_of_a_time_zone_end_at_midnight():
    times = pd.date_range("2024-03-20", periods=11, tz="Europe/Berlin")
    times = times.delete([3, 5])  # irregular, and the clocks change on the 31st
    labels = resolved([1, 2, 3], times, 9).labels
    assert labels.strftime("%d %H").tolist() == ["31 00", "01 00", "02 00"]


def test_dates_asked_of_periods():
    fh = ForecastingHorizon(pd.DatetimeIndex(["2021-02-01"]), is_relative=False)
    assert resolved(fh, INDEXES["months"], 12).steps.tolist() == [2]


def test_unknown_dates_continue_the_spacing():
    def labels(times):
        times = pd.DatetimeIndex(times, freq=None)
        return resolved([1, 2, 3], times, len(times)).labels.astype(str).tolist()

    # Holidays ahead are not known, weekends are.
    assert labels(EXCHANGE[:7]) == ["2024-07-08", "2024-07-09", "2024-07-10"]
    months = pd.date_range("2020-01-01", periods=5, freq="MS")
    assert labels(months) == ["2020-06-01", "2020-07-01", "2020-08-01"]
    uneven = pd.to_datetime(["2020-01-01", "2020-01-03", "2020-01-05", "2020-01-08"])
    assert labels(uneven) == ["2020-01-10", "2020-01-12", "2020-01-14"]
    assert labels(EXCHANGE[:1]) == ["2024-06-27", "2024-06-28", "2024-07-01"]


# What tells the dates ahead, and what is only a guess.
UNEVEN = pd.to_datetime(["2020-01-01", "2020-01-03", "2020-01-05", "2020-01-08"])
MONTHS = pd.date_range("2018", periods=36, freq="MS").delete(20)
SHOP = pd.date_range("2024-01-01", "2024-02-03")
SHOP = SHOP[SHOP.dayofweek < 6]
AHEAD = pd.date_range("2024-02-04", periods=14)  # a Sunday


def asserted_to_warn(horizon):
    """Whether a horizon has something to say of its labels."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        horizon.warn()
    assert [str(each.message) for each in caught] == [horizon.doubt] * len(caught)
    return len(caught) == 1


def test_a_guess_is_said():
    horizon = resolved([1, 2], UNEVEN, 4)
    assert asserted_to_warn(horizon)
    assert "follow 2020-01-08 in y" in horizon.doubt
    assert "median spacing, 2 days. Give y a frequency" in horizon.doubt
    assert "spacing, a working day." in resolved([1], EXCHANGE, 1).doubt
    some_days = pd.date_range("2021-03-01", periods=6).delete(2)
    assert "spacing, a day." in resolved([1], some_days, 5).doubt
    assert "spacing, 2." in resolved([1], pd.Index([3, 5, 7, 10, 12, 14]), 6).doubt


def test_what_is_told_is_no_guess():
    assert not asserted_to_warn(resolved([-1, 0], UNEVEN, 4))
    dates = pd.to_datetime(["2020-01-10", "2020-01-12"])
    assert not asserted_to_warn(resolved([1, 2], UNEVEN, 4, known=dates))
    assert not asserted_to_warn(resolved([1, 2], UNEVEN, 4, later=dates))
    fh = ForecastingHorizon(dates, is_relative=False)
    assert not asserted_to_warn(resolved(fh, UNEVEN, 4))
    for index in *INDEXES.values(), EXCHANGE, MONTHS, SHOP:
        assert not asserted_to_warn(resolved([1, 2], index, len(index)))


def test_months_stay_on_their_grid():
    for index in MONTHS, MONTHS.to_period("M"):
        horizon = resolve(
            ForecastingHorizon([-1, 1, 2]), index, index[:0], index[:0], None
        )
        expected = ["2020-11", "2021-01", "2021-02"]
        assert horizon.labels.strftime("%Y-%m").tolist() == expected


def test_months_ahead_are_counted_on_their_grid():
    """Whatever is left out: no holiday moves a month."""
    fh = ForecastingHorizon(pd.to_datetime(["2021-03-01", "2021-08-01"]), None, False)
    assert resolved(fh, MONTHS, 35).steps.tolist() == [3, 8]
    rows = pd.to_datetime(["2021-02-01", "2021-03-01"])
    horizon = resolved([3], MONTHS, 35, known=MONTHS.append(rows))
    assert horizon.labels.tolist() == [pd.Timestamp("2021-03-01")]
    fh = ForecastingHorizon(pd.to_datetime(["2021-03-04"]), is_relative=False)
    with pytest.raises(ValueError, match="2021-03-04 00:00:00, but y has no such time"):
        resolved(fh, MONTHS, 35)


def test_a_cutoff_before_a_hole_goes_on_with_the_times_that_came():
    horizon = resolved([1, 2], MONTHS, 20, later=MONTHS[20:])
    assert horizon.labels.astype(str).tolist() == ["2019-10-01", "2019-11-01"]


@pytest.mark.parametrize(
    "known", [SHOP[:0], SHOP.append(AHEAD), AHEAD, pd.date_range(SHOP[0], AHEAD[-1])]
)
def test_no_row_of_X_opens_a_shop(known):
    """Closed on Sundays: X has rows for them, in the past or ahead."""
    labels = resolved(range(1, 13), SHOP, len(SHOP), known=known).labels
    assert labels.tolist() == AHEAD[AHEAD.dayofweek < 6].tolist()


def test_a_holiday_of_a_shop_is_read_from_X():
    known = SHOP.append(AHEAD[[1, 2, 4, 5, 6, 8]])
    labels = resolved(range(1, 6), SHOP, len(SHOP), known=known).labels
    assert labels.day.tolist() == [5, 6, 8, 9, 10]


def test_rows_of_X_between_bars_tell_no_times():
    times = pd.timedelta_range("9:30:00", "15:30:00", freq="30min")
    days = pd.bdate_range("2024-01-01", periods=15)
    bars = pd.DatetimeIndex([day + time for day in days for time in times])
    every_half_hour = pd.date_range(
        "2024-01-19 16:00", "2024-01-22 10:00", freq="30min"
    )
    for known in bars[:0], every_half_hour, bars.append(every_half_hour):
        labels = resolved([1, 2], bars, len(bars), known=known).labels
        assert labels.strftime("%a %H:%M").tolist() == ["Mon 09:30", "Mon 10:00"]


def test_numbers_without_a_regular_step():
    index = pd.Index([3, 5, 7, 10, 12, 14])
    assert resolved([-1, 0, 1, 2], index, 6).labels.tolist() == [12, 14, 16, 18]


@pytest.mark.parametrize(
    "fh",
    [
        ForecastingHorizon([-5], is_relative=True),
        ForecastingHorizon(pd.DatetimeIndex(["2024-06-29"]), is_relative=False),
    ],
    ids=["before the first", "a Saturday"],
)
def test_a_date_that_the_exchange_has_not(fh):
    with pytest.raises(ValueError, match=r"no such time: it has 5 .* from 2024"):
        resolved(fh, EXCHANGE, 5)
