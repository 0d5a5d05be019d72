"""Any series becomes arrays, strings and numbers, and comes back the same."""

import copy
import datetime as dt
import pickle
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import (
    assert_frame_equal,
    assert_index_equal,
    assert_series_equal,
)

from sk_rnn._saving import pack, unpack


def through_skops(packed):
    return skops.io.loads(skops.io.dumps(packed), trusted=[])


def through_pickle(packed):
    return pickle.loads(pickle.dumps(packed))


def assert_same_labels(loaded, labels):
    assert type(loaded) is type(labels)
    assert loaded.identical(labels)  # names and frequencies too
    assert_index_equal(loaded, labels, exact=True)
    for mine, other in zip(
        getattr(loaded, "levels", []), getattr(labels, "levels", []), strict=True
    ):
        assert_same_labels(mine, other)
    for mine, other in zip(
        getattr(loaded, "codes", []), getattr(labels, "codes", []), strict=True
    ):
        np.testing.assert_array_equal(mine, other)


def assert_same(loaded, series):
    assert type(loaded) is type(series)
    assert_same_labels(loaded.index, series.index)
    if isinstance(series, pd.Series):
        assert_series_equal(loaded, series, check_freq=True)
    else:
        assert_same_labels(loaded.columns, series.columns)
        assert_frame_equal(loaded, series, check_freq=True)


def zones():
    fixed = dt.timezone(dt.timedelta(hours=2))
    return ["UTC", "Europe/Berlin", "America/New_York", dt.UTC, fixed, "-02:30"]


UNITS = ["s", "ms", "us", "ns"]
NUMBERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
NUMBERS += ["float32", "float64", "complex64", "complex128", "bool"]
NULLABLE = ["Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"]
NULLABLE += ["Float32", "Float64", "boolean"]
TIME_STEPS = ["D", "2D", "B", "C", "W-WED", "WOM-2WED", "ME", "MS", "-1MS", "SME-10"]
TIME_STEPS += ["QE-FEB", "BQS-JAN", "YE-MAY", "BYE", "h", "24h", "bh", "cbh", "15min"]
TIME_STEPS += ["90s", "2h30min", "250ms", "7us", "5ns", "RE-N-DEC-FRI"]
SPANS = ["D", "3D", "W-WED", "M", "2M", "Q-NOV", "Y-MAY", "h", "15min", "s", "us", "ns"]

DAYS = pd.date_range("2020-03-27", periods=5, freq="D", name="day")
IRREGULAR = DAYS[[0, 1, 3, 4]]
SIDES = ["left", "right", "both", "neither"]


def time_indexes():
    for unit in UNITS:
        yield f"days in {unit}", DAYS.as_unit(unit)
        yield f"irregular days in {unit}", IRREGULAR.as_unit(unit)
        yield f"time zone in {unit}", DAYS.as_unit(unit).tz_localize("Europe/Berlin")
        yield f"time deltas in {unit}", (DAYS - DAYS[0]).as_unit(unit)
    for zone in zones():
        yield f"zone {zone}", pd.date_range("2020-03-27", periods=5, tz=zone)
        yield f"irregular in zone {zone}", IRREGULAR.tz_localize(zone)
    for freq in TIME_STEPS:
        yield f"every {freq}", pd.date_range("2020-03-27", periods=5, freq=freq)
    for freq in ["D", "2D", "h", "90s", "3ns"]:
        yield f"deltas of {freq}", pd.timedelta_range("1D", periods=4, freq=freq)
    for freq in SPANS:
        yield f"spans of {freq}", pd.period_range("2020", periods=4, freq=freq)
    hours = pd.date_range("2020-10-25", periods=9, freq="30min", tz="Europe/Berlin")
    yield "an hour twice", hours
    ages = pd.DatetimeIndex(np.array(["0001-01-01", "9999-12-30"], "M8[s]"))
    yield "two thousand years", ages
    yield "two thousand years in a zone", ages.tz_localize("UTC")
    yield "backwards", DAYS[::-1]
    yield "every second", DAYS[::2]
    yield "one day", DAYS[:1]
    yield "no days", DAYS[:0]
    yield "no days in a zone", DAYS[:0].tz_localize("Europe/Berlin")
    yield "no spans", pd.PeriodIndex([], dtype="period[M]")
    yield "no deltas", pd.TimedeltaIndex([])
    yield "NaT among days", DAYS.insert(1, pd.NaT)
    yield "NaT in a zone", DAYS.tz_localize("Asia/Tokyo").insert(1, pd.NaT)
    yield "NaT among spans", DAYS.to_period("M").insert(1, pd.NaT)
    yield "NaT among deltas", (DAYS - DAYS[0]).insert(1, pd.NaT)


