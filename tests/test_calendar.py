"""The times that follow, and the gaps before them: labels worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from sk_rnn._calendar import following, gaps, season_of, warn_of_gaps

MONDAY = pd.Timestamp("2024-01-01")


def without_frequency(index):
    return type(index)(index, freq=None) if hasattr(index, "freq") else index


def dates(*texts, **kwargs):
    return pd.DatetimeIndex(texts, **kwargs)


def days(first, last, weekdays="Mon Tue Wed Thu Fri Sat Sun", **kwargs):
    """Return the days of some weekdays, without a frequency."""
    index = pd.date_range(first, last, **kwargs)
    return index[index.strftime("%a").isin(weekdays.split())]


def bars(days, start="9:30", end="15:30", every="30min"):
    """Return the times of day of every day."""
    parts = pd.timedelta_range(f"{start}:00", f"{end}:00", freq=every)
    return pd.DatetimeIndex([day + part for day in days for part in parts], freq=None)


SHOP = days("2024-01-01", "2024-01-27", "Mon Tue Wed Thu Fri Sat")
EXCHANGE = days("2024-01-01", "2024-03-01", "Mon Tue Wed Thu Fri").drop(
    ["2024-01-01", "2024-01-15", "2024-02-19"]
)
HALF_HOURS = bars(days("2024-01-01", "2024-01-12", "Mon Tue Wed Thu Fri"))


# ------------------------------------------------------------- one known frequency


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (pd.RangeIndex(4, 28, 4, name="step"), [28, 32]),
        (pd.RangeIndex(1), [1, 2]),
        (
            pd.bdate_range("2021-03-04", periods=2),
            dates("2021-03-08", "2021-03-09"),
        ),
        (
            pd.period_range("2021-01", periods=1, freq="M", name="month"),
            pd.PeriodIndex(["2021-02", "2021-03"], freq="M"),
        ),
        (
            pd.period_range("2021-01-06", periods=2, freq="2W-WED"),
            pd.PeriodIndex(["2021-02-03", "2021-02-17"], freq="2W-WED"),
        ),
        (
            pd.timedelta_range("1h", periods=6, freq="3h"),
            pd.to_timedelta(["19h", "22h"]),
        ),
        (
            pd.date_range("2021-03-25", periods=3, tz="Europe/Berlin"),
            dates("2021-03-28", "2021-03-29", tz="Europe/Berlin"),
        ),
    ],
    ids=str,
)
def test_a_frequency_goes_on(index, expected):
    found = following(index, 2)
    assert found.tolist() == list(expected)
    assert found.dtype == index.dtype
    assert found.name == index.name
    assert gaps(index) == []


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (days("2021-03-01", "2021-03-06"), dates("2021-03-07", "2021-03-08")),
        (dates("2021-03-04", "2021-03-05", "2021-03-08"), dates("2021-03-09")),
        (pd.date_range("2021-03-01", periods=3, freq="15min"), ["2021-03-01 00:45"]),
        (pd.date_range("2021-03-02", periods=3, freq="W-TUE"), ["2021-03-23"]),
        # The third Fridays of the month.
        (dates("2021-01-15", "2021-02-19", "2021-03-19"), ["2021-04-16"]),
        (pd.Index([3, 5, 7], name="day"), [9, 11]),
        (pd.Index([1, 2, 3], dtype="Int64"), [4, 5]),
        (pd.Index([0.5, 1.0, 1.5]), [2.0, 2.5]),
        (pd.to_timedelta(["1h", "4h", "7h"]), [pd.Timedelta("10h")]),
        (days("2021-03-01", "2021-03-06", unit="s"), ["2021-03-07"]),
    ],
    ids=str,
)
def test_a_frequency_is_inferred_where_it_gives_back_all_labels(index, expected):
    index = without_frequency(index)
    found = following(index, len(expected))
    if isinstance(index, pd.DatetimeIndex):
        expected = pd.DatetimeIndex(expected)
    assert found.tolist() == list(expected)
    assert found.dtype == index.dtype
    assert found.name == index.name
    assert gaps(index) == []


def test_an_inferred_frequency_that_gives_other_labels_is_not_taken():
    """pandas infers business hours, of which 10:00 to 17:00 are none."""
    open_hours = bars(
        days("2024-01-01", "2024-01-12", "Mon Tue Wed Thu Fri"), "10:00", "17:00", "1h"
    )
    assert open_hours.inferred_freq == "bh"
    assert following(open_hours, 1).tolist() == [pd.Timestamp("2024-01-15 10:00")]


def test_days_in_a_zone_are_of_the_calendar_and_hours_of_the_clock():
    """In Berlin, 2024-03-31 has 23 hours and 2024-10-27 has 25."""
    zone = "Europe/Berlin"
    spring = days("2024-03-20", "2024-03-30", tz=zone)
    found = following(spring, 2)
    assert found.tolist() == dates("2024-03-31", "2024-04-01", tz=zone).tolist()
    hours = pd.date_range("2024-10-26 00:00", "2024-10-27 00:00", freq="h", tz=zone)
    found = following(without_frequency(hours), 4)
    assert found.strftime("%H:%M %z").tolist() == [
        "01:00 +0200",
        "02:00 +0200",
        "02:00 +0100",
        "03:00 +0100",
    ]


# ------------------------------------------------- months, quarters, years with holes


@pytest.mark.parametrize(
    ("index", "expected", "gap"),
    [
        (
            pd.date_range("2018", periods=36, freq="MS").delete(20),
            ["2021-01-01", "2021-02-01"],
            ("2019-08-01", "2019-09-01", 1),
        ),
        (
            dates("2020-09-30", "2020-10-31", "2020-12-31", "2021-01-31"),
            ["2021-02-28", "2021-03-31"],
            ("2020-10-31", "2020-11-30", 1),
        ),
        (
            dates("2019-01-01", "2019-04-01", "2020-01-01", "2020-04-01", "2020-07-01"),
            ["2020-10-01", "2021-01-01"],
            ("2019-04-01", "2019-07-01", 2),
        ),
        (
            dates("2019-02-28", "2019-05-31", "2019-11-30", "2020-02-29"),
            ["2020-05-31", "2020-08-31"],
            ("2019-05-31", "2019-08-31", 1),
        ),
        (
            dates("2010-01-01", "2011-01-01", "2012-01-01", "2014-01-01", "2015-01-01"),
            ["2016-01-01", "2017-01-01"],
            ("2012-01-01", "2013-01-01", 1),
        ),
        (
            dates("2010-12-31", "2011-12-31", "2012-12-31", "2015-12-31", "2016-12-31"),
            ["2017-12-31", "2018-12-31"],
            ("2012-12-31", "2013-12-31", 2),
        ),
        # The first and the last working day of the month.
        (
            dates("2021-03-01", "2021-04-01", "2021-05-03", "2021-07-01", "2021-08-02"),
            ["2021-09-01", "2021-10-01", "2021-11-01"],
            ("2021-05-03", "2021-06-01", 1),
        ),
        (
            dates("2021-01-29", "2021-02-26", "2021-03-31", "2021-05-31", "2021-06-30"),
            ["2021-07-30", "2021-08-31"],
            ("2021-03-31", "2021-04-30", 1),
        ),
        # Pay day is the 15th, at nine.
        (
            dates("2021-01-15", "2021-02-15", "2021-03-15", "2021-05-15", "2021-06-15")
            + pd.Timedelta("9h"),
            ["2021-07-15 09:00", "2021-08-15 09:00"],
            ("2021-03-15 09:00", "2021-04-15 09:00", 1),
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_a_grid_of_months_goes_on(index, expected, gap, zone):
    index = index.tz_localize(zone)
    found = following(index, len(expected))
    assert found.tolist() == dates(*expected, tz=zone).tolist()
    after, first, length = gap
    after, first = pd.Timestamp(after, tz=zone), pd.Timestamp(first, tz=zone)
    assert gaps(index) == [(after, first, length)]


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        # 31 days each, but of the months: the 15th is what they share.
        (dates("2021-07-15", "2021-08-15", "2021-09-15"), "2021-10-15"),
        # 365 days each, and 2024 is a leap year.
        (dates("2021-03-15", "2022-03-15", "2023-03-15"), "2024-03-15"),
        (dates("2020-01-31", "2020-07-31", "2021-01-31"), "2021-07-31"),
    ],
)
def test_months_go_before_a_number_of_days(index, expected):
    assert following(index, 1).tolist() == [pd.Timestamp(expected)]
    assert gaps(index) == []


@pytest.mark.parametrize(
    "index",
    [
        dates("2021-01-01", "2021-02-01"),
        dates("2021-01-01", "2021-02-01", "2021-04-01"),  # one step of each kind
        dates("2021-01-01", "2021-03-01", "2021-06-01", "2021-08-01"),
        dates("2021-01-01", "2021-02-02", "2021-03-01", "2021-04-01"),
        dates("2021-01-01 00:00", "2021-02-01 09:00", "2021-03-01", "2021-04-01"),
    ],
)
def test_what_is_no_grid_of_months(index):
    assert following(index, 1) is None


def test_periods_with_holes_stay_on_their_grid():
    months = pd.period_range("2018-01", periods=36, freq="M").delete([5, 20, 21])
    assert following(months, 2).astype(str).tolist() == ["2021-01", "2021-02"]
    assert [tuple(map(str, gap)) for gap in gaps(months)] == [
        ("2018-05", "2018-06", "1"),
        ("2019-08", "2019-09", "2"),
    ]
    weeks = pd.period_range("2024-01-01", periods=9, freq="W").delete(3)
    assert following(weeks, 1).tolist() == [pd.Period("2024-03-04", "W")]
    assert gaps(weeks) == [(weeks[2], pd.Period("2024-01-22", "W"), 1)]


# ------------------------------------------------------- weekdays and times of the day


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (SHOP, ["2024-01-29", "2024-01-30"]),  # a Monday
        (SHOP[:-1], ["2024-01-27", "2024-01-29"]),
        (SHOP[:12], ["2024-01-15", "2024-01-16"]),
        (SHOP.delete([3, 9]), ["2024-01-29", "2024-01-30"]),
        # Trading days with holidays.
        (EXCHANGE, ["2024-03-04", "2024-03-05"]),
        # From Sunday to Thursday.
        (
            days("2024-01-07", "2024-01-25", "Sun Mon Tue Wed Thu"),
            ["2024-01-28", "2024-01-29"],
        ),
        # Classes.
        (
            days("2024-01-01", "2024-01-26", "Mon Wed Fri"),
            ["2024-01-29", "2024-01-31", "2024-02-02"],
        ),
        (
            days("2024-01-06", "2024-01-28", "Sat Sun"),
            ["2024-02-03", "2024-02-04", "2024-02-10"],
        ),
        # Every day, some of them missing.
        (days("2024-01-01", "2024-01-31").delete([3, 17]), ["2024-02-01"]),
        # Every Tuesday but one.
        (
            pd.date_range("2024-01-02", periods=8, freq="W-TUE").delete(3),
            ["2024-02-27"],
        ),
        # Seven working days over one weekend, one of them a holiday.
        (
            dates("2024-06-26", "2024-06-27", "2024-06-28", "2024-07-01").append(
                dates("2024-07-02", "2024-07-03", "2024-07-05")
            ),
            ["2024-07-08", "2024-07-09"],
        ),
        # At the close of trading.
        (EXCHANGE + pd.Timedelta("16h"), ["2024-03-04 16:00", "2024-03-05 16:00"]),
    ],
)
@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_the_weekdays_seen_go_on(index, expected, zone):
    found = following(index.tz_localize(zone), len(expected))
    assert found.tolist() == dates(*expected, tz=zone).tolist()
    assert gaps(index.tz_localize(zone)) == []


def test_special_days_change_no_weekdays():
    """Three Sundays before Christmas in one year, and three years of holidays."""
    shop = days("2021-01-04", "2024-01-27", "Mon Tue Wed Thu Fri Sat")
    sundays = dates("2023-12-03", "2023-12-10", "2023-12-17")
    shop = shop.drop(dates("2021-12-25", "2022-12-26", "2023-12-25", "2024-01-01"))
    expected = ["2024-01-29", "2024-01-30"]
    found = following(shop.union(sundays), 2)
    assert found.tolist() == dates(*expected).tolist()
    assert gaps(shop.union(sundays)) == []


def test_the_last_year_counts():
    """A shop that has opened on Sundays, too, for a year and a half."""
    shop = days("2018-01-01", "2022-12-31", "Mon Tue Wed Thu Fri Sat")
    shop = shop.append(days("2023-01-01", "2024-06-29")).delete([5, 100])
    assert following(shop, 1).tolist() == [pd.Timestamp("2024-06-30")]


@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_the_times_of_day_seen_go_on(zone):
    found = following(HALF_HOURS.tz_localize(zone), 14)
    assert found[[0, 1, 12, 13]].tolist() == (
        dates("2024-01-15 9:30", "2024-01-15 10:00", tz=zone).tolist()
        + dates("2024-01-15 15:30", "2024-01-16 9:30", tz=zone).tolist()
    )
    # In the middle of a day.
    found = following(HALF_HOURS[: 13 * 7 - 11].tz_localize(zone), 2)
    expected = dates("2024-01-09 10:30", "2024-01-09 11:00", tz=zone)
    assert found.tolist() == expected.tolist()
    assert gaps(HALF_HOURS.tz_localize(zone)) == []


def test_the_times_of_day_may_differ_between_weekdays():
    """Open until four, on Saturday until noon."""
    weekdays = days("2024-01-01", "2024-01-26", "Mon Tue Wed Thu Fri")
    saturdays = days("2024-01-01", "2024-01-20", "Sat")
    hours = bars(weekdays, "9:00", "16:00", "1h").union(
        bars(saturdays, "9:00", "12:00", "1h")
    )
    found = following(hours, 5)
    assert found.strftime("%a %H").tolist() == [
        "Sat 09",
        "Sat 10",
        "Sat 11",
        "Sat 12",
        "Mon 09",
    ]


def test_an_exchange_with_half_days_and_holidays():
    every_day = days("2023-11-01", "2024-01-12", "Mon Tue Wed Thu Fri")
    open_days = every_day.drop(["2023-11-23", "2023-12-25", "2024-01-01"])
    times = bars(open_days, every="5min")
    early = times.normalize().isin(dates("2023-11-24"))
    times = times[~early | (times.hour < 13)].tz_localize("America/New_York")
    assert following(times, 1)[0] == pd.Timestamp(
        "2024-01-15 9:30", tz="America/New_York"
    )
    assert gaps(times) == []


def test_hours_without_a_pause_are_hours_of_the_clock():
    """Some are missing; those ahead are all there, twice two o'clock in Berlin."""
    zone = "Europe/Berlin"
    hours = pd.date_range("2024-10-01 00:00", "2024-10-27 01:00", freq="h", tz=zone)
    found = following(hours.delete([50, 51, 300]), 3)
    assert found.strftime("%H %z").tolist() == ["02 +0200", "02 +0100", "03 +0100"]


