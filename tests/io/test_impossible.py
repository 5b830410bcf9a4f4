"""Months, weeks and days that there are none of."""

import numpy as np
import pandas as pd
import pytest

from aurita import AuritaError
from aurita.io import parse_dates, prepare_series


def table(name, times):
    return pd.DataFrame({name: times, "y": np.arange(float(len(times)))})


def months(count, wrong=None):
    found = [100 * (2010 + month // 12) + month % 12 + 1 for month in range(count)]
    return [201013 if place == wrong else one for place, one in enumerate(found)]


@pytest.mark.parametrize(
    ("name", "times", "row", "cell"),
    [
        ("month", months(40, 11), 12, 201013),
        ("period", months(40, 30), 31, 201013),
        ("month", list(range(202401, 202414)), 13, 202413),
        ("month", [202400, *months(20)], 1, 202400),
        ("date", [*range(20240101, 20240121), 20240230], 21, 20240230),
        ("day", [20241301, *range(20240101, 20240121)], 1, 20241301),
    ],
)
def test_numbers_that_are_no_date_among_dates_are_refused(name, times, row, cell):
    with pytest.raises(AuritaError, match=f"row {row}: {cell} in the time column {name!r} is no date, and others are"):
        prepare_series(table(name, times))


def test_a_named_column_is_looked_at_whatever_its_name():
    with pytest.raises(AuritaError, match="row 12: 201013 in the time column 'x'"):
        prepare_series(table("x", months(40, 11)), time="x")


def test_months_weeks_and_counts_are_read_as_they_are():
    assert prepare_series(table("month", months(40)))[0].frequency == "MS"
    assert prepare_series(table("week", list(range(202401, 202441))))[0].frequency == "W-MON"
    counted = prepare_series(table("step", list(range(5000, 5040))))[0]
    assert isinstance(counted.index, pd.RangeIndex)
    assert prepare_series(table("month", list(range(1, 41))))[0].index.tolist() == list(range(1, 41))


def test_weeks_under_another_name_are_noted():
    weeks = parse_dates(pd.Series(range(202401, 202441), name="date"))
    assert weeks.notes == ["dates such as 202413 were read as weeks (2024-03-25)"]
    assert parse_dates(pd.Series(range(202401, 202441), name="week")).notes == []
