"""Files whose times were once not understood: newest first, in other languages and forms, with days of 25 hours."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aurita.io import Series, prepare_series, read_table

HERE = Path(__file__).parent
UNREAD = HERE / "02-dates-not-read"
STEPS = {
    "german_months": "MS", "french_months": "MS", "eurostat_m": "MS", "1Q20": "QS-JAN", "ordinal": "D",
    "excel_serial": "D", "yymmdd": "D", "german_clock": "h", "interval_col": "h", "iso_utc_text": "h", "ctime": "h",
    "apache": "h", "excel_serial_hours": "h", "tmp_dst_names": "h", "wk": "W-MON",
}  # fmt: skip


def only(path: Path) -> Series:
    (series,) = prepare_series(read_table(path))
    return series


def test_newest_first_with_german_months() -> None:
    series = only(HERE / "01-newest-first-unread-dates" / "german_newest_first.csv")
    months = np.arange(96)
    np.testing.assert_allclose(series.values[:, 0], 100 + 3 * months + 20 * np.sin(2 * np.pi * months / 12), atol=0.01)
    assert series.target_columns == ("Umsatz",)
    assert series.index.equals(pd.date_range("2015-01-01", periods=96, freq="MS", unit="ns"))


def test_newest_first_with_the_days_of_a_spreadsheet() -> None:
    series = only(HERE / "01-newest-first-unread-dates" / "excel_serial_newest_first.csv")
    days = np.arange(300)
    np.testing.assert_allclose(series.values[:, 0], 100 + days / 2 + 10 * np.sin(2 * np.pi * days / 7), atol=0.01)
    assert series.target_columns == ("sales",)
    assert series.index.equals(pd.date_range("2024-01-01", periods=300, unit="ns"))


@pytest.mark.parametrize("name", STEPS)
def test_the_step_of_the_dates_is_found(name: str) -> None:
    series = only(UNREAD / f"{name}.csv")
    assert series.frequency == STEPS[name]
    assert len(series.target_columns) == 1
    # 2020 has a week 53, which the file lacks.
    assert len(series.values) == len(read_table(UNREAD / f"{name}.csv")) + (name == "wk")


@pytest.mark.parametrize(("name", "steps"), [("hora", 336), ("hour24_control", 336), ("hour25", 337)])
def test_hours_stay_hours(name: str, steps: int) -> None:
    path = HERE / "03-hour-25-collapses-to-days" / f"{name}.csv"
    series = only(path)
    assert series.frequency == "h"
    table = read_table(path)
    np.testing.assert_array_equal(series.values[:, 0], table.iloc[:, 2])
    assert len(series.values) == steps
    assert series.index[-1] == pd.Timestamp("2024-11-02 23:00")