def test_a_time_that_the_clock_leaves_out_does_not_come():
    """At half past two, on weekdays and Sundays: but on 2024-03-31 it is skipped."""
    nights = days("2024-03-01", "2024-03-29", "Mon Tue Wed Thu Fri Sun")
    nights = (nights + pd.Timedelta("150min")).tz_localize("Europe/Berlin")
    assert following(nights, 1)[0] == pd.Timestamp(
        "2024-04-01 02:30", tz="Europe/Berlin"
    )


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        # Five days, and three hours.
        (
            pd.date_range("2024-01-01", periods=480, freq="15min").delete([100, 200]),
            ["2024-01-06 00:00", "2024-01-06 00:15"],
        ),
        (
            pd.date_range("2024-01-01", periods=180, freq="min").delete([100, 101]),
            ["2024-01-01 03:00", "2024-01-01 03:01"],
        ),
        # The hour in which the clock is set forward.
        (
            days("2024-03-20", "2024-04-04").repeat(24)
            + pd.to_timedelta([*range(24)] * 16, "h"),
            ["2024-04-05 00:00", "2024-04-05 01:00"],
        ),
        (pd.date_range("2024-01-07", periods=9, freq="2W").delete(3), ["2024-05-12"]),
    ],
    ids=["quarters of an hour", "minutes", "hours", "every second week"],
)
def test_an_even_clock_may_lack_a_few(index, expected):
    index = without_frequency(index)
    index = index[index != pd.Timestamp("2024-03-31 02:00")]
    assert following(index, len(expected)).tolist() == dates(*expected).tolist()
    assert gaps(index) == []


