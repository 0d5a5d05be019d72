"""Frames of polars, pyarrow and others, and columns of dates."""

import datetime

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal, assert_series_equal

from sk_rnn import last_window, make_windows

COLUMNS = {"wind": [1, 2, 3, 4], "air": [10.0, 20.0, None, 40.0]}
EXPECTED = pd.DataFrame({"wind": [1, 2, 3, 4], "air": [10, 20, np.nan, 40]})


class Convertible:
    """A frame that can only be turned into one of pandas."""

    def __init__(self, frame):
        self.frame = frame

    def to_pandas(self):
        return self.frame


class Exchangeable:
    """A frame of the dataframe protocol, and of no method of its own."""

    def __init__(self, frame):
        self.frame = frame

    def __dataframe__(self, nan_as_null=False, allow_copy=True):
        return self.frame.__dataframe__(nan_as_null, allow_copy)


def polars_without_pyarrow(columns):
    class Frame(pytest.importorskip("polars").DataFrame):
        def to_pandas(self):
            raise ModuleNotFoundError("No module named 'pyarrow'")

    return Frame(columns)


MAKERS = {
    "to_pandas": lambda columns: Convertible(pd.DataFrame(columns)),
    "__dataframe__": lambda columns: Exchangeable(pd.DataFrame(columns)),
    "polars": lambda columns: pytest.importorskip("polars").DataFrame(columns),
    "polars alone": polars_without_pyarrow,
    "pyarrow": lambda columns: pytest.importorskip("pyarrow").table(columns),
}


@pytest.fixture(params=MAKERS.values(), ids=MAKERS)
def make(request):
    """Make a frame of another library."""
    return request.param


def test_names_are_read(make):
    X, y = make_windows(make(COLUMNS), n_steps=2, target="air")
    X_pandas, y_pandas = make_windows(EXPECTED, n_steps=2, target="air")
    assert_frame_equal(X, X_pandas)
    assert_series_equal(y, y_pandas)
    assert list(X) == ["air[t-2]", "wind[t-2]", "air[t-1]", "wind[t-1]"]
    last = last_window(make(COLUMNS), n_steps=3, target="air")
    assert_frame_equal(last, last_window(EXPECTED, n_steps=3, target="air"))


def test_several_frames(make):
    X, y = make_windows([make(COLUMNS), make(COLUMNS)], n_steps=3, target="wind")
    assert_array_equal(X["wind[t-1]"], [3, 3])
    assert y.name == "wind[t]"


def test_a_wrong_target_lists_the_names(make):
    with pytest.raises(ValueError, match=r"target='water', .*\['wind', 'air'\]"):
        make_windows(make(COLUMNS), n_steps=2, target="water")


def test_a_column_of_dates_belongs_into_the_index(make):
    dates = pd.date_range("2021-03-01", periods=4).to_pydatetime().tolist()
    frame = make({"day": dates, "air": [1.0, 2, 3, 4]})
    message = (
        r"column 'day' of series has dtype .*real numbers.*holds dates or times: set "
        r"it as the index of a pandas frame, as set_index\('day'\)"
    )
    with pytest.raises(TypeError, match=message):
        make_windows(frame, n_steps=2, target="air")


def test_series_of_other_libraries():
    polars = pytest.importorskip("polars")
    _, y = make_windows(polars.Series("air", [1, None, 3]), n_steps=1)
    assert_series_equal(y, pd.Series([np.nan, 3], [1, 2], name="air[t]"))
    _, y = make_windows(polars.Series([1, 2, 3]), n_steps=1)
    assert y.name == "y[t]"
    pyarrow = pytest.importorskip("pyarrow")
    _, y = make_windows(pyarrow.chunked_array([[1, None], [3]]), n_steps=1)
    assert_array_equal(y, [np.nan, 3])


def test_a_table_that_remembers_its_index():
    pyarrow = pytest.importorskip("pyarrow")
    days = pd.date_range("2021-03-01", periods=4, name="Date")
    frame = pd.DataFrame({"air": [1.0, 2, 3, 4]}, index=days)
    _, y = make_windows(pyarrow.Table.from_pandas(frame), n_steps=2)
    _, expected = make_windows(frame, n_steps=2)
    assert_series_equal(y, expected, check_freq=False, check_index_type=False)


@pytest.mark.parametrize(
    "times",
    [
        pd.date_range("2021-03-01", periods=3),
        pd.date_range("2021-03-01", periods=3, tz="UTC"),
        pd.period_range("2021-03", periods=3, freq="M"),
        pd.timedelta_range("1h", periods=3),
        pd.Series([datetime.date(2021, 3, day) for day in (1, 2, 3)]),
        pd.Series(["2021-03-01", None, "2021-03-03"]),
        pd.Series(["2021-03-01 12:00", "2021-03-01 13:00", "2021-03-01 14:00"]),
        pd.Series(["2021-03-01", "2021-03-02", "2021-03-03"], dtype="category"),
    ],
    ids=str,
)
def test_a_column_of_times_in_a_pandas_frame(times):
    frame = pd.DataFrame({"air": [1.0, 2, 3], "when": times})
    with pytest.raises(TypeError, match=r"column 'when' .* as set_index\('when'\)"):
        make_windows(frame, n_steps=1, target="air")


@pytest.mark.parametrize("texts", [["MA", "V", "MA"], ["may", "be", "no"]])
def test_a_column_of_other_text_is_no_time(texts):
    frame = pd.DataFrame({"air": [1.0, 2, 3], "what": texts})
    with pytest.raises(TypeError, match=r"column 'what' .*numbers.* Encode or drop it"):
        make_windows(frame, n_steps=1, target="air")
