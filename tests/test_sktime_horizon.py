"""Horizons resolved at a cutoff, with and without a frequency."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.base import ForecastingHorizon

from sk_rnn.sktime._horizon import resolve

# Ten trading days around the fourth of July, a Thursday and a holiday.
EXCHANGE = pd.date_range("2024-06-26", "2024-07-10", freq="B").drop("2024-07-04")
INDEXES = {
    "range": pd.RangeIndex(20),
    "range from 7": pd.RangeIndex(7, 27),
    "integers": pd.Index(np.arange(3, 23)),
    "months": pd.period_range("2020-01", periods=20, freq="M"),
    "quarters": pd.period_range("2020-01", periods=20, freq="Q"),
    "days": pd.date_range("2024-02-20", periods=20, freq="D"),
    "working days": pd.date_range("2024-02-20", periods=20, freq="B"),
    "month starts": pd.date_range("2020-01-01", periods=20, freq="MS"),
    "15 minutes, zoned": pd.date_range(
        "2024-03-30 20:00", periods=20, freq="15min", tz="Europe/Berlin"
    ),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
@pytest.mark.parametrize("is_relative", [True, False])
def test_an_index_with_a_frequency(index, is_relative):
    seen, cutoff = index[:12], index[11:12]
    steps = np.array([-11, -3, 0, 1, 4, 8])
    fh = ForecastingHorizon(
        steps if is_relative else index[steps + 11], is_relative=is_relative
    )
    horizon = resolve(fh, cutoff, seen, seen)
    np.testing.assert_array_equal(horizon.steps, steps)
    assert horizon.labels.tolist() == index[steps + 11].tolist()
    assert horizon.ahead.tolist() == index[12:].tolist()


def test_labels_are_those_that_sktime_expects():
    index = INDEXES["months"]
    fh = ForecastingHorizon([-2, 3], is_relative=True)
    expected = fh.to_absolute_index(index[11:12])
    pd.testing.assert_index_equal(
        resolve(fh, index[11:12], index[:12], index).labels, expected
    )


def test_horizon_of_time_differences():
    index = INDEXES["days"]
    fh = ForecastingHorizon(pd.to_timedelta([-1, 2], unit="D"), is_relative=True)
    for cutoff in index[11:12], pd.DatetimeIndex(index[11:12], freq=None):
        horizon = resolve(fh, cutoff, index[:12], index)
        assert horizon.steps.tolist() == [-1, 2]
        assert horizon.labels.tolist() == index[[10, 13]].tolist()


def test_a_month_that_the_series_leaves_out():
    index = INDEXES["months"].delete(9)
    fh = ForecastingHorizon([-2, -1, 0, 1], is_relative=True)
    labels = resolve(fh, index[10:11], index[:11], index).labels.astype(str)
    assert labels.tolist() == ["2020-09", "2020-11", "2020-12", "2021-01"]
    fh = ForecastingHorizon(INDEXES["months"][[9, 11]], is_relative=False)
    with pytest.raises(ValueError, match="fh asks for 2020-10, but y has no such time"):
        resolve(fh, index[10:11], index[:11], index)


@pytest.mark.parametrize(
    "known",
    [EXCHANGE, EXCHANGE[:5], EXCHANGE[5:]],
    ids=["all", "seen only", "ahead only"],
)
def test_dates_without_a_frequency_are_counted(known):
    seen, cutoff = EXCHANGE[:5], EXCHANGE[4:5]
    absolute = ForecastingHorizon(EXCHANGE[[0, 4, 5, 6, 7]], is_relative=False)
    horizon = resolve(absolute, cutoff, seen, known)
    assert horizon.steps.tolist() == [-4, 0, 1, 2, 3]
    assert horizon.labels.tolist() == EXCHANGE[[0, 4, 5, 6, 7]].tolist()


def test_exogenous_dates_show_the_gaps_of_a_horizon():
    seen, cutoff = EXCHANGE[:5], EXCHANGE[4:5]
    fh = ForecastingHorizon(EXCHANGE[[6, 8]], is_relative=False)
    assert resolve(fh, cutoff, seen, EXCHANGE).steps.tolist() == [2, 4]
    relative = ForecastingHorizon([2, 4], is_relative=True)
    horizon = resolve(relative, cutoff, seen, EXCHANGE)
    assert horizon.labels.tolist() == EXCHANGE[[6, 8]].tolist()
    assert horizon.ahead.tolist() == EXCHANGE[5:].tolist()


def test_unknown_dates_continue_the_spacing():
    relative = ForecastingHorizon([1, 2, 3], is_relative=True)

    def labels(times):
        times = pd.DatetimeIndex(times, freq=None)
        return resolve(relative, times[-1:], times, times).labels.astype(str).tolist()

    # Holidays ahead are not known, weekends are.
    assert labels(EXCHANGE[:7]) == ["2024-07-08", "2024-07-09", "2024-07-10"]
    months = pd.date_range("2020-01-01", periods=5, freq="MS")
    assert labels(months) == ["2020-06-01", "2020-07-01", "2020-08-01"]
    uneven = pd.to_datetime(["2020-01-01", "2020-01-03", "2020-01-05", "2020-01-08"])
    assert labels(uneven) == ["2020-01-10", "2020-01-12", "2020-01-14"]
    assert labels(EXCHANGE[:1]) == ["2024-06-27", "2024-06-28", "2024-07-01"]


@pytest.mark.parametrize(
    "fh",
    [
        ForecastingHorizon([-5], is_relative=True),
        ForecastingHorizon(pd.DatetimeIndex(["2024-06-29"]), is_relative=False),
    ],
    ids=["before the first", "a Saturday"],
)
def test_a_time_that_the_exchange_does_not_have_is_an_error(fh):
    with pytest.raises(ValueError, match="y has no such time: it has 5 from 2024-06-2"):
        resolve(fh, EXCHANGE[4:5], EXCHANGE[:5], EXCHANGE)
