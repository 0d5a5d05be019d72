import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import root_mean_squared_error

from sk_rnn.datasets import load_sp500, read_mastercard

HEADER = "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits"


@pytest.fixture(scope="module")
def mastercard_csv():
    folder = os.environ.get("SK_RNN_DATA")
    if not folder:
        pytest.skip("SK_RNN_DATA does not name the folder of the MasterCard CSV")
    path = Path(folder) / "Mastercard_stock_history.csv"
    if not path.is_file():
        pytest.skip("the folder SK_RNN_DATA holds no Mastercard_stock_history.csv")
    return path


def write(folder, *lines, header=HEADER):
    path = folder / "prices.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_mastercard_keeps_all_rows_and_columns(mastercard_csv):
    prices = read_mastercard(mastercard_csv)

    assert prices.shape == (3872, 7)
    assert list(prices.columns) == HEADER.split(",")[1:]
    assert isinstance(prices.index, pd.DatetimeIndex)
    assert prices.index.name == "Date"
    assert prices.index[0] == pd.Timestamp("2006-05-25")
    assert prices.index[-1] == pd.Timestamp("2021-10-11")
    assert prices.index.is_monotonic_increasing
    assert prices.index.is_unique
    assert (prices.dtypes == np.float64).all()
    # One ten-for-one split, the only one in these years.
    assert prices["Stock Splits"].max() == 10


def test_mastercard_study_periods_and_persistence(mastercard_csv):
    high = read_mastercard(mastercard_csv)["High"]

    assert len(high.loc["2016":"2020"]) == 1259
    assert len(high.loc["2021"]) == 195
    rmse = root_mean_squared_error(high.loc["2021"], high.shift(1).loc["2021"])
    assert rmse == pytest.approx(5.28, abs=0.005)


def test_mastercard_takes_a_str(mastercard_csv):
    pd.testing.assert_frame_equal(
        read_mastercard(str(mastercard_csv)), read_mastercard(mastercard_csv)
    )


def test_rows_are_sorted_and_typed(tmp_path):
    path = write(
        tmp_path, "2020-01-03,3,4,2,3,100,0,0", "2020-01-02,1.5,2.5,0.5,1.5,200,0,0"
    )

    prices = read_mastercard(path)

    assert list(prices.index) == [
        pd.Timestamp("2020-01-02"),
        pd.Timestamp("2020-01-03"),
    ]
    assert list(prices["High"]) == [2.5, 4.0]
    assert (prices.dtypes == np.float64).all()


def test_missing_values_stay_missing(tmp_path):
    prices = read_mastercard(write(tmp_path, "2020-01-02,1,,1,1,5,0,0"))

    assert prices.isna().sum().to_dict()["High"] == 1
    assert prices.isna().sum().sum() == 1


def test_further_columns_are_kept(tmp_path):
    path = write(tmp_path, "2020-01-02,1,1,1,1,5,0,0,note", header=HEADER + ",Remark")

    assert read_mastercard(path)["Remark"].to_list() == ["note"]


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(
        FileNotFoundError,
        match=r"path='.*none\.csv'.*kalilurrahman/mastercard-stock-data-latest-and",
    ):
        read_mastercard(tmp_path / "none.csv")


def test_folder_is_not_a_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no MasterCard CSV file"):
        read_mastercard(tmp_path)


def test_missing_columns_are_named(tmp_path):
    path = write(tmp_path, "2020-01-02,1,2", header="Date,Open,Close")

    with pytest.raises(
        ValueError,
        match=r"no column High, Low, Volume, .*columns are Date, Open, Close\. Pass",
    ):
        read_mastercard(path)


@pytest.mark.parametrize(
    ("date", "shown"),
    [("2020-13-45", "'2020-13-45'"), ("02/01/2020", "'02/01/2020'"), ("", "nan")],
)
def test_bad_date_is_named(tmp_path, date, shown):
    path = write(tmp_path, "2020-01-02,1,1,1,1,5,0,0", f"{date},1,1,1,1,5,0,0")

    with pytest.raises(ValueError, match=rf"Date={shown}.* data row 2, .*YYYY-MM-DD"):
        read_mastercard(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'"a'])
def test_file_that_is_no_csv(tmp_path, content):
    path = tmp_path / "prices.csv"
    path.write_bytes(content)

    with pytest.raises(ValueError, match=r"path='.*prices\.csv' cannot be read as CSV"):
        read_mastercard(path)


def test_rows_longer_than_the_header(tmp_path):
    path = write(tmp_path, "2020-01-02,1,1,1,1,5,0,0,9")

    with pytest.raises(ValueError, match=r"more values than its header names \(8\)"):
        read_mastercard(path)


def test_price_that_is_no_number_is_named(tmp_path):
    path = write(tmp_path, "2020-01-02,1,1,1,1,5,0,0", "2020-01-01,1,1,cheap,1,5,0,0")

    with pytest.raises(
        ValueError,
        match=r"path='.*prices\.csv' .* not a number: 'cheap' in .*'Low' of data row 2",
    ):
        read_mastercard(path)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("9" * 400, r"('9*\.\.\.9*'|'inf')"),  # pandas 2 makes infinity of it
        ("9" * 5000, "'inf'"),
        ("-1e999", "'-inf'"),
        ("inf", "'inf'"),
        ("1+2j", r"'1\+2j'"),
    ],
    ids=["400 digits", "5000 digits", "exponent", "inf", "complex"],
)
def test_price_that_no_float_holds_is_named(tmp_path, cell, shown):
    path = write(tmp_path, "2020-01-02,1,1,1,1,5,0,0", f"2020-01-03,1,1,1,{cell},5,0,0")

    message = rf"prices\.csv' .* not a number: {shown} in .*'Close' of data row 2"
    with pytest.raises(ValueError, match=message) as caught:
        read_mastercard(path)
    assert len(str(caught.value)) < 300


def test_sp500():
    pytest.importorskip("arch", reason="the data ship with arch")

    index = load_sp500()

    assert len(index) == 5031
    assert isinstance(index.index, pd.DatetimeIndex)
    assert index.index.name == "Date"
    assert index.index.is_monotonic_increasing
    assert index.index[0] == pd.Timestamp("1999-01-04")
    assert index.index[-1] == pd.Timestamp("2018-12-31")
    assert (index.dtypes == np.float64).all()
    assert not index.isna().any(axis=None)
    assert (index["High"] >= index["Low"]).all()


def test_sp500_without_arch(monkeypatch):
    monkeypatch.setitem(sys.modules, "arch.data", None)

    with pytest.raises(
        ImportError, match=r"requires arch.*pip install sk_rnn\[study\]"
    ):
        load_sp500()


def test_importing_the_datasets_imports_no_arch():
    code = "import sys, sk_rnn.datasets; sys.exit('arch' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)
