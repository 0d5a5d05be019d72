"""Make examples/daily_sales.csv, the sales of a shop that does not exist.

What is in the series is known, so that examples can say what is to be found: weekdays,
a busy December, slow growth, promotions that add a third, and noise. The shop is closed
on Sundays and on three holidays, which have no row; on nine days the till was broken,
and ``sales`` is empty.
"""

from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
dates = pd.date_range("2022-01-03", "2024-11-30", name="date")
year = dates.dayofyear / 365.25

weekday = np.array([90, 85, 95, 100, 130, 150, 0])[dates.weekday]
season = 1 + 0.15 * np.sin(2 * np.pi * (year - 0.3)) + 0.4 * (dates.month == 12)
growth = 1.08 ** ((dates - dates[0]).days / 365.25)

# A promotion starts on a Monday and lasts two weeks, seven times a year or so.
starts = pd.Series(dates.weekday == 0, dates) & (rng.random(len(dates)) < 0.16)
promotion = starts.rolling(14, min_periods=1).max().astype(int)

noise = np.exp(0.06 * rng.standard_normal(len(dates)))
sales = (weekday * season * growth * (1 + 0.35 * promotion) * noise).round(1)
broken = rng.choice(np.flatnonzero(sales[:-120] > 0), 9, replace=False)
sales.iloc[broken] = np.nan

is_holiday = ((dates.month == 12) & dates.day.isin([25, 26])) | (dates.dayofyear == 1)
is_open = (dates.weekday < 6) & ~is_holiday
table = pd.DataFrame({"sales": sales, "promotion": promotion})[is_open]
table.to_csv(Path(__file__).parents[1] / "examples" / "daily_sales.csv")