def other_indexes():
    yield "range", pd.RangeIndex(5)
    yield "range with a step", pd.RangeIndex(9, -3, -4, name="step")
    yield "empty range", pd.RangeIndex(0)
    for dtype in NUMBERS:
        yield dtype, pd.Index([1, 0, 1], dtype=dtype, name=dtype)
    for dtype in NULLABLE:
        yield dtype, pd.Index([1, None, 0], dtype=dtype)
    yield "large", pd.Index([2**63 + 1, 2**64 - 1], dtype="uint64")
    yield "nan", pd.Index([0.1, np.nan, np.inf, -0.0])
    yield "strings", pd.Index(["a", "b\0", "", "ü"], name="text")
    yield "missing strings", pd.Index(["a", None, "b"])
    yield "string dtype", pd.Index(["a", None, "b"], dtype="string")
    yield "objects", pd.Index(["a", "b"], dtype=object)
    yield "numbers as objects", pd.Index([1, 2.5, None, np.nan], dtype=object)
    yield "tuples", pd.Index([("a", 1), ("b", 2)], tupleize_cols=False)
    yield "no objects", pd.Index([], dtype=object)
    order = pd.CategoricalDtype(["low", "high", "off"], ordered=True)
    yield "categories", pd.CategoricalIndex(["high", None, "low"], dtype=order)
    yield "categories of days", pd.CategoricalIndex(DAYS[[1, 1, 0]], DAYS, name="c")
    yield "categories of bins", pd.CategoricalIndex(pd.cut([1.0, 5.0, np.nan], 2))
    yield "no categories", pd.CategoricalIndex([])
    for closed in SIDES:
        breaks = pd.interval_range(0, 4, closed=closed, name="bin")
        yield f"intervals, closed {closed}", breaks
    yield "NaN among intervals", pd.IntervalIndex.from_tuples([(0.5, 1), np.nan])
    yield "intervals of days", pd.interval_range(DAYS[0], periods=3, freq="D")
    in_zone = DAYS.tz_localize("Europe/Berlin")
    yield "intervals in a zone", pd.IntervalIndex.from_breaks(in_zone)
    yield "no intervals", pd.IntervalIndex.from_breaks([])


def multi_indexes():
    from_product = pd.MultiIndex.from_product
    yield "stocks and days", from_product([["MA", "V"], DAYS], names=["stock", "day"])
    yield "no names", from_product([[1, 2], [0.5]])
    yield "names of any kind", from_product([[1], [2], [3]], names=[None, ("a", 1), 7])
    yield "same names", from_product([[1], [2]], names=["a", "a"])
    in_zone = DAYS.tz_localize("Europe/Berlin")
    yield "a zone and spans", from_product([in_zone, DAYS.to_period("M")])
    yield "unused levels", from_product([["MA", "V", "X"], IRREGULAR])[2:6]
    yield "missing", pd.MultiIndex.from_arrays([["a", None, "b"], [np.nan, 1.0, 2.0]])
    yield "NaT", pd.MultiIndex.from_arrays([[1, 2], DAYS[:2].insert(1, pd.NaT)[:2]])
    bins = pd.interval_range(0, 2)
    yield "bins and categories", from_product([bins, pd.CategoricalIndex(["b", "a"])])
    yield "twice", pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 1)])
    yield "no rows", pd.MultiIndex.from_arrays([[], DAYS[:0]], names=["a", "b"])
    yield "one level", pd.MultiIndex.from_arrays([DAYS])


INDEXES = dict(time_indexes()) | dict(other_indexes()) | dict(multi_indexes())


@pytest.mark.parametrize("trip", [through_skops, through_pickle, copy.copy])
@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_any_index_comes_back(index, trip):
    series = pd.Series(np.arange(len(index)) / 4, index, name="High")
    for kept in (
        series,
        series.to_frame(),
        pd.DataFrame([np.arange(len(index)) / 4], columns=index),
        pd.DataFrame(index=index),
    ):
        assert_same(unpack(trip(pack(kept))), kept)


