"""Numbers to moments, against Python's datetime."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.io._moments import moments
from aurita.io._serials import read_numbers

small = st.integers(-1, 70)


def expected(make) -> pd.Timestamp:
    try:
        return pd.Timestamp(make())
    except ValueError:
        return pd.NaT


def same(found: np.ndarray, truth: list) -> None:
    assert pd.DatetimeIndex(found).equals(pd.DatetimeIndex(truth).as_unit("ns"))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1690, 2250), st.integers(-1, 14), st.integers(-1, 33), small, small, small), min_size=1
    )
)
def test_days_and_clock_times(rows: list[tuple[int, ...]]) -> None:
    numbers = dict(zip("ymdHMS", np.array(rows, dtype=float).T, strict=True))
    truth = []
    for y, m, d, hours, minutes, seconds in rows:
        late = hours == 24 and minutes == seconds == 0
        clock = timedelta(days=1) if late else timedelta(hours=hours, minutes=minutes, seconds=seconds)
        fits = late or (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds <= 60)
        truth.append(expected(lambda y=y, m=m, d=d, clock=clock: datetime(y, m, d) + clock) if fits else pd.NaT)
    same(moments(numbers), truth)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1690, 2250), st.integers(-1, 60), st.integers(-1, 9)), min_size=1))
def test_weeks(rows: list[tuple[int, int, int]]) -> None:
    numbers = dict(zip("ywk", np.array(rows, dtype=float).T, strict=True))
    same(moments(numbers), [expected(lambda row=row: date.fromisocalendar(*row)) for row in rows])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1690, 2250), st.integers(-1, 370)), min_size=1))
def test_days_of_the_year(rows: list[tuple[int, int]]) -> None:
    numbers = dict(zip("yo", np.array(rows, dtype=float).T, strict=True))
    truth = [datetime(y, 1, 1) + timedelta(days=o - 1) for y, o in rows]
    same(moments(numbers), [day if day.year == y else pd.NaT for day, (y, _) in zip(truth, rows, strict=True)])


@settings(deadline=None)
@given(st.integers(30_000, 60_000), st.sampled_from([1, 2, 4, 24, 48, 96, 1440, 86_400]), st.integers(4, 9))
def test_the_days_of_a_spreadsheet(first: int, a_day: int, digits: int) -> None:
    if 10.0**-digits > 0.4 / a_day:
        return
    steps = np.arange(60)
    values = np.round(first + steps / a_day, digits)
    truth = [datetime(1899, 12, 30) + timedelta(days=first) + timedelta(days=1) * int(i) / a_day for i in steps]
    times, notes = read_numbers(values, kind="time")
    if a_day <= 1440:
        same(times, truth)
    else:
        apart = np.abs(times - np.array(truth, dtype="datetime64[ns]"))
        assert (apart <= np.timedelta64(int(86_400e9 * 10.0**-digits), "ns")).all()
    assert notes == ["numbers were read as a spreadsheet's days since 1899-12-30"]


def test_five_digits_are_rather_the_days_of_a_spreadsheet_than_a_date_without_its_zero() -> None:
    times, notes = read_numbers(np.arange(41201.0, 41213.0), kind="time")
    same(times, [datetime(1899, 12, 30) + timedelta(days=day) for day in range(41201, 41213)])
    assert notes == ["numbers were read as a spreadsheet's days since 1899-12-30"]
    days = [datetime(2004, 11, 20) + timedelta(days=i) for i in range(60)]
    same(read_numbers(np.array([float(f"{day:%y%m%d}") for day in days]), kind="time")[0], days)