def test_whole_numbers_may_lack_a_few():
    years = pd.Index([*range(1990, 2003), *range(2005, 2021)], name="year")
    assert following(years, 2).tolist() == [2021, 2022]
    assert gaps(years) == [(2002, 2003, 2)]
    hours = pd.to_timedelta([*range(20), *range(21, 40)], "h")
    assert following(hours, 1).tolist() == [pd.Timedelta("40h")]


def test_daily_periods_of_some_weekdays():
    found = following(SHOP.to_period("D"), 2)
    assert found.tolist() == list(
        pd.PeriodIndex(["2024-01-29", "2024-01-30"], freq="D")
    )
    assert gaps(SHOP.to_period("D")) == []
    assert found.name == SHOP.name
    hours = bars(days("2024-01-01", "2024-01-12", "Mon Tue Wed Thu Fri"), every="1h")
    found = following(hours.to_period("h"), 8)
    assert found[[0, 6, 7]].strftime("%d %H").tolist() == ["15 09", "15 15", "16 09"]


@pytest.mark.parametrize(
    "index",
    [
        dates("2021-03-01"),
        dates("2021-03-01", "2021-03-02"),
        days("2021-03-01", "2021-03-06").delete(2),
        # Monday and Tuesday of the shop have been seen once: days off, or not?
        days("2024-01-03", "2024-01-13", "Mon Tue Wed Thu Fri Sat"),
        SHOP[:7],
        HALF_HOURS[: 13 * 4].delete(5),
        dates("2024-01-02", "2024-01-09"),
        # Now and then.
        days("2024-01-01", "2024-04-01")[np.cumsum([1, 4, 2, 9, 3, 1, 5, 11, 2, 6, 8])],
        MONDAY + pd.to_timedelta(np.cumsum(np.arange(1, 200) % 17 + 3), "min"),
        pd.to_timedelta(["1h", "2h", "4h"]),
        pd.Index([1, 2, 5, 7, 8, 9]),
        pd.Index([202011, 202012, 202101]),
        pd.Index([y * 100 + m for y in range(2015, 2024) for m in range(1, 13)]),
        bars(days("2024-01-02", "2024-01-04"), every="5min"),
        # Around the clock but for some hours of the night.
        bars(days("2024-01-02", "2024-01-09"), "4:00", "23:59", "1h"),
        pd.Index([1, 2]),
        pd.Index(["2021-01", "2021-02", "2021-03"]),
        pd.Index([pd.Timestamp("2021-01-01").date()], dtype=object),
        pd.CategoricalIndex(["low", "mid", "top"]),
    ],
    ids=str,
)
def test_where_nothing_tells(index):
    assert following(index, 1) is None
    assert gaps(index) == []


