"""A saved WindowTransformer holds the same series, in whatever format."""

import copy
import datetime as dt
import pickle
import subprocess
import sys
from io import BytesIO

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from pandas.testing import assert_frame_equal, assert_index_equal, assert_series_equal
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sk_rnn import WindowTransformer

DAYS = pd.date_range("2021-03-01", periods=6, name="Date")


def through_skops(transformer):
    return skops.io.loads(
        skops.io.dumps(transformer), trusted=["sk_rnn.windows.WindowTransformer"]
    )


def through_joblib(transformer):
    file = BytesIO()
    joblib.dump(transformer, file)
    file.seek(0)
    return joblib.load(file)


ROUND_TRIPS = {
    "pickle": lambda transformer: pickle.loads(pickle.dumps(transformer)),
    "cloudpickle": lambda transformer: pickle.loads(cloudpickle.dumps(transformer)),
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
    "skops": through_skops,
}


@pytest.mark.parametrize("trip", ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_a_saved_series_is_the_same(trip, sorted_index):
    length, freq = len(sorted_index), getattr(sorted_index, "freq", None)
    high = pd.Series(np.arange(length, dtype="float32"), sorted_index, name="High")
    mixed = pd.DataFrame({"High": high, "Volume": range(length), "Open": True})
    numbered = pd.DataFrame(np.ones((length, 2)), sorted_index)
    for series in (high, high.rename(None), mixed, mixed.astype("Float64"), numbered):
        loaded = trip(WindowTransformer(2, series=series)).series
        assert_index_equal(loaded.index, series.index, exact=True)
        assert getattr(loaded.index, "freq", None) == freq
        if isinstance(series, pd.Series):
            assert_series_equal(loaded, series)
        else:
            assert_index_equal(loaded.columns, series.columns, exact=True)
            assert_frame_equal(loaded, series)


def test_any_index_and_frequency_is_pickled(panel):
    holidays = pd.offsets.CustomBusinessDay(holidays=["2021-03-03"])
    calendar = pd.date_range("2021-03-01", periods=4, freq=holidays)
    offset = pd.date_range("2021-03-01", periods=4, freq=pd.DateOffset(days=2))
    unnamed_zone = dt.timezone(dt.timedelta(hours=1), "here")
    for index in (calendar, offset, DAYS[:4].tz_localize(unnamed_zone)):
        series = pd.Series(range(4), index)
        loaded = pickle.loads(pickle.dumps(WindowTransformer(2, series=series))).series
        assert_series_equal(loaded, series)
        assert loaded.index.freq == index.freq
        assert loaded.index.dtype == index.dtype
    for kept in (panel, panel["High"], panel.unstack("stock"), "no series"):
        loaded = copy.deepcopy(WindowTransformer(2, series=kept)).series
        assert kept.equals(loaded) if hasattr(kept, "equals") else kept == loaded


def test_missing_values_are_saved():
    series = pd.DataFrame({"a": [1.0, np.nan], "b": pd.array([1, None], dtype="Int64")})
    loaded = pickle.loads(pickle.dumps(WindowTransformer(1, series=series))).series
    assert_frame_equal(loaded, series)


def test_saving_changes_nothing(prices):
    transformer = WindowTransformer(2, series=prices)
    pickle.dumps(transformer)
    assert transformer.series is prices


def test_a_mapped_file_works(prices, tmp_path):
    asked = prices.iloc[3:]
    transformer = WindowTransformer(3, series=prices).fit(asked)
    joblib.dump(transformer, tmp_path / "transformer")
    mapped = joblib.load(tmp_path / "transformer", mmap_mode="r")
    assert_frame_equal(mapped.transform(asked), transformer.transform(asked))


LOAD = """
import pickle, sys
import numpy as np, pandas as pd, skops.io
with open(sys.argv[1], "rb") as file:
    pipe = pickle.load(file)
trusted = ["sk_rnn.windows.WindowTransformer"]
tomorrow = pd.DataFrame(index=pd.PeriodIndex(["2023-07"], freq="M"))
for loaded in (pipe, skops.io.load(sys.argv[2], trusted=trusted)):
    print(float(loaded.predict(tomorrow)[0]).hex())
"""


def test_a_saved_pipeline_predicts_in_another_process(tmp_path):
    months = pd.period_range("2021-01", periods=30, freq="M")
    series = pd.DataFrame({"High": np.sin(np.arange(30.0)), "Low": 0.0}, months)
    pipe = make_pipeline(WindowTransformer(3, series=series), Ridge(alpha=0.1))
    pipe.fit(series.iloc[3:], series["High"].iloc[3:])
    (tmp_path / "pickle").write_bytes(pickle.dumps(pipe))
    skops.io.dump(pipe, tmp_path / "skops")
    command = [sys.executable, "-c", LOAD, tmp_path / "pickle", tmp_path / "skops"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    tomorrow = pd.DataFrame(index=pd.PeriodIndex(["2023-07"], freq="M"))
    assert printed.split() == [float(pipe.predict(tomorrow)[0]).hex()] * 2
