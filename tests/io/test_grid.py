"""Frequencies are found in spite of gaps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.io import find_grid

REGULAR = [
    "s", "90s", "min", "15min", "h", "6h", "36h", "D", "2D", "3D", "W-MON", "W-SUN", "2W-WED", "4W-FRI", "B", "MS",
    "ME", "2MS", "BMS", "BME", "QS-JAN", "QE-DEC", "QE-NOV", "2QS-JAN", "YS-JAN", "YE-DEC", "YE-JUN", "2YS-JAN",
]  # fmt: skip


@pytest.mark.parametrize("frequency", REGULAR)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_missing_rows_and_their_order_do_not_change_the_grid(frequency: str, data: st.DataObject) -> None:
    start = pd.Timestamp("1996-01-01") + pd.Timedelta(days=data.draw(st.integers(0, 9000)))
    full = pd.date_range(start, periods=60, freq=frequency, unit="ns")
    lost = data.draw(st.sets(st.integers(1, len(full) - 2), max_size=12))
    kept = data.draw(st.permutations([i for i in range(len(full)) if i not in lost]))
    grid = find_grid(full[kept])
    assert grid.index.equals(full)
    assert grid.index.freqstr == full.freqstr
    assert grid.stamps.equals(full[kept])
    assert grid.notes == []


def test_the_clock_of_days_is_kept() -> None:
    for frequency in ("D", "B", "W-MON", "MS", "ME"):
        full = pd.date_range("2024-01-01", periods=30, freq=frequency, unit="ns") + pd.Timedelta(hours=9, minutes=30)
        assert find_grid(full.delete([3, 4])).index.equals(full)


def test_one_day_of_every_month() -> None:
    full = pd.DatetimeIndex([f"{year}-{month:02d}-15" for year in (2023, 2024) for month in range(1, 13)])
    grid = find_grid(full.delete([5]))
    assert grid.index.tolist() == full.tolist()


def test_last_working_days_with_holidays_are_months() -> None:
    days = pd.date_range("2023-01-01", periods=20, freq="BME").to_list()
    days[11] = pd.Timestamp("2023-12-28")
    grid = find_grid(pd.DatetimeIndex(days))
    assert grid.index.equals(pd.date_range("2023-01-01", periods=20, freq="ME", unit="ns"))
    assert "last day" in grid.notes[0]


def test_a_week_without_weekends_is_not_enough_for_business_days() -> None:
    days = pd.DatetimeIndex(["2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"])
    assert find_grid(days).index.freqstr == "D"


def test_a_stray_stamp_is_moved() -> None:
    hours = pd.date_range("2024-01-01", periods=60, freq="h", unit="ns").to_list()
    hours[30] += pd.Timedelta(minutes=10)
    grid = find_grid(pd.DatetimeIndex(hours))
    assert grid.index.equals(pd.date_range("2024-01-01", periods=60, freq="h", unit="ns"))
    assert grid.notes == ["1 of 60 times was moved to the nearest step"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 59), min_size=100, max_size=100))
def test_stamps_a_little_late_are_moved(seconds: list[int]) -> None:
    full = pd.date_range("2024-01-01", periods=100, freq="10min", unit="ns")
    grid = find_grid(full + pd.to_timedelta(np.array([0, 7, 11, *seconds[3:]]), unit="s"))
    assert grid.index.equals(full)
    assert grid.stamps.equals(full)


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        ("day", "D"), ("daily", "D"), ("D", "D"), ("2 days", "2D"), ("6h", "6h"), ("6H", "6h"), ("hour", "h"),
        ("month", "MS"), ("M", "MS"), ("ME", "ME"), ("quarter", "QS-JAN"), ("Q", "QS-JAN"), ("year", "YS-JAN"),
        ("W-SUN", "W-SUN"), ("business day", "B"), ("week", "W-MON"), ("every 2 weeks", "2W-MON"),
    ],
)  # fmt: skip
def test_a_frequency_that_is_given(frequency: str, expected: str) -> None:
    hours = pd.date_range("2024-01-01", periods=24 * 366, freq="h", unit="ns")
    grid = find_grid(hours, frequency=frequency)
    assert grid.index.freqstr == expected
    if expected in ("D", "2D", "6h", "h", "MS", "QS-JAN", "YS-JAN"):
        later = hours - grid.stamps
        assert (later >= pd.Timedelta(0)).all()
        assert (hours < grid.stamps + grid.index.freq).all()


def test_words_follow_the_stamps() -> None:
    ends = pd.date_range("2024-01-31", periods=12, freq="ME", unit="ns")
    assert find_grid(ends.delete(3), frequency="month").index.equals(ends)
    halves = pd.date_range("2024-01-01 00:30", periods=12, freq="h", unit="ns")
    assert find_grid(halves, frequency="hour").index.equals(halves)


@pytest.mark.parametrize("frequency", ["fortnight", "", "0D", "-1h", "7"])
def test_an_unknown_frequency(frequency: str) -> None:
    with pytest.raises(AuritaError, match="is unknown; give words"):
        find_grid(pd.date_range("2024-01-01", periods=5), frequency=frequency)


def test_times_without_a_grid() -> None:
    rng = np.random.default_rng(3)
    events = pd.DatetimeIndex(
        pd.Timestamp("2024-01-01") + pd.to_timedelta(np.cumsum(rng.lognormal(8, 3, 50)), unit="s")
    )
    with pytest.raises(AuritaError, match=r"not regular.*widest gap"):
        find_grid(events)
    days = pd.date_range("2024-01-01", periods=30)
    with pytest.raises(AuritaError, match="30 of them have a row"):
        find_grid(days, frequency="min")
    with pytest.raises(AuritaError, match="not regular"):
        find_grid(days.append(pd.DatetimeIndex(["2224-01-01"])))