# ---------------------------------------------------------------------------- gaps


@pytest.mark.parametrize(
    ("index", "gap"),
    [
        (
            days("2024-01-01", "2024-03-31").drop(days("2024-02-01", "2024-02-10")),
            ("2024-01-31", "2024-02-01", 10),
        ),
        (
            EXCHANGE.drop(days("2024-01-22", "2024-02-09", "Mon Tue Wed Thu Fri")),
            ("2024-01-19", "2024-01-22", 15),
        ),
        (
            pd.date_range("2024-01-01", "2024-01-31", freq="h").delete(range(30, 78)),
            ("2024-01-02 05:00", "2024-01-02 06:00", 48),
        ),
        (
            HALF_HOURS.append(HALF_HOURS + pd.Timedelta("42D")),
            ("2024-01-12 15:30", "2024-01-15 9:30", 4 * 5 * 13),
        ),
    ],
)
def test_gaps_many_times_the_usual_step_are_found(index, gap):
    after, first, length = gap
    assert gaps(index) == [(pd.Timestamp(after), pd.Timestamp(first), length)]


def test_holidays_are_no_gaps():
    """Four working days in a row, as after the eleventh of September 2001."""
    for days_off in range(1, 5):
        closed = pd.bdate_range("2024-02-05", periods=days_off)
        assert gaps(EXCHANGE.drop(closed)) == []
        assert gaps(days("2024-01-01", "2024-03-01").drop(closed)) == []
        open_days = EXCHANGE.drop(closed)
        assert gaps(bars(open_days)) == []