def values():
    for dtype in [*NUMBERS, "float16"]:
        yield dtype, pd.Series([1, 0, 1], dtype=dtype)
    for dtype in NULLABLE:
        yield dtype, pd.Series([1, None, 0], dtype=dtype)
    yield "large", pd.Series([2**62 + 1, None, -(2**62) - 1], dtype="Int64")
    yield "0 / 0", pd.Series([0.0, 1.0, None], dtype="Float64") / 0
    yield "nan", pd.Series([0.1, np.nan, -np.inf])
    yield "strings", pd.Series(["a", None, "b\0"])
    yield "string dtype", pd.Series(["a", pd.NA, ""], dtype="string")
    yield "objects", pd.Series(["a", None, 1, 2.5, np.nan, True, (1, 2)], dtype=object)
    yield "lists", pd.Series([[1, 2], [3, 4]])
    yield "category", pd.Series(["b", None, "a"], dtype="category")
    yield "ordered", pd.Series(pd.Categorical([3, 1], [3, 2, 1], ordered=True))
    nullable = pd.Index([1, 2], dtype="Int64", name="kind")
    yield "nullable categories", pd.Series(pd.Categorical([2, None], nullable))
    yield "bins", pd.Series(pd.cut([1.0, 5.0, np.nan], 3))
    yield "intervals", pd.Series(pd.arrays.IntervalArray.from_breaks([0, 1, 3]))
    yield "days", pd.Series(DAYS.insert(1, pd.NaT))
    yield "seconds", pd.Series(DAYS.as_unit("s"))
    yield "time zone", pd.Series(DAYS.tz_localize("Europe/Berlin").insert(1, pd.NaT))
    yield "spans", pd.Series(DAYS.to_period("W-WED").insert(1, pd.NaT))
    yield "deltas", pd.Series(DAYS - DAYS[1]).shift()
    for dtype in ["float64", "object", "Int64", "string", "category", "period[M]"]:
        yield f"no {dtype}", pd.Series([], dtype=dtype)


VALUES = dict(values())


@pytest.mark.parametrize("trip", [through_skops, through_pickle, copy.copy])
@pytest.mark.parametrize("series", VALUES.values(), ids=VALUES)
def test_any_values_come_back(series, trip):
    by_hour = series.set_axis(pd.date_range("2020", periods=len(series), freq="h"))
    frame = pd.DataFrame({"High": by_hour, "Low": 0.5, "Volume": by_hour})
    twice = frame.set_axis(["High", "High", "Low"], axis=1)
    for kept in (series, by_hour, frame, twice):
        assert_same(unpack(trip(pack(kept))), kept)


NAMES = ["High", "", 0, 7, 2.5, True, ("High", 1), (None, ("a",)), np.int64(3), None]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_any_name_comes_back(name):
    series = pd.Series([1.0, 2.0], pd.Index([3, 4], name=name), name=name)
    frame = series.to_frame().set_axis(pd.Index(["High"], name=name), axis=1)
    for kept in (series, frame, series.rename_axis("other").rename(name)):
        assert_same(unpack(through_skops(pack(kept))), kept)
        assert type(unpack(pack(kept)).index.name) is type(kept.index.name)


def test_what_is_no_series_stays():
    for other in (None, "series", {"index": 1}, np.ones(3)):
        assert unpack(pack(other)) is other


@pytest.mark.parametrize(
    "label",
    [
        *(DAYS, DAYS[0], DAYS[0].tz_localize("Europe/Berlin"), DAYS[0].as_unit("s")),
        *(pd.Period("2020-03", "M"), pd.Timedelta("3h"), pd.offsets.MonthEnd(2)),
    ],
)
def test_indexes_times_and_offsets_are_kept(label):
    packed = pack(label)
    assert isinstance(packed, dict)
    kept = unpack(through_skops(packed))
    assert repr(kept) == repr(label)
    assert getattr(kept, "unit", None) == getattr(label, "unit", None)


HERE = dt.timezone(dt.timedelta(hours=1), "here")
UNFAITHFUL = {
    "holidays": pd.offsets.CustomBusinessDay(holidays=["2020-03-30"]),
    "week mask": pd.offsets.CustomBusinessDay(weekmask="Mon Wed Fri"),
    "opening hours": pd.offsets.BusinessHour(start="10:00"),
    "no name": pd.DateOffset(days=2),
    "week of any day": pd.offsets.Week(),
    "midnights": pd.offsets.MonthEnd(normalize=True),
}
AS_ZONE = dt.timezone(dt.timedelta(hours=1), "UTC")
KEPT = {
    name: pd.date_range("2020-03-26", periods=4, freq=freq)
    for name, freq in UNFAITHFUL.items()
} | {
    "named offset": DAYS.tz_localize(HERE),
    "offset named as a zone": DAYS.tz_localize(AS_ZONE),
    "offset with seconds": DAYS.tz_localize(dt.timezone(dt.timedelta(seconds=3601))),
    "a level": pd.MultiIndex.from_product([[1, 2], DAYS.tz_localize(HERE)]),
    "categories": pd.CategoricalIndex(DAYS[:3].tz_localize(HERE)),
    "dates": pd.Index([dt.date(2020, 1, 1), dt.date(2020, 1, 2)]),
    "missing objects": pd.Index(["a", None, np.nan, pd.NA, pd.NaT], dtype=object),
    "sparse": pd.Index(pd.arrays.SparseArray([0, 1, 0])),
}


@pytest.mark.parametrize("index", KEPT.values(), ids=KEPT)
def test_what_is_not_told_by_names_is_pickled(index):
    series = pd.Series(np.arange(len(index)), index)
    for kept in (series, series.to_frame(), index.to_frame(), index.to_series()):
        assert_same(unpack(through_pickle(pack(kept))), kept)


def test_a_frequency_of_another_time_zone():
    months = pd.date_range("2020", periods=3, freq="MS", tz="Asia/Tokyo")
    series = pd.Series(range(3), months.tz_convert("UTC"))  # pandas 2 keeps "MS"
    assert_same(unpack(through_pickle(pack(series))), series)


def test_a_name_that_is_a_time_is_pickled():
    row = pd.DataFrame({"High": [1.0] * 5}, DAYS).loc[DAYS[1]]
    assert_same(unpack(through_pickle(pack(row))), row)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_a_zone_of_any_library(zone):
    series = pd.Series(range(5), DAYS.tz_localize(ZoneInfo(zone)))
    assert_same(unpack(through_pickle(pack(series))), series)


@pytest.mark.filterwarnings("ignore:Period:FutureWarning")
def test_spans_of_business_days():
    series = pd.Series(range(4), pd.period_range("2020-03-27", periods=4, freq="B"))
    assert_same(unpack(through_skops(pack(series))), series)


@given(
    freq=st.sampled_from(TIME_STEPS),
    unit=st.sampled_from(UNITS),
    zone=st.sampled_from([None, *zones()]),
    then=st.sampled_from([None, *zones()]),
    hours=st.integers(0, 24 * 366),
    part=st.slices(6),
)
def test_any_calendar_comes_back(freq, unit, zone, then, hours, part):
    start = pd.Timestamp("2020") + pd.Timedelta(hours=hours)
    times = pd.date_range(start, periods=6, freq=freq)
    times = times.as_unit(unit).tz_localize(
        zone, ambiguous="NaT", nonexistent="shift_forward"
    )
    times = (times if zone is None else times.tz_convert(then))[part]
    series = pd.Series(np.arange(len(times)), times)
    assert_same(unpack(through_pickle(pack(series))), series)


# Nothing is shared


SHAREABLE = [
    "float64",
    "Int64",
    "boolean",
    "string dtype",
    "objects",
    "category",
    "days",
    "time zone",
    "spans",
    "deltas",
]


@pytest.mark.parametrize("name", SHAREABLE)
def test_nothing_is_shared(name):
    series = VALUES[name].copy()
    for kept in (series, pd.DataFrame({"a": series, "b": series})):
        before = kept.copy()
        packed = pack(kept)
        held = copy.deepcopy(packed)
        first, second = unpack(packed), unpack(packed)
        assert_same(kept, before)
        first.iloc[0] = first.iloc[1]  # it can be written
        kept.iloc[0] = kept.iloc[2]
        assert_same(second, before)
        assert_same(unpack(packed), before)
        assert_same(unpack(held), before)


def test_a_large_series_is_held_in_arrays():
    hours = pd.date_range("2020", periods=100_000, freq="h", tz="Europe/Berlin")
    numbers = pd.Series(1, hours, dtype="Int64")
    series = pd.DataFrame({"a": numbers, "b": numbers.astype("category")})
    assert len(skops.io.dumps(pack(series))) < 3_000_000