def test_a_gap_of_times_that_follow_no_calendar():
    """A logger that writes every ten minutes or so, but for a month."""
    minutes = np.cumsum(np.arange(300) % 7 + 8)
    minutes[200:] += 30 * 24 * 60
    times = MONDAY + pd.to_timedelta(minutes, "min")
    assert following(times, 1) is None
    ((after, first, length),) = gaps(times)
    assert (after, first) == (times[199], None)
    # From 8 to 14 minutes, 11 in the middle.
    assert length == pytest.approx(30 * 24 * 60 / 11, abs=2)
    numbers = pd.Index([*range(50), *range(500, 550)])
    assert gaps(numbers) == [(49, None, 450)]


def test_gaps_are_named_in_one_warning():
    index = pd.date_range("2018", periods=36, freq="MS").delete([3, 10, 11, 20, 25])
    with pytest.warns(UserWarning, match="gap") as caught:
        warn_of_gaps([("y", index)])
    (warning,) = caught
    text = str(warning.message)
    assert "y has a gap of 1 step(s) after 2018-03-01 (2018-04-01 is missing)" in text
    assert "of 2 step(s) after 2018-10-01 (2018-11-01 is missing)" in text
    assert "and 1 more" in text
    warn_of_gaps([("y", index)], since=index[-1])
    with pytest.warns(UserWarning, match=r"^y has a gap of 1 step\(s\) after 2020-01"):
        warn_of_gaps([("y", index)], since=pd.Timestamp("2020-01-01"))
    shorter = index[:8]
    with pytest.warns(
        UserWarning, match=r"^series 'A' has.*; series 'B' has"
    ) as caught:
        warn_of_gaps([("series 'A'", shorter), ("series 'B'", shorter)])
    assert len(caught) == 1
    warn_of_gaps([("y", EXCHANGE)])


def test_mastercard(data_folder):
    """Only holidays, which nothing announces, come in place of trading days."""
    path = data_folder / "Mastercard_stock_history.csv"
    days = pd.read_csv(path, index_col="Date", parse_dates=True).index
    assert gaps(days) == []
    ends = range(30, len(days), 20)
    found = [following(days[:end], 1)[0] for end in ends]
    assert all(day.dayofweek < 5 for day in found)
    n_holidays = sum(day != days[end] for day, end in zip(found, ends, strict=True))
    assert all(day <= days[end] for day, end in zip(found, ends, strict=True))
    assert 0 < n_holidays < 0.08 * len(found)  # ten of 260 days


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        ("MS", 12),
        ("QS", 4),
        ("W-SUN", 52),
        ("D", 7),
        ("B", 5),
        ("h", 24),
        ("30min", 48),
        ("10min", 6),  # a day has more than 100
        ("s", 60),
        ("YS", None),
    ],
)
def test_a_season_is_the_longest_cycle_of_few_steps(frequency, expected):
    times = pd.date_range("2021-01-01", periods=100, freq=frequency)
    assert season_of(times) == expected
    assert season_of(pd.DatetimeIndex(list(times))) == expected
    if frequency not in ("MS", "QS", "YS", "B"):
        assert season_of(times.to_period()) == expected
    assert season_of(times.tz_localize("Europe/Berlin")) == expected


def test_a_season_of_periods_and_of_times_without_a_calendar():
    assert season_of(pd.period_range("2021-01", periods=5, freq="M")) == 12
    assert season_of(pd.period_range("2021", periods=5, freq="Y")) is None
    assert season_of(pd.RangeIndex(50)) is None
    assert season_of(pd.DatetimeIndex(["2021-01-01"])) is None
    opening_hours = pd.date_range("2021-01-04", periods=500, freq="h")
    opening_hours = opening_hours[opening_hours.indexer_between_time("09:00", "16:00")]
    assert season_of(opening_hours) == 56  # the eight hours of seven days


def test_a_season_does_not_depend_on_the_last_date():
    month_ends = pd.date_range("2015-01-01", periods=60, freq="BME")
    assert {season_of(month_ends[:length]) for length in range(5, 60)} == {12}
    hours = pd.date_range("2021-03-01", periods=1000, freq="h", tz="Europe/Berlin")
    assert {season_of(hours[:length]) for length in range(100, 1000, 7)} == {24}
